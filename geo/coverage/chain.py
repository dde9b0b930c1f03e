"""The outline of a set of grids as a sum of directed edges, and what operations have added to it.

Take every edge of every grid with the inside on its left, and let edges that run both ways cancel: what remains is the
outline with its holes. So what a change does to the outline is the edges of the changed grids afterwards less those
before, whatever the grids beside them: nothing at all where ground only goes from one grid to another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.coverage.edges import Corner, Ints, directed_edges, grouped, rings_of, xy_of
from geo.coverage.lattice import Geoms
from geo.coverage.shapes import Segment


@dataclass(frozen=True, slots=True)
class Chain:
    """Edges with how often each is there. a, b: (k,) int64 vertices, a < b. times: (k,) int64, negative from b to a."""

    a: Ints
    b: Ints
    times: Ints

    @classmethod
    def nothing(cls) -> Chain:
        return cls(*(np.empty(0, np.int64) for _ in range(3)))

    @classmethod
    def between(cls, before: Geoms, after: Geoms, corner: Corner) -> Chain:
        """The edges of grids in metres as they are after a change, less those of the grids before it."""
        if not len(before) + len(after):
            return cls.nothing()
        a, b, row, on_left = directed_edges(rings_of(np.concatenate([before, after])), corner)
        return _summed(a, b, np.where(on_left == (row >= len(before)), np.int64(1), np.int64(-1)))

    def plus(self, other: Chain) -> Chain:
        """Both together."""
        if not len(other.a):
            return self
        pairs = ((self.a, other.a), (self.b, other.b), (self.times, other.times))
        return _summed(*(np.concatenate(pair) for pair in pairs))

    def segments(self, corner: Corner) -> list[Segment]:
        """The edges in their directions, each as often as it is there."""
        often = np.abs(self.times)
        forwards = self.times > 0
        start, end = np.where(forwards, self.a, self.b), np.where(forwards, self.b, self.a)
        ends = (map(tuple, xy_of(np.repeat(side, often), corner).tolist()) for side in (start, end))
        return list(zip(*ends, strict=True))


def corner_around(xy: Ints) -> Corner:
    """A corner that everything within a thousand kilometres of the middle of (k, 2) millimetres lies north-east of."""
    west, south = xy.min(axis=0).tolist()
    east, north = xy.max(axis=0).tolist()
    return Corner((west + east) // 2 - REACH_MM, (south + north) // 2 - REACH_MM)


REACH_MM = 1_000_000_000  # from the middle: whatever lies nearer is exact in whole numbers of 64 bits


def _summed(a: Ints, b: Ints, times: Ints) -> Chain:
    """Equal edges made one; those that cancel are left out."""
    order, new = grouped(a, b)
    total = np.add.reduceat(times[order], np.flatnonzero(new))
    kept: NDArray[np.bool_] = total != 0
    first = order[new][kept]
    return Chain(a[first], b[first], total[kept])
