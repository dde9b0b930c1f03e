"""The rows of a table of people taken together: what is new, what contradicts, what was there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from geo.desk.features import codes_in
from geo.desk.importing import RowTally
from geo.desk.people_fields import SOLE
from geo.desk.people_rows import Held, NewPerson, Target
from geo.desk.registers import Said
from geo.desk.tx import Tx
from geo.errors import BadInput
from geo.model import PostKind, Subject
from geo.store.insert import insert_many
from geo.store.tables import appointment, area, contact, event, grid_version, person, place, post, scheme


class Taker:
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
        self._new_people: dict[str, NewPerson] = {}
        self._named: set[str] = set()
        self._phones: dict[str, str] = {}
        self._held: list[tuple[str, Held]] = []

    def add(self, line: int, new: NewPerson) -> None:
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

    def _refuse_second(self, code: str, held: Held) -> None:
        for other, from_date, to_date in self._sole.get((held.kind, held.target), ()):
            if held.overlaps(from_date, to_date):
                raise BadInput(f"person {other} is {held.kind} there from {from_date} to {to_date or 'further notice'}")

    def _say(self, line: int, new: NewPerson, held: Held) -> None:
        """What a row says of an appointment that was there before this file, once."""
        row_id = self._same[new.code, held.kind, held.target, held.from_date]
        if row_id is not None and row_id not in self._said:
            self._said.add(row_id)
            values = {"name_en": new.name_en, "to_date": held.to_date}
            told = {name: text for name, text in values.items() if text is not None}
            self.said.append(Said(row_id, f"{new.code} {held.kind}", line, told))

    def _note(self, code: str, held: Held, appointment_id: int | None) -> None:
        self._same[code, held.kind, held.target, held.from_date] = appointment_id
        if held.kind in SOLE:
            self._sole.setdefault((held.kind, held.target), []).append((code, held.from_date, held.to_date))

    def write(self) -> None:
        """People, phones, posts, appointments, and an event for each of these."""
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

    def _event(self, person_id: int, held: Held) -> dict[str, Any]:
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


def _appointments(tx: Tx) -> list[tuple[int, str, Held]]:
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
        (r["appointment_id"], r["code"], Held(PostKind(r["kind"]), _target(r), r["from_date"], r["to_date"]))
        for r in rows
    ]
