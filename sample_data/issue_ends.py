"""How the issues of a year end: closed in time or late, reopened and closed again, or still open now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data.curves import Floats
from sample_data.ground import Ints

OPEN_IN_TIME, OPEN_OVERDUE = 378, 112
SETTLES_S = 120.0  # before now the newest issue was recorded, so that its closing can have passed
_REOPENED_OPEN = 14  # of those overdue now
_ON_TIME = 0.915
_REOPENED = 0.024
_DAY = 86_400.0
_STALE_DAYS = 22  # nothing stays open longer past its limit


@dataclass(frozen=True)
class Ends:
    """Epoch seconds of each step, NaN where it has not come to that. (n,) each."""

    closed: Floats
    reopened: Floats
    closed_again: Floats


def make_ends(rng: np.random.Generator, recorded: Floats, due: Floats, grid: Ints, backlog: Floats, now: float) -> Ends:
    """recorded, due: (n,) epoch seconds, the former at least ``SETTLES_S`` before now. grid: (n,) each issue's.

    backlog: by grid, how much is left lying there.
    """
    closed = _closings(rng, recorded, due, now)
    expired = due <= now
    _leave_young_open(rng, closed, recorded, due, np.flatnonzero(~expired), now)
    late = np.flatnonzero(expired & (due > now - _STALE_DAYS * _DAY))
    overdue = _leave_overdue_open(rng, closed, now - due, grid, backlog, late)
    reopened, closed_again = np.full(len(due), np.nan), np.full(len(due), np.nan)
    again = np.flatnonzero((rng.uniform(size=len(due)) < _REOPENED) & (closed < now - 4 * _DAY))
    reopened[again] = by_day(closed[again] + 3600 + np.minimum(rng.exponential(1.2 * _DAY, len(again)), 3 * _DAY))
    kept = again[reopened[again] < now - 0.5 * _DAY]
    reopened[np.setdiff1d(again, kept)] = np.nan
    later = by_day(reopened[kept] + 5400 + rng.exponential(0.8 * _DAY, len(kept)))
    closed_again[kept] = np.minimum(later, now - rng.uniform(600, 9000, len(kept)))
    _reopen_some(rng, closed, reopened, closed_again, recorded, overdue, now)
    return Ends(closed, reopened, closed_again)


def by_day(moments: Floats) -> Floats:
    """Moments from eight in the evening to eight in the morning (UTC + 8) put off to the morning."""
    hour = (moments + 8 * 3600) % _DAY / 3600
    wait = np.where(hour < 8, 8 - hour, np.where(hour >= 20, 32 - hour, 0.0))
    spread = (moments % 5_400) * (wait > 0)  # not all on the stroke of eight
    return moments + wait * 3600 + spread


def _closings(rng: np.random.Generator, recorded: Floats, due: Floats, now: float) -> Floats:
    """Closed by the planned share of the limit, or late; everything whose limit has run out is closed by now."""
    n = len(recorded)
    allowed = np.maximum(due - recorded, 1800.0)
    in_time = np.minimum(by_day(recorded + allowed * rng.beta(2.0, 2.0, n)), recorded + allowed * 0.98)
    late = by_day(due + 1800 + rng.exponential(1.5 * _DAY, n))
    closed = np.where(rng.uniform(size=n) < _ON_TIME, in_time, late)
    latest = now - rng.uniform(600, 7200, n)
    return np.maximum(np.minimum(closed, np.maximum(latest, recorded + 60)), recorded + 60)


def _leave_young_open(
    rng: np.random.Generator, closed: Floats, recorded: Floats, due: Floats, young: NDArray[np.intp], now: float
) -> None:
    """Those whose limit has not run out: the planned number stays open, the further along the rather closed."""
    if len(young) == 0:
        return
    progress = (now - recorded[young]) / (due[young] - recorded[young]) + rng.uniform(0, 0.9, len(young))
    order = young[np.argsort(progress, kind="stable")]
    count = min(OPEN_IN_TIME, int(0.95 * len(order)))
    stays, done = order[:count], order[count:]
    closed[stays] = np.nan
    closed[done] = recorded[done] + (now - recorded[done]) * rng.uniform(0.3, 0.95, len(done))


def _leave_overdue_open(
    rng: np.random.Generator, closed: Floats, late_s: Floats, grid: Ints, backlog: Floats, late: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The planned number past their limit stays open: recent ones, and where work gets stuck. Returns which.

    Drawn without putting back, so that a grid keeps about its share of the backlog, however many it has had.
    """
    recent = np.exp(-late_s[late] / (6.0 * _DAY))
    pull = backlog[grid[late]] * recent / np.bincount(grid[late], recent, minlength=len(backlog))[grid[late]]
    count = min(OPEN_OVERDUE, len(late))
    chosen = rng.choice(late, count, replace=False, p=pull / pull.sum()) if count else late
    closed[chosen] = np.nan
    return np.sort(chosen)


def _reopen_some(
    rng: np.random.Generator,
    closed: Floats,
    reopened: Floats,
    closed_again: Floats,
    recorded: Floats,
    overdue: NDArray[np.intp],
    now: float,
) -> None:
    """A few of the overdue had been closed and did not hold."""
    count = min(_REOPENED_OPEN, len(overdue))
    if count:
        some = rng.choice(overdue, count, replace=False)
        closed[some] = recorded[some] + (now - recorded[some]) * rng.uniform(0.2, 0.5, count)
        reopened[some] = recorded[some] + (now - recorded[some]) * rng.uniform(0.6, 0.95, count)
        closed_again[some] = np.nan
