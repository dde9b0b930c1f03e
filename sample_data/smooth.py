"""From labelled faces to the final polygons: shared edges drawn once, softened where nothing holds them.

An edge between two parts is one line. Where it lies on a street, road or river it stays as it is; where it crosses open
land its corners are cut and it is made to waver. Polygons are then built from the lines, so both sides are equal to the
bit. A line that would touch another after smoothing keeps its old course.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import snap
from sample_data.curves import Points, Warp, chaikin
from sample_data.ground import Ground, Ints

_ON_LINE_M = 0.5
_TOLERANCE_M = 80.0
_DENSE_M = 40.0


def drawn(ground: Ground, labels: Ints, waver: Warp) -> NDArray[np.object_]:
    """(k,) polygons, one a label 0..k-1, tiling exactly what the faces tile."""
    rough = _boundary_lines(ground.faces, labels)
    smooth = np.array([_softened(line, ground.hard, waver) for line in rough], dtype=object)
    lines = _untangled(rough, smooth)
    polygons = shapely.get_parts(shapely.polygonize(lines))
    return _by_label(polygons, ground, labels)


def _boundary_lines(faces: NDArray[np.object_], labels: Ints) -> NDArray[np.object_]:
    """The edges between parts and the outline, cut wherever three meet."""
    parts = [shapely.coverage_union_all(faces[labels == label]) for label in range(int(labels.max()) + 1)]
    sides = np.concatenate([_pieces(ring) for ring in shapely.get_rings(parts)])
    mm = np.rint(sides.reshape(-1, 4) * 1000).astype(np.int64)
    swap = (mm[:, 0] > mm[:, 2]) | ((mm[:, 0] == mm[:, 2]) & (mm[:, 1] > mm[:, 3]))
    mm[swap] = mm[swap][:, [2, 3, 0, 1]]
    _, once = np.unique(mm, axis=0, return_index=True)
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(sides[np.sort(once)])))
    return shapely.get_parts(merged)


def _pieces(ring: shapely.LinearRing) -> Points:
    xy = shapely.get_coordinates(ring)
    return np.stack([xy[:-1], xy[1:]], axis=1)


def _softened(line: shapely.LineString, hard: shapely.STRtree, waver: Warp) -> shapely.LineString:
    """The line with its free stretches smoothed; its ends and what lies on a hard line stay."""
    xy = shapely.get_coordinates(line)
    middles = shapely.points((xy[:-1] + xy[1:]) / 2)
    held = np.zeros(len(middles), dtype=bool)
    held[hard.query(middles, predicate="dwithin", distance=_ON_LINE_M)[0]] = True
    bounds = np.flatnonzero(np.diff(held.astype(int))) + 1
    pieces = []
    for start, stop in zip([0, *bounds], [*bounds, len(held)], strict=True):
        piece = xy[start : stop + 1]
        pieces.append(piece[:-1] if held[start] else _wavering(piece, waver)[:-1])
    return shapely.LineString(snap(np.vstack([*pieces, xy[-1:]])))


def _wavering(piece: Points, waver: Warp) -> Points:
    """Corners cut, then wavering in proportion to the distance from the ends, which stay."""
    if len(piece) < 3:
        return piece
    plain = shapely.get_coordinates(shapely.simplify(shapely.LineString(piece), _TOLERANCE_M))
    curve = shapely.get_coordinates(shapely.segmentize(shapely.LineString(chaikin(plain, 3)), _DENSE_M))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    freedom = np.clip(np.minimum(along, along[-1] - along) / 400.0, 0, 1)[:, None]
    moved = curve + (waver(curve) - curve) * freedom
    thinned = shapely.get_coordinates(shapely.simplify(shapely.LineString(moved), 4.0))
    return np.vstack([piece[:1], thinned[1:-1], piece[-1:]])


def _untangled(rough: NDArray[np.object_], smooth: NDArray[np.object_]) -> NDArray[np.object_]:
    """``smooth``, but with the rough course of every line that would cross or touch another, or itself."""
    lines = smooth.copy()
    lines[~shapely.is_simple(lines)] = rough[~shapely.is_simple(lines)]
    while True:
        bad = _tangled(lines)
        still = bad & ~shapely.equals_identical(lines, rough)
        if not still.any():
            return lines
        lines[still] = rough[still]


def _tangled(lines: NDArray[np.object_]) -> NDArray[np.bool_]:
    """(n,) whether a line meets another anywhere but at both their ends."""
    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    pair = one < other
    one, other = one[pair], other[pair]
    meets = shapely.intersection(lines[one], lines[other])
    ends = shapely.boundary(lines)
    clean = shapely.covers(ends[one], meets) & shapely.covers(ends[other], meets)
    bad = np.zeros(len(lines), dtype=bool)
    bad[one[~clean]] = True
    bad[other[~clean]] = True
    return bad


def _by_label(polygons: NDArray[np.object_], ground: Ground, labels: Ints) -> NDArray[np.object_]:
    """The polygon of each label: the one that holds most of its faces' middles."""
    count = int(labels.max()) + 1
    polygon, face = shapely.STRtree(shapely.points(ground.middles)).query(polygons, predicate="contains")[::1]
    votes = np.zeros((len(polygons), count))
    np.add.at(votes, (polygon, labels[face]), ground.area_m2[face])
    owner = votes.argmax(axis=1)
    if len(polygons) != count or len(np.unique(owner)) != count:
        raise RuntimeError(f"{count} parts became {len(polygons)} polygons")
    result = np.empty(count, dtype=object)
    result[owner] = polygons
    return result
