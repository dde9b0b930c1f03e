"""Vector tiles of the collections that /ogc serves, for maps of other programs."""

from __future__ import annotations

from typing import Annotated

import shapely
from fastapi import APIRouter, Header, Path, Query
from sqlalchemy import Connection
from starlette.responses import Response

from api import drawn
from api.answers import Answer
from api.auth import Needs, Principal
from api.deps import ServiceDep
from api.ogc.asking import Asked, moment_of, require_past
from api.service import Service
from geo.desk import board
from geo.desk.collection import Collection, Source, batches, joined
from geo.desk.collection_filter import Filter
from geo.desk.collection_kinds import collection
from geo.desk.exchange_crs import WEB_MERCATOR, exchange_crss
from geo.errors import NotFound
from geo.rules.cql2 import Spatial
from maps.vector_tile import MAX_ZOOM, encode, tile_box

router = APIRouter(tags=["ogc"])

MVT = "application/vnd.mapbox-vector-tile"
ROWS = 2_000  # that are read at once
Zoom = Annotated[int, Path(ge=0, le=MAX_ZOOM)]
Number = Annotated[int, Path(ge=0, lt=2**MAX_ZOOM)]


class VectorTile(Response):
    media_type = MVT


@router.get(
    "/tiles/{name}/{z}/{x}/{y}.mvt",
    response_class=VectorTile,
    responses={304: {"description": "Not changed since the ETag in If-None-Match."}},
    summary="A vector tile of a collection, as far as you may see it",
)
def get_tile(
    service: ServiceDep,
    name: Annotated[str, Path(max_length=100, description="Id of a collection of /ogc/collections.")],
    z: Zoom,
    x: Number,
    y: Number,
    who: Annotated[Principal, Needs("map.see", "issues.see", "places.see")],
    asked: Annotated[Asked, Query()],
    if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Of the web map's squares (WebMercatorQuad). One layer, named as the collection; an empty tile has no bytes."""
    if max(x, y) >= 2**z:
        raise NotFound(f"zoom {z} has {2**z} tiles a side, counted from 0: there is none at {x}, {y}")
    when = moment_of(asked, service.when())
    with service.store.read() as conn:
        about = collection(conn, who.reach, name)
        require_past(about, asked)
        extents = who.reach.of(about.capability)
        runs_out = board.next_overdue(conn, when.now) if "overdue" in about.kinds else None
        seen = drawn.scope_of(extents)
        key = repr((name, z, x, y, board.last_change(conn, about.part), when.as_of, runs_out, seen))

        def make() -> Answer:
            return Answer.of_text(_tile(service, conn, about, about.source(conn, extents, when), (z, x, y)))

        tag = drawn.tag_of(key)
        body = Answer(b"") if drawn.matches(if_none_match, tag) else service.tiles.get(key, make)
    return drawn.respond(body, tag, MVT, if_none_match)


def _tile(service: Service, conn: Connection, about: Collection, source: Source, tile: tuple[int, int, int]) -> bytes:
    mercator = exchange_crss(service.desk.atlas.metric)[WEB_MERCATOR]
    there = Spatial("intersects", shapely.box(*tile_box(*tile)))
    found = joined(list(batches(conn, source, Filter(conn, source, about.kept, [(there, mercator)]), None, ROWS)))
    return encode(about.id, tile, found.keys, mercator.express(found.geoms, about.kept), found.properties)
