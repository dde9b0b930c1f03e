"""Every way of asking gives the answer that shapely gives for the same rounded points."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import shapely
from hypothesis import given

from benchmarks.grids import irregular_grids, points_over
from geo.coverage import kernel, lookup
from geo.coverage.cells import CROSSED
from geo.coverage.edges import LARGEST_MM
from geo.coverage.index import GridIndex
from geo.crs import to_mm
from geo.errors import BadInput
from tests.coverages import Coverage, coverage_and_points

Ask = Callable[[GridIndex, np.ndarray, np.ndarray], np.ndarray]


def with_numpy(index: GridIndex, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return lookup.locate(index.cells, index.rank, x, y)


def compiled(index: GridIndex, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return kernel.locate(index.cells, index.rank, x, y)


def one_by_one(index: GridIndex, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.array([index.locate_one(a, b) for a, b in zip(x, y, strict=True)], np.int32)


WAYS = pytest.mark.parametrize("ask", [with_numpy, compiled, one_by_one])


@WAYS
@given(case=coverage_and_points())
def test_every_way_agrees_with_shapely(ask: Ask, case: tuple[Coverage, np.ndarray, np.ndarray]) -> None:
    coverage, x, y = case
    rows = ask(GridIndex.from_arrays(coverage.codes, coverage.geoms), x, y)
    assert rows.dtype == np.int32
    assert rows.tolist() == [coverage.brute_force(a, b) for a, b in zip(x, y, strict=True)]


@cache
def irregular(count: int) -> tuple[GridIndex, np.ndarray]:
    codes, geoms = irregular_grids(count, seed=11)
    return GridIndex.from_arrays(codes, list(geoms)), shapely.transform(geoms, to_mm)


def by_shapely(index: GridIndex, geoms_mm: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,) row of the covering grid with the lowest code, -1 for none."""
    point, row = shapely.STRtree(geoms_mm).query(shapely.points(to_mm(x), to_mm(y)), predicate="intersects")
    lowest = np.full(len(x), len(index))
    np.minimum.at(lowest, point, index.rank[row])
    return np.append(np.argsort(index.rank), -1)[lowest]


def points_of_all_kinds(geoms_mm: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points anywhere, on nodes, on the middles of edges that have one, and a lattice step beside both."""
    rng = np.random.default_rng(5)
    anywhere = np.column_stack(points_over(shapely.transform(geoms_mm, lambda mm: mm / 1000), count, 5))
    xy = shapely.get_coordinates(geoms_mm)
    middle = (xy[:-1] + xy[1:]) / 2
    hard = np.concatenate([xy, middle[(middle % 1 == 0).all(axis=1)]])
    hard = hard[rng.integers(0, len(hard), count)]
    beside = hard + rng.integers(-1, 2, hard.shape)
    x, y = np.concatenate([anywhere, hard / 1000, beside / 1000]).T
    return x, y


@pytest.mark.parametrize(("grids", "points"), [(300, 30_000), (10_000, 10_000)])
def test_many_points_over_irregular_grids(grids: int, points: int) -> None:
    index, geoms_mm = irregular(grids)
    x, y = points_of_all_kinds(geoms_mm, points)
    expected = by_shapely(index, geoms_mm, x, y)
    for ask in (with_numpy, compiled, one_by_one):
        assert np.array_equal(ask(index, x, y), expected)


def test_most_of_the_raster_lies_within_one_grid() -> None:
    index, _ = irregular(300)
    crossed = np.count_nonzero(index.cells.cells <= CROSSED)
    assert crossed / len(index.cells.cells) < 0.25
    assert len(index.cells.pieces) / crossed < 3.5


def test_bulk_work_changes_over_to_the_compiled_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    index, geoms_mm = irregular(300)
    x, y = points_of_all_kinds(geoms_mm, 5_000)
    asked: list[int] = []
    monkeypatch.setattr(lookup, "compiled", lambda: asked.append(1) or kernel.locate)
    engine = lookup.Engine(bulk_points=3 * len(x))
    answers = [engine.locate(index.cells, index.rank, x, y) for _ in range(4)]
    assert len(asked) == 2
    assert all(np.array_equal(rows, answers[0]) for rows in answers)
    monkeypatch.setattr(lookup, "compiled", lambda: None)  # without numba
    assert np.array_equal(engine.locate(index.cells, index.rank, x, y), answers[0])


@WAYS
def test_what_is_no_place(ask: Ask) -> None:
    index = GridIndex.from_arrays(["b", "a"], [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    nonsense = np.array([np.nan, np.inf, -np.inf, 1e300, -1e300, 1e17, 1e7, -1e7, 2.001, -0.001])
    here = np.full(len(nonsense), 0.5)
    assert ask(index, nonsense, here).tolist() == [-1] * len(nonsense)
    assert ask(index, here, nonsense).tolist() == [-1] * len(nonsense)
    assert ask(GridIndex.from_arrays([], []), nonsense, here).tolist() == [-1] * len(nonsense)
    assert ask(index, np.empty(0), np.empty(0)).tolist() == []


def test_whole_numbers_single_precision_and_no_dimension() -> None:
    index = GridIndex.from_arrays(["b", "a"], [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    assert index.locate(1, 1).shape == ()
    assert index.locate(np.float32(1.5), np.float32(0.5)) == 1
    many = np.tile(np.array([0, 1, 2, 3]), 10)
    assert index.locate(many, np.zeros(40, np.int8)).tolist() == [0, 1, 1, -1] * 10
    assert index.locate(many.astype(np.float32), np.float32(0.25)).tolist() == [0, 1, 1, -1] * 10
    assert index.locate(many.reshape(4, 10), 0.25).shape == (4, 10)
    assert index.locate_one(np.float64(1.0), 1) == 1


def test_the_largest_jurisdiction_is_exact_and_a_larger_one_refused() -> None:
    size = LARGEST_MM / 1000
    west = shapely.Polygon([(0, 0), (size, size - 0.001), (0, size)])
    east = shapely.Polygon([(0, 0), (size, 0), (size, size - 0.001)])
    index = GridIndex.from_arrays(["b", "a"], [west, east])
    # Beside a diagonal of 2,000 km, doubled areas of 2e9 mm2 decide.
    x, y = np.array([1_000_000.0, 1_000_000.001, 999_999.999]), np.array([999_999.9995, 999_999.999, 1_000_000.0])
    for ask in (with_numpy, compiled, one_by_one):
        assert ask(index, x, y).tolist() == by_shapely(index, shapely.transform([west, east], to_mm), x, y).tolist()
    with pytest.raises(BadInput, match="over 2,000 km; decisions are exact up to 2,000 km: divide"):
        GridIndex.from_arrays(["b", "a"], [west, shapely.box(size, 0, size + 0.001, 1)])
    with pytest.raises(BadInput, match="not a finite number"):
        GridIndex.from_arrays(["b"], [shapely.Polygon([(0, 0), (np.inf, 0), (1, 1)])])
    with pytest.raises(BadInput, match="are these metres"):
        GridIndex.from_arrays(["b"], [shapely.box(0, 0, 1e200, 1)])


def test_a_far_island_makes_cells_crowded_but_no_answer_wrong() -> None:
    codes, geoms = irregular_grids(100, seed=2)
    island = shapely.box(1_900_000, 4_000_000, 1_900_001, 4_000_001)
    index = GridIndex.from_arrays([*codes, "island"], [*geoms, island])
    assert len(index.cells.corner) < 50
    x, y = points_of_all_kinds(shapely.transform(geoms, to_mm), 500)
    expected = by_shapely(index, shapely.transform([*geoms, island], to_mm), x, y)
    for ask in (with_numpy, compiled, one_by_one):
        assert np.array_equal(ask(index, x, y), expected)


def test_an_index_travels_between_processes() -> None:
    index, geoms_mm = irregular(300)
    x, y = points_of_all_kinds(geoms_mm, 200)
    twin = pickle.loads(pickle.dumps(index))
    assert np.array_equal(twin.locate(x, y), index.locate(x, y))
    assert twin.codes.tolist() == index.codes.tolist()
