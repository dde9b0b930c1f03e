"""Fixtures for tests of verbs."""

from __future__ import annotations

import pytest

from geo.desk.importing import Pace


@pytest.fixture
def two_rows_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports of reports and units commit after every second row."""
    monkeypatch.setattr(Pace, "FIRST", 2)
    monkeypatch.setattr(Pace, "MOST", 2)
