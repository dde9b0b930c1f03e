"""The grids of a draft as a collection of features, which QGIS and other programs read and change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, Connection, case, func, null, select, union_all

from geo.desk import drafts
from geo.desk.asof import When
from geo.desk.collection import GEOMETRY, Collection, DraftOf, Source, told
from geo.desk.draft_work import find
from geo.desk.edition_grids import Key
from geo.desk.exchange_crs import Kept
from geo.desk.lists import area_in
from geo.errors import NotFound
from geo.model import DraftState, GridLevel
from geo.rules.access import Capability, Extent, Reach
from geo.rules.cql2 import Kind
from geo.store.boxes import Box, box_of_all, near_box
from geo.store.tables import area, draft_grid, draft_operation, grid_version

KINDS = {
    "code": Kind.TEXT, "name": Kind.TEXT, "name_en": Kind.TEXT, "area": Kind.TEXT, "households": Kind.NUMBER,
    GEOMETRY: Kind.GEOMETRY,
}  # fmt: skip
_NEW = 2**40  # the numbers of grids that come with a draft begin here: no store has so many grids
_DIGITS = 5  # bytes of their hash; together they stay below 2**53, which every client reads exactly


def collections_of_drafts(conn: Connection, reach: Reach, reader: str) -> list[Collection]:
    """The drafts that are not over and that somebody may see, newest first: open to whom it may be edited by."""
    may_draft = bool(reach.of(Capability.BOUNDARIES_DRAFT))
    capability = Capability.BOUNDARIES_DRAFT if may_draft else Capability.BOUNDARIES_PUBLISH
    seen = reach.of(Capability.BOUNDARIES_DRAFT) + reach.of(Capability.BOUNDARIES_PUBLISH)
    if not seen:
        return []
    return [_collection(row, capability, may_draft) for row in drafts.listed(conn, seen, reader)]


def _title(row: Mapping[str, Any]) -> str:
    """A draft that takes an edition back is titled in English alone, for the command line."""
    number = row["takes_back"]
    return row["title"] if number is None else f"收回第 {number} 版 Edition {number} taken back"


def _collection(row: Mapping[str, Any], capability: Capability, may_draft: bool) -> Collection:
    is_open = may_draft and DraftState(row["state"]).is_editable
    return Collection(
        id=f"draft-{row['id']}",
        title=f"草案 Draft {row['id']}: {_title(row)}",
        description=f"Grids of the draft {row['id']}, which stands on edition {row['base_edition']}",
        geometry_type="MultiPolygon",
        capability=capability,
        part="division",
        kept=Kept.METRIC,
        has_past=False,
        source=_Grids(row["id"]).source,
        kinds=KINDS,
        draft=DraftOf(row["id"], row["revision"], is_open),
    )


@dataclass(frozen=True)
class _Grids:
    """The grids of one draft: those of its base edition, but for where it says otherwise."""

    draft_id: int

    def source(self, conn: Connection, extents: Sequence[Extent], when: When) -> Source:
        grids = self._grids(conn).subquery()
        rows = grids.join(area, area.c.id == grids.c.area_id)
        where = (area_in(extents),)
        columns = {
            "code": grids.c.code, "name": grids.c.name, "name_en": grids.c.name_en, "area": area.c.code,
            "households": grids.c.households,
        }  # fmt: skip
        near, around = partial(_near, conn, grids), partial(_around, conn, grids, rows, where)
        geom = (grids.c.geom, grids.c.shape)
        return Source(rows, where, grids.c.number, geom, told(columns, KINDS), near, around, _drawn)

    def _grids(self, conn: Connection) -> Any:
        """Either geom, as an edition keeps it, or shape, as the draft does; version: of what is as in the edition."""
        row = find(conn, self.draft_id)
        version, said = grid_version.c, draft_grid.c
        here = (said.draft_id == row.id) & (said.grid_id == version.grid_id)
        there = version.to_edition.is_(None) | (version.to_edition > row.base_edition)
        of_base = (version.scheme_id == row.scheme_id) & (version.from_edition <= row.base_edition) & there
        kept = (version.code, version.name, version.name_en, version.area_id, version.households)
        unchanged = (
            select(version.grid_id.label("number"), *kept, version.id.label("version"), version.geom,
                   null().label("shape"))
            .select_from(grid_version.outerjoin(draft_grid, here))
            .where(of_base, version.level == GridLevel.GRID, said.id.is_(None))
        )  # fmt: skip
        numbers = numbers_of_new(conn, self.draft_id)
        number = func.coalesce(said.grid_id, case(numbers, value=said.code)) if numbers else said.grid_id
        own = (said.code, said.name, said.name_en, said.area_id, said.households)
        changed = select(number, *own, null(), null(), said.shape).where(said.draft_id == row.id, ~said.gone)
        return union_all(unchanged, changed)


def _drawn(geom: shapely.Geometry | None, shape: str | None) -> shapely.Geometry | None:
    return geom if shape is None else shapely.from_wkb(shape)


def _near(conn: Connection, grids: Any, box: Box) -> ColumnElement[bool]:
    """What a draft changes is in no spatial index: a few, which are looked at one by one."""
    there = select(grid_version.c.id).where(near_box(conn, grid_version, box))
    return grids.c.shape.is_not(None) | grids.c.version.in_(there)


def _around(conn: Connection, grids: Any, rows: Any, where: Sequence[ColumnElement[bool]]) -> Box | None:
    mine = select(grids.c.version).select_from(rows).where(*where)
    own = select(grids.c.shape).select_from(rows).where(*where, grids.c.shape.is_not(None))
    boxes = [shapely.bounds(shapely.from_wkb(shape)) for shape in conn.execute(own).scalars()]
    base = box_of_all(conn, grid_version, mine.where(grids.c.version.is_not(None)))
    sides = np.array([*boxes, *([base] if base else [])], dtype=np.float64).reshape(-1, 4)
    sides = sides[np.isfinite(sides).all(axis=1)]
    if not len(sides):
        return None
    west, south = sides[:, :2].min(axis=0).tolist()
    east, north = sides[:, 2:].max(axis=0).tolist()
    return west, south, east, north


# -- numbers of features ----------------------------------------------------------------------------------------------


def numbers_of_new(conn: Connection, draft_id: int) -> dict[str, int]:
    """By code the number of each grid that comes with a draft: it stays, whatever becomes of the code.

    A program that has read a feature goes on naming it as it did; a grid that comes with a draft has no id yet.
    """
    rows = conn.execute(
        select(draft_grid.c.code).where(
            draft_grid.c.draft_id == draft_id, draft_grid.c.grid_id.is_(None), ~draft_grid.c.gone
        )
    )
    codes = list(rows.scalars())
    if not codes:
        return {}
    first = _first_codes(conn, draft_id)
    return {code: _number(*first.origin(code)) for code in codes}


class _FirstCodes:
    """Which code a grid came with, and how often that code had been given up by then."""

    def __init__(self) -> None:
        self._origin: dict[str, tuple[str, int]] = {}
        self._given_up: dict[str, int] = {}

    def origin(self, code: str) -> tuple[str, int]:
        return self._origin.get(code) or (code, self._given_up.get(code, 0))

    def recoded(self, old: str, new: str) -> None:
        self._origin[new] = self.origin(old)
        self._origin.pop(old, None)
        self._given_up[old] = self._given_up.get(old, 0) + 1


def _first_codes(conn: Connection, draft_id: int) -> _FirstCodes:
    done = draft_operation.c.draft_id == draft_id, draft_operation.c.undone_at.is_(None)
    steps = conn.execute(select(draft_operation.c.operation).where(*done).order_by(draft_operation.c.seq))
    first = _FirstCodes()
    for said in steps.scalars():
        if isinstance(said.get("code"), str) and isinstance(said.get("new"), str):
            first.recoded(said["code"], said["new"])
    return first


def _number(code: str, times: int) -> int:
    digest = blake2b(f"{times} {code}".encode(), digest_size=_DIGITS).digest()
    return _NEW + int.from_bytes(digest)


def key_of(conn: Connection, draft_id: int, number: int) -> Key:
    """The key of a feature's grid in its draft. Raises NotFound for the number of none that comes with it."""
    if number < _NEW:
        return number
    for code, own in numbers_of_new(conn, draft_id).items():
        if own == number:
            return code
    raise NotFound(f"there is no feature {number} in the draft {draft_id} that you may see")
