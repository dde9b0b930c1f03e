"""What a change of boundaries can mean for points: where edges changed, and for which points that may matter.

A decision on a point goes by the grid under it and by the edges within its reach: its own tolerance, or, outside every
grid, the distance within which a grid still answers. Where neither changed it stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.lattice import Geoms
from geo.crs import Floats, to_mm

Segments = NDArray[np.float64]  # (k, 4) metres, each from its lower end


@dataclass(frozen=True)
class Shift:
    """The edges that a change of grids made or took away, or that bound a grid with another code. segments: (k, 4)."""

    segments: Segments

    @classmethod
    def of(cls, before: Mapping[str, shapely.Geometry], after: Mapping[str, shapely.Geometry]) -> Shift:
        """From the grids that changed, by what tells one from another: as they were, and as they are."""
        found = []
        for name in before.keys() | after.keys():
            old, new = edges(before.get(name)), edges(after.get(name))
            found.append(_either_alone(old, new))
        return cls(np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 4)))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres; NaN without any."""
        if not len(self.segments):
            return (np.nan,) * 4
        x, y = self.segments[:, 0::2], self.segments[:, 1::2]
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def within(self, x: Floats, y: Floats, reach_m: Floats) -> NDArray[np.bool_]:
        """(n,) whether a changed edge lies within reach of each point; x, y, reach_m: (n,) metres."""
        points = shapely.points(x, y)
        found = np.zeros(len(points), np.bool_)
        if len(points) and len(self.segments):
            near, _ = self._tree.query(points, predicate="dwithin", distance=reach_m + 1e-6)
            found[near] = True
        return found

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(shapely.linestrings(self.segments.reshape(-1, 2, 2)))


def edges(geom: shapely.Geometry | None) -> Segments:
    """(k, 4) every edge of a polygon, from its lower end."""
    if geom is None:
        return np.empty((0, 4))
    rings = shapely.get_rings(shapely.get_parts(geom))
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    joined = np.flatnonzero(np.diff(ring) == 0)
    a, b = coords[joined], coords[joined + 1]
    swap = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    found: Segments = np.concatenate([np.where(swap[:, None], b, a), np.where(swap[:, None], a, b)], axis=1)
    return found


def _either_alone(a: Segments, b: Segments) -> Segments:
    """Edges that are in one of the two only."""
    both, counts = np.unique(np.concatenate([to_mm(a), to_mm(b)]), axis=0, return_counts=True)
    alone: Segments = both[counts == 1] / 1000.0
    return alone


def moved_area_m2(before: Geoms, after: Geoms) -> Floats:
    """(n,) area that each grid gained or lost."""
    area: Floats = shapely.area(shapely.symmetric_difference(before, after))
    return area
