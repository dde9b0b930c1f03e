"""What the class table says of one rental unit on one day: base, shifts, holds, and the reasons for them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from geo.model import InspectionResult, Occupancy, RiskClass, Term, Visit
from geo.rules.class_table import Band, ClassTable
from geo.rules.reasons import Reason
from geo.rules.terms import DAYS_PER_MONTH, ONE_DAY, add_months, agreed_months, term_in_force


@dataclass(slots=True)
class Grounds:
    """What the parts of the rule say about one day, gathered while they are read."""

    rule: str = ""
    base: RiskClass | None = None
    steps: int = 0
    held: bool = False
    reasons: list[Reason] = field(default_factory=list)
    turns: list[date] = field(default_factory=list)  # days on which a part of the rule reads differently

    def set_base(self, rule: str, base: RiskClass | None, reason: Reason) -> None:
        self.rule, self.base = rule, base
        self.reasons.append(reason)

    def risk_class(self, table: ClassTable) -> RiskClass | None:
        if self.base is None:
            return None
        return RiskClass.RED if self.held else self.base.shifted(max(self.steps, -table.max_below_base))


def assess(terms: Sequence[Term], visits: Sequence[Visit], table: ClassTable, today: date) -> Grounds:
    """The class of one day. terms: standing ones, by first day. visits: those up to that day, by day."""
    grounds = Grounds(turns=[term.since for term in terms])
    term = term_in_force(terms, today)
    if term is None:
        grounds.set_base("term_unknown", table.unknown_term, Reason("term_unknown"))
    elif term.occupancy is Occupancy.NOT_LET:
        grounds.set_base("not_let", None, Reason("not_let", {"since": term.since.isoformat()}))
        return grounds
    elif term.occupancy is Occupancy.VACANT:
        _read_vacancy(grounds, term, table, today)
    else:
        _read_lease(grounds, term, table, today)
        _read_rooms(grounds, term, table)
    _read_turnover(grounds, terms, table, today)
    _read_visits(grounds, visits, table)
    return grounds


def _read_lease(grounds: Grounds, term: Term, table: ClassTable, today: date) -> None:
    months = agreed_months(term)
    unconfirmed = False
    if term.until is not None:
        kept_until = term.until + timedelta(days=table.to_confirm_days)
        grounds.turns += [term.until + ONE_DAY, kept_until + ONE_DAY]
        unconfirmed = today > kept_until
        if term.until < today <= kept_until:
            dates = {"until": term.until.isoformat(), "kept_until": kept_until.isoformat()}
            grounds.reasons.append(Reason("lease_to_confirm", dates))
    if not term.registered:
        grounds.set_base("unregistered", table.unregistered, Reason("unregistered"))
    elif unconfirmed and term.until is not None:
        reason = Reason("lease_unconfirmed", {"until": term.until.isoformat()})
        grounds.set_base("term_unknown", table.unknown_term, reason)
    elif months is None:
        grounds.set_base("term_unknown", table.unknown_term, Reason("term_unknown"))
    else:
        band, _ = _band(table.lease, months)
        grounds.set_base(band.rule, band.risk_class, _of_lease(months))


def _of_lease(months: float) -> Reason:
    """A lease of weeks is told in days."""
    if 0.0 < months < 1.0:
        return Reason("term_days", {"days": max(round(months * DAYS_PER_MONTH), 1)})
    return Reason("term_months", {"months": f"{months:.4g}"})


def _read_vacancy(grounds: Grounds, term: Term, table: ClassTable, today: date) -> None:
    limits = [timedelta(days=band.below) for band in table.vacancy if band.below is not None]
    grounds.turns += [term.since + limit for limit in limits]
    band, at_least = _band(table.vacancy, (today - term.since).days)
    reason = Reason("vacant", {"since": term.since.isoformat(), "days": int(at_least)})
    grounds.set_base(band.rule, band.risk_class, reason)


def _band(bands: Sequence[Band], value: float) -> tuple[Band, float]:
    """The first band that takes the value, and where it begins."""
    begins = 0.0
    for band in bands[:-1]:
        if band.below is not None:
            if value < band.below:
                return band, begins
            begins = band.below
    return bands[-1], begins  # a table that passed its checks has no limit on the last line


def _read_rooms(grounds: Grounds, term: Term, table: ClassTable) -> None:
    """Only where let room by room: a unit that is vacant as a whole has its own rule."""
    if term.rooms > 1 and term.rooms_vacant / term.rooms >= table.room_vacancy_ratio:
        grounds.steps += table.room_vacancy_steps
        grounds.reasons.append(Reason("room_vacancy", {"rooms": term.rooms, "vacant": term.rooms_vacant}))


def _read_turnover(grounds: Grounds, terms: Sequence[Term], table: ClassTable, today: date) -> None:
    """A tenant change is a new lease after an earlier one; a renewed lease keeps its first day and is none."""
    changes = [term.since for term in terms if term.occupancy is Occupancy.LET and term.since <= today][1:]
    leaves = [add_months(since, table.turnover_months) for since in changes]
    recent = [day for day in leaves if day > today]
    if len(recent) >= table.turnover_changes:
        grounds.steps += table.turnover_steps
        grounds.turns.append(recent[-table.turnover_changes])
        limits = {"changes": table.turnover_changes, "months": table.turnover_months}
        grounds.reasons.append(Reason("turnover", limits))


def _read_visits(grounds: Grounds, visits: Sequence[Visit], table: ClassTable) -> None:
    """The last result, passes in a row, and a hold at red until the next pass. An attempt (not home) says nothing."""
    seen = [visit for visit in visits if visit.result is not InspectionResult.NOT_HOME]
    if not seen:
        return
    last = seen[-1]
    steps = table.result_steps.get(last.result, 0)
    if steps:
        grounds.steps += steps
        grounds.reasons.append(Reason(f"last_{last.result}", {"on": last.on.isoformat()}))
    run = seen[-table.passes_in_a_row :]
    if len(run) == table.passes_in_a_row and all(visit.result is InspectionResult.PASS for visit in run):
        grounds.steps += table.pass_steps
        grounds.reasons.append(Reason("passes", {"count": table.passes_in_a_row}))
    for visit in reversed(seen):
        if visit.result is InspectionResult.PASS:
            break
        if visit.result in table.red_until_pass:
            grounds.held = True
            grounds.rule = f"held_{visit.result}"
            grounds.reasons.append(Reason(grounds.rule, {"on": visit.on.isoformat()}))
            break


def red_in_a_row(terms: Sequence[Term], visits: Sequence[Visit], table: ClassTable) -> bool:
    """Whether each of the last inspections, as many as the table says, left the unit red."""
    counted = [i for i, visit in enumerate(visits) if visit.result.counts][-table.escalate_after :]
    return len(counted) == table.escalate_after and all(
        assess(terms, visits[: i + 1], table, visits[i].on).risk_class(table) is RiskClass.RED for i in counted
    )
