"""Lists for programs: filtered, within what the reader may see, newest first, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, false, func, select, true

from geo.desk import datum_check
from geo.desk.asof import When, existed, in_edition, recorded, version_of
from geo.desk.board import in_due_state, in_primary
from geo.desk.people import leaderless
from geo.desk.reports import issue_number
from geo.desk.scope import anything, area_path, in_area, in_extents, leads_to, under
from geo.desk.unit_state import due_values
from geo.errors import BadInput
from geo.model import OPEN_STATES, DueState, IssueState, PlaceKind, Queue, RiskClass, Subject
from geo.rules.access import ROOT, Extent
from geo.store.tables import (
    area,
    assignment,
    batch,
    category,
    grid_version,
    issue,
    issue_state,
    place,
    rental_unit,
    report,
    scheme,
    unit_class,
)
from geo.store.types import parse_utc, utc_text

MAX_LIMIT = 500
MAX_CURSOR = 18  # digits, of which every number is one that a store can compare
_NOT_OURS = "that cursor is not one this list gave out"


@dataclass(frozen=True)
class Page:
    """Items and where to go on; ``cursor`` is None on the last page."""

    items: list[dict[str, Any]]
    cursor: str | None


@dataclass(frozen=True)
class IssueFilter:
    """None leaves a field open. since, until: opened_at, until exclusive. grid, area, category: codes."""

    grid: str | None = None
    area: str | None = None
    category: str | None = None
    state: IssueState | None = None
    queue: Queue | None = None
    ambiguous: bool | None = None
    overdue: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_open: bool | None = None


class IssueOrder(StrEnum):
    NEWEST = "newest"
    DUE = "due"  # the limit that runs out first


@dataclass(frozen=True)
class UnitFilter:
    """None leaves a field open. grid, area, place: codes."""

    grid: str | None = None
    area: str | None = None
    place: str | None = None
    risk_class: RiskClass | None = None
    due: DueState | None = None


def list_issues(
    conn: Connection,
    extents: Sequence[Extent],
    wanted: IssueFilter,
    when: When,
    cursor: str | None,
    limit: int,
    order: IssueOrder = IssueOrder.NEWEST,
) -> Page:
    """Issues in an order. Withdrawn ones (their import was undone) only when asked for by state.

    In the past an issue is found by the state and the grid that it had then; ``extents`` are today's.
    """
    query = _issues(conn, extents, wanted, when)
    return page_of_issues(conn, query, cursor, limit, lambda row: _issue_item(row, when), order)


def page_of_issues(
    conn: Connection, query: Select[Any], cursor: str | None, limit: int, item: Any, order: IssueOrder
) -> Page:
    """A page of a query that joins issues; each item tells ``id`` and ``due_at``. Raises BadInput for a cursor of
    another order."""
    if order is IssueOrder.NEWEST:
        return page(conn, query, issue.c.id, cursor, limit, item)
    if cursor is not None:
        due, last = _last_due(cursor)
        query = query.where((issue.c.due_at > due) | ((issue.c.due_at == due) & (issue.c.id > last)))
    return taken(conn, query.order_by(issue.c.due_at, issue.c.id), limit, item, "{due_at}_{id}")


def oldest_open(conn: Connection, extents: Sequence[Extent], grid: str, when: When, limit: int) -> list[dict[str, Any]]:
    """Open issues of a grid, in the order in which their limits run out."""
    query = _issues(conn, extents, IssueFilter(grid=grid), when).where(issue_state.c.state.in_(OPEN_STATES))
    return [_issue_item(row, when) for row in conn.execute(query.order_by(issue.c.due_at, issue.c.id).limit(limit))]


def _issues(conn: Connection, extents: Sequence[Extent], wanted: IssueFilter, when: When) -> Select[Any]:
    at = when.as_of
    return (
        select(
            issue.c.id, issue.c.opened_at, issue.c.due_at, issue_state.c.state, category.c.code.label("category"),
            grid_version.c.code.label("grid"), assignment.c.queue, assignment.c.ambiguous, assignment.c.method,
            assignment.c.lon, assignment.c.lat, report.c.source, report.c.source_ref, report.c.description,
            report.c.address,
        )
        .select_from(
            issue.join(issue_state, (issue_state.c.issue_id == issue.c.id) & recorded(issue_state, at))
            .join(report, report.c.id == issue.c.report_id)
            .outerjoin(assignment, in_primary(Subject.ISSUE, issue.c.id, at))
            .outerjoin(grid_version, version_of(assignment.c.grid_id, at))
            .outerjoin(category, category.c.id == issue.c.category_id)
        )
        .where(
            in_extents(extents, assignment.c.grid_id, category.c.code),
            *_issue_conditions(conn, extents, wanted, when),
        )
    )  # fmt: skip


def _issue_conditions(
    conn: Connection, extents: Sequence[Extent], wanted: IssueFilter, when: When
) -> list[ColumnElement[bool]]:
    open_now = issue_state.c.state.in_(OPEN_STATES)
    state = issue_state.c.state
    conditions = [state == wanted.state if wanted.state else state != IssueState.WITHDRAWN]
    if wanted.grid is not None:
        conditions.append(grid_version.c.code == wanted.grid)
    if wanted.area is not None:
        conditions.append(in_area(conn, wanted.area, assignment.c.grid_id, extents, when.as_of))
    if wanted.category is not None:
        conditions.append(category.c.code == wanted.category)
    if wanted.queue is not None:
        conditions.append(assignment.c.queue == wanted.queue)
    if wanted.ambiguous is not None:
        conditions.append(assignment.c.ambiguous == wanted.ambiguous)
    if wanted.overdue is not None:
        late = open_now & (issue.c.due_at < when.now)
        conditions.append(late if wanted.overdue else ~late)
    if wanted.is_open is not None:
        conditions.append(open_now if wanted.is_open else ~open_now)
    if wanted.since is not None:
        conditions.append(issue.c.opened_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(issue.c.opened_at < wanted.until)
    return conditions


def _issue_item(row: Any, when: When) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": issue_number(row.id, row.opened_at, when.zone),
        "state": row.state,
        "category": row.category,
        "opened_at": utc_text(row.opened_at),
        "due_at": utc_text(row.due_at),
        "overdue": IssueState(row.state).is_open and row.due_at < when.now,
        "grid": row.grid,
        "queue": row.queue,
        "ambiguous": bool(row.ambiguous),
        "method": row.method,
        "lon": row.lon,
        "lat": row.lat,
        "source": row.source,
        "source_ref": row.source_ref,
        "description": row.description,
        "address": row.address,
    }


def list_units(
    conn: Connection, extents: Sequence[Extent], wanted: UnitFilter, when: When, cursor: str | None, limit: int
) -> Page:
    """Rental units with their class, for who may see single units there.

    In the past a unit is found by the class and the grid that it had then; ``extents`` are today's.
    """
    at = when.as_of
    query = (
        select(
            rental_unit.c.id, rental_unit.c.code, rental_unit.c.label, rental_unit.c.address,
            place.c.code.label("place"), grid_version.c.code.label("grid"), assignment.c.lon, assignment.c.lat,
            unit_class.c.risk_class, unit_class.c.cycle_days, unit_class.c.next_due,
        )
        .select_from(
            rental_unit.join(unit_class, (unit_class.c.unit_id == rental_unit.c.id) & recorded(unit_class, at))
            .outerjoin(assignment, in_primary(Subject.UNIT, rental_unit.c.id, at))
            .outerjoin(grid_version, version_of(assignment.c.grid_id, at))
            .outerjoin(place, place.c.id == rental_unit.c.place_id)
        )
        .where(
            recorded(rental_unit, at),
            in_extents(extents, assignment.c.grid_id),
            *_unit_conditions(conn, extents, wanted, when),
        )
    )  # fmt: skip
    return page(conn, query, rental_unit.c.id, cursor, limit, lambda row: _unit_item(row, when.today))


def _unit_conditions(
    conn: Connection, extents: Sequence[Extent], wanted: UnitFilter, when: When
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.grid is not None:
        conditions.append(grid_version.c.code == wanted.grid)
    if wanted.area is not None:
        conditions.append(in_area(conn, wanted.area, assignment.c.grid_id, extents, when.as_of))
    if wanted.place is not None:
        conditions.append(place.c.code == wanted.place)
    if wanted.risk_class is not None:
        conditions.append(unit_class.c.risk_class == wanted.risk_class)
    if wanted.due is not None:
        conditions.append(in_due_state(conn, wanted.due, when.today))
    return conditions


def _unit_item(row: Any, today: date) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "label": row.label,
        "address": row.address,
        "place": row.place,
        "grid": row.grid,
        "lon": row.lon,
        "lat": row.lat,
        "class": row.risk_class,
        **due_values(row, today),
    }


@dataclass(frozen=True)
class GridFilter:
    """None leaves a field open. area: a code. without_lead: extents of people.see; grids there that nobody leads."""

    area: str | None = None
    without_lead: Sequence[Extent] | None = None


def list_grids(
    conn: Connection, extents: Sequence[Extent], wanted: GridFilter, when: When, cursor: str | None, limit: int
) -> Page:
    """Grids and micro-grids of every scheme's edition in force."""
    at = when.as_of
    parent = grid_version.alias("parent")
    query = (
        select(
            grid_version.c.grid_id.label("id"), grid_version.c.code, grid_version.c.name, grid_version.c.name_en,
            grid_version.c.level, grid_version.c.households, area.c.code.label("area"),
            scheme.c.name.label("scheme"), parent.c.code.label("parent_grid"),
        )
        .join(area, area.c.id == grid_version.c.area_id)
        .join(scheme, scheme.c.id == grid_version.c.scheme_id)
        .outerjoin(
            parent, (parent.c.grid_id == grid_version.c.parent_grid_id) & in_edition(at, parent)
        )
        .where(in_edition(at), in_extents(anything(extents), grid_version.c.grid_id))
    )  # fmt: skip
    if wanted.area is not None:
        query = query.where(under(area_path(conn, wanted.area, extents)))
    if wanted.without_lead is not None:
        here = in_extents(anything(wanted.without_lead), grid_version.c.grid_id)
        query = query.where(here, scheme.c.is_primary, leaderless(when.today, at))
    return page(conn, query, grid_version.c.grid_id, cursor, limit, lambda row: dict(row._mapping))


def list_places(
    conn: Connection,
    extents: Sequence[Extent],
    kind: PlaceKind | None,
    area_code: str | None,
    cursor: str | None,
    limit: int,
    at: datetime | None = None,
) -> Page:
    """Places by the area they belong to; a place without one is for grants at the root. at: those there were then."""
    query = (
        select(place, area.c.code.label("area"))
        .outerjoin(area, area.c.id == place.c.area_id)
        .where(existed(place, at), area_in(extents))
    )
    if kind is not None:
        query = query.where(place.c.kind == kind)
    if area_code is not None:
        query = query.where(under(area_path(conn, area_code, extents)))
    keys = ("id", "code", "kind", "name", "name_en", "address", "households", "area")
    return page(conn, query, place.c.id, cursor, limit, lambda row: {key: getattr(row, key) for key in keys})


def list_areas(conn: Connection, extents: Sequence[Extent], at: datetime | None = None) -> list[dict[str, Any]]:
    """The administrative tree as far as the reader sees it, with the parents that lead there. at: as it was then."""
    parent = area.alias("parent")
    rows = conn.execute(
        select(area, parent.c.code.label("parent"))
        .outerjoin(parent, parent.c.id == area.c.parent_id)
        .where(existed(area, at))
        .order_by(area.c.code)
    ).all()
    seen = [row for row in rows if leads_to(row.path, extents)]
    keys = ("code", "name", "name_en", "level", "parent")
    return [{key: getattr(row, key) for key in keys} for row in seen]


def list_batches(conn: Connection, cursor: str | None, limit: int) -> Page:
    """Imports, newest first, with what was kept of their points."""

    def item(row: Any) -> dict[str, Any]:
        return {
            "id": row.id,
            "kind": row.kind,
            "file_name": row.file_name,
            "state": row.state,
            "started_at": utc_text(row.started_at),
            "finished_at": utc_text(row.finished_at) if row.finished_at else None,
            "undone_at": utc_text(row.undone_at) if row.undone_at else None,
            "actor": row.actor,
            "summary": row.summary,
        }

    found = page(conn, select(batch), batch.c.id, cursor, limit, item)
    looks = datum_check.kept(conn, [each["id"] for each in found.items])
    return Page([{**each, "datum": looks.get(each["id"], [])} for each in found.items], found.cursor)


def queue_counts(conn: Connection, extents: Sequence[Extent]) -> dict[str, int]:
    """Open issues that wait for a person: outside 界外待核, no_location 待落图, ambiguous 边界存疑."""
    query = (
        select(
            func.count().filter(assignment.c.queue == Queue.OUTSIDE).label("outside"),
            func.count().filter(assignment.c.queue == Queue.NO_LOCATION).label("no_location"),
            func.count().filter(assignment.c.ambiguous).label("ambiguous"),
        )
        .select_from(
            issue_state.join(issue, issue.c.id == issue_state.c.issue_id)
            .join(assignment, in_primary(Subject.ISSUE, issue.c.id))
            .outerjoin(category, category.c.id == issue.c.category_id)
        )
        .where(
            issue_state.c.to_at.is_(None),
            issue_state.c.state.in_(OPEN_STATES),
            in_extents(extents, assignment.c.grid_id, category.c.code),
        )
    )
    return dict(conn.execute(query).mappings().one())


# -- shared ---------------------------------------------------------------------------------------------------------


def area_in(extents: Sequence[Extent]) -> ColumnElement[bool]:
    """Rows joined to their area, if they have one: those in the extents; without an area for grants at the root."""
    condition: ColumnElement[bool] = false()
    for extent in extents:
        condition = condition | (true() if extent.path == ROOT else under(extent.path))
    return condition


def page(conn: Connection, query: Select[Any], key: Any, cursor: str | None, limit: int, item: Any) -> Page:
    """Newest first by key; the cursor is the last key given, which stays right while new rows come in."""
    if cursor is not None:
        query = query.where(key < last_id(cursor))
    return taken(conn, query.order_by(key.desc()), limit, item)


def last_id(cursor: str) -> int:
    """The id that a cursor names. Raises BadInput."""
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= MAX_CURSOR):
        raise BadInput(_NOT_OURS)
    return int(cursor)


def _last_due(cursor: str) -> tuple[datetime, int]:
    """The limit and the id that a cursor names. Raises BadInput."""
    due, _, last = cursor.partition("Z_")
    try:
        return parse_utc(f"{due}Z"), last_id(last)
    except ValueError as error:
        raise BadInput(_NOT_OURS) from error


def taken(conn: Connection, query: Select[Any], limit: int, item: Any, cursor: str = "{id}") -> Page:
    """The first items of an ordered query; its cursor is made of the last item."""
    limit = min(max(limit, 1), MAX_LIMIT)
    rows = conn.execute(query.limit(limit + 1)).all()
    items = [item(row) for row in rows[:limit]]
    return Page(items, cursor.format_map(items[-1]) if len(rows) > limit else None)
