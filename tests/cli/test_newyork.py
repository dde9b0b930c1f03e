"""New York end to end, as its user does it: every command in a process of its own, on both stores.

59 community districts and 1,000 reports of one day: 974 fall into a district, 972 of them into the one that the city
itself wrote on the report, 3 lie beside the city, 23 have no place, and 3 are so near an edge that two districts stand.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import httpx2
import pytest

from tests import newyork
from tests.cli.commands import Done, gridwarden, run, serving, token

COUNTS = {
    "rows": 1000, "assigned": 974, "nearest": 0, "placed": 0, "outside": 3, "no_location": 23, "rejected": 0,
    "duplicates": 0, "ambiguous": 3,
}  # fmt: skip
NOTHING_NEW = dict.fromkeys(COUNTS, 0) | {"rows": 1000, "duplicates": 1000}
AGREEING = 972
EMPIRE_STATE = {
    "source": "hotline", "source_ref": "1", "description": "noise", "lon": -73.9857, "lat": 40.7484, "datum": "wgs84",
}  # fmt: skip


@dataclass(frozen=True)
class City:
    """A store and the file of reports that goes into it."""

    location: str
    reports: newyork.Reports

    def imported(self, *where: str, by: Callable[..., Done] = gridwarden) -> Done:
        """The reports imported. where: datum and the columns of x and y."""
        datum, lon, lat = where or ("wgs84", "longitude", "latitude")
        return by(
            "import", "reports", self.reports.path, "--store", self.location, "--datum", datum, "--lon", lon,
            "--lat", lat, "--ref", "unique_key", "--category", "complaint_type", "--time", "created_date", "--json",
        )  # fmt: skip


def counts(done: Done) -> dict[str, int]:
    return {name: count for name, count in done.json.items() if name != "batch"}


@pytest.fixture
def city(
    kind: str,
    new_location: Callable[[str], str],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> City:
    """A place for a store of each kind in turn. The test report says whether the reports are the city's own."""
    reports = newyork.reports(tmp_path)
    record_property("reports", "the city's own" if reports.real else "a seeded stand-in")
    # Rejects and the like are written beside a file: what others own stays as it is.
    copy = Path(shutil.copyfile(reports.path, tmp_path / "nyc311.csv"))
    return City(new_location(kind), newyork.Reports(copy, reports.real))


def test_new_york(city: City, kind: str, tmp_path: Path, new_location: Callable[[str], str]) -> None:
    """One story, each step on what the last one left. Where it stops, the step's name says."""
    batch = the_districts_and_the_reports_are_imported(city)
    the_reports_lie_where_the_city_says(city, tmp_path)
    a_second_import_adds_none(city)
    again = City(new_location(kind), city.reports)
    a_backup_becomes_the_same_city(city, again.location, tmp_path)
    the_import_is_undone_and_done_again_in_another_datum(again, batch)
    a_service_tells_the_same_numbers(city, kind)
    sound = gridwarden("check", "--store", city.location, "--json").json
    assert (sound["findings"], sound["sound"]) == (0, True)


def the_districts_and_the_reports_are_imported(city: City) -> int:
    """Returns the batch of the reports."""
    zone = ("--timezone", "America/New_York", "--name", "New York")
    assert gridwarden("init", city.location, "--metric-crs", f"EPSG:{newyork.SRID}", *zone).code == 0
    districts = newyork.layer_path("community_district")
    grids = gridwarden("import", "grids", districts, "--store", city.location, "--code", "boro_cd", "--json")
    assert (grids.json["grids"], grids.json["edition"]) == (59, 1)
    assert "EPSG:4326" in grids.err
    reports = city.imported()
    assert counts(reports) == COUNTS
    return int(reports.json["batch"])


def the_reports_lie_where_the_city_says(city: City, folder: Path) -> None:
    """Read from exports, as another program would."""
    layers = {what: folder / f"{what}.gpkg" for what in ("grids", "issues")}
    for what, target in layers.items():
        assert gridwarden("export", what, target, "--store", city.location).code == 0
    grids, issues = (gpd.read_file(layers[what]) for what in ("grids", "issues"))
    issues = issues.set_index("source_ref")
    named = {row["unique_key"]: row["community_board"] for row in city.reports.rows()}
    assert set(issues.index) == named.keys()

    boards = newyork.boards()
    placed = issues["grid"].dropna()
    differing = [named[ref] for ref, grid in placed.items() if named[ref] != boards[grid]]
    assert len(placed) == COUNTS["assigned"]
    assert len(placed) - len(differing) == AGREEING
    assert all("Unspecified" in board for board in differing)

    strays = issues[issues["queue"] == "outside"].to_crs(newyork.SRID)
    assert set(strays.index) == set(newyork.STRAY_KEYS)
    assert (len(grids), grids.crs.to_epsg()) == (59, newyork.SRID)
    distances_m = [grids.distance(point).min() for point in strays.geometry]
    assert (round(min(distances_m)), round(max(distances_m))) == (195, 401)


def a_second_import_adds_none(city: City) -> None:
    assert counts(city.imported()) == NOTHING_NEW


def a_backup_becomes_the_same_city(city: City, location: str, folder: Path) -> None:
    copy = folder / "copy"
    assert gridwarden("backup", copy, "--store", city.location).code == 0
    assert gridwarden("restore", copy, location, "--json").json["name"] == "New York"
    assert run("check", "--store", location).code == 0


def the_import_is_undone_and_done_again_in_another_datum(city: City, batch: int) -> None:
    assert gridwarden("import", "undo", str(batch), "--store", city.location, "--json").json["undone"] == 1000
    feet = city.imported("EPSG:2263", "x_coordinate_state_plane", "y_coordinate_state_plane", by=run)
    # One of the city's rows has one coordinate without the other there, which is no place that anybody meant.
    half = {"no_location": 22, "rejected": 1} if city.reports.real else {}
    assert counts(feet) == COUNTS | half
    assert run("import", "undo", str(feet.json["batch"]), "--store", city.location).code == 0
    assert counts(city.imported(by=run)) == COUNTS
    assert run("check", "--store", city.location).code == 0


def a_service_tells_the_same_numbers(city: City, kind: str) -> None:
    secret = token(city.location, "desk", "dispatcher", "intake")
    with serving(city.location) as served, served.client(secret) as desk:
        assert served.url.startswith("http://127.0.0.1:")
        told = {"assigned": 974, "outside": 3, "no_location": 23, "ambiguous": 3}
        assert figures(desk) == told

        again = city.imported()
        assert counts(again) == NOTHING_NEW
        # A GeoPackage belongs to the service, which takes the file; PostGIS takes several writers.
        assert (f"sending the file to {served.url}" in again.err) == (kind == "gpkg")

        first, second = desk.post("/api/reports", json=EMPIRE_STATE), desk.post("/api/reports", json=EMPIRE_STATE)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert first.json()["assignment"]["grid"] == "105"
        assert figures(desk) == told | {"assigned": 975}
        assert served.stop() == 0


def figures(desk: httpx2.Client) -> dict[str, int]:
    """What the map, the queues and the lists say."""
    grids = desk.get("/map/grids").json()["features"]
    assert len(grids) == 59
    waiting = desk.get("/api/queues").json()
    unsure = desk.get("/api/issues", params={"ambiguous": True}).json()["items"]
    return {
        "assigned": sum(grid["properties"]["open"] for grid in grids),
        "outside": waiting["outside"],
        "no_location": waiting["no_location"],
        "ambiguous": len(unsure),
    }
