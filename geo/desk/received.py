"""What comes from outside, checked on its way in: coordinates in a named datum, and the time at which something was."""

from __future__ import annotations

from datetime import datetime, timedelta

from geo.errors import BadInput
from geo.rules.position import MAX_ACCURACY_M, position

__all__ = ["CLOCK_SKEW", "MAX_ACCURACY_M", "check_time", "position"]

CLOCK_SKEW = timedelta(minutes=5)  # phones are seldom wrong by more


def check_time(what: str, occurred_at: datetime | None, now: datetime) -> None:
    """Raise BadInput for a time that has not come yet."""
    if occurred_at is not None and occurred_at > now + CLOCK_SKEW:
        raise BadInput(f"{what} {occurred_at.isoformat()} lies in the future", why="future")
