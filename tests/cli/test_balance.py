"""``gridwarden balance`` and ``gridwarden official``: here, and through a service that holds the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import refused, run, serving


@pytest.fixture
def full(city: str, tmp_path: Path) -> str:
    """Six compounds with households in G1, none in G2."""
    at = [(118.8015 + 0.003 * (i % 3), 28.902 + 0.004 * (i // 3)) for i in range(6)]
    rows = [f"C{i},小区{i},compound,100,{lon:.4f},{lat:.4f}\n" for i, (lon, lat) in enumerate(at)]
    (tmp_path / "places.csv").write_text("code,name,kind,households,lon,lat\n" + "".join(rows), "utf-8")
    columns = ["--households", "households", "--datum", "wgs84", "--lon", "lon", "--lat", "lat"]
    assert run("import", "places", tmp_path / "places.csv", *columns, "--store", city).code == 0
    return city


def root(store: str, folder: Path) -> str:
    """The code of the area under which all grids hang; it has no official boundary."""
    assert run("official", "--store", store, "-o", folder / "found.json").code == 0
    unknown: list[str] = json.loads((folder / "found.json").read_text("utf-8"))["unknown"]
    return unknown[0]


def test_loads_before_and_after_are_printed_and_a_draft_is_made(full: str, tmp_path: Path) -> None:
    asked = ["balance", "--area", root(full, tmp_path), "--load", "households", "--store", full]
    dry = run(*asked, "--dry-run")
    assert "0 to 600, deviation 300 -> " in dry.out
    assert "G1 -> G2: " in dry.out
    assert run("draft", "list", "--store", full).out == ""
    told = run(*asked, "--json").json
    shown = run("draft", "show", str(told["draft"]), "--store", full, "--json").json
    assert shown["title"].startswith("households in")
    with serving(full):
        served = run(*asked, "--title", "again", "--json").json
    assert {**served, "draft": None} == {**told, "draft": None}
    assert "Nothing to hand over" in run(*asked[:3], "--load", "issues", "--store", full).out
    refused("balance", "--area", "none", "--load", "issues", "--store", full, says=["none"])


def test_a_file_of_departures_is_not_written_over_unasked(city: str, tmp_path: Path) -> None:
    target = tmp_path / "found.csv"
    assert run("official", "--store", city, "-o", target, "--json").json["areas_unknown"] == 1
    refused("official", "--store", city, "-o", target, says=["--replace"])
    assert run("official", "--store", city, "-o", target, "--replace").code == 0
    refused("official", "--store", city, "-o", tmp_path / "found.xlsx", says=[".geojson"])


def test_an_official_boundary_is_imported_for_an_area_that_is_there_and_taken_back(city: str, tmp_path: Path) -> None:
    """As a person does it: the difference shows, and is gone once the import is undone; also while a service runs."""
    code = root(city, tmp_path)
    west, south, east, north = 118.801, 28.90, 118.821, 28.91
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    area = {"code": code, "name": "another name", "level": "district"}
    feature = {"type": "Feature", "properties": area, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    file = tmp_path / "areas.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    asked = ["import", "areas", file, "--store", city]
    done = run(*asked)
    assert "boundaries     1" in done.out and "contradicting  1" in done.out
    assert "'another name'" in done.err
    again = run(*asked, "--json").json
    assert (again["boundaries"], again["duplicates"]) == (0, 1)
    told = run("official", "--store", city, "--json").json
    assert (told["areas"], told["missing"], told["beyond"]) == (1, 1, 1)
    with serving(city):
        undone = run("import", "undo", str(again["batch"] - 1), "--store", city, "--json").json
    assert (undone["undone"], undone["put_back"]) == (0, 1)
    assert run("official", "--store", city, "--json").json["areas"] == 0
