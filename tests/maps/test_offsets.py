"""GCJ-02 is written twice, in Python and for the browser: the values that the browser's tests hold to are ours."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from geo.china_offsets import from_gps

FIXTURE = Path(__file__).parents[2] / "maps" / "frontend" / "test" / "gcj02.json"


def test_the_values_of_the_browsers_tests_are_those_of_the_service() -> None:
    """Written anew with ``json.dump``, were the formula ever to change: rows of lon, lat, and both in GCJ-02."""
    rows = np.array(json.loads(FIXTURE.read_text("utf-8")))
    assert len(rows) > 100
    x, y = from_gps(rows[:, 0], rows[:, 1], "gcj02")
    assert np.abs(np.stack([x, y], axis=1) - rows[:, 2:]).max() < 1e-12
    moved = (rows[:, :2] != rows[:, 2:]).any(axis=1)
    assert moved.any() and not moved.all()
