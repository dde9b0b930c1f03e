"""The clock, which only processes read: everything below them is told the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from geo.rules.local import date_in

if TYPE_CHECKING:
    from geo.store.store import Store

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of every process; tests pass their own."""
    return datetime.now(UTC)


def local_date(store: Store, now: datetime) -> date:
    """The date in the jurisdiction's zone."""
    return date_in(ZoneInfo(store.jurisdiction.timezone), now)
