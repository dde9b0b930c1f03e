"""Writes that can be sent twice: the first answer is kept with the write itself, in the same savepoint.

It is kept for a week: long enough for a phone that was without a net, and no longer than that, for it may name people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from api.deps import WriteKey
from geo.desk.tx import Tx
from geo.errors import Conflict
from geo.store.tables import idempotency

KEPT_FOR = timedelta(days=7)
_A_TURN = 1000  # answers to forget before others get their turn


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body, as sent and as kept for a retry."""

    status: int
    body: Any


def once(key: WriteKey | None, verb: Callable[[Tx], Answer]) -> Callable[[Tx], Answer]:
    """The verb, or the answer that it gave to the same key before.

    Conflict when the key came with another request. Without a key it is just the verb.
    """
    if key is None:
        return verb
    return lambda tx: _once(tx, key, verb)


def _once(tx: Tx, key: WriteKey, verb: Callable[[Tx], Answer]) -> Answer:
    kept = tx.conn.execute(
        select(idempotency).where(idempotency.c.actor == tx.actor.id, idempotency.c.key == key.key)
    ).one_or_none()
    if kept is not None:
        if kept.request_sha256 != key.request_sha256:
            raise Conflict("This Idempotency-Key came with another request before: use a new one.")
        return Answer(kept.status, kept.response)
    answer = verb(tx)
    try:
        tx.conn.execute(
            insert(idempotency).values(
                actor=tx.actor.id,
                key=key.key,
                request_sha256=key.request_sha256,
                status=answer.status,
                response=answer.body,
                recorded_at=tx.now,
            )
        )
    except IntegrityError:
        # Another process took the same key since we looked; our savepoint goes, its answer stays.
        raise Conflict("The same request is being handled at this moment: ask again for its answer.") from None
    return answer


def forget_old(tx: Tx) -> int:
    """Delete answers that were kept long enough, the oldest first, some at a time. Returns how many."""
    old = (
        select(idempotency.c.id)
        .where(idempotency.c.recorded_at < tx.now - KEPT_FOR)
        .order_by(idempotency.c.id)
        .limit(_A_TURN)
    )
    return tx.conn.execute(delete(idempotency).where(idempotency.c.id.in_(old))).rowcount
