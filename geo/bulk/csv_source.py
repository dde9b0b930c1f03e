"""Rows of a CSV of any size, all cells as the texts they are; a row that cannot be taken apart is one bad row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from geo.bulk.sources import BATCH_ROWS, Batch
from geo.errors import BadInput
from geo.files import CsvShape, csv_shape

_BLOCK = 4 << 20  # a row is shorter
_SAMPLE = 1 << 18

Ready = tuple[pa.Table, int, dict[int, str]]  # rows, the position of the first, those that could not be read


@dataclass(frozen=True)
class CsvSource:
    """A CSV in UTF-8 or GB18030. Rows are counted from the first after the header; empty lines are none."""

    path: Path
    shape: CsvShape
    schema: pa.Schema
    geometry: str | None = None
    crs: str | None = None
    rows: int | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        return self.shape.notes

    def parts(self, rows: int) -> None:
        return None

    def stream(self) -> Iterator[Batch]:
        expected = max(_estimated_rows(self.path, self.shape), 1)
        with self.path.open("rb") as file:
            file.seek(self.shape.header_bytes)
            if not file.read(1):
                return
            file.seek(self.shape.header_bytes)
            for table, row, broken in self._cut(file):
                yield Batch(table, row, broken, min((row + table.num_rows) / expected, 0.99))

    def _cut(self, file: BinaryIO) -> Iterator[Ready]:
        cutter = _Cutter(self.schema, self.shape.delimiter)
        try:
            for batch in _reader(file, self.shape, cutter):
                yield from cutter.take(pa.Table.from_batches([batch]).rename_columns(self.schema.names))
        except pa.ArrowInvalid as error:
            if cutter.rows or "Empty CSV" not in str(error):
                raise BadInput(
                    f"{self.path.name} cannot be read beyond row {cutter.rows:,}: {str(error)[:200]}"
                    " (a quote that never ends makes one row of all that follows)"
                ) from None
        yield from cutter.rest()


def open_csv(path: Path) -> CsvSource:
    """Raises BadInput for what is no text table."""
    shape = csv_shape(path)
    return CsvSource(path, shape, pa.schema([(name, pa.string()) for name in shape.columns]))


def _reader(file: BinaryIO, shape: CsvShape, cutter: _Cutter) -> Any:
    columns = [str(at) for at in range(len(shape.columns))]
    return pa_csv.open_csv(
        pa.PythonFile(file, "r"),
        # One thread, or the reader could not say which row a bad one is.
        read_options=pa_csv.ReadOptions(
            use_threads=False, block_size=_BLOCK, column_names=columns, encoding=shape.encoding
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=shape.delimiter, newlines_in_values=True, invalid_row_handler=cutter.bad_row
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types={name: pa.string() for name in columns},
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )


def _estimated_rows(path: Path, shape: CsvShape) -> float:
    """How many rows there may be, by the lines in three places of the file."""
    size = path.stat().st_size - shape.header_bytes
    lines = taken = 0
    with path.open("rb") as file:
        for share in (0.0, 0.5, 1.0):
            file.seek(shape.header_bytes + int(share * max(size - _SAMPLE, 0)))
            sample = file.read(_SAMPLE)
            lines, taken = lines + sample.count(b"\n"), taken + len(sample)
    return size * lines / max(taken, 1)


@dataclass
class _Cutter:
    """Puts bad rows, which the reader leaves out, back where they were, and cuts what comes into batches."""

    schema: pa.Schema
    delimiter: str
    rows: int = 0  # handed out
    _known: int = 0  # rows up to the last good one that came, bad ones before it counted
    _passed: int = 0  # bad rows among them
    _bad: list[tuple[int, list[str]]] = field(default_factory=list)  # position in the file and cells, in order
    _good: list[pa.Table] = field(default_factory=list)

    def bad_row(self, row: pa_csv.InvalidRow) -> str:
        try:
            cells = next(csv.reader([row.text], delimiter=self.delimiter), [])
        except csv.Error:
            cells = [row.text]
        self._bad.append((row.number - 1, cells))
        return "skip"

    def take(self, table: pa.Table) -> Iterator[Ready]:
        self._good.append(table)
        self._known += table.num_rows
        while self._passed < len(self._bad) and self._bad[self._passed][0] < self._known:
            self._passed += 1
            self._known += 1
        while self._known - self.rows >= BATCH_ROWS:
            yield self._cut(BATCH_ROWS)

    def rest(self) -> Iterator[Ready]:
        self._known += len(self._bad) - self._passed
        self._passed = len(self._bad)
        while self._known > self.rows:
            yield self._cut(min(BATCH_ROWS, self._known - self.rows))

    def _cut(self, count: int) -> Ready:
        first = self.rows
        bad = [entry for entry in self._bad[: self._passed] if entry[0] < first + count]
        self._bad, self._passed = self._bad[len(bad) :], self._passed - len(bad)
        pending = pa.concat_tables(self._good) if self._good else self.schema.empty_table()
        table = pending.slice(0, count - len(bad))
        self._good = [pending.slice(count - len(bad))]
        self.rows += count
        if not bad:
            return table.combine_chunks(), first, {}
        at = np.array([position - first for position, _ in bad])
        order = np.empty(count, np.int64)
        order[at] = np.arange(len(bad)) + table.num_rows
        order[np.setdiff1d(np.arange(count), at)] = np.arange(table.num_rows)
        whole = pa.concat_tables([table, self._mended([cells for _, cells in bad])]).take(pa.array(order))
        width = len(self.schema)
        reasons = [f"the row has {len(cells)} cells, the header {width}" for _, cells in bad]
        return whole, first, dict(zip(at.tolist(), reasons, strict=True))

    def _mended(self, rows: list[list[str]]) -> pa.Table:
        """Bad rows with what there is of their cells, so that a person sees which they are."""
        columns = [
            pa.array([cells[at] or None if at < len(cells) else None for cells in rows], pa.string())
            for at in range(len(self.schema))
        ]
        return pa.Table.from_arrays(columns, schema=self.schema)
