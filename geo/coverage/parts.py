"""What of a line or a polygon lies in which grid (背街小巷, 小区): parts that make the whole, none counted twice.

A stretch along an edge that two grids share belongs to the lower code, as a point on it does. Lines are cut in whole
millimetres, where "along the edge" has one answer; in metres it would hang on the last bit of a double.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.coverage.lattice import Geoms, to_lattice
from geo.crs import to_mm

OUTSIDE = -1
LEAST_M = 0.001  # below the lattice there is nothing to answer for
LEAST_M2 = 0.000_001

_AREAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True, slots=True)
class Part:
    """What lies in one grid. row: of the grid, OUTSIDE for what lies in none. measure: metres or square metres.

    geom: in metres.
    """

    row: int
    measure: float
    geom: Any


class Cutter:
    """Cuts geometries at the edges of n grids that do not overlap.

    >>> cutter = Cutter(["B", "A"], [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> [(part.row, part.measure) for part in cutter.cut(shapely.LineString([(0.5, 0), (1, 0), (1, 1), (1.5, 1)]))]
    [(1, 1.5), (0, 0.5)]
    """

    def __init__(self, codes: Sequence[str], geoms: Geoms | Sequence[Any]) -> None:
        self._geoms = np.asarray(geoms, dtype=object)
        self._tree = shapely.STRtree(self._geoms)
        self._rank = np.argsort(np.argsort(np.array([code.encode() for code in codes], dtype=object), kind="stable"))

    def cut(self, geom: Any) -> list[Part]:
        """The parts of a line or a polygon, largest first, then by code; what lies outside every grid comes last."""
        found = self._polygon(geom) if shapely.get_type_id(geom) in _AREAL else self._line(geom)
        return sorted(found, key=lambda part: (part.row == OUTSIDE, -part.measure, self._order(part.row)))

    def _order(self, row: int) -> int:
        return int(self._rank[row]) if row != OUTSIDE else 0

    def _line(self, line: Any) -> list[Part]:
        # Noded, so that a lane that comes back on itself is counted once.
        rest = shapely.union_all(shapely.transform(np.array([line], dtype=object), to_mm))
        parts = []
        for row in self._near(line):
            grid = shapely.transform(self._geoms[row], to_mm)
            inside = shapely.intersection(rest, grid)
            if inside.length:
                rest = shapely.difference(rest, grid)
            parts.append((row, inside))
        found = [
            Part(row, geom.length / 1000.0, shapely.transform(geom, _to_m)) for row, geom in [*parts, (OUTSIDE, rest)]
        ]
        return [part for part in found if part.measure >= LEAST_M]

    def _polygon(self, polygon: Any) -> list[Part]:
        rounded = to_lattice(np.array([polygon], dtype=object))[0]
        polygon = rounded if rounded.is_valid else polygon
        rows = self._near(polygon)
        inside = shapely.intersection(polygon, self._geoms[rows])
        found = [Part(row, geom.area, geom) for row, geom in zip(rows, inside, strict=True)]
        if polygon.area - sum(part.measure for part in found) >= LEAST_M2:
            rest = shapely.difference(polygon, shapely.union_all(self._geoms[rows]))
            found.append(Part(OUTSIDE, rest.area, rest))
        return [part for part in found if part.measure >= LEAST_M2]

    def _near(self, geom: Any) -> list[int]:
        """Rows that may hold some of it, in the order of their codes. A millimetre wider, for what is rounded later."""
        west, south, east, north = geom.bounds
        rows = self._tree.query(shapely.box(west - 0.001, south - 0.001, east + 0.001, north + 0.001))
        return sorted(map(int, rows), key=lambda row: int(self._rank[row]))


def _to_m(mm: Any) -> Any:
    return mm / 1000.0
