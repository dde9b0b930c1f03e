"""Lanes and compounds cut at the edges of grids: the parts make the whole, each lies in its grid, none counts twice."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.index import GridIndex
from geo.coverage.parts import LEAST_M, OUTSIDE, Cutter, Part
from geo.crs import to_mm
from tests.coverages import Coverage, coverages
from tests.examples import examples

HAIR = 1e-6


@st.composite
def lanes(draw: st.DrawFn, coverage: Coverage) -> shapely.Geometry:
    """A line through nodes of the sheet and lattice points between: along edges, across grids, out and back again."""
    west, south, east, north = shapely.total_bounds(coverage.geoms)
    anywhere = st.tuples(st.floats(west - 1, east + 1), st.floats(south - 1, north + 1)).map(_on_lattice)
    node = st.integers(0, len(coverage.nodes) - 1).map(lambda i: tuple(coverage.nodes[i]))
    ring = st.sampled_from([tuple(xy) for xy in shapely.get_coordinates(coverage.geoms)[:40]])
    points = draw(st.lists(st.one_of(node, anywhere, ring), min_size=2, max_size=6, unique=True))
    return shapely.LineString(points)


def _on_lattice(xy: tuple[float, float]) -> tuple[float, float]:
    return round(xy[0], 3), round(xy[1], 3)


@st.composite
def boundary_walks(draw: st.DrawFn, coverage: Coverage) -> shapely.Geometry:
    """A stretch of a grid's own boundary."""
    row = draw(st.integers(0, len(coverage.geoms) - 1))
    rings = shapely.get_rings(shapely.get_parts(coverage.geoms[row]))
    coords = shapely.get_coordinates(rings[draw(st.integers(0, len(rings) - 1))])
    first = draw(st.integers(0, len(coords) - 2))
    return shapely.LineString(coords[first : draw(st.integers(first + 2, len(coords)))])


def cut(coverage: Coverage, geom: shapely.Geometry) -> list[Part]:
    return Cutter(coverage.codes, coverage.geoms).cut(geom)


def each_lies_in_its_grid(coverage: Coverage, parts: list[Part]) -> None:
    for part in parts:
        if part.row == OUTSIDE:
            continue
        assert shapely.difference(part.geom, coverage.geoms[part.row].buffer(HAIR)).is_empty
    rows = [part.row for part in parts]
    assert len(rows) == len(set(rows))


@settings(max_examples=examples(60))
@given(st.data(), coverages(most_cells=4))
def test_the_parts_of_a_lane_make_the_whole(data: st.DataObject, coverage: Coverage) -> None:
    lane = data.draw(st.one_of(lanes(coverage), boundary_walks(coverage)))
    parts = cut(coverage, lane)
    whole = shapely.union_all([lane]).length
    lost = LEAST_M * (len(coverage.geoms) + 1)  # pieces shorter than that are not told
    assert sum(part.measure for part in parts) == pytest.approx(whole, abs=lost)
    each_lies_in_its_grid(coverage, parts)
    overlaps = [a.geom.intersection(b.geom).length for i, a in enumerate(parts) for b in parts[:i]]
    assert max(overlaps, default=0.0) < 1e-3


@settings(max_examples=examples(60))
@given(st.data(), coverages(most_cells=4))
def test_a_stretch_along_a_shared_edge_belongs_to_the_lowest_code(data: st.DataObject, coverage: Coverage) -> None:
    """As the index says of every node of it, which are points of the lattice."""
    walk = data.draw(boundary_walks(coverage))
    parts = cut(coverage, walk)
    order = sorted(range(len(coverage.codes)), key=lambda row: coverage.codes[row].encode())
    in_mm = shapely.transform(coverage.geoms, to_mm)
    for a, b in zip(walk.coords, walk.coords[1:], strict=False):
        edge = shapely.transform(shapely.LineString([a, b]), to_mm)
        owner = next(row for row in order if in_mm[row].covers(edge))
        mine = next(part for part in parts if part.row == owner)
        assert shapely.distance(mine.geom, shapely.Point((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)) < HAIR


@settings(max_examples=examples(60))
@given(st.data(), coverages(most_cells=4))
def test_the_parts_of_a_compound_make_the_whole(data: st.DataObject, coverage: Coverage) -> None:
    lane = data.draw(lanes(coverage))
    compound = lane.buffer(data.draw(st.sampled_from([0.3, 12.0, 700.0])), quad_segs=3)
    parts = cut(coverage, compound)
    assert sum(part.measure for part in parts) == pytest.approx(compound.area, rel=1e-3, abs=0.05 * compound.length)
    each_lies_in_its_grid(coverage, parts)
    whole = cut(coverage, coverage.geoms[0])
    assert [(part.row, part.measure) for part in whole] == [(0, pytest.approx(coverage.geoms[0].area))]


def test_points_along_a_lane_fall_where_its_parts_do() -> None:
    codes = ["C", "A", "B"]
    geoms = np.array([shapely.box(i * 100, 0, i * 100 + 100, 50) for i in range(3)])
    lane = shapely.LineString([(10, 10), (100, 40), (100, 5), (310, 5)])
    parts = Cutter(codes, geoms).cut(lane)
    index = GridIndex.from_arrays(codes, geoms)
    rows = {part.row: part.measure for part in parts}
    along = np.linspace(0, lane.length, 20_001)
    points = shapely.get_coordinates(shapely.line_interpolate_point(lane, along))
    found = index.locate(points[:, 0], points[:, 1])
    for row, measure in rows.items():
        assert (found == row).mean() * lane.length == pytest.approx(measure, abs=0.05)
    assert [part.row for part in parts] == [1, 2, 0, OUTSIDE]  # longest first, what is outside last
    assert rows[OUTSIDE] == pytest.approx(10.0)


def test_a_lane_that_comes_back_on_itself_is_counted_once() -> None:
    there_and_back = shapely.LineString([(0, 0), (10, 0), (0, 0)])
    parts = Cutter(["A"], [shapely.box(0, 0, 10, 10)]).cut(there_and_back)
    assert [(part.row, part.measure) for part in parts] == [(0, 10.0)]
