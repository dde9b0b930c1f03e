"""The fields of a rental unit that registers speak of, as text, and how one is put into the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, update

from geo.desk.board import in_primary
from geo.desk.locating import Locator
from geo.desk.moving import Move, grids_of, is_at, move_all
from geo.desk.tx import Tx
from geo.desk.unit_spots import kept_point, named_place, own_position
from geo.desk.unit_state import term_of
from geo.desk.units import set_term
from geo.errors import BadInput
from geo.model import Occupancy, Position, Subject, Term
from geo.rules.terms import check_term
from geo.store.tables import assignment, place, rental_unit, unit_term

OF_TERM = ("occupancy", "since", "until", "months", "registered", "rooms", "rooms_vacant")
_PLAIN = ("label", "address", "registered_on")
_OF_PLACE = ("place", "address", "position")  # what says where a unit is


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
            "position": _position_of(row),
            **{name: getattr(row, name) for name in _PLAIN},
        }
        for row in rows
    }
    terms = conn.execute(select(unit_term).where(unit_term.c.unit_id.in_(row_ids), unit_term.c.to_at.is_(None)))
    for row in terms:
        found[row.unit_id] |= term_texts(term_of(row))
    return found


def _position_of(row: Any) -> str | None:
    """Its own coordinates; where it has none, those of the place that stands for it."""
    if row.point_lon is not None:
        return position_text(row.point_lon, row.point_lat)
    return position_text(row.geom.x, row.geom.y) if row.geom is not None else None


def put(tx: Tx, row_id: int, values: Mapping[str, str | None]) -> None:
    """Say these fields of a unit anew; class and grid follow. Raises BadInput, with nothing put."""
    row = tx.conn.execute(_row_of(row_id)).one()
    new: dict[str, Any] = {name: values[name] for name in _PLAIN if name in values}
    if "place" in values:
        new["place_id"] = _place_id(tx, values["place"])
    term = _term(tx, row_id, values)
    if term is not None:
        check_term(term)
    if new:
        tx.conn.execute(update(rental_unit).where(rental_unit.c.id == row_id).values(**new))
    if term is not None:
        set_term(tx, row_id, term)
    before = grids_of(tx, Subject.UNIT, [row_id]).get(row_id)
    if any(name in values for name in _OF_PLACE) and (move := _site(tx, row, values)):
        move_all(tx, Subject.UNIT, "unit.moved", [move])
    after = grids_of(tx, Subject.UNIT, [row_id]).get(row_id)
    tx.record(
        "unit.corrected", Subject.UNIT, row_id, grid_id=after, grid_id_before=before, data={"fields": sorted(values)}
    )


def settle(tx: Tx, put: Mapping[int, Collection[str]]) -> None:
    """Nothing else follows from what a unit says."""


def _row_of(row_id: int) -> Any:
    """A unit with the code of its place and what its assignment says of how it was placed."""
    return (
        select(rental_unit, place.c.code.label("place"), assignment.c.method, assignment.c.evidence)
        .select_from(
            rental_unit.outerjoin(place, place.c.id == rental_unit.c.place_id).outerjoin(
                assignment, in_primary(Subject.UNIT, rental_unit.c.id)
            )
        )
        .where(rental_unit.c.id == row_id)
    )


def _place_id(tx: Tx, code: str | None) -> int | None:
    if code is None:
        return None
    found = tx.conn.execute(select(place.c.id).where(place.c.code == code, place.c.undone_at.is_(None))).scalar()
    if found is None:
        raise BadInput(f"there is no place {code!r}: import places first")
    return int(found)


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


def _site(tx: Tx, row: Any, values: Mapping[str, str | None]) -> Move | None:
    """Where the unit is by what it says now; None where it stays."""
    locator = Locator(tx)
    own, address = own_position(row, locator), values.get("address", row.address)
    code = named_place(row, locator)
    if "position" in values:
        own = _position(values["position"])
    spot = locator.spot(own, values.get("place", code), address)
    kept = kept_point(own, by_place=spot.place_id is not None)
    if "place" not in values and code is None:
        kept["place_id"] = locator.belongs_to(spot)
    stays = is_at(spot, row.geom) and (spot.evidence is None) == (row.evidence is None)
    if stays and (spot.evidence or {}).get("decided_by") == (row.evidence or {}).get("decided_by"):
        tx.conn.execute(update(rental_unit).where(rental_unit.c.id == row.id).values(**kept))
        return None
    return Move(row.id, spot, values=kept)


def _position(text: str | None) -> Position | None:
    if text is None:
        return None
    lon, lat = map(float, text.split(","))
    return Position(lon, lat, lon, lat, "wgs84")
