"""Which grid answers for a point (落格): pure, vectorised, the rules of the reports' way.

On a shared edge or node the lowest code wins. A point nearer to an edge than its tolerance is assigned and flagged
ambiguous. Outside every grid the nearest one answers where it is near enough; else the point waits for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.crs import Floats
from geo.model import Method, Queue

EDGE_TOLERANCE_M = 0.5  # nobody's coordinates are better than this
NEAREST_M = 5.0  # how far outside a point may lie and still belong to the nearest grid
NEAREST_CAP_M = 50.0  # however inaccurate it is

OUTCOMES = (Method.WITHIN, Method.NEAREST, Queue.OUTSIDE, Queue.NO_LOCATION)

Rows = NDArray[np.int32]
NearGrids = tuple[tuple[int, float], ...]  # (row of the grid, metres to its edge), nearest first


class Found(Protocol):
    """Grids near points, sorted by point, edge_m, code: coverage.index.Candidates."""

    @property
    def point(self) -> NDArray[np.int64]: ...
    @property
    def row(self) -> Rows: ...
    @property
    def edge_m(self) -> Floats: ...


class Index(Protocol):
    """What deciding needs to know of the boundaries: coverage.index.GridIndex."""

    def locate(self, x: ArrayLike, y: ArrayLike) -> Rows: ...
    def nearest(self, x: ArrayLike, y: ArrayLike, within_m: ArrayLike) -> tuple[Rows, Floats]: ...
    def candidates(self, x: ArrayLike, y: ArrayLike, tolerance_m: ArrayLike) -> Found: ...


@dataclass(frozen=True, slots=True)
class Settled:
    """The decision on n points in numbers only, as bulk work wants it.

    row: (n,) int32 row in the index, -1 while the point waits in a queue. outcome: (n,) uint8 position in OUTCOMES.
    distance_m: (n,) to the grid, 0 inside, NaN in a queue. near: the grids with an edge nearer than the tolerance.
    """

    row: Rows
    outcome: NDArray[np.uint8]
    distance_m: Floats
    near: Found


@dataclass(frozen=True, slots=True)
class Decisions:
    """What decide found for n points, as arrays of length n.

    row: int32 row in the index, -1 while the point waits in a queue. method, queue: objects, a Method or None, a Queue
    or None; exactly one is set. distance_m: to the grid, 0 inside, NaN in a queue. edge_m: to the nearest edge, NaN
    unless nearer than the tolerance. ambiguous: bool. candidates: one tuple a point, empty unless ambiguous.
    """

    row: Rows
    method: NDArray[np.object_]
    queue: NDArray[np.object_]
    distance_m: Floats
    edge_m: Floats
    ambiguous: NDArray[np.bool_]
    candidates: list[NearGrids]

    def __len__(self) -> int:
        return len(self.row)


def decide(index: Index, x: ArrayLike, y: ArrayLike, accuracy_m: ArrayLike | None = None) -> Decisions:
    """Decide n points given in metres of the index's CRS.

    x, y: (n,); NaN means no location. accuracy_m: stated accuracy, one for all or one a point; None, NaN, infinite or
    negative means that none was stated.
    """
    settled = settle(index, x, y, accuracy_m)
    n, waits = len(settled.row), settled.row < 0
    outcome = np.array(OUTCOMES, dtype=object)[settled.outcome]
    method, queue = np.full(n, None, dtype=object), np.full(n, None, dtype=object)
    method[~waits], queue[waits] = outcome[~waits], outcome[waits]
    near, edge = _by_point(settled.near, n)
    return Decisions(
        row=settled.row,
        method=method,
        queue=queue,
        distance_m=settled.distance_m,
        edge_m=edge,
        ambiguous=~np.isnan(edge),
        candidates=near,
    )


def settle(index: Index, x: ArrayLike, y: ArrayLike, accuracy_m: ArrayLike | None = None) -> Settled:
    """The decision itself; arguments as of ``decide``."""
    x, y = np.atleast_1d(np.asarray(x, dtype=np.float64)), np.atleast_1d(np.asarray(y, dtype=np.float64))
    stated = _stated(accuracy_m, len(x))
    located = np.isfinite(x) & np.isfinite(y)
    row = index.locate(x, y)
    distance = np.where(row >= 0, 0.0, np.nan)
    outcome = np.zeros(len(x), dtype=np.uint8)
    outcome[~located] = OUTCOMES.index(Queue.NO_LOCATION)

    stray = np.flatnonzero(located & (row < 0))
    reach = np.minimum(np.maximum(NEAREST_M, stated[stray]), NEAREST_CAP_M)
    row[stray], distance[stray] = index.nearest(x[stray], y[stray], reach)
    found = row[stray] >= 0
    outcome[stray] = np.where(found, OUTCOMES.index(Method.NEAREST), OUTCOMES.index(Queue.OUTSIDE))

    tolerance = np.where(row >= 0, np.maximum(EDGE_TOLERANCE_M, stated), 0.0)
    return Settled(row, outcome, distance, index.candidates(x, y, tolerance))


def _stated(accuracy_m: ArrayLike | None, n: int) -> Floats:
    """(n,) stated accuracy in metres, 0 where there is none."""
    if accuracy_m is None:
        return np.zeros(n)
    stated = np.broadcast_to(np.asarray(accuracy_m, dtype=np.float64), (n,))
    return np.where(np.isfinite(stated) & (stated > 0.0), stated, 0.0)


def _by_point(found: Found, n: int) -> tuple[list[NearGrids], Floats]:
    """Candidates as one tuple a point, and the distance of the nearest."""
    near: list[NearGrids] = [()] * n
    edge = np.full(n, np.nan)
    points, starts, counts = np.unique(found.point, return_index=True, return_counts=True)
    edge[points] = found.edge_m[starts]
    for point, start, end in zip(points, starts, starts + counts, strict=True):
        near[point] = tuple(zip(found.row[start:end].tolist(), found.edge_m[start:end].tolist(), strict=True))
    return near, edge
