"""Points to labels through the cells, many at a time. What it computes is explained in `cells.py`.

numpy is the core. Where the extra ``gridwarden[fast]`` is installed, bulk work changes over to the compiled
`kernel.py`, which gives the same answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from geo.coverage.cells import CROSSED, Cells, Columns, chunks, columns_of, members, walked
from geo.coverage.edges import Ints, Rows
from geo.crs import Floats

Locate = Callable[[Cells, Rows, Floats, Floats], Rows]

# Compiling takes seconds in the first process and loading what was compiled a second in the next, so only who asks for
# that many points in one process, many at a time, gets the compiled kernel.
BULK_POINTS = 20_000_000
_BULK_CALL = 10_000

_BLOCK = 1 << 15  # points at a time, so that what is in between stays in the processor's cache
_MOST_PIECES = 1 << 20  # pieces at a time, where thousands of edges crowd in one cell


class Engine:
    """Chooses between numpy and the compiled kernel by how many points were asked for so far."""

    def __init__(self, bulk_points: int = BULK_POINTS) -> None:
        self._left = bulk_points

    def locate(self, index: Cells, rank: Rows, x: Floats, y: Floats) -> Rows:
        """(n,) int32 row of the grid of each point, -1 outside."""
        self._left -= len(x)
        if self._left <= 0 and len(x) >= _BULK_CALL:
            return (compiled() or locate)(index, rank, x, y)
        return locate(index, rank, x, y)


@cache
def compiled() -> Locate | None:
    """The compiled kernel, None where numba is missing or does not fit the Python or numpy at hand."""
    try:
        from geo.coverage import kernel
    except ImportError:
        return None
    return kernel.locate


def in_box(metres: Floats, from_mm: int, size_mm: int) -> Ints:
    """Whole millimetres from the corner; what lies beyond the box, NaN too, is put on its margin, which is outside."""
    mm = np.rint(metres * 1000.0)
    mm -= from_mm
    np.fmax(mm, 0.0, out=mm)
    np.fmin(mm, float(size_mm), out=mm)
    return mm.astype(np.int64)


def locate(index: Cells, rank: Rows, x: Floats, y: Floats) -> Rows:
    """(n,) int32 row of the grid of each point, -1 outside. x, y: (n,) metres. rank: (rows,) order of the codes."""
    found = np.empty(len(x), np.int32)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(x), _BLOCK):
            block = slice(start, start + _BLOCK)
            found[block] = _locate_block(index, rank, x[block], y[block])
    return found


def _locate_block(index: Cells, rank: Rows, x: Floats, y: Floats) -> Rows:
    raster = index.raster
    east = in_box(x, raster.corner.x, raster.width)
    north = in_box(y, raster.corner.y, raster.height)
    label = index.cells.take((north >> raster.y_bits) * raster.columns + (east >> raster.x_bits))
    crossed = np.flatnonzero(label <= CROSSED)
    if len(crossed):
        cell = CROSSED - label[crossed].astype(np.int64)
        u = east[crossed] & ((1 << raster.x_bits) - 1)
        v = north[crossed] & ((1 << raster.y_bits) - 1)
        label[crossed] = _in_crossed(index, rank, cell, u, v)
    return label


def _in_crossed(index: Cells, rank: Rows, cell: Ints, u: Ints, v: Ints) -> Rows:
    """Labels of points u, v in crossed cells."""
    label = index.corner.take(cell)
    counts = index.first.take(cell + 1) - index.first.take(cell)
    for part in chunks(counts, _MOST_PIECES):
        point, piece = members(index.first, cell[part])
        edge = columns_of(index.pieces.take(piece, axis=0))
        gained, area = walked(edge, u[part].take(point), v[part].take(point))
        begin = np.cumsum(counts[part]) - counts[part]
        label[part] += np.add.reduceat(gained, begin).astype(np.int32)
        on_line = np.flatnonzero(area == 0)
        if len(on_line):
            _settle(label[part], rank, edge, u[part], v[part], point, on_line)
    return label


def _settle(label: Rows, rank: Rows, edge: Columns, u: Ints, v: Ints, point: Ints, on_line: Ints) -> None:
    """Give points that lie on edges to the lowest code of the grids beside these."""
    ax, ay, bx, by, left, right = (column[on_line] for column in edge)
    point = point[on_line]
    u, v = u[point], v[point]
    on = (np.minimum(ax, bx) <= u) & (u <= np.maximum(ax, bx)) & (ay <= v) & (v <= by)
    point, rows = np.tile(point[on], 2), np.concatenate([left[on], right[on]])
    point, rows = point[rows >= 0], rows[rows >= 0]
    order = np.lexsort((rank[rows], point))
    point, rows = point[order], rows[order]
    lowest = np.diff(point, prepend=-1) != 0
    label[point[lowest]] = rows[lowest]
