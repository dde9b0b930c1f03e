"""From which grids the ground of a grid came when boundaries changed: one row a pair of grids that gave and got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import shapely

from geo.coverage.lattice import Geoms
from geo.crs import LATTICE_M
from geo.model import LineageKind

Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True)
class Descent(Generic[Key]):
    """area_m2 of the ground of ``giver`` went to ``taker``; None where no grid had it, or has it now."""

    kind: LineageKind
    giver: Key | None
    taker: Key | None
    area_m2: float


def descents(before: Mapping[Key, shapely.Geometry], after: Mapping[Key, shapely.Geometry]) -> list[Descent[Key]]:
    """What ground changed hands, by the identity of the grids that changed. Metric polygons.

    What is thinner than the lattice is rounding, not ground. A grid of which nothing is left, or that has ground from
    nowhere, is told with the area that no grid has, or had.
    """
    givers, takers = list(before), list(after)
    old = np.array([before[key] for key in givers], dtype=object)
    new = np.array([after[key] for key in takers], dtype=object)
    found: list[Descent[Key]] = []
    for i, k in shapely.STRtree(new).query(old, predicate="intersects").T.tolist():
        giver, taker = givers[i], takers[k]
        if giver != taker and (area := _ground(shapely.intersection(old[i], new[k]))):
            found.append(Descent(_kind(giver not in after, taker not in before), giver, taker, area))
    found += _alone(before, new, LineageKind.RETIRED, after)
    found += _alone(after, old, LineageKind.CREATED, before)
    return sorted(found, key=lambda each: (str(each.giver), str(each.taker)))


def _alone(
    grids: Mapping[Key, shapely.Geometry], others: Geoms, kind: LineageKind, known: Mapping[Key, shapely.Geometry]
) -> list[Descent[Key]]:
    """Of the grids that are not known on the other side, what no grid has there."""
    rest = {key: shape for key, shape in grids.items() if key not in known}
    if not rest:
        return []
    covered = shapely.union_all(others)
    went = kind is LineageKind.RETIRED
    return [
        Descent(kind, key if went else None, None if went else key, area)
        for key, shape in rest.items()
        if (area := _ground(shapely.difference(shape, covered)))
    ]


def _kind(giver_went: bool, taker_is_new: bool) -> LineageKind:
    if taker_is_new:
        return LineageKind.SPLIT
    return LineageKind.MERGED if giver_went else LineageKind.TRANSFERRED


def _ground(shape: shapely.Geometry) -> float:
    """Its area; 0.0 where it is thinner than the lattice."""
    area, length = float(shape.area), float(shape.length)
    return area if area > max(LATTICE_M**2, LATTICE_M * length) else 0.0
