"""Which grids have an edge near a point, and how near: from the cells around it, since they hold every edge.

The distance to a grid's boundary is the least of the distances to its edges. All edges that come within a reach of a
point run through a cell that touches the square of that reach around it. Coordinates are whole millimetres, distances
are doubles, rounded to the micrometre so that what is 0.5 m is not 0.49999999999.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geo.coverage.cells import CROSSED, LEFT, RIGHT, Cells, chunks, members
from geo.coverage.edges import Ints, Rows
from geo.coverage.raster import spread
from geo.crs import Floats, to_mm

_MICROMETRE = 6  # decimals of metres
_MOST = 1 << 19  # cells or pieces at a time, so that a wide tolerance does not fill the memory


@dataclass(frozen=True, slots=True)
class Candidates:
    """Grids near points: equal-length arrays sorted by point, edge_m, code.

    point: (k,) int64 position in the input. row: (k,) int32 row of the grid. edge_m: (k,) float64 metres to its edge.
    """

    point: Ints
    row: Rows
    edge_m: Floats

    @classmethod
    def of(cls, near: Sequence[Sequence[tuple[int, float]]]) -> Candidates:
        """From (row, metres) of each point, in order."""
        point = [at for at, pairs in enumerate(near) for _ in pairs]
        row = [pair[0] for pairs in near for pair in pairs]
        metres = [pair[1] for pairs in near for pair in pairs]
        return cls(np.array(point, np.int64), np.array(row, np.int32), np.array(metres, np.float64))


def nearby(index: Cells, rank: Rows, x: Floats, y: Floats, within_m: Floats, *, closed: bool) -> Candidates:
    """Every grid with an edge nearer to a point than within_m, or exactly that near where closed.

    x, y, within_m: (n,) metres; a point that is not finite has none. rank: (rows,) order of the codes.
    """
    found = [(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0))]
    for point, piece, edge_m in _edges_near(index, x, y, within_m):
        near = edge_m <= within_m[point] if closed else edge_m < within_m[point]
        sides = index.pieces[piece[near], LEFT : RIGHT + 1].ravel()
        real = sides >= 0
        found.append(_least(np.repeat(point[near], 2)[real], sides[real], np.repeat(edge_m[near], 2)[real]))
    point, row, edge_m = _least(*(np.concatenate(column) for column in zip(*found, strict=True)))
    order = np.lexsort((rank[row], edge_m, point))
    return Candidates(point[order], row[order], edge_m[order])


def _least(point: Ints, row: Rows, edge_m: Floats) -> tuple[Ints, Rows, Floats]:
    """One entry a (point, row): its smallest distance."""
    order = np.lexsort((edge_m, row, point))
    point, row, edge_m = point[order], row[order], edge_m[order]
    new = (np.diff(point, prepend=-1) != 0) | (np.diff(row, prepend=-1) != 0)
    return point[new], row[new], edge_m[new]


def _edges_near(index: Cells, x: Floats, y: Floats, within_m: Floats) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Blocks of (point, piece, edge_m) of every edge that may be within reach; an edge may come several times."""
    raster = index.raster
    with np.errstate(over="ignore", invalid="ignore"):
        east, north = to_mm(x) - raster.corner.x, to_mm(y) - raster.corner.y
        reach = within_m * 1000.0 + 0.001  # a micrometre more than asked: the rounded distance decides
        columns = _touched(east, reach, raster.width, raster.x_bits)
        rows = _touched(north, reach, raster.height, raster.y_bits)
    at = np.flatnonzero((columns[1] > 0) & (rows[1] > 0))
    for part in chunks(columns[1][at] * rows[1][at], _MOST):
        asked = at[part]
        line, row = spread(rows[0][asked], rows[1][asked])
        strip, column = spread(columns[0][asked][line], columns[1][asked][line])
        row, point = row[strip], asked[line[strip]]
        label = index.cells[row * raster.columns + column]
        crossed = np.flatnonzero(label <= CROSSED)
        cell, point = CROSSED - label[crossed].astype(np.int64), point[crossed]
        u = east[point] - (column[crossed] << raster.x_bits)
        v = north[point] - (row[crossed] << raster.y_bits)
        for some in chunks(index.first[cell + 1] - index.first[cell], _MOST):
            own, piece = members(index.first, cell[some])
            yield point[some][own], piece, _metres(index.pieces[piece], u[some][own], v[some][own])


def _touched(at: Floats, reach: Floats, size: int, bits: int) -> tuple[Ints, Ints]:
    """First column or row that the square around each point touches, and how many; 0 for none."""
    low, high = at - reach, at + reach
    touches = (low <= size) & (high >= 0.0) & (reach >= 0.0)  # false for NaN
    first, last = (np.clip(np.where(touches, side, 0.0), 0.0, size).astype(np.int64) >> bits for side in (low, high))
    return first, np.where(touches, last - first + 1, 0)


def _metres(pieces: Rows, u: Floats, v: Floats) -> Floats:
    """(k,) distance from u, v, in millimetres from the cells' corners, to each edge, in metres."""
    ax, ay, bx, by = pieces[:, :LEFT].T.astype(np.float64)
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    along = (u - ax) * dx + (v - ay) * dy
    mm = np.where(along <= 0.0, np.hypot(u - ax, v - ay), np.hypot(u - bx, v - by))
    beside = (along > 0.0) & (along < square)
    mm[beside] = np.abs(dx * (v - ay) - dy * (u - ax))[beside] / np.sqrt(square[beside])
    metres: Floats = np.round(mm / 1000.0, _MICROMETRE)
    return metres
