"""What a rental unit's decision comes to when its whole life is gone through at once."""

from __future__ import annotations

from datetime import date

from geo.rules.class_table import ClassTable
from geo.rules.risk import ClassDecision, UnitFacts, classify


def replay(facts: UnitFacts, table: ClassTable, today: date, start: date | None = None) -> ClassDecision:
    """The decision for ``today`` from the facts alone, folding everything since ``start`` (the registration day)."""
    first = classify(facts, None, table, min(start or facts.registered_on, today))
    return classify(facts, first, table, today)
