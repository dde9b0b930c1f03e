"""Grids that cannot be taken: what is wrong, where, what to do; nothing is stored, and a mended file goes in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely

from tests import newyork
from tests.cli.commands import Done, contents, refused, run

WEST, SOUTH = 586_000.0, 4_510_000.0  # in Manhattan, EPSG:32618


def square(column: int = 0, side: float = 1000.0) -> shapely.Polygon:
    west = WEST + 1000.0 * column
    return shapely.box(west, SOUTH, west + side, SOUTH + side)


def corners(*places: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(WEST + x, SOUTH + y) for x, y in places])


def layer(path: Path, *geoms: Any, codes: list[str] | None = None, crs: str | None = "EPSG:32618") -> Path:
    """A file of grids G1, G2 ... whose coordinates are in EPSG:32618, stored as they are in ``crs``."""
    frame = gpd.GeoDataFrame({"code": codes or [f"G{i}" for i in range(1, len(geoms) + 1)]}, geometry=[*geoms])
    placed = frame.set_crs("EPSG:32618")
    return write(placed if crs is None else placed.to_crs(crs), path, crs)


def write(frame: gpd.GeoDataFrame, path: Path, crs: str | None) -> Path:
    pyogrio.write_dataframe(frame, path)
    if crs is None:
        path.with_suffix(".prj").unlink()
    return path


@pytest.fixture
def manhattan(kind: str, new_location: Callable[[str], str]) -> str:
    """An empty store of each kind in turn, for New York."""
    location = new_location(kind)
    assert run("init", location, "--metric-crs", "EPSG:32618", "--timezone", "America/New_York").code == 0
    return location


@pytest.fixture
def one(new_location: Callable[[str], str]) -> str:
    """A GeoPackage store for New York: refusals of the file alone are the same for both kinds."""
    location = new_location("gpkg")
    assert run("init", location, "--metric-crs", "EPSG:32618", "--timezone", "America/New_York").code == 0
    return location


def take(store: str, path: Path, *options: str) -> Done:
    return run("import", "grids", path, "--store", store, "--code", "code", *options, "--json")


def refuse(store: str, path: Path, *options: str, says: list[str]) -> str:
    """The file is refused in these words, and the store is as it was."""
    before = contents(store)
    said = refused("import", "grids", path, "--store", store, "--code", "code", *options, "--json", says=says)
    assert contents(store) == before
    return said


# -- where the coordinates are ----------------------------------------------------------------------------------------


def test_without_a_crs(one: str, tmp_path: Path) -> None:
    path = write(gpd.GeoDataFrame({"code": ["G1"]}, geometry=[square()], crs="EPSG:32618"), tmp_path / "g.shp", None)
    refuse(one, path, says=["g.shp has no CRS", "--source-crs"])
    assert take(one, path, "--source-crs", "EPSG:32618").json["grids"] == 1


def test_feet_that_say_so_are_feet(one: str, tmp_path: Path) -> None:
    done = take(one, layer(tmp_path / "feet.gpkg", square(0), square(1), crs="EPSG:2263"))
    assert done.json["grids"] == 2
    assert "EPSG:2263" in done.err


def test_feet_that_do_not_say_so(one: str, tmp_path: Path) -> None:
    frame = gpd.read_file(layer(tmp_path / "feet.gpkg", square(), crs="EPSG:2263"))
    path = write(frame, tmp_path / "feet.shp", None)
    refuse(one, path, says=["feet.shp has no CRS", "--source-crs"])
    refuse(one, path, "--source-crs", "EPSG:32618", says=["off by", "their own CRS is wrong"])
    assert take(one, path, "--source-crs", "EPSG:2263").json["grids"] == 1


def test_degrees_that_do_not_say_so(one: str, tmp_path: Path) -> None:
    frame = gpd.read_file(layer(tmp_path / "degrees.gpkg", square(), crs="EPSG:4326"))
    path = write(frame, tmp_path / "degrees.shp", None)
    refuse(one, path, says=["degrees.shp has no CRS", "--source-crs"])
    refuse(one, path, "--source-crs", "EPSG:32618", says=["look like degrees", "--source-crs"])
    refuse(one, path, "--source-crs", "mars", says=["'mars'", "wgs84, cgcs2000, gcj02, bd09"])
    assert take(one, path, "--source-crs", "wgs84").json["grids"] == 1


@pytest.mark.parametrize(
    ("crs", "says"),
    [
        ("EPSG:2263", ["US survey foot", "EPSG:32618"]),
        ("EPSG:4326", ["degree", "EPSG:32618"]),
        ("EPSG:3857", ["off by", "UTM zone"]),
        ("EPSG:999999", ["999999"]),
        ("metres", ["'metres'", "EPSG:32618"]),
    ],
)
def test_a_metric_crs_that_cannot_measure(tmp_path: Path, crs: str, says: list[str]) -> None:
    refused("init", tmp_path / "city.gpkg", "--metric-crs", crs, says=says)
    assert list(tmp_path.iterdir()) == []


# -- what is no coverage ----------------------------------------------------------------------------------------------

BOWTIE = corners((1000, 0), (2000, 1000), (2000, 0), (1000, 1000))
# A node in the middle of the common edge that only one of the two has.
UNMATCHED = corners((1000, 0), (2000, 0), (2000, 1000), (1000, 1000), (1000, 500))


@pytest.mark.parametrize(
    ("geoms", "codes", "kind_of_fault", "says"),
    [
        ([square(0), square(1)], ["A", "A"], "duplicate_code", "code 'A' is used by 2 grids"),
        ([square(0, 1010.0), square(1)], None, "overlap", "'G1' and 'G2' overlap by 10,000 m2"),
        ([square(0), UNMATCHED], None, "unmatched_edge", "do not share the nodes of their common edge, 1000.000 m"),
        ([square(0), BOWTIE], None, "invalid", "'G2' is no valid polygon: Self-intersection"),
    ],
)
def test_faults_are_listed_with_place_and_size_and_laid_beside(
    manhattan: str, tmp_path: Path, geoms: list[Any], codes: list[str] | None, kind_of_fault: str, says: str
) -> None:
    path = layer(tmp_path / "grids.gpkg", *geoms, codes=codes)
    said = refuse(
        manhattan, path, says=["grids.gpkg is no coverage", says, "at lon -73.9", "lat 40.7", "mend the file"]
    )
    assert ("--repair" in said) == (kind_of_fault != "duplicate_code")
    beside = tmp_path / "grids.gpkg.faults.geojson"
    assert str(beside) in said
    listed = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    shown = json.loads(beside.read_text("utf-8"))["features"]
    assert [fault["kind"] for fault in listed] == [kind_of_fault]
    assert [feature["properties"] for feature in shown] == listed
    assert (
        shapely.geometry.shape(shown[0]["geometry"]).distance(shapely.Point(listed[0]["lon"], listed[0]["lat"])) < 0.01
    )
    if kind_of_fault == "overlap":
        assert listed[0]["area_m2"] == pytest.approx(10_000)
    # The same store takes the file once it is mended.
    assert take(manhattan, layer(tmp_path / "mended.gpkg", square(0), square(1))).json["grids"] == 2


def test_where_the_faults_cannot_be_laid_beside_they_are_listed_all_the_same(one: str, tmp_path: Path) -> None:
    path = layer(tmp_path / "grids.gpkg", square(0, 1010.0), square(1))
    beside = tmp_path / "grids.gpkg.faults.geojson"
    beside.mkdir()
    refuse(one, path, says=["overlap by 10,000 m2", f"{beside} cannot be written"])


def test_repair_says_what_it_moves_and_never_chooses_between_two_codes(one: str, tmp_path: Path) -> None:
    path = layer(tmp_path / "twice.gpkg", square(0), square(1), codes=["A", "A"])
    refuse(one, path, "--repair", says=["code 'A' is used by 2 grids"])
    path = layer(tmp_path / "overlap.gpkg", square(0, 1010.0), square(1))
    refuse(one, path, says=["overlap"])
    beside = path.with_name("overlap.gpkg.faults.geojson")
    assert beside.exists()
    done = take(one, path, "--repair")
    assert done.json["grids"] == 2
    assert not beside.exists()  # it told of faults that are no more
    assert "repair moved 10000.000 m2" in done.err
    assert run("check", "--store", one).code == 0


def test_a_missing_code_column_names_those_there_are(one: str, tmp_path: Path) -> None:
    path = layer(tmp_path / "grids.gpkg", square())
    before = contents(one)
    refused("import", "grids", path, "--store", one, "--code", "boro_cd", says=["no column 'boro_cd'; it has code"])
    assert contents(one) == before


def test_z_values_are_dropped_with_a_note(one: str, tmp_path: Path) -> None:
    done = take(one, layer(tmp_path / "z.gpkg", *(shapely.force_3d(square(i), 7.5) for i in range(2))))
    assert done.json["grids"] == 2
    assert "Z or M values of 2 features were dropped" in done.err


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("zcta", {"overlap": 16}),
        ("historical/zcta_2010", {"invalid": 1, "overlap": 2}),
        ("historical/council_district_2013", {"invalid": 4}),
    ],
)
def test_broken_layers_of_new_york_with_and_without_repair(
    one: str, tmp_path: Path, name: str, found: dict[str, int]
) -> None:
    path = tmp_path / "layer.geojson"
    path.write_bytes(newyork.layer_path(name).read_bytes())
    before = contents(one)
    options = ("--store", one, "--code", newyork.CODE_COLUMNS[name], "--json")
    said = refused("import", "grids", path, *options, says=[f"{number} {what}" for what, number in found.items()])
    assert contents(one) == before
    beside = json.loads((tmp_path / "layer.geojson.faults.geojson").read_text("utf-8"))
    kinds = [feature["properties"]["kind"] for feature in beside["features"]]
    assert {what: kinds.count(what) for what in set(kinds)} == found
    assert said.count("\n{") + said.startswith("{") == len(kinds)
    repaired = run("import", "grids", path, *options, "--repair")
    assert repaired.json["grids"] == len(newyork.layer(name)[0])
    assert "repair moved" in repaired.err
    assert run("check", "--store", one).code == 0


def test_a_ring_that_is_one_point_is_a_fault(one: str, tmp_path: Path) -> None:
    """The whole grid, or a hole in one: what the file says there is named, with and without --repair."""
    points = [(WEST, SOUTH)] * 4
    for name, bad in (("grid", shapely.Polygon(points)), ("hole", shapely.Polygon(square().exterior, [points]))):
        path = layer(tmp_path / f"{name}.gpkg", bad, square(1))
        refuse(one, path, says=["G1", "no valid polygon"])
        assert take(one, path, "--repair").code in (0, 1)


# -- what is no layer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.geojson", b"", "empty.geojson is empty"),
        ("junk.gpkg", bytes(range(256)) * 20, "junk.gpkg is no GPKG file"),
        ("cut.gpkg", b"SQLite format 3\0" + bytes(range(256)) * 20, "cut.gpkg cannot be read"),
        ("junk.geojson", b"{" + bytes(range(256)), "junk.geojson cannot be read"),
        ("none.geojson", b'{"type": "FeatureCollection", "features": []}', "none.geojson holds no features"),
        ("grids.dwg", b"AC1032", "grids.dwg: give a GeoPackage"),
        ("lone.shp", b"\0\0\x27\x0a" + bytes(96), "lone.shp lacks lone.shx and lone.dbf"),
        ("zip.zip", b"PK\x03\x04junk", "zip.zip"),
    ],
)
def test_files_that_are_none(one: str, tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    refuse(one, tmp_path / name, says=[says])


@pytest.mark.parametrize("name", ["folder", "folder.gpkg", "folder.shp", "folder.geojson", "folder.zip", "folder.gdb"])
def test_folders_that_are_no_file(one: str, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    refuse(one, tmp_path / name, says=[name])


def test_a_file_that_is_not_there_is_a_mistake_of_usage(one: str, tmp_path: Path) -> None:
    done = take(one, tmp_path / "none.gpkg")
    assert (done.code, done.out) == (2, "")
    assert "none.gpkg" in done.err and "does not exist" in done.err


def test_a_second_set_of_grids_is_refused_with_the_way_out(one: str, tmp_path: Path) -> None:
    path = layer(tmp_path / "grids.gpkg", square())
    batch = take(one, path).json["batch"]
    for options in ((), ("--commit",)):
        refuse(one, path, *options, says=["has 1 grids in force", f"undo batch {batch}", "name another scheme"])
    assert run("import", "undo", str(batch), "--store", one).code == 0
    assert take(one, path).json["edition"] == 3
