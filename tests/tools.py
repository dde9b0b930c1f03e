"""Programs that some tests need and a machine may lack, by the mark of those tests."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

from tests import postgis_server
from tests.api.gis_clients import qgis_python

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@cache
def missing(mark: str) -> str | None:
    """What tests with this mark need and this machine lacks; None where nothing is missing."""
    if mark == "postgis":
        return None if postgis_server.programs() else "PostgreSQL with PostGIS (Debian: postgresql, postgis)"
    if mark == "browser":
        if not any(map(shutil.which, CHROMIUM)):
            return "Chromium (Debian: chromium)"
        if not _chinese_fonts():
            return "Chinese fonts (Debian: fonts-noto-cjk)"
    if mark == "qgis" and _qgis_version() < 33200:
        return "QGIS 3.32 or later (Debian: qgis, python3-qgis; see GRIDWARDEN_QGIS_PYTHON)"
    return None


def _qgis_version() -> int:
    script = "from qgis.core import Qgis; print(Qgis.QGIS_VERSION_INT)"
    done = subprocess.run([*qgis_python(), "-c", script], capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 else 0


def _chinese_fonts() -> bool:
    program = shutil.which("fc-list")
    if program is None:
        return False
    return bool(subprocess.run([program, ":lang=zh-cn", "family"], capture_output=True, check=True).stdout.strip())
