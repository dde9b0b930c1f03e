"""One point to its label in plain Python: about a microsecond, where setting up numpy alone would take thirty.

What it computes is explained in `cells.py`; Python's own integers make it exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from geo.coverage.cells import CROSSED, PIECE, Cells
from geo.coverage.edges import OUTSIDE, Rows

LocateOne = Callable[[float, float], int]


def one_point(index: Cells, rank: Rows) -> LocateOne:
    """A function of x and y in metres, both Python floats, to the row of the grid there, -1 outside."""
    raster = index.raster
    (west, south), width, height, columns = raster.corner, raster.width, raster.height, raster.columns
    x_bits, y_bits = raster.x_bits, raster.y_bits
    x_mask, y_mask = (1 << x_bits) - 1, (1 << y_bits) - 1
    cells, corner, first = index.cells.data, index.corner.data, index.first.data
    pieces = np.ascontiguousarray(index.pieces).ravel().data

    def locate(x: float, y: float) -> int:
        try:
            east, north = round(x * 1000.0) - west, round(y * 1000.0) - south
        except (ValueError, OverflowError):  # not finite
            return OUTSIDE
        if not (0 <= east <= width and 0 <= north <= height):
            return OUTSIDE
        label: int = cells[(north >> y_bits) * columns + (east >> x_bits)]
        if label > CROSSED:
            return label
        cell = CROSSED - label
        numbers = pieces[first[cell] * PIECE : first[cell + 1] * PIECE].tolist()
        return _walk(corner[cell], numbers, east & x_mask, north & y_mask, rank)

    return locate


def _walk(label: int, numbers: list[int], u: int, v: int, rank: Rows) -> int:
    """The label of u, v, walking there from the corner of a cell; on an edge, the lowest code's grid beside it."""
    beside: list[int] = []
    piece = iter(numbers)
    for ax, ay, bx, by, left, right in zip(piece, piece, piece, piece, piece, piece, strict=True):
        dx, dy = bx - ax, by - ay
        at_corner = dy * ax - dx * ay
        below = at_corner - dy * u
        area = below + dx * v
        if (ax < u) != (bx < u):
            label += (left - right) * ((area >= 0) - (below >= 0))
        if ay <= 0 < by:
            label += (left - right) * ((below >= 0) - (at_corner >= 0))
        if area == 0 and ay <= v <= by and (ax <= u <= bx or bx <= u <= ax):
            beside += (left, right)
    if not beside:
        return label
    return min((row for row in beside if row != OUTSIDE), key=lambda row: int(rank[row]))
