"""Whether points lie in the datum that an import names: figures in, verdict out.

Inside the district proves nothing (at Kecheng 99 % of points in a wrong datum still are). What rows name does: a point
in the wrong datum lies some 600 m from the compound, community or lane that its own row speaks of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.model import DatumVerdict

Floats = NDArray[np.float64]

# A quarter of what the nearest wrong datum moves a point in eastern China (about 570 m); people stand beside what they
# report, and a compound may be known by one point only.
FIT_M = 150.0
# One row may name the wrong compound, two may be neighbours of each other.
FEWEST = 3
# How many times as many rows must speak for one datum as for the other before that is clear.
CLEARLY = 4
# Of large communities most points stay inside under any datum: few rows decide. Fewer than this are dirt.
LEAST_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Fit:
    """How the rows that name something lie under one datum. share: of them within FIT_M; median_m: None without any."""

    datum: str
    share: float
    median_m: float | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one datum with the figures behind it, the named datum's first.

    naming: rows that name something whose place is known. better: the datum that fits best, where held.
    """

    datum: str
    verdict: DatumVerdict
    naming: int
    fits: tuple[Fit, ...]
    better: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "datum": self.datum,
            "verdict": self.verdict,
            "naming": self.naming,
            "fits": [{"datum": f.datum, "share": f.share, "median_m": f.median_m} for f in self.fits],
            "better": self.better,
        }


def judge(datum: str, distances_m: Mapping[str, Floats]) -> Judgement:
    """The verdict on ``datum``.

    distances_m: for the named datum and every other that puts the points elsewhere, (n,) metres from each row's point
    to what the row names, 0 inside; NaN where that datum has no place for the point.
    """
    named = distances_m[datum] <= FIT_M  # NaN fits nothing
    fits = tuple(_fit(each, distances_m[each]) for each in sorted(distances_m, key=lambda d: (d != datum, d)))
    clearly_worse, better = True, []
    for fit in fits[1:]:
        other = distances_m[fit.datum] <= FIT_M
        ahead, behind = int((other & ~named).sum()), int((named & ~other).sum())
        if _clear(ahead, behind, len(named)):
            better.append(fit)
        clearly_worse &= _clear(behind, ahead, len(named))
    if better:
        best = max(better, key=lambda fit: (fit.share, -(fit.median_m or 0.0)))
        return Judgement(datum, DatumVerdict.HELD, len(named), fits, best.datum)
    if len(fits) == 1:
        return Judgement(datum, DatumVerdict.NO_RIVAL, len(named), fits)
    return Judgement(datum, DatumVerdict.FITS if clearly_worse else DatumVerdict.UNPROVEN, len(named), fits)


def _clear(votes: int, against: int, rows: int) -> bool:
    """Whether so many rows of all settle it. A row that fits both datums, or neither, has no vote."""
    return votes >= FEWEST and votes >= CLEARLY * against and votes - against >= LEAST_SHARE * rows


def _fit(datum: str, distance_m: Floats) -> Fit:
    known = distance_m[np.isfinite(distance_m)]
    share = float((distance_m <= FIT_M).mean()) if len(distance_m) else 0.0
    return Fit(datum, round(share, 4), round(float(np.median(known)), 1) if len(known) else None)
