"""Which collections there are: the grids of each scheme and of each draft, areas, places, open issues.

Issues carry nothing that a reporter wrote, and rental units are no collection: a layer opens without anybody asking
why (docs/ARCHITECTURE.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Text,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from geo.desk.asof import When, by, existed, in_edition, recorded, version_of
from geo.desk.board import in_primary
from geo.desk.collection import GEOMETRY, Collection, Property, Source, point_at, told
from geo.desk.draft_collection import collections_of_drafts
from geo.desk.exchange_crs import Kept
from geo.desk.lists import area_in
from geo.desk.scope import anything, in_extents, under
from geo.errors import NotFound
from geo.model import DONE_STATES, OPEN_STATES, GridLevel, Subject
from geo.rules.access import Capability, Extent, Reach
from geo.rules.cql2 import Kind
from geo.store.boxes import Box, box_of_all, near_box
from geo.store.tables import area, assignment, category, edition, grid, grid_version, issue, issue_state, place, scheme

_T, _N, _B, _M, _G = Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.MOMENT, Kind.GEOMETRY

_GRID_KINDS = {
    "code": _T, "name": _T, "name_en": _T, "scheme": _T, "edition": _N, "area": _T, "area_name": _T,
    "parent_grid": _T, "households": _N, GEOMETRY: _G,
}  # fmt: skip
_AREA_KINDS = {"code": _T, "name": _T, "name_en": _T, "level": _T, "parent": _T, GEOMETRY: _G}
_PLACE_KINDS = {
    "code": _T, "kind": _T, "name": _T, "name_en": _T, "address": _T, "households": _N, "area": _T, "parent": _T,
    GEOMETRY: _G,
}  # fmt: skip
_ISSUE_KINDS = {
    "state": _T, "category": _T, "category_name": _T, "grid": _T, "queue": _T, "ambiguous": _B, "method": _T,
    "opened_at": _M, "due_at": _M, "overdue": _B, GEOMETRY: _G,
}  # fmt: skip


def collections(
    conn: Connection, reach: Reach, reader: str | None = None, *, with_past: bool = False
) -> list[Collection]:
    """The collections that somebody may read something of. with_past: only those that can be asked ``as_of``.

    reader: who it is, as drafts know their makers; without it there are no drafts among them.
    """
    every = [*_grids_of_schemes(conn), AREAS, PLACES, ISSUES]
    drafts = [] if reader is None else collections_of_drafts(conn, reach, reader)
    return [each for each in (*every, *drafts) if reach.of(each.capability) and (each.has_past or not with_past)]


def collection(conn: Connection, reach: Reach, name: str, reader: str | None = None) -> Collection:
    """A collection by its id. Raises NotFound, also for one of which nothing may be seen."""
    for each in collections(conn, reach, reader):
        if each.id == name:
            return each
    raise NotFound(f"there is no collection {name[:60]!r} that you may see; /ogc/collections lists them")


# -- grids ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Division:
    """The grids of one level in one scheme."""

    scheme_id: int
    scheme: str
    level: GridLevel

    def source(self, conn: Connection, extents: Sequence[Extent], when: When) -> Source:
        at = when.as_of
        version, parent = grid_version, grid_version.alias("parent")
        newest = select(func.max(edition.c.number)).where(
            edition.c.scheme_id == self.scheme_id, by(edition.c.published_at, at)
        )
        number = conn.execute(newest).scalar_one()
        parents = (parent.c.grid_id == version.c.parent_grid_id) & in_edition(at, parent)
        columns = {
            "code": version.c.code, "name": version.c.name, "name_en": version.c.name_en,
            "scheme": literal(self.scheme, Text()), "edition": literal(number, Integer()),
            "area": area.c.code, "area_name": area.c.name, "parent_grid": parent.c.code,
            "households": version.c.households,
        }  # fmt: skip
        rows = version.join(area, area.c.id == version.c.area_id).outerjoin(parent, parents)
        where = (
            # A sum is in no index: SQLite would collect a whole scheme by it and sort it for every page.
            version.c.scheme_id + 0 == self.scheme_id,
            version.c.level == self.level,
            in_edition(at),
            in_extents(anything(extents), version.c.grid_id),
        )
        return _kept_in(conn, version, rows, where, version.c.grid_id, told(columns, _GRID_KINDS))


def _grids_of_schemes(conn: Connection) -> list[Collection]:
    """The primary scheme's are ``grids`` and ``micro-grids``; another's carry its number."""
    levels = conn.execute(
        select(scheme.c.id, scheme.c.name, scheme.c.is_primary, grid.c.level)
        .join(grid, grid.c.scheme_id == scheme.c.id)
        .distinct()
        .order_by(scheme.c.is_primary.desc(), scheme.c.id, grid.c.level)
    ).all()
    found = []
    for row in levels:
        is_micro = row.level != GridLevel.GRID
        words = ("微网格 Micro-grids", "micro-grids") if is_micro else ("网格 Grids", "grids")
        found.append(
            Collection(
                id=words[1] if row.is_primary else f"{words[1]}-{row.id}",
                title=f"{words[0]} ({row.name})",
                description=f"{words[1].capitalize()} of the edition in force of the scheme {row.name}",
                geometry_type="MultiPolygon",
                capability=Capability.MAP_SEE,
                part="division",
                kept=Kept.METRIC,
                has_past=True,
                source=_Division(row.id, row.name, GridLevel(row.level)).source,
                kinds=_GRID_KINDS,
            )
        )
    return found


# -- areas, places --------------------------------------------------------------------------------------------------


def _areas(conn: Connection, extents: Sequence[Extent], when: When) -> Source:
    parent = area.alias("parent")
    rows = area.outerjoin(parent, parent.c.id == area.c.parent_id)
    columns = {
        "code": area.c.code, "name": area.c.name, "name_en": area.c.name_en, "level": area.c.level,
        "parent": parent.c.code,
    }  # fmt: skip
    above = sorted({path for extent in extents for path in _above(extent.path)})
    seen = or_(area.c.path.in_(above), *(under(extent.path) for extent in extents))
    return _kept_in(conn, area, rows, (existed(area, when.as_of), seen), area.c.id, told(columns, _AREA_KINDS))


def _above(path: str) -> list[str]:
    """The areas that lead to a path, itself included: of /a/b/ they are /a/ and /a/b/."""
    names = path.strip("/").split("/")
    return [f"/{'/'.join(names[: i + 1])}/" for i in range(len(names))]


def _places(conn: Connection, extents: Sequence[Extent], when: When) -> Source:
    parent = place.alias("parent")
    rows = place.outerjoin(area, area.c.id == place.c.area_id).outerjoin(parent, parent.c.id == place.c.parent_id)
    columns = {
        "code": place.c.code, "kind": place.c.kind, "name": place.c.name, "name_en": place.c.name_en,
        "address": place.c.address, "households": place.c.households, "area": area.c.code, "parent": parent.c.code,
    }  # fmt: skip
    where = (existed(place, when.as_of), area_in(extents))
    return _kept_in(conn, place, rows, where, place.c.id, told(columns, _PLACE_KINDS))


# -- issues ---------------------------------------------------------------------------------------------------------


def _issues(conn: Connection, extents: Sequence[Extent], when: When) -> Source:
    at = when.as_of
    rows = (
        issue.join(issue_state, (issue_state.c.issue_id == issue.c.id) & recorded(issue_state, at))
        .outerjoin(assignment, in_primary(Subject.ISSUE, issue.c.id, at))
        .outerjoin(grid_version, version_of(assignment.c.grid_id, at))
        .outerjoin(category, category.c.id == issue.c.category_id)
    )
    columns = {
        "state": issue_state.c.state, "category": category.c.code, "category_name": category.c.name,
        "grid": grid_version.c.code, "queue": assignment.c.queue, "ambiguous": assignment.c.ambiguous,
        "method": assignment.c.method, "opened_at": issue.c.opened_at, "due_at": issue.c.due_at,
        "overdue": case((issue.c.due_at < when.now, true()), else_=false()),
    }  # fmt: skip
    where = (_is_open(at), in_extents(extents, assignment.c.grid_id, category.c.code))
    lon, lat = assignment.c.lon, assignment.c.lat

    def near(box: Box) -> ColumnElement[bool]:
        west, south, east, north = box
        return lon.between(west, east) & lat.between(south, north)

    def around() -> Box | None:
        sides = select(func.min(lon), func.min(lat), func.max(lon), func.max(lat)).select_from(rows).where(*where)
        west, south, east, north = conn.execute(sides).one()
        return None if west is None else (west, south, east, north)

    # In the order of the index of what is open, so that no page collects and sorts all of it.
    return Source(rows, where, issue_state.c.issue_id, (lon, lat), told(columns, _ISSUE_KINDS), near, around, point_at)


def _is_open(at: datetime | None) -> ColumnElement[bool]:
    """At the present in the very words of the index issue_state_open, without which SQLite would not take it."""
    state = issue_state.c.state
    done: Any = bindparam("done", DONE_STATES, expanding=True, literal_execute=True)
    return state.not_in(done) if at is None else state.in_(OPEN_STATES)


# -- shared ---------------------------------------------------------------------------------------------------------


def _kept_in(
    conn: Connection,
    table: Any,
    rows: Any,
    where: tuple[ColumnElement[bool], ...],
    key: ColumnElement[int],
    properties: tuple[Property, ...],
) -> Source:
    """A source whose geometries are those of a feature table."""
    ids = select(table.c.id).select_from(rows).where(*where)
    around: Callable[[], Box | None] = partial(box_of_all, conn, table, ids)
    return Source(rows, where, key, (table.c.geom,), properties, partial(near_box, conn, table), around)


AREAS = Collection(
    id="areas",
    title="行政区 Areas",
    description="Districts, subdistricts and communities, with their official boundary where there is one",
    geometry_type="MultiPolygon",
    capability=Capability.MAP_SEE,
    part="areas",
    kept=Kept.METRIC,
    has_past=True,
    source=_areas,
    kinds=_AREA_KINDS,
)
PLACES = Collection(
    id="places",
    title="地点 Places",
    description="Compounds, buildings, stairwells, lanes, markets and other places",
    geometry_type="Geometry",
    capability=Capability.PLACES_SEE,
    part="places",
    kept=Kept.METRIC,
    has_past=True,
    source=_places,
    kinds=_PLACE_KINDS,
)
ISSUES = Collection(
    id="issues",
    title="未结问题 Open issues",
    description="Open issues with the grid that answers for them; nothing that a reporter wrote",
    geometry_type="Point",
    capability=Capability.ISSUES_SEE,
    part="issues",
    kept=Kept.LONLAT,
    has_past=True,
    source=_issues,
    kinds=_ISSUE_KINDS,
    temporal="opened_at",
)
