"""Collections of features as other programs read them: which rows, which properties, for whom, as of when.

What is in each is said in ``collection_kinds.py``; how a filter is applied in ``collection_filter.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, Connection, Select, func, select

from geo.desk.asof import When
from geo.desk.board import PartName
from geo.desk.exchange_crs import ExchangeCrs, Kept
from geo.rules.access import Capability, Extent
from geo.rules.cql2 import Kind
from geo.store.boxes import Box
from geo.store.types import utc_text

GEOMETRY = "geometry"  # the name under which a filter speaks of where a feature lies
CHUNK = 500  # rows that are read at once where Python has a say in which of them belong


@dataclass(frozen=True)
class Property:
    """What is told of a feature, and may be filtered by."""

    name: str
    kind: Kind
    column: ColumnElement[Any]


def _as_kept(geom: shapely.Geometry | None) -> shapely.Geometry | None:
    return geom


@dataclass(frozen=True)
class Source:
    """The rows of a collection for one reader at one moment.

    geom: columns that say where a feature lies, all null where it lies nowhere; drawn makes a geometry of them. near:
    rows that may lie in a box, in coordinates as they are kept. around: a box around all rows.
    """

    rows: Any
    where: tuple[ColumnElement[bool], ...]
    key: ColumnElement[int]
    geom: tuple[ColumnElement[Any], ...]
    properties: tuple[Property, ...]
    near: Callable[[Box], ColumnElement[bool]]
    around: Callable[[], Box | None]
    drawn: Callable[..., shapely.Geometry | None] = _as_kept


@dataclass(frozen=True)
class DraftOf:
    """The draft whose grids a collection has. is_open: the reader may change them now."""

    id: int
    revision: int
    is_open: bool


@dataclass(frozen=True)
class Collection:
    """A set of features under one name.

    part: of the map, that the same events change. kept: its coordinates. temporal: the property that ``datetime`` is
    about. has_past: whether it can be asked ``as_of``. source: its rows, for who holds ``capability`` in these extents.
    draft: what is read only has none.
    """

    id: str
    title: str
    description: str
    geometry_type: str
    capability: Capability
    part: PartName
    kept: Kept
    has_past: bool
    source: Callable[[Connection, Sequence[Extent], When], Source]
    kinds: dict[str, Kind]
    temporal: str | None = None
    draft: DraftOf | None = None


def told(columns: Mapping[str, ColumnElement[Any]], kinds: Mapping[str, Kind]) -> tuple[Property, ...]:
    """Columns by name, as properties of these kinds."""
    return tuple(Property(name, kinds[name], column) for name, column in columns.items())


@dataclass(frozen=True)
class Batch:
    """n features in the order of their keys. geoms: (n,) as they are kept, None without one."""

    keys: list[int]
    geoms: np.ndarray
    properties: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.keys)

    def taken(self, indices: Sequence[int]) -> Batch:
        """Those at ``indices``."""
        rows = list(indices)
        return Batch([self.keys[i] for i in rows], self.geoms[rows], [self.properties[i] for i in rows])


@dataclass(frozen=True)
class FeaturePage:
    """Features, and the key after which the next page begins, None on the last one."""

    features: Batch
    after: int | None


class Selection:
    """What was asked of a source. ``Everything`` is the one of no filter; see collection_filter.Filter."""

    where: Sequence[ColumnElement[bool]] = ()
    flags: Sequence[ColumnElement[Any]] = ()
    is_decided_here: bool = False

    def passes(self, geoms: np.ndarray, flags: Sequence[Sequence[Any]]) -> np.ndarray:
        """Which of n rows belong. flags: n values of each of ``self.flags``."""
        return np.ones(len(geoms), dtype=bool)


def page(conn: Connection, source: Source, asked: Selection, after: int | None, limit: int) -> FeaturePage:
    """The first ``limit`` features behind a key. No row is read that is not needed to fill the page."""
    found: list[Batch] = []
    missing = limit + 1
    for batch in batches(conn, source, asked, after, max(limit + 1, CHUNK) if asked.is_decided_here else limit + 1):
        found.append(batch.taken(range(min(len(batch), missing))))
        missing -= len(found[-1])
        if missing <= 0:
            break
    features = joined(found)
    if missing <= 0:
        features = features.taken(range(limit))
    return FeaturePage(features, features.keys[-1] if missing <= 0 else None)


def one(conn: Connection, source: Source, key: int) -> Batch:
    """The feature with that key; an empty batch without it."""
    return joined(list(batches(conn, source, Selection(), key - 1, 1, key)))


def count(conn: Connection, source: Source, asked: Selection) -> int | None:
    """How many features there are; None where that would mean reading them all."""
    if asked.is_decided_here:
        return None
    query = select(func.count()).select_from(source.rows).where(*source.where, *asked.where)
    return int(conn.execute(query).scalar_one())


def batches(
    conn: Connection, source: Source, asked: Selection, after: int | None, size: int, until: int | None = None
) -> Iterator[Batch]:
    """The features behind a key, ``size`` rows read at a time. Some batches may be empty."""
    while True:
        query = _query(source, asked, after, until).limit(size)
        rows = conn.execute(query).all()
        batch, flags = _batch(source, rows, len(asked.flags))
        yield batch.taken(np.flatnonzero(asked.passes(batch.geoms, flags)).tolist()) if asked.is_decided_here else batch
        if len(rows) < size:
            return
        after = batch.keys[-1]


def _query(source: Source, asked: Selection, after: int | None, until: int | None) -> Select[Any]:
    columns = [source.key, *source.geom, *(each.column for each in source.properties), *asked.flags]
    # Labels: the same column may be told under two names.
    labelled = [column.label(f"c{i}") for i, column in enumerate(columns)]
    query = select(*labelled).select_from(source.rows).where(*source.where, *asked.where).order_by(source.key)
    if after is not None:
        query = query.where(source.key > after)
    return query if until is None else query.where(source.key <= until)


def _batch(source: Source, rows: Sequence[Any], flags: int) -> tuple[Batch, list[list[Any]]]:
    first = 1 + len(source.geom)
    last = first + len(source.properties)
    geoms = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        geoms[i] = source.drawn(*row[1:first])
    properties = [
        {each.name: _told(each.kind, value) for each, value in zip(source.properties, row[first:last], strict=True)}
        for row in rows
    ]
    return Batch([row[0] for row in rows], geoms, properties), [[r[last + i] for r in rows] for i in range(flags)]


def point_at(lon: float | None, lat: float | None) -> shapely.Geometry | None:
    """What a longitude and a latitude draw."""
    return None if lon is None or lat is None else shapely.Point(lon, lat)


def _told(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if kind is Kind.MOMENT:
        return utc_text(value) if isinstance(value, datetime) else value
    return bool(value) if kind is Kind.BOOLEAN else value


def joined(found: Sequence[Batch]) -> Batch:
    """Several batches as one."""
    return Batch(
        [key for batch in found for key in batch.keys],
        np.concatenate([batch.geoms for batch in found]) if found else np.empty(0, dtype=object),
        [each for batch in found for each in batch.properties],
    )


def extent(conn: Connection, collection: Collection, source: Source, crs84: ExchangeCrs) -> Box | None:
    """West, south, east, north of all features, in degrees; None without any."""
    box = source.around()
    if box is None or not all(map(np.isfinite, box)):
        return None
    return crs84.around(box, collection.kept)
