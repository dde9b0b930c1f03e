"""Fixtures for tests of verbs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from geo.desk.importing import Pace
from geo.store.store import Store
from tests.geo.desk.office import Office


@pytest.fixture
def two_rows_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports of reports and units commit after every second row."""
    monkeypatch.setattr(Pace, "FIRST", 2)
    monkeypatch.setattr(Pace, "MOST", 2)


@pytest.fixture
def office(store: Store, now: datetime, tmp_path: Path) -> Office:
    return Office(store, now, tmp_path)


@pytest.fixture
def gpkg_office(store_factory: Callable[..., Store], now: datetime, tmp_path: Path) -> Office:
    return Office(store_factory("gpkg"), now, tmp_path)
