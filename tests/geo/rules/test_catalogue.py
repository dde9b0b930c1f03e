from __future__ import annotations

from datetime import UTC, datetime

import pytest

from geo.model import SlaClock
from geo.rules.catalogue import CATEGORIES, FALLBACK_LIMIT, MAIN_CLASSES
from geo.rules.due import due_at


def test_codes_are_unique_and_in_a_main_class() -> None:
    codes = [category.code for category in CATEGORIES]
    assert len(set(codes)) == len(codes)
    assert {category.main_class for category in CATEGORIES} == set(MAIN_CLASSES)
    assert all(category.name and category.name_en for category in CATEGORIES)


@pytest.mark.parametrize(
    ("name_en", "value", "clock"),
    [
        ("exposed refuse", 4, SlaClock.WORKING_HOURS),
        ("piled rubble", 2, SlaClock.WORKING_DAYS),
        ("dirty road", 2, SlaClock.WORKING_HOURS),
        ("illegal building", 15, SlaClock.WORKING_DAYS),
        ("street occupation", 2, SlaClock.WORKING_HOURS),
        ("badly parked vehicles", 2, SlaClock.WORKING_HOURS),
        ("illegal small ads", 1, SlaClock.WORKING_DAYS),
        ("construction nuisance", 4, SlaClock.WORKING_HOURS),
        ("road collapse", 2, SlaClock.CALENDAR_HOURS),
        ("flooded road", 2, SlaClock.CALENDAR_HOURS),
    ],
)
def test_limits_that_differ_from_the_usual_three_working_days(name_en: str, value: int, clock: SlaClock) -> None:
    found = next(category for category in CATEGORIES if category.name_en == name_en)
    assert (found.limit_value, found.limit_clock) == (value, clock) != FALLBACK_LIMIT


def test_every_limit_can_be_counted() -> None:
    opened = datetime(2024, 3, 4, 2, tzinfo=UTC)
    for category in CATEGORIES:
        assert due_at(opened, category.limit_value, category.limit_clock, "Asia/Shanghai") > opened
