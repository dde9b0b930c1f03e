"""The edges near one point in plain Python: what `near.py` finds, for a report that waits for its answer."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from geo.coverage.cells import CROSSED, PIECE, Cells
from geo.coverage.edges import Rows

Near = list[tuple[int, float]]  # row of a grid, metres to its edge; nearest first, the lowest code among equals
NearPoint = Callable[[float, float, float, bool], Near | None]

_FEW_CELLS = 9  # with more, numpy is quicker


def near_point(index: Cells, rank: Rows) -> NearPoint:
    """A function of x, y and within_m in metres, all Python floats, and whether exactly that near counts, to the grids
    with an edge that near; to None where that is more than a few cells' work.
    """
    raster, cells, first = index.raster, index.cells.data, index.first.data
    (west, south), columns = raster.corner, raster.columns
    pieces = np.ascontiguousarray(index.pieces).ravel().data

    def near(x: float, y: float, within_m: float, closed: bool) -> Near | None:
        reach = within_m * 1000.0 + 0.001
        if not (reach >= 0.0 and math.isfinite(x * 1000.0) and math.isfinite(y * 1000.0)):
            return []
        east, north = float(round(x * 1000.0)) - west, float(round(y * 1000.0)) - south
        across = _touched(east, reach, raster.width, raster.x_bits)
        upward = _touched(north, reach, raster.height, raster.y_bits)
        if len(across) * len(upward) > _FEW_CELLS:
            return None
        least: dict[int, float] = {}
        for row in upward:
            for column in across:
                label = cells[row * columns + column]
                if label <= CROSSED:
                    start, stop = first[CROSSED - label], first[CROSSED - label + 1]
                    u, v = east - (column << raster.x_bits), north - (row << raster.y_bits)
                    _keep_least(least, pieces[start * PIECE : stop * PIECE].tolist(), u, v)
        found = [(row, metres) for row, metres in least.items() if metres < within_m or (closed and metres == within_m)]
        return sorted(found, key=lambda one: (one[1], int(rank[one[0]])))

    return near


def _touched(at: float, reach: float, size: int, bits: int) -> range:
    """The columns or rows that the square around a point touches."""
    low, high = at - reach, at + reach
    if low > size or high < 0.0:
        return range(0)
    return range(int(max(low, 0.0)) >> bits, (int(min(high, float(size))) >> bits) + 1)


def _keep_least(least: dict[int, float], numbers: list[int], u: float, v: float) -> None:
    """Note for every grid beside the edges of a cell how many metres u, v lies from its nearest."""
    piece = iter(numbers)
    for ax, ay, bx, by, left, right in zip(piece, piece, piece, piece, piece, piece, strict=True):
        dx, dy = bx - ax, by - ay
        along, square = (u - ax) * dx + (v - ay) * dy, dx * dx + dy * dy
        if along <= 0.0:
            mm = math.hypot(u - ax, v - ay)
        elif along >= square:
            mm = math.hypot(u - bx, v - by)
        else:
            mm = abs(dx * (v - ay) - dy * (u - ax)) / math.sqrt(square)
        metres = round(mm / 1000.0 * 1e6) / 1e6
        for side in (left, right):
            if side >= 0 and metres < least.get(side, math.inf):
                least[side] = metres
