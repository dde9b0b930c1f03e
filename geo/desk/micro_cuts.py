"""Micro-grids (微网格) under boundaries that move: what lies outside its grid now is cut off, what has no grid ends."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import shapely
from sqlalchemy import select, update

from geo.coverage.lattice import Geoms, as_multipolygons, polygonal, to_lattice
from geo.crs import LATTICE_M
from geo.desk.tx import Tx
from geo.model import GridLevel
from geo.store.insert import insert_many
from geo.store.tables import grid_version


def cut_micro_grids(tx: Tx, scheme_id: int, number: int, touched: Collection[int]) -> int:
    """Fit the micro-grids of changed grids into these as they are in edition ``number``. Returns how many changed."""
    in_force = grid_version.c.scheme_id == scheme_id, grid_version.c.to_edition.is_(None)
    micro = grid_version.c.level == GridLevel.MICRO_GRID
    rows = [
        row for row in tx.conn.execute(select(grid_version).where(*in_force, micro)) if row.parent_grid_id in touched
    ]
    if not rows:
        return 0
    parents = {
        row.grid_id: row
        for row in tx.conn.execute(select(grid_version).where(*in_force, grid_version.c.level == GridLevel.GRID))
        if row.grid_id in touched
    }
    fitted = [(row, _fitted(row.geom, parents.get(row.parent_grid_id))) for row in rows]
    changed = [(row, geom) for row, geom in fitted if geom is not row.geom]
    ended = grid_version.c.id.in_([row.id for row, _ in changed])
    tx.conn.execute(update(grid_version).where(ended).values(to_edition=number))
    left = [(row, geom) for row, geom in changed if geom is not None]
    insert_many(tx.conn, grid_version, [_version(row, geom, number) for row, geom in left])
    return len(changed)


def _fitted(geom: Any, parent: Any) -> Any:
    """The part of a micro-grid that lies in its grid; itself where it does, None where nothing is left."""
    if parent is None:
        return None
    beyond = shapely.difference(geom, parent.geom)
    if beyond.area <= LATTICE_M * geom.length:
        return geom
    cut: Geoms = np.array([shapely.intersection(geom, parent.geom)], dtype=object)
    parts = [part for part in shapely.get_parts(cut[0]) if part.geom_type == "Polygon"]
    if not parts:
        return None
    whole = to_lattice(np.array([shapely.multipolygons(parts)], dtype=object))
    usable = polygonal(whole)[0] and shapely.is_valid(whole[0]) and whole[0].area > LATTICE_M * whole[0].length
    return as_multipolygons(whole)[0] if usable else None


def _version(row: Any, geom: Any, number: int) -> dict[str, Any]:
    kept = {name: value for name, value in row._mapping.items() if name != "id"}
    return {**kept, "geom": geom, "from_edition": number, "to_edition": None}
