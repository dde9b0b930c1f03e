"""Which grid holds a point, and how near its edges are: exact, vectorised, in metres on the lattice.

How it works is told in `cells.py`; this is the face that everybody else sees.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.coverage import index_file, lookup
from geo.coverage.cells import Cells
from geo.coverage.changes import changed
from geo.coverage.edges import OUTSIDE, Rows, box_corners, corner_and_size, rings_of
from geo.coverage.matching import edges_of
from geo.coverage.near import Candidates, nearby
from geo.coverage.near_point import NearPoint, near_point
from geo.coverage.one_point import LocateOne, one_point
from geo.coverage.overlaps import build_checked
from geo.crs import Floats
from geo.errors import BadInput, UnsuitableCrs

__all__ = ["Candidates", "GridIndex"]

_FEW = 16  # points that are sooner found one by one

_engine = lookup.Engine()


class GridIndex:
    """Point to grid over one set of grids that do not overlap, in a metric CRS. Never changes once built.

    Grids and points are rounded to the 1 mm lattice and compared in whole millimetres: the middle of an edge is on it.
    A point on an edge or a node belongs to the lowest code of the grids that meet there, codes compared as byte
    strings. Points that are not finite are outside.

    >>> index = GridIndex.from_arrays(["B", "A"], [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> index.locate([0.5, 1.0, 9.0], [0.5, 0.5, 0.5]).tolist()
    [0, 1, -1]
    """

    def __init__(self, codes: NDArray[np.object_], cells: Cells) -> None:
        """For build, from_arrays and load. cells: the arrays; rank: (n,) int32 order of the codes."""
        self._codes = codes
        self.cells = cells
        self.rank = np.empty(len(codes), np.int32)
        self.rank[np.argsort(codes, kind="stable")] = np.arange(len(codes), dtype=np.int32)
        self._one: LocateOne = one_point(cells, self.rank)
        self._near_one: NearPoint = near_point(cells, self.rank)

    @classmethod
    def build(cls, grids: gpd.GeoDataFrame, code: str = "code") -> GridIndex:
        """Index of a GeoDataFrame in a metric CRS; row numbers are its positions.

        Raises UnsuitableCrs for degrees, feet and the like, and the errors of from_arrays.
        """
        if grids.crs is not None:
            units = sorted({axis.unit_name for axis in grids.crs.axis_info})
            if not grids.crs.is_projected or units != ["metre"]:
                what = f"{grids.crs.name} is no projection in metres (unit: {', '.join(units)})"
                raise UnsuitableCrs(f"{what}; project the grids to one first", crs=grids.crs.name)
        if code not in grids.columns:
            raise BadInput(f"the grids have no column {code!r}, but {', '.join(map(str, grids.columns))}")
        return cls.from_arrays([str(value) for value in grids[code]], list(grids.geometry))

    @classmethod
    def from_arrays(cls, codes: Sequence[str], geoms: Sequence[shapely.Geometry]) -> GridIndex:
        """Index of n codes and n polygons or multipolygons in metres.

        Raises BadInput for repeated codes, anything but polygons, and a jurisdiction too large to decide exactly;
        FaultyCoverage for grids that overlap.
        """
        names = np.array(list(codes), dtype=object)
        shapes = np.array(list(geoms), dtype=object)
        if names.shape != shapes.shape:
            raise BadInput(f"{len(names)} codes for {len(shapes)} grids")
        if len(set(names)) != len(names):
            raise BadInput("grid codes are not unique")
        corner, width, height = corner_and_size(box_corners(shapes))
        return cls(names, build_checked(corner, width, height, edges_of(shapes, corner, codes), codes))

    def with_changes(self, changes: Mapping[str, shapely.Geometry | None]) -> GridIndex:
        """The index after some grids changed; only the cells around them are made anew, and this index stays as it is.

        changes: by code, the new polygon in metres, or None for a grid that is gone. Known codes keep their order, new
        ones come last. Same errors as from_arrays, and BadInput for an unknown code that is to go.
        """
        old = self._row_of
        gone = {code for code, geom in changes.items() if geom is None}
        if not gone <= old.keys():
            raise BadInput(f"no grid has the code {min(gone - old.keys())!r}, so it cannot go")
        touched = np.zeros(len(old) + 1, np.bool_)
        touched[[old[code] for code in changes if code in old]] = True
        kept = np.ones(len(old) + 1, np.bool_)
        kept[[old[code] for code in gone]] = kept[-1] = False
        renumber = np.where(kept, np.cumsum(kept, dtype=np.int32) - 1, OUTSIDE).astype(np.int32)
        drawn = [code for code in changes if code not in gone]
        new = [code for code in drawn if code not in old]
        codes = [*self._codes[kept[:-1]].tolist(), *new]
        row_of = {code: int(renumber[old[code]]) for code in drawn if code in old}
        row_of |= {code: len(codes) - len(new) + i for i, code in enumerate(new)}
        rings = rings_of(np.array([changes[code] for code in drawn], dtype=object))
        rings = replace(rings, row=np.array([row_of[code] for code in drawn], np.int64)[rings.row])
        return GridIndex(np.array(codes, dtype=object), changed(self.cells, touched, renumber, rings, codes))

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {code: row for row, code in enumerate(self._codes.tolist())}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the index to one file, in one step."""
        index_file.save(path, self._codes.tolist(), self.cells)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> GridIndex:
        """An index from its file, mapped into memory: processes that load it share one copy.

        Raises IndexFileUnusable where the file is damaged, cut short, of another program or another release: build the
        index anew and save it. Raises FileNotFoundError where there is none.
        """
        codes, cells = index_file.load(path)
        return cls(np.array(codes, dtype=object), cells)

    def __reduce__(self) -> tuple[type[GridIndex], tuple[NDArray[np.object_], Cells]]:
        return GridIndex, (self._codes, self.cells)

    @property
    def codes(self) -> NDArray[np.object_]:
        """(n,) codes by row."""
        return self._codes

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all grids in metres; NaN without any."""
        if self.cells.box is None:
            return np.nan, np.nan, np.nan, np.nan
        west, south, east, north = (mm / 1000.0 for mm in self.cells.box)
        return west, south, east, north

    def __len__(self) -> int:
        return len(self._codes)

    def locate(self, x: ArrayLike, y: ArrayLike) -> Rows:
        """Row of the grid of each point, -1 outside every grid. x, y: metres, of one shape; so is the answer, int32."""
        flat_x, flat_y, shape = _flat(x, y)
        if flat_x.size <= _FEW:
            rows = [self._one(a, b) for a, b in zip(flat_x.tolist(), flat_y.tolist(), strict=True)]
            return np.array(rows, np.int32).reshape(shape)
        return _engine.locate(self.cells, self.rank, flat_x, flat_y).reshape(shape)

    def locate_one(self, x: float, y: float) -> int:
        """The same for a single point, in about a microsecond."""
        return self._one(float(x), float(y))

    def candidates(self, x: ArrayLike, y: ArrayLike, tolerance_m: ArrayLike) -> Candidates:
        """Every grid that has an edge nearer to a point than its tolerance, inside or out.

        tolerance_m: one for all or one a point. Points with no edge that near are left out.
        """
        flat_x, flat_y, shape = _flat(x, y)
        return self._nearby(flat_x, flat_y, _reach(tolerance_m, shape), closed=False)

    def nearest(self, x: ArrayLike, y: ArrayLike, within_m: ArrayLike) -> tuple[Rows, Floats]:
        """The grid nearest to each point and the metres to it (0 inside), the lowest code among equals.

        within_m: one for all or one a point. Returns (rows int32, -1 where none is within; distances, NaN there).
        """
        flat_x, flat_y, shape = _flat(x, y)
        rows, distance = self.locate(flat_x, flat_y), np.full(flat_x.size, np.nan)
        distance[rows >= 0] = 0.0
        stray = np.flatnonzero(rows == OUTSIDE)
        reach = _reach(within_m, shape)[stray]
        found = self._nearby(flat_x[stray], flat_y[stray], reach, closed=True)
        first = np.diff(found.point, prepend=-1) != 0
        point = stray[found.point[first]]
        rows[point], distance[point] = found.row[first], found.edge_m[first]
        return rows.reshape(shape), distance.reshape(shape)

    def _nearby(self, x: Floats, y: Floats, within_m: Floats, *, closed: bool) -> Candidates:
        """Few points one by one, unless one of them reaches far; many together."""
        if len(x) <= _FEW:
            asked = zip(x.tolist(), y.tolist(), within_m.tolist(), strict=True)
            near = [self._near_one(*one, closed) for one in asked]
            if None not in near:
                return Candidates.of([one or [] for one in near])
        return nearby(self.cells, self.rank, x, y, within_m, closed=closed)


def _flat(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats, tuple[int, ...]]:
    """Coordinates as two (n,) arrays of doubles, and the shape that both have together."""
    x, y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    return x.ravel(), y.ravel(), x.shape


def _reach(metres: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """One distance a point."""
    return np.broadcast_to(np.asarray(metres, dtype=np.float64), shape).ravel()
