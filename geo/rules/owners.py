"""Which system each field of a register belongs to: data with a version and a first day, as the class table is.

A register that is imported again changes what its system owns. What it says of a field that is another's does not
overwrite: it waits for a person.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from geo.errors import BadInput
from geo.model import Register

SAME_M = 1.0  # registers round their coordinates
_DEGREE_M = 111_320.0


DEFAULT_DATA: dict[str, Any] = {
    "version": 1,
    "valid_from": "2000-01-01",
    # The system that a file speaks for where nobody says.
    "registers": {"units": "housing", "places": "places", "people": "staff"},
    "owners": {
        "units": {
            "place": "housing", "label": "housing", "address": "housing", "registered_on": "housing",
            "position": "housing", "rooms": "housing", "occupancy": "grid_worker", "since": "grid_worker",
            "until": "grid_worker", "months": "grid_worker", "registered": "grid_worker",
            "rooms_vacant": "grid_worker",
        },
        "places": {
            "name": "places", "name_en": "places", "kind": "places", "parent": "places", "area": "places",
            "address": "places", "position": "places", "households": "grid_worker",
        },
        "people": {"name_en": "staff", "to_date": "staff"},
    },
}  # fmt: skip
FIELDS: Mapping[Register, tuple[str, ...]] = MappingProxyType(
    {register: tuple(DEFAULT_DATA["owners"][register]) for register in Register}
)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a register says otherwise than the store. stored: None where the store has nothing."""

    field: str
    stored: str | None
    offered: str


@dataclass(frozen=True, slots=True)
class Owners:
    """The table: the system of each register where a file names none, and the owner of each field."""

    version: int
    valid_from: date
    registers: Mapping[Register, str]
    owners: Mapping[Register, Mapping[str, str]]

    def system(self, register: Register, said: str | None) -> str:
        """The system that a file speaks for. Raises BadInput for one that owns nothing of such a register."""
        known = {self.registers[register], *self.owners[register].values()}
        if said is not None and said not in known:
            raise BadInput(f"no field of {register} belongs to {said!r}: name one of {', '.join(sorted(known))}")
        return said or self.registers[register]

    def as_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "valid_from": self.valid_from.isoformat(),
            "registers": {str(register): system for register, system in self.registers.items()},
            "owners": {str(register): dict(fields) for register, fields in self.owners.items()},
        }

    def owner(self, register: Register, field: str) -> str:
        return self.owners[register][field]


def parse(data: Mapping[str, Any]) -> Owners:
    """A table from its JSON form. Raises BadInput naming what is missing or unknown."""
    try:
        owners = {register: dict(data["owners"][register]) for register in Register}
        registers = {register: str(data["registers"][register]) for register in Register}
        version, valid_from = int(data["version"]), date.fromisoformat(data["valid_from"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"the table of owners cannot be read: {type(error).__name__} {error}") from error
    for register, fields in owners.items():
        lacking = [field for field in FIELDS[register] if not str(fields.get(field) or "").strip()]
        unknown = sorted(set(fields) - set(FIELDS[register]))
        if lacking or unknown:
            what = f"no owner of {', '.join(lacking)}" if lacking else f"no field {', '.join(unknown)}"
            raise BadInput(f"the table of owners has {what} for {register}: each of {', '.join(FIELDS[register])}")
    return Owners(version, valid_from, MappingProxyType(registers), MappingProxyType(owners))


DEFAULT = parse(DEFAULT_DATA)


def differences(stored: Mapping[str, str | None], offered: Mapping[str, str]) -> list[Difference]:
    """Where a row says otherwise. What it does not say, an empty cell, is no contradiction."""
    return [
        Difference(field, stored.get(field), said)
        for field, said in offered.items()
        if not _same(field, stored.get(field), said)
    ]


def _same(field: str, stored: str | None, offered: str) -> bool:
    if stored is None or field != "position":
        return stored == offered
    try:
        (a, b), (c, d) = (tuple(map(float, text.split(","))) for text in (stored, offered))
    except ValueError:  # a shape, as text
        return stored == offered
    return math.hypot((a - c) * math.cos(math.radians(b)), b - d) * _DEGREE_M <= SAME_M
