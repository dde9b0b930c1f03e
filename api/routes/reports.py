"""Reports come in; each is answered with the grid it fell to."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from api.accounts import sources
from api.auth import Needs, Principal
from api.deps import ServiceDep, WriteKeyDep
from api.idempotency import Answer, once
from api.schemas.reports import FiledOut, ReportBody
from api.service import Service
from geo.desk import details
from geo.desk.received import position
from geo.desk.reports import Filed, file_report
from geo.desk.tx import Tx
from geo.errors import BadCoordinates, UnknownDatum
from geo.model import NewReport, Position
from geo.rules.access import Capability

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
    await run_in_threadpool(_use_source, service, who, new.source)

    def verb(tx: Tx) -> Answer:
        filed = file_report(tx, new)
        reading = details.Reading.of(tx, who.reach.of(Capability.PEOPLE_SEE))
        return Answer(201 if filed.is_new else 200, _filed_json(tx, filed, reading))

    answer = await service.perform(once(key, verb), who.actor)
    return JSONResponse(answer.body, answer.status)


def _use_source(service: Service, who: Principal, source: str) -> None:
    """Raises NotAllowed for a source of another account; one that is nobody's becomes this account's."""
    account = who.credential.account
    with service.accounts.read() as conn:
        if sources.is_own(conn, account, source):
            return
    with service.accounts.write() as conn:
        sources.take(conn, account, source, now=service.now())


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


def _filed_json(tx: Tx, filed: Filed, reading: details.Reading) -> dict[str, Any]:
    by_scheme = {
        scheme: details.assignment_json(tx.conn, assignment, reading)
        for scheme, assignment in filed.assignments.items()
    }
    primary = next(iter(by_scheme), None)
    return {
        "report_id": filed.report_id,
        "issue_id": filed.issue_id,
        "number": details.number_of(tx.conn, filed.issue_id, tx.zone),
        "assignment": by_scheme.pop(primary) if primary else details.NOT_DIVIDED,
        "schemes": by_scheme,
    }
