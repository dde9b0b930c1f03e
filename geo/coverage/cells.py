"""The cell index: a raster of grids, exact to the millimetre. This is the whole idea.

**A coverage is a function.** Every point of the plane has a label: the row of the grid that holds it, -1 outside. The
function is constant but for jumps at edges: who crosses an edge from its right to its left gains ``left - right``.

**So a label is found by walking.** Know the label of one point, walk to another by any path, add the jumps of the
edges that are crossed, and the sum is the label there. No order of edges, no loop over grids, only additions.

**So walk little.** A raster of a few cells for every edge lies over the coverage. A cell that no edge touches lies in
one grid and holds its label. A cell that edges touch holds the label of its south-west corner, and those edges, each
with its vertices counted from that corner. A point takes an L-shaped walk inside its cell: from the corner east to
below the point, then north to the point.

**Ties are settled by a hair.** So that no walk meets a vertex or runs along an edge, every point is thought moved a
hair west, and a hair's hair north. An edge then crosses the level leg if it begins at or below it and ends above it,
and the upright leg if one end lies west of it and the other does not; and "on its line" counts as "on its left",
because edges run upwards, or eastwards where level. A walk that starts and ends in a cell meets only edges of that
cell, since a hair is shorter than the way to any other.

**A corner's own label is found in the same way**, walking along each row of cells from the outside in the west. The
step from one corner to the next is a level leg as long as the cell, so it needs only the edges of that cell. Summed
up along all rows, these steps are the labels of all corners.

**Points that lie on edges** belong to no side. There the lowest code of all grids beside those edges answers: they
are found because the cell has every edge through the point, and the cross product of an edge and a point on it is 0.

**Why it is exact.** Coordinates are whole millimetres. The only product is twice the area of a triangle within the
coverage, which fits into 63 bits up to 3,000 km (`edges.LARGEST_MM` is 2,000); intermediate sums may wrap around and
come out right. Nothing is divided, nothing rounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geo.coverage.edges import OUTSIDE, Edges, Ints, Rows, x_of, y_of
from geo.coverage.raster import Raster, spread

CROSSED = -2  # cells hold a label, or CROSSED - k: the k-th cell that edges run through
AX, AY, BX, BY, LEFT, RIGHT = range(6)  # columns of Cells.pieces
PIECE = 6  # numbers a piece

# Members at a time where there are many: what is in between stays in the processor's cache, and its memory serves the
# next batch. Fresh memory costs several times what is done in it.
BATCH = 1 << 17


@dataclass(frozen=True, slots=True)
class Cells:
    """The arrays of an index, all int32 but first.

    cells: (columns * rows,) label, or CROSSED - k. corner: (k,) label of the south-west corner of each crossed cell.
    first: (k + 1,) int64, where the edges of each begin in pieces. pieces: (p, 6) edges by crossed cell: ax, ay, bx, by
    in millimetres from the cell's south-west corner, rows of the grids left and right.
    box: west, south, east, north of all edges, in millimetres of the metric CRS; None without any.
    """

    raster: Raster
    cells: Rows
    corner: Rows
    first: Ints
    pieces: Rows
    box: tuple[int, int, int, int] | None


class Columns(NamedTuple):
    """Edges as (p,) int64 columns, seen from the south-west corner of a cell."""

    ax: Ints
    ay: Ints
    bx: Ints
    by: Ints
    left: Ints
    right: Ints


@dataclass(frozen=True, slots=True)
class Crossings:
    """Which edge runs through which cell, sorted by cell, then by edge.

    key: (p,) int64, the cell, and in its lowest ``bits`` the edge: one number sorts several times quicker than two.
    """

    key: Ints
    bits: np.int64

    @classmethod
    def of(cls, raster: Raster, edges: Edges) -> Crossings:
        bits = np.int64(len(edges).bit_length())
        keys = [np.empty(0, np.int64)]
        for batch in batches(len(edges)):
            cell, edge = raster.cells_of(edges[batch])
            keys.append(cell << bits | edge + batch.start)
        key = np.concatenate(keys)
        key.sort()
        return cls(key, bits)

    def __len__(self) -> int:
        return len(self.key)

    def __getitem__(self, batch: slice) -> tuple[Ints, Ints]:
        """(k,) cells and (k,) edges."""
        key = self.key[batch]
        return key >> self.bits, key & ((np.int64(1) << self.bits) - np.int64(1))

    def runs(self) -> tuple[Ints, Ints]:
        """The distinct cells, and where each begins, with the end of the last."""
        begins, before = [], np.int64(-1)
        for batch in batches(len(self)):
            cell, _ = self[batch]
            begins.append(np.flatnonzero(np.diff(cell, prepend=before)) + batch.start)
            before = cell[-1]
        begin = np.concatenate([*begins, np.array([len(self)])])
        return self.key[begin[:-1]] >> self.bits, begin


def build(raster: Raster, edges: Edges) -> Cells:
    """The index of a coverage's edges."""
    crossings = Crossings.of(raster, edges)
    pieces = np.empty((len(crossings), PIECE), np.int32)
    steps = np.zeros(raster.columns * raster.rows + 1, np.int32)  # from each corner to the next one in the east
    steps[0] = OUTSIDE
    for batch in batches(len(crossings)):
        cell, edge = crossings[batch]
        pieces[batch] = pieces_of(raster, edges, cell, edge)
        at, gained = corner_steps(raster, cell, pieces[batch])
        np.add.at(steps, at + 1, gained)
    # A row of cells ends outside, where it began, so the sum runs on into the next row.
    cells = np.cumsum(steps[:-1], dtype=np.int32, out=steps[:-1])
    crossed, first = crossings.runs()
    corner = cells[crossed]
    cells[crossed] = CROSSED - np.arange(len(crossed), dtype=np.int32)
    return Cells(raster, cells, corner, first, pieces, box_of(raster, edges))


def box_of(raster: Raster, edges: Edges) -> tuple[int, int, int, int] | None:
    """West, south, east, north of edges, in millimetres of the metric CRS; None without any."""
    if not len(edges):
        return None
    ends = (x_of(end[batch]) for batch in batches(len(edges)) for end in (edges.a, edges.b))
    x = np.array([(x.min(), x.max()) for x in ends])
    west, east = int(x[:, 0].min()), int(x[:, 1].max())
    south, north = int(y_of(edges.a.min())), int(y_of(edges.b.max()))
    return raster.corner.x + west, raster.corner.y + south, raster.corner.x + east, raster.corner.y + north


def pieces_of(raster: Raster, edges: Edges, cell: Ints, edge: Ints) -> Rows:
    """(p, 6) int32: each edge as seen from the corner of its cell."""
    row, column = np.divmod(cell, raster.columns)
    west, south = column << raster.x_bits, row << raster.y_bits
    pieces = np.empty((len(cell), PIECE), np.int32)
    for vertex, x, y in ((edges.a[edge], AX, AY), (edges.b[edge], BX, BY)):
        pieces[:, x] = x_of(vertex) - west
        pieces[:, y] = y_of(vertex) - south
    pieces[:, LEFT], pieces[:, RIGHT] = edges.left[edge], edges.right[edge]
    return pieces


def corner_steps(raster: Raster, cell: Ints, pieces: Rows) -> tuple[Ints, Rows]:
    """Cells that edges cross on the way from their corner to the next one in the east, and what each edge adds."""
    level = np.flatnonzero((pieces[:, AY] <= 0) & (pieces[:, BY] > 0))
    gained = along_level(columns_of(pieces[level]), np.int64(1 << raster.x_bits))
    return cell[level], gained.astype(np.int32)


def columns_of(pieces: Rows) -> Columns:
    """Rows of pieces as 64-bit columns."""
    return Columns(*pieces.T.astype(np.int64))


def along_level(edge: Columns, u: Ints | np.int64) -> Ints:
    """What each edge that crosses the level leg adds on the way from the corner east to u."""
    dx, dy = edge.bx - edge.ax, edge.by - edge.ay
    at_corner = dy * edge.ax - dx * edge.ay
    return (edge.left - edge.right) * ((at_corner - dy * u >= 0).astype(np.int64) - (at_corner >= 0))


def walked(edge: Columns, u: Ints, v: Ints, *, halves: bool = False) -> tuple[Ints, Ints]:
    """What each edge adds on the L-shaped walk from its cell's corner to u, v; and twice the area of the triangle that
    it forms with u, v: positive if the point is on its left, 0 on its line.

    halves: u and v, and so the area, are in half millimetres.
    """
    dx, dy = edge.bx - edge.ax, edge.by - edge.ay
    if halves:
        edge = edge._replace(ax=2 * edge.ax, ay=2 * edge.ay, bx=2 * edge.bx, by=2 * edge.by)
    at_corner = dy * edge.ax - dx * edge.ay
    below = at_corner - dy * u
    area = below + dx * v
    upright = (edge.ax < u) != (edge.bx < u)
    level = (edge.ay <= 0) & (edge.by > 0)
    left_of_it = (below >= 0).astype(np.int64)
    gained = upright * ((area >= 0) - left_of_it) + level * (left_of_it - (at_corner >= 0))
    return (edge.left - edge.right) * gained, area


def batches(count: int) -> Iterator[slice]:
    """Slices of BATCH consecutive members, the last one of what is left."""
    for start in range(0, count, BATCH):
        yield slice(start, start + BATCH)


def chunks(counts: Ints, most: int) -> Iterator[slice]:
    """Slices of consecutive members whose counts sum up to at most ``most``, or of a single one that alone is more."""
    ends = np.cumsum(counts)
    start = done = 0
    while start < len(counts):
        stop = max(int(np.searchsorted(ends, done + most, side="right")), start + 1)
        yield slice(start, stop)
        start, done = stop, int(ends[stop - 1])


def members(first: Ints, chosen: Ints) -> tuple[Ints, Ints]:
    """The pieces of chosen crossed cells: (k,) position in chosen, (k,) position in pieces."""
    return spread(first[chosen], first[chosen + 1] - first[chosen])
