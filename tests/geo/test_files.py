"""Files as people send them: Shapefiles in GBK without a .cpg, tables in GB18030, degrees called feet, parts gone."""

from __future__ import annotations

import csv
import json
import sqlite3

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest
import shapely
from shapely.geometry import Point, box

from geo.crs import Metric
from geo.errors import BadInput, Conflict, MissingColumn, UnknownDatum, UnsuitableCrs
from geo.files import PROBLEM, read_features, read_grids, read_table, write_csv, write_layer
from geo.files.formulas import inert, original
from tests import newyork

KECHENG = [box(118.8, 28.9, 118.9, 29.0), box(118.9, 28.9, 119.0, 29.0)]
NAMES = ["府山街道第一网格", "信安街道"]


def frame(geoms=KECHENG, crs="EPSG:4326", **columns) -> gpd.GeoDataFrame:
    values = {"code": ["330802001", "330802002"], "name": NAMES, "kind": [1, 2], **columns}
    return gpd.GeoDataFrame(values, geometry=list(geoms), crs=crs)


def written(tmp_path, name: str, made: gpd.GeoDataFrame, **options):
    path = tmp_path / name
    made.to_file(path, **options)
    return path


# -- grids ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["grids.gpkg", "grids.geojson", "grids.shp", "grids.gdb"])
def test_every_format(tmp_path, name):
    options = {"driver": "OpenFileGDB"} if name.endswith(".gdb") else {}
    if name.endswith(".shp"):
        options["encoding"] = "UTF-8"
    path = written(tmp_path, name, frame(), **options)
    grids = read_grids(path, code="code", name="name")
    assert grids.codes == ["330802001", "330802002"]
    assert grids.names == NAMES
    assert grids.parents is None
    assert grids.crs == "EPSG:4326"
    assert grids.attributes[0]["kind"] == 1
    assert shapely.hausdorff_distance(grids.geoms, np.array(KECHENG)).max() < 1e-7
    assert any("WGS 84 (EPSG:4326)" in note for note in grids.notes)


def test_numbers_as_codes_and_cells_left_empty(tmp_path):
    made = frame(code=[7.0, 5.0], name=["a", None], kind=[1.5, np.nan], seen=pd.to_datetime(["2024-04-15", None]))
    path = written(tmp_path, "grids.gpkg", made)
    grids = read_grids(path, code="code", name="name")
    assert grids.codes == ["7", "5"]
    assert grids.names == ["a", "5"]
    assert grids.attributes == [{"kind": 1.5, "seen": "2024-04-15T00:00:00"}, {}]
    with pytest.raises(BadInput, match="column 'kind' is empty in 1 features: 2"):
        read_grids(path, code="code", parent="kind")


def test_a_missing_column_names_those_there_are(tmp_path):
    path = written(tmp_path, "grids.geojson", frame())
    with pytest.raises(MissingColumn, match="no column 'wgbm'; it has code, name, kind"):
        read_grids(path, code="wgbm")


def test_points_are_no_grids_and_nothing_is_nothing(tmp_path):
    path = written(tmp_path, "points.geojson", frame([Point(118.8, 29), Point(118.9, 29)]))
    with pytest.raises(BadInput, match="holds Point; grids are polygons"):
        read_grids(path, code="code")
    empty = tmp_path / "empty.geojson"
    empty.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(BadInput):
        read_grids(empty, code="code")


def test_z_values_are_dropped_with_a_note(tmp_path):
    path = written(tmp_path, "grids.gpkg", frame(shapely.force_3d(KECHENG, 12.0)))
    grids = read_grids(path, code="code")
    assert not shapely.has_z(grids.geoms).any()
    assert "Z or M values of 2 features were dropped" in grids.notes


# -- Shapefiles -----------------------------------------------------------------------------------------------------


def test_chinese_names_without_a_code_page(tmp_path):
    for encoding in ("GBK", "UTF-8"):
        path = written(tmp_path, f"{encoding}.shp", frame(), encoding=encoding)
        path.with_suffix(".cpg").unlink()
        table = bytearray(path.with_suffix(".dbf").read_bytes())
        table[29] = 0
        path.with_suffix(".dbf").write_bytes(table)
        assert read_grids(path, code="code", name="name").names == NAMES


def test_a_code_page_that_the_table_names(tmp_path):
    path = written(tmp_path, "grids.shp", frame(), encoding="GBK")
    path.with_suffix(".cpg").unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0x4D  # GBK
    path.with_suffix(".dbf").write_bytes(table)
    assert read_grids(path, code="code", name="name").names == NAMES


def test_names_in_no_known_encoding(tmp_path):
    path = written(tmp_path, "grids.shp", frame(name=["XXXXXXXX", "YYYY"]), encoding="GBK")
    path.with_suffix(".cpg").unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes().replace(b"XXXXXXXX", b"\xff\xffAB\xff\xffCD"))
    table[29] = 0
    path.with_suffix(".dbf").write_bytes(table)
    with pytest.raises(BadInput, match=r"neither UTF-8 nor GB18030; add a \.cpg"):
        read_grids(path, code="code")


def test_parts_of_a_shapefile_that_are_missing(tmp_path):
    path = written(tmp_path, "grids.shp", frame())
    path.with_suffix(".prj").unlink()
    with pytest.raises(UnsuitableCrs, match="--source-crs"):
        read_grids(path, code="code")
    assert read_grids(path, code="code", source_crs="cgcs2000").crs == "cgcs2000"
    path.with_suffix(".dbf").unlink()
    path.with_suffix(".shx").unlink()
    with pytest.raises(BadInput, match=r"grids.shp lacks grids.shx and grids.dbf"):
        read_grids(path, code="code")


# -- the CRS --------------------------------------------------------------------------------------------------------


def test_feet_that_say_so_are_only_another_system(tmp_path):
    degrees = gpd.read_file(newyork.layer_path("community_district"))
    path = written(tmp_path, "feet.gpkg", degrees.to_crs("EPSG:2263"))
    grids = read_grids(path, code="boro_cd")
    assert grids.crs == "EPSG:2263"
    assert any("US survey foot" in note or "ftUS" in note for note in grids.notes)
    moved = Metric(newyork.SRID).from_source(grids.geoms, grids.crs)
    _, geoms = newyork.layer("community_district")
    assert shapely.hausdorff_distance(moved, geoms).max() < 0.01


@pytest.mark.parametrize(
    ("made", "named", "says"),
    [
        (frame(crs="EPSG:4549"), None, "look like degrees"),
        (frame([box(913000, 120000, 1067000, 272000)] * 2), None, "no degrees of WGS 84"),
        (frame([box(913000, 120000, 1067000, 272000)] * 2, crs=None), None, "has no CRS"),
        (frame(crs=None), "EPSG:2263", "look like degrees"),
        (frame([box(913000, 120000, 1067000, 272000)] * 2, crs=None), "wgs84", "no degrees of wgs84"),
    ],
)
def test_coordinates_that_contradict_their_crs(tmp_path, made, named, says):
    with pytest.raises(UnsuitableCrs, match=says):
        read_grids(written(tmp_path, "grids.gpkg", made), code="code", source_crs=named)


def test_a_crs_far_from_its_place_is_told(tmp_path):
    path = written(tmp_path, "grids.gpkg", frame([box(913000, 120000, 1067000, 272000)] * 2, crs="EPSG:32618"))
    assert any("not meant to be used" in note for note in read_grids(path, code="code").notes)


def test_geojson_in_china_is_told_about_gcj02(tmp_path):
    path = written(tmp_path, "grids.geojson", frame())
    assert any("GCJ-02" in note for note in read_grids(path, code="code").notes)
    named = read_grids(path, code="code", source_crs="gcj02")
    assert named.crs == "gcj02" and not any("warning" in note for note in named.notes)
    elsewhere = read_grids(newyork.layer_path("borough"), code="borough_code")
    assert not any("GCJ-02" in note for note in elsewhere.notes)


def test_a_datum_that_nobody_knows(tmp_path):
    with pytest.raises(UnknownDatum):
        read_grids(written(tmp_path, "grids.geojson", frame()), code="code", source_crs="xian80")


# -- files that are not what they say -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("grids.geojson", b"<OGRVRTDataSource/>", "is no GeoJSON file"),
        ("grids.geojson", b"", "is empty"),
        ("grids.geojson", b'{"type": "FeatureCollection", "features": [', "cannot be read"),
        ("grids.gpkg", b"not sqlite", "is no GPKG file"),
        ("grids.gpkg", b"SQLite format 3\0" + b"x" * 100, "cannot be read"),
        ("grids.shp", b"PK\x03\x04", "is no ESRI Shapefile file"),
        ("grids.zip", b"PK\x03\x04broken", "cannot be read|no layer"),
        ("grids.vrt", b"<OGRVRTDataSource/>", "give a GeoPackage"),
        ("grids.gdb", b"", "is no FileGDB folder"),
    ],
)
def test_files_that_are_something_else(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=says):
        read_grids(tmp_path / name, code="code")


def test_no_file_and_several_layers(tmp_path):
    with pytest.raises(BadInput, match="there is no file"):
        read_grids(tmp_path / "grids.gpkg", code="code")
    path = written(tmp_path, "grids.gpkg", frame(), layer="a")
    frame().to_file(path, layer="b")
    with pytest.raises(BadInput, match=r"2 layers \(a, b\)"):
        read_grids(path, code="code")
    assert len(read_features(path, layer="b")) == 2


def test_a_geopackage_that_is_being_written_is_read_from_a_copy(tmp_path):
    path = written(tmp_path, "grids.gpkg", frame())
    with sqlite3.connect(path) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE extra (a)")
        writer.commit()
        writer.execute("BEGIN IMMEDIATE")
        assert len(read_grids(path, code="code").codes) == 2
        writer.execute("INSERT INTO extra VALUES (1)")
        writer.commit()
    assert sqlite3.connect(path).execute("SELECT count(*) FROM extra").fetchone() == (1,)


def test_features_of_any_kind(tmp_path):
    geoms = [Point(118.8, 29), shapely.LineString([(118.8, 29), (118.9, 29)]), KECHENG[0]]
    mixed = gpd.GeoDataFrame({"code": ["a", "b", "c"]}, geometry=geoms, crs="EPSG:4326")
    layer = read_features(written(tmp_path, "places.geojson", mixed))
    assert [geom.geom_type for geom in layer.geoms] == ["Point", "LineString", "Polygon"]
    assert layer.rows == [{"code": "a"}, {"code": "b"}, {"code": "c"}]


def test_an_unclosed_polygon_is_refused_not_half_read(tmp_path):
    (tmp_path / "g.geojson").write_text(
        json.dumps({
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": {"code": "a"},
                          "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0]]]}}],
        })
    )  # fmt: skip
    with pytest.raises(BadInput, match="cannot be read"):
        read_grids(tmp_path / "g.geojson", code="code")


# -- tables ---------------------------------------------------------------------------------------------------------

LINES = ["ref,lon,lat,text\r\n", 'A1,118.8,29.0,"路灯\r\n不亮"\r\n', "\r\n", "A2,,,垃圾\r\n"]


@pytest.mark.parametrize(
    ("encoding", "notes"),
    [("utf-8", 0), ("utf-8-sig", 1), ("gb18030", 1)],
)
def test_csv_in_three_encodings(tmp_path, encoding, notes):
    path = tmp_path / "reports.csv"
    path.write_bytes("".join(LINES).encode(encoding))
    table = read_table(path, ["ref", "lon", "lat"])
    assert table.columns == ["ref", "lon", "lat", "text"]
    assert list(table.rows) == [
        (2, {"ref": "A1", "lon": "118.8", "lat": "29.0", "text": "路灯\r\n不亮"}),
        (5, {"ref": "A2", "lon": None, "lat": None, "text": "垃圾"}),
    ]
    assert len(table.notes) == notes
    assert encoding != "gb18030" or "GB18030" in table.notes[0]


def test_csv_with_broken_rows_goes_on(tmp_path):
    path = tmp_path / "reports.csv"
    path.write_text('ref,text\nA1,a\nA2,a,b\nA3\nA4,"' + "x" * 200_000 + '"\nA5,e\n')
    rows = list(read_table(path, ["ref"]).rows)
    assert [line for line, _ in rows] == [2, 3, 4, 5, 6]
    assert [PROBLEM in row for _, row in rows] == [False, True, True, True, False]
    assert rows[1][1][PROBLEM] == "the row has 3 cells, the header 2"
    assert rows[4][1] == {"ref": "A5", "text": "e"}


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_csv_with_other_separators(tmp_path, delimiter):
    path = tmp_path / "reports.csv"
    path.write_text(f"ref{delimiter}lon\nA1{delimiter}118,8\n")
    table = read_table(path, ["ref"])
    assert list(table.rows) == [(2, {"ref": "A1", "lon": "118,8"})]
    assert "separated" in table.notes[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no header"),
        (b"ref,lon\n" + b"\xff\xfe" * 10, "neither UTF-8 .byte 8 is wrong. nor GB18030"),
        ("ref,lon\n".encode("utf-16"), "is UTF-16"),
        (b"ref,lon\nA\0,1\n", "zero bytes"),
        (b"ref,ref\nA,1\n", "several columns named 'ref'"),
    ],
)
def test_csv_that_is_none(tmp_path, content, says):
    (tmp_path / "reports.csv").write_bytes(content)
    with pytest.raises(BadInput, match=says):
        read_table(tmp_path / "reports.csv", ["ref"])


def test_characters_across_blocks(tmp_path):
    path = tmp_path / "reports.csv"
    path.write_bytes(("ref,text\n" + "".join(f"{n},{'区' * (n % 7 + 1)}\n" for n in range(90_000))).encode("gb18030"))
    rows = list(read_table(path, ["ref"]).rows)
    assert len(rows) == 90_000 and rows[-1] == (90_001, {"ref": "89999", "text": "区" * (89999 % 7 + 1)})


def test_missing_columns_of_a_table(tmp_path):
    (tmp_path / "reports.csv").write_text("ref, lon\n")
    with pytest.raises(MissingColumn, match="no column 'x', 'y'; it has ref, lon"):
        read_table(tmp_path / "reports.csv", ["lon", "x", "y"])
    with pytest.raises(BadInput, match="there is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="give a CSV"):
        read_table(tmp_path / "reports.doc")


def test_excel(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["编号", "lon", "time", "ok"])
    sheet.append([12, 118.87, pd.Timestamp("2024-04-15 08:30").to_pydatetime(), True])
    sheet.append([None, None, None, None])
    sheet.append(["A2"])
    book.create_sheet("more")
    book.save(tmp_path / "units.xlsx")
    table = read_table(tmp_path / "units.xlsx", ["编号"])
    assert list(table.rows) == [
        (2, {"编号": "12", "lon": "118.87", "time": "2024-04-15T08:30:00", "ok": "true"}),
        (4, {"编号": "A2", "lon": None, "time": None, "ok": None}),
    ]
    assert table.notes == ("read the first of 2 sheets, 'Sheet'",)
    (tmp_path / "broken.xlsx").write_bytes(b"no zip")
    with pytest.raises(BadInput, match="cannot be read as Excel"):
        read_table(tmp_path / "broken.xlsx")


def test_parquet(tmp_path):
    values = {"ref": [1, 2], "lon": [118.5, None], "geometry": [b"\0", b"\1"]}
    pyarrow.parquet.write_table(pyarrow.table(values), tmp_path / "units.parquet")
    table = read_table(tmp_path / "units.parquet", ["ref"])
    assert table.columns == ["ref", "lon"]
    assert list(table.rows) == [(1, {"ref": "1", "lon": "118.5"}), (2, {"ref": "2", "lon": None})]
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadInput, match="cannot be read as Parquet"):
        read_table(tmp_path / "broken.parquet")


# -- export ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["out.gpkg", "out.geojson", "out.parquet", "out.csv"])
def test_what_is_written_can_be_read(tmp_path, name):
    geoms = Metric(4549).project_geometry(np.array(KECHENG))
    rows = [{"code": "1", "name": NAMES[0]}, {"code": "2", "name": "=<b>${x}"}]
    write_layer(tmp_path / name, rows, geoms, "EPSG:4549", description="synthetic")
    if name == "out.csv":
        found = [row for _, row in read_table(tmp_path / name).rows]
        assert [row["name"] for row in found] == [NAMES[0], "=<b>${x}"]
        assert shapely.equals(shapely.from_wkt([row["wkt"] for row in found]), geoms).all()
    elif name == "out.parquet":
        found = gpd.read_parquet(tmp_path / name)
        assert found.crs == "EPSG:4549" and list(found["name"]) == [NAMES[0], "=<b>${x}"]
    else:
        back = read_grids(tmp_path / name, code="code", name="name")
        assert back.names == [NAMES[0], "=<b>${x}"]
        assert shapely.hausdorff_distance(Metric(4549).from_source(back.geoms, back.crs), geoms).max() < 0.02
    with pytest.raises(Conflict, match="not overwritten"):
        write_layer(tmp_path / name, rows, geoms, "EPSG:4549")
    write_layer(tmp_path / name, rows, geoms, "EPSG:4549", replace=True)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_lattice_layer_comes_back_to_the_bit(tmp_path):
    codes, geoms = newyork.layer("community_district")
    rows = [{"code": code} for code in codes]
    write_layer(tmp_path / "out.gpkg", rows, geoms, "EPSG:32618")
    back = read_grids(tmp_path / "out.gpkg", code="code")
    assert shapely.equals_exact(Metric(32618).from_source(back.geoms, back.crs), geoms).all()


def test_nothing_is_left_of_a_failed_export(tmp_path):
    with pytest.raises(BadInput, match=r"write \.gpkg"):
        write_layer(tmp_path / "out.kml", [{"a": 1}], np.array([Point(0, 0)]), "EPSG:4326")
    with pytest.raises(BadInput, match="no folder"):
        write_csv(tmp_path / "none" / "out.csv", ["a"], [])
    with pytest.raises(ZeroDivisionError):
        write_csv(tmp_path / "out.csv", ["a"], ({"a": 1 / n} for n in (1, 0)))
    assert list(tmp_path.iterdir()) == []


FORMULAS = ["=1+1", "+cmd|'/c calc'!A1", "-2+3", "@SUM(1)", "\t=1", "\r=1", '=HYPERLINK("http://x")']
PLAIN = ["-12.5", "+3", "2026-11-22", "330802001", "a=1", "<b>", "'s Gravenhage", "三", ""]


def test_no_cell_is_a_formula(tmp_path):
    """A hotline's number goes into the export of issues: whoever opens it in a spreadsheet runs nothing of it."""
    write_csv(tmp_path / "out.csv", ["ref"], ({"ref": text} for text in FORMULAS + PLAIN))
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        _, *cells = (row[0] if row else "" for row in csv.reader(file))
    assert cells == [f"'{text}" for text in FORMULAS] + PLAIN
    assert [inert(f"'{text}") for text in FORMULAS] == [f"''{text}" for text in FORMULAS]
    assert [original(inert(text)) for text in FORMULAS + cells] == FORMULAS + cells
    write_layer(tmp_path / "layer.csv", [{"ref": "=1+1", "n": -1}], np.array([Point(-1, 2)]), "EPSG:4326")
    with (tmp_path / "layer.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1] == ["'=1+1", "-1", "POINT (-1 2)"]


def test_a_table_is_written_as_it_comes(tmp_path):
    write_csv(tmp_path / "out.csv", ["a", "b"], ({"a": n, "b": "区", "c": 1} for n in range(2)))
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines() == ["a,b", "0,区", "1,区"]
