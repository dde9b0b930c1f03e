"""How much of a disc lies in a grid, exactly: what an accuracy radius says about a point near an edge.

The area that a disc and a polygon share is a sum over the polygon's edges: each edge a-b makes a triangle with the
disc's centre, and of that triangle the disc holds a triangle where the edge runs inside the circle and a sector where
it runs outside. Signs follow the direction of the edge, so holes and islands come out by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.crs import Floats

DECIMALS = 6  # of a share: a millionth of any disc is nothing
_MOST = 1 << 19  # edges at a time, so that a wide disc over many grids does not fill the memory


@dataclass(frozen=True, slots=True)
class Outlines:
    """The edges of n polygons, outer rings counterclockwise and holes clockwise.

    first: (n + 1,) where the vertices of each polygon begin. xy: (k, 2) vertices in metres. goes_on: (k,) whether an
    edge leads from a vertex to the next one; the last of a ring has none.
    """

    first: NDArray[np.int64]
    xy: Floats
    goes_on: NDArray[np.bool_]

    @classmethod
    def of(cls, geoms: ArrayLike) -> Outlines:
        """Outlines of (n,) polygons or multipolygons."""
        turned = shapely.orient_polygons(np.asarray(geoms, dtype=object))
        parts, grid = shapely.get_parts(turned, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        goes_on = np.zeros(len(ring), dtype=bool)
        goes_on[:-1] = ring[:-1] == ring[1:]
        first = np.searchsorted(grid[part[ring]], np.arange(len(turned) + 1))
        return cls(first.astype(np.int64), xy, goes_on)

    def disc_areas(self, row: ArrayLike, x: ArrayLike, y: ArrayLike, radius_m: ArrayLike) -> Floats:
        """(m,) square metres that each disc has in common with the polygon in a row.

        row: (m,) positions of polygons. x, y, radius_m: (m,) metres; a radius is above 0.

        >>> outlines = Outlines.of([shapely.box(0, 0, 1, 1)])
        >>> outlines.disc_areas([0], [1.0], [0.5], [0.25]).round(6).tolist()  # half of the disc
        [0.098175]
        """
        row = np.asarray(row, dtype=np.int64)
        centre = np.column_stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)])
        radius = np.asarray(radius_m, dtype=np.float64)
        counts = self.first[row + 1] - self.first[row]
        areas = np.zeros(len(row))
        start = 0
        while start < len(row):  # a disc with its polygon is taken whole, however many edges that has
            stop = start + max(1, int(np.searchsorted(np.cumsum(counts[start:]), _MOST, side="right")))
            disc = np.repeat(np.arange(start, stop), counts[start:stop])
            within = np.arange(len(disc)) - np.repeat(
                np.cumsum(counts[start:stop]) - counts[start:stop], counts[start:stop]
            )
            vertex = self.first[row[disc]] + within
            edge = self.goes_on[vertex]
            disc, vertex = disc[edge], vertex[edge]
            a, b = self.xy[vertex] - centre[disc], self.xy[vertex + 1] - centre[disc]
            areas += np.bincount(disc, _signed(a, b, radius[disc]), minlength=len(row))
            start = stop
        # Rounding may leave a hair more than nothing, or than all.
        return np.clip(areas, 0.0, np.pi * radius**2)

    def disc_shares(self, row: ArrayLike, x: ArrayLike, y: ArrayLike, radius_m: ArrayLike) -> Floats:
        """(m,) share of each disc, 0 to 1, that lies in the polygon in a row; arguments as of ``disc_areas``."""
        radius = np.asarray(radius_m, dtype=np.float64)
        return np.round(self.disc_areas(row, x, y, radius) / (np.pi * radius**2), DECIMALS)

    def save(self, folder: Path) -> None:
        """Write the arrays into a folder."""
        for name, array in (("first", self.first), ("xy", self.xy), ("goes_on", self.goes_on)):
            np.save(_file(folder, name), array)

    @classmethod
    def load(cls, folder: Path) -> Outlines | None:
        """The outlines of a folder, read as they are needed; None where it has none."""
        if not _file(folder, "first").exists():
            return None
        return cls(*(np.load(_file(folder, name), mmap_mode="r") for name in ("first", "xy", "goes_on")))


def _file(folder: Path, name: str) -> Path:
    return folder / f"outlines-{name}.npy"


def _signed(a: Floats, b: Floats, radius: Floats) -> Floats:
    """(k,) signed area that the disc around the origin has of each triangle origin, a, b."""
    d = b - a
    square, along = _dot(d, d), _dot(a, d)
    inside = along**2 - square * (_dot(a, a) - radius**2)
    root = np.sqrt(np.maximum(inside, 0.0))
    crosses = (inside > 0.0) & (square > 0.0)
    length = np.where(square > 0.0, square, 1.0)
    enters = np.where(crosses, np.clip((-along - root) / length, 0.0, 1.0), 0.0)[:, None]
    leaves = np.where(crosses, np.clip((-along + root) / length, 0.0, 1.0), 0.0)[:, None]
    p, q = a + enters * d, a + leaves * d
    return (_cross(p, q) + radius**2 * (_angle(a, p) + _angle(q, b))) / 2.0


def _dot(a: Floats, b: Floats) -> Floats:
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1]


def _cross(a: Floats, b: Floats) -> Floats:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _angle(a: Floats, b: Floats) -> Floats:
    """Signed angle from a to b as seen from the origin."""
    return np.arctan2(_cross(a, b), _dot(a, b))
