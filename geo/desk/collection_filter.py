"""Filters on collections: what properties say is asked of the store, where features lie is decided here.

Both may be mixed as one likes (``code = 'A' OR NOT S_INTERSECTS(...)``). The store is asked for a condition that every
wanted row fulfils, and for the answers (true, false, unknown) of the parts that it can judge; then the rest is decided.
Columns are those of the collection, values are always bound: no text of a client ever becomes SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Boolean, ColumnElement, Connection, Float, Text, and_, case, false, literal, not_, or_, true

from geo.desk.collection import GEOMETRY, Selection, Source
from geo.desk.exchange_crs import ExchangeCrs, Kept
from geo.errors import BadInput
from geo.rules.cql2 import And, Between, Compare, Condition, Constant, In, IsNull, Kind, Like, Not, Or, Spatial
from geo.store.types import Utc

# Asked the other way round: the one geometry of the filter is looked at first.
_CONVERSE = {"within": "contains", "contains": "within"}

Truth = tuple[np.ndarray, np.ndarray]  # which of n rows are true, which false; the others are unknown


class Filter(Selection):
    """Several conditions that must all hold, each with geometries in a CRS of its own."""

    def __init__(
        self, conn: Connection, source: Source, kept: Kept, conditions: Sequence[tuple[Condition, ExchangeCrs]]
    ) -> None:
        self._kept = kept
        self._sql = _Sql(conn, source)
        parts = [(part, crs) for condition, crs in conditions for part in _conjuncts(condition)]
        self._here = [(part, crs) for part, crs in parts if _is_spatial(part)]
        self.where = [self._needed(part, crs) for part, crs in parts]
        self._judged = list(dict.fromkeys(part for each, _ in self._here for part in _store_parts(each)))
        self.flags = [case((test, 1), (not_(test), 0)) for test in map(self._sql.test, self._judged)]
        self.is_decided_here = bool(self._here)

    def _needed(self, condition: Condition, crs: ExchangeCrs) -> ColumnElement[bool]:
        """What every row fulfils for which the condition is true, as far as the store can tell."""
        if not _is_spatial(condition):
            return self._sql.test(condition)
        match condition:
            case And(parts):
                return and_(*(self._needed(part, crs) for part in parts))
            case Or(parts):
                return or_(*(self._needed(part, crs) for part in parts))
            case Spatial(op, geometry) if op != "disjoint":
                box = crs.near(geometry, self._kept)
                return true() if box is None else self._sql.source.near(box)
            case _:
                return true()

    def passes(self, geoms: np.ndarray, flags: Sequence[Sequence[Any]]) -> np.ndarray:
        """Which of n rows fulfil everything."""
        answers = {part: np.array(flag, dtype=object) for part, flag in zip(self._judged, flags, strict=True)}
        drawn: dict[str, np.ndarray] = {}
        held = np.ones(len(geoms), dtype=bool)
        for condition, crs in self._here:
            if crs.uri not in drawn:
                drawn[crs.uri] = crs.express(geoms, self._kept)
            held &= _truth(condition, drawn[crs.uri], answers)[0]
        return held


def _truth(condition: Condition, geoms: np.ndarray, answers: Mapping[Condition, np.ndarray]) -> Truth:
    """Three-valued logic, as SQL has it: nothing is known of where a feature without geometry lies."""
    if condition in answers:
        flag = answers[condition]
        return flag == 1, flag == 0
    match condition:
        case Not(part):
            held, failed = _truth(part, geoms, answers)
            return failed, held
        case And(parts):
            each = [_truth(part, geoms, answers) for part in parts]
            return np.all([t for t, _ in each], axis=0), np.any([f for _, f in each], axis=0)
        case Or(parts):
            each = [_truth(part, geoms, answers) for part in parts]
            return np.any([t for t, _ in each], axis=0), np.all([f for _, f in each], axis=0)
        case Spatial(op, geometry):
            there = ~shapely.is_missing(geoms)
            held = getattr(shapely, _CONVERSE.get(op, op))(geometry, geoms)
            return held & there, ~held & there
    raise AssertionError(condition)  # every other one is the store's


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, And):
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _is_spatial(condition: Condition) -> bool:
    match condition:
        case And(parts) | Or(parts):
            return any(map(_is_spatial, parts))
        case Not(part):
            return _is_spatial(part)
    return isinstance(condition, Spatial)


def _store_parts(condition: Condition) -> Iterator[Condition]:
    """The largest parts that the store can judge."""
    if not _is_spatial(condition):
        yield condition
        return
    match condition:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _store_parts(part)
        case Not(part):
            yield from _store_parts(part)


class _Sql:
    """Conditions on properties as expressions that mean the same on both stores."""

    def __init__(self, conn: Connection, source: Source) -> None:
        self.source = source
        self._is_postgres = conn.dialect.name == "postgresql"
        self._columns = {each.name: each for each in source.properties}

    def test(self, condition: Condition) -> ColumnElement[bool]:
        match condition:
            case Constant(value):
                return true() if value else false()
            case And(parts):
                return and_(*map(self.test, parts))
            case Or(parts):
                return or_(*map(self.test, parts))
            case Not(part):
                return not_(self.test(part))
            case IsNull(name):
                columns = self.source.geom if name == GEOMETRY else (self._columns[name].column,)
                return and_(*(column.is_(None) for column in columns))
            case Compare(name, op, value):
                return self._compare(name, op, value)
            case Between(name, low, high):
                return and_(self._compare(name, ">=", low), self._compare(name, "<=", high))
            case In(name, values):
                return self._column(name).in_([self._bound(name, value) for value in values])
            case Like(name, pattern):
                return self._like(name, pattern)
        raise AssertionError(condition)

    def _compare(self, name: str, op: str, value: Any) -> ColumnElement[bool]:
        if isinstance(value, bool) and op not in ("=", "<>"):
            raise BadInput(f"filter compares {name} by {op}, but what is true or false has no order: use = or <>")
        column, bound = self._column(name), self._bound(name, value)
        compared: ColumnElement[bool] = column.op({"<>": "!="}.get(op, op), is_comparison=True)(bound)
        return compared

    def _column(self, name: str) -> ColumnElement[Any]:
        each = self._columns[name]
        # Text is in the order of its bytes on both stores, as codes are.
        is_text = each.kind is Kind.TEXT and self._is_postgres
        return each.column.collate("C") if is_text else each.column

    def _bound(self, name: str, value: Any) -> ColumnElement[Any]:
        kinds: dict[Kind, Any] = {Kind.TEXT: Text(), Kind.NUMBER: Float(), Kind.BOOLEAN: Boolean(), Kind.MOMENT: Utc()}
        return literal(value, kinds[self._columns[name].kind])

    def _like(self, name: str, pattern: str) -> ColumnElement[bool]:
        column = self._columns[name].column
        if self._is_postgres:
            return column.like(literal(_whole(pattern), Text()), escape="\\")
        # SQLite's LIKE takes capitals and small letters for the same.
        glob: ColumnElement[bool] = column.op("GLOB", is_comparison=True)(literal(_glob(pattern), Text()))
        return glob


def _whole(pattern: str) -> str:
    """A backslash at the very end stands for itself."""
    return re.sub(r"(?<!\\)((?:\\\\)*)\\$", r"\1\\\\", pattern)


def _glob(pattern: str) -> str:
    """The same pattern as GLOB reads it.

    >>> _glob(r"A\\_%[x]_")
    'A_*[[]x]?'
    """
    wild = {"%": "*", "_": "?"}
    parts = re.findall(r"\\(.)|(\\$)|([^\\])", _whole(pattern), re.DOTALL)
    return "".join(
        wild.get(plain, _literal(plain)) if plain else _literal(escaped or "\\") for escaped, _, plain in parts
    )


def _literal(letter: str) -> str:
    return f"[{letter}]" if letter in "*?[" else letter
