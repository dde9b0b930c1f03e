"""``gridwarden draft``: by file, through a service, and killed in the middle of a publication."""

from __future__ import annotations

import json
import random
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from sqlalchemy import select

from geo.store.store import Store
from geo.store.tables import assignment, edition, grid_version, place_part
from tests.cli.commands import contents, refused, run, serving
from tests.cli.conftest import EAST, write_geojson
from tests.cli.test_killed import dies_before

WEST_HALF = [[118.80, 28.90], [118.804, 28.90], [118.804, 28.91], [118.80, 28.91], [118.80, 28.90]]
REST = [[118.804, 28.90], [118.81, 28.90], [118.82, 28.90], [118.82, 28.91], [118.81, 28.91], [118.804, 28.91],
        [118.804, 28.90]]  # fmt: skip
STATEMENTS = (30, 65)  # of a publication on either store: from before its transaction to the last one within


def reports(path: Path) -> Path:
    """Twenty reports in G1, of which the half further east comes to G2."""
    lines = ["ref,lon,lat", *(f"R{i},{118.8002 + i * 0.0004:.6f},28.905" for i in range(20))]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def submitted(city: str, tmp_path: Path) -> str:
    """A city with twenty issues and two units in G1, and draft 1 that gives half of G1 to G2."""
    where = ["--store", city, "--datum", "wgs84", "--lon", "lon", "--lat", "lat"]
    assert run("import", "reports", reports(tmp_path / "reports.csv"), "--ref", "ref", *where).code == 0
    (tmp_path / "units.csv").write_text("code,lon,lat\nU1,118.802,28.905\nU2,118.808,28.905\n")
    assert run("import", "units", tmp_path / "units.csv", "--code", "code", *where).code == 0
    (tmp_path / "places.csv").write_text("code,name,kind,lon,lat\nP,小区,compound,118.808,28.905\n")
    assert run("import", "places", tmp_path / "places.csv", *where).code == 0
    assert run("draft", "start", "half of G1", "--store", city).code == 0
    edited = write_geojson(tmp_path / "edited.geojson", WEST_HALF, REST)
    taken = run("draft", "import", "1", edited, "--source-crs", "wgs84", "--yes", "--store", city, "--json").json
    assert (taken["changes"], taken["faults"]) == (2, 0)
    assert run("draft", "submit", "1", "--store", city).code == 0
    return city


def state(location: str) -> dict[str, Any]:
    """Editions, which grid has how many of what, and by which edition."""
    with Store.open(location, write=False) as store, store.read() as conn:
        in_force = select(grid_version.c.grid_id, grid_version.c.code).where(grid_version.c.to_edition.is_(None))
        codes = {row.grid_id: row.code for row in conn.execute(in_force)}
        held = conn.execute(select(assignment.c.subject, assignment.c.grid_id).where(assignment.c.to_at.is_(None)))
        counts: dict[tuple[str, str], int] = {}
        for row in held:
            counts[row.subject, codes[row.grid_id]] = counts.get((row.subject, codes[row.grid_id]), 0) + 1
        part = conn.execute(select(place_part.c.grid_id).where(place_part.c.to_at.is_(None))).scalar_one()
        editions = conn.execute(select(edition.c.number)).scalars().all()
    return {"editions": sorted(editions), "held": counts, "place": codes[part]}


OLD = {"editions": [1], "held": {("issue", "G1"): 20, ("unit", "G1"): 2}, "place": "G1"}
NEW = {
    "editions": [1, 2],
    "held": {("issue", "G1"): 10, ("issue", "G2"): 10, ("unit", "G1"): 1, ("unit", "G2"): 1},
    "place": "G2",
}


@pytest.mark.parametrize("seed", range(4))
def test_a_publication_that_is_killed_leaves_the_edition_before_or_after_whole(submitted: str, seed: int) -> None:
    arguments = ["draft", "publish", "1", "--alone", "--store", submitted, "--json"]
    dies_before(random.Random(f"{seed} {submitted[:4]}").randrange(*STATEMENTS), arguments)
    assert state(submitted) in (OLD, NEW)
    assert run("check", "--store", submitted).code == 0
    if state(submitted) == OLD:
        assert run(*arguments).json["edition"] == 2
    assert state(submitted) == NEW
    assert run("check", "--store", submitted).code == 0


def test_preview_says_what_the_publication_does(submitted: str) -> None:
    told = run("draft", "preview", "1", "--store", submitted, "--json").json
    assert (told["issues"], told["units"]) == (10, 1)
    assert told["moves"] == [{"from": "G1", "to": "G2", "issues": 10, "units": 1, "households": 0}]
    done = run("draft", "publish", "1", "--alone", "--store", submitted, "--json").json
    assert (done["issues"], done["units"], done["places"]) == (10, 1, 1)
    words = run("draft", "show", "1", "--store", submitted).out
    assert "published" in words and "replace_grids by cli" in words


def test_nobody_publishes_what_he_submitted_unless_he_says_so(submitted: str) -> None:
    refused("draft", "publish", "1", "--store", submitted, says=["a second person has to look at it"])
    run("draft", "return", "1", "look again", "--store", submitted)
    refused("draft", "publish", "1", "--alone", "--store", submitted, says=["submit it first"])


def test_a_dry_run_stores_nothing_and_lists_what_would_change(city: str, tmp_path: Path) -> None:
    run("draft", "start", "x", "--store", city)
    before = contents(city)
    edited = write_geojson(tmp_path / "edited.geojson", WEST_HALF, REST)
    done = run("draft", "import", "1", edited, "--source-crs", "wgs84", "--dry-run", "--store", city)
    assert done.code == 0
    assert "reshaped  G1" in done.err and "reshaped  G2" in done.err
    assert contents(city) == before


@pytest.mark.parametrize("around", [nullcontext, serving], ids=["alone", "beside a service"])
def test_faults_are_laid_beside_the_file(city: str, tmp_path: Path, around: Any) -> None:
    run("draft", "start", "x", "--store", city)
    torn = write_geojson(tmp_path / "torn.geojson", WEST_HALF, EAST)
    with around(city):
        done = run("draft", "import", "1", torn, "--source-crs", "wgs84", "--yes", "--store", city, "--json")
    assert done.json["faults"] == 1
    assert "the outline moves at 'G1', 'G2'" in done.err and " less" in done.err
    beside = json.loads((tmp_path / "torn.geojson.faults.geojson").read_text("utf-8"))
    assert [feature["properties"]["kind"] for feature in beside["features"]].count("outline_moved") == 1
    refused("draft", "submit", "1", "--store", city, says=["the outline moves", "mend them first"])


def test_a_file_goes_out_and_comes_back_unchanged(city: str, tmp_path: Path) -> None:
    run("draft", "start", "x", "--store", city)
    for name, crs in (("a.gpkg", []), ("b.shp", ["--crs", "EPSG:4528"]), ("c.gdb", []), ("d.geojson", [])):
        assert run("draft", "export", "1", tmp_path / name, *crs, "--store", city).code == 0
        taken = run("draft", "import", "1", tmp_path / name, "--yes", "--store", city, "--json").json
        assert (taken["changes"], taken["revision"]) == (0, 0)
    assert len(pyogrio.read_dataframe(tmp_path / "a.gpkg")) == 2
    refused("draft", "export", "1", tmp_path / "a.gpkg", "--store", city, says=["not overwritten"])
    refused("draft", "export", "1", tmp_path / "e.kml", "--store", city, says=["write .gpkg"])
    refused("draft", "export", "1", tmp_path / "f.gpkg", "--crs", "EPSG:1", "--store", city, says=["is no CRS"])


def test_all_of_it_while_a_service_holds_the_store(city: str, tmp_path: Path) -> None:
    with serving(city):
        edited = write_geojson(tmp_path / "edited.geojson", WEST_HALF, REST)
        number = run("draft", "start", "half", "--store", city, "--json").json["id"]
        taken = run("draft", "import", number, edited, "--source-crs", "wgs84", "--yes", "--store", city, "--json").json
        assert taken["changes"] == 2
        assert run("draft", "submit", number, "--store", city, "--json").json["state"] == "submitted"
        assert run("draft", "return", number, "why?", "--store", city, "--json").json["state"] == "returned"
        assert run("draft", "submit", number, "--comment", "so", "--store", city).code == 0
        assert run("draft", "publish", number, "--alone", "--store", city, "--json").json["edition"] == 2
        back = run("draft", "start", "--take-back", "2", "--store", city, "--json").json
        assert run("draft", "discard", back["id"], "--store", city, "--json").json["state"] == "discarded"
        assert "edition 2 taken back" in run("draft", "list", "--every", "--store", city).out
    assert run("check", "--store", city).code == 0


def test_looking_back(submitted: str, tmp_path: Path) -> None:
    """Editions, what differs between two, and what is exported, counted and listed as of a moment before."""
    before = datetime.now(UTC).isoformat()
    assert run("draft", "publish", "1", "--alone", "--store", submitted).code == 0
    newest, first = run("editions", "--store", submitted, "--json").json["editions"]
    assert (newest["number"], newest["draft"], newest["changed"], first["until"]) == (2, 1, 2, newest["from"])
    assert "2 of 2 grids changed, by cli: draft 1: half of G1" in run("editions", "--store", submitted).out
    target = tmp_path / "difference.geojson"
    told = run("difference", "2", "--map", target, "--store", submitted, "--json").json
    assert (told["count"], len(json.loads(target.read_text())["features"])) == (2, 4)
    assert "from G1 to G2" in run("difference", "2", "--from", "1", "--store", submitted).out
    assert "no edition 3" in refused("difference", "3", "--store", submitted)
    exported = tmp_path / "issues.csv"
    for as_of, count in ((["--as-of", before], 20), ([], 10)):
        run("export", "issues", exported, "--replace", *as_of, "--store", submitted)
        assert sum(",G1," in line for line in exported.read_text("utf-8-sig").splitlines()) == count
    then = run("coverage", "--as-of", before, "--store", submitted, "--json").json
    assert (then["edition"], run("coverage", "--store", submitted, "--json").json["edition"]) == (1, 2)
    assert run("people", "list", "--as-of", before, "--store", submitted, "--json").json == {"appointments": []}
    assert "not over yet" in refused(
        "export", "grids", tmp_path / "g.csv", "--as-of", "2999-01-01", "--store", submitted
    )
