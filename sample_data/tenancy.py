"""What happened to a rental unit over a year: leases, vacancies and inspections, simulated by the rules themselves.

A unit is inspected about when it falls due, sometimes late; its class and next due date come from ``geo.rules.risk``
after every step. Thousands of such courses are played; the units of the district are then dealt courses so that today's
classes come out as planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from geo.model import InspectionResult, Occupancy, RiskClass, Term, Visit
from geo.rules.class_table import ClassTable
from geo.rules.risk import ClassDecision, UnitFacts, classify
from geo.rules.terms import add_months

DAYS = 365
_START_SPREAD = 45  # most units were registered in the first weeks of the year that is told
_NEVER = date.max


@dataclass(frozen=True, slots=True)
class Letting:
    """A habit of letting: lease months, how often a lease is renewed, tenants registered, rooms."""

    months: tuple[float, float]
    renewed: float
    registered: float = 1.0
    vacant_days: float = 12.0  # mean, between two tenants
    shared: float = 0.06  # let room by room


LETTINGS: tuple[tuple[float, Letting], ...] = (
    (0.10, Letting((0.25, 0.95), 0.4, registered=0.75, vacant_days=8, shared=0.2)),
    (0.18, Letting((1.0, 2.9), 0.4, registered=0.97, vacant_days=10, shared=0.12)),
    (0.24, Letting((3.0, 5.9), 0.45)),
    (0.22, Letting((6.0, 11.9), 0.5)),
    (0.14, Letting((12.0, 24.0), 0.6)),
    (0.12, Letting((2.0, 9.0), 0.3, vacant_days=120)),
)
_STEADY = LETTINGS[3][1]
_SHORT_MONTHS = 3.0
_TURNED_SHORT = 0.72  # share of the short lettings that began in the course of the year

# By class: how often an inspection comes late, and by what share of the cycle on average.
_LATE = {
    RiskClass.RED: (0.34, 0.45),
    RiskClass.ORANGE: (0.24, 0.3),
    RiskClass.YELLOW: (0.2, 0.22),
    RiskClass.BLUE: (0.17, 0.2),
    RiskClass.GREEN: (0.15, 0.2),
}
_RESULTS = tuple(InspectionResult)  # pass, minor, major, not home, not admitted
_RESULT_SHARES = (0.895, 0.05, 0.008, 0.043, 0.004)


@dataclass(slots=True)
class Course:
    """One year of a unit. terms: (day it was entered, use), the first on the registration day. visits by day."""

    registered_on: date
    terms: list[tuple[date, Term]]
    visits: list[Visit] = field(default_factory=list)
    decision: ClassDecision | None = None  # of the last day

    def stratum(self, today: date) -> tuple[RiskClass | None, bool]:
        """Class today, and whether an inspection is overdue."""
        assert self.decision is not None
        due = self.decision.next_due
        return self.decision.risk_class, due is not None and due < today


def play(rng: np.random.Generator, today: date, gone: float, table: ClassTable) -> Course:
    """One course up to ``today``, of which a share has ``gone``: so many of today's inspections have taken place."""
    registered_on = _registration(rng, today)
    course = Course(registered_on, list(_uses(rng, registered_on, today)))
    _inspect(rng, course, today, gone, table)
    return course


def _registration(rng: np.random.Generator, today: date) -> date:
    ago = DAYS - rng.integers(0, _START_SPREAD) if rng.uniform() < 0.6 else rng.integers(3, DAYS - _START_SPREAD)
    return today - timedelta(days=int(ago))


def _letting(rng: np.random.Generator) -> Letting:
    shares = np.array([share for share, _ in LETTINGS])
    return LETTINGS[rng.choice(len(LETTINGS), p=shares / shares.sum())][1]


def _uses(rng: np.random.Generator, registered_on: date, today: date) -> Iterator[tuple[date, Term]]:
    """Uses in the order in which they were entered; a few units stop being let."""
    final = _letting(rng)
    turns_short = final.months[0] < _SHORT_MONTHS and rng.uniform() < _TURNED_SHORT
    turned_on = today - timedelta(days=int(rng.uniform(12, 110))) if turns_short else registered_on
    rooms = int(rng.integers(3, 8)) if rng.uniform() < final.shared else 1
    letting = _STEADY if registered_on < turned_on else final
    entered = registered_on
    since = registered_on - timedelta(days=int(rng.uniform() ** 2 * 30.4 * letting.months[1]))
    vacant = rng.uniform() < min(letting.vacant_days / 260.0, 0.5)
    yesterday = today - timedelta(days=1)
    is_sold = rng.uniform() < 0.03
    while entered <= yesterday:
        if vacant:
            yield entered, Term(Occupancy.VACANT, since)
            since = max(since, entered) + timedelta(days=1 + int(rng.exponential(letting.vacant_days)))
        elif is_sold and rng.uniform() < 0.3:
            yield entered, Term(Occupancy.NOT_LET, since)
            return
        else:
            until_turn = turned_on if letting is not final else None
            leases = list(_leases(rng, letting, since, entered, rooms, yesterday, until_turn))
            yield from leases
            entered, last = leases[-1]
            if last.until is None:
                return
            letting = final if letting is not final and last.until >= turned_on else letting
            since = last.until + timedelta(days=1)
        vacant = not vacant and rng.uniform() < 0.75
        entered = max(since + timedelta(days=int(rng.integers(0, 6))), entered + timedelta(days=1))


def _leases(
    rng: np.random.Generator,
    letting: Letting,
    since: date,
    entered: date,
    rooms: int,
    yesterday: date,
    breaks_on: date | None,
) -> Iterator[tuple[date, Term]]:
    """A lease that was running when it was entered, and its renewals. A few have no agreed end: their term is unknown.

    breaks_on: when the owner turned to other tenants, and ended it early.
    """
    months = round(float(rng.uniform(*letting.months)), 0 if letting.months[0] >= 1 else 2)
    vacant = min(int(rng.binomial(rooms, 0.3)), rooms - 1)
    registered = bool(rng.uniform() < letting.registered)
    if rng.uniform() < 0.012:
        yield entered, Term(Occupancy.LET, since, None, None, registered, rooms, vacant)
        return
    until = _last_day(since, months)
    while until <= entered:
        until = _last_day(until + timedelta(days=1), months)
    if breaks_on is not None and entered < breaks_on < until:
        yield entered, Term(Occupancy.LET, since, breaks_on, months, registered, rooms, vacant)
        return
    term = Term(Occupancy.LET, since, until, months, registered, rooms, vacant)
    yield entered, term
    while rng.uniform() < letting.renewed:
        entered = max(until + timedelta(days=int(rng.integers(-12, 9))), entered + timedelta(days=1))
        if entered > yesterday:
            return
        until = _last_day(until + timedelta(days=1), months)
        term = replace(term, until=until)
        yield entered, term


def _last_day(since: date, months: float) -> date:
    whole = int(months)
    return add_months(since, whole) + timedelta(days=max(round((months - whole) * 30), 0 if whole else 3) - 1)


def _inspect(rng: np.random.Generator, course: Course, today: date, gone: float, table: ClassTable) -> None:
    """Go through the year: uses as they are entered, inspections about when they are due, classes that turn by time."""
    waiting = course.terms[1:]
    facts = UnitFacts(course.registered_on, (course.terms[0][1],))
    decision = classify(facts, None, table, course.registered_on)
    visit_on = _planned(rng, decision, course.registered_on)
    while True:
        term_on = waiting[0][0] if waiting else _NEVER
        turn_on = max(decision.review_on, decision.decided_on + timedelta(days=1)) if decision.review_on else _NEVER
        if visit_on == today and rng.uniform() >= gone:
            visit_on += timedelta(days=1)
        day = min(term_on, turn_on, visit_on)
        if day > today:
            break
        due_before, not_home = decision.next_due, False
        if day == term_on:
            facts = replace(facts, terms=(*facts.terms, waiting.pop(0)[1]))
        elif day == visit_on:
            visit = Visit(day, _RESULTS[rng.choice(len(_RESULTS), p=_RESULT_SHARES)])
            course.visits.append(visit)
            facts = replace(facts, visits=(*facts.visits, visit))
            not_home = visit.result is InspectionResult.NOT_HOME
        decision = classify(facts, decision, table, day)
        if not_home:
            visit_on = day + timedelta(days=int(rng.integers(1, 4)))
        elif day == visit_on or decision.next_due != due_before:
            seen_today = bool(course.visits) and course.visits[-1].on == day
            visit_on = _planned(rng, decision, day + timedelta(days=seen_today))
    course.decision = classify(facts, decision, table, today)


def _planned(rng: np.random.Generator, decision: ClassDecision, earliest: date) -> date:
    """When the next inspection will really take place: a little before it is due, or late."""
    if decision.next_due is None or decision.cycle_days is None or decision.risk_class is None:
        return _NEVER
    often, share = _LATE[decision.risk_class]
    if rng.uniform() < often:
        off = 1 + int(rng.exponential(share * decision.cycle_days))
    else:
        off = -int(rng.uniform(0, 0.22) * decision.cycle_days)
    return max(decision.next_due + timedelta(days=off), earliest)
