"""Streets, main roads and the railway: the city's warped lattice, small ones for the towns, and the roads between.

A lattice edge is one side of one block. Edges that would run through water are kept as dividers, so that the blocks
along a bank stay small, but nobody drives there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import snap
from sample_data.curves import Points, Warp, contours, metres, spline
from sample_data.names import words
from sample_data.sketch import CITY, EXPRESSWAY, RAILWAY, ROADS, SEATS, Seat
from sample_data.streams import stream
from sample_data.terrain import Terrain

BUILT_UP_FROM = 0.29  # urbanity
_CITY_BLOCK_M = (186.0, 148.0)
_TOWN_BLOCK_M = (150.0, 120.0)
_MAIN_EVERY = 5
_MISSING = 0.17  # share of the minor edges that were never built


class EdgeKind(IntEnum):
    """What a line on the ground is. The higher, the likelier a grid's edge follows it."""

    FIELD = 0
    DIVIDER = 1
    MINOR = 2
    STREAM = 3
    MAIN = 4
    RIVER = 5
    OUTLINE = 6


@dataclass(frozen=True)
class Road:
    """A main road. Country roads lead out of the city, and grids may end at them; arterials are sides of blocks."""

    name: str
    line: shapely.LineString
    is_country: bool


@dataclass(frozen=True)
class Streets:
    """edges: block sides with their kind. main, minor: whole roads to draw. mask: built-up land, one polygon a town."""

    edges: NDArray[np.object_]
    kinds: NDArray[np.int8]
    mask: shapely.Geometry
    main: tuple[Road, ...]
    minor: tuple[shapely.LineString, ...]
    railway: shapely.LineString


@dataclass(frozen=True)
class _Lattice:
    nodes: Points  # (rows, columns, 2)
    middle: tuple[int, int]


def make_streets(seed: int, terrain: Terrain) -> Streets:
    rng = stream(seed, "streets")
    mask = _built_up(terrain)
    city, *towns = sorted(shapely.get_parts(mask), key=lambda part: -part.area)
    wet = shapely.union_all([w.surface for w in (*terrain.rivers, *terrain.streams)]).buffer(12)
    park = terrain.lake.buffer(25)
    lattices = [(_city_lattice(rng), city)]
    lattices += [(_town_lattice(rng, seat, terrain), town) for seat, town in _towns(towns)]
    edges, kinds, arterials, minor = [], [], [], []
    for lattice, land in lattices:
        found, found_kinds, found_lines = _block_sides(rng, lattice, land, wet, park, is_city=land is city)
        edges.append(found)
        kinds.append(found_kinds)
        arterials.extend(_merged(found, found_lines, found_kinds == EdgeKind.MAIN))
        minor.extend(_merged(found, found_lines, found_kinds == EdgeKind.MINOR))
    meander = Warp.of(rng, [(120, 2600), (40, 900)])
    country = _country_roads(meander, city, edges[0][kinds[0] == EdgeKind.MAIN])
    railway = shapely.LineString(snap(meander(spline(metres(RAILWAY), 120))))
    expressway = shapely.LineString(snap(meander(spline(metres(EXPRESSWAY), 120))))
    names = words("road")
    main = [Road(name, line, True) for name, line in [*country, ("柯北高速", expressway)]]
    main += [Road(names[i % len(names)].text, line, False) for i, line in enumerate(arterials)]
    return Streets(np.concatenate(edges), np.concatenate(kinds), mask, tuple(main), tuple(minor), railway)


def _built_up(terrain: Terrain) -> shapely.Geometry:
    west, south, east, north = terrain.outline.bounds
    x, y = np.arange(west, east, 120.0), np.arange(south, north, 120.0)
    values = terrain.urbanity(np.stack(np.meshgrid(x, y), axis=-1))
    parts = [p for p in contours(values, x, y, BUILT_UP_FROM) if p.area > 0.2e6]
    return shapely.union_all([shapely.Polygon(p.exterior) for p in parts]).intersection(terrain.outline.buffer(-150))


def _towns(parts: list[shapely.Polygon]) -> list[tuple[Seat, shapely.Polygon]]:
    """The towns outside the city, each with the seat it grew around."""
    pairs: list[tuple[Seat, shapely.Polygon]] = []
    for seat in SEATS:
        at = shapely.Point(metres([seat.at])[0])
        pairs.extend((seat, part) for part in parts if part.contains(at))
    return pairs


def _city_lattice(rng: np.random.Generator) -> _Lattice:
    """Blocks small in the middle and larger outwards, turned a little, bent by slow noise."""
    bend = Warp.of(rng, [(260, 4300), (60, 1500)])
    return _lattice(rng, metres([CITY])[0], _CITY_BLOCK_M, 46, np.deg2rad(11.0), 1 / 7800.0, bend)


def _town_lattice(rng: np.random.Generator, seat: Seat, terrain: Terrain) -> _Lattice:
    at = metres([seat.at])[0]
    roads = [spline(metres(line), 100) for _, line in ROADS]
    nearest = min(roads, key=lambda road: float(np.hypot(*(road - at).T).min()))
    i = int(np.clip(np.hypot(*(nearest - at).T).argmin(), 1, len(nearest) - 2))
    along = nearest[i + 1] - nearest[i - 1]
    bend = Warp.of(rng, [(45, 900)])
    return _lattice(rng, at, _TOWN_BLOCK_M, 11, float(np.arctan2(along[1], along[0])), 1 / 9000.0, bend)


def _lattice(
    rng: np.random.Generator,
    at: Points,
    block_m: tuple[float, float],
    half: int,
    turn: float,
    stretch: float,
    bend: Warp,
) -> _Lattice:
    """(2 half + 1)^2 nodes around ``at``; lines keep uneven distances, as streets of different ages do."""
    lines = [np.cumsum(rng.uniform(0.72, 1.28, 2 * half + 1)) * size for size in block_m]
    v, u = np.meshgrid(lines[1] - lines[1][half], lines[0] - lines[0][half], indexing="ij")
    flat = np.stack([u, v], axis=-1)
    flat = flat * (1 + np.linalg.norm(flat, axis=-1, keepdims=True) * stretch)
    cos, sin = np.cos(turn), np.sin(turn)
    turned = flat @ np.array([[cos, sin], [-sin, cos]])
    return _Lattice(snap(bend(at + turned) - bend(at) + at), (half, half))


def _block_sides(
    rng: np.random.Generator,
    lattice: _Lattice,
    land: shapely.Polygon,
    wet: shapely.Geometry,
    park: shapely.Polygon,
    *,
    is_city: bool,
) -> tuple[NDArray[np.object_], NDArray[np.int8], NDArray[np.int64]]:
    """Edges of a lattice on ``land``, what each is, and the lattice line it is part of.

    A missing minor edge joins two blocks into one.
    """
    nodes, (row0, column0) = lattice.nodes, lattice.middle
    rows, columns = nodes.shape[:2]
    across = np.stack([nodes[:, :-1], nodes[:, 1:]], axis=2).reshape(-1, 2, 2)
    down = np.stack([nodes[:-1], nodes[1:]], axis=2).reshape(-1, 2, 2)
    main_rows = (np.arange(rows) - row0) % _MAIN_EVERY == 2
    main_columns = (np.arange(columns) - column0) % _MAIN_EVERY == 2
    is_main = np.concatenate([np.repeat(main_rows, columns - 1), np.tile(main_columns, rows - 1)])
    edges = shapely.linestrings(np.concatenate([across, down]))
    shapely.prepare([land, wet])
    on_land = shapely.contains_properly(land, edges)
    swims = shapely.intersects(wet, edges)
    built = rng.uniform(size=len(edges)) >= (_MISSING if is_city else 0.12)
    built &= ~shapely.intersects(park, edges)
    kinds = np.where(is_main, EdgeKind.MAIN, EdgeKind.MINOR).astype(np.int8)
    if not is_city:
        kinds[:] = EdgeKind.MINOR
    kinds[swims & (kinds == EdgeKind.MINOR)] = EdgeKind.DIVIDER
    kept = on_land & (built | (kinds != EdgeKind.MINOR))
    numbers = np.arange(rows * columns).reshape(rows, columns)
    ends = [
        np.stack([a.ravel(), b.ravel()], axis=1)
        for a, b in ((numbers[:, :-1], numbers[:, 1:]), (numbers[:-1], numbers[1:]))
    ]
    kept = _without_spurs(kept, kinds, np.concatenate(ends))
    lines = np.concatenate([np.repeat(np.arange(rows), columns - 1), np.tile(rows + np.arange(columns), rows - 1)])
    return edges[kept], kinds[kept], lines[kept]


def _without_spurs(kept: NDArray[np.bool_], kinds: NDArray[np.int8], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """``kept`` without minor edges that end nowhere, until none is left. ends: (n, 2) node numbers of each edge."""
    while True:
        degree = np.bincount(ends[kept].ravel(), minlength=int(ends.max()) + 1)
        spur = kept & (kinds == EdgeKind.MINOR) & (degree[ends] == 1).any(axis=1)
        if not spur.any():
            return kept
        kept = kept & ~spur


def _merged(
    edges: NDArray[np.object_], lines: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> list[shapely.LineString]:
    """The chosen edges of each lattice line, joined where they touch."""
    roads: list[shapely.LineString] = []
    for line in np.unique(lines[chosen]):
        whole = shapely.line_merge(shapely.multilinestrings(list(edges[chosen & (lines == line)])))
        roads.extend(shapely.get_parts(whole))
    return roads


def _country_roads(
    meander: Warp, city: shapely.Polygon, arterials: NDArray[np.object_]
) -> list[tuple[str, shapely.LineString]]:
    """The drawn roads outside the city; where one enters it, it runs into the nearest arterial."""
    tree = shapely.STRtree(arterials)
    inner = city.buffer(-120)
    roads: list[tuple[str, shapely.LineString]] = []
    for name, course in ROADS:
        whole = shapely.LineString(meander(spline(metres(course), 80)))
        for part in shapely.get_parts(whole.difference(inner)):
            if part.length > 1200:
                roads.append((name, shapely.LineString(snap(_led_in(part, inner, arterials, tree)))))
    return roads


def _led_in(
    road: shapely.LineString, city: shapely.Polygon, arterials: NDArray[np.object_], tree: shapely.STRtree
) -> Points:
    """The road's points; an end at the city's edge is led to an arterial over the last stretch, without a kink."""
    points = shapely.get_coordinates(road)
    for _ in range(2):
        end = shapely.Point(points[0])
        if city.distance(end) < 1.0:
            foot = shapely.get_coordinates(arterials[tree.nearest(end)])[0]
            approach_m = 1.5 * float(np.hypot(*(points[0] - foot))) + 100.0
            points = np.vstack([foot, points[np.hypot(*(points - foot).T) > approach_m]])
        points = points[::-1]
    return points
