"""Points to labels compiled by numba, for bulk work: the optional extra ``gridwarden[fast]``.

What it computes is explained in `cells.py`; it is `lookup.py` as one loop over points. Importing this module needs
numba; nothing else imports it but `lookup.compiled`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from geo.coverage.cells import CROSSED, Cells
from geo.coverage.edges import OUTSIDE, Ints, Rows
from geo.crs import Floats

_BLOCK = 512


def locate(index: Cells, rank: Rows, x: Floats, y: Floats) -> Rows:
    """The same as lookup.locate, several times as fast after the first call in a process, which compiles it."""
    raster = index.raster
    frame = np.array(
        [*raster.corner, raster.width, raster.height, raster.x_bits, raster.y_bits, raster.columns], np.int64
    )
    found = np.empty(len(x), np.int32)
    _fill(x, y, frame, index.cells, index.corner, index.first, index.pieces, rank, found)
    return found


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as machine code, kept beside this file for the next process where that can be written."""
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return numba.njit(nogil=True)(function)


@_compiled
def _on_margin(mm: float, size: int) -> np.int64:
    """Whole millimetres, put on the margin of the box where they lie beyond it; NaN too."""
    return np.int64(min(mm, float(size)) if mm >= 0.0 else 0.0)


@_compiled
def _walk(label: int, pieces: Rows, start: int, stop: int, u: int, v: int, rank: Rows) -> int:
    lowest = OUTSIDE
    for at in range(start, stop):
        ax, ay = np.int64(pieces[at, 0]), np.int64(pieces[at, 1])
        bx, by = np.int64(pieces[at, 2]), np.int64(pieces[at, 3])
        dx, dy = bx - ax, by - ay
        at_corner = dy * ax - dx * ay
        below = at_corner - dy * u
        area = below + dx * v
        gained = 0
        if (ax < u) != (bx < u):
            gained += int(area >= 0) - int(below >= 0)
        if ay <= 0 < by:
            gained += int(below >= 0) - int(at_corner >= 0)
        if gained != 0:
            label += gained * (pieces[at, 4] - pieces[at, 5])
        if area == 0 and ay <= v <= by and min(ax, bx) <= u <= max(ax, bx):
            for side in (pieces[at, 4], pieces[at, 5]):
                if side != OUTSIDE and (lowest == OUTSIDE or rank[side] < rank[lowest]):
                    lowest = side
    return label if lowest == OUTSIDE else lowest


@_compiled
def _fill(
    x: Floats, y: Floats, frame: Ints, cells: Rows, corner: Rows, first: Ints, pieces: Rows, rank: Rows, found: Rows
) -> int:
    """In blocks, and each step for the whole block before the next: so the processor waits for many cells at once
    rather than for one after another, which at 10,000 grids is half of the time.
    """
    west, south, width, height, x_bits, y_bits, columns = frame
    x_mask, y_mask = (1 << x_bits) - 1, (1 << y_bits) - 1
    east, north = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64)
    crossed, head = np.empty(_BLOCK, np.int64), np.empty((_BLOCK, 3), np.int64)
    touched = 0  # given back, or the compiler would leave the reading out
    for start in range(0, len(x), _BLOCK):
        length = min(_BLOCK, len(x) - start)
        for at in range(length):
            east[at] = _on_margin(np.rint(x[start + at] * 1000.0) - west, width)
            north[at] = _on_margin(np.rint(y[start + at] * 1000.0) - south, height)
        count = 0
        for at in range(length):
            label = cells[(north[at] >> y_bits) * columns + (east[at] >> x_bits)]
            found[start + at] = label
            crossed[count] = at
            count += int(label <= CROSSED)
        for nth in range(count):
            cell = CROSSED - found[start + crossed[nth]]
            head[nth, 0], head[nth, 1], head[nth, 2] = first[cell], first[cell + 1], corner[cell]
        for nth in range(count):  # reading where nothing waits for the answer brings the pieces into the cache
            touched |= pieces[head[nth, 0], 0] | pieces[head[nth, 1] - 1, 5]
        for nth in range(count):
            at = crossed[nth]
            u, v = east[at] & x_mask, north[at] & y_mask
            found[start + at] = _walk(head[nth, 2], pieces, head[nth, 0], head[nth, 1], u, v, rank)
    return touched
