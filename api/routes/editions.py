"""Editions: which were in force when, and what differs between two."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from api.auth import Needs, Principal
from api.deps import ServiceDep
from api.names import with_names
from api.schemas.editions import DifferenceOut, EditionPage
from api.schemas.pages import Cursor, Limit, page_json
from geo.desk.edition_difference import Compared, difference
from geo.desk.edition_list import list_editions
from geo.rules.access import Capability

router = APIRouter(prefix="/api/editions", tags=["division"])

MOST = 2**31 - 1
SchemeName = Annotated[str | None, Query(max_length=200, description="The primary one if not said.")]


@router.get(
    "",
    responses={200: {"model": EditionPage}, 404: {}},
    summary="The editions of a scheme, newest first: in force when, by whom, why, and how much of yours changed",
)
def get_editions(
    service: ServiceDep,
    who: Annotated[Principal, Needs("map.see")],
    scheme: SchemeName = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    with service.store.read() as conn:
        told = page_json(list_editions(conn, who.reach.of(Capability.MAP_SEE), scheme, cursor, limit))
    return told | {"items": [with_names(service, who, each, "actor", "created_by") for each in told["items"]]}


@router.get(
    "/{number}/difference",
    responses={200: {"model": DifferenceOut}, 404: {}},
    summary="What differs between an edition and another one: grids, ground that changed hands, both on a map",
)
def get_difference(
    service: ServiceDep,
    who: Annotated[Principal, Needs("map.see")],
    number: Annotated[int, Path(ge=1, le=MOST)],
    older: Annotated[
        int | None, Query(alias="from", ge=0, le=MOST, description="The one before if not said; 0 has no grid.")
    ] = None,
    scheme: SchemeName = None,
    area: Annotated[str | None, Query(max_length=100, description="Code of an area; its whole subtree.")] = None,
) -> dict[str, Any]:
    asked = Compared(number, older, scheme, area)
    with service.store.read() as conn:
        return difference(conn, service.desk.atlas.metric, asked, who.reach.of(Capability.MAP_SEE))
