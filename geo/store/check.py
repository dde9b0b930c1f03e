"""Is the store sound as a store?

What its contents mean - coverage, states that fold from events, editions of assignments - is for the desk to check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from geo.store.gpkg_schema import guard_names
from geo.store.tables import FEATURE_TABLES, metadata
from geo.store.views import VIEWS


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in a table: which check found it, in how many rows, and what that means."""

    check: str
    table: str
    rows: int
    message: str


@dataclass(frozen=True, slots=True)
class _History:
    """A table of interval rows: what one history belongs to, and which subjects must have a row in force."""

    table: str
    key: str
    start: str = "from_at"
    end: str = "to_at"
    required_by: str | None = None


_HISTORIES = (
    _History("issue_state", "issue_id", required_by="SELECT id FROM issue"),
    _History("unit_term", "unit_id", required_by="SELECT id FROM rental_unit WHERE undone_at IS NULL"),
    _History("unit_class", "unit_id", required_by="SELECT id FROM rental_unit WHERE undone_at IS NULL"),
    _History("assignment", "subject, subject_id, scheme_id"),
    _History("grid_version", "grid_id", "from_edition", "to_edition"),
)


def structural_findings(conn: Connection) -> list[Finding]:
    """Everything that is wrong, in one read transaction; an empty list is a sound store."""
    findings: list[Finding] = []
    if conn.dialect.name == "sqlite":
        findings += _file_findings(conn)
        findings += _layer_findings(conn)
        for name in FEATURE_TABLES:
            findings += _rtree_findings(conn, name)
    for history in _HISTORIES:
        findings += _history_findings(conn, history)
    findings += _edition_findings(conn)
    return findings


def _count(conn: Connection, query: str) -> int:
    return int(conn.execute(text(query)).scalar_one())


def _found(check: str, table: str, rows: int, message: str) -> Iterator[Finding]:
    if rows:
        yield Finding(check, table, rows, message)


# -- the file -------------------------------------------------------------------------------------------------------


def _file_findings(conn: Connection) -> Iterator[Finding]:
    for (message,) in conn.exec_driver_sql("PRAGMA integrity_check"):
        if message != "ok":
            yield Finding("integrity", "", 1, f"the file is damaged: {message}; restore it from a backup")
    orphans: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in conn.exec_driver_sql("PRAGMA foreign_key_check"):
        orphans[table, parent] = orphans.get((table, parent), 0) + 1
    for (table, parent), rows in orphans.items():
        yield Finding("foreign_key", table, rows, f"rows name a {parent} that is not there")


def _layer_findings(conn: Connection) -> Iterator[Finding]:
    """Every table and view registered, and every guard in place."""
    registered = set(conn.exec_driver_sql("SELECT table_name FROM gpkg_contents").scalars())
    layers = set(conn.exec_driver_sql("SELECT table_name FROM gpkg_geometry_columns").scalars())
    existing = set(conn.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
    features = {*FEATURE_TABLES, *(view.name for view in VIEWS)}
    for name in sorted({*metadata.tables, *features}):
        yield from _found("missing", name, int(name not in existing), "the table or view is gone")
        unregistered = name not in registered or (name in features and name not in layers)
        yield from _found("unregistered", name, int(unregistered), "GeoPackage readers are not told of it")
    for name, guards in guard_names().items():
        gone = len(guards - existing)
        yield from _found("unguarded", name, gone, "stray programs can write to it: a guard trigger is gone")
    # GDAL trusts these counts blindly, and keeps them only itself.
    yield from _found("row_counts", "gpkg_ogr_contents", int("gpkg_ogr_contents" in existing), "GDAL's counts go stale")


def _rtree_findings(conn: Connection, name: str) -> Iterator[Finding]:
    """The R-tree has exactly the rows with a geometry, and its boxes hold them; the layer's extent holds them all."""
    rtree = f"rtree_{name}_geom"
    located = f"{name} AS t WHERE t.geom IS NOT NULL AND NOT ST_IsEmpty(t.geom)"
    lost = f"SELECT count(*) FROM {located} AND t.id NOT IN (SELECT id FROM {rtree})"
    extra = f"SELECT count(*) FROM {rtree} WHERE id NOT IN (SELECT t.id FROM {located})"
    yield from _found("rtree", name, _count(conn, lost), "rows that the R-tree does not know")
    yield from _found("rtree", name, _count(conn, extra), "R-tree entries without a row")
    box = _holds("minx", "miny", "maxx", "maxy")
    strayed = f"SELECT count(*) FROM {name} AS t JOIN {rtree} AS b ON b.id = t.id WHERE NOT {box}"
    yield from _found("rtree", name, _count(conn, strayed), "rows that lie outside their R-tree box")
    extent = _holds("min_x", "min_y", "max_x", "max_y")
    outside = (
        f"SELECT count(*) FROM {name} AS t JOIN gpkg_contents AS b ON b.table_name = '{name}'"
        f" WHERE t.geom IS NOT NULL AND NOT ST_IsEmpty(t.geom) AND {extent} IS NOT 1"
    )
    yield from _found("extent", name, _count(conn, outside), "rows that lie outside the extent of the layer")


def _holds(min_x: str, min_y: str, max_x: str, max_y: str) -> str:
    """Whether the box in these columns of ``b`` holds the geometry of ``t``."""
    return (
        f"(b.{min_x} <= ST_MinX(t.geom) AND b.{min_y} <= ST_MinY(t.geom)"
        f" AND b.{max_x} >= ST_MaxX(t.geom) AND b.{max_y} >= ST_MaxY(t.geom))"
    )


# -- what both stores hold ------------------------------------------------------------------------------------------


def _history_findings(conn: Connection, history: _History) -> Iterator[Finding]:
    """Interval rows that end before they start or reach into the next, and subjects with nothing in force."""
    name, start, end = history.table, history.start, history.end
    backward = f"SELECT count(*) FROM {name} WHERE {end} < {start}"
    yield from _found("interval", name, _count(conn, backward), "rows that end before they start")
    overlapping = f"""
        SELECT count(*) FROM (
            SELECT {end} AS this_end,
                   lead({start}) OVER (PARTITION BY {history.key} ORDER BY {start}, id) AS next_start
              FROM {name}) AS steps
         WHERE next_start IS NOT NULL AND (this_end IS NULL OR this_end > next_start)"""
    yield from _found("interval", name, _count(conn, overlapping), "rows that reach into the next row of their history")
    if history.required_by:
        in_force = f"SELECT {history.key} FROM {name} WHERE {end} IS NULL"
        idle = f"SELECT count(*) FROM ({history.required_by}) AS s WHERE s.id NOT IN ({in_force})"
        yield from _found("in_force", name, _count(conn, idle), "subjects without a row in force")


def _edition_findings(conn: Connection) -> Iterator[Finding]:
    """Editions are numbered 1, 2, 3 ... in each scheme, and grid versions name editions that exist."""
    gaps = """
        SELECT count(*) FROM (
            SELECT scheme_id FROM edition GROUP BY scheme_id HAVING min(number) <> 1 OR max(number) <> count(*)) AS s"""
    yield from _found("edition", "edition", _count(conn, gaps), "schemes whose editions are not numbered 1, 2, 3 ...")
    for column in ("from_edition", "to_edition"):
        unknown = f"""
            SELECT count(*) FROM grid_version AS v WHERE v.{column} IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM edition AS e WHERE e.scheme_id = v.scheme_id AND e.number = v.{column})"""
        yield from _found("edition", "grid_version", _count(conn, unknown), f"rows whose {column} was never published")
