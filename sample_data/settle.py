"""Where people live and trade: compounds with blocks of flats, other buildings, villages and the lanes to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity

from geo.crs import snap
from geo.model import AreaLevel, GridLevel
from sample_data.curves import Points, sides_of
from sample_data.division import OLD_TOWN, Division
from sample_data.ground import Ground, Ints
from sample_data.model import AreaRow
from sample_data.streams import capped_shares, stream
from sample_data.streets import Streets
from sample_data.terrain import Terrain

COMPOUNDS = 347
_STREET_M = 13.0  # from a block side's middle to the compounds
_LEAST_COMPOUND_M2 = 4_500.0
_LARGEST_COMPOUND_M2 = 52_000.0


@dataclass(frozen=True)
class Pattern:
    """How buildings stand in rows: metres along and across a row, and the gaps between."""

    length_m: tuple[float, float]
    depth_m: float
    gap_m: float
    row_m: float
    kept: float  # share of the spots that are built on


FLATS = Pattern((38.0, 58.0), 12.0, 9.0, 27.0, 0.92)
TOWERS = Pattern((22.0, 28.0), 19.0, 26.0, 44.0, 0.9)
SHOPS = Pattern((18.0, 46.0), 15.0, 14.0, 36.0, 0.34)
WORKS = Pattern((50.0, 90.0), 32.0, 26.0, 58.0, 0.5)
HOUSES = Pattern((9.0, 14.0), 10.0, 7.0, 19.0, 0.75)


@dataclass(frozen=True)
class Compound:
    grid: int  # index into the grids of level grid
    outline: shapely.Polygon
    buildings: NDArray[np.object_]


@dataclass(frozen=True)
class Village:
    area: AreaRow
    grid: int
    middle: Points
    houses: NDArray[np.object_]


@dataclass(frozen=True)
class Settlements:
    """other: buildings that are nobody's home, with the grid (n,) each lies in. lanes: roads to the villages."""

    compounds: tuple[Compound, ...]
    villages: tuple[Village, ...]
    other: NDArray[np.object_]
    other_grid: Ints
    lanes: tuple[shapely.LineString, ...]


def make_settlements(seed: int, terrain: Terrain, streets: Streets, ground: Ground, division: Division) -> Settlements:
    rng = stream(seed, "settlements")
    blocks = _blocks(terrain, streets, ground, division)
    compounds, used = _compounds(rng, ground, division, blocks)
    other, other_grid = _other_buildings(rng, ground, division, blocks, used)
    taken = np.concatenate([*(compound.buildings for compound in compounds), other])
    villages, lanes = _villages(rng, terrain, streets, ground, division, shapely.STRtree(taken))
    return Settlements(tuple(compounds), villages, other, other_grid, lanes)


def _blocks(terrain: Terrain, streets: Streets, ground: Ground, division: Division) -> dict[int, shapely.Polygon]:
    """Built-up faces less their streets and water: face -> what can be built on."""
    mask = streets.mask
    shapely.prepare(mask)
    is_urban = np.array([len(grid.area) == 12 for grid in division.grids if grid.level is GridLevel.GRID])
    built_up = shapely.contains(mask, ground.faces) & (ground.area_m2 < 160_000)
    inside = np.flatnonzero(built_up | is_urban[division.grid_of_face])
    water = terrain.water.buffer(20)
    homes = np.array([grid.geom for grid in division.grids], dtype=object)[division.grid_of_face]
    blocks = _building_land(ground, inside, homes, water, _STREET_M, _LEAST_COMPOUND_M2)
    # A grid between the river and a road may have no block of the usual size: what room it has must do.
    bare = is_urban.copy()
    bare[division.grid_of_face[list(blocks)]] = False
    narrow = np.flatnonzero(bare[division.grid_of_face])
    return blocks | _building_land(ground, narrow, homes, water, _STREET_M / 2, 0.0)


def _building_land(
    ground: Ground, faces: Ints, homes: NDArray[np.object_], water: shapely.Geometry, street_m: float, least_m2: float
) -> dict[int, shapely.Polygon]:
    """Faces with room for at least ``least_m2`` of buildings, and that room in one piece. homes: grid of every face."""
    room = shapely.buffer(ground.faces[faces], -street_m, join_style="mitre")
    # Softened edges may cut a corner off a face: what lies beyond is another grid's.
    room = shapely.difference(shapely.intersection(room, shapely.buffer(homes[faces], -1.0)), water)
    blocks = {}
    for face, geom in zip(faces.tolist(), room, strict=True):
        largest = max(shapely.get_parts(geom), key=lambda part: part.area, default=None)
        if largest is not None and largest.area > least_m2:
            blocks[face] = largest
    return blocks


def _compounds(
    rng: np.random.Generator, ground: Ground, division: Division, blocks: dict[int, shapely.Polygon]
) -> tuple[list[Compound], set[int]]:
    """347 compounds: at least one in every urban grid that has room, more where it is denser."""
    grids = [grid for grid in division.grids if grid.level is GridLevel.GRID]
    by_grid: dict[int, list[int]] = {}
    for face in blocks:
        by_grid.setdefault(int(division.grid_of_face[face]), []).append(face)
    homes = [i for i, grid in enumerate(grids) if len(grid.area) == 12 and i in by_grid]
    dense = np.array([ground.urbanity[by_grid[i]].mean() * np.sqrt(len(by_grid[i])) for i in homes])
    dense *= np.array([2.2 if grids[i].area == OLD_TOWN else 1.0 for i in homes])
    room = np.array([len(by_grid[i]) for i in homes])
    counts = capped_shares(COMPOUNDS, np.clip(dense, 0.05, None), room)
    compounds, used = [], set()
    for i, count in zip(homes, counts, strict=True):
        faces = sorted(by_grid[i], key=lambda face: -_homely(blocks[face]))[:count]
        for face in sorted(faces):
            outline = _trimmed(blocks[face])
            old = ground.urbanity[face] > 0.75 or rng.uniform() < 0.45
            buildings = rows_of_buildings(rng, outline, FLATS if old else TOWERS)
            if len(buildings) == 0:
                buildings = np.array([_single(outline)])
            compounds.append(Compound(i, outline, buildings))
            used.add(face)
    return compounds, used


def _homely(block: shapely.Polygon) -> float:
    """Compact blocks of middling size first."""
    compact = block.area / block.length**2
    return compact - 0.02 * abs(np.log(block.area / 22_000.0))


def _trimmed(block: shapely.Polygon) -> shapely.Polygon:
    """The block, or a part of it where it is too large for one compound."""
    if block.area <= _LARGEST_COMPOUND_M2:
        return shapely.set_precision(block, 0.001)
    factor = np.sqrt(_LARGEST_COMPOUND_M2 / block.area)
    part = affinity.scale(block, factor, factor, origin=block.representative_point()).intersection(block)
    return shapely.set_precision(max(shapely.get_parts(part), key=lambda p: p.area), 0.001)


def _single(outline: shapely.Polygon) -> shapely.Polygon:
    at = outline.representative_point()
    return shapely.set_precision(shapely.box(at.x - 12, at.y - 6, at.x + 12, at.y + 6), 0.001)


def rows_of_buildings(rng: np.random.Generator, outline: shapely.Polygon, pattern: Pattern) -> NDArray[np.object_]:
    """Buildings in parallel rows that look south, as far as they fit into ``outline``."""
    turn = _southward(outline)
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-along[1], along[0]])
    middle = shapely.get_coordinates(outline.centroid)[0]
    corners = shapely.get_coordinates(outline) - middle
    reach_u, reach_v = np.abs(corners @ along).max(), np.abs(corners @ across).max()
    spots = []
    for v in np.arange(-reach_v + 4, reach_v, pattern.row_m):
        u = -reach_u + rng.uniform(3, 9)
        while u < reach_u:
            length = rng.uniform(*pattern.length_m)
            if rng.uniform() < pattern.kept:
                spots.append((u, v, length))
            u += length + pattern.gap_m
    if not spots:
        return np.empty(0, dtype=object)
    u, v, length = np.array(spots).T
    shift = rng.uniform(-1.5, 1.5, len(u))
    corner_u = np.stack([u, u + length, u + length, u], axis=1)
    corner_v = np.stack([v, v, v + pattern.depth_m, v + pattern.depth_m], axis=1) + shift[:, None]
    rings = middle + corner_u[..., None] * along + corner_v[..., None] * across
    buildings = shapely.polygons(snap(rings))
    inner = outline.buffer(-3.0)
    shapely.prepare(inner)
    return buildings[shapely.contains(inner, buildings)]


def _southward(outline: shapely.Polygon) -> float:
    """Direction of the rows, radians: along the sides of the block, those that run closer to east and west."""
    sides = np.diff(shapely.get_coordinates(outline.exterior), axis=0)
    # Four times the angle is the same for all four sides of a rectangle, so that the long sides outvote the rest.
    vote = (np.hypot(*sides.T) * np.exp(4j * np.arctan2(sides[:, 1], sides[:, 0]))).sum()
    return float(np.angle(vote)) / 4


def _other_buildings(
    rng: np.random.Generator, ground: Ground, division: Division, blocks: dict[int, shapely.Polygon], used: set[int]
) -> tuple[NDArray[np.object_], Ints]:
    found, grids = [], []
    for face, block in blocks.items():
        if face not in used:
            works = ground.urbanity[face] < 0.5 and rng.uniform() < 0.35
            buildings = rows_of_buildings(rng, block, WORKS if works else SHOPS)
            found.append(buildings)
            grids.append(np.full(len(buildings), division.grid_of_face[face]))
    return np.concatenate(found), np.concatenate(grids)


def _villages(
    rng: np.random.Generator,
    terrain: Terrain,
    streets: Streets,
    ground: Ground,
    division: Division,
    taken: shapely.STRtree,
) -> tuple[tuple[Village, ...], tuple[shapely.LineString, ...]]:
    """A cluster of houses in every village, low and near a road or stream, and a lane to the next road."""
    rural = [area for area in division.areas if area.level is AreaLevel.COMMUNITY and area.code[9] in "23"]
    roads = [road.line for road in streets.main]
    tree = shapely.STRtree(sides_of([*roads, *(w.line for w in terrain.streams)])[0])
    _, away_m = tree.query_nearest(shapely.points(ground.middles), return_distance=True, all_matches=False)
    burden = ground.height_m / 60.0 + away_m / 900.0 + rng.uniform(0, 0.8, len(ground.faces))
    middles = shapely.STRtree(shapely.points(ground.middles))
    water = terrain.water.buffer(25)
    shapely.prepare(water)
    avoid = shapely.union_all(
        [*(line.buffer(16) for line in roads), streets.railway.buffer(20), terrain.water.buffer(12)]
    )
    villages: list[Village] = []
    lanes: list[shapely.LineString] = []
    for area in rural:
        core = area.geom.buffer(-90)
        faces = middles.query(core if not core.is_empty else area.geom, predicate="contains")
        if len(faces) == 0:
            faces = middles.query(area.geom, predicate="contains")
        dry = faces[~shapely.contains_xy(water, ground.middles[faces])]
        face = int((dry if len(dry) else faces)[burden[dry if len(dry) else faces].argmin()])
        middle = ground.middles[face]
        land = _hamlet(rng, middle).intersection(area.geom.buffer(-8)).difference(avoid)
        largest = max(shapely.get_parts(land), key=lambda part: part.area)
        houses = rows_of_buildings(rng, largest, HOUSES)
        houses = np.delete(houses, np.unique(taken.query(houses, predicate="dwithin", distance=4.0)[0]))
        villages.append(Village(area, int(division.grid_of_face[face]), middle, houses))
        lanes.extend(_lane(rng, middle, roads + lanes, terrain))
    return tuple(villages), tuple(lanes)


def _hamlet(rng: np.random.Generator, middle: Points) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    long, short, turn = rng.uniform(70, 105), rng.uniform(42, 62), rng.uniform(0, np.pi)
    reach = 1 + 0.2 * np.sin(2 * angle + turn) + 0.12 * np.sin(3 * angle)
    local = np.column_stack([np.cos(angle) * long, np.sin(angle) * short]) * reach[:, None]
    cos, sin = np.cos(turn), np.sin(turn)
    return shapely.Polygon(middle + local @ np.array([[cos, sin], [-sin, cos]]))


def _lane(
    rng: np.random.Generator, middle: Points, roads: list[shapely.LineString], terrain: Terrain
) -> list[shapely.LineString]:
    """The way from a village to the nearest road that is on its side of the rivers; none where it is far."""
    at = shapely.Point(middle)
    rivers = shapely.MultiLineString([w.line for w in terrain.rivers])
    ways = shapely.shortest_line(at, np.array(roads, dtype=object))
    lengths = shapely.length(ways)
    for i in np.argsort(lengths, kind="stable")[:12]:
        if lengths[i] > 4000:
            break
        if lengths[i] > 60 and not ways[i].intersects(rivers):
            start, end = shapely.get_coordinates(ways[i])
            side = np.array([start[1] - end[1], end[0] - start[0]])
            share = np.linspace(0, 1, 9)[:, None]
            bow = rng.uniform(-0.14, 0.14) * np.sin(share * np.pi) + rng.uniform(-0.05, 0.05) * np.sin(
                share * 3 * np.pi
            )
            return [shapely.LineString(snap(start + (end - start) * share + side * bow))]
    return []
