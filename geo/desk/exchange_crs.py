"""The coordinate reference systems in which features are handed to other programs, and what these ask in them.

Inside, coordinates are always east before north. Outside, OGC API - Features wants the order that the authority of a
CRS prints: northing first in EPSG:4549, latitude first in EPSG:4326, longitude first in CRS84.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import shapely

from geo.crs import Metric, crs_bounds, degrees_of, from_wgs84, is_geographic, north_first, to_wgs84
from geo.store.boxes import Box

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
WEB_MERCATOR = f"{_EPSG}3857"
# A tenth of the lattice: what comes back in degrees is on the same millimetre as before.
DEGREE_DECIMALS, METRE_DECIMALS = 9, 4
_NEAR_DEGREES = 5.0  # around a projection's area of use it still tells places apart
_PIECES = 32  # of a box's edge
_MARGIN_M, _MARGIN_DEGREES = 1.0, 1e-5


class Kept(Enum):
    """How a store keeps the coordinates of a collection."""

    METRIC = "metric"
    LONLAT = "lonlat"


@dataclass(frozen=True)
class ExchangeCrs:
    """One CRS that features may be asked in. datum: ``wgs84`` or ``EPSG:n``."""

    uri: str
    datum: str
    north_first: bool
    metric: Metric

    @property
    def _is_metric(self) -> bool:
        return self.datum == f"EPSG:{self.metric.srid}"

    def express(self, geoms: np.ndarray, kept: Kept) -> np.ndarray:
        """(n,) geometries, or None, as they leave: in this CRS, in its authority's order, rounded finer than is kept.

        Every coordinate is rounded alike, so what is shared stays shared.
        """
        moved: np.ndarray = shapely.transform(geoms, lambda x, y: self._outside(x, y, kept), interleaved=False)
        return moved

    def around(self, box: Box, kept: Kept) -> Box:
        """The box of a box that is given as coordinates are kept: lowest first and second coordinate, then highest."""
        a, b = self._outside(*_edges(box), kept)
        return (float(a.min()), float(b.min()), float(a.max()), float(b.max()))

    def near(self, geometry: shapely.Geometry, kept: Kept) -> Box | None:
        """A box, in coordinates as they are kept, that whatever meets a geometry in this CRS meets too.

        None where none can be told: the geometry is empty or reaches beyond where the metric CRS is of use.
        """
        if geometry.is_empty:
            return None
        a, b = _edges(geometry.bounds)
        x, y = (b, a) if self.north_first else (a, b)
        lon, lat = self.metric.unproject(x, y) if self._is_metric else to_wgs84(x, y, self.datum)
        if not self._is_of_use(lon, lat):
            return None
        if kept is Kept.LONLAT:
            return _around(lon, lat, _MARGIN_DEGREES)
        return _around(*(self.metric.project(lon, lat)), _MARGIN_M)

    def _is_of_use(self, lon: np.ndarray, lat: np.ndarray) -> bool:
        use = crs_bounds(f"EPSG:{self.metric.srid}")
        if use is None or not (np.isfinite(lon).all() and np.isfinite(lat).all()):
            return False
        west, south, east, north = use
        inside = (lon >= west - _NEAR_DEGREES) & (lon <= east + _NEAR_DEGREES)
        return bool(np.all(inside & (lat >= south - _NEAR_DEGREES) & (lat <= north + _NEAR_DEGREES)))

    def _outside(self, x: np.ndarray, y: np.ndarray, kept: Kept) -> tuple[np.ndarray, np.ndarray]:
        if self._is_metric:
            a, b = (x, y) if kept is Kept.METRIC else self.metric.project(x, y)
        else:
            a, b = self.metric.unproject(x, y) if kept is Kept.METRIC else (x, y)
            a, b = from_wgs84(a, b, self.datum)
        decimals = DEGREE_DECIMALS if is_geographic(self.datum) else METRE_DECIMALS
        a, b = np.round(a, decimals), np.round(b, decimals)
        return (b, a) if self.north_first else (a, b)


def _edges(box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Points along the edges of a box, which are curves in another projection."""
    part = np.linspace(0.0, 1.0, _PIECES + 1)
    x, y = box[0] + part * (box[2] - box[0]), box[1] + part * (box[3] - box[1])
    low, high = np.full_like(part, box[1]), np.full_like(part, box[3])
    west, east = np.full_like(part, box[0]), np.full_like(part, box[2])
    return np.concatenate([x, x, west, east]), np.concatenate([low, high, y, y])


def _around(x: np.ndarray, y: np.ndarray, margin: float) -> Box | None:
    sides = float(x.min()) - margin, float(y.min()) - margin, float(x.max()) + margin, float(y.max()) + margin
    return sides if all(map(np.isfinite, sides)) else None


def exchange_crss(metric: Metric) -> Mapping[str, ExchangeCrs]:
    """Every CRS that is spoken, by URI: CRS84 first, the metric one of the store second."""
    numbers = dict.fromkeys((metric.srid, 4326, degrees_of(metric.srid), 3857))
    spoken = [ExchangeCrs(CRS84, "wgs84", False, metric)]
    for number in numbers:
        if number is not None:
            name = f"EPSG:{number}"
            spoken.append(ExchangeCrs(f"{_EPSG}{number}", name, north_first(name), metric))
    return {crs.uri: crs for crs in spoken}


def uri_of(metric: Metric) -> str:
    """The URI of a store's metric CRS."""
    return f"{_EPSG}{metric.srid}"
