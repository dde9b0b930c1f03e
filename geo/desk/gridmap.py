"""The grids as the map draws them: geometry once an edition, figures whenever something changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, func, select

from geo.crs import Metric
from geo.desk import board, people
from geo.desk.asof import When, by
from geo.desk.lists import list_areas
from geo.desk.scope import in_extents, sight
from geo.desk.timeliness import on_time_counts
from geo.errors import NotFound
from geo.model import GridLevel
from geo.rules.access import Capability, Extent, Reach
from geo.store.tables import area, assignment, background, category, edition, grid_version, scheme
from geo.store.types import utc_text

BUILDING = "building"  # nine tenths of the bytes, seen from near by only
FEW_ISSUES = 10  # fewer do not make a core
DECIMALS = 7  # about a centimetre, RFC 7946


@dataclass(frozen=True)
class Shape:
    """One grid's lasting part: everything that only an edition changes. ``geometry`` is GeoJSON text in lon/lat."""

    grid_id: int
    code: str
    name: str
    name_en: str | None
    area: str
    area_m2: float
    households: int | None
    geometry: str
    bounds: tuple[float, float, float, float]


class GridShapes:
    """Hands out the shapes of the edition in force, made once an edition; and of the past one asked for last."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._made: tuple[int, list[Shape]] = (0, [])
        self._past: tuple[int, list[Shape]] = (0, [])

    def newest(self, conn: Connection) -> tuple[int, list[Shape]]:
        """Edition number (0 before the first) and its shapes by code."""
        number = edition_in_force(conn)
        made = self._made  # another reader may see, and put there, another edition meanwhile
        if made[0] != number:
            made = self._made = (number, self._make(conn, number))
        return made

    def at(self, conn: Connection, at: datetime | None) -> tuple[int, list[Shape]]:
        """The same of the edition that was in force at ``at``; None: of the newest."""
        number = edition_in_force(conn, at)
        for made in (self._made, self._past):
            if at is not None and made[0] == number:
                return made
        if at is None or number == edition_in_force(conn):
            return self.newest(conn)
        made = self._past = (number, self._make(conn, number))
        return made

    def _make(self, conn: Connection, number: int) -> list[Shape]:
        version = grid_version.c
        rows = conn.execute(
            select(grid_version, area.c.code.label("area_code"))
            .join(area, area.c.id == version.area_id)
            .join(scheme, scheme.c.id == version.scheme_id)
            .where(scheme.c.is_primary, version.level == GridLevel.GRID, version.from_edition <= number)
            .where(version.to_edition.is_(None) | (version.to_edition > number))
            .order_by(version.code)
        ).all()
        return [self._shape(row) for row in rows]

    def _shape(self, row: Any) -> Shape:
        drawn = lonlat(self._metric, row.geom)
        return Shape(
            row.grid_id,
            row.code,
            row.name,
            row.name_en,
            row.area_code,
            round(row.geom.area, 1),
            row.households,
            shapely.to_geojson(drawn),
            drawn.bounds,
        )


def lonlat(metric: Metric, geom: Any) -> Any:
    """A metric geometry in lon/lat, rounded the same way everywhere so that shared edges stay shared."""
    return shapely.transform(metric.unproject_geometry(geom), lambda coordinates: np.round(coordinates, DECIMALS))


def edition_in_force(conn: Connection, at: datetime | None = None) -> int:
    """Number of the primary scheme's newest edition, now or at ``at``; 0 before the first."""
    newest = (
        select(func.max(edition.c.number))
        .join(scheme, scheme.c.id == edition.c.scheme_id)
        .where(scheme.c.is_primary, by(edition.c.published_at, at))
    )
    return conn.execute(newest).scalar_one() or 0


def grid_id_of(conn: Connection, shapes: GridShapes, reach: Reach, code: str, at: datetime | None = None) -> int:
    """The grid in force with that code, now or at ``at``.

    Raises NotFound for what is not there and for what this reader may not see.
    """
    seen = sight(conn, reach.of(Capability.MAP_SEE)).grids
    for shape in shapes.at(conn, at)[1]:
        if shape.code == code and (seen is None or shape.grid_id in seen):
            return shape.grid_id
    raise NotFound(f"there is no grid {code} that you may see")


def grids_geojson(conn: Connection, shapes: GridShapes, reach: Reach, when: When, head: dict[str, Any]) -> str:
    """The FeatureCollection of the grids that ``reach`` shows, with figures and who answers; ``head`` goes first."""
    number, every = shapes.at(conn, when.as_of)
    extents = reach.of(Capability.MAP_SEE)
    seen = sight(conn, extents)
    mine = [shape for shape in every if seen.grids is None or shape.grid_id in seen.grids]
    counts = grid_counts(conn, reach, [shape.grid_id for shape in mine], when)
    head = {"type": "FeatureCollection", **head, "edition": number, "areas": list_areas(conn, extents, when.as_of)}
    features = ",".join(
        f'{{"type":"Feature","id":{shape.grid_id},"geometry":{shape.geometry},"properties":'
        + json.dumps(_properties(shape) | counts[shape.grid_id], ensure_ascii=False, separators=(",", ":"))
        + "}"
        for shape in mine
    )
    return json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1] + f',"features":[{features}]}}'


def _properties(shape: Shape) -> dict[str, Any]:
    return {
        "id": shape.grid_id,
        "code": shape.code,
        "name": shape.name,
        "name_en": shape.name_en,
        "area": shape.area,
        "area_m2": shape.area_m2,
        "households": shape.households,
    }


def grid_counts(conn: Connection, reach: Reach, grid_ids: Sequence[int], when: When) -> dict[int, dict[str, Any]]:
    """What may be told of each grid to this reader: figures and the person who answers, as of then."""
    if not grid_ids:
        return {}  # a list of none is a condition that SQLite looks through all rated issues for
    today, at = when.today, when.as_of
    narrowed = in_extents(counted_issues(reach), assignment.c.grid_id, category.c.code)
    wanted = None if len(grid_ids) > people.MANY else grid_ids
    counts = board.figures(conn, when.now, today, wanted, narrowed, at)
    timely = on_time_counts(conn, when, wanted, narrowed)
    may_count = sight(conn, reach.of(Capability.UNITS_COUNT)).grids
    may_name = sight(conn, reach.of(Capability.LEADS_SEE)).grids
    leads = people.answering(conn, grid_ids, today, at) if reach.of(Capability.LEADS_SEE) else {}
    told: dict[int, dict[str, Any]] = {}
    for grid_id in grid_ids:
        figures = counts.get(grid_id) or board.Figures()
        on_time, rated = timely.get(grid_id, (0, 0))
        told[grid_id] = {
            "open": figures.open,
            "overdue": figures.overdue,
            "on_time": on_time,
            "rated": rated,
            "oldest_due_at": utc_text(figures.oldest_due_at) if figures.oldest_due_at else None,
            "lead": None,
        }
        if may_count is None or grid_id in may_count:
            told[grid_id] |= {"units": figures.units, "units_overdue": figures.units_overdue}
        if may_name is None or grid_id in may_name:
            told[grid_id]["lead"] = leads.get(grid_id)
    return told


def counted_issues(reach: Reach) -> tuple[Extent, ...]:
    """The issues that this reader may count: those he may see; where he may see none at all, those on his map."""
    return reach.of(Capability.ISSUES_SEE) or reach.of(Capability.MAP_SEE)


def bounds_of(shapes: Sequence[Shape]) -> tuple[float, float, float, float] | None:
    """West, south, east, north of these shapes, degrees."""
    if not shapes:
        return None
    boxes = np.array([shape.bounds for shape in shapes])
    return (*map(float, boxes[:, :2].min(axis=0)), *map(float, boxes[:, 2:].max(axis=0)))  # type: ignore[return-value]


def core_of(
    conn: Connection, extents: Sequence[Extent], at: datetime | None = None
) -> tuple[float, float, float, float] | None:
    """A rectangle around the middle 80 % of the open issues in both directions: where the map starts."""
    lon, lat = board.open_points(conn, in_extents(extents, assignment.c.grid_id, category.c.code), at)
    if len(lon) < FEW_ISSUES:
        return None
    # sqrt(0.8) of the points survive in each direction.
    west, east = np.quantile(lon, [0.053, 0.947])
    south, north = np.quantile(lat, [0.053, 0.947])
    return float(west), float(south), float(east), float(north)


def background_state(conn: Connection) -> tuple[int, int]:
    """Differs whenever features came or went: their number, and the newest id, which is never given again."""
    number, newest = conn.execute(select(func.count(), func.max(background.c.id))).one()
    return number, newest or 0


def background_geojson(conn: Connection, metric: Metric, *, buildings: bool) -> str:
    """River, roads and blocks that make a place of it, as a FeatureCollection in lon/lat: buildings, or the others."""
    is_building = background.c.kind == BUILDING
    wanted = is_building if buildings else ~is_building
    rows = conn.execute(select(background).where(wanted).order_by(background.c.id)).all()
    features = ",".join(
        f'{{"type":"Feature","geometry":{shapely.to_geojson(lonlat(metric, row.geom))},"properties":'
        + json.dumps({"kind": row.kind, "name": row.name}, ensure_ascii=False, separators=(",", ":"))
        + "}"
        for row in rows
    )
    return f'{{"type":"FeatureCollection","features":[{features}]}}'
