"""A command imports what it needs and no more: help and mistakes of usage do not wait for geometry or a web server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api import exports
from api.cli_store import LAYERS
from tests.cli.commands import run

# Runs a command, then says which of these it has imported.
ASK = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps([name for name in json.loads(sys.argv[1]) if name in sys.modules])))
from api.cli import cli
cli(sys.argv[2:])
"""
HEAVY = ["sqlalchemy", "numpy", "shapely", "pandas", "pyproj", "pyogrio", "fastapi", "uvicorn", "folium", "httpx2"]


def imported(*arguments: str) -> list[str]:
    command = [sys.executable, "-c", ASK, json.dumps(HEAVY), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


USAGE = [("--help",), ("import", "reports"), ("user", "add", "--help"), ("init",), ("nothing",)]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_help_and_mistakes_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments) == []


def test_accounts_are_listed_without_tables_or_web_server(tmp_path: Path) -> None:
    store = str(tmp_path / "city.gpkg")
    assert run("init", store, "--metric-crs", "EPSG:4549").code == 0
    assert run("user", "add", "Ada", "--role", "commander", "--role", "auditor", "--store", store).code == 0
    loaded = imported("user", "list", "--store", store)
    assert not {"pandas", "pyogrio", "fastapi", "uvicorn", "folium"}.intersection(loaded)


def test_every_layer_can_be_named() -> None:
    assert set(LAYERS) == set(exports.LAYERS)
