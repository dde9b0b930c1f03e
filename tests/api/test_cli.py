"""The command line on both stores: what it prints, how it refuses, and that it goes through a service that runs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from click.testing import CliRunner, Result

from api.cli import cli
from api.settings import Settings

SQUARE = [[118.80, 28.90], [118.81, 28.90], [118.81, 28.91], [118.80, 28.91], [118.80, 28.90]]
EAST = [[lon + 0.01, lat] for lon, lat in SQUARE]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def summary(*arguments: str) -> dict[str, Any]:
    """The JSON object that a command prints, and nothing else, on stdout."""
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def write_grids(folder: Path, *rings: list[list[float]]) -> Path:
    features = [
        {"type": "Feature", "properties": {"code": f"G{i}"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for i, ring in enumerate(rings, start=1)
    ]
    path = folder / "grids.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def write_reports(folder: Path) -> Path:
    path = folder / "reports.csv"
    rows = ["id,lon,lat", "1,118.805,28.905", "2,118.815,28.905", "3,119.5,28.9", "4,,", "5,many,28.9", "1,118.8,28.9"]
    path.write_text("\n".join(rows) + "\n")
    return path


REPORT_OPTIONS = ("--datum", "wgs84", "--lon", "lon", "--lat", "lat", "--ref", "id")
COUNTS = {"rows": 6, "assigned": 2, "nearest": 0, "placed": 0, "outside": 1, "no_location": 1, "ambiguous": 0}


@pytest.fixture
def city(kind: str, new_location: Callable[[str], str], tmp_path: Path) -> str:
    """A store of each kind with two grids."""
    location = new_location(kind)
    summary("init", location, "--metric-crs", "EPSG:4549", "--name", "柯城")
    assert summary("import", "grids", str(write_grids(tmp_path, SQUARE, EAST)), "--store", location, "--code", "code")
    return location


def test_reports_are_imported_undone_and_imported_again(city: str, tmp_path: Path) -> None:
    file = str(write_reports(tmp_path))
    first = summary("import", "reports", file, "--store", city, *REPORT_OPTIONS)
    assert first.items() >= (COUNTS | {"rejected": 1, "duplicates": 1}).items()
    rejects = (tmp_path / "reports.csv.rejects.csv").read_text()
    assert rejects.startswith("line,ref,reason\n6,5,") and "many" in rejects
    again = summary("import", "reports", file, "--store", city, *REPORT_OPTIONS)
    assert (again["assigned"], again["duplicates"]) == (0, 5)
    assert summary("import", "undo", str(first["batch"]), "--store", city)["undone"] == 4
    assert summary("import", "reports", file, "--store", city, *REPORT_OPTIONS).items() >= COUNTS.items()
    assert summary("check", "--store", city)["sound"]


def test_faulty_grids_are_listed_and_laid_beside(kind: str, new_location: Callable[[str], str], tmp_path: Path) -> None:
    location = new_location(kind)
    summary("init", location, "--metric-crs", "EPSG:4549")
    overlapping = [[lon - 0.002, lat] for lon, lat in EAST]
    done = run(
        "import", "grids", str(write_grids(tmp_path, SQUARE, overlapping)), "--store", location, "--code", "code"
    )
    assert done.exit_code == 1
    assert "overlap" in done.stderr and done.stdout == ""
    beside = json.loads((tmp_path / "grids.geojson.faults.geojson").read_text())
    assert beside["features"]
    assert summary("import", "grids", str(write_grids(tmp_path, SQUARE)), "--store", location, "--code", "code")["rows"]


def test_a_missing_column_names_those_there_are(city: str, tmp_path: Path) -> None:
    options = ("--datum", "wgs84", "--lon", "longitude", "--lat", "lat", "--ref", "id")
    done = run("import", "reports", str(write_reports(tmp_path)), "--store", city, *options)
    assert done.exit_code == 1
    assert "longitude" in done.stderr and "id" in done.stderr and "Traceback" not in done.stderr


def test_usage_mistakes_exit_with_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRIDWARDEN_STORE", raising=False)
    assert run("import", "reports", str(write_reports(tmp_path)), "--store", "x").exit_code == 2
    assert run("check").exit_code == 2
    assert run("nothing").exit_code == 2


def test_no_store_is_a_refusal(tmp_path: Path) -> None:
    done = run("check", "--store", str(tmp_path / "none.gpkg"))
    assert done.exit_code == 1 and "none.gpkg" in done.stderr


@pytest.mark.parametrize("crs", ["EPSG:2263", "EPSG:4326", "EPSG:999999", "nonsense"])
def test_a_crs_that_cannot_measure_is_refused(tmp_path: Path, crs: str) -> None:
    done = run("init", str(tmp_path / "a.gpkg"), "--metric-crs", crs)
    assert done.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = run("init", str(tmp_path / "a.gpkg"), "--metric-crs", "EPSG:4549", "--timezone", "Asia/Quzhou")
    assert done.exit_code == 1 and "Asia/Quzhou" in done.stderr


def test_a_backup_is_a_store_of_its_own(
    city: str, kind: str, tmp_path: Path, new_location: Callable[[str], str]
) -> None:
    summary("user", "add", "值班员", "--store", city)
    copy, again = tmp_path / "copy", new_location(kind)
    summary("backup", str(copy), "--store", city)
    assert (tmp_path / "copy.accounts").stat().st_mode & 0o777 == 0o600
    assert run("backup", str(copy), "--store", city).exit_code == 1
    assert summary("restore", str(copy), again)["name"] == "柯城"
    assert summary("check", "--store", again)["sound"]
    assert [account["name"] for account in summary("user", "list", "--store", again)["accounts"]] == ["值班员"]


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet", "csv"])
def test_layers_are_exported(city: str, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out.{suffix}"
    assert summary("export", "grids", str(target), "--store", city)["rows"] == 2
    assert target.stat().st_size > 100
    assert run("export", "grids", str(target), "--store", city).exit_code == 1


def test_accounts_are_granted_and_revoked(city: str) -> None:
    summary("user", "add", "网格员", "--store", city)
    grant = summary("user", "grant", "网格员", "grid_worker", "--to", "2030-01-01", "--store", city)["grant"]
    token = summary("user", "token", "网格员", "--label", "phone", "--store", city)
    assert token["token"].startswith("gwt_")
    assert "/sign-in#gwl_" in summary("user", "link", "网格员", "--store", city)["link"]
    assert summary("user", "source", "网格员", " 随手拍 ", "--store", city) == {"source": "随手拍", "account": "网格员"}
    assert run("user", "source", "网格员", " ", "--store", city).exit_code == 1
    assert summary("user", "list", "--store", city)["accounts"][0]["sources"] == ["source 随手拍"]
    [account] = summary("user", "list", "--store", city)["accounts"]
    assert len(account["grants"]) == len(account["tokens"]) == 1
    summary("user", "revoke", "--grant", str(grant), "--store", city)
    summary("user", "revoke", "--token", str(token["id"]), "--store", city)
    [account] = summary("user", "list", "--store", city)["accounts"]
    assert account["grants"] == account["tokens"] == []
    assert run("user", "grant", "网格员", "king", "--store", city).exit_code == 2
    assert run("user", "grant", "网格员", "commander", "--area", "999", "--store", city).exit_code == 1


def test_an_account_is_added_with_its_roles(city: str) -> None:
    made = summary("user", "add", "Duty desk", "--role", "dispatcher", "--role", "auditor", "--store", city)
    assert (made["roles"], made["area"]) == ("dispatcher, auditor", "everywhere")
    [account] = summary("user", "list", "--store", city)["accounts"]
    assert [grant.split(": ")[1].split()[0] for grant in account["grants"]] == ["dispatcher", "auditor"]
    root = summary("user", "add", "Root desk", "--role", "commander", "--area", "root", "--store", city)
    assert root["area"] == "root"


def test_an_account_that_cannot_be_granted_its_roles_is_not_added(city: str) -> None:
    assert run("user", "add", "Ada", "--role", "commander", "--area", "999", "--store", city).exit_code == 1
    assert run("user", "add", "Ada", "--role", "king", "--store", city).exit_code == 2
    assert run("user", "add", "Ada", "--area", "999", "--store", city).exit_code == 2
    assert summary("user", "list", "--store", city)["accounts"] == []


def test_a_wall_screen_is_one_command(city: str) -> None:
    bare = summary("user", "wall", "大屏", "--url", "http://map.example.org/", "--store", city)
    assert bare["link"].startswith("http://map.example.org/sign-in?wall=1#gwt_")
    summary("user", "wall", "Lobby", "--names", "--store", city)
    found = {account["name"]: account for account in summary("user", "list", "--store", city)["accounts"]}
    assert [found[name]["grants"][0].split(" from ")[0] for name in ("大屏", "Lobby")] == [
        "grant 1: kiosk everywhere", "grant 2: kiosk_named everywhere",
    ]  # fmt: skip
    assert found["大屏"]["tokens"] == [f"token {bare['id']}: wall screen"]
    assert run("user", "wall", "Foyer", "--area", "999", "--store", city).exit_code == 1
    assert len(summary("user", "list", "--store", city)["accounts"]) == 2


# -- serving ----------------------------------------------------------------------------------------------------------


@contextmanager
def serving(location: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A service in a process of its own, on a free port; its URL once it listens."""
    with (folder / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "--store", location, "--port", "0"],
            stderr=subprocess.PIPE, stdout=log, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if "Serving on " in line:
                    break
            else:
                raise AssertionError(f"the service ended with {process.wait()}")
            yield line.rsplit(" ", 1)[1].strip(), process
        finally:
            process.kill()
            process.communicate()


def test_commands_go_through_a_service_that_holds_the_store(city: str, kind: str, tmp_path: Path) -> None:
    with serving(city, tmp_path) as (url, process):
        assert httpx2.get(f"{url}/readyz").json()["ready"]
        done = run("import", "reports", str(write_reports(tmp_path)), "--store", city, *REPORT_OPTIONS, "--json")
        assert done.exit_code == 0, done.stderr
        assert ("A service holds the store" in done.stderr) == (kind == "gpkg")
        first = json.loads(done.stdout)
        assert first.items() >= COUNTS.items()
        refused = run(
            "import", "reports", str(write_reports(tmp_path)), "--store", city, "--datum", "mars", *REPORT_OPTIONS[2:]
        )
        assert refused.exit_code == 1 and "mars" in refused.stderr
        assert summary("import", "undo", str(first["batch"]), "--store", city)["undone"] == 4
        assert summary("check", "--store", city)["sound"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_open_streams_do_not_hold_up_the_end(city: str, tmp_path: Path) -> None:
    summary("user", "add", "a", "--store", city)
    summary("user", "grant", "a", "commander", "--store", city)
    token = summary("user", "token", "a", "--store", city)["token"]
    with serving(city, tmp_path) as (url, process), httpx2.Client(timeout=30) as client:
        with client.stream("GET", f"{url}/map/events", headers={"authorization": f"Bearer {token}"}) as stream:
            lines = stream.iter_lines()
            assert any(line == "event: hello" for line in lines)
            process.send_signal(signal.SIGINT)
            assert [line for line in lines if line.startswith("event:")] == []
        assert process.wait(30) == 0


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_a_change_reaches_a_stream_whole(city: str, tmp_path: Path, version: str) -> None:
    """HTTP/1.0 has no chunks: its streams go the long way."""
    summary("user", "add", "a", "--store", city)
    for role in ("commander", "intake"):
        summary("user", "grant", "a", role, "--store", city)
    token = summary("user", "token", "a", "--store", city)["token"]
    headers = {"authorization": f"Bearer {token}"}
    body = {"source": "s", "source_ref": "1", "category": "0102", "datum": "wgs84", "lon": 118.87, "lat": 28.96}
    with serving(city, tmp_path) as (url, _), httpx2.Client(base_url=url, timeout=30, headers=headers) as client:
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as stream:
            head = f"GET /map/events HTTP/{version}\r\nHost: {address.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
            stream.sendall(head.encode())
            lines = stream.makefile("rb")
            assert any(line == b"event: hello\n" for line in lines)
            for ref in ("1", "2"):
                client.post("/api/reports", json=body | {"source_ref": ref}).raise_for_status()
                assert any(line == b"event: change\n" for line in lines)
                assert json.loads(next(lines).removeprefix(b"data: "))["items"]
                assert next(lines) == b"\n"
                assert version == "1.0" or next(lines) == b"\r\n"  # the chunk ends with the message


def test_the_status_line_says_why(city: str, tmp_path: Path) -> None:
    """It is all that QGIS shows of a refusal."""
    with serving(city, tmp_path) as (url, _), httpx2.Client(base_url=url, timeout=30) as client:
        refused = client.get("/ogc/collections")
        assert refused.status_code == 401 and refused.reason_phrase == refused.json()["detail"]
        assert client.get("/healthz").reason_phrase == "OK"
        odd = client.post("/api/reports", json={"lon": 1, "网格\r\nX-Evil: 1": 2})
        assert odd.reason_phrase.isascii() and "x-evil" not in odd.headers
        for answer in (refused, odd):
            assert "gridwarden-reason" not in answer.headers


def test_a_port_in_use_is_said_with_who_uses_it(city: str) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("serve", "--store", city, "--port", port)
    assert done.exit_code == 1
    assert port in done.stderr and f"process {os.getpid()}" in done.stderr


def test_every_setting_is_read_from_its_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDWARDEN_ALLOWED_HOSTS", "grid.example, map.example")
    monkeypatch.setenv("GRIDWARDEN_PORT", "9000")
    settings = Settings()
    assert settings.hosts >= {"grid.example", "map.example", "localhost"}
    assert settings.url == "http://127.0.0.1:9000"
    assert Settings(host="0.0.0.0").hosts == settings.hosts - {"grid.example", "map.example"} | set(
        settings.allowed_hosts
    )
    assert Settings(host="::1").url == "http://[::1]:9000"
