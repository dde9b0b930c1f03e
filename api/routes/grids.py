"""Grids, areas and places: the division as programs read it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.auth import Needs, Principal
from api.deps import ServiceDep, WhenDep
from api.names import with_actors, with_names
from api.schemas.division import AreaList, GridOut, GridPage, PlaceOut, PlacePage
from api.schemas.grid_history import GridHistoryOut
from api.schemas.pages import Cursor, Limit, page_json
from geo.desk import details
from geo.desk.grid_history import grid_history
from geo.desk.lists import GridFilter, list_areas, list_grids, list_places
from geo.desk.place_detail import place_detail
from geo.model import PlaceKind
from geo.rules.access import Capability

router = APIRouter(tags=["division"])


@router.get(
    "/api/grids",
    responses={200: {"model": GridPage}, 404: {}},
    summary="List the grids of the edition in force",
)
def get_grids(
    service: ServiceDep,
    who: Annotated[Principal, Needs("map.see")],
    when: WhenDep,
    area: Annotated[str | None, Query(max_length=100, description="Code of an area; its whole subtree.")] = None,
    without_lead: Annotated[
        bool, Query(description="Only grids of the primary scheme that nobody leads, where you may know people.")
    ] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    wanted = GridFilter(area, who.reach.of(Capability.PEOPLE_SEE) if without_lead else None)
    with service.store.read() as conn:
        return page_json(list_grids(conn, who.reach.of(Capability.MAP_SEE), wanted, when, cursor, limit))


@router.get(
    "/api/grids/{code}",
    responses={200: {"model": GridOut}},
    summary="One grid: who answers, figures, its oldest issues",
)
def get_grid(
    service: ServiceDep, code: str, who: Annotated[Principal, Needs("map.see")], when: WhenDep
) -> dict[str, Any]:
    with service.store.read() as conn:
        detail = details.grid_detail(conn, who.reach, code, service.reading(who.reach, when))
    return with_actors(service, who, detail)


@router.get(
    "/api/grids/{code}/history",
    responses={200: {"model": GridHistoryOut}},
    summary="How each edition had a grid, who changed it and why, and whose ground came or went",
)
def get_history(
    service: ServiceDep,
    code: str,
    who: Annotated[Principal, Needs("map.see")],
    scheme: Annotated[str | None, Query(max_length=200, description="The primary one if not said.")] = None,
) -> dict[str, Any]:
    """Also of a grid that is gone, by the code that it had last."""
    with service.store.read() as conn:
        told = grid_history(conn, service.desk.atlas.metric, code, who.reach.of(Capability.MAP_SEE), scheme)
    ended = told["ended"] and with_names(service, who, told["ended"], "actor")
    return with_actors(service, who, told | {"ended": ended})


@router.get("/api/areas", responses={200: {"model": AreaList}}, summary="The administrative tree")
def get_areas(service: ServiceDep, who: Annotated[Principal, Needs("map.see")], when: WhenDep) -> dict[str, Any]:
    with service.store.read() as conn:
        return {"items": list_areas(conn, who.reach.of(Capability.MAP_SEE), when.as_of), "next": None}


@router.get(
    "/api/places",
    responses={200: {"model": PlacePage}, 404: {}},
    summary="Compounds, buildings, stairwells, lanes and other places",
)
def get_places(
    service: ServiceDep,
    who: Annotated[Principal, Needs("places.see")],
    when: WhenDep,
    kind: PlaceKind | None = None,
    area: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    with service.store.read() as conn:
        extents = who.reach.of(Capability.PLACES_SEE)
        return page_json(list_places(conn, extents, kind, area, cursor, limit, when.as_of))


@router.get(
    "/api/places/{code}",
    responses={200: {"model": PlaceOut}},
    summary="One place: the grids it lies in, with the length or area in each, and who answers",
)
def get_place(
    service: ServiceDep, code: str, who: Annotated[Principal, Needs("places.see")], when: WhenDep
) -> dict[str, Any]:
    with service.store.read() as conn:
        reading = service.reading(who.reach, when)
        return place_detail(conn, who.reach.of(Capability.PLACES_SEE), code, reading)
