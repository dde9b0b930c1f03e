"""Tables of text: CSV in UTF-8 or GB18030, Excel, Parquet. Every row comes with its line, so that a person finds it."""

from __future__ import annotations

import codecs
import csv
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

import openpyxl
import pyarrow.lib
import pyarrow.parquet
from openpyxl.utils.exceptions import InvalidFileException

from geo.errors import BadInput
from geo.files.formulas import original
from geo.files.grids import require_columns
from geo.files.layers import plain

PROBLEM = "\0problem"  # the key under which a row that cannot be read says why

Row = dict[str, str | None]

_BLOCK = 1 << 20
_MOST_UNPACKED = 2 << 30  # a part of an Excel file, read as a stream
_MOST_SHARED = 256 << 20  # its shared texts, which openpyxl holds in memory
_MOST_LINES = 1_048_576  # the last row of a sheet
_BATCH_ROWS = 256  # of Parquet, where a few bytes may stand for many long texts
# What libraries raise over the content of a broken file.
_BROKEN = (
    zlib.error, ExpatError, SyntaxError, OSError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
)  # fmt: skip
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Table:
    """columns: those of the file. rows: (line in the file, cells as text, None where empty), read once as asked for."""

    path: Path
    columns: list[str]
    rows: Iterator[tuple[int, Row]]
    notes: tuple[str, ...]


def read_table(path: str | Path, columns: Sequence[str] = ()) -> Table:
    """Open a table and check that it has the columns.

    A row that cannot be read (a cell too many, a quote that never ends) comes with its reason under PROBLEM: it is one
    row to reject, not the end of the file. Raises BadInput and MissingColumn.
    """
    path = Path(path)
    readers = {".csv": _read_csv, ".txt": _read_csv, ".tsv": _read_csv, ".xlsx": _read_excel, ".parquet": _read_parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput(f"{path.name}: give a CSV, Excel (.xlsx) or Parquet file")
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    table = reader(path)
    require_columns(path.name, table.columns, list(columns))
    twice = [column for column in columns if table.columns.count(column) > 1]
    if twice:
        raise BadInput(f"{path.name} has several columns named {', '.join(map(repr, twice))}")
    return table


# -- CSV ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CsvShape:
    """How a CSV is to be read. header_bytes: where its rows begin. notes: what the user should read."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    header_bytes: int
    notes: tuple[str, ...]


def csv_shape(path: Path) -> CsvShape:
    """Look at the whole file for its encoding, at its first line for the rest. Raises BadInput for what is no CSV."""
    encoding, notes = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline(_BLOCK)
    if not first.strip():
        raise BadInput(f"{path.name} has no header in its first line")
    delimiter = max(_DELIMITERS, key=first.count)
    if delimiter != ",":
        notes.append(f"columns are separated by {'tabs' if delimiter == chr(9) else 'semicolons'}")
    try:
        header = tuple(name.strip() for name in next(csv.reader([first], delimiter=delimiter)))
    except csv.Error as error:
        raise BadInput(f"{path.name} cannot be read: {error} in its first line") from None
    encoding, mark = ("utf-8", _mark_bytes(path)) if encoding == "utf-8-sig" else (encoding, 0)
    return CsvShape(encoding, delimiter, header, mark + len(first.encode(encoding)), tuple(notes))


def _mark_bytes(path: Path) -> int:
    with path.open("rb") as file:
        return len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0


def _read_csv(path: Path) -> Table:
    shape = csv_shape(path)
    encoding = "utf-8-sig" if shape.encoding == "utf-8" else shape.encoding
    header = list(shape.columns)
    return Table(path, header, _csv_rows(path, encoding, shape.delimiter, header), shape.notes)


def _csv_rows(path: Path, encoding: str, delimiter: str, header: list[str]) -> Iterator[tuple[int, Row]]:
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        next(reader)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, {PROBLEM: f"the row cannot be read: {error}"}
                continue
            if any(cell.strip() for cell in cells):
                yield line, _row(header, cells)


def _row(header: list[str], cells: list[str]) -> Row:
    spare = cells[len(header) :]
    row: Row = {name: original(cell) or None for name, cell in zip(header, cells, strict=False)}
    if any(cell.strip() for cell in spare) or len(cells) < len(header):
        row[PROBLEM] = f"the row has {len(cells)} cells, the header {len(header)}"
    return row


def _encoding(path: Path) -> tuple[str, list[str]]:
    """The encoding by strict decoding of the whole file: UTF-8, else GB18030, which is then said."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadInput(f"{path.name} is UTF-16: save it as CSV UTF-8")
    failed = _first_bad_byte(path, "utf-8")
    if failed is None:
        return "utf-8-sig", ["byte order mark skipped"] if start.startswith(codecs.BOM_UTF8) else []
    if _first_bad_byte(path, "gb18030") is None:
        return "gb18030", [f"{path.name} is no UTF-8 and was read as GB18030: check the Chinese text"]
    raise BadInput(f"{path.name} is neither UTF-8 (byte {failed:,} is wrong) nor GB18030: save it as CSV UTF-8")


def _first_bad_byte(path: Path, encoding: str) -> int | None:
    """Where strict decoding stops, None where it does not."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return done - pending + error.start
            if "\0" in text:
                raise BadInput(f"{path.name} holds zero bytes: it is no text table")
            if not block:
                return None
            done += len(block)


# -- Excel and Parquet ----------------------------------------------------------------------------------------------


def _read_excel(path: Path) -> Table:
    try:
        _check_parts(path)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its size is often wrong; the rows that are there count
        for line, _ in enumerate(sheet.iter_rows(values_only=True), start=1):  # to its end, before any row is taken
            if line > _MOST_LINES:
                raise BadInput(f"{path.name} has rows beyond the last one of Excel, {_MOST_LINES:,}")
    except (InvalidFileException, BadZipFile, *_BROKEN) as error:
        raise BadInput(f"{path.name} cannot be read as Excel: {_words(error)}") from None
    lines = sheet.iter_rows(values_only=True)
    header = [_text(value) or "" for value in next(lines, ())]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise BadInput(f"{path.name} has no header in the first row of sheet {sheet.title!r}")
    notes = []
    if len(book.worksheets) > 1:
        notes.append(f"read the first of {len(book.worksheets)} sheets, {sheet.title!r}")
    return Table(path, [name.strip() for name in header], _excel_rows(header, lines), tuple(notes))


def _check_parts(path: Path) -> None:
    """Read every part to its end: rows are taken as they come, and half a table is worse than none."""
    with ZipFile(path) as archive:
        for part in archive.infolist():
            most = _MOST_SHARED if part.filename.lower().endswith("sharedstrings.xml") else _MOST_UNPACKED
            if part.file_size > most:
                raise BadInput(f"{path.name} unpacks to more than {most >> 20:,} MB")
            if part.filename.endswith(".xml"):
                with archive.open(part) as content:
                    expat.ParserCreate().ParseFile(content)


def _excel_rows(header: list[str], lines: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, Row]]:
    names = [name.strip() for name in header]
    for line, values in enumerate(lines, start=2):
        cells = [_text(value) for value in islice(values, len(names))]
        if any(cells):
            yield line, dict(zip(names, cells + [None] * (len(names) - len(cells)), strict=True))


def _read_parquet(path: Path) -> Table:
    try:
        source = pyarrow.parquet.ParquetFile(path)
        columns = [
            field.name for field in source.schema_arrow if not pyarrow.types.is_binary(field.type)
        ]  # geometries are no text
        for batch in source.iter_batches(_BATCH_ROWS, columns=columns):  # to its end, as with Excel
            batch.validate(full=True)
            batch.to_pylist()
    except (pyarrow.lib.ArrowException, *_BROKEN) as error:
        raise BadInput(f"{path.name} cannot be read as Parquet: {_words(error)}") from None
    return Table(path, columns, _parquet_rows(source, columns), ())


def _parquet_rows(source: pyarrow.parquet.ParquetFile, columns: list[str]) -> Iterator[tuple[int, Row]]:
    line = 0
    for batch in source.iter_batches(_BATCH_ROWS, columns=columns):
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            line += 1
            yield line, dict(zip(columns, map(_text, values), strict=True))


def _words(error: Exception) -> str:
    """What a library says of a broken file, without the broken bytes."""
    return "".join(letter if letter.isprintable() else " " for letter in str(error))[:300].strip()


def _text(value: Any) -> str | None:
    """A cell as the text that a CSV would hold."""
    value = plain(value)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
