"""Rental units as the store holds them, turned into facts for the rules, and decisions turned into rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update

from geo.desk.board import in_primary
from geo.model import InspectionResult, Occupancy, RiskClass, Subject, Term, Visit
from geo.rules.class_table import DEFAULT, ClassTable, parse
from geo.rules.local import date_in
from geo.rules.reasons import from_json
from geo.rules.risk import ClassDecision, UnitFacts, due_state
from geo.store.tables import assignment, class_table, inspection, rental_unit, unit_class, unit_term

CLASS_COLUMNS = ("risk_class", "rule", "table_version", "reasons", "cycle_days", "next_due", "review_on")
PART = 10_000  # ids a query


@dataclass(frozen=True, slots=True)
class UnitState:
    """One unit now: what is known of it, and the decision in force with the row that holds it."""

    unit_id: int
    facts: UnitFacts
    decision: ClassDecision
    class_row_id: int
    grid_id: int | None  # of the primary scheme


def table_in_force(conn: Connection, today: date) -> ClassTable:
    """The newest class table whose first day has come; the default one in a store that has none of its own."""
    data = conn.execute(
        select(class_table.c.data)
        .where(class_table.c.valid_from <= today.isoformat())
        .order_by(class_table.c.version.desc())
        .limit(1)
    ).scalar_one_or_none()
    return DEFAULT if data is None else parse(data)


def load_states(conn: Connection, unit_ids: Sequence[int], zone: ZoneInfo) -> dict[int, UnitState]:
    """The states of those units that are there and whose import was not undone."""
    found: dict[int, UnitState] = {}
    for start in range(0, len(unit_ids), PART):
        part = unit_ids[start : start + PART]
        rows = conn.execute(
            select(unit_class, rental_unit.c.registered_on)
            .join(rental_unit, rental_unit.c.id == unit_class.c.unit_id)
            .where(unit_class.c.unit_id.in_(part), unit_class.c.to_at.is_(None), rental_unit.c.undone_at.is_(None))
            .order_by(unit_class.c.unit_id)
        ).all()
        terms, visits, grids = _terms(conn, part), _visits(conn, part, zone), _grids(conn, part)
        for row in rows:
            facts = UnitFacts(
                date.fromisoformat(row.registered_on),
                tuple(terms.get(row.unit_id, ())),
                tuple(visits.get(row.unit_id, ())),
            )
            decision = _decision(row, facts, zone)
            found[row.unit_id] = UnitState(row.unit_id, facts, decision, row.id, grids.get(row.unit_id))
    return found


def _terms(conn: Connection, unit_ids: Sequence[int]) -> dict[int, list[Term]]:
    rows = conn.execute(
        select(unit_term).where(unit_term.c.unit_id.in_(unit_ids)).order_by(unit_term.c.from_at, unit_term.c.id)
    )
    found: dict[int, list[Term]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append(term_of(row))
    return found


def term_of(row: Any) -> Term:
    return Term(
        Occupancy(row.occupancy),
        date.fromisoformat(row.since),
        date.fromisoformat(row.until) if row.until else None,
        row.months,
        row.registered,
        row.rooms,
        row.rooms_vacant,
    )


def _visits(conn: Connection, unit_ids: Sequence[int], zone: ZoneInfo) -> dict[int, list[Visit]]:
    rows = conn.execute(
        select(inspection.c.unit_id, inspection.c.occurred_at, inspection.c.result)
        .where(inspection.c.unit_id.in_(unit_ids))
        .order_by(inspection.c.occurred_at, inspection.c.id)
    )
    found: dict[int, list[Visit]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append(Visit(date_in(zone, row.occurred_at), InspectionResult(row.result)))
    return found


def _grids(conn: Connection, unit_ids: Sequence[int]) -> dict[int, int | None]:
    rows = conn.execute(
        select(rental_unit.c.id, assignment.c.grid_id)
        .select_from(rental_unit.join(assignment, in_primary(Subject.UNIT, rental_unit.c.id)))
        .where(rental_unit.c.id.in_(unit_ids))
    )
    return {row.id: row.grid_id for row in rows}


def _decision(row: Any, facts: UnitFacts, zone: ZoneInfo) -> ClassDecision:
    return ClassDecision(
        risk_class=RiskClass(row.risk_class) if row.risk_class else None,
        rule=row.rule,
        table_version=row.table_version,
        reasons=tuple(from_json(reason) for reason in row.reasons),
        cycle_days=row.cycle_days,
        next_due=date.fromisoformat(row.next_due) if row.next_due else None,
        review_on=date.fromisoformat(row.review_on) if row.review_on else None,
        inspections=sum(visit.result.counts for visit in facts.visits),
        decided_on=date_in(zone, row.from_at),
    )


# -- rows -------------------------------------------------------------------------------------------------------------


def class_values(decision: ClassDecision) -> dict[str, Any]:
    """What the store keeps of a decision: the columns of CLASS_COLUMNS."""
    return {
        "risk_class": decision.risk_class,
        "rule": decision.rule,
        "table_version": decision.table_version,
        "reasons": [reason.as_json() for reason in decision.reasons],
        "cycle_days": decision.cycle_days,
        "next_due": decision.next_due.isoformat() if decision.next_due else None,
        "review_on": decision.review_on.isoformat() if decision.review_on else None,
    }


def due_values(row: Any, today: date) -> dict[str, Any]:
    """When a unit is due next, as programs read it, from its class row."""
    due = date.fromisoformat(row.next_due) if row.next_due else None
    return {
        "cycle_days": row.cycle_days,
        "next_due": row.next_due,
        "due_state": due_state(due, row.cycle_days, today) if due else None,
        "days_overdue": max((today - due).days, 0) if due else 0,
    }


def class_row(unit_id: int, decision: ClassDecision, from_at: datetime, event_id: int) -> dict[str, Any]:
    return interval_row(unit_id, class_values(decision), from_at, event_id)


def term_values(term: Term) -> dict[str, Any]:
    return {
        "occupancy": term.occupancy,
        "since": term.since.isoformat(),
        "until": term.until.isoformat() if term.until else None,
        "months": term.months,
        "registered": term.registered,
        "rooms": term.rooms,
        "rooms_vacant": term.rooms_vacant,
    }


def term_row(unit_id: int, term: Term, from_at: datetime, event_id: int) -> dict[str, Any]:
    return interval_row(unit_id, term_values(term), from_at, event_id)


def interval_row(unit_id: int, values: Mapping[str, Any], from_at: datetime, event_id: int) -> dict[str, Any]:
    """A row of unit_class or unit_term that begins with an event and is open."""
    return {"unit_id": unit_id, **values, "from_at": from_at, "to_at": None, "event_id": event_id}


def close_rows(conn: Connection, table: Any, unit_ids: Iterable[int], at: datetime) -> None:
    """End the open interval rows of these units in unit_term or unit_class."""
    ids = list(unit_ids)
    for start in range(0, len(ids), PART):
        part = table.c.unit_id.in_(ids[start : start + PART])
        conn.execute(update(table).where(part, table.c.to_at.is_(None)).values(to_at=at))
