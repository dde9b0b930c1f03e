"""The synthetic district as tests of the page use it: made once a run, copied for every service."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from api.accounts.file import accounts_path
from api.cli_base import open_desk
from api.cli_store import create
from sample_data.generate import district
from sample_data.load import load
from sample_data.model import District
from tests.once import locked, made_once

STORE = "district.gpkg"
GRIDS = 292
UNITS = 3_000
SEED = 1
EVERY = 10  # of the issues that were closed long ago, so many are left out for one that stays


def make(location: str, made: District) -> None:
    """A store at a location, with its accounts, that holds a district."""
    create(location, name=made.name, metric_srid=made.metric_srid, timezone=made.timezone, synthetic=True)
    with open_desk(location) as desk:
        load(desk, made, made.now)


def as_pages_show_it() -> District:
    """As pages are tested with it."""
    return _thinned(district(SEED, datetime.now(UTC), units=UNITS))


class Original:
    """A district and a GeoPackage of it, in a folder that all processes of a test run share."""

    def __init__(
        self, folder: Path, name: str = "district", generate: Callable[[], District] = as_pages_show_it
    ) -> None:
        self._made = folder / name
        self._pickle = folder / f"{name}.pickle"
        self._generate = generate

    def district(self) -> District:
        return made_once(self._pickle, self._generate)

    def copy_to(self, folder: Path) -> str:
        """A copy of the store with its accounts. Returns its location."""
        with locked(self._made):
            if not self._made.exists():
                making = self._made.with_name(f"{self._made.name}-making")
                making.mkdir()
                make(str(making / STORE), self.district())
                making.rename(self._made)
        location = str(folder / STORE)
        shutil.copy(self._made / STORE, location)
        shutil.copy(accounts_path(str(self._made / STORE)), accounts_path(location))
        return location


def _thinned(whole: District) -> District:
    """With every open issue and a few of the closed ones, which no map shows: a third of the time to load."""
    open_ones = [life for life in whole.issues if not life.steps or life.steps[-1].state.is_open]
    closed = [life for life in whole.issues if life.steps and not life.steps[-1].state.is_open]
    return replace(whole, issues=(*closed[::EVERY], *open_ones))
