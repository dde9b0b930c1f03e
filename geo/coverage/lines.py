"""Operations on nodes and edges: whatever several grids share changes in all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from math import dist

import shapely

from geo.coverage.checks import Meeting, crossings
from geo.coverage.nodes import Coverage
from geo.coverage.operations import DeleteNode, InsertNode, MoveNode, ReshapeEdge
from geo.coverage.shapes import Position, Ring, Segment, Shape, line, segments_of, words
from geo.coverage.step import Step, refused
from geo.crs import LATTICE_M

_FEWEST = 3  # nodes of a ring


def move_node(coverage: Coverage, operation: MoveNode) -> Step:
    """Every ring that has the node has it elsewhere."""
    at, to = operation.at, operation.to
    if at == to:
        raise refused("the node is there already", at, reason="node_there_already")

    def moved(ring: Ring) -> Ring:
        if at not in ring:
            return ring
        changed = tuple(to if node == at else node for node in ring)
        if any(start == end for start, end in segments_of(changed)):
            raise refused(
                "this would leave an edge of no length: delete the node instead", to, reason="edge_of_no_length"
            )
        return changed

    return Step.of({code: shape.with_rings(moved) for code, shape in _shapes_at(coverage, at).items()})


def insert_node(coverage: Coverage, operation: InsertNode) -> Step:
    """Every ring that has the edge goes over the node."""
    start, end = operation.edge
    if operation.at in operation.edge:
        raise refused("the edge ends there: an edge of no length cannot be", operation.at, reason="edge_of_no_length")
    shapes = with_inserted(coverage, {operation.edge: (operation.at,)})
    if not shapes:
        raise refused(f"no grid has an edge from {words(start)} to {words(end)}", start, reason="no_edge_there")
    return Step({code: shape.geometry() for code, shape in shapes.items()}, refuses_crossings=True)


def delete_node(coverage: Coverage, operation: DeleteNode) -> Step:
    """Every ring that has the node goes on without it."""
    at = operation.at
    shapes = _shapes_at(coverage, at)
    beside = _beside(shapes.values())[at]
    if len(beside) > 2:
        raise refused(
            f"{len(beside)} edges meet at this node, so it cannot go; move it, or merge grids",
            at, reason="edges_meet_at_node", edges=len(beside),
        )  # fmt: skip

    def without(ring: Ring) -> Ring:
        if at not in ring:
            return ring
        if len(ring) == _FEWEST:
            raise refused("a ring of three nodes cannot lose one", at, reason="ring_of_three")
        return tuple(node for node in ring if node != at)

    return Step.of({code: shape.with_rings(without) for code, shape in shapes.items()})


def reshape_edge(coverage: Coverage, operation: ReshapeEdge) -> Step:
    """Every ring that has the stretch between the ends of the line has the line instead."""
    new = operation.line
    start, end = new[0], new[-1]
    if start == end:
        raise refused(
            "a line back to where it began leaves no stretch of an edge to be replaced", start, reason="line_is_closed"
        )
    if not line(new).is_simple:
        raise refused("the new line crosses or touches itself", start, reason="line_crosses_itself")
    old = _stretch(coverage, start, end, operation.via)
    if old == new:
        raise refused("the edge runs like this already", start, reason="edge_runs_so")
    changed = {code: _rerouted(Shape.of(coverage[code]), old, new) for code in coverage.around([line(old)])}
    return Step.of({code: shape for code, shape in changed.items() if shape is not None})


def with_inserted(coverage: Coverage, inserted: Mapping[Segment, Sequence[Position]]) -> dict[str, Shape]:
    """The grids that have any of these edges, in either direction, with the nodes on them."""
    by_edge = {edge: tuple(nodes) for edge, nodes in inserted.items()}
    by_edge |= {edge[::-1]: nodes[::-1] for edge, nodes in by_edge.items()}

    def longer(ring: Ring) -> Ring:
        return tuple(node for edge in segments_of(ring) for node in (edge[0], *by_edge.get(edge, ())))

    shapes = {code: Shape.of(coverage[code]) for code in coverage.around(line(edge) for edge in inserted)}
    changed = {code: shape.with_rings(longer) for code, shape in shapes.items()}
    return {code: shape for code, shape in changed.items() if shape != shapes[code]}


def refuse_new(met: Sequence[Meeting], before: Coverage) -> None:
    """Refuse meetings of edges that were not there before."""
    for codes, place in met:
        known = crossings(before, codes)
        if not any(shapely.dwithin(place, meeting.place, LATTICE_M / 2) for meeting in known):
            at = round(place.x * 1000), round(place.y * 1000)
            who = " and ".join(map(repr, codes))
            raise refused(f"edges of {who} would cross or touch", at, reason="edges_would_cross", codes=list(codes))


def _shapes_at(coverage: Coverage, node: Position) -> dict[str, Shape]:
    codes = coverage.grids_at(node)
    if not codes:
        raise refused("no grid has a node there", node, reason="no_node_there")
    return {code: Shape.of(coverage[code]) for code in codes}


def _beside(shapes: Iterable[Shape]) -> dict[Position, set[Position]]:
    """By node, the nodes that an edge leads to."""
    beside: dict[Position, set[Position]] = defaultdict(set)
    for start, end in chain.from_iterable(segments_of(ring) for shape in shapes for ring in shape.rings()):
        beside[start].add(end)
        beside[end].add(start)
    return beside


def _stretch(coverage: Coverage, start: Position, end: Position, via: Position | None) -> Ring:
    """The nodes of one shared edge from start to end: where several lead there, the one over via, or the shortest."""
    for node in (start, end):
        if not coverage.grids_at(node):
            raise refused("no grid has a node there; a new line begins and ends at nodes", node, reason="no_node_there")
    both = sorted(set(coverage.grids_at(start)) & set(coverage.grids_at(end)))
    near = {code: Shape.of(coverage[code]) for code in coverage.around(coverage[code] for code in both)}
    found = {path for code in both for path in _paths(near[code], start, end)}
    if not found:
        raise refused(f"no edge leads from here to {words(end)}", start, reason="no_edge_there")
    beside = _beside(near.values())
    plain = [path for path in found if all(len(beside[node]) == 2 for node in path[1:-1])]
    chosen = [path for path in plain if via is None or via in path]
    if not chosen and plain:
        raise refused("the stretch does not lead over this node", via, reason="stretch_not_over_node")
    if not chosen:
        shortest = min(found, key=_length)
        node = next(node for node in shortest[1:-1] if len(beside[node]) > 2)
        raise refused(
            "other edges meet the stretch at this node: reshape it up to there, then on from there",
            node, reason="edges_meet_at_node", edges=len(beside[node]),
        )  # fmt: skip
    return min(chosen, key=lambda path: (_length(path), path))


def _paths(shape: Shape, start: Position, end: Position) -> list[Ring]:
    """Both ways from start to end along each ring that has them."""
    paths = []
    for ring in shape.rings():
        if start in ring and end in ring:
            for way in (ring, ring[::-1]):
                turned = way[way.index(start) :] + way[: way.index(start)]
                paths.append(turned[: turned.index(end) + 1])
    return paths


def _length(path: Ring) -> float:
    return sum(dist(one, other) for one, other in pairwise(path))


def _rerouted(shape: Shape, old: Ring, new: Ring) -> Shape | None:
    """A shape with another line in the place of a stretch, None where it has no such stretch."""

    def changed(ring: Ring) -> Ring:
        for was, now in ((old, new), (old[::-1], new[::-1])):
            turned = _turned(ring, was)
            if turned is not None:
                return _from_kept((*now, *turned[len(was) :]), ring)
        return ring

    rerouted = shape.with_rings(changed)
    return rerouted if rerouted != shape else None


def _turned(ring: Ring, stretch: Ring) -> Ring | None:
    """A ring from the beginning of a stretch on; None where it does not follow it. A ring may come twice by a node."""
    for begin, node in enumerate(ring):
        if node == stretch[0]:
            turned = ring[begin:] + ring[:begin]
            if turned[: len(stretch)] == stretch:
                return turned
    return None


def _from_kept(ring: Ring, was: Ring) -> Ring:
    """A ring that begins where it did, if that node is still there."""
    begin = ring.index(was[0]) if was[0] in ring else 0
    return ring[begin:] + ring[:begin]
