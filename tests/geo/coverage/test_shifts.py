"""Points that no changed edge reaches, in ground that did not change hands, are decided as before."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.index import GridIndex
from geo.coverage.shifts import Shift
from geo.rules.assign import EDGE_TOLERANCE_M, NEAREST_CAP_M, NEAREST_M, Decisions, decide
from tests.coverages import points_on
from tests.examples import examples
from tests.geo.coverage.test_changes import before_and_after


@st.composite
def situations(draw: st.DrawFn) -> tuple[dict, dict, np.ndarray, np.ndarray]:
    """Grids by code before and after, points where deciding is hard, and how exact they are said to be."""
    before, after, cells = draw(before_and_after())
    points = draw(st.lists(points_on(cells), min_size=1, max_size=30))
    accuracy = draw(st.lists(st.sampled_from([0.0, 0.3, 5.0, 60.0]), min_size=len(points), max_size=len(points)))
    return before, after, np.array(points), np.array(accuracy)


def answers(decisions: Decisions, codes: list[str]) -> list[Any]:
    """What a decision comes to, by codes."""
    return [
        (
            codes[row] if row >= 0 else None, method, queue, None if np.isnan(distance) else float(distance),
            tuple((codes[other], metres) for other, metres in near),
        )
        for row, method, queue, distance, near in zip(
            decisions.row, decisions.method, decisions.queue, decisions.distance_m, decisions.candidates, strict=True
        )
    ]  # fmt: skip


@given(situations())
@settings(max_examples=examples(150))
def test_what_comes_out_otherwise_is_among_the_points_concerned(
    found: tuple[dict, dict, np.ndarray, np.ndarray],
) -> None:
    before, after, points, accuracy = found
    if not before or not after:
        return
    changed = {code for code in before | after if before.get(code) is None or not _same(before[code], after.get(code))}
    shift = Shift.of(*({code: each[code] for code in changed if code in each} for each in (before, after)))
    x, y = points.T
    old, new = (GridIndex.from_arrays(list(each), list(each.values())) for each in (before, after))
    was, now = (answers(decide(index, x, y, accuracy), [str(code) for code in index.codes]) for index in (old, new))
    labels = [np.append(index.codes, "")[index.locate(x, y)] for index in (old, new)]
    outside = (labels[0] == "") | (labels[1] == "")
    reach = np.maximum(EDGE_TOLERANCE_M, accuracy)
    far = np.maximum(reach, np.minimum(np.maximum(NEAREST_M, accuracy), NEAREST_CAP_M))
    concerned = (labels[0] != labels[1]) | shift.within(x, y, np.where(outside, far, reach))
    otherwise = np.array([a != b for a, b in zip(was, now, strict=True)])
    assert not (otherwise & ~concerned).any()


def _same(a: Any, b: Any) -> bool:
    return b is not None and bool(a.equals_exact(b))
