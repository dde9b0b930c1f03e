"""What disagreements are about, by name: who decides knows compounds and people, not their codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from geo.model import Register
from geo.store.tables import appointment, area, person, place, rental_unit

Names = Mapping[Any, tuple[str | None, str | None]]  # name and English name

_ROWS: Mapping[Register, Select[Any]] = {
    Register.PLACES: select(place.c.id, place.c.name, place.c.name_en),
    Register.PEOPLE: select(appointment.c.id, person.c.name, person.c.name_en).join(
        person, person.c.id == appointment.c.person_id
    ),
    Register.UNITS: select(
        rental_unit.c.id, place.c.name, place.c.name_en, rental_unit.c.label, rental_unit.c.address
    ).outerjoin(place, place.c.id == rental_unit.c.place_id),
}
_IDS = {Register.PLACES: place.c.id, Register.PEOPLE: appointment.c.id, Register.UNITS: rental_unit.c.id}
_CODED = {"place": place, "parent": place, "area": area}  # fields whose values are codes


def with_names(conn: Connection, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Disagreements with the names of what they are about and of what their codes stand for, in place of ``row_id``."""
    subjects = {(Register(item["register"]), item["row_id"]) for item in items}
    rows = {register: _of_rows(conn, register, [i for r, i in subjects if r is register]) for register in Register}
    coded = {name: _of_codes(conn, name, items) for name in _CODED}
    told = []
    for item in items:
        name, name_en = rows[Register(item["register"])].get(item["row_id"], (None, None))
        says = coded.get(item["field"], {})
        values = {f"{said}_name": says.get(item[said], (None, None))[0] for said in ("stored", "offered")}
        shown = {key: value for key, value in item.items() if key != "row_id"}
        told.append(shown | {"name": name, "name_en": name_en} | values)
    return told


def _of_rows(conn: Connection, register: Register, ids: Sequence[int]) -> Names:
    if not ids:
        return {}
    return {row.id: _named(row) for row in conn.execute(_ROWS[register].where(_IDS[register].in_(ids)))}


def _named(row: Any) -> tuple[str | None, str | None]:
    """A unit goes by its place and door, or by its address."""
    label = getattr(row, "label", None)
    if row.name is None:
        return getattr(row, "address", None) or label, None
    door = f" {label}" if label else ""
    return row.name + door, row.name_en + door if row.name_en else None


def _of_codes(conn: Connection, field: str, items: Sequence[Mapping[str, Any]]) -> Names:
    codes = {item[said] for item in items if item["field"] == field for said in ("stored", "offered")} - {None}
    if not codes:
        return {}
    table = _CODED[field]
    rows = conn.execute(select(table.c.code, table.c.name).where(table.c.code.in_(codes), table.c.undone_at.is_(None)))
    return {row.code: (row.name, None) for row in rows}
