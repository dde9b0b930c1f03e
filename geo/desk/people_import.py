"""People from a table: each row puts a person in a post on a grid, an area or a place, from one date to another.

Rows of one file refer to each other (one person in several posts), so a file is taken whole in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select, update

from geo.desk import batches, contacts, people_fields
from geo.desk.cells import Row
from geo.desk.importing import RowTally, Source, run_import
from geo.desk.people import serving
from geo.desk.people_rows import PeopleColumns, read_person
from geo.desk.people_taking import Taker
from geo.desk.registers import Standing, speaking
from geo.desk.tx import Desk, Tx
from geo.errors import BadInput
from geo.model import Actor, Register, Subject
from geo.store.insert import insert_many
from geo.store.tables import appointment, event, leave, person, post

COUNTS = ("appointed", "without_post", "duplicates", "rejected")


@dataclass(frozen=True)
class PeopleImport:
    file_name: str
    file_sha256: str
    columns: PeopleColumns
    system: str | None = None  # that the file speaks for


def import_people(
    desk: Desk,
    job: PeopleImport,
    rows: Iterable[tuple[int, Row]],
    clock: Callable[[], datetime],
    actor: Actor,
) -> tuple[int, RowTally]:
    """Import (line number, row) pairs. Returns the batch id and the tally; its counts add up to the rows.

    A person that the store knows may be put in further posts; the same appointment again is a duplicate; a second lead
    of a grid at the same time is refused. Raises BadInput where phones are named and no key to seal them is open.
    """
    if job.columns.phone and desk.sealer is None:
        raise BadInput(
            f"column {job.columns.phone} holds phones, which are only kept sealed, and no accounts file with a key is "
            "open: leave the column out, or import through the service"
        )
    tally = RowTally(COUNTS)

    def take(tx: Tx, every: list[tuple[int, Row]], batch_id: int, tally: RowTally) -> None:
        taker = Taker(tx, batch_id, tally)
        for line, row in every:
            try:
                taker.add(line, read_person(job.columns, row, tx, taker.targets))
            except BadInput as refusal:
                tally.reject(line, row.get(job.columns.code), refusal)
        register = speaking(tx.conn, tx.today, Register.PEOPLE, job.system, people_fields)
        changes = register.compare(tx.conn, taker.said)
        register.write(tx, batch_id, changes)
        tally.told(changed=sum(bool(c.owned) for c in changes), disputed=sum(bool(c.disputed) for c in changes))
        taker.write()

    source = Source("people", job.file_name, job.file_sha256, {"columns": asdict(job.columns), "system": job.system})
    return run_import(desk, source, tally, rows, take, clock, actor), tally


def preview_people(
    desk: Desk, job: PeopleImport, rows: Iterable[tuple[int, Row]], clock: Callable[[], datetime], actor: Actor
) -> Standing:
    """What the import would do to the appointments that are there. Reads only."""
    with desk.store.read() as conn:
        tx = desk.tx(conn, clock(), actor)
        taker = Taker(tx, 0, RowTally(COUNTS))
        for line, row in rows:
            with suppress(BadInput):
                taker.add(line, read_person(job.columns, row, tx, taker.targets))
        register = speaking(conn, tx.today, Register.PEOPLE, job.system, people_fields)
        standing = Standing(register.system)
        standing.add_known(taker.said, register.compare(conn, taker.said))
        for line, code in taker.new:
            standing.add("new", code, line)
        there = {each.row_id for each in taker.said}
        mine = appointment.c.batch_id.in_(register.batches(conn)), serving(tx.today)
        gone = (
            select(appointment.c.id, person.c.code, post.c.kind)
            .select_from(
                appointment.join(person, person.c.id == appointment.c.person_id)
                .join(post, post.c.id == appointment.c.post_id)
            )
            .where(*mine)
            .order_by(person.c.code, appointment.c.id)
        )  # fmt: skip
        for found in conn.execute(gone):
            if found.id not in there:
                standing.add("gone", f"{found.code} {found.kind}")
    return standing


def undo_people(tx: Tx, batch_id: int) -> int:
    """Take back the appointments of an import, its people where no other import employs them, and their phones.

    Returns how many appointments.
    """
    mine = appointment.c.batch_id == batch_id, appointment.c.to_at.is_(None)
    rows = tx.conn.execute(
        select(appointment.c.id, appointment.c.person_id, post.c.grid_id)
        .join(post, post.c.id == appointment.c.post_id)
        .where(*mine)
        .order_by(appointment.c.id)
    ).all()
    events = [
        tx.event_row("person.withdrawn", Subject.PERSON, r.person_id, grid_id=r.grid_id, data={"appointment": r.id})
        for r in rows
    ]
    insert_many(tx.conn, event, events)
    away = leave.c.appointment_id.in_(select(appointment.c.id).where(*mine)), leave.c.to_at.is_(None)
    tx.conn.execute(update(leave).where(*away).values(to_at=tx.now))
    tx.conn.execute(update(appointment).where(*mine).values(to_at=tx.now))
    employed = select(appointment.c.person_id).where(appointment.c.to_at.is_(None))
    idle = person.c.batch_id == batch_id, person.c.undone_at.is_(None), person.c.id.not_in(employed)
    gone = tx.conn.execute(select(person.c.id).where(*idle)).scalars().all()
    contacts.erase(tx, "person", gone)
    for start in range(0, len(gone), 10_000):
        part = gone[start : start + 10_000]
        tx.conn.execute(update(person).where(person.c.id.in_(part)).values(undone_at=tx.now))
    batches.mark_undone(tx, batch_id, {"appointments": len(rows), "people": len(gone)})
    return len(rows)
