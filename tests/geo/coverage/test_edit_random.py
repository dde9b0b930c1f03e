"""Random sequences of operations on random coverages: nothing tears, nothing is lost, and all of it can be undone."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from itertools import combinations

import numpy as np
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.coverage.edit import Allowed, Edited, apply, check, from_json, still_faulty, to_json
from geo.coverage.faults import ERROR, errors
from geo.coverage.index import GridIndex
from geo.coverage.lattice import doubled_area_mm2
from geo.coverage.nodes import Coverage
from geo.coverage.operations import kind_of
from geo.crs import to_mm
from geo.errors import BadInput
from geo.model import Fault
from tests import coverages
from tests.examples import examples
from tests.geo.coverage.random_edits import random_operation

ANYTHING = Allowed(outline=True, parts=True)


def built(area: coverages.Coverage) -> Coverage:
    return Coverage.build(dict(zip(area.codes, area.geoms, strict=True)))


@given(coverages.coverages(), st.sampled_from([10, 10, 10, 60, 200]), st.integers(0, 2**32 - 1))
@settings(max_examples=examples(25), suppress_health_check=list(HealthCheck))
def test_after_any_operations_there_is_a_coverage(area, count, seed):
    rng = np.random.default_rng(seed)
    origin = coverage = built(area)
    undo = []
    for _ in range(count):
        try:
            operation = random_operation(coverage, rng)
            edited = apply(coverage, operation)
        except BadInput:
            continue
        assert from_json(json.loads(json.dumps(to_json(operation)))) == operation
        assert_only_touched_changed(coverage, edited)
        assert_faults_are_true(coverage, edited)
        if errors(edited.faults):
            assert_same(apply(edited.coverage, edited.inverse).coverage, coverage)
            continue
        undo.append(edited.inverse)
        coverage = edited.coverage
    assert not errors(check(origin, coverage))
    assert_points_have_one_grid(origin, coverage, rng)
    for inverse in reversed(undo):
        coverage = apply(coverage, from_json(json.loads(json.dumps(to_json(inverse))))).coverage
    assert_same(coverage, origin)
    assert coverage.changes() == {} and not len(coverage.moved.a)


def named(faults: list[Fault]) -> set[tuple[str, tuple[str, ...]]]:
    return {(fault.kind, fault.codes) for fault in faults if fault.kind != "lattice_move"}  # told at the cut alone


def assert_only_touched_changed(coverage: Coverage, edited: Edited) -> None:
    assert set(coverage) ^ set(edited.coverage) <= set(edited.touched)
    for code in edited.coverage:
        if code not in edited.touched:
            assert edited.coverage[code] is coverage[code]
        elif code in coverage:
            assert edited.coverage[code].wkb != coverage[code].wkb


def assert_faults_are_true(coverage: Coverage, edited: Edited) -> None:
    """Without errors all is well; with errors something is really wrong. Areas are exact either way."""
    editions = (edited.coverage.origin.geoms, coverage.geometries(), edited.coverage.geometries())
    origin, before, after = (np.array(list(geoms.values()), dtype=object) for geoms in editions)
    gained = sum(doubled_area_mm2(after)) - sum(doubled_area_mm2(before))
    assert gained == edited.doubled_area_mm2
    kinds = {fault.kind for fault in edited.faults}
    valid = shapely.is_valid(after).all() and shapely.coverage_is_valid(after)
    if not errors(edited.faults):
        assert valid, kind_of(edited.operation)
        bent = "outline_bent" in kinds
        assert bent or sum(doubled_area_mm2(after)) == sum(doubled_area_mm2(origin))
        assert outline_differs(edited) <= (0.001 if bent else 0.0)
    elif valid and not kinds & {"parts", "crossing"}:
        assert outline_differs(edited) > 0.0, [fault.message for fault in edited.faults]


def outline_differs(edited: Edited) -> float:
    """How far the outline or a hole lies from where it was, in metres."""
    was = shapely.coverage_union_all(list(edited.coverage.origin.geoms.values()))
    now = shapely.coverage_union_all(list(edited.coverage.geometries().values()))
    distance = float(shapely.hausdorff_distance(shapely.boundary(was), shapely.boundary(now)))
    return 0.0 if distance < 1e-6 else distance - 1e-6


def assert_same(one: Coverage, other: Coverage) -> None:
    assert {code: geom.wkb for code, geom in one.geometries().items()} == {
        code: geom.wkb for code, geom in other.geometries().items()
    }


def assert_points_have_one_grid(origin: Coverage, coverage: Coverage, rng: np.random.Generator) -> None:
    index = GridIndex.from_arrays(list(origin), list(origin.geometries().values())).with_changes(coverage.changes())
    in_mm = shapely.transform(np.array([coverage[code] for code in index.codes], dtype=object), to_mm)
    west, south, east, north = (round(side) for side in shapely.total_bounds(in_mm))
    points = rng.integers((west - 9, south - 9), (east + 10, north + 10), (60, 2))
    points = np.concatenate([points, shapely.get_coordinates(in_mm)[:60]])
    union = shapely.union_all(in_mm)
    for (x, y), row in zip(points.tolist(), index.locate(*(points.T / 1000.0)).tolist(), strict=True):
        place = shapely.Point(x, y)
        holding = np.flatnonzero(shapely.covers(in_mm, place)).tolist()
        assert len(holding) == 1 or not shapely.contains_properly(in_mm, place).any()
        assert bool(holding) == union.covers(place)
        assert row == min(holding, key=lambda at: index.codes[at].encode(), default=-1)


@given(coverages.coverages(most_cells=4), st.integers(0, 2**32 - 1))
@settings(max_examples=examples(20), suppress_health_check=list(HealthCheck))
def test_a_draft_may_be_broken_for_a_while_and_is_mended_by_undoing(area, seed):
    rng = np.random.default_rng(seed)
    origin = coverage = built(area)
    undo, standing = [], []
    for _ in range(12):
        try:
            edited = apply(coverage, random_operation(coverage, rng), ANYTHING)
        except BadInput:
            continue
        undo.append(edited.inverse)
        standing = still_faulty(standing, edited)
        coverage = edited.coverage
        # What the steps left standing is what a look at the whole finds.
        assert named(standing) == named(check(origin, coverage, ANYTHING))
    broken = errors(check(origin, coverage, ANYTHING))
    geoms = list(coverage.geometries().values())
    if shapely.is_valid(geoms).all() and shapely.coverage_is_valid(geoms):
        assert {fault.kind for fault in broken} <= {"crossing"}
    else:
        assert broken
    for inverse in reversed(undo):
        coverage = apply(coverage, inverse).coverage
    assert_same(coverage, origin)
    assert check(origin, coverage) == []


@given(st.sampled_from([40, 1_000, 160_001]), st.integers(0, 2**32 - 1))
@settings(max_examples=examples(20), suppress_health_check=list(HealthCheck))
def test_what_is_done_far_apart_comes_to_the_same_in_any_order(cell_mm, seed):
    rng = np.random.default_rng(seed)
    coverage = sheet_of_cells(7, cell_mm, rng)
    done, pairs = [], 0
    while len(done) < 12:
        with suppress(BadInput):
            done.append(apply(coverage, random_operation(coverage, rng)))
    for one, other in combinations(done, 2):
        if neighbourhood(one).isdisjoint(other.touched) and neighbourhood(other).isdisjoint(one.touched):
            first, second = apply(one.coverage, other.operation), apply(other.coverage, one.operation)
            assert_same(first.coverage, second.coverage)
            assert (first.touched, second.touched) == (other.touched, one.touched)
            assert first.doubled_area_mm2 == other.doubled_area_mm2
            pairs += 1
    assert pairs > 5


def sheet_of_cells(side: int, cell_mm: int, rng: np.random.Generator) -> Coverage:
    cells = coverages.sheet(side, side, cell_mm, rng, coverages.KECHENG_MM).ravel()
    return Coverage.build({f"{row:02}": cell for row, cell in enumerate(cells)})


def neighbourhood(edited: Edited) -> set[str]:
    """Grids that an operation touched or that lie around them, before and after."""
    sides = (edited.before, edited.coverage)
    return {
        code for side in sides for code in side.around(side[code] for code in edited.touched if code in side)
    } | set(edited.touched)


def test_the_operations_at_random_do_all_there_is_to_do():
    """Of every kind some are done, and among all some break something and some are refused: the tests above see all."""
    done, faulty, refused = Counter(), Counter(), 0
    rng = np.random.default_rng(7)
    origin = coverage = sheet_of_cells(6, 160_001, rng)
    for _ in range(400):
        try:
            operation = random_operation(coverage, rng)
            edited = apply(coverage, operation)
        except BadInput:
            refused += 1
            continue
        found: list[Fault] = errors(edited.faults)
        if found:
            faulty.update(fault.kind for fault in found if fault.severity == ERROR)
        else:
            done[kind_of(operation)] += 1
            coverage = edited.coverage if len(edited.coverage) < 60 else origin
    assert {"move_node", "insert_node", "delete_node", "reshape_edge", "split_grid"} <= done.keys()
    assert {"merge_grids", "transfer_area", "recode", "replace_grids"} <= done.keys()
    assert {"outline_moved", "hole", "overlap"} <= faulty.keys()
    assert refused
