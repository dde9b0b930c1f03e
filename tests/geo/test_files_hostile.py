"""Files that somebody prepared: nothing of them is followed, fetched or run, and none takes the machine with it."""

from __future__ import annotations

import json
import re
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyarrow
import pyarrow.parquet
import pyogrio
import pytest
import shapely

from geo.errors import BadInput, UnsuitableCrs
from geo.files import read_features, read_table, tables

POINT = {"type": "Feature", "properties": {"code": "a"}, "geometry": {"type": "Point", "coordinates": [118.8, 28.9]}}


class Elsewhere(BaseHTTPRequestHandler):
    """A server that a file might have us ask. It keeps what it was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)

    do_HEAD = do_POST = do_GET

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked for so far."""
    asked: list[str] = []
    handler = type("Handler", (Elsewhere,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def written(tmp_path: Path, name: str, content: str | dict[str, Any]) -> Path:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_gdal_knows_our_formats_only() -> None:
    """The others would be opened first and recognised later: a pipeline or a VRT has done its work by then."""
    assert set(pyogrio.list_drivers()) == {"GPKG", "GeoJSON", "ESRI Shapefile", "OpenFileGDB"}


@pytest.mark.parametrize("name", ["alg.gdalg.json", "alg.json", "alg.geojson"])
def test_a_pipeline_is_not_run(tmp_path: Path, elsewhere: tuple[str, list[str]], name: str) -> None:
    url, asked = elsewhere
    for read in (f"/vsicurl/{url}/x.geojson", str(written(tmp_path, "own.geojson", POINT))):
        command = f"gdal vector pipeline ! read {read} ! write --of stream streamed_dataset"
        path = written(tmp_path, name, {"type": "gdal_streamed_alg", "command_line": command})
        with pytest.raises(BadInput, match="not recognized"):
            read_features(path)
    assert asked == []


LINKS = (
    '{"type": "link", "properties": {"href": "URL", "type": "ogcwkt"}}',
    '{"type": "url", "properties": {"url": "URL"}}',
    '{"type": "name", "Type": "LINKED", "properties": {"href": "URL"}}',
    '{"\\u0074ype": "\\u006cink", "properties": {"href": "URL"}}',
    "{'type': 'link', 'properties': {'href': 'URL'}}",
    '/* { */ {"type": /* } */ "link", "properties": {"href": "URL"}}',
)
KEYS = ('"crs":', '"CRS" \n:', '"\\u0063r\\u0053":', "'crs':", '"crs" /* : */ :')


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("link", LINKS)
def test_a_crs_that_lies_elsewhere_is_not_fetched(
    tmp_path: Path, elsewhere: tuple[str, list[str]], key: str, link: str
) -> None:
    url, asked = elsewhere
    crs = f"{key} {link}".replace("URL", f"{url}/crs")
    content = f'{{"type": "FeatureCollection", {crs}, "features": [{json.dumps(POINT)}]}}'
    with pytest.raises(BadInput):
        read_features(written(tmp_path, "grids.geojson", content))
    assert asked == []


def test_the_reader_is_told_what_to_do_about_a_linked_crs(tmp_path: Path) -> None:
    crs = {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs"}}
    path = written(tmp_path, "grids.geojson", {"type": "FeatureCollection", "crs": crs, "features": [POINT]})
    with pytest.raises(UnsuitableCrs, match="nothing is fetched"):
        read_features(path)


def test_a_crs_with_a_name_and_a_column_called_crs_are_fine(tmp_path: Path) -> None:
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    for crs, value in ((named, "link"), (None, {"kind": "link"}), (named, None)):
        feature = POINT | {"properties": {"crs": value}}
        feature["geometry"] = {"type": "Point", "coordinates": [390_000, 3_206_000] if crs else [118.8, 28.9]}
        path = written(tmp_path, "grids.geojson", {"type": "FeatureCollection", "crs": crs, "features": [feature]})
        assert read_features(path).crs == ("EPSG:4549" if crs else "EPSG:4326")


def test_a_name_that_looks_like_an_address_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("http:x.geojson", "zip:x.geojson", "GPKG:x.geojson"):
        written(tmp_path, name, {"type": "FeatureCollection", "features": [POINT]})
        assert len(read_features(name)) == 1, name


def test_a_table_that_claims_four_billion_rows(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"code": ["甲"]}, geometry=[shapely.Point(118.8, 28.9)], crs=4326).to_file(tmp_path / "x.shp")
    (tmp_path / "x.cpg").unlink()
    table = tmp_path / "x.dbf"
    content = bytearray(table.read_bytes())
    content[29] = 0  # no code page: every cell is looked at
    struct.pack_into("<I", content, 4, 0xFFFF_FFFF)
    table.write_bytes(content)
    assert read_features(tmp_path / "x.shp").rows[0] == {"code": "甲"}


# -- tables ---------------------------------------------------------------------------------------------------------

SHEET = "xl/worksheets/sheet1.xml"
END = "</sheetData>"


def workbook(tmp_path: Path, changed: Callable[[str], str], part: str = SHEET, **added: str) -> Path:
    """An Excel file of two rows, one of whose parts was changed by hand."""
    book = openpyxl.Workbook()
    for row in (("code", "name"), ("1", "甲")):
        book.active.append(row)
    book.save(tmp_path / "made.xlsx")
    path = tmp_path / "prepared.xlsx"
    with zipfile.ZipFile(tmp_path / "made.xlsx") as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in made.namelist():
            content = made.read(name).decode()
            target.writestr(name, changed(content) if name == part else content)
    return path


def cell(at: str, kind: str, value: str) -> str:
    return f'<row r="{at[1:]}"><c r="{at}" t="{kind}"><v>{value}</v></c></row>{END}'


@pytest.mark.parametrize(
    "bad",
    [cell("A3", "s", "99999"), cell("A3", "n", "ten"), cell("A3", "d", "never"), cell("~3", "n", "1"),
     cell("A3", "n", "&there;"), cell("A2000000000", "n", "1")],
)  # fmt: skip
def test_an_excel_file_with_a_cell_that_cannot_be(tmp_path: Path, bad: str) -> None:
    path = workbook(tmp_path, lambda sheet: sheet.replace(END, bad))
    with pytest.raises(BadInput, match=r"prepared\.xlsx"):
        read_table(path)


def test_an_excel_file_without_a_sheet_and_one_with_a_foreign_entity(tmp_path: Path) -> None:
    sheets = workbook(tmp_path, lambda book: re.sub("<sheets>.*</sheets>", "<sheets/>", book), "xl/workbook.xml")
    with pytest.raises(BadInput):
        read_table(sheets)
    entity = '<!DOCTYPE worksheet [<!ENTITY there SYSTEM "file:///etc/passwd">]><worksheet'
    bad = cell("A3", "str", "&there;")
    foreign = workbook(tmp_path, lambda sheet: sheet.replace("<worksheet", entity, 1).replace(END, bad))
    with pytest.raises(BadInput):
        read_table(foreign)


def test_what_an_excel_file_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    """Some programs write A1, and rows were lost; others write the largest sheet there can be."""
    for said in ("A1", "A1:XFD1048576", "A1:B2000000000"):
        path = workbook(tmp_path, partial(re.sub, '<dimension ref="[^"]*"', f'<dimension ref="{said}"'))
        assert list(read_table(path, ["code", "name"]).rows) == [(2, {"code": "1", "name": "甲"})]


def test_excel_texts_that_would_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_MOST_SHARED", 100)
    book = openpyxl.Workbook()
    book.active.append(["code"])
    book.save(tmp_path / "x.xlsx")
    with zipfile.ZipFile(tmp_path / "x.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", "<sst/>" + " " * 100)
    with pytest.raises(BadInput, match="unpacks to more"):
        read_table(tmp_path / "x.xlsx")


def test_parquet_with_a_time_that_no_calendar_has(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    times = pyarrow.array([2**62], pyarrow.timestamp("us"))
    pyarrow.parquet.write_table(pyarrow.table({"code": ["a"], "time": times}), path)
    with pytest.raises(BadInput, match="cannot be read as Parquet"):
        read_table(path)


def test_a_few_bytes_of_parquet_that_stand_for_gigabytes(tmp_path: Path) -> None:
    """Rows are taken a few at a time: decoded at once these would be 2 GB."""
    path = tmp_path / "x.parquet"
    texts = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 20_000), ["x" * 100_000])
    pyarrow.parquet.write_table(pyarrow.table({"code": texts}), path)
    assert path.stat().st_size < 10_000
    before = pyarrow.default_memory_pool().max_memory()
    line, row = next(read_table(path).rows)
    assert (line, len(row["code"] or "")) == (1, 100_000)
    assert pyarrow.default_memory_pool().max_memory() < max(before, 500_000_000)
