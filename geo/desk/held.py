"""Imports whose points look like another datum than they say (``datum_check``): they wait, with their file and figures.

Until somebody says which datum it is, nothing of such a file is in the store but the file itself, compressed and whole.
It is gone once it is settled: taken, as an import like any other, or dropped. Who said what, and when, stays.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from geo.desk.lists import Page, page
from geo.desk.tx import Tx
from geo.errors import Conflict, NotFound
from geo.model import BatchState, HeldState
from geo.store.tables import batch, held_import, held_part
from geo.store.types import utc_text

LEVEL = 1  # tables of text shrink by far already, and nobody waits long
UNSETTLED = (HeldState.WAITING, HeldState.TAKING)


@dataclass(frozen=True)
class Held:
    """What waits. options: as they were sent with the file. looks: how its points lie under each datum."""

    kind: str
    file_name: str
    file_sha256: str
    options: Mapping[str, Any]
    looks: Sequence[Mapping[str, Any]] = ()


def compressed(blocks: Iterable[bytes]) -> list[bytes]:
    """A file in parts as they are stored: before a transaction, for others wait during it."""
    return [zlib.compress(block, LEVEL) for block in blocks]


def hold(tx: Tx, held: Held, parts: Sequence[bytes]) -> int:
    """Keep a file until somebody settles it. Returns its number; the same file with the same options has one."""
    same = held_import.c.kind == held.kind, held_import.c.file_sha256 == held.file_sha256
    rows = tx.conn.execute(
        select(held_import.c.id, held_import.c.options).where(*same, held_import.c.state.in_(UNSETTLED))
    )
    for row in rows:
        if row.options == dict(held.options):
            return row.id
    values: dict[str, Any] = {"kind": held.kind, "file_name": held.file_name, "file_sha256": held.file_sha256}
    values |= {"options": dict(held.options), "looks": [dict(look) for look in held.looks]}
    values |= {"state": HeldState.WAITING, "held_at": tx.now, "held_by": tx.actor.id}
    held_id: int = tx.conn.execute(insert(held_import).values(values).returning(held_import.c.id)).scalar_one()
    for part in parts:
        tx.conn.execute(insert(held_part).values(held_id=held_id, content=part))
    return held_id


def get(conn: Connection, held_id: int) -> Any:
    """Its row. Raises NotFound."""
    row = conn.execute(select(held_import).where(held_import.c.id == held_id)).first()
    if row is None:
        raise NotFound(f"there is no held import {held_id}")
    return row


def content(conn: Connection, held_id: int) -> Iterator[bytes]:
    """The file, block by block; nothing of one that is settled."""
    ids = select(held_part.c.id).where(held_part.c.held_id == held_id).order_by(held_part.c.id)
    for part in conn.execute(ids).scalars().all():
        yield zlib.decompress(conn.execute(select(held_part.c.content).where(held_part.c.id == part)).scalar_one())


def begin(tx: Tx, held_id: int, datum: str | None) -> int | None:
    """Note under which datum it is taken, None for the one that it says. Returns its batch where it is taken already.

    What was begun is finished by saying the same again. Raises NotFound, and Conflict where it was settled otherwise.
    """
    row = get(tx.conn, held_id)
    if row.state != HeldState.WAITING:
        if row.state == HeldState.DROPPED or row.datum != datum:
            raise _settled(row)
        return row.batch_id if row.state == HeldState.TAKEN else _finished(tx, row)
    _decide(tx, held_id, state=HeldState.TAKING, datum=datum)
    return None


def release(tx: Tx, held_id: int) -> None:
    """It could not be taken so, and waits again; unless some of its rows are in, which the same decision finishes."""
    row = get(tx.conn, held_id)
    if row.state != HeldState.TAKING or _batches(tx.conn, row, BatchState.RUNNING, BatchState.DONE):
        return
    values = {"state": HeldState.WAITING, "datum": None, "decided_at": None, "decided_by": None}
    tx.conn.execute(update(held_import).where(held_import.c.id == held_id).values(values))


def release_undone(tx: Tx, undone: Any) -> None:
    """One that was cut off waits again once what it brought is undone. undone: the row of a batch.

    A batch from before the decision brought nothing of it: it may just be on its way.
    """
    same = held_import.c.kind == undone.kind, held_import.c.file_sha256 == undone.file_sha256
    taking = held_import.c.state == HeldState.TAKING, held_import.c.decided_at <= undone.started_at
    cut_off = select(held_import.c.id).where(*same, *taking)
    for held_id in tx.conn.execute(cut_off).scalars().all():
        release(tx, held_id)


def finish(tx: Tx, held_id: int, batch_id: int) -> None:
    """It is taken, as a batch; the file is not kept."""
    values = {"state": HeldState.TAKEN, "batch_id": batch_id}
    tx.conn.execute(update(held_import).where(held_import.c.id == held_id).values(values))
    _forget(tx, held_id)


def drop(tx: Tx, held_id: int) -> None:
    """Give it up; once more changes nothing. Raises NotFound, and Conflict where it is taken, or some of it is."""
    row = get(tx.conn, held_id)
    if row.state == HeldState.DROPPED:
        return
    if row.state != HeldState.WAITING:
        raise _settled(row)
    _decide(tx, held_id, state=HeldState.DROPPED)
    _forget(tx, held_id)


def list_held(conn: Connection, cursor: str | None, limit: int, *, settled: bool = False) -> Page:
    """Held imports, newest first; settled: those that no longer wait, too."""
    query = select(held_import) if settled else select(held_import).where(held_import.c.state.in_(UNSETTLED))
    return page(conn, query, held_import.c.id, cursor, limit, told)


def told(row: Any) -> dict[str, Any]:
    """A held import as JSON. can_rename: whether one datum may be named for all of its points."""
    as_stored = {name: getattr(row, name) for name in ("id", "kind", "file_name", "state", "held_by", "decided_by")}
    return {
        **as_stored,
        "held_at": utc_text(row.held_at),
        "decided_at": utc_text(row.decided_at) if row.decided_at else None,
        "as_datum": row.datum,
        "batch": row.batch_id,
        "datum": row.looks,
        "can_rename": can_rename(row.options),
    }


def can_rename(options: Mapping[str, Any]) -> bool:
    """Not where each row names its own datum."""
    return not options.get("datum_column")


def _decide(tx: Tx, held_id: int, **values: Any) -> None:
    values |= {"decided_at": tx.now, "decided_by": tx.actor.id}
    tx.conn.execute(update(held_import).where(held_import.c.id == held_id).values(values))


def _forget(tx: Tx, held_id: int) -> None:
    """The file, and the samples: as with any batch, figures are kept and no coordinates."""
    tx.conn.execute(delete(held_part).where(held_part.c.held_id == held_id))
    looks = [{**look, "samples": []} for look in get(tx.conn, held_id).looks]
    tx.conn.execute(update(held_import).where(held_import.c.id == held_id).values(looks=looks))


def _finished(tx: Tx, row: Any) -> int | None:
    """The batch of one that was cut off between the end of its import and the word that it is taken."""
    done = _batches(tx.conn, row, BatchState.DONE)
    if not done:
        return None
    finish(tx, row.id, done[0])
    return done[0]


def _batches(conn: Connection, row: Any, *states: BatchState) -> list[int]:
    """Batches of this file that began after it was decided."""
    same = batch.c.kind == row.kind, batch.c.file_sha256 == row.file_sha256, batch.c.state.in_(states)
    return list(conn.execute(select(batch.c.id).where(*same, batch.c.started_at >= row.decided_at)).scalars())


def _settled(row: Any) -> Conflict:
    by = f"was begun as {row.datum or 'it says'}: say the same again, or undo its batch"
    told = by if row.state == HeldState.TAKING else f"is {row.state} already"
    return Conflict(f"held import {row.id} {told}", state=row.state, batch=row.batch_id)
