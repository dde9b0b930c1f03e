"""The past by the boundaries of today: in which grid something would have lain, had there been these grids then.

What is in force, or was decided in a grid that nobody changed since, stays as it is: a person or a place may have had
a say in it. All else is looked up by its point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased

from geo.desk.atlas import Sheet
from geo.desk.spans import Rows
from geo.model import IssueState, Method, Subject
from geo.store.tables import assignment, grid_version, issue_state


def placed() -> list[ColumnElement[Any]]:
    """The columns of an assignment that ``TodaysGrids.of`` reads."""
    return [assignment.c.lon, assignment.c.lat, _stays().label("stays")]


def _stays() -> ColumnElement[bool]:
    """Whether the grid of an assignment is that of today. A closed issue keeps its grid, whatever became of it."""
    now = aliased(issue_state)
    closed = exists().where(
        now.c.issue_id == assignment.c.subject_id, now.c.to_at.is_(None), now.c.state == IssueState.CLOSED
    )
    in_force = assignment.c.to_at.is_(None) & ~and_(assignment.c.subject == Subject.ISSUE, closed)
    version = aliased(grid_version)
    untouched = exists().where(
        version.c.grid_id == assignment.c.grid_id,
        version.c.from_edition <= assignment.c.edition,
        version.c.to_edition.is_(None),
    )
    return or_(in_force, and_(assignment.c.method != Method.NEAREST, untouched))


@dataclass(frozen=True)
class TodaysGrids:
    """The boundaries to go by."""

    sheet: Sheet

    def of(self, rows: Rows) -> Rows:
        """Rows with the columns of ``placed``: those that have a grid today, with that as their grid_id."""
        grid_id = np.array([-1 if g is None else g for g in rows.columns["grid_id"].tolist()], dtype=np.int64)
        look = ~rows.columns["stays"].astype(bool)
        lon, lat = (np.array(rows.columns[name], dtype=np.float64) for name in ("lon", "lat"))
        look &= np.isfinite(lon) & np.isfinite(lat)
        at = self.sheet.index.locate(*self.sheet.metric.project(lon[look], lat[look]))
        found = np.where(at >= 0, self.sheet.grid_ids[at], grid_id[look])
        grid_id[look] = found
        here = np.isin(grid_id, self.sheet.grid_ids)
        return replace(rows, columns={**rows.columns, "grid_id": grid_id}).where(here)
