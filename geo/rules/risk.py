"""The inspection class of a rental unit and the day its next inspection is due. Pure: facts, a table, a day.

A class follows from how the unit is let and what inspections found, never from who lives there. The due date also
follows from what it was before: turning redder may bring it nearer, turning greener waits for the next inspection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from geo.model import DueState, RiskClass, Term, Visit
from geo.rules.class_table import DEFAULT, ClassTable
from geo.rules.grounds import assess, red_in_a_row
from geo.rules.reasons import Reason
from geo.rules.terms import ONE_DAY, needs_confirmation, standing, term_in_force

__all__ = [
    "DEFAULT",
    "DUE_ORDER",
    "ClassDecision",
    "UnitFacts",
    "classify",
    "due_between",
    "due_soon_days",
    "due_state",
    "due_states",
    "spread_first_due",
]

DUE_SOON_PERCENT = 20


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What is known of a unit. terms: in the order they were recorded. visits: in any order."""

    registered_on: date
    terms: tuple[Term, ...] = ()
    visits: tuple[Visit, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassDecision:
    """A class with its grounds.

    review_on: the next day on which any of this could change with nothing happening; None where time changes nothing.
    to_confirm: a lease ended and nobody has said what came after. escalate: so many inspections in a row left the unit
    red that a person has to look. inspections: how many visits counted so far.
    """

    risk_class: RiskClass | None  # None: not let, no inspections
    rule: str
    table_version: int
    reasons: tuple[Reason, ...]
    cycle_days: int | None
    next_due: date | None
    review_on: date | None
    to_confirm: bool = False
    escalate: bool = False
    inspections: int = 0
    decided_on: date = field(default=date.min, compare=False)


def classify(facts: UnitFacts, previous: ClassDecision | None, table: ClassTable, today: date) -> ClassDecision:
    """The decision for ``today``, given the one before it (None for a new unit).

    Days between the two on which something happened or the class turned by itself are gone through in order, so that
    the answer does not depend on the days somebody asked.
    """
    happened = sorted({visit.on for visit in facts.visits} | {term.since for term in facts.terms})
    while previous is not None:
        upcoming = [day for day in happened if day > previous.decided_on]
        if previous.review_on is not None:
            upcoming.append(max(previous.review_on, previous.decided_on + ONE_DAY))
        if min(upcoming, default=today) >= today:
            break
        previous = _decide(facts, previous, table, min(upcoming))
    return _decide(facts, previous, table, today)


# -- one day ----------------------------------------------------------------------------------------------------------


def _decide(facts: UnitFacts, previous: ClassDecision | None, table: ClassTable, today: date) -> ClassDecision:
    terms = standing(facts.terms)
    visits = sorted((visit for visit in facts.visits if visit.on <= today), key=lambda visit: visit.on)
    grounds = assess(terms, visits, table, today)
    grounds.turns += [visit.on for visit in facts.visits if visit.on > today]
    risk_class = grounds.risk_class(table)
    escalate = risk_class is RiskClass.RED and red_in_a_row(terms, visits, table)
    if escalate:
        grounds.reasons.append(Reason("red_in_a_row", {"count": table.escalate_after}))
    cycle = None if risk_class is None else table.cycle_days[risk_class]
    return ClassDecision(
        risk_class=risk_class,
        rule=grounds.rule,
        table_version=table.version,
        reasons=tuple(grounds.reasons),
        cycle_days=cycle,
        next_due=_next_due(facts, terms, visits, previous, risk_class, cycle, today),
        review_on=min((day for day in grounds.turns if day > today), default=None),
        to_confirm=needs_confirmation(term_in_force(terms, today), today),
        escalate=escalate,
        inspections=sum(visit.result.counts for visit in visits),
        decided_on=today,
    )


# -- due dates --------------------------------------------------------------------------------------------------------


def _next_due(
    facts: UnitFacts,
    terms: Sequence[Term],
    visits: Sequence[Visit],
    previous: ClassDecision | None,
    risk_class: RiskClass | None,
    cycle_days: int | None,
    today: date,
) -> date | None:
    if risk_class is None or cycle_days is None:
        return None
    counted = [visit.on for visit in visits if visit.result.counts]
    after_last = counted[-1] + timedelta(days=cycle_days) if counted else None
    if previous is None:
        return after_last or facts.registered_on
    if previous.next_due is None or previous.risk_class is None:
        # Let again: nobody owed a visit while it was not let.
        term = term_in_force(terms, today)
        let_on = max(facts.registered_on, term.since if term else today)
        return max(after_last or let_on, let_on)
    if after_last and len(counted) > previous.inspections:
        return after_last
    if risk_class.rank < previous.risk_class.rank:
        return min(previous.next_due, after_last or today + timedelta(days=cycle_days))
    return previous.next_due


def spread_first_due(key: str, cycle_days: int, today: date) -> date:
    """A first due date within one cycle from today, the same for the same key (unit code) on every machine.

    A first import would otherwise make every unit overdue on the day its registration was.
    """
    digest = hashlib.sha256(key.encode()).digest()
    return today + timedelta(days=int.from_bytes(digest[:8], "big") % cycle_days)


# -- due states -------------------------------------------------------------------------------------------------------

# The later a state stands here, the more urgent it is.
DUE_ORDER = (DueState.OK, DueState.DUE_SOON, DueState.DUE, DueState.OVERDUE)


def due_soon_days(cycle_days: int) -> int:
    """The last fifth of the cycle, at least one day."""
    return max(cycle_days * DUE_SOON_PERCENT // 100, 1)


def due_states(next_due: NDArray[np.datetime64], cycle_days: NDArray[np.int64], today: date) -> NDArray[np.uint8]:
    """The state of n units as positions in DUE_ORDER. next_due: (n,) days. cycle_days: (n,). Returns (n,)."""
    days_left = (next_due - np.datetime64(today)).astype(np.int64)
    cycles, which = np.unique(cycle_days, return_inverse=True)
    soon = np.array([due_soon_days(int(cycle)) for cycle in cycles], dtype=np.int64)[which]
    return np.sum([days_left <= soon, days_left <= 0, days_left < 0], axis=0, dtype=np.uint8)


def due_state(next_due: date, cycle_days: int, today: date) -> DueState:
    """The state of one unit."""
    state = due_states(np.array([next_due], dtype="datetime64[D]"), np.array([cycle_days]), today)
    return DUE_ORDER[int(state[0])]


def due_between(state: DueState, cycle_days: int, today: date) -> tuple[date, date]:
    """The first and the last due date, both included, of units in that state: the same said for a query."""
    tomorrow, after_soon = today + ONE_DAY, today + timedelta(days=due_soon_days(cycle_days) + 1)
    return {
        DueState.OVERDUE: (date.min, today - ONE_DAY),
        DueState.DUE: (today, today),
        DueState.DUE_SOON: (tomorrow, after_soon - ONE_DAY),
        DueState.OK: (after_soon, date.max),
    }[state]
