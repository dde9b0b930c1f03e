"""A fair division on request (均衡划分): a draft of hand-overs between neighbouring grids."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from api.auth import Needs, Principal
from api.balance import told
from api.deps import ServiceDep, WriteKeyDep
from api.idempotency import Answer, once
from api.schemas.balance import BalanceBody, BalanceOut
from geo.desk import balance
from geo.desk.balance import Asked, Proposal
from geo.desk.balance_loads import Load
from geo.desk.tx import Tx
from geo.rules.access import Capability

router = APIRouter(prefix="/api/drafts", tags=["boundaries"])


@router.post(
    "/balance",
    status_code=201,
    responses={200: {"model": BalanceOut}, 201: {"model": BalanceOut}, 404: {}, 409: {}},
    summary="Propose hand-overs between neighbouring grids that even out a load, as a draft",
)
async def post_balance(
    body: BalanceBody,
    service: ServiceDep,
    who: Annotated[Principal, Needs("boundaries.draft")],
    key: WriteKeyDep,
) -> JSONResponse:
    """Compounds stay whole, grids contiguous and about as compact as they were. 200 where no draft is made.

    Needs issues.see, or units.count for households and inspections, in all of the area.
    """
    own = who.reach.of(Capability.BOUNDARIES_DRAFT)
    counting = Capability.ISSUES_SEE if body.load is Load.ISSUES else Capability.UNITS_COUNT
    asked = Asked(body.area, body.load, body.scheme, body.within)

    def propose() -> Proposal:
        with service.store.read() as conn:
            return balance.propose(
                conn, service.desk.atlas, asked, service.today(), drafts_in=own, counts_in=who.reach.of(counting)
            )

    proposal = await run_in_threadpool(propose)
    if body.look or not proposal.moves:
        return JSONResponse(told(proposal, None))
    title = body.title or f"{body.load} in {body.area}"

    def verb(tx: Tx) -> Answer:
        return Answer(201, told(proposal, balance.start(tx, proposal, title, own)))

    answer = await service.perform(once(key, verb), who.actor)
    return JSONResponse(answer.body, answer.status)
