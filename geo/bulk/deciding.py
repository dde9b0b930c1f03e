"""The decision on the rows of one table: its columns in, the same columns and the grids out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo.bulk.gridset import GridSet
from geo.bulk.points import Points, Where, point_wkb, read_points, to_metres
from geo.crs import Floats, is_geographic, to_wgs84
from geo.model import Method, Queue
from geo.rules.assign import OUTCOMES, Settled, settle

_WORD = pa.dictionary(pa.int32(), pa.string())
ADDED: Mapping[str, pa.DataType] = {
    "grid": _WORD,
    "grid_name": _WORD,
    "edition": pa.int32(),
    "method": _WORD,
    "queue": _WORD,
    "distance_m": pa.float64(),
    "edge_m": pa.float64(),
    "ambiguous": pa.bool_(),
    "candidates": pa.string(),
    "problem": pa.string(),
}
_METHODS = pa.array([outcome.value for outcome in OUTCOMES if isinstance(outcome, Method)])
_QUEUES = pa.array([outcome.value for outcome in OUTCOMES if isinstance(outcome, Queue)])
# What each outcome is called in a summary.
COUNTED = ("assigned", "nearest", "outside", "no_location")
REJECTED = "rejected"


@dataclass(frozen=True)
class Layout:
    """What comes out: which columns are added under which names, and what becomes of geometries.

    columns: of ADDED. place: name of a column to add with the point as WKB in WGS84. wkt: the column whose WKB is to
    become text. plain: words as texts, not as numbers into a dictionary.
    """

    columns: tuple[str, ...]
    prefix: str = ""
    place: str | None = None
    wkt: str | None = None
    plain: bool = False

    def schema(self, source: pa.Schema) -> pa.Schema:
        fields = [pa.field(f.name, pa.string()) if f.name == self.wkt else f for f in source]
        if self.place:
            fields.append(pa.field(self.place, pa.binary()))
        kinds = [pa.string() if self.plain and ADDED[name] == _WORD else ADDED[name] for name in self.columns]
        added = [pa.field(f"{self.prefix}{name}", kind) for name, kind in zip(self.columns, kinds, strict=True)]
        return pa.schema([*fields, *added], metadata=source.metadata)


@dataclass(frozen=True)
class Decided:
    """The rows that come out, how many ended how, and why a row was not taken, by its position."""

    table: pa.Table
    counts: Counter[str]
    problems: dict[int, str]


def assign_table(
    table: pa.Table, grids: GridSet, where: Where, layout: Layout, broken: Mapping[int, str] | None = None
) -> Decided:
    """Decide every row of a table. broken: rows that could not even be read, by position, with the reason.

    Every row comes out, in its place; one that cannot be taken has no grid, and says why.
    """
    points = read_points(table, where)
    for row, reason in (broken or {}).items():  # what is said of a row's cells then says nothing
        points.drop(np.array([row]), [reason])
        points.problems[row] = reason
    x, y = to_metres(points, where, grids.metric, grids.index.bounds)
    settled = settle(grids.index, x, y, points.accuracy_m)
    arrays = _source_columns(table, layout)
    if layout.place:
        arrays.append(_places(points, where.datum))
    edge_m = _edges(settled, len(x))
    added = [_column(name, settled, edge_m, points.problems, grids) for name in layout.columns]
    arrays += [_decoded(array) for array in added] if layout.plain else added
    out = pa.Table.from_arrays(arrays, schema=layout.schema(table.schema))
    return Decided(out, _counts(settled, edge_m, points, where, grids), points.problems)


def _source_columns(table: pa.Table, layout: Layout) -> list[pa.ChunkedArray | pa.Array]:
    columns = list(table.columns)
    if layout.wkt:
        at = table.schema.get_field_index(layout.wkt)
        geoms = shapely.from_wkb(np.array(columns[at].to_pylist(), dtype=object), on_invalid="ignore")
        columns[at] = pa.array(shapely.to_wkt(geoms, rounding_precision=9).tolist(), pa.string())
    return columns


def _places(points: Points, datum: str) -> pa.Array:
    lon, lat = to_wgs84(points.x, points.y, datum)
    nowhere = (points.x == 0) & (points.y == 0)
    lon[nowhere] = np.nan
    return point_wkb(lon, lat)


def _edges(settled: Settled, n: int) -> Floats:
    """Metres to the nearest edge, NaN unless nearer than the tolerance."""
    edge_m = np.full(n, np.nan)
    first = np.diff(settled.near.point, prepend=-1) > 0
    edge_m[settled.near.point[first]] = settled.near.edge_m[first]
    return edge_m


def _column(name: str, settled: Settled, edge_m: Floats, problems: Mapping[int, str], grids: GridSet) -> pa.Array:
    n = len(settled.row)
    if name in ("grid", "grid_name"):
        return _words(settled.row, settled.row < 0, grids.code_array if name == "grid" else grids.name_array)
    if name == "edition":
        return pa.nulls(n, pa.int32()) if grids.edition is None else pa.array(np.full(n, grids.edition, np.int32))
    if name == "method":
        return _words(settled.outcome, settled.row < 0, _METHODS)
    if name == "queue":
        free = settled.row >= 0
        free[np.fromiter(problems, np.int64)] = True
        return _words(settled.outcome.astype(np.int32) - len(_METHODS), free, _QUEUES)
    if name == "distance_m":
        return pa.array(settled.distance_m, mask=np.isnan(settled.distance_m))
    if name == "edge_m":
        return pa.array(edge_m, mask=np.isnan(edge_m))
    if name == "ambiguous":
        return pa.array(~np.isnan(edge_m))
    if name == "candidates":
        return _scattered(n, *_candidate_texts(settled, grids))
    return _scattered(n, np.fromiter(problems, np.int64), list(problems.values()))


def _decoded(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _words(at: np.ndarray, empty: np.ndarray, words: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(at.astype(np.int32, copy=False), mask=empty), words)


def _scattered(n: int, rows: np.ndarray, texts: list[str]) -> pa.Array:
    """(n,) texts: those given at their rows, null elsewhere."""
    at = np.full(n, -1, np.int32)
    at[rows] = np.arange(len(texts), dtype=np.int32)
    return pc.take(pa.array(texts, pa.string()), pa.array(at, mask=at < 0))


def _candidate_texts(settled: Settled, grids: GridSet) -> tuple[np.ndarray, list[str]]:
    """Rows that have candidates, and these as JSON, nearest first."""
    near = settled.near
    starts = np.flatnonzero(np.diff(near.point, prepend=-1))
    ends = np.append(starts, len(near.point))[1:]
    codes = grids.code_texts
    each = [
        f'{{"grid": {codes[row]}, "edge_m": {edge_m}}}'
        for row, edge_m in zip(near.row.tolist(), np.round(near.edge_m, 3).tolist(), strict=True)
    ]
    texts = [f"[{', '.join(each[start:end])}]" for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return near.point[starts], texts


def _counts(settled: Settled, edge_m: Floats, points: Points, where: Where, grids: GridSet) -> Counter[str]:
    counts = Counter(dict(zip(COUNTED, np.bincount(settled.outcome, minlength=len(COUNTED)).tolist(), strict=True)))
    counts["no_location"] -= len(points.problems)
    counts[REJECTED] = len(points.problems)
    within = settled.outcome == OUTCOMES.index(Method.WITHIN)
    counts["ambiguous"] = int((~np.isnan(edge_m) & within).sum())
    counts["swapped"] = _swapped(settled, points, where, grids)
    return counts


def _swapped(settled: Settled, points: Points, where: Where, grids: GridSet) -> int:
    """How many rows lie outside, and would lie among the grids were lon and lat the other way round."""
    outside = settled.outcome == OUTCOMES.index(Queue.OUTSIDE)
    if not outside.any() or not is_geographic(where.datum) or not len(grids):
        return 0
    west, south, east, north = grids.index.bounds
    lon, lat = grids.metric.unproject([west, east, west, east], [south, north, north, south])
    x, y = points.y[outside], points.x[outside]
    within = (x >= lon.min()) & (x <= lon.max()) & (y >= lat.min()) & (y <= lat.max())
    return int(within.sum())
