"""Putting torn grids together again: their lines are laid on one another, and each piece of ground between them goes to
one grid.

All the lines around are noded on the lattice, and the faces that they bound looked at one by one. A face is a whole of
edges that neighbours have as well, so whoever it is given to, what comes out is a coverage. Ground that several grids
have goes to the one that the draft changed, or the lowest code; ground that none has, and some had in the edition, to
the neighbour with the longest common edge, one that the draft did not change counting twice: what was drawn stays as
drawn, and the neighbours follow. Ground beside which grids lie that are not to be mended is left: it may be theirs, or
left out on purpose. Nor is anything mended beside a grid that is no valid polygon: nobody can say which ground it has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import dist

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.faces import assemble, edges_of, united
from geo.coverage.lattice import Geoms
from geo.coverage.nodes import Coverage, array_of
from geo.coverage.operations import Mend
from geo.coverage.shapes import Segment, Shape
from geo.coverage.step import Step, grid, refused, sound
from geo.crs import to_mm

Owner = str | None  # None: nobody's


def mend(coverage: Coverage, operation: Mend, *, keeps_outline: bool) -> Step:
    """The grids named with ground that is theirs alone, without gaps between them, and neighbours with their nodes.

    keeps_outline: ground that the edition did not have goes to nobody, and what it had is not left out.
    """
    tile = _Tile.around(coverage, operation.codes, keeps_outline)
    changes = tile.changes(tile.owners())
    if not changes:
        raise refused("nothing is torn there", reason="nothing_to_mend", codes=list(operation.codes))
    return Step(changes)


@dataclass(frozen=True)
class _Tile:
    """Some grids as faces. edges: (n,) of each face, its inside on their left. holders: (n,) which grids have it.

    held: (n,) whether some grid of the edition had it. window: grids by code. changed: those that the draft changed.
    """

    named: frozenset[str]
    window: Mapping[str, shapely.Geometry]
    changed: frozenset[str]
    edges: Sequence[list[Segment]]
    holders: Sequence[tuple[str, ...]]
    held: NDArray[np.bool_]
    keeps_outline: bool

    @classmethod
    def around(cls, coverage: Coverage, codes: Sequence[str], keeps_outline: bool) -> _Tile:
        origin = coverage.origin
        ground = [grid(coverage, code) for code in codes] + [origin[code] for code in codes if code in origin]
        near = {code: coverage[code] for code in coverage.around(ground)}
        for code in near:
            sound(coverage, code)
        was = [origin[code] for code in origin.around(ground)]
        lines = list(shapely.boundary(_in_mm(array_of(near.values()))))
        if keeps_outline:
            lines += [shapely.LineString(edge) for edge in coverage.moved.segments(origin.corner)]
        faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines, grid_size=1.0))))
        inside = shapely.point_on_surface(faces)
        held = np.zeros(len(faces), np.bool_)
        held[_within(inside, was)[0]] = True
        return cls(
            frozenset(codes), near, frozenset(coverage.changes()),
            [edges_of(_shape(face)) for face in faces], _holders(inside, near), held, keeps_outline,
        )  # fmt: skip

    # -- whose a face is ----------------------------------------------------------------------------------------------

    def owners(self) -> list[Owner]:
        """(n,) whose each face is to be."""
        owners = [self._holder(at) for at in range(len(self.edges))]
        empty = {at for at, codes in enumerate(self.holders) if not codes and self.held[at]}
        while empty:
            found = {at: taker for at in empty if (taker := self._taker(at, owners)) is not None}
            if not found:  # what no grid named lies beside, or others do
                return owners
            for at, taker in found.items():
                owners[at] = taker
            empty -= found.keys()
        return owners

    def _holder(self, at: int) -> Owner:
        codes = self.holders[at]
        if self.keeps_outline and not self.held[at] and self.named.intersection(codes):
            return None
        return min(codes, key=lambda code: (code not in self.changed, code), default=None)

    def _taker(self, at: int, owners: Sequence[Owner]) -> Owner:
        """The grid named that goes longest beside a face; None where others lie beside it too."""
        beside: dict[str, float] = defaultdict(float)
        for start, end in self.edges[at]:
            other = self._face_of.get((end, start))
            code = None if other is None else owners[other]
            if code is None:
                continue
            if code not in self.named:
                return None
            beside[code] += dist(start, end) * (1 if code in self.changed else 2)
        return min(beside, key=lambda code: (-beside[code], code), default=None)

    @cached_property
    def _face_of(self) -> dict[Segment, int]:
        return {edge: at for at, edges in enumerate(self.edges) for edge in edges}

    # -- the grids then -----------------------------------------------------------------------------------------------

    def changes(self, owners: Sequence[Owner]) -> dict[str, shapely.Geometry]:
        """The grids that have other edges than before."""
        own: dict[str, list[Segment]] = {code: [] for code in self.window}
        for at, codes in enumerate(self.holders):
            for code in self._sharing(at, codes, owners[at]):
                own[code] += self.edges[at]
        changes = {}
        for code, geom in self.window.items():
            shape, edges = Shape.of(geom), united(own[code])
            if edges != set(edges_of(shape)):
                if not edges:
                    raise refused(f"nothing would be left of grid {code!r}", reason="nothing_left", code=code)
                changes[code] = Shape.from_parts(assemble(edges), multi=shape.multi).geometry()
        return changes

    def _sharing(self, at: int, codes: Iterable[str], owner: Owner) -> Iterable[str]:
        """Who has a face then: faults among others than the grids named stay what they are."""
        is_ours = bool(self.named.intersection(codes)) or not codes
        return codes if not is_ours else () if owner is None else (owner,)


def _holders(points: Geoms, grids: Mapping[str, shapely.Geometry]) -> list[tuple[str, ...]]:
    codes, found = list(grids), [list[str]() for _ in points]
    for at, row in np.transpose(_within(points, grids.values())).tolist():
        found[at].append(codes[row])
    return [tuple(sorted(each)) for each in found]


def _within(points: Geoms, geoms: Iterable[shapely.Geometry]) -> NDArray[np.int64]:
    """(2, k) which points lie in which polygons in metres."""
    found: NDArray[np.int64] = shapely.STRtree(_in_mm(array_of(geoms))).query(points, predicate="intersects")
    return found


def _in_mm(geoms: Geoms) -> Geoms:
    """In whole millimetres, where GEOS nodes lines exactly."""
    found: Geoms = shapely.transform(geoms, to_mm)
    return found


def _shape(face: shapely.Polygon) -> Shape:
    rings = (shapely.get_coordinates(ring)[:-1].astype(np.int64) for ring in shapely.get_rings(face))
    return Shape((tuple(tuple(zip(*ring.T.tolist(), strict=True)) for ring in rings),), multi=False)
