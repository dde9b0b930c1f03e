"""Faults where the outline of a coverage, or a hole in it, is not what it was: found in the chain of moved edges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
import shapely

from geo.coverage.chain import Chain
from geo.coverage.edges import Corner, directed_edges, rings_of, xy_of
from geo.coverage.faces import side_of, walk
from geo.coverage.faults import ERROR, NARROW_M, WARNING, area_words, listed
from geo.coverage.lattice import area_text
from geo.coverage.shapes import Ring, Segment, doubled_area, line, segments_of
from geo.crs import LATTICE_M
from geo.model import Fault

Owners = Mapping[Segment, Mapping[str, int]]  # by edge, who has it: 1 in its direction, -1 in the other


class Grids(Protocol):
    """A set of grids that can be asked for those near a geometry."""

    def around(self, geoms: Iterable[shapely.Geometry]) -> list[str]: ...
    def __contains__(self, code: object) -> bool: ...
    def __getitem__(self, code: str) -> shapely.Geometry: ...


def outline_faults(
    moved: Chain, corner: Corner, before: Grids, after: Grids, *, permitted: bool, bend_m: float = LATTICE_M
) -> list[Fault]:
    """A fault for every place where the outline or a hole is another: with the grids there, and the exact area.

    moved: the edges of the outline afterwards less those before. A node that merely lies on the outline is none.
    bend_m: a line that lies nowhere further from where it was is a warning.
    """
    loops = [ring for ring in walk(moved.segments(corner)) if not _on_one_line(ring)]
    if not loops:
        return []
    edges = {_undirected(edge) for ring in loops for edge in segments_of(ring)}
    lines = [line((*ring, ring[0])) for ring in loops]
    then, now = (_owners(grids, grids.around(lines), edges, moved, corner) for grids in (before, after))
    grounds = zip(loops, _grounds(loops), strict=True)
    return [_fault(ring, ground, then, now, permitted, bend_m) for ring, ground in grounds if ground is not None]


def _grounds(loops: Sequence[Ring]) -> list[shapely.Geometry | None]:
    """What each loop encloses. Loops around gained and lost ground that lie on one another are cut where they do, and
    None is what is then left of nothing; a loop that crosses itself encloses nothing that could be told, but a line.
    """
    shapes = np.array([shapely.Polygon(line((*ring, ring[0]))) for ring in loops], dtype=object)
    gained = np.array([doubled_area(ring) > 0 for ring in loops])
    usable = shapely.is_valid(shapes)
    grounds: list[shapely.Geometry | None] = list(np.where(usable, shapes, shapely.get_exterior_ring(shapes)))
    tree = shapely.STRtree(shapes)
    for at in np.flatnonzero(usable).tolist():
        other = tree.query(shapes[at], predicate="intersects") if len(loops) > 1 else np.empty(0, np.int64)
        other = other[usable[other] & (gained[other] != gained[at])]
        common = shapely.union_all(shapes[other])
        if shapes[at].intersection(common).area > LATTICE_M**2:
            left = shapes[at].difference(common)
            grounds[at] = left if left.area > LATTICE_M**2 else None
    return grounds


def _fault(ring: Ring, ground: shapely.Geometry, then: Owners, now: Owners, permitted: bool, bend_m: float) -> Fault:
    edges = [_undirected(edge) for edge in segments_of(ring)]
    codes = tuple(sorted({code for owners in (then, now) for edge in edges for code in owners.get(edge, ())}))
    was, is_now = ([edge for edge in edges if sum(owners.get(edge, {}).values())] for owners in (then, now))
    doubled = doubled_area(ring)
    area_m2 = ground.area or abs(doubled) / 2e6
    exact = f" ({area_text(abs(doubled))} mm2)" if round(2e6 * area_m2) == abs(doubled) else ""
    area = f"{area_words(area_m2)}{exact} {'more' if doubled > 0 else 'less'}"
    narrow = area_m2 <= bend_m * ground.length
    if narrow and was and is_now and _beside(was, is_now, bend_m):
        message = f"the outline of {listed(codes)} bends by up to {1000.0 * bend_m:g} mm, {area}"
        return Fault("outline_bent", WARNING, codes, message, area_m2=area_m2, geometry=ground)
    severity = WARNING if permitted else ERROR
    if doubled < 0 and not was:
        kind = "gap" if 2.0 * area_m2 < NARROW_M * ground.length else "hole"
        message = f"a new {kind} between {listed(codes)}, {area}"
        return Fault(kind, severity, codes, message, area_m2=area_m2, geometry=ground)
    message = f"the outline moves at {listed(codes)}, {area}"
    return Fault("outline_moved", severity, codes, message, area_m2=area_m2, geometry=ground)


def _owners(grids: Grids, codes: Sequence[str], edges: set[Segment], moved: Chain, corner: Corner) -> Owners:
    """Which of the grids have which of the edges, and in which direction."""
    owners: dict[Segment, dict[str, int]] = defaultdict(dict)
    if not codes:
        return owners
    geoms = np.array([grids[code] for code in codes], dtype=object)
    a, b, row, on_left = directed_edges(rings_of(geoms), corner)
    some = np.flatnonzero(np.isin(a, moved.a) & np.isin(b, moved.b))
    starts, ends = (map(tuple, xy_of(side[some], corner).tolist()) for side in (a, b))
    for start, end, at, left in zip(starts, ends, row[some].tolist(), on_left[some].tolist(), strict=True):
        edge = _undirected((start, end))
        if edge in edges:
            owners[edge][codes[at]] = 1 if left else -1
    return owners


def _undirected(edge: Segment) -> Segment:
    """An edge by its lower end first, as chains have it."""
    return edge if edge[0][::-1] < edge[1][::-1] else edge[::-1]


def _on_one_line(ring: Ring) -> bool:
    """Whether a loop only goes to and fro: nodes came onto the outline or left it."""
    return not any(side_of(ring[0], ring[1], at) for at in ring)


def _beside(some: Sequence[Segment], others: Sequence[Segment], reach_m: float) -> bool:
    """Whether edges lie nowhere further than this from one another."""
    one, other = (shapely.MultiLineString([line(edge) for edge in edges]) for edges in (some, others))
    return bool(shapely.hausdorff_distance(one, other) <= reach_m + 1e-9)
