"""The synthetic district as plain values: rows in the order in which a loader writes them. Geometries in EPSG:4549."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely

from geo.desk.issue_write import IssueLife
from geo.desk.unit_history import UnitLife
from geo.model import AreaLevel, GridLevel, PlaceKind, PostKind


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A unit of the administrative tree; parents come before their children. ``official_name`` is as published."""

    code: str
    level: AreaLevel
    parent: str | None
    name: str
    name_en: str
    official_name: str
    geom: shapely.Geometry


@dataclass(frozen=True, slots=True)
class GridRow:
    """A grid, or a micro-grid inside one (then ``parent_grid`` is set).

    area: code of the parent it declares: its community, or the subdistrict where it joins several villages.
    serves: codes of the communities or villages in it.
    """

    code: str
    level: GridLevel
    name: str
    name_en: str
    area: str
    parent_grid: str | None
    serves: tuple[str, ...]
    households: int
    geom: shapely.Geometry


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A compound, building, stairwell, lane, market or relief point; parents come before their children."""

    code: str
    kind: PlaceKind
    name: str
    name_en: str | None
    parent: str | None
    area: str
    address: str | None
    households: int | None
    geom: shapely.Geometry


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody with a visibly synthetic name and a telephone number that cannot be anybody's."""

    code: str
    name: str
    name_en: str
    phone: str


@dataclass(frozen=True, slots=True)
class LeaveRow:
    """Days of absence and who stands in; ``to_date`` is the first day back."""

    from_date: date
    to_date: date
    cover: str


@dataclass(frozen=True, slots=True)
class PostRow:
    """A duty and who holds it from when. One of grid, area, place is a code; ``to_date`` is the first day without."""

    kind: PostKind
    person: str
    from_date: date
    to_date: date | None = None
    grid: str | None = None
    area: str | None = None
    place: str | None = None
    leave: LeaveRow | None = None


@dataclass(frozen=True, slots=True)
class BackgroundRow:
    """Something to see under the grids. kind: outline, water, hill, built_up, road_main, road_minor, rail, building."""

    kind: str
    name: str | None
    geom: shapely.Geometry


@dataclass(frozen=True)
class District:
    """A whole synthetic district. ``synthetic`` is always true: whoever shows or exports it says so."""

    name: str
    name_en: str
    metric_srid: int
    timezone: str
    seed: int
    now: datetime
    outline: shapely.Polygon
    areas: tuple[AreaRow, ...]
    grids: tuple[GridRow, ...]
    places: tuple[PlaceRow, ...]
    people: tuple[PersonRow, ...]
    posts: tuple[PostRow, ...]
    background: tuple[BackgroundRow, ...]
    units: Sequence[UnitLife]
    issues: tuple[IssueLife, ...]
    synthetic: bool = True

    def grids_of(self, level: GridLevel) -> list[GridRow]:
        return [grid for grid in self.grids if grid.level is level]

    def summary(self) -> dict[str, Any]:
        """Counts by kind, for progress lines and tests."""
        return {
            "areas": len(self.areas),
            "grids": len(self.grids_of(GridLevel.GRID)),
            "micro_grids": len(self.grids_of(GridLevel.MICRO_GRID)),
            "places": {kind.value: sum(p.kind is kind for p in self.places) for kind in PlaceKind},
            "people": len(self.people),
            "units": len(self.units),
            "visits": sum(len(unit.visits) for unit in self.units),
            "issues": len(self.issues),
        }
