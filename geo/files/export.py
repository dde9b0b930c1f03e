"""Layers and tables out: GeoPackage, GeoJSON, Parquet, CSV. A file appears whole or not at all."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from geo.errors import BadInput, Conflict
from geo.files.formulas import inert

_DECIMALS = 7  # of degrees in GeoJSON, about a centimetre


def write_layer(
    path: str | Path,
    rows: Sequence[Mapping[str, Any]],
    geoms: NDArray[np.object_],
    crs: str,
    *,
    layer: str = "grids",
    description: str = "",
    replace: bool = False,
) -> None:
    """Write n rows with n geometries; the suffix decides the format.

    crs: ``EPSG:n``. GeoJSON is written in WGS84 with 7 decimals (RFC 7946), CSV with the geometry as WKT, the rest in
    the CRS given. description: what the layer is, kept where the format has a place for it. Raises Conflict where the
    file exists and ``replace`` is not set, BadInput for an unknown suffix.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    frame = gpd.GeoDataFrame(list(rows), geometry=geoms, crs=crs)
    with _appearing(path, replace) as target:
        if suffix == ".gpkg":
            metadata = {"DESCRIPTION": description} if description else None
            pyogrio.write_dataframe(frame, target, driver="GPKG", layer=layer, layer_metadata=metadata)
        elif suffix in (".geojson", ".json"):
            _write_geojson(frame, target, layer, description)
        elif suffix == ".parquet":
            frame.to_parquet(target)
        elif suffix == ".csv":
            columns = [*frame.columns.drop("geometry"), "wkt"]
            wkt = shapely.to_wkt(geoms, rounding_precision=9)
            _write_rows(target, columns, ({**row, "wkt": text} for row, text in zip(rows, wkt, strict=True)))
        else:
            raise BadInput(f"{path.name}: write .gpkg, .geojson, .parquet or .csv")


def write_csv(
    path: str | Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, replace: bool = False
) -> None:
    """Write rows as UTF-8 CSV as they come, formulas as text. Raises Conflict as write_layer does."""
    with _appearing(Path(path), replace) as target:
        _write_rows(target, columns, rows)


def _write_geojson(frame: gpd.GeoDataFrame, target: Path, layer: str, description: str) -> None:
    # The fixed precision of RFC 7946 would let GDAL drop what it takes for repeated points; rounding keeps the edges.
    degrees = frame.to_crs("EPSG:4326")
    degrees = degrees.set_geometry(shapely.transform(np.array(degrees.geometry), lambda c: np.round(c, _DECIMALS)))
    options = {"COORDINATE_PRECISION": _DECIMALS, "RFC7946": "NO", "WRITE_NAME": "YES"}
    if description:
        options["DESCRIPTION"] = description
    pyogrio.write_dataframe(degrees.set_crs("EPSG:4326"), target, driver="GeoJSON", layer=layer, layer_options=options)


def _write_rows(target: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({column: inert(row.get(column)) for column in columns} for row in rows)


@contextmanager
def _appearing(path: Path, replace: bool) -> Iterator[Path]:
    """A place beside the path to write to; moved there when all is written."""
    if path.exists() and not replace:
        raise Conflict(f"{path} exists; it is not overwritten unasked")
    if not path.parent.is_dir():
        raise BadInput(f"there is no folder {path.parent}")
    with tempfile.TemporaryDirectory(prefix=".gridwarden-", dir=path.parent) as folder:
        target = Path(folder) / path.name
        yield target
        target.replace(path)
