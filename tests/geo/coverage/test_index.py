"""The index against one grid after another, on random coverages, where deciding is hard."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.coverage.faults import errors, find_faults
from geo.coverage.index import GridIndex
from geo.crs import Metric
from geo.errors import BadInput, UnsuitableCrs
from tests.coverages import Coverage, coverage_and_points, coverages

ROUNDING = 1.5e-6  # metres; both sides round to the micrometre, from lines cut differently
SQUARES = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(0, 1, 1, 2), shapely.box(1, 1, 2, 2)]


def in_mm(coverage: Coverage, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Grids and points in whole millimetres, where the oracle's distances are not blurred by large coordinates."""
    geoms = shapely.transform(np.array(coverage.geoms), lambda metres: np.rint(metres * 1000))
    return geoms, shapely.points(np.rint(x * 1000), np.rint(y * 1000))


def metres(point: shapely.Point, geom: shapely.Geometry) -> float:
    return round(point.distance(geom) / 1000, 6)


@given(coverages())
def test_the_random_coverages_are_coverages(coverage):
    assert not errors(find_faults(coverage.codes, coverage.geoms, Metric(4549)))


@given(coverage_and_points())
def test_every_point_finds_one_grid_and_the_lowest_code_wins(case):
    coverage, x, y = case
    rows = GridIndex.from_arrays(coverage.codes, coverage.geoms).locate(x, y)
    assert rows.dtype == np.int32
    assert rows.tolist() == [coverage.brute_force(a, b) for a, b in zip(x, y, strict=True)]


@given(coverage_and_points(), st.sampled_from([0.001, 0.5, 30.0, 1e4]))
def test_candidates_are_the_grids_whose_edge_is_near(case, tolerance):
    coverage, x, y = case
    index = GridIndex.from_arrays(coverage.codes, coverage.geoms)
    found = index.candidates(x, y, tolerance)
    got = [(int(p), index.codes[r], d) for p, r, d in zip(found.point, found.row, found.edge_m, strict=True)]
    expected = []
    geoms, points = in_mm(coverage, x, y)
    for at, point in enumerate(points):
        for code, geom in zip(coverage.codes, geoms, strict=True):
            distance = metres(point, geom.boundary)
            if distance < tolerance:
                expected.append((at, code, distance))
    assert got == sorted(expected, key=lambda c: (c[0], c[2], c[1]))


@given(coverage_and_points(), st.sampled_from([0.002, 5.0, 50.0, 1e5]))
def test_the_nearest_grid_of_points_outside(case, within):
    coverage, x, y = case
    index = GridIndex.from_arrays(coverage.codes, coverage.geoms)
    rows, distances = index.nearest(x, y, within)
    geoms, points = in_mm(coverage, x, y)
    for point, row, distance in zip(points, rows, distances, strict=True):
        to_grid = [metres(point, geom) for geom in geoms]
        best = min(zip(to_grid, coverage.codes, strict=True))
        assert (row >= 0) == (best[0] <= within)
        if row >= 0:
            assert (pytest.approx(distance, abs=ROUNDING), index.codes[row]) == best


@pytest.mark.parametrize("codes", [["4", "3", "2", "1"], ["10", "9", "1", "11"], ["é", "区", "z", "Z"]])
def test_where_four_grids_meet_the_lowest_code_wins(codes):
    index = GridIndex.from_arrays(codes, SQUARES)
    assert index.codes[index.locate(1.0, 1.0)] == min(codes, key=str.encode)
    assert index.codes[index.locate(1.0, 0.5)] == min(codes[:2], key=str.encode)
    assert index.candidates(1.0, 1.0, 0.5).row.tolist() == sorted(range(4), key=lambda row: codes[row].encode())


def test_a_grid_inside_a_grid_and_an_island():
    ring = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior.coords, [shapely.box(4, 4, 6, 6).exterior.coords])
    outer = shapely.union_all([ring, shapely.box(20, 0, 21, 1)])
    index = GridIndex.from_arrays(["outer", "inner"], [outer, shapely.box(4, 4, 6, 6)])
    assert index.locate([5.0, 4.0, 1.0, 20.5, 15.0], [5.0, 5.0, 1.0, 0.5, 0.5]).tolist() == [1, 1, 0, 0, -1]
    assert sorted(index.candidates(5.0, 5.0, 3.0).edge_m) == [1.0, 1.0]


def test_points_are_rounded_to_the_lattice():
    index = GridIndex.from_arrays(["a"], [shapely.box(0, 0, 1, 1)])
    assert index.locate([1.0004, 1.0006], [0.5, 0.5]).tolist() == [0, -1]


def test_the_middle_of_an_edge_is_on_it():
    edge = [(0.035, 0.036), (0.037, 0.016)]
    index = GridIndex.from_arrays(["b", "a"], [shapely.Polygon([*edge, (0, 0)]), shapely.Polygon([*edge, (1, 0)])])
    assert index.locate(0.036, 0.026) == 1
    assert index.candidates(0.036, 0.026, 0.001).edge_m.tolist() == [0.0, 0.0]


def test_no_point_no_grid_and_nonsense():
    index = GridIndex.from_arrays(["b", "a", "d", "c"], SQUARES)
    assert index.locate([], []).shape == (0,)
    assert index.candidates([], [], 1.0).row.size == 0
    assert index.nearest([], [], 5.0)[0].shape == (0,)
    nonsense = np.array([np.nan, np.inf, -np.inf, 1e300, -1e17, 0.5])
    assert index.locate(nonsense, np.full(6, 0.5)).tolist() == [-1, -1, -1, -1, -1, 0]
    assert index.locate(np.full(6, 0.5), nonsense).tolist() == [-1, -1, -1, -1, -1, 0]
    assert index.candidates(nonsense, 0.5, 1.0).point.tolist() == [5, 5, 5, 5]
    nothing = GridIndex.from_arrays([], [])
    assert nothing.locate([0.0, np.nan], [0.0, 0.0]).tolist() == [-1, -1]
    assert nothing.nearest(0.0, 0.0, 50.0)[0] == -1
    assert nothing.candidates([0.0], [0.0], 1.0).point.size == 0
    assert len(nothing) == 0


def test_numbers_of_any_kind_and_shape():
    index = GridIndex.from_arrays(["b", "a", "d", "c"], SQUARES)
    assert index.locate(np.float32(0.5), 0.5).shape == ()
    assert index.locate(np.array([0, 2], dtype=np.int16), np.array([0, 2])).tolist() == [0, 3]
    assert index.locate([[0.5, 1.5]], [[0.5, 1.5]]).tolist() == [[0, 3]]
    rows, distance = index.nearest([3.0, 0.5], [0.5, 0.5], [0.5, 0.5])
    assert rows.tolist() == [-1, 0] and np.isnan(distance[0]) and distance[1] == 0.0


def test_a_tolerance_for_every_point():
    index = GridIndex.from_arrays(["a", "b"], SQUARES[:2])
    found = index.candidates([0.9, 0.9, 0.5], [0.5, 0.5, 0.5], [0.2, 0.05, 0.5])
    assert found.point.tolist() == [0, 0]  # 0.5 is not nearer than 0.5
    assert found.edge_m.tolist() == [0.1, 0.1]


def test_build_from_a_frame():
    frame = gpd.GeoDataFrame({"nr": [7, 5]}, geometry=SQUARES[:2], crs="EPSG:4549")
    index = GridIndex.build(frame, code="nr")
    assert index.codes.tolist() == ["7", "5"]
    assert index.locate([0.5, 1.0], [0.5, 0.5]).tolist() == [0, 1]
    for crs, unit in (("EPSG:4326", "degree"), ("EPSG:2263", "US survey foot"), ("EPSG:4978", "metre")):
        with pytest.raises(UnsuitableCrs, match=rf"no projection in metres \(unit: {unit}\)"):
            GridIndex.build(frame.set_crs(crs, allow_override=True), code="nr")
    with pytest.raises(BadInput, match="no column 'code', but nr"):
        GridIndex.build(frame)


@pytest.mark.parametrize(
    ("codes", "geoms"),
    [(["a", "a"], SQUARES[:2]), (["a"], SQUARES[:2]), (["a"], [shapely.Point(0, 0)]), (["a"], [None])],
)
def test_what_is_no_set_of_grids(codes, geoms):
    with pytest.raises(BadInput):
        GridIndex.from_arrays(codes, geoms)


def test_bounds_are_metres():
    assert GridIndex.from_arrays(["a", "b"], SQUARES[:2]).bounds == (0.0, 0.0, 2.0, 1.0)
    assert np.isnan(GridIndex.from_arrays([], []).bounds).all()
