"""How figures came to be what they are: twelve weeks of day ends, the same hour yesterday and a week ago, new issues.

A past value is what was recorded then: which issues were open in which grid, by the interval rows. Days before the
first issue was recorded have no value; they are not zero, nobody counted. Only new issues go by when they were opened,
since an import brings reports of earlier weeks. By today's boundaries it is the same with the grids of today: what
changed hands counts where it is now (``geo/desk/todays_grids.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, Text, func, literal, select, true, type_coerce

from geo.desk.asof import When, end_of, recorded
from geo.desk.board import in_primary
from geo.desk.scope import sight
from geo.desk.spans import Moments, Rows, spans
from geo.desk.timeliness import COUNTED
from geo.desk.times import instant, instants, moment
from geo.desk.todays_grids import TodaysGrids, placed
from geo.model import IssueState, Subject
from geo.rules.access import Capability, Reach
from geo.store.tables import assignment, category, issue, issue_state, unit_class
from geo.store.types import utc_text

WEEKS = 12
DAYS = 7 * WEEKS
ONE_DAY, ONE_WEEK = timedelta(days=1), timedelta(weeks=1)

Further = Sequence[ColumnElement[Any]]
Counts = dict[str, np.ndarray]  # figure -> (m,) int64, one a moment


def trends(
    conn: Connection, reach: Reach, hour: When, grid_id: int | None = None, today: TodaysGrids | None = None
) -> dict[str, Any]:
    """The trends of what ``reach`` counts on the map, of the whole or of one grid, ready for JSON.

    hour: when the present local hour began, or that of ``as_of``. today: count by these boundaries, else by those of
    each day. Returns ``days``, the local dates whose ends are told; ``figures``, of each
    its values at these ends, at this hour yesterday and a week ago (None where nothing was recorded yet); ``at``, which
    moments these two are; ``weeks``, new issues in spans of seven days up to today.
    """
    zone, local = hour.zone, hour.now.astimezone(hour.zone)
    days = [local.date() - n * ONE_DAY for n in range(DAYS, 0, -1)]
    # The same hour on the clock, whatever the clocks did meanwhile.
    yesterday, last_week = local - ONE_DAY, local - ONE_WEEK
    asked = [*(end_of(day, zone) for day in days), yesterday, last_week]
    order = sorted(range(len(asked)), key=lambda i: asked[i].timestamp())
    moments = Moments.of([asked[i] for i in order], zone)
    counted = Counted(conn, reach, grid_id, today)
    counts = _issue_counts(counted, moments)
    if reach.of(Capability.UNITS_COUNT):
        counts |= _unit_counts(counted, moments)
    known = moments.at >= _first_recorded(conn)
    return {
        "days": [day.isoformat() for day in days],
        "at": {"yesterday": utc_text(yesterday), "last_week": utc_text(last_week)},
        "figures": {figure: _told(values, known, order) for figure, values in counts.items()},
        "weeks": _weeks(counted, local.date(), hour),
    }


def _told(values: np.ndarray, known: np.ndarray, order: list[int]) -> dict[str, Any]:
    told: list[int | None] = [None] * len(order)
    for at, value, is_known in zip(order, values.tolist(), known.tolist(), strict=True):
        told[at] = value if is_known else None
    return {"days": told[:DAYS], "yesterday": told[DAYS], "last_week": told[DAYS + 1]}


def _first_recorded(conn: Connection) -> np.datetime64:
    """When the first issue was recorded; NaT, which nothing comes after, where there is none."""
    first: np.datetime64 = instants([conn.execute(select(instant(func.min(issue_state.c.from_at)))).scalar_one()])[0]
    return first


# -- issues ---------------------------------------------------------------------------------------------------------


def _issue_counts(counted: Counted, moments: Moments) -> Counts:
    """``open`` and ``overdue``; ``on_time`` and ``rated`` as in rules.timeliness."""
    rows = counted.issues(_issue_spans(moments, counted.further))
    due, state_since = rows.times("due_at"), rows.times("from_at")
    closed = rows.columns["closed"].astype(bool)
    begins, ends = rows.runs(moments)
    past_due = np.maximum(begins, np.searchsorted(moments.at, due, "right"))
    # Rated while the limit lies in the period and while the closing does; what both hold is counted once.
    due_until = np.minimum(ends, np.searchsorted(moments.since, due, "right"))
    closed_until = np.where(closed, np.minimum(ends, np.searchsorted(moments.since, state_since, "right")), begins)

    def rated(which: np.ndarray) -> np.ndarray:
        came_due, was_closed = (past_due[which], due_until[which]), (begins[which], closed_until[which])
        both = np.maximum(came_due[0], was_closed[0]), np.minimum(came_due[1], was_closed[1])
        return moments.total(*came_due) + moments.total(*was_closed) - moments.total(*both)

    return {
        "open": moments.total(begins[~closed], ends[~closed]),
        "overdue": moments.total(past_due[~closed], ends[~closed]),
        "on_time": rated(closed & (state_since <= due)),
        "rated": rated(np.ones_like(closed)),
    }


def _issue_spans(moments: Moments, further: Further) -> Select[Any]:
    """States of issues that count for some figure at one of the moments."""
    closed = issue_state.c.state == IssueState.CLOSED
    since = moments.first_since
    return (
        spans(issue_state, Subject.ISSUE, issue_state.c.issue_id, moments.first, further)
        .join(issue, issue.c.id == issue_state.c.issue_id)
        .outerjoin(category, category.c.id == issue.c.category_id)
        .add_columns(_category(), closed.label("closed"), instant(issue.c.due_at).label("due_at"))
        .where(
            issue_state.c.state.in_(COUNTED),
            ~closed | (issue_state.c.from_at >= since) | (issue.c.due_at >= since),
        )
    )


def _category() -> Any:
    return func.coalesce(category.c.code, "").label("category")


def _weeks(counted: Counted, today: date, hour: When) -> list[dict[str, Any]]:
    """New issues in spans of seven local days, the last one up to today; by the grid that they belong to then."""
    firsts = [today + ONE_DAY - n * ONE_WEEK for n in range(WEEKS, 0, -1)]
    edges = [datetime.combine(day, time.min, hour.zone) for day in firsts]
    query = (
        select(assignment.c.grid_id, _category(), instant(issue.c.opened_at).label("opened_at"), *counted.further)
        .select_from(issue)
        .join(issue_state, (issue_state.c.issue_id == issue.c.id) & recorded(issue_state, hour.as_of))
        .join(assignment, in_primary(Subject.ISSUE, issue.c.id, hour.as_of))
        .outerjoin(category, category.c.id == issue.c.category_id)
        .where(
            issue.c.opened_at >= edges[0],
            issue_state.c.state != IssueState.WITHDRAWN,
            true() if counted.further else assignment.c.grid_id.is_not(None),
        )
    )
    opened = counted.issues(query).times("opened_at")
    week = np.searchsorted(np.array([moment(edge) for edge in edges]), opened, "right") - 1
    counts = np.bincount(week, minlength=WEEKS).tolist()
    return [{"from": day.isoformat(), "new": count} for day, count in zip(firsts, counts, strict=True)]


# -- rental units ---------------------------------------------------------------------------------------------------


def _unit_counts(counted: Counted, moments: Moments) -> Counts:
    """``units_overdue``: rental units past inspection on the local day of each moment."""
    rows = counted.units(_unit_spans(moments, counted.further))
    begins, ends = rows.runs(moments)
    next_due = rows.columns["next_due"].astype("datetime64[D]")
    past = np.maximum(begins, np.searchsorted(moments.today, next_due, "right"))
    return {"units_overdue": moments.total(past, ends)}


def _unit_spans(moments: Moments, further: Further) -> Select[Any]:
    """Classes of units whose inspection was past before the class ended."""
    # The local date is at most a day ahead of that of UTC: this leaves out most of the rows and none too many.
    until = func.coalesce(type_coerce(unit_class.c.to_at, Text), literal(utc_text(moments.last)))
    return (
        spans(unit_class, Subject.UNIT, unit_class.c.unit_id, moments.first, further)
        .add_columns(unit_class.c.next_due)
        .where(unit_class.c.risk_class.is_not(None), unit_class.c.next_due <= func.substr(until, 1, 10))
    )


# -- who may see what -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """What a reader's map counts, of the whole or of one grid, by the boundaries of each day or by today's."""

    conn: Connection
    reach: Reach
    grid_id: int | None
    today: TodaysGrids | None

    @property
    def further(self) -> Further:
        """What a query has to select beside the grid of then."""
        return () if self.today is None else placed()

    def issues(self, query: Select[Any]) -> Rows:
        """Issues of his areas and categories, in grids on his map."""
        rows = self._rows(query)
        extents = self.reach.of(Capability.ISSUES_SEE) or self.reach.of(Capability.MAP_SEE)
        seen = sight(self.conn, extents).mask(rows.columns["grid_id"], rows.columns["category"])
        return rows.where(seen & self._in_sight(Capability.MAP_SEE, rows))

    def units(self, query: Select[Any]) -> Rows:
        """Rental units in grids on his map, where he may count them."""
        rows = self._rows(query)
        return rows.where(self._in_sight(Capability.UNITS_COUNT, rows) & self._in_sight(Capability.MAP_SEE, rows))

    def _rows(self, query: Select[Any]) -> Rows:
        if self.today is None:
            here = true() if self.grid_id is None else assignment.c.grid_id == self.grid_id
            return Rows.of(self.conn, query.where(here))
        rows = self.today.of(Rows.of(self.conn, query))
        return rows if self.grid_id is None else rows.where(rows.columns["grid_id"] == self.grid_id)

    def _in_sight(self, capability: Capability, rows: Rows) -> np.ndarray:
        """Which rows lie in a grid where the capability holds for something. Returns (n,) bool."""
        grid_id, grids = rows.columns["grid_id"], sight(self.conn, self.reach.of(capability)).grids
        if grids is None:
            return np.ones(len(grid_id), dtype=bool)
        return np.isin(grid_id, np.fromiter(grids, np.int64, len(grids)))
