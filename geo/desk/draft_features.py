"""Grids of a draft that another program changes one by one, as QGIS does: each write is a step, as that of a file is.

Nodes go home as they do from a file; what only names something else moves no node. What a write leaves torn is among
the draft's faults, for QGIS sends the neighbours of a shared node one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection

from geo.coverage.lattice import polygonal
from geo.coverage.step import refuse_unusable
from geo.crs import to_mm
from geo.desk import drafts
from geo.desk.draft_collection import key_of, numbers_of_new
from geo.desk.draft_columns import AREA, CODE, NAME, Columns, Reading, area_ids
from geo.desk.draft_editing import recoded
from geo.desk.draft_files import homed, kept_shape, most_of
from geo.desk.draft_work import Changes, Work, areas_in
from geo.desk.edition_grids import GridRow
from geo.desk.tx import Tx
from geo.errors import BadInput, NotAllowed, NotFound
from geo.rules.access import Extent

_NEEDED = {CODE, NAME, AREA}
_AROUND_M = 1.0  # a node of few digits is not further from its home
_TAG_BYTES = 12


@dataclass(frozen=True)
class Sent:
    """What is said of a grid. properties: those that are said. geom: east before north in ``crs``; None: not said."""

    properties: Mapping[str, Any]
    geom: shapely.Geometry | None = None
    crs: str = ""


@dataclass(frozen=True)
class Feature:
    """A grid of a draft by its number. tag: differs whenever the grid does."""

    number: int
    grid: GridRow

    @property
    def tag(self) -> str:
        told = json.dumps(self.grid.as_json(), sort_keys=True).encode()
        return blake2b(told, digest_size=_TAG_BYTES).hexdigest()


def feature(conn: Connection, work: Work, number: int, extents: Sequence[Extent]) -> Feature:
    """Raises NotFound for a number of none, and of a grid outside the extents."""
    grid = work.get(key_of(conn, work.row.id, number))
    if grid is None or grid.area_id not in areas_in(conn, extents):
        raise NotFound(f"there is no feature {number} in the draft {work.row.id} that you may see")
    return Feature(number, grid)


def create(tx: Tx, work: Work, sent: Sent, extents: Sequence[Extent]) -> Feature:
    """A grid that comes with the draft, or comes back to it: with the code of one that it took away it is that one.

    QGIS merges by deleting all and creating one. Raises BadInput without a code or a polygon, and as drafts.record
    does.
    """
    if not sent.properties.get("code") or sent.geom is None:
        raise BadInput("a new grid needs a code and a polygon")
    before = _taken_away(work, sent.properties["code"])
    if before is not None and before.area_id not in areas_in(tx.conn, extents):
        raise NotAllowed("this concerns grids of areas that are not yours", reason="areas_of_others")
    grid = _grid(tx, work, sent, before)
    drafts.record(tx, work, *_said("create", grid), {grid.key: grid}, extents=extents)
    return Feature(grid.grid_id or numbers_of_new(tx.conn, work.row.id)[grid.code], grid)


def _taken_away(work: Work, code: str) -> GridRow | None:
    """The grid of the edition with this code, as it was, where the draft has taken it away."""
    key = work.base.by_code.get(code)
    return work.base[key] if key is not None and work.get(key) is None else None


def change(tx: Tx, work: Work, was: Feature, sent: Sent, extents: Sequence[Extent]) -> Feature:
    """What is not said stays. Nothing is recorded where it says what is.

    Raises BadInput for a code, name or area that is emptied, and as drafts.record does.
    """
    for name in _NEEDED & sent.properties.keys():
        if not (sent.properties[name] or "").strip():
            raise BadInput(
                f"{name} is empty, and every grid has one: nothing was changed", reason="emptied", column=name
            )
    grid = _grid(tx, work, sent, was.grid)
    if not grid.is_as(was.grid):
        changes: Changes = {grid.key: grid}
        if grid.code != was.grid.code:
            changes = recoded(was.grid, code=grid.code, name=grid.name, name_en=grid.name_en, area_id=grid.area_id,
                              households=grid.households, attributes=grid.attributes, geom=grid.geom)  # fmt: skip
        drafts.record(tx, work, *_said("change", grid, was.grid), changes, extents=extents)
    return replace(was, grid=grid)


def delete(tx: Tx, work: Work, was: Feature, extents: Sequence[Extent]) -> None:
    """The grid goes, and leaves its ground to none. Raises as drafts.record does."""
    drafts.record(tx, work, *_said("delete", was.grid), {was.grid.key: None}, extents=extents)


def _said(did: str, grid: GridRow, was: GridRow | None = None) -> tuple[str, Mapping[str, Any]]:
    """The kind of the step, and what is told of it."""
    renamed = {"code": was.code, "new": grid.code} if was is not None and was.code != grid.code else {"code": grid.code}
    return "replace_grids", {"by": "ogc", "did": did, **renamed}


def _grid(tx: Tx, work: Work, sent: Sent, was: GridRow | None) -> GridRow:
    """The grid as it is to be; as an import would take it from a file with these columns."""
    code = sent.properties.get("code") or (was.code if was else "")
    if was is None or code != was.code:
        refuse_unusable([code])
    # A grid that comes with the draft is known by its code: a second one would take its place.
    other = work.by_code(code)
    drafts.refuse_taken([code] if other is not None and (was is None or other.key != was.key) else [])
    near = _near(tx, work, sent, was)
    geom = _shape(tx, sent, was, near)
    columns = Columns(list(sent.properties), area_ids(tx.conn), Reading(), "the feature", short=False)
    nearest: Callable[[], GridRow] = partial(most_of, geom, {grid.key: grid for grid in near} or work.grids)
    said = columns.said(code, dict(sent.properties), was, nearest)
    return GridRow(was.grid_id if was else None, code, geom=geom, **said)


def _near(tx: Tx, work: Work, sent: Sent, was: GridRow | None) -> list[GridRow]:
    """The grids around what is sent, and around where it was: their nodes are its homes."""
    if sent.geom is None:
        return []
    put = tx.atlas.metric.from_source(np.array([sent.geom], dtype=object), sent.crs)
    if not polygonal(put).all() or not np.isfinite(shapely.get_coordinates(put)).all():
        raise BadInput(
            "a grid is a polygon or a multipolygon within reach of the store's CRS; to take a grid away, delete it"
        )
    bounds = shapely.total_bounds([*put, was.geom] if was else put)
    west, south, east, north = bounds.tolist()
    box = (west - _AROUND_M, south - _AROUND_M, east + _AROUND_M, north + _AROUND_M)
    left, low, right, high = to_mm(np.array(box)).astype(np.int64).tolist()
    work.base.coverage.refuse_far([(left, low), (right, high)])
    found = map(work.by_code, work.coverage.near(box))
    return [grid for grid in found if grid is not None]


def _shape(tx: Tx, sent: Sent, was: GridRow | None, near: Sequence[GridRow]) -> shapely.Geometry:
    if sent.geom is None:
        assert was is not None
        return was.geom
    before = np.array([*(grid.geom for grid in near), *([was.geom] if was else [])], dtype=object)
    put, reach = homed(np.array([sent.geom], dtype=object), sent.crs, tx.atlas.metric, before)
    return kept_shape(put.geoms[0], was, reach)
