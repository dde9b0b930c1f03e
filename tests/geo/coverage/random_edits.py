"""Operations at random on any coverage: most make sense, some break it, some are nonsense."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely

from geo.coverage.nodes import Coverage
from geo.coverage.operations import (
    DeleteNode,
    InsertNode,
    MergeGrids,
    MoveNode,
    Operation,
    Recode,
    ReplaceGrids,
    ReshapeEdge,
    Retire,
    SplitGrid,
    TransferArea,
)
from geo.coverage.shapes import Position, Ring, Shape

Make = Callable[[Coverage, np.random.Generator, str], Operation]


def random_operation(coverage: Coverage, rng: np.random.Generator) -> Operation:
    """One operation somewhere on the coverage."""
    make = MAKERS[rng.choice(len(MAKERS), p=_SHARES)]
    codes = list(coverage)
    return make(coverage, rng, codes[rng.integers(len(codes))])


def move(coverage: Coverage, rng: np.random.Generator, code: str) -> Operation:
    ring = _ring(coverage, rng, code)
    at = ring[rng.integers(len(ring))]
    return MoveNode(at, _beside(at, coverage, rng, code))


def insert(coverage: Coverage, rng: np.random.Generator, code: str) -> Operation:
    ring = _ring(coverage, rng, code)
    begin = int(rng.integers(len(ring)))
    edge = ring[begin], ring[(begin + 1) % len(ring)]
    middle = (edge[0][0] + edge[1][0]) // 2, (edge[0][1] + edge[1][1]) // 2
    return InsertNode(edge, middle if rng.random() < 0.3 else _beside(middle, coverage, rng, code))


def delete(coverage: Coverage, rng: np.random.Generator, code: str) -> Operation:
    ring = _ring(coverage, rng, code)
    return DeleteNode(ring[rng.integers(len(ring))])


def reshape(coverage: Coverage, rng: np.random.Generator, code: str) -> Operation:
    ring = _ring(coverage, rng, code)
    begin, steps = int(rng.integers(len(ring))), int(rng.integers(1, 4))
    start, end = ring[begin], ring[(begin + steps) % len(ring)]
    middle = (start[0] + end[0]) // 2, (start[1] + end[1]) // 2
    between = [_beside(middle, coverage, rng, code) for _ in range(rng.integers(1, 3))]
    return ReshapeEdge((start, *between, end))


def split(coverage: Coverage, rng: np.random.Generator, code: str) -> Operation:
    west, south, east, north = _box(coverage, code)
    y = [int(rng.integers(south, north + 1)) for _ in range(3)]
    x = [west - 5, int(rng.integers(west, east + 1)), east + 5]
    line = list(zip(x, y, strict=True))
    ring = _ring(coverage, rng, code)
    for end in (0, 2):
        if rng.random() < 0.3:
            line[end] = ring[rng.integers(len(ring))]
    if rng.random() < 0.5:
        line.pop(1)
    return SplitGrid(code, tuple(line), (_new_code(coverage, rng),))


def merge(coverage: Coverage, rng: np.random.Generator, code: str) -> Operation:
    near = [other for other in coverage.around([coverage[code]]) if other != code] or ["none"]
    other = near[rng.integers(len(near))]
    return MergeGrids((code, other), code if rng.random() < 0.7 else _new_code(coverage, rng))


def transfer(coverage: Coverage, rng: np.random.Generator, code: str) -> Operation:
    near = [other for other in coverage.around([coverage[code]]) if other != code] or ["none"]
    ring = _ring(coverage, rng, code)
    x, y = ring[rng.integers(len(ring))]
    west, south, east, north = _box(coverage, code)
    radius = max((east - west + north - south) * rng.uniform(0.05, 0.4), 3.0)
    around = [
        (x + radius * np.cos(turn), y + radius * np.sin(turn)) for turn in np.arange(0, 6.28, rng.choice([1.3, 2]))
    ]
    return TransferArea(code, near[rng.integers(len(near))], tuple((round(a), round(b)) for a, b in around))


def recode(coverage: Coverage, rng: np.random.Generator, code: str) -> Operation:
    return Recode(code, _new_code(coverage, rng))


def retire(coverage: Coverage, rng: np.random.Generator, code: str) -> Operation:
    return Retire(code)


def replace(coverage: Coverage, rng: np.random.Generator, code: str) -> Operation:
    """As a file has it: the ring begins elsewhere; now and then a node was moved in this grid alone."""
    shape = Shape.of(coverage[code])
    moved, alone = move(coverage, rng, code), rng.random() < 0.3

    def changed(ring: Ring) -> Ring:
        ring = ring[1:] + ring[:1]
        return tuple(moved.to if alone and at == moved.at else at for at in ring)

    return ReplaceGrids({code: shape.with_rings(changed)})


MAKERS: tuple[Make, ...] = (move, insert, delete, reshape, split, merge, transfer, recode, retire, replace)
_SHARES = np.array([4, 4, 2, 3, 5, 3, 4, 0.5, 0.3, 1.0])
_SHARES = _SHARES / _SHARES.sum()


def _ring(coverage: Coverage, rng: np.random.Generator, code: str) -> Ring:
    rings = list(Shape.of(coverage[code]).rings())
    return rings[rng.integers(len(rings))]


def _box(coverage: Coverage, code: str) -> tuple[int, int, int, int]:
    west, south, east, north = (round(side * 1000) for side in shapely.bounds(coverage[code]).tolist())
    return west, south, east, north


def _beside(at: Position, coverage: Coverage, rng: np.random.Generator, code: str) -> Position:
    west, south, east, north = _box(coverage, code)
    reach = max((east - west + north - south) // 16, 2)
    return at[0] + int(rng.integers(-reach, reach + 1)), at[1] + int(rng.integers(-reach, reach + 1))


def _new_code(coverage: Coverage, rng: np.random.Generator) -> str:
    return next(code for code in (f"n{rng.integers(10_000)}" for _ in range(1000)) if code not in coverage)
