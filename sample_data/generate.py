"""The synthetic district: one seed and one moment in, the same district out, in any process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from geo.crs import Metric
from geo.model import GridLevel, PostKind
from geo.rules.local import date_in
from sample_data.background import make_background
from sample_data.division import Division, make_division
from sample_data.ground import make_ground
from sample_data.issues import make_issues
from sample_data.model import District, GridRow
from sample_data.people import People, make_people
from sample_data.places import Places, make_places
from sample_data.settle import Settlements, make_settlements
from sample_data.sites import make_sites
from sample_data.sketch import METRIC_SRID
from sample_data.streets import Streets, make_streets
from sample_data.terrain import Terrain, make_terrain
from sample_data.units import make_units

TIMEZONE = "Asia/Shanghai"
UNITS = 24_000

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Land:
    """Everything that stands still: made from the seed alone."""

    terrain: Terrain
    streets: Streets
    division: Division
    settlements: Settlements
    places: Places
    grids: tuple[GridRow, ...]  # with their households


def make_land(seed: int, progress: Progress = lambda _: None) -> Land:
    progress("terrain and streets")
    terrain = make_terrain(seed)
    streets = make_streets(seed, terrain)
    progress("blocks and grids")
    ground = make_ground(seed, terrain, streets)
    division = make_division(seed, ground)
    progress("homes")
    settlements = make_settlements(seed, terrain, streets, ground, division)
    places = make_places(seed, terrain, streets, division, settlements)
    homes = places.households.tolist()
    grids = tuple(replace(grid, households=n) for grid, n in zip(division.grids, homes, strict=True))
    return Land(terrain, streets, division, settlements, places, grids)


def district(seed: int, now: datetime, units: int = UNITS, progress: Progress = lambda _: None) -> District:
    """The district of ``seed`` as it stands at ``now`` (aware), with ``units`` rental units. Pure and deterministic.

    progress: told what is being made, one line each.
    """
    land = make_land(seed, progress)
    division, places = land.division, land.places
    today = date_in(ZoneInfo(TIMEZONE), now)
    people = make_people(seed, today, division.areas, land.grids, places.rows, places.stewards, places.households)
    workers = _workers(people, division)
    metric = Metric(METRIC_SRID)
    progress(f"{units:,} rental units and their year")
    lives = make_units(seed, now, units, places.doors, workers, metric, TIMEZONE)
    progress("issues and their year")
    sites = make_sites(seed, land.streets, division, land.settlements, places)
    return District(
        name="柯城区（合成数据）",
        name_en="Kecheng District (synthetic data)",
        metric_srid=METRIC_SRID,
        timezone=TIMEZONE,
        seed=seed,
        now=now,
        outline=division.outline,
        areas=division.areas,
        grids=land.grids,
        places=places.rows,
        people=people.people,
        posts=people.posts,
        background=make_background(land.terrain, land.streets, division, land.settlements),
        units=lives,
        issues=make_issues(seed, now, sites, division.outline, workers, metric, TIMEZONE),
    )


def _workers(people: People, division: Division) -> dict[int, list[str]]:
    """Names of the grid workers of every grid, by its index among the grids of level grid."""
    names = {person.code: person.name for person in people.people}
    index = {grid.code: i for i, grid in enumerate(division.grids) if grid.level is GridLevel.GRID}
    found: dict[int, list[str]] = {}
    for post in people.posts:
        if post.kind is PostKind.GRID_WORKER and post.grid is not None:
            found.setdefault(index[post.grid], []).append(names[post.person])
    return found
