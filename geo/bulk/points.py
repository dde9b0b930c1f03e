"""Where the rows of a table lie: numbers or texts or geometries to coordinates, each bad row with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from geo.crs import Floats, Metric, snap
from geo.errors import BadInput
from geo.rules.position import bad_accuracy, no_fix, no_place, positions, usable_accuracy

# Arrow's own reading of a number, which refuses a whole column for one cell that is none.
_PLAIN_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_POINT_BYTES = 21  # byte order, type, x, y
_AROUND_M = 100_000.0
_TIE_MM = 0.01  # a hundred times what the way to degrees and back moves a point near the grids


@dataclass(frozen=True)
class Where:
    """Names of the columns that say where a row lies: a geometry, or lon and lat; and the datum that they are in.

    place: of codes or names of places; address: of addresses. With one of them, rows need no coordinates.
    """

    datum: str
    lon: str | None = None
    lat: str | None = None
    geometry: str | None = None
    accuracy: str | None = None
    place: str | None = None
    address: str | None = None

    @property
    def is_named(self) -> bool:
        """Whether rows may name where they are."""
        return bool(self.place or self.address)


@dataclass(frozen=True)
class Points:
    """n rows' coordinates as received, NaN where there are none; accuracy_m NaN where none is stated.

    problems: why a row cannot be taken, by its position. Such a row has no coordinates here.
    """

    x: Floats
    y: Floats
    accuracy_m: Floats | None
    problems: dict[int, str]

    def drop(self, rows: NDArray[np.int64], reasons: list[str]) -> None:
        """Take rows for bad. The first reason found is the one told."""
        self.x[rows], self.y[rows] = np.nan, np.nan
        for row, reason in zip(rows.tolist(), reasons, strict=True):
            self.problems.setdefault(row, reason)


def read_points(table: pa.Table, where: Where) -> Points:
    """Raises BadInput for columns of a type that holds no coordinates."""
    accuracy: Floats | None = None
    doubtful: dict[int, str] = {}
    if where.accuracy:
        accuracy, doubtful = numbers(table[where.accuracy], where.accuracy)
    if where.geometry:
        x, y, problems = geometries(table[where.geometry])
        points = Points(x, y, accuracy, problems)
    elif where.lon and where.lat:
        points = _pairs(table, where.lon, where.lat, accuracy)
    else:
        points = Points(np.full(table.num_rows, np.nan), np.full(table.num_rows, np.nan), accuracy, {})
    points.drop(np.fromiter(doubtful, np.int64), list(doubtful.values()))
    return points


def _pairs(table: pa.Table, lon: str, lat: str, accuracy: Floats | None) -> Points:
    x, bad_x = numbers(table[lon], lon)
    y, bad_y = numbers(table[lat], lat)
    points = Points(x, y, accuracy, {})
    half = np.flatnonzero(np.isnan(x) != np.isnan(y))
    bad = bad_x | {row: reason for row, reason in bad_y.items() if row not in bad_x}
    points.drop(np.fromiter(bad, np.int64), list(bad.values()))
    reasons = [f"{lon if empty else lat} is empty where its partner is not" for empty in np.isnan(x[half]).tolist()]
    points.drop(half, reasons)
    return points


# -- columns of numbers -----------------------------------------------------------------------------------------------


def numbers(column: pa.ChunkedArray, name: str) -> tuple[Floats, dict[int, str]]:
    """(n,) doubles, NaN for an empty cell; and why a cell is no number, by its row. A NaN of a number column is empty.

    Raises BadInput for columns that are neither numbers nor text.
    """
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan), {}
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _doubles(pc.cast(column, pa.float64())), {}
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _texts(pc.utf8_trim_whitespace(pc.cast(column, pa.large_string())), name)
    raise BadInput(f"column {name!r} holds {kind}, not numbers")


def _texts(texts: pa.ChunkedArray, name: str) -> tuple[Floats, dict[int, str]]:
    texts = pc.replace_with_mask(
        texts.combine_chunks(), pc.equal(texts, "").combine_chunks(), pa.scalar(None, texts.type)
    )
    problems: dict[int, str] = {}
    try:
        values = _doubles(pc.cast(texts, pa.float64()))
    except pa.ArrowInvalid:
        plain = pc.match_substring_regex(texts, _PLAIN_NUMBER)
        values = _doubles(pc.cast(pc.if_else(plain, texts, pa.scalar(None, texts.type)), pa.float64()))
        strange = np.flatnonzero(pc.fill_null(pc.invert(plain), False).to_numpy(zero_copy_only=False))
        for row, text in zip(strange.tolist(), texts.take(pa.array(strange)).to_pylist(), strict=True):
            try:
                values[row] = float(text)
            except ValueError:
                problems[row] = f"{name} is {text[:40]!r}, not a number"
    endless = np.flatnonzero(~np.isfinite(values) & texts.is_valid().to_numpy(zero_copy_only=False))
    for row, text in zip(endless.tolist(), texts.take(pa.array(endless)).to_pylist(), strict=True):
        problems.setdefault(row, f"{name} is {text[:40]}, not a number")
    return values, problems


def _doubles(column: pa.ChunkedArray | pa.Array) -> Floats:
    values: Floats = column.to_numpy() if isinstance(column, pa.ChunkedArray) else column.to_numpy(zero_copy_only=False)
    return np.array(values, dtype=np.float64)  # a copy that may be written to


# -- geometries -------------------------------------------------------------------------------------------------------


def geometries(column: pa.ChunkedArray) -> tuple[Floats, Floats, dict[int, str]]:
    """x and y of WKB points, NaN for none and for empty ones; and why a geometry is no point, by its row."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_large_binary(array.type) or pa.types.is_binary(array.type):
        if (plain := _plain_points(array)) is not None:
            return *plain, {}
        return _any_geometries(array.to_pylist())
    raise BadInput(f"the geometries are {array.type}, not WKB")


def _plain_points(array: pa.Array) -> tuple[Floats, Floats] | None:
    """Little-endian 2D points, which is what programs write, read as they lie in memory; None for anything else."""
    if array.null_count or not len(array):
        return None
    wide = pa.types.is_large_binary(array.type)
    ends = np.frombuffer(array.buffers()[1], np.int64 if wide else np.int32)[array.offset :][: len(array) + 1]
    if not (np.diff(ends) == _POINT_BYTES).all():
        return None
    rows = np.frombuffer(array.buffers()[2], np.uint8)[ends[0] : ends[-1]].reshape(-1, _POINT_BYTES)
    if not (rows[:, :5] == np.array([1, 1, 0, 0, 0], np.uint8)).all():
        return None
    xy = np.ascontiguousarray(rows[:, 5:]).view("<f8").astype(np.float64)
    return xy[:, 0].copy(), xy[:, 1].copy()


def _any_geometries(wkb: list[bytes | None]) -> tuple[Floats, Floats, dict[int, str]]:
    geoms = shapely.from_wkb(np.array(wkb, dtype=object), on_invalid="ignore")
    unread = shapely.is_missing(geoms) & np.array([blob is not None for blob in wkb])
    kinds = shapely.get_type_id(geoms)
    is_point = kinds == shapely.GeometryType.POINT
    filled = np.where(is_point & ~shapely.is_empty(geoms), geoms, None)
    problems = {row: "the geometry cannot be read" for row in np.flatnonzero(unread).tolist()}
    for row in np.flatnonzero((kinds >= 0) & ~is_point & ~shapely.is_empty(geoms)).tolist():
        problems[row] = f"the geometry is a {geoms[row].geom_type}, not a point"
    return shapely.get_x(filled), shapely.get_y(filled), problems


# -- metres -----------------------------------------------------------------------------------------------------------


def to_metres(
    points: Points, where: Where, metric: Metric, bounds: tuple[float, float, float, float]
) -> tuple[Floats, Floats]:
    """Metres on the lattice of n points, NaN without a location. What is no position becomes a problem.

    bounds: of the grids, in metres.
    """
    if where.datum == f"EPSG:{metric.srid}":
        x, y = _in_metres(points, metric, bounds)
    else:
        x, y = _by_degrees(points, np.arange(len(points.x)), where.datum, metric)
    if points.accuracy_m is not None:
        stated = points.accuracy_m
        given = ~(np.isnan(points.x) | np.isnan(points.y) | no_fix(points.x, points.y))
        bad = np.flatnonzero(given & ~np.isnan(stated) & ~usable_accuracy(stated))
        points.drop(bad, [bad_accuracy(value, where.accuracy or "") for value in stated[bad].tolist()])
        x[bad], y[bad] = np.nan, np.nan
    return x, y


def _in_metres(points: Points, metric: Metric, bounds: tuple[float, float, float, float]) -> tuple[Floats, Floats]:
    """The way is that of a single report, by WGS84. A point near the grids that is in their own CRS comes back from
    there where it was, to less than a micrometre: it is only rounded, unless it lies as near to where rounding turns.
    """
    west, south, east, north = bounds
    with np.errstate(invalid="ignore"):
        near = (np.abs(points.x - (west + east) / 2) <= (east - west) / 2 + _AROUND_M) & (
            np.abs(points.y - (south + north) / 2) <= (north - south) / 2 + _AROUND_M
        )
        near &= _rounds_clearly(points.x) & _rounds_clearly(points.y) & ~no_fix(points.x, points.y)
    x, y = snap(points.x), snap(points.y)
    rest = np.flatnonzero(~near)
    x[rest], y[rest] = _by_degrees(points, rest, f"EPSG:{metric.srid}", metric)
    return x, y


def _rounds_clearly(metres: Floats) -> NDArray[np.bool_]:
    mm = metres * 1000.0
    clearly: NDArray[np.bool_] = np.abs(mm - np.floor(mm) - 0.5) > _TIE_MM
    return clearly


def _by_degrees(points: Points, rows: NDArray[np.int64], datum: str, metric: Metric) -> tuple[Floats, Floats]:
    x, y = points.x[rows], points.y[rows]
    lon, lat, nowhere = positions(x, y, datum)
    said = datum if len(datum) < 20 else "the file's CRS"
    reasons = [no_place(a, b, said) for a, b in zip(x[nowhere].tolist(), y[nowhere].tolist(), strict=True)]
    points.drop(rows[nowhere], reasons)
    return metric.project(lon, lat)


def point_wkb(lon: Floats, lat: Floats) -> pa.Array:
    """(n,) WKB points; null where a coordinate is NaN."""
    there = ~(np.isnan(lon) | np.isnan(lat))
    rows = np.zeros(len(lon), dtype=[("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
    rows["order"], rows["type"], rows["x"], rows["y"] = 1, 1, lon, lat
    data = pa.Array.from_buffers(pa.binary(_POINT_BYTES), len(rows), [None, pa.py_buffer(rows.tobytes())])
    points: pa.Array = pc.if_else(pa.array(there), pc.cast(data, pa.binary()), pa.scalar(None, pa.binary()))
    return points
