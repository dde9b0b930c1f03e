"""OGC API - Features: the bodies of answers under /ogc."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.schemas.base import Body, Told, UtcText, example
from geo.coverage.operations import LONGEST_CODE
from geo.desk.division import MOST_HOUSEHOLDS
from geo.desk.exchange_crs import CRS84

_GRIDS = "https://city.example/ogc/collections/grids"
_ITEMS_LINK = {"href": f"{_GRIDS}/items", "rel": "items", "type": "application/geo+json", "title": "Grids"}
_SELF = {"href": "https://city.example/ogc", "rel": "self", "type": "application/json"}
_SQUARE = [[[[118.87, 28.95], [118.875, 28.95], [118.875, 28.955], [118.87, 28.955], [118.87, 28.95]]]]
_FEATURE: dict[str, Any] = {
    "type": "Feature",
    "id": 17,
    "geometry": {"type": "MultiPolygon", "coordinates": _SQUARE},
    "properties": {"code": "FM-01", "name": "府门一", "households": 620},
}
_COLLECTION = {
    "id": "grids",
    "title": "网格 Grids (2026)",
    "description": "Grids of the edition in force of the scheme 2026",
    "extent": {"spatial": {"bbox": [[118.69, 28.82, 118.97, 29.19]], "crs": CRS84}},
    "itemType": "feature",
    "crs": [CRS84, "http://www.opengis.net/def/crs/EPSG/0/4549"],
    "storageCrs": "http://www.opengis.net/def/crs/EPSG/0/4549",
    "links": [_ITEMS_LINK],
}


class Link(Told):
    href: str
    rel: str
    type: str
    title: str | None = None


class LandingPage(Told):
    """Where everything is."""

    model_config = example({"title": "柯城区（合成数据）", "description": "Grids and issues", "links": [_SELF]})

    title: str
    description: str
    links: list[Link]


class Conformance(Told):
    """The classes that this service keeps to."""

    model_config = example({"conformsTo": ["http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"]})

    conformsTo: list[str]


class SpatialExtent(Told):
    bbox: list[list[float]] = Field(description="West, south, east, north in degrees.")
    crs: str


class Extent(Told):
    spatial: SpatialExtent


class CollectionOut(Told):
    """One collection. crs: those it may be asked in. storageCrs: the one it is kept in."""

    model_config = example(_COLLECTION)

    id: str
    title: str
    description: str
    extent: Extent | None = None
    itemType: Literal["feature"]
    crs: list[str]
    storageCrs: str
    links: list[Link]


class CollectionList(Told):
    """The collections that you may read something of."""

    model_config = example({"links": [_SELF], "collections": [_COLLECTION]})

    links: list[Link]
    collections: list[CollectionOut]


class Queryables(Told):
    """JSON Schema of what a filter may name."""

    model_config = example(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{_GRIDS}/queryables",
            "type": "object",
            "title": "网格 Grids (2026)",
            "properties": {"code": {"title": "code", "type": "string"}},
            "additionalProperties": False,
        }
    )

    schema_uri: str = Field(alias="$schema")
    id: str = Field(alias="$id")
    type: Literal["object"]
    title: str
    properties: dict[str, dict[str, Any]]
    additionalProperties: bool


class FeatureOut(Told):
    """A GeoJSON feature; coordinates are in the CRS of the header Content-Crs."""

    model_config = example(_FEATURE | {"links": [_SELF]})

    type: Literal["Feature"]
    id: int
    geometry: dict[str, Any] | None
    properties: dict[str, Any]
    links: list[Link] | None = None


class GridProperties(Body):
    """What may be said of a grid in a draft; what is not sent stays. area: code of its area."""

    model_config = example({"code": "FM-01", "name": "府门一", "households": 620})

    code: Annotated[str | None, Field(max_length=LONGEST_CODE)] = None
    name: Annotated[str | None, Field(max_length=200)] = None
    name_en: Annotated[str | None, Field(max_length=200)] = None
    area: Annotated[str | None, Field(max_length=200)] = None
    households: Annotated[int | None, Field(ge=0, le=MOST_HOUSEHOLDS)] = None


class FeatureBody(Body):
    """A feature as GeoJSON (RFC 7946), coordinates in the CRS of Content-Crs. Members that are not here say nothing.

    An id says nothing either: a new feature gets its own, one that is replaced has that of its address.
    """

    model_config = ConfigDict(
        extra="ignore", json_schema_extra={"examples": [{name: _FEATURE[name] for name in _FEATURE if name != "id"}]}
    )

    type: Literal["Feature"]
    geometry: dict[str, Any] | None
    properties: GridProperties | None


class FeaturePatch(Body):
    """A merge patch (RFC 7396) of a feature: what is not named stays. Its id cannot be changed."""

    model_config = example({"properties": {"name": "府门一"}})

    type: Literal["Feature"] | None = None
    geometry: dict[str, Any] | None = None
    properties: GridProperties | None = None


class FeatureList(Told):
    """A page of features. The link ``next`` leads on."""

    model_config = example(
        {
            "type": "FeatureCollection",
            "timeStamp": "2026-11-22T04:00:00.000Z",
            "numberReturned": 1,
            "numberMatched": 292,
            "links": [_SELF],
            "features": [_FEATURE],
        }
    )

    type: Literal["FeatureCollection"]
    timeStamp: UtcText
    numberReturned: int
    numberMatched: int | None = Field(None, description="Left out where it could only be told by reading everything.")
    links: list[Link]
    features: list[FeatureOut]


class ApiDocument(Told):
    """OpenAPI 3.0 description of what is served under /ogc."""

    model_config = example(
        {
            "openapi": "3.0.3",
            "info": {"title": "柯城区（合成数据）", "version": "0.1.0"},
            "servers": [{"url": "https://city.example/ogc"}],
            "security": [{"token": []}],
            "paths": {},
            "components": {},
        }
    )

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    security: list[dict[str, list[str]]]
    paths: dict[str, Any]
    components: dict[str, Any]
