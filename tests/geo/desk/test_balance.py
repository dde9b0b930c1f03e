"""A fair division is an ordinary draft that leaves nothing worse: sound, in one piece, compounds whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.balance import Spread
from geo.coverage.edit import Coverage, apply, check
from geo.desk import balance, drafts, publishing
from geo.desk.balance import Asked, Shared, even_out
from geo.desk.balance_loads import Ground, Load, Loads
from geo.desk.draft_checks import find_draft_faults
from geo.errors import Conflict, NotAllowed, NotFound
from geo.rules.access import Extent
from geo.store.store import Store
from tests import district
from tests.coverages import KECHENG_MM, sheet
from tests.district import METRIC, TESTER
from tests.examples import examples
from tests.geo.desk.test_draft_preview import place, previewed
from tests.geo.desk.test_publishing import SECOND, Town

TODAY = date(2026, 11, 22)


# -- any town ---------------------------------------------------------------------------------------------------------


def array(geoms: list[Any]) -> np.ndarray:
    found = np.empty(len(geoms), dtype=object)
    found[:] = geoms
    return found


@st.composite
def towns(draw: st.DrawFn) -> tuple[Coverage, Ground, Loads]:
    """Wobbly grids of 300 m with compounds, some across their edges, roads anywhere, and households somewhere."""
    columns, rows = draw(st.integers(2, 3)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cells = sheet(columns, rows, 300_000, rng, KECHENG_MM).ravel()
    codes = [f"G{i}" for i in range(len(cells))]
    south_west, north_east = shapely.total_bounds(cells).reshape(2, 2)
    compounds = []
    for at in rng.uniform(south_west, north_east, (draw(st.integers(0, 40)), 2)):
        compound = shapely.box(*at, *(at + rng.uniform(10, 60, 2)))
        if not any(compound.intersects(other) for other in compounds):
            compounds.append(compound)
    ends = rng.uniform(south_west - 50, north_east + 50, (draw(st.integers(0, 8)), 2, 2))
    points: dict[str, list[tuple[float, float, float]]] = {}
    for compound in compounds:
        x, y = shapely.get_coordinates(compound.centroid)[0].tolist()
        row = next((i for i, cell in enumerate(cells) if shapely.covers(cell, shapely.Point(x, y))), None)
        if row is not None:
            points.setdefault(codes[row], []).append((x, y, float(rng.integers(0, 300))))
    fixed = {codes[0]: 25.0} if draw(st.booleans()) else {}
    grids = {code: shapely.MultiPolygon([cell]) for code, cell in zip(codes, cells, strict=True)}
    ground = Ground(array([shapely.LineString(line) for line in ends]), array(compounds))
    return Coverage.build(grids), ground, Loads(points, fixed)


def applied(coverage: Coverage, shared: Shared) -> Coverage:
    for move in shared.moves:
        coverage = apply(coverage, move.operation).coverage
    return coverage


def owners(coverage: Coverage, compounds: np.ndarray) -> list[set[str]]:
    """The grids that have more of each compound than how exactly a line is put on the lattice."""
    return [
        {code for code in coverage if shapely.area(shapely.intersection(coverage[code], compound)) > 1.01}
        for compound in compounds
    ]


@settings(max_examples=examples(40), deadline=None)
@given(towns())
def test_whatever_is_proposed_is_sound_and_no_less_even(town: tuple[Coverage, Ground, Loads]) -> None:
    coverage, ground, loads = town
    shared = even_out(coverage, "P", list(coverage), ground, loads)
    after = applied(coverage, shared)
    assert [fault for fault in check(coverage, after) if fault.severity == "error"] == []
    assert all(shapely.get_num_geometries(after[code]) == 1 for code in after)
    for before, now in zip(owners(coverage, ground.wholes), owners(after, ground.wholes), strict=True):
        assert len(now) <= max(len(before), 1)
    told_before, told_after = (sum(pair[side] for pair in shared.loads.values()) for side in (0, 1))
    assert told_before == pytest.approx(told_after)
    one, other = shared.before, shared.after
    assert (other.most, other.deviation) <= (one.most, one.deviation + 1e-9)
    assert other.least >= one.least
    assert other.deviation <= one.deviation + 1e-9
    if shared.moves:
        assert other.deviation < one.deviation
    for code, (_, load) in shared.loads.items():
        inside = [n for rows in loads.points.values() for x, y, n in rows if after[code].covers(shapely.Point(x, y))]
        assert sum(inside) + loads.fixed.get(code, 0.0) == pytest.approx(load)


def test_what_is_even_is_left_alone() -> None:
    assert even_out(*square_town({"G0": 100, "G1": 104})).moves == ()


def square_town(households: dict[str, int]) -> tuple[Coverage, str, list[str], Ground, Loads]:
    """Grids of 300 m in a row, each with its households in ten compounds."""
    grids, compounds, points = {}, [], {}
    for column, (code, count) in enumerate(households.items()):
        x, y = (side / 1000 + column * 300.0 * (axis == 0) for axis, side in enumerate(KECHENG_MM))
        grids[code] = shapely.MultiPolygon([shapely.box(x, y, x + 300, y + 300)])
        centres = [(x + 40 + 110 * i, y + 40 + 70 * j) for i in range(3) for j in range(4)]
        compounds += [shapely.box(a - 20, b - 20, a + 20, b + 20) for a, b in centres]
        points[code] = [(a, b, count / 12) for a, b in centres]
    return Coverage.build(grids), "P", list(grids), Ground(array([]), array(compounds)), Loads(points, {})


def test_a_full_grid_hands_over_to_its_neighbours_and_on() -> None:
    shared = even_out(*square_town({"G0": 1200, "G1": 600, "G2": 120}))
    assert shared.before == Spread(1200.0, 120.0, 640.0, pytest.approx(441.8, abs=0.1))
    assert shared.after.most <= 800
    assert shared.after.least >= 450


# -- in a store -------------------------------------------------------------------------------------------------------


@pytest.fixture
def town(store: Store, now: datetime) -> Town:
    town = Town(district.build(store, now), now)
    for column, row, households in ((0.2, 0.2, 60), (0.7, 0.3, 50), (0.3, 0.8, 80), (0.8, 0.8, 90), (0.5, 1.5, 40)):
        place(town, f"P{column}{row}", (column, row), households)
    return town


def proposed(town: Town, area: str = "C0", **named: Any) -> balance.Proposal:
    with town.store.read() as conn:
        return balance.propose(conn, town.desk.atlas, Asked(area, Load.HOUSEHOLDS), TODAY, **named)


def test_a_proposal_becomes_a_draft_that_moves_what_it_said(town: Town) -> None:
    proposal = proposed(town)
    (shared,) = proposal.shared
    assert (shared.parent, shared.before.most, shared.before.least) == ("C0", 280, 0)
    assert shared.after.most < 280
    draft = town.do(balance.start, proposal, "fair")
    with town.store.read() as conn:
        assert find_draft_faults(conn, town.work(draft), METRIC) == []
        steps = drafts.steps(conn, draft)
    assert [step["kind"] for step in steps] == ["transfer_area"] * len(proposal.moves)
    loads = {load["grid"]: tuple(load["households"]) for load in previewed(town, draft)["loads"]}
    assert loads == {code: pair for code, pair in shared.loads.items() if code in loads}
    for _ in steps:
        town.do(drafts.undo, draft)
    assert town.work(draft).changes == {}
    for _ in steps:
        town.do(drafts.redo, draft)
    publishing.submit(town.desk, draft, town.clock, TESTER)
    assert publishing.publish(town.desk, draft, town.clock, SECOND).edition == 2
    town.sound()
    with pytest.raises(Conflict, match="meanwhile"):
        town.do(balance.start, proposal, "late")


def test_open_issues_and_inspections_are_loads_too(town: Town) -> None:
    for column, row in ((0.1, 0.1), (0.5, 0.2), (0.2, 0.6), (0.8, 0.9), (0.9, 0.4)):
        town.report(column, row)
        town.unit(column, row)
    with town.store.read() as conn:
        for load in (Load.ISSUES, Load.INSPECTIONS):
            (shared,) = balance.propose(conn, town.desk.atlas, Asked("C0", load), TODAY).shared
            assert shared.after.deviation <= shared.before.deviation
            assert shared.before.most == (5 if load is Load.ISSUES else shared.before.most)


def test_who_may_not_draft_or_count_in_all_of_it_is_told_so(town: Town) -> None:
    there = (Extent("/D/C0/"),)
    with pytest.raises(NotFound):
        proposed(town, "C1", drafts_in=there)
    with pytest.raises(NotAllowed, match="change boundaries"):
        proposed(town, "D", drafts_in=there)
    with pytest.raises(NotAllowed, match="count households"):
        proposed(town, counts_in=(Extent("/D/", frozenset({"01"})),))
    with pytest.raises(NotFound):
        proposed(town, "no such")


def test_nothing_is_drafted_where_nothing_would_move(town: Town) -> None:
    proposal = proposed(town, "C2")
    assert proposal.moves == ()
    with pytest.raises(Conflict, match="nothing"):
        town.do(balance.start, proposal, "nothing")
