"""Class breaks of the figures that shade the map, and the weights of the ranking: data with a version.

Breaks are fixed and never computed from what is on screen: the same shade means the same number today, last week and in
the next office. Darker always means more work; zero, or what is as good as done, is a class of its own and unshaded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Breaks = tuple[int, int, int, int, int]


class Figure(NamedTuple):
    """A figure of a grid with the whole numbers that part its six classes, for a grid and for a subdistrict.

    grid, area: rising, the lowest numbers of classes 1 to 5; falling, those of classes 0 to 4, where more is less work.
    A subdistrict's figure is the sum of its grids', its percentage that of the sums.
    needs: the capability without which the figure is not offered.
    percent: a share, compared as a whole percentage; 0 and 100 are said of nothing but none and all.
    """

    key: str
    needs: str
    grid: Breaks
    area: Breaks
    percent: bool = False


_SHARE = (1, 11, 21, 36, 51)
_RATE = (98, 95, 90, 80, 65)

_FIGURES = (
    Figure("overdue", "map.see", (1, 2, 4, 7, 10), (1, 4, 8, 14, 20)),
    Figure("open", "map.see", (1, 3, 6, 10, 15), (1, 15, 30, 60, 100)),
    Figure("overdue_share", "map.see", _SHARE, _SHARE, percent=True),
    Figure("on_time", "map.see", _RATE, _RATE, percent=True),
    Figure("red_units", "units.count", (1, 3, 6, 11, 21), (1, 15, 40, 80, 160)),
    Figure("units_overdue", "units.count", (1, 3, 6, 11, 21), (1, 15, 40, 80, 160)),
    Figure("households", "map.see", (1, 300, 500, 800, 1200), (1, 2000, 5000, 10000, 20000)),
)

# A share of fewer says more about chance than about work: hatched, and "too few to rate".
_FEWEST_RATED = 5

# Where to go first: overdue issues x 3 + red units past inspection + days of the oldest overdue issue.
# The page builds the formula it prints from these numbers.
_RANKING = {"overdue": 3, "red_overdue": 1, "oldest_days": 1}

# Member ``figures`` of /map/config, ready for JSON.
FIGURES: dict[str, Any] = {
    "version": 2,
    "fewest_rated": _FEWEST_RATED,
    "figures": [figure._asdict() for figure in _FIGURES],
    "ranking": _RANKING,
}
