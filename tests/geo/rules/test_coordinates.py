"""Coordinates as people type and paste them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.rules.coordinates import Reading, readings


@pytest.mark.parametrize(
    "text",
    [
        "28.9686,118.8715",
        "118.8715,28.9686",
        "118.8715 28.9686",
        "  118.8715 ， 28.9686 ",
        "28.9686；118.8715",
        "N28.9686 E118.8715",
        "118.8715E28.9686N",
        "118.8715°, 28.9686°",
        "118°52'17.4\"E 28°58'6.96\"N",
        "118°52′17.4″E，28°58′6.96″N",
        "118°52'17.4''E 28°58'6.96''N",
        "东经118度52分17.4秒 北纬28度58分6.96秒",
        "118°52.29' 28°58.116'",
    ],
)
def test_one_place_in_many_spellings(text: str) -> None:
    (reading,) = readings(text)
    assert (reading.x, reading.y) == pytest.approx((118.8715, 28.9686), abs=1e-9)
    assert reading.in_degrees


def test_where_nothing_says_which_is_which_both_are_given() -> None:
    assert readings("40.7, -73.9") == [Reading(40.7, -73.9, True), Reading(-73.9, 40.7, True)]
    assert readings("40.7N 73.9W") == [Reading(-73.9, 40.7, True)]
    metres = readings("390004.754, 3206315.986")
    assert [(at.x, at.y, at.in_degrees) for at in metres] == [
        (390004.754, 3206315.986, False),
        (3206315.986, 390004.754, False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "", "天皇巷", "02", "02 03", "10-1", "2026-000123", "330802006005002", "1.5", "1.5.6", "118.8715",
        "118.87.15 28.96", "118°60'0\" 28°1'1\"", "E118.8 E28.9", "-118.8W 28.9", "181.5 91.5", "1.2 3.4 5.6",
        "118.8715 x 28.9686", "1" * 200,
    ],
)  # fmt: skip
def test_what_is_no_pair_is_not_read_as_one(text: str) -> None:
    assert readings(text) == []


@given(st.floats(90.001, 180), st.floats(-90, 90))
def test_what_is_written_is_read(lon: float, lat: float) -> None:
    for text in (f"{lon:.7f},{lat:.7f}", f"{lat:.7f} {lon:.7f}"):
        assert readings(text) == [Reading(float(f"{lon:.7f}"), float(f"{lat:.7f}"), True)]


@given(st.text("0123456789.,;°'\"NSEW+- 东经", max_size=30))
def test_any_reading_is_a_place_or_in_metres(text: str) -> None:
    for at in readings(text):
        assert at.in_degrees == (abs(at.x) <= 180 and abs(at.y) <= 90)
