"""One file out of the tables of a job, as they come; it appears when it is whole."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from geo.bulk.job import Bulk
from geo.bulk.parts import parquet_writer
from geo.crs import crs_json
from geo.files import inert


def write_out(bulk: Bulk, target: Path, tables: Iterable[pa.Table]) -> None:
    """Write all tables to a new file at ``target``, in the format of the job."""
    {"csv": _write_csv, "gpkg": _write_layer}.get(bulk.plan.shape, _write_parquet)(bulk, target, tables)


def _write_csv(bulk: Bulk, target: Path, tables: Iterable[pa.Table]) -> None:
    options = pa_csv.WriteOptions(delimiter=getattr(getattr(bulk.source, "shape", None), "delimiter", ","))
    schema = pa.schema([pa.field(field.name, _plain(field.type)) for field in bulk.schema])
    with pa_csv.CSVWriter(str(target), schema, write_options=options) as writer:
        for table in tables:
            writer.write_table(pa.Table.from_arrays([_cells(column) for column in table.columns], schema=schema))


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Words of grids as a spreadsheet may hold them; what the input had is left as it was."""
    if not pa.types.is_dictionary(column.type):
        return column
    chunks = []
    for chunk in column.chunks:
        words = pa.array([inert(word) for word in chunk.dictionary.to_pylist()], chunk.dictionary.type)
        chunks.append(words.take(chunk.indices))
    return pa.chunked_array(chunks, _plain(column.type))


def _write_parquet(bulk: Bulk, target: Path, tables: Iterable[pa.Table]) -> None:
    layout = replace(bulk.plan.layout, plain=True)
    schema = layout.schema(bulk.source.schema).with_metadata(_metadata(bulk))
    with parquet_writer(target, schema) as writer:
        for table in tables:
            writer.write_table(table.cast(schema).replace_schema_metadata(schema.metadata))


def _metadata(bulk: Bulk) -> dict[bytes, bytes] | None:
    """What GeoParquet says of its geometries, where the input did not say it already."""
    metadata = dict(bulk.schema.metadata or {})
    name, known = bulk.plan.geometry, bulk.plan.geometry_crs
    if name and b"geo" not in metadata:
        column = {"encoding": "WKB", "geometry_types": ["Point"], "crs": known and crs_json(known)}
        metadata[b"geo"] = json.dumps({"version": "1.1.0", "primary_column": name, "columns": {name: column}}).encode()
    return metadata or None


def _write_layer(bulk: Bulk, target: Path, tables: Iterable[pa.Table]) -> None:
    from geo.files.streams import write_point_stream

    def batches() -> Generator[pa.RecordBatch]:
        for table in tables:
            yield from table.to_batches()

    plan, schema = bulk.plan, bulk.schema.remove_metadata()
    assert plan.geometry is not None
    with closing(batches()) as all_batches:
        write_point_stream(target, schema, all_batches, plan.geometry, plan.geometry_crs, bulk.request.out.stem)
