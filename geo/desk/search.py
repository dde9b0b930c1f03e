"""Search: what a reader may find by a few letters, and where a coordinate lies.

Names come from the gazetteer in memory; issues and rental units, of which there are many and which have only numbers,
from their tables. Every kind is found where its own capability holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, datetime
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy import ColumnElement, Connection, false, select

from geo.crs import Metric, crs_bounds
from geo.desk import details
from geo.desk.asof import version_of
from geo.desk.atlas import Atlas
from geo.desk.board import in_primary
from geo.desk.gazetteer import Entry, Gazetteer, Kind
from geo.desk.gridmap import DECIMALS, Shape, bounds_of, lonlat
from geo.desk.received import position
from geo.desk.reports import issue_number
from geo.desk.scope import in_extents, sight
from geo.errors import BadCoordinates
from geo.model import GridLevel, IssueState, Subject
from geo.rules.access import Capability, Reach
from geo.rules.coordinates import Reading, readings
from geo.store.tables import assignment, category, grid_version, issue, issue_state, place, rental_unit

MAX_FOUND = 50

Point = tuple[float, float]  # lon, lat
Bounds = tuple[float, float, float, float]  # west, south, east, north

_SEEN_BY = {
    Kind.GRID: Capability.MAP_SEE,
    Kind.AREA: Capability.MAP_SEE,
    Kind.PLACE: Capability.PLACES_SEE,
    Kind.PERSON: Capability.PEOPLE_SEE,
}
_NUMBER = re.compile(r"(?:(?P<year>\d{4})-)?(?P<digits>\d{1,18})", re.ASCII)
_PRINTED = 6  # digits of an issue's number, at least: see issue_number
_PLACED = (
    assignment.c.lon, assignment.c.lat, assignment.c.grid_id,
    grid_version.c.name, grid_version.c.name_en, grid_version.c.area_id,
)  # fmt: skip
_AFTER_ALL = "\U0010ffff"  # no letter sorts behind it


@dataclass(frozen=True)
class Hit:
    """Something found, with what it takes to say where it is and to show it: a point, a grid, an area or a place."""

    kind: Kind
    id: int
    code: str
    name: str
    name_en: str | None = None
    about: str | None = None
    category: str | None = None
    where: tuple[Any, ...] = ()
    grid_id: int | None = None
    area_path: str | None = None
    place_id: int | None = None
    point: Point | None = None
    learnt: tuple[str, ...] = ()


@dataclass(frozen=True)
class Search:
    """One reader's search in one transaction. shapes: of the edition in force."""

    conn: Connection
    gazetteer: Gazetteer
    shapes: Sequence[Shape]
    atlas: Atlas
    reach: Reach
    zone: ZoneInfo

    def find(self, query: str, limit: int) -> list[dict[str, Any]]:
        """The groups of what is found, ``limit`` items in all: [{"kind", "items"}]. Kinds without any are left out."""
        query = query.strip()
        found: dict[Kind, list[Hit]] = {}
        for kind, names in self.gazetteer.names.items():
            among = names.under(self.reach.prefixes(_SEEN_BY[kind]))
            found[kind] = [self._of_entry(entry) for entry in names.find(query, among, limit)]
        found[Kind.ISSUE] = self._issues(query, limit)
        found[Kind.UNIT] = self._units(query, limit)
        chosen = shared(found, limit)
        told = iter(self._told([hit for hits in chosen.values() for hit in hits]))
        return [{"kind": kind, "items": [next(told) for _ in hits]} for kind, hits in chosen.items()]

    # -- by kind ------------------------------------------------------------------------------------------------------

    def _of_entry(self, entry: Entry) -> Hit:
        on = entry.post_on or entry
        names = (entry.kind, entry.id, entry.code, entry.name, entry.name_en, entry.about)
        where = (*((on,) if entry.post_on else ()), *self.gazetteer.around(on.area_id))
        area_path = on.path if on.kind is Kind.AREA else None
        lies = (where, on.grid_id, area_path, on.place_id)
        return Hit(*names, None, *lies, learnt=entry.learnt)

    def _issues(self, query: str, limit: int) -> list[Hit]:
        """Issues by the number that people quote: "2026-000123", as far as it has been typed, or the 123 alone."""
        named = _NUMBER.fullmatch(query)
        if named is None:
            return []
        state = (issue_state.c.issue_id == issue.c.id) & issue_state.c.to_at.is_(None)
        rows = self.conn.execute(
            select(issue.c.id, issue.c.opened_at, issue_state.c.state, category.c.code.label("category"), *_PLACED)
            .select_from(
                _placed(
                    issue.join(issue_state, state).outerjoin(category, category.c.id == issue.c.category_id),
                    in_primary(Subject.ISSUE, issue.c.id),
                )
            )
            .where(self._is_numbered(named["year"], named["digits"]), issue_state.c.state != IssueState.WITHDRAWN)
            .where(in_extents(self.reach.of(Capability.ISSUES_SEE), assignment.c.grid_id, category.c.code))
            .order_by(issue.c.id)
            .limit(limit)
        )
        return [
            self._of_row(
                Kind.ISSUE, row, issue_number(row.id, row.opened_at, self.zone), row,
                about=row.state, category=row.category,
            )
            for row in rows
        ]  # fmt: skip

    def _is_numbered(self, year: str | None, digits: str) -> ColumnElement[bool]:
        """Issues whose number begins so; without a year the one whose running number it is."""
        if year is None:
            return issue.c.id == int(digits)
        if not 1 < int(year) < MAXYEAR:
            return false()
        lowest, missing = int(digits.ljust(_PRINTED, "0")), max(_PRINTED - len(digits), 0)
        begins, ends = (datetime(int(year) + later, 1, 1, tzinfo=self.zone) for later in (0, 1))
        opened_then = (issue.c.opened_at >= begins) & (issue.c.opened_at < ends)
        return opened_then & issue.c.id.between(lowest, lowest + 10**missing - 1)

    def _units(self, query: str, limit: int) -> list[Hit]:
        """Rental units by code, as far as it has been typed.

        Who may only open single units, giving a purpose, finds one by its whole code, and its grid instead of its door.
        """
        if not query:
            return []
        code = rental_unit.c.code
        points, opened = self.reach.of(Capability.UNITS_SEE_POINTS), self.reach.of(Capability.UNITS_OPEN)
        begins = _any_case(query, lambda text: (code >= text) & (code <= text + _AFTER_ALL))
        exact = _any_case(query, lambda text: code == text)
        seen = self._unit_rows(begins & in_extents(points, assignment.c.grid_id), limit) if points else []
        hits = [self._of_row(Kind.UNIT, row, row.code, row) for row in seen]
        if opened and not hits:
            rows = self._unit_rows(exact & in_extents(opened, assignment.c.grid_id), limit)
            hits = [self._of_row(Kind.UNIT, row, row.code, None) for row in rows]
        return hits

    def _unit_rows(self, wanted: ColumnElement[bool], limit: int) -> Sequence[Any]:
        query = select(rental_unit.c.id, rental_unit.c.code, *_PLACED)
        query = query.select_from(_placed(rental_unit, in_primary(Subject.UNIT, rental_unit.c.id)))
        live = rental_unit.c.undone_at.is_(None)
        return self.conn.execute(query.where(live, wanted).order_by(rental_unit.c.code).limit(limit)).all()

    def _of_row(self, kind: Kind, row: Any, code: str, at: Any, **about: Any) -> Hit:
        """at: the row again where the reader may know its point."""
        point = (at.lon, at.lat) if at is not None and at.lon is not None else None
        grid = () if row.name is None else (row,)
        where = (*grid, *self.gazetteer.around(row.area_id))
        return Hit(kind, row.id, code, code, where=where, grid_id=row.grid_id, point=point, **about)

    # -- where it is --------------------------------------------------------------------------------------------------

    def _told(self, hits: Sequence[Hit]) -> list[dict[str, Any]]:
        """Hits as programs read them. The grid is named where the reader may see it."""
        seen = sight(self.conn, self.reach.of(Capability.MAP_SEE)).grids
        shapes = self._shapes({hit.grid_id for hit in hits})
        places = self._places({hit.place_id for hit in hits if hit.place_id is not None})
        told = []
        for hit in hits:
            grid_id, point = hit.grid_id, hit.point
            bounds: Bounds | None = None
            if hit.place_id is not None:
                grid_id, point, bounds = places[hit.place_id]
            elif hit.area_path is not None:
                bounds = self._area_bounds(hit.area_path)
            elif point is None and grid_id in shapes:
                bounds = shapes[grid_id].bounds
            if point is None and bounds is not None:
                point = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
            is_seen = seen is None or grid_id in seen
            grid = self.gazetteer.grids.get(grid_id) if is_seen and grid_id is not None else None
            told.append(_item(hit, grid, point, bounds))
        return told

    def _shapes(self, grid_ids: set[int | None]) -> dict[int | None, Shape]:
        return {shape.grid_id: shape for shape in self.shapes if shape.grid_id in grid_ids}

    def _area_bounds(self, path: str) -> Bounds | None:
        inside = {row.code for row in self.gazetteer.areas.values() if row.path.startswith(path)}
        return bounds_of([shape for shape in self.shapes if shape.area in inside])

    def _places(self, ids: set[int]) -> dict[int, tuple[int | None, Point, Bounds | None]]:
        """place id -> the grid it lies in, a point in it, and its bounds unless it is a point."""
        if not ids:
            return {}
        rows = self.conn.execute(select(place.c.id, place.c.geom).where(place.c.id.in_(ids))).all()
        found = {}
        for row in rows:
            inside = shapely.point_on_surface(row.geom)
            point = lonlat(self.atlas.metric, inside)
            bounds = None if row.geom.geom_type == "Point" else lonlat(self.atlas.metric, row.geom).bounds
            found[row.id] = grid_at(self.conn, self.atlas, inside.x, inside.y), (point.x, point.y), bounds
        return found


def shared(found: Mapping[Kind, Sequence[Hit]], limit: int) -> dict[Kind, list[Hit]]:
    """``limit`` of what was found, as evenly over the kinds as they have some; in their order."""
    taken = dict.fromkeys(found, 0)
    while sum(taken.values()) < limit and any(taken[kind] < len(found[kind]) for kind in found):
        for kind in found:
            if taken[kind] < len(found[kind]) and sum(taken.values()) < limit:
                taken[kind] += 1
    return {kind: list(found[kind][:count]) for kind, count in taken.items() if count}


def _placed(subject: Any, its_assignment: Any) -> Any:
    """A subject's tables with its assignment in force and the grid of that."""
    return subject.outerjoin(assignment, its_assignment).outerjoin(grid_version, version_of(assignment.c.grid_id))


def _any_case(text: str, condition: Any) -> ColumnElement[bool]:
    """Codes are told apart letter by letter; people type them as it comes."""
    found: ColumnElement[bool] = false()
    for way in dict.fromkeys((text, text.upper(), text.lower())):
        found = found | condition(way)
    return found


def _item(hit: Hit, grid: str | None, point: Point | None, bounds: Bounds | None) -> dict[str, Any]:
    return {
        "kind": hit.kind,
        "id": hit.id,
        "code": hit.code,
        "name": hit.name,
        "name_en": hit.name_en,
        "learnt": list(hit.learnt),
        "about": hit.about,
        "category": hit.category,
        "where": [{"name": each.name, "name_en": each.name_en} for each in hit.where],
        "grid": grid,
        "lon": None if point is None else round(point[0], DECIMALS),
        "lat": None if point is None else round(point[1], DECIMALS),
        "bounds": None if bounds is None else [round(float(edge), DECIMALS) for edge in bounds],
    }


# -- coordinates ----------------------------------------------------------------------------------------------------


def possible_readings(query: str, metric: Metric) -> list[Reading]:
    """The ways to read a query as coordinates; metres only where the store's own CRS is meant to be used."""
    return [reading for reading in readings(query) if reading.in_degrees or _is_in_use(reading, metric)]


def _is_in_use(reading: Reading, metric: Metric) -> bool:
    lon, lat = (float(value) for value in metric.unproject(reading.x, reading.y))
    area = crs_bounds(f"EPSG:{metric.srid}")
    return area is None or (area[0] <= lon <= area[2] and area[1] <= lat <= area[3])


def grid_at(conn: Connection, atlas: Atlas, x: float, y: float) -> int | None:
    """The grid of the primary scheme that holds a point in metres, None outside all."""
    sheet = next(iter(atlas.sheets(conn)), None)
    if sheet is None or not sheet.is_primary:
        return None
    row = int(sheet.index.locate(x, y))
    return int(sheet.grid_ids[row]) if row >= 0 else None


def point_detail(
    conn: Connection, reading: details.Reading, reach: Reach, xy: tuple[float, float], datum: str
) -> dict[str, Any]:
    """Where a coordinate lies: {"lon", "lat", "grid", "chain"}. x east, y north, in the datum that is named.

    The grid and its chain are told where the reader may see the grid, names where he may know people. Raises
    UnknownDatum and BadCoordinates.
    """
    at = position(*xy, datum)
    if at is None:
        raise BadCoordinates("0/0 is no place: the device had no fix")
    x, y = reading.atlas.metric.project(at.lon, at.lat)
    grid_id = grid_at(conn, reading.atlas, float(x), float(y))
    seen = sight(conn, reach.of(Capability.MAP_SEE)).grids
    if grid_id is not None and seen is not None and grid_id not in seen:
        grid_id = None
    chain = details.chain_at(conn, grid_id, at.lon, at.lat, reading)
    return {
        "lon": round(at.lon, DECIMALS),
        "lat": round(at.lat, DECIMALS),
        "grid": next((link["code"] for link in chain if link["level"] == GridLevel.GRID), None),
        "chain": chain,
    }
