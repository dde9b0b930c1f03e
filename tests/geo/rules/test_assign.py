"""The rules of assignment, and New York's day."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.coverage.index import GridIndex
from geo.crs import Metric
from geo.model import Method, Queue
from geo.rules.assign import Decisions, decide
from tests import newyork
from tests.coverages import coverages, points_on

PAIR = GridIndex.from_arrays(["west", "east"], [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)])
WEST, EAST = 0, 1


def one(x: float, y: float, accuracy_m: float | None = None) -> tuple:
    made = decide(PAIR, x, y, accuracy_m)
    return made.row[0], made.method[0], made.queue[0]


def test_well_inside():
    made = decide(PAIR, [50.0], [50.0])
    assert (made.row[0], made.method[0], made.queue[0]) == (WEST, Method.WITHIN, None)
    assert made.distance_m[0] == 0.0 and np.isnan(made.edge_m[0])
    assert not made.ambiguous[0] and made.candidates == [()]


def test_on_the_shared_edge_the_lowest_code_wins_and_is_flagged():
    made = decide(PAIR, 100.0, 50.0)
    assert made.row[0] == EAST and made.method[0] is Method.WITHIN
    assert made.ambiguous[0] and made.edge_m[0] == 0.0
    assert made.candidates[0] == ((EAST, 0.0), (WEST, 0.0))


@pytest.mark.parametrize(
    ("x", "accuracy_m", "ambiguous"),
    [
        (99.501, None, True),
        (99.5, None, False),
        (99.5, 0.1, False),
        (90.0, 10.0, False),
        (90.001, 10.0, True),
        (60.0, 40.5, True),
        (60.0, np.nan, False),
        (60.0, np.inf, False),
        (60.0, -50.0, False),
    ],
)
def test_nearer_to_an_edge_than_the_tolerance(x, accuracy_m, ambiguous):
    made = decide(PAIR, x, 50.0, accuracy_m)
    assert made.row[0] == WEST and made.method[0] is Method.WITHIN
    assert made.ambiguous[0] == ambiguous == (len(made.candidates[0]) > 1) == (not np.isnan(made.edge_m[0]))


def test_the_outer_outline_is_an_edge_too():
    made = decide(PAIR, 50.0, 0.3)
    assert made.ambiguous[0] and made.candidates[0] == ((WEST, 0.3),)


@pytest.mark.parametrize(
    ("away_m", "accuracy_m", "found"),
    [
        (0.2, None, True),
        (5.0, None, True),
        (5.001, None, False),
        (5.001, 6.0, True),
        (50.0, 50.0, True),
        (50.001, 5000.0, False),
        (20.0, 19.9, False),
        (20.0, np.inf, False),
    ],
)
def test_outside_the_nearest_grid_answers_within_reach(away_m, accuracy_m, found):
    made = decide(PAIR, 200.0 + away_m, 50.0, accuracy_m)
    if found:
        assert (made.row[0], made.method[0], made.queue[0]) == (EAST, Method.NEAREST, None)
        assert made.distance_m[0] == pytest.approx(away_m)
    else:
        assert (made.row[0], made.method[0], made.queue[0]) == (-1, None, Queue.OUTSIDE)
        assert np.isnan(made.distance_m[0]) and not made.ambiguous[0] and made.candidates[0] == ()


def test_outside_but_nearer_than_the_tolerance_is_ambiguous():
    made = decide(PAIR, [200.2, 203.0, 203.0], [50.0] * 3, [np.nan, np.nan, 10.0])
    assert made.method.tolist() == [Method.NEAREST] * 3
    assert made.ambiguous.tolist() == [True, False, True]


def test_equally_near_grids_outside():
    made = decide(PAIR, 100.0, -2.0)
    assert made.row[0] == EAST and made.distance_m[0] == 2.0


@pytest.mark.parametrize(("x", "y"), [(np.nan, 50.0), (50.0, np.nan), (np.nan, np.nan), (np.inf, 0.0)])
def test_no_location(x, y):
    assert one(x, y) == (-1, None, Queue.NO_LOCATION)
    assert one(x, y, 30.0) == (-1, None, Queue.NO_LOCATION)


def test_no_points_and_no_grids():
    assert len(decide(PAIR, [], [])) == 0
    nothing = decide(GridIndex.from_arrays([], []), [1.0, np.nan], [1.0, 1.0], 20.0)
    assert nothing.queue.tolist() == [Queue.OUTSIDE, Queue.NO_LOCATION]


@given(st.data())
def test_every_point_is_decided_once_and_alike_alone_or_among_others(data):
    coverage = data.draw(coverages())
    points = data.draw(st.lists(points_on(coverage), min_size=1, max_size=12))
    x, y = np.array([*points, (np.nan, 0.0)]).T
    accuracy = np.array(
        data.draw(st.lists(st.sampled_from([np.nan, 0.0, 3.0, 60.0]), min_size=len(x), max_size=len(x)))
    )
    index = GridIndex.from_arrays(coverage.codes, coverage.geoms)
    made = decide(index, x, y, accuracy)
    assert all((method is None) == (queue is not None) for method, queue in zip(made.method, made.queue, strict=True))
    assert ((made.row >= 0) == (made.method != None)).all()  # noqa: E711 - elementwise
    for at in range(len(x)):
        alone = decide(index, x[at], y[at], accuracy[at])
        assert _values(alone, 0) == _values(made, at)
        if made.ambiguous[at]:
            assert made.edge_m[at] == made.candidates[at][0][1] < max(0.5, np.nan_to_num(accuracy[at]))


def _values(made: Decisions, at: int) -> str:
    columns = (made.row, made.method, made.queue, made.distance_m, made.edge_m, made.ambiguous, made.candidates)
    return repr([column[at] for column in columns])


def test_new_york(tmp_path):
    codes, geoms = newyork.layer("community_district")
    index, metric = GridIndex.from_arrays(codes, geoms), Metric(newyork.SRID)
    rows = newyork.reports(tmp_path).rows()
    lon, lat = ([float(row[column] or "nan") for row in rows] for column in ("longitude", "latitude"))
    x, y = metric.project(lon, lat)
    made = decide(index, x, y)

    assert np.count_nonzero(made.method == Method.WITHIN) == 974
    assert np.count_nonzero(made.queue == Queue.NO_LOCATION) == 23
    assert np.count_nonzero(made.ambiguous) == 3
    outside = np.flatnonzero(made.queue == Queue.OUTSIDE)
    assert sorted(rows[at]["unique_key"] for at in outside) == sorted(newyork.STRAY_KEYS)
    _, away_m = index.nearest(x[outside], y[outside], 1000.0)
    assert sorted(np.round(away_m).tolist()) == [195.0, 336.0, 401.0]

    boards = newyork.boards()
    agree = [rows[at]["community_board"] == boards[codes[row]] for at, row in enumerate(made.row) if row >= 0]
    assert sum(agree) == 972
    unspecified = [row["community_board"] for row, grid in zip(rows, made.row, strict=True) if grid >= 0]
    assert sum("Unspecified" in board for board in unspecified) == 2
