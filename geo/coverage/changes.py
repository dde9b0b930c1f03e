"""A cell index after a few grids changed: only the cells around them are made anew, the others are copied.

All edges of the changed grids, old and new, run through cells of a window. Outside of it no edge changes, and no label
but for its row number. Inside, the edges are those of the cells with the changed grids taken off their sides, and
the new ones. The corners in the window's first column lie west of every change, so their labels hold, and the steps
from corner to corner go on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.coverage.cells import (
    AX,
    AY,
    BX,
    BY,
    CROSSED,
    LEFT,
    RIGHT,
    Cells,
    Crossings,
    box_of,
    corner_steps,
    members,
    pieces_of,
)
from geo.coverage.edges import (
    OUTSIDE,
    Edges,
    Ints,
    Rings,
    Rows,
    corner_and_size,
    grouped,
    joined,
    shared_edges,
    vertices_of,
    xy_of,
)
from geo.coverage.overlaps import build_checked, is_single, refuse_overlaps
from geo.coverage.raster import Raster

LOCAL_SHARE = 4  # when a quarter of all grids change, or more, nothing is local


class _Window(NamedTuple):
    """Rows and columns of cells, the last ones included."""

    south: int
    north: int
    west: int
    east: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.south, self.north + 1), slice(self.west, self.east + 1)

    def holds(self, raster: Raster, cell: Ints) -> NDArray[np.bool_]:
        row, column = np.divmod(cell, raster.columns)
        rows = (self.south <= row) & (row <= self.north)
        return rows & (self.west <= column) & (column <= self.east)


def changed(index: Cells, touched: NDArray[np.bool_], renumber: Rows, rings: Rings, codes: Sequence[str]) -> Cells:
    """The index after touched grids were taken out and rings put in, checked for overlaps.

    touched, renumber: (rows + 1,) by old row, whether it changed and its new number; the last member is that of
    OUTSIDE. rings: with new row numbers. codes: by new row number. Raises FaultyCoverage, BadInput as from_arrays.
    """
    raster = index.raster
    east, north = rings.xy.T - np.array([raster.corner]).T
    fits = (east > 0).all() and (east < raster.width).all() and (north > 0).all() and (north < raster.height).all()
    theirs = np.flatnonzero(touched[index.pieces[:, LEFT]] | touched[index.pieces[:, RIGHT]])
    anything = len(theirs) or len(rings.xy)
    if not fits or not anything or LOCAL_SHARE * np.count_nonzero(touched) > len(touched):
        return _anew(index, touched, renumber, rings, codes)
    new = shared_edges(rings, raster.corner, codes)
    window = _around(raster, _cells_at(index, theirs), raster.cells_of(new)[0])
    cells = _rebuilt(index, window, touched, renumber, new, codes)
    outline = _edges_at(cells, _beginnings(cells, is_single(cells.pieces[:, LEFT], cells.pieces[:, RIGHT])))
    refuse_overlaps(raster, outline, lambda: all_edges(cells), codes)
    return replace(cells, box=box_of(raster, outline))


def _anew(index: Cells, touched: NDArray[np.bool_], renumber: Rows, rings: Rings, codes: Sequence[str]) -> Cells:
    """The same where the raster no longer fits: all cells anew, from the edges that the index holds."""
    corner, edges = index.raster.corner, without(all_edges(index), touched, renumber)
    a, b = xy_of(edges.a, corner), xy_of(edges.b, corner)
    new_corner, width, height = corner_and_size(np.concatenate([a, b, rings.xy]))
    edges = replace(edges, a=vertices_of(a, new_corner), b=vertices_of(b, new_corner))
    edges = joined(edges.followed_by(shared_edges(rings, new_corner, codes)), codes)
    return build_checked(new_corner, width, height, edges, codes)


def all_edges(index: Cells) -> Edges:
    """Every edge of an index once."""
    return _edges_at(index, _beginnings(index, np.ones(len(index.pieces), np.bool_)))


def _beginnings(index: Cells, wanted: NDArray[np.bool_]) -> Ints:
    """Those of the pieces that stand for their edge: each edge begins in one cell. wanted: (n,) which pieces to see."""
    raster, at = index.raster, np.flatnonzero(wanted)
    ax, ay = index.pieces[at, AX], index.pieces[at, AY]
    begins: NDArray[np.bool_] = (ax >= 0) & (ay >= 0) & (ax < 1 << raster.x_bits) & (ay < 1 << raster.y_bits)
    return at[begins]


def without(edges: Edges, touched: NDArray[np.bool_], renumber: Rows) -> Edges:
    """The edges with touched grids taken off their sides and the others renumbered; those left without any are gone.

    touched, renumber: (rows + 1,) by old row; the last member is that of OUTSIDE, which stays what it is.
    """
    left, right = (np.where(touched[side], np.int32(OUTSIDE), renumber[side]) for side in (edges.left, edges.right))
    bare = Edges(edges.a, edges.b, left, right)
    return bare[bare.left != bare.right]


def _rebuilt(
    index: Cells, window: _Window, touched: NDArray[np.bool_], renumber: Rows, new: Edges, codes: Sequence[str]
) -> Cells:
    """The index with all edges of touched grids replaced by new ones; all of them lie in the window."""
    raster = index.raster
    inside = np.zeros(len(index.corner), np.bool_)
    inside[_crossed_in(index, window)] = True
    old = _edges_at(index, members(index.first, np.flatnonzero(inside))[1])
    old = without(old[_once(old)], touched, renumber)
    edges = joined(old.followed_by(new), codes)
    crossings = Crossings.of(raster, edges)
    crossings = replace(crossings, key=crossings.key[window.holds(raster, crossings[:][0])])
    cell, edge = crossings[:]
    pieces = pieces_of(raster, edges, cell, edge)
    labels = _labels(index, window, renumber, cell, pieces)
    return _spliced(index, window, ~inside, renumber, labels, crossings, pieces)


def _around(raster: Raster, *cells: Ints) -> _Window:
    """The smallest window that holds all cells."""
    row, column = np.divmod(np.concatenate(cells), raster.columns)
    return _Window(int(row.min()), int(row.max()), int(column.min()), int(column.max()))


def _crossed_in(index: Cells, window: _Window) -> Ints:
    """Which crossed cells lie in a window."""
    label = index.cells.reshape(index.raster.rows, -1)[window.slices]
    return CROSSED - label[label <= CROSSED].astype(np.int64)


def _cells_at(index: Cells, at: Ints) -> Ints:
    """(k,) the cell number of each piece."""
    cell_of_crossed = np.empty(len(index.corner), np.int64)
    crossed = np.flatnonzero(index.cells <= CROSSED)
    cell_of_crossed[CROSSED - index.cells[crossed].astype(np.int64)] = crossed
    return cell_of_crossed[np.searchsorted(index.first, at, side="right") - 1]


def _edges_at(index: Cells, at: Ints) -> Edges:
    """Pieces as edges, counted from the corner of the coverage."""
    raster, pieces = index.raster, index.pieces[at]
    row, column = np.divmod(_cells_at(index, at), raster.columns)
    west, south = column << raster.x_bits, row << raster.y_bits
    a = (pieces[:, AY] + south << np.int64(32)) + (pieces[:, AX] + west)
    b = (pieces[:, BY] + south << np.int64(32)) + (pieces[:, BX] + west)
    return Edges(a, b, pieces[:, LEFT], pieces[:, RIGHT])


def _once(edges: Edges) -> Ints:
    """Positions of equal edges, each once: an edge is found in every cell that it runs through."""
    order, new = grouped(edges.a, edges.b)
    return order[new]


def _labels(index: Cells, window: _Window, renumber: Rows, cell: Ints, pieces: Rows) -> Rows:
    """(rows, columns) labels of the south-west corners of a window's cells."""
    raster = index.raster
    first = index.cells.reshape(raster.rows, -1)[window.slices][:, 0]
    crossed = first <= CROSSED
    first = np.where(crossed, index.corner[np.maximum(CROSSED - first, 0)], first)
    steps = np.zeros((window.north - window.south + 1, window.east - window.west + 2), np.int32)
    steps[:, 0] = renumber[first]
    at, gained = corner_steps(raster, cell, pieces)
    row, column = np.divmod(at, raster.columns)
    np.add.at(steps, (row - window.south, column - window.west + 1), gained)
    return np.cumsum(steps[:, :-1], axis=1, dtype=np.int32)


def _spliced(
    index: Cells,
    window: _Window,
    kept: NDArray[np.bool_],
    renumber: Rows,
    labels: Rows,
    crossings: Crossings,
    pieces: Rows,
) -> Cells:
    """The kept crossed cells and those of the window after them."""
    raster, table = index.raster, _relabelled(kept, renumber)
    cells = table[index.cells]
    cells.reshape(raster.rows, -1)[window.slices] = labels
    crossed, begin = crossings.runs()
    corner = np.concatenate([renumber[index.corner[kept]], cells[crossed]])
    counts = np.concatenate([np.diff(index.first)[kept], np.diff(begin)])
    cells[crossed] = CROSSED - np.arange(np.count_nonzero(kept), len(corner), dtype=np.int32)
    old = index.pieces[np.repeat(kept, np.diff(index.first))]
    old[:, LEFT], old[:, RIGHT] = renumber[old[:, LEFT]], renumber[old[:, RIGHT]]
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return replace(index, cells=cells, corner=corner, first=first, pieces=np.concatenate([old, pieces]))


def _relabelled(kept: NDArray[np.bool_], renumber: Rows) -> Rows:
    """What a cell holds afterwards by what it held, negative members counted from the end, as numpy does: first the
    rows, last OUTSIDE, and before it the crossed cells backwards, so that a cell outside the window is one look-up.
    """
    numbers = CROSSED - (np.cumsum(kept, dtype=np.int32) - 1)
    return np.concatenate([renumber[:-1], numbers[::-1].astype(np.int32), renumber[-1:]])
