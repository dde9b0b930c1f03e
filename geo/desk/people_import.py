"""People from a table: each row puts a person in a post on a grid, an area or a place, from one date to another.

Rows of one file refer to each other (one person in several posts), so a file is taken whole in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from geo.desk import batches, contacts, people_fields
from geo.desk.cells import Row, cell, choice, day
from geo.desk.features import codes_in, needed
from geo.desk.importing import RowTally, Source, run_import
from geo.desk.people import serving
from geo.desk.people_fields import ENDLESS, SOLE
from geo.desk.registers import Said, Standing, speaking
from geo.desk.tx import Desk, Tx
from geo.errors import BadInput
from geo.model import Actor, PostKind, Register, Subject
from geo.store.insert import insert_many
from geo.store.tables import appointment, area, contact, event, grid_version, leave, person, place, post, scheme

COUNTS = ("appointed", "without_post", "duplicates", "rejected")
LONGEST_CONTACT = 100

POST_WORDS = {kind.value: kind for kind in PostKind} | {
    "网格长": PostKind.LEAD, "副网格长": PostKind.DEPUTY, "网格员": PostKind.GRID_WORKER, "网格指导员": PostKind.GUIDE,
    "片区长": PostKind.AREA_LEAD, "红管家": PostKind.STEWARD, "楼栋长": PostKind.BUILDING_HEAD,
    "微网格长": PostKind.MICRO_GRID_HEAD,
}  # fmt: skip
TARGET_WORDS = {"grid": "grid", "area": "area", "place": "place", "网格": "grid", "区域": "area", "场所": "place"}

Target = tuple[str, int]  # grid, area or place, and its id


@dataclass(frozen=True)
class PeopleColumns:
    """Which column holds what. A row without a post names a person only; one without a date holds from today."""

    code: str
    name: str
    name_en: str | None = None
    phone: str | None = None
    post: str | None = None
    target_kind: str | None = None
    target: str | None = None
    from_date: str | None = None
    to_date: str | None = None  # first day without it

    def named(self) -> list[str]:
        return [column for column in asdict(self).values() if column]


@dataclass(frozen=True)
class PeopleImport:
    file_name: str
    file_sha256: str
    columns: PeopleColumns
    system: str | None = None  # that the file speaks for


@dataclass(frozen=True)
class _Held:
    """An appointment that a row asks for. from_date, to_date: local dates as text."""

    kind: PostKind
    target: Target
    from_date: str
    to_date: str | None

    def overlaps(self, from_date: str, to_date: str | None) -> bool:
        return self.from_date < (to_date or ENDLESS) and from_date < (self.to_date or ENDLESS)


@dataclass(frozen=True)
class _New:
    code: str
    name: str
    name_en: str | None
    phone: str | None
    held: _Held | None


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
        taker = _Taker(tx, batch_id, tally)
        for line, row in every:
            try:
                taker.add(line, _read(job.columns, row, tx, taker.targets))
            except BadInput as refusal:
                tally.reject(line, row.get(job.columns.code), str(refusal))
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
        taker = _Taker(tx, 0, RowTally(COUNTS))
        for line, row in rows:
            with suppress(BadInput):
                taker.add(line, _read(job.columns, row, tx, taker.targets))
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


def _read(columns: PeopleColumns, row: Row, tx: Tx, targets: Mapping[str, Mapping[str, int]]) -> _New:
    phone = cell(row, columns.phone)
    if phone and len(phone) > LONGEST_CONTACT:
        raise BadInput(f"{columns.phone} has {len(phone)} characters; at most {LONGEST_CONTACT} are kept")
    return _New(
        code=needed(row, columns.code),
        name=needed(row, columns.name),
        name_en=cell(row, columns.name_en),
        phone=phone,
        held=_read_post(columns, row, tx, targets),
    )


def _read_post(columns: PeopleColumns, row: Row, tx: Tx, targets: Mapping[str, Mapping[str, int]]) -> _Held | None:
    kind = choice(columns.post or "", cell(row, columns.post), POST_WORDS)
    if kind is None:
        return None
    default = "area" if kind is PostKind.AREA_LEAD else "grid"
    on = choice(columns.target_kind or "", cell(row, columns.target_kind), TARGET_WORDS) or default
    code = cell(row, columns.target)
    if code is None:
        raise BadInput(f"{columns.target or 'the target'} is empty: a post is on a grid, an area or a place")
    target_id = targets[on].get(code)
    if target_id is None:
        raise BadInput(f"there is no {on} {code!r}")
    from_date = day(columns.from_date or "", cell(row, columns.from_date), tx.zone) or tx.today
    to_date = day(columns.to_date or "", cell(row, columns.to_date), tx.zone)
    if to_date is not None and to_date <= from_date:
        raise BadInput(f"from {from_date} to {to_date}: to is the first day without the post, so it comes later")
    return _Held(kind, (on, target_id), from_date.isoformat(), to_date.isoformat() if to_date else None)


class _Taker:
    """Gathers what the rows ask for, refuses what contradicts, and writes the rest in bulk."""

    def __init__(self, tx: Tx, batch_id: int, tally: RowTally) -> None:
        self._tx, self._batch_id, self._tally = tx, batch_id, tally
        self.targets = {"grid": _grid_codes(tx), "area": codes_in(tx, area), "place": codes_in(tx, place)}
        rows = tx.conn.execute(select(person).where(person.c.undone_at.is_(None))).all()
        self._people = {row.code: (row.id, row.name) for row in rows}
        self._posts = _posts(tx)
        self._sole: dict[tuple[PostKind, Target], list[tuple[str, str, str | None]]] = {}
        self._same: dict[tuple[str, PostKind, Target, str], int | None] = {}
        for appointment_id, code, held in _appointments(tx):
            self._note(code, held, appointment_id)
        self.said: list[Said] = []  # of appointments that are there
        self._said: set[int] = set()
        self.new: list[tuple[int, str]] = []
        self._new_people: dict[str, _New] = {}
        self._named: set[str] = set()
        self._phones: dict[str, str] = {}
        self._held: list[tuple[str, _Held]] = []

    def add(self, line: int, new: _New) -> None:
        """Raises BadInput for what contradicts the store or an earlier row."""
        known = self._people.get(new.code) or (0, self._new_people.get(new.code, new).name)
        if known[1] != new.name:
            raise BadInput(f"person {new.code} is {known[1]!r} already; one code is one person")
        if new.held is None:
            again = new.code in self._people or new.code in self._new_people
            self._tally.counts["duplicates" if again else "without_post"] += 1
            if not again:
                self.new.append((line, new.code))
        elif (new.code, new.held.kind, new.held.target, new.held.from_date) in self._same:
            self._tally.counts["duplicates"] += 1
            self._say(line, new, new.held)
        else:
            self._refuse_second(new.code, new.held)
            self._note(new.code, new.held, None)
            self.new.append((line, f"{new.code} {new.held.kind}"))
            self._held.append((new.code, new.held))
            self._tally.counts["appointed"] += 1
        if new.code not in self._people:
            self._new_people.setdefault(new.code, new)
        if new.phone:
            self._phones.setdefault(new.code, new.phone)

    def _refuse_second(self, code: str, held: _Held) -> None:
        for other, from_date, to_date in self._sole.get((held.kind, held.target), ()):
            if held.overlaps(from_date, to_date):
                raise BadInput(f"person {other} is {held.kind} there from {from_date} to {to_date or 'further notice'}")

    def _say(self, line: int, new: _New, held: _Held) -> None:
        """What a row says of an appointment that was there before this file, once."""
        row_id = self._same[new.code, held.kind, held.target, held.from_date]
        if row_id is not None and row_id not in self._said:
            self._said.add(row_id)
            values = {"name_en": new.name_en, "to_date": held.to_date}
            told = {name: text for name, text in values.items() if text is not None}
            self.said.append(Said(row_id, f"{new.code} {held.kind}", line, told))

    def _note(self, code: str, held: _Held, appointment_id: int | None) -> None:
        self._same[code, held.kind, held.target, held.from_date] = appointment_id
        if held.kind in SOLE:
            self._sole.setdefault((held.kind, held.target), []).append((code, held.from_date, held.to_date))

    def write(self) -> None:
        tx = self._tx
        news = list(self._new_people.values())
        rows = [{"code": n.code, "name": n.name, "name_en": n.name_en, "batch_id": self._batch_id} for n in news]
        ids = insert_many(tx.conn, person, rows)
        person_ids = {code: known[0] for code, known in self._people.items()}
        person_ids |= {new.code: new_id for new, new_id in zip(news, ids, strict=True)}
        self._write_phones(person_ids)
        missing = list(
            dict.fromkeys((h.kind, h.target) for _, h in self._held if (h.kind, h.target) not in self._posts)
        )
        made = insert_many(tx.conn, post, [{"kind": kind, f"{on}_id": target} for kind, (on, target) in missing])
        self._posts |= dict(zip(missing, made, strict=True))
        appointments: list[dict[str, Any]] = [
            {"post_id": self._posts[held.kind, held.target], "person_id": person_ids[code],
             "from_date": held.from_date, "to_date": held.to_date, "batch_id": self._batch_id,
             "from_at": tx.now, "to_at": None}
            for code, held in self._held
        ]  # fmt: skip
        insert_many(tx.conn, appointment, appointments)
        insert_many(tx.conn, event, [self._event(person_ids[code], held) for code, held in self._held])

    def _event(self, person_id: int, held: _Held) -> dict[str, Any]:
        on, target_id = held.target
        data = {"post": held.kind, on: target_id, "from_date": held.from_date, "to_date": held.to_date}
        grid_id = target_id if on == "grid" else None
        return self._tx.event_row("person.appointed", Subject.PERSON, person_id, grid_id=grid_id, data=data)

    def _write_phones(self, person_ids: Mapping[str, int]) -> None:
        """Sealed, beside those that a person has already; nobody's old number is overwritten by a table."""
        tx = self._tx
        if not self._phones or tx.sealer is None:
            return
        held = select(contact.c.subject_id).where(contact.c.subject == "person", contact.c.erased_at.is_(None))
        have = set(tx.conn.execute(held).scalars())
        rows = [
            {
                "subject": "person",
                "subject_id": person_ids[code],
                "sealed": tx.sealer.seal(phone),
                "recorded_at": tx.now,
            }
            for code, phone in self._phones.items()
            if code in person_ids and person_ids[code] not in have
        ]
        insert_many(tx.conn, contact, rows)


def _grid_codes(tx: Tx) -> dict[str, int]:
    """Grids in force by code; where schemes share a code, the primary scheme's."""
    rows = tx.conn.execute(
        select(grid_version.c.code, grid_version.c.grid_id)
        .join(scheme, scheme.c.id == grid_version.c.scheme_id)
        .where(grid_version.c.to_edition.is_(None))
        .order_by(scheme.c.is_primary, scheme.c.name.desc())
    )
    return {row.code: row.grid_id for row in rows}


def _target(row: Any) -> Target:
    return next((on, row[f"{on}_id"]) for on in ("grid", "area", "place") if row[f"{on}_id"] is not None)


def _posts(tx: Tx) -> dict[tuple[PostKind, Target], int]:
    rows = tx.conn.execute(select(post)).mappings()
    return {(PostKind(row["kind"]), _target(row)): row["id"] for row in rows}


def _appointments(tx: Tx) -> list[tuple[int, str, _Held]]:
    rows = tx.conn.execute(
        select(
            post, appointment.c.id.label("appointment_id"), person.c.code, appointment.c.from_date,
            appointment.c.to_date,
        )
        .select_from(
            appointment.join(post, post.c.id == appointment.c.post_id)
            .join(person, person.c.id == appointment.c.person_id)
        )
        .where(appointment.c.to_at.is_(None))
    ).mappings()  # fmt: skip
    return [
        (r["appointment_id"], r["code"], _Held(PostKind(r["kind"]), _target(r), r["from_date"], r["to_date"]))
        for r in rows
    ]


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
