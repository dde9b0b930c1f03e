"""Changes of boundaries for tests: nodes moved in every grid that shares them, grids split, merged, recoded.

Each takes and gives the grids of a draft, by key, so that what a test does is what a file or an editor would bring.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from geo.coverage.faults import errors, find_faults
from geo.crs import snap
from geo.desk.edition_grids import GridRow, Key
from tests.district import EAST, METRIC, NORTH, SIDE

Grids = Mapping[Key, GridRow]


def of_code(grids: Grids, code: str) -> GridRow:
    return next(grid for grid in grids.values() if grid.code == code)


def moved(grids: Grids, at: tuple[float, float], to: tuple[float, float]) -> dict[Key, GridRow | None]:
    """The grids that share a node, with the node elsewhere. Metres; both are put on the lattice."""
    node, place = snap(np.array(at)), snap(np.array(to))

    def put(coords: Any) -> Any:
        return np.where((coords == node).all(axis=1)[:, None], place, coords)

    found = {}
    for key, grid in grids.items():
        geom = shapely.transform(grid.geom, put)
        if not shapely.equals_exact(geom, grid.geom):
            found[key] = replace(grid, geom=geom)
    return found


def merged(grids: Grids, one: GridRow, other: GridRow) -> dict[Key, GridRow | None]:
    """The first grid with the ground of both; the second is gone. No node is dropped."""
    geom = shapely.coverage_union(one.geom, other.geom)
    return {one.key: replace(one, geom=_multi(geom)), other.key: None}


def split(grids: Grids, grid: GridRow, new_code: str) -> dict[Key, GridRow | None]:
    """A grid cut from one of its nodes to another: the grid keeps one part, a new one gets the other."""
    nodes = shapely.get_coordinates(shapely.get_parts(grid.geom)[0].exterior)[:-1]
    for skip in range(2, len(nodes) - 1):
        a, b = shapely.Polygon(nodes[: skip + 1]), shapely.Polygon([*nodes[skip:], nodes[0]])
        exact = np.isclose(a.area + b.area, grid.geom.area) and shapely.get_num_geometries(grid.geom) == 1
        if exact and a.is_valid and b.is_valid and min(a.area, b.area) > 1.0:
            new = replace(grid, grid_id=None, code=new_code, name=new_code, geom=_multi(b))
            return {grid.key: replace(grid, geom=_multi(a)), new.key: new}
    return {}


def recoded(one: GridRow, other: GridRow) -> dict[Key, GridRow | None]:
    """Two grids that change codes."""
    return {one.key: replace(one, code=other.code), other.key: replace(other, code=one.code)}


def _multi(geom: Any) -> Any:
    return shapely.MultiPolygon(shapely.get_parts(geom).tolist())


def at(column: float, row: float) -> tuple[float, float]:
    """Metres of a place in grid units."""
    return EAST + column * SIDE, NORTH + row * SIDE


def any_change(grids: Grids, chance: random.Random, number: int) -> dict[Key, GridRow | None]:
    """A change drawn at random that leaves a coverage; tried until one does."""
    while True:
        changes = _drawn(grids, chance, number)
        after = {key: grid for key, grid in {**grids, **changes}.items() if grid is not None}
        geoms = np.array([grid.geom for grid in after.values()], dtype=object)
        if changes and not errors(find_faults([grid.code for grid in after.values()], geoms, METRIC)):
            return changes


def _drawn(grids: Grids, chance: random.Random, number: int) -> dict[Key, GridRow | None]:
    one = chance.choice(list(grids.values()))
    makers: list[Callable[[], dict[Key, GridRow | None]]] = [
        lambda: _shaken(grids, one, chance),
        lambda: _shaken(grids, one, chance),
        lambda: split(grids, one, f"N{number:02d}"),
        lambda: merged(grids, one, _neighbour(grids, one, chance)) if len(grids) > 4 else {},
        lambda: recoded(one, _neighbour(grids, one, chance)),
    ]
    return chance.choice(makers)()


def _shaken(grids: Grids, one: GridRow, chance: random.Random) -> dict[Key, GridRow | None]:
    x, y = chance.choice(shapely.get_coordinates(one.geom).tolist())
    step = chance.choice([0.3, 5.0, 60.0])
    return moved(grids, (x, y), (x + chance.uniform(-step, step), y + chance.uniform(-step, step)))


def _neighbour(grids: Grids, one: GridRow, chance: random.Random) -> GridRow:
    near = [each for each in grids.values() if each.key != one.key]
    sharing = [each for each in near if shapely.intersection(each.geom, one.geom).length > 0.0]
    return chance.choice(sharing or near)
