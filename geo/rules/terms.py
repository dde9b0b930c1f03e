"""Lease terms as dates: month arithmetic, what a term says, what "nothing changed" makes of it. Pure."""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from geo.errors import BadInput
from geo.model import Occupancy, Term

ONE_DAY = timedelta(days=1)
DAYS_PER_MONTH = 30  # for the broken part of a month, as leases by the week or the day are written
LONGEST_MONTHS = 1200.0
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


def add_months(day: date, months: int) -> date:
    """The same day so many months on; the last day of the month where there is no such day (31 January + 1)."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(day.day, last))


def months_between(since: date, until: date) -> float:
    """Months from the first to the last day, both counted: 1 January to 31 December is 12. 0 if until is earlier."""
    end = until + ONE_DAY
    if end <= since:
        return 0.0
    whole = (end.year - since.year) * 12 + end.month - since.month
    if add_months(since, whole) > end:
        whole -= 1
    rest = (end - add_months(since, whole)).days
    return whole + min(rest / DAYS_PER_MONTH, 0.99)


def agreed_months(term: Term) -> float | None:
    """The lease term in months: as stated, else from its first and last day, else None (unknown)."""
    if term.months is not None:
        return term.months
    return months_between(term.since, term.until) if term.until is not None else None


def renewed(term: Term, today: date) -> Term:
    """The term after someone found that nothing changed.

    A lease that ended runs on for the same length again, as often as it takes to reach today; the tenant stays, so
    ``since`` stays and nothing is counted as turnover. A term without an end, or not yet ended, is as it was.
    """
    if term.occupancy is not Occupancy.LET or term.until is None or term.until >= today:
        return term
    months = agreed_months(term)
    if not months:
        return replace(term, until=None)
    whole = int(months)
    broken_days = round((months - whole) * DAYS_PER_MONTH)
    if not whole:
        broken_days = max(broken_days, 1)
    until, rounds = term.until, 0
    while until < today:
        rounds += 1
        # From the agreed end each time: month ends would drift (31 January, 28 February, 28 March).
        until = add_months(term.until, whole * rounds) + timedelta(days=broken_days * rounds)
    return replace(term, until=until, months=months)


def term_in_force(terms: Sequence[Term], today: date) -> Term | None:
    """The use of the unit on that day; before the first one begins, the first. None where nothing is known."""
    stand = standing(terms)
    return next((term for term in reversed(stand) if term.since <= today), stand[0] if stand else None)


def needs_confirmation(term: Term | None, today: date) -> bool:
    """Whether a lease has ended and nobody has said what came after."""
    return term is not None and term.occupancy is Occupancy.LET and term.until is not None and term.until < today


def standing(terms: Sequence[Term]) -> list[Term]:
    """Terms by first day, without those that a later word replaced: the latest word wins from its first day on."""
    kept: list[Term] = []
    for term in reversed(terms):
        if not kept or term.since < kept[-1].since:
            kept.append(term)
    return kept[::-1]


def check_term(term: Term) -> None:
    """Raise BadInput for a term that cannot be: an end before its start, impossible months or rooms."""
    for day in (term.since, term.until):
        if day is not None and not EARLIEST <= day <= LATEST:
            raise BadInput(f"a lease date of {day}: give one from {EARLIEST} to {LATEST}", why="term")
    if term.until is not None and term.until < term.since:
        raise BadInput(f"the lease ends on {term.until}, before it begins on {term.since}", why="term")
    if term.months is not None and not (math.isfinite(term.months) and 0 < term.months <= LONGEST_MONTHS):
        raise BadInput(
            f"a lease term of {term.months} months: give a number above 0 and up to {LONGEST_MONTHS:.0f}", why="term"
        )
    if term.rooms < 1 or not 0 <= term.rooms_vacant <= term.rooms:
        raise BadInput(
            f"{term.rooms_vacant} of {term.rooms} rooms vacant: rooms from 1, vacant rooms from 0 to rooms", why="term"
        )
