"""``gridwarden assign`` on files of every kind, good and bad."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from geo.crs import from_wgs84
from tests import newyork
from tests.cli.commands import Done, gridwarden, refused, run
from tests.cli.conftest import EAST, SQUARE, write_geojson

LON, LAT = 118.805, 28.905  # in G1
OUTCOMES = ("assigned", "nearest", "placed", "outside", "no_location", "rejected")
ADDED = ["grid", "grid_name", "method", "queue", "distance_m", "edge_m", "ambiguous", "candidates", "problem"]


@pytest.fixture
def grids(tmp_path: Path) -> Path:
    return write_geojson(tmp_path / "grids.geojson", SQUARE, EAST)


def arguments(points: Path, grids: Path, out: Path, *more: str, lonlat: bool = True) -> list[str]:
    given = ["--datum", "wgs84", "--lon", "lon", "--lat", "lat"] if lonlat else []
    of_grids = ["--grids", str(grids), "--code", "code", "--grids-crs", "wgs84", "--metric-crs", "EPSG:4549"]
    return ["assign", str(points), "-o", str(out), *of_grids, *given, *more]


def summary(done: Done, code: int = 0) -> dict[str, Any]:
    assert done.code == code, done.err
    found: dict[str, Any] = json.loads(done.out)
    assert sum(found[name] for name in OUTCOMES) == found["rows"]
    return found


def write_rows(path: Path, rows: list[tuple[Any, ...]], header: str = "id,lon,lat") -> Path:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", "utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """Rows of any output, empty cells None."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]
    if path.suffix == ".gpkg":
        rows: list[dict[str, Any]] = pyogrio.read_dataframe(path, read_geometry=False).to_dict("records")
        return [{name: None if pd.isna(value) else value for name, value in row.items()} for row in rows]
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


ROWS = [(1, LON, LAT), (2, LON + 0.01, LAT), (3, 118.81, LAT), (4, 119.5, LAT), (5, "", ""), (6, 0, 0)]
GRIDS = ["G1", "G2", "G2", None, None, None]  # the third is 0.3 mm east of the edge: a meridian is no straight line


@pytest.fixture
def points(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "points.csv", ROWS)


def test_every_format_in_and_out_says_the_same(points: Path, grids: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(points)
    frame.to_parquet(tmp_path / "points.parquet")
    there = shapely.points(frame["lon"], frame["lat"])
    there[frame["lon"].isna()] = None
    geo = gpd.GeoDataFrame(frame[["id"]], geometry=there, crs="EPSG:4326")
    geo.to_parquet(tmp_path / "geo.geoparquet")
    geo.to_file(tmp_path / "geo.gpkg")
    metric = geo.to_crs("EPSG:4549")
    metric.loc[5, "geometry"] = shapely.Point(0, 0)
    metric.to_file(tmp_path / "metric.gpkg")
    (tmp_path / "folder").mkdir()
    for at in range(2):
        frame[at * 3 : at * 3 + 3].to_parquet(tmp_path / f"folder/{at}.parquet")
    sources = ["points.csv", "points.parquet", "folder", "geo.geoparquet", "geo.gpkg", "metric.gpkg"]
    for source in sources:
        for suffix in (".csv", ".parquet", ".geoparquet", ".gpkg", ""):
            out = tmp_path / f"out-{source.replace('.', '-')}{suffix}"
            lonlat = source in sources[:3]
            told = summary(run(*arguments(tmp_path / source, grids, out, "--json", lonlat=lonlat)))
            counted = {"rows": 6, "assigned": 3, "outside": 1, "no_location": 2, "rejected": 0, "ambiguous": 1}
            # A layer may hold a point at 0/0, which is no location either.
            assert {name: told[name] for name in counted} == counted, (source, suffix)
            rows = read(out)
            assert [int(row["id"]) for row in rows] == [1, 2, 3, 4, 5, 6], (source, suffix)
            assert [row["grid"] for row in rows] == GRIDS, (source, suffix)
            assert [row["queue"] for row in rows] == [None, None, None, "outside", "no_location", "no_location"]
            doubt = json.loads(rows[2]["candidates"])
            assert {candidate["grid"] for candidate in doubt} == {"G1", "G2"}, (source, suffix)
            assert list(rows[0])[-len(ADDED) :] == ADDED
            assert not out.with_name(f"{out.name}.parts").exists()


def test_layers_that_come_out_are_layers(points: Path, grids: Path, tmp_path: Path) -> None:
    for suffix in (".gpkg", ".geoparquet"):
        out = tmp_path / f"out{suffix}"
        summary(run(*arguments(points, grids, out, "--json")))
        frame = gpd.read_file(out) if suffix == ".gpkg" else gpd.read_parquet(out)
        assert frame.crs == "EPSG:4326"
        assert frame.geometry.geom_type.to_list()[:4] == ["Point"] * 4
        assert frame.geometry.isna().to_list() == [False] * 4 + [True] * 2
        assert (frame.geometry[0].x, frame.geometry[0].y) == (LON, LAT)
    # Parquet is plain texts and numbers, not somebody's categories.
    summary(run(*arguments(points, grids, tmp_path / "out.parquet", "--json")))
    assert pq.read_schema(tmp_path / "out.parquet").field("grid").type == pa.string()


def test_a_datum_is_named_and_never_guessed(points: Path, grids: Path, tmp_path: Path) -> None:
    plain = arguments(points, grids, tmp_path / "o.csv", lonlat=False)
    done = run(*plain, "--lon", "lon", "--lat", "lat")
    assert done.code == 2 and "--datum" in done.err
    moved = [(1, *from_wgs84(LON, LAT, "gcj02")), (2, *from_wgs84(LON + 0.01, LAT, "gcj02"))]
    write_rows(points, moved)
    out = tmp_path / "gcj.csv"
    summary(run(*arguments(points, grids, out, "--datum", "gcj02", "--json")))
    assert [row["grid"] for row in read(out)] == ["G1", "G2"]
    layer = tmp_path / "unknown.gpkg"
    gpd.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(LON, LAT)]).to_file(layer)
    refused(*arguments(layer, grids, tmp_path / "p.csv", lonlat=False), says=["names no CRS", "--datum"])
    summary(run(*arguments(layer, grids, tmp_path / "p.csv", "--datum", "wgs84", "--json", lonlat=False)))


def test_grids_of_a_store_by_edition_scheme_and_moment(city: str, points: Path, grids: Path, tmp_path: Path) -> None:
    given = ["--datum", "wgs84", "--lon", "lon", "--lat", "lat", "--store", city, "--json", "--replace"]
    out = tmp_path / "o.parquet"
    told = summary(run("assign", points, "-o", out, *given))
    assert (told["edition"], told["grids"], told["assigned"]) == (1, 2, 3)
    assert read(out)[0]["edition"] == 1
    assert summary(run("assign", points, "-o", out, *given, "--edition", "1"))["edition"] == 1
    refused("assign", points, "-o", out, *given, "--edition", "7", says=["has no edition 7"])
    refused("assign", points, "-o", out, *given, "--as-of", "2001-01-01", says=["no edition in force"])
    refused("assign", points, "-o", out, *given, "--scheme", "none", says=["there is no scheme 'none'", "primary"])
    assert run("import", "grids", grids, "--store", city, "--code", "code", "--scheme", "big").code == 0
    assert summary(run("assign", points, "-o", out, *given, "--scheme", "big"))["assigned"] == 3
    assert run("assign", points, "-o", out, *given, "--edition", "1", "--as-of", "2001-01-01").code == 2


def test_a_store_may_be_the_points_too(city: str, kind: str, tmp_path: Path) -> None:
    """Reading the issues' layer of the very store that the grids come from leaves the store as it was."""
    if kind != "gpkg":
        return
    path = write_rows(tmp_path / "r.csv", [(1, LON, LAT)])
    where = ["--datum", "wgs84", "--lon", "lon", "--lat", "lat"]
    assert run("import", "reports", path, "--store", city, *where, "--ref", "id").code == 0
    assert run("export", "issues", tmp_path / "issues.gpkg", "--store", city).code == 0
    told = summary(
        run("assign", tmp_path / "issues.gpkg", "-o", tmp_path / "o.csv", "--store", city, "--json", "--prefix", "n_")
    )
    assert told["assigned"] == 1
    assert run("check", "--store", city).code == 0


def test_new_york_agrees_with_the_import_of_its_reports(tmp_path: Path) -> None:
    reports = newyork.reports(tmp_path)
    layer = newyork.layer_path("community_district")
    given = ["--grids", layer, "--code", "boro_cd", "--metric-crs", "EPSG:32618", "--datum", "wgs84"]
    told = summary(
        run(
            "assign",
            reports.path,
            "-o",
            tmp_path / "o.csv",
            *given,
            "--lon",
            "longitude",
            "--lat",
            "latitude",
            "--json",
        )
    )
    counted = Counter({name: told[name] for name in (*OUTCOMES, "rows")})
    assert counted == Counter(rows=1000, assigned=974, outside=3, no_location=23)
    rows = read(tmp_path / "o.csv")
    assert {row["unique_key"] for row in rows if row["queue"] == "outside"} == set(newyork.STRAY_KEYS)
    names = newyork.boards()
    agree = sum(row["grid"] is not None and names[row["grid"]] == row["community_board"] for row in rows)
    assert agree == 972
    assert [{k: v for k, v in row.items() if k not in ADDED} for row in rows] == [
        {name: value or None for name, value in row.items()} for row in reports.rows()
    ]


# -- bad rows ---------------------------------------------------------------------------------------------------------


def test_a_bad_row_at_the_end_is_named_and_the_rest_is_done(grids: Path, tmp_path: Path) -> None:
    rows: list[tuple[Any, ...]] = [(i, LON, LAT) for i in range(300_000)]
    path = write_rows(tmp_path / "points.csv", [*rows, (300_000, "here", LAT)])
    out = tmp_path / "o.parquet"
    told = summary(run(*arguments(path, grids, out, "--json")), code=3)
    assert (told["rows"], told["assigned"], told["rejected"]) == (300_001, 300_000, 1)
    beside = tmp_path / "o.parquet.rejects.csv"
    assert told["rejects"] == str(beside)
    assert read(beside) == [{"row": "300001", "reason": "lon is 'here', not a number"}]
    last = read(out)[-1]
    assert (last["id"], last["lon"], last["grid"], last["queue"]) == ("300000", "here", None, None)
    assert last["problem"] == "lon is 'here', not a number"
    # The list goes when there is nothing left to name.
    write_rows(path, rows[:10])
    assert summary(run(*arguments(path, grids, out, "--json", "--replace")))["rejects"] is None
    assert not beside.exists()


def test_rows_that_cannot_be_taken_apart_stay_in_their_place(grids: Path, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text(f'id,lon,lat\n1,{LON},{LAT}\n2,{LON}\n\n3,{LON},{LAT},x\n"4\n5",{LON},{LAT}\n6', "utf-8")
    out = tmp_path / "o.csv"
    summary(run(*arguments(path, grids, out, "--json")), code=3)
    assert [(row["id"], row["grid"], row["problem"]) for row in read(out)] == [
        ("1", "G1", None),
        ("2", None, "the row has 2 cells, the header 3"),
        ("3", None, "the row has 4 cells, the header 3"),
        ("4\n5", "G1", None),
        ("6", None, "the row has 1 cells, the header 3"),
    ]
    assert [row["row"] for row in read(tmp_path / "o.csv.rejects.csv")] == ["2", "3", "5"]


def test_bad_rows_of_typed_files_are_named(grids: Path, tmp_path: Path) -> None:
    lon = pa.array([LON, float("nan"), float("inf"), 181.0, None])
    lat = pa.array([LAT, float("nan"), LAT, LAT, LAT])
    pq.write_table(pa.table({"id": range(5), "lon": lon, "lat": lat}), tmp_path / "p.parquet")
    summary(run(*arguments(tmp_path / "p.parquet", grids, tmp_path / "o.csv", "--json")), code=3)
    rows = read(tmp_path / "o.csv")
    assert [(row["grid"], row["queue"], bool(row["problem"])) for row in rows] == [
        ("G1", None, False), (None, "no_location", False), (None, None, True), (None, None, True), (None, None, True),
    ]  # fmt: skip
    shapes = [
        shapely.Point(LON, LAT),
        shapely.LineString([(LON, LAT), (LON, 28.9)]),
        None,
        shapely.Point(),
        shapely.Point(LON, 95),
    ]
    gpd.GeoDataFrame({"id": range(5)}, geometry=shapes, crs="EPSG:4326").to_file(tmp_path / "g.gpkg")
    told = summary(run(*arguments(tmp_path / "g.gpkg", grids, tmp_path / "o2.csv", "--json", lonlat=False)), code=3)
    assert (told["assigned"], told["no_location"], told["rejected"]) == (1, 2, 2)
    reasons = [row["reason"] for row in read(tmp_path / "o2.csv.rejects.csv")]
    assert reasons[0] == "the geometry is a LineString, not a point"
    assert "is no place on Earth" in reasons[1]


def test_swapped_columns_are_noticed(grids: Path, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "points.csv", [(1, -73.9, 40.7)], "id,lat,lon")
    layer = newyork.layer_path("community_district")
    given = ["--grids", layer, "--code", "boro_cd", "--metric-crs", "EPSG:32618", "--datum", "wgs84"]
    done = run("assign", path, "-o", tmp_path / "o.csv", *given, "--lon", "lon", "--lat", "lat", "--json")
    assert summary(done)["outside"] == 1
    assert "were lon and lat swapped" in done.err and "no row lies in or near any grid" in done.err


# -- bad files --------------------------------------------------------------------------------------------------------


def test_nothing_in_is_nothing_out(grids: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    refused(*arguments(tmp_path / "empty.csv", grids, tmp_path / "o.csv"), says=["no header"])
    for content in (b"id,lon,lat", b"id,lon,lat\n", b"\xef\xbb\xbfid,lon,lat\r\n\r\n"):
        (tmp_path / "header.csv").write_bytes(content)
        for suffix in (".csv", ".parquet", ".gpkg", ""):
            out = tmp_path / f"header-only{len(content)}{suffix}"
            assert summary(run(*arguments(tmp_path / "header.csv", grids, out, "--json")))["rows"] == 0
            assert out.exists()
    pq.write_table(
        pa.table({"lon": pa.array([], pa.float64()), "lat": pa.array([], pa.float64())}), tmp_path / "e.parquet"
    )
    assert summary(run(*arguments(tmp_path / "e.parquet", grids, tmp_path / "e.csv", "--json")))["rows"] == 0


@pytest.mark.parametrize(
    ("content", "grid"),
    [
        (b"\xef\xbb\xbflon,lat,name\r\n118.805,28.905,\xe4\xb8\xad\r\n", "G1"),
        ("lon,lat,name\n118.805,28.905,网格\n".encode("gb18030"), "G1"),
        (b"lon;lat;name\n118.805;28.905;a,b\n", "G1"),
        (b"lon\tlat\tname\n118.805\t28.905\t\n", "G1"),
        (b'"lon","lat","na""me"\n" 118.805 ","28.905","x"', "G1"),
        (b"lon,lat\r118.805,28.905\r", "G1"),
    ],
    ids=["bom", "gb18030", "semicolons", "tabs", "quotes", "old-mac"],
)
def test_csv_of_all_kinds(content: bytes, grid: str, grids: Path, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes(content)
    out = tmp_path / "o.parquet"
    assert summary(run(*arguments(tmp_path / "p.csv", grids, out, "--json")))["rows"] == 1
    [row] = read(out)
    assert row["grid"] == grid
    assert row.get("name") in (None, "中", "网格", "a,b")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("p.csv", b"lon,lat\n\xff\xfe\xff,1\n", ["neither UTF-8", "GB18030"]),
        ("p.csv", "lon,lat\n1,2\n".encode("utf-16"), ["UTF-16"]),
        ("p.csv", b"lon,lat\n1,\x002\n", ["zero bytes"]),
        ("p.csv", b"lon,latitude\n1,2\n", ["no column 'lat'", "latitude"]),
        ("p.csv", b"lon,lat,lat\n1,2,3\n", ["several columns named 'lat'"]),
        ("p.csv", b"lon,lat,grid\n1,2,3\n", ["has a column 'grid' already", "--prefix"]),
        ("p.csv", b'lon,lat\n1,"' + b"x,1\n" * 3_000_000, ["cannot be read beyond row 0", "a quote that never ends"]),
        ("p.parquet", b"PAR1 and not much more", ["p.parquet cannot be read as Parquet"]),
        ("p.parquet", b"", ["p.parquet cannot be read as Parquet"]),
        ("p.gpkg", b"SQLite format 3\0 and not much more", ["p.gpkg cannot be read"]),
        ("p.gpkg", b"lon,lat", ["is no GPKG file"]),
        ("p.xlsx", b"PK", ["give points as CSV, Parquet, GeoParquet or GeoPackage"]),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused(
    name: str, content: bytes, says: list[str], grids: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    before = set(tmp_path.iterdir())
    refused(*arguments(tmp_path / name, grids, tmp_path / "out.csv"), says=says)
    assert set(tmp_path.iterdir()) == before


def test_a_truncated_parquet_is_refused_and_nothing_is_left(grids: Path, tmp_path: Path) -> None:
    table = pa.table({"id": np.arange(50_000), "lon": np.full(50_000, LON), "lat": np.linspace(28.9, 28.91, 50_000)})
    whole = tmp_path / "p.parquet"
    pq.write_table(table, whole, row_group_size=10_000)
    content = whole.read_bytes()
    (tmp_path / "short.parquet").write_bytes(content[: len(content) // 2])
    refused(*arguments(tmp_path / "short.parquet", grids, tmp_path / "o.csv"), says=["cannot be read as Parquet"])
    middle = len(content) // 2
    (tmp_path / "torn.parquet").write_bytes(content[:middle] + b"\xff" * 4096 + content[middle + 4096 :])
    refused(*arguments(tmp_path / "torn.parquet", grids, tmp_path / "o.csv"), says=["cannot be read as Parquet"])
    assert not list(tmp_path.glob("o.csv*"))


def test_what_is_there_is_not_overwritten_unasked(points: Path, grids: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.csv"
    out.write_text("precious")
    refused(*arguments(points, grids, out), says=["exists", "--replace"])
    assert out.read_text() == "precious"
    summary(run(*arguments(points, grids, out, "--replace", "--json")))
    refused(*arguments(points, grids, points, "--replace"), says=["the points itself"])
    refused(*arguments(points, grids, tmp_path / "none" / "o.csv"), says=["there is no folder"])
    refused(*arguments(points, grids, tmp_path / "o.xlsx"), says=["write .csv, .parquet, .geoparquet or .gpkg"])


def test_columns_are_chosen_and_named_apart(points: Path, grids: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1.parquet", tmp_path / "2.parquet"
    summary(run(*arguments(points, grids, first, "--json", "--columns", "ambiguous,grid")))
    assert list(read(first)[0]) == ["id", "lon", "lat", "ambiguous", "grid"]
    refused(*arguments(first, grids, second), says=["has a column 'grid' already"])
    summary(run(*arguments(first, grids, second, "--json", "--prefix", "second_")))
    assert [row["second_grid"] for row in read(second)] == [row["grid"] for row in read(first)]
    refused(*arguments(points, grids, second, "--columns", "grid,colour"), says=["no output column 'colour'", "method"])
    refused(*arguments(points, grids, second, "--columns", "edition"), says=["no output column 'edition'"])


def test_columns_that_a_format_cannot_hold_are_refused(grids: Path, tmp_path: Path) -> None:
    table = pa.table({"lon": [LON], "lat": [LAT], "tags": [["a", "b"]]})
    pq.write_table(table, tmp_path / "p.parquet")
    refused(*arguments(tmp_path / "p.parquet", grids, tmp_path / "o.csv"), says=["cannot hold column 'tags'"])
    summary(run(*arguments(tmp_path / "p.parquet", grids, tmp_path / "o.parquet", "--json")))
    (tmp_path / "p.csv").write_text(f"a,a,lon,lat,\n1,2,{LON},{LAT},3\n")
    summary(run(*arguments(tmp_path / "p.csv", grids, tmp_path / "twice.csv", "--json")))
    assert (tmp_path / "twice.csv").read_text().splitlines()[1].startswith(f'"1","2","{LON}","{LAT}","3","G1"')
    refused(*arguments(tmp_path / "p.csv", grids, tmp_path / "twice.parquet"), says=["several columns named 'a'"])


def test_grids_that_do_not_tile_are_refused(points: Path, tmp_path: Path) -> None:
    shifted = [[lon + 0.005, lat] for lon, lat in SQUARE]
    faulty = write_geojson(tmp_path / "faulty.geojson", SQUARE, shifted)
    refused(*arguments(points, faulty, tmp_path / "o.csv"), says=["is no coverage", "overlap"])


def test_a_code_that_looks_like_a_formula_is_text_in_a_csv(points: Path, tmp_path: Path) -> None:
    grids = write_geojson(tmp_path / "grids.geojson", SQUARE)
    grids.write_text(grids.read_text().replace('"G1"', '"=1+1"'))
    summary(run(*arguments(points, grids, tmp_path / "o.csv", "--json")))
    summary(run(*arguments(points, grids, tmp_path / "o.parquet", "--json")))
    assert read(tmp_path / "o.csv")[0]["grid"] == "'=1+1"
    assert read(tmp_path / "o.parquet")[0]["grid"] == "=1+1"


def test_progress_is_calm_in_a_log(points: Path, grids: Path, tmp_path: Path) -> None:
    done = gridwarden(*arguments(points, grids, tmp_path / "o.csv"))
    assert done.code == 0
    assert "rows/s" not in done.err and "\r" not in done.err
    assert "assigning to 2 grids of grids.geojson" in done.err


def test_an_output_layer_passes_for_a_geopackage(points: Path, grids: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.gpkg"
    summary(run(*arguments(points, grids, out, "--json")))
    connection = sqlite3.connect(out)
    try:
        assert connection.execute("SELECT table_name, srs_id FROM gpkg_contents").fetchall() == [("o", 4326)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()


def test_a_place_that_cannot_be_written_is_refused(points: Path, grids: Path, tmp_path: Path) -> None:
    (tmp_path / "o.csv.parts").write_text("in the way")
    refused(*arguments(points, grids, tmp_path / "o.csv"), says=["o.csv cannot be written", "File exists"])
