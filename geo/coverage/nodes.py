"""A set of grids that operations are applied to, and which of them share a node.

A coverage never changes: what an operation makes holds the grids that it touched and shares all others with what was
there, so it costs what was touched. A hundred thousand grids have some ten million nodes; they are not kept a second
time. The boxes around the grids are, in a tree: it names the few grids that may have a node, and these are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely

from geo.coverage.chain import REACH_MM, Chain, corner_around
from geo.coverage.edges import Corner, corner_and_size
from geo.coverage.lattice import Geoms, doubled_area_mm2, on_lattice, polygonal
from geo.coverage.shapes import Position, words
from geo.crs import to_mm
from geo.errors import BadInput

Box = tuple[float, float, float, float]  # west, south, east, north in metres
_MOST_BESIDE = 2_000  # changed grids with a small tree of their own, before the large one is made anew


@dataclass(frozen=True)
class Edition:
    """A set of grids with the tree of their boxes. codes: (n,) by row."""

    geoms: Mapping[str, shapely.Geometry]
    corner: Corner

    @cached_property
    def codes(self) -> list[str]:
        return list(self.geoms)

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(list(self.geoms.values()))

    def __contains__(self, code: object) -> bool:
        return code in self.geoms

    def __getitem__(self, code: str) -> shapely.Geometry:
        return self.geoms[code]

    def touched_by(self, shapes: Geoms) -> set[str]:
        """Codes of the grids whose boxes touch that of any of (n,) geometries."""
        return {self.codes[row] for row in self.tree.query(shapes)[1].tolist()}

    def around(self, geoms: Iterable[shapely.Geometry]) -> list[str]:
        """Sorted codes of the grids whose boxes touch those of any of these geometries."""
        return sorted(self.touched_by(array_of(geoms)))


@dataclass(frozen=True)
class Coverage:
    """Grids by code. origin: the edition that it began as. moved: how the outline differs from that of the origin."""

    origin: Edition
    moved: Chain
    _base: Edition  # that has the tree
    _beside: Mapping[str, shapely.Geometry | None]  # what differs from the base; None for what is gone

    @classmethod
    def build(cls, geoms: Mapping[str, shapely.Geometry]) -> Coverage:
        """Of polygons in metres by code; they come back to the bit.

        Raises BadInput for none at all, for what is no polygon, has heights or is not on the lattice, and for what
        reaches over two thousand kilometres.
        """
        shapes = array_of(geoms.values())
        if not len(shapes):
            raise BadInput("there are no grids")
        refuse_unfit(geoms)
        xy = to_mm(shapely.get_coordinates(shapes)).astype(np.int64)
        corner_and_size(xy)
        edition = Edition(dict(geoms), corner_around(xy))
        return cls(edition, Chain.nothing(), edition, {})

    def __getitem__(self, code: str) -> shapely.Geometry:
        """The grid of a code, in metres. Raises BadInput where there is none."""
        geom = self.get(code)
        if geom is None:
            raise BadInput(f"there is no grid {code!r}")
        return geom

    def get(self, code: str) -> shapely.Geometry | None:
        """The grid of a code, None where there is none."""
        return self._beside[code] if code in self._beside else self._base.geoms.get(code)

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and self.get(code) is not None

    def __len__(self) -> int:
        gone = sum(geom is None for geom in self._beside.values())
        return len(self._base.geoms) - gone + sum(code not in self._base.geoms for code in self._beside)

    def __iter__(self) -> Iterator[str]:
        """Codes: those of the origin in their order, then new ones."""
        yield from (code for code in self._base.geoms if self._beside.get(code, code) is not None)
        yield from (code for code in self._beside if code not in self._base.geoms)

    def geometries(self) -> dict[str, shapely.Geometry]:
        """Every grid by code, in metres."""
        merged = {**self._base.geoms, **self._beside}
        return {code: geom for code, geom in merged.items() if geom is not None}

    def changes(self) -> dict[str, shapely.Geometry | None]:
        """What differs from the origin by code, None for what is gone: what GridIndex.with_changes takes."""
        if self._base is not self.origin:
            return changed_grids(self.origin.geoms, self.geometries())
        return dict(self._beside)

    # -- neighbours ----------------------------------------------------------------------------------------------------

    @cached_property
    def _changed(self) -> Edition:
        return Edition({code: geom for code, geom in self._beside.items() if geom is not None}, self.origin.corner)

    def near(self, box: Box) -> list[str]:
        """Sorted codes of the grids whose boxes touch a box in metres."""
        return self.around([shapely.box(*box)])

    def around(self, geoms: Iterable[shapely.Geometry]) -> list[str]:
        """Sorted codes of the grids whose boxes touch those of any of these geometries."""
        shapes = array_of(geoms)
        kept = {code for code in self._base.touched_by(shapes) if code not in self._beside}
        return sorted(kept | self._changed.touched_by(shapes))

    def grids_at(self, node: Position) -> tuple[str, ...]:
        """Sorted codes of the grids that have a node there."""
        x, y = node[0] / 1000.0, node[1] / 1000.0
        return tuple(code for code in self.around([shapely.Point(x, y)]) if _has_node(self[code], x, y))

    # -- changes -------------------------------------------------------------------------------------------------------

    def with_changes(self, changes: Mapping[str, shapely.Geometry | None]) -> Coverage:
        """The coverage with grids replaced, added, or gone where None. What is not named is the same object."""
        old = [self[code] for code in changes if code in self]
        new = [geom for geom in changes.values() if geom is not None]
        step = Chain.between(array_of(old), array_of(new), self.origin.corner)
        beside = {**self._beside, **changes}
        for code, geom in changes.items():
            if _same(geom, self._base.geoms.get(code)):  # again what it was in the base
                del beside[code]
        coverage = replace(self, moved=self.moved.plus(step), _beside=beside)
        if len(beside) <= max(_MOST_BESIDE, len(self._base.geoms) // 10):
            return coverage
        return replace(coverage, _base=Edition(coverage.geometries(), self.origin.corner), _beside={})

    def refuse_far(self, positions: Iterable[Position]) -> None:
        """Raise BadInput for a position so far away that nothing would be exact any more."""
        listed = list(positions)
        far = np.array(listed, dtype=np.int64).reshape(-1, 2) - np.array(self.origin.corner)
        beyond = ((far <= 0) | (far >= 2 * REACH_MM)).any(axis=1)
        if beyond.any():
            there = words(listed[int(np.argmax(beyond))])
            raise BadInput(
                f"{there} lies a thousand kilometres from the grids: is it in metres?", reason="out_of_reach"
            )


def refuse_unfit(geoms: Mapping[str, shapely.Geometry]) -> None:
    """Raise BadInput for what is no polygon, has heights, or is not on the lattice."""
    shapes = array_of(geoms.values())
    unfit = ~polygonal(shapes) | shapely.has_z(shapes)
    if unfit.any():
        raise BadInput(f"grid {list(geoms)[int(np.argmax(unfit))]!r} is no polygon of east and north")
    if not on_lattice(shapes):
        code = next(code for code, geom in geoms.items() if not on_lattice(array_of([geom])))
        raise BadInput(f"grid {code!r} is not on the lattice of whole millimetres")


def changed_grids(
    before: Mapping[str, shapely.Geometry], after: Mapping[str, shapely.Geometry]
) -> dict[str, shapely.Geometry | None]:
    """By code, the grids of ``after`` that are not those of ``before`` to the bit, and None for those that are gone."""
    changes: dict[str, shapely.Geometry | None] = {code: None for code in before if code not in after}
    known = [code for code in after if code in before and after[code] is not before[code]]
    old, new = ([side[code] for code in known] for side in (before, after))
    differ = shapely.to_wkb(array_of(old)) != shapely.to_wkb(array_of(new))
    changes |= {
        code: after[code] for code, differs in zip(known, np.atleast_1d(differ).tolist(), strict=True) if differs
    }
    return changes | {code: after[code] for code in after if code not in before}


def array_of(geoms: Iterable[shapely.Geometry]) -> Geoms:
    """(n,) geometries."""
    listed = list(geoms)
    array: Geoms = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


def doubled_area(geoms: Iterable[shapely.Geometry]) -> int:
    """Twice the area of all grids together in mm2."""
    return sum(doubled_area_mm2(array_of(geoms)))


def _same(one: shapely.Geometry | None, other: shapely.Geometry | None) -> bool:
    return one is other or (one is not None and other is not None and bool(one.wkb == other.wkb))


def _has_node(geom: shapely.Geometry, x: float, y: float) -> bool:
    return bool((shapely.get_coordinates(geom) == (x, y)).all(axis=1).any())
