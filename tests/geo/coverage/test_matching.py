"""Edges matched in batches are the edges matched all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.grids import irregular_grids
from geo.coverage import cells
from geo.coverage.edges import Edges, box_corners, corner_and_size, rings_of, shared_edges
from geo.coverage.index import GridIndex
from geo.coverage.matching import edges_of, neighbours
from geo.coverage.overlaps import build_checked
from geo.crs import to_mm
from geo.errors import BadInput, FaultyCoverage
from tests.coverages import coverages
from tests.geo.coverage.test_overlaps import disturbed, overlapping_pairs

batch_sizes = st.sampled_from([1, 20, 50, 200])  # vertices; most grids have 9 to 30


def as_set(edges: Edges) -> set[tuple[int, ...]]:
    found = list(zip(*(side.tolist() for side in (edges.a, edges.b, edges.left, edges.right)), strict=True))
    assert len(set(found)) == len(found)
    return set(found)


def refuse_overlaps(codes: Sequence[str], geoms: np.ndarray, batch: int) -> None:
    corner, width, height = corner_and_size(box_corners(geoms))
    build_checked(corner, width, height, edges_of(geoms, corner, codes, batch), codes)


@given(coverages(), batch_sizes)
def test_the_edges_are_those_of_all_grids_at_once(coverage, batch):
    rings = rings_of(coverage.geoms)
    extent = corner_and_size(rings.xy)
    assert corner_and_size(box_corners(coverage.geoms)) == extent
    expected = as_set(shared_edges(rings, extent[0], coverage.codes))
    assert as_set(edges_of(coverage.geoms, extent[0], coverage.codes, batch)) == expected


@given(disturbed(), batch_sizes)
def test_overlaps_are_refused_whatever_the_batches(case, batch):
    codes, geoms = case[0], np.array(case[1])
    in_mm = shapely.transform(geoms, to_mm)
    assume(shapely.is_valid(in_mm).all() and np.ptp(shapely.get_coordinates(in_mm), axis=0).max() < 2e9)
    if not overlapping_pairs(codes, geoms):
        refuse_overlaps(codes, geoms, batch)
        return
    with pytest.raises(FaultyCoverage, match="overlap"):
        refuse_overlaps(codes, geoms, batch)


@given(coverages(), batch_sizes, st.data())
def test_grids_that_are_there_twice_are_refused(coverage, batch, data):
    twice = data.draw(st.lists(st.sampled_from(range(len(coverage.codes))), min_size=1, unique=True))
    codes = [*coverage.codes, *(f"again {coverage.codes[row]}" for row in twice)]
    with pytest.raises(FaultyCoverage, match="again"):
        refuse_overlaps(codes, np.concatenate([coverage.geoms, coverage.geoms[twice]]), batch)


def test_an_edge_that_is_whole_in_two_batches_is_an_overlap():
    codes, geoms = irregular_grids(16, seed=3)
    inner = [5, 6]  # no edge of theirs is on the outline
    again = [*codes, "one", "other"]
    corner, width, height = corner_and_size(box_corners(geoms))
    first, second = edges_of(geoms, corner, codes), edges_of(geoms[inner], corner, again[16:])
    rows = np.array([16, 17, -1], np.int32)
    second = replace(second, left=rows[second.left], right=rows[second.right])
    assert ((second.left >= 0) & (second.right >= 0)).any()
    with pytest.raises(FaultyCoverage, match="overlap") as refused:
        build_checked(corner, width, height, first.followed_by(second), again)
    named = {tuple(fault["codes"]) for fault in refused.value.details["faults"]}
    assert named == {(codes[5], "one"), (codes[6], "other")}


def test_every_grid_is_in_one_batch_beside_its_neighbours():
    _, geoms = irregular_grids(400, seed=5)
    batches = list(neighbours(geoms, int(shapely.get_num_coordinates(geoms).sum()) // 16))
    assert sorted(np.concatenate(batches).tolist()) == list(range(400))
    assert len(batches) == 16
    for rows in batches:
        west, south, east, north = shapely.total_bounds(geoms[rows])
        assert max(east - west, north - south) < 8_000.0  # of 20,000


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e14])
def test_a_coordinate_that_is_no_place_is_refused(wrong):
    with np.errstate(invalid="ignore"):
        odd = shapely.Polygon([(0, 0), (wrong, 1), (2, 2)])
    for geoms in ([odd], [odd, shapely.box(5, 5, 6, 6)]):
        with pytest.raises(BadInput, match=r"not a finite number|4,500 million km"):
            GridIndex.from_arrays(["a", "b"][: len(geoms)], geoms)


def test_the_cells_do_not_depend_on_batches(monkeypatch):
    codes, geoms = irregular_grids(30, seed=2)
    whole = GridIndex.from_arrays(codes, list(geoms)).cells
    monkeypatch.setattr(cells, "BATCH", 7)
    again = GridIndex.from_arrays(codes, list(geoms)).cells
    assert (again.raster, again.box) == (whole.raster, whole.box)
    for name in ("cells", "corner", "first", "pieces"):
        assert np.array_equal(getattr(again, name), getattr(whole, name)), name
