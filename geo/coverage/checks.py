"""What is wrong with a coverage after a change: near the grids that changed at each step, all of it before publishing.

Shapes, overlaps and unmatched edges are found as an import finds them. What GEOS cannot tell in metres is told in
whole millimetres: an edge that crosses another, a node on an edge that has none there. The outline, its holes and the
area are held against those of the edition that the change began from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.chain import Chain
from geo.coverage.edges import Corner, Edges, Ints, directed_edges, grouped, rings_of, x_of, xy_of, y_of
from geo.coverage.faults import ERROR, WARNING, edge_faults, listed, shape_faults
from geo.coverage.lattice import Geoms
from geo.coverage.nodes import Coverage, array_of, changed_grids
from geo.coverage.outline import Grids, outline_faults
from geo.coverage.overlaps import boxes_meet, cross, inside_of
from geo.crs import LATTICE_M
from geo.model import Fault

_MOST_EDGES = 100_000  # looked up at once
_UNKNOWN = np.int32(-1)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a draft says it may do: move the outline, break a grid into more parts than it had.

    bend_m: within this the outline bends by how lines are drawn, which is told and no error. warns_of_parts: where a
    change leaves a grid in more parts, that is told only; an operation that would make them is refused all the same.
    """

    outline: bool = False
    parts: bool = False
    bend_m: float = LATTICE_M
    warns_of_parts: bool = False


NOTHING = Allowed()


class Meeting(NamedTuple):
    """Where edges of these grids meet other than node to node: a point in metres."""

    codes: tuple[str, ...]
    place: shapely.Point


def local_faults(
    after: Coverage, touched: Sequence[str], met: Sequence[Meeting], allowed: Allowed = NOTHING
) -> list[Fault]:
    """Every fault that names a touched grid, and every place where the outline is not that of the origin.

    Without lon and lat: faults.placed gives these. touched: codes, also of grids that are gone. met: the
    crossings of their edges. Costs what the grids around them cost, however many others there are.
    """
    there = [code for code in touched if code in after]
    window = after.around(after[code] for code in there)
    names, geoms = array_of(window), array_of(after[code] for code in window)
    faults = _shapes_and_edges(names, geoms)
    faults += _crossings(met, faults)
    faults += _parts(after, after.origin, there, allowed)
    outline = _outline(after.moved, after, after.origin, faults, allowed)
    named = set(touched)
    return [fault for fault in faults if named.intersection(fault.codes)] + outline


def check(before: Coverage, after: Coverage, allowed: Allowed = NOTHING) -> list[Fault]:
    """Every fault of a coverage that is to follow another as the edition in force, without lon and lat.

    All grids are valid polygons and match their neighbours; outline, holes and area are what they were, or may change.
    """
    corner = after.origin.corner
    geoms = after.geometries()
    changes = changed_grids(before.geometries(), geoms)
    there = [code for code in changes if code in after]
    faults = _shapes_and_edges(array_of(geoms), array_of(geoms.values()))
    faults += _crossings(crossings(after, there), faults)
    was, is_now = ([side[code] for code in changes if code in side] for side in (before, after))
    moved = Chain.between(array_of(was), array_of(is_now), corner)
    return faults + _outline(moved, after, before, faults, allowed) + _parts(after, before, there, allowed)


# -- grids and their neighbours -------------------------------------------------------------------------------------


def _shapes_and_edges(names: Geoms, geoms: Geoms) -> list[Fault]:
    faults, valid = shape_faults(names, geoms)
    return faults + edge_faults(names[valid], geoms[valid])


def _crossings(met: Sequence[Meeting], known: Sequence[Fault]) -> list[Fault]:
    """Edges that cross others, or have a node of another on them; but for grids with known faults."""
    explained = {code for fault in known for code in fault.codes}
    faults: dict[tuple[str, ...], Fault] = {}
    for codes, place in met:
        if codes not in faults and not explained.issuperset(codes):
            who = f"edges of {listed(codes)} cross" if len(codes) > 1 else f"edges of {listed(codes)} cross each other"
            faults[codes] = Fault("crossing", ERROR, codes, f"{who}, or lack a common node", geometry=place)
    return list(faults.values())


def crossings(coverage: Coverage, touched: Sequence[str]) -> list[Meeting]:
    """Every two edges, one of them a touched grid's, that meet other than node to node. Exact."""
    there = [code for code in touched if code in coverage]
    if not there:
        return []
    names, corner = array_of(coverage.around(coverage[code] for code in there)), coverage.origin.corner
    edges = _edges(array_of(coverage[code] for code in names), corner)
    ours = np.append(np.isin(names, there), False)  # the last one is that of _UNKNOWN
    if not (ours[edges.left] | ours[edges.right]).any():
        return []  # what is less than a step of the lattice has no edge
    edges = edges[_near(edges, ours[edges.left] | ours[edges.right])]
    lines = shapely.linestrings(np.stack([_local(edges.a), _local(edges.b)], axis=1))
    tree = shapely.STRtree(lines)
    asked = np.flatnonzero(ours[edges.left] | ours[edges.right])
    found = []
    for begin in range(0, len(asked), _MOST_EDGES):
        part = asked[begin : begin + _MOST_EDGES]
        at, other = tree.query(lines[part])
        pairs = np.stack([part[at], other], axis=1)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        pairs = pairs[boxes_meet(edges, pairs)]
        found += [_named(edges, names, pair, corner) for pair in pairs[_meet(edges, pairs)].tolist()]
    return found


def _edges(geoms: Geoms, corner: Corner) -> Edges:
    """Every edge once, with one grid that has it, and another where there is one; sides say nothing here."""
    a, b, row, _ = directed_edges(rings_of(geoms), corner)
    order, new = grouped(a, b)
    first = np.flatnonzero(new)
    second = np.minimum(first + 1, len(order) - 1)
    has_second = ~new[second] & (second > first)
    other = np.where(has_second, row[order[second]], _UNKNOWN).astype(np.int32)
    return Edges(a[order[first]], b[order[first]], row[order[first]], other)


def _near(edges: Edges, asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which edges reach into the box around those that are asked for."""
    near = np.ones(len(edges), np.bool_)
    for of in (x_of, y_of):
        a, b = of(edges.a), of(edges.b)
        low, high = np.minimum(a, b), np.maximum(a, b)
        near &= (low <= high[asked].max()) & (high >= low[asked].min())
    return near


def _local(vertices: Ints) -> NDArray[np.float64]:
    return np.column_stack([x_of(vertices), y_of(vertices)]).astype(np.float64)


def _meet(edges: Edges, pairs: Ints) -> NDArray[np.bool_]:
    """(k,) whether two edges cross, or an end of one lies on the other between its ends."""
    one, other = pairs.T
    meet = cross(edges, pairs)
    for long, short in ((one, other), (other, one)):
        for end in (edges.a, edges.b):
            meet |= inside_of(edges, long, end[short])
    return meet


def _named(edges: Edges, names: Geoms, pair: Sequence[int], corner: Corner) -> Meeting:
    rows = {int(side[at]) for at in pair for side in (edges.left, edges.right)} - {int(_UNKNOWN)}
    ends = np.array([[end[at] for end in (edges.a, edges.b)] for at in pair])
    one, other = (shapely.linestrings(xy_of(two, corner) / 1000.0) for two in ends)
    place = shapely.shortest_line(one, other)
    return Meeting(tuple(sorted(names[row] for row in rows)), shapely.Point(shapely.get_coordinates(place)[0]))


# -- against what was -----------------------------------------------------------------------------------------------


def _outline(moved: Chain, after: Coverage, before: Grids, faults: Sequence[Fault], allowed: Allowed) -> list[Fault]:
    """Faults of the outline, without the places where grids overlap: they look like more ground and are known."""
    found = outline_faults(moved, after.origin.corner, before, after, permitted=allowed.outline, bend_m=allowed.bend_m)
    overlaps = [fault.geometry for fault in faults if fault.kind == "overlap"]
    if not found or not overlaps:
        return found
    overlap = shapely.union_all(overlaps)
    return [fault for fault in found if not _covers(overlap, fault.geometry)]


def _covers(overlap: shapely.Geometry, shape: shapely.Geometry) -> bool:
    return bool(shape.is_valid and shape.area and overlap.intersection(shape).area > 0.5 * shape.area)


def _parts(after: Coverage, before: Grids, codes: Sequence[str], allowed: Allowed) -> list[Fault]:
    """Grids in more parts than the grids had whose ground they have."""
    faults = []
    for code in codes:
        geom = after[code]
        count = shapely.get_num_geometries(geom)
        if count < 2 or not geom.is_valid or count <= _parts_then(geom, before):
            continue
        message = f"grid {code!r} falls into {count} parts"
        severity = WARNING if allowed.parts or allowed.warns_of_parts else ERROR
        smallest = min(shapely.get_parts(geom), key=lambda part: part.area)
        faults.append(Fault("parts", severity, (code,), message, area_m2=smallest.area, geometry=smallest))
    return faults


def _parts_then(geom: shapely.Geometry, before: Grids) -> int:
    """In how many parts a grid was before, counting those of the grids whose ground it has as if they were joined."""
    whole = [shapely.get_parts(before[code]) for code in before.around([geom])]
    shared = [int(np.count_nonzero(_common(parts, geom))) for parts in whole]
    return 1 + sum(count - 1 for count in shared if count)


def _common(parts: Geoms, geom: shapely.Geometry) -> NDArray[np.bool_]:
    """Which valid parts have ground in common with a grid, more than one square of the lattice."""
    common = np.zeros(len(parts), np.bool_)
    valid = shapely.is_valid(parts)
    common[valid] = shapely.area(shapely.intersection(parts[valid], geom)) > LATTICE_M**2
    return common
