"""What is suggested for a torn draft: it puts the faults right, and says what it moves."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geo.coverage.edit import Allowed, Coverage, apply, check, from_json
from geo.coverage.faults import errors
from geo.coverage.lattice import doubled_area_mm2
from geo.coverage.nodes import array_of
from geo.coverage.operations import Mend, ReplaceGrids
from geo.coverage.shapes import Shape
from geo.coverage.suggesting import suggested
from geo.errors import BadInput, EditRefused
from tests import coverages
from tests.examples import examples

MOST_ROUNDS = 60
OF_DRAFTS = Allowed(warns_of_parts=True)


def squares(*, gap: int = 0, lap: int = 0) -> dict[str, shapely.Geometry]:
    """Two squares of 10 m side by side, torn by so many millimetres of the left one's edge."""
    edge = 10.0 + (lap - gap) / 1000.0
    return {"a": shapely.box(0, 0, edge, 10), "b": shapely.box(10, 0, 20, 10)}


def torn(**by: int) -> Coverage:
    return Coverage.build(squares()).with_changes({"a": squares(**by)["a"]})


def taken(coverage: Coverage) -> tuple[Coverage, float]:
    """After the first suggestion, and how much ground it says it moves."""
    found = errors(check(origin(coverage), coverage))
    each = next(filter(None, (suggested(coverage, fault, OF_DRAFTS, found) for fault in found)))
    assert len(each.operations) == 1
    told = json.loads(json.dumps(each.as_json()))
    edited = apply(coverage, from_json(told["operations"][0]))
    assert told["grids"] == list(edited.touched)
    return edited.coverage, each.area_m2


def origin(coverage: Coverage) -> Coverage:
    return Coverage.build(coverage.origin.geoms)


def test_a_neighbour_follows_what_was_drawn():
    for torn_by, edge in (({"gap": 500}, 9.5), ({"lap": 500}, 10.5)):
        mended, moved = taken(torn(**torn_by))
        assert mended["a"].equals(shapely.box(0, 0, edge, 10)) and mended["b"].equals(shapely.box(edge, 0, 20, 10))
        assert moved == 5.0
        assert not errors(check(origin(mended), mended))


def test_a_node_that_one_side_lacks_is_put_there_and_moves_nothing():
    coverage = Coverage.build(squares())
    with_node = shapely.Polygon([(0, 0), (10, 0), (10, 5.001), (10, 10), (0, 10)])
    mended, moved = taken(coverage.with_changes({"a": with_node}))
    assert moved == 0.0 and (10, 5.001) in list(mended["b"].exterior.coords)


def test_a_grid_with_a_code_that_cannot_be_one_is_mended_like_any_other():
    odd = {"a\u200b": squares()["a"], "b": squares()["b"]}
    coverage = Coverage.build(odd).with_changes({"a\u200b": squares(lap=500)["a"]})
    mended, _ = taken(coverage)
    assert not errors(check(origin(mended), mended))


def test_nothing_is_suggested_that_would_bring_another_error():
    """c gets a node by the mending, as if it began to overlap d thereby: on the lattice a cut edge bends a little."""
    above = {"c": shapely.box(0, 10, 20, 20), "d": shapely.box(20, 10, 30, 20)}
    torn_twice = {"a": squares(lap=500)["a"], "d": shapely.box(19.5, 10, 30, 20)}
    coverage = Coverage.build(squares() | above).with_changes(torn_twice)
    found = errors(check(origin(coverage), coverage))
    overlap = next(fault for fault in found if fault.codes == ("a", "b"))
    assert suggested(coverage, overlap, OF_DRAFTS, found)
    assert not suggested(coverage, overlap, OF_DRAFTS, [fault for fault in found if "d" not in fault.codes])


def test_what_was_left_out_is_given_to_a_neighbour_and_what_is_beyond_the_outline_to_nobody():
    coverage = Coverage.build(squares())
    out, _ = taken(coverage.with_changes({"a": shapely.box(-1, 0, 10, 10)}))
    back, _ = taken(coverage.with_changes({"a": shapely.box(1, 0, 10, 10)}))
    for mended in (out, back):
        assert mended["a"].equals(shapely.box(0, 0, 10, 10)) and not errors(check(coverage, mended))


def block(**others: shapely.Geometry | None) -> Coverage:
    """Four by three squares of 100 m, G00 reaching 10 m into G10, and others drawn so."""
    grids = {
        f"G{x}{y}": shapely.box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for x in range(4) for y in range(3)
    }
    return Coverage.build(grids).with_changes({"G00": shapely.box(0, 0, 110, 100), **others})


def test_ground_of_a_grid_left_out_on_purpose_is_given_to_nobody():
    mended = apply(block(G11=None), Mend(("G00", "G10"))).coverage
    assert mended["G00"].equals(shapely.box(0, 0, 110, 100)) and mended["G10"].equals(shapely.box(110, 0, 200, 100))


def test_nothing_is_mended_beside_a_grid_whose_line_crosses_itself_for_nobody_can_say_what_it_has():
    bowtie = shapely.Polygon([(100, 100), (200, 200), (200, 100), (100, 200)])
    with pytest.raises(EditRefused, match="'G11' is no valid polygon"):
        apply(block(G11=bowtie), Mend(("G00", "G10")))


@given(coverages.coverages(most_cells=3), st.integers(0, 2**32 - 1))
@settings(max_examples=examples(15), suppress_health_check=list(HealthCheck))
def test_after_all_suggestions_a_torn_draft_is_whole_again_and_no_ground_is_lost(area, seed):
    whole = Coverage.build(dict(zip(area.codes, area.geoms, strict=True)))
    coverage = torn_at_random(whole, np.random.default_rng(seed))
    for _ in range(MOST_ROUNDS):
        found = errors(check(whole, coverage, OF_DRAFTS))
        if not found:
            break
        offered = [each for fault in found if (each := suggested(coverage, fault, OF_DRAFTS, found))]
        assert offered, found
        edited = apply(coverage, offered[0].operations[0])
        assert_undone(coverage, edited)
        coverage = edited.coverage
    left = check(
        whole, coverage, OF_DRAFTS
    )  # where an outer line is cut off the lattice, it bends by less than a millimetre
    assert not errors(left)
    bent = sum(fault.area_m2 or 0.0 for fault in left if fault.kind == "outline_bent")
    assert abs(doubled(coverage) - doubled(whole)) <= round(2e6 * bent)


def torn_at_random(coverage: Coverage, rng: np.random.Generator) -> Coverage:
    """A node or two moved in one grid each, as a file without topological editing has them."""
    codes = list(coverage)
    for code in map(str, rng.permutation(codes)[:2]):
        shape = Shape.of(coverage[code])
        nodes = sorted(shape.nodes())
        at = nodes[rng.integers(len(nodes))]
        to = at[0] + int(rng.integers(-30, 31)), at[1] + int(rng.integers(-30, 31))
        moved = shape.with_rings(lambda ring, at=at, to=to: tuple(to if node == at else node for node in ring))
        try:
            coverage = apply(coverage, ReplaceGrids({code: moved})).coverage
        except BadInput:
            continue
    assume(coverage.changes())
    return coverage


def assert_undone(coverage: Coverage, edited) -> None:
    back = apply(edited.coverage, edited.inverse).coverage
    assert all(back[code].wkb == coverage[code].wkb for code in coverage)


def doubled(coverage: Coverage) -> int:
    return sum(doubled_area_mm2(array_of(coverage.geometries().values())))
