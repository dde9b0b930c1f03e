"""Dividing a piece of ground into connected parts of planned size, along the lines that people would use.

Parts grow from seeds over the graph of faces (Dijkstra with a label); rivers, main roads and ridges cost extra to
cross, so that edges come to lie on them. Parts that turn out too large grow more slowly in the next round.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from sample_data.curves import Floats, Points
from sample_data.ground import Ground, Ints

# By kind of line, field to river: how much longer the way across it counts, and how dear a metre of edge along it is.
_CROSSING = ((0.0, 1.0, 2.0, 3.0, 4.0, 5.0), (0.0, 0.05, 0.5, 0.8, 3.0, 40.0))
_EDGE_PRICE = ((0.0, 1.0, 2.0, 3.0, 4.0, 5.0), (1.0, 1.0, 0.8, 0.6, 0.3, 0.05))
_ROUNDS = 16
_GOOD_ENOUGH = 0.12
_SETTLING_ROUNDS = 4
_SIZE_RANGE = (0.62, 1.45)  # of the planned size, that settling keeps to


@dataclass(frozen=True)
class Graph:
    """Neighbours of every face, with the cost of going there and the price of an edge between the two."""

    middles: Points
    ways: list[list[tuple[int, float]]]
    prices: list[dict[int, float]]

    @classmethod
    def of(cls, ground: Ground) -> Graph:
        first, second = ground.pairs.T
        length = np.linalg.norm(ground.middles[first] - ground.middles[second], axis=1)
        ridge = np.maximum(ground.height_m[first], ground.height_m[second]) / 220.0
        cost = length * (1 + np.interp(ground.barrier, *_CROSSING) + ridge)
        price = ground.shared_m * np.interp(ground.barrier, *_EDGE_PRICE)
        ways: list[list[tuple[int, float]]] = [[] for _ in ground.faces]
        prices: list[dict[int, float]] = [{} for _ in ground.faces]
        for a, b, c, p in zip(first.tolist(), second.tolist(), cost.tolist(), price.tolist(), strict=True):
            ways[a].append((b, c))
            ways[b].append((a, c))
            prices[a][b] = prices[b][a] = p
        return cls(ground.middles, ways, prices)

    def components(self, members: Ints) -> list[Ints]:
        """Connected parts of ``members``, the largest (in faces) first."""
        left = dict.fromkeys(members.tolist())
        parts = []
        while left:
            part, frontier = [], [next(iter(left))]
            del left[frontier[0]]
            while frontier:
                face = frontier.pop()
                part.append(face)
                for other, _ in self.ways[face]:
                    if other in left:
                        del left[other]
                        frontier.append(other)
            parts.append(np.array(sorted(part)))
        return sorted(parts, key=lambda part: (-len(part), part[0]))

    def blob(self, members: Ints, worth: Floats, size: Floats, total: float) -> Ints:
        """Faces of ``members`` that together have ``total``, grown from the worthiest, always the worthiest next."""
        allowed = set(members.tolist())
        start = int(members[worth[members].argmax()])
        heap, taken, seen, have = [(-float(worth[start]), start)], [], {start}, 0.0
        while heap and have < total:
            _, face = heapq.heappop(heap)
            taken.append(face)
            have += float(size[face])
            for other, _ in self.ways[face]:
                if other in allowed and other not in seen:
                    seen.add(other)
                    heapq.heappush(heap, (-float(worth[other]), other))
        return np.array(sorted(taken))


def divide(graph: Graph, members: Ints, mass: Floats, targets: Floats, rng: np.random.Generator) -> Ints:
    """(m,) part of each of ``members``: connected parts whose mass is about in proportion to ``targets``.

    mass: (n,) of every face of the ground. One part a target.
    """
    if len(targets) == 1:
        return np.zeros(len(members), np.int64)
    seeds = _spread_seeds(graph, members, mass, len(targets), rng)
    return _balanced(graph, members, mass, targets, seeds, recentre=True)


def divide_from(graph: Graph, members: Ints, mass: Floats, targets: Floats, at: Points) -> Ints:
    """As ``divide``, with parts that gather around the given points and stay there."""
    seeds = [int(members[np.hypot(*(graph.middles[members] - point).T).argmin()]) for point in at]
    return _balanced(graph, members, mass, targets, seeds, recentre=False)


def _balanced(graph: Graph, members: Ints, mass: Floats, targets: Floats, seeds: list[int], *, recentre: bool) -> Ints:
    local = {face: i for i, face in enumerate(members.tolist())}
    ways = [[(local[o], c) for o, c in graph.ways[face] if o in local] for face in members.tolist()]
    middles, weights = graph.middles[members], mass[members]
    targets = targets * weights.sum() / targets.sum()
    slowness = np.ones(len(targets))
    starts = [local[seed] for seed in seeds]
    best, best_error = np.zeros(len(members), np.int64), np.inf
    for _ in range(_ROUNDS):
        labels = _flood(ways, starts, slowness.tolist())
        got = np.bincount(labels, weights, minlength=len(targets))
        error = float(np.abs(np.log(got / targets)).max())
        if error < best_error:
            best, best_error = labels, error
        if error < _GOOD_ENOUGH:
            break
        slowness *= (got / targets) ** 0.3
        if recentre:
            starts = [_central(np.flatnonzero(labels == part), middles, weights) for part in range(len(targets))]
    return _settled(graph, members.tolist(), best.tolist(), weights.tolist(), targets.tolist())


def _settled(graph: Graph, members: list[int], labels: list[int], mass: list[float], targets: list[float]) -> Ints:
    """Labels after faces went over to the neighbouring part where that makes edges cheaper: fewer steps, more streets.

    No part falls apart or leaves the range of sizes.
    """
    label = dict(zip(members, labels, strict=True))
    size = [0.0] * len(targets)
    for part, weight in zip(labels, mass, strict=True):
        size[part] += weight
    least, most = _SIZE_RANGE
    for _ in range(_SETTLING_ROUNDS):
        moved = False
        for face, weight in zip(members, mass, strict=True):
            own = label[face]
            bonds: dict[int, float] = {}
            for other, price in graph.prices[face].items():
                if other in label:
                    bonds[label[other]] = bonds.get(label[other], 0.0) + price
            part = max(bonds, key=lambda p: (bonds[p], -p), default=own)
            if part == own or bonds[part] <= 1.05 * bonds.get(own, 0.0):
                continue
            if size[own] - weight < least * targets[own] or size[part] + weight > most * targets[part]:
                continue
            if _holds_together(graph, label, face):
                label[face] = part
                size[own] -= weight
                size[part] += weight
                moved = True
        if not moved:
            break
    return np.array([label[face] for face in members], dtype=np.int64)


def _holds_together(graph: Graph, label: dict[int, int], face: int) -> bool:
    """Whether the neighbours of ``face`` in its part stay connected without it, by a way of at most two steps."""
    own = label[face]
    near = [other for other in graph.prices[face] if label.get(other) == own]
    if not near:
        return False
    around = {third for other in near for third in graph.prices[other] if label.get(third) == own and third != face}
    around.update(near)
    seen, frontier = {near[0]}, [near[0]]
    while frontier:
        for other in graph.prices[frontier.pop()]:
            if other in around and other not in seen:
                seen.add(other)
                frontier.append(other)
    return all(other in seen for other in near)


def _flood(ways: list[list[tuple[int, float]]], starts: list[int], slowness: list[float]) -> Ints:
    """Label of every node by its cheapest way from a start; a part's costs are multiplied by its slowness."""
    label = [-1] * len(ways)
    heap = [(0.0, start, part) for part, start in enumerate(starts)]
    heapq.heapify(heap)
    pop, push = heapq.heappop, heapq.heappush
    while heap:
        cost, node, part = pop(heap)
        if label[node] >= 0:
            continue
        label[node] = part
        pace = slowness[part]
        for other, step in ways[node]:
            if label[other] < 0:
                push(heap, (cost + step * pace, other, part))
    return np.array(label, dtype=np.int64)


def _central(nodes: Ints, middles: Points, weights: Floats) -> int:
    middle = np.average(middles[nodes], axis=0, weights=weights[nodes])
    return int(nodes[np.hypot(*(middles[nodes] - middle).T).argmin()])


def _spread_seeds(graph: Graph, members: Ints, mass: Floats, count: int, rng: np.random.Generator) -> list[int]:
    """Well-spread faces to start from: weighted k-means of the middles, with distances in units of local crowding."""
    middles, weights = graph.middles[members], mass[members]
    chosen = [int(rng.choice(len(members), p=weights / weights.sum()))]
    away = np.full(len(members), np.inf)
    for _ in range(count - 1):
        away = np.minimum(away, ((middles - middles[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int((away * np.sqrt(weights)).argmax()))
    centres = middles[chosen]
    for _ in range(12):
        nearest = ((middles[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        sums = [np.bincount(nearest, weights * axis, minlength=count) for axis in middles.T]
        totals = np.bincount(nearest, weights, minlength=count)
        centres = np.where(totals[:, None] > 0, np.column_stack(sums) / np.maximum(totals, 1e-9)[:, None], centres)
    seeds: list[int] = []
    for centre in centres:
        order = np.argsort(((middles - centre) ** 2).sum(axis=1), kind="stable")
        seeds.append(next(int(members[i]) for i in order if int(members[i]) not in seeds))
    return seeds
