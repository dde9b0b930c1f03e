"""Rental units: list, open one, record an inspection, say how it is let. Single units are personal: see ``_open``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from api.accounts import book
from api.auth import Needs, Principal
from api.deps import IfMatch, ServiceDep, WhenDep, WriteKey, WriteKeyDep, require_version
from api.idempotency import Answer, once
from api.names import with_actors
from api.schemas.pages import Cursor, Limit, page_json
from api.schemas.units import EscalationList, InspectionBody, TermBody, UnchangedBody, UnitOut, UnitPage
from api.schemas.values import Id
from api.service import Service
from geo.desk import units
from geo.desk.asof import When
from geo.desk.details import Reading
from geo.desk.lists import UnitFilter, list_units
from geo.desk.tx import Tx
from geo.desk.unit_detail import is_within, unit_detail
from geo.errors import NotAllowed, NotFound
from geo.model import DueState, RiskClass
from geo.rules.access import Capability

router = APIRouter(tags=["rental units"])

MIN_PURPOSE = 4  # a word that says something


@router.get(
    "/api/units",
    responses={200: {"model": UnitPage}, 404: {}},
    summary="List rental units with their inspection class",
)
def get_units(
    service: ServiceDep,
    who: Annotated[Principal, Needs("units.see_points")],
    when: WhenDep,
    grid: Annotated[str | None, Query(max_length=100, description="Code of a grid.")] = None,
    area: Annotated[str | None, Query(max_length=100, description="Code of an area; its whole subtree.")] = None,
    place: Annotated[str | None, Query(max_length=100, description="Code of a place.")] = None,
    risk_class: Annotated[RiskClass | None, Query(alias="class")] = None,
    due: DueState | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    wanted = UnitFilter(grid, area, place, risk_class, due)
    with service.store.read() as conn:
        extents = who.reach.of(Capability.UNITS_SEE_POINTS)
        return page_json(list_units(conn, extents, wanted, when, cursor, limit))


@router.get(
    "/api/escalations",
    responses={200: {"model": EscalationList}},
    summary="Rental units that wait for a person",
)
def get_escalations(service: ServiceDep, who: Annotated[Principal, Needs("units.see_points")]) -> dict[str, Any]:
    with service.store.read() as conn:
        return {"items": units.escalations(conn, who.reach.of(Capability.UNITS_SEE_POINTS)), "next": None}


@router.get("/api/units/{unit_id}", responses={200: {"model": UnitOut}}, summary="One rental unit with its history")
def get_unit(
    service: ServiceDep,
    unit_id: Id,
    who: Annotated[Principal, Needs("units.see_points", "units.open")],
    when: WhenDep,
    purpose: Annotated[
        str | None, Query(max_length=200, description="Why, for who does not work there. It is audited.")
    ] = None,
) -> JSONResponse:
    return _presented(service, who, _open(service, who, unit_id, when, purpose))


def _open(service: Service, who: Principal, unit_id: int, when: When, purpose: str | None) -> dict[str, Any]:
    """The unit for who works there; for who may open one with a purpose, against an entry in the audit."""
    reading = service.reading(who.reach, when)
    with service.store.read() as conn:
        try:
            return unit_detail(conn, unit_id, reading, who.reach.of(Capability.UNITS_SEE_POINTS))
        except NotFound:
            detail = unit_detail(conn, unit_id, reading, who.reach.of(Capability.UNITS_OPEN))
    if purpose is None or len(purpose.strip()) < MIN_PURPOSE:
        raise NotAllowed("say why you open this unit: purpose=...; it is kept", problem="purpose-needed")
    with service.accounts.write() as conn:
        about = {"purpose": purpose.strip()}
        book.record(conn, "unit.opened", f"unit {unit_id}", now=service.now(), by=who.actor, data=about)
    return detail


@router.post("/api/units/{unit_id}/inspections", responses={200: {"model": UnitOut}}, summary="Record an inspection")
async def post_inspection(
    service: ServiceDep,
    unit_id: Id,
    body: InspectionBody,
    who: Annotated[Principal, Needs("units.inspect")],
    key: WriteKeyDep,
    if_match: IfMatch = None,
) -> JSONResponse:
    term: Any = units.UNCHANGED if isinstance(body.term, UnchangedBody) else body.term and body.term.term()
    return await _act(
        service,
        who,
        Ask(unit_id, key, if_match),
        lambda tx: units.record_inspection(tx, unit_id, body.result, body.note, body.occurred_at, term),
    )


@router.post(
    "/api/units/{unit_id}/term",
    responses={200: {"model": UnitOut}},
    summary="Say how a unit is let, that it is vacant, or no longer let",
)
async def post_term(
    service: ServiceDep,
    unit_id: Id,
    body: UnchangedBody | TermBody,
    who: Annotated[Principal, Needs("units.inspect")],
    key: WriteKeyDep,
    if_match: IfMatch = None,
) -> JSONResponse:
    def act(tx: Tx) -> None:
        if isinstance(body, UnchangedBody):
            units.confirm_term(tx, unit_id)
        else:
            units.set_term(tx, unit_id, body.term())

    return await _act(service, who, Ask(unit_id, key, if_match), act)


@dataclass(frozen=True)
class Ask:
    """What a write to one unit brings along."""

    unit_id: int
    key: WriteKey | None
    if_match: str | None


async def _act(service: Service, who: Principal, ask: Ask, act: Callable[[Tx], Any]) -> JSONResponse:
    def verb(tx: Tx) -> Answer:
        mine = who.reach.of(Capability.UNITS_INSPECT)
        reading = Reading.of(tx, who.reach.of(Capability.PEOPLE_SEE))
        before = unit_detail(tx.conn, ask.unit_id, reading, mine)  # NotFound outside his area
        require_version(ask.if_match, before["version"])
        act(tx)
        return Answer(200, unit_detail(tx.conn, ask.unit_id, reading, mine))

    answer = await service.perform(once(ask.key, verb), who.actor)
    return _presented(service, who, answer.body, answer.status)


def _presented(service: Service, who: Principal, detail: dict[str, Any], status: int = 200) -> JSONResponse:
    """With names where he may know them, and with what he may do there."""
    detail = with_actors(service, who, detail)
    with service.store.read() as conn:
        if not is_within(conn, who.reach.of(Capability.UNITS_INSPECT), detail["id"]):
            detail["may"] = []
    return JSONResponse(detail, status, headers={"ETag": f'"{detail["version"]}"'})
