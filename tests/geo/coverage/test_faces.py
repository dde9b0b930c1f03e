"""Polygons taken apart into edges and put together again."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given

from geo.coverage.faces import assemble, edges_of, holds, united
from geo.coverage.shapes import Shape
from geo.errors import BadInput
from tests.coverages import coverages


def together(*geoms: shapely.Geometry) -> shapely.Geometry:
    edges = united(edge for geom in geoms for edge in edges_of(Shape.of(geom)))
    return Shape.from_parts(assemble(edges), multi=True).geometry()


@given(coverages())
def test_a_grid_is_what_its_edges_bound(area):
    for geom in area.geoms:
        again = together(geom)
        assert again.is_valid and again.equals(geom)
        assert shapely.get_num_geometries(again) == shapely.get_num_geometries(geom)


@given(coverages())
def test_all_grids_together_are_their_union(area):
    whole = together(*area.geoms)
    assert whole.is_valid and whole.equals(shapely.coverage_union_all(area.geoms))
    assert together(*area.geoms[::-1]).wkb == whole.wkb


def test_parts_and_holes_that_touch_at_a_node_stay_apart():
    corners = together(shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2))
    assert len(corners.geoms) == 2 and corners.is_valid
    ring = shapely.difference(shapely.box(0, 0, 3, 3), shapely.box(1, 1, 2, 2))
    touching = shapely.Polygon([(0, 0), (3, 0), (3, 3), (0, 3)], [[(0, 0), (1, 2), (2, 1)]])
    assert together(touching).equals(touching) and len(together(touching).geoms[0].interiors) == 1
    assert together(ring, shapely.box(1, 1, 2, 2)).equals(shapely.box(0, 0, 3, 3))


def test_an_island_in_a_lake_has_the_right_shell():
    lake = shapely.difference(shapely.box(0, 0, 9, 9), shapely.box(1, 1, 8, 8))
    island = shapely.difference(shapely.box(3, 3, 6, 6), shapely.box(4, 4, 5, 5))
    both = together(lake, island)
    assert both.is_valid and both.area == lake.area + island.area
    assert sorted(len(part.interiors) for part in both.geoms) == [1, 1]


def test_grids_on_one_another_cannot_be_put_together():
    with pytest.raises(BadInput, match="overlap"):
        together(shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1))
    with pytest.raises(BadInput, match="bound no area"):
        assemble([((0, 0), (0, 1)), ((0, 1), (1, 0)), ((1, 0), (0, 0))])


def test_inside_and_outside_of_a_ring():
    ring = [(0, 0), (10, 0), (10, 10), (5, 3), (0, 10)]
    assert holds(ring, (2, 2)) and holds(ring, (9, 6)) and holds(ring, (1, 7))
    assert not holds(ring, (5, 4)) and not holds(ring, (11, 3)) and not holds(ring, (-1, 3))
