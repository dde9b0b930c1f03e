"""What registers say otherwise than the systems that own it, and who owns what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from api.auth import Needs, Principal
from api.deps import ServiceDep, WriteKeyDep
from api.idempotency import Answer, once
from api.names import with_accounts
from api.routes.imports import Importer
from api.schemas.pages import Cursor, Limit, page_json
from api.schemas.registers import DecisionBody, DisagreementOut, DisagreementPage, OwnersBody, OwnersOut
from api.schemas.values import Id
from geo.desk import disputes, registers
from geo.desk.disputes import DisputeFilter
from geo.desk.tx import Tx
from geo.model import ChangeState, Register
from geo.rules.access import Capability

router = APIRouter(prefix="/api", tags=["registers"])


@router.get(
    "/disagreements",
    responses={200: {"model": DisagreementPage}, 404: {}},
    summary="What registers say otherwise than the systems that own it, newest first",
)
def get_disagreements(
    service: ServiceDep,
    who: Annotated[Principal, Needs("registers.decide")],
    register: Register | None = None,
    state: ChangeState = ChangeState.WAITING,
    area: Annotated[str | None, Query(max_length=100, description="Code of an area; its whole subtree.")] = None,
    batch: Annotated[Id | None, Query(description="Number of an import.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    wanted = DisputeFilter(register, state, area, batch)
    with service.store.read() as conn:
        mine = who.reach.of(Capability.REGISTERS_DECIDE)
        found = page_json(disputes.list_disputes(conn, mine, wanted, cursor, limit))
    return found | {"items": with_accounts(service, who, found["items"], "decided_by")}


@router.post(
    "/disagreements/{disagreement_id}/decision",
    responses={200: {"model": DisagreementOut}, 409: {}},
    summary="Take what a register says, or keep what the store says",
)
async def post_decision(
    disagreement_id: Id,
    body: DecisionBody,
    service: ServiceDep,
    who: Annotated[Principal, Needs("registers.decide")],
    key: WriteKeyDep,
) -> JSONResponse:
    mine = who.reach.of(Capability.REGISTERS_DECIDE)

    def verb(tx: Tx) -> Answer:
        return Answer(200, disputes.decide(tx, disagreement_id, mine, take=body.decision == "take"))

    answer = await service.perform(once(key, verb), who.actor)
    (told,) = with_accounts(service, who, [answer.body], "decided_by")
    return JSONResponse(told, answer.status)


@router.get(
    "/registers/owners", responses={200: {"model": OwnersOut}}, summary="Which system owns which field of a register"
)
def get_owners(service: ServiceDep, who: Importer) -> dict[str, Any]:
    with service.store.read() as conn:
        return registers.owners_in_force(conn, service.today()).as_json()


@router.post(
    "/registers/owners",
    responses={200: {"model": OwnersOut}, 409: {}},
    summary="Say anew which system owns which field, from a day on",
)
async def post_owners(body: OwnersBody, service: ServiceDep, who: Importer, key: WriteKeyDep) -> JSONResponse:
    def verb(tx: Tx) -> Answer:
        return Answer(200, registers.set_owners(tx, body.model_dump(mode="json")).as_json())

    answer = await service.perform(once(key, verb), who.actor)
    return JSONResponse(answer.body, answer.status)
