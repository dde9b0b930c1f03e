"""Parts of the map as answers: made once for everybody who sees the same, and again when something of them changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.answers import Answer
from api.auth import Principal
from api.service import Service
from geo.desk import board
from geo.desk.asof import When
from geo.rules.access import Capability, Extent, Reach

# The browser keeps what it got and asks whether it is still right.
CACHE = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization, Accept-Encoding"}
JSON = "application/json"
CSV = "text/csv"
GEOJSON = "application/geo+json"
COLUMNS = "application/octet-stream"  # of maps/snapshot.py

# What a part knows of, in headers because a part that is as before may know of more: the last event, on any part, and
# the local day. Parts are asked for all at once; live changes go on from the lowest.
REV = "Gridwarden-Rev"
TODAY = "Gridwarden-Today"


@dataclass(frozen=True)
class Part:
    """What an answer follows from, beside the local day.

    seen_by: the capabilities whose extents say who sees what of it. by_the_minute: it tells what is overdue now.
    past: what its past follows from; what was does not change, but who may see it does where the division changes, and
    a place is told as it is said today.
    """

    name: board.PartName
    media_type: str
    seen_by: tuple[Capability, ...]
    by_the_minute: bool
    past: board.PartName = "division"


GRIDS = Part(
    "grids",
    GEOJSON,
    (Capability.MAP_SEE, Capability.ISSUES_SEE, Capability.UNITS_COUNT, Capability.LEADS_SEE),
    by_the_minute=True,
)
TRENDS = Part("trends", JSON, GRIDS.seen_by, by_the_minute=False)
TRENDS_BY_TODAY = replace(TRENDS, past="trends")
ISSUES = Part("issues", COLUMNS, (Capability.ISSUES_SEE,), by_the_minute=True)
UNITS = Part("units", COLUMNS, (Capability.UNITS_SEE_POINTS,), by_the_minute=False)
PLACES = Part("places", GEOJSON, (Capability.PLACES_SEE,), by_the_minute=False, past="places")
COVERAGE = Part(
    "coverage",
    JSON,
    (Capability.PLACES_SEE, Capability.MAP_SEE, Capability.PEOPLE_SEE, Capability.UNITS_COUNT),
    by_the_minute=False,
    past="coverage",
)
COVERAGE_TABLE = replace(COVERAGE, media_type=CSV)
COVERAGE_MAP = replace(COVERAGE, media_type=GEOJSON)


@dataclass(frozen=True)
class Moment:
    """What a part is made from: one read transaction at one moment. rev: the newest event that changed the part."""

    conn: Connection
    when: When
    rev: str


def answer(
    service: Service,
    who: Principal,
    part: Part,
    if_none_match: str | None,
    make: Callable[[Moment], bytes],
    *,
    about: str = "",
    keep: bool = True,
    when: When | None = None,
) -> Response:
    """The part for this reader. The same ETag is the same bytes, in every process that serves the store.

    about: what of the part was asked for, if not all. keep: others will ask for the same. when: the moment that is
    read, now if not said.
    """
    when = when or service.when()
    present = when.as_of is None
    with service.store.read() as conn:
        rev = str(board.last_change(conn, part.name if present else part.past))
        known = {REV: str(service.store.last_event(conn)), TODAY: when.today.isoformat()}
        runs_out = board.next_overdue(conn, when.now) if part.by_the_minute and present else None
        key = repr((part.name, about, rev, when.today, runs_out, when.as_of, _scope(who.reach, part.seen_by)))
        tag = tag_of(key)
        if matches(if_none_match, tag):
            return respond(Answer(b""), tag, part.media_type, if_none_match, known)
        moment = Moment(conn, when, rev)
        wrap = Answer if part.media_type == COLUMNS else Answer.of_text  # columns are nearly random bytes
        body = service.answers.get(key, lambda: wrap(make(moment))) if keep else Answer(make(moment))
    return respond(body, tag, part.media_type, if_none_match, known)


def tag_of(text: str) -> str:
    """An ETag for what follows from this text alone."""
    return hashlib.sha256(text.encode()).hexdigest()[:20]


class Packed(Response):
    """A body that has been compressed already, for who takes it so."""

    def __init__(self, answer: Answer, media_type: str, headers: Mapping[str, str]) -> None:
        super().__init__(answer.plain, media_type=media_type, headers=headers)
        self._packed = answer.packed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._packed is not None and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            self.body = self._packed
            self.headers["content-encoding"] = "gzip"
            self.headers["content-length"] = str(len(self._packed))
        await super().__call__(scope, receive, send)


def respond(
    body: Answer, tag: str, media_type: str, if_none_match: str | None, more: Mapping[str, str] | None = None
) -> Response:
    """The body, or 304 where the reader has it. more: headers that are sent either way."""
    headers = {"ETag": f'"{tag}"', **CACHE, **(more or {})}
    if matches(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Packed(body, media_type, headers)


def matches(if_none_match: str | None, tag: str) -> bool:
    """Whether a reader has the answer with that tag already."""
    return if_none_match is not None and f'"{tag}"' in if_none_match


def _scope(reach: Reach, seen_by: tuple[Capability, ...]) -> list[list[str]]:
    return [scope_of(reach.of(capability)) for capability in seen_by]


def scope_of(extents: Sequence[Extent]) -> list[str]:
    """The same for all who see the same."""
    return sorted(f"{e.path}:{'' if e.categories is None else sorted(e.categories)}" for e in extents)
