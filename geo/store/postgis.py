"""The PostGIS dialect: several processes and machines on one database, in a schema of its own.

Writers take turns, as on a GeoPackage: each write transaction first takes one advisory lock. Commits are bound by the
disk, and grouping them (which the service does) gains more than running them side by side; in return every rule that
reads before it writes - the edition in force, the open interval row, a repeated source_ref - needs no locks and no
retries of its own. Each statement of READ COMMITTED then sees all that was committed before this writer's turn. Ids of
events come in the order of commits, so readers follow them by id, whatever transactions others leave open.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from geo.errors import BadInput, Busy, GridwardenError, StoreError, StoreFull, StoreMissing, UnsuitableCrs
from geo.store.tables import FEATURE_TABLES, metadata
from geo.store.turns import BUSY_SECONDS
from geo.store.views import VIEWS

SCHEMA = "gridwarden"
# Where PostGIS is usually installed; names that do not exist are passed over.
_SEARCH_PATH = f"{SCHEMA},public,postgis,extensions"
_CONNECT_SECONDS = 10
# Advisory locks: any numbers that nobody else uses.
_WRITERS_TURN = 4_729_318_221
_CLAIMED = 472_931_822

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_DISK_FULL = "53100"
_BUSY = frozenset({"40001", "40P01", "55P03", "53300", "57014"})
_NO_PRIVILEGE = "42501"


def url_of(location: str) -> URL:
    """The URL with our driver, whichever way it was spelt."""
    return make_url(location).set(drivername="postgresql+psycopg")


def make_engine(location: str) -> Engine:
    """An engine whose tables are found in our schema. The caller sets ``engine.dialect.metric_srid``."""
    url = url_of(location)
    given = str(url.query.get("options", ""))
    waiting = f"-c lock_timeout={round(BUSY_SECONDS * 1000)}"
    options = f"{given} -c search_path={_SEARCH_PATH} -c timezone=UTC {waiting}".strip()
    return create_engine(
        url.difference_update_query(["options", "connect_timeout"]),
        connect_args={"options": options, "connect_timeout": url.query.get("connect_timeout", _CONNECT_SECONDS)},
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,  # the database may have been restarted since
        hide_parameters=True,  # what is written may be personal, and errors go to the log
    )


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """One snapshot, taken at once: REPEATABLE READ takes it with the first statement."""
    with (
        engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection,
        connection.begin(),
    ):
        connection.exec_driver_sql("SELECT 1 FROM schema_version LIMIT 1")
        yield connection


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """One write transaction, when its turn comes (up to BUSY_SECONDS); the turn ends with the commit."""
    with engine.connect() as connection, connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _WRITERS_TURN})
        yield connection


@contextmanager
def claim(engine: Engine, work: int) -> Iterator[bool]:
    """Whether a piece of work is the caller's alone to the end of the block, or of its connection."""
    key = {"kind": _CLAIMED, "work": work}
    # Without a transaction, which would keep the database from tidying up for as long as the work lasts.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_ours = connection.execute(text("SELECT pg_try_advisory_lock(:kind, :work)"), key).scalar_one()
        try:
            yield is_ours
        finally:
            if is_ours:
                with suppress(DBAPIError):  # a connection that is gone has let go already
                    connection.execute(text("SELECT pg_advisory_unlock(:kind, :work)"), key)


def translate(error: BaseException, location: str) -> GridwardenError | None:
    """The error of ours that a PostgreSQL error stands for; None where it is a mistake in the program."""
    state = getattr(error, "sqlstate", None)
    if state == _DISK_FULL:
        return StoreFull(f"no room left on the disk of {location}; nothing of this change was kept")
    if state in _BUSY:
        return Busy(f"{location} is busy with another change", retry_after_s=1)
    if state == _NO_PRIVILEGE:
        return StoreError(f"the user of {location} lacks a right it needs: {error}")
    if state is not None and state.startswith(("08", "57P")):
        return StoreError(f"{location} does not answer: {error}")
    if type(error).__name__ == "DataError" and "NUL" in str(error):
        return BadInput("text holds a zero byte, which no store can keep: leave it out")
    # A connection that never came about or broke has no code.
    if state is None and type(error).__name__ == "OperationalError":
        return StoreError(f"{location} does not answer: {error}")
    return None


def look_inside(engine: Engine, location: str) -> None:
    """Raise StoreMissing unless our tables are there."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("schema_version", schema=SCHEMA):
            raise StoreMissing(f"no store in {location}; create one with: gridwarden init URL --metric-crs EPSG:n")


def create_everything(conn: Connection, location: str, metric_srid: int) -> None:
    """Our schema and all that is in it, in a database that has or may have PostGIS."""
    if inspect(conn).has_schema(SCHEMA):
        raise StoreError(f"{location} holds a store already")
    _require_postgis(conn)
    if conn.execute(text("SELECT 1 FROM spatial_ref_sys WHERE srid = :srid"), {"srid": metric_srid}).first() is None:
        raise UnsuitableCrs(f"this PostGIS does not know EPSG:{metric_srid}")
    conn.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    metadata.create_all(conn, checkfirst=False)
    for name in FEATURE_TABLES:
        conn.exec_driver_sql(f"CREATE INDEX {name}_geom ON {name} USING gist (geom)")
    for view in VIEWS:
        conn.exec_driver_sql(f"CREATE VIEW {view.name} AS {view.select}")


def _require_postgis(conn: Connection) -> None:
    if conn.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").first():
        return
    refusal = "this database lacks PostGIS, and {}; ask its administrator to run: CREATE EXTENSION postgis"
    if not conn.exec_driver_sql("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'").first():
        raise StoreError(refusal.format("the server does not offer it"))
    may = conn.exec_driver_sql("SELECT usesuper FROM pg_user WHERE usename = current_user").scalar()
    if not may:
        raise StoreError(refusal.format("this user may not add it"))
    conn.exec_driver_sql("CREATE EXTENSION postgis SCHEMA public")


def backup(location: str, target: Path, schema: str = SCHEMA) -> None:
    """Dump a schema, ours if not said, with pg_dump in its custom format, for ``restore``. Only its owner reads it."""
    if target.exists():
        raise StoreError(f"{target} exists already; a backup never replaces a file")
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.part")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # pg_dump keeps the mode it finds
    try:
        _run_client("pg_dump", location, "--format=custom", f"--schema={schema}", f"--file={unfinished}")
        os.link(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(location: str, source: Path) -> None:
    """Make a dumped schema again, all of it or nothing. Raises StoreError where the database has one of that name."""
    engine = make_engine(location)
    try:
        with engine.begin() as conn:
            _require_postgis(conn)
    finally:
        engine.dispose()
    _run_client("pg_restore", location, "--no-owner", "--single-transaction", "--exit-on-error", str(source))


def _run_client(name: str, location: str, *arguments: str) -> None:
    """Run a client program of PostgreSQL on the database. The password goes through the environment."""
    program = shutil.which(name)
    if program is None:
        raise StoreError(f"this needs {name}; install the client programs of PostgreSQL")
    url = url_of(location)
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    command = [program, *arguments, f"--dbname={address}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StoreError(f"{name} failed: {done.stderr.strip()}")
