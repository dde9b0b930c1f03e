"""Collections and features as OGC API - Features words them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection

from api import drawn
from api.answers import Answer
from api.auth import Principal
from api.ogc.links import GEOJSON, SCHEMA, Links
from api.service import Service
from geo.desk import board
from geo.desk.asof import When
from geo.desk.collection import Batch, Collection, extent
from geo.desk.exchange_crs import CRS84, ExchangeCrs, Kept, uri_of
from geo.rules.cql2 import Kind

_TYPES: Mapping[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.NUMBER: {"type": "integer"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
}


def collection_json(
    service: Service, conn: Connection, who: Principal, about: Collection, crss: Mapping[str, ExchangeCrs], when: When,
    links: Links,
) -> dict[str, Any]:  # fmt: skip
    """What a client is told of a collection before it asks for features."""
    told: dict[str, Any] = {"id": about.id, "title": about.title, "description": about.description}
    bounds = _extent(service, conn, who, about, crss[CRS84], when)
    if bounds is not None:
        told["extent"] = {"spatial": {"bbox": [bounds], "crs": CRS84}}
    path = ("collections", about.id)
    return told | {
        "itemType": "feature",
        "crs": list(crss),
        "storageCrs": uri_of(service.desk.atlas.metric) if about.kept is Kept.METRIC else CRS84,
        "links": [
            links.to(*path, rel="self"),
            links.to(*path, "items", rel="items", media_type=GEOJSON, title=about.title),
            links.to(*path, "queryables", rel="http://www.opengis.net/def/rel/ogc/1.0/queryables", media_type=SCHEMA),
        ],
    }


def _extent(
    service: Service, conn: Connection, who: Principal, about: Collection, crs84: ExchangeCrs, when: When
) -> list[float] | None:
    """Worked out again when something of the collection changed: it takes a look at every row."""

    def measured() -> Answer:
        source = about.source(conn, who.reach.of(about.capability), when)
        return Answer(json.dumps(extent(conn, about, source, crs84)).encode())

    seen = drawn.scope_of(who.reach.of(about.capability))
    key = repr(("extent", about.id, about.draft, board.last_change(conn, about.part), when.as_of, seen))
    found: list[float] | None = json.loads(service.answers.get(key, measured).plain)
    return found


def queryables_json(about: Collection, links: Links) -> dict[str, Any]:
    """JSON Schema of what a filter may name."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": links.here()["href"],
        "type": "object",
        "title": about.title,
        "properties": {name: _queryable(about, name, kind) for name, kind in about.kinds.items()},
        "additionalProperties": False,
    }


def _queryable(about: Collection, name: str, kind: Kind) -> dict[str, Any]:
    if kind is Kind.GEOMETRY:
        shape = "any" if about.geometry_type == "Geometry" else about.geometry_type.lower()
        return {"title": name, "format": f"geometry-{shape}", "x-ogc-role": "primary-geometry"}
    return {"title": name, **_TYPES[kind]}


def feature_collection(features: Batch, about: Collection, crs: ExchangeCrs, head: dict[str, Any]) -> bytes:
    """A FeatureCollection, as bytes; ``head`` goes first: its links and the like."""
    head = {"type": "FeatureCollection", **head, "numberReturned": len(features)}
    return f'{_json(head)[:-1]},"features":[{",".join(_features(features, about, crs))}]}}'.encode()


def feature(features: Batch, about: Collection, crs: ExchangeCrs, links: list[dict[str, Any]]) -> bytes:
    """The one feature of a batch, with its links."""
    (written,) = _features(features, about, crs)
    return f'{written[:-1]},"links":{_json(links)}}}'.encode()


def _features(features: Batch, about: Collection, crs: ExchangeCrs) -> Iterator[str]:
    """Each as text. Rings go round as RFC 7946 has it, seen with east to the right."""
    turned: np.ndarray = shapely.orient_polygons(features.geoms)
    drawn_geoms = shapely.to_geojson(crs.express(turned, about.kept))
    for key, geometry, properties in zip(features.keys, drawn_geoms, features.properties, strict=True):
        yield f'{{"type":"Feature","id":{key},"geometry":{geometry or "null"},"properties":{_json(properties)}}}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
