"""Bounding boxes by the spatial index of each store: what may lie there. What does lie there is decided elsewhere."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, column, func, select
from sqlalchemy import table as lightweight

from geo.store.tables import geometry_type

Box = tuple[float, float, float, float]  # west, south, east, north, in the CRS of the geometry column


def near_box(conn: Connection, table: Table, box: Box) -> ColumnElement[bool]:
    """Rows of ``table`` whose geometry's bounding box, or one slightly larger, meets ``box``."""
    west, south, east, north = box
    if conn.dialect.name == "postgresql":
        srid = geometry_type(table).srid(conn.dialect)
        there = func.ST_MakeEnvelope(west, south, east, north, srid)
        return table.c.geom.op("&&", is_comparison=True)(there)
    tree = _rtree(table)
    meets = (tree.c.maxx >= west) & (tree.c.minx <= east) & (tree.c.maxy >= south) & (tree.c.miny <= north)
    return table.c.id.in_(select(tree.c.id).where(meets))


def box_of_all(conn: Connection, table: Table, ids: Select[Any]) -> Box | None:
    """A box around the rows of ``table`` with these ids, on a GeoPackage up to a metre too large; None for no rows."""
    if conn.dialect.name == "postgresql":
        sides = [func.ST_XMin(table.c.geom), func.ST_YMin(table.c.geom), func.ST_XMax(table.c.geom),
                 func.ST_YMax(table.c.geom)]  # fmt: skip
        rows = table.c.id.in_(ids)
    else:
        tree = _rtree(table)
        sides, rows = [tree.c.minx, tree.c.miny, tree.c.maxx, tree.c.maxy], tree.c.id.in_(ids)
    west, south, east, north = sides
    found = conn.execute(select(func.min(west), func.min(south), func.max(east), func.max(north)).where(rows)).one()
    return None if found[0] is None else (found[0], found[1], found[2], found[3])


def _rtree(table: Table) -> Any:
    return lightweight(f"rtree_{table.name}_geom", *map(column, ("id", "minx", "maxx", "miny", "maxy")))
