"""Blocks (街块): the pieces of a grid that may change hands whole, cut along lines that are there.

What a GIS specialist would cut along, in this order: roads, lanes, rails and water; else a straight line half-way
between compounds, or between the things that are counted. A compound or a building is never cut. What carries nothing
goes with the block that it has most of its edge in common with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.lattice import Geoms

Floats = NDArray[np.float64]

BESIDE_M = 8.0  # a road nearer to an edge than this is what the edge was drawn along
DRAWN_ON_M = 40.0  # that a road which ends inside is drawn on, to the edge
LEAST_M2 = 400.0  # a smaller piece is no block
LEAST_GAP_M = 3.0  # between what lies on both sides of a straight cut
_CUT_M2 = 1.0  # of a compound on both sides of a line: less is how exactly it was drawn
_TURNS = np.arange(0.0, np.pi, np.pi / 12)  # of straight cuts
_TRIED = 6
_DEEPEST = 5  # straight cuts of one block after another


@dataclass(frozen=True)
class Counted:
    """What a load is counted by. at: (n, 2) metres. load: (n,)."""

    at: Floats
    load: Floats

    def within(self, geoms: Geoms) -> NDArray[np.int64]:
        """(n,) the row of the geometry that holds each, or is nearest to it."""
        tree, points = shapely.STRtree(geoms), shapely.points(self.at)
        found: NDArray[np.int64] = tree.nearest(points)
        return found

    def some(self, which: NDArray[np.bool_]) -> Counted:
        return Counted(self.at[which], self.load[which])


def blocks_of(
    grid: shapely.Geometry, lines: Geoms, wholes: Geoms, counted: Counted, most: float
) -> list[shapely.Geometry]:
    """The blocks of a grid in metres, which together are the grid.

    lines: (n,) along which it may be cut. wholes: (n,) polygons that stay whole. counted: what lies in this grid.
    most: the load that a block may have before it is cut where no line is.
    """
    faces = _faces(grid, lines)
    inside = wholes[shapely.intersects(wholes, grid)]
    faces = _joined(faces, _held_together(faces, inside))
    faces = _with_load(faces, counted)
    owner, home = counted.within(faces), _homes(faces, inside)
    halves = [
        _halved(face, inside[home == row], counted.some(owner == row), most, _DEEPEST) for row, face in enumerate(faces)
    ]
    return [block for some in halves for block in some]


def shared_m(blocks: Geoms) -> tuple[NDArray[np.int64], Floats]:
    """Pairs of blocks with a common edge, (k, 2) rows, each pair once, and (k,) how long it is in metres."""
    pairs = shapely.STRtree(blocks).query(blocks, predicate="dwithin", distance=0.01).T
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    edges = shapely.boundary(blocks[pairs[:, 0]])
    # Where lines meet, nodes lie beside an edge by the last bit of a double: what is as near as that is common.
    around = shapely.buffer(shapely.boundary(blocks[pairs[:, 1]]), 0.01, quad_segs=1, cap_style="flat")
    return pairs, shapely.length(shapely.intersection(edges, around))


# -- along lines ------------------------------------------------------------------------------------------------------


def _faces(grid: shapely.Geometry, lines: Geoms) -> Geoms:
    """What lines make of a grid; those that end inside cut nothing."""
    edge = shapely.boundary(grid)
    near = lines[shapely.intersects(lines, grid)] if len(lines) else lines
    if not len(near):
        return shapely.get_parts(grid)
    inner = shapely.union_all(shapely.intersection(near, grid))
    inner = shapely.difference(inner, shapely.buffer(edge, BESIDE_M, quad_segs=2))
    return _pieces(grid, [inner, *_ends(inner, edge)])


def _pieces(ground: shapely.Geometry, lines: Sequence[shapely.Geometry]) -> Geoms:
    """What lines cut some ground into."""
    edges = shapely.union_all([shapely.boundary(ground), *lines])
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    return pieces[shapely.covers(ground, shapely.point_on_surface(pieces))]


def _ends(inner: shapely.Geometry, edge: shapely.Geometry) -> list[shapely.Geometry]:
    """From each end of a line that leads nowhere, and is not far from the edge, the shortest way to it."""
    parts = shapely.get_parts(inner)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    both = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    places, times = np.unique(shapely.get_coordinates(both), axis=0, return_counts=True)
    ends = shapely.points(places[times == 1])
    ends = ends[shapely.distance(ends, edge) < DRAWN_ON_M]
    ways: list[shapely.Geometry] = shapely.shortest_line(ends, edge).tolist()
    return ways


def _held_together(faces: Geoms, wholes: Geoms) -> list[NDArray[np.int64]]:
    """Rows of faces that one compound lies in."""
    if len(faces) < 2:
        return []
    tree = shapely.STRtree(faces)
    groups = []
    for whole in wholes:
        rows = tree.query(whole)
        rows = rows[shapely.area(shapely.intersection(faces[rows], whole)) > _CUT_M2]
        if len(rows) > 1:
            groups.append(rows)
    return groups


def _joined(faces: Geoms, groups: Sequence[NDArray[np.int64]]) -> Geoms:
    """Faces of which those of a group are one, whatever groups they are in beside."""
    label = np.arange(len(faces))
    for rows in groups:
        for one, other in pairwise(rows.tolist()):
            label[label == label[other]] = label[one]
    return np.array([shapely.union_all(faces[label == each]) for each in np.unique(label)], dtype=object)


def _with_load(faces: Geoms, counted: Counted) -> Geoms:
    """Faces without a load, too small or in several parts go with a neighbour, the smallest first."""
    while len(faces) > 1:
        load = np.bincount(counted.within(faces), counted.load, len(faces))
        area = shapely.area(faces)
        unfit = np.flatnonzero((load == 0) | (area < LEAST_M2) | (shapely.get_num_geometries(faces) > 1))
        pairs, length = shared_m(faces)
        unfit = unfit[np.isin(unfit, pairs)]
        if not len(unfit):
            break
        row = unfit[np.argmin(area[unfit])]
        mine = np.flatnonzero((pairs == row).any(axis=1))
        best = pairs[mine[np.argmax(length[mine])]]
        faces = _joined(faces, [best])
    return faces


# -- half-way between -------------------------------------------------------------------------------------------------


def _homes(faces: Geoms, wholes: Geoms) -> NDArray[np.int64]:
    """(n,) the row of the face that each compound lies in."""
    return shapely.STRtree(faces).nearest(shapely.point_on_surface(wholes)) if len(wholes) else np.empty(0, np.int64)


def _halved(
    face: shapely.Geometry, wholes: Geoms, counted: Counted, most: float, deepest: int
) -> list[shapely.Geometry]:
    """A face cut by straight lines, until its pieces carry little enough or nothing lies apart in them."""
    if not deepest or counted.load.sum() <= most or face.geom_type != "Polygon":
        return [face]
    for line in _cuts(face, wholes, counted):
        pieces = _pieces(face, [line])
        if len(pieces) == 2 and shapely.area(pieces).min() >= LEAST_M2:
            owner, home = counted.within(pieces), _homes(pieces, wholes)
            return [
                block
                for row, piece in enumerate(pieces)
                for block in _halved(piece, wholes[home == row], counted.some(owner == row), most, deepest - 1)
            ]
    return [face]


def _cuts(face: shapely.Geometry, wholes: Geoms, counted: Counted) -> list[shapely.Geometry]:
    """Straight lines across a face that meet nothing in it: those first that halve its load best, then the shorter."""
    middle = shapely.get_coordinates(face.centroid)[0]
    far = 2.0 * float(shapely.minimum_bounding_radius(face))
    found = []
    for turn in _TURNS:
        ahead, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        for at, uneven in _gaps(wholes, counted, ahead, middle):
            foot = middle + ahead * at
            line = shapely.intersection(shapely.LineString([foot - across * far, foot + across * far]), face)
            found.append((round(5 * uneven), shapely.length(line), uneven, line))
    return [line for *_, line in sorted(found, key=lambda each: each[:3])[:_TRIED]]


def _gaps(wholes: Geoms, counted: Counted, ahead: Floats, middle: Floats) -> list[tuple[float, float]]:
    """Along a direction, where nothing lies: (metres from the middle, how unevenly the load lies on both sides)."""
    spans = [(shapely.get_coordinates(whole) - middle) @ ahead for whole in wholes]
    at = (counted.at - middle) @ ahead
    low = np.concatenate([at, [span.min() for span in spans]])
    high = np.concatenate([at, [span.max() for span in spans]])
    order = np.argsort(low)
    low, reach = low[order], np.maximum.accumulate(high[order])
    total, found = counted.load.sum(), []
    for before, after in zip(reach[:-1].tolist(), low[1:].tolist(), strict=True):
        if after - before >= LEAST_GAP_M:
            cut = (before + after) / 2
            uneven = abs(counted.load[at < cut].sum() / total - 0.5)
            if uneven < 0.5:
                found.append((cut, float(uneven)))
    return found
