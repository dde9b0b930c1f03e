"""Whether grids overlap, told from the edges that only one of them has.

Count the grids over every point. The count jumps at an edge by one if a single grid has it, and not at all if two
grids share it from both sides. So a place that two grids cover is bounded by single edges alone. In a coverage these
are its outline and its holes: few, and to look at them is quick.

If single edges cross, the grids they belong to overlap at the crossing, whichever side they lie on. If none cross, cut
them where the end of one lies inside another; then no piece meets another but at its ends, or is its twin. Every
place with a count of two has a piece on its east side, and there the count on the left of the middle of that piece
is two. So it is enough to count at these middles, which a small index of the single edges does: its labels are counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.coverage.cells import BATCH, Cells, Crossings, build, chunks, columns_of, members, walked
from geo.coverage.edges import OUTSIDE, Corner, Edges, Ints, Rows, overlapping, x_of, y_of
from geo.coverage.raster import Raster, spread

_NAMED = 20  # places looked into for names; the rest of a thousand tells nothing new


class _Meetings(NamedTuple):
    """crossing: (k, 2) edges that cross. cut, vertex: (j,) edges, and the ends of others that lie inside them."""

    crossing: Ints
    cut: Ints
    vertex: Ints


def build_checked(corner: Corner, width: int, height: int, edges: Edges, codes: Sequence[str]) -> Cells:
    """The index of a coverage's edges, within width and height of the corner. Raises FaultyCoverage for overlaps."""
    raster = Raster.over(corner, width, height, len(edges))
    refuse_overlaps(raster, edges[is_single(edges.left, edges.right)], lambda: edges, codes)
    return build(raster, edges)


def is_single(left: Rows, right: Rows) -> NDArray[np.bool_]:
    """(n,) which edges only one grid has."""
    single: NDArray[np.bool_] = (left == OUTSIDE) | (right == OUTSIDE)
    return single


def refuse_overlaps(raster: Raster, single: Edges, every: Callable[[], Edges], codes: Sequence[str]) -> None:
    """Raise FaultyCoverage, naming the grids, where any two overlap. single: the edges that only one grid of the
    coverage has. every: asked for all of its edges where there is something to name.
    """
    small = Raster.over(raster.corner, raster.width, raster.height, len(single))
    meetings = _meetings(small, single)
    if len(meetings.crossing):
        owner = np.maximum(single.left, single.right)
        pairs = np.unique(np.sort(owner[meetings.crossing], axis=1), axis=0)
        raise overlapping([tuple(sorted({codes[a], codes[b]})) for a, b in pairs.tolist()])
    x, y = _middles(single, meetings)
    twice = np.flatnonzero(_count_left(small, single, x, y) > 1)
    if len(twice):
        edges, places = every(), twice[np.linspace(0, len(twice) - 1, min(len(twice), _NAMED)).astype(np.int64)]
        found = {tuple(sorted(codes[row] for row in _over(edges, x[at], y[at]))) for at in places}
        raise overlapping(sorted(found))


def _meetings(raster: Raster, single: Edges) -> _Meetings:
    """Where single edges meet other than end to end. Two that meet do so in a cell that lists both."""
    crossings = Crossings.of(raster, single)
    _, edge = crossings[:]
    _, first = crossings.runs()
    after = np.repeat(first[1:], np.diff(first)) - np.arange(len(edge)) - 1  # how many of its cell follow each
    crossing, cut, vertex = [np.empty((0, 2), np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for part in chunks(after, BATCH):
        one, other = spread(np.arange(part.start, part.stop) + 1, after[part])
        pairs = np.stack([edge[one + part.start], edge[other]], axis=1)
        pairs = pairs[boxes_meet(single, pairs)]
        crossing.append(pairs[cross(single, pairs)])
        for long, short in ((0, 1), (1, 0)):
            for end in (single.a, single.b):
                whole, point = pairs[:, long], end[pairs[:, short]]
                inside = inside_of(single, whole, point)
                cut.append(whole[inside])
                vertex.append(point[inside])
    return _Meetings(np.concatenate(crossing), np.concatenate(cut), np.concatenate(vertex))


def boxes_meet(edges: Edges, pairs: Ints) -> NDArray[np.bool_]:
    """(k,) whether the boxes around two edges touch: most pairs in a cell are done with here."""
    meet = np.ones(len(pairs), np.bool_)
    for of in (x_of, y_of):
        a, b = of(edges.a[pairs]), of(edges.b[pairs])
        low, high = np.minimum(a, b), np.maximum(a, b)
        meet &= (low[:, 0] <= high[:, 1]) & (low[:, 1] <= high[:, 0])
    return meet


def _side(edges: Edges, edge: Ints, vertex: Ints) -> Ints:
    """(k,) 1 where the vertex lies left of the edge, -1 right of it, 0 on its line."""
    ax, ay = x_of(edges.a[edge]), y_of(edges.a[edge])
    dx, dy = x_of(edges.b[edge]) - ax, y_of(edges.b[edge]) - ay
    return np.sign(dx * (y_of(vertex) - ay) - dy * (x_of(vertex) - ax))


def cross(edges: Edges, pairs: Ints) -> NDArray[np.bool_]:
    """(k,) whether each of two edges has its ends strictly on both sides of the other."""
    one, other = pairs.T
    parted = _side(edges, one, edges.a[other]) * _side(edges, one, edges.b[other]) < 0
    return parted & (_side(edges, other, edges.a[one]) * _side(edges, other, edges.b[one]) < 0)


def inside_of(edges: Edges, edge: Ints, vertex: Ints) -> NDArray[np.bool_]:
    """(k,) whether a vertex lies on an edge, but at neither end. The order of vertices is that along the edge."""
    between = (edges.a[edge] < vertex) & (vertex < edges.b[edge])
    return between & (_side(edges, edge, vertex) == 0)


def _middles(single: Edges, meetings: _Meetings) -> tuple[Ints, Ints]:
    """The middle of every piece of the single edges, in half millimetres from the corner."""
    edge = np.concatenate([np.arange(len(single)), meetings.cut])
    start = np.concatenate([single.a, meetings.vertex])
    order = np.lexsort((start, edge))
    edge, start = edge[order], start[order]
    last = np.diff(edge, append=-1) != 0
    end = np.where(last, single.b[edge], np.roll(start, -1))
    real = start != end  # an edge may be cut at one place by several
    start, end = start[real], end[real]
    return x_of(start) + x_of(end), y_of(start) + y_of(end)


def _count_left(raster: Raster, single: Edges, x: Ints, y: Ints) -> Ints:
    """(k,) how many grids lie on the left of each middle of a piece, given in half millimetres."""
    counting = Edges(single.a, single.b, *(np.minimum(side, 0) for side in (single.left, single.right)))
    index = build(raster, counting)
    cell = _crossed_cell(index, x, y)
    u, v = x & ((2 << raster.x_bits) - 1), y & ((2 << raster.y_bits) - 1)
    label = index.corner[cell].astype(np.int64)
    counts = index.first[cell + 1] - index.first[cell]
    for part in chunks(counts, BATCH):
        point, piece = members(index.first, cell[part])
        gained, _ = walked(columns_of(index.pieces[piece]), u[part][point], v[part][point], halves=True)
        label[part] += np.add.reduceat(gained, np.cumsum(counts[part]) - counts[part])
    return label + 1


def _crossed_cell(index: Cells, x: Ints, y: Ints) -> Ints:
    """Which crossed cell holds each point, given in half millimetres, of an edge."""
    raster = index.raster
    at = (y >> raster.y_bits + 1) * raster.columns + (x >> raster.x_bits + 1)
    return -2 - index.cells[at].astype(np.int64)


def _over(edges: Edges, x: np.int64, y: np.int64) -> list[int]:
    """Rows of the grids over the left of one middle: every edge between it and the far west, one after another."""
    ax, ay, bx, by = x_of(edges.a), y_of(edges.a), x_of(edges.b), y_of(edges.b)
    west = (2 * ay <= y) & (2 * by > y) & ((bx - ax) * (y - 2 * ay) - (by - ay) * (x - 2 * ax) < 0)
    rows = np.concatenate([edges.right[west], edges.left[west]])
    entered = np.repeat([1, -1], np.count_nonzero(west))
    net = np.zeros(int(rows.max(initial=0)) + 1, np.int64)
    np.add.at(net, rows[rows >= 0], entered[rows >= 0])
    return np.flatnonzero(net > 0).tolist()
