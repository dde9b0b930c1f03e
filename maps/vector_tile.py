"""Features as a Mapbox Vector Tile (version 2.1): what lies in one square of the web map, in whole steps of a grid.

Coordinates are rounded to that grid one by one and the same everywhere, and edges that polygons share lose the same
vertices, so neighbours stay neighbours. Lines and polygons are clipped a little outside of the square, so that no edge
of a tile shows as a line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely

EXTENT = 4096  # steps of a tile's side
BUFFER = 64  # steps around it that are drawn too
MAX_ZOOM = 22
FINENESS = 4  # steps: half a pixel of a tile that is drawn 512 wide
WORLD_M = 2 * math.pi * 6_378_137.0  # side of the web map

_POLYGONS = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))

Tile = tuple[int, int, int]  # zoom, column from the west, row from the north
Box = tuple[float, float, float, float]


def tile_box(z: int, x: int, y: int) -> Box:
    """West, south, east, north of a tile in web Mercator metres (EPSG:3857), with its buffer.

    >>> [round(side) for side in tile_box(0, 0, 0)]
    [-20663617, -20663617, 20663617, 20663617]
    """
    west, north, size = _corner(z, x, y)
    more = size * BUFFER / EXTENT
    return (west - more, north - size - more, west + size + more, north + more)


def encode(
    name: str, tile: Tile, ids: Sequence[int], geoms: np.ndarray, properties: Sequence[Mapping[str, Any]]
) -> bytes:
    """A tile with one layer of n features. geoms: (n,) in EPSG:3857, or None. Properties that are None are left out.

    Features that come out smaller than a step, or empty, are left out too. Nothing at all is an empty tile.
    """
    drawn = _drawn(tile, geoms)
    features = [
        {"id": key, "geometry": geom, "properties": {k: v for k, v in told.items() if v is not None}}
        for key, geom, told in zip(ids, drawn, properties, strict=True)
        if geom is not None and not geom.is_empty
    ]
    if not features:
        return b""
    told: bytes = mapbox_vector_tile.encode(
        {"name": name, "features": features}, default_options={"extents": EXTENT, "y_coord_down": True}
    )
    return told


def _drawn(tile: Tile, geoms: np.ndarray) -> np.ndarray:
    """Geometries in steps of the tile, from its upper left corner, rightward and down."""
    west, north, size = _corner(*tile)
    step = size / EXTENT
    there = shapely.clip_by_rect(geoms, *tile_box(*tile))

    def steps(found: np.ndarray) -> np.ndarray:
        return np.column_stack([np.rint((found[:, 0] - west) / step), np.rint((north - found[:, 1]) / step)])

    rounded = _mended(shapely.transform(there, steps))
    is_polygon = np.isin(shapely.get_type_id(rounded), _POLYGONS) & ~shapely.is_empty(rounded)
    rounded[is_polygon] = shapely.coverage_simplify(rounded[is_polygon], FINENESS)
    told: np.ndarray = shapely.remove_repeated_points(_mended(rounded))
    return told


def _mended(geoms: np.ndarray) -> np.ndarray:
    """Those that rounding broke are mended; what has no length or area left is empty."""
    broken = ~shapely.is_valid(geoms) & ~shapely.is_missing(geoms)
    mended = geoms.copy()
    mended[broken] = shapely.make_valid(geoms[broken], method="structure", keep_collapsed=False)
    return mended


def _corner(z: int, x: int, y: int) -> tuple[float, float, float]:
    """West, north and side of a tile, metres."""
    size = WORLD_M / 2**z
    return -WORLD_M / 2 + x * size, WORLD_M / 2 - y * size, size
