"""A grid's polygons as rings of whole millimetres: what boundary operations work on, exact and with a JSON form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.crs import to_mm
from geo.errors import BadInput

Position = tuple[int, int]  # east and north in millimetres of the metric CRS
Segment = tuple[Position, Position]
Ring = tuple[Position, ...]  # the first position is not repeated at the end
Part = tuple[Ring, ...]  # the outer ring, then the holes

_FEWEST = 3  # positions of a ring


@dataclass(frozen=True, slots=True)
class Shape:
    """The parts of one grid. multi: whether it is kept as a multipolygon, even of one part."""

    parts: tuple[Part, ...]
    multi: bool

    @classmethod
    def of(cls, geom: shapely.Geometry) -> Shape:
        """From a polygon or multipolygon in metres on the lattice; geometry() gives it back to the bit."""
        parts = tuple(
            tuple(_positions(ring) for ring in shapely.get_rings(part)) for part in shapely.get_parts(geom).tolist()
        )
        return cls(parts, geom.geom_type == "MultiPolygon")

    @classmethod
    def from_parts(cls, parts: Sequence[Part], *, multi: bool) -> Shape:
        """Of parts in any number; several are always a multipolygon."""
        return cls(tuple(parts), multi or len(parts) > 1)

    def geometry(self) -> shapely.Geometry:
        """The polygon or multipolygon in metres."""
        polygons = [shapely.Polygon(_metres(part[0]), [_metres(hole) for hole in part[1:]]) for part in self.parts]
        return shapely.MultiPolygon(polygons) if self.multi else polygons[0]

    def rings(self) -> Iterator[Ring]:
        """Every ring, outer ones and holes."""
        for part in self.parts:
            yield from part

    def nodes(self) -> set[Position]:
        """Every position of a ring."""
        return {position for ring in self.rings() for position in ring}

    def with_rings(self, change: Callable[[Ring], Ring]) -> Shape:
        """The shape with every ring changed."""
        return Shape(tuple(tuple(change(ring) for ring in part) for part in self.parts), self.multi)

    def to_json(self) -> dict[str, Any]:
        """GeoJSON's form in whole millimetres, rings closed."""
        rings = [[[list(at) for at in (*ring, ring[0])] for ring in part] for part in self.parts]
        return {"type": "MultiPolygon", "coordinates": rings} if self.multi else _polygon(rings[0])

    @classmethod
    def from_json(cls, value: object) -> Shape:
        """From that form. Raises BadInput for anything else, and for rings of fewer than three corners."""
        kind = value.get("type") if isinstance(value, Mapping) else None
        if not isinstance(value, Mapping) or kind not in ("Polygon", "MultiPolygon") or len(value) > 2:
            raise BadInput("a shape has a type, Polygon or MultiPolygon, and coordinates in whole millimetres")
        parts = value.get("coordinates")
        parts = [parts] if kind == "Polygon" else parts
        read = tuple(tuple(_read_ring(ring) for ring in _filled(part)) for part in _filled(parts))
        return cls(read, kind == "MultiPolygon")


def segments_of(ring: Ring) -> Iterator[Segment]:
    """The edges of a ring, the last one back to where it began."""
    return zip(ring, (*ring[1:], ring[0]), strict=True)


def doubled_area(ring: Sequence[Position]) -> int:
    """Twice the area of a ring in mm2, positive where it runs against the clock."""
    x0, y0 = ring[0]
    near = [(x - x0, y - y0) for x, y in ring]
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(near, near[1:] + near[:1], strict=True))


def read_position(value: object) -> Position:
    """A pair of whole millimetres. Raises BadInput for anything else."""
    if isinstance(value, list | tuple) and len(value) == 2:
        x, y = value
        if type(x) is int and type(y) is int and abs(x) < 1 << 52 and abs(y) < 1 << 52:
            return x, y
    raise BadInput(f"a position is [east, north] in whole millimetres of the metric CRS, not {_shown(value)}")


def read_positions(value: object, fewest: int) -> tuple[Position, ...]:
    """A list of at least so many positions, none twice in a row. Raises BadInput for anything else."""
    if not isinstance(value, list | tuple):
        raise BadInput(f"a line is a list of positions, not {_shown(value)}")
    positions = tuple(read_position(member) for member in value)
    refuse_no_length(positions)
    if len(positions) < fewest:
        raise BadInput(f"a line of {len(positions)} positions where at least {fewest} are needed")
    return positions


def refuse_no_length(positions: Iterable[Position]) -> None:
    """Raise BadInput where a position follows itself."""
    before = None
    for position in positions:
        if position == before:
            raise BadInput(f"an edge of no length at {words(position)}: leave one of the two positions out")
        before = position


def words(position: Position) -> str:
    """A position in metres for people."""
    return f"{position[0] / 1000:.3f}, {position[1] / 1000:.3f}"


def point(position: Position) -> shapely.Point:
    """A position as a point in metres."""
    return shapely.Point(position[0] / 1000.0, position[1] / 1000.0)


def line(positions: Sequence[Position]) -> shapely.LineString:
    """Positions as a line in metres."""
    return shapely.LineString(_metres_of(positions))


def _positions(ring: shapely.Geometry) -> Ring:
    mm = to_mm(shapely.get_coordinates(ring)[:-1]).astype(np.int64)
    return tuple(zip(*mm.T.tolist(), strict=True))


def _metres(ring: Ring) -> np.ndarray:
    return _metres_of((*ring, ring[0]))


def _metres_of(positions: Sequence[Position]) -> np.ndarray:
    return np.array(positions, dtype=np.float64) / 1000.0


def _polygon(rings: list[Any]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": rings}


def _filled(value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple) or not value:
        raise BadInput(f"a shape has parts, and each part an outer ring, not {_shown(value)}")
    return value


def _read_ring(value: object) -> Ring:
    positions = read_positions(value, _FEWEST + 1)
    if positions[0] != positions[-1]:
        raise BadInput(f"a ring ends where it begins, at {words(positions[0])}, not at {words(positions[-1])}")
    return positions[:-1]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
