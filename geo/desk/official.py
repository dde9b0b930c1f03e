"""Official lines: where the grids of an area are not its official boundary, and where a line of grids cuts a compound.

An area may have a boundary of its own, as a register of the administrative division gives it. It is compared with the
ground of the grids that declare the area, or one below it, and never forced onto them. All of it is measured in metres.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, select, true

from geo.coverage.lattice import Geoms
from geo.desk.asof import existed, recorded
from geo.desk.atlas import Atlas, Sheet
from geo.desk.edition_grids import GridRow
from geo.desk.lists import area_in
from geo.desk.scope import anything, area_path, under
from geo.model import PlaceKind
from geo.rules.access import Capability, Extent, Reach
from geo.store.tables import area, place, place_part

LEAST_M2 = 1.0  # less is how exactly a boundary was drawn
LEAST_WIDTH_M = 0.05
_KEPT_WHOLE = (PlaceKind.COMPOUND, PlaceKind.BUILDING)


class Departure(StrEnum):
    """missing: official ground of an area that its grids have not. beyond: ground of its grids outside of it.

    cut: a line between grids, or their end, goes through a compound or a building.
    """

    MISSING = "missing"
    BEYOND = "beyond"
    CUT = "cut"


@dataclass(frozen=True)
class Asked:
    """scheme: a name, None for the primary one. area: a code, with its subtree."""

    scheme: str | None = None
    area: str | None = None


@dataclass(frozen=True)
class Finding:
    """One place where lines disagree. code, name: of the area, or of the compound. what: its level, or its kind.

    grids: that have the ground, or that the compound is cut into, of those that the reader may know.
    area_m2: of the ground; of a compound that is cut, of the smallest part. share: of the whole. width_m: about how far
    the lines are apart. geom: what to draw, in metres.
    """

    kind: Departure
    code: str
    name: str
    name_en: str | None
    what: str
    area: str | None
    grids: tuple[str, ...]
    area_m2: float
    share: float
    width_m: float | None
    geom: Any

    def told(self) -> dict[str, Any]:
        """Without the geometry."""
        return {name: getattr(self, name) for name in columns()} | {"grids": list(self.grids)}


@dataclass(frozen=True)
class Report:
    """areas: with an official boundary and grids of their own. unknown: codes of areas that cannot be compared."""

    scheme: str
    edition: int
    areas: int
    unknown: tuple[str, ...]
    findings: tuple[Finding, ...]

    def summary(self) -> dict[str, Any]:
        counted = {str(kind): sum(each.kind is kind for each in self.findings) for kind in Departure}
        counts = {"areas": self.areas, "areas_unknown": len(self.unknown), **counted}
        return {"scheme": self.scheme, "edition": self.edition, "counts": counts}

    def told(self) -> dict[str, Any]:
        """As JSON: figures first, then every finding, the largest first."""
        return self.summary() | {"unknown": list(self.unknown), "findings": [each.told() for each in self.findings]}


def columns() -> Sequence[str]:
    """The columns of the table of findings."""
    return ("kind", "code", "name", "name_en", "what", "area", "grids", "area_m2", "share", "width_m")


def report(conn: Connection, reach: Reach, atlas: Atlas, asked: Asked, at: datetime | None = None) -> Report:
    """What disagrees where the reader sees places. Raises NotFound without the scheme, or an area that he sees.

    at: with the grids of then; official boundaries and outlines of places have no past, what is there of them has.
    """
    sheet = atlas.sheet(conn, asked.scheme, at)
    seen = anything(reach.of(Capability.PLACES_SEE))
    here = true() if asked.area is None else under(area_path(conn, asked.area, seen))
    ground = _Ground.of(conn, atlas, sheet, seen)
    found, areas, unknown = _departures(conn, ground, seen, here, at)
    found += _cuts(conn, ground, sheet, seen, here, at)
    found.sort(key=lambda each: (-each.area_m2, each.kind, each.code))
    return Report(sheet.scheme, sheet.edition, areas, tuple(unknown), tuple(found))


class _Ground:
    """The grids of an edition by the path of the area that they declare."""

    def __init__(self, grids: Sequence[GridRow], paths: Mapping[int, str], seen: Sequence[Extent]) -> None:
        self.rows = list(grids)
        self.geoms: Geoms = np.array([grid.geom for grid in grids], dtype=object)
        self.paths = np.array([paths[grid.area_id] for grid in grids], dtype=object)
        self.tree = shapely.STRtree(self.geoms)
        self._told = [any(extent.covers(path) for extent in seen) for path in self.paths]

    @classmethod
    def of(cls, conn: Connection, atlas: Atlas, sheet: Sheet, seen: Sequence[Extent]) -> _Ground:
        grids = atlas.shelf.grids(conn, sheet.scheme_id, sheet.edition)
        paths = {row.id: row.path for row in conn.execute(select(area.c.id, area.c.path))}
        return cls(list(grids.values()), paths, seen)

    def declared(self, path: str) -> Geoms:
        """The grids of an area and of those below it."""
        return self.geoms[[row for row, own in enumerate(self.paths) if own.startswith(path)]]

    def names(self, geom: Any) -> tuple[str, ...]:
        """Codes of the grids that have some of this ground."""
        rows = self.tree.query(geom)
        return self.codes(rows[shapely.area(shapely.intersection(geom, self.geoms[rows])) > 0].tolist())

    def codes(self, rows: Sequence[int]) -> tuple[str, ...]:
        """Of those that the reader may know."""
        return tuple(sorted(self.rows[row].code for row in rows if self._told[row]))


# -- areas ------------------------------------------------------------------------------------------------------------


def _departures(
    conn: Connection, ground: _Ground, seen: Sequence[Extent], here: Any, at: datetime | None
) -> tuple[list[Finding], int, list[str]]:
    """What is missing or beyond, how many areas were compared, and those that cannot be."""
    above = area.alias("above")
    rows = conn.execute(
        select(area, above.c.code.label("parent"))
        .outerjoin(above, above.c.id == area.c.parent_id)
        .where(existed(area, at), area_in(seen), here)
        .order_by(area.c.code)
    ).all()
    found, unknown = [], []
    for row in rows:
        grids = ground.declared(row.path)
        if row.geom is None or not len(grids):
            unknown.append(row.code)
            continue
        of_grids = shapely.coverage_union_all(grids)
        for kind, one, other in (
            (Departure.MISSING, row.geom, of_grids),
            (Departure.BEYOND, of_grids, row.geom),
        ):
            found += [_departure(kind, row, part, ground) for part in _parts(shapely.difference(one, other))]
    return found, len(rows) - len(unknown), unknown


def _parts(ground: Any) -> list[Any]:
    """Pieces of ground that are more than how exactly a boundary was drawn."""
    parts = shapely.get_parts(ground)
    parts = parts[shapely.area(parts) >= LEAST_M2]
    return list(parts[_width(parts) >= LEAST_WIDTH_M])


def _width(parts: Geoms) -> np.ndarray:
    """(n,) metres: of a strip its width, of anything else less than that."""
    width: np.ndarray = 2 * shapely.area(parts) / shapely.length(parts)
    return width


def _departure(kind: Departure, row: Any, part: Any, ground: _Ground) -> Finding:
    width = round(float(_width(np.array([part], dtype=object))[0]), 2)
    area_m2, share = round(part.area, 1), round(part.area / row.geom.area, 6)
    grids = ground.names(part)
    return Finding(kind, row.code, row.name, row.name_en, row.level, row.parent, grids, area_m2, share, width, part)


# -- compounds and buildings ------------------------------------------------------------------------------------------


def _cuts(
    conn: Connection, ground: _Ground, sheet: Sheet, seen: Sequence[Extent], here: Any, at: datetime | None
) -> list[Finding]:
    """Compounds and buildings that lie in more than one grid, or partly in none, with the line that cuts them."""
    rows = conn.execute(
        select(place, area.c.code.label("area"), place_part.c.grid_id, place_part.c.area_m2)
        .join(place_part, place_part.c.place_id == place.c.id)
        .outerjoin(area, area.c.id == place.c.area_id)
        .where(place_part.c.scheme_id == sheet.scheme_id, recorded(place_part, at))
        .where(place_part.c.area_m2 >= LEAST_M2, place.c.kind.in_(_KEPT_WHOLE))
        .where(existed(place, at), area_in(seen), here)
        .order_by(place.c.code, place_part.c.id)
    ).all()
    parts: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        parts[row.id].append(row)
    row_of = {grid.grid_id: row for row, grid in enumerate(ground.rows)}
    return [_cut(own, ground, row_of) for own in parts.values() if len(own) > 1]


def _cut(parts: Sequence[Any], ground: _Ground, row_of: Mapping[int | None, int]) -> Finding:
    row, smallest = parts[0], min(part.area_m2 for part in parts)
    own = [row_of[part.grid_id] for part in parts if part.grid_id in row_of]
    lines = shapely.intersection(shapely.boundary(ground.geoms[own]), row.geom)
    return Finding(
        Departure.CUT,
        row.code,
        row.name,
        row.name_en,
        row.kind,
        row.area,
        ground.codes(own),
        round(smallest, 1),
        round(smallest / row.geom.area, 6),
        None,
        shapely.union_all(lines),
    )
