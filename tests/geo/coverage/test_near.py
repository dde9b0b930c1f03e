"""One point after another has the same grids near it as many together. What is right is told by test_index."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.grids import irregular_grids, points_over
from geo.coverage.index import GridIndex
from geo.coverage.near import nearby
from geo.coverage.near_point import near_point
from tests.coverages import coverage_and_points

NOWHERE = [np.nan, np.inf, -np.inf, 1e300, -1e300, 1e17]


@given(coverage_and_points(), st.sampled_from([-1.0, 0.0, 0.001, 0.02, 0.5, 40.0, np.nan]), st.booleans())
def test_one_point_and_many(case, within, closed):
    coverage, x, y = case
    index = GridIndex.from_arrays(coverage.codes, coverage.geoms)
    x, y = np.append(x, NOWHERE), np.append(y, np.roll(NOWHERE, 1))
    many = nearby(index.cells, index.rank, x, y, np.full(len(x), within), closed=closed)
    near = near_point(index.cells, index.rank)
    for at, (a, b) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        alone = near(a, b, within, closed)
        if alone is not None:  # too many cells to look into one by one
            of_many = many.point == at
            assert alone == list(zip(many.row[of_many].tolist(), many.edge_m[of_many].tolist(), strict=True))


def test_few_points_are_asked_one_by_one_and_answer_the_same():
    codes, geoms = irregular_grids(60, seed=7)
    index = GridIndex.from_arrays(codes, list(geoms))
    x, y = points_over(geoms, 400, 7)
    for within in (0.5, 20.0, 3_000.0):
        many, row, metres = index.candidates(x, y, within), *index.nearest(x, y, within)
        few = [index.candidates(x[at : at + 8], y[at : at + 8], within) for at in range(0, 400, 8)]
        assert np.array_equal(np.concatenate([part.row for part in few]), many.row)
        assert np.array_equal(np.concatenate([part.edge_m for part in few]), many.edge_m)
        alone = [index.nearest(a, b, within) for a, b in zip(x, y, strict=True)]
        assert [int(found[0]) for found in alone] == row.tolist()
        assert np.array_equal([float(found[1]) for found in alone], metres, equal_nan=True)


def test_nothing_is_near_far_away_whatever_the_reach():
    codes, geoms = irregular_grids(20, seed=7)
    index = GridIndex.from_arrays(codes, list(geoms))
    assert index.nearest(1e10, 1e10, 1e6)[0] == -1
    assert index.nearest(1e7, 0.0, np.inf)[0] >= 0
    assert index.candidates([1e10, np.nan], [1e10, 0.0], np.inf).point.tolist() == [0] * 20
