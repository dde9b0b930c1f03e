"""All ground that a grid has comes from somewhere, and all that it had went somewhere."""

from __future__ import annotations

from collections import defaultdict

import pytest
import shapely
from hypothesis import given, settings

from geo.coverage.descent import descents
from geo.model import LineageKind
from tests.examples import examples
from tests.geo.coverage.test_changes import before_and_after


@given(before_and_after())
@settings(max_examples=examples(80))
def test_areas_add_up(found: tuple) -> None:
    before, after, _ = found
    if not before or not after:
        return
    took, gave = defaultdict(float), defaultdict(float)
    for each in descents(before, after):
        took[each.taker] += each.area_m2
        gave[each.giver] += each.area_m2
        assert each.giver != each.taker
    for code in after.keys() - before.keys():
        assert took[code] == pytest.approx(after[code].area, rel=1e-6, abs=1e-3)
    for code in before.keys() - after.keys():
        assert gave[code] == pytest.approx(before[code].area, rel=1e-6, abs=1e-3)


LEFT, RIGHT, BOTH = shapely.box(0, 0, 5, 10), shapely.box(5, 0, 10, 10), shapely.box(0, 0, 10, 10)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"A": BOTH}, {"A": LEFT, "N": RIGHT}, [(LineageKind.SPLIT, "A", "N", 50.0)]),
        ({"A": BOTH}, {"M": LEFT, "N": RIGHT},
         [(LineageKind.SPLIT, "A", "M", 50.0), (LineageKind.SPLIT, "A", "N", 50.0)]),
        ({"A": LEFT, "B": RIGHT}, {"A": BOTH}, [(LineageKind.MERGED, "B", "A", 50.0)]),
        ({"A": LEFT, "B": RIGHT}, {"A": RIGHT, "B": LEFT},
         [(LineageKind.TRANSFERRED, "A", "B", 50.0), (LineageKind.TRANSFERRED, "B", "A", 50.0)]),
        ({"A": LEFT, "B": RIGHT}, {"A": LEFT}, [(LineageKind.RETIRED, "B", None, 50.0)]),
        ({"A": LEFT}, {"A": LEFT, "B": RIGHT}, [(LineageKind.CREATED, None, "B", 50.0)]),
        ({"A": LEFT}, {"A": LEFT}, []),
    ],
    ids=["split", "into two new", "merged", "exchanged", "retired", "created", "nothing"],
)  # fmt: skip
def test_kinds(before: dict, after: dict, told: list) -> None:
    assert [(each.kind, each.giver, each.taker, each.area_m2) for each in descents(before, after)] == told
