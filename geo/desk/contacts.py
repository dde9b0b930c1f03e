"""Contacts stand apart from all else, sealed, so that they can be erased without rewriting history."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from geo.desk.tx import Tx
from geo.store.tables import contact


def erase(tx: Tx, subject: str, ids: Sequence[int]) -> None:
    """Erase the contacts of reports or persons ("report", "person"). That there was one, and until when, stays."""
    for part in (ids[i : i + 10_000] for i in range(0, len(ids), 10_000)):
        tx.conn.execute(
            update(contact)
            .where(contact.c.subject == subject, contact.c.subject_id.in_(part), contact.c.erased_at.is_(None))
            .values(sealed=None, erased_at=tx.now)
        )
