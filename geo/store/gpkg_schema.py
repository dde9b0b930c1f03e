"""What makes our tables a GeoPackage 1.4 (OGC 12-128r19): its own tables, R-trees, registered layers, and our guards.

The shell is plain DDL rather than a file made by GDAL: it is the standard's own, a dozen statements long, and so the
store needs no second SQLite library (see gpkg.py). ``validate_gpkg.py`` of GDAL passes on it in the tests.

There is no ``gpkg_ogr_contents``: that is GDAL's private row count, wrong as soon as anyone else writes; without it
GDAL counts. ``last_change`` tells when a layer was registered, no more: keeping it would cost every commit a page.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Table
from sqlalchemy.schema import CreateTable

from geo.crs import crs_wkt
from geo.store.gpkg import APPLICATION_ID, GUARD
from geo.store.tables import FEATURE_TABLES, geometry_type, metadata
from geo.store.types import WGS84_SRID, utc_text
from geo.store.views import VIEWS, View

GEOPACKAGE_VERSION = 10400
RTREE_DEFINITION = "http://www.geopackage.org/spec140/#extension_rtree"

_SHELL = (
    """CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL,
  description TEXT
)""",
    """CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY,
  data_type TEXT NOT NULL,
  identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE,
  min_y DOUBLE,
  max_x DOUBLE,
  max_y DOUBLE,
  srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
)""",
    """CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL,
  m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
)""",
    """CREATE TABLE gpkg_extensions (
  table_name TEXT,
  column_name TEXT,
  extension_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
)""",
)
_GUARDED = ("INSERT", "UPDATE", "DELETE")
_SHELL_TABLES = ("gpkg_spatial_ref_sys", "gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions")

# Annex F.3 of the standard, its names included; update 1 and 3 gave way to 5, 6 and 7 in version 1.4.
_RTREE_TRIGGERS = {
    "insert": """AFTER INSERT ON "{t}" WHEN (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
BEGIN INSERT OR REPLACE INTO "{r}" VALUES ({new}); END""",
    "update2": """AFTER UPDATE OF geom ON "{t}" WHEN OLD.id = NEW.id AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
BEGIN DELETE FROM "{r}" WHERE id = OLD.id; END""",
    "update4": """AFTER UPDATE ON "{t}" WHEN OLD.id != NEW.id AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
BEGIN DELETE FROM "{r}" WHERE id IN (OLD.id, NEW.id); END""",
    "update5": """AFTER UPDATE ON "{t}" WHEN OLD.id != NEW.id AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
BEGIN DELETE FROM "{r}" WHERE id = OLD.id; INSERT OR REPLACE INTO "{r}" VALUES ({new}); END""",
    "update6": """AFTER UPDATE OF geom ON "{t}" WHEN OLD.id = NEW.id
 AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom)) AND (OLD.geom NOTNULL AND NOT ST_IsEmpty(OLD.geom))
BEGIN UPDATE "{r}" SET minx = ST_MinX(NEW.geom), maxx = ST_MaxX(NEW.geom),
 miny = ST_MinY(NEW.geom), maxy = ST_MaxY(NEW.geom) WHERE id = NEW.id; END""",
    "update7": """AFTER UPDATE OF geom ON "{t}" WHEN OLD.id = NEW.id
 AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom)) AND (OLD.geom ISNULL OR ST_IsEmpty(OLD.geom))
BEGIN INSERT INTO "{r}" VALUES ({new}); END""",
    "delete": """AFTER DELETE ON "{t}" WHEN OLD.geom NOT NULL
BEGIN DELETE FROM "{r}" WHERE id = OLD.id; END""",
}
_NEW_ROW = "NEW.id, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)"

# An extent only grows: it is a hint for viewers, and a row that leaves it would ask for a look at all others. Nothing
# is written while rows fall inside, which is nearly always.
_EXTENT_TRIGGER = """AFTER {verb} ON "{t}" WHEN NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom) AND NOT EXISTS (
 SELECT 1 FROM gpkg_contents WHERE table_name = '{t}'
    AND min_x <= ST_MinX(NEW.geom) AND min_y <= ST_MinY(NEW.geom)
    AND max_x >= ST_MaxX(NEW.geom) AND max_y >= ST_MaxY(NEW.geom))
BEGIN UPDATE gpkg_contents SET
 min_x = min(ifnull(min_x, ST_MinX(NEW.geom)), ST_MinX(NEW.geom)),
 min_y = min(ifnull(min_y, ST_MinY(NEW.geom)), ST_MinY(NEW.geom)),
 max_x = max(ifnull(max_x, ST_MaxX(NEW.geom)), ST_MaxX(NEW.geom)),
 max_y = max(ifnull(max_y, ST_MaxY(NEW.geom)), ST_MaxY(NEW.geom))
 WHERE table_name IN ({layers}); END"""


def create_everything(conn: Connection, metric_srid: int, now: datetime) -> None:
    """All tables, layers and guards in an empty file."""
    conn.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    conn.exec_driver_sql(f"PRAGMA user_version = {GEOPACKAGE_VERSION}")
    for statement in _SHELL:
        conn.exec_driver_sql(statement)
    _add_reference_systems(conn, metric_srid)
    for table in metadata.sorted_tables:
        add_table(conn, table, now)
    for view in VIEWS:
        add_view(conn, view, now)
    for name in _SHELL_TABLES:
        _add_guards(conn, name)


def _add_reference_systems(conn: Connection, metric_srid: int) -> None:
    rows = [
        ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinate reference system"),
        ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
    ]
    for srid in sorted({WGS84_SRID, metric_srid}):
        wkt = crs_wkt(srid)
        name = wkt.split('"')[1]
        rows.append((name, srid, "EPSG", srid, wkt, "reports" if srid == WGS84_SRID else "grids"))
    for row in rows:
        conn.exec_driver_sql("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", row)


def add_table(conn: Connection, table: Table, now: datetime) -> None:
    """Create one of our tables, register it as features or attributes, and guard it."""
    conn.execute(CreateTable(table))
    for index in sorted(table.indexes, key=lambda each: str(each.name)):
        index.create(conn)
    if table.name in FEATURE_TABLES:
        geometry = geometry_type(table)
        _register_features(conn, table.name, geometry.kind, geometry.srid(conn.dialect), now=now)
        _add_rtree(conn, table.name)
        _add_extent_triggers(conn, table.name)
    else:
        _register(conn, table.name, "attributes", now=now)
    _add_guards(conn, table.name)


def add_view(conn: Connection, view: View, now: datetime) -> None:
    """Create a spatial view and register it as a layer. SQLite lets nobody write to a view, so it needs no guard."""
    geometry = geometry_type(FEATURE_TABLES[view.source])
    conn.exec_driver_sql(f'CREATE VIEW "{view.name}" AS {view.select}')
    _register_features(conn, view.name, geometry.kind, geometry.srid(conn.dialect), view.description, now=now)


def _register(
    conn: Connection, name: str, data_type: str, srid: int | None = None, description: str = "", *, now: datetime
) -> None:
    conn.exec_driver_sql(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (name, data_type, name, description, utc_text(now), srid),
    )


def _register_features(
    conn: Connection, name: str, kind: str, srid: int, description: str = "", *, now: datetime
) -> None:
    _register(conn, name, "features", srid, description, now=now)
    conn.exec_driver_sql("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (name, kind, srid))


def _add_rtree(conn: Connection, name: str) -> None:
    rtree = f"rtree_{name}_geom"
    conn.exec_driver_sql(f'CREATE VIRTUAL TABLE "{rtree}" USING rtree(id, minx, maxx, miny, maxy)')
    conn.exec_driver_sql(
        "INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index', ?, 'write-only')", (name, RTREE_DEFINITION)
    )
    for suffix, body in _RTREE_TRIGGERS.items():
        _create_trigger(conn, f"{rtree}_{suffix}", body.format(t=name, r=rtree, new=_NEW_ROW))


def _add_extent_triggers(conn: Connection, name: str) -> None:
    layers = [name, *(view.name for view in VIEWS if view.source == name)]
    quoted = ", ".join(f"'{layer}'" for layer in layers)
    for suffix, verb in (("insert", "INSERT"), ("update", "UPDATE OF geom")):
        _create_trigger(conn, f"extent_{name}_{suffix}", _EXTENT_TRIGGER.format(verb=verb, t=name, layers=quoted))


def _add_guards(conn: Connection, name: str) -> None:
    """A program that lacks the guard function cannot prepare a write: "no such function: only_gridwarden_may_write"."""
    for verb in _GUARDED:
        body = f"BEFORE {verb} ON \"{name}\" WHEN NOT {GUARD}() BEGIN SELECT RAISE(ABORT, 'guarded'); END"
        _create_trigger(conn, _guard_name(name, verb), body)


def guard_names() -> dict[str, set[str]]:
    """The guard triggers that each table has, GeoPackage's own tables included."""
    return {name: {_guard_name(name, verb) for verb in _GUARDED} for name in (*metadata.tables, *_SHELL_TABLES)}


def _guard_name(table: str, verb: str) -> str:
    return f"guard_{table}_{verb.lower()}"


def _create_trigger(conn: Connection, name: str, body: str) -> None:
    conn.exec_driver_sql(f'CREATE TRIGGER "{name}" {body}')
