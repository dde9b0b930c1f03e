"""A real QGIS, 3.32 or later, edits a draft: ``make test-qgis``. Other tests replay its requests.

GRIDWARDEN_QGIS_PYTHON is the command of a Python that knows QGIS, ``python3`` if not said.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from api.accounts.file import accounts_path
from geo.rules.access import Role
from tests.api.gis_clients import edited_in_qgis
from tests.api.town import MARK
from tests.e2e.service import Service

pytestmark = pytest.mark.qgis


def test_it_moves_splits_and_merges(_pristine_towns: Callable[[str], str], tmp_path: Path) -> None:
    made, location = _pristine_towns("gpkg"), str(tmp_path / "store.gpkg")
    shutil.copy(made, location)
    shutil.copy(accounts_path(made), accounts_path(location))
    service = Service(location)
    service.start()
    with service.program(Role.GIS_EDITOR) as editor:
        draft = editor.post("/api/drafts", json={"title": "qgis", "outline": True}).json()["id"]
        told = edited_in_qgis(
            url=service.url, token=service.token(Role.GIS_EDITOR), layer=f"draft-{draft}", east=f"{MARK}-1"
        )
        after = editor.get(f"/api/drafts/{draft}").json()
    service.stop()
    assert told["crs"] == "EPSG:4549" and told["moved"] is None
    assert "another grid has the code W1 already" in told["split"]
    assert told["split with a code"] is None and told["pieces"] == ["W1", "W2", f"{MARK}-1"]
    assert told["merged"] is None and told["after"] == told["ids"]
    assert "households" in told["refused"]
    assert {each["code"]: each["change"] for each in after["changes"]} == {"W1": "reshaped", f"{MARK}-1": "reshaped"}
    assert {fault["severity"] for fault in after["faults"]} == {"warning"}  # the outline moves, as it may
