"""What counts as dealt with in time, and among what."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geo.rules.timeliness import PERIOD_DAYS, period_start, rate

SHANGHAI = ZoneInfo("Asia/Shanghai")
SINCE, NOW = np.datetime64("2026-02-16T16:00:00.000"), np.datetime64("2026-03-18T04:00:00.000")
BEFORE, WITHIN, LATER, AHEAD = (
    np.datetime64(f"2026-{at}:00:00.000") for at in ("01-20T08", "02-20T08", "03-10T08", "04-02T08")
)
OPEN = np.datetime64("NaT", "ms")


def test_the_period_begins_at_a_local_midnight() -> None:
    assert PERIOD_DAYS == 30
    start = period_start(datetime(2026, 3, 18, 4, 0, tzinfo=UTC), SHANGHAI)
    assert start.astimezone(UTC) == datetime(2026, 2, 16, 16, 0, tzinfo=UTC)
    # 18 March has 29 days before it in the period; at 16:00 UTC the next local day begins.
    assert period_start(datetime(2026, 3, 18, 16, 0, tzinfo=UTC), SHANGHAI).astimezone(UTC) == datetime(
        2026, 2, 17, 16, 0, tzinfo=UTC
    )


def test_the_clocks_change_and_the_period_still_begins_at_midnight() -> None:
    start = period_start(datetime(2026, 3, 20, 12, 0, tzinfo=UTC), ZoneInfo("America/New_York"))
    assert (start.hour, start.utcoffset()) == (0, datetime(2026, 2, 19, tzinfo=start.tzinfo).utcoffset())


@pytest.mark.parametrize(
    ("due_at", "closed_at", "told"),
    [
        (WITHIN, BEFORE, (True, True)),  # came due in the period, long since dealt with
        (WITHIN, WITHIN, (True, True)),  # on the last moment is in time
        (WITHIN, LATER, (True, False)),
        (WITHIN, OPEN, (True, False)),  # overdue now
        (BEFORE, LATER, (True, False)),  # overdue before, closed off in the period
        (BEFORE, BEFORE, (False, False)),  # over and done with
        (BEFORE, OPEN, (False, False)),  # came due before the period and lies on: the overdue count has it
        (AHEAD, LATER, (True, True)),  # closed off early counts when it is done
        (AHEAD, BEFORE, (False, False)),  # done before the period, and not due yet
        (AHEAD, OPEN, (False, False)),  # still has time
        (SINCE, OPEN, (True, False)),
        (NOW, OPEN, (False, False)),  # overdue only after this moment
        (AHEAD, SINCE, (True, True)),
        (AHEAD, NOW, (True, True)),
    ],
)
def test_what_counts_and_what_was_in_time(due_at: object, closed_at: object, told: tuple[bool, bool]) -> None:
    rated, on_time = rate(np.array([due_at]), np.array([closed_at]), SINCE, NOW)
    assert (bool(rated[0]), bool(on_time[0])) == told
