"""The uniform raster over a coverage, and which of its cells an edge runs through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.coverage.edges import Corner, Edges, Ints, x_of, y_of

# At least so many cells for every edge: nine tenths of all cells then lie wholly in one grid. More take memory and gain
# little.
CELLS_PER_EDGE = 4
_FINEST_BITS = 2  # cells of 4 mm: no use in smaller ones
_COARSEST_BITS = 30


@dataclass(frozen=True, slots=True)
class Raster:
    """columns x rows cells of 2**x_bits by 2**y_bits millimetres, numbered row by row from the south-west corner.

    A cell holds its west and south sides and not the other two: every lattice point lies in exactly one. Powers of
    two, so that the cell of a point is a shift and its place in the cell a mask.
    """

    corner: Corner
    width: int  # millimetres to just beyond the last vertex
    height: int
    x_bits: int
    y_bits: int

    @classmethod
    def over(cls, corner: Corner, width: int, height: int, edges: int) -> Raster:
        """A raster of at least CELLS_PER_EDGE cells an edge and less than twice as many, but for tiny coverages."""
        wanted = max(edges, 1) * CELLS_PER_EDGE
        x_bits = y_bits = _COARSEST_BITS
        while max(x_bits, y_bits) > _FINEST_BITS and _cells(width, x_bits) * _cells(height, y_bits) < wanted:
            if x_bits > y_bits:
                x_bits -= 1
            else:
                y_bits -= 1
        return cls(corner, width, height, x_bits, y_bits)

    @property
    def columns(self) -> int:
        return _cells(self.width, self.x_bits)

    @property
    def rows(self) -> int:
        return _cells(self.height, self.y_bits)

    def cells_of(self, edges: Edges) -> tuple[Ints, Ints]:
        """Every cell that each edge touches: (k,) cell numbers and (k,) positions of the edge, in no order.

        An edge may be given one cell too many where it passes a corner; that does no harm.
        """
        ax, ay, bx, by = x_of(edges.a), y_of(edges.a), x_of(edges.b), y_of(edges.b)
        low, high = ay >> self.y_bits, by >> self.y_bits
        edge, row = spread(low, high - low + 1)
        first, last = self._columns_in_row(ax[edge], ay[edge], bx[edge], by[edge], row, (low == high)[edge])
        strip, column = spread(first, last - first + 1)
        return row[strip] * self.columns + column, edge[strip]

    def _columns_in_row(
        self, ax: Ints, ay: Ints, bx: Ints, by: Ints, row: Ints, whole: NDArray[np.bool_]
    ) -> tuple[Ints, Ints]:
        """First and last column of the part of each edge that lies in a row of cells; whole: it lies in no other."""
        start, end = ax.copy(), bx.copy()
        at = np.flatnonzero(~whole)
        ax, ay, bx, by, row = ax[at], ay[at], bx[at], by[at], row[at]
        for x, y in ((start, np.maximum(ay, row << self.y_bits)), (end, np.minimum(by, row + 1 << self.y_bits))):
            x[at] = ax + (bx - ax) * (y - ay) // (by - ay)
        return np.minimum(start, end) >> self.x_bits, np.maximum(start, end) >> self.x_bits


def spread(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Ranges first, first + 1, ... of count members each, one after another: (k,) number of the range, (k,) member."""
    owner = np.repeat(np.arange(len(first)), count)
    begin = np.cumsum(count) - count
    return owner, np.arange(len(owner)) + (first - begin)[owner]


def _cells(length: int, bits: int) -> int:
    return (length >> bits) + 1
