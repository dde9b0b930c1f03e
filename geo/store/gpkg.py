"""The GeoPackage dialect: how this process talks to the file. What is in the file is in gpkg_schema.py.

Only sqlite3 opens a store in the process that has it open. GDAL carries a SQLite of its own, and when that one closes
its handle the kernel drops every lock that this process holds on the file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from geo.errors import Busy, GridwardenError, StoreError, StoreFull, StoreMissing, StoreUnsafe
from geo.store import gpkg_blob
from geo.store.turns import BUSY_SECONDS

APPLICATION_ID = 0x47504B47  # "GPKG"
GUARD = "only_gridwarden_may_write"
MODE = 0o640  # addresses and what reporters wrote are in it: nothing for every account of the machine

_BEGIN = "gridwarden_begin"  # execution option: which BEGIN a transaction starts with

# Primary result codes: https://www.sqlite.org/rescode.html
_BUSY = (5, 6)
_READ_ONLY_OR_CLOSED = (8, 14)
_FAILED = 10
_DAMAGED = (11, 26)
_FULL = 13


def make_engine(path: Path, *, write: bool) -> Engine:
    """An engine on the file. The caller sets ``engine.dialect.metric_srid`` before it uses geometry columns."""
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        # The driver's own BEGIN comes too late (before the first write) to pin a snapshot: we begin ourselves.
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
        # Readers are many short ones; an idle connection costs a file handle.
        pool_size=8,
        max_overflow=56,
        hide_parameters=True,  # what is written may be personal, and errors go to the log
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _: Any) -> None:
        _prepare(connection, write=write)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        for statement in connection.get_execution_options().get(_BEGIN, ("BEGIN IMMEDIATE",)):
            connection.exec_driver_sql(statement).close()

    return engine


def _prepare(connection: Any, *, write: bool) -> None:
    """Set up one connection. A reader lacks the guard, so that nothing can be written through it by mistake."""
    if write:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA journal_size_limit = 67108864")  # a bulk import need not leave its log behind
        connection.create_function(GUARD, 0, lambda: 1, deterministic=True)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = ON")  # the triggers call the functions below; some builds say no
    connection.create_function("ST_IsEmpty", 1, _nullable(gpkg_blob.is_empty), deterministic=True)
    for index, name in enumerate(("ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY")):
        connection.create_function(name, 1, _nullable(_side(index)), deterministic=True)


def _side(index: int) -> Any:
    return lambda blob: gpkg_blob.bounds(blob)[index]


def _nullable(function: Any) -> Any:
    return lambda blob: None if blob is None else function(blob)


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """One snapshot: BEGIN takes it with the first read, so one is made at once."""
    begin = ("PRAGMA query_only = 1", "BEGIN", "SELECT 1 FROM schema_version LIMIT 1")
    with engine.connect().execution_options(**{_BEGIN: begin}) as connection, connection.begin():
        yield connection


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """One write transaction; others wait their turn, up to BUSY_SECONDS."""
    begin = ("PRAGMA query_only = 0", "BEGIN IMMEDIATE")
    with engine.connect().execution_options(**{_BEGIN: begin}) as connection, connection.begin():
        yield connection


def translate(error: BaseException, location: str) -> GridwardenError | None:
    """The error of ours that a SQLite error stands for; None where it is a mistake in the program."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == _FULL:
        return StoreFull(f"no room left on the disk of {location}; nothing of this change was kept")
    if code == _FAILED:
        return StoreError(f"{location} cannot be read or written ({error}); look at its disk: is it full, or failing?")
    if code in _BUSY:
        return Busy(f"{location} is busy with another change", retry_after_s=1)
    if code in _READ_ONLY_OR_CLOSED:
        return StoreUnsafe(f"{location} cannot be opened or written: {error}")
    if code in _DAMAGED:
        return StoreError(f"{location} is damaged, or no GeoPackage ({error}); restore it from a backup")
    return None


def look_inside(path: Path) -> None:
    """Raise StoreMissing or StoreError unless a GeoPackage with Gridwarden's tables lies there.

    Asks SQLite and never opens the file itself: closing a plain file handle drops this process's locks on the file.
    """
    if not path.is_file():
        raise StoreMissing(f"no store at {path}; create one with: gridwarden init {path} --metric-crs EPSG:n")
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
        (found,) = connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE name IN ('schema_version', 'jurisdiction')"
        ).fetchone()
    if application_id != APPLICATION_ID:
        raise StoreError(f"{path} is not a GeoPackage")
    if found != 2:
        raise StoreError(f"{path} is a GeoPackage, but not a store of Gridwarden; import it with: gridwarden import")


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """An empty file to fill, which gets its name when it is complete, in one step, and never over another file."""
    if target.exists():
        raise StoreError(f"{target} exists already, and a store never replaces a file")
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.part")
    unfinished.unlink(missing_ok=True)
    # With its final mode from its first moment; SQLite gives the files beside it the same.
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, MODE))
    try:
        yield unfinished
        _sync(unfinished)
        try:
            os.link(unfinished, target)
        except FileExistsError:
            raise StoreError(f"{target} exists already, and a store never replaces a file") from None
        _sync(target.parent)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            unfinished.with_name(unfinished.name + suffix).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have the disk keep a file, or a folder's list of names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def backup(engine: Engine, target: Path) -> None:
    """Copy the store while it is in use to one file that opens on its own."""
    with new_file(target) as unfinished, closing(sqlite3.connect(unfinished)) as copy:
        with engine.connect() as connection:
            source: Any = connection.connection.driver_connection
            source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = copy.execute("PRAGMA quick_check").fetchone()
        if verdict != "ok":
            raise StoreError(f"the copy is damaged ({verdict}), so it was not kept; look at the disk of the store")
