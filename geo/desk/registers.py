"""Registers that are imported again: what is new, changed and gone, and what waits because another system owns it.

A value that its system owns is taken; one that another system owns is not, it waits for a person. Either way what the
store said, what the register says, and who decided stands in ``register_change``, by which an undo goes back. What is
gone from a register is listed, and stays in the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from sqlalchemy import Connection, func, select, update

from geo.desk.tx import Tx
from geo.errors import BadInput
from geo.model import BatchState, ChangeState, Register
from geo.rules.owners import DEFAULT, Difference, Owners, differences, parse
from geo.store.insert import insert_many
from geo.store.tables import batch, owner_table, register_change

SHOWN = 20  # first rows of each kind
PART = 5_000  # ids a query


class Fields(Protocol):
    """What a register's rows say, as text by field, and how a value is put into the store."""

    def stored(self, conn: Connection, row_ids: Sequence[int]) -> dict[int, dict[str, str | None]]: ...
    def put(self, tx: Tx, row_id: int, values: Mapping[str, str | None]) -> None: ...

    def settle(self, tx: Tx, put: Mapping[int, Collection[str]]) -> None:
        """What follows from all that was put. put: the names of the fields by row."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a row of a file says of one that the store has. Without the fields that it leaves empty."""

    row_id: int
    code: str
    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that says otherwise. owned: by the system that says it; disputed: by another."""

    said: Said
    owned: tuple[Difference, ...]
    disputed: tuple[Difference, ...]


@dataclass(frozen=True)
class Speaking:
    """A file's register, the system that it speaks for, and the table of owners in force."""

    register: Register
    system: str
    owners: Owners
    fields: Fields

    def compare(self, conn: Connection, said: Sequence[Said]) -> list[RowChange]:
        """The rows that say otherwise than the store, without what a person has decided to keep."""
        found = []
        for start in range(0, len(said), PART):
            part = said[start : start + PART]
            ids = [each.row_id for each in part]
            stored, kept = self.fields.stored(conn, ids), self._earlier(conn, ids, ChangeState.KEPT)
            for each in part:
                change = self._change(each, stored.get(each.row_id, {}), kept)
                if change.owned or change.disputed:
                    found.append(change)
        return found

    def _change(self, said: Said, stored: Mapping[str, str | None], kept: set[Any]) -> RowChange:
        owned, disputed = [], []
        for each in differences(stored, said.values):
            if self.owners.owner(self.register, each.field) == self.system:
                owned.append(each)
            elif (said.row_id, each.field, each.stored, each.offered) not in kept:
                disputed.append(each)
        return RowChange(said, tuple(owned), tuple(disputed))

    def write(self, tx: Tx, batch_id: int, changes: Sequence[RowChange]) -> None:
        """Take what is owned, and let the rest wait. What cannot be taken (a place that is not there) waits, too."""
        rows: list[dict[str, Any]] = []
        done: dict[int, set[str]] = {}
        for change in changes:
            state, reason = ChangeState.APPLIED, None
            if change.owned:
                try:
                    values = {each.field: each.offered for each in change.owned}
                    self.fields.put(tx, change.said.row_id, values)
                    done.setdefault(change.said.row_id, set()).update(values)
                except BadInput as refusal:
                    state, reason = ChangeState.WAITING, str(refusal)
            rows += [self._row(tx, batch_id, change.said, each, state, reason) for each in change.owned]
            rows += [self._row(tx, batch_id, change.said, each, ChangeState.WAITING, None) for each in change.disputed]
        self.fields.settle(tx, done)
        self._insert(tx, rows)

    def _insert(self, tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
        """What waits already is not asked twice; what the same system said before it changed its mind is withdrawn."""
        waiting = self._earlier(tx.conn, [row["row_id"] for row in rows], ChangeState.WAITING)
        new = []
        for row in rows:
            if row["state"] is ChangeState.WAITING:
                if (row["row_id"], row["field"], row["stored"], row["offered"]) in waiting:
                    continue
                self._withdraw(tx, row)
            new.append(row)
        insert_many(tx.conn, register_change, new)

    def _withdraw(self, tx: Tx, row: Mapping[str, Any]) -> None:
        same = [register_change.c[name] == row[name] for name in ("register", "row_id", "field", "system")]
        tx.conn.execute(
            update(register_change)
            .where(*same, register_change.c.state == ChangeState.WAITING)
            .values(state=ChangeState.WITHDRAWN, decided_at=tx.now, decided_by=tx.actor.id)
        )

    def _row(
        self, tx: Tx, batch_id: int, said: Said, each: Difference, state: ChangeState, reason: str | None
    ) -> dict[str, Any]:
        return {
            "batch_id": batch_id,
            "register": self.register,
            "row_id": said.row_id,
            "code": said.code,
            "field": each.field,
            "system": self.system,
            "owner": self.owners.owner(self.register, each.field),
            "stored": each.stored,
            "offered": each.offered,
            "state": state,
            "recorded_at": tx.now,
            "reason": reason,
        }

    def _earlier(self, conn: Connection, row_ids: Sequence[int], state: ChangeState) -> set[Any]:
        """What this system said of these rows before, in one state."""
        c = register_change.c
        rows = conn.execute(
            select(c.row_id, c.field, c.stored, c.offered).where(
                c.register == self.register, c.row_id.in_(row_ids), c.system == self.system, c.state == state
            )
        )
        return {tuple(row) for row in rows}

    def batches(self, conn: Connection) -> list[int]:
        """The imports that this system made before: what they brought is what may be gone."""
        rows = conn.execute(
            select(batch.c.id, batch.c.options).where(batch.c.kind == self.register, batch.c.state != BatchState.UNDONE)
        )
        default = self.owners.registers[self.register]
        return [row.id for row in rows if (row.options.get("system") or default) == self.system]


@dataclass
class Standing:
    """What a file would do to a register: how many rows of each kind, and the first of them.

    A row counts as changed for what its system owns and as disputed for what another owns; it may be both.
    """

    system: str
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("new", "changed", "disputed", "unchanged", "gone"), 0)
    )
    first: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in ("new", "changed", "disputed", "gone")}
    )

    def add(self, kind: str, code: str, line: int | None = None, told: Iterable[Difference] = ()) -> None:
        self.counts[kind] += 1
        if kind in self.first and len(self.first[kind]) < SHOWN:
            fields = [{"field": d.field, "stored": d.stored, "offered": d.offered} for d in told]
            self.first[kind].append({"code": code, "line": line, "fields": fields})

    def add_known(self, said: Sequence[Said], changes: Sequence[RowChange]) -> None:
        """Rows that the store has, with those of them that say otherwise."""
        for change in changes:
            if change.owned:
                self.add("changed", change.said.code, change.said.line, change.owned)
            if change.disputed:
                self.add("disputed", change.said.code, change.said.line, change.disputed)
        self.counts["unchanged"] += len(said) - len(changes)

    def as_json(self) -> dict[str, Any]:
        return {"system": self.system, **self.counts, "first": self.first}


def owners_in_force(conn: Connection, today: date) -> Owners:
    """The newest table whose first day has come; the one that ships in a store that has none of its own."""
    data = conn.execute(
        select(owner_table.c.data)
        .where(owner_table.c.valid_from <= today.isoformat())
        .order_by(owner_table.c.version.desc())
        .limit(1)
    ).scalar_one_or_none()
    return DEFAULT if data is None else parse(data)


def set_owners(tx: Tx, data: Mapping[str, Any]) -> Owners:
    """The next version of the table of owners, in force from its first day on. Raises BadInput."""
    newest = tx.conn.execute(select(func.max(owner_table.c.version))).scalar() or DEFAULT.version
    owners = parse({**data, "version": newest + 1})
    row = {"version": owners.version, "valid_from": owners.valid_from.isoformat(), "data": owners.as_json()}
    insert_many(tx.conn, owner_table, [{**row, "recorded_at": tx.now, "actor": tx.actor.id}])
    return owners


def speaking(conn: Connection, today: date, register: Register, system: str | None, fields: Fields) -> Speaking:
    """Raises BadInput for a system that owns nothing of the register."""
    owners = owners_in_force(conn, today)
    return Speaking(register, owners.system(register, system), owners, fields)
