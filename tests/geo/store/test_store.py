"""What a store promises, the same on a GeoPackage and on PostGIS."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from geo.errors import BadInput, StoreError, StoreMissing
from geo.store import tables
from geo.store.insert import insert_many
from geo.store.store import Jurisdiction, Store
from geo.store.tables import event, grid_version, jurisdiction
from tests.conftest import TEST_STORE
from tests.geo.store.rows import add, event_row, furnish, square

ABOUT: dict[str, Any] = {"name": "New York", "metric_srid": 32618, "timezone": "America/New_York", "synthetic": False}


def events(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(event)).scalar_one()


# -- coming to be ---------------------------------------------------------------------------------------------------


def test_a_store_knows_whose_it_is(store: Store, kind: str) -> None:
    assert store.kind == kind
    assert store.jurisdiction == Jurisdiction("柯城", 4549, "Asia/Shanghai", True)


def test_a_store_of_another_city_has_its_own_metric_crs(kind: str, store_factory: Callable[..., Store]) -> None:
    with store_factory(kind, **ABOUT) as store:
        assert store.jurisdiction == Jurisdiction(**ABOUT)


def test_creating_twice_is_refused_and_leaves_the_first(
    kind: str, new_location: Callable[[str], str], now: datetime
) -> None:
    location = new_location(kind)
    Store.create(location, **ABOUT, now=now)
    with pytest.raises(StoreError, match="already"):
        Store.create(location, **(ABOUT | {"name": "other"}), now=now)
    with Store.open(location) as store:
        assert store.jurisdiction.name == "New York"


def test_a_creation_that_fails_leaves_nothing(kind: str, new_location: Callable[[str], str], now: datetime) -> None:
    location = new_location(kind)
    with pytest.raises(Exception, match="999999"):
        Store.create(location, **(ABOUT | {"metric_srid": 999999}), now=now)
    with pytest.raises(StoreMissing):
        Store.open(location)
    Store.create(location, **ABOUT, now=now)


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_time_zone_that_is_none_is_refused(tmp_path: Path, now: datetime, timezone: str) -> None:
    with pytest.raises(BadInput, match="time zone"):
        Store.create(tmp_path / "city.gpkg", **(ABOUT | {"timezone": timezone}), now=now)
    assert list(tmp_path.iterdir()) == []


def test_no_store_there(kind: str, new_location: Callable[[str], str]) -> None:
    with pytest.raises(StoreMissing, match="gridwarden init"):
        Store.open(new_location(kind))


# -- transactions ---------------------------------------------------------------------------------------------------


def test_a_write_is_kept_at_the_end_of_its_block(store: Store, now: datetime) -> None:
    with store.write() as conn:
        conn.execute(insert(event).values(event_row(now)))
    with store.read() as conn:
        assert events(conn) == 1


def test_an_error_keeps_nothing(store: Store, now: datetime) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        conn.execute(insert(event).values(event_row(now)))
        raise ZeroDivisionError
    with store.read() as conn:
        assert events(conn) == 0


def test_a_savepoint_undoes_its_part_only(store: Store, now: datetime) -> None:
    with store.write() as conn:
        with conn.begin_nested():
            conn.execute(insert(event).values(event_row(now, kind="kept")))
        with pytest.raises(IntegrityError), conn.begin_nested():
            conn.execute(insert(event).values(event_row(now, kind="lost")))
            conn.execute(insert(event).values(event_row(now, subject="nonsense")))
        conn.execute(insert(event).values(event_row(now, kind="kept too")))
    with store.read() as conn:
        assert conn.execute(select(event.c.kind).order_by(event.c.id)).scalars().all() == ["kept", "kept too"]


def test_a_reader_keeps_its_snapshot(store: Store, now: datetime) -> None:
    with store.read() as reader:
        with store.write() as conn:
            conn.execute(insert(event).values(event_row(now)))
        assert events(reader) == 0
    with store.read() as reader:
        assert events(reader) == 1


def test_a_reader_does_not_see_what_is_not_committed(store: Store, now: datetime) -> None:
    with store.write() as conn:
        conn.execute(insert(event).values(event_row(now)))
        with store.read() as reader:
            assert events(reader) == 0


def test_nothing_is_written_through_a_reader(store: Store, now: datetime) -> None:
    with pytest.raises((DBAPIError, StoreError)), store.read() as conn:
        conn.execute(insert(event).values(event_row(now)))
    with store.write() as conn:  # the connection serves writers again
        conn.execute(insert(event).values(event_row(now)))


def test_a_store_opened_to_read_refuses_to_write(store: Store, now: datetime) -> None:
    with Store.open(store._address, write=False) as second:
        with pytest.raises(StoreError, match="read only"), second.write():
            pass
        with store.write() as conn:
            conn.execute(insert(event).values(event_row(now)))
        with second.read() as conn:
            assert events(conn) == 1


def test_writers_take_turns(store: Store, now: datetime) -> None:
    """Forty read-then-write turns of four threads: with turns, no two read the same count."""
    seen: list[int] = []

    def work() -> None:
        for _ in range(10):
            with store.write() as conn:
                seen.append(events(conn))
                conn.execute(insert(event).values(event_row(now)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(40))


# -- types ----------------------------------------------------------------------------------------------------------


def test_times_come_back_aware_and_to_the_millisecond(store: Store, now: datetime) -> None:
    moment = now + timedelta(microseconds=123_000)
    with store.write() as conn:
        conn.execute(insert(event).values(event_row(moment, data={"名": "<b>", "n": [1, None, True]})))
        row = conn.execute(select(event)).one()
        assert conn.execute(text("SELECT recorded_at FROM event")).scalar() == "2026-03-18T04:00:00.123Z"
    assert row.recorded_at == moment
    assert row.data == {"名": "<b>", "n": [1, None, True]}


def test_naive_times_are_refused(store: Store, now: datetime) -> None:
    with pytest.raises(Exception, match="zone"), store.write() as conn:
        conn.execute(insert(event).values(event_row(now.replace(tzinfo=None))))


@pytest.mark.parametrize(
    "geom",
    [
        square(0.123, 0.456),
        shapely.MultiPolygon([*square(0, 0).geoms, *square(500, 0).geoms]),
        shapely.MultiPolygon([square(0, 0).geoms[0].difference(square(10, 10, 5))]),
    ],
    ids=["square", "exclave", "hole"],
)
def test_grids_come_back_to_the_bit(store: Store, now: datetime, geom: shapely.MultiPolygon) -> None:
    with store.write() as conn:
        furnish(conn, now)
        conn.execute(update(grid_version).where(grid_version.c.code == "330802-001").values(geom=geom))
    with store.read() as conn:
        found = conn.execute(select(grid_version.c.geom).where(grid_version.c.code == "330802-001")).scalar_one()
    assert found.equals_exact(geom, 0)
    assert shapely.to_wkb(found) == shapely.to_wkb(geom)


def test_codes_sort_by_byte(store: Store, now: datetime) -> None:
    """The lowest code wins, so the order must not depend on the language of a database."""
    codes = ["a", "B", "_", "é", "区", "Z", "a-1", "a1"]
    with store.write() as conn:
        insert_many(conn, tables.person, [{"code": code, "name": code} for code in codes])
        found = conn.execute(select(tables.person.c.code).order_by(tables.person.c.code)).scalars().all()
    assert found == sorted(codes, key=str.encode)


def test_two_open_rows_of_one_history_are_refused(store: Store, now: datetime) -> None:
    with pytest.raises(IntegrityError), store.write() as conn:
        here = furnish(conn, now)
        add(conn, tables.issue_state, issue_id=here.issue_id, state="closed", from_at=now, event_id=here.event_id)


def test_a_row_that_refers_to_nothing_is_refused(store: Store, now: datetime) -> None:
    with pytest.raises(IntegrityError), store.write() as conn:
        add(conn, tables.issue_state, issue_id=77, state="open", from_at=now, event_id=77)


# -- inserts --------------------------------------------------------------------------------------------------------


def test_ids_come_in_the_order_of_the_rows(store: Store, now: datetime) -> None:
    with store.write() as conn:
        first = insert_many(conn, event, [event_row(now, kind=f"k{n}") for n in range(3000)])
        second = insert_many(conn, event, [event_row(now, kind="last", reason="said"), event_row(now)])
        single = conn.execute(insert(event).values(event_row(now)).returning(event.c.id)).scalar_one()
        found = dict(conn.execute(select(event.c.id, event.c.kind)).all())
    assert [found[key] for key in first] == [f"k{n}" for n in range(3000)]
    assert [*first, *second, single] == sorted({*first, *second, single})


def test_no_rows_no_ids(store: Store) -> None:
    with store.write() as conn:
        assert insert_many(conn, event, []) == []


def test_an_id_is_never_given_twice(store: Store, now: datetime) -> None:
    with store.write() as conn:
        (first,) = insert_many(conn, event, [event_row(now)])
        conn.execute(event.delete())
    with store.write() as conn:
        (second,) = insert_many(conn, event, [event_row(now)])
    assert second > first


# -- events ---------------------------------------------------------------------------------------------------------


def test_events_come_once_and_in_order(store: Store, now: datetime) -> None:
    with store.read() as conn:
        start = store.last_event(conn)
        assert store.events_after(conn, start, 10) == []
    for n in range(5):
        with store.write() as conn:
            insert_many(conn, event, [event_row(now, subject_id=n)] * 2)
    followed: list[int] = []
    last = start
    with store.read() as conn:
        while rows := store.events_after(conn, last, 3):
            followed += [row.subject_id for row in rows]
            last = rows[-1].id
        assert last == store.last_event(conn)
    assert followed == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


# -- views ----------------------------------------------------------------------------------------------------------


def test_the_grids_view_shows_the_edition_in_force(store: Store, now: datetime) -> None:
    with store.write() as conn:
        here = furnish(conn, now)
        add(
            conn,
            tables.edition,
            scheme_id=here.scheme_id,
            number=2,
            published_at=now,
            actor="test",
            grids=1,
            area_mm2="1",
        )
        conn.execute(update(grid_version).where(grid_version.c.code == "330802-002").values(to_edition=2))
        other = add(conn, tables.scheme, name="governance", is_primary=False, created_at=now)
        grid_id = add(conn, tables.grid, scheme_id=other, level="grid", created_at=now)
        add(
            conn,
            grid_version,
            grid_id=grid_id,
            scheme_id=other,
            level="grid",
            code="X",
            name="X",
            area_id=here.area_id,
            geom=square(0, 0),
            from_edition=1,
        )
    with store.read() as conn:
        grids = conn.execute(text("SELECT code, name, area_code, edition, households FROM grids")).all()
        micro = conn.execute(text("SELECT code, grid_code FROM micro_grids")).all()
    assert [tuple(row) for row in grids] == [("330802-001", "一号网格", "330802", 2, 120)]
    assert [tuple(row) for row in micro] == [("330802-001-1", "330802-001")]


def test_the_issues_view_shows_the_state_in_force_and_no_personal_text(store: Store, now: datetime) -> None:
    with store.write() as conn:
        furnish(conn, now)
    with store.read() as conn:
        row = conn.execute(text("SELECT * FROM issues")).one()
    assert (row.state, row.category_code, row.grid_code, row.queue) == ("open", "01", "330802-001", None)
    assert not {"description", "address", "source_ref", "reply", "contact"} & set(row._fields)


def test_no_view_shows_rental_units(store: Store, now: datetime) -> None:
    with store.write() as conn:
        furnish(conn, now)
    with store.read() as conn:
        for view in ("grids", "micro_grids", "areas", "places", "issues"):
            for row in conn.execute(text(f"SELECT * FROM {view}")):
                assert "U1" not in tuple(row)


# -- backup ---------------------------------------------------------------------------------------------------------


def test_nobody_else_reads_a_store_or_a_backup(store: Store, tmp_path: Path, now: datetime) -> None:
    """Addresses and what reporters wrote are in both; whom the owner lets in, he lets in by hand."""
    before = os.umask(0)
    try:
        store.backup(tmp_path / "backup")
        if store.kind == "gpkg":
            Store.create(tmp_path / "new.gpkg", **ABOUT, now=now)
            with Store.open(tmp_path / "new.gpkg") as made, made.write() as conn:
                conn.execute(insert(event).values(event_row(now)))
                files = list(tmp_path.glob("new.gpkg*"))
                assert {"new.gpkg", "new.gpkg-wal", "new.gpkg-shm"} <= {file.name for file in files}
                assert [f.name for f in files if f.stat().st_mode & 0o007 and f.suffix != ".lock"] == []
    finally:
        os.umask(before)
    assert (tmp_path / "backup").stat().st_mode & 0o007 == 0


def test_errors_do_not_repeat_what_was_to_be_written(store: Store, now: datetime) -> None:
    """They go to the log, and it may be personal. PostgreSQL's own DETAIL of a broken constraint is its own."""
    with pytest.raises(DBAPIError) as failed, store.write() as conn:
        conn.execute(insert(event).values(event_row(now) | {"reason": "private", "subject": None}))
    assert "private" not in str(failed.value).partition("DETAIL")[0]


def test_a_backup_never_replaces_a_file(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.write_text("precious")
    with pytest.raises(StoreError, match="exists"):
        store.backup(target)
    assert target.read_text() == "precious"


def test_a_failed_backup_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    with pytest.raises((StoreError, OSError)):
        store.backup(tmp_path / "no such folder" / "copy")
    assert not (tmp_path / "no such folder").exists()


def test_the_defaults_of_the_tests_describe_a_store(store: Store) -> None:
    with store.read() as conn:
        row = conn.execute(select(jurisdiction)).one()
    assert {key: getattr(row, key) for key in TEST_STORE} == TEST_STORE
