"""Whole lives of rental units written in bulk: terms, inspections and every class that followed from them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import shapely

from geo.desk.assigning import Spot, assign, assignment_row
from geo.desk.received import position
from geo.desk.tx import Tx
from geo.desk.unit_state import class_values, interval_row, table_in_force, term_row, term_values
from geo.desk.units import ESCALATED, escalation, what_changed
from geo.errors import BadInput
from geo.model import SYSTEM, InspectionResult, Subject, Term, Visit
from geo.rules.local import date_in
from geo.rules.risk import ClassDecision, UnitFacts, classify
from geo.store.insert import insert_many
from geo.store.tables import assignment, event, inspection, place, rental_unit, unit_class, unit_term

NIGHT = time(0, 5)  # local time at which the service looks at classes that time alone has changed
PART = 4_000  # lives written at a time
MOST_KNOWN = 100_000  # decisions kept for the lives to come, some hundred megabytes


@dataclass(frozen=True, slots=True)
class TermStep:
    """A use of the unit, and when it was entered."""

    recorded_at: datetime
    term: Term
    actor: str


@dataclass(frozen=True, slots=True)
class VisitStep:
    """One inspection: when it took place, when it was entered, its outcome, who made it."""

    occurred_at: datetime
    recorded_at: datetime
    result: InspectionResult
    actor: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class UnitLife:
    """One rental unit with its uses and inspections, each oldest first. lon, lat: WGS84 degrees.

    It is registered when its first term is entered. place_code: the stairwell, building or compound it lies in.
    """

    code: str
    place_code: str | None
    label: str | None
    address: str | None
    registered_on: date
    lon: float
    lat: float
    terms: tuple[TermStep, ...]
    visits: tuple[VisitStep, ...] = ()


@dataclass(slots=True)
class _Moment:
    """A decision and what follows from it: one for all lives that came to it by the same steps on the same days."""

    decision: ClassDecision
    told: dict[str, Any]  # what the event says of it
    values: dict[str, Any] | None  # the class row; None where it stayed as it was
    then: _Moments = field(default_factory=dict)


# By what happened next: the local day, and what was entered on it (None: a night on which time changed the class).
_Moments = dict[tuple[Hashable, ...], _Moment]


@dataclass(slots=True)
class _Happening:
    """One event of a unit with the rows that follow from it; ``event_id`` once it is known."""

    at: datetime
    kind: str
    actor: str
    unit: int  # position in the list of lives
    told: dict[str, Any]
    occurred_at: datetime | None = None
    reason: str | None = None
    term: Term | None = None
    visit: VisitStep | None = None
    class_values: dict[str, Any] | None = None
    event_id: int = field(default=0)


def load_unit_lives(
    tx: Tx, lives: Sequence[UnitLife], progress: Callable[[int], None] = lambda done: None
) -> list[int]:
    """Write lives decided by the edition and the class table in force. Returns unit ids, in order.

    Written ``PART`` at a time, which bounds the memory; ``progress`` is told how many are done. Raises BadInput for a
    life that does not begin with a term or reaches into the future.
    """
    places = dict(tx.conn.execute(place.select().with_only_columns(place.c.code, place.c.id)).all())
    rules = _Rules(tx)
    unit_ids: list[int] = []
    for start in range(0, len(lives), PART):
        unit_ids += _write_part(tx, lives[start : start + PART], places, rules)
        progress(len(unit_ids))
    return unit_ids


def _write_part(tx: Tx, lives: Sequence[UnitLife], places: Mapping[str, int], rules: _Rules) -> list[int]:
    spots = [Spot(position(life.lon, life.lat, "wgs84")) for life in lives]
    rows = [_unit_row(life, spot, places) for life, spot in zip(lives, spots, strict=True)]
    unit_ids = insert_many(tx.conn, rental_unit, rows)
    sheets = tx.sheets()
    decided = [assign(sheet, spots) for sheet in sheets]
    grids = [decision.grid_id for decision in decided[0]] if decided else [None] * len(lives)
    happenings = [each for i, life in enumerate(lives) for each in rules.replay(i, life)]
    happenings.sort(key=lambda each: each.at)
    _write(tx, happenings, unit_ids, grids)
    registered = {each.unit: each for each in happenings if each.kind == "unit.registered"}
    assigned = [
        assignment_row(
            Subject.UNIT, unit_ids[i], sheet, spots[i], decisions[i], registered[i].event_id, registered[i].at
        )
        for sheet, decisions in zip(sheets, decided, strict=True)
        for i in range(len(lives))
    ]
    insert_many(tx.conn, assignment, assigned)
    return unit_ids


def _unit_row(life: UnitLife, spot: Spot, places: Mapping[str, int]) -> dict[str, Any]:
    return {
        "code": life.code,
        "place_id": places.get(life.place_code or ""),
        "label": life.label,
        "address": life.address,
        "registered_on": life.registered_on.isoformat(),
        "geom": shapely.Point(spot.lon, spot.lat),
        "batch_id": None,
        "undone_at": None,
    }


class _Rules:
    """The class table in force, asked once for every course of days: many units are let and inspected alike."""

    def __init__(self, tx: Tx) -> None:
        self._now, self._zone = tx.now, tx.zone
        self._table = table_in_force(tx.conn, tx.today)
        self._first: _Moments = {}
        self._known = 0

    def replay(self, unit: int, life: UnitLife) -> list[_Happening]:
        """What the verbs would have recorded, nights between them included, up to now."""
        steps: list[TermStep | VisitStep] = sorted([*life.terms, *life.visits], key=lambda step: step.recorded_at)
        if not steps or not isinstance(steps[0], TermStep) or steps[-1].recorded_at > self._now:
            raise BadInput(f"the life of unit {life.code} begins with a term and ends before now")
        so_far = _SoFar(life.registered_on)
        moment: _Moment | None = None
        escalated = False
        found: list[_Happening] = []
        for step in steps:
            if moment is not None:
                moment = self._nights(unit, so_far, moment, step.recorded_at, found)
            happening = _happening(unit, step, first=moment is None)
            entered = so_far.add(step, self._zone)
            moment = self._decide(so_far, moment, date_in(self._zone, step.recorded_at), entered)
            happening.told |= moment.told
            happening.class_values = moment.values
            found.append(happening)
            follow_up = escalation(escalated, moment.decision, step.result if isinstance(step, VisitStep) else None)
            if follow_up is not None:
                kind, reason = follow_up
                escalated = kind == ESCALATED
                found.append(_Happening(step.recorded_at, kind, step.actor, unit, {}, reason=reason))
        assert moment is not None
        self._nights(unit, so_far, moment, self._now, found)
        return found

    def _nights(self, unit: int, so_far: _SoFar, moment: _Moment, until: datetime, found: list[_Happening]) -> _Moment:
        """The nights before ``until`` on which time alone changed the class."""
        while moment.decision.review_on is not None:
            # Decisions of a day are made the next night at the earliest, as the service does.
            night = max(moment.decision.review_on, moment.decision.decided_on + timedelta(days=1))
            at = datetime.combine(night, NIGHT, self._zone)
            if at >= until:
                break
            moment = self._decide(so_far, moment, night, None)
            found.append(_Happening(at, "unit.reclassified", SYSTEM.id, unit, moment.told, class_values=moment.values))
        return moment

    def _decide(self, so_far: _SoFar, before: _Moment | None, day: date, entered: Term | Visit | None) -> _Moment:
        known = before.then if before else self._first
        key = (day, entered) if before else (day, entered, so_far.registered_on)
        if key not in known:
            previous = before.decision if before else None
            known[key] = self._moment(so_far.facts(), previous, day, is_night=entered is None)
        return known[key]

    def _moment(self, facts: UnitFacts, previous: ClassDecision | None, day: date, *, is_night: bool) -> _Moment:
        self._known += 1
        if self._known > MOST_KNOWN:
            self._first, self._known = {}, 0
        decision = classify(facts, previous, self._table, day)
        values = class_values(decision)
        stays = previous is not None and not is_night and values == class_values(previous)
        return _Moment(decision, what_changed(previous, decision), None if stays else values)


@dataclass(slots=True)
class _SoFar:
    """What is known of a unit at a moment of its life."""

    registered_on: date
    terms: list[Term] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    def add(self, step: TermStep | VisitStep, zone: ZoneInfo) -> Term | Visit:
        if isinstance(step, TermStep):
            self.terms.append(step.term)
            return step.term
        visit = Visit(date_in(zone, step.occurred_at), step.result)
        self.visits.append(visit)
        return visit

    def facts(self) -> UnitFacts:
        return UnitFacts(self.registered_on, tuple(self.terms), tuple(self.visits))


def _happening(unit: int, step: TermStep | VisitStep, *, first: bool) -> _Happening:
    if isinstance(step, TermStep):
        kind = "unit.registered" if first else "unit.term_set"
        told: dict[str, Any] = {} if first else {"term": term_values(step.term)}
        return _Happening(step.recorded_at, kind, step.actor, unit, told, term=step.term)
    return _Happening(
        step.recorded_at, "unit.inspected", step.actor, unit, {"result": step.result},
        occurred_at=step.occurred_at, visit=step,
    )  # fmt: skip


def _write(tx: Tx, happenings: list[_Happening], unit_ids: Sequence[int], grids: Sequence[int | None]) -> None:
    event_ids = insert_many(
        tx.conn,
        event,
        [
            tx.event_row(
                each.kind, Subject.UNIT, unit_ids[each.unit], grid_id=grids[each.unit],
                occurred_at=each.occurred_at or each.at, reason=each.reason, data=each.told,
            ) | {"recorded_at": each.at, "actor": each.actor}
            for each in happenings
        ],
    )  # fmt: skip
    terms: dict[int, list[dict[str, Any]]] = {}
    classes: dict[int, list[dict[str, Any]]] = {}
    visits = []
    for each, event_id in zip(happenings, event_ids, strict=True):
        each.event_id = event_id
        unit_id = unit_ids[each.unit]
        if each.term is not None:
            _follow(terms.setdefault(unit_id, []), term_row(unit_id, each.term, each.at, event_id))
        if each.class_values is not None:
            _follow(classes.setdefault(unit_id, []), interval_row(unit_id, each.class_values, each.at, event_id))
        if each.visit is not None:
            visits.append(_inspection_row(unit_id, each.visit, event_id))
    insert_many(tx.conn, unit_term, [row for rows in terms.values() for row in rows])
    insert_many(tx.conn, unit_class, [row for rows in classes.values() for row in rows])
    insert_many(tx.conn, inspection, visits)


def _follow(rows: list[dict[str, Any]], row: dict[str, Any]) -> None:
    """Append an interval row; the one before ends where it begins."""
    if rows:
        rows[-1]["to_at"] = row["from_at"]
    rows.append(row)


def _inspection_row(unit_id: int, visit: VisitStep, event_id: int) -> dict[str, Any]:
    return {
        "unit_id": unit_id,
        "result": visit.result,
        "note": visit.note,
        "occurred_at": visit.occurred_at,
        "recorded_at": visit.recorded_at,
        "actor": visit.actor,
        "event_id": event_id,
    }
