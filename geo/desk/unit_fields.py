"""The fields of a rental unit that registers speak of, as text, and how one is put into the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import shapely
from sqlalchemy import Connection, insert, select, update

from geo.desk.assigning import Spot, assign, assignment_row, stands_at
from geo.desk.tx import Tx
from geo.desk.unit_state import term_of
from geo.desk.units import set_term
from geo.errors import BadInput
from geo.model import Occupancy, Position, Subject, Term
from geo.rules.terms import check_term
from geo.store.tables import assignment, place, rental_unit, scheme, unit_term

OF_TERM = ("occupancy", "since", "until", "months", "registered", "rooms", "rooms_vacant")
_PLAIN = ("label", "address", "registered_on")


def position_text(lon: float, lat: float) -> str:
    """WGS84 degrees to a centimetre."""
    return f"{lon:.7f},{lat:.7f}"


def term_texts(term: Term) -> dict[str, str | None]:
    return {
        "occupancy": str(term.occupancy),
        "since": term.since.isoformat(),
        "until": term.until.isoformat() if term.until else None,
        "months": f"{term.months:g}" if term.months is not None else None,
        "registered": "yes" if term.registered else "no",
        "rooms": str(term.rooms),
        "rooms_vacant": str(term.rooms_vacant),
    }


def stored(conn: Connection, row_ids: Sequence[int]) -> dict[int, dict[str, str | None]]:
    """What the store says of these units."""
    rows = conn.execute(
        select(rental_unit, place.c.code.label("place"))
        .select_from(rental_unit.outerjoin(place, place.c.id == rental_unit.c.place_id))
        .where(rental_unit.c.id.in_(row_ids))
    ).all()
    found: dict[int, dict[str, str | None]] = {
        row.id: {
            "place": row.place,
            "position": position_text(row.geom.x, row.geom.y) if row.geom is not None else None,
            **{name: getattr(row, name) for name in _PLAIN},
        }
        for row in rows
    }
    terms = conn.execute(select(unit_term).where(unit_term.c.unit_id.in_(row_ids), unit_term.c.to_at.is_(None)))
    for row in terms:
        found[row.unit_id] |= term_texts(term_of(row))
    return found


def put(tx: Tx, row_id: int, values: Mapping[str, str | None]) -> None:
    """Say these fields of a unit anew; class and grid follow. Raises BadInput, with nothing put."""
    row = tx.conn.execute(select(rental_unit).where(rental_unit.c.id == row_id)).one()
    new = {name: values[name] for name in _PLAIN if name in values}
    held = _place(tx, values["place"]) if "place" in values else None
    if "place" in values:
        new["place_id"] = held.id if held else None
    term = _term(tx, row_id, values)
    if term is not None:
        check_term(term)
    if new:
        tx.conn.execute(update(rental_unit).where(rental_unit.c.id == row_id).values(**new))
    if term is not None:
        set_term(tx, row_id, term)
    before, after = _move(tx, row_id, _spot(tx, row, values, held))
    tx.record(
        "unit.corrected", Subject.UNIT, row_id, grid_id=after, grid_id_before=before, data={"fields": sorted(values)}
    )


def _place(tx: Tx, code: str | None) -> Any:
    if code is None:
        return None
    row = tx.conn.execute(
        select(place.c.id, place.c.geom).where(place.c.code == code, place.c.undone_at.is_(None))
    ).first()
    if row is None:
        raise BadInput(f"there is no place {code!r}: import places first")
    return row


def _term(tx: Tx, row_id: int, values: Mapping[str, str | None]) -> Term | None:
    """The term with these fields; as it was where another first day of the unit asks for a new decision."""
    if not any(name in values for name in (*OF_TERM, "registered_on")):
        return None
    now = term_of(
        tx.conn.execute(select(unit_term).where(unit_term.c.unit_id == row_id, unit_term.c.to_at.is_(None))).one()
    )
    said: dict[str, Any] = {}
    for name in (name for name in OF_TERM if name in values):
        text = values[name]
        said[name] = None if text is None else _READ[name](text)
    return replace(now, **said)


_READ: Mapping[str, Any] = {
    "occupancy": Occupancy,
    "since": date.fromisoformat,
    "until": date.fromisoformat,
    "months": float,
    "registered": lambda text: text == "yes",
    "rooms": int,
    "rooms_vacant": int,
}


def _spot(tx: Tx, row: Any, values: Mapping[str, str | None], held: Any) -> Spot | None:
    """Where the unit is to be decided again; None where it stays. One that stood where its place does goes with it."""
    said = values.get("position")
    if said is not None:
        lon, lat = map(float, said.split(","))
        return Spot(Position(lon, lat, lon, lat, "wgs84"))
    if "position" in values:
        return Spot(None)
    if held is None or not (row.geom is None or _stands_at_place(tx, row)):
        return None
    lon, lat = stands_at(tx.atlas.metric, held.geom)
    return Spot(Position(lon, lat, lon, lat, "wgs84"), held.id)


def _stands_at_place(tx: Tx, row: Any) -> bool:
    geom = tx.conn.execute(select(place.c.geom).where(place.c.id == row.place_id)).scalar()
    return geom is not None and position_text(*stands_at(tx.atlas.metric, geom)) == position_text(
        row.geom.x, row.geom.y
    )


def _move(tx: Tx, row_id: int, spot: Spot | None) -> tuple[int | None, int | None]:
    """Decide the unit again in every scheme. Returns its grid of the primary scheme before and after."""
    mine = (
        assignment.c.subject == Subject.UNIT, assignment.c.subject_id == row_id, assignment.c.to_at.is_(None)
    )  # fmt: skip
    before = tx.conn.execute(
        select(assignment.c.grid_id)
        .join(scheme, scheme.c.id == assignment.c.scheme_id)
        .where(*mine, scheme.c.is_primary)
    ).scalar()
    if spot is None:
        return before, before
    geom = shapely.Point(spot.lon, spot.lat) if spot.position else None
    tx.conn.execute(update(rental_unit).where(rental_unit.c.id == row_id).values(geom=geom))
    sheets = tx.sheets()
    decided = [assign(sheet, [spot])[0] for sheet in sheets]
    after = decided[0].grid_id if decided else None
    moved = tx.record("unit.moved", Subject.UNIT, row_id, grid_id=after, grid_id_before=before)
    tx.conn.execute(update(assignment).where(*mine).values(to_at=tx.now))
    for sheet, decision in zip(sheets, decided, strict=True):
        values = assignment_row(Subject.UNIT, row_id, sheet, spot, decision, moved, tx.now)
        tx.conn.execute(insert(assignment).values(values))
    return before, after
