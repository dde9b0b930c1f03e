"""How issues end: step after step, and never later than the moment for which the district is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_data.generate import TIMEZONE
from sample_data.issue_ends import SETTLES_S, make_ends
from sample_data.issues import _year
from sample_data.sites import SiteKind, Sites

NOW = datetime(2026, 3, 18, 2, 25, tzinfo=UTC)
A_YEAR_S = 400 * 86_400.0
ONE = np.zeros(1)
ONE_SITE = Sites(
    ONE, ONE, ONE.astype(np.int64), np.array([SiteKind.LANE]), np.ones(1), np.ones(1), [""], [None], [None], [""]
)


@given(
    issues=st.lists(
        st.tuples(st.floats(SETTLES_S, A_YEAR_S), st.floats(-3_600.0, 30 * 86_400.0)), min_size=1, max_size=60
    ),
    seed=st.integers(0, 1 << 16),
    at=st.floats(0.0, A_YEAR_S),
)
def test_steps_follow_each_other_and_none_lies_in_the_future(
    issues: list[tuple[float, float]], seed: int, at: float
) -> None:
    now = NOW.timestamp() + at
    ago, limit = np.array(issues).T
    recorded = now - ago
    grid, backlog = np.arange(len(issues)) % 3, np.array([1.0, 2.0, 3.0])
    ends = make_ends(np.random.default_rng(seed), recorded, recorded + limit, grid, backlog, now)
    for life in zip(recorded, ends.closed, ends.reopened, ends.closed_again, strict=True):
        steps = [step for step in life if not np.isnan(step)]
        assert steps == sorted(steps)
        assert steps[-1] <= now
        assert np.isnan(life[3]) or not np.isnan(life[2])
        assert np.isnan(life[2]) or not np.isnan(life[1])


@pytest.mark.parametrize("minutes", range(0, 600, 60))
def test_the_newest_issue_was_recorded_long_enough_ago_to_be_closed(minutes: int) -> None:
    """What is told late would else be recorded at the very moment for which the district is made."""
    now = NOW + timedelta(minutes=minutes)
    year = _year(np.random.default_rng(minutes), now, ONE_SITE, TIMEZONE)
    assert year.recorded.max() <= now.timestamp() - SETTLES_S
    assert (year.recorded >= year.occurred).all()
