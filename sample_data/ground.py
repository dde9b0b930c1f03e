"""The finest pieces of the district: city blocks and fields, as a graph that larger divisions are grown on.

Everything that may carry a grid's edge (streets, rivers, roads, field boundaries, the outline) is noded once on the
1 mm lattice and polygonised, so that neighbouring pieces share their vertices to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import LATTICE_M
from sample_data.curves import Floats, Points, sides_of
from sample_data.streams import stream
from sample_data.streets import EdgeKind, Streets
from sample_data.terrain import Terrain

Ints = NDArray[np.int64]
_SMALL_M2 = 5_000.0
_ON_LINE_M = 0.5  # noding moves lines by less


@dataclass(frozen=True)
class Ground:
    """faces: (n,) polygons that tile the district. Pairs are neighbours, once each, with what separates them."""

    faces: NDArray[np.object_]
    middles: Points  # (n, 2), inside the faces
    area_m2: Floats
    urbanity: Floats
    height_m: Floats
    pairs: Ints  # (m, 2), first < second
    shared_m: Floats  # (m,) length of the common edge
    barrier: Floats  # (m,) 0 open field to 5 river, by length
    hard: shapely.STRtree  # the lines that grid edges keep to exactly


def make_ground(seed: int, terrain: Terrain, streets: Streets) -> Ground:
    lines, kinds = _lines(stream(seed, "ground"), terrain, streets)
    noded = shapely.union_all(lines, grid_size=LATTICE_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.contains(terrain.outline.buffer(1.0), shapely.point_on_surface(faces))
    hard = kinds != EdgeKind.FIELD
    sides, line = sides_of(lines[hard])
    tree, side_kinds = shapely.STRtree(sides), kinds[hard][line]
    faces = _joined(faces[inside], tree, side_kinds)
    pairs, shared_m, barrier = _neighbours(faces, tree, side_kinds)
    middles = shapely.get_coordinates(shapely.point_on_surface(faces))
    return Ground(
        faces,
        middles,
        shapely.area(faces),
        terrain.urbanity(middles),
        terrain.height(middles),
        pairs,
        shared_m,
        barrier,
        tree,
    )


def _lines(
    rng: np.random.Generator, terrain: Terrain, streets: Streets
) -> tuple[NDArray[np.object_], NDArray[np.int8]]:
    """Every line that may become an edge, with its kind."""
    blocks = shapely.get_parts(
        shapely.polygonize(shapely.get_parts(shapely.union_all(streets.edges, grid_size=LATTICE_M)))
    )
    built = shapely.union_all(blocks, grid_size=LATTICE_M)
    whole = [shapely.Polygon(part.exterior) for part in shapely.get_parts(built)]
    fields = _fields(rng, terrain, shapely.union_all(whole))
    land = terrain.outline
    groups: list[tuple[EdgeKind, NDArray[np.object_]]] = [
        (EdgeKind.FIELD, fields),
        (EdgeKind.OUTLINE, np.array([shapely.LineString(land.exterior)])),
        (EdgeKind.RIVER, _within(land, [w.line for w in terrain.rivers])),
        (EdgeKind.STREAM, _within(land, [w.line for w in terrain.streams])),
        (EdgeKind.MAIN, _within(land, [road.line for road in streets.main if road.is_country])),
        (EdgeKind.STREAM, _within(land, [streets.railway])),
    ]
    lines = np.concatenate([*(group for _, group in groups), streets.edges])
    kinds = np.concatenate([*(np.full(len(group), kind, np.int8) for kind, group in groups), streets.kinds])
    return lines, kinds


def _within(land: shapely.Polygon, lines: list[shapely.LineString]) -> NDArray[np.object_]:
    parts = shapely.get_parts(shapely.intersection(np.array(lines, dtype=object), land))
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]


def _fields(rng: np.random.Generator, terrain: Terrain, built: shapely.Geometry) -> NDArray[np.object_]:
    """Boundaries of the land between the towns: Voronoi edges of well-spaced points, wider apart in the hills."""
    points = _spaced_points(rng, terrain, built.buffer(-60))
    edges = shapely.voronoi_polygons(
        shapely.multipoints(points), extend_to=terrain.outline.buffer(2000), only_edges=True
    )
    outside = terrain.outline.difference(built)
    return shapely.get_parts(shapely.intersection(shapely.get_parts(edges), outside))


def _spaced_points(rng: np.random.Generator, terrain: Terrain, built: shapely.Geometry) -> Points:
    """Dart throwing on the land outside ``built``: no two points nearer than the spacing of their spot."""
    west, south, east, north = terrain.outline.buffer(300).bounds
    darts = rng.uniform((west, south), (east, north), (60_000, 2))
    keep = shapely.contains_xy(terrain.outline.buffer(300).difference(built), darts)
    darts = darts[keep]
    spacing = (
        190.0 + 130.0 * np.clip(terrain.height(darts) / 200.0, 0, 1) - 40.0 * np.clip(terrain.urbanity(darts), 0, 1)
    )
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
    chosen = []
    size = 320.0
    for (x, y), gap in zip(darts.tolist(), spacing.tolist(), strict=True):
        column, row = int(x // size), int(y // size)
        near = (p for i in (-1, 0, 1) for j in (-1, 0, 1) for p in taken.get((column + i, row + j), ()))
        if all((px - x) ** 2 + (py - y) ** 2 >= gap * gap for px, py in near):
            taken.setdefault((column, row), []).append((x, y))
            chosen.append((x, y))
    return np.array(chosen)


def _segments(faces: NDArray[np.object_]) -> tuple[Points, Points, Ints]:
    """Sides of all faces: from (n, 2), to (n, 2), face (n,)."""
    rings, face_of_ring = shapely.get_rings(faces, return_index=True)
    coordinates, ring_of = shapely.get_coordinates(rings, return_index=True)
    same = ring_of[1:] == ring_of[:-1]
    return coordinates[:-1][same], coordinates[1:][same], face_of_ring[ring_of[:-1][same]].astype(np.int64)


def _sides(
    faces: NDArray[np.object_], tree: shapely.STRtree, kinds: NDArray[np.int8]
) -> tuple[Ints, Floats, NDArray[np.int8]]:
    """Every side that two faces share: faces (m, 2), length (m,), kind of the line it lies on (m,)."""
    start, end, face = _segments(faces)
    mm = np.rint(np.column_stack([start, end]) * 1000).astype(np.int64)
    swap = (mm[:, 0] > mm[:, 2]) | ((mm[:, 0] == mm[:, 2]) & (mm[:, 1] > mm[:, 3]))
    mm[swap] = mm[swap][:, [2, 3, 0, 1]]
    order = np.lexsort(mm.T)
    twin = (mm[order[1:]] == mm[order[:-1]]).all(axis=1)
    first, second = order[:-1][twin], order[1:][twin]
    both: Ints = np.sort(np.column_stack([face[first], face[second]]), axis=1)
    length = np.linalg.norm(end[first] - start[first], axis=1)
    halfway = shapely.points((start[first] + end[first]) / 2)
    kind = np.zeros(len(first), np.int8)
    point, line = tree.query(halfway, predicate="dwithin", distance=_ON_LINE_M)
    np.maximum.at(kind, point, kinds[line])
    return both, length, kind


def _joined(faces: NDArray[np.object_], tree: shapely.STRtree, kinds: NDArray[np.int8]) -> NDArray[np.object_]:
    """Slivers joined to the neighbour across their longest edge, soft edges first."""
    both, length, kind = _sides(faces, tree, kinds)
    area = shapely.area(faces)
    thin = area / np.maximum(shapely.length(faces) ** 2, 1.0) < 0.018
    small = (area < _SMALL_M2) | (thin & (area < 12 * _SMALL_M2))
    weight = length * (1.0 - 0.15 * kind)
    parent = np.arange(len(faces))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    best: dict[int, dict[int, float]] = {}
    for (a, b), w in zip(both.tolist(), weight.tolist(), strict=True):
        for one, other in ((a, b), (b, a)):
            if small[one]:
                ways = best.setdefault(one, {})
                ways[other] = ways.get(other, 0.0) + w
    for one in sorted(best, key=lambda i: float(area[i])):
        other = max(best[one].items(), key=lambda item: (item[1], -item[0]))[0]
        a, b = root(one), root(other)
        if a != b:
            parent[max(a, b)] = min(a, b)
    roots = np.array([root(i) for i in range(len(faces))])
    return _dissolved(faces, roots)


def _dissolved(faces: NDArray[np.object_], labels: Ints) -> NDArray[np.object_]:
    """One polygon a label, in the order of labels; a group of one keeps its face."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    groups = np.split(faces[order], starts[1:])
    return np.array([g[0] if len(g) == 1 else shapely.coverage_union_all(g) for g in groups], dtype=object)


def _neighbours(
    faces: NDArray[np.object_], tree: shapely.STRtree, kinds: NDArray[np.int8]
) -> tuple[Ints, Floats, Floats]:
    both, length, kind = _sides(faces, tree, kinds)
    differ = both[:, 0] != both[:, 1]
    both, length, kind = both[differ], length[differ], kind[differ]
    pairs, which = np.unique(both, axis=0, return_inverse=True)
    shared_m, by_kind = (np.bincount(which, weights).astype(np.float64) for weights in (length, length * kind))
    return pairs, shared_m, by_kind / shared_m
