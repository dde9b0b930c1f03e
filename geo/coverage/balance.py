"""A fairer division: which blocks neighbouring grids would hand each other, so that a load is shared more evenly.

A hill is climbed: the handing over that evens the load out best is done, again and again, until the load is even or
nothing helps. A block goes from the grid that has more to a neighbour that has less, and only where the giver does not
end up with less than the taker had: so the most that a grid has never grows, and the least never shrinks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

EVEN = 0.1  # of the mean: a grid that is no further from it is left alone
COMMON_M = 10.0  # of edge that a block has in common with whom it goes to
COMPACT = 0.5  # of the compactness that a grid had: what is left of it at least
_STEPS = 10_000


@dataclass(frozen=True)
class Blocks:
    """n blocks of m grids under one parent. grid: (n,) the row of the grid that has it. load, area_m2, edge_m: of each.

    pairs: (k, 2) rows of blocks with a common edge, each once; common_m: (k,) how long it is. fixed: (m,) load that no
    block carries. free: (n,) whether a block may go.
    """

    grid: Ints
    load: Floats
    area_m2: Floats
    edge_m: Floats
    pairs: Ints
    common_m: Floats
    fixed: Floats
    free: NDArray[np.bool_]

    @cached_property
    def neighbours(self) -> list[dict[int, float]]:
        """By block, the blocks beside it and how long the common edge is."""
        found: list[dict[int, float]] = [{} for _ in self.grid]
        for (one, other), length in zip(self.pairs.tolist(), self.common_m.tolist(), strict=True):
            found[one][other] = found[other][one] = length
        return found

    def loads(self, grid: Ints) -> Floats:
        """(m,) load of each grid where blocks are divided like this."""
        return self.fixed + np.bincount(grid, self.load, len(self.fixed))


@dataclass(frozen=True)
class Spread:
    """How unevenly a load is shared: the largest, the smallest, the mean and the standard deviation."""

    most: float
    least: float
    mean: float
    deviation: float

    @classmethod
    def of(cls, loads: Floats) -> Spread:
        return cls(float(loads.max()), float(loads.min()), float(loads.mean()), float(loads.std()))

    @property
    def ratio(self) -> float | None:
        """The largest by the smallest; None where the smallest is nought."""
        return self.most / self.least if self.least > 0 else None


def is_even(loads: Floats) -> bool:
    """Whether every grid is near enough to the mean, or no two differ by more than one."""
    mean = loads.mean()
    return bool(np.abs(loads - mean).max() <= EVEN * mean or np.ptp(loads) <= 1)


def divided(blocks: Blocks) -> Ints:
    """(n,) the grid that each block should belong to."""
    search = _Search(blocks)
    for _ in range(_STEPS):
        best = search.best()
        if best is None:
            break
        search.hand_over(*best)
    return search.grid


def areas_to_hand_over(blocks: Blocks, grid: Ints) -> list[tuple[int, int, list[int]]]:
    """(giver, taker, blocks that touch each other), of all blocks that are to change hands."""
    moving = set(np.flatnonzero(grid != blocks.grid).tolist())
    found = []
    while moving:
        begin = min(moving)
        way = int(blocks.grid[begin]), int(grid[begin])
        there = {row for row in moving if (int(blocks.grid[row]), int(grid[row])) == way}
        area = _reached(begin, there, blocks.neighbours)
        moving -= area
        found.append((*way, sorted(area)))
    return found


class _Search:
    """The division as it stands, and what each grid has of it."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks, self.grid = blocks, blocks.grid.copy()
        self.load, self.area, self.edge = blocks.loads(self.grid), *self._measures()
        self.compact = self._compactness(self.area, self.edge)
        self.free = blocks.free & (blocks.load > 0) & ~self._hearts()

    def _hearts(self) -> NDArray[np.bool_]:
        """(n,) the heaviest block of each grid, the innermost of several, which stays: a grid does not wander off."""
        inner = [
            sum(length for other, length in beside.items() if self.grid[other] == self.grid[row])
            for row, beside in enumerate(self.blocks.neighbours)
        ]
        order = np.lexsort((np.array(inner), self.blocks.load))  # the last one of each grid is the heaviest
        hearts = np.zeros(len(self.grid), np.bool_)
        hearts[list(dict(zip(self.grid[order].tolist(), order.tolist(), strict=True)).values())] = True
        return hearts

    def _measures(self) -> tuple[Floats, Floats]:
        """Area and circumference by grid."""
        b, m = self.blocks, len(self.blocks.fixed)
        inner = self.grid[b.pairs[:, 0]] == self.grid[b.pairs[:, 1]]
        edge = np.bincount(self.grid, b.edge_m, m).astype(np.float64)
        edge -= 2 * np.bincount(self.grid[b.pairs[inner, 0]], b.common_m[inner], m)
        area = np.bincount(self.grid, b.area_m2, m).astype(np.float64)
        return area, edge

    @staticmethod
    def _compactness(area: Floats, edge: Floats) -> Floats:
        """4 pi A / P2: 1 of a circle, 0.79 of a square, next to nothing of a strip (Polsby and Popper, 1991)."""
        return 4 * np.pi * area / np.maximum(edge, 1.0) ** 2

    def best(self) -> tuple[int, int] | None:
        """The block and the taker that even the load out best; None where nothing does."""
        found = [] if is_even(self.load) else sorted(self._options(), reverse=True)
        return next(((row, taker) for _, row, taker in found if self._stays_sound(row, taker)), None)

    def _options(self) -> list[tuple[float, int, int]]:
        """(how much better, block, taker). What has more of its edge with the taker than with the giver goes first."""
        options = []
        for row in np.flatnonzero(self.free).tolist():
            giver, load = int(self.grid[row]), self.blocks.load[row]
            common = self._common(row)
            for taker, length in common.items():
                gain = self.load[giver] - self.load[taker] - load
                if taker != giver and length >= COMMON_M and gain > 0:
                    options.append((gain * load * length / (length + common.get(giver, 0.0)), row, taker))
        return options

    def _common(self, row: int) -> dict[int, float]:
        """By grid, how much of its edge a block has in common with it."""
        common: dict[int, float] = {}
        for other, length in self.blocks.neighbours[row].items():
            grid = int(self.grid[other])
            common[grid] = common.get(grid, 0.0) + length
        return common

    def _stays_sound(self, row: int, taker: int) -> bool:
        """Whether the giver stays in one piece, and both stay about as compact as they were."""
        giver = int(self.grid[row])
        rest = set(np.flatnonzero(self.grid == giver).tolist())
        parts = _pieces(rest, self.blocks.neighbours)
        if _pieces(rest - {row}, self.blocks.neighbours) > parts:
            return False
        common, both = self._common(row), np.array([giver, taker])
        area = self.area[both] + self.blocks.area_m2[row] * np.array([-1, 1])
        change = np.array([2 * common.get(giver, 0.0), -2 * common[taker]])
        edge = self.edge[both] + self.blocks.edge_m[row] * np.array([-1, 1]) + change
        return bool((self._compactness(area, edge) >= COMPACT * self.compact[both]).all())

    def hand_over(self, row: int, taker: int) -> None:
        self.grid[row] = taker
        self.load = self.blocks.loads(self.grid)
        self.area, self.edge = self._measures()


def _pieces(rows: set[int], neighbours: Sequence[dict[int, float]]) -> int:
    left, count = set(rows), 0
    while left:
        left -= _reached(min(left), left, neighbours)
        count += 1
    return count


def _reached(begin: int, among: set[int], neighbours: Sequence[dict[int, float]]) -> set[int]:
    """What can be reached from a block over common edges."""
    found, border = {begin}, [begin]
    while border:
        new = [row for row in neighbours[border.pop()] if row in among and row not in found]
        found.update(new)
        border += new
    return found
