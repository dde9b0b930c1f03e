"""Spots where issues are seen: in front of blocks of flats and shops, along lanes, at markets, in villages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.model import GridLevel, PlaceKind
from sample_data.curves import Floats, sides_of
from sample_data.division import Division
from sample_data.ground import Ints
from sample_data.model import PlaceRow
from sample_data.places import Places
from sample_data.settle import Settlements
from sample_data.streams import stream
from sample_data.streets import Streets

_FRONT_M = 5.0  # from a wall
_LANE_STEP_M = 35.0
# Issues left lying in the ten worst grids, about: a clear worst three, a few behind them.
_WORST = (12.0, 9.0, 8.0, 5.0, 4.0, 4.0, 3.0, 3.0, 3.0, 2.0)
_CROWDED_KM2 = 0.5


class SiteKind(IntEnum):
    COMPOUND = 0
    SHOPS = 1
    LANE = 2
    MARKET = 3
    VILLAGE = 4


_USUAL = (1.0, 0.75, 1.3, 2.0, 0.06)
# By category: how likely at a site of each kind.
_AFFINITY = {
    "0101": (1.6, 0.4, 0.8, 0.1, 0.2),
    "0107": (0.3, 0.5, 0.5, 0.1, 0.9),
    "0196": (0.5, 1.0, 1.0, 0.3, 0.4),
    "0197": (2.0, 0.5, 0.5, 0.1, 0.1),
    "0198": (0.3, 0.1, 0.2, 0.0, 0.9),
    "0199": (2.5, 0.2, 1.0, 0.2, 0.05),
    "0399": (1.0, 2.0, 0.5, 0.2, 0.04),
    "0598": (1.5, 1.5, 1.5, 3.0, 0.04),
    "0599": (0.1, 3.0, 2.0, 25.0, 0.02),
}


@dataclass(frozen=True)
class Sites:
    """(n,) each. names: as people call the spot; codes, addresses: of its place, None where it has none.

    landmarks: what a caller names who says where it is: what it belongs to, and of shops the compound beside them.
    weight: how often something is seen there. backlog: by grid, how much is left lying there, compared with others.
    """

    x: Floats
    y: Floats
    grid: Ints
    kind: Ints
    weight: Floats
    backlog: Floats
    names: list[str]
    codes: list[str | None]
    addresses: list[str | None]
    landmarks: list[str]

    @property
    def has_code(self) -> NDArray[np.bool_]:
        return np.array([code is not None for code in self.codes])

    def draw(self, rng: np.random.Generator, category: NDArray[np.object_]) -> Ints:
        """A site for each issue of a category, (m,)."""
        found = np.empty(len(category), np.int64)
        for code in sorted(set(category.tolist())):
            weight = self.weight * np.array(_AFFINITY.get(code, _USUAL))[self.kind]
            here = category == code
            found[here] = rng.choice(len(weight), int(here.sum()), p=weight / weight.sum())
        return found


class _Spot(NamedTuple):
    """One of Sites, before its grid is known."""

    xy: Floats
    kind: SiteKind
    name: str
    code: str | None
    address: str | None
    landmark: str


def make_sites(seed: int, streets: Streets, division: Division, settlements: Settlements, places: Places) -> Sites:
    rng = stream(seed, "sites")
    spots = [*_spots_at_places(places), *_spots_at_shops(streets, settlements, places)]
    points = np.array([spot.xy for spot in spots])
    grids = [grid for grid in division.grids if grid.level is GridLevel.GRID]
    tree = shapely.STRtree([grid.geom for grid in grids])
    point, grid = tree.query(shapely.points(points), predicate="within")
    order = np.argsort(point, kind="stable")
    home, points, kept = grid[order], points[point[order]], [spots[i] for i in point[order]]
    urban = np.array([len(g.area) == 12 for g in grids])
    busy = urban & (shapely.area([g.geom for g in grids]) < _CROWDED_KM2 * 1e6)
    worst = _worst(rng, np.flatnonzero(busy), [g.area[:9] for g in grids], np.bincount(home, minlength=len(grids)))
    trouble = rng.lognormal(0, 0.5, len(grids)) * np.where(urban, 1.0, 0.5)
    trouble[worst] = np.maximum(trouble[worst], 1.0) * np.linspace(2.2, 1.3, len(worst))
    backlog = rng.lognormal(-1.5, 1.0, len(grids)) * np.where(urban, 1.0, 0.3)
    backlog[worst] = _WORST
    hot = 1 + 14.0 * (rng.uniform(size=len(kept)) < 0.004)
    return Sites(
        points[:, 0], points[:, 1], home, np.array([spot.kind for spot in kept]), trouble[home] * hot, backlog,
        [spot.name for spot in kept], [spot.code for spot in kept], [spot.address for spot in kept],
        [spot.landmark for spot in kept],
    )  # fmt: skip


def _spots_at_places(places: Places) -> Iterator[_Spot]:
    compounds = {row.code: row for row in _compounds(places)}
    for row in places.rows:
        if row.kind is PlaceKind.BUILDING and row.parent:
            home = compounds[row.parent]
            yield _Spot(_front(row.geom), SiteKind.COMPOUND, home.name, home.code, home.address, home.name)
        elif row.kind is PlaceKind.BUILDING:
            name = row.name.rstrip("0123456789号")
            yield _Spot(_front(row.geom), SiteKind.VILLAGE, name, None, row.name, name)
        elif row.kind is PlaceKind.LANE:
            line = row.geom.parallel_offset(7.0)
            for along in np.arange(_LANE_STEP_M / 2, line.length, _LANE_STEP_M):
                at = shapely.get_coordinates(line.interpolate(along))[0]
                yield _Spot(at, SiteKind.LANE, row.name, row.code, row.name, row.name)
        elif row.kind in (PlaceKind.MARKET, PlaceKind.RELIEF_POINT):
            at = shapely.get_coordinates(row.geom.centroid)[0] + np.array([0.0, -18.0])
            yield _Spot(at, SiteKind.MARKET, row.name, row.code, row.address or row.name, row.name)


def _spots_at_shops(streets: Streets, settlements: Settlements, places: Places) -> Iterator[_Spot]:
    """Called by the main road that they are nearest to."""
    sides, road_of = sides_of([road.line for road in streets.main])
    _, nearest = shapely.STRtree(sides).query_nearest(settlements.other, all_matches=False)
    compounds = _compounds(places)
    _, beside = shapely.STRtree([row.geom for row in compounds]).query_nearest(settlements.other, all_matches=False)
    for geom, road, home in zip(settlements.other, road_of[nearest].tolist(), beside.tolist(), strict=True):
        name = f"{streets.main[road].name}一带"
        yield _Spot(_front(geom), SiteKind.SHOPS, name, None, None, compounds[home].name)


def _compounds(places: Places) -> list[PlaceRow]:
    return [row for row in places.rows if row.kind is PlaceKind.COMPOUND]


def _front(building: shapely.Polygon) -> Floats:
    """A spot in front of the southern wall."""
    ring = shapely.get_coordinates(building)
    middle, inward = (ring[0] + ring[1]) / 2, ring[3] - ring[0]
    return middle - inward / np.hypot(*inward) * _FRONT_M


def _worst(rng: np.random.Generator, crowded: NDArray[np.intp], homes: list[str], sites: Ints) -> list[int]:
    """Ten crowded grids where much is seen; the first three in different subdistricts, not all in one heap."""
    busy = crowded[np.argsort(-(sites[crowded] * rng.uniform(0.5, 1.0, len(crowded))), kind="stable")][:50]
    chosen: list[int] = []
    for grid in rng.permutation(busy).tolist():
        if len(chosen) >= 3 or homes[grid] not in {homes[other] for other in chosen}:
            chosen.append(grid)
        if len(chosen) == len(_WORST):
            break
    return chosen
