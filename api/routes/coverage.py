"""The coverage report (无盲点覆盖): what no grid holds, what nobody answers for, where nobody has been."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api import coverage, drawn
from api.auth import Needs, Principal
from api.deps import ServiceDep, WhenDep
from api.drawn import Moment
from api.routes.map import UNCHANGED, GeoJson, IfNoneMatch
from api.schemas.coverage import CoverageCollection, CoverageOut
from api.service import Service
from geo.desk import blind_spots
from geo.desk.asof import When
from geo.desk.blind_spots import DAYS, MOST_DAYS, Asked, Report

router = APIRouter(tags=["division"])


class Table(Response):
    """UTF-8 CSV."""

    media_type = drawn.CSV


def asked(
    area: Annotated[str | None, Query(max_length=100, description="Code of an area; its whole subtree.")] = None,
    scheme: Annotated[str | None, Query(max_length=200, description="The primary one if not said.")] = None,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="How far back a visit counts.")] = DAYS,
) -> Asked:
    return Asked(scheme, area, days)


AskedDep = Annotated[Asked, Depends(asked)]


@router.get(
    "/api/coverage",
    responses={200: {"model": CoverageOut}, 404: {}, **UNCHANGED},
    summary="Blind spots: places and ground outside every grid, grids without a lead, places without a visit",
)
def get_coverage(
    service: ServiceDep,
    who: Annotated[Principal, Needs("places.see")],
    ask: AskedDep,
    when: WhenDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Grids without a lead are told where you may know people, visits where you may count units; null elsewhere."""

    return _answer(service, who, drawn.COVERAGE, ask, when, if_none_match, coverage.as_json)


@router.get(
    "/api/coverage.csv",
    response_class=Table,
    responses={404: {}, **UNCHANGED},
    summary="The same as a table, one row a blind spot",
)
def get_coverage_table(
    service: ServiceDep,
    who: Annotated[Principal, Needs("places.see")],
    ask: AskedDep,
    when: WhenDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    return _answer(service, who, drawn.COVERAGE_TABLE, ask, when, if_none_match, coverage.as_csv)


@router.get(
    "/map/coverage",
    response_class=GeoJson,
    responses={200: {"model": CoverageCollection}, 404: {}, **UNCHANGED},
    summary="Blind spots as a map draws them, GeoJSON",
    tags=["map"],
)
def get_coverage_map(
    service: ServiceDep,
    who: Annotated[Principal, Needs("places.see")],
    ask: AskedDep,
    when: WhenDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    make = partial(coverage.as_geojson, service.desk.atlas.metric)
    return _answer(service, who, drawn.COVERAGE_MAP, ask, when, if_none_match, make)


def _answer(
    service: Service,
    who: Principal,
    part: drawn.Part,
    ask: Asked,
    when: When,
    if_none_match: str | None,
    make: Callable[[Report, dict[str, Any]], bytes],
) -> Response:
    def made(at: Moment) -> bytes:
        report = blind_spots.report(at.conn, who.reach, service.desk.atlas, at.when, ask)
        return make(report, {"rev": at.rev})

    return drawn.answer(service, who, part, if_none_match, made, about=f"{part.media_type} {ask}", when=when)
