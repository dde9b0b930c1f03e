"""Where a line cuts a grid, exactly: its pieces inside the grid, and the nodes that its ends put onto the edges.

A line crosses an edge at a place that is hardly ever on the lattice. Its end goes to a node or a lattice point of the
edge within a millimetre of that place where there is one, and to the nearest lattice point otherwise; the edge then
bends by less than a millimetre, which is told. What is inside and what is not is decided on the line as it was drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, gcd, hypot
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.coverage.edges import Ints
from geo.coverage.faces import side_of
from geo.coverage.shapes import Position, Ring, Segment, Shape, segments_of

_INSIDE, _ON, _OUTSIDE = 1, 0, -1


@dataclass(frozen=True, slots=True)
class Cut:
    """What a line does to a grid.

    chains: its pieces inside the grid, each from node to node; one that lies wholly inside ends where it begins.
    inserted: by edge, in the direction of the grid's ring, the nodes that come onto it in their order.
    bent: of these nodes those that do not lie on their edge, and by how many millimetres.
    ends_inside: whether an end of the line lies inside. meets: whether it meets an edge. runs_along: on a stretch.
    """

    chains: tuple[tuple[Position, ...], ...]
    inserted: Mapping[Segment, tuple[Position, ...]]
    bent: Mapping[Position, float]
    ends_inside: bool
    meets: bool
    runs_along: bool


class _Stop(NamedTuple):
    """Where the line meets the grid's edges: on which of its segments, how far along it, and the node there."""

    segment: int
    along: Fraction
    node: Position


class _Meeting(NamedTuple):
    """One meeting with an edge: the stop, and the edge with the share of it where the node comes onto it."""

    stop: _Stop
    edge: Segment | None
    share: Fraction


def cut_by(shape: Shape, line: Sequence[Position], *, closed: bool) -> Cut:
    """Where a line of at least two positions, or a closed one of at least three, cuts a shape."""
    outline = _Outline(shape)
    path = _Path((*line, line[0]) if closed else tuple(line), closed)
    meetings = [meeting for number, segment in enumerate(path.segments()) for meeting in outline.meet(number, segment)]
    stops = path.in_order(meeting.stop for meeting in meetings)
    pieces = [(start, end, outline.where(*path.middle(start, end))) for start, end in path.between(stops)]
    chains = [path.chain(start, end) for start, end, where in pieces if where == _INSIDE]
    inserted, bent = _inserted(meetings)
    return Cut(
        chains=tuple(chain for chain in chains if len(chain) > 1),
        inserted=inserted,
        bent=bent,
        ends_inside=not closed and any(where == _INSIDE and not (start and end) for start, end, where in pieces),
        meets=bool(stops),
        runs_along=any(where == _ON for _, _, where in pieces),
    )


class _Path:
    """The line: positions, the last of a closed one being the first again."""

    def __init__(self, line: Ring, closed: bool) -> None:
        self.line, self.closed = line, closed
        self.count = len(line) - 1

    def segments(self) -> Iterator[Segment]:
        return pairwise(self.line)

    def in_order(self, stops: Iterator[_Stop]) -> list[_Stop]:
        """Each stop once; the end of a segment is the beginning of the next one."""
        once = {}
        for stop in stops:
            at = (stop.segment + 1, Fraction(0)) if stop.along == 1 else (stop.segment, stop.along)
            at = (0, Fraction(0)) if self.closed and at[0] == self.count else at
            once[at] = _Stop(*at, stop.node)
        return [once[at] for at in sorted(once)]

    def between(self, stops: list[_Stop]) -> list[tuple[_Stop | None, _Stop | None]]:
        """Pairs of stops that follow each other, None for an end of the line that is no stop."""
        if self.closed:
            return list(zip(stops, stops[1:] + stops[:1], strict=True)) or [(None, None)]
        ends: list[_Stop | None] = [*stops]
        if not stops or stops[0][:2] != (0, Fraction(0)):
            ends.insert(0, None)
        if not stops or stops[-1].segment != self.count:
            ends.append(None)
        return list(pairwise(ends))

    def middle(self, start: _Stop | None, end: _Stop | None) -> tuple[int, int, int]:
        """A point of the line between two stops: numerators east and north, and their denominator."""
        segment, low = (start.segment, start.along) if start else (0, Fraction(0))
        ends_here = end is not None and end.segment == segment and end.along > low
        high = end.along if end is not None and ends_here else Fraction(1)
        (x, y), (to_x, to_y) = self.line[segment : segment + 2]
        at = (low + high) / 2
        part, whole = at.numerator, at.denominator
        return x * whole + (to_x - x) * part, y * whole + (to_y - y) * part, whole

    def chain(self, start: _Stop | None, end: _Stop | None) -> Ring:
        """The nodes at two stops with the positions of the line between, none twice in a row.

        All of a closed line that stops nowhere; nothing for one that ends inside.
        """
        if not (start and end):
            return self.line if self.closed else ()
        last = end.segment + (end.along > 0)
        if self.closed and end[:2] <= start[:2]:
            last += self.count
        between = [self.line[at % self.count if self.closed else at] for at in range(start.segment + 1, last)]
        whole = [start.node, *between, end.node]
        return tuple(at for at, before in zip(whole, [None, *whole[:-1]], strict=True) if at != before)


class _Outline:
    """The edges of a grid as arrays."""

    def __init__(self, shape: Shape) -> None:
        self.edges = [edge for ring in shape.rings() for edge in segments_of(ring)]
        ends: Ints = np.array(self.edges, dtype=np.int64)
        self.start, self.end = ends[:, 0], ends[:, 1]
        self.low, self.high = ends[:, :, 1].min(axis=1), ends[:, :, 1].max(axis=1)

    def meet(self, number: int, segment: Segment) -> Iterator[_Meeting]:
        """Every meeting of a segment of the line with the edges."""
        first, last = np.array(segment, dtype=np.int64)
        ahead, along = last - first, self.end - self.start
        from_start, from_end = _cross(ahead, self.start - first), _cross(ahead, self.end - first)
        at_first, at_last = _cross(along, first - self.start), _cross(along, last - self.start)
        yield from self._nodes(number, first, ahead, from_start)
        for end, far, side in ((segment[0], 0, at_first), (segment[1], 1, at_last)):
            yield from self._ends(_Stop(number, Fraction(far), end), along, side)
        crossing = (np.sign(from_start) * np.sign(from_end) < 0) & (np.sign(at_first) * np.sign(at_last) < 0)
        for at in np.flatnonzero(crossing).tolist():
            share = _ratio(from_start[at], from_end[at])
            yield self._crossing(number, segment, at, _ratio(at_first[at], at_last[at]), share)

    def _nodes(self, number: int, first: Ints, ahead: Ints, side: Ints) -> Iterator[_Meeting]:
        """Nodes of the grid that lie on the segment."""
        far, length = (self.start - first) @ ahead, int(ahead @ ahead)
        for at in np.flatnonzero((side == 0) & (far >= 0) & (far <= length)).tolist():
            node = self.edges[at][0]
            yield _Meeting(_Stop(number, Fraction(int(far[at]), length), node), None, Fraction(0))

    def _ends(self, stop: _Stop, along: Ints, side: Ints) -> Iterator[_Meeting]:
        """Edges that an end of the segment lies on, but at neither of theirs."""
        on_line = np.flatnonzero(side == 0)
        for at in on_line.tolist():
            far = int((np.array(stop.node) - self.start[at]) @ along[at])
            length = int(along[at] @ along[at])
            if 0 < far < length:
                yield _Meeting(stop, self.edges[at], Fraction(far, length))

    def _crossing(self, number: int, segment: Segment, at: int, far: Fraction, share: Fraction) -> _Meeting:
        """A segment that crosses an edge between the ends of both."""
        (x, y), (to_x, to_y) = segment
        place = x + (to_x - x) * far, y + (to_y - y) * far
        return _Meeting(_Stop(number, far, _nearest(self.edges[at], place, share)), self.edges[at], share)

    def where(self, x: int, y: int, whole: int) -> int:
        """Whether a point, given as numerators over whole, lies inside the grid, on an edge or outside."""
        inside = False
        for at in np.flatnonzero((self.low <= y // whole + 1) & (self.high >= y // whole)).tolist():
            a, b = ((east * whole, north * whole) for east, north in self.edges[at])
            side = side_of(a, b, (x, y))
            if side == 0 and min(a[0], b[0]) <= x <= max(a[0], b[0]) and min(a[1], b[1]) <= y <= max(a[1], b[1]):
                return _ON
            if (a[1] > y) != (b[1] > y):
                inside ^= (side > 0) == (b[1] > a[1])
        return _INSIDE if inside else _OUTSIDE


def _nearest(edge: Segment, place: tuple[Fraction, Fraction], share: Fraction) -> Position:
    """The node for a place on an edge: one of its ends or a lattice point of it within 1 mm, or the nearest at all."""
    (ax, ay), (bx, by) = edge
    steps = gcd(bx - ax, by - ay)
    step = round(share * steps)
    on_edge = ax + (bx - ax) // steps * step, ay + (by - ay) // steps * step
    around = [(x, y) for x in _beside(place[0]) for y in _beside(place[1])]
    for options in (edge, (on_edge,)):
        best = min(options, key=lambda option: _square(option, place))
        if _square(best, place) <= 1:
            return best
    return min(around, key=lambda option: (_square(option, place), option))


def _beside(value: Fraction) -> tuple[int, int]:
    return floor(value), ceil(value)


def _square(position: Position, place: tuple[Fraction, Fraction]) -> Fraction:
    return (position[0] - place[0]) ** 2 + (position[1] - place[1]) ** 2


def _inserted(meetings: Sequence[_Meeting]) -> tuple[dict[Segment, tuple[Position, ...]], dict[Position, float]]:
    """By edge the nodes that come onto it, and how far each bends it."""
    by_edge: dict[Segment, dict[Position, Fraction]] = defaultdict(dict)
    for meeting in meetings:
        if meeting.edge is not None and meeting.stop.node not in meeting.edge:
            by_edge[meeting.edge][meeting.stop.node] = meeting.share
    inserted = {edge: tuple(sorted(nodes, key=nodes.__getitem__)) for edge, nodes in by_edge.items()}
    off = {node: _off(edge, node) for edge, nodes in inserted.items() for node in nodes}
    return inserted, {node: mm for node, mm in off.items() if mm}


def _off(edge: Segment, node: Position) -> float:
    """Millimetres from a node to the line of an edge."""
    (ax, ay), (bx, by) = edge
    return abs(side_of(*edge, node)) / hypot(bx - ax, by - ay)


def _ratio(at_one: np.int64, at_other: np.int64) -> Fraction:
    """How far from one end to the other a value is nought, that has opposite signs at both."""
    one, other = int(at_one), int(at_other)
    return Fraction(one, one - other)


def _cross(one: Ints, other: Ints) -> NDArray[np.int64]:
    cross: NDArray[np.int64] = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    return cross
