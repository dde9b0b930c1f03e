"""What only a PostGIS store has to promise: rights, languages, the order of commits, dumps."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import make_url, select, text

from geo.errors import Busy, StoreError, StoreFull
from geo.store import check, postgis
from geo.store.insert import insert_many
from geo.store.store import Store
from geo.store.tables import event, person
from tests.conftest import TEST_STORE
from tests.geo.store.rows import event_row, furnish
from tests.postgis_server import PostgisServer

pytestmark = pytest.mark.postgis


@pytest.fixture
def url(new_location: Callable[[str], str]) -> str:
    """A database with PostGIS and no store."""
    return new_location("postgis")


def connect(url: str) -> psycopg.Connection:
    """A connection that goes round our engine: another program, or a transaction of our own making."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, options="-c search_path=gridwarden,public")


# -- coming to be ---------------------------------------------------------------------------------------------------


def test_everything_lies_in_its_own_schema(store_factory: Callable[..., Store]) -> None:
    store = store_factory("postgis")
    query = text("SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_name IN ('event', 'grids')")
    with store.read() as conn:
        assert conn.execute(query).scalars().all() == ["gridwarden"]


def test_every_geometry_has_an_index(store_factory: Callable[..., Store]) -> None:
    query = text(
        "SELECT count(*) FROM pg_indexes WHERE schemaname = 'gridwarden' AND indexdef LIKE '%USING gist (geom)'"
    )
    with store_factory("postgis").read() as conn:
        assert conn.execute(query).scalar_one() == 6


def test_postgis_is_added_where_that_is_allowed(postgis_server: PostgisServer, now: datetime) -> None:
    url = postgis_server.new_database(template="template0")
    Store.create(url, **TEST_STORE, now=now)
    Store.open(url).close()
    postgis_server.drop(url)


def test_without_postgis_the_message_says_what_to_do(postgis_server: PostgisServer, now: datetime) -> None:
    url = postgis_server.new_database(template="template0")
    with connect(url) as conn:
        name = make_url(url).database
        conn.execute("CREATE ROLE clerk LOGIN")
        conn.execute(f"GRANT CREATE ON DATABASE {name} TO clerk")
    as_clerk = make_url(url).set(username="clerk").render_as_string()
    with pytest.raises(StoreError, match="CREATE EXTENSION postgis"):
        Store.create(as_clerk, **TEST_STORE, now=now)
    with connect(url) as conn:
        conn.execute("CREATE EXTENSION postgis")
    Store.create(as_clerk, **TEST_STORE, now=now)
    with Store.open(as_clerk) as store, store.write() as conn:
        furnish(conn, now)
    postgis_server.drop(url)


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not answer"):
        Store.open(f"postgresql+psycopg://nobody@/none?host={tmp_path}")


def test_no_password_is_shown(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refusal:
        Store.open(f"postgresql+psycopg://nobody:s3cret@/none?host={tmp_path}")
    assert "s3cret" not in str(refusal.value)


def test_codes_sort_by_byte_in_a_database_that_sorts_otherwise(postgis_server: PostgisServer, now: datetime) -> None:
    url = postgis_server.new_database(template="template0", options="LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
    Store.create(url, **TEST_STORE, now=now)
    with Store.open(url) as store, store.write() as conn:
        insert_many(conn, person, [{"code": code, "name": code} for code in ("b", "A", "a", "B")])
        assert conn.execute(text('SELECT code FROM person ORDER BY code COLLATE "default"')).scalars().all()[0] == "a"
        assert conn.execute(select(person.c.code).order_by(person.c.code)).scalars().all() == ["A", "B", "a", "b"]
    postgis_server.drop(url)


# -- the order of events --------------------------------------------------------------------------------------------


def test_a_transaction_that_others_leave_open_holds_no_event_back(
    store_factory: Callable[..., Store], now: datetime
) -> None:
    store = store_factory("postgis")
    with connect(store._address) as foreign:
        foreign.execute("CREATE TABLE public.theirs (n integer)")  # so that it has a number, older than all that comes
        with store.write() as conn:
            insert_many(conn, event, [event_row(now)])
        with store.read() as conn:
            assert [row.id for row in store.events_after(conn, 0, 10)] == [store.last_event(conn)]


def test_who_follows_events_while_several_processes_write_misses_none(
    store_factory: Callable[..., Store], now: datetime
) -> None:
    writers, each = 4, 25
    store = store_factory("postgis")

    def write(name: int) -> None:
        with Store.open(store._address) as own:
            for n in range(each):
                with own.write() as conn:
                    insert_many(conn, event, [event_row(now, subject_id=name * each + n)] * (n % 3 + 1))

    followed: list[int] = []
    last = 0
    with ThreadPoolExecutor(writers) as pool:
        working = [pool.submit(write, name) for name in range(writers)]
        done = False
        while not done:
            done = all(future.done() for future in working)  # asked before the last look
            with store.read() as conn:
                rows = store.events_after(conn, last, 7)
            followed += [row.id for row in rows]
            last = followed[-1] if followed else 0
            done = done and not rows
        for future in working:
            future.result()
    with store.read() as conn:
        assert followed == conn.execute(select(event.c.id).order_by(event.c.id)).scalars().all()


def test_a_writer_that_waits_too_long_is_told_to_come_back(
    store_factory: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_factory("postgis")
    monkeypatch.setattr(postgis, "BUSY_SECONDS", 0.05)
    with store.write(), Store.open(store._address) as second, pytest.raises(Busy) as busy, second.write():
        pass
    assert busy.value.details["retry_after_s"] == 1


# -- disks and dumps ------------------------------------------------------------------------------------------------


def test_a_full_disk_is_named() -> None:
    error = postgis.translate(errors.DiskFull("could not extend file"), "the store")
    assert isinstance(error, StoreFull)
    assert "nothing of this change was kept" in str(error)


def test_a_dump_can_be_restored(store_factory: Callable[..., Store], url: str, tmp_path: Path, now: datetime) -> None:
    store = store_factory("postgis")
    with store.write() as conn:
        here = furnish(conn, now)
    dump = tmp_path / "store.dump"
    store.backup(dump)
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    done = subprocess.run(["pg_restore", f"--dbname={plain}", dump], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with Store.open(url) as restored, restored.write() as conn:
        assert check.structural_findings(conn) == []
        assert conn.execute(text("SELECT count(*) FROM grids")).scalar_one() == 2
        assert insert_many(conn, event, [event_row(now)]) > [here.event_id]


def test_a_backup_without_pg_dump_says_so(
    store_factory: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_factory("postgis")
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(StoreError, match="pg_dump"):
        store.backup(tmp_path / "store.dump")
    assert list(tmp_path.iterdir()) == []
