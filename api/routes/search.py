"""Search: what somebody may find by a few letters, and where a coordinate lies.

What people type may be a name. It is asked for by GET, because neither our log nor our metrics hold query strings.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.auth import Needs, Principal
from api.deps import ServiceDep
from api.schemas.search import PointOut, SearchOut
from geo.crs import DATUMS
from geo.desk.search import MAX_FOUND, Search, point_detail, possible_readings

router = APIRouter(tags=["search"])

Coordinate = Annotated[float, Query(allow_inf_nan=False)]


@router.get("/api/search", responses={200: {"model": SearchOut}}, summary="Find grids, places, people, issues, units")
def get_search(
    service: ServiceDep,
    who: Annotated[Principal, Needs("map.see")],
    q: Annotated[
        str,
        Query(
            max_length=100,
            description="Characters, pinyin, initials or a mixture of them; a code or number; coordinates.",
            examples=["天皇巷", "thx02", "28.9686,118.8715"],
        ),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_FOUND, description="In all groups together.")] = 8,
) -> dict[str, Any]:
    atlas, when = service.desk.atlas, service.when()
    with service.store.read() as conn:
        names = service.gazetteers.today(conn, when.today)
        shapes = service.shapes.newest(conn)[1]
        groups = Search(conn, names, shapes, atlas, who.reach, when.zone).find(q, limit)
    return {
        "groups": groups,
        "coordinates": [asdict(reading) for reading in possible_readings(q, atlas.metric)],
        "datums": [*DATUMS, f"EPSG:{atlas.metric.srid}"],
    }


@router.get("/api/search/point", responses={200: {"model": PointOut}}, summary="Where a coordinate lies")
def get_point(
    service: ServiceDep,
    who: Annotated[Principal, Needs("map.see")],
    x: Annotated[Coordinate, Query(description="East: longitude in degrees, or metres.")],
    y: Annotated[Coordinate, Query(description="North: latitude in degrees, or metres.")],
    datum: Annotated[
        str, Query(max_length=40, description="It is never guessed.", examples=["wgs84", "gcj02", "EPSG:4549"])
    ],
) -> dict[str, Any]:
    with service.store.read() as conn:
        return point_detail(conn, service.reading(who.reach, service.when()), who.reach, (x, y), datum)
