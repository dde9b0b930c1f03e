"""Imports that wait for a word on their datum: listed, and settled."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api import held as holding
from api.auth import Principal
from api.deps import ServiceDep
from api.names import with_accounts
from api.routes.imports import Importer
from api.schemas.held import HeldPage, HeldVerb, SettleBody, SettledOut
from api.schemas.pages import Cursor, Limit, page_json
from api.schemas.values import Id
from api.service import Service
from geo.desk import held
from geo.errors import BadInput

router = APIRouter(prefix="/api", tags=["imports"])

WHO = ("held_by", "decided_by")


@router.get(
    "/held-imports",
    responses={200: {"model": HeldPage}},
    summary="Imports that wait for somebody to say which datum their points are in, newest first",
)
def get_held(
    service: ServiceDep,
    who: Importer,
    settled: Annotated[bool, Query(description="Those that no longer wait too.")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    with service.store.read() as conn:
        found = page_json(held.list_held(conn, cursor, limit, settled=settled))
    return found | {"items": with_accounts(service, who, found["items"], *WHO)}


@router.post(
    "/held-imports/{held_id}/decision",
    responses={200: {"model": SettledOut}, 409: {}},
    summary="Take a held import under a datum, or drop it",
)
def post_decision(held_id: Id, body: SettleBody, service: ServiceDep, who: Importer) -> dict[str, Any]:
    """The same decision once more changes nothing, and finishes one that was cut off."""
    if (body.datum is not None) != (body.decision is HeldVerb.AS_DATUM):
        raise BadInput("datum goes with the decision as_datum, which needs it")
    outcome = _settle(service, who, held_id, body)
    with service.store.read() as conn:
        item = held.told(held.get(conn, held_id))
    (told,) = with_accounts(service, who, [item], *WHO)
    return {"held": told, "outcome": outcome.as_json() if outcome else None}


def _settle(service: Service, who: Principal, held_id: int, body: SettleBody) -> Any:
    """In this worker thread, as any import."""
    desk, clock = service.desk, service.clock
    if body.decision is HeldVerb.DROP:
        with desk.transaction(clock, who.actor) as tx:
            held.drop(tx, held_id)
        return None
    try:
        return holding.take(desk, held_id, body.datum, clock, who.actor, lambda _: service.hub.poke())
    finally:
        service.hub.poke()
