"""Nodes that come back from a file are put where they were, so that what nobody touched is identical to the bit.

A file that was projected, or written with fewer digits, has every node a little beside its place. Whoever edits moves a
node by more than that. So a node within reach of one that was there is that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.lattice import Geoms, as_multipolygons, polygonal, to_lattice
from geo.crs import to_mm

HOME_M = 0.002  # however many digits a file has
_MOST_LOST = 6  # nodes in a row that rounding made one
_DEGREE_M = 111_320.0
_DECIMALS = range(9)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Homed:
    """geoms: (n,) on the lattice, multipolygons where polygonal. moved: nodes that went home, by furthest_m at most."""

    geoms: Geoms
    moved: int
    furthest_m: float


def decimals(geoms: Geoms) -> int | None:
    """To how many decimals all coordinates are rounded; None where they have more than 8, or there are none."""
    coords = shapely.get_coordinates(geoms)
    for places in _DECIMALS:
        scaled = coords * 10.0**places
        if not np.isfinite(scaled).all():
            return None
        if len(coords) and (np.abs(scaled - np.round(scaled)) < 1e-3).all():
            return places
    return None


def reach_m(places: int | None, *, in_degrees: bool) -> float:
    """How far from its home rounding to so many decimals can put a node, in metres; 2 mm at least."""
    if places is None:
        return HOME_M
    step_m = 10.0**-places * (_DEGREE_M if in_degrees else 1.0)
    return max(HOME_M, step_m * float(np.sqrt(0.5)) + 0.001)


def bring_home(geoms: Geoms, before: Geoms, reach: float = HOME_M) -> Homed:
    """The geometries with every node that lies within reach of a node of ``before`` put there.

    geoms: (n,) metric geometries. before: (m,) on the lattice. The nearest node wins; one that is home already stays.
    """
    rounded = to_lattice(geoms)
    coords = shapely.get_coordinates(rounded)
    target, moved = _homes(to_mm(coords), to_mm(np.unique(shapely.get_coordinates(before), axis=0)), reach)
    put = shapely.set_coordinates(rounded.copy(), target / 1000.0)
    put = to_lattice(put)
    areal = polygonal(put)
    put[areal] = as_multipolygons(put[areal])
    furthest = float(np.hypot(*(target - to_mm(coords)).T).max(initial=0.0)) / 1000.0
    return Homed(put, moved, furthest)


def _homes(at: NDArray[np.float64], homes: NDArray[np.float64], reach: float) -> tuple[NDArray[np.float64], int]:
    """Where each of k nodes belongs, millimetres, and how many move."""
    if not len(at) or not len(homes):
        return at, 0
    known = np.isin(_keys(at), _keys(homes))
    strays, which = np.unique(at[~known], axis=0, return_inverse=True)
    if not len(strays):
        return at, 0
    tree = shapely.STRtree(shapely.points(homes))
    found, nearest = tree.query_nearest(shapely.points(strays), max_distance=reach * 1000.0 + 1e-6, all_matches=False)
    put = strays.copy()
    put[found] = homes[nearest]
    target = at.copy()
    target[~known] = put[which.ravel()]
    went = np.zeros(len(strays), np.bool_)
    went[found] = True
    return target, int(went.sum())


def _keys(mm: NDArray[np.float64]) -> Ints:
    """One whole number a lattice point; (k, 2) millimetres."""
    whole = mm.astype(np.int64)
    keys: Ints = whole[:, 0] * np.int64(2_000_000_011) + whole[:, 1]
    return keys


def same_shape(a: shapely.Geometry, b: shapely.Geometry) -> bool:
    """Whether two polygons have the same nodes in the same order, wherever their rings and parts begin."""
    if a is b:
        return True
    if shapely.get_num_coordinates(a) != shapely.get_num_coordinates(b):
        return False
    return bool(shapely.equals_exact(shapely.normalize(a), shapely.normalize(b)))


# -- nodes that rounding made one -------------------------------------------------------------------------------------


def with_lost_nodes(geom: shapely.Geometry, before: shapely.Geometry, reach: float) -> shapely.Geometry:
    """A polygon with the nodes put back that its rounding may have taken: those of ``before`` on the way between two of
    its neighbours, all within twice the reach of one of them.
    """
    following = _following(before)
    parts = [
        shapely.Polygon(
            _filled(part.exterior, following, reach), [_filled(hole, following, reach) for hole in part.interiors]
        )
        for part in shapely.get_parts(geom)
    ]
    return shapely.MultiPolygon(parts)


Node = tuple[float, float]


def _following(geom: shapely.Geometry) -> dict[Node, list[tuple[Node, ...]]]:
    """By node the nodes that come next, in both directions, as far as a stretch may be lost."""
    ways: dict[Node, list[tuple[Node, ...]]] = {}
    for ring in shapely.get_rings(shapely.get_parts(geom)):
        nodes = [(float(x), float(y)) for x, y in shapely.get_coordinates(ring)[:-1]]
        for way in (nodes, nodes[::-1]):
            for i, node in enumerate(way):
                stretch = tuple(way[(i + k) % len(way)] for k in range(1, min(_MOST_LOST + 2, len(way))))
                ways.setdefault(node, []).append(stretch)
    return ways


def _filled(ring: shapely.Geometry, following: dict[Node, list[tuple[Node, ...]]], reach: float) -> list[Node]:
    nodes = [(float(x), float(y)) for x, y in shapely.get_coordinates(ring)]
    filled = nodes[:1]
    for a, b in pairwise(nodes):
        filled += _lost_between(a, b, following.get(a, ()), reach)
        filled.append(b)
    return filled


def _lost_between(a: Node, b: Node, ways: Sequence[tuple[Node, ...]], reach: float) -> tuple[Node, ...]:
    for way in ways:
        if b in way:
            between = way[: way.index(b)]
            if all(min(_apart(node, a), _apart(node, b)) <= 2.0 * reach for node in between):
                return between
    return ()


def _apart(a: Node, b: Node) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


# -- nodes on the lines of others -------------------------------------------------------------------------------------


def with_nodes(geoms: Geoms, points: NDArray[np.float64], reach: float) -> Geoms:
    """(n,) polygons with (k, 2) points as nodes of the edges that these lie on, within reach, metres.

    A cut through a grid ends on an edge of its neighbour, which has no node there; and on the lattice a little beside.
    """
    found, which = shapely.STRtree(shapely.boundary(geoms)).query(
        shapely.points(points), predicate="dwithin", distance=reach
    )
    put, order = geoms.copy(), np.argsort(which, kind="stable")
    for hits in np.split(order, np.flatnonzero(np.diff(which[order])) + 1) if len(order) else []:
        i = int(which[hits[0]])
        own = {(float(x), float(y)) for x, y in shapely.get_coordinates(geoms[i])}
        new = [point for point in points[found[hits]] if tuple(point.tolist()) not in own]
        if new:
            parts = shapely.get_parts(geoms[i])
            put[i] = shapely.MultiPolygon([_noded(part, new, reach) for part in parts])
    return put


def _noded(part: shapely.Geometry, points: Sequence[NDArray[np.float64]], reach: float) -> shapely.Geometry:
    ring, *holes = (_noded_ring(shapely.get_coordinates(each), points, reach) for each in shapely.get_rings(part))
    return shapely.Polygon(ring, holes)


def _noded_ring(nodes: NDArray[np.float64], points: Sequence[NDArray[np.float64]], reach: float) -> NDArray[np.float64]:
    start, along = nodes[:-1], np.diff(nodes, axis=0)
    length2 = np.maximum((along**2).sum(axis=1), 1e-12)
    spots: list[tuple[int, float, NDArray[np.float64]]] = []
    for point in points:
        share = np.clip(((point - start) * along).sum(axis=1) / length2, 0.0, 1.0)
        apart = np.hypot(*(start + share[:, None] * along - point).T)
        at = int(apart.argmin())
        if apart[at] <= reach:
            spots.append((at, float(share[at]), point))
    for at, _, point in sorted(spots, key=lambda spot: spot[:2], reverse=True):
        nodes = np.insert(nodes, at + 1, point, axis=0)
    return nodes
