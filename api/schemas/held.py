"""Imports that wait for a word on their datum."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from api.schemas.base import Body, Told, UtcText, example
from api.schemas.imports import SUMMARY, ImportOut
from api.schemas.previews import FIGURES, LOOK, DatumLook
from geo.model import HeldState

_HELD: dict[str, Any] = {**FIGURES, "verdict": "held", "better": "gcj02", "samples": []}
_ITEM: dict[str, Any] = {
    "id": 3,
    "kind": "reports",
    "file_name": "311.csv",
    "state": "taken",
    "held_at": "2026-11-22T01:30:00.000Z",
    "held_by": "cli",
    "decided_at": "2026-11-22T02:10:00.000Z",
    "decided_by": "示例甲",
    "as_datum": "gcj02",
    "batch": 6,
    "datum": [_HELD],
    "can_rename": True,
}
_OPEN: dict[str, Any] = {"state": "waiting"} | dict.fromkeys(("decided_at", "decided_by", "as_datum", "batch"))


class HeldItem(Told):
    """A file whose points look like another datum than it says; kept until somebody settles it.

    state: waiting, taking (somebody settled it, and its rows go in or were cut off: the same decision goes on), taken,
    dropped. as_datum: what its points were said to be in; null for what the file says. datum: as a preview answers,
    the samples until it is settled. can_rename: one datum may be named for all of its points. held_by, decided_by: a
    name, or null where you may not know people.
    """

    id: int
    kind: str
    file_name: str
    state: HeldState
    held_at: UtcText
    held_by: str | None
    decided_at: UtcText | None
    decided_by: str | None
    as_datum: str | None
    batch: int | None
    datum: list[DatumLook]
    can_rename: bool


class HeldPage(Told):
    model_config = example({"items": [_ITEM | _OPEN], "next": None})

    items: list[HeldItem]
    next: str | None


class HeldVerb(StrEnum):
    AS_SAID = "as_said"
    AS_DATUM = "as_datum"
    DROP = "drop"


class SettleBody(Body):
    """What becomes of a held file: taken as it says, taken under another datum, or dropped."""

    model_config = example({"decision": "as_datum", "datum": "gcj02"}, {"decision": "as_said"}, {"decision": "drop"})

    decision: HeldVerb
    datum: Annotated[str | None, Field(max_length=40, description="With `as_datum`.")] = None


class SettledOut(Told):
    """outcome: as the import answers; null where the file was dropped, or taken by the same request before."""

    model_config = example(
        {
            "held": _ITEM,
            "outcome": {"summary": SUMMARY, "notes": [], "rejects": [], "datum": [LOOK], "register": None},
        }
    )

    held: HeldItem
    outcome: ImportOut | None
