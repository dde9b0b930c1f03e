"""Rental units: record an inspection, say how a unit is let, let the class follow, see what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, func, insert, or_, select, update

from geo.desk import batches
from geo.desk.asof import version_of
from geo.desk.board import in_primary
from geo.desk.received import check_time
from geo.desk.scope import in_extents
from geo.desk.tx import Tx
from geo.desk.unit_state import (
    UnitState,
    class_row,
    class_values,
    close_rows,
    load_states,
    table_in_force,
    term_row,
    term_values,
)
from geo.errors import BadInput, Conflict, NotFound
from geo.model import InspectionResult, Subject, Term, Visit
from geo.rules.access import Extent
from geo.rules.local import date_in
from geo.rules.risk import ClassDecision, UnitFacts, classify
from geo.rules.terms import check_term, renewed, term_in_force
from geo.store.insert import insert_many
from geo.store.tables import assignment, event, grid_version, inspection, rental_unit, unit_class, unit_term
from geo.store.types import utc_text

UNCHANGED: Final = "unchanged"
MAX_NOTE = 2000
ESCALATED, ESCALATION_ENDED = "unit.escalated", "unit.escalation_ended"
WORKED_ON = ("unit.inspected", "unit.term_set", "unit.confirmed")


# -- verbs ------------------------------------------------------------------------------------------------------------


def record_inspection(
    tx: Tx,
    unit_id: int,
    result: InspectionResult,
    note: str | None = None,
    occurred_at: datetime | None = None,
    term: Term | Literal["unchanged"] | None = None,
) -> ClassDecision:
    """One visit and what it found; with it, if it was asked, how the unit is let now or that nothing changed.

    occurred_at: when the visit was, ``tx.now`` if not said. Raises NotFound; BadInput for a time in the future, a note
    that is too long or a term that cannot be.
    """
    state = _state(tx, unit_id)
    check_time("an inspection at", occurred_at, tx.now)
    at = min(occurred_at or tx.now, tx.now)
    note = (note or "").strip() or None
    if note and len(note) > MAX_NOTE:
        raise BadInput(f"the note has {len(note):,} characters; at most {MAX_NOTE:,} are kept")
    new_term = _renewed_term(tx, state) if term == UNCHANGED else _checked(term)
    visit = Visit(date_in(tx.zone, at), result)
    facts = replace(state.facts, visits=(*state.facts.visits, visit))
    told = {"result": result} | ({"unchanged": True} if term == UNCHANGED else {})
    decision, event_id = _decide(tx, state, facts, new_term, "unit.inspected", told, at)
    tx.conn.execute(
        insert(inspection).values(
            unit_id=unit_id,
            result=result,
            note=note,
            occurred_at=at,
            recorded_at=tx.now,
            actor=tx.actor.id,
            event_id=event_id,
        )
    )
    _follow_up(tx, state, decision, result)
    return decision


def set_term(tx: Tx, unit_id: int, term: Term) -> ClassDecision:
    """How the unit is used from a day on: let, vacant, no longer let. Raises NotFound, BadInput."""
    state = _state(tx, unit_id)
    decision, _ = _decide(tx, state, state.facts, _checked(term), "unit.term_set", {})
    _follow_up(tx, state, decision, None)
    return decision


def confirm_term(tx: Tx, unit_id: int) -> ClassDecision:
    """Nothing changed: a lease that ended runs on for its length again. Raises NotFound, Conflict for unknown use."""
    state = _state(tx, unit_id)
    decision, _ = _decide(tx, state, state.facts, _renewed_term(tx, state), "unit.confirmed", {})
    return decision


def _state(tx: Tx, unit_id: int) -> UnitState:
    state = load_states(tx.conn, [unit_id], tx.zone).get(unit_id)
    if state is None:
        raise NotFound(f"there is no rental unit {unit_id}")
    return state


def _checked(term: Term | None) -> Term | None:
    if term is not None:
        check_term(term)
    return term


def _renewed_term(tx: Tx, state: UnitState) -> Term | None:
    """The term that "nothing changed" makes, None where it stays as it is."""
    known = term_in_force(state.facts.terms, tx.today)
    if known is None:
        raise Conflict("nothing is known yet about how this unit is let: say so before confirming it")
    term = renewed(known, tx.today)
    return None if term == known else term


def _decide(
    tx: Tx,
    state: UnitState,
    facts: UnitFacts,
    term: Term | None,
    kind: str,
    told: dict[str, Any],
    occurred_at: datetime | None = None,
) -> tuple[ClassDecision, int]:
    """Decide with what is known now, and write the event, the term if new, the class if anything of it changed."""
    if term is not None:
        facts = replace(facts, terms=(*facts.terms, term))
        told = told | {"term": term_values(term)}
    decision = classify(facts, state.decision, table_in_force(tx.conn, tx.today), tx.today)
    told = told | what_changed(state.decision, decision)
    event_id = tx.record(kind, Subject.UNIT, state.unit_id, grid_id=state.grid_id, occurred_at=occurred_at, data=told)
    if term is not None:
        close_rows(tx.conn, unit_term, [state.unit_id], tx.now)
        tx.conn.execute(insert(unit_term).values(term_row(state.unit_id, term, tx.now, event_id)))
    if class_values(decision) != class_values(state.decision):
        close_rows(tx.conn, unit_class, [state.unit_id], tx.now)
        tx.conn.execute(insert(unit_class).values(class_row(state.unit_id, decision, tx.now, event_id)))
    return decision, event_id


def what_changed(before: ClassDecision | None, after: ClassDecision) -> dict[str, Any]:
    """What an event tells of a decision: all of it for a new unit, then what is not as it was.

    The whole decision is the class row that names the event.
    """
    told = _outline(after)
    if before is None:
        return told
    was = _outline(before)
    changed = {name: value for name, value in told.items() if value != was[name]}
    return changed | {"class_before": was["class"]} if "class" in changed else changed


def _outline(decision: ClassDecision) -> dict[str, Any]:
    return {
        "class": decision.risk_class,
        "rule": decision.rule,
        "table_version": decision.table_version,
        "next_due": decision.next_due.isoformat() if decision.next_due else None,
    }


# -- classes that change with time ------------------------------------------------------------------------------------


def refresh(tx: Tx, limit: int = 500) -> int:
    """Decide again the units whose review day has come, or that another table decided. Returns how many.

    Run daily after local midnight, and after a new table, until it returns 0. A missed day loses nothing.
    """
    table = table_in_force(tx.conn, tx.today)
    stale = or_(unit_class.c.review_on <= tx.today.isoformat(), unit_class.c.table_version != table.version)
    unit_ids = tx.conn.execute(
        select(unit_class.c.unit_id).where(unit_class.c.to_at.is_(None), stale).order_by(unit_class.c.unit_id)
        .limit(limit)
    ).scalars().all()  # fmt: skip
    states = load_states(tx.conn, unit_ids, tx.zone)
    decided = [(state, classify(state.facts, state.decision, table, tx.today)) for state in states.values()]
    event_ids = insert_many(
        tx.conn,
        event,
        [
            tx.event_row("unit.reclassified", Subject.UNIT, state.unit_id, grid_id=state.grid_id,
                         data=what_changed(state.decision, decision))
            for state, decision in decided
        ],
    )  # fmt: skip
    close_rows(tx.conn, unit_class, states, tx.now)
    rows = [
        class_row(state.unit_id, decision, tx.now, event_id)
        for (state, decision), event_id in zip(decided, event_ids, strict=True)
    ]
    insert_many(tx.conn, unit_class, rows)
    return len(decided)


# -- what needs a person ----------------------------------------------------------------------------------------------


def _follow_up(tx: Tx, state: UnitState, decision: ClassDecision, result: InspectionResult | None) -> None:
    """Call for a person when nobody was let in or inspections change nothing; end it when a visit passes."""
    told = escalation(_escalated_by(tx.conn, state.unit_id), decision, result)
    if told is not None:
        tx.record(told[0], Subject.UNIT, state.unit_id, grid_id=state.grid_id, reason=told[1])


def escalation(stands: bool, decision: ClassDecision, result: InspectionResult | None) -> tuple[str, str | None] | None:
    """The event that follows, as kind and reason, or None. stands: whether the unit waits for a person already."""
    if result is InspectionResult.NOT_ADMITTED:
        return ESCALATED, str(InspectionResult.NOT_ADMITTED)
    if decision.escalate and not stands:
        return ESCALATED, "red_in_a_row"
    if stands and (result is InspectionResult.PASS or decision.risk_class is None):
        return ESCALATION_ENDED, None
    return None


def _escalated_by(conn: Connection, unit_id: int) -> bool:
    last = conn.execute(
        select(event.c.kind)
        .where(
            event.c.subject == Subject.UNIT,
            event.c.subject_id == unit_id,
            event.c.kind.in_((ESCALATED, ESCALATION_ENDED)),
        )
        .order_by(event.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return last == ESCALATED


def escalations(conn: Connection, extents: Sequence[Extent]) -> list[dict[str, Any]]:
    """Units that wait for a person, the longest first: [{"unit_id", "code", "grid", "since", "reason"}]."""
    last = (
        select(func.max(event.c.id))
        .where(event.c.subject == Subject.UNIT, event.c.kind.in_((ESCALATED, ESCALATION_ENDED)))
        .group_by(event.c.subject_id)
    )
    rows = conn.execute(
        select(
            rental_unit.c.id, rental_unit.c.code, grid_version.c.code.label("grid"), event.c.recorded_at, event.c.reason
        )
        .select_from(
            event.join(rental_unit, rental_unit.c.id == event.c.subject_id)
            .outerjoin(assignment, in_primary(Subject.UNIT, rental_unit.c.id))
            .outerjoin(grid_version, version_of(assignment.c.grid_id))
        )
        .where(
            event.c.id.in_(last),
            event.c.kind == ESCALATED,
            rental_unit.c.undone_at.is_(None),
            in_extents(extents, assignment.c.grid_id),
        )
        .order_by(event.c.id)
    )
    return [
        {"unit_id": r.id, "code": r.code, "grid": r.grid, "since": utc_text(r.recorded_at), "reason": r.reason}
        for r in rows
    ]


# -- undo -------------------------------------------------------------------------------------------------------------


def undo_units(tx: Tx, batch_id: int, *, even_worked: bool = False) -> int:
    """Take back the units of an import; their codes may then be imported again. Returns how many.

    Refuses with Conflict while units have been inspected or changed since, unless ``even_worked``.
    """
    mine = rental_unit.c.batch_id == batch_id, rental_unit.c.undone_at.is_(None)
    ids = select(rental_unit.c.id).where(*mine)
    of_units = event.c.subject == Subject.UNIT, event.c.subject_id.in_(ids), event.c.kind.in_(WORKED_ON)
    worked = tx.conn.execute(select(func.count(event.c.subject_id.distinct())).where(*of_units)).scalar_one()
    if worked and not even_worked:
        raise Conflict(
            f"{worked} rental units of batch {batch_id} have been inspected or changed since the import; "
            "undo with --even-worked to take them all back",
            worked=worked,
        )
    held = tx.conn.execute(
        select(rental_unit.c.id, assignment.c.grid_id)
        .select_from(rental_unit.outerjoin(assignment, in_primary(Subject.UNIT, rental_unit.c.id)))
        .where(*mine)
    )
    grid_of = {row.id: row.grid_id for row in held}
    rows = [tx.event_row("unit.withdrawn", Subject.UNIT, u, grid_id_before=g) for u, g in grid_of.items()]
    insert_many(tx.conn, event, rows)
    for table in (unit_class, unit_term):
        tx.conn.execute(update(table).where(table.c.unit_id.in_(ids), table.c.to_at.is_(None)).values(to_at=tx.now))
    theirs = assignment.c.subject == Subject.UNIT, assignment.c.subject_id.in_(ids), assignment.c.to_at.is_(None)
    tx.conn.execute(update(assignment).where(*theirs).values(to_at=tx.now))
    tx.conn.execute(update(rental_unit).where(*mine).values(undone_at=tx.now))
    batches.mark_undone(tx, batch_id, {"withdrawn": len(grid_of)})
    return len(grid_of)
