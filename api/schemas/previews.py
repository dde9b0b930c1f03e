"""What an import would do, shown before it does it: points under each datum, rows beside those that were there."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.base import Told, UtcText, example
from geo.model import DatumVerdict

FIGURES: dict[str, Any] = {
    "datum": "wgs84",
    "verdict": "fits",
    "points": 978,
    "naming": 402,
    "fits": [
        {"datum": "wgs84", "share": 0.985, "median_m": 0.0},
        {"datum": "bd09", "share": 0.017, "median_m": 1052.3},
        {"datum": "gcj02", "share": 0.032, "median_m": 512.6},
    ],
    "better": None,
    "confirmed": False,
}
LOOK: dict[str, Any] = {**FIGURES, "samples": []}


STANDING: dict[str, Any] = {
    "system": "housing",
    "new": 1,
    "changed": 0,
    "disputed": 1,
    "unchanged": 400,
    "gone": 0,
    "first": {
        "new": [{"code": "U-402", "line": 403, "fields": []}],
        "changed": [],
        "disputed": [
            {
                "code": "U-1",
                "line": 2,
                "fields": [{"field": "until", "stored": "2026-07-04", "offered": "2027-01-04"}],
            }
        ],
        "gone": [],
    },
}


class DatumFit(Told):
    """share: of the rows that name something, within 150 m of it under this datum; median_m: their median distance."""

    datum: str
    share: float
    median_m: float | None


class SampleUnder(Told):
    """Where a sample point would fall under one datum; grid null: outside every grid."""

    datum: str
    lon: float | None
    lat: float | None
    grid: str | None
    name: str | None
    area: str | None


class DatumSample(Told):
    """A row of the file, its coordinates as received, and where they lie under each datum."""

    line: int
    ref: str
    x: float
    y: float
    under: list[SampleUnder]


class DatumFigures(Told):
    """How the points in one named datum lie. points: looked at, up to 20,000 evenly over a longer file.

    naming: of them, rows that name a compound, community or street that is known. verdict: fits (clearly better than
    every other datum), held (another fits clearly better), unproven (names say too little: look at the samples),
    no_rival (every datum puts them in the same places). confirmed: somebody imported them all the same.
    """

    datum: str
    verdict: DatumVerdict
    points: int
    naming: int
    fits: list[DatumFit]
    better: str | None
    confirmed: bool


class DatumLook(DatumFigures):
    """The figures, with sample points where they settle nothing or speak for another datum."""

    samples: list[DatumSample]


class DatumKept(DatumFigures):
    """The figures as kept with the batch. by: who imported or confirmed; null where you may not know people."""

    by: str | None
    at: UtcText


class FieldChange(Told):
    """A field of which the file says otherwise. stored: null where the store has nothing."""

    field: str
    stored: str | None
    offered: str


class RegisterRow(Told):
    """A row of the register; line: null for one that is gone from the file."""

    code: str
    line: int | None
    fields: list[FieldChange]


class RegisterRows(Told):
    new: list[RegisterRow]
    changed: list[RegisterRow]
    disputed: list[RegisterRow]
    gone: list[RegisterRow]


class RegisterStanding(Told):
    """What the rows of a file are to those that were there before it.

    changed: rows with fields that ``system`` owns, which are taken. disputed: rows with fields that another system
    owns, which wait (GET /api/disagreements); a row may be both. gone: brought by this system before, and in the file
    no more; they stay. first: up to 20 rows of each.
    """

    system: str
    new: int
    changed: int
    disputed: int
    unchanged: int
    gone: int
    first: RegisterRows


class PreviewOut(Told):
    """What an import would do. datum: one entry a datum that is named; register: of units, places and people."""

    model_config = example({"datum": [LOOK], "register": STANDING})

    datum: list[DatumLook]
    register_: RegisterStanding | None = Field(alias="register")
