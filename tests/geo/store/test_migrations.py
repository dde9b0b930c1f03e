"""Older stores are brought up to date, newer ones are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, delete, func, insert, inspect, select, text

from geo.errors import StoreError, StoreTooNew
from geo.store import check, gpkg_schema, migrations
from geo.store.migrations import MIGRATIONS, Migration
from geo.store.store import Store
from geo.store.tables import metadata, schema_version
from tests.geo.store.rows import furnish


def _add_motto(conn: Connection, now: datetime) -> None:
    conn.exec_driver_sql("ALTER TABLE jurisdiction ADD COLUMN motto TEXT")


def _add_walks_to_a_file(conn: Connection, now: datetime) -> None:
    gpkg_schema.add_table(conn, WALK, now)


def _add_walks_to_postgis(conn: Connection, now: datetime) -> None:
    WALK.create(conn)


def _fail(conn: Connection, now: datetime) -> None:
    _add_motto(conn, now)
    raise ZeroDivisionError


WALK = Table("walk", MetaData(), Column("id", Integer, primary_key=True), Column("name", Text))
NEXT = MIGRATIONS[-1].version + 1
MOTTO = Migration(NEXT, "a motto", gpkg=_add_motto, postgis=_add_motto)
WALKS = Migration(NEXT + 1, "walks", gpkg=_add_walks_to_a_file, postgis=_add_walks_to_postgis)


def columns(store: Store) -> set[str]:
    with store.read() as conn:
        return {column["name"] for column in inspect(conn).get_columns("jurisdiction")}


@pytest.fixture
def location(kind: str, new_location: Callable[[str], str], now: datetime) -> str:
    """A store as this program makes it, closed."""
    made = new_location(kind)
    Store.create(made, name="Old Town", metric_srid=4549, timezone="Asia/Shanghai", synthetic=False, now=now)
    return made


def test_a_new_store_notes_every_migration(location: str, now: datetime) -> None:
    with Store.open(location) as store, store.read() as conn:
        rows = conn.execute(select(schema_version).order_by(schema_version.c.version)).all()
    assert [tuple(row) for row in rows] == [(each.version, each.name, now) for each in MIGRATIONS]


def test_versions_are_numbered_without_gaps() -> None:
    assert [each.version for each in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_a_newer_store_is_refused(location: str, now: datetime) -> None:
    with Store.open(location) as store, store.write() as conn:
        conn.execute(insert(schema_version).values(version=NEXT, name="from the future", applied_at=now))
    for write in (True, False):
        with pytest.raises(StoreTooNew, match="update Gridwarden") as refusal:
            Store.open(location, write=write, now=now)
        assert refusal.value.details == {"version": NEXT, "known": NEXT - 1}


def test_an_older_store_is_brought_up_to_date_once(
    location: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(location) as store, store.write() as conn:
        furnish(conn, now)
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, MOTTO, WALKS))
    for _ in range(2):
        with Store.open(location, now=now) as store:
            assert "motto" in columns(store)
            with store.read() as conn:
                assert check.structural_findings(conn) == []
                assert conn.execute(text("SELECT count(*) FROM grids")).scalar_one() == 2
                assert conn.execute(select(func.count()).select_from(WALK)).scalar_one() == 0


def test_an_older_store_is_not_changed_by_readers(
    location: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, MOTTO))
        with pytest.raises(StoreError, match="older Gridwarden"):
            Store.open(location, write=False, now=now)
    with Store.open(location) as store:
        assert "motto" not in columns(store)


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    location: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        failing = Migration(NEXT + 1, "fails", gpkg=_fail, postgis=_fail)
        patch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, Migration(NEXT, "nothing"), failing))
        with pytest.raises(ZeroDivisionError):
            Store.open(location, now=now)
    with Store.open(location) as store:
        assert "motto" not in columns(store)


# -- the migrations that there are ------------------------------------------------------------------------------------

# What each one added: what a store lacks that was written before it.
ADDED: dict[int, tuple[dict[str, tuple[str, ...]], tuple[str, ...]]] = {
    2: ({"assignment": ("share", "outside_share", "confirmed_by")}, ("place_part",)),
    3: ({}, ("register_change", "owner_table")),
    4: ({"assignment": ("evidence",)}, ("alias",)),
    5: ({"rental_unit": ("point_lon", "point_lat")}, ()),
    6: ({}, ("lineage", "draft_grid", "draft_operation", "draft")),
    7: ({}, ("held_part", "held_import")),
    8: ({}, ()),
}
INDEXES = {6: ("assignment_wide",), 8: ("issue_state_past", "issue_state_open")}  # on tables that were there


def written_before(store: Store, version: int) -> None:
    """Take out of an empty store what later versions brought."""
    with store.write() as conn:
        for later in sorted((v for v in ADDED if v >= version), reverse=True):
            columns, whole = ADDED[later]
            for index in INDEXES.get(later, ()):
                conn.exec_driver_sql(f"DROP INDEX {index}")
            for table in whole:
                conn.exec_driver_sql(f"DROP TABLE {table}")
                if store.kind == "gpkg":
                    conn.exec_driver_sql("DELETE FROM gpkg_contents WHERE table_name = ?", (table,))
            for table, names in columns.items():
                for name in names:
                    conn.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
            conn.execute(delete(schema_version).where(schema_version.c.version == later))


def _structure(store: Store) -> dict[str, object]:
    """Tables with their columns, and indexes."""
    with store.read() as conn:
        inspected = inspect(conn)
        return {
            table: (
                {column["name"]: (str(column["type"]), column["nullable"]) for column in inspected.get_columns(table)},
                sorted(str(index["name"]) for index in inspected.get_indexes(table)),
            )
            for table in metadata.tables
        }


@pytest.mark.parametrize("version", ADDED)
def test_a_store_of_before_becomes_as_a_new_one(location: str, now: datetime, version: int) -> None:
    with Store.open(location) as store:
        new = _structure(store)
        written_before(store, version)
    with Store.open(location, now=now) as store:
        assert _structure(store) == new
        with store.read() as conn:
            assert check.structural_findings(conn) == []
