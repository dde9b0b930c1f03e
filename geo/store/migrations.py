"""How a store written by an older Gridwarden becomes one of today.

Migrations are numbered, additive (new tables, columns, indexes; nothing is dropped or rebuilt) and written once a
dialect. A new store is made from ``tables.py`` as it is today, and notes every migration as applied; an older one gets
those it lacks, in one transaction, when it is opened to write. ``PRAGMA user_version`` belongs to GeoPackage, so the
number is in a table of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from geo.errors import StoreTooNew
from geo.store import gpkg_schema, postgis, upgrades
from geo.store.tables import schema_version

Step = Callable[[Connection, datetime], None]


@dataclass(frozen=True)
class Migration:
    """What a version adds to the one before it, on each dialect. The first version has nothing before it."""

    version: int
    name: str
    gpkg: Step | None = None
    postgis: Step | None = None


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "first light"),
    Migration(2, "doubt and parts", *upgrades.DOUBT_AND_PARTS),
    Migration(3, "registers imported again", *upgrades.REGISTERS),
    Migration(4, "aliases and evidence", *upgrades.ALIASES_AND_EVIDENCE),
    Migration(5, "points of units", *upgrades.POINTS_OF_UNITS),
    Migration(6, "drafts and lineage", *upgrades.DRAFTS),
    Migration(7, "held imports", *upgrades.HELD_IMPORTS),
    Migration(8, "issues by state and time", *upgrades.ISSUES_BY_STATE_AND_TIME),
)


def create(conn: Connection, location: str, *, metric_srid: int, now: datetime) -> None:
    """Everything a new store holds, at the newest version."""
    if conn.dialect.name == "sqlite":
        gpkg_schema.create_everything(conn, metric_srid, now)
    else:
        postgis.create_everything(conn, location, metric_srid)
    for migration in MIGRATIONS:
        _note(conn, migration, now)


def pending(conn: Connection, location: str) -> list[Migration]:
    """The migrations a store lacks. Raises StoreTooNew where it has one that this program does not know."""
    known = MIGRATIONS[-1].version
    version = conn.execute(select(func.max(schema_version.c.version))).scalar_one()
    if version > known:
        raise StoreTooNew(
            f"{location} has version {version}, this Gridwarden knows version {known}; update Gridwarden",
            version=version,
            known=known,
        )
    return [migration for migration in MIGRATIONS if migration.version > version]


def apply(conn: Connection, migration: Migration, now: datetime) -> None:
    """One step up, in the caller's transaction."""
    step = migration.gpkg if conn.dialect.name == "sqlite" else migration.postgis
    if step is not None:
        step(conn, now)
    _note(conn, migration, now)


def _note(conn: Connection, migration: Migration, now: datetime) -> None:
    conn.execute(insert(schema_version).values(version=migration.version, name=migration.name, applied_at=now))
