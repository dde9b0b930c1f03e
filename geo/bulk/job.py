"""What a bulk assignment is asked to do, and what that means for these files: checked before any row is read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa

from geo import crs
from geo.bulk.csv_source import open_csv
from geo.bulk.deciding import ADDED, OF_NAMES, Layout
from geo.bulk.gridset import GridSet
from geo.bulk.names import NameSet
from geo.bulk.points import Where
from geo.bulk.sources import Part, Source, open_layer, open_parquet
from geo.errors import BadInput, MissingColumn, UnknownDatum, UnsuitableCrs
from geo.files.grids import require_columns

PART_ROWS = 1 << 19
_SHAPES = {".csv": "csv", ".parquet": "parquet", ".geoparquet": "geoparquet", ".gpkg": "gpkg"}
_SAMPLE = 1 << 16


@dataclass(frozen=True)
class Request:
    """What the user asks for. datum: None only where the file's geometries come with their CRS, or there are no points.

    place, address: columns of what rows name, for jobs that have the names of a store.
    out: .csv, .parquet, .geoparquet or .gpkg; any other name is a folder of Parquet parts. columns: of ADDED, in order;
    None is all that there are. prefix: before their names.
    """

    points: Path
    out: Path
    datum: str | None = None
    lon: str | None = None
    lat: str | None = None
    accuracy: str | None = None
    place: str | None = None
    address: str | None = None
    columns: tuple[str, ...] | None = None
    prefix: str = ""
    part_rows: int = PART_ROWS


@dataclass(frozen=True)
class Plan:
    """All that a worker has to know of a job, beside its grids. parts: None where the client lays rows out itself."""

    where: Where
    layout: Layout
    shape: str
    geometry: str | None  # of the output, in geometry_crs
    geometry_crs: str | None
    grids_digest: str
    names_digest: str | None
    parts: tuple[Part, ...] | None
    versions: dict[str, str]

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        told = json.loads(text)
        layout = {**told["layout"], "columns": tuple(told["layout"]["columns"])}
        parts = told["parts"]
        if parts is not None:
            parts = tuple(Part(**{**part, "groups": tuple(part["groups"])}) for part in parts)
        told |= {"where": Where(**told["where"]), "layout": Layout(**layout), "parts": parts}
        return cls(**told)


@dataclass(frozen=True)
class Bulk:
    """A job that can be run. fingerprint: what must be the same for parts of an earlier run to be taken over."""

    request: Request
    source: Source
    grids: GridSet
    names: NameSet | None
    plan: Plan
    fingerprint: str
    notes: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """Of the rows that come out."""
        return self.plan.layout.schema(self.source.schema)


def versions() -> dict[str, str]:
    """Of what decides how parts look: a worker must have the same."""
    return {name: version(name) for name in ("gridwarden", "numpy", "pyarrow", "pyproj", "shapely")}


def prepare(request: Request, grids: GridSet, names: NameSet | None = None) -> Bulk:
    """Open the points and see that all that was asked can be done. Raises BadInput and its kinds.

    names: where places that rows name are looked up.
    """
    source = _open(request.points)
    shape = _shape(request.out)
    where, notes = _where(request, source)
    layout = _layout(request, grids, source, where, shape)
    _check_names(request, source, layout, shape)
    parts = source.parts(request.part_rows)
    plan = Plan(
        where=where,
        layout=layout,
        shape=shape,
        geometry=layout.place or (None if layout.wkt else source.geometry),
        geometry_crs="EPSG:4326" if layout.place else source.crs or _known_crs(where.datum),
        grids_digest=grids.digest,
        names_digest=names.digest if names else None,
        parts=None if parts is None else tuple(parts),
        versions=versions(),
    )
    told = json.dumps([plan.to_json(), _files(request.points), request.part_rows])
    return Bulk(request, source, grids, names, plan, told, (*source.notes, *notes))


def _open(path: Path) -> Source:
    suffix = path.suffix.lower()
    if not path.exists():
        raise BadInput(f"there is no file {path}")
    if path.is_dir() or suffix in (".parquet", ".geoparquet"):
        return open_parquet(path)
    if suffix in (".csv", ".txt", ".tsv"):
        return open_csv(path)
    if suffix == ".gpkg":
        return open_layer(path)
    raise BadInput(f"{path.name}: give points as CSV, Parquet, GeoParquet or GeoPackage, or a folder of Parquet files")


def _shape(out: Path) -> str:
    suffix = out.suffix.lower()
    if suffix and suffix not in _SHAPES:
        raise BadInput(f"{out.name}: write .csv, .parquet, .geoparquet or .gpkg, or name a folder without a suffix")
    return _SHAPES.get(suffix, "folder")


# -- where the points are ---------------------------------------------------------------------------------------------


def _where(request: Request, source: Source) -> tuple[Where, tuple[str, ...]]:
    name = source.path.name
    if (request.lon is None) != (request.lat is None):
        raise BadInput("name both columns of coordinates, --lon and --lat")
    require_columns(name, source.schema.names, _named(request))
    named = {"accuracy": request.accuracy, "place": request.place, "address": request.address}
    if request.lon is not None:
        datum = crs.parse_datum(request.datum)
        where = Where(datum, request.lon, request.lat, None, **named)
        return where, (f"coordinates taken as {crs.crs_title(datum)}, as named",)
    if source.geometry is None and (request.place or request.address):
        return Where("wgs84", **named), (f"{name} has no coordinates: rows lie where they name a place",)
    if source.geometry is None:
        raise MissingColumn(
            f"{name} holds no geometries: name its columns of coordinates with --lon and --lat, or with --store what"
            f" its rows name, with --address or --place; it has {', '.join(source.schema.names)}"
        )
    if request.datum is not None:
        datum = crs.parse_datum(request.datum)
        note = f"coordinates taken as {crs.crs_title(datum)}, as named"
        if source.crs and crs.crs_key(source.crs) not in (datum, "EPSG:4326"):
            note = f"{name} says {crs.crs_title(source.crs)}; {note}"
    elif source.crs:
        datum = crs.crs_key(source.crs)
        note = f"{name} is in {crs.crs_title(datum)}"
    else:
        raise UnsuitableCrs(f"{name} names no CRS: say what its coordinates are in with --datum")
    return Where(datum, None, None, source.geometry, **named), (note,)


def _named(request: Request) -> list[str]:
    """The columns that the user named."""
    return [c for c in (request.lon, request.lat, request.accuracy, request.place, request.address) if c]


def _known_crs(datum: str) -> str | None:
    try:
        return crs.crs_text(datum)
    except UnknownDatum:
        return None


# -- what comes out ---------------------------------------------------------------------------------------------------


def _layout(request: Request, grids: GridSet, source: Source, where: Where, shape: str) -> Layout:
    lacking = set() if grids.edition is not None else {"edition"}
    lacking |= set() if where.is_named else set(OF_NAMES)
    there = [name for name in ADDED if name not in lacking]
    wanted = list(request.columns) if request.columns is not None else there
    strange = [name for name in wanted if name not in there]
    if strange:
        raise BadInput(f"there is no output column {strange[0]!r}: choose of {', '.join(there)}")
    if len(set(wanted)) != len(wanted):
        raise BadInput("an output column is named twice")
    place = "geometry" if shape in ("gpkg", "geoparquet") and source.geometry is None else None
    wkt = source.geometry if shape == "csv" else None
    return Layout(tuple(wanted), request.prefix, place, wkt, plain=shape == "folder")


def _check_names(request: Request, source: Source, layout: Layout, shape: str) -> None:
    """Raises BadInput where columns of the output would share a name, or the format cannot hold one."""
    name, there = source.path.name, source.schema.names
    if twice := [column for column in _named(request) if there.count(column) > 1]:
        raise BadInput(f"{name} has several columns named {', '.join(map(repr, twice))}")
    added = [f"{layout.prefix}{column}" for column in layout.columns]
    if taken := [column for column in added if column in there]:
        raise BadInput(
            f"{name} has a column {taken[0]!r} already: choose others with --columns, or name them apart with --prefix"
        )
    if layout.place in there:
        raise BadInput(f"{name} has a column {layout.place!r}, where the points would go: rename it")
    folded = Counter(column.lower() if shape == "gpkg" else column for column in (*there, *added))
    same = [column for column in (*there, *added) if folded[column.lower() if shape == "gpkg" else column] > 1]
    if shape != "csv" and (same or "" in there):
        what = f"several columns named {same[0]!r}" if same else "a column without a name"
        raise BadInput(f"{name} has {what}, which {request.out.name} cannot hold: rename them, or write .csv")
    for column in source.schema:
        if shape == "csv" and column.name != layout.wkt and not _fits_csv(column.type):
            raise BadInput(f"a CSV cannot hold column {column.name!r} ({column.type}): write .parquet")


def _fits_csv(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _fits_csv(kind.value_type)
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _files(points: Path) -> Sequence[object]:
    """What tells the file of today from another one under its name, without reading all of it."""
    files = sorted(points.glob("*.parquet")) if points.is_dir() else [points]
    return [_identity(file) for file in files]


def _identity(file: Path) -> list[object]:
    about = file.stat()
    told = hashlib.blake2b(digest_size=16)
    with file.open("rb") as content:
        told.update(content.read(_SAMPLE))
        content.seek(max(about.st_size - _SAMPLE, 0))
        told.update(content.read(_SAMPLE))
    return [str(file.resolve()), about.st_size, about.st_mtime_ns, told.hexdigest()]
