"""An editor's operations on a draft: one step each, told with its faults, undone to the bit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import shapely
import shapely.affinity

from geo.coverage.operations import (
    DeleteNode,
    InsertNode,
    MergeGrids,
    MoveNode,
    Operation,
    Recode,
    ReshapeEdge,
    Retire,
    SplitGrid,
)
from geo.desk import draft_editing, drafts, publishing
from geo.desk.draft_checks import find_draft_faults
from geo.desk.draft_editing import Step, describe, edit, vertices, vertices_near
from geo.desk.draft_work import Work, load
from geo.errors import BadInput, Conflict, EditRefused, NotAllowed, NotFound, PreconditionFailed
from geo.model import Actor
from geo.rules.access import Extent
from geo.store.store import Store
from tests import district
from tests.district import EAST, METRIC, NORTH, SIDE, TESTER, District, lonlat


def mm(column: float, row: float) -> tuple[int, int]:
    """A position in grid units."""
    return round((EAST + column * SIDE) * 1000), round((NORTH + row * SIDE) * 1000)


class Editor:
    def __init__(self, here: District, now: datetime) -> None:
        self.here, self._now = here, now
        self.draft = self.do(drafts.start, "redrawn")

    def clock(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def do(self, verb: Any, *given: Any, **named: Any) -> Any:
        with self.here.desk.transaction(self.clock, TESTER) as tx:
            return verb(tx, *given, **named)

    def edit(self, operation: Operation, **named: Any) -> Step:
        step: Step = self.do(edit, self.draft, operation, **named)
        return step

    @property
    def work(self) -> Work:
        with self.here.store.read() as conn:
            return load(conn, self.here.desk.atlas.shelf, self.draft)

    def shapes(self) -> dict[str, bytes]:
        return {grid.code: grid.geom.wkb for grid in self.work.grids.values()}

    def table(self, *codes: str) -> dict[str, Any]:
        return vertices(self.work, METRIC, codes)


@pytest.fixture
def editor(store: Store, now: datetime) -> Editor:
    return Editor(district.build(store, now), now)


def test_a_node_takes_along_all_grids_that_share_it_and_undo_brings_the_bits_back(editor: Editor) -> None:
    before = editor.shapes()
    step = editor.edit(MoveNode(mm(1, 1), mm(1.2, 1.1)))
    assert (step.touched, step.faults, step.revision) == (("G00", "G01", "G10", "G11"), (), 1)
    with editor.here.store.read() as conn:
        assert [done["grids"] for done in drafts.steps(conn, editor.draft)] == [4]
    after = editor.shapes()
    assert {code for code in before if before[code] != after[code]} == set(step.touched)
    assert shapely.coverage_is_valid([grid.geom for grid in editor.work.grids.values()])
    assert {code: grid.geom.wkb for code, grid in zip(after, step.work.grids.values(), strict=True)} == after
    editor.do(drafts.undo, editor.draft)
    assert editor.shapes() == before and not editor.work.changes
    editor.do(drafts.redo, editor.draft)
    assert editor.shapes() == after


def test_what_it_leaves_broken_is_told_with_its_place_and_is_not_submitted(editor: Editor) -> None:
    step = editor.edit(MoveNode(mm(1, 1), mm(2.5, 1.5)))  # beyond the far side of G11
    assert step.faults
    assert all(fault.lon is not None and set(fault.codes) & set(step.touched) for fault in step.faults)
    with pytest.raises(BadInput):
        publishing.submit(editor.here.desk, editor.draft, editor.clock, TESTER)
    step = editor.edit(MoveNode(mm(2.5, 1.5), mm(1, 1)))
    assert step.faults == () and not editor.work.changes


def test_split_named_merged_and_recoded_grids_become_the_next_edition(editor: Editor) -> None:
    editor.edit(SplitGrid("G00", (mm(0.5, -0.1), mm(0.5, 1.1)), ("G00", "G00B")))
    assert editor.do(describe, editor.draft, "G00B", {"name": "东半"}).touched == ("G00B",)
    editor.edit(MergeGrids(("G20", "G21"), "G20"))
    editor.edit(Recode("G22", "G99"))
    work = editor.work
    by_code = {grid.code: grid for grid in work.grids.values()}
    assert by_code["G00B"].grid_id is None and by_code["G00B"].name == "东半"
    assert by_code["G00B"].area_id == by_code["G00"].area_id
    ids = editor.here.grid_ids
    assert by_code["G99"].grid_id == ids["G22"] and by_code["G20"].grid_id == ids["G20"]
    assert "G21" not in by_code and work.changes[ids["G21"]] is None
    publishing.submit(editor.here.desk, editor.draft, editor.clock, TESTER)
    publishing.publish(editor.here.desk, editor.draft, editor.clock, Actor("second", "Second"))
    with editor.here.store.read() as conn:
        grids = editor.here.desk.atlas.shelf.grids(conn, work.row.scheme_id, 2)
    assert sorted(grid.code for grid in grids.values()) == [
        "G00", "G00B", "G01", "G02", "G10", "G11", "G12", "G20", "G99",
    ]  # fmt: skip


def test_a_new_grid_is_edited_recoded_and_merged_away_again(editor: Editor) -> None:
    before = editor.shapes()
    editor.edit(SplitGrid("G11", (mm(0.9, 1.5), mm(2.1, 1.5)), ("NEW",)))
    editor.edit(Recode("NEW", "NEWER"))
    editor.edit(InsertNode((mm(1, 1.5), mm(2, 1.5)), mm(1.5, 1.4)))
    assert {"G11", "NEWER"} < set(editor.shapes()) and "NEW" not in editor.shapes()
    editor.edit(MergeGrids(("G11", "NEWER"), "G11"))
    assert set(editor.shapes()) == set(before)
    for _ in range(4):
        editor.do(drafts.undo, editor.draft)
    assert editor.shapes() == before


def test_what_makes_no_sense_is_refused_and_leaves_the_draft_as_it_was(editor: Editor) -> None:
    before = editor.shapes()
    for operation, error in (
        (MoveNode(mm(1.5, 1.5), mm(1, 1)), EditRefused),
        (SplitGrid("G00", (mm(5, 5), mm(6, 6)), ("N",)), EditRefused),
        (MergeGrids(("G00", "G22"), "G00"), EditRefused),
        (Recode("G00", "G01"), (BadInput, Conflict)),
        (Retire("nowhere"), BadInput),
    ):
        with pytest.raises(error):
            editor.edit(operation)
    with pytest.raises(BadInput, match="no grid 'nowhere'"):
        editor.do(describe, editor.draft, "nowhere", {"name": "x"})
    assert editor.shapes() == before and editor.work.row.revision == 0


def test_a_step_needs_the_revision_that_was_seen_and_the_areas_of_all_it_touches(editor: Editor) -> None:
    editor.edit(MoveNode(mm(1, 1), mm(1.1, 1)), revision=0)
    with pytest.raises(PreconditionFailed):
        editor.edit(MoveNode(mm(1, 2), mm(1.1, 2)), revision=0)
    with editor.here.store.read() as conn:
        path = conn.exec_driver_sql("SELECT path FROM area WHERE code = 'C0'").scalar_one()
    with pytest.raises(NotAllowed):  # G10 and G11 are of another community
        editor.edit(MoveNode(mm(1, 2), mm(1.1, 2)), extents=[Extent(path)])
    editor.edit(InsertNode((mm(0, 1), mm(1.1, 1)), mm(0.5, 1.1)), extents=[Extent(path)])  # between G00 and G01


def test_a_line_that_ends_on_the_border_to_others_is_refused_with_what_to_do(editor: Editor) -> None:
    """The node would be in their line, too. Their codes are not told: who asks may not see them."""
    editor.edit(MoveNode(mm(1, 1), mm(1.0837, 0.9711)))  # no node lies on the line of a slanting border to the bit
    with editor.here.store.read() as conn:
        path = conn.exec_driver_sql("SELECT path FROM area WHERE code = 'C0'").scalar_one()
    ours = [Extent(path)]
    for operation in (
        SplitGrid("G00", (mm(-0.1, 0.31), mm(1.2, 0.4)), ("N",)),
        SplitGrid("G01", (mm(-0.1, 1.5), mm(1.5, 1.5)), ("N",)),
        InsertNode((mm(1, 2), mm(1, 3)), mm(1, 2.5)),
    ):
        with pytest.raises(NotAllowed, match="end on a node that is there") as refusal:
            editor.edit(operation, extents=ours)
        assert refusal.value.details["reason"] == "border_with_others"
        at = refusal.value.details["at"]
        assert EAST + SIDE <= at[0] / 1000 <= EAST + 1.1 * SIDE
        told = f"{refusal.value} {refusal.value.details}"
        assert not [code for code in ("G10", "G11", "G12", "G20") if code in told]
    step = editor.edit(SplitGrid("G00", (mm(-0.1, 0.31), mm(1.0837, 0.9711)), ("N",)), extents=ours)
    assert "N" in step.touched and not {"G10", "G11"} & set(step.touched), "to a node that is there"


def test_what_changes_the_ground_of_others_says_only_that(editor: Editor) -> None:
    editor.edit(InsertNode((mm(1, 1), mm(1, 2)), mm(1, 1.5)))
    with editor.here.store.read() as conn:
        path = conn.exec_driver_sql("SELECT path FROM area WHERE code = 'C0'").scalar_one()
    for operation in (
        InsertNode((mm(1, 2), mm(1, 3)), mm(1.01, 2.5)),
        MoveNode(mm(1, 2), mm(1.1, 2)),
        DeleteNode(mm(1, 1.5)),
        ReshapeEdge((mm(1, 1), mm(1.1, 1.5), mm(1, 2))),
        Recode("G10", "X"),
        Retire("G10"),
    ):
        with pytest.raises(NotAllowed) as refusal:
            editor.edit(operation, extents=[Extent(path)])
        assert refusal.value.details == {"reason": "areas_of_others"}
        assert "G1" not in str(refusal.value)


def test_the_outline_moves_only_in_a_draft_that_says_so(editor: Editor) -> None:
    step = editor.edit(MoveNode(mm(0, 0), mm(-0.1, 0)))
    assert {fault.severity for fault in step.faults} == {"error"}
    editor.draft = editor.do(drafts.start, "wider", outline=True)
    step = editor.edit(MoveNode(mm(0, 0), mm(-0.1, 0)))
    assert "error" not in {fault.severity for fault in step.faults}


def test_vertices_that_grids_share_are_one_row_and_give_the_same_rings(editor: Editor) -> None:
    editor.edit(MoveNode(mm(1, 1), mm(1.2, 1.1)))
    table = editor.table("G00", "G01", "G10", "G11", "gone")
    assert len(table["nodes"]) == 9 and table["gone"] == ["gone"]
    assert [grid["changed"] for grid in table["grids"]] == [True] * 4
    work = {grid.code: grid.geom for grid in editor.work.grids.values()}
    for grid in table["grids"]:
        [[ring]] = grid["parts"]
        metres = [[table["nodes"][row][0] / 1000, table["nodes"][row][1] / 1000] for row in ring]
        assert shapely.MultiPolygon([shapely.Polygon(metres)]) == work[grid["code"]]
    shared = next(node for node in table["nodes"] if tuple(node[:2]) == mm(1.2, 1.1))
    assert shared[2:] == pytest.approx(lonlat(1.2, 1.1))


def test_vertices_come_for_a_view_and_not_for_more_than_can_be_edited(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    west, south = lonlat(0.4, 0.4)
    east, north = lonlat(0.6, 1.4)

    def near() -> list[str]:
        with editor.here.store.read() as conn:
            told = vertices_near(conn, editor.here.desk.atlas, editor.work, (west, south, east, north))
        return [grid["code"] for grid in told["grids"]]

    assert near() == ["G00", "G01"]
    monkeypatch.setattr(draft_editing, "MOST_GRIDS", 1)
    with pytest.raises(NotFound, match="2 grids lie there"):
        near()


def test_a_draft_stands_on_its_edition_and_costs_what_it_changes(editor: Editor) -> None:
    editor.edit(MoveNode(mm(1, 1), mm(1.2, 1.1)))
    with editor.here.store.read() as conn:
        shelf = editor.here.desk.atlas.shelf
        coverage = editor.work.coverage
        base = shelf.coverage(conn, editor.work.row.scheme_id, 1)
    assert set(coverage.changes()) == {"G00", "G01", "G10", "G11"}
    assert coverage["G22"] is base["G22"]


def test_the_list_of_a_draft_is_what_a_look_at_everything_finds(editor: Editor) -> None:
    """A node on another's edge that the other lacks; a grid torn off; a corner of the outline that moved."""
    grids = {grid.code: grid for grid in editor.work.grids.values()}
    on_edge = shapely.segmentize(grids["G00"].geom, SIDE / 2.0)
    moved = shapely.affinity.translate(grids["G21"].geom, -1.0, 0.0)
    changes = {grids[code].key: replace(grids[code], geom=geom) for code, geom in (("G00", on_edge), ("G21", moved))}
    editor.do(drafts.record, editor.draft, "replace_grids", {}, changes)
    editor.edit(MoveNode(mm(0, 0), mm(-0.1, -0.1)))
    with editor.here.store.read() as conn:
        near, whole = (find_draft_faults(conn, editor.work, METRIC, whole=whole) for whole in (False, True))
    named = [{(fault.kind, fault.codes, fault.severity, fault.message) for fault in found} for found in (near, whole)]
    assert named[0] == named[1]
    kinds = {fault.kind for fault in near}
    assert {"overlap", "outline_moved"} <= kinds and kinds & {"crossing", "unmatched_edge"}
