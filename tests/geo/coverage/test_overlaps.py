"""An index is refused for grids that overlap, and only for those: against shapely's relations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from geo.coverage.index import GridIndex
from geo.crs import to_mm
from geo.errors import FaultyCoverage
from tests.coverages import coverages, points_on

CROSS = [shapely.Polygon([(0, 4), (9, 4), (9, 5)]), shapely.Polygon([(4, 0), (5, 0), (5, 9)])]


def overlapping_pairs(codes: list[str], geoms: list[shapely.Polygon]) -> set[tuple[str, ...]]:
    """Names of the grids whose insides meet, by shapely's exact predicate on whole millimetres."""
    in_mm = shapely.transform(np.array(geoms), to_mm)
    pairs = itertools.combinations(range(len(codes)), 2)
    return {tuple(sorted((codes[a], codes[b]))) for a, b in pairs if in_mm[a].relate_pattern(in_mm[b], "2********")}


@st.composite
def disturbed(draw: st.DrawFn) -> tuple[list[str], list[shapely.Polygon]]:
    """A coverage and what somebody did to it: one grid's own node moved, or a further polygon drawn across it."""
    coverage = draw(coverages(most_cells=4))
    codes, geoms = list(coverage.codes), list(coverage.geoms)
    if draw(st.booleans()):
        row = draw(st.integers(0, len(geoms) - 1))
        xy = shapely.get_coordinates(geoms[row])
        moved = xy[draw(st.integers(0, len(xy) - 1))]
        shift = np.array(draw(st.tuples(*[st.integers(-3_000, 3_000)] * 2))) * coverage.cell_m / 3_000.0
        geoms[row] = shapely.transform(geoms[row], lambda c: np.where((c == moved).all(axis=1)[:, None], c + shift, c))
    else:
        corners = draw(st.lists(points_on(coverage), min_size=3, max_size=3))
        codes.append("drawn across")
        geoms.append(shapely.Polygon(corners))
    return codes, geoms


@given(disturbed())
def test_overlaps_are_refused_and_nothing_else(case):
    codes, geoms = case
    in_mm = shapely.transform(np.array(geoms), to_mm)
    assume(shapely.is_valid(in_mm).all() and np.ptp(shapely.get_coordinates(in_mm), axis=0).max() < 2e9)
    expected = overlapping_pairs(codes, geoms)
    if not expected:
        GridIndex.from_arrays(codes, geoms)
        return
    with pytest.raises(FaultyCoverage, match="overlap") as refused:
        GridIndex.from_arrays(codes, geoms)
    named = [set(fault["codes"]) for fault in refused.value.details["faults"]]
    assert named
    for names in named:  # more than two where three lie over one place
        assert {tuple(sorted(pair)) for pair in itertools.combinations(names, 2)} & expected


@pytest.mark.parametrize(
    "geoms",
    [
        CROSS,  # no node of one lies in the other
        [shapely.box(0, 0, 9, 9), shapely.box(4, 4, 5, 5)],  # one inside the other
        [shapely.box(0, 0, 9, 9), shapely.box(0, 0, 9, 9)],
        [shapely.box(0, 0, 9, 9), shapely.box(5, 0, 14, 9)],  # edges that lie on one another
        [shapely.box(0, 0, 9, 9), shapely.Polygon([(0, 0), (9, 0), (4, 4)])],  # on the same side of one edge
        [shapely.box(0, 0, 9, 9), shapely.Polygon([(3, 3), (9, 4), (3, 5)])],  # touching from inside
        [shapely.box(0, 0, 9, 9), shapely.box(8.999, 3, 12, 4)],  # by a millimetre
    ],
)
def test_the_grids_that_overlap_are_named(geoms):
    apart = [shapely.box(100, 0, 101, 1), shapely.box(101, 0, 102, 1)]
    with pytest.raises(FaultyCoverage, match=r"'A' and 'B'.* mend the boundaries") as refused:
        GridIndex.from_arrays(["B", "0", "A", "1"], [geoms[0], apart[0], geoms[1], apart[1]])
    assert refused.value.details["faults"] == [{"kind": "overlap", "severity": "error", "codes": ["A", "B"]}]


def test_a_second_set_of_grids_over_the_first():
    squares = [shapely.box(i, j, i + 10, j + 10) for i in range(0, 100, 10) for j in range(0, 100, 10)]
    shifted = [shapely.box(i + 3, j + 4, i + 6, j + 7) for i in range(0, 100, 10) for j in range(0, 100, 10)]
    with pytest.raises(FaultyCoverage) as refused:
        GridIndex.from_arrays([str(number) for number in range(200)], squares + shifted)
    named = [fault["codes"] for fault in refused.value.details["faults"]]
    assert 10 <= len(named) <= 20  # a sample of places, some between the same two
    assert all(int(a) + 100 == int(b) or int(b) + 100 == int(a) for a, b in named)


def test_a_grid_that_crosses_itself():
    bow = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    with pytest.raises(FaultyCoverage, match="'bow' and itself"):
        GridIndex.from_arrays(["bow"], [bow])


def test_edges_without_common_nodes_are_no_overlap():
    long, short = shapely.box(0, 0, 4, 1), [shapely.box(i, 1, i + 1, 2) for i in range(4)]
    index = GridIndex.from_arrays(["long", *"abcd"], [long, *short])
    assert index.locate([0.5, 0.5, 0.5, 1.0, 3.5], [0.5, 1.0, 1.5, 1.0, 1.001]).tolist() == [0, 1, 1, 1, 4]
