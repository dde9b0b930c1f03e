"""People in their posts: who holds which, leave with cover, the end of an appointment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from api.accounts import book
from api.auth import Needs, Principal
from api.deps import ServiceDep, WhenDep, WriteKey, WriteKeyDep
from api.idempotency import Answer, once
from api.schemas.pages import Cursor, Limit, page_json
from api.schemas.people import EndBody, EndOut, LeaveBody, LeaveOut, PhoneOut, StaffPage
from api.schemas.values import Id
from api.service import Service
from geo.desk import contacts, staff
from geo.desk.staff import StaffFilter
from geo.desk.tx import Tx
from geo.model import PostKind
from geo.rules.access import Capability

router = APIRouter(prefix="/api", tags=["people"])


@router.get(
    "/people",
    response_model=None,
    responses={200: {"model": StaffPage}, 404: {}},
    summary="Who holds which post, with leave and cover",
)
def get_people(
    service: ServiceDep,
    who: Annotated[Principal, Needs("people.see")],
    when: WhenDep,
    area: Annotated[str | None, Query(max_length=100, description="Code of an area; its whole subtree.")] = None,
    grid: Annotated[str | None, Query(max_length=100, description="Code of a grid.")] = None,
    post: PostKind | None = None,
    person: Annotated[str | None, Query(max_length=100, description="Code of a person.")] = None,
    every: Annotated[bool, Query(description="Appointments that ended or begin later, too.")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    wanted = StaffFilter(area, grid, post, person, every)
    with service.store.read() as conn:
        extents = who.reach.of(Capability.PEOPLE_SEE)
        return page_json(staff.list_staff(conn, extents, wanted, when, cursor, limit))


@router.get(
    "/people/{person_id}/phone",
    responses={200: {"model": PhoneOut}},
    summary="The number of who answers; it is audited",
)
def get_phone(
    service: ServiceDep, person_id: Id, who: Annotated[Principal, Needs("people.see_contacts")]
) -> dict[str, Any]:
    """Of somebody in a post where you may see contacts, or who stands in for them today."""
    with service.store.read() as conn:
        mine = who.reach.of(Capability.PEOPLE_SEE_CONTACTS)
        phone = service.accounts.sealer.open(contacts.sealed_phone(conn, mine, person_id, service.today()))
    with service.accounts.write() as conn:
        book.record(conn, "phone.opened", f"person {person_id}", now=service.now(), by=who.actor)
    return {"phone": phone}


@router.post(
    "/appointments/{appointment_id}/leave",
    responses={200: {"model": LeaveOut}, 409: {}},
    summary="Record that somebody is away, and who stands in",
)
async def post_leave(
    appointment_id: Id,
    body: LeaveBody,
    service: ServiceDep,
    who: Annotated[Principal, Needs("people.manage")],
    key: WriteKeyDep,
) -> JSONResponse:
    def act(tx: Tx) -> dict[str, Any]:
        mine = who.reach.of(Capability.PEOPLE_MANAGE)
        return staff.take_leave(tx, appointment_id, body.from_date, body.to_date, body.cover, covers_in=mine)

    return await _act(service, who, appointment_id, key, act)


@router.post(
    "/appointments/{appointment_id}/end",
    responses={200: {"model": EndOut}, 409: {}},
    summary="End an appointment; what was done keeps its holder",
)
async def post_end(
    appointment_id: Id,
    body: EndBody,
    service: ServiceDep,
    who: Annotated[Principal, Needs("people.manage")],
    key: WriteKeyDep,
) -> JSONResponse:
    return await _act(
        service, who, appointment_id, key, lambda tx: staff.end_appointment(tx, appointment_id, body.to_date)
    )


async def _act(
    service: Service,
    who: Principal,
    appointment_id: int,
    key: WriteKey | None,
    act: Callable[[Tx], dict[str, Any]],
) -> JSONResponse:
    def verb(tx: Tx) -> Answer:
        staff.require_appointment(tx.conn, who.reach, appointment_id)
        return Answer(200, act(tx))

    answer = await service.perform(once(key, verb), who.actor)
    return JSONResponse(answer.body, answer.status)
