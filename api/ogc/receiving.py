"""What a client sends to be written: a feature in GeoJSON, in a CRS that it names, as the desk takes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import shapely

from api.ogc.asking import crs_named
from api.schemas.ogc import FeatureBody, FeaturePatch
from geo.desk.draft_features import Sent
from geo.desk.exchange_crs import CRS84, ExchangeCrs
from geo.errors import BadInput


def sent(body: FeatureBody | FeaturePatch, content_crs: str | None, crss: Mapping[str, ExchangeCrs]) -> Sent:
    """content_crs: of the header, in angle brackets or, as QGIS writes it, without. Raises BadInput."""
    crs = crs_named(crss, (content_crs or CRS84).strip().removeprefix("<").removesuffix(">"), "Content-Crs")
    said = body.properties.model_dump(exclude_unset=True) if body.properties else {}
    if "geometry" not in body.model_fields_set:
        return Sent(said)
    if body.geometry is None:
        raise BadInput("geometry is null, but a grid lies somewhere: to take it away, delete it")
    return Sent(said, _drawn(body.geometry, crs), crs.datum)


def _drawn(geometry: Mapping[str, Any], crs: ExchangeCrs) -> shapely.Geometry:
    """East before north, without heights."""
    try:
        geom = shapely.force_2d(shapely.from_geojson(json.dumps(geometry)))
    except (shapely.GEOSException, ValueError) as error:
        raise BadInput(f"geometry is no GeoJSON geometry: {str(error)[:200]}") from None
    if geom is None:
        raise BadInput("geometry is no GeoJSON geometry")
    swapped: shapely.Geometry = shapely.transform(geom, lambda c: c[:, ::-1]) if crs.north_first else geom
    return swapped
