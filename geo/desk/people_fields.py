"""The fields of an appointment that registers speak of, as text, and how one is put into the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from geo.desk.tx import Tx
from geo.errors import BadInput
from geo.model import PostKind, Subject
from geo.store.tables import appointment, person, post

# Only one at a time: everybody must know who answers.
SOLE = frozenset({PostKind.LEAD, PostKind.AREA_LEAD, PostKind.MICRO_GRID_HEAD})
ENDLESS = "9999-12-31"


def _held() -> Any:
    return select(
        appointment, person.c.name_en, post.c.kind, post.c.grid_id
    ).select_from(
        appointment.join(person, person.c.id == appointment.c.person_id).join(post, post.c.id == appointment.c.post_id)
    )  # fmt: skip


def stored(conn: Connection, row_ids: Sequence[int]) -> dict[int, dict[str, str | None]]:
    """What the store says of these appointments and their holders."""
    rows = conn.execute(_held().where(appointment.c.id.in_(row_ids)))
    return {row.id: {"name_en": row.name_en, "to_date": row.to_date} for row in rows}


def put(tx: Tx, row_id: int, values: Mapping[str, str | None]) -> None:
    """Say these fields anew. What an appointment said until now stays recorded beside it. Raises BadInput."""
    held = tx.conn.execute(_held().where(appointment.c.id == row_id)).one()
    if "to_date" in values:
        to_date = values["to_date"]
        _refuse_overlap(tx, held, to_date)
        said = {name: getattr(held, name) for name in ("post_id", "person_id", "from_date", "to_date", "batch_id")}
        tx.conn.execute(insert(appointment).values(**said, became_id=held.id, from_at=held.from_at, to_at=tx.now))
        tx.conn.execute(update(appointment).where(appointment.c.id == row_id).values(to_date=to_date, from_at=tx.now))
    if "name_en" in values:
        tx.conn.execute(update(person).where(person.c.id == held.person_id).values(name_en=values["name_en"]))
    data = {"appointment": row_id, "fields": sorted(values)}
    tx.record("person.corrected", Subject.PERSON, held.person_id, grid_id=held.grid_id, data=data)


def settle(tx: Tx, put: Mapping[int, Collection[str]]) -> None:
    """Nothing else follows from what an appointment says."""


def _refuse_overlap(tx: Tx, held: Any, to_date: str | None) -> None:
    if to_date is not None and to_date <= held.from_date:
        raise BadInput(f"the appointment began on {held.from_date}; it cannot end on {to_date}")
    if held.kind not in SOLE:
        return
    other = tx.conn.execute(
        select(appointment.c.from_date).where(
            appointment.c.post_id == held.post_id,
            appointment.c.id != held.id,
            appointment.c.to_at.is_(None),
            appointment.c.from_date < (to_date or ENDLESS),
            (appointment.c.to_date.is_(None)) | (appointment.c.to_date > held.from_date),
        )
    ).first()
    if other is not None:
        raise BadInput(f"somebody else holds the post from {other.from_date}")
