"""The rows that a job's datum is judged by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from geo import bulk
from geo.bulk.gridset import GridSet
from geo.bulk.names import NameSet
from geo.desk.bulk_rows import first_pins
from tests.district import EAST, NORTH

ROWS, MOST = 100, 10


def test_they_are_spread_over_all_that_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file sorted by where its rows come from would else be judged by the first of these only."""
    monkeypatch.setattr("geo.desk.bulk_rows.MOST", MOST)
    rows = "".join(f"118.8,28.9,某路{n}号\n" for n in range(ROWS))
    (tmp_path / "rows.csv").write_text(f"lon,lat,where\n{rows}", "utf-8")
    box = shapely.box(EAST, NORTH, EAST + 100, NORTH + 100)
    grids = GridSet.of(["G"], ["网格"], np.array([box]), srid=4549, edition=None, title="")
    request = bulk.Request(tmp_path / "rows.csv", tmp_path / "out", "wgs84", lon="lon", lat="lat", address="where")
    pins = first_pins(bulk.prepare(request, grids, NameSet((), (), (), (), "")))
    lines = [pin.line for pin in pins]
    assert MOST / 2 <= len(lines) <= MOST
    assert len(set(np.diff(lines))) == 1
    assert lines[0] == 1 and lines[-1] > ROWS - 2 * ROWS / MOST
