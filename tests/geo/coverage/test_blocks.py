"""Blocks follow lines that are there, cut nothing that is whole, and together are the grid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.coverage.blocks import Counted, blocks_of
from geo.coverage.handing import ring_around

GRID = shapely.MultiPolygon([shapely.box(0, 0, 200, 200)])
NOTHING = np.empty(0, dtype=object)


def array(*geoms: shapely.Geometry) -> np.ndarray:
    found = np.empty(len(geoms), dtype=object)
    found[:] = geoms
    return found


def counted(*rows: tuple[float, float, float]) -> Counted:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Counted(table[:, :2], table[:, 2])


EVERYWHERE = counted((50, 50, 10), (150, 50, 10), (50, 150, 10), (150, 150, 10))


def areas(blocks: list[shapely.Geometry]) -> list[float]:
    return sorted(round(block.area) for block in blocks)


def test_a_road_parts_a_grid_even_where_it_ends_a_little_before_the_edge() -> None:
    road = shapely.LineString([(80, 5), (80, 230)])
    assert areas(blocks_of(GRID, array(road), NOTHING, EVERYWHERE, 100)) == [16000, 24000]


@pytest.mark.parametrize("road", [[(80, 0), (80, 120)], [(3, 0), (4, 200)], [(300, 0), (300, 200)]])
def test_a_road_that_ends_inside_or_runs_beside_the_edge_cuts_nothing(road: list[tuple[float, float]]) -> None:
    assert areas(blocks_of(GRID, array(shapely.LineString(road)), NOTHING, EVERYWHERE, 100)) == [40000]


def test_a_compound_on_both_sides_of_a_road_holds_them_together() -> None:
    road = shapely.LineString([(80, -10), (80, 210)])
    across, beside = shapely.box(70, 50, 90, 70), shapely.box(81, 50, 100, 70)
    assert areas(blocks_of(GRID, array(road), array(across), EVERYWHERE, 100)) == [40000]
    assert areas(blocks_of(GRID, array(road), array(beside), EVERYWHERE, 100)) == [16000, 24000]


def test_ground_without_a_load_goes_with_what_it_has_most_edge_in_common_with() -> None:
    roads = array(*(shapely.LineString([(x, -1), (x, 201)]) for x in (60, 120)))
    assert areas(blocks_of(GRID, roads, NOTHING, counted((10, 10, 5), (150, 10, 5)), 100)) in (
        [12000, 28000],
        [16000, 24000],
    )


def test_where_no_line_is_a_straight_one_runs_half_way_between_compounds() -> None:
    one, other = shapely.box(20, 20, 80, 180), shapely.box(100, 20, 180, 180)
    blocks = blocks_of(GRID, NOTHING, array(one, other), counted((50, 100, 40), (150, 100, 60)), 20)
    assert areas(blocks) == [18000, 22000]
    assert all(any(block.covers(whole) for block in blocks) for whole in (one, other))


def test_a_block_in_a_corner_is_ringed_by_its_cuts_and_nothing_else() -> None:
    ring = ring_around(GRID, shapely.box(0, 0, 60, 40))
    assert ring is not None
    taken = shapely.intersection(shapely.Polygon(np.array(ring) / 1000), GRID)
    assert taken.equals(shapely.box(0, 0, 60, 40))
    assert ring_around(GRID, GRID) is None
