"""The parameters of a request for features, and what they mean. One that nobody knows is refused, never ignored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.values import YEARS
from geo.desk.asof import When, end_of
from geo.desk.collection import Collection
from geo.desk.exchange_crs import CRS84, ExchangeCrs
from geo.errors import BadInput
from geo.rules.cql2 import And, Compare, Condition, Spatial, box_of, parse

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
MAX_DIGITS = 18  # of a key, of which every number is one that a store can compare


class NothingAsked(BaseModel):
    """What takes no parameter, such as a write: the past cannot be changed."""

    model_config = ConfigDict(extra="forbid")


class Asked(NothingAsked):
    """What every address below /ogc takes that is read."""

    as_of: str | None = Field(
        None,
        max_length=40,
        description="As it was recorded at that moment: a time with its zone, or a date, which means its local end. "
        "Drafts cannot be asked so.",
    )


class ItemAsked(Asked):
    """One feature."""

    crs: str = Field(CRS84, max_length=200, description="URI of a CRS that the collection lists.")


class ItemsAsked(ItemAsked):
    """A page of features."""

    limit: int = Field(
        DEFAULT_LIMIT, ge=1, description=f"Features on a page. More than {MAX_LIMIT} are given as {MAX_LIMIT}."
    )
    cursor: str | None = Field(
        None, max_length=MAX_DIGITS, pattern=r"^[0-9]+$", description="Of the next page: taken from its link."
    )
    bbox: str | None = Field(None, max_length=400, description="Four numbers, in the axis order of bbox-crs.")
    bbox_crs: str = Field(CRS84, alias="bbox-crs", max_length=200, description="URI of the CRS of bbox.")
    datetime: str | None = Field(
        None,
        max_length=100,
        description="A time, or an interval such as 2026-01-01T00:00:00Z/.. Of issues the ones opened then; what has "
        "no time is never left out.",
    )
    filter: str | None = Field(None, max_length=20_000, description="CQL2 text.")
    filter_lang: Literal["cql2-text"] = Field("cql2-text", alias="filter-lang")
    filter_crs: str = Field(
        CRS84, alias="filter-crs", max_length=200, description="URI of the CRS of geometries in filter."
    )

    @property
    def after(self) -> int | None:
        """The key behind which the page begins."""
        return None if self.cursor is None else int(self.cursor)


def moment_of(asked: Asked, present: When) -> When:
    """The moment that is asked about. Raises BadInput."""
    return present if asked.as_of is None else present.back_to(asked.as_of)


def require_past(collection: Collection, asked: Asked) -> None:
    """Raises BadInput where the past of a collection is asked for that keeps none."""
    if asked.as_of is not None and not collection.has_past:
        raise BadInput(f"as_of: the past of {collection.id} is not kept, a draft is only as it stands: leave it out")


def crs_named(crss: Mapping[str, ExchangeCrs], uri: str, parameter: str) -> ExchangeCrs:
    """Raises BadInput for a CRS that is not spoken."""
    if uri not in crss:
        raise BadInput(f"{parameter} is {uri[:80]!r}, which is not spoken here; these are: {', '.join(crss)}")
    return crss[uri]


def conditions(
    asked: ItemsAsked, collection: Collection, crss: Mapping[str, ExchangeCrs], when: When
) -> list[tuple[Condition, ExchangeCrs]]:
    """What bbox, datetime and filter ask for together. Raises BadInput."""
    found: list[tuple[Condition, ExchangeCrs]] = []
    filter_crs = crs_named(crss, asked.filter_crs, "filter-crs")
    bbox_crs = crs_named(crss, asked.bbox_crs, "bbox-crs")
    if asked.bbox is not None:
        found.append((Spatial("intersects", box_of(_numbers(asked.bbox))), bbox_crs))
    if asked.datetime is not None:
        span = _span(asked.datetime, when)
        if collection.temporal is not None:
            found.append((_within(collection.temporal, *span), filter_crs))
    if asked.filter is not None:
        found.append((parse(asked.filter, collection.kinds), filter_crs))
    return found


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise BadInput(f"bbox is {text[:80]!r}: four numbers with commas between are needed") from None


def _within(name: str, begin: datetime | None, end: datetime | None) -> Condition:
    ends = ((">=", begin), ("<=", end))
    return And(tuple(Compare(name, op, moment) for op, moment in ends if moment is not None))


def _span(text: str, when: When) -> tuple[datetime | None, datetime | None]:
    """Begin and end of a time or an interval; None is open."""
    begin, slash, end = text.partition("/")
    if not slash:
        return _moment(begin, when, at_end=False), _moment(begin, when, at_end=True)
    open_ends = ("", "..")
    if begin in open_ends and end in open_ends:
        raise BadInput("datetime is open at both ends: leave it out")
    first = None if begin in open_ends else _moment(begin, when, at_end=False)
    last = None if end in open_ends else _moment(end, when, at_end=True)
    if first is not None and last is not None and first > last:
        raise BadInput(f"datetime is {text[:80]!r}, which ends before it begins")
    return first, last


def _moment(text: str, when: When, *, at_end: bool) -> datetime:
    """A time; a bare date is that local day, from its begin or to its end."""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            moment = end_of(day, when.zone) if at_end else datetime.combine(day, time.min, when.zone)
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or not YEARS[0] <= moment.year <= YEARS[1]:
            raise ValueError
    except (ValueError, OverflowError):
        raise BadInput(
            f"datetime has {text[:40]!r}: a time with its zone such as 2026-03-01T01:30:00Z, a local date, or an "
            "interval of them such as 2026-03-01T00:00:00Z/.."
        ) from None
    return moment.astimezone(UTC)
