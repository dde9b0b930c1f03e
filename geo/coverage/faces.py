"""Polygons from their edges: directed edges with the inside on their left, put together to rings, exactly.

To merge grids is to take the edges of all of them; those that two of them share run both ways and cancel. To cut a grid
is to add the cut, running both ways. Either way the rings are then walked anew: at a node where several go on, the walk
takes the edge next to the one it came by, so that it keeps to the inside it goes around. A walk that comes twice
through one node is parted there, since a ring may not touch itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cmp_to_key

from geo.coverage.shapes import Part, Position, Ring, Segment, Shape, doubled_area, segments_of, words
from geo.errors import BadInput

Edges = set[Segment]


def edges_of(shape: Shape) -> list[Segment]:
    """Every edge of a shape, with the inside on its left."""
    edges: list[Segment] = []
    for part in shape.parts:
        for at, ring in enumerate(part):
            inside_left = (doubled_area(ring) > 0) == (at == 0)
            edges += segments_of(ring if inside_left else ring[::-1])
    return edges


def united(edges: Iterable[Segment]) -> Edges:
    """Edges of grids side by side without those between them. Raises BadInput where grids lie on one another."""
    counted = Counter(edges)
    twice = next((edge for edge, times in counted.items() if times > 1), None)
    if twice is not None:
        raise BadInput(f"the grids overlap at {words(twice[0])}: mend this first", reason="grids_overlap")
    return {edge for edge in counted if edge[::-1] not in counted}


def assemble(edges: Iterable[Segment]) -> list[Part]:
    """The parts that edges bound: each outer ring against the clock with its holes, in the order of their corners."""
    rings = [_from_lowest(ring) for ring in walk(edges)]
    shells = sorted(ring for ring in rings if doubled_area(ring) > 0)
    holes: dict[Ring, list[Ring]] = defaultdict(list)
    for ring in sorted(ring for ring in rings if doubled_area(ring) < 0):
        holes[_around(ring, shells)].append(ring)
    return [(shell, *holes[shell]) for shell in shells]


def walk(edges: Iterable[Segment]) -> list[Ring]:
    """The closed rings that edges make; none comes twice through a node. As many edges leave each node as reach it."""
    ahead: dict[Position, list[Position]] = defaultdict(list)
    for start, end in sorted(edges):
        ahead[start].append(end)
    rings: list[Ring] = []
    for start in list(ahead):
        while ahead[start]:
            rings += _parted(_walk_from(start, ahead))
    return rings


def side_of(a: Position, b: Position, point: Position) -> int:
    """Positive where a point lies left of the line from a to b, negative right of it, 0 on it. Exact."""
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])


def holds(ring: Sequence[Position], point: Position) -> bool:
    """Whether a point that is not on a ring lies inside it. Exact."""
    inside = False
    for (ax, ay), (bx, by) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (ay > point[1]) != (by > point[1]):
            upward = by > ay
            inside ^= (side_of((ax, ay), (bx, by), point) > 0) == upward
    return inside


def _walk_from(start: Position, ahead: dict[Position, list[Position]]) -> list[Position]:
    """Positions from start until the walk is back and closed; the edges that it takes are taken out."""
    path, before, at = [start], start, ahead[start].pop()
    while at != start:
        path.append(at)
        options = ahead[at]
        following = options[0] if len(options) == 1 else _beside(at, before, options)
        options.remove(following)
        before, at = at, following
    return path


def _beside(node: Position, before: Position, options: Sequence[Position]) -> Position:
    """The first of the options clockwise from the edge back to where the walk came from: the inside lies between."""

    def turn(option: Position) -> int:
        """Which half of the clock an option is in, that straight back being the last."""
        side = side_of(node, before, option)
        if side:
            return 0 if side < 0 else 2
        back = (before[0] - node[0]) * (option[0] - node[0]) + (before[1] - node[1]) * (option[1] - node[1]) > 0
        return 3 if back else 1

    def compare(one: Position, other: Position) -> int:
        by_half = turn(one) - turn(other)
        side = side_of(node, one, other)
        return by_half or (side > 0) - (side < 0)

    return min(options, key=cmp_to_key(compare))


def _parted(path: list[Position]) -> list[Ring]:
    """The rings of a closed walk, parted at every node that it comes through twice."""
    rings: list[Ring] = []
    kept: list[Position] = []
    place: dict[Position, int] = {}
    for position in path:
        if position in place:
            begin = place[position]
            rings.append(tuple(kept[begin:]))
            for gone in kept[begin + 1 :]:
                del place[gone]
            del kept[begin + 1 :]
        else:
            place[position] = len(kept)
            kept.append(position)
    return [*rings, tuple(kept)]


def _from_lowest(ring: Ring) -> Ring:
    """A ring from its lowest position on, so that the same edges always make the same ring."""
    begin = ring.index(min(ring))
    return ring[begin:] + ring[:begin]


def _around(hole: Ring, shells: Sequence[Ring]) -> Ring:
    """The smallest outer ring around a hole. The middle of an edge tells: rings meet at nodes only."""
    if len(shells) == 1:
        return shells[0]
    (ax, ay), (bx, by) = hole[:2]
    middle = ax + bx, ay + by
    around = [shell for shell in shells if holds([(2 * x, 2 * y) for x, y in shell], middle)]
    if not around:
        raise BadInput(f"the edges at {words(hole[0])} bound no area: mend the grids there first")
    return min(around, key=doubled_area)
