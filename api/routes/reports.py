"""Reports come in; each is answered with the grid it fell to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import JSONResponse

from api.accounts import sources
from api.auth import Needs, Principal
from api.deps import ServiceDep, WriteKey, WriteKeyDep
from api.idempotency import Answer, once_each
from api.schemas.reports import FiledOut, ReportBody
from api.service import Service
from geo.desk import details
from geo.desk.received import position
from geo.desk.reports import Filed, file_reports, issue_number
from geo.desk.tx import Tx
from geo.desk.writer import Joint
from geo.errors import BadCoordinates, Conflict, UnknownDatum
from geo.model import NewReport, Position
from geo.rules.access import Capability, Extent

router = APIRouter(tags=["reports"])


@router.post(
    "/api/reports",
    status_code=201,
    responses={201: {"model": FiledOut}, 200: {"model": FiledOut, "description": "Seen before: the first answer."}},
    summary="File a report",
)
async def post_report(
    body: ReportBody, service: ServiceDep, who: Annotated[Principal, Needs("issues.file")], key: WriteKeyDep
) -> JSONResponse:
    """The report is kept wherever it lies; outside every grid it waits in a queue for a person.

    A source belongs to the account that first filed under it; another's is refused. Within it a repeated source_ref
    gets the first answer.
    """
    new = _new_report(body)
    read = partial(_use_source, service, who, new.source)
    await service.accounts.memory.ask(_source_key(who, new.source), service.now(), read)
    answer = await service.perform(Filing(new, key, who.reach.of(Capability.PEOPLE_SEE)), who.actor)
    return JSONResponse(answer.body, answer.status)


@dataclass(frozen=True, slots=True)
class Filing(Joint):
    """One report to file. The writer files those that wait beside each other together.

    people_in: where its sender may know who answers.
    """

    new: NewReport
    key: WriteKey | None
    people_in: tuple[Extent, ...]

    def __call__(self, tx: Tx) -> Answer:
        return self.together(tx, [self])[0]

    @staticmethod
    def together(tx: Tx, filings: Sequence[Filing]) -> list[Answer]:
        """Answers, in order, to filings of one actor. Conflict where his rights have changed between them."""
        if len({each.people_in for each in filings}) > 1:
            raise Conflict("What this account may know has just changed.")
        return once_each(tx, [each.key for each in filings], lambda fresh: _file(tx, [filings[at] for at in fresh]))


def _file(tx: Tx, filings: Sequence[Filing]) -> list[Answer]:
    filed = file_reports(tx, [each.new for each in filings])
    told = _filed_json(tx, filed, details.Reading.of(tx, filings[0].people_in))
    return [Answer(201 if each.is_new else 200, body) for each, body in zip(filed, told, strict=True)]


def _use_source(service: Service, who: Principal, source: str) -> bool:
    """True. Raises NotAllowed for a source of another account; one that is nobody's becomes this account's."""
    account, memory, now = who.credential.account, service.accounts.memory, service.now()
    version = memory.version()
    with service.accounts.read() as conn:
        if sources.is_own(conn, account, source):
            memory.keep(_source_key(who, source), True, version, now)
            return True
    with service.accounts.write() as conn:
        sources.take(conn, account, source, now=now)
    return True


def _source_key(who: Principal, source: str) -> tuple[str, int, str]:
    return "source", who.credential.account.id, source


def _new_report(body: ReportBody) -> NewReport:
    return NewReport(
        source=body.source,
        source_ref=body.source_ref or uuid.uuid4().hex,
        category=body.category,
        description=body.description,
        position=_position(body),
        address=body.address,
        place_code=body.place_code,
        occurred_at=body.occurred_at,
        contact=body.contact,
    )


def _position(body: ReportBody) -> Position | None:
    if body.lon is None and body.lat is None:
        return None
    if body.lon is None or body.lat is None:
        raise BadCoordinates(f"{'lon' if body.lon is None else 'lat'} is missing: give both, or neither")
    if body.datum is None:
        raise UnknownDatum("datum is missing: name one of wgs84, cgcs2000, gcj02, bd09 or EPSG:n; it is never guessed")
    return position(body.lon, body.lat, body.datum, body.accuracy_m)


def _filed_json(tx: Tx, filed: Sequence[Filed], reading: details.Reading) -> list[dict[str, Any]]:
    decided = [decision for each in filed for decision in each.assignments.values()]
    told = iter(details.assignments_json(tx.conn, decided, reading))
    return [_answer(each, dict(zip(each.assignments, told, strict=False)), tx.zone) for each in filed]


def _answer(filed: Filed, by_scheme: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    primary = next(iter(by_scheme), None)
    return {
        "report_id": filed.report_id,
        "issue_id": filed.issue_id,
        "number": issue_number(filed.issue_id, filed.opened_at, zone),
        "assignment": by_scheme.pop(primary) if primary else details.NOT_DIVIDED,
        "schemes": by_scheme,
    }
