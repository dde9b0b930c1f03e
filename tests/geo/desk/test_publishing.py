"""A draft becomes the edition in force: what follows from it, and nothing else; whole or not at all."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import select

from geo.coverage.operations import MergeGrids, MoveNode, Recode, SplitGrid
from geo.crs import to_mm
from geo.desk import checking, draft_editing, drafts, planning, publishing, redeciding
from geo.desk.assigning import Spot, assign
from geo.desk.atlas import Atlas, Sheet
from geo.desk.boundaries import exact_area
from geo.desk.doubts import confirm
from geo.desk.draft_work import load
from geo.desk.edition_grids import GridRow, Key
from geo.desk.issues import close
from geo.desk.received import position
from geo.desk.reports import file_report
from geo.desk.unit_write import NewUnit, Sited, write_units
from geo.errors import Conflict, FaultyCoverage, NotAllowed
from geo.model import Actor, DraftState, NewReport, Occupancy, Term
from geo.store import tables
from geo.store.store import Store
from tests import district, redrawn
from tests.district import METRIC, TESTER, District, lonlat

SECOND = Actor("second", "Second")
MIDDLE = redrawn.at(1, 1)  # the node that G00, G10, G01 and G11 share


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    return district.build(store, now)


class Town:
    """A district in which time passes with every write."""

    def __init__(self, here: District, now: datetime) -> None:
        self.desk, self.store, self.ids = here.desk, here.store, here.grid_ids
        self._now, self._refs = now, 0

    def clock(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    @property
    def moment(self) -> datetime:
        """When something was written last."""
        return self._now

    def rest(self, time: timedelta) -> None:
        """Nothing happens for a while."""
        self._now += time

    def do(self, verb: Callable[..., Any], *given: Any, **named: Any) -> Any:
        with self.desk.transaction(self.clock, TESTER) as tx:
            return verb(tx, *given, **named)

    def report(self, column: float, row: float, accuracy_m: float | None = None) -> int:
        """An issue at a place in grid units. Returns its id."""
        self._refs += 1
        at = position(*lonlat(column, row), "wgs84", accuracy_m)
        return int(self.do(file_report, NewReport("test", str(self._refs), position=at)).issue_id)

    def unit(self, column: float, row: float) -> int:
        self._refs += 1
        day = self._now.date()
        new = NewUnit(f"U{self._refs}", day, Term(Occupancy.LET, day), position(*lonlat(column, row), "wgs84"))
        written = self.do(write_units, [Sited(new, Spot(new.position), None)], None, spread=False)
        return int(written[0].unit_id)

    def draft(
        self, changes: Callable[[Any], dict[Key, GridRow | None]] | dict[Key, GridRow | None], **about: Any
    ) -> int:
        """A draft with one step, submitted."""
        draft_id = self.do(drafts.start, "a change", **about)
        step = changes(self.work(draft_id).grids) if callable(changes) else changes
        self.do(drafts.record, draft_id, "replace_grids", {}, step)
        publishing.submit(self.desk, draft_id, self.clock, TESTER)
        return int(draft_id)

    def publish(self, draft_id: int) -> publishing.Published:
        return publishing.publish(self.desk, draft_id, self.clock, SECOND)

    def work(self, draft_id: int) -> Any:
        with self.store.read() as conn:
            return load(conn, self.desk.atlas.shelf, draft_id)

    def sheet(self) -> Sheet:
        """The boundaries in force as somebody sees them who has seen nothing before."""
        with self.store.read() as conn:
            return Atlas(4549).sheets(conn)[0]

    def held(self, subject: str, subject_id: int) -> Any:
        """The assignment in force."""
        kept = tables.assignment.c
        query = select(tables.assignment).where(
            kept.subject == subject, kept.subject_id == subject_id, kept.to_at.is_(None)
        )
        with self.store.read() as conn:
            return conn.execute(query).one()

    def all_held(self) -> dict[int, Any]:
        with self.store.read() as conn:
            query = select(tables.assignment).where(tables.assignment.c.to_at.is_(None))
            return {row.id: row for row in conn.execute(query)}

    def code_of(self, subject: str, subject_id: int) -> str | None:
        sheet, grid_id = self.sheet(), self.held(subject, subject_id).grid_id
        return dict(zip(sheet.grid_ids.tolist(), sheet.codes.tolist(), strict=True)).get(grid_id)

    def sound(self) -> None:
        with self.store.read() as conn:
            assert checking.findings(conn, METRIC) == []


@pytest.fixture
def town(here: District, now: datetime) -> Town:
    return Town(here, now)


def eastward(grids: redrawn.Grids) -> dict[Key, GridRow | None]:
    """The middle node moves 80 m east: G00 and G01 gain from G10 and G11."""
    return redrawn.moved(grids, MIDDLE, redrawn.at(1.4, 1))


def test_a_shared_node_moves_and_what_lies_between_follows(town: Town) -> None:
    between, beside = town.report(1.15, 0.95), town.report(1.9, 0.5)
    unit = town.unit(1.1, 1.05)
    stays = town.held("issue", beside)
    done = town.publish(town.draft(eastward))
    assert (done.edition, done.changed, done.issues, done.units) == (2, 4, 1, 1)
    assert town.code_of("issue", between) == "G00"
    assert town.code_of("unit", unit) == "G01"
    assert town.held("issue", beside).id == stays.id
    with town.store.read() as conn:
        told = conn.execute(
            select(tables.event).where(tables.event.c.kind.in_(("issue.assigned", "unit.assigned")))
        ).all()
    assert {(e.kind, e.reason, e.grid_id, e.grid_id_before) for e in told} == {
        ("issue.assigned", "edition 2 of scheme primary", town.ids["G00"], town.ids["G10"]),
        ("unit.assigned", "edition 2 of scheme primary", town.ids["G01"], town.ids["G11"]),
    }
    assert town.held("issue", between).edition == 2
    town.sound()


def test_what_was_not_touched_is_identical_to_the_bit(town: Town) -> None:
    before = town.sheet()
    town.publish(town.draft(eastward))
    after = town.sheet()
    old = dict(zip(before.codes.tolist(), shapely.to_wkb(before.geoms).tolist(), strict=True))
    new = dict(zip(after.codes.tolist(), shapely.to_wkb(after.geoms).tolist(), strict=True))
    assert {code for code in old if old[code] != new[code]} == {"G00", "G01", "G10", "G11"}


def test_what_was_published_is_not_loaded_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks tell microseconds, stores keep milliseconds: it is the same edition."""
    draft = town.draft(eastward)
    town.rest(timedelta(microseconds=123_456))
    monkeypatch.setattr(Atlas, "_load", lambda *_: pytest.fail("loaded again"))
    town.publish(draft)
    with town.store.read() as conn:
        assert town.desk.atlas.sheets(conn)[0].edition == 2


def test_the_area_of_an_edition_is_exact(town: Town) -> None:
    """Kept by what changes; whatever is published it is that of all grids."""
    chance = random.Random(3)
    for number in range(4):
        town.publish(town.draft(lambda grids, n=number: redrawn.any_change(grids, chance, n), outline=True))
        with town.store.read() as conn:
            newest = select(tables.edition.c.area_mm2).order_by(tables.edition.c.number.desc()).limit(1)
            assert conn.execute(newest).scalar_one() == exact_area(town.sheet().geoms)


def test_closed_issues_keep_the_grid_that_answered_for_them(town: Town) -> None:
    issue_id = town.report(1.15, 0.95)
    town.do(close, issue_id, "done")
    held = town.held("issue", issue_id)
    assert town.publish(town.draft(eastward)).issues == 0
    assert town.held("issue", issue_id) == held


def test_a_doubt_that_somebody_settled_stays_settled_unless_a_boundary_near_it_moves(town: Town) -> None:
    far, near = town.report(1.001, 2.5, 5.0), town.report(1.001, 0.5, 5.0)
    for issue_id, grid in ((far, "G02"), (near, "G00")):
        town.do(confirm, issue_id, grid)
    settled = town.held("issue", far)
    town.publish(town.draft(eastward))
    assert town.held("issue", far) == settled
    assert (town.held("issue", near).confirmed_by, town.code_of("issue", near)) == (None, "G00")


def test_a_split_and_a_merge_have_a_lineage(town: Town) -> None:
    half = town.draft(lambda grids: redrawn.split(grids, redrawn.of_code(grids, "G11"), "G11-2"))
    town.publish(half)
    one = town.draft(lambda g: redrawn.merged(g, redrawn.of_code(g, "G00"), redrawn.of_code(g, "G01")))
    issue_id = town.report(0.5, 1.5)
    town.publish(one)
    with town.store.read() as conn:
        rows = conn.execute(select(tables.lineage).order_by(tables.lineage.c.edition)).all()
        codes = dict(conn.execute(select(tables.grid_version.c.grid_id, tables.grid_version.c.code)).all())
    told = [(r.edition, r.kind, codes[r.from_grid_id], codes[r.grid_id], r.area_m2, r.draft_id) for r in rows]
    assert told == [
        (2, "split", "G11", "G11-2", pytest.approx(20_000.0), half),
        (3, "merged", "G01", "G00", pytest.approx(40_000.0), one),
    ]
    assert town.code_of("issue", issue_id) == "G00"
    town.sound()


def test_only_what_lies_on_the_boundary_of_a_recoded_grid_is_decided_again(town: Town) -> None:
    """The lowest code wins on an edge, so two grids that change codes change hands there, and nowhere else."""
    on_edge, inside = town.report(1.0, 0.5), town.report(0.5, 0.5)
    x, y = redrawn.at(1.0, 0.5)
    exact = town.sheet().index.locate_one(x, y)
    held = {each: town.held("issue", each) for each in (on_edge, inside)}
    assert held[on_edge].grid_id == town.sheet().grid_ids[exact] == town.ids["G00"]
    town.publish(town.draft(lambda g: redrawn.recoded(redrawn.of_code(g, "G00"), redrawn.of_code(g, "G10"))))
    assert town.held("issue", on_edge).grid_id == town.ids["G10"]
    assert town.held("issue", inside) == held[inside]
    town.sound()


@pytest.mark.parametrize("seed", range(6))
def test_deciding_only_the_named_points_equals_deciding_all(town: Town, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(120):
        town.report(chance.uniform(-0.2, 3.2), chance.uniform(-0.2, 3.2), chance.choice([None, 3.0, 40.0, 120.0]))
    for column, row in ((1.0, 1.0), (1.0, 0.5), (2.0, 2.0), (0.0, 1.0)):
        town.report(column, row)
        town.unit(column, row)
    for number in range(5):
        draft_id = town.draft(lambda grids, n=number: redrawn.any_change(grids, chance, n), outline=True)
        before, rows = town.sheet(), town.all_held()
        done = town.publish(draft_id)
        after, held = town.sheet(), town.all_held()
        spots = [redeciding.spot_of(row) for row in rows.values()]
        pairs = zip(rows, assign(before, spots), assign(after, spots), strict=True)
        otherwise = {key for key, old, new in pairs if not redeciding._same(old, new)}
        assert rows.keys() - held.keys() == otherwise
        assert done.issues + done.units == len(otherwise)
        for row, new in zip(held.values(), assign(after, [redeciding.spot_of(r) for r in held.values()]), strict=True):
            assert (row.grid_id, row.queue, row.ambiguous) == (new.grid_id, new.queue, new.ambiguous)
        town.sound()


def test_the_sheet_that_a_publication_leaves_is_the_one_that_is_loaded(town: Town) -> None:
    chance = random.Random(7)
    for number in range(4):
        town.publish(town.draft(lambda grids, n=number: redrawn.any_change(grids, chance, n), outline=True))
        with town.store.read() as conn:
            kept, fresh = town.desk.atlas.sheets(conn)[0], Atlas(4549).sheets(conn)[0]
        assert kept.edition == fresh.edition == number + 2
        x, y = np.random.default_rng(number).uniform(-50, 650, (2, 2000))
        x, y = x + district.EAST, y + district.NORTH
        ids = [np.append(sheet.grid_ids, 0)[sheet.index.locate(x, y)] for sheet in (kept, fresh)]
        assert np.array_equal(*ids)


def mm(column: float, row: float) -> tuple[int, int]:
    """Whole millimetres of a place in grid units."""
    x, y = redrawn.at(column, row)
    return int(to_mm(x)), int(to_mm(y))


def test_a_draft_of_operations_is_published(town: Town) -> None:
    issue = town.report(1.15, 0.95)
    draft = town.do(drafts.start, "edit")
    for operation in (
        MoveNode(mm(1, 1), mm(1.4, 1)),
        SplitGrid("G11", (mm(1.4, 1), mm(2, 2)), ("G11-2",)),
        MergeGrids(("G20", "G21"), "G20"),
        Recode("G00", "A00"),
    ):
        town.do(draft_editing.edit, draft, operation)
    publishing.submit(town.desk, draft, town.clock, TESTER)
    done = publishing.publish(town.desk, draft, town.clock, SECOND)
    assert (done.edition, done.grids) == (2, 9)
    sheet = town.sheet()
    ids = dict(zip(sheet.codes.tolist(), sheet.grid_ids.tolist(), strict=True))
    assert ids["A00"] == town.ids["G00"] == town.held("issue", issue).grid_id
    assert ids["G20"] == town.ids["G20"]
    assert "G21" not in ids
    assert ids["G11-2"] not in town.ids.values()
    town.sound()


# -- who may, and when ------------------------------------------------------------------------------------------------


def test_a_second_person_publishes(town: Town) -> None:
    draft_id = town.draft(eastward)
    with pytest.raises(NotAllowed, match="a second person"):
        publishing.publish(town.desk, draft_id, town.clock, TESTER)
    assert publishing.publish(town.desk, draft_id, town.clock, TESTER, publishing.Authority(alone=True)).edition == 2


def test_what_is_not_submitted_is_not_published_and_twice_neither(town: Town) -> None:
    draft_id = town.do(drafts.start, "open")
    with pytest.raises(Conflict, match="submit it first"):
        town.publish(draft_id)
    with pytest.raises(Conflict, match="changes nothing"):
        publishing.submit(town.desk, draft_id, town.clock, TESTER)
    done = town.draft(eastward)
    town.publish(done)
    with pytest.raises(Conflict, match="published"):
        town.publish(done)


def test_a_draft_is_returned_with_a_comment_and_goes_on(town: Town) -> None:
    draft_id = town.draft(eastward)
    town.do(drafts.send_back, draft_id, "not so far")
    town.do(drafts.undo, draft_id)
    assert not town.work(draft_id).changes
    town.do(drafts.redo, draft_id)
    publishing.submit(town.desk, draft_id, town.clock, TESTER, "as agreed")
    assert town.publish(draft_id).edition == 2


def test_a_broken_draft_is_not_submitted(town: Town) -> None:
    draft_id = town.do(drafts.start, "torn")
    grids = town.work(draft_id).grids
    torn = redrawn.moved({town.ids["G00"]: redrawn.of_code(grids, "G00")}, MIDDLE, redrawn.at(1.4, 1))
    town.do(drafts.record, draft_id, "replace_grids", {}, torn)
    with pytest.raises(FaultyCoverage, match="overlap") as refusal:
        publishing.submit(town.desk, draft_id, town.clock, TESTER)
    assert {fault["kind"] for fault in refusal.value.details["faults"]} >= {"overlap"}


def test_the_outline_moves_only_where_the_draft_says_so(town: Town) -> None:
    corner = lambda grids: redrawn.moved(grids, redrawn.at(0, 0), redrawn.at(-0.1, -0.1))  # noqa: E731
    with pytest.raises(FaultyCoverage, match="the outline moves"):
        town.draft(corner)
    gone = lambda grids: {town.ids["G11"]: None}  # noqa: E731
    with pytest.raises(FaultyCoverage, match="a new hole"):
        town.draft(gone)
    assert town.publish(town.draft(corner, outline=True)).edition == 2


def test_a_draft_is_published_at_its_time(town: Town) -> None:
    draft_id = town.draft(eastward)
    at = town.clock() + timedelta(hours=1)
    publishing.schedule(town.desk, draft_id, at, town.clock, SECOND)
    assert publishing.publish_due(town.desk, town.clock) == []
    town._now = at
    ((number, done),) = publishing.publish_due(town.desk, town.clock)
    assert (number, done.edition) == (draft_id, 2)  # type: ignore[union-attr]
    with town.store.read() as conn:
        assert conn.execute(select(tables.edition.c.actor).where(tables.edition.c.number == 2)).scalar() == "second"


def test_what_cannot_be_published_at_its_time_is_returned(town: Town) -> None:
    late, first = town.draft(eastward), town.draft(eastward)
    at = town.clock() + timedelta(hours=1)
    publishing.schedule(town.desk, late, at, town.clock, SECOND)
    town.publish(first)
    town._now = at
    ((number, refusal),) = publishing.publish_due(town.desk, town.clock)
    assert number == late
    assert isinstance(refusal, Conflict)
    row = town.work(late).row
    assert row.state == DraftState.RETURNED
    assert "edition 2 changed grids" in row.comment


# -- others at the same time ------------------------------------------------------------------------------------------


def test_a_stale_draft_is_refused_with_what_changed(town: Town) -> None:
    first, second = town.draft(eastward), town.draft(lambda g: redrawn.moved(g, MIDDLE, redrawn.at(0.8, 1.2)))
    town.publish(first)
    with pytest.raises(Conflict, match="edition 2 changed grids") as refusal:
        town.publish(second)
    diff = refusal.value.details["grids"]
    assert sorted(each["code"] for each in diff) == ["G00", "G01", "G10", "G11"]
    assert diff[0]["base"]["area_m2"] != diff[0]["theirs"]["area_m2"] != diff[0]["ours"]["area_m2"]
    town.sound()


def test_drafts_that_touch_different_grids_both_publish(town: Town) -> None:
    first = town.draft(lambda g: redrawn.split(g, redrawn.of_code(g, "G00"), "A"))
    second = town.draft(lambda g: redrawn.split(g, redrawn.of_code(g, "G22"), "B"))
    assert (town.publish(first).edition, town.publish(second).edition) == (2, 3)
    assert sorted({"A", "B"} & set(town.sheet().codes)) == ["A", "B"]
    assert town.work(second).row.base_edition == 2
    town.sound()


def test_two_new_grids_of_one_code_are_a_conflict(town: Town) -> None:
    first = town.draft(lambda g: redrawn.split(g, redrawn.of_code(g, "G00"), "A"))
    second = town.draft(lambda g: redrawn.split(g, redrawn.of_code(g, "G22"), "A"))
    town.publish(first)
    with pytest.raises(Conflict, match="A"):
        town.publish(second)


def test_two_publications_at_once(town: Town) -> None:
    """One at a time, whichever is first; both where they touch different grids, and the same one once."""
    pair = [
        town.draft(lambda g, code=code: redrawn.split(g, redrawn.of_code(g, code), f"{code}-2"))
        for code in ("G00", "G22")
    ]
    outcomes: list[Any] = []

    def go(draft_id: int) -> None:
        try:
            outcomes.append(town.publish(draft_id).edition)
        except Conflict as refusal:
            outcomes.append(refusal)

    threads = [threading.Thread(target=go, args=(each,)) for each in (*pair, pair[0])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each for each in outcomes if isinstance(each, int)) == [2, 3]
    assert sum(isinstance(each, Conflict) for each in outcomes) == 1
    town.sound()


@pytest.mark.parametrize("seed", range(10))
def test_two_drafts_in_either_order_come_to_the_same_or_one_is_refused(
    store_factory: Callable[..., Store], now: datetime, seed: int
) -> None:
    outcomes = []
    for turned in (False, True):
        town, chance = Town(district.build(store_factory("gpkg"), now), now), random.Random(seed)
        pair = [town.draft(lambda g, n=n: redrawn.any_change(g, chance, n), outline=True) for n in (1, 2)]  # noqa: B023
        refused = None
        for draft_id in reversed(pair) if turned else pair:
            try:
                town.publish(draft_id)
            except Conflict:
                refused = draft_id
        town.sound()
        sheet = town.sheet()
        shapes = dict(zip(sheet.codes.tolist(), shapely.to_wkb(shapely.normalize(sheet.geoms)).tolist(), strict=True))
        outcomes.append((refused is not None, None if refused else shapes))
    assert outcomes[0] == outcomes[1]


def test_what_comes_between_the_plan_and_the_publication_is_decided_too(town: Town) -> None:
    draft_id = town.draft(eastward)
    with town.store.read() as conn:
        plan = planning.make(conn, town.desk.atlas, draft_id)
    late = town.report(1.15, 0.95)
    done = town.do(publishing._write, plan)
    assert done.issues == 1
    assert town.code_of("issue", late) == "G00"


def test_an_edition_is_taken_back_by_another(town: Town) -> None:
    issue_id = town.report(1.15, 0.95)
    shapes = dict(zip(town.sheet().codes, shapely.to_wkb(town.sheet().geoms), strict=True))
    town.publish(town.draft(eastward))
    merge = town.draft(lambda g: redrawn.merged(g, redrawn.of_code(g, "G20"), redrawn.of_code(g, "G21")))
    town.publish(merge)
    for number in (2, 3):
        back = town.do(drafts.start_taking_back, number)
        publishing.submit(town.desk, back, town.clock, TESTER)
        assert town.publish(back).edition == number + 2
    assert dict(zip(town.sheet().codes, shapely.to_wkb(town.sheet().geoms), strict=True)) == shapes
    assert town.held("issue", issue_id).grid_id == town.ids["G10"]
    town.sound()


def test_an_edition_that_others_built_on_is_not_taken_back(town: Town) -> None:
    town.publish(town.draft(eastward))
    town.publish(town.draft(lambda g: redrawn.moved(g, redrawn.at(1.4, 1), redrawn.at(1.2, 1.1))))
    with pytest.raises(Conflict, match="take these back first"):
        town.do(drafts.start_taking_back, 2)


# -- micro-grids and places -------------------------------------------------------------------------------------------


def test_micro_grids_stay_within_their_grid(town: Town, now: datetime) -> None:
    x, y = redrawn.at(1, 0)
    with town.store.write() as conn:
        version = tables.grid_version
        parent = conn.execute(select(version).where(version.c.code == "G10")).one()
        micro = conn.execute(
            tables.grid.insert().values(scheme_id=parent.scheme_id, level="micro_grid", created_at=now)
        ).inserted_primary_key[0]
        square = shapely.MultiPolygon([shapely.box(x, y, x + 100.0, y + 200.0)])
        conn.execute(
            version.insert().values(
                grid_id=micro, scheme_id=parent.scheme_id, level="micro_grid", code="G10-1", name="微", geom=square,
                area_id=parent.area_id, parent_grid_id=parent.grid_id, from_edition=1,
            )
        )  # fmt: skip
    town.publish(town.draft(eastward))
    with town.store.read() as conn:
        rows = conn.execute(select(version).where(version.c.code == "G10-1").order_by(version.c.from_edition)).all()
    assert [(row.from_edition, row.to_edition) for row in rows] == [(1, 2), (2, None)]
    grid = redrawn.of_code(town.work(1).grids, "G10").geom
    assert shapely.difference(rows[1].geom, grid).area < 0.5
    town.sound()


def test_parts_of_places_follow(town: Town) -> None:
    from geo.desk.place_parts import assign_places

    x, y = redrawn.at(1.2, 0.9)
    with town.store.write() as conn:
        place_id = conn.execute(
            tables.place.insert().values(code="P", kind="market", name="市场", geom=shapely.Point(x, y))
        ).inserted_primary_key[0]
    town.do(assign_places, [place_id])
    assert town.publish(town.draft(eastward)).places == 1
    part = tables.place_part
    with town.store.read() as conn:
        now_in = conn.execute(select(part.c.grid_id, part.c.edition).where(part.c.to_at.is_(None))).one()
    assert tuple(now_in) == (town.ids["G00"], 2)
