"""Vector tiles: neighbours stay neighbours, what is elsewhere is left out, and every tile can be read."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from maps.vector_tile import BUFFER, EXTENT, WORLD_M, encode, tile_box

TILE = (12, 3399, 1706)


def at(east: float, south: float) -> tuple[float, float]:
    """Web Mercator metres of a place in the tile, in shares of its side."""
    size = WORLD_M / 2 ** TILE[0]
    return -WORLD_M / 2 + (TILE[1] + east) * size, WORLD_M / 2 - (TILE[2] + south) * size


def polygon(*corners: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([at(*corner) for corner in corners])


def box(west: float, north: float, east: float, south: float) -> shapely.Polygon:
    return polygon((west, north), (east, north), (east, south), (west, south))


def drawn(*geoms: Any, **told: Any) -> list[dict[str, Any]]:
    """The features of a tile with these geometries, in steps from its upper left corner."""
    tile = encode("l", TILE, range(len(geoms)), np.array(geoms, dtype=object), [told] * len(geoms))
    if not tile:
        return []
    options = {"y_coord_down": True}
    (layer,) = mapbox_vector_tile.decode(tile, default_options=options).values()
    assert (layer["extent"], layer["version"]) == (EXTENT, 2)
    found: list[dict[str, Any]] = layer["features"]
    return found


def test_places_are_counted_from_the_upper_left_corner() -> None:
    (point,) = drawn(shapely.Point(at(0.25, 0.75)))
    assert point["geometry"] == {"type": "Point", "coordinates": [EXTENT // 4, 3 * EXTENT // 4]}


def test_properties_come_along_and_nothing_is_left_out_of_nothing() -> None:
    (point,) = drawn(shapely.Point(at(0.5, 0.5)), code="府山", households=12, late=True, missing=None)
    assert point["properties"] == {"code": "府山", "households": 12, "late": True}
    assert point["id"] == 0


def test_what_lies_elsewhere_or_nowhere_is_left_out() -> None:
    far = shapely.Point(at(2, 2))
    assert drawn(far, None, shapely.Polygon(), box(5, 5, 6, 6)) == []
    assert [each["id"] for each in drawn(far, box(0.1, 0.1, 0.2, 0.2), None)] == [1]


def test_a_polygon_around_the_tile_fills_it_with_a_margin() -> None:
    (whole,) = drawn(box(-1, -1, 2, 2))
    assert shape(whole["geometry"]).bounds == (-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)


def test_what_is_smaller_than_a_step_is_left_out() -> None:
    assert drawn(box(0.5, 0.5, 0.50001, 0.50001)) == []


def test_lines_are_cut_at_the_margin() -> None:
    (line,) = drawn(shapely.LineString([at(-1, 0.5), at(2, 0.5)]))
    assert line["geometry"]["coordinates"] == [[-BUFFER, EXTENT // 2], [EXTENT + BUFFER, EXTENT // 2]]


@given(st.lists(st.floats(0.05, 0.95), min_size=3, max_size=30), st.floats(0.2, 0.8))
def test_neighbours_stay_neighbours(heights: list[float], middle: float) -> None:
    """Two that share a jagged edge: nothing between them and nothing twice."""
    edge = [(middle + (h - 0.5) * 0.3, (i + 1) / (len(heights) + 1)) for i, h in enumerate(heights)]
    shared = [(middle, 0.0), *edge, (middle, 1.0)]
    west, east = polygon((0, 0), *shared, (0, 1)), polygon((1, 0), *shared, (1, 1))
    a, b = (shape(each["geometry"]) for each in drawn(west, east))
    assert a.is_valid and b.is_valid
    assert a.intersection(b).area == 0
    assert a.area + b.area == EXTENT**2


@pytest.mark.parametrize("tile", [(0, 0, 0), (3, 7, 0), (22, 2**22 - 1, 2**22 - 1)])
def test_the_world_is_tiled(tile: tuple[int, int, int]) -> None:
    west, south, east, north = tile_box(*tile)
    assert (
        east - west == pytest.approx(north - south) == pytest.approx(WORLD_M / 2 ** tile[0] * (1 + 2 * BUFFER / EXTENT))
    )
