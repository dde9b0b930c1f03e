"""The on-time rate's numerator and denominator, by grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import ColumnElement, Connection, select

from geo.desk.asof import When, recorded
from geo.desk.board import in_primary
from geo.desk.times import instant, instants, moment
from geo.model import OPEN_STATES, IssueState, Subject
from geo.rules.timeliness import period_start, rate
from geo.store.tables import assignment, category, issue, issue_state

COUNTED = (*OPEN_STATES, IssueState.CLOSED)  # all but withdrawn


def on_time_counts(
    conn: Connection,
    when: When,
    grid_ids: Sequence[int] | None = None,
    issues_if: ColumnElement[bool] | None = None,
) -> dict[int, tuple[int, int]]:
    """Grid id -> (issues on time, issues rated) of the period that ends then, for grids that have any.

    Further arguments as of board.figures.
    """
    now, at, since = when.now, when.as_of, period_start(when.now, when.zone)
    is_closed = issue_state.c.state == IssueState.CLOSED
    query = (
        select(assignment.c.grid_id, instant(issue.c.due_at), is_closed, instant(issue_state.c.from_at))
        .select_from(
            issue_state.join(issue, issue.c.id == issue_state.c.issue_id)
            .join(assignment, in_primary(Subject.ISSUE, issue.c.id, at))
            .outerjoin(category, category.c.id == issue.c.category_id)
        )
        .where(
            recorded(issue_state, at),
            issue_state.c.state.in_(COUNTED),
            assignment.c.grid_id.is_not(None),
            issue.c.due_at.between(since, now) | (is_closed & (issue_state.c.from_at >= since)),
        )
    )
    if issues_if is not None:
        query = query.where(issues_if)
    if grid_ids is not None:
        query = query.where(assignment.c.grid_id.in_(grid_ids))
    rows = conn.execute(query).all()
    if not rows:
        return {}
    grids, due, closed, state_since = zip(*rows, strict=True)
    closed_at = np.where(closed, instants(state_since), np.datetime64("NaT"))
    rated, on_time = rate(instants(due), closed_at, moment(since), moment(now))
    return _by_grid(np.array(grids, dtype=np.int64), on_time, rated)


def _by_grid(grids: np.ndarray, on_time: np.ndarray, rated: np.ndarray) -> dict[int, tuple[int, int]]:
    ids, at = np.unique(grids, return_inverse=True)
    sums = (np.bincount(at, weights=mask).astype(int).tolist() for mask in (on_time, rated))
    return dict(zip(ids.tolist(), zip(*sums, strict=True), strict=True))
