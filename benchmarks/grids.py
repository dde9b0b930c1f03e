"""Large coverages of irregular grids: Voronoi cells whose shared edges are fractal, on the 1 mm lattice."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.raster import spread

ORIGIN_M = (390_000.0, 3_206_000.0)  # where Kecheng lies in EPSG:4549
_CELL_M = 1_000.0
_JITTER = 0.42  # of a cell, from the middle of a square: far from squares, and no cell is a splinter
_LEVELS = 6
_FEWEST, _MOST = 5, 2**_LEVELS  # pieces of an edge
_ROUGHEST = 0.22  # radians that the first bend turns an edge
_DECAY = 0.75  # of the bend, from each level to the next: the rougher, the nearer to 1

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def irregular_grids(count: int, seed: int, vertices: int = 160) -> tuple[list[str], NDArray[Any]]:
    """Codes and ``count`` polygons of so many vertices in the mean, that tile without gap or overlap; of 160, most have
    25 to 450.

    Every edge of the diagram is drawn once, by moving middles to the side, and both its cells take the same points.
    """
    rng = np.random.default_rng(seed)
    start, end, cell = _diagram(count, rng)
    nodes, number = np.unique(np.concatenate([start, end]), axis=0, return_inverse=True)
    a, b = number.reshape(2, -1)
    edges, edge = np.unique(np.sort(np.column_stack([a, b]), axis=1), axis=0, return_inverse=True)
    pieces = _pieces(nodes, edges, vertices / 8.0, rng)
    bends = _bends(nodes, edges, rng)
    geoms = _drawn(nodes, edges, pieces, bends, edge, a, cell)
    crossing = np.flatnonzero(~shapely.is_valid(geoms) | ~shapely.is_empty(shapely.coverage_invalid_edges(geoms)))
    if len(crossing):  # fractals of a narrow cell may meet: there, straight edges
        bends[np.unique(edge[np.isin(cell, crossing)])] = 0.0
        geoms = _drawn(nodes, edges, pieces, bends, edge, a, cell)
    return [f"{row:09d}" for row in rng.permutation(count)], geoms


def _diagram(count: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Directed sides of Voronoi cells in order: (k, 2) millimetres of start and end, (k,) cell."""
    columns = max(round(count**0.5), 1)
    rows = -(-count // columns)
    at = np.stack(np.meshgrid(np.arange(-2, columns + 2), np.arange(-2, rows + 2)), axis=-1).astype(np.float64)
    inner = np.zeros(at.shape[:2], np.bool_)
    inner[2 : rows + 2, 2 : columns + 2] = True
    sites = (at + rng.uniform(-_JITTER, _JITTER, at.shape)).reshape(-1, 2) * _CELL_M
    voronoi = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(sites), ordered=True))
    xy, cell = shapely.get_coordinates(voronoi[inner.ravel()][:count], return_index=True)
    mm = np.rint((xy + np.array(ORIGIN_M)) * 1000.0).astype(np.int64)
    side = (cell[1:] == cell[:-1]) & (mm[1:] != mm[:-1]).any(axis=1)
    return mm[:-1][side], mm[1:][side], cell[:-1][side]


def _pieces(nodes: Ints, edges: Ints, median: float, rng: np.random.Generator) -> Ints:
    """(e,) of how many pieces each edge is made: plain regions beside rugged ones, no piece shorter than decimetres."""
    start, end = nodes[edges[:, 0]], nodes[edges[:, 1]]
    length_m = np.hypot(*(end - start).T) / 1000.0
    region = np.sin((start + end) @ np.array([[1.0, 0.35], [-0.3, 0.8]]) / (4e6 * _CELL_M / 1000.0)).sum(axis=1)
    wanted = np.clip(np.rint(np.exp(0.6 * region) * median * rng.lognormal(0.0, 0.45, len(edges))), _FEWEST, _MOST)
    return np.maximum(np.minimum(wanted, np.floor(length_m / 2.0)), 1).astype(np.int64)


def _bends(nodes: Ints, edges: Ints, rng: np.random.Generator) -> Floats:
    """(e,) by how many radians the first bend may turn each edge, so that edges at one node keep apart."""
    node, edge = edges.T.ravel(), np.tile(np.arange(len(edges)), 2)
    along = nodes[edges[:, ::-1].T.ravel()] - nodes[node]
    angle = np.arctan2(along[:, 1], along[:, 0])
    order = np.lexsort((angle, node))
    node, edge, angle = node[order], edge[order], angle[order]
    first = np.flatnonzero(np.diff(node, prepend=-1))
    following = np.arange(1, len(node) + 1)
    following[np.append(first[1:], len(node)) - 1] = first  # around each node
    opening = np.mod(angle[following] - angle, 2.0 * np.pi)
    opening[opening == 0.0] = np.pi
    least = np.full(len(edges), np.pi)
    np.minimum.at(least, edge, opening)
    np.minimum.at(least, edge[following], opening)
    return np.minimum(_ROUGHEST, 0.45 * (1.0 - _DECAY) * least) * rng.uniform(0.6, 1.0, len(edges))


def _drawn(
    nodes: Ints, edges: Ints, pieces: Ints, bends: Floats, edge: Ints, begins_at: Ints, cell: Ints
) -> NDArray[Any]:
    """The polygons: along every side of a cell the points of its edge, in the side's direction."""
    points, first = _fractals(nodes, edges, pieces, bends)
    forwards = edges[edge, 0] == begins_at
    side, nth = spread(np.zeros(len(edge), np.int64), pieces[edge])
    at = first[edge[side]] + np.where(forwards[side], nth, pieces[edge[side]] - nth)
    geoms: NDArray[Any] = shapely.polygons(shapely.linearrings(points[at] / 1000.0, indices=cell[side]))
    return geoms


def _fractals(nodes: Ints, edges: Ints, pieces: Ints, bends: Floats) -> tuple[Floats, Ints]:
    """Points of all edges in millimetres, both ends included, and where those of each edge begin."""
    rng = np.random.default_rng(len(edges))
    line = np.empty((len(edges), 2**_LEVELS + 1), np.complex128)  # a plane in which to turn is to multiply
    line[:, 0], line[:, -1] = (nodes[edges[:, end]] @ np.array([1.0, 1j]) for end in (0, 1))
    for level in range(_LEVELS):
        step = 2 ** (_LEVELS - level)
        start, end = line[:, :-1:step], line[:, step::step]
        turned = np.tan(bends[:, None] * _DECAY**level) * rng.choice([-1.0, -0.6, 0.6, 1.0], start.shape)
        line[:, step // 2 :: step] = (start + end) / 2.0 + (end - start) / 2.0 * 1j * turned
    edge, nth = spread(np.zeros(len(edges), np.int64), pieces + 1)
    chosen = line[edge, np.rint(nth * (2**_LEVELS / pieces[edge])).astype(np.int64)]
    return np.rint(np.column_stack([chosen.real, chosen.imag])), np.cumsum(pieces + 1) - pieces - 1


def points_over(geoms: NDArray[Any], count: int, seed: int) -> tuple[Floats, Floats]:
    """x and y of points on the lattice, spread evenly over a box a little larger than the grids."""
    rng = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(geoms)
    x, y = rng.uniform(west - 50, east + 50, count), rng.uniform(south - 50, north + 50, count)
    return np.rint(x * 1000) / 1000, np.rint(y * 1000) / 1000
