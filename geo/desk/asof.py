"""What was recorded at a moment: every read of the present, asked of the past.

History is appended, so a past moment is a condition on the same rows, not another set of tables. ``at`` is a recorded
time everywhere; None is the present, which reads what is in force and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true

from geo.errors import BadInput
from geo.rules.local import date_in
from geo.store.tables import edition, event, grid_version

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST_YEAR = 1900  # nothing was recorded before, and every zone can tell the time since
_TICK = timedelta(milliseconds=1)  # as finely as times are kept


@dataclass(frozen=True, slots=True)
class When:
    """The moment that a read is about, in the jurisdiction's zone. ``as_of`` is None at the present."""

    now: datetime
    zone: ZoneInfo
    as_of: datetime | None = None

    @property
    def today(self) -> date:
        """The local date of that moment."""
        return date_in(self.zone, self.now)

    def back_to(self, text: str) -> When:
        """The moment that ``as_of`` names: a time with its zone, or a date, which means its local end.

        Raises BadInput for what is neither, and for what is not over yet.
        """
        moment = self._end_of(text) if _DATE.fullmatch(text) else _time(text)
        if moment > self.now:
            raise BadInput(
                f"as_of is {text}, which is not over yet: what will be recorded until then nobody knows. "
                "Leave as_of out for the present"
            )
        return replace(self, now=moment, as_of=moment)

    def _end_of(self, text: str) -> datetime:
        try:
            return end_of(date.fromisoformat(text), self.zone)
        except (ValueError, OverflowError):
            raise BadInput(f"as_of is {text}, which is no date that can be asked for") from None


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last moment of a local date."""
    return datetime.combine(day + timedelta(days=1), time.min, zone) - _TICK


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year < FIRST_YEAR:
        raise BadInput(
            "as_of is a local date such as 2026-03-01, or a time with its zone such as 2026-03-01T09:30:00+08:00 "
            "(a plus sign in an address is written %2B) or 2026-03-01T01:30:00Z"
        )
    return moment


def recorded(table: Any, at: datetime | None) -> ColumnElement[bool]:
    """Rows of ``table`` (or an alias) as they were recorded at ``at``.

    Interval rows say so with from_at and to_at. Of what an import brought only the end is kept, as undone_at: it begins
    with the row that refers to it, or with its own recorded_at.
    """
    columns = table.c
    end = columns.to_at if "to_at" in columns else columns.undone_at
    if at is None:
        return end.is_(None)
    begun = [by(columns[name], at) for name in ("from_at", "recorded_at") if name in columns]
    return and_(*begun, or_(end.is_(None), end > at))


def joined_as_recorded(rows: Any, table: Any, key: str, subject_id: Any, at: datetime | None) -> Any:
    """``rows`` with the row of an interval table that each subject had at ``at``: for tables that are mostly history.

    What is in force mostly was so then, and is found among few; only for what came later the history is searched.
    """
    if at is None:
        return rows.join(table, (table.c[key] == subject_id) & recorded(table, None))
    newest, earlier = table.alias("newest"), table.alias("earlier")
    before = (
        select(earlier.c.id)
        .where(earlier.c[key] == subject_id, recorded(earlier, at))
        .order_by(earlier.c.from_at.desc())  # the last one that had begun is the one, or there is none
        .limit(1)
        .correlate(subject_id.table, newest)
        .scalar_subquery()
    )
    then = case((newest.c.from_at <= at, newest.c.id), else_=before)
    in_force = (newest.c[key] == subject_id) & recorded(newest, None)
    return rows.outerjoin(newest, in_force).join(table, table.c.id == then)


def existed(table: Any, at: datetime | None) -> ColumnElement[bool]:
    """Areas and places as far as they were there at ``at``.

    Their rows do not say when they came, the event that brought them does. Where there is none they were always there.
    What is said of one that is there, is what is said of it today: their fields have no past, their parts do.
    """
    gone = table.c.undone_at
    if at is None:
        return gone.is_(None)
    came = event.c.kind.in_([f"{table.name}.{verb}" for verb in ("created", "imported")])
    mine = (event.c.subject == table.name) & (event.c.subject_id == table.c.id)
    later = select(event.c.id).where(mine, came, event.c.recorded_at > at).correlate(table).exists()
    return ~later & or_(gone.is_(None), gone > at)


def by(moment: ColumnElement[datetime], at: datetime | None) -> ColumnElement[bool]:
    """What had come by ``at``, and stays: events, inspections, editions."""
    return true() if at is None else moment <= at


def in_edition(at: datetime | None, version: Any = grid_version) -> ColumnElement[bool]:
    """Grid versions of the edition that was in force at ``at``, of each scheme its own."""
    if at is None:
        return version.c.to_edition.is_(None)
    number = _edition_at(at, version)
    return (version.c.from_edition <= number) & (version.c.to_edition.is_(None) | (version.c.to_edition > number))


def version_of(grid_id: Any, at: datetime | None = None) -> ColumnElement[bool]:
    """Joins a grid id to the version that carries its code and name, today or at ``at``."""
    return (grid_version.c.grid_id == grid_id) & in_edition(at)


def published(at: datetime | None, version: Any = grid_version) -> ColumnElement[bool]:
    """Grid versions that had been published by ``at``, in force or not any more."""
    return true() if at is None else version.c.from_edition <= _edition_at(at, version)


def _edition_at(at: datetime, version: Any) -> Any:
    return (
        select(func.max(edition.c.number))
        .where(edition.c.scheme_id == version.c.scheme_id, edition.c.published_at <= at)
        .correlate(version)
        .scalar_subquery()
    )
