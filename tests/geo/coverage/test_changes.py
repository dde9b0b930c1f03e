"""An index whose grids changed is the index that is built anew from them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.grids import irregular_grids
from geo.coverage import changes
from geo.coverage.changes import all_edges
from geo.coverage.edges import xy_of
from geo.coverage.index import GridIndex
from geo.coverage.raster import Raster
from geo.errors import BadInput, FaultyCoverage
from tests.coverages import KECHENG_MM, Coverage, merged, points_on, sheet

CODES = [f"{number:02}" for number in range(30)]


@st.composite
def before_and_after(draw: st.DrawFn) -> tuple[dict, dict, Coverage]:
    """Polygons by code over one sheet of cells, before and after some cells went to other grids or to none."""
    side = draw(st.integers(2, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cells = sheet(side, side, draw(st.sampled_from([40, 160_001])), rng, draw(st.sampled_from([(0, 0), KECHENG_MM])))
    codes = draw(st.permutations(CODES))
    labels = rng.integers(-1, draw(st.integers(1, 28)), (side, side))
    after = labels.copy()
    place = st.integers(0, side - 1)
    for row, column in draw(st.lists(st.tuples(place, place), max_size=4)):
        after[row, column] = draw(st.integers(-1, 29))
    nodes = np.unique(shapely.get_coordinates(cells), axis=0)
    return by_code(codes, cells, labels), by_code(codes, cells, after), Coverage(codes, cells.ravel(), nodes, 1.0)


def by_code(codes: list[str], cells: np.ndarray, labels: np.ndarray) -> dict[str, shapely.Geometry]:
    used = np.unique(labels[labels >= 0])
    return dict(zip((codes[label] for label in used), merged(cells, labels), strict=True))


def differences(before: dict, after: dict) -> dict:
    changed = {code: geom for code, geom in after.items() if code not in before or not before[code].equals(geom)}
    return changed | {code: None for code in before if code not in after}


@given(before_and_after(), st.data())
def test_a_change_is_a_build_anew(case, data):
    before, after, area = case
    old = GridIndex.from_arrays(list(before), list(before.values()))
    index = old.with_changes(differences(before, after))
    order = [code for code in before if code in after] + [code for code in after if code not in before]
    assert index.codes.tolist() == order
    anew = GridIndex.from_arrays(order, [after[code] for code in order])
    assert edges_of(index) == edges_of(anew)
    assert np.array_equal(index.bounds, anew.bounds, equal_nan=True)
    points = data.draw(st.lists(points_on(area), min_size=1, max_size=25))
    x, y = np.concatenate([points, area.nodes]).T
    assert index.locate(x, y).tolist() == anew.locate(x, y).tolist()
    for mine, other in ((index.candidates(x, y, 0.3), anew.candidates(x, y, 0.3)),):
        assert (mine.point.tolist(), mine.row.tolist()) == (other.point.tolist(), other.row.tolist())
        assert mine.edge_m.tolist() == other.edge_m.tolist()
    # What was is as it was.
    assert edges_of(old) == edges_of(GridIndex.from_arrays(list(before), list(before.values())))


def edges_of(index: GridIndex) -> set[tuple[int, ...]]:
    """All edges with both sides, counted from the origin of the CRS."""
    edges, corner = all_edges(index.cells), index.cells.raster.corner
    sides = np.column_stack([edges.left, edges.right])
    return set(map(tuple, np.column_stack([xy_of(edges.a, corner), xy_of(edges.b, corner), sides]).tolist()))


def test_only_the_cells_around_a_change_are_made(monkeypatch):
    codes, geoms = irregular_grids(100, seed=4)
    index = GridIndex.from_arrays(codes, list(geoms))
    made: list[int] = []
    cells_of = Raster.cells_of
    monkeypatch.setattr(Raster, "cells_of", lambda raster, edges: made.append(len(edges)) or cells_of(raster, edges))
    monkeypatch.setattr(changes, "refuse_overlaps", lambda *_: None)
    both = shapely.coverage_union_all(geoms[[44, 45]])
    merged_index = index.with_changes({codes[44]: both, codes[45]: None})
    assert max(made) < len(all_edges(index.cells)) / 8
    monkeypatch.undo()
    again = merged_index.with_changes({codes[44]: geoms[44], "new": geoms[45]})
    x, y = (
        np.random.default_rng(1).uniform(shapely.total_bounds(geoms)[:2], shapely.total_bounds(geoms)[2:], (500, 2)).T
    )
    before, after = index.locate(x, y), again.locate(x, y)
    named = np.append(np.where(index.codes == codes[45], "new", index.codes), None)
    assert named[before].tolist() == np.append(again.codes, None)[after].tolist()


def test_grids_beyond_what_was_and_none_at_all():
    index = GridIndex.from_arrays(["a"], [shapely.box(0, 0, 1, 1)])
    wider = index.with_changes({"b": shapely.box(-500, 1, 1, 2)})
    assert wider.locate([0.5, -400.0, 0.5], [0.5, 1.5, 1.0]).tolist() == [0, 1, 0]
    assert wider.bounds == (-500.0, 0.0, 1.0, 2.0)
    nothing = wider.with_changes({"a": None, "b": None})
    assert len(nothing) == 0 and np.isnan(nothing.bounds).all()
    assert nothing.with_changes({"c": shapely.box(5, 5, 6, 6)}).locate([5.5], [5.5]).tolist() == [0]
    assert index.with_changes({}).locate([0.5, 2.0], [0.5, 0.5]).tolist() == [0, -1]


def test_a_change_that_makes_grids_overlap_is_refused():
    codes, geoms = irregular_grids(100, seed=4)
    index = GridIndex.from_arrays(codes, list(geoms))
    middle = geoms[44].representative_point()
    with pytest.raises(FaultyCoverage, match=codes[44]):
        index.with_changes({"new": middle.buffer(1.0)})
    with pytest.raises(FaultyCoverage, match="overlap"):
        index.with_changes({codes[44]: shapely.coverage_union_all(geoms[[44, 45]])})
    with pytest.raises(BadInput, match="no grid has the code 'unknown'"):
        index.with_changes({"unknown": None})
    with pytest.raises(BadInput, match="polygon"):
        index.with_changes({"new": middle})
