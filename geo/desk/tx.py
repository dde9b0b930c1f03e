"""What every verb is given: a transaction, the moment, who acts, and the boundaries in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from geo.desk.address_books import AddressBooks
from geo.desk.atlas import Atlas, Sheet
from geo.model import Actor, Subject
from geo.rules.local import date_in
from geo.store import tables
from geo.store.store import Store
from geo.store.turns import Turnstile

Clock = Callable[[], datetime]  # the present moment, aware

_LAST_RECORDED = select(tables.event.c.recorded_at).order_by(tables.event.c.id.desc()).limit(1)

BULK_SHARED_S = 0.05
BULK_ALONE_S = 1.0  # nobody waits: fewer, larger commits are quicker


class Sealer(Protocol):
    """Encrypts contacts with a key that is not in the store."""

    def seal(self, text: str) -> str: ...
    def open(self, sealed: str) -> str: ...


@dataclass(frozen=True)
class Tx:
    """One verb's view of a write transaction. ``now`` is the recorded time of everything the verb writes."""

    conn: Connection
    store: Store
    atlas: Atlas
    now: datetime
    actor: Actor
    sealer: Sealer | None = field(default=None, repr=False)
    addresses: AddressBooks = field(default_factory=AddressBooks, repr=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.store.jurisdiction.timezone)

    @property
    def today(self) -> date:
        """The local date."""
        return date_in(self.zone, self.now)

    def sheets(self) -> list[Sheet]:
        """The boundaries in force of every scheme that has some, the primary one first."""
        return self.atlas.sheets(self.conn)

    def record(self, kind: str, subject: Subject, subject_id: int, **about: Any) -> int:
        """Append one event and return its id; ``about`` as in ``event_row``."""
        row = self.event_row(kind, subject, subject_id, **about)
        return self.conn.execute(insert(tables.event).values(row).returning(tables.event.c.id)).scalar_one()

    def event_row(
        self,
        kind: str,
        subject: Subject,
        subject_id: int,
        *,
        grid_id: int | None = None,
        grid_id_before: int | None = None,
        occurred_at: datetime | None = None,
        reason: str | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The row of one event, for bulk inserts.

        grid_id, grid_id_before: who may hear of it. data: JSON-ready, and never a contact.
        """
        return {
            "recorded_at": self.now,
            "occurred_at": occurred_at or self.now,
            "actor": self.actor.id,
            "kind": kind,
            "subject": subject,
            "subject_id": subject_id,
            "grid_id": grid_id,
            "grid_id_before": grid_id_before,
            "reason": reason,
            "data": dict(data or {}),
        }


@dataclass
class Desk:
    """The store with what it takes to act on it. One a process.

    shared: somebody waits for this process to write what he sent, as in a running service.
    """

    store: Store
    sealer: Sealer | None = None
    shared: bool = False

    def __post_init__(self) -> None:
        self.atlas = Atlas(self.store.jurisdiction.metric_srid)
        self.addresses = AddressBooks()
        self.bulk = Turnstile()

    @property
    def bulk_s(self) -> float:
        """Seconds that one transaction of bulk work may take. Other processes write to a PostGIS store as well."""
        return BULK_SHARED_S if self.shared or self.store.kind == "postgis" else BULK_ALONE_S

    def tx(self, conn: Connection, now: datetime, actor: Actor) -> Tx:
        return Tx(conn, self.store, self.atlas, now, actor, self.sealer, self.addresses)

    def moment(self, conn: Connection, clock: Clock) -> datetime:
        """The recorded time of a write transaction, asked for once it has its turn.

        Never before that of the last event, even where the clock was set back: history would contradict itself.
        """
        last = conn.execute(_LAST_RECORDED).scalar()
        return max(clock(), last) if last else clock()

    @contextmanager
    def transaction(self, clock: Clock, actor: Actor) -> Iterator[Tx]:
        """One write transaction of its own, for the CLI, imports and tests. The service goes through the writer.

        They go one at a time, and in turn with the writer, which therefore waits for one of them at most.
        """
        with self.bulk.turn(), self.store.write() as conn:
            yield self.tx(conn, self.moment(conn, clock), actor)
