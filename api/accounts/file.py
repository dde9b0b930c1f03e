"""Where accounts are kept: ``STORE.accounts`` (SQLite, mode 0600), or a schema of its own beside a PostGIS store."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text, update
from sqlalchemy.engine import make_url

from api.accounts import tables
from api.accounts.memory import Memory
from api.accounts.secrets import Sealer
from geo.errors import StoreMissing, StoreTooNew, StoreUnsafe
from geo.store.store import translated

CONTACT_KEY = "contact"
PRIVATE = 0o600


def is_url(location: str) -> bool:
    return "://" in location


def accounts_path(store_location: str) -> Path:
    """The accounts file that belongs to a GeoPackage store."""
    return Path(f"{store_location}.accounts")


class Accounts:
    """The open accounts of one store. Transactions come from ``read`` and ``write``; see book.py and keys.py."""

    def __init__(self, engine: Engine, location: str, path: Path | None = None) -> None:
        self._engine = engine
        self.memory = Memory(path)
        self._location = location
        self._sealer: Sealer | None = None

    @classmethod
    def create(cls, store_location: str) -> Accounts:
        """Make the accounts of a new store, with a fresh contact key. FileExistsError when there are some."""
        if is_url(store_location):
            accounts = cls(_postgres(store_location), store_location)
            with accounts._engine.begin() as conn:
                conn.execute(text(f"CREATE SCHEMA {tables.POSTGRES_SCHEMA}"))
        else:
            path = accounts_path(store_location)
            # Made with its final mode: between open() and chmod() anybody could have opened it.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))
            accounts = cls(_sqlite(path), str(path), path)
        with accounts.write() as conn:
            tables.metadata.create_all(conn)
            conn.execute(insert(tables.version).values(version=tables.SCHEMA_VERSION))
            conn.execute(insert(tables.secret).values(name=CONTACT_KEY, value=Sealer.new_key()))
        return accounts

    @classmethod
    def open(cls, store_location: str) -> Accounts:
        """Open the accounts of a store.

        StoreMissing without any, StoreUnsafe when others may read the file, StoreTooNew from a newer Gridwarden.
        """
        if is_url(store_location):
            accounts = cls(_postgres(store_location), store_location)
        else:
            path = accounts_path(store_location)
            _check_private(path)
            accounts = cls(_sqlite(path), str(path), path)
        accounts._check_version(store_location)
        return accounts

    def _check_version(self, store_location: str) -> None:
        with self.read() as conn:
            schema = tables.POSTGRES_SCHEMA if conn.dialect.name == "postgresql" else None
            if not inspect(conn).has_table(tables.version.name, schema=schema):
                raise _missing(store_location)
            found = conn.execute(select(tables.version.c.version)).scalar_one()
        if found > tables.SCHEMA_VERSION:
            raise StoreTooNew(
                f"The accounts have schema {found}, this Gridwarden knows {tables.SCHEMA_VERSION}: use a newer one."
            )
        if found < tables.SCHEMA_VERSION:
            with self.write() as conn:
                tables.metadata.create_all(conn)
                conn.execute(update(tables.version).values(version=tables.SCHEMA_VERSION))

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with translated(self._location), self._engine.connect() as conn, conn.begin():
            yield conn

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end, rolled back on an error. Raises Busy, StoreFull."""
        connecting = self._engine.connect
        with translated(self._location), connecting().execution_options(gridwarden_write=True) as conn, conn.begin():
            yield conn
        self.memory.changed()

    @property
    def sealer(self) -> Sealer:
        """Seals and opens contacts with the key kept here."""
        if self._sealer is None:
            with self.read() as conn:
                key = conn.execute(select(tables.secret.c.value).where(tables.secret.c.name == CONTACT_KEY))
                self._sealer = Sealer(key.scalar_one())
        return self._sealer

    def close(self) -> None:
        self.memory.close()
        self._engine.dispose()


def _missing(store_location: str) -> StoreMissing:
    shown = "the database" if is_url(store_location) else accounts_path(store_location)
    return StoreMissing(
        f"No accounts for this store in {shown}. They come with `gridwarden init`, or from the backup of the store."
    )


def _check_private(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        raise _missing(str(path).removesuffix(".accounts")) from None
    if mode & 0o077:
        raise StoreUnsafe(f"{path} holds keys, and others may read it (mode {mode:o}). Run: chmod 600 {path}")


def _sqlite(path: Path) -> Engine:
    # Every request may read here, each in a thread of the server's pool: connections stay open between them.
    engine = create_engine(
        f"sqlite:///{path}", hide_parameters=True, connect_args={"timeout": 10}, pool_size=40, max_overflow=24
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin in the listener below, not inside the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        # A writer takes its turn at once: a read that turns into a write may fail half-way when another came between.
        immediate = conn.get_execution_options().get("gridwarden_write", False)
        conn.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _postgres(url: str) -> Engine:
    return create_engine(
        make_url(url),
        hide_parameters=True,
        pool_pre_ping=True,
        execution_options={"schema_translate_map": {None: tables.POSTGRES_SCHEMA}},
    )
