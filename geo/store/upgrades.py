"""The steps of the migrations, a pair each: for the GeoPackage, for PostGIS.

A step names the columns that it adds. A table that it adds comes as ``tables.py`` has it: whoever adds a column to that
table later has to see that a store may have got it already.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from datetime import datetime

from sqlalchemy import Connection, Table
from sqlalchemy.schema import CreateColumn

from geo.store import gpkg_schema
from geo.store.tables import (
    alias,
    assignment,
    draft,
    draft_grid,
    draft_operation,
    held_import,
    held_part,
    issue_state,
    lineage,
    owner_table,
    place_part,
    register_change,
    rental_unit,
)

Step = Callable[[Connection, datetime], None]

_DOUBT = ("share", "outside_share", "confirmed_by")


def _add_to(conn: Connection, table: Table, names: Iterable[str]) -> None:
    for name in names:
        column = CreateColumn(table.c[name]).compile(dialect=conn.dialect)
        conn.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {column}")


def _index(conn: Connection, table: Table, names: Container[str]) -> None:
    for index in table.indexes:
        if index.name in names:
            index.create(conn)


def _doubt_and_parts_in_a_file(conn: Connection, now: datetime) -> None:
    _add_to(conn, assignment, _DOUBT)
    gpkg_schema.add_table(conn, place_part, now)


def _doubt_and_parts_in_postgis(conn: Connection, now: datetime) -> None:
    _add_to(conn, assignment, _DOUBT)
    place_part.create(conn)


DOUBT_AND_PARTS: tuple[Step, Step] = (_doubt_and_parts_in_a_file, _doubt_and_parts_in_postgis)


def _registers_in_a_file(conn: Connection, now: datetime) -> None:
    for table in (owner_table, register_change):
        gpkg_schema.add_table(conn, table, now)


def _registers_in_postgis(conn: Connection, now: datetime) -> None:
    for table in (owner_table, register_change):
        table.create(conn)


REGISTERS: tuple[Step, Step] = (_registers_in_a_file, _registers_in_postgis)


def _aliases_and_evidence_in_a_file(conn: Connection, now: datetime) -> None:
    _add_to(conn, assignment, ["evidence"])
    gpkg_schema.add_table(conn, alias, now)


def _aliases_and_evidence_in_postgis(conn: Connection, now: datetime) -> None:
    _add_to(conn, assignment, ["evidence"])
    alias.create(conn)


ALIASES_AND_EVIDENCE: tuple[Step, Step] = (_aliases_and_evidence_in_a_file, _aliases_and_evidence_in_postgis)


def _points_of_units(conn: Connection, now: datetime) -> None:
    _add_to(conn, rental_unit, ["point_lon", "point_lat"])


POINTS_OF_UNITS: tuple[Step, Step] = (_points_of_units, _points_of_units)


_DRAFTS = (draft, draft_operation, draft_grid, lineage)


def _drafts_in_a_file(conn: Connection, now: datetime) -> None:
    for table in _DRAFTS:
        gpkg_schema.add_table(conn, table, now)
    _index(conn, assignment, ("assignment_wide",))


def _drafts_in_postgis(conn: Connection, now: datetime) -> None:
    for table in _DRAFTS:
        table.create(conn)
    _index(conn, assignment, ("assignment_wide",))


DRAFTS: tuple[Step, Step] = (_drafts_in_a_file, _drafts_in_postgis)


def _held_imports_in_a_file(conn: Connection, now: datetime) -> None:
    for table in (held_import, held_part):
        gpkg_schema.add_table(conn, table, now)


def _held_imports_in_postgis(conn: Connection, now: datetime) -> None:
    for table in (held_import, held_part):
        table.create(conn)


HELD_IMPORTS: tuple[Step, Step] = (_held_imports_in_a_file, _held_imports_in_postgis)


def _issues_by_state_and_time(conn: Connection, now: datetime) -> None:
    _index(conn, issue_state, ("issue_state_past", "issue_state_open"))


ISSUES_BY_STATE_AND_TIME: tuple[Step, Step] = (_issues_by_state_and_time, _issues_by_state_and_time)
