"""New rental units written in bulk: the unit, its term, its class, its grid in every scheme, and an event each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import shapely

from geo.desk.assigning import Spot, assign, assignment_row
from geo.desk.tx import Tx
from geo.desk.unit_spots import kept_point
from geo.desk.unit_state import class_row, table_in_force, term_row
from geo.desk.units import what_changed
from geo.model import Assignment, Position, Subject, Term
from geo.rules.class_table import ClassTable
from geo.rules.risk import ClassDecision, UnitFacts, classify, spread_first_due
from geo.store.insert import insert_many
from geo.store.tables import assignment, event, rental_unit, unit_class, unit_term


@dataclass(frozen=True)
class NewUnit:
    """A unit before anything is decided."""

    code: str
    registered_on: date
    term: Term
    position: Position | None = None
    place_code: str | None = None
    label: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Sited:
    """A unit with where it stands, and by what. place_id: of what it belongs to, whether or not that decided."""

    new: NewUnit
    spot: Spot
    place_id: int | None


@dataclass(frozen=True)
class Written:
    """A unit with its primary assignment; None in a store without grids."""

    unit_id: int
    assignment: Assignment | None
    decision: ClassDecision


def write_units(tx: Tx, units: Sequence[Sited], batch_id: int | None, *, spread: bool) -> list[Written]:
    """Write new units in bulk: unit, term, class, assignment in every scheme, one event each. In order."""
    if not units:
        return []
    unit_ids = insert_many(tx.conn, rental_unit, [_unit_row(unit, batch_id) for unit in units])
    table = table_in_force(tx.conn, tx.today)
    decisions = [_first_decision(unit.new, table, tx.today, spread) for unit in units]
    sheets = tx.sheets()
    assigned = [assign(sheet, [unit.spot for unit in units]) for sheet in sheets]
    primary: list[Assignment | None] = list(assigned[0]) if assigned else [None] * len(units)
    events = insert_many(
        tx.conn,
        event,
        [
            tx.event_row("unit.registered", Subject.UNIT, unit_id, grid_id=at.grid_id if at else None,
                         data=what_changed(None, decision))
            for unit_id, decision, at in zip(unit_ids, decisions, primary, strict=True)
        ],
    )  # fmt: skip
    triples = list(zip(unit_ids, units, events, strict=True))
    insert_many(tx.conn, unit_term, [term_row(unit_id, unit.new.term, tx.now, e) for unit_id, unit, e in triples])
    rows = [class_row(u, decision, tx.now, e) for u, decision, e in zip(unit_ids, decisions, events, strict=True)]
    insert_many(tx.conn, unit_class, rows)
    insert_many(
        tx.conn,
        assignment,
        [
            assignment_row(Subject.UNIT, unit_id, sheet, unit.spot, decision, event_id, tx.now)
            for sheet, found in zip(sheets, assigned, strict=True)
            for (unit_id, unit, event_id), decision in zip(triples, found, strict=True)
        ],
    )
    return [Written(u, at, decision) for u, at, decision in zip(unit_ids, primary, decisions, strict=True)]


def _first_decision(new: NewUnit, table: ClassTable, today: date, spread: bool) -> ClassDecision:
    decision = classify(UnitFacts(new.registered_on, (new.term,)), None, table, today)
    # Registered in the days to come: due then, there is nothing to catch up with.
    if spread and decision.cycle_days and new.registered_on <= today:
        return replace(decision, next_due=spread_first_due(new.code, decision.cycle_days, today))
    return decision


def _unit_row(unit: Sited, batch_id: int | None) -> dict[str, Any]:
    new, spot = unit.new, unit.spot
    return {
        "code": new.code,
        "place_id": unit.place_id,
        "label": new.label,
        "address": new.address,
        "registered_on": new.registered_on.isoformat(),
        "geom": shapely.Point(spot.lon, spot.lat) if spot.position else None,
        "batch_id": batch_id,
        "undone_at": None,
        **kept_point(new.position, by_place=spot.place_id is not None),
    }
