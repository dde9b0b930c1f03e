"""On-time rate (按期办结率): how much of what came due was closed off in time. Pure, on columns of issues.

Numerator and denominator are counted, never the rate: that of several grids is the sum of the ones over the sum of the
others. Whoever shows a rate leaves out those of too few issues.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geo.rules.local import date_in

PERIOD_DAYS = 30  # local days: today as far as it has come, and the 29 before it


def period_start(now: datetime, zone: ZoneInfo) -> datetime:
    """When the period that ends at ``now`` begins: a local midnight, aware."""
    first = date_in(zone, now) - timedelta(days=PERIOD_DAYS - 1)
    return datetime.combine(first, time.min, zone)


def rate(
    due_at: np.ndarray, closed_at: np.ndarray, since: np.datetime64, now: np.datetime64
) -> tuple[np.ndarray, np.ndarray]:
    """Which of n issues count, and which of these were on time, as they stand at ``now``.

    An issue counts when its limit ran out in the period, open or not, or when it was closed off in the period; it is on
    time when it was closed off by its limit. So work that is done early counts once, when it is done, and what is left
    lying counts from the moment it is overdue. What was closed off and opened again is open.

    due_at, closed_at: (n,) datetime64, UTC; closed_at is NaT while open; withdrawn issues are left out by the caller.
    Returns (rated, on_time), each (n,) bool; on_time implies rated.
    """
    came_due = (since <= due_at) & (due_at < now)
    was_closed = (since <= closed_at) & (closed_at <= now)
    rated = came_due | was_closed
    return rated, rated & (closed_at <= due_at)
