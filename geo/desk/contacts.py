"""Contacts stand apart from all else, sealed, so that they can be erased without rewriting history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, or_, select, update

from geo.desk.people import covering, serving
from geo.desk.staff import within
from geo.desk.tx import Tx
from geo.errors import NotFound
from geo.rules.access import Extent
from geo.store.tables import appointment, contact, leave, post


def sealed_phone(conn: Connection, extents: Sequence[Extent], person_id: int, on: date) -> str:
    """The sealed number of somebody who holds a post in one of the extents on a local date, or stands in for a holder.

    Raises NotFound for anybody else, and where no number is kept: who may not know is not told which of these it is.
    """
    held = select(appointment.c.id).join(post, post.c.id == appointment.c.post_id).where(serving(on), within(extents))
    covered = select(leave.c.id).where(covering(on), leave.c.appointment_id.in_(held))
    answers = or_(
        held.where(appointment.c.person_id == person_id).exists(),
        covered.where(leave.c.cover_person_id == person_id).exists(),
    )
    kept = (contact.c.subject == "person") & (contact.c.subject_id == person_id) & contact.c.sealed.is_not(None)
    newest = select(contact.c.sealed).where(kept, answers).order_by(contact.c.id.desc()).limit(1)
    sealed: str | None = conn.execute(newest).scalar_one_or_none()
    if sealed is None:
        raise NotFound("there is no number of this person that you may see")
    return sealed


def erase(tx: Tx, subject: str, ids: Sequence[int]) -> None:
    """Erase the contacts of reports or persons ("report", "person"). That there was one, and until when, stays."""
    for part in (ids[i : i + 10_000] for i in range(0, len(ids), 10_000)):
        tx.conn.execute(
            update(contact)
            .where(contact.c.subject == subject, contact.c.subject_id.in_(part), contact.c.erased_at.is_(None))
            .values(sealed=None, erased_at=tx.now)
        )
