"""Official lines: where the grids of an area are not its official boundary, and what a line of grids cuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api import drawn, official
from api.auth import Needs, Principal
from api.deps import ServiceDep, WhenDep
from api.drawn import Moment
from api.routes.coverage import Table
from api.routes.map import UNCHANGED, GeoJson, IfNoneMatch
from api.schemas.official import OfficialCollection, OfficialOut
from api.service import Service
from geo.crs import Metric
from geo.desk.asof import When
from geo.desk.official import Asked, Report, report
from geo.rules.access import Capability

router = APIRouter(tags=["division"])

Reader = Annotated[Principal, Needs("places.see")]


def asked(
    area: Annotated[str | None, Query(max_length=100, description="Code of an area; its whole subtree.")] = None,
    scheme: Annotated[str | None, Query(max_length=200, description="The primary one if not said.")] = None,
) -> Asked:
    return Asked(scheme, area)


AskedDep = Annotated[Asked, Depends(asked)]


@router.get(
    "/api/official",
    responses={200: {"model": OfficialOut}, 404: {}, **UNCHANGED},
    summary="Where grids are not the official boundary of their area, and what their lines cut",
)
def get_official(
    service: ServiceDep, who: Reader, ask: AskedDep, when: WhenDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Of the boundaries in force, or of those of ``as_of`` against the official ones of today.

    Measured in metres; less than 1 m2, or narrower than 5 cm, is left out.
    """
    return _answer(service, who, drawn.JSON, ask, when, if_none_match, official.as_json)


@router.get(
    "/api/official.csv",
    response_class=Table,
    responses={404: {}, **UNCHANGED},
    summary="The same as a table, one row a place",
)
def get_official_table(
    service: ServiceDep, who: Reader, ask: AskedDep, when: WhenDep, if_none_match: IfNoneMatch = None
) -> Response:
    return _answer(service, who, drawn.CSV, ask, when, if_none_match, official.as_csv)


@router.get(
    "/map/official",
    response_class=GeoJson,
    responses={200: {"model": OfficialCollection}, 404: {}, **UNCHANGED},
    summary="The same as a map draws it, GeoJSON: ground that differs, and lines that cut",
    tags=["map"],
)
def get_official_map(
    service: ServiceDep, who: Reader, ask: AskedDep, when: WhenDep, if_none_match: IfNoneMatch = None
) -> Response:
    return _answer(service, who, drawn.GEOJSON, ask, when, if_none_match, official.as_geojson)


def _answer(
    service: Service,
    who: Principal,
    media_type: str,
    ask: Asked,
    when: When,
    if_none_match: str | None,
    make: Callable[[Metric, Report, dict[str, Any]], bytes],
) -> Response:
    atlas = service.desk.atlas
    part = replace(drawn.COVERAGE, media_type=media_type, seen_by=(Capability.PLACES_SEE,))

    def made(at: Moment) -> bytes:
        return make(atlas.metric, report(at.conn, who.reach, atlas, ask, at.when.as_of), {"rev": at.rev})

    return drawn.answer(service, who, part, if_none_match, made, about=f"official {media_type} {ask}", when=when)
