"""What the battle map loads: grids with figures, points as binary columns, local vectors, live changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from api import drawn
from api.answers import Answer
from api.auth import Needs, Principal
from api.deps import ServiceDep, WhenDep
from api.drawn import Moment
from api.metrics import STREAM_ROUTE
from api.schemas.map import BackgroundCollection, ConfigOut, GridCollection, PlaceCollection
from api.schemas.trends import TrendsOut
from api.service import Service
from api.status_line import CONNECTION
from geo.desk import board, gridmap
from geo.desk.asof import When
from geo.desk.board import Layer
from geo.desk.place_map import places_geojson
from geo.desk.scope import Sight, sight
from geo.desk.todays_grids import TodaysGrids
from geo.desk.trends import trends
from geo.desk.unit_state import table_in_force
from geo.rules.access import Capability
from geo.store.tables import category
from geo.store.types import utc_text
from maps.breaks import FIGURES
from maps.snapshot import Facts, encode, mercator

router = APIRouter(tags=["map"])

NOW = "Gridwarden-Now"
IfNoneMatch = Annotated[str | None, Header(include_in_schema=False)]
UNCHANGED: dict[int | str, Any] = {304: {"description": "Not changed since the ETag in If-None-Match."}}


class GeoJson(JSONResponse):
    media_type = drawn.GEOJSON


class Columns(Response):
    """The columns of maps/snapshot.py."""

    media_type = drawn.COLUMNS


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


@router.get(
    "/map/config",
    responses={200: {"model": ConfigOut}, **UNCHANGED},
    summary="Names, words and limits that the page needs",
)
def get_config(
    service: ServiceDep,
    who: Annotated[Principal, Needs("map.see")],
    when: WhenDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The header Gridwarden-Now tells the server's time, also when nothing has changed."""
    about = service.store.jurisdiction
    with service.store.read() as conn:
        edition, shapes = service.shapes.at(conn, when.as_of)
        seen = sight(conn, who.reach.of(Capability.MAP_SEE)).grids
        mine = [shape for shape in shapes if seen is None or shape.grid_id in seen]
        bounds = gridmap.bounds_of(mine)
        body = {
            "name": about.name,
            "synthetic": about.synthetic,
            "timezone": about.timezone,
            "crs": f"EPSG:{service.desk.atlas.metric.srid}",
            "today": when.today.isoformat(),
            "edition": edition,
            "rev": str(service.store.last_event(conn)),
            "bounds": bounds,
            "core": _core(conn, service, who, when) or bounds,
            "me": {
                "name": who.name,
                "capabilities": sorted(who.reach.capabilities),
                "whole": who.reach.whole(Capability.MAP_SEE),
            },
            "class_table": _class_table(conn, when.today),
            "categories": _categories(conn),
            "figures": FIGURES,
        }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    told = Answer(text.encode())
    return drawn.respond(told, drawn.tag_of(text), drawn.JSON, if_none_match, {NOW: utc_text(service.now())})


def _core(conn: Connection, service: Service, who: Principal, when: When) -> list[float] | None:
    """Where most is open, worked out again when an issue changed: it takes reading all of them."""
    extents = gridmap.counted_issues(who.reach)
    key = repr(("core", board.last_change(conn, "issues"), when.as_of, drawn.scope_of(extents)))
    made = service.answers.get(key, lambda: Answer(json.dumps(gridmap.core_of(conn, extents, when.as_of)).encode()))
    found: list[float] | None = json.loads(made.plain)
    return found


def _class_table(conn: Connection, today: date) -> dict[str, Any]:
    table = table_in_force(conn, today)
    return {"version": table.version, "cycles": {str(risk): days for risk, days in table.cycle_days.items()}}


def _categories(conn: Connection) -> list[dict[str, Any]]:
    rows = conn.execute(
        select(category.c.code, category.c.name, category.c.name_en).order_by(category.c.catalogue, category.c.code)
    )
    return [dict(row) for row in rows.mappings()]


@router.get(
    "/map/grids",
    response_class=GeoJson,
    responses={200: {"model": GridCollection}, **UNCHANGED},
    summary="Grids of the edition in force with their figures, GeoJSON",
)
def get_grids(
    service: ServiceDep,
    who: Annotated[Principal, Needs("map.see")],
    when: WhenDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    def make(at: Moment) -> bytes:
        head = {"rev": at.rev, "today": at.when.today.isoformat()}
        return gridmap.grids_geojson(at.conn, service.shapes, who.reach, at.when, head).encode()

    return drawn.answer(service, who, drawn.GRIDS, if_none_match, make, when=when)


@router.get(
    "/map/background",
    response_class=GeoJson,
    responses={200: {"model": BackgroundCollection}, **UNCHANGED},
    summary="River, roads and blocks as local vectors, GeoJSON",
)
def get_background(
    service: ServiceDep,
    who: Annotated[Principal, Needs("map.see")],
    buildings: Annotated[
        bool, Query(description="Buildings alone, which are seen from near by; else all others.")
    ] = False,
    if_none_match: IfNoneMatch = None,
) -> Response:
    with service.store.read() as conn:
        key = repr(("background", buildings, gridmap.background_state(conn)))
        body = service.answers.get(key, lambda: Answer.of_text(_background(conn, service, buildings)))
    return drawn.respond(body, drawn.tag_of(key), drawn.GEOJSON, if_none_match)


def _background(conn: Connection, service: Service, buildings: bool) -> bytes:
    return gridmap.background_geojson(conn, service.desk.atlas.metric, buildings=buildings).encode()


@router.get(
    "/map/issues",
    response_class=Columns,
    responses=UNCHANGED,
    summary="Open issues that have a place, binary columns",
)
def get_issues(
    service: ServiceDep,
    who: Annotated[Principal, Needs("issues.see")],
    when: WhenDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    def make(at: Moment) -> bytes:
        seen = sight(at.conn, who.reach.of(Capability.ISSUES_SEE))
        return _snapshot(service, at, board.issue_layer(at.conn, at.when.now, at=at.when.as_of), seen)

    return drawn.answer(service, who, drawn.ISSUES, if_none_match, make, when=when)


@router.get(
    "/map/units",
    response_class=Columns,
    responses=UNCHANGED,
    summary="Rental units with their class, binary columns",
)
def get_units(
    service: ServiceDep,
    who: Annotated[Principal, Needs("units.see_points")],
    when: WhenDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    def make(at: Moment) -> bytes:
        seen = sight(at.conn, who.reach.of(Capability.UNITS_SEE_POINTS))
        return _snapshot(service, at, board.unit_layer(at.conn, at.when.today, at=at.when.as_of), seen)

    return drawn.answer(service, who, drawn.UNITS, if_none_match, make, when=when)


@router.get(
    "/map/places",
    response_class=GeoJson,
    responses={200: {"model": PlaceCollection}, **UNCHANGED},
    summary="Places that are drawn near by, GeoJSON",
)
def get_places(
    service: ServiceDep,
    who: Annotated[Principal, Needs("places.see")],
    when: WhenDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    def make(at: Moment) -> bytes:
        extents = who.reach.of(Capability.PLACES_SEE)
        return places_geojson(at.conn, service.desk.atlas.metric, extents, at.when.as_of).encode()

    return drawn.answer(service, who, drawn.PLACES, if_none_match, make, when=when)


@router.get(
    "/api/trends",
    responses={200: {"model": TrendsOut}, 404: {}, **UNCHANGED},
    summary="Twelve weeks of the figures, by day, and new issues by week",
)
def get_trends(
    service: ServiceDep,
    who: Annotated[Principal, Needs("map.see")],
    when: WhenDep,
    grid: Annotated[str | None, Query(max_length=100, description="Code of a grid; the whole without it.")] = None,
    boundaries: Annotated[
        Literal["day", "today"], Query(description="Count by the boundaries of each day, or all by those of today.")
    ] = "day",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Counted is what the reader's map counts; a past value is what was recorded then, null where nothing was."""
    hour = replace(when, now=when.now.astimezone(when.zone).replace(minute=0, second=0, microsecond=0))
    by_today = boundaries == "today"

    def make(at: Moment) -> bytes:
        named = None if by_today else when.as_of  # a grid of today, or of then
        grid_id = None if grid is None else gridmap.grid_id_of(at.conn, service.shapes, who.reach, grid, named)
        today = TodaysGrids(service.desk.atlas.sheet(at.conn, None)) if by_today else None
        body = {"rev": at.rev, "boundaries": boundaries, **trends(at.conn, who.reach, hour, grid_id, today)}
        return json.dumps(body, separators=(",", ":")).encode()

    about = f"{hour.now.isoformat()} {grid} {boundaries}"
    part = drawn.TRENDS_BY_TODAY if by_today else drawn.TRENDS
    return drawn.answer(service, who, part, if_none_match, make, about=about, keep=grid is None, when=when)


@router.get(STREAM_ROUTE, response_class=EventStream, summary="Live changes as server-sent events")
async def get_events(
    request: Request,
    service: ServiceDep,
    who: Annotated[Principal, Needs("map.see")],
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventStream:
    service.hub.admit(who.credential.key)
    connection = getattr(request.state, CONNECTION, lambda: None)()
    messages = service.hub.stream(who, who.credential.key, last_event_id, connection)
    return EventStream(messages, headers={"Cache-Control": "no-store"})


def _snapshot(service: Service, at: Moment, layer: Layer, seen: Sight) -> bytes:
    """The rows that are seen, as bytes, with the codes of the grids that are seen."""
    mine = layer.where(seen.mask(layer.grid_id, layer.category))
    x, y = mercator(mine.lon, mine.lat)
    shapes = service.shapes.at(at.conn, at.when.as_of)[1]
    facts = None if mine.opened is None or mine.due is None else Facts(mine.category, mine.opened, mine.due)
    return encode(
        x=x,
        y=y,
        id=mine.ids,
        grid_ids=mine.grid_id,
        codes={shape.grid_id: shape.code for shape in shapes if seen.grids is None or shape.grid_id in seen.grids},
        klass=mine.klass,
        flags=mine.flags,
        rev=at.rev,
        today=at.when.today.isoformat(),
        facts=facts,
    )
