"""Registers that are imported again: disagreements between systems, and who owns what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.base import Body, Day, Told, UtcText, example
from geo.model import ChangeState, Register
from geo.rules.owners import DEFAULT_DATA

DISAGREEMENT: dict[str, Any] = {
    "id": 12,
    "batch": 31,
    "register": "units",
    "code": "U-1",
    "name": "锦绣花园3幢 2-502",
    "name_en": None,
    "field": "until",
    "system": "housing",
    "owner": "grid_worker",
    "stored": "2026-07-04",
    "stored_name": None,
    "offered": "2027-01-04",
    "offered_name": None,
    "state": "waiting",
    "reason": None,
    "recorded_at": "2026-11-22T01:30:00.000Z",
    "decided_at": None,
    "decided_by": None,
}
Text = Annotated[str, Field(min_length=1, max_length=100)]


class DisagreementOut(Told):
    """What a register says otherwise than the store. system: that said it; owner: of the field.

    name: of the place or person; of a unit its place and door, or its address. stored: what the store said when it
    came, null for nothing. stored_name, offered_name: the name where these are codes of a place or an area. reason:
    why a value of the owner's own was not taken.
    decided_at, decided_by: when and by whom it was taken, kept or withdrawn.
    """

    model_config = example(DISAGREEMENT)

    id: int
    batch: int
    register_: Register = Field(alias="register")
    code: str
    name: str | None
    name_en: str | None
    field: str
    system: str
    owner: str
    stored: str | None
    stored_name: str | None
    offered: str
    offered_name: str | None
    state: ChangeState
    reason: str | None
    recorded_at: UtcText
    decided_at: UtcText | None
    decided_by: str | None


class DisagreementPage(Told):
    model_config = example({"items": [DISAGREEMENT], "next": None})

    items: list[DisagreementOut]
    next: str | None


class DecisionBody(Body):
    model_config = example({"decision": "keep"})

    decision: Literal["take", "keep"]


class OwnersOut(Told):
    """The table in force. registers: the system that a file speaks for where it names none; owners: of each field."""

    model_config = example(DEFAULT_DATA)

    version: int
    valid_from: Day
    registers: dict[Register, str]
    owners: dict[Register, dict[str, str]]


class OwnersBody(Body):
    """A new version of the table; it names an owner for every field of every register."""

    model_config = example({name: value for name, value in DEFAULT_DATA.items() if name != "version"})

    valid_from: Day
    registers: dict[Register, Text]
    owners: dict[Register, dict[Text, Text]]
