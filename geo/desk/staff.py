"""Changes of staff (岗位变动): who holds which post, from when to when; leave with cover; the end of an appointment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, false, insert, or_, select, update

from geo.desk.asof import When, in_edition, recorded
from geo.desk.lists import Page, page
from geo.desk.people import identity, serving
from geo.desk.scope import anything, area_path, in_extents, under
from geo.desk.tx import Tx
from geo.errors import BadInput, Conflict, NotAllowed, NotFound
from geo.model import PostKind, Subject
from geo.rules.access import EVERYWHERE, ROOT, Capability, Extent, Reach
from geo.store.tables import appointment, area, grid_version, leave, person, place, post

# -- who holds which post ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StaffFilter:
    """None leaves a field open. area, grid: codes; person: his code. every: those that ended or begin later, too."""

    area: str | None = None
    grid: str | None = None
    post: PostKind | None = None
    person: str | None = None
    every: bool = False


def list_staff(
    conn: Connection, extents: Sequence[Extent], wanted: StaffFilter, when: When, cursor: str | None, limit: int
) -> Page:
    """Appointments with their leave, newest first, as far as people may be known."""
    at = when.as_of
    query = _appointments(when).where(within(extents))
    if not wanted.every:
        query = query.where(serving(when.today, at))
    if wanted.area is not None:
        query = query.where(within([Extent(area_path(conn, wanted.area, extents))], at))
    for column, value in (
        (grid_version.c.code, wanted.grid), (post.c.kind, wanted.post), (person.c.code, wanted.person),
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    found = page(conn, query, identity(), cursor, limit, _item)
    away = _leaves(conn, [item["id"] for item in found.items], when)
    return Page([item | {"leave": away.get(item["id"], [])} for item in found.items], found.cursor)


def _appointments(when: When) -> Select[Any]:
    at = when.as_of
    return (
        select(
            identity().label("id"), appointment.c.from_date, appointment.c.to_date, post.c.kind,
            person.c.code, person.c.name, person.c.name_en,
            grid_version.c.code.label("grid"), area.c.code.label("area"), place.c.code.label("place"),
        )
        .select_from(
            appointment.join(post, post.c.id == appointment.c.post_id)
            .join(person, person.c.id == appointment.c.person_id)
            .outerjoin(grid_version, (grid_version.c.grid_id == post.c.grid_id) & in_edition(at))
            .outerjoin(area, area.c.id == post.c.area_id)
            .outerjoin(place, place.c.id == post.c.place_id)
        )
        .where(recorded(appointment, at))
    )  # fmt: skip


def within(extents: Sequence[Extent], at: datetime | None = None) -> ColumnElement[bool]:
    """Posts on a grid, an area or a place in one of the extents; a place without an area is for grants at the root.

    at: a filter goes by the areas of that time; what somebody may see goes by today's.
    """
    paths = [extent.path for extent in extents]
    if ROOT in paths:
        return post.c.id.is_not(None)
    areas = select(area.c.id).where(or_(false(), *(under(path) for path in paths))).correlate(None)
    places = select(place.c.id).where(place.c.area_id.in_(areas)).correlate(None)
    on_grids = in_extents(anything(extents), post.c.grid_id, at=at)
    return on_grids | post.c.area_id.in_(areas) | post.c.place_id.in_(places)


def _item(row: Any) -> dict[str, Any]:
    kind = next((kind for kind in ("grid", "area", "place") if getattr(row, kind) is not None), None)
    return {
        "id": row.id,
        "person": {"code": row.code, "name": row.name, "name_en": row.name_en},
        "post": row.kind,
        "target_kind": kind,
        "target": getattr(row, kind) if kind else None,
        "from_date": row.from_date,
        "to_date": row.to_date,
    }


def _leaves(conn: Connection, appointment_ids: Sequence[int], when: When) -> dict[int, list[dict[str, Any]]]:
    rows = conn.execute(
        select(leave, person.c.code, person.c.name, person.c.name_en)
        .outerjoin(person, (person.c.id == leave.c.cover_person_id) & recorded(person, when.as_of))
        .where(leave.c.appointment_id.in_(appointment_ids), recorded(leave, when.as_of))
        .order_by(leave.c.from_date)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        cover = {"code": row.code, "name": row.name, "name_en": row.name_en} if row.code is not None else None
        found.setdefault(row.appointment_id, []).append(
            {"from_date": row.from_date, "to_date": row.to_date, "cover": cover}
        )
    return found


# -- verbs ------------------------------------------------------------------------------------------------------------


def take_leave(
    tx: Tx,
    appointment_id: int,
    from_date: date,
    to_date: date,
    cover: str | None = None,
    covers_in: Sequence[Extent] = EVERYWHERE,
) -> dict[str, Any]:
    """Somebody is away from ``from_date`` until, not including, ``to_date``; someone else may stand in.

    cover: his code, among those who hold a post in ``covers_in``. Returns what was recorded. Raises NotFound, BadInput
    for dates the wrong way round or beyond the appointment, Conflict where the holder is away then already.
    """
    held = _held(tx, appointment_id)
    cover_person_id = None if cover is None else _cover(tx.conn, cover, covers_in)
    if to_date <= from_date:
        raise BadInput(f"a leave from {from_date} to {to_date}: to_date is the first day back")
    if cover_person_id == held.person_id:
        raise BadInput("nobody stands in for themselves")
    if from_date.isoformat() < held.from_date or (held.to_date and held.to_date < to_date.isoformat()):
        raise BadInput(
            f"a leave from {from_date} to {to_date} is not within the appointment, "
            f"which holds from {held.from_date} to {held.to_date or 'further notice'}"
        )
    others = select(leave.c.id).where(
        leave.c.appointment_id == appointment_id,
        leave.c.to_at.is_(None),
        leave.c.from_date < to_date.isoformat(),
        leave.c.to_date > from_date.isoformat(),
    )
    if tx.conn.execute(others).first() is not None:
        raise Conflict(f"a leave between {from_date} and {to_date} is already recorded for this appointment")
    dates = {"from_date": from_date.isoformat(), "to_date": to_date.isoformat()}
    said = {"appointment_id": appointment_id, "cover_person_id": cover_person_id, **dates}
    tx.conn.execute(insert(leave).values(**said, from_at=tx.now))
    data = {**dates, "appointment": appointment_id, "cover": cover_person_id}
    tx.record("person.on_leave", Subject.PERSON, held.person_id, grid_id=held.grid_id, data=data)
    return {"appointment": appointment_id, **dates, "cover": cover}


def end_appointment(tx: Tx, appointment_id: int, to_date: date) -> dict[str, Any]:
    """The appointment holds until, not including, ``to_date``. What was done keeps its holder, and what the appointment
    said until now stays recorded in a row beside it.

    Returns what was recorded. Raises NotFound, BadInput for an end before its beginning, Conflict where it ends sooner
    already.
    """
    held = _held(tx, appointment_id)
    if to_date.isoformat() < held.from_date:
        raise BadInput(f"the appointment began on {held.from_date}; it cannot end on {to_date}")
    if held.to_date is not None and held.to_date < to_date.isoformat():
        raise Conflict(f"the appointment ends on {held.to_date} already; whoever goes on is appointed again")
    said = {name: getattr(held, name) for name in ("post_id", "person_id", "from_date", "to_date", "batch_id")}
    tx.conn.execute(insert(appointment).values(**said, became_id=held.id, from_at=held.from_at, to_at=tx.now))
    tx.conn.execute(
        update(appointment)
        .where(appointment.c.id == appointment_id)
        .values(to_date=to_date.isoformat(), from_at=tx.now)
    )
    data = {"appointment": appointment_id, "to_date": to_date.isoformat()}
    tx.record("person.appointment_ended", Subject.PERSON, held.person_id, grid_id=held.grid_id, data=data)
    return data


def _held(tx: Tx, appointment_id: int) -> Any:
    row = tx.conn.execute(
        select(appointment, post.c.grid_id)
        .join(post, post.c.id == appointment.c.post_id)
        .where(appointment.c.id == appointment_id, appointment.c.to_at.is_(None))
    ).first()
    if row is None:
        raise NotFound(f"there is no appointment {appointment_id}")
    return row


# -- who may --------------------------------------------------------------------------------------------------------


def require_appointment(conn: Connection, reach: Reach, appointment_id: int) -> None:
    """Raises NotFound for an appointment the person does not see, NotAllowed for one that is not his to change."""
    if _is_within(conn, reach.of(Capability.PEOPLE_MANAGE), appointment_id):
        return
    if _is_within(conn, reach.of(Capability.PEOPLE_SEE), appointment_id):
        needed = str(Capability.PEOPLE_MANAGE)
        raise NotAllowed(f"this needs {needed} where appointment {appointment_id} is", capability=needed)
    raise NotFound(f"there is no appointment {appointment_id} that you may see")


def _is_within(conn: Connection, extents: Sequence[Extent], appointment_id: int) -> bool:
    query = (
        select(appointment.c.id)
        .join(post, post.c.id == appointment.c.post_id)
        .where(appointment.c.id == appointment_id, appointment.c.to_at.is_(None), within(extents))
    )
    return conn.execute(query).first() is not None


def _cover(conn: Connection, code: str, extents: Sequence[Extent]) -> int:
    """The id of a person by his code. Raises NotFound.

    Whoever does not act for the whole finds those who hold a post where he acts: the chain shows the name of a cover,
    and a code that was guessed must not tell one of another area.
    """
    query = select(person.c.id).where(person.c.code == code, person.c.undone_at.is_(None))
    if not any(extent.path == ROOT for extent in extents):
        here = (
            select(appointment.c.person_id)
            .join(post, post.c.id == appointment.c.post_id)
            .where(appointment.c.to_at.is_(None), within(extents))
        )
        query = query.where(person.c.id.in_(here))
    found: int | None = conn.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there is no person {code} that you may see")
    return found
