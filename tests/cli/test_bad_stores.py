"""Stores that cannot be used as they are: held, written by a stray program, on a full disk, too new, not there."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from sqlalchemy import insert

from geo.store import gpkg
from geo.store.store import Store
from geo.store.tables import schema_version
from tests.cli.commands import contents, environment, refused, run, serving
from tests.cli.conftest import EAST, SQUARE, Copy, write_geojson

OPTIONS = ("--datum", "wgs84", "--lon", "lon", "--lat", "lat", "--ref", "id", "--json")


def reports(path: Path, count: int = 10) -> Path:
    rows = (f"R{i},{118.801 + i / 1e6:.6f},28.905" for i in range(count))
    path.write_text("id,lon,lat\n" + "".join(f"{row}\n" for row in rows))
    return path


@pytest.fixture
def one(founded: Callable[[str, bool], str], copied: Copy) -> str:
    """A GeoPackage store with two grids."""
    return copied("gpkg", founded("gpkg", True))


# -- held by another process ------------------------------------------------------------------------------------------

HOLD = """
import sys
from geo.store.store import Store
with Store.open(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(location: str) -> Iterator[int]:
    """Another process has the store open to write, and no API. Yields its pid."""
    command = [sys.executable, "-c", HOLD, location]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other.pid
        other.communicate()  # its input ends, and so does it


def test_a_store_that_another_process_holds(one: str, tmp_path: Path) -> None:
    path = reports(tmp_path / "reports.csv")
    before = contents(one)
    with holding(one) as pid:
        says = [one, f"held by process {pid}", "wait until it is done, or stop it first"]
        refused("import", "reports", path, "--store", one, *OPTIONS, says=says)
        refused("import", "undo", "1", "--store", one, says=says)
        refused("serve", "--store", one, "--port", "0", says=says)
        # Reading, and the accounts beside it, are open to all.
        assert run("check", "--store", one).code == 0
        assert run("export", "grids", tmp_path / "grids.csv", "--store", one).code == 0
        assert run("backup", tmp_path / "copy.gpkg", "--store", one).code == 0
        assert run("user", "add", "Ada", "--store", one).code == 0
    assert contents(one) == before
    assert run("import", "reports", path, "--store", one, *OPTIONS).json["assigned"] == 10


def test_a_service_that_holds_the_store_takes_the_file_and_its_refusals_come_back(one: str, tmp_path: Path) -> None:
    path = reports(tmp_path / "reports.csv")
    with serving(one) as served:
        done = run("import", "reports", path, "--store", one, *OPTIONS)
        assert (done.json["assigned"], served.url in done.err) == (10, True)
        assert run("import", "undo", str(done.json["batch"]), "--store", one, "--json").json["undone"] == 10
        before = contents(one)
        bad = tmp_path / "bad.csv"
        bad.write_text("ID,x,y\n1,2,3\n")
        refused("import", "reports", bad, "--store", one, *OPTIONS, says=["bad.csv has no column 'lon', 'lat', 'id'"])
        east = [[lon - 0.002, lat] for lon, lat in EAST]
        grids = write_geojson(tmp_path / "grids.geojson", SQUARE, east)
        options = ("--store", one, "--code", "code", "--scheme", "second")
        refused("import", "grids", grids, *options, says=["overlap by", "at lon 118.8", "grids.geojson.faults.geojson"])
        assert (tmp_path / "grids.geojson.faults.geojson").exists()
        refused("serve", "--store", one, "--port", "0", says=[f"send changes to {served.url}"])
        assert contents(one) == before
        assert served.stop() == 0


def test_files_of_several_parts_reach_a_service_whole(
    founded: Callable[[str, bool], str], copied: Copy, tmp_path: Path
) -> None:
    store = copied("gpkg", founded("gpkg", False))
    grids = gpd.read_file(write_geojson(tmp_path / "grids.geojson", SQUARE, EAST))
    grids.to_file(tmp_path / "parts.shp")
    grids.to_file(tmp_path / "folder.gdb", driver="OpenFileGDB")
    with serving(store), closing(logged(grids, tmp_path / "logged.gpkg")):
        for scheme, name in enumerate(("parts.shp", "logged.gpkg", "folder.gdb")):
            options = ("--store", store, "--code", "code", "--scheme", str(scheme), "--json")
            assert run("import", "grids", tmp_path / name, *options).json["grids"] == 2


def logged(grids: gpd.GeoDataFrame, path: Path) -> sqlite3.Connection:
    """A GeoPackage whose last change is still in its log, as with one that QGIS has open. Returns who has it open."""
    gpd.GeoDataFrame(pd.concat([grids, grids.assign(code=["X1", "X2"])])).to_file(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        other.create_function(name, 1, lambda blob: 0)
    other.execute("DELETE FROM logged WHERE code LIKE 'X%'")
    return other


def test_a_service_that_is_gone_holds_nothing(one: str, tmp_path: Path) -> None:
    with serving(one) as served:
        served.process.kill()
        served.process.wait()
    done = run("import", "reports", reports(tmp_path / "reports.csv"), "--store", one, *OPTIONS)
    assert done.json["assigned"] == 10
    assert "A service holds" not in done.err


# -- written by a stray program ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM report",
        "UPDATE grid_version SET code = 'X'",
        "INSERT INTO area (code, name, level, path) VALUES ('X', 'X', 'community', '/X/')",
    ],
)
def test_a_stray_program_can_read_and_not_write(one: str, tmp_path: Path, statement: str) -> None:
    assert run("import", "reports", reports(tmp_path / "reports.csv"), "--store", one, *OPTIONS).code == 0
    before = contents(one)
    with closing(sqlite3.connect(one)) as stray:
        assert stray.execute("SELECT count(*) FROM grids").fetchone() == (2,)
        with pytest.raises(sqlite3.OperationalError, match=f"no such function: {gpkg.GUARD}"):
            stray.execute(statement)
    assert contents(one) == before
    assert run("check", "--store", one).code == 0


def test_a_stray_program_that_locks_the_file(one: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpkg, "BUSY_SECONDS", 0.1)
    path = reports(tmp_path / "reports.csv")
    before = contents(one)
    with closing(sqlite3.connect(one, isolation_level=None)) as stray:
        stray.execute("BEGIN IMMEDIATE")
        refused("import", "reports", path, "--store", one, *OPTIONS, says=[one, "busy with another change"])
        assert run("check", "--store", one).code == 0
        stray.execute("ROLLBACK")
    assert contents(one) == before
    assert run("import", "reports", path, "--store", one, *OPTIONS).json["assigned"] == 10


# -- a full disk ------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 4 MB of its own; without the right to mount one, the test is about a limit of SQLite."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        yield folder
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_keeps_whole_chunks_and_the_import_goes_on_later(
    one: str, small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = small_disk / "city.gpkg"
    shutil.copy(one, location)
    shutil.copy(f"{one}.accounts", f"{location}.accounts")
    path = reports(tmp_path / "reports.csv", 6_000)
    with monkeypatch.context() as limited:
        if not os.path.ismount(small_disk):
            limited.setattr(gpkg, "_prepare", limited_to(800, gpkg._prepare))
        says = [str(location), "no room left on the disk", "nothing of this change was kept"]
        refused("import", "reports", path, "--store", location, *OPTIONS, says=says)
        assert run("check", "--store", location).code == 0
        kept = contents(str(location))
        assert 0 < kept["report"] < 6_000
        assert kept["report"] == kept["issue"] == kept["issue_state"] == kept["assignment"]
    # With more room the same command goes on where it stopped.
    if os.path.ismount(small_disk):
        subprocess.run(["mount", "-o", "remount,size=100m", small_disk], check=True)
    done = run("import", "reports", path, "--store", location, *OPTIONS).json
    assert (done["rows"], done["assigned"], done["duplicates"]) == (6_000, 6_000, 0)
    assert contents(str(location))["report"] == 6_000
    assert run("check", "--store", location).code == 0


def limited_to(pages: int, prepare: Callable[..., None]) -> Callable[..., None]:
    """Connections to a database that may not grow beyond so many pages: SQLite then says that the disk is full."""

    def small(connection: sqlite3.Connection, *, write: bool) -> None:
        prepare(connection, write=write)
        connection.execute(f"PRAGMA max_page_count = {pages}")

    return small


# -- too new, not there, not a store ----------------------------------------------------------------------------------


def test_a_store_of_a_newer_gridwarden(city: str, tmp_path: Path) -> None:
    path = reports(tmp_path / "reports.csv")
    with Store.open(city) as store, store.write() as conn:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        conn.execute(insert(schema_version).values(version=99, name="of tomorrow", applied_at=moment))
    for command in (
        ("import", "reports", path, "--store", city, *OPTIONS),
        ("import", "undo", "1", "--store", city),
        ("check", "--store", city),
        ("export", "grids", tmp_path / "grids.csv", "--store", city),
        ("backup", tmp_path / "copy", "--store", city),
        ("serve", "--store", city, "--port", "0"),
    ):
        refused(*command, says=["has version 99", "update Gridwarden"])
    assert not (tmp_path / "grids.csv").exists()
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("import", "undo", "1"),
        ("check",),
        ("export", "grids", "grids.csv"),
        ("backup", "copy.gpkg"),
        ("serve", "--port", "0"),
    ],
)
def test_no_store_there_says_how_to_make_one(tmp_path: Path, command: tuple[str, ...]) -> None:
    location = tmp_path / "none.gpkg"
    refused(*command, "--store", location, says=[f"no store at {location}", "gridwarden init"])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_store(tmp_path: Path, one: str) -> None:
    text, foreign = tmp_path / "text.gpkg", tmp_path / "grids.gpkg"
    text.write_text("no database at all " * 100)
    assert run("export", "grids", foreign, "--store", one).code == 0
    content = foreign.read_bytes()
    refused("check", "--store", text, says=[f"{text} is damaged, or no GeoPackage"])
    refused("check", "--store", foreign, says=["not a store of Gridwarden", "gridwarden import"])
    refused("init", foreign, "--metric-crs", "EPSG:4549", says=[f"{foreign} exists already"])
    assert foreign.read_bytes() == content


def test_accounts_that_are_damaged(one: str, tmp_path: Path) -> None:
    accounts = Path(f"{one}.accounts")
    content = accounts.read_bytes()
    accounts.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    for command in (("user", "list"), ("import", "reports", reports(tmp_path / "r.csv"), *OPTIONS), ("serve",)):
        refused(*command, "--store", one, says=[f"{accounts} is damaged", "restore it from a backup"])
    assert contents(one)["report"] == 0
    accounts.write_bytes(content)
    assert run("user", "add", "Ada", "--store", one).code == 0


def test_a_database_that_does_not_answer() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))  # taken and not listened on: nobody answers there
        url = f"postgresql+psycopg://ada:secret@127.0.0.1:{unused.getsockname()[1]}/city"
        said = refused("check", "--store", url, says=["does not answer"])
    assert "secret" not in said


# -- a port in use ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_in_use(one: str, tmp_path: Path, command: str) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        new = tmp_path / "demo" / "kecheng.gpkg"
        store = one if command == "serve" else str(new)
        says = [f"Port {port} on 127.0.0.1", f"process {os.getpid()}", "--port"]
        refused(command, "--store", store, "--port", str(port), says=says)
    assert not new.parent.exists()  # refused before a minute of work
    assert run("check", "--store", one).code == 0
