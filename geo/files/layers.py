"""Layers of GeoPackage, Shapefile, FileGDB and GeoJSON files: columns, geometries, and the CRS that they are in."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.errors import ShapelyError

from geo import crs
from geo.errors import BadInput, UnsuitableCrs
from geo.files.archives import check_archive, unpacked
from geo.files.dbf import shapefile_encoding
from geo.files.opening import keep_our_formats, refuse_linked_crs

keep_our_formats()

_DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".shp": "ESRI Shapefile",
    ".zip": "ESRI Shapefile",
    ".gdb": "OpenFileGDB",
}
# The first bytes say what a file is. GDAL would follow other content, such as a VRT, wherever it points.
_MAGIC = {".gpkg": b"SQLite format 3\0", ".shp": b"\0\0\x27\x0a", ".zip": b"PK\x03\x04"}
_CHINA = (73.0, 18.0, 135.1, 53.6)


@dataclass(frozen=True)
class Layer:
    """n features. rows: JSON-ready values by column. geoms: (n,) as in the file, without Z; None where missing.

    crs: what the coordinates are in, a datum or CRS that crs.to_wgs84 takes. notes: what the user should read.
    is_shapefile: it has short names of columns, and short texts.
    """

    path: Path
    columns: list[str]
    rows: list[dict[str, Any]]
    geoms: NDArray[np.object_]
    crs: str
    notes: tuple[str, ...]
    is_shapefile: bool

    def __len__(self) -> int:
        return len(self.rows)


def read_features(path: str | Path, source_crs: str | None = None, layer: str | None = None) -> Layer:
    """Read a layer of any geometry type.

    source_crs: a datum of crs.DATUMS or ``EPSG:n``, over what the file says. layer: its name, in files of several.
    Raises BadInput for files that cannot be read, UnsuitableCrs for a CRS that is missing or contradicted.
    """
    path = Path(path)
    check_kind(path)
    with opened(path) as source:
        frame, stated = _read(path, source, layer)
        is_shapefile = source.suffix.lower() == ".shp"
    geoms, notes = _flat(np.array(frame.geometry, dtype=object) if "geometry" in frame else None, path)
    key, said = _source_crs(path, stated, source_crs)
    notes += said
    notes += _check_place(path, geoms, key, named=source_crs is not None)
    columns = [str(column) for column in frame.columns if column != "geometry"]
    return Layer(path, columns, _rows(frame, columns), geoms, key, tuple(notes), is_shapefile)


def check_kind(path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix not in _DRIVERS:
        raise BadInput(f"{path.name}: give a GeoPackage, GeoJSON, Shapefile or FileGDB, the last two zipped or not")
    if not path.exists():
        raise BadInput(f"there is no file {path}")
    if suffix == ".gdb":
        if not path.is_dir():
            raise BadInput(f"{path.name} is no FileGDB folder")
        return
    if not path.is_file():
        raise BadInput(f"{path.name} is a folder, not a {_DRIVERS[suffix]} file")
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise BadInput(f"{path.name} is empty")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    right = start.startswith(_MAGIC[suffix]) if suffix in _MAGIC else text[:1] == b"{"
    if not right:
        raise BadInput(f"{path.name} is no {_DRIVERS[suffix]} file, whatever its name says")
    if suffix == ".shp":
        _check_sidecars(path)
    elif suffix == ".zip":
        check_archive(path)
    elif _DRIVERS[suffix] == "GeoJSON":
        refuse_linked_crs(path)


def _check_sidecars(path: Path) -> None:
    """A Shapefile is several files, and people send one of them."""
    missing = [path.stem + suffix for suffix in (".shx", ".dbf") if suffix not in sides(path)]
    if missing:
        raise BadInput(f"{path.name} lacks {' and '.join(missing)}: a Shapefile is all of .shp, .shx, .dbf and .prj")


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """A path that GDAL may open: the file, what an archive holds, a copy of a GeoPackage that somebody may be writing.

    It is absolute: GDAL takes names such as ``http:x`` or ``zip:x`` for addresses.
    """
    path = path.absolute()
    if path.suffix.lower() == ".zip":
        with unpacked(path) as content:
            if content.is_file():
                _check_sidecars(content)
            yield content
        return
    if path.suffix.lower() != ".gpkg":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="gridwarden-") as folder:
        copy = Path(folder) / path.name
        try:
            with (
                closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise BadInput(f"{path.name} cannot be read: {error}") from None
        yield copy


def _read(path: Path, source: Path, layer: str | None) -> tuple[gpd.GeoDataFrame, str | None]:
    """The features and the CRS as the file states it."""
    try:
        layer = layer or only_layer(path, source)
        info = pyogrio.read_info(source, layer=layer)
        if info["driver"] != _DRIVERS[source.suffix.lower()]:
            raise BadInput(f"{path.name} is {info['driver']}, not {_DRIVERS[source.suffix.lower()]}")
        frame = pyogrio.read_dataframe(source, layer=layer, encoding=_encoding(source))
    except (DataSourceError, DataLayerError, ShapelyError, UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"{path.name} cannot be read: {str(error)[:300]}") from None
    return frame, info["crs"]


def only_layer(path: Path, source: Path) -> str:
    layers = [(str(name), kind) for name, kind in pyogrio.list_layers(source)]
    spatial = [name for name, kind in layers if kind is not None]
    if not spatial:
        raise BadInput(f"{path.name} holds no layer with geometries")
    if len(spatial) > 1:
        listed = ", ".join(spatial)
        raise BadInput(f"{path.name} holds {len(spatial)} layers ({listed}): export the one you mean to its own file")
    return spatial[0]


def _encoding(path: Path) -> str | None:
    """The encoding of a Shapefile's names; other formats say it themselves."""
    if path.suffix.lower() != ".shp":
        return None
    parts = sides(path)
    return None if ".cpg" in parts else shapefile_encoding(parts[".dbf"].read_bytes(), path.name)


def sides(path: Path) -> dict[str, Path]:
    """The files of a Shapefile by suffix, and none of another whose name begins alike."""
    own = (path.stem, path.name)  # roads.dbf and roads.shp.xml; not roads.old.dbf
    return {other.suffix.lower(): other for other in path.parent.iterdir() if other.stem in own}


def _flat(geoms: NDArray[np.object_] | None, path: Path) -> tuple[NDArray[np.object_], list[str]]:
    if geoms is None:
        raise BadInput(f"{path.name} holds no geometries")
    deep = int((shapely.has_z(geoms) | shapely.has_m(geoms)).sum())
    if not deep:
        return geoms, []
    return shapely.force_2d(geoms), [f"Z or M values of {deep} features were dropped"]


# -- the CRS --------------------------------------------------------------------------------------------------------


def _source_crs(path: Path, stated: str | None, named: str | None) -> tuple[str, list[str]]:
    """What the coordinates are in: what the user names, else what the file states."""
    if named is not None:
        key = crs.parse_datum(named)
        if stated and crs.crs_key(stated) not in (key, "EPSG:4326"):
            return key, [f"{path.name} says {crs.crs_title(stated)}; taken as {crs.crs_title(key)}, as named"]
        return key, [f"coordinates taken as {crs.crs_title(key)}, as named"]
    if not stated:
        raise UnsuitableCrs(f"{path.name} has no CRS (no .prj?): say what its coordinates are in with --source-crs")
    key = crs.crs_key(stated)
    return key, [f"{path.name} is in {crs.crs_title(key)}"]


def _check_place(path: Path, geoms: NDArray[np.object_], key: str, *, named: bool) -> list[str]:
    """Notes on where the coordinates lie. Raises UnsuitableCrs where they contradict the CRS."""
    bounds = shapely.total_bounds(geoms) if len(geoms) else np.full(4, np.nan)
    if not np.isfinite(bounds).all():
        return []
    west, south, east, north = bounds.tolist()
    reach = f"x from {west:,.6g} to {east:,.6g}, y from {south:,.6g} to {north:,.6g}"
    degrees = west >= -180.5 and east <= 360.5 and south >= -90.5 and north <= 90.5
    if crs.is_geographic(key) and not degrees:
        raise UnsuitableCrs(f"{path.name}: {reach} are no degrees of {crs.crs_title(key)}; name the right --source-crs")
    if not crs.is_geographic(key) and degrees:
        raise UnsuitableCrs(
            f"{path.name}: {reach} look like degrees, but its CRS is {crs.crs_title(key)}; name the right --source-crs"
        )
    lons, lats = crs.to_wgs84([west, east, west, east], [south, north, north, south], key)
    if not (np.isfinite(lons).all() and np.isfinite(lats).all()):
        raise UnsuitableCrs(f"{path.name}: {reach} lie nowhere in {crs.crs_title(key)}; name the right --source-crs")
    return _place_notes(path, key, (lons.min(), lats.min(), lons.max(), lats.max()), named)


def _place_notes(path: Path, key: str, place: tuple[float, float, float, float], named: bool) -> list[str]:
    notes = []
    used = crs.crs_bounds(key)
    if used and _apart(place, used):
        where = f"lon {place[0]:.3f} to {place[2]:.3f}, lat {place[1]:.3f} to {place[3]:.3f}"
        notes.append(f"warning: {path.name} lies at {where}, where {crs.crs_title(key)} is not meant to be used")
    if not named and path.suffix.lower() in (".geojson", ".json") and not _apart(place, _CHINA):
        notes.append(
            "warning: a GeoJSON in China may hold GCJ-02 coordinates and look the same, 500 m beside; "
            "name --source-crs wgs84, cgcs2000 or gcj02 to be sure"
        )
    return notes


def _apart(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[2] < b[0] or a[0] > b[2] or a[3] < b[1] or a[1] > b[3]


# -- values ---------------------------------------------------------------------------------------------------------


def _rows(frame: gpd.GeoDataFrame, columns: list[str]) -> list[dict[str, Any]]:
    """JSON-ready values by column name; empty cells are None."""
    values = {column: [plain(value) for value in frame[column]] for column in columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*values.values(), strict=True)] or [
        {} for _ in range(len(frame))
    ]


def plain(value: Any) -> Any:
    """A cell as text, number, bool or None; a whole float, which is how files keep integers with gaps, as an int."""
    if value is None or value is pd.NaT or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, str | int | bool):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    return str(value)
