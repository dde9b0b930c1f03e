"""The shared edges of a set of grids: every straight piece of boundary once, with the grid on either side of it.

A vertex is one int64, ``y * 2**32 + x`` in whole millimetres from the south-west corner of the coverage, so that two
vertices are compared, sorted and hashed as one number each. An edge runs from its lower vertex to its upper one, a
level edge eastwards; which side is left and which is right follows from that, whoever's ring it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.lattice import GeometryType, Geoms
from geo.crs import Floats, to_mm
from geo.errors import BadInput, FaultyCoverage

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]

OUTSIDE = -1
LARGEST_MM = 2_000_000_000  # wider, and twice the area of a triangle might not fit into 63 bits
_LOW = np.int64(0xFFFFFFFF)
_HASH_A, _HASH_B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


class Corner(NamedTuple):
    """The lattice point that vertices are counted from, in millimetres of the metric CRS."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Edges:
    """m edges. a, b: (m,) int64 vertices, a < b. left, right: (m,) int32 rows of the grids beside it, -1 for none."""

    a: Ints
    b: Ints
    left: Rows
    right: Rows

    def __len__(self) -> int:
        return len(self.a)

    def __getitem__(self, chosen: NDArray[np.bool_] | Ints | slice) -> Edges:
        return Edges(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def followed_by(self, *others: Edges) -> Edges:
        """All, one after the other."""
        columns = ([getattr(edges, field.name) for edges in (self, *others)] for field in fields(self))
        return Edges(*map(np.concatenate, columns))


@dataclass(frozen=True, slots=True)
class Rings:
    """Polygons as arrays. xy: (k, 2) int64 millimetres. first: (r + 1,) where each ring begins in xy.

    row: (r,) grid of each ring. shell: (r,) whether it is an outer ring.
    """

    xy: Ints
    first: Ints
    row: Ints
    shell: NDArray[np.bool_]


def vertices_of(xy: Ints, corner: Corner) -> Ints:
    """(k,) vertices of (k, 2) millimetres of the metric CRS."""
    return (xy[:, 1] - corner.y << np.int64(32)) + (xy[:, 0] - corner.x)


def xy_of(vertices: Ints, corner: Corner) -> Ints:
    """(k, 2) millimetres of the metric CRS of (k,) vertices."""
    return np.column_stack([x_of(vertices) + corner.x, y_of(vertices) + corner.y])


def x_of(vertex: Ints) -> Ints:
    """Millimetres east of the corner."""
    return vertex & _LOW


def y_of(vertex: Ints) -> Ints:
    """Millimetres north of the corner."""
    return vertex >> np.int64(32)


def rings_of(geoms: Geoms) -> Rings:
    """The rings of polygons and multipolygons in metres, on the lattice. Raises BadInput for what is none."""
    _refuse_other_kinds(geoms)
    parts, row_of_part = shapely.get_parts(geoms, return_index=True)
    filled = ~shapely.is_empty(parts)
    parts, row_of_part = parts[filled], row_of_part[filled]
    if not len(parts):
        return Rings(np.empty((0, 2), np.int64), np.zeros(1, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_))
    _, xy, (first, ring_of_part) = shapely.to_ragged_array(parts, include_z=False)
    first, ring_of_part = first.astype(np.int64), ring_of_part.astype(np.int64)
    shell = np.zeros(len(first) - 1, np.bool_)
    shell[ring_of_part[:-1]] = True
    return Rings(_whole_mm(xy), first, np.repeat(row_of_part, np.diff(ring_of_part)), shell)


def box_corners(geoms: Geoms) -> Ints:
    """(k, 2) millimetres: opposite corners of the box around each grid that has vertices. Same errors as rings_of."""
    _refuse_other_kinds(geoms)
    metres = shapely.bounds(geoms).reshape(-1, 2)
    return _whole_mm(metres[~np.isnan(metres).any(axis=1)])


def _refuse_other_kinds(geoms: Geoms) -> None:
    if not np.isin(shapely.get_type_id(geoms), (GeometryType.POLYGON, GeometryType.MULTIPOLYGON)).all():
        raise BadInput("a grid is a polygon or a multipolygon")


def _whole_mm(metres: Floats) -> Ints:
    """Metres on the lattice. Raises BadInput for what is not finite, or so large that doubles skip millimetres."""
    mm = to_mm(metres)
    if not np.isfinite(mm).all():
        raise BadInput("a grid has a coordinate that is not a finite number")
    if np.abs(mm).max(initial=0.0) > 2.0**52:
        raise BadInput("a grid has a coordinate beyond 4,500 million km: are these metres?")
    return mm.astype(np.int64)


def corner_and_size(xy: Ints) -> tuple[Corner, int, int]:
    """The corner 1 mm south-west of all vertices, and the width and height to 1 mm beyond the others.

    Raises BadInput where whole numbers of 64 bits could not decide exactly.
    """
    if not len(xy):
        return Corner(0, 0), 2, 2
    (west, south), (east, north) = xy.min(axis=0).tolist(), xy.max(axis=0).tolist()
    width, height = east - west, north - south
    if max(width, height) > LARGEST_MM:
        raise BadInput(
            f"the grids reach over {max(width, height) // 1_000_000:,} km; decisions are exact up to "
            f"{LARGEST_MM // 1_000_000:,} km: divide the jurisdiction, or look for a grid with a wrong coordinate"
        )
    return Corner(west - 1, south - 1), width + 2, height + 2


def shared_edges(rings: Rings, corner: Corner, codes: Sequence[str]) -> Edges:
    """Every edge once, with the grid on either side. An edge between two parts of one grid is left out.

    Raises FaultyCoverage where two grids lie on the same side of an edge: they overlap.
    """
    a, b, row, on_left = directed_edges(rings, corner)
    outside = np.int32(OUTSIDE)
    return joined(Edges(a, b, np.where(on_left, row, outside), np.where(on_left, outside, row)), codes)


def joined(parts: Edges, codes: Sequence[str]) -> Edges:
    """Equal edges made one, with the sides of all of them. Same errors as shared_edges."""
    order, new = grouped(parts.a, parts.b)
    begin = np.flatnonzero(new)
    sides = []
    for rows in (parts.left[order], parts.right[order]):
        side = np.maximum.reduceat(rows, begin)  # OUTSIDE is the least
        known = rows != OUTSIDE
        if np.count_nonzero(side != OUTSIDE) != np.count_nonzero(known):
            _refuse_same_side(np.cumsum(new)[known], rows[known], codes)
        sides.append(side)
    edges = Edges(parts.a[order[begin]], parts.b[order[begin]], *sides)
    return edges[edges.left != edges.right]


def directed_edges(rings: Rings, corner: Corner) -> tuple[Ints, Ints, Rows, NDArray[np.bool_]]:
    """Lower vertex, upper vertex, row, and whether the grid lies on the left, of every piece of every ring."""
    vertex = vertices_of(rings.xy, corner)
    start, end = vertex[:-1], vertex[1:]
    real = start != end
    real[rings.first[1:-1] - 1] = False  # from the last vertex of a ring to the first of the next is no edge
    ring = np.repeat(np.arange(len(rings.row)), np.diff(rings.first))[: len(real)]
    # A ring that turns left has its inside on the left; of a hole the inside of the grid is the other side.
    inside_left = (_doubled_areas(rings, corner) > 0) == rings.shell
    start, end, ring = start[real], end[real], ring[real]
    on_left = inside_left[ring] == (start < end)
    return np.minimum(start, end), np.maximum(start, end), rings.row[ring].astype(np.int32), on_left


def _doubled_areas(rings: Rings, corner: Corner) -> Ints:
    """(r,) twice the area of each ring in mm2, positive where it runs against the clock. Exact up to LARGEST_MM."""
    if not len(rings.row):
        return np.empty(0, np.int64)
    x, y = rings.xy[:, 0] - corner.x, rings.xy[:, 1] - corner.y
    lengths = np.diff(rings.first)
    x, y = x - np.repeat(x[rings.first[:-1]], lengths), y - np.repeat(y[rings.first[:-1]], lengths)
    # Every ring begins and ends at 0, 0: the step from one ring to the next adds nothing.
    cross = np.zeros(len(x), np.int64)
    cross[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    doubled: Ints = np.add.reduceat(cross, rings.first[:-1])
    return doubled


def grouped(a: Ints, b: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """An order in which equal edges follow one another, and (in that order) where a new edge begins.

    One 64-bit key per edge is sorted: a coarse place of its start on top, so that neighbours stay together in memory;
    then a hash of both vertices; the position at the bottom. Sorting numbers is several times quicker than sorting
    pairs of vertices. The few different edges with one hash are told apart afterwards.
    """
    bits = np.uint64(max(len(a) - 1, 1).bit_length())
    place_bits = np.uint64((64 - int(bits)) // 2)
    mixed = a.view(np.uint64) * _HASH_A + b.view(np.uint64) * _HASH_B
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _HASH_A
    key = mixed >> place_bits + bits << bits | np.arange(len(a), dtype=np.uint64)
    key |= _coarse_place(a, int(place_bits) // 2) << np.uint64(64) - place_bits
    key.sort()
    order = (key & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    hashed = key >> bits
    new_hash, new = _differs(hashed), _differs(a[order]) | _differs(b[order])
    if (new & ~new_hash).any():
        group = np.cumsum(new_hash)
        mixed_up = np.flatnonzero(np.isin(group, group[new & ~new_hash]))
        sub = order[mixed_up]
        order[mixed_up] = sub[np.lexsort((b[sub], a[sub], group[mixed_up]))]
        new = _differs(a[order]) | _differs(b[order])
    return order, new


def _coarse_place(vertex: Ints, bits: int) -> NDArray[np.uint64]:
    """Row and column of each vertex, of so many bits each, in one number."""
    x, y = x_of(vertex), y_of(vertex)
    column, row = (axis >> np.int64(max(int(axis.max(initial=0)).bit_length() - bits, 0)) for axis in (x, y))
    return (row << np.int64(bits) | column).view(np.uint64)


def _differs(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """(n,) whether each value is another than the one before it."""
    new = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return new


def _refuse_same_side(group: Ints, row: Rows, codes: Sequence[str]) -> None:
    """Raise for the grids that lie on the same side of one edge."""
    crowded = np.flatnonzero(np.bincount(group) > 1)
    pairs = {tuple(sorted({codes[r] for r in row[group == one].tolist()})) for one in crowded[:100].tolist()}
    raise overlapping(sorted(pairs))


def overlapping(groups: Sequence[tuple[str, ...]]) -> FaultyCoverage:
    """The error that names grids that overlap one another; a group of one is a grid that overlaps itself."""
    words = [" and ".join(map(repr, names)) if len(names) > 1 else f"{names[0]!r} and itself" for names in groups]
    shown = ", ".join(words[:5]) + (f" and {len(words) - 5} more" if len(words) > 5 else "")
    return FaultyCoverage(
        f"grids overlap: {shown}; mend the boundaries, or import them with --repair",
        faults=[{"kind": "overlap", "severity": "error", "codes": list(names)} for names in groups],
    )
