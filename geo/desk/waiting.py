"""What waits for a grid gets one when an edition brings it: reports and units that came before the boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, or_, select, update

from geo.desk.assigning import Spot, assign, assignment_row
from geo.desk.atlas import Sheet
from geo.desk.locating import Locator
from geo.desk.moving import is_at
from geo.desk.taking_back import MOVED, TAKEN_BACK, move_that_holds
from geo.desk.tx import Tx
from geo.desk.unit_spots import named_place, own_position
from geo.model import OPEN_STATES, Assignment, Position, Queue, Subject
from geo.store.insert import insert_many
from geo.store.tables import assignment, event, issue, issue_state, place, rental_unit, report


@dataclass(frozen=True)
class Waiting:
    """An issue or a rental unit with the assignment that it has, if any, and where it is."""

    id: int
    assignment_id: int | None
    spot: Spot


def place_waiting(tx: Tx, scheme_id: int) -> int:
    """Decide what no edition of the scheme has decided, or what lay outside its grids. Returns how many found a grid.

    Closed issues are left as they are: nobody answers for them any more.
    """
    sheet = next((sheet for sheet in tx.sheets() if sheet.scheme_id == scheme_id), None)
    if sheet is None:
        return 0
    placed = 0
    for subject, waiting in ((Subject.ISSUE, _issues(tx, scheme_id)), (Subject.UNIT, _units(tx, scheme_id))):
        # What was undecided gets its queue; what was outside stays there until a grid holds it.
        news = [
            (each, decision)
            for each, decision in zip(waiting, assign(sheet, [each.spot for each in waiting]), strict=True)
            if decision.grid_id is not None or each.assignment_id is None
        ]
        _write(tx, sheet, subject, news)
        placed += sum(decision.grid_id is not None for _, decision in news)
    return placed


def _waits(subject: Subject, subject_id: Any, scheme_id: int) -> Any:
    """Joins a subject to its assignment in force in the scheme, if it has one."""
    return and_(
        assignment.c.subject == subject,
        assignment.c.subject_id == subject_id,
        assignment.c.scheme_id == scheme_id,
        assignment.c.to_at.is_(None),
    )


_WAITING = or_(assignment.c.id.is_(None), assignment.c.queue == Queue.OUTSIDE)


def _issues(tx: Tx, scheme_id: int) -> list[Waiting]:
    query = (
        select(
            issue.c.id, issue.c.geom, assignment.c.id.label("assignment_id"),
            report.c.lon, report.c.lat, report.c.accuracy_m, report.c.place_code, report.c.address,
            _last_move().label("moved"),
        )
        .select_from(
            issue.join(report, report.c.id == issue.c.report_id)
            .join(issue_state, and_(issue_state.c.issue_id == issue.c.id, issue_state.c.to_at.is_(None)))
            .outerjoin(assignment, _waits(Subject.ISSUE, issue.c.id, scheme_id))
        )
        .where(issue_state.c.state.in_(OPEN_STATES), _WAITING)
        .order_by(issue.c.id)
    )  # fmt: skip
    locator = Locator(tx)
    return [Waiting(row.id, row.assignment_id, _issue_spot(row, locator)) for row in tx.conn.execute(query).all()]


def _last_move() -> Any:
    """What the last move of an issue's pin told of where it went, or the taking back of one."""
    return (
        select(event.c.data)
        .where(
            event.c.subject == Subject.ISSUE, event.c.subject_id == issue.c.id, event.c.kind.in_((MOVED, TAKEN_BACK))
        )
        .order_by(event.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _issue_spot(row: Any, locator: Locator) -> Spot:
    """Where an issue stands, and by what. Set by hand, that was said then; before that what was sent decided.

    An issue stays where it was put, also where the register would put it elsewhere by now.
    """
    if row.geom is None:
        return Spot(None)
    moved = move_that_holds(row.moved)
    if moved is not None:
        found = locator.by_code(moved["place"]) if "place" in moved else None
        at = _at(row.geom, moved["accuracy_m"])
        if found is None:
            return Spot(at, evidence={"decided_by": "pin"})
        return Spot(at, found.place_id, replace(found, source="choice").evidence(str(found.kind), None))
    sent = None if row.lon is None else Position(row.lon, row.lat, row.lon, row.lat, "wgs84", row.accuracy_m)
    spot = locator.spot(sent, row.place_code, row.address)
    return spot if is_at(spot, row.geom) else Spot(_at(row.geom, row.accuracy_m if sent is not None else None))


def _units(tx: Tx, scheme_id: int) -> list[Waiting]:
    query = (
        select(rental_unit, place.c.code.label("place"), assignment.c.accuracy_m,
               assignment.c.id.label("assignment_id"), assignment.c.method, assignment.c.evidence)
        .select_from(
            rental_unit.outerjoin(assignment, _waits(Subject.UNIT, rental_unit.c.id, scheme_id))
            .outerjoin(place, place.c.id == rental_unit.c.place_id)
        )
        .where(rental_unit.c.undone_at.is_(None), _WAITING)
        .order_by(rental_unit.c.id)
    )  # fmt: skip
    locator = Locator(tx)
    return [Waiting(row.id, row.assignment_id, _unit_spot(row, locator)) for row in tx.conn.execute(query).all()]


def _unit_spot(row: Any, locator: Locator) -> Spot:
    """A unit that stands where its place, or its address, would put it came by that; any other by its coordinates."""
    if row.geom is None:
        return Spot(None)
    spot = locator.spot(own_position(row, locator), named_place(row, locator), row.address)
    is_there = spot.evidence is not None and is_at(spot, row.geom)
    return spot if is_there else Spot(_at(row.geom, row.accuracy_m))


def _at(point: Any, accuracy_m: float | None = None) -> Position:
    return Position(point.x, point.y, point.x, point.y, "wgs84", accuracy_m)


def _write(tx: Tx, sheet: Sheet, subject: Subject, news: Sequence[tuple[Waiting, Assignment]]) -> None:
    ended = [each.assignment_id for each, _ in news if each.assignment_id is not None]
    for start in range(0, len(ended), 10_000):
        part = assignment.c.id.in_(ended[start : start + 10_000])
        tx.conn.execute(update(assignment).where(part).values(to_at=tx.now))
    reason = f"edition {sheet.edition} of scheme {sheet.scheme}"
    event_ids = insert_many(
        tx.conn,
        event,
        [
            # Who may hear of an event follows from the primary scheme.
            tx.event_row(
                f"{subject}.assigned",
                subject,
                each.id,
                grid_id=decision.grid_id if sheet.is_primary else None,
                reason=reason,
            )
            for each, decision in news
        ],
    )
    insert_many(
        tx.conn,
        assignment,
        [
            assignment_row(subject, each.id, sheet, each.spot, decision, event_id, tx.now)
            for (each, decision), event_id in zip(news, event_ids, strict=True)
        ],
    )
