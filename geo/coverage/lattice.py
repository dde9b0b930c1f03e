"""Geometries on the 1 mm lattice, and what is exact there."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import snap, to_mm

Geoms = NDArray[np.object_]
GeometryType = shapely.GeometryType


def to_lattice(geoms: Geoms) -> Geoms:
    """(n,) polygons with every coordinate on the lattice and no vertex twice in a row; None stays None.

    Plain rounding, and deliberately not shapely.set_precision: that repairs what it breaks, each polygon for itself,
    and so tears shared edges apart. Rounded alike, equal coordinates stay equal; what collapses shows as a fault.
    """
    rounded: Geoms = shapely.transform(geoms, snap)
    try:
        thinned: Geoms = shapely.remove_repeated_points(rounded, 0.0)
    except shapely.GEOSException:  # of one point no ring can be made: what holds such a ring stays as it is
        thinned = rounded.copy()
        for at, geom in enumerate(rounded):
            with suppress(shapely.GEOSException):
                thinned[at] = shapely.remove_repeated_points(geom, 0.0)
    return thinned


def on_lattice(geoms: Geoms) -> bool:
    """Whether every coordinate already lies on the lattice."""
    coords = shapely.get_coordinates(geoms)
    return bool(np.array_equal(coords, snap(coords)))


def polygonal(geoms: Geoms) -> NDArray[np.bool_]:
    """(n,) whether each is a polygon or a multipolygon that is not empty."""
    areal = np.isin(shapely.get_type_id(geoms), (GeometryType.POLYGON, GeometryType.MULTIPOLYGON))
    filled: NDArray[np.bool_] = areal & ~shapely.is_empty(geoms)
    return filled


def as_multipolygons(geoms: Geoms) -> Geoms:
    """(n,) polygons as multipolygons, the one kind that is stored. None may be empty."""
    parts, row = shapely.get_parts(geoms, return_index=True)
    collected: Geoms = shapely.multipolygons(parts, indices=row)
    return collected


def doubled_area_mm2(geoms: Geoms) -> list[int]:
    """Twice the area of each lattice polygon in square millimetres, exact: a lattice polygon may end on a half.

    The sums wrap around in 64 bits and come out right, since one ring's doubled area fits (4.6 million square km).
    """
    parts, row = shapely.get_parts(geoms, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    totals = [0] * len(geoms)
    if not len(coords):
        return totals
    mm = to_mm(coords).astype(np.int64)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    x, y = (mm - np.repeat(mm[starts], np.diff(starts, append=len(mm)), axis=0)).T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    cross[np.append(starts[1:], len(mm)) - 1] = 0  # a closed ring's last vertex is its first
    doubled = np.abs(np.add.reduceat(cross, starts))
    outer = np.diff(part, prepend=-1) > 0
    for grid, area, positive in zip(row[part].tolist(), doubled.tolist(), outer.tolist(), strict=True):
        totals[grid] += area if positive else -area
    return totals


def area_text(doubled_mm2: int) -> str:
    """Square millimetres of a doubled area as exact decimal text."""
    whole, half = divmod(doubled_mm2, 2)
    return f"{whole}.5" if half else str(whole)
