"""What each boundary operation does, and what it refuses, on a sheet of nine squares and what is cut from it."""

from __future__ import annotations

import pytest
import shapely

from geo.coverage.edit import Allowed, Edited, apply, check, still_faulty
from geo.coverage.faults import errors, placed
from geo.coverage.nodes import Coverage
from geo.coverage.operations import (
    DeleteNode,
    InsertNode,
    MergeGrids,
    MoveNode,
    Operation,
    Recode,
    ReplaceGrids,
    ReshapeEdge,
    Retire,
    SplitGrid,
    TransferArea,
)
from geo.coverage.shapes import Shape
from geo.crs import Metric
from geo.errors import BadInput, EditRefused

X, Y = 390_000_000, 3_206_000_000
SIDE = 10_000


def at(column: float, row: float) -> tuple[int, int]:
    """A position in squares of ten metres from the south-west corner of the sheet."""
    return round(X + column * SIDE), round(Y + row * SIDE)


def square(column: int, row: int) -> shapely.Polygon:
    corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
    return polygon(*corners)


def polygon(*corners: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(x / 1000.0, y / 1000.0) for x, y in (at(*corner) for corner in corners)])


def nine(**others: shapely.Geometry) -> Coverage:
    """Squares a1 to c3, columns a to c from the west, rows 1 to 3 from the south."""
    squares = {f"{'abc'[column]}{row + 1}": square(column, row) for row in range(3) for column in range(3)}
    return Coverage.build(squares | others)


def with_lake() -> Coverage:
    """The sheet without its middle."""
    return Coverage.build({code: geom for code, geom in nine().geometries().items() if code != "b2"})


def area(edited: Edited, *codes: str) -> float:
    return sum(edited.coverage[code].area for code in codes)


def assert_sound(coverage: Coverage, edited: Edited) -> None:
    """No errors, ground as before, undone to the bit."""
    assert not errors(edited.faults)
    geoms = list(edited.coverage.geometries().values())
    assert shapely.is_valid(geoms).all() and shapely.coverage_is_valid(geoms)
    assert edited.doubled_area_mm2 == 0
    assert not errors(check(coverage, edited.coverage))
    back = apply(edited.coverage, edited.inverse).coverage
    assert {code: geom.wkb for code, geom in back.geometries().items()} == {
        code: geom.wkb for code, geom in coverage.geometries().items()
    }
    assert back.changes() == {}


def refusal(coverage: Coverage, operation: Operation) -> str:
    with pytest.raises(EditRefused) as caught:
        apply(coverage, operation)
    return str(caught.value)


# -- nodes ----------------------------------------------------------------------------------------------------------


def test_a_node_moves_in_every_grid_that_shares_it():
    coverage = nine()
    edited = apply(coverage, MoveNode(at(1, 1), at(1.2, 1.1)))
    assert edited.touched == ("a1", "a2", "b1", "b2")
    assert all(edited.coverage.grids_at(at(1.2, 1.1)) == edited.touched for _ in range(1))
    assert edited.coverage.grids_at(at(1, 1)) == ()
    assert all(edited.coverage[code] is coverage[code] for code in coverage if code not in edited.touched)
    assert edited.faults == () and edited.lineage == {}
    assert_sound(coverage, edited)


def test_a_node_of_the_outline_moves_only_where_a_draft_may_do_so():
    coverage = nine()
    move = MoveNode(at(1, 0), at(1, -0.1))
    (fault,) = apply(coverage, move).faults
    assert (fault.kind, fault.severity, fault.codes) == ("outline_moved", "error", ("a1", "b1"))
    assert fault.area_m2 == 10.0 and "10000000 mm2) more" in fault.message
    assert check(coverage, apply(coverage, move).coverage) == [fault]
    (warning,) = apply(coverage, move, Allowed(outline=True)).faults
    assert warning.severity == "warning"
    (seen,) = placed([fault], Metric(4549))
    assert seen.lon is not None and "at lon" in seen.message


def test_an_outline_that_is_put_back_is_no_fault_any_more():
    coverage = nine()
    out = apply(coverage, MoveNode(at(1, 0), at(1, -0.1)))
    elsewhere = apply(out.coverage, MoveNode(at(2, 2), at(2.1, 2)))
    assert [fault.kind for fault in still_faulty(out.faults, elsewhere)] == ["outline_moved"]
    back = apply(elsewhere.coverage, MoveNode(at(1, -0.1), at(1, 0)))
    assert still_faulty(out.faults, back) == []


def test_a_bowtie_is_a_fault_with_a_place_until_it_is_mended():
    coverage = nine()
    broken = apply(coverage, MoveNode(at(1, 1), at(1.5, 2.5)))
    kinds = {fault.kind for fault in errors(broken.faults)}
    assert "invalid" in kinds or "overlap" in kinds
    assert all(fault.geometry is not None for fault in errors(broken.faults))
    assert errors(check(coverage, broken.coverage))
    mended = apply(broken.coverage, MoveNode(at(1.5, 2.5), at(1.1, 1.1)))
    assert still_faulty(broken.faults, mended) == []
    assert apply(broken.coverage, broken.inverse).coverage.changes() == {}


def test_nodes_that_cannot_move():
    assert "no grid has a node" in refusal(nine(), MoveNode(at(0.5, 0.5), at(1, 1)))
    assert "there already" in refusal(nine(), MoveNode(at(1, 1), at(1, 1)))
    assert "no length" in refusal(nine(), MoveNode(at(1, 1), at(2, 1)))
    with pytest.raises(BadInput, match="thousand kilometres"):
        apply(nine(), MoveNode(at(1, 1), (0, 0)))


def test_a_node_comes_into_every_grid_that_has_the_edge():
    coverage = nine()
    edited = apply(coverage, InsertNode((at(1, 1), at(1, 2)), at(1.1, 1.5)))
    assert edited.touched == ("a2", "b2")
    assert area(edited, "a2") == pytest.approx(105.0) and area(edited, "b2") == pytest.approx(95.0)
    assert_sound(coverage, edited)
    gone = apply(edited.coverage, DeleteNode(at(1.1, 1.5)))
    assert all(gone.coverage[code].equals(coverage[code]) for code in coverage)


def test_a_node_on_the_outline_moves_nothing():
    edited = apply(nine(), InsertNode((at(1, 0), at(2, 0)), at(1.5, 0)))
    assert edited.touched == ("b1",) and edited.faults == ()
    assert_sound(nine(), edited)


def test_nodes_that_cannot_come():
    assert "no grid has an edge" in refusal(nine(), InsertNode((at(1, 1), at(2, 2)), at(1.5, 1.5)))
    assert "no length" in refusal(nine(), InsertNode((at(1, 1), at(2, 1)), at(2, 1)))
    assert "would cross" in refusal(nine(), InsertNode((at(1, 1), at(1, 2)), at(2.5, 1.5)))


def test_nodes_that_cannot_go():
    assert "4 edges meet" in refusal(nine(), DeleteNode(at(1, 1)))
    assert "no grid has a node" in refusal(nine(), DeleteNode(at(1.5, 1.5)))
    triangle = Coverage.build({"t": polygon((0, 0), (1, 0), (0, 1))})
    assert "three nodes" in refusal(triangle, DeleteNode(at(0, 0)))


# -- edges ----------------------------------------------------------------------------------------------------------


def test_a_stretch_follows_a_new_line_in_both_grids():
    coverage = nine()
    edited = apply(coverage, ReshapeEdge((at(1, 1), at(1.3, 1.3), at(1.3, 1.6), at(1, 2))))
    assert edited.touched == ("a2", "b2")
    assert edited.coverage.grids_at(at(1.3, 1.3)) == ("a2", "b2")
    assert_sound(coverage, edited)
    back = apply(edited.coverage, ReshapeEdge((at(1, 2), at(1, 1))))
    assert all(back.coverage[code].equals(coverage[code]) for code in coverage)


def test_of_two_stretches_the_shorter_one_goes_or_the_one_that_is_named():
    island = Coverage.build({"i": polygon((0, 0), (1, 0), (1, 3), (0, 3))})
    line = (at(0, 0), at(0.5, -1), at(1, 0))
    assert apply(island, ReshapeEdge(line)).coverage["i"].equals(polygon((0, 0), (0.5, -1), (1, 0), (1, 3), (0, 3)))
    other = apply(island, ReshapeEdge(line, via=at(1, 3))).coverage["i"]
    assert other.equals(polygon((0, 0), (0.5, -1), (1, 0)))
    assert "does not lead over" in refusal(island, ReshapeEdge(line, via=at(7, 7)))


def test_stretches_that_cannot_be_replaced():
    assert "other edges meet" in refusal(nine(), ReshapeEdge((at(1, 1), at(0.5, 1.5), at(0, 2))))
    assert "no edge leads" in refusal(nine(), ReshapeEdge((at(0, 0), at(3, 3))))
    assert "no grid has a node" in refusal(nine(), ReshapeEdge((at(1, 1), at(1, 1.5))))
    assert "crosses or touches itself" in refusal(
        nine(), ReshapeEdge((at(1, 1), at(1.4, 1.8), at(1.4, 1.2), at(0.6, 1.8), at(1, 2)))
    )
    assert "runs like this" in refusal(nine(), ReshapeEdge((at(1, 1), at(1, 2))))
    assert "back to where it began" in refusal(nine(), ReshapeEdge((at(1, 1), at(1.5, 1.5), at(1, 1))))


# -- split ----------------------------------------------------------------------------------------------------------


def test_a_split_puts_its_ends_into_the_neighbours():
    coverage = nine()
    edited = apply(coverage, SplitGrid("b2", (at(0.9, 1.4), at(2.1, 1.4)), ("new",)))
    assert edited.touched == ("a2", "b2", "c2", "new")
    assert edited.lineage == {"b2": ("b2",), "new": ("b2",)}
    assert area(edited, "b2") == pytest.approx(60.0) and area(edited, "new") == pytest.approx(40.0)
    assert edited.coverage.grids_at(at(1, 1.4)) == ("a2", "b2", "new")
    assert edited.faults == ()
    assert_sound(coverage, edited)


def test_two_codes_are_those_of_the_left_and_the_right():
    edited = apply(nine(), SplitGrid("b2", (at(1, 1.4), at(1.5, 1.7), at(2, 1.4)), ("north", "b2")))
    assert edited.coverage["north"].covers(shapely.Point(polygon((1.1, 1.8), (1.9, 1.8), (1.5, 1.9)).centroid))
    assert "b2" in edited.coverage and edited.lineage == {"north": ("b2",), "b2": ("b2",)}


def test_a_cut_through_nodes_touches_no_neighbour():
    coverage = nine()
    edited = apply(coverage, SplitGrid("b2", (at(0.5, 0.5), at(2.5, 2.5)), ("new",)))
    assert edited.touched == ("b2", "new") and edited.faults == ()
    assert_sound(coverage, edited)


def test_a_cut_end_off_the_lattice_bends_the_edge_by_less_than_a_millimetre_and_says_so():
    coverage = Coverage.build(
        {"a": polygon((0, 0), (3.0007, 0), (2.0003, 1), (0, 1)), "b": polygon((2.0003, 1), (3.0007, 0), (4, 0), (4, 1))}
    )
    edited = apply(coverage, SplitGrid("a", (at(-1, 0.3331), at(3.5, 0.6)), ("new",)))
    (note,) = edited.faults
    assert (note.kind, note.severity, note.codes) == ("lattice_move", "warning", ("a", "b"))
    assert 0 < note.length_m < 0.001 and note.geometry is not None
    assert_sound(coverage, edited)
    alone = Coverage.build({"a": coverage["a"]})
    (bent,) = apply(alone, SplitGrid("a", (at(-1, 0.3331), at(3.5, 0.6)), ("new",))).faults
    assert (bent.kind, bent.severity) == ("outline_bent", "warning") and bent.area_m2 > 0


def test_a_cut_that_ends_at_a_node_of_the_grid_or_passes_one():
    corner = polygon((0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2))
    coverage = Coverage.build({"l": corner})
    edited = apply(coverage, SplitGrid("l", (at(-1, 1), at(1, 1)), ("new",)))
    assert sorted(round(area(edited, code)) for code in ("l", "new")) == [100, 200]
    assert_sound(coverage, edited)
    beyond = apply(coverage, SplitGrid("l", (at(-0.5, -0.5), at(3, 3)), ("new",)))  # over the inner corner and out
    assert beyond.coverage.grids_at(at(1, 1)) == ("l", "new")
    assert_sound(coverage, beyond)
    assert "along an edge" in refusal(coverage, SplitGrid("l", (at(-1, 1), at(3, 1)), ("new",)))
    valley = Coverage.build({"v": polygon((0, 0), (2, 0), (2, 2), (1, 1), (0, 2))})
    assert "3 pieces" in refusal(valley, SplitGrid("v", (at(-1, 1), at(3, 1)), ("new",)))


def test_a_ring_around_a_grid_is_cut_on_both_sides_at_once():
    ring = shapely.difference(polygon((0, 0), (3, 0), (3, 3), (0, 3)), square(1, 1))
    coverage = Coverage.build({"ring": ring, "core": square(1, 1)})
    edited = apply(coverage, SplitGrid("ring", (at(-1, 1.5), at(4, 1.5)), ("north", "south")))
    assert edited.touched == ("core", "north", "ring", "south")
    assert area(edited, "north") == pytest.approx(400.0)
    assert_sound(coverage, edited)


def test_parts_that_are_not_cut_stay_with_the_old_code():
    coverage = nine(b2=shapely.MultiPolygon([square(1, 1), square(5, 5)]))
    edited = apply(coverage, SplitGrid("b2", (at(0, 1.9), at(3, 1.9)), ("new",)))
    assert area(edited, "b2") == pytest.approx(190.0) and edited.coverage["new"].geom_type == "MultiPolygon"
    assert_sound(coverage, edited)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ((at(5, 5), at(6, 6)), "misses"),
        ((at(0.5, 1.5), at(1.5, 0.5)), "touches"),
        ((at(0.5, 1.5), at(1.5, 1.5)), "ends inside"),
        ((at(1.2, 1.5), at(1.5, 1.5)), "ends inside"),
        ((at(0.5, 1), at(2.5, 1)), "along an edge"),
        ((at(0.5, 1), at(1.5, 1), at(1.5, 2.5)), "along an edge"),
        ((at(0.5, 1.3), at(1.5, 1.3), at(1.5, 0.5), at(1.8, 0.5), at(1.8, 1.3), at(2.5, 1.3)), "3 pieces"),
        ((at(0.5, 1.5), at(1.5, 1.9), at(1.5, 1.1), at(1.4, 2.5)), "itself"),
    ],
)
def test_lines_that_do_not_split(line, says):
    assert says in refusal(nine(), SplitGrid("b2", line, ("new",)))


def test_a_line_to_a_hole_does_not_part_a_grid():
    ring = shapely.difference(polygon((0, 0), (3, 0), (3, 3), (0, 3)), square(1, 1))
    assert "does not part" in refusal(
        Coverage.build({"ring": ring}), SplitGrid("ring", (at(-1, 1.5), at(1.5, 1.5)), ("new",))
    )


def test_codes_that_cannot_be():
    line = (at(0, 1.5), at(3, 1.5))
    assert "another grid" in refusal(nine(), SplitGrid("b2", line, ("a1",)))
    assert "another grid" in refusal(nine(), SplitGrid("b2", line, ("b2",)))
    assert "one new code or two" in refusal(nine(), SplitGrid("b2", line, ("x", "y", "z")))
    assert "no grid 'z'" in refusal(nine(), SplitGrid("z", line, ("x",)))
    assert "another grid" in refusal(nine(), Recode("a1", "a2"))
    assert "no grid 'z'" in refusal(nine(), Recode("z", "y"))
    assert "another grid" in refusal(nine(), MergeGrids(("a1", "a2"), "b2"))


@pytest.mark.parametrize("odd", ["z9\u200b", "z9 ", "z" * 201], ids=["unseen", "blank", "long"])
def test_a_code_that_cannot_be_one_stays_where_it_is_and_comes_nowhere_else(odd):
    coverage = Coverage.build({"a": square(0, 0), odd: square(1, 0)})
    line = (at(0, 1.5), at(3, 1.5))
    for operation in (Recode("a1", odd), MergeGrids(("a1", "a2"), odd), SplitGrid("b2", line, (odd,))):
        with pytest.raises(EditRefused) as refused:
            apply(nine(), operation)
        assert refused.value.details["reason"] == "code_unusable" and refused.value.details["most"] == 200
    assert apply(coverage, Recode(odd, "b")).touched == tuple(sorted(("b", odd)))
    assert apply(coverage, MergeGrids(("a", odd), odd)).coverage[odd].area == 200.0
    assert apply(coverage, Retire(odd)).touched == (odd,)


# -- ground ---------------------------------------------------------------------------------------------------------


def test_a_merge_takes_away_what_lies_between():
    coverage = nine()
    edited = apply(coverage, MergeGrids(("a1", "a2", "b2"), "m"))
    assert edited.touched == ("a1", "a2", "b2", "m") and edited.lineage == {"m": ("a1", "a2", "b2")}
    assert area(edited, "m") == pytest.approx(300.0) and len(edited.coverage) == 7
    assert_sound(coverage, edited)


def test_a_merge_around_a_lake_keeps_the_lake():
    coverage = with_lake()
    edited = apply(coverage, MergeGrids(tuple(coverage), "a1"))
    assert len(edited.coverage["a1"].interiors) == 1
    assert_sound(coverage, edited)


def test_merges_that_cannot_be():
    assert "do not touch" in refusal(nine(), MergeGrids(("a1", "c3"), "a1"))
    assert "do not touch" in refusal(nine(), MergeGrids(("a1", "b2"), "a1"))  # a corner is no edge
    assert "takes two" in refusal(nine(), MergeGrids(("a1",), "a1"))
    allowed = apply(nine(), MergeGrids(("a1", "c3"), "a1"), Allowed(parts=True))
    assert len(allowed.coverage["a1"].geoms) == 2 and not errors(allowed.faults)


def test_an_area_goes_from_one_grid_to_another():
    coverage = nine()
    edited = apply(coverage, TransferArea("b2", "a2", (at(0.8, 1.2), at(1.3, 1.2), at(1.3, 1.7), at(0.8, 1.7))))
    assert edited.touched == ("a2", "b2") and edited.lineage == {"a2": ("b2", "a2")}
    assert area(edited, "a2") == pytest.approx(115.0) and area(edited, "b2") == pytest.approx(85.0)
    assert edited.coverage["a2"].geom_type == "Polygon"
    assert_sound(coverage, edited)


def test_an_area_along_the_edges_and_over_the_corner_goes_as_well():
    coverage = nine()
    edited = apply(coverage, TransferArea("b2", "b1", (at(1, 1), at(2, 1), at(2, 1.5), at(1, 1.5))))
    assert edited.touched == ("a2", "b1", "b2", "c2")
    assert area(edited, "b1") == pytest.approx(150.0)
    assert_sound(coverage, edited)


def test_a_part_that_an_area_takes_away_or_leaves_alone_is_told():
    coverage = nine()
    (fault,) = apply(coverage, TransferArea("b2", "a1", (at(1.2, 1.2), at(1.8, 1.2), at(1.5, 1.8)))).faults
    assert (fault.kind, fault.severity, fault.codes) == ("parts", "error", ("a1",))
    middle = TransferArea("b2", "b1", (at(1.4, 0.9), at(1.6, 0.9), at(1.6, 2.1), at(1.4, 2.1)))
    (fault,) = apply(coverage, middle).faults
    assert (fault.kind, fault.codes) == ("parts", ("b2",)) and fault.area_m2 == pytest.approx(40.0)
    assert [fault.severity for fault in apply(coverage, middle, Allowed(parts=True)).faults] == ["warning"]


EXCLAVE = TransferArea("b2", "a2", (at(4.5, 4.5), at(6.5, 4.5), at(6.5, 6.5), at(4.5, 6.5)))


def test_an_exclave_goes_whole():
    coverage = nine(b2=shapely.MultiPolygon([square(1, 1), square(5, 5)]))
    edited = apply(coverage, EXCLAVE)
    assert area(edited, "b2") == pytest.approx(100.0) and len(edited.coverage["a2"].geoms) == 2
    assert [fault.kind for fault in edited.faults] == ["parts"]  # of which this grid had one before
    assert not errors(apply(coverage, EXCLAVE, Allowed(parts=True)).faults)


def test_areas_that_cannot_go():
    triangle = (at(5, 5), at(6, 5), at(6, 6))
    assert "nothing of grid" in refusal(nine(), TransferArea("b2", "a2", triangle))
    everything = (at(0, 0), at(3, 0), at(3, 3), at(0, 3))
    assert "all of grid" in refusal(nine(), TransferArea("b2", "a2", everything))
    bowtie = (at(1, 1), at(1.5, 1.5), at(1.5, 1), at(1, 1.5))
    assert "no valid polygon" in refusal(nine(), TransferArea("b2", "a2", bowtie))
    assert "itself" in refusal(nine(), TransferArea("b2", "b2", triangle))
    assert "no grid 'z'" in refusal(nine(), TransferArea("b2", "z", triangle))


def test_a_code_changes_and_nothing_else():
    coverage = nine()
    edited = apply(coverage, Recode("b2", "z9"))
    assert edited.touched == ("b2", "z9") and edited.lineage == {"z9": ("b2",)}
    assert edited.coverage["z9"] is coverage["b2"] and edited.inverse == Recode("z9", "b2")
    assert_sound(coverage, edited)


def test_a_grid_that_goes_leaves_a_hole_or_less_outline():
    coverage = nine()
    (hole,) = apply(coverage, Retire("b2")).faults
    assert (hole.kind, hole.severity, hole.area_m2) == ("hole", "error", 100.0)
    (moved,) = apply(coverage, Retire("c3")).faults
    assert (moved.kind, moved.codes) == ("outline_moved", ("b3", "c2", "c3"))
    assert apply(coverage, Retire("b2"), Allowed(outline=True)).faults[0].severity == "warning"
    assert "last grid" in refusal(Coverage.build({"a": square(0, 0)}), Retire("a"))
    assert "last grid" in refusal(Coverage.build({"a": square(0, 0)}), ReplaceGrids.of({"a": None}))
    assert "no grid 'z'" in refusal(nine(), Retire("z"))


# -- files ----------------------------------------------------------------------------------------------------------


def test_grids_from_a_file():
    coverage = nine()
    halves = {"b2": polygon((1, 1), (2, 1), (2, 1.5), (1, 1.5)), "new": polygon((1, 1.5), (2, 1.5), (2, 2), (1, 2))}
    edited = apply(coverage, ReplaceGrids.of(halves))
    assert {fault.kind for fault in edited.faults} == {"unmatched_edge"}  # the neighbours lack the nodes of the cut
    assert edited.lineage == {"new": ("b2",)}
    beside = {
        "a2": polygon((0, 1), (1, 1), (1, 1.5), (1, 2), (0, 2)),
        "c2": polygon((2, 1), (3, 1), (3, 2), (2, 2), (2, 1.5)),
    }
    whole = apply(coverage, ReplaceGrids.of(halves | beside))
    assert_sound(coverage, whole)
    same = apply(coverage, ReplaceGrids.of({"b2": coverage["b2"]}))
    assert same.touched == () and same.coverage.changes() == {}


def test_a_node_twice_in_a_row_is_refused():
    """GEOS calls such a polygon valid, and its JSON form is refused."""
    ring = Shape.of(nine()["b2"]).parts[0][0]
    for doubled in ((ring[0], *ring), (*ring, ring[0])):
        with pytest.raises(BadInput, match="an edge of no length"):
            apply(nine(), ReplaceGrids({"b2": Shape(((doubled,),), multi=False)}))


def test_an_island_that_a_file_leaves_out_is_missed():
    coverage = nine(b2=shapely.MultiPolygon([square(1, 1), square(5, 5)]))
    edited = apply(coverage, ReplaceGrids.of({"b2": square(1, 1)}))
    (fault,) = edited.faults
    assert (fault.kind, fault.area_m2) == ("outline_moved", 100.0) and "less" in fault.message
    assert check(coverage, edited.coverage) == [fault]


def test_a_grid_over_others_and_a_gap_beside_it_are_told_apart():
    edited = apply(nine(), ReplaceGrids.of({"b2": polygon((1.2, 1), (2.2, 1), (2.2, 2), (1.2, 2))}))
    found = {fault.kind: fault for fault in edited.faults}
    assert found["overlap"].codes == ("b2", "c2") and found["overlap"].area_m2 == pytest.approx(20.0)
    assert found["hole"].area_m2 == pytest.approx(20.0)
    assert {fault.kind for fault in check(nine(), edited.coverage)} >= {"overlap", "hole"}


def test_what_a_file_cannot_bring():
    bowtie = polygon((1, 1), (2, 2), (2, 1), (1, 2))
    assert "no valid polygon" in refusal(nine(), ReplaceGrids.of({"b2": bowtie}))
    assert "no grid 'z'" in refusal(nine(), ReplaceGrids.of({"z": None}))
    with pytest.raises(BadInput, match="lattice"):
        ReplaceGrids.of({"b2": shapely.box(0, 0, 0.0005, 1)})
    with pytest.raises(BadInput, match="polygon"):
        ReplaceGrids.of({"b2": shapely.Point(0, 0)})


# -- coverages ------------------------------------------------------------------------------------------------------


def test_a_coverage_gives_back_what_it_was_built_of():
    coverage = nine()
    assert list(coverage) == list(coverage.geometries()) and len(coverage) == 9 and "b2" in coverage
    assert coverage.grids_at(at(1, 1)) == ("a1", "a2", "b1", "b2")
    with pytest.raises(BadInput, match="no grid 'z'"):
        coverage["z"]
    after = coverage.with_changes({"b2": None, "z": square(1, 1)})
    assert len(after) == 9 and "b2" not in after and list(after)[-1] == "z"
    assert after.changes() == {"b2": None, "z": square(1, 1)}


def test_many_changes_make_the_tree_anew_and_are_still_changes():
    coverage = nine()
    many = {f"n{number}": square(10 + number % 60, 10 + number // 60) for number in range(2_500)}
    after = coverage.with_changes(many)
    assert len(after) == 2_509 and after.grids_at(at(11, 11)) == ("n0", "n1", "n60", "n61")
    assert set(after.changes()) == set(many)
    assert after.with_changes(dict.fromkeys(many)).changes() == {}


@pytest.mark.parametrize(
    ("grids", "says"),
    [
        ({}, "no grids"),
        ({"a": shapely.Point(0, 0)}, "no polygon"),
        ({"a": shapely.box(0, 0, 0.0004, 1)}, "lattice"),
        ({"a": shapely.box(0, 0, 1, 1), "b": shapely.box(3e6, 0, 3e6 + 1, 1)}, "reach over"),
        ({"a": shapely.force_3d(shapely.box(0, 0, 1, 1), 5.0)}, "east and north"),
    ],
)
def test_what_is_no_coverage(grids, says):
    with pytest.raises(BadInput, match=says):
        Coverage.build(grids)
