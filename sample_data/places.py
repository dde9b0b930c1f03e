"""Compounds, buildings and stairwells with their households, lanes, markets and relief points, as coded places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geo.crs import snap
from geo.model import AreaLevel, GridLevel, PlaceKind
from sample_data.division import OLD_TOWN, Division
from sample_data.ground import Ints
from sample_data.model import GridRow, PlaceRow
from sample_data.names import area_names, compositions
from sample_data.settle import Compound, Settlements
from sample_data.streams import exact_shares, stream
from sample_data.streets import Streets
from sample_data.terrain import Terrain

STAIRWELLS = 6_846
OLD_TOWN_STAIRWELLS = 214
OLD_TOWN_HOUSEHOLDS = 2_716
STEWARDS = 97
LANES = 152
MARKETS = 16
RELIEF_POINTS = 12
_MOST_STAIRWELLS = 6  # of one building
_NUMERALS = "〇一二三四五六七八九十"


@dataclass(frozen=True)
class Door:
    """A place where people live behind doors: a stairwell, or a village house. row: its place."""

    row: PlaceRow
    grid: int
    x: float
    y: float
    floors: int


@dataclass(frozen=True)
class Places:
    """rows: parents first. doors: stairwells, then village houses. stewards: stairwell codes of each, 1 to 4."""

    rows: tuple[PlaceRow, ...]
    doors: tuple[Door, ...]
    stewards: tuple[tuple[str, ...], ...]
    households: Ints  # of the grids and micro-grids, in the order of the division


def make_places(seed: int, terrain: Terrain, streets: Streets, division: Division, settlements: Settlements) -> Places:
    rng = stream(seed, "places")
    grids = [grid for grid in division.grids if grid.level is GridLevel.GRID]
    counts = _stairwell_counts(rng, settlements.compounds, grids)
    households, stewards = _stairwell_households(rng, settlements.compounds, grids, counts)
    rows, doors = _compound_rows(rng, settlements.compounds, grids, counts, households)
    codes = [door.row.code for door in doors if door.row.area == OLD_TOWN]
    ends = np.cumsum(stewards)
    groups = tuple(tuple(codes[end - size : end]) for size, end in zip(stewards, ends, strict=True))
    village_rows, village_doors = _village_rows(settlements)
    others = [*_lanes(rng, terrain, streets, division), *_markets(rng, division, settlements)]
    households_by_grid = _households_by_grid(rng, division, doors)
    return Places((*rows, *village_rows, *others), (*doors, *village_doors), groups, households_by_grid)


def _stairwell_counts(rng: np.random.Generator, compounds: tuple[Compound, ...], grids: list[GridRow]) -> list[Ints]:
    """Stairwells of every building of every compound; 6,846 in all, 214 of them in the old town."""
    size = np.concatenate([np.sqrt(shapely.area(c.buildings)) for c in compounds])
    old = np.concatenate([np.full(len(c.buildings), grids[c.grid].area == OLD_TOWN) for c in compounds])
    counts = np.zeros(len(size), np.int64)
    counts[old] = _dealt(rng, OLD_TOWN_STAIRWELLS, size[old])
    counts[~old] = _dealt(rng, STAIRWELLS - OLD_TOWN_STAIRWELLS, size[~old])
    return np.split(counts, np.cumsum([len(c.buildings) for c in compounds])[:-1])


def _dealt(rng: np.random.Generator, total: int, size: np.ndarray) -> Ints:
    """``total`` stairwells over buildings, at least one and at most six each, more in the longer ones."""
    counts = exact_shares(total - len(size), size * rng.uniform(0.4, 1.6, len(size))) + 1
    counts = np.minimum(counts, _MOST_STAIRWELLS)
    while counts.sum() < total:
        counts[(counts / size).argmin()] += 1
    return counts


def _stairwell_households(
    rng: np.random.Generator, compounds: tuple[Compound, ...], grids: list[GridRow], counts: list[Ints]
) -> tuple[list[Ints], Ints]:
    """Households behind every stairwell, by compound; and how many stairwells each steward of the old town has."""
    sizes = _steward_sizes(rng, OLD_TOWN_STAIRWELLS)
    visited = _steward_households(rng, sizes)
    old_town = np.concatenate([exact_shares(int(h), np.ones(s)) for h, s in zip(visited, sizes, strict=True)])
    found, used = [], 0
    for compound, own in zip(compounds, counts, strict=True):
        n = int(own.sum())
        if grids[compound.grid].area == OLD_TOWN:
            found.append(old_town[used : used + n])
            used += n
        else:
            usual = rng.choice([10, 12, 14, 20, 24], p=[0.2, 0.45, 0.15, 0.12, 0.08])
            found.append(np.maximum(usual + rng.integers(-2, 3, n), 6))
    return found, sizes


def _steward_sizes(rng: np.random.Generator, stairwells: int) -> Ints:
    """Stairwells of each of the 97 stewards: one to four, adding up."""
    sizes = np.ones(STEWARDS, np.int64)
    while sizes.sum() < stairwells:
        spare = np.flatnonzero(sizes < 4)
        sizes[rng.choice(spare)] += 1
    return sizes


def _steward_households(rng: np.random.Generator, sizes: Ints) -> Ints:
    """Households each steward visits: 10 to 49, adding up to those of the community."""
    ideal = OLD_TOWN_HOUSEHOLDS / sizes.sum() * sizes
    visited = np.clip(np.rint(ideal * rng.uniform(0.88, 1.12, len(sizes))), 10, 49).astype(np.int64)
    while visited.sum() != OLD_TOWN_HOUSEHOLDS:
        step = 1 if visited.sum() < OLD_TOWN_HOUSEHOLDS else -1
        free = np.flatnonzero((visited + step >= 10) & (visited + step <= 49))
        visited[free[((visited - ideal)[free] * step / sizes[free]).argmin()]] += step
    return visited


def _compound_rows(
    rng: np.random.Generator,
    compounds: tuple[Compound, ...],
    grids: list[GridRow],
    counts: list[Ints],
    households: list[Ints],
) -> tuple[list[PlaceRow], list[Door]]:
    names = compositions(rng, "compound", "compound_kind", len(compounds))
    areas = {name.code: name for name in area_names()}
    number: dict[str, int] = {}
    rows, doors = [], []
    for compound, word, own, homes in zip(compounds, names, counts, households, strict=True):
        area = grids[compound.grid].area
        number[area] = number.get(area, 0) + 1
        code = f"{area}-C{number[area]:02d}"
        street = areas[area[:9]].name
        rows.append(
            PlaceRow(
                code,
                PlaceKind.COMPOUND,
                word.text,
                word.pinyin,
                None,
                area,
                f"{street}{word.text}",
                int(homes.sum()),
                compound.outline,
            )
        )
        done = 0
        for b, (geom, entrances) in enumerate(zip(compound.buildings, own.tolist(), strict=True), start=1):
            inside = homes[done : done + entrances]
            done += entrances
            building = PlaceRow(
                f"{code}-B{b:02d}", PlaceKind.BUILDING, f"{word.text}{b}幢", f"{word.pinyin} Building {b}", code, area,
                f"{street}{word.text}{b}幢", int(inside.sum()), geom,
            )  # fmt: skip
            rows.append(building)
            stairwells = _stairwells(building, street, inside, compound.grid)
            rows.extend(door.row for door in stairwells)
            doors.extend(stairwells)
    return rows, doors


def _stairwells(building: PlaceRow, street: str, households: Ints, grid: int) -> list[Door]:
    """Entrances along the northern side of a building, west to east, a little inside the wall."""
    ring = shapely.get_coordinates(building.geom)
    side = ring[1] - ring[0]
    inward = (ring[3] - ring[0]) * 0.78
    doors = []
    for i, homes in enumerate(households.tolist(), start=1):
        share = (i - 0.5) / len(households)
        x, y = snap(ring[0] + side * share + inward).tolist()
        row = PlaceRow(
            f"{building.code}-{i}", PlaceKind.STAIRWELL, f"{building.name}{i}单元", f"{building.name_en} Entrance {i}",
            building.code, building.area, f"{street}{building.name}{i}单元", homes, shapely.Point(x, y),
        )  # fmt: skip
        doors.append(Door(row, grid, x, y, max(2, -(-homes // 2))))
    return doors


def _village_rows(settlements: Settlements) -> tuple[list[PlaceRow], list[Door]]:
    areas = {name.code: name for name in area_names()}
    rows, doors = [], []
    for village in settlements.villages:
        street = areas[village.area.code[:9]].name
        for i, house in enumerate(village.houses, start=1):
            name = f"{village.area.name}{i}号"
            english = f"{village.area.name_en} No. {i}"
            row = PlaceRow(
                f"{village.area.code}-H{i:02d}", PlaceKind.BUILDING, name, english, None, village.area.code,
                f"{street}{name}", None, house,
            )  # fmt: skip
            at = shapely.get_coordinates(house.centroid)[0]
            x, y = snap(at).tolist()
            rows.append(row)
            doors.append(Door(row, village.grid, x, y, 3))
    return rows, doors


def _lanes(rng: np.random.Generator, terrain: Terrain, streets: Streets, division: Division) -> list[PlaceRow]:
    """152 back streets and lanes: stretches of minor streets, most in the old town; some run through several grids."""
    pieces = []
    for road in streets.minor:
        start = rng.uniform(0, 120)
        while road.length - start > 130:
            stop = min(start + rng.uniform(130, 430), road.length)
            pieces.append(shapely.LineString(snap(shapely.get_coordinates(substring(road, start, stop)))))
            start = stop + rng.uniform(40, 260)
    lines = np.array(pieces, dtype=object)
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    crowding = terrain.urbanity(shapely.get_coordinates(middles)) * rng.uniform(0.4, 1.6, len(lines))
    chosen = np.sort(np.argsort(-crowding, kind="stable")[:LANES])
    codes = _coded(division, middles[chosen], "L")
    names = compositions(rng, "lane", "lane_kind", LANES)
    return [
        PlaceRow(code, PlaceKind.LANE, word.text, word.pinyin, None, code[:9], None, None, line)
        for code, word, line in zip(codes, names, lines[chosen], strict=True)
    ]


def _markets(rng: np.random.Generator, division: Division, settlements: Settlements) -> list[PlaceRow]:
    """Markets stand where shops stand; a relief point, where traders without a shop may sell, close to some of them."""
    chosen = rng.choice(len(settlements.other), MARKETS, replace=False)
    halls = settlements.other[np.sort(chosen)]
    codes = _coded(division, shapely.centroid(halls), "M")
    areas = {name.code: name for name in area_names()}
    numbers: dict[str, int] = {}
    rows = []
    for code, hall in zip(codes, halls, strict=True):
        home = areas[code[:9]]
        numbers[home.code] = number = numbers.get(home.code, 0) + 1
        stem, stem_en = home.name.rstrip("街道镇乡"), home.name_en.rsplit(" ", 1)[0]
        name, name_en = f"{stem}第{_NUMERALS[number]}农贸市场", f"{stem_en} Market {number}"
        rows.append(PlaceRow(code, PlaceKind.MARKET, name, name_en, None, home.code, f"{home.name}{name}", None, hall))
    for market in rows[:RELIEF_POINTS]:
        at = shapely.get_coordinates(market.geom.centroid)[0] + rng.uniform(-70, 70, 2)
        x, y = snap(at).tolist()
        rows.append(
            PlaceRow(
                market.code.replace("-M", "-R"), PlaceKind.RELIEF_POINT, market.name.replace("农贸市场", "便民疏导点"),
                (market.name_en or "").replace("Market", "Relief Point"), None, market.area, None, None,
                shapely.Point(x, y),
            )
        )  # fmt: skip
    return rows


def _coded(division: Division, points: NDArray[np.object_], letter: str) -> list[str]:
    """A code a point: its subdistrict, the letter of its kind, a number."""
    homes = [area for area in division.areas if area.level is AreaLevel.SUBDISTRICT]
    point, home = shapely.STRtree([area.geom for area in homes]).query(points, predicate="intersects")
    first = dict(zip(point.tolist()[::-1], home.tolist()[::-1], strict=True))
    numbers: dict[str, int] = {}
    codes = []
    for i in range(len(points)):
        area = homes[first[i]].code
        numbers[area] = numbers.get(area, 0) + 1
        codes.append(f"{area}-{letter}{numbers[area]:02d}")
    return codes


def _households_by_grid(rng: np.random.Generator, division: Division, doors: Sequence[Door]) -> Ints:
    """Households of every grid and micro-grid: those behind its stairwells, and what a village has."""
    geoms = np.array([grid.geom for grid in division.grids], dtype=object)
    stairwells = [door for door in doors if door.row.households]
    points = shapely.points([(door.x, door.y) for door in stairwells])
    point, grid = shapely.STRtree(geoms).query(points, predicate="intersects")
    homes = np.array([door.row.households for door in stairwells])
    found = np.bincount(grid, homes[point], minlength=len(geoms)).astype(np.int64)
    for i, row in enumerate(division.grids):
        if row.level is GridLevel.GRID and len(row.area) == 9:
            found[i] += int(rng.integers(170, 620, len(row.serves)).sum())
    return found
