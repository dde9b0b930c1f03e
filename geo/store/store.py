"""The store: one place that remembers, a GeoPackage file or a PostGIS database, behind one small interface.

A transaction is a ``with`` block: ``with store.write() as conn: ...`` commits at its end, or keeps nothing.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row, func, insert, select
from sqlalchemy.exc import DBAPIError

from geo.errors import BadInput, StoreError
from geo.store import gpkg, migrations, postgis
from geo.store.lock import StoreLock, refuse_network_file_system
from geo.store.tables import event, jurisdiction
from geo.store.turns import BUSY_SECONDS, Turnstile


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """Whose store it is. ``synthetic`` data says so on the map and in every export."""

    name: str
    metric_srid: int
    timezone: str
    synthetic: bool


class Store:
    """An open store. ``kind`` is "gpkg" or "postgis"; ``location`` a path, or a URL without its password."""

    def __init__(self, location: str | Path, engine: Engine, belongs_to: Jurisdiction, *, writable: bool) -> None:
        self.kind = kind_of(location)
        self.location = shown(location)
        self.jurisdiction = belongs_to
        self._address = location
        self._engine = engine
        self._writable = writable
        self._closing = ExitStack()
        self.turns = Turnstile()
        self._claimed: set[int] = set()
        self._claiming = threading.Lock()

    @staticmethod
    def create(
        location: str | Path, *, name: str, metric_srid: int, timezone: str, synthetic: bool, now: datetime
    ) -> None:
        """Make an empty store at a path where nothing is, or in a database that has no store yet: all of it or nothing.

        The caller has checked the metric CRS (crs.check_metric_crs). Raises StoreError and its kinds.
        """
        _check_timezone(timezone)
        columns = {"id": 1, "name": name, "metric_srid": metric_srid, "timezone": timezone, "synthetic": synthetic}
        with translated(location), ExitStack() as closing:
            if kind_of(location) == "gpkg":
                path = Path(location).resolve()
                refuse_network_file_system(path)
                closing.callback(StoreLock(path, now=now).release)
                engine = gpkg.make_engine(closing.enter_context(gpkg.new_file(path)), write=True)
            else:
                engine = postgis.make_engine(str(location))
            closing.callback(engine.dispose)
            engine.dialect.metric_srid = metric_srid  # type: ignore[attr-defined]
            with _dialect(location).write(engine) as conn:
                migrations.create(conn, shown(location), metric_srid=metric_srid, now=now)
                conn.execute(insert(jurisdiction).values(columns | {"created_at": now}))

    @classmethod
    def open(
        cls, location: str | Path, *, write: bool = True, url: str | None = None, now: datetime | None = None
    ) -> Store:
        """Open a store; ``close`` it, or use it as a context manager.

        write: take the lock of a GeoPackage, noting this process, ``url`` and ``now`` for others to see, and bring an
        older store up to date (which needs ``now``). Raises StoreMissing, StoreHeld, StoreTooNew, StoreUnsafe.
        """
        with translated(location), ExitStack() as closing:
            if kind_of(location) == "gpkg":
                path = Path(location).resolve()
                gpkg.look_inside(path)
                if write:
                    refuse_network_file_system(path)
                    closing.callback(StoreLock(path, url=url, now=now).release)
                engine = gpkg.make_engine(path, write=write)
                closing.callback(engine.dispose)
            else:
                engine = postgis.make_engine(str(location))
                closing.callback(engine.dispose)
                postgis.look_inside(engine, shown(location))
            store = cls(location, engine, _belongs_to(location, engine), writable=write)
            store._bring_up_to_date(now)
            store._closing = closing.pop_all()
        return store

    def _bring_up_to_date(self, now: datetime | None) -> None:
        with self.read() as conn:
            pending = migrations.pending(conn, self.location)
        if not pending:
            return
        if now is None or not self._writable:
            raise StoreError(f"{self.location} was written by an older Gridwarden; run once: gridwarden serve")
        with self.write() as conn:  # one transaction: up to date, or as it was
            for migration in migrations.pending(conn, self.location):
                migrations.apply(conn, migration, now)

    def close(self) -> None:
        """Let go of the store. A GeoPackage is one file again once nobody else reads it."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot: whatever is committed meanwhile is not seen. Nothing can be written through it."""
        with translated(self._address), _dialect(self._address).read(self._engine) as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write, kept at the end of the block unless an error leaves it.

        Writers take turns: those of this process in the order in which they come.
        ``conn.begin_nested()`` makes savepoints. Raises StoreFull, with nothing kept, and Busy after 30 seconds.
        """
        if not self._writable:
            raise StoreError(f"{self.location} is open to read only")
        with (
            self.turns.turn(BUSY_SECONDS),
            translated(self._address),
            _dialect(self._address).write(self._engine) as conn,
        ):
            yield conn

    @contextmanager
    def claim(self, work: int) -> Iterator[bool]:
        """Whether a piece of work, named by a number, is the caller's alone to the end of the block.

        It is free again when the process of who had it has ended, however it ended.
        """
        if self.kind == "postgis":
            with translated(self._address), postgis.claim(self._engine, work) as is_ours:
                yield is_ours
            return
        with self._claiming:  # no other process writes to a GeoPackage that this one has open to write
            is_ours = work not in self._claimed
            self._claimed.add(work)
        try:
            yield is_ours
        finally:
            if is_ours:
                self._claimed.discard(work)

    def events_after(self, conn: Connection, after: int, limit: int) -> Sequence[Row[Any]]:
        """Up to ``limit`` rows of ``event``, without their data, that follow the one with an id, oldest first.

        Writers take turns on both stores, so ids are in the order of commits: nothing ever appears in front of an
        event that was seen.
        """
        told = [column for column in event.c if column is not event.c.data]  # which may hold boundaries of districts
        return conn.execute(select(*told).where(event.c.id > after).order_by(event.c.id).limit(limit)).all()

    def last_event(self, conn: Connection) -> int:
        """The id of the newest event; 0 in a store without events."""
        return conn.execute(select(func.max(event.c.id))).scalar_one() or 0

    def backup(self, target: Path) -> None:
        """Copy the store to a new file while it is in use: a GeoPackage, or a dump for pg_restore."""
        with translated(target):
            if self.kind == "gpkg":
                gpkg.backup(self._engine, target)
            else:
                postgis.backup(str(self._address), target)


def kind_of(location: str | Path) -> str:
    """Whether a location names a "gpkg" file or a "postgis" database."""
    return "postgis" if str(location).startswith(("postgresql:", "postgresql+", "postgres:")) else "gpkg"


def shown(location: str | Path) -> str:
    """A location for people and logs: no password."""
    return str(location) if kind_of(location) == "gpkg" else postgis.url_of(str(location)).render_as_string()


def _dialect(location: str | Path) -> ModuleType:
    return gpkg if kind_of(location) == "gpkg" else postgis


def _belongs_to(location: str | Path, engine: Engine) -> Jurisdiction:
    """Whose store it is; the engine learns the metric CRS, which geometry columns need."""
    # By name: an older store may lack columns that jurisdiction has got since.
    columns = [jurisdiction.c[name] for name in ("name", "metric_srid", "timezone", "synthetic")]
    with _dialect(location).read(engine) as conn:
        row = conn.execute(select(*columns)).one()
    engine.dialect.metric_srid = row.metric_srid  # type: ignore[attr-defined]
    return Jurisdiction(row.name, row.metric_srid, row.timezone, row.synthetic)


def _check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadInput(f"{name!r} is not a time zone, such as Asia/Shanghai or America/New_York") from error


@contextmanager
def translated(location: str | Path) -> Iterator[None]:
    """Turn what the database says about disks, locks and connections into our errors.

    The cause may lie behind a later error: SQLite drops the transaction of a full disk, and with it the savepoint that
    is rolled back next.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause: BaseException | None = error
        while cause is not None:
            original = cause.orig if isinstance(cause, DBAPIError) else cause
            ours = _dialect(location).translate(original, shown(location))
            if ours is not None:
                raise ours from error
            cause = cause.__context__
        raise
