"""Tables that are broken in part or whole: good rows are imported, bad ones named, totals add up, nothing is lost."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest

from tests.cli.commands import Done, contents, refused, run
from tests.cli.conftest import Copy

WHERE = ("--datum", "wgs84", "--lon", "lon", "--lat", "lat")
OUTCOMES = ("assigned", "nearest", "placed", "outside", "no_location", "rejected", "duplicates")
HEADER = "id,lon,lat"
GOOD = "G1,118.805,28.905"


@pytest.fixture
def one(founded: Callable[[str, bool], str], copied: Copy) -> str:
    """A GeoPackage store with two grids: what is wrong with a file alone is the same for both kinds."""
    return copied("gpkg", founded("gpkg", True))


def take(store: str, path: Path, *options: str) -> Done:
    return run("import", "reports", path, "--store", store, *WHERE, "--ref", "id", *options, "--json")


def refuse(store: str, path: Path, *options: str, says: str) -> None:
    """The whole file is refused in these words, and the store is as it was."""
    before = contents(store)
    refused("import", "reports", path, "--store", store, *WHERE, "--ref", "id", *options, "--json", says=[says])
    assert contents(store) == before
    assert not rejects_of(path).exists()


def rejects_of(path: Path) -> Path:
    return path.with_name(path.name + ".rejects.csv")


def rejects(path: Path) -> dict[int, str]:
    """Line -> reason."""
    with rejects_of(path).open(encoding="utf-8", newline="") as file:
        return {int(row["line"]): row["reason"] for row in csv.DictReader(file)}


def adds_up(summary: dict[str, Any]) -> bool:
    return bool(summary["rows"] == sum(summary[name] for name in OUTCOMES))


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines) + "\n", encoding)
    return path


# -- rows that are wrong ----------------------------------------------------------------------------------------------

BAD_ROWS = [
    ("B1,many,28.905", "lon is 'many', not a number"),
    ("B2,118.805,28。905", "lat is '28。905', not a number"),
    ("B3,nan,28.905", "lon is nan, not a number"),
    ("B4,118.805,-inf", "lat is -inf, not a number"),
    ("B5,0,0", "0/0 is no place"),
    ("B6,28.905,118.805", "longitude and latitude look swapped"),
    ("B7,418.805,28.905", "no place on Earth in wgs84"),
    ("B8,118.805,", "lat is empty where its partner is not"),
    (",118.805,28.905", "column id is empty"),
    ("B9,118.805,28.905,1,2", "the row has 5 cells, the header 3"),
    ("B10", "the row has 1 cells, the header 3"),
]


def test_bad_rows_are_named_and_good_ones_imported(city: str, tmp_path: Path) -> None:
    path = write(tmp_path / "rows.csv", HEADER, GOOD, *(row for row, _ in BAD_ROWS), "G2,118.815,28.905", "G3,,")
    done = take(city, path)
    summary = done.json
    assert adds_up(summary)
    assert (summary["rows"], summary["assigned"], summary["no_location"]) == (len(BAD_ROWS) + 3, 2, 1)
    assert summary["rejected"] == len(BAD_ROWS)
    assert str(rejects_of(path)) in done.err
    found = rejects(path)
    for line, (_, reason) in enumerate(BAD_ROWS, start=3):  # the header is line 1, the first good row line 2
        assert reason in found[line]
    assert f"{summary['swapped']} rows look as if longitude and latitude were swapped" in done.err
    assert contents(city)["report"] == 3
    # Mended and run again: what was taken is known, what was not comes in.
    mended = [f"{row.split(',')[0] or 'B0'},118.805,28.905" for row, _ in BAD_ROWS]
    again = take(city, write(path, HEADER, GOOD, *mended, "G2,118.815,28.905", "G3,,")).json
    assert adds_up(again)
    assert (again["assigned"], again["duplicates"], again["rejected"]) == (len(BAD_ROWS), 3, 0)
    assert not rejects_of(path).exists()  # it told of rows that are taken now
    assert run("check", "--store", city).code == 0


def test_times_that_cannot_be_told_in_every_zone_are_bad_rows(city: str, tmp_path: Path) -> None:
    """A report of the year 1 could be stored, and then no list that holds it could be read."""
    times = ("0001-01-01", "0001-01-01T00:00:00Z", "1899-12-31", "9999-12-31T23:59:59-23:59", "2026-02-30")
    rows = [f"T{i},118.805,28.905,{text}" for i, text in enumerate(times)]
    summary = take(city, write(tmp_path / "rows.csv", f"{HEADER},at", *rows), "--time", "at").json
    assert adds_up(summary)
    assert summary["rejected"] == len(times)
    assert all("at is" in reason for reason in rejects(tmp_path / "rows.csv").values())


def test_a_whole_file_of_swapped_coordinates_is_named_and_nothing_is_turned_round(one: str, tmp_path: Path) -> None:
    done = take(one, write(tmp_path / "swapped.csv", HEADER, *(f"S{i},28.905,118.8{i}" for i in range(10, 15))))
    assert (done.json["rejected"], done.json["swapped"]) == (5, 5)
    assert contents(one)["report"] == 0


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", ""),
        ("utf-8-sig", "byte order mark skipped"),
        ("gb18030", "was read as GB18030: check the Chinese text"),
    ],
)
def test_encodings_are_found_and_said(one: str, tmp_path: Path, encoding: str, note: str) -> None:
    path = write(tmp_path / "rows.csv", "编号,lon,lat,地址", "北1,118.805,28.905,府东街1号", encoding=encoding)
    done = run("import", "reports", path, "--store", one, *WHERE, "--ref", "编号", "--address", "地址", "--json")
    assert done.json["assigned"] == 1
    assert note in done.err
    exported = tmp_path / "issues.csv"
    assert run("export", "issues", exported, "--store", one).code == 0
    assert ",北1," in exported.read_text("utf-8")


UNIT_ROWS = [
    ("U1,118.805,28.905,3,2025-01-01,let", None),
    ("U2,118.805,28.905,three,2025-01-01,let", "rooms is 'three', not a number"),
    ("U3,118.805,28.905,2.5,2025-01-01,let", "rooms is 2.5, not a whole number"),
    ("U4,118.805,28.905,3,2025-13-01,let", "since is '2025-13-01'"),
    ("U5,118.805,28.905,3,2025-01-01,haunted", "occupancy is 'haunted'"),
    ("U6,28.905,118.805,3,2025-01-01,let", "longitude and latitude look swapped"),
    ("U7,0,0,3,2025-01-01,let", "0/0 is no place"),
    ("U8,118.805", "the row has 2 cells, the header 6"),
    ("U1,118.805,28.905,3,2025-01-01,let", None),
]


def test_bad_rental_units_are_named_and_good_ones_imported(city: str, tmp_path: Path) -> None:
    rows = [row for row, _ in UNIT_ROWS]
    path = write(tmp_path / "units.csv", "code,lon,lat,rooms,since,occupancy", *rows)
    summary = run("import", "units", path, "--store", city, "--datum", "wgs84", "--json").json
    assert adds_up(summary)
    assert (summary["assigned"], summary["duplicates"]) == (1, 1)
    found = rejects(path)
    wrong = {line: reason for line, (_, reason) in enumerate(UNIT_ROWS, start=2) if reason}
    assert found.keys() == wrong.keys()
    assert all(wrong[line] in found[line] for line in wrong)
    assert contents(city)["rental_unit"] == 1


@pytest.mark.parametrize(
    ("kind_of_file", "header", "good", "wanted"),
    [
        ("areas", "code,name,level", "A1,东区,subdistrict", "imported"),
        ("places", "code,name,kind,lon,lat", "P1,小区,compound,118.805,28.905", "imported"),
        ("people", "code,name,post,target", "N1,张一,lead,G1", "appointed"),
    ],
)
def test_a_row_that_cannot_be_read_is_one_row(
    city: str, tmp_path: Path, kind_of_file: str, header: str, good: str, wanted: str
) -> None:
    path = write(tmp_path / "rows.csv", header, "X,1,2,3,4,5,6,7,8,9", good, "Y")
    datum = ("--datum", "wgs84") if kind_of_file == "places" else ()
    summary = run("import", kind_of_file, path, "--store", city, *datum, "--json").json
    assert (summary["rows"], summary[wanted], summary["rejected"]) == (3, 1, 2)
    assert rejects(path).keys() == {2, 4}


# -- files that are wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", b"", "empty.csv has no header in its first line"),
        ("blank.csv", b"\n\n", "blank.csv has no header in its first line"),
        ("junk.csv", bytes(range(1, 256)) * 9, "neither UTF-8 (byte 127 is wrong) nor GB18030: save it as CSV UTF-8"),
        ("zeros.csv", b"id,lon,lat\nA,\0,\0\n", "holds zero bytes: it is no text table"),
        ("wide.csv", "id,lon,lat\n".encode("utf-16"), "wide.csv is UTF-16: save it as CSV UTF-8"),
        ("long.csv", b"x" * 200_000 + b"\n1\n", "long.csv cannot be read: field larger than field limit"),
        ("other.csv", b"ID,x,y\n1,2,3\n", "other.csv has no column 'lon', 'lat', 'id'; it has ID, x, y"),
        ("twice.csv", b"id,lon,lat,lon\n1,2,3,4\n", "twice.csv has several columns named 'lon'"),
        ("junk.xlsx", b"PK\x03\x04junk", "junk.xlsx cannot be read as Excel"),
        ("junk.parquet", b"PAR1junk", "junk.parquet cannot be read as Parquet"),
        ("table.doc", b"id,lon,lat\n", "give a CSV, Excel (.xlsx) or Parquet file"),
    ],
)
def test_files_that_are_no_table(one: str, tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    refuse(one, tmp_path / name, says=says)


def test_a_header_alone_is_an_import_of_nothing(one: str, tmp_path: Path) -> None:
    summary = take(one, write(tmp_path / "header.csv", HEADER)).json
    assert adds_up(summary)
    assert summary["rows"] == 0
    assert not rejects_of(tmp_path / "header.csv").exists()


def test_folders_and_files_that_are_not_there(one: str, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    refuse(one, tmp_path / "folder.csv", says="there is no file")
    done = take(one, tmp_path / "none.csv")
    assert (done.code, done.out) == (2, "")
    assert "none.csv" in done.err and "does not exist" in done.err


@pytest.mark.parametrize("datum", ["", "gps", "EPSG:1"])
def test_a_datum_that_nobody_knows(one: str, tmp_path: Path, datum: str) -> None:
    path = write(tmp_path / "rows.csv", HEADER, GOOD)
    before = contents(one)
    options = ("--lon", "lon", "--lat", "lat", "--ref", "id", "--store", one)
    assert datum in refused("import", "reports", path, "--datum", datum, *options)
    assert run("import", "reports", path, *options).code == 2  # a datum is never guessed
    assert contents(one) == before


def table() -> dict[str, list[Any]]:
    """3,000 good rows: three chunks, so that a reader who stops half-way would leave some behind."""
    count = 3000
    return {
        "id": [f"R{i}" for i in range(count)],
        "lon": [118.801 + i / 1e6 for i in range(count)],
        "lat": [28.901 + (i % 997) / 1e6 for i in range(count)],
    }


def test_a_parquet_file_with_a_broken_page_is_refused_whole(one: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.table(table()), path, row_group_size=1000)
    content = bytearray(path.read_bytes())
    third = pyarrow.parquet.ParquetFile(path).metadata.row_group(2).column(1)
    start = third.dictionary_page_offset or third.data_page_offset
    content[start : start + third.total_compressed_size] = b"\xff" * third.total_compressed_size
    path.write_bytes(content)
    refuse(one, path, says="rows.parquet cannot be read as Parquet")


def test_zero_bytes_in_a_cell_are_one_bad_row(city: str, tmp_path: Path) -> None:
    rows = {"id": ["A", "B\0", "C"], "lon": [118.801] * 3, "lat": [28.901] * 3, "text": ["a", "b", "c\0"]}
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(pyarrow.table(rows), path)
    summary = take(city, path, "--description", "text").json
    assert (summary["assigned"], summary["rejected"]) == (1, 2)
    assert set(rejects(path).values()) == {
        f"{name} holds a zero byte, which no store can keep" for name in ("id", "text")
    }


def excel(path: Path) -> Path:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    rows = table()
    sheet.append(list(rows))
    for values in zip(*rows.values(), strict=True):
        sheet.append(values)
    book.save(path)
    return path


def test_an_excel_file_that_was_cut_off_inside_is_refused_whole(one: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    with zipfile.ZipFile(excel(tmp_path / "whole.xlsx")) as whole, zipfile.ZipFile(path, "w") as cut:
        for name in whole.namelist():
            content = whole.read(name)
            cut.writestr(name, content[: len(content) * 2 // 3] if "sheet1" in name else content)
    refuse(one, path, says="rows.xlsx cannot be read as Excel")


def test_an_excel_file_with_flipped_bits_is_refused_whole(one: str, tmp_path: Path) -> None:
    path = excel(tmp_path / "rows.xlsx")
    with zipfile.ZipFile(path) as book:
        info = next(info for info in book.infolist() if "sheet1" in info.filename)
    content = bytearray(path.read_bytes())
    middle = info.header_offset + 200 + info.compress_size // 2
    content[middle : middle + 50] = bytes(byte ^ 0x55 for byte in content[middle : middle + 50])
    path.write_bytes(content)
    refuse(one, path, says="rows.xlsx cannot be read as Excel")


def test_where_rejects_cannot_be_written_they_are_said(one: str, tmp_path: Path) -> None:
    """The import is done by then: its summary must come, and no reason may be lost."""
    path = write(tmp_path / "rows.csv", HEADER, GOOD, *(row for row, _ in BAD_ROWS))
    rejects_of(path).mkdir()
    done = take(one, path)
    assert done.json["rejected"] == len(BAD_ROWS)
    assert str(rejects_of(path)) in done.err
    for _, reason in BAD_ROWS:
        assert reason in done.err
