"""The last act on an issue taken back by whoever did it: a pin that was set, a place that was chosen, a grid confirmed.

History is appended: the issue gets the assignments that it had before as new ones, with an event that says so; decided
anew where boundaries changed since. A name that the act taught is forgotten with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import shapely
from sqlalchemy import insert, select, update

from geo.desk import aliases
from geo.desk.assigning import Spot, assign, assignment_row
from geo.desk.atlas import Sheet
from geo.desk.reports import current_state
from geo.desk.tx import Tx
from geo.errors import Conflict
from geo.model import Method, Position, Subject
from geo.rules import workflow
from geo.store.tables import alias, assignment, event, issue

TAKEN_BACK = "issue.taken_back"
MOVED, CONFIRMED = "issue.moved", "issue.confirmed"
_COLUMNS = [column.name for column in assignment.columns if column.name not in ("id", "from_at", "to_at", "event_id")]


def last_act(tx: Tx, issue_id: int) -> Any:
    """The event that ``take_back`` would undo. Raises NotFound, and Conflict where there is none of this actor's."""
    workflow.after(current_state(tx, issue_id), workflow.Verb.MOVE)
    of_issue = event.c.subject == Subject.ISSUE, event.c.subject_id == issue_id
    last = tx.conn.execute(select(event).where(*of_issue).order_by(event.c.id.desc()).limit(1)).one()
    if last.kind not in (MOVED, CONFIRMED) or last.actor != tx.actor.id:
        raise Conflict(
            f"the last that happened to issue {issue_id} is no move or confirmation of yours: move its pin, or confirm "
            "its grid, to put it right",
            last=last.kind,
        )
    return last


def take_back(tx: Tx, issue_id: int) -> None:
    """Put an open issue where it was before one's own last act on it. Raises NotFound, Conflict."""
    act = last_act(tx, issue_id)
    sheets = {sheet.scheme_id: sheet for sheet in tx.sheets()}
    ended = tx.conn.execute(
        select(assignment).where(assignment.c.event_id == act.id, assignment.c.to_at.is_(None))
    ).all()
    back = {row.scheme_id: _restored(tx, row, sheets[row.scheme_id]) for row in ended}
    primary = next(
        (back[each.scheme_id] for each in sheets.values() if each.is_primary and each.scheme_id in back), None
    )
    told: dict[str, Any] = {"took_back": act.kind, "move": _move_before(tx, issue_id, act.id)}
    forgotten = _forget(tx, act)
    event_id = tx.record(
        TAKEN_BACK,
        Subject.ISSUE,
        issue_id,
        grid_id=primary["grid_id"] if primary else act.grid_id,
        grid_id_before=act.grid_id,
        data=told | ({"alias": forgotten} if forgotten else {}),
    )
    tx.conn.execute(update(assignment).where(assignment.c.id.in_([row.id for row in ended])).values(to_at=tx.now))
    for values in back.values():
        tx.conn.execute(insert(assignment).values(**values, from_at=tx.now, to_at=None, event_id=event_id))
    if primary and act.kind == MOVED:
        at = None if primary["lon"] is None else shapely.Point(primary["lon"], primary["lat"])
        tx.conn.execute(update(issue).where(issue.c.id == issue_id).values(geom=at))


def move_that_holds(data: Any) -> Any:
    """What the last move of an issue told that was not taken back, from the data of its newest move or taking back."""
    return data.get("move") if data and "took_back" in data else data


def _move_before(tx: Tx, issue_id: int, event_id: int) -> Any:
    of_issue = event.c.subject == Subject.ISSUE, event.c.subject_id == issue_id, event.c.id < event_id
    moves = select(event.c.data).where(*of_issue, event.c.kind.in_((MOVED, TAKEN_BACK)))
    return move_that_holds(tx.conn.execute(moves.order_by(event.c.id.desc()).limit(1)).scalar_one_or_none())


def _restored(tx: Tx, row: Any, sheet: Sheet) -> dict[str, Any]:
    """What the assignment before ``row`` said, by the boundaries in force."""
    before = tx.conn.execute(
        select(assignment)
        .where(
            assignment.c.subject == Subject.ISSUE, assignment.c.subject_id == row.subject_id,
            assignment.c.scheme_id == row.scheme_id, assignment.c.to_at == row.from_at, assignment.c.id < row.id,
        )
        .order_by(assignment.c.id.desc())
        .limit(1)
    ).first()  # fmt: skip
    if before is None:
        raise Conflict(f"nothing is known of where issue {row.subject_id} was before: the scheme is newer than that")
    if before.edition == sheet.edition:
        return {name: getattr(before, name) for name in _COLUMNS}
    at = (
        None
        if before.lon is None
        else Position(before.lon, before.lat, before.lon, before.lat, "wgs84", before.accuracy_m)
    )
    spot = Spot(at, evidence=before.evidence)
    decided = assign(sheet, [spot])[0]
    if before.method == Method.PLACE and decided.method is Method.WITHIN:
        decided = replace(decided, method=Method.PLACE)
    anew = assignment_row(Subject.ISSUE, row.subject_id, sheet, spot, decided, row.event_id, tx.now)
    return {name: anew[name] for name in _COLUMNS}


def _forget(tx: Tx, act: Any) -> int | None:
    """Take back the name that the act taught; not one that was known before. Returns its number."""
    taught = act.data.get("alias")
    if taught is None:
        return None
    its = alias.c.id == taught["id"], alias.c.actor == act.actor, alias.c.from_at == act.recorded_at
    if tx.conn.execute(select(alias.c.id).where(*its, alias.c.to_at.is_(None))).first() is None:
        return None
    aliases.take_back(tx, taught["id"])
    return int(taught["id"])
