"""Nodes find home, and nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.coverage.homing import HOME_M, bring_home, decimals, reach_m, same_shape, with_lost_nodes
from geo.coverage.lattice import as_multipolygons
from geo.coverage.recognising import recognise
from tests.coverages import KECHENG_MM, sheet


def grids(seed: int) -> np.ndarray:
    return as_multipolygons(sheet(4, 3, 20_000, np.random.default_rng(seed), KECHENG_MM).ravel())


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.0013))
def test_nodes_that_were_shaken_a_little_are_home_to_the_bit(seed: int, by: float) -> None:
    before = grids(seed)
    shaken = shapely.transform(before, lambda c: c + by * np.sin(c * (1.0 + seed % 977)))  # a node alike in all grids
    homed = bring_home(shaken, before)
    assert shapely.to_wkb(homed.geoms).tolist() == shapely.to_wkb(before).tolist()
    assert homed.furthest_m <= HOME_M + 1e-9


@given(st.integers(0, 2**32 - 1), st.floats(0.004, 3.0), st.floats(0.0, 6.28))
def test_a_node_that_was_moved_stays_where_it_was_put(seed: int, by: float, way: float) -> None:
    before = grids(seed)
    node = shapely.get_coordinates(before[5])[0]
    put = np.round(node + by * np.array([np.cos(way), np.sin(way)]), 3)
    moved = shapely.transform(before, lambda c: np.where((c == node).all(axis=1)[:, None], put, c))
    homed = bring_home(moved, before)
    assert [same_shape(a, b) for a, b in zip(homed.geoms, before, strict=True)] == [
        same_shape(a, b) for a, b in zip(moved, before, strict=True)
    ]
    assert homed.moved == 0


@pytest.mark.parametrize("places", [6, 7, 8])
def test_decimals_are_counted(places: int) -> None:
    rng = np.random.default_rng(places)
    points = shapely.points(np.round(rng.uniform(118, 119, (50, 2)), places))
    assert decimals(points) == places
    assert reach_m(places, in_degrees=True) == pytest.approx(
        max(HOME_M, 10.0**-places * 111_320 * 0.7071 + 0.001), rel=1e-3
    )


def test_whole_numbers_and_full_digits() -> None:
    assert decimals(shapely.points([[1.0, 2.0]])) == 0
    assert decimals(shapely.points(np.random.default_rng(1).uniform(0, 1, (20, 2)))) is None
    assert decimals(np.array([None], dtype=object)) is None
    assert reach_m(None, in_degrees=True) == HOME_M


def test_nodes_that_rounding_made_one_come_back() -> None:
    before = shapely.MultiPolygon([shapely.Polygon([(0, 0), (10, 0), (10.05, 0.02), (10, 10), (0, 10)])])
    lost = shapely.MultiPolygon([shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)])])
    assert same_shape(with_lost_nodes(lost, before, 0.08), before)
    assert not same_shape(with_lost_nodes(lost, before, 0.01), before)


# -- which grid is which ----------------------------------------------------------------------------------------------

A, B = (shapely.MultiPolygon([shapely.box(x, 0, x + 10, 10)]) for x in (0, 10))
KNOWN = {7: ("A", A), 8: ("B", B)}


@pytest.mark.parametrize(
    ("codes", "geoms", "numbers", "found"),
    [
        (["A", "B"], [A, B], [7, 8], [7, 8]),
        (["B", "A"], [A, B], [7, 8], [7, 8]),  # recoded, and the numbers say so
        (["B", "A"], [A, B], [None, None], [7, 8]),  # and the shapes
        (["A", "B"], [B, B], [7, 8], [7, 8]),
        (["A", "C"], [A, B], [7, None], [7, 8]),  # another code, the very shape
        (["A", "A2", "B"], [A, A, B], [7, 7, 8], [7, None, 8]),  # split: who keeps the code stays
        (["A1", "A2", "B"], [shapely.box(0, 0, 3, 10), shapely.box(3, 0, 10, 10), B], [7, 7, 8], [None, 7, 8]),
        (["X"], [shapely.box(50, 0, 60, 10)], [None], [None]),
        (["A"], [shapely.box(50, 0, 60, 10)], [99], [7]),  # a number of another store
    ],
)
def test_features_are_recognised(codes: list[str], geoms: list, numbers: list, found: list) -> None:
    assert recognise(KNOWN, codes, np.array(geoms, dtype=object), numbers) == found


def test_pieces_of_a_grid_that_is_no_valid_polygon_are_recognised() -> None:
    whole = shapely.box(0, 0, 4, 4)
    bowtie = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])  # GEOS cannot tell what these have in common
    assert recognise({1: ("A", bowtie)}, ["B", "C"], np.array([whole, whole]), [1, 1]) == [1, None]
