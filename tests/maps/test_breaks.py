"""Class breaks are whole numbers in order, with zero apart."""

from __future__ import annotations

import itertools
import json

import pytest

from geo.rules.access import Capability
from maps.breaks import FIGURES


@pytest.mark.parametrize("figure", FIGURES["figures"], ids=lambda figure: figure["key"])
def test_breaks_leave_zero_apart_and_darken_with_work(figure: dict[str, object]) -> None:
    for breaks in (figure["grid"], figure["area"]):
        assert isinstance(breaks, tuple)
        assert len(breaks) == 5
        if breaks[0] > breaks[-1]:
            assert figure["percent"] and breaks[0] <= 100 and breaks[-1] > 0
            assert all(high > low for high, low in itertools.pairwise(breaks))
        else:
            assert breaks[0] == 1
            assert all(low < high for low, high in itertools.pairwise(breaks))
        if figure["percent"]:
            assert breaks == figure["grid"], "a percentage means the same everywhere"


def test_breaks_of_shares_are_those_of_the_design() -> None:
    breaks = {figure["key"]: figure["grid"] for figure in FIGURES["figures"] if figure["percent"]}
    assert breaks == {"overdue_share": (1, 11, 21, 36, 51), "on_time": (98, 95, 90, 80, 65)}
    assert FIGURES["fewest_rated"] == 5


def test_figures_are_ready_for_json_and_name_real_capabilities() -> None:
    told = json.loads(json.dumps(FIGURES))
    assert told["version"] == 2
    assert {Capability(figure["needs"]) for figure in told["figures"]} == {Capability.MAP_SEE, Capability.UNITS_COUNT}
    assert told["ranking"].keys() == {"overdue", "red_overdue", "oldest_days"}
