"""The table that gives every rental unit its inspection class (巡查等级): data with a version and a first day.

The default is Gridwarden's own. No place publishes its thresholds, and the same colours mean different things in
different places, so a jurisdiction is expected to replace it: ``parse`` reads the JSON kept in the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from geo.errors import BadInput
from geo.model import RISK_ORDER, InspectionResult, RiskClass


@dataclass(frozen=True, slots=True)
class Band:
    """One line of a threshold list, first match: values under ``below`` get the class; None takes all that is left."""

    rule: str
    below: float | None
    risk_class: RiskClass


@dataclass(frozen=True, slots=True)
class ClassTable:
    """Conditions, shifts and cycles. Steps are toward red, negative toward green.

    lease: by agreed months. vacancy: by days vacant. turnover_changes within turnover_months adds turnover_steps, a
    vacant share of rooms from room_vacancy_ratio up adds room_vacancy_steps, a last result listed in result_steps its
    own; passes_in_a_row adds pass_steps, and all shifts together never go more than max_below_base toward green.
    A result in red_until_pass holds the unit at red until it passes. escalate_after inspections in a row that left the
    unit red call for a person. A lease that ended keeps its class for to_confirm_days.
    """

    version: int
    valid_from: date
    cycle_days: Mapping[RiskClass, int]
    unregistered: RiskClass
    unknown_term: RiskClass
    lease: tuple[Band, ...]
    vacancy: tuple[Band, ...]
    turnover_changes: int
    turnover_months: int
    turnover_steps: int
    room_vacancy_ratio: float
    room_vacancy_steps: int
    result_steps: Mapping[InspectionResult, int]
    passes_in_a_row: int
    pass_steps: int
    max_below_base: int
    red_until_pass: frozenset[InspectionResult]
    escalate_after: int
    to_confirm_days: int


DEFAULT_DATA: dict[str, Any] = {
    "version": 1,
    "valid_from": "2000-01-01",
    "cycle_days": {"red": 7, "orange": 14, "yellow": 30, "blue": 60, "green": 90},
    "unregistered": "red",
    "unknown_term": "red",
    "lease_months": [
        {"rule": "term_under_1_month", "below": 1, "class": "red"},
        {"rule": "term_1_to_3_months", "below": 3, "class": "orange"},
        {"rule": "term_3_to_6_months", "below": 6, "class": "yellow"},
        {"rule": "term_6_to_12_months", "below": 12, "class": "blue"},
        {"rule": "term_12_months_up", "below": None, "class": "green"},
    ],
    "vacancy_days": [
        {"rule": "vacant_under_30_days", "below": 30, "class": "yellow"},
        {"rule": "vacant_30_to_180_days", "below": 180, "class": "blue"},
        {"rule": "vacant_180_days_up", "below": None, "class": "green"},
    ],
    "turnover": {"changes": 4, "months": 12, "steps": 1},
    "room_vacancy": {"ratio": 0.5, "steps": 1},
    "result_steps": {"minor": 1},
    "passes": {"in_a_row": 2, "steps": -1, "max_below_base": 1},
    "red_until_pass": ["major", "not_admitted"],
    "escalate_after": 3,
    "to_confirm_days": 14,
}


def parse(data: Mapping[str, Any]) -> ClassTable:
    """A table from its JSON form. Raises BadInput naming what is missing or impossible."""
    try:
        table = _read(data)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"the class table cannot be read: {type(error).__name__} {error}") from error
    missing = [risk.value for risk in RISK_ORDER if table.cycle_days.get(risk, 0) < 1]
    if missing:
        raise BadInput(f"the class table needs a cycle of at least 1 day for: {', '.join(missing)}")
    cycles = [table.cycle_days[risk] for risk in RISK_ORDER]
    if cycles != sorted(cycles):
        raise BadInput("the class table gives a redder class a longer cycle than a greener one")
    no_shift = set(table.result_steps) & {InspectionResult.NOT_HOME}
    no_hold = set(table.red_until_pass) & {InspectionResult.NOT_HOME, InspectionResult.PASS}
    if no_shift or no_hold:
        raise BadInput("the class table lets an attempt (not_home) or a pass decide: not_home never does, a pass frees")
    for name, bands in (("lease_months", table.lease), ("vacancy_days", table.vacancy)):
        _check_bands(name, bands)
    return table


def _read(data: Mapping[str, Any]) -> ClassTable:
    return ClassTable(
        version=int(data["version"]),
        valid_from=date.fromisoformat(data["valid_from"]),
        cycle_days=MappingProxyType({RiskClass(k): int(v) for k, v in data["cycle_days"].items()}),
        unregistered=RiskClass(data["unregistered"]),
        unknown_term=RiskClass(data["unknown_term"]),
        lease=_bands(data["lease_months"]),
        vacancy=_bands(data["vacancy_days"]),
        turnover_changes=int(data["turnover"]["changes"]),
        turnover_months=int(data["turnover"]["months"]),
        turnover_steps=int(data["turnover"]["steps"]),
        room_vacancy_ratio=float(data["room_vacancy"]["ratio"]),
        room_vacancy_steps=int(data["room_vacancy"]["steps"]),
        result_steps=MappingProxyType({InspectionResult(k): int(v) for k, v in data["result_steps"].items()}),
        passes_in_a_row=int(data["passes"]["in_a_row"]),
        pass_steps=int(data["passes"]["steps"]),
        max_below_base=int(data["passes"]["max_below_base"]),
        red_until_pass=frozenset(InspectionResult(result) for result in data["red_until_pass"]),
        escalate_after=int(data["escalate_after"]),
        to_confirm_days=int(data["to_confirm_days"]),
    )


def _bands(rows: list[Mapping[str, Any]]) -> tuple[Band, ...]:
    return tuple(Band(str(row["rule"]), row["below"], RiskClass(row["class"])) for row in rows)


def _check_bands(name: str, bands: tuple[Band, ...]) -> None:
    """A list that leaves a value without a class would fail on the day such a unit comes."""
    limits = [band.below for band in bands[:-1] if band.below is not None]
    rising = limits == sorted(set(limits)) and len(limits) == len(bands) - 1
    if not rising or bands[-1].below is not None:
        raise BadInput(f"{name} of the class table: thresholds must rise, and the last line must have none")


DEFAULT = parse(DEFAULT_DATA)
