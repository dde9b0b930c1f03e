"""Where the rows of a job come from: Parquet by its row groups, all else as one stream that is cut into parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from geo.errors import BadInput

BATCH_ROWS = 1 << 17  # rows in memory at a time
_BUFFER = 1 << 20


@dataclass(frozen=True)
class Batch:
    """Consecutive rows of a file. first_row: position of the first, from 0. broken: rows that could not be read.

    share: of the file that was read when this batch came, where the number of rows is not known.
    """

    table: pa.Table
    first_row: int
    broken: dict[int, str] = field(default_factory=dict)
    share: float | None = None


@dataclass(frozen=True)
class Part:
    """What one task makes: row groups of a Parquet file, or, without any, rows that were laid into the job's folder."""

    number: int
    first_row: int
    path: str | None = None
    groups: tuple[int, int] | None = None


class Source(Protocol):
    """A file of points. geometry: its column of WKB points, in ``crs``. rows: how many, None where nobody knows yet."""

    @property
    def path(self) -> Path: ...
    @property
    def schema(self) -> pa.Schema: ...
    @property
    def rows(self) -> int | None: ...
    @property
    def geometry(self) -> str | None: ...
    @property
    def crs(self) -> str | None: ...
    @property
    def notes(self) -> tuple[str, ...]: ...

    def parts(self, rows: int) -> list[Part] | None:
        """The parts, of about so many rows each; None for a stream."""

    def stream(self) -> Iterator[Batch]:
        """All rows, in order. Raises BadInput where the file turns out to be broken."""


# -- Parquet ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ParquetSource:
    """A Parquet file, or a folder of them, taken in the order of their names. A folder's files have one schema."""

    path: Path
    files: tuple[Path, ...]
    schema: pa.Schema
    group_rows: tuple[tuple[int, ...], ...]
    geometry: str | None
    crs: str | None
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(map(sum, self.group_rows))

    def parts(self, rows: int) -> list[Part]:
        """Whole row groups, as many as make so many rows; a larger group is a part of its own."""
        found: list[Part] = []
        before = 0
        for file, groups in zip(self.files, self.group_rows, strict=True):
            start, held = 0, 0
            for at, count in enumerate(groups):
                held += count
                if held >= rows or (held and at == len(groups) - 1):
                    found.append(Part(len(found), before, str(file), (start, at + 1)))
                    before, start, held = before + held, at + 1, 0
        return found

    def stream(self) -> Iterator[Batch]:
        for part in self.parts(1):
            yield from read_groups(part)


def open_parquet(path: Path) -> ParquetSource:
    """Raises BadInput for what cannot be read, and for files of one folder that differ in their columns."""
    files = tuple(sorted(path.glob("*.parquet"))) if path.is_dir() else (path,)
    if not files:
        raise BadInput(f"{path} holds no .parquet files")
    schemas, groups = [], []
    for file in files:
        with _readable(file), pq.ParquetFile(file) as source:
            about = source.metadata
            schemas.append(source.schema_arrow)
            groups.append(tuple(about.row_group(at).num_rows for at in range(about.num_row_groups)))
    for file, schema in zip(files, schemas, strict=True):
        if not schema.equals(schemas[0]):
            raise BadInput(f"{file.name} has other columns than {files[0].name}: a folder is one table")
    geometry, crs, notes = _geo_column(path, schemas[0])
    return ParquetSource(path, files, schemas[0], tuple(groups), geometry, crs, notes)


def read_groups(part: Part) -> Iterator[Batch]:
    """The rows of a part of a Parquet file, a batch at a time, never a whole row group."""
    assert part.path is not None and part.groups is not None
    row = part.first_row
    with (
        _readable(Path(part.path)),
        pq.ParquetFile(part.path, pre_buffer=False, buffer_size=_BUFFER) as source,
    ):
        for batch in source.iter_batches(BATCH_ROWS, row_groups=list(range(*part.groups))):
            batch.validate(full=True)
            yield Batch(pa.Table.from_batches([batch], source.schema_arrow), row)
            row += batch.num_rows


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        words = "".join(letter if letter.isprintable() else " " for letter in str(error))[:300].strip()
        raise BadInput(f"{path.name} cannot be read as Parquet: {words}") from None


def _geo_column(path: Path, schema: pa.Schema) -> tuple[str | None, str | None, tuple[str, ...]]:
    """The primary geometry column of a GeoParquet file and its CRS; the CRS is None where the file does not know it."""
    told = (schema.metadata or {}).get(b"geo")
    if told is None:
        return None, None, ()
    try:
        about = json.loads(told)
        name = about["primary_column"]
        column: dict[str, Any] = about["columns"][name]
        encoding = column["encoding"]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{path.name}: what it says of its geometries (metadata `geo`) cannot be understood") from None
    if encoding != "WKB" or name not in schema.names:
        raise BadInput(f"{path.name}: its geometries are {encoding} in column {name!r}; give WKB")
    if "crs" not in column:
        return (
            name,
            "EPSG:4326",
            (f"{path.name} names no CRS, which in GeoParquet means longitude and latitude in WGS 84",),
        )
    return name, json.dumps(column["crs"]) if column["crs"] else None, ()


# -- layers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LayerSource:
    """The one layer of points of a GeoPackage."""

    path: Path
    schema: pa.Schema
    rows: int
    geometry: str
    crs: str | None
    notes: tuple[str, ...] = ()

    def parts(self, rows: int) -> None:
        return None

    def stream(self) -> Iterator[Batch]:
        from geo.files.streams import layer_stream

        row = 0
        with layer_stream(self.path, BATCH_ROWS) as (_, batches):
            for batch in batches:
                yield Batch(pa.Table.from_batches([batch]).cast(self.schema), row)
                row += batch.num_rows


def open_layer(path: Path) -> LayerSource:
    """Raises BadInput."""
    from geo.files.streams import layer_stream

    with layer_stream(path, 1) as (layer, _):
        return LayerSource(path, layer.schema, layer.rows, layer.geometry, layer.crs)
