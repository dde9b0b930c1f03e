"""A layer out to be edited and brought back: GeoPackage, Shapefile, FileGDB or GeoJSON, any CRS, with every digit."""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataSourceError

from geo.errors import BadInput, Conflict, UnsuitableCrs

_DRIVERS = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".gdb": "OpenFileGDB",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
}
_DEGREES, _METRES = 10, 4  # decimals in GeoJSON: hundredths of a millimetre, so that nodes find home
SHORT_NAME = 10  # bytes that a Shapefile has for the name of a column


def write_for_editing(
    path: Path, rows: Sequence[Mapping[str, Any]], geoms: NDArray[np.object_], crs: str, to_crs: str | None
) -> None:
    """Write n rows with n geometries. crs: what they are in. to_crs: ``EPSG:n`` or WKT; WGS84 for GeoJSON if not said.

    Raises Conflict where the file exists, BadInput for another kind of file, UnsuitableCrs for an unknown CRS.
    """
    driver = _DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise BadInput(f"{path.name}: write {', '.join(_DRIVERS)}")
    if path.exists():
        raise Conflict(f"{path} exists; it is not overwritten unasked")
    if not path.parent.is_dir():
        raise BadInput(f"there is no folder {path.parent}")
    plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
    frame = _projected(gpd.GeoDataFrame(plain, geometry=geoms, crs=crs), to_crs, driver)
    with tempfile.TemporaryDirectory(prefix=".gridwarden-", dir=path.parent) as folder:
        _write(frame, Path(folder) / path.name, driver)
        for part in sorted(Path(folder).iterdir()):
            shutil.move(part, path.parent / part.name)


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _projected(frame: gpd.GeoDataFrame, to_crs: str | None, driver: str) -> gpd.GeoDataFrame:
    wanted = to_crs or ("EPSG:4326" if driver == "GeoJSON" else None)
    if wanted is None:
        return frame
    try:
        moved = frame.to_crs(wanted)
    except Exception as error:  # pyproj's own errors; what they say is what the user has to know
        raise UnsuitableCrs(f"{wanted[:60]!r} is no CRS to write in: {str(error)[:200]}") from None
    if not (moved.crs.is_geographic or moved.crs.is_projected) or not np.isfinite(moved.total_bounds).all():
        raise UnsuitableCrs(f"{wanted[:60]!r} is no CRS to write in: it has no place for these grids east and north")
    return _named(moved, wanted) if driver == "GeoJSON" else moved


def _named(frame: gpd.GeoDataFrame, wanted: str) -> gpd.GeoDataFrame:
    """With a CRS that a GeoJSON can tell, which is by its number; one without would be read as WGS84."""
    authority = frame.crs.to_authority()
    if authority is None:
        raise UnsuitableCrs(
            f"{wanted[:60]!r} has no number that a GeoJSON could tell: write a GeoPackage, Shapefile or FileGDB"
        )
    return frame.set_crs(":".join(authority), allow_override=True)


def _write(frame: gpd.GeoDataFrame, target: Path, driver: str) -> None:
    options: dict[str, Any] = {}
    if driver == "GeoJSON":
        decimals = _DEGREES if frame.crs.is_geographic else _METRES
        frame = frame.set_geometry(shapely.transform(np.array(frame.geometry), lambda c: np.round(c, decimals)))
        frame = frame.set_crs(frame.crs, allow_override=True)
        options = {"layer_options": {"COORDINATE_PRECISION": decimals, "RFC7946": "NO"}}
    elif driver == "ESRI Shapefile":
        options = {"encoding": "UTF-8"}
    elif driver == "OpenFileGDB":
        options = {"layer_options": {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"}}  # whole numbers stay whole
    try:
        with warnings.catch_warnings():
            # The names that a Shapefile cuts are known again when it comes back.
            warnings.filterwarnings("ignore", "Normalized/laundered field name", RuntimeWarning)
            pyogrio.write_dataframe(frame, target, driver=driver, layer=target.stem, **options)
    except DataSourceError as error:
        raise BadInput(f"{target.name} cannot be written: {str(error)[:200]}") from None
