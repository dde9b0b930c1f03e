"""What a fair division is judged by: where households, open issues and inspections lie, and what ground is not cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, select

from geo.coverage.blocks import Counted
from geo.coverage.lattice import Geoms
from geo.crs import Metric
from geo.desk.draft_preview import lowest
from geo.desk.edition_grids import Grids
from geo.model import OPEN_STATES, AreaLevel, PlaceKind, Subject
from geo.store.tables import area, assignment, background, issue_state, place, place_part, unit_class

_LINES = ("road_main", "road_minor", "rail", "water")
_DUE_DAYS = 30


class Load(StrEnum):
    """households: as places tell them. inspections: of rental units, overdue or due within 30 days."""

    HOUSEHOLDS = "households"
    ISSUES = "issues"
    INSPECTIONS = "inspections"


@dataclass(frozen=True)
class Loads:
    """By code of the grid: where its load lies, (x, y, load) in metres; fixed: what has no place."""

    points: Mapping[str, Sequence[tuple[float, float, float]]]
    fixed: Mapping[str, float]

    def counted(self, code: str) -> Counted:
        rows = np.array(self.points.get(code, ()), dtype=np.float64).reshape(-1, 3)
        return Counted(rows[:, :2], rows[:, 2])

    def of(self, code: str) -> float:
        return self.fixed.get(code, 0.0) + sum(load for _, _, load in self.points.get(code, ()))


@dataclass(frozen=True)
class Ground:
    """lines: that grids may be cut along. wholes: polygons that are not cut. In metres."""

    lines: Geoms
    wholes: Geoms

    @cached_property
    def _trees(self) -> tuple[shapely.STRtree, shapely.STRtree]:
        return shapely.STRtree(self.lines), shapely.STRtree(self.wholes)

    def near(self, geom: shapely.Geometry) -> tuple[Geoms, Geoms]:
        """Lines and wholes that a grid may have something of."""
        lines, wholes = self._trees
        return self.lines[lines.query(geom)], self.wholes[wholes.query(geom)]


def families(conn: Connection, path: str, within: AreaLevel, grids: Grids) -> dict[str, list[str]]:
    """Codes of the grids at or below an area, by the area of a level that they are under; of none: by their own."""
    rows = conn.execute(
        select(area.c.id, area.c.code, area.c.path, area.c.level).where(area.c.undone_at.is_(None))
    ).all()
    heads = {row.path: row.code for row in rows if row.level == within}
    below = {row.id: row for row in rows if row.path.startswith(path)}
    found: dict[str, list[str]] = defaultdict(list)
    for grid in grids.values():
        if (home := below.get(grid.area_id)) is not None:
            head = next((code for at, code in heads.items() if home.path.startswith(at)), home.code)
            found[head].append(grid.code)
    return dict(found)


def loads_of(
    conn: Connection, scheme_id: int, load: Load, metric: Metric, codes: Mapping[int, str], today: date
) -> Loads:
    """What each grid has of a load now. codes: of the grids by id."""
    told = _households(conn, scheme_id) if load is Load.HOUSEHOLDS else _assigned(conn, scheme_id, load, metric, today)
    points: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    fixed: dict[str, float] = defaultdict(float)
    for grid_id, at, count in told:
        code = codes.get(grid_id)
        if code is not None and at is not None:
            points[code].append((*at, count))
        elif code is not None:
            fixed[code] += count
    return Loads(points, fixed)


Row = tuple[int, tuple[float, float] | None, float]


def _households(conn: Connection, scheme_id: int) -> list[Row]:
    """As a preview counts them: by the grid that has most of a place."""
    rows = conn.execute(
        select(place.c.geom, place.c.households, place_part.c.grid_id)
        .join(place_part, place_part.c.place_id == place.c.id)
        .where(place_part.c.scheme_id == scheme_id, place_part.c.to_at.is_(None), place_part.c.is_primary, *lowest())
        .order_by(place.c.id)
    ).all()
    at = shapely.get_coordinates(shapely.point_on_surface([row.geom for row in rows])).tolist()
    return [(row.grid_id, (x, y), float(row.households)) for row, (x, y) in zip(rows, at, strict=True)]


def _assigned(conn: Connection, scheme_id: int, load: Load, metric: Metric, today: date) -> list[Row]:
    """Open issues, or rental units whose inspection is due, by the grid that they are assigned to."""
    subject = Subject.ISSUE if load is Load.ISSUES else Subject.UNIT
    here = assignment.c.subject == subject, assignment.c.scheme_id == scheme_id, assignment.c.to_at.is_(None)
    query = select(assignment.c.grid_id, assignment.c.lon, assignment.c.lat).where(*here)
    if load is Load.ISSUES:
        is_open = issue_state.c.to_at.is_(None) & issue_state.c.state.in_(OPEN_STATES)
        query = query.join(issue_state, (issue_state.c.issue_id == assignment.c.subject_id) & is_open)
    else:
        last = (today + timedelta(days=_DUE_DAYS)).isoformat()
        is_due = unit_class.c.to_at.is_(None) & (unit_class.c.next_due <= last)
        query = query.join(unit_class, (unit_class.c.unit_id == assignment.c.subject_id) & is_due)
    rows = conn.execute(query.where(assignment.c.grid_id.is_not(None)).order_by(assignment.c.id)).all()
    return [(row.grid_id, _metres(metric, row), 1.0) for row in rows]


def _metres(metric: Metric, row: Any) -> tuple[float, float] | None:
    if row.lon is None:
        return None
    x, y = metric.project(row.lon, row.lat)
    return float(x), float(y)


def ground_of(conn: Connection) -> Ground:
    """Roads, lanes, rails and water to cut along; compounds, and buildings outside of them, to keep whole."""
    drawn = conn.execute(select(background.c.geom).where(background.c.kind.in_(_LINES))).scalars().all()
    kinds = (PlaceKind.LANE, PlaceKind.COMPOUND, PlaceKind.BUILDING)
    rows = conn.execute(
        select(place.c.id, place.c.parent_id, place.c.kind, place.c.geom)
        .where(place.c.undone_at.is_(None), place.c.kind.in_(kinds))
        .order_by(place.c.id)
    ).all()
    areal = [row for row in rows if row.kind != PlaceKind.LANE and _is_areal(row.geom)]
    compounds = {row.id for row in areal if row.kind == PlaceKind.COMPOUND}
    wholes = [row.geom for row in areal if row.parent_id not in compounds]
    lanes = [row.geom for row in rows if row.kind == PlaceKind.LANE]
    lines = [shapely.boundary(geom) if _is_areal(geom) else geom for geom in (*drawn, *lanes)]
    lines = [line for line in lines if shapely.get_dimensions(line) == 1]
    return Ground(np.array(lines, dtype=object), np.array(wholes, dtype=object))


def _is_areal(geom: Any) -> bool:
    return bool(shapely.get_dimensions(geom) == 2)
