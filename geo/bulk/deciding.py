"""The decision on the rows of one table: its columns in, the same columns and the grids out. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo.bulk.gridset import GridSet
from geo.bulk.names import NameSet
from geo.bulk.placing import Placed, place_rows
from geo.bulk.points import Points, Where, point_wkb, read_points, to_metres
from geo.crs import Floats, is_geographic, to_wgs84
from geo.model import Method, PlaceKind, Queue
from geo.rules.assign import OUTCOMES, Settled, settle
from geo.rules.evidence import POINT

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
    "decided_by": _WORD,
    "evidence": pa.string(),
    "problem": pa.string(),
}
OF_NAMES = ("decided_by", "evidence")  # only where rows may name where they are
_METHODS = pa.array([outcome.value for outcome in OUTCOMES if isinstance(outcome, Method)] + [Method.PLACE.value])
_QUEUES = pa.array([outcome.value for outcome in OUTCOMES if isinstance(outcome, Queue)])
_BY = (POINT, *(kind.value for kind in PlaceKind))
# What each outcome is called in a summary; a row ends as one of them, as placed or as rejected.
COUNTED = ("assigned", "nearest", "outside", "no_location")
PLACED, REJECTED = "placed", "rejected"
ENDS = (*COUNTED, PLACED, REJECTED)


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
    table: pa.Table,
    grids: GridSet,
    where: Where,
    layout: Layout,
    broken: Mapping[int, str] | None = None,
    names: NameSet | None = None,
) -> Decided:
    """Decide every row of a table. broken: rows that could not even be read, by position, with the reason.

    names: what ``where`` may name is looked up in; without them only coordinates decide.
    Every row comes out, in its place; one that cannot be taken has no grid, and says why.
    """
    points = read_points(table, where)
    for row, reason in (broken or {}).items():  # what is said of a row's cells then says nothing
        points.drop(np.array([row]), [reason])
        points.problems[row] = reason
    x, y = to_metres(points, where, grids.metric, grids.index.bounds)
    placed = place_rows(table, where, names, points, (x, y), grids.metric) if names and where.is_named else Placed()
    answers = _Answers(grids, points, settle(grids.index, x, y, points.accuracy_m), (x, y), placed)
    arrays = _source_columns(table, layout)
    if layout.place:
        arrays.append(_places(points, where.datum, placed))
    added = [answers.column(name) for name in layout.columns]
    arrays += [_decoded(array) for array in added] if layout.plain else added
    out = pa.Table.from_arrays(arrays, schema=layout.schema(table.schema))
    counts = answers.counts()
    counts["swapped"] = _swapped(answers.settled, points, where, grids)
    return Decided(out, counts, points.problems)


def _source_columns(table: pa.Table, layout: Layout) -> list[pa.ChunkedArray | pa.Array]:
    columns = list(table.columns)
    if layout.wkt:
        at = table.schema.get_field_index(layout.wkt)
        geoms = shapely.from_wkb(np.array(columns[at].to_pylist(), dtype=object), on_invalid="ignore")
        columns[at] = pa.array(shapely.to_wkt(geoms, rounding_precision=9).tolist(), pa.string())
    return columns


def _places(points: Points, datum: str, placed: Placed) -> pa.Array:
    lon, lat = to_wgs84(points.x, points.y, datum)
    nowhere = (points.x == 0) & (points.y == 0)
    lon[nowhere] = np.nan
    for row, stand in placed.stands.items():
        lon[row], lat[row] = stand
    return point_wkb(lon, lat)


def _edges(settled: Settled, n: int) -> Floats:
    """Metres to the nearest edge, NaN unless nearer than the tolerance."""
    edge_m = np.full(n, np.nan)
    first = np.diff(settled.near.point, prepend=-1) > 0
    edge_m[settled.near.point[first]] = settled.near.edge_m[first]
    return edge_m


class _Answers:
    """What was decided on the n rows of a table, as the columns that are added to it."""

    def __init__(
        self, grids: GridSet, points: Points, settled: Settled, xy: tuple[Floats, Floats], placed: Placed
    ) -> None:
        self.settled = settled
        self._grids, self._points, self._xy, self._placed = grids, points, xy, placed
        self._to_edge_m = _edges(settled, len(settled.row))
        self._is_within = settled.outcome == OUTCOMES.index(Method.WITHIN)
        self._by_place = np.zeros(len(settled.row), dtype=bool)
        self._by_place[np.fromiter(placed.stands, np.int64)] = True
        self._by_place &= self._is_within

    def column(self, name: str) -> pa.Array:
        """(n,) one of ADDED."""
        made: pa.Array = getattr(self, f"_{name}")()
        return made

    def counts(self) -> Counter[str]:
        ends = np.bincount(self.settled.outcome, minlength=len(COUNTED)).tolist()
        counts = Counter(dict(zip(COUNTED, ends, strict=True)))
        counts[PLACED] = int(self._by_place.sum())
        counts["assigned"] -= counts[PLACED]
        counts[REJECTED] = len(self._points.problems)
        counts["no_location"] -= counts[REJECTED]
        counts["ambiguous"] = int((~np.isnan(self._to_edge_m) & self._is_within & ~self._by_place).sum())
        return counts

    def _grid(self) -> pa.Array:
        return _words(self.settled.row, self.settled.row < 0, self._grids.code_array)

    def _grid_name(self) -> pa.Array:
        return _words(self.settled.row, self.settled.row < 0, self._grids.name_array)

    def _edition(self) -> pa.Array:
        n, edition = len(self.settled.row), self._grids.edition
        return pa.nulls(n, pa.int32()) if edition is None else pa.array(np.full(n, edition, np.int32))

    def _method(self) -> pa.Array:
        at = np.where(self._by_place, len(_METHODS) - 1, self.settled.outcome)
        return _words(at, self.settled.row < 0, _METHODS)

    def _queue(self) -> pa.Array:
        free = self.settled.row >= 0
        free[np.fromiter(self._points.problems, np.int64)] = True
        return _words(self.settled.outcome.astype(np.int32) - (len(OUTCOMES) - len(_QUEUES)), free, _QUEUES)

    def _distance_m(self) -> pa.Array:
        return pa.array(self.settled.distance_m, mask=np.isnan(self.settled.distance_m))

    def _edge_m(self) -> pa.Array:
        return pa.array(self._to_edge_m, mask=np.isnan(self._to_edge_m))

    def _ambiguous(self) -> pa.Array:
        return pa.array(~np.isnan(self._to_edge_m))

    def _candidates(self) -> pa.Array:
        return _scattered(len(self.settled.row), *_candidate_texts(self.settled, self._grids, self._shares()))

    def _shares(self) -> list[float | None]:
        """Of each candidate, how much of the disc of the stated accuracy lies in it; None without one."""
        near, outlines = self.settled.near, self._grids.outlines
        share: list[float | None] = [None] * len(near.point)
        if outlines is None or self._points.accuracy_m is None:
            return share
        radius = self._points.accuracy_m[near.point]
        discs = np.flatnonzero(np.isfinite(radius) & (radius > 0.0))
        x, y = (each[near.point[discs]] for each in self._xy)
        for at, value in zip(discs, outlines.disc_shares(near.row[discs], x, y, radius[discs]).tolist(), strict=True):
            share[at] = value
        return share

    def _decided_by(self) -> pa.Array:
        """The kind of the place that stands for a row, or the point; nothing where nothing says where it is."""
        at = np.zeros(len(self.settled.row), np.int32)
        for row in self._placed.stands:
            at[row] = _BY.index(self._placed.evidence[row]["decided_by"])
        nowhere = self.settled.outcome == OUTCOMES.index(Queue.NO_LOCATION)
        return _words(at, nowhere, pa.array(_BY))

    def _evidence(self) -> pa.Array:
        evidence = self._placed.evidence
        texts = [json.dumps(each, ensure_ascii=False) for each in evidence.values()]
        return _scattered(len(self.settled.row), np.fromiter(evidence, np.int64), texts)

    def _problem(self) -> pa.Array:
        problems = self._points.problems
        return _scattered(len(self.settled.row), np.fromiter(problems, np.int64), list(problems.values()))


def _decoded(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _words(at: np.ndarray, empty: np.ndarray, words: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(at.astype(np.int32, copy=False), mask=empty), words)


def _scattered(n: int, rows: np.ndarray, texts: list[str]) -> pa.Array:
    """(n,) texts: those given at their rows, null elsewhere."""
    at = np.full(n, -1, np.int32)
    at[rows] = np.arange(len(texts), dtype=np.int32)
    return pc.take(pa.array(texts, pa.string()), pa.array(at, mask=at < 0))


def _candidate_texts(settled: Settled, grids: GridSet, shares: Sequence[float | None]) -> tuple[np.ndarray, list[str]]:
    """Rows that have candidates, and these as JSON, nearest first. shares: of the disc, one a candidate."""
    near = settled.near
    starts = np.flatnonzero(np.diff(near.point, prepend=-1))
    ends = np.append(starts, len(near.point))[1:]
    codes = grids.code_texts
    each = [
        f'{{"grid": {codes[row]}, "edge_m": {edge_m}' + ("}" if share is None else f', "share": {share}}}')
        for row, edge_m, share in zip(near.row.tolist(), np.round(near.edge_m, 3).tolist(), shares, strict=True)
    ]
    texts = [f"[{', '.join(each[start:end])}]" for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return near.point[starts], texts


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
