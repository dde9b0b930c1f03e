"""Trends of the figures as they are told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.base import Day, Told, UtcText, example

_FIGURE = {"days": [None, 118, 121], "yesterday": 121, "last_week": 109}


class FigureTrend(Told):
    """One figure. Null where nothing had been recorded yet."""

    days: list[int | None] = Field(description="At the local end of each of `days`.")
    yesterday: int | None = Field(description="At `at.yesterday`.")
    last_week: int | None


class TrendFigures(Told):
    """The on-time rate is `on_time` of `rated`. Units stand there for who may count them."""

    open: FigureTrend
    overdue: FigureTrend
    on_time: FigureTrend
    rated: FigureTrend
    units_overdue: FigureTrend | None = None


class Earlier(Told):
    """This hour on the clock, a day and a week earlier."""

    yesterday: UtcText
    last_week: UtcText


class Week(Told):
    from_: Day = Field(alias="from")
    new: int = Field(description="Issues opened in the seven local days from there.")


class TrendsOut(Told):
    """Twelve weeks of the figures that the reader's map counts, of the whole or of one grid."""

    model_config = example(
        {
            "rev": "90211",
            "boundaries": "day",
            "days": ["2026-11-19", "2026-11-20", "2026-11-21"],
            "at": {"yesterday": "2026-11-21T01:00:00.000Z", "last_week": "2026-11-15T01:00:00.000Z"},
            "figures": {"open": _FIGURE, "overdue": _FIGURE, "on_time": _FIGURE, "rated": _FIGURE},
            "weeks": [{"from": "2026-11-09", "new": 31}, {"from": "2026-11-16", "new": 28}],
        }
    )

    rev: str
    boundaries: Literal["day", "today"] = Field(description="Counted by those of each day, or all by those of today.")
    days: list[Day]
    at: Earlier
    figures: TrendFigures
    weeks: list[Week]
