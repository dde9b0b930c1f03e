"""Places as the map draws them near by: where each stands, and what kind of place it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, select

from geo.crs import Metric
from geo.desk.asof import existed
from geo.desk.gridmap import lonlat
from geo.desk.lists import area_in
from geo.model import PlaceKind
from geo.rules.access import Extent
from geo.store.tables import area, place

# Buildings lie in the background already, and what is called other has no sign that anybody knows.
DRAWN = (PlaceKind.COMPOUND, PlaceKind.STAIRWELL, PlaceKind.LANE, PlaceKind.MARKET, PlaceKind.RELIEF_POINT)


def places_geojson(conn: Connection, metric: Metric, extents: Sequence[Extent], at: datetime | None = None) -> str:
    """Places of these extents as a FeatureCollection in lon/lat: lanes as lines, all others as a point inside.

    at: those there were then.
    """
    rows = conn.execute(
        select(place.c.kind, place.c.name, place.c.name_en, place.c.geom)
        .outerjoin(area, area.c.id == place.c.area_id)
        .where(existed(place, at), place.c.kind.in_(DRAWN), place.c.geom.is_not(None), area_in(extents))
        .order_by(place.c.id)
    )
    found = rows.all()
    signs = lonlat(metric, np.array([_sign(row.kind, row.geom) for row in found], dtype=object))
    features = ",".join(
        f'{{"type":"Feature","geometry":{drawn},"properties":{_about(row)}}}'
        for drawn, row in zip(shapely.to_geojson(signs), found, strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{features}]}}'


def _about(row: Any) -> str:
    told = {"kind": row.kind, "name": row.name, "name_en": row.name_en}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _sign(kind: str, geom: shapely.Geometry) -> shapely.Geometry:
    return geom if kind == PlaceKind.LANE else shapely.point_on_surface(geom)
