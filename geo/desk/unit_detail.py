"""One rental unit with all that its drawer shows: class and why, when it is due, how it is let, who was there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from geo.desk.asof import by, recorded, version_of
from geo.desk.board import in_primary
from geo.desk.details import Reading, chain_at, evidence_json, history
from geo.desk.scope import in_extents
from geo.desk.unit_state import due_values, term_of, term_values
from geo.errors import NotFound
from geo.model import RiskClass, Subject
from geo.rules.access import Extent
from geo.rules.reasons import from_json
from geo.rules.terms import needs_confirmation, term_in_force
from geo.store.tables import assignment, event, grid_version, inspection, place, rental_unit, unit_class, unit_term
from geo.store.types import utc_text

INSPECTIONS_SHOWN = 50


def unit_detail(
    conn: Connection, unit_id: int, reading: Reading, extents: Sequence[Extent] | None = None
) -> dict[str, Any]:
    """The unit drawer. Raises NotFound for what is not there and for what lies outside ``extents`` (None: all)."""
    at, today = reading.when.as_of, reading.when.today
    row = _row(conn, unit_id, extents, at)
    terms = conn.execute(
        select(unit_term)
        .where(unit_term.c.unit_id == unit_id, by(unit_term.c.from_at, at))
        .order_by(unit_term.c.from_at, unit_term.c.id)
    ).all()
    term = term_in_force([term_of(each) for each in terms], today)
    risk_class = RiskClass(row.risk_class) if row.risk_class else None
    return {
        "id": unit_id,
        "version": _version(conn, unit_id, at),
        "code": row.code,
        "label": row.label,
        "address": row.address,
        "place": _place(row),
        "grid": row.grid,
        "evidence": evidence_json(conn, row.evidence),
        "chain": chain_at(conn, row.grid_id, row.lon, row.lat, reading),
        "class": risk_class,
        "letter": risk_class.letter if risk_class else None,
        "rule": row.rule,
        "reasons": [_reason(data) for data in row.reasons],
        "table_version": row.table_version,
        **due_values(row, today),
        "registered_on": row.registered_on,
        "term": term_values(term) if term else None,
        "to_confirm": needs_confirmation(term, today),
        "inspections": _inspections(conn, unit_id, at),
        "history": history(conn, Subject.UNIT, unit_id, at),
        "lon": row.lon,
        "lat": row.lat,
        "may": [] if at else ["inspect", "set_term"],
    }


def is_within(conn: Connection, extents: Sequence[Extent], unit_id: int) -> bool:
    """Whether a unit lies in one of the extents now."""
    query = select(assignment.c.id).where(in_primary(Subject.UNIT, unit_id), in_extents(extents, assignment.c.grid_id))
    return conn.execute(query).first() is not None


def _row(conn: Connection, unit_id: int, extents: Sequence[Extent] | None, at: datetime | None) -> Any:
    query = (
        select(
            rental_unit.c.code, rental_unit.c.label, rental_unit.c.address, rental_unit.c.registered_on,
            place.c.code.label("place_code"), place.c.name.label("place_name"), place.c.name_en.label("place_name_en"),
            place.c.kind.label("place_kind"), grid_version.c.code.label("grid"),
            assignment.c.grid_id, assignment.c.lon, assignment.c.lat, assignment.c.evidence,
            unit_class.c.risk_class, unit_class.c.rule, unit_class.c.table_version,
            unit_class.c.reasons, unit_class.c.cycle_days, unit_class.c.next_due,
        )
        .select_from(
            rental_unit.join(unit_class, (unit_class.c.unit_id == rental_unit.c.id) & recorded(unit_class, at))
            .outerjoin(assignment, in_primary(Subject.UNIT, rental_unit.c.id, at))
            .outerjoin(grid_version, version_of(assignment.c.grid_id, at))
            .outerjoin(place, place.c.id == rental_unit.c.place_id)
        )
        .where(rental_unit.c.id == unit_id, recorded(rental_unit, at))
    )  # fmt: skip
    if extents is not None:
        query = query.where(in_extents(extents, assignment.c.grid_id))
    row = conn.execute(query).first()
    if row is None:
        raise NotFound(f"there is no rental unit {unit_id} that you may see")
    return row


def _version(conn: Connection, unit_id: int, at: datetime | None) -> int:
    """The unit's last event: whatever changes it leaves one."""
    mine = event.c.subject == Subject.UNIT, event.c.subject_id == unit_id, by(event.c.recorded_at, at)
    version: int = conn.execute(select(func.max(event.c.id)).where(*mine)).scalar_one()
    return version


def _place(row: Any) -> dict[str, Any] | None:
    if row.place_code is None:
        return None
    return {"code": row.place_code, "kind": row.place_kind, "name": row.place_name, "name_en": row.place_name_en}


def _reason(data: dict[str, Any]) -> dict[str, str]:
    reason = from_json(data)
    return {"code": reason.code, "zh": reason.text("zh"), "en": reason.text("en")}


def _inspections(conn: Connection, unit_id: int, at: datetime | None) -> list[dict[str, Any]]:
    """Newest first."""
    rows = conn.execute(
        select(inspection)
        .where(inspection.c.unit_id == unit_id, by(inspection.c.recorded_at, at))
        .order_by(inspection.c.occurred_at.desc(), inspection.c.id.desc())
        .limit(INSPECTIONS_SHOWN)
    )
    return [{"at": utc_text(r.occurred_at), "result": r.result, "note": r.note, "actor": r.actor} for r in rows]
