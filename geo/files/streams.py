"""Layers of points in and out as Arrow batches: GeoPackages of any size, never whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from pyogrio.raw import open_arrow, write_arrow

from geo.errors import BadInput
from geo.files.layers import check_kind, only_layer, opened


@dataclass(frozen=True)
class StreamedLayer:
    """What a layer holds. geometry: its column, as WKB. crs: as the file states it, None where it does not."""

    schema: pa.Schema
    rows: int
    geometry: str
    crs: str | None


@contextmanager
def layer_stream(path: Path, batch_rows: int) -> Iterator[tuple[StreamedLayer, Iterator[pa.RecordBatch]]]:
    """The one layer of a GeoPackage, from a copy made while others may write it. Raises BadInput."""
    check_kind(path)
    with opened(path) as source:
        try:
            name = only_layer(path, source)
            rows = int(pyogrio.read_info(source, layer=name, force_feature_count=True)["features"])
            with open_arrow(source, layer=name, use_pyarrow=True, batch_size=batch_rows) as (about, reader):
                layer = StreamedLayer(
                    _plain(reader.schema), rows, about["geometry_name"] or "wkb_geometry", about["crs"]
                )
                yield layer, iter(reader)
        except (DataSourceError, DataLayerError, pa.ArrowException, UnicodeDecodeError) as error:
            raise BadInput(f"{path.name} cannot be read: {str(error)[:300]}") from None


def _plain(schema: pa.Schema) -> pa.Schema:
    """Without GDAL's notes on single fields, which tell of the file that was."""
    return pa.schema([pa.field(field.name, field.type) for field in schema])


def write_point_stream(
    target: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    geometry: str,
    source_crs: str | None,
    layer: str,
) -> None:
    """Write batches as they come to a new GeoPackage at ``target``, which the caller moves to where it belongs.

    geometry: the column of WKB points, in ``source_crs`` where that is known. GDAL writes the time into
    the file. Raises OSError.
    """
    options: dict[str, Any] = {"GEOMETRY_NAME": geometry}
    if "fid" in (name.lower() for name in schema.names):
        options["FID"] = "gridwarden_fid"
    try:
        _write(schema, batches, target, layer, geometry, source_crs, options)
    except (DataSourceError, DataLayerError) as error:
        raise OSError(str(error)[:300]) from error


def _write(
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    target: Path,
    layer: str,
    geometry: str,
    source_crs: str | None,
    options: dict[str, Any],
) -> None:
    write_arrow(
        pa.RecordBatchReader.from_batches(schema, iter(batches)),
        target,
        layer=layer,
        driver="GPKG",
        geometry_name=geometry,
        geometry_type="Point",
        crs=source_crs,
        layer_options=options,
    )
