"""Imports as batches: listed, undone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from api import imports
from api.deps import ServiceDep, WriteKeyDep
from api.idempotency import Answer, once
from api.names import with_accounts
from api.routes.imports import Importer
from api.schemas.imports import BatchPage, UndoneOut
from api.schemas.pages import Cursor, Limit, page_json
from api.schemas.values import Id
from geo.desk.lists import list_batches
from geo.desk.tx import Tx

router = APIRouter(prefix="/api", tags=["imports"])


@router.get("/batches", responses={200: {"model": BatchPage}}, summary="Imports, newest first")
def get_batches(
    service: ServiceDep,
    who: Importer,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    with service.store.read() as conn:
        found = page_json(list_batches(conn, cursor, limit))
    items = with_accounts(service, who, found["items"], "actor")
    return found | {"items": [item | {"datum": with_accounts(service, who, item["datum"], "by")} for item in items]}


@router.post("/batches/{batch_id}/undo", responses={200: {"model": UndoneOut}}, summary="Undo an import")
async def post_undo(
    batch_id: Id,
    service: ServiceDep,
    who: Importer,
    key: WriteKeyDep,
    even_worked: Annotated[bool, Query(description="Also where people have worked on what it brought.")] = False,
) -> JSONResponse:
    def verb(tx: Tx) -> Answer:
        return Answer(200, imports.undo(tx, batch_id, even_worked=even_worked))

    answer = await service.perform(once(key, verb), who.actor)
    return JSONResponse(answer.body, answer.status)
