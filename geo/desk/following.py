"""What a place decided follows it when it moves: its rental units, and the issues that are still open.

Whatever named the place is weighed again as it was when it came: the place as it lies now against the point that came
with it. Closed issues keep what was, and so does whatever a person put somewhere by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from geo.desk.board import in_primary
from geo.desk.locating import Locator
from geo.desk.moving import PART, Move, is_at, move_all
from geo.desk.tx import Tx
from geo.desk.unit_spots import kept_point, own_position
from geo.model import OPEN_STATES, Method, Position, Subject
from geo.rules.evidence import CHOICE, Found
from geo.store.tables import assignment, issue, issue_state, place, rental_unit, report


def follow(tx: Tx, place_ids: Iterable[int]) -> None:
    """Decide again, in every scheme, what these places decided or spoke for. What comes out the same stays."""
    ids = sorted(set(place_ids))
    for start in range(0, len(ids), PART):
        codes = select(place.c.code).where(place.c.id.in_(ids[start : start + PART]), place.c.undone_at.is_(None))
        locator = Locator(tx)
        found = locator.by_codes(tx.conn.execute(codes).scalars())
        places = {code: each for code, each in found.items() if each is not None}
        move_all(tx, Subject.ISSUE, "issue.assigned", _issues(tx, locator, places))
        move_all(tx, Subject.UNIT, "unit.assigned", _units(tx, locator, places))


def _issues(tx: Tx, locator: Locator, places: Mapping[str, Found]) -> list[Move]:
    rows = tx.conn.execute(
        select(issue.c.id, issue.c.geom, assignment.c.evidence, report.c.lon, report.c.lat, report.c.accuracy_m)
        .select_from(
            issue_state.join(issue, issue.c.id == issue_state.c.issue_id)
            .join(report, report.c.id == issue.c.report_id)
            .join(assignment, in_primary(Subject.ISSUE, issue.c.id))
        )
        .where(issue_state.c.to_at.is_(None), issue_state.c.state.in_(OPEN_STATES), assignment.c.evidence.is_not(None))
        .order_by(issue.c.id)
    )
    moves: list[Move] = []
    for row in rows:
        if row.evidence.get("place") in places:
            found = _as_found(places[row.evidence["place"]], row.evidence)
            sent = None if row.lon is None else Position(row.lon, row.lat, row.lon, row.lat, "wgs84", row.accuracy_m)
            moves += _moved(locator, row, found, None if found.source == CHOICE else sent)
    return moves


def _units(tx: Tx, locator: Locator, places: Mapping[str, Found]) -> list[Move]:
    by_id = {found.place_id: found for found in places.values()}
    rows = tx.conn.execute(
        select(rental_unit, place.c.code.label("place"), assignment.c.evidence, assignment.c.method)
        .select_from(
            rental_unit.join(assignment, in_primary(Subject.UNIT, rental_unit.c.id)).join(
                place, place.c.id == rental_unit.c.place_id
            )
        )
        .where(rental_unit.c.place_id.in_(by_id), rental_unit.c.undone_at.is_(None))
        .order_by(rental_unit.c.id)
    )
    moves: list[Move] = []
    for row in rows:
        found = by_id[row.place_id]
        if row.evidence is None and row.method != Method.PLACE:
            continue  # its own coordinates decided, without a word of the place
        if row.evidence is None or row.evidence.get("place") == found.code:
            moves += _moved(locator, row, _as_found(found, row.evidence or {}), own_position(row, locator))
    return moves


def _as_found(found: Found, evidence: Mapping[str, Any]) -> Found:
    """The place as it lies now, found by what found it then."""
    about = (evidence.get("source", found.source), evidence.get("score"), evidence.get("alias"))
    return Found(found.place_id, found.code, found.kind, found.geom, *about)


def _moved(locator: Locator, row: Any, found: Found, sent: Position | None) -> Sequence[Move]:
    spot = locator.weigh(sent, found)
    then = (row.evidence or {}).get("decided_by", str(found.kind))
    if is_at(spot, row.geom) and (spot.evidence or {}).get("decided_by", "point") == then:
        return ()
    values = kept_point(sent, by_place=spot.place_id is not None) if "point_lon" in row._fields else None
    return (Move(row.id, spot, f"place {found.code} moved", values),)
