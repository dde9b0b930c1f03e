"""Who answers where: subdistricts, communities and villages, grids and micro-grids, nested without a gap.

The finest parts (atoms) are urban grids, micro-grids where a grid has some, and villages in the country. Everything
larger is a union of atoms, so that no line is drawn twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.model import AreaLevel, GridLevel
from sample_data.curves import Floats, Points, Warp, metres
from sample_data.ground import Ground, Ints
from sample_data.grow import Graph, divide, divide_from
from sample_data.model import AreaRow, GridRow
from sample_data.names import AreaName, area_names, towards
from sample_data.sketch import SEATS, Seat
from sample_data.smooth import drawn
from sample_data.streams import capped_shares, stream

WITH_MICRO_GRIDS = 26
OLD_TOWN = "330802006004"  # 坊门街: its 2,716 households are known, and they need room
# A grid that joins villages belongs to no one of them: its sequence hangs under a joint number, from 601 up, in the
# place of the village's, as the specialised grids of CJ/T 349 do.
JOINT_FROM = 601


@dataclass
class GridPlan:
    """A grid before it is drawn. faces: of each atom; serves: code of the community, or of each atom's village."""

    subdistrict: str
    serves: list[str]
    atoms: list[Ints]
    community: AreaName | None = None
    numbers: list[int] = field(default_factory=list)  # of its atoms, in the drawing


@dataclass(frozen=True)
class Division:
    """areas and grids without households. Faces know their grid: (n,) index into the grids of level grid."""

    outline: shapely.Polygon
    areas: tuple[AreaRow, ...]
    grids: tuple[GridRow, ...]
    grid_of_face: Ints


def make_division(seed: int, ground: Ground) -> Division:
    rng = stream(seed, "division")
    plans = _plans(rng, ground)
    labels = np.full(len(ground.faces), -1, np.int64)
    count = 0
    for plan in plans:
        for faces in plan.atoms:
            labels[faces] = count
            plan.numbers.append(count)
            count += 1
    atoms = drawn(ground, labels, Warp.of(rng, [(75, 1300), (30, 480), (10, 170)]))
    grid_of_atom = np.array([i for i, plan in enumerate(plans) for _ in plan.atoms])
    grids = _named(plans, atoms)
    areas = _areas(plans, atoms)
    return Division(areas[0].geom, areas, grids, grid_of_atom[labels])


def _plans(rng: np.random.Generator, ground: Ground) -> list[GridPlan]:
    graph = Graph.of(ground)
    everything = np.arange(len(ground.faces))
    shares = np.array([seat.km2 for seat in SEATS])
    homes = divide_from(graph, everything, ground.area_m2, shares, metres([seat.at for seat in SEATS]))
    people = ground.area_m2 * np.clip(ground.urbanity, 0.12, None) ** 1.4
    plans: list[GridPlan] = []
    for i, seat in enumerate(SEATS):
        names = [name for name in area_names() if name.parent == seat.code]
        urban, rural = _town_and_country(graph, ground, np.flatnonzero(homes == i), seat)
        plans += _urban_grids(rng, graph, ground, people, seat, [n for n in names if not n.is_village], urban)
        plans += _joined_grids(rng, graph, ground, seat, [n for n in names if n.is_village], rural)
    crowded = sorted((p for p in plans if p.community), key=lambda p: -float(people[p.atoms[0]].sum()))
    for plan in crowded[:WITH_MICRO_GRIDS]:
        whole = plan.atoms[0]
        parts = divide(graph, whole, people, np.ones(min(int(rng.integers(2, 5)), len(whole))), rng)
        plan.atoms = _ordered([whole[parts == part] for part in range(int(parts.max()) + 1)], ground.middles)
    return plans


def _town_and_country(graph: Graph, ground: Ground, home: Ints, seat: Seat) -> tuple[Ints, Ints]:
    """Faces of a subdistrict's residents' communities, and the rest. The country is one connected piece."""
    if seat.joined_grids == 0:
        return home, home[:0]
    if seat.urban_grids == 0:
        return home[:0], home
    town = graph.blob(home, ground.urbanity, ground.area_m2, seat.urban_km2 * 1e6)
    country = graph.components(np.setdiff1d(home, town))[0]
    return np.setdiff1d(home, country), country


def _urban_grids(
    rng: np.random.Generator,
    graph: Graph,
    ground: Ground,
    people: Floats,
    seat: Seat,
    names: list[AreaName],
    town: Ints,
) -> list[GridPlan]:
    if not names:
        return []
    parts = divide(graph, town, people, np.ones(len(names)), rng)
    communities = [town[parts == part] for part in range(len(names))]
    middles = np.array([ground.middles[faces].mean(axis=0) for faces in communities])
    places = towards(names, middles)
    crowd = np.array([people[faces].sum() for faces in communities])
    crowd[[place for name, place in zip(names, places, strict=True) if name.code == OLD_TOWN]] *= 1.6
    counts = capped_shares(seat.urban_grids, crowd, np.array([len(faces) for faces in communities]))
    plans = []
    for name, place in zip(names, places, strict=True):
        faces = communities[place]
        grid = divide(graph, faces, people, np.ones(counts[place]), rng)
        for atoms in _ordered([faces[grid == part] for part in range(counts[place])], ground.middles):
            plans.append(GridPlan(seat.code, [name.code], [atoms], name))
    return plans


def _joined_grids(
    rng: np.random.Generator, graph: Graph, ground: Ground, seat: Seat, names: list[AreaName], country: Ints
) -> list[GridPlan]:
    if not names:
        return []
    area = ground.area_m2
    parts = divide(graph, country, area, np.ones(seat.joined_grids), rng)
    grids = _ordered([country[parts == part] for part in range(seat.joined_grids)], ground.middles)
    size = np.array([area[faces].sum() for faces in grids])
    counts = capped_shares(len(names), size, np.array([len(faces) for faces in grids]))
    villages: list[Ints] = []
    for faces, count in zip(grids, counts, strict=True):
        cut = divide(graph, faces, area, np.ones(count), rng)
        villages += _ordered([faces[cut == part] for part in range(count)], ground.middles)
    middles = np.array([ground.middles[faces].mean(axis=0) for faces in villages])
    code_at = {place: name.code for name, place in zip(names, towards(names, middles), strict=True)}
    ends = np.cumsum(counts)
    return [
        GridPlan(seat.code, [code_at[v] for v in range(end - count, end)], villages[end - count : end])
        for count, end in zip(counts.tolist(), ends.tolist(), strict=True)
    ]


def _ordered(parts: list[Ints], middles: Points) -> list[Ints]:
    """West to east, then north to south, in the order in which unit grids are numbered."""
    at = [middles[faces].mean(axis=0) for faces in parts]
    extent = max(float(np.ptp([p[1] for p in at])), 1.0)
    rows = max(1, round(np.sqrt(len(parts))))
    top = max(float(p[1]) for p in at)
    key = [(min(int((top - p[1]) / extent * rows), rows - 1), float(p[0])) for p in at]
    return [parts[i] for i in sorted(range(len(parts)), key=lambda i: key[i])]


def _named(plans: list[GridPlan], atoms: NDArray[np.object_]) -> tuple[GridRow, ...]:
    """Grids in the order of the plans, then the micro-grids."""
    names = {name.code: name for name in area_names()}
    sequence: dict[str, int] = {}
    used: set[str] = set()
    grids, micro = [], []
    for plan in plans:
        parent = plan.community.code if plan.community else plan.subdistrict
        number = sequence[parent] = sequence.get(parent, 0) + 1
        geom = shapely.coverage_union_all(atoms[plan.numbers])
        if plan.community:
            code = f"{parent}{number:03d}"
            name, name_en = f"{plan.community.name}{number:02d}网格", f"{plan.community.name_en} Grid {number:02d}"
        else:
            code = f"{parent}{JOINT_FROM + number - 1}001"
            eponym = next(names[c] for c in plan.serves if f"{names[c].name}联村网格" not in used)
            name, name_en = f"{eponym.name}联村网格", f"{eponym.stem_en} Joint-Village Grid"
        used.add(name)
        grids.append(GridRow(code, GridLevel.GRID, name, name_en, parent, None, tuple(plan.serves), 0, geom))
        if plan.community and len(plan.atoms) > 1:
            for i, atom in enumerate(plan.numbers, start=1):
                label, label_en = f"{name}{i:02d}微网格", f"{name_en} Micro-Grid {i:02d}"
                serves = tuple(plan.serves)
                micro.append(
                    GridRow(
                        f"{code}{i:02d}", GridLevel.MICRO_GRID, label, label_en, parent, code, serves, 0, atoms[atom]
                    )
                )
    return (*grids, *micro)


def _areas(plans: list[GridPlan], atoms: NDArray[np.object_]) -> tuple[AreaRow, ...]:
    numbers: dict[str, list[int]] = {}
    for plan in plans:
        for i, atom in enumerate(plan.numbers):
            own = plan.serves[0] if plan.community else plan.serves[i]
            for code in (own, plan.subdistrict, plan.subdistrict[:6]):
                numbers.setdefault(code, []).append(atom)
    return tuple(
        AreaRow(
            n.code,
            AreaLevel(n.level),
            n.parent,
            n.name,
            n.name_en,
            n.official_name,
            shapely.coverage_union_all(atoms[numbers[n.code]]),
        )
        for n in area_names()
    )
