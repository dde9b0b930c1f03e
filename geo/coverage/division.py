"""Micro-grids (微网格): divisions inside grids. They need not tile, but stay inside their grid and apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from geo.coverage.faults import ERROR, area_words, overlap_faults, placed, shape_faults
from geo.coverage.lattice import Geoms
from geo.crs import LATTICE_M, Metric, to_mm
from geo.model import Fault


def division_faults(
    codes: Sequence[str], geoms: Geoms, parent_codes: Sequence[str], parents: Geoms, metric: Metric
) -> list[Fault]:
    """Faults of n micro-grids, each of which belongs inside the grid at the same position of ``parents``.

    An edge that follows the grid's edge is rounded apart from it: what is thinner than the lattice is no fault.
    """
    names, above = np.array(list(codes), dtype=object), np.array(list(parent_codes), dtype=object)
    faults, valid = shape_faults(names, geoms)
    names, above, geoms, parents = names[valid], above[valid], geoms[valid], parents[valid]
    pairs = shapely.STRtree(geoms).query(geoms, predicate="intersects").T
    faults += overlap_faults(names, geoms, pairs, thicker_than_m=LATTICE_M)
    beyond = shapely.difference(geoms, parents)
    for row in np.flatnonzero(shapely.area(beyond) > LATTICE_M * shapely.length(geoms)):
        area_m2 = float(beyond[row].area)
        message = f"micro-grid {names[row]!r} lies outside its grid {above[row]!r} by {area_words(area_m2)}"
        pair = (names[row], above[row])
        faults.append(Fault("outside_parent", ERROR, pair, message, area_m2=area_m2, geometry=beyond[row]))
    return placed(faults, metric)


class Division:
    """Which of a grid's few micro-grids holds a point. They may overlap by what is thinner than the lattice, as the
    cell index may not, so each is asked; the lowest code wins.
    """

    def __init__(self, codes: Sequence[str], geoms: Sequence[shapely.Geometry]) -> None:
        order = sorted(range(len(codes)), key=lambda row: codes[row])
        self._rows = np.array(order, dtype=np.int64)
        self._geoms = shapely.transform(np.array([geoms[row] for row in order], dtype=object), to_mm)

    def row_at(self, x: float, y: float) -> int:
        """Row of the micro-grid that holds a point given in metres, or lies under it with an edge; -1 for none."""
        holding = self._rows[shapely.intersects_xy(self._geoms, to_mm(x), to_mm(y))]
        return int(holding[0]) if len(holding) else -1
