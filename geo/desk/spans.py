"""Counting interval rows at many past moments at once: which were in force, in which grid, as it was recorded then.

Every interval is turned into a run of moments, first and last by binary search; a run adds one where it begins and
takes one away where it ends, so that all moments are counted in one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, true

from geo.desk.board import primary_scheme
from geo.desk.times import instant, instants, moment
from geo.model import Subject
from geo.rules.local import date_in
from geo.rules.timeliness import period_start
from geo.store.tables import assignment


@dataclass(frozen=True)
class Moments:
    """m moments in order of time, and what of the calendar belongs to each.

    at: (m,) datetime64. since: (m,), where the on-time period that ends there begins. today: (m,) local dates.
    first, first_since: the earliest of at and since; last: the latest moment.
    """

    at: np.ndarray
    since: np.ndarray
    today: np.ndarray
    first: datetime
    first_since: datetime
    last: datetime

    @classmethod
    def of(cls, times: Sequence[datetime], zone: ZoneInfo) -> Moments:
        since = [period_start(t, zone) for t in times]
        return cls(
            np.array([moment(t) for t in times]),
            np.array([moment(t) for t in since]),
            np.array([date_in(zone, t) for t in times], dtype="datetime64[D]"),
            times[0],
            since[0],
            times[-1],
        )

    def total(self, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """How many runs hold each moment. A run goes from its first moment to before its end. Returns (m,) int64."""
        runs, m = ends > begins, len(self.at) + 1
        return np.cumsum(np.bincount(begins[runs], minlength=m) - np.bincount(ends[runs], minlength=m))[:-1]


@dataclass(frozen=True)
class Rows:
    """What a query found, as columns of length n by name."""

    columns: dict[str, np.ndarray]

    @classmethod
    def of(cls, conn: Connection, query: Select[Any]) -> Rows:
        names = list(query.selected_columns.keys())
        found = list(zip(*conn.execute(query).all(), strict=True)) or [()] * len(names)
        return cls({name: np.array(values) for name, values in zip(names, found, strict=True)})

    def where(self, mask: np.ndarray) -> Rows:
        return Rows({name: column[mask] for name, column in self.columns.items()})

    def times(self, name: str) -> np.ndarray:
        """A column that ``instant`` selected."""
        return instants(self.columns[name])

    def runs(self, moments: Moments) -> tuple[np.ndarray, np.ndarray]:
        """Of rows of ``spans``: the first moment in each and the first after it, (n,) each."""
        begins = np.maximum(self.times("from_at"), self.times("grid_from"))
        ends = np.fmin(self.times("to_at"), self.times("grid_to"))  # what still lasts is NaT, which sorts last
        return np.searchsorted(moments.at, begins, "left"), np.searchsorted(moments.at, ends, "left")


def spans(
    table: Any,
    subject: Subject,
    subject_id: ColumnElement[int],
    since: datetime,
    further: Sequence[ColumnElement[Any]] = (),
) -> Select[Any]:
    """The interval rows of ``table`` that last until ``since`` at least, as long as their subject was in one grid.

    further: columns of the assignment that are wanted as well; what was in no grid is then told, too.
    """
    return (
        select(
            assignment.c.grid_id,
            instant(table.c.from_at).label("from_at"),
            instant(table.c.to_at).label("to_at"),
            instant(assignment.c.from_at).label("grid_from"),
            instant(assignment.c.to_at).label("grid_to"),
            *further,
        )
        .select_from(table)
        .join(
            assignment,
            and_(
                assignment.c.subject == subject,
                assignment.c.subject_id == subject_id,
                assignment.c.scheme_id == primary_scheme(),
                true() if further else assignment.c.grid_id.is_not(None),
                or_(assignment.c.to_at.is_(None), assignment.c.to_at > table.c.from_at),
                or_(table.c.to_at.is_(None), table.c.to_at > assignment.c.from_at),
            ),
        )
        .where(or_(table.c.to_at.is_(None), table.c.to_at > since))
    )
