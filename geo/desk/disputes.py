"""The queue of what registers say otherwise than the systems that own it: listed, taken or kept, undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, false, or_, select, update

from geo.desk import people_fields, unit_fields
from geo.desk.atlas import Atlas
from geo.desk.board import in_primary
from geo.desk.dispute_names import with_names
from geo.desk.lists import Page, page
from geo.desk.place_fields import PlaceFields
from geo.desk.registers import Fields
from geo.desk.scope import anything, area_path, in_extents, under
from geo.desk.staff import within
from geo.desk.tx import Tx
from geo.errors import Conflict, NotFound
from geo.model import ChangeState, Register, Subject
from geo.rules.access import ROOT, Extent
from geo.rules.owners import differences
from geo.store.tables import appointment, area, assignment, place, post, register_change
from geo.store.types import utc_text


def fields_of(register: Register, atlas: Atlas) -> Fields:
    """How the fields of a register are read and put."""
    if register is Register.UNITS:
        return unit_fields
    if register is Register.PEOPLE:
        return people_fields
    return PlaceFields(atlas.metric)


@dataclass(frozen=True)
class DisputeFilter:
    """None leaves a field open. area: code, its whole subtree; code: of the unit, place or person."""

    register: Register | None = None
    state: ChangeState | None = ChangeState.WAITING
    area: str | None = None
    batch: int | None = None


def list_disputes(
    conn: Connection, extents: Sequence[Extent], wanted: DisputeFilter, cursor: str | None, limit: int
) -> Page:
    """What waits for a person, or was decided, newest first, as far as the reader may decide there."""
    c = register_change.c
    query = select(register_change).where(_within(extents))
    if wanted.area is not None:
        query = query.where(_within([Extent(area_path(conn, wanted.area, extents))]))
    for column, value in ((c.register, wanted.register), (c.state, wanted.state), (c.batch_id, wanted.batch)):
        if value is not None:
            query = query.where(column == value)
    found = page(conn, query, c.id, cursor, limit, _item)
    return Page(with_names(conn, found.items), found.cursor)


def _within(extents: Sequence[Extent]) -> ColumnElement[bool]:
    """Units by their grid, places by their area, people by what their post is on. What has none is for the root."""
    if any(extent.path == ROOT for extent in extents):
        return register_change.c.id.is_not(None)
    here = anything(extents)
    areas = select(area.c.id).where(or_(false(), *(under(extent.path) for extent in here)))
    of_units = select(assignment.c.subject_id).where(
        in_primary(Subject.UNIT, assignment.c.subject_id), in_extents(here, assignment.c.grid_id)
    )
    of_places = select(place.c.id).where(place.c.area_id.in_(areas))
    of_people = (
        select(appointment.c.id).join(post, post.c.id == appointment.c.post_id).where(within(here))
    )  # fmt: skip
    c = register_change.c
    return or_(
        (c.register == Register.UNITS) & c.row_id.in_(of_units),
        (c.register == Register.PLACES) & c.row_id.in_(of_places),
        (c.register == Register.PEOPLE) & c.row_id.in_(of_people),
    )


def _item(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "batch": row.batch_id,
        "register": row.register,
        "row_id": row.row_id,
        "code": row.code,
        "field": row.field,
        "system": row.system,
        "owner": row.owner,
        "stored": row.stored,
        "offered": row.offered,
        "state": row.state,
        "reason": row.reason,
        "recorded_at": utc_text(row.recorded_at),
        "decided_at": utc_text(row.decided_at) if row.decided_at else None,
        "decided_by": row.decided_by,
    }


def decide(tx: Tx, dispute_id: int, extents: Sequence[Extent], *, take: bool) -> dict[str, Any]:
    """Take what the register says, or keep what the store says. Returns the dispute as it stands then.

    Raises NotFound for one beyond ``extents``, Conflict where it is decided or the store says something else by now.
    """
    change = register_change.c
    row = tx.conn.execute(select(register_change).where(change.id == dispute_id, _within(extents))).first()
    if row is None:
        raise NotFound(f"there is no disagreement {dispute_id} that you may decide")
    if row.state != ChangeState.WAITING:
        raise Conflict(f"disagreement {dispute_id} is {row.state} already", state=row.state)
    fields = fields_of(Register(row.register), tx.atlas)
    now = fields.stored(tx.conn, [row.row_id]).get(row.row_id, {}).get(row.field)
    if now != row.stored and not _says({row.field: now}, row.field, row.stored):
        raise Conflict(
            f"{row.field} of {row.code} is {now!r} by now, and was {row.stored!r}: import the register again", now=now
        )
    if take:
        fields.put(tx, row.row_id, {row.field: row.offered})
        fields.settle(tx, {row.row_id: [row.field]})
    state = ChangeState.TAKEN if take else ChangeState.KEPT
    tx.conn.execute(
        update(register_change)
        .where(change.id == dispute_id)
        .values(state=state, decided_at=tx.now, decided_by=tx.actor.id)
    )
    item = _item(tx.conn.execute(select(register_change).where(change.id == dispute_id)).one())
    return with_names(tx.conn, [item])[0]


def _says(now: Mapping[str, str | None], field: str, text: str | None) -> bool:
    """Whether the store says that of a field now, positions to a metre."""
    return now.get(field) == text or (text is not None and not differences(now, {field: text}))


def undo(tx: Tx, batch_id: int, *, even_worked: bool = False) -> int:
    """Put back what an import changed in rows that were there before it, newest first; what waits is withdrawn.

    Returns how many values were put back. Raises Conflict where one was changed since, unless ``even_worked``, which
    leaves that one as it is.
    """
    change = register_change.c
    done = (ChangeState.APPLIED, ChangeState.TAKEN)
    rows = tx.conn.execute(
        select(register_change).where(change.batch_id == batch_id, change.state.in_(done)).order_by(change.id.desc())
    ).all()
    by_row: dict[tuple[Register, int], list[Any]] = {}
    for row in rows:
        by_row.setdefault((Register(row.register), row.row_id), []).append(row)
    put: dict[Register, dict[int, list[str]]] = {}
    back = 0
    for (register, row_id), changes in by_row.items():
        fields = fields_of(register, tx.atlas)
        now = fields.stored(tx.conn, [row_id]).get(row_id, {})
        stands = [row for row in changes if _says(now, row.field, row.offered)]
        changed = next((row for row in changes if row not in stands), None)
        if changed is not None and not even_worked:
            raise Conflict(
                f"{changed.field} of {changed.code} was changed since batch {batch_id}; "
                "undo with --even-worked to leave it so",
                code=changed.code,
                field=changed.field,
            )
        if stands:
            fields.put(tx, row_id, {row.field: row.stored for row in stands})
            put.setdefault(register, {})[row_id] = [row.field for row in stands]
            back += len(stands)
    for register, rows_put in put.items():
        fields_of(register, tx.atlas).settle(tx, rows_put)
    tx.conn.execute(
        update(register_change)
        .where(change.batch_id == batch_id, change.state.in_((*done, ChangeState.WAITING)))
        .values(state=ChangeState.WITHDRAWN, decided_at=tx.now, decided_by=tx.actor.id)
    )
    return back
