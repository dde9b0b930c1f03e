"""Each structural check finds what it is for, and a sound store has no findings."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, text, update

from geo.store import gpkg, tables
from geo.store.check import structural_findings
from geo.store.store import Store
from geo.store.tables import assignment, edition, grid_version, issue_state, unit_class
from tests.geo.store.rows import Place, add, furnish


def findings(conn: Connection) -> set[tuple[str, str, int]]:
    return {(each.check, each.table, each.rows) for each in structural_findings(conn)}


def test_a_sound_store_has_no_findings(store: Store, now: datetime) -> None:
    with store.write() as conn:
        assert structural_findings(conn) == []
        furnish(conn, now)
        assert structural_findings(conn) == []


def _reaches_into_the_next(conn: Connection, here: Place, now: datetime) -> None:
    interval = {"from_at": now + timedelta(hours=1), "event_id": here.event_id}
    conn.execute(update(issue_state).values(to_at=now + timedelta(hours=2)))
    add(conn, issue_state, issue_id=here.issue_id, state="closed", **interval)


def _ends_before_it_starts(conn: Connection, here: Place, now: datetime) -> None:
    conn.execute(update(assignment).values(to_at=now - timedelta(hours=1)))


def _nothing_in_force(conn: Connection, here: Place, now: datetime) -> None:
    conn.execute(update(issue_state).values(to_at=now))


def _unit_without_a_class(conn: Connection, here: Place, now: datetime) -> None:
    conn.execute(delete(unit_class))


def _edition_is_missing(conn: Connection, here: Place, now: datetime) -> None:
    conn.execute(update(edition).values(number=3))


def _grid_of_an_unknown_edition(conn: Connection, here: Place, now: datetime) -> None:
    conn.execute(update(grid_version).where(grid_version.c.id == 2).values(to_edition=7))


def _two_versions_of_a_grid_at_once(conn: Connection, here: Place, now: datetime) -> None:
    for number in (2, 3):
        add(
            conn,
            tables.edition,
            scheme_id=here.scheme_id,
            number=number,
            published_at=now,
            actor="test",
            grids=2,
            area_mm2="1",
        )
    conn.execute(update(grid_version).where(grid_version.c.id == 2).values(to_edition=3))
    conn.execute(
        text(
            "INSERT INTO grid_version (grid_id, scheme_id, level, code, name, area_id, geom, from_edition)"
            " SELECT grid_id, scheme_id, level, code, name, area_id, geom, 2 FROM grid_version WHERE id = 2"
        )
    )


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (_reaches_into_the_next, {("interval", "issue_state", 1)}),
        (_ends_before_it_starts, {("interval", "assignment", 1)}),
        (_nothing_in_force, {("in_force", "issue_state", 1)}),
        (_unit_without_a_class, {("in_force", "unit_class", 1)}),
        (_edition_is_missing, {("edition", "edition", 1), ("edition", "grid_version", 3)}),
        (_grid_of_an_unknown_edition, {("edition", "grid_version", 1)}),
        (_two_versions_of_a_grid_at_once, {("interval", "grid_version", 1)}),
    ],
)
def test_what_both_stores_can_have_wrong(
    store: Store,
    now: datetime,
    spoil: Callable[[Connection, Place, datetime], None],
    found: set[tuple[str, str, int]],
) -> None:
    with store.write() as conn:
        here = furnish(conn, now)
        spoil(conn, here, now)
        assert findings(conn) == found


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM rtree_issue_geom", ("rtree", "issue", 1)),
        ("INSERT INTO rtree_place_geom VALUES (99, 0, 1, 0, 1)", ("rtree", "place", 1)),
        ("UPDATE rtree_area_geom SET minx = 390100", ("rtree", "area", 1)),
        ("UPDATE gpkg_contents SET max_x = 390150 WHERE table_name = 'grid_version'", ("extent", "grid_version", 1)),
        ("UPDATE gpkg_contents SET min_x = NULL WHERE table_name = 'issue'", ("extent", "issue", 1)),
        ("DELETE FROM gpkg_contents WHERE table_name = 'person'", ("unregistered", "person", 1)),
        ("DELETE FROM gpkg_geometry_columns WHERE table_name = 'issues'", ("unregistered", "issues", 1)),
        ("DROP VIEW places", ("missing", "places", 1)),
        ("DROP TRIGGER guard_event_delete", ("unguarded", "event", 1)),
        (
            "CREATE TABLE gpkg_ogr_contents (table_name TEXT, feature_count INTEGER)",
            ("row_counts", "gpkg_ogr_contents", 1),
        ),
        ("DELETE FROM report", ("foreign_key", "issue", 1)),
    ],
)
def test_what_a_geopackage_can_have_wrong(
    store_factory: Callable[..., Store], now: datetime, statement: str, found: tuple[str, str, int]
) -> None:
    store = store_factory("gpkg")
    with store.write() as conn:
        furnish(conn, now)
    with closing(sqlite3.connect(store.location)) as vandal, vandal:  # one that knows the password
        vandal.create_function(gpkg.GUARD, 0, lambda: 1, deterministic=True)
        vandal.execute(statement)
    with store.read() as conn:
        assert findings(conn) == {found}


def test_a_damaged_index_is_found(store_factory: Callable[..., Store], now: datetime) -> None:
    store = store_factory("gpkg")
    with store.write() as conn:
        furnish(conn, now)
    with closing(sqlite3.connect(store.location)) as vandal, vandal:
        vandal.execute("PRAGMA writable_schema = 1")
        other = "CREATE INDEX event_subject ON event (kind)"
        vandal.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'event_subject'", [other])
    with Store.open(store.location, write=False) as fresh, fresh.read() as conn:
        assert {check for check, _, _ in findings(conn)} == {"integrity"}
