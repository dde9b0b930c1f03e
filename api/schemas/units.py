"""Rental units: what is recorded about them, and what is told."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.assignment import CHAIN, EvidenceOut, LinkOut
from api.schemas.base import Body, Day, Told, UtcText, example
from api.schemas.issues import HISTORY, HistoryItem
from api.schemas.values import Moment
from geo.desk.units import MAX_NOTE
from geo.model import DueState, InspectionResult, Occupancy, PlaceKind, RiskClass, Term

VISIT: dict[str, Any] = {
    "at": "2026-11-12T02:00:00.000Z",
    "result": "pass",
    "note": None,
    "actor": "示例甲",
    "actor_en": "Jia Shili",
}
TERM: dict[str, Any] = {
    "occupancy": "let",
    "since": "2026-11-01",
    "until": "2026-11-15",
    "months": 0.5,
    "registered": True,
    "rooms": 3,
    "rooms_vacant": 1,
}
UNIT: dict[str, Any] = {
    "id": 345,
    "code": "U-1",
    "label": "3-502",
    "address": "坊门街12号",
    "place": "P-1",
    "grid": "FM-01",
    "lon": 118.8721,
    "lat": 28.9517,
    "class": "red",
    "cycle_days": 7,
    "next_due": "2026-11-19",
    "due_state": "overdue",
    "days_overdue": 3,
}


class TermBody(Body):
    """How the unit is used from ``since`` on. months: the agreed term; left out where nobody knows it."""

    model_config = example({"occupancy": "let", "since": "2026-11-01", "until": "2027-10-31", "months": 12})

    occupancy: Occupancy
    since: date
    until: date | None = None
    months: Annotated[float | None, Field(gt=0, le=1200, allow_inf_nan=False)] = None
    registered: bool = True
    rooms: Annotated[int, Field(ge=1, le=1000)] = 1
    rooms_vacant: Annotated[int, Field(ge=0, le=1000)] = 0

    def term(self) -> Term:
        return Term(self.occupancy, self.since, self.until, self.months, self.registered, self.rooms, self.rooms_vacant)


class UnchangedBody(Body):
    """Nothing changed: a lease that ended runs on for its length again."""

    model_config = example({"unchanged": True})

    unchanged: Literal[True]


class InspectionBody(Body):
    """One visit, what it found, and with it how the unit is let now, if that was asked."""

    model_config = example({"result": "pass", "note": "灭火器在有效期内", "term": {"unchanged": True}})

    result: InspectionResult
    note: Annotated[str | None, Field(max_length=MAX_NOTE)] = None
    occurred_at: Moment | None = None
    term: UnchangedBody | TermBody | None = None


class UnitFacts(Told):
    """What a list and the unit itself both tell. grid: its code."""

    id: int
    code: str
    label: str | None
    address: str | None
    grid: str | None
    lon: float | None
    lat: float | None
    risk_class: RiskClass | None = Field(alias="class")
    cycle_days: int | None
    next_due: Day | None
    due_state: DueState | None
    days_overdue: int


class UnitItem(UnitFacts):
    place: str | None = Field(description="Code.")


class UnitPage(Told):
    model_config = example({"items": [UNIT], "next": None})

    items: list[UnitItem]
    next: str | None


class EscalationItem(Told):
    unit_id: int
    code: str
    grid: str | None
    since: UtcText
    reason: str | None


class EscalationList(Told):
    model_config = example(
        {
            "items": [
                {
                    "unit_id": 345,
                    "code": "U-1",
                    "grid": "FM-01",
                    "since": "2026-11-20T02:00:00.000Z",
                    "reason": "red_in_a_row",
                }
            ],
            "next": None,
        }
    )

    items: list[EscalationItem]
    next: None


class PlaceRef(Told):
    code: str
    kind: PlaceKind
    name: str
    name_en: str | None


class ReasonOut(Told):
    """Why the unit has its class, in both languages."""

    code: str
    zh: str
    en: str


class TermOut(Told):
    occupancy: Occupancy
    since: Day
    until: Day | None
    months: float | None
    registered: bool
    rooms: int
    rooms_vacant: int


class InspectionOut(Told):
    at: UtcText
    result: InspectionResult
    note: str | None
    actor: str | None
    actor_en: str | None


class UnitOut(UnitFacts):
    model_config = example(
        UNIT
        | {
            "version": 90300,
            "place": {"code": "P-1", "kind": "compound", "name": "坊门小区", "name_en": None},
            "evidence": {"decided_by": "stairwell", "source": "place_code", "place": "P-1-3-2", "point_m": 38.5},
            "chain": CHAIN,
            "letter": "R",
            "rule": "term_under_1_month",
            "reasons": [{"code": "term_days", "zh": "租期 15 天", "en": "lease term 15 days"}],
            "table_version": 1,
            "registered_on": "2026-01-05",
            "term": TERM,
            "to_confirm": False,
            "inspections": [VISIT],
            "history": [HISTORY | {"kind": "unit.inspected", "data": {"result": "pass"}}],
            "may": ["inspect", "set_term"],
        }
    )

    version: int = Field(description="As in the ETag; send it back as If-Match.")
    place: PlaceRef | None
    evidence: EvidenceOut | None = Field(description="What placed it beside or instead of its coordinates.")
    chain: list[LinkOut]
    letter: str | None
    rule: str
    reasons: list[ReasonOut]
    table_version: int
    registered_on: Day | None
    term: TermOut | None
    to_confirm: bool = Field(description="The lease has ended: ask how it goes on.")
    inspections: list[InspectionOut]
    history: list[HistoryItem]
    may: list[Literal["inspect", "set_term"]]
