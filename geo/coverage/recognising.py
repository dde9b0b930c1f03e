"""Which grids the features of a file are: by the number that the export wrote, by their very shape, by their code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely

from geo.coverage.homing import same_shape
from geo.coverage.lattice import Geoms

Grids = Mapping[int, tuple[str, shapely.Geometry]]  # by number: code and shape


def recognise(grids: Grids, codes: Sequence[str], geoms: Geoms, numbers: Sequence[int | None]) -> list[int | None]:
    """The number of the grid that each of n features is; None for one that is new. None is named twice.

    codes, geoms, numbers: (n,) of the features; numbers: as an export wrote them, None where that is not known. Where
    several have one number, for somebody split the grid, it is the one with its code, else the one with most of its
    ground. Without numbers what has exactly the shape of a grid is that grid, whatever its code: somebody recoded it.
    """
    found: list[int | None] = [None] * len(codes)
    _by_number(grids, codes, geoms, numbers, found)
    _by_shape(grids, geoms, numbers, found)
    taken = {number for number in found if number is not None}
    free = {code: number for number, (code, _) in grids.items() if number not in taken}
    for i, code in enumerate(codes):
        if found[i] is None and (numbers[i] is None or numbers[i] not in grids) and code in free:
            found[i] = free.pop(code)
    return found


def _by_number(
    grids: Grids, codes: Sequence[str], geoms: Geoms, numbers: Sequence[int | None], found: list[int | None]
) -> None:
    claims: dict[int, list[int]] = {}
    for i, number in enumerate(numbers):
        if number is not None and number in grids:
            claims.setdefault(number, []).append(i)
    for number, features in claims.items():
        code, shape = grids[number]
        own = [i for i in features if codes[i] == code]
        best = own[0] if len(own) == 1 else max(own or features, key=lambda i: _common_area(geoms[i], shape))
        found[best] = number


def _by_shape(grids: Grids, geoms: Geoms, numbers: Sequence[int | None], found: list[int | None]) -> None:
    taken = {number for number in found if number is not None}
    by_area: dict[int, list[int]] = {}
    for number, (_, shape) in grids.items():
        if number not in taken:
            by_area.setdefault(_rounded_area(shape), []).append(number)
    for i, geom in enumerate(geoms):
        if found[i] is None and numbers[i] is None and geom is not None:
            for number in by_area.get(_rounded_area(geom), ()):
                if number not in taken and same_shape(geom, grids[number][1]):
                    found[i] = number
                    taken.add(number)
                    break


def _rounded_area(geom: shapely.Geometry) -> int:
    area = float(geom.area)
    return round(area) if np.isfinite(area) else -1


def _common_area(geom: shapely.Geometry | None, shape: shapely.Geometry) -> float:
    if geom is None or not geom.is_valid or not shape.is_valid:
        return 0.0
    return float(shapely.intersection(geom, shape).area)
