"""Writes that can be sent twice: the first answer is kept with the write itself, in the same savepoint.

It is kept for a week: long enough for a phone that was without a net, and no longer than that, for it may name people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    return lambda tx: once_each(tx, [key], lambda _: [verb(tx)])[0]


def once_each(
    tx: Tx, keys: Sequence[WriteKey | None], verb: Callable[[Sequence[int]], Sequence[Answer]]
) -> list[Answer]:
    """Answers to many requests, in order: those that were kept, and from ``verb``, given the numbers of the others.

    Conflict when a key comes twice, or came with another request.
    """
    named = [key.key for key in keys if key is not None]
    if len(set(named)) < len(named):
        raise Conflict("The same Idempotency-Key comes twice.")
    kept = _kept(tx, named)
    answers = {at: _again(kept[key.key], key) for at, key in enumerate(keys) if key is not None and key.key in kept}
    fresh = [at for at in range(len(keys)) if at not in answers]
    if fresh:
        answers.update(zip(fresh, verb(fresh), strict=True))
        _keep(tx, [(key, answers[at]) for at in fresh if (key := keys[at]) is not None])
    return [answers[at] for at in range(len(keys))]


def _kept(tx: Tx, named: Sequence[str]) -> dict[str, Any]:
    if not named:
        return {}
    query = select(idempotency).where(idempotency.c.actor == tx.actor.id, idempotency.c.key.in_(named))
    return {row.key: row for row in tx.conn.execute(query)}


def _again(kept: Any, key: WriteKey) -> Answer:
    if kept.request_sha256 != key.request_sha256:
        raise Conflict("This Idempotency-Key came with another request before: use a new one.")
    return Answer(kept.status, kept.response)


def _keep(tx: Tx, answered: Sequence[tuple[WriteKey, Answer]]) -> None:
    rows = [
        {
            "actor": tx.actor.id,
            "key": key.key,
            "request_sha256": key.request_sha256,
            "status": answer.status,
            "response": answer.body,
            "recorded_at": tx.now,
        }
        for key, answer in answered
    ]
    if not rows:
        return
    try:
        tx.conn.execute(insert(idempotency), rows)
    except IntegrityError:
        # Another process took the same key since we looked; our savepoint goes, its answer stays.
        raise Conflict("The same request is being handled at this moment: ask again for its answer.") from None


def forget_old(tx: Tx) -> int:
    """Delete answers that were kept long enough, the oldest first, some at a time. Returns how many."""
    old = (
        select(idempotency.c.id)
        .where(idempotency.c.recorded_at < tx.now - KEPT_FOR)
        .order_by(idempotency.c.id)
        .limit(_A_TURN)
    )
    return tx.conn.execute(delete(idempotency).where(idempotency.c.id.in_(old))).rowcount
