"""`gridwarden import` over points in a wrong datum: refused with figures, shown, asked about on a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from api import cli_preview
from geo.crs import from_wgs84
from tests.cli.commands import contents, refused, run, serving

# In the two grids that the store of these tests has, 0.01 degrees wide.
SPOTS = [(118.801 + 0.002 * n, 28.902 + 0.001 * (n % 5)) for n in range(9)]


def places(folder: Path) -> Path:
    """A compound of one point at every spot."""
    lines = [f"P{n},第{n}小区,compound,{lon!r},{lat!r}" for n, (lon, lat) in enumerate(SPOTS)]
    path = folder / "places.csv"
    path.write_text("\n".join(["code,name,kind,lon,lat", *lines]), "utf-8")
    return path


def reports(folder: Path, true: str, where: str = "第{0}小区", rows: int = len(SPOTS)) -> Path:
    lines = []
    for n in range(rows):
        spot = n % len(SPOTS)
        x, y = from_wgs84(*SPOTS[spot], true)
        lines.append(f"{n},{float(x)!r},{float(y)!r},{where.format(spot)}")
    path = folder / "reports.csv"
    path.write_text("\n".join(["id,lon,lat,where", *lines]), "utf-8")
    return path


def besides(location: str) -> dict[str, int]:
    """What a store has but for files that wait."""
    return {name: rows for name, rows in contents(location).items() if not name.startswith("held_")}


def imported(file: Path, city: str, *more: str) -> list[str | Path]:
    columns = ("--lon", "lon", "--lat", "lat", "--ref", "id", "--address", "where", "--datum", "wgs84")
    return ["import", "reports", file, "--store", city, *columns, *more]


@pytest.fixture
def known(city: str, tmp_path: Path) -> str:
    assert run("import", "places", places(tmp_path), "--datum", "wgs84", "--store", city).code == 0
    return city


def test_a_wrong_datum_is_refused_until_it_is_confirmed(known: str, tmp_path: Path) -> None:
    file = reports(tmp_path, "gcj02")
    before = besides(known)
    said = refused(*imported(file, known), says=["say wgs84, and look like gcj02", "--confirm-datum wgs84", "100%"])
    assert "9 of 9 points in wgs84 name a compound, community or street" in said
    assert besides(known) == before
    refused(*imported(file, known, "--yes"), says=["look like gcj02"])  # yes to what was shown is not yes to this
    done = run(*imported(file, known, "--confirm-datum", "wgs84", "--json"))
    assert done.json["rows"] == 9
    assert "wgs84 is confirmed with these figures" in done.err


def test_a_held_file_is_listed_and_settled(known: str, tmp_path: Path) -> None:
    refused(*imported(reports(tmp_path, "gcj02"), known), says=["waits as held import 1"])
    assert "1: waiting, reports reports.csv" in run("import", "held", "--store", known).out
    assert run("import", "settle", "1", "--drop", "--as-said", "--store", known).code == 2
    done = run("import", "settle", "1", "--datum", "gcj02", "--store", known, "--json").json
    assert (done["held"], done["state"], done["rows"], done["assigned"]) == (1, "taken", 9, 9)
    assert run("import", "held", "--store", known, "--json").json == {"held": []}
    refused("import", "settle", "1", "--drop", "--store", known, says=["is taken already"])


def test_a_right_datum_needs_nothing(known: str, tmp_path: Path) -> None:
    done = run(*imported(reports(tmp_path, "wgs84"), known, "--json"))
    assert done.json["assigned"] == 9
    assert "lie there 100% under wgs84" in done.err and "would fall" not in done.err


def test_a_script_is_shown_sample_points_and_goes_on(city: str, tmp_path: Path) -> None:
    done = run(*imported(reports(tmp_path, "gcj02", "nowhere"), city, "--json"))
    assert done.json["rows"] == 9
    assert "no row names where it is" in done.err
    samples = [line for line in done.err.splitlines() if line.startswith("  line ")]
    assert len(samples) == 9
    assert all("wgs84: " in line and "gcj02: G" in line and "bd09: " in line for line in samples)


def test_beside_a_service_it_shows_and_refuses_alike(known: str, tmp_path: Path, kind: str) -> None:
    with serving(known) as served:
        said = refused(*imported(reports(tmp_path, "bd09"), known), says=["say wgs84, and look like bd09"])
        assert "9 of 9 points in wgs84" in said
        # A GeoPackage belongs to the service, which takes the file; PostGIS takes several writers.
        assert (f"sending the file to {served.url}" in said) == (kind == "gpkg")
        done = run(*imported(reports(tmp_path, "bd09"), known, "--confirm-datum", "wgs84", "--json"))
        assert done.json["rows"] == 9 and "9 of 9 points in wgs84" in done.err
        assert run("import", "settle", "1", "--drop", "--store", known, "--json").json["state"] == "dropped"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that a person at a terminal is asked, who declines."""
    questions: list[str] = []

    def decline(question: str, **_: object) -> bool:
        questions.append(question)
        return False

    monkeypatch.setattr(cli_preview, "attended", lambda: True)
    monkeypatch.setattr(click, "confirm", decline)
    return questions


def test_somebody_at_a_terminal_is_asked_unless_he_said_yes(city: str, tmp_path: Path, asked: list[str]) -> None:
    file = reports(tmp_path, "gcj02", "nowhere")
    before = contents(city)
    refused(*imported(file, city), says=["Nothing is stored", "name the datum"])
    assert asked == ["Are these points in wgs84?"]
    assert contents(city) == before
    assert json.loads(run(*imported(file, city, "--yes", "--json")).out)["rows"] == 9
    assert len(asked) == 1
