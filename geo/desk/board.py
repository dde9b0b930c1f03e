"""What the battle map shows: open issues and rental units as columns, figures a grid, and what just changed.

Everything here reads one consistent transaction and takes ``now``: overdue is a fact about a moment, never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from sqlalchemy import ColumnElement, Connection, Integer, Select, case, cast, false, func, or_, select

from geo.desk.asof import joined_as_recorded, recorded
from geo.desk.times import instant, instants
from geo.model import OPEN_STATES, RISK_ORDER, DueState, IssueState, SnapshotFlag, Subject
from geo.rules.risk import DUE_ORDER, due_between, due_states
from geo.store.tables import assignment, category, event, issue, issue_state, rental_unit, scheme, unit_class

LayerName = Literal["issues", "units"]
PartName = Literal["issues", "units", "grids", "places", "trends", "coverage", "division", "areas"]

_DIVISION = (Subject.SCHEME, Subject.GRID, Subject.AREA)
# Events about these change what a part of the map shows.
DRAWN_FROM: Mapping[PartName, tuple[Subject, ...]] = {
    "issues": (Subject.ISSUE, *_DIVISION),
    "units": (Subject.UNIT, *_DIVISION),
    "grids": (Subject.ISSUE, Subject.UNIT, Subject.PERSON, *_DIVISION),
    "places": (Subject.PLACE, Subject.AREA),
    "trends": (Subject.ISSUE, Subject.UNIT, *_DIVISION),
    "division": _DIVISION,
    "areas": (Subject.AREA,),
    "coverage": (Subject.PLACE, Subject.UNIT, Subject.PERSON, *_DIVISION),
}
_DUE_FLAGS = {
    DueState.DUE_SOON: SnapshotFlag.DUE_SOON,
    DueState.DUE: SnapshotFlag.DUE_SOON,
    DueState.OVERDUE: SnapshotFlag.OVERDUE,
}
FLAG_OF_DUE = np.array([_DUE_FLAGS.get(state, 0) for state in DUE_ORDER], dtype=np.uint8)
STATE_CODES = {IssueState.OPEN: 0, IssueState.REOPENED: 1}


@dataclass(frozen=True)
class Layer:
    """One layer's points as columns of length n, ordered by grid so that a grid is one slice.

    lon, lat: float64 degrees. grid_id: int64. klass, flags: uint8 as in the snapshot. Issues only: category, codes, ""
    for none; opened, due: datetime64, UTC.
    """

    ids: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    grid_id: np.ndarray
    klass: np.ndarray
    flags: np.ndarray
    category: np.ndarray
    opened: np.ndarray | None = None
    due: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, mask: np.ndarray) -> Layer:
        columns = {each.name: getattr(self, each.name) for each in fields(self)}
        return replace(self, **{name: column[mask] for name, column in columns.items() if column is not None})


# -- layers ---------------------------------------------------------------------------------------------------------


def issue_layer(
    conn: Connection, now: datetime, only: Sequence[int] | None = None, at: datetime | None = None
) -> Layer:
    """Open issues that have a place, by the primary scheme; those in ``only`` when given. at: as recorded then.

    An issue outside every grid has grid_id -1: it is on the map of who answers for the whole.
    """
    query = (
        select(
            issue.c.id,
            assignment.c.lon,
            assignment.c.lat,
            func.coalesce(assignment.c.grid_id, -1),
            case({state.value: code for state, code in STATE_CODES.items()}, value=issue_state.c.state),
            cast(issue.c.due_at < now, Integer) * int(SnapshotFlag.OVERDUE)
            + cast(assignment.c.ambiguous, Integer) * int(SnapshotFlag.AMBIGUOUS),
            func.coalesce(category.c.code, ""),
            instant(issue.c.opened_at),
            instant(issue.c.due_at),
        )
        .select_from(_open_issues(at))
        .where(_is_open(at), assignment.c.lon.is_not(None))
        .order_by(func.coalesce(assignment.c.grid_id, -1), issue.c.id)
    )
    if only is not None:
        query = query.where(issue.c.id.in_(only))
    *columns, opened, due = _transposed(conn, query, 9)
    return replace(_layer(*columns), opened=instants(opened), due=instants(due))


def open_points(
    conn: Connection, issues_if: ColumnElement[bool], at: datetime | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes of the open issues in grids that fulfil a condition on assignment and category."""
    query = (
        select(assignment.c.lon, assignment.c.lat)
        .select_from(_open_issues(at))
        .where(_is_open(at), assignment.c.lon.is_not(None), assignment.c.grid_id.is_not(None), issues_if)
    )
    lon, lat = _transposed(conn, query, 2)
    return np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)


def unit_layer(conn: Connection, today: date, only: Sequence[int] | None = None, at: datetime | None = None) -> Layer:
    """Rental units that have a class and a place, by the primary scheme; those in ``only`` when given.

    at: as recorded then.
    """
    query = (
        select(
            rental_unit.c.id,
            assignment.c.lon,
            assignment.c.lat,
            func.coalesce(assignment.c.grid_id, -1),
            case({c.value: c.rank for c in RISK_ORDER}, value=unit_class.c.risk_class),
            unit_class.c.next_due,
            unit_class.c.cycle_days,
        )
        .select_from(_classed_units(at))
        .where(assignment.c.lon.is_not(None), unit_class.c.risk_class.is_not(None))
        .order_by(func.coalesce(assignment.c.grid_id, -1), rental_unit.c.id)
    )
    if only is not None:
        query = query.where(rental_unit.c.id.in_(only))
    ids, lon, lat, grid_id, klass, next_due, cycle_days = _transposed(conn, query, 7)
    due = due_states(np.array(next_due, dtype="datetime64[D]"), np.array(cycle_days, dtype=np.int64), today)
    flags = FLAG_OF_DUE[due]
    return _layer(ids, lon, lat, grid_id, klass, flags, [""] * len(flags))


def in_due_state(conn: Connection, state: DueState, today: date) -> ColumnElement[bool]:
    """Classes whose next inspection is in that state."""
    cycles = conn.execute(select(unit_class.c.cycle_days).where(unit_class.c.cycle_days.is_not(None)).distinct())
    found = []
    for cycle in cycles.scalars():
        first, last = due_between(state, cycle, today)
        within = unit_class.c.next_due.between(first.isoformat(), last.isoformat())
        found.append((unit_class.c.cycle_days == cycle) & within)
    return or_(false(), *found)


def _transposed(conn: Connection, query: Select[Any], width: int) -> list[Sequence[Any]]:
    rows = conn.execute(query).all()
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _layer(ids: Any, lon: Any, lat: Any, grid_id: Any, klass: Any, flags: Any, categories: Any) -> Layer:
    return Layer(
        np.array(ids, dtype=np.int64),
        np.array(lon, dtype=np.float64),
        np.array(lat, dtype=np.float64),
        np.array(grid_id, dtype=np.int64),
        np.array(klass, dtype=np.uint8),
        np.array(flags, dtype=np.uint8),
        np.array(categories, dtype=np.str_),
    )


def in_primary(subject: Subject, subject_id: Any, at: datetime | None = None) -> Any:
    """Joins a subject to its assignment in the primary scheme: the one in force, or the one recorded at ``at``."""
    return (
        (assignment.c.subject == subject)
        & (assignment.c.subject_id == subject_id)
        & recorded(assignment, at)
        & (assignment.c.scheme_id == primary_scheme())
    )


def primary_scheme() -> Any:
    """The id of the primary scheme, as a subquery."""
    return select(scheme.c.id).where(scheme.c.is_primary).scalar_subquery()


def _open_issues(at: datetime | None = None) -> Any:
    return (
        issue_state.join(issue, issue.c.id == issue_state.c.issue_id)
        .join(assignment, in_primary(Subject.ISSUE, issue.c.id, at))
        .outerjoin(category, category.c.id == issue.c.category_id)
    )


def _is_open(at: datetime | None = None) -> Any:
    return recorded(issue_state, at) & issue_state.c.state.in_(OPEN_STATES)


def _classed_units(at: datetime | None = None) -> Any:
    classed = joined_as_recorded(rental_unit, unit_class, "unit_id", rental_unit.c.id, at)
    return classed.join(assignment, in_primary(Subject.UNIT, rental_unit.c.id, at))


# -- figures --------------------------------------------------------------------------------------------------------


@dataclass
class Figures:
    """What a grid counts: open and overdue issues, rental units and overdue ones by class (keys: class names).

    oldest_due_at: when the limit of the issue that is overdue longest ran out.
    """

    open: int = 0
    overdue: int = 0
    oldest_due_at: datetime | None = None
    units: dict[str, int] = field(default_factory=lambda: dict.fromkeys(map(str, RISK_ORDER), 0))
    units_overdue: dict[str, int] = field(default_factory=lambda: dict.fromkeys(map(str, RISK_ORDER), 0))


def figures(
    conn: Connection,
    now: datetime,
    today: date,
    grid_ids: Iterable[int] | None = None,
    issues_if: Any = None,
    at: datetime | None = None,
) -> dict[int, Figures]:
    """Figures of grids that have any: grid id -> Figures. ``issues_if`` narrows the issues that count (categories).

    at: as they were recorded then; ``now`` and ``today`` are that moment's.
    """
    found: dict[int, Figures] = {}
    wanted = None if grid_ids is None else list(grid_ids)
    for row in conn.execute(_issue_counts(now, wanted, issues_if, at)):
        entry = found.setdefault(row.grid_id, Figures())
        entry.open, entry.overdue = row.open, row.overdue
        entry.oldest_due_at = row.first_due_at if row.overdue else None
    for row in conn.execute(_unit_counts(today, wanted, at)):
        entry = found.setdefault(row.grid_id, Figures())
        entry.units[row.risk_class] = row.units
        entry.units_overdue[row.risk_class] = row.overdue
    return found


def _issue_counts(now: datetime, grid_ids: list[int] | None, issues_if: Any, at: datetime | None) -> Select[Any]:
    query = (
        select(
            assignment.c.grid_id,
            func.count().label("open"),
            func.sum(cast(issue.c.due_at < now, Integer)).label("overdue"),
            func.min(issue.c.due_at).label("first_due_at"),
        )
        .select_from(_open_issues(at))
        .where(_is_open(at), assignment.c.grid_id.is_not(None))
        .group_by(assignment.c.grid_id)
    )
    if issues_if is not None:
        query = query.where(issues_if)
    return query if grid_ids is None else query.where(assignment.c.grid_id.in_(grid_ids))


def _unit_counts(today: date, grid_ids: list[int] | None, at: datetime | None) -> Select[Any]:
    query = (
        select(
            assignment.c.grid_id,
            unit_class.c.risk_class,
            func.count().label("units"),
            func.sum(cast(unit_class.c.next_due < today.isoformat(), Integer)).label("overdue"),
        )
        .select_from(_classed_units(at))
        .where(assignment.c.grid_id.is_not(None), unit_class.c.risk_class.is_not(None))
        .group_by(assignment.c.grid_id, unit_class.c.risk_class)
    )
    return query if grid_ids is None else query.where(assignment.c.grid_id.in_(grid_ids))


# -- what changed ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One point after a change. ``row`` is a Layer of one, or None when it is no longer drawn."""

    layer: LayerName
    id: int
    row: Layer | None
    grid_id: int | None
    grid_id_before: int | None


@dataclass(frozen=True)
class Changes:
    """What a run of events changed on the map. ``edition`` says that boundaries changed: reload the grids."""

    items: list[Item]
    grid_ids: frozenset[int]
    edition: bool
    filed: list[Item]  # new reports among the items, for the toast

    def __bool__(self) -> bool:
        return bool(self.items or self.edition or self.grid_ids)


LAYER_OF: dict[str, LayerName] = {Subject.ISSUE: "issues", Subject.UNIT: "units"}


def changes(conn: Connection, events: Sequence[Any], now: datetime, today: date) -> Changes:
    """The state after ``events`` of every point they touched, each point once."""
    before: dict[tuple[LayerName, int], int | None] = {}
    filed: set[int] = set()
    grid_ids: set[int] = set()
    for each in events:
        grid_ids.update(g for g in (each.grid_id, each.grid_id_before) if g is not None)
        if layer := LAYER_OF.get(each.subject):
            key = (layer, each.subject_id)
            before.setdefault(key, each.grid_id_before if each.grid_id_before is not None else each.grid_id)
            if each.kind == "report.filed":
                filed.add(each.subject_id)
    touched = items(conn, "issues", before, now, today) + items(conn, "units", before, now, today)
    edition = any(each.kind == "edition.published" for each in events)
    new = [item for item in touched if item.layer == "issues" and item.id in filed]
    return Changes(touched, frozenset(grid_ids), edition, new)


def items(
    conn: Connection, layer: LayerName, before: dict[tuple[LayerName, int], int | None], now: datetime, today: date
) -> list[Item]:
    """The points of one layer as they stand; ``before`` says in which grid each was."""
    ids = [subject_id for name, subject_id in before if name == layer]
    if not ids:
        return []
    rows = issue_layer(conn, now, ids) if layer == "issues" else unit_layer(conn, today, ids)
    at = {int(subject_id): i for i, subject_id in enumerate(rows.ids)}
    found = []
    for subject_id in ids:
        i = at.get(subject_id)
        row = None if i is None else rows.where(np.array([i]))
        grid = None if row is None or row.grid_id[0] < 0 else int(row.grid_id[0])
        found.append(Item(layer, subject_id, row, grid, before[layer, subject_id]))
    return found


def last_change(conn: Connection, part: PartName) -> int:
    """The newest event that changed what a part of the map shows, 0 before the first."""
    newest = [select(func.max(event.c.id)).where(event.c.subject == s).scalar_subquery() for s in DRAWN_FROM[part]]
    return max(event_id or 0 for event_id in conn.execute(select(*newest)).one())


def next_overdue(conn: Connection, after: datetime) -> datetime | None:
    """The next moment at which an open issue becomes overdue with nothing else happening."""
    return conn.execute(
        select(func.min(issue.c.due_at)).select_from(_open_issues()).where(_is_open(), issue.c.due_at >= after)
    ).scalar_one_or_none()


def became_overdue(conn: Connection, after: datetime, until: datetime) -> list[tuple[int, int | None]]:
    """Open issues whose limit ran out in [after, until): issue id and grid."""
    query = (
        select(issue.c.id, assignment.c.grid_id)
        .select_from(_open_issues())
        .where(_is_open(), issue.c.due_at >= after, issue.c.due_at < until)
    )
    return [(row.id, row.grid_id) for row in conn.execute(query)]
