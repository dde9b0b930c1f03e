"""The boundary operations as values with a JSON form. What they do is in edit.py.

Positions are whole millimetres (east, north) in the metric CRS; grids are named by their codes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

import numpy as np
import shapely

from geo.coverage.lattice import Geoms, on_lattice, polygonal
from geo.coverage.shapes import Position, Shape, read_position, read_positions
from geo.errors import BadInput
from geo.letters import holds_unseen

LONGEST_CODE = 200


def is_code(text: str) -> bool:
    """Whether a text can be a new grid's code: not empty, not too long, and all of it shows. Older ones may not."""
    return text == text.strip() and 0 < len(text) <= LONGEST_CODE and not holds_unseen(text)


def _code(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"a grid code is a text that is not empty, not {value!r}")
    return value


def _codes(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise BadInput(f"grid codes are a list of texts, not {value!r}")
    codes = tuple(_code(member) for member in value)
    if len(set(codes)) != len(codes):
        raise BadInput(f"a code is named twice among {', '.join(codes)}")
    return codes


def _edge(value: object) -> tuple[Position, Position]:
    ends = read_positions(value, 2)
    if len(ends) != 2:
        raise BadInput(f"an edge has two ends, not {len(ends)}")
    return ends[0], ends[1]


def _line(value: object) -> tuple[Position, ...]:
    return read_positions(value, 2)


def _area(value: object) -> tuple[Position, ...]:
    refuse_rings(value)
    ring = read_positions(value, 3)
    ring = ring[:-1] if ring[0] == ring[-1] else ring
    return read_positions(ring, 3)


def refuse_rings(value: object) -> None:
    """Raises BadInput for an area of several rings: its holes, or parts."""
    first = value[0] if isinstance(value, list | tuple) and value else None
    if isinstance(first, list | tuple) and first and isinstance(first[0], list | tuple | Mapping):
        raise BadInput("an area to hand over is one ring, without holes: hand it over in parts, each a ring of its own")


def _optional_position(value: object) -> Position | None:
    return None if value is None else read_position(value)


def _shapes(value: object) -> dict[str, Shape | None]:
    if not isinstance(value, Mapping) or not value:
        raise BadInput("grids are named by code, each with its shape, or null where it goes")
    return {_code(code): _shape(shape) for code, shape in value.items()}


def _shape(value: object) -> Shape | None:
    return value if value is None or isinstance(value, Shape) else Shape.from_json(value)


_READ: Mapping[str, Callable[[object], object]] = {
    **dict.fromkeys(("at", "to"), read_position),
    "via": _optional_position,
    "edge": _edge,
    "line": _line,
    "area": _area,
    **dict.fromkeys(("code", "new", "into", "source", "target"), _code),
    "codes": _codes,
    "grids": _shapes,
}


@dataclass(frozen=True, slots=True)
class _Checked:
    """Operations are as strict when they are made in Python as when they come as JSON."""

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, _READ[each.name](getattr(self, each.name)))


@dataclass(frozen=True, slots=True)
class MoveNode(_Checked):
    """A node moves, in every grid that shares it."""

    at: Position
    to: Position


@dataclass(frozen=True, slots=True)
class InsertNode(_Checked):
    """A node comes between the two ends of an edge, in every grid that has it; on the edge or beside it."""

    edge: tuple[Position, Position]
    at: Position


@dataclass(frozen=True, slots=True)
class DeleteNode(_Checked):
    """A node goes, from every grid that shares it. Never one where three edges meet."""

    at: Position


@dataclass(frozen=True, slots=True)
class ReshapeEdge(_Checked):
    """A new line takes the place of the stretch between two nodes of one shared edge; it begins and ends with them.

    Of two stretches between them, as on an island, the one over the node ``via`` goes; without it the shorter one.
    """

    line: tuple[Position, ...]
    via: Position | None = None


@dataclass(frozen=True, slots=True)
class SplitGrid(_Checked):
    """A line cuts a grid in two.

    codes: one new code, which the smaller piece takes; or two, of the piece on the left of the line and that on the
    right, of which one may be the grid's own. Parts that the line does not cut stay with the grid's own code, or else
    go with the left.
    """

    code: str
    line: tuple[Position, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergeGrids(_Checked):
    """Grids that share edges become one. into: one of their codes, or a new one."""

    codes: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True)
class TransferArea(_Checked):
    """What of a grid lies in an area is handed to another grid. area: a ring; it may reach beyond the grid."""

    source: str
    target: str
    area: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Recode(_Checked):
    """A grid gets another code."""

    code: str
    new: str


@dataclass(frozen=True, slots=True)
class Retire(_Checked):
    """A grid goes, and leaves its ground to none: a hole, or less within the outline."""

    code: str


@dataclass(frozen=True, slots=True)
class Mend(_Checked):
    """What tears these grids apart goes: ground that several have or none, and nodes that only one side has."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplaceGrids(_Checked):
    """Grids as a file has them: new ones, others in the place of those that were, None for those that go."""

    grids: Mapping[str, Shape | None]

    @classmethod
    def of(cls, grids: Mapping[str, shapely.Geometry | None]) -> ReplaceGrids:
        """From polygons in metres. Raises BadInput for what is no polygon, or not on the lattice."""
        return cls({code: None if geom is None else shape_of(code, geom) for code, geom in grids.items()})


@dataclass(frozen=True, slots=True)
class Restore(_Checked):
    """What takes an operation back: grids exactly as they were, even where they were broken."""

    grids: Mapping[str, Shape | None]


Operation = (
    MoveNode
    | InsertNode
    | DeleteNode
    | ReshapeEdge
    | SplitGrid
    | MergeGrids
    | TransferArea
    | Recode
    | Retire
    | Mend
    | ReplaceGrids
    | Restore
)

KINDS: Mapping[str, type[Operation]] = {
    "move_node": MoveNode,
    "insert_node": InsertNode,
    "delete_node": DeleteNode,
    "reshape_edge": ReshapeEdge,
    "split_grid": SplitGrid,
    "merge_grids": MergeGrids,
    "transfer_area": TransferArea,
    "recode": Recode,
    "retire": Retire,
    "mend": Mend,
    "replace_grids": ReplaceGrids,
    "restore": Restore,
}
_NAMES = {kind: name for name, kind in KINDS.items()}


def kind_of(operation: Operation) -> str:
    """The name of an operation's kind, as in its JSON form: ``move_node`` and so on."""
    return _NAMES[type(operation)]


def to_json(operation: Operation) -> dict[str, Any]:
    """An operation as JSON-ready values: its kind under ``op``, then its fields.

    >>> to_json(MoveNode((1000, 2000), (1500, 2000)))
    {'op': 'move_node', 'at': [1000, 2000], 'to': [1500, 2000]}
    """
    values = {each.name: _plain(getattr(operation, each.name)) for each in fields(operation)}
    return {"op": kind_of(operation)} | {name: value for name, value in values.items() if value is not None}


def from_json(value: object) -> Operation:
    """The operation of such values. Raises BadInput for another kind, missing, unknown or bad values."""
    if not isinstance(value, Mapping):
        raise BadInput(f"an operation is an object with the member 'op', not {value!r}")
    name = value.get("op")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadInput(f"there is no operation {name!r}; there are {', '.join(KINDS)}")
    known = {each.name: each for each in fields(kind)}
    unknown = [str(member) for member in value if member != "op" and member not in known]
    if unknown:
        raise BadInput(f"{name} has no {', '.join(sorted(unknown))}; it has {', '.join(known)}")
    missing = [member for member, each in known.items() if member not in value and each.default is MISSING]
    if missing:
        raise BadInput(f"{name} needs {', '.join(missing)}")
    return kind(**{member: value[member] for member in known if member in value})


def shape_of(code: str, geom: shapely.Geometry) -> Shape:
    """The shape of a grid in metres. Raises BadInput for what is no polygon, has heights or is not on the lattice."""
    if not polygonal(_alone(geom)).all():
        raise BadInput(f"grid {code!r} has no polygon")
    if shapely.has_z(geom) or not on_lattice(_alone(geom)):
        raise BadInput(f"grid {code!r} is not on the lattice of whole millimetres east and north")
    return Shape.from_json(Shape.of(geom).to_json())


def _alone(geom: shapely.Geometry) -> Geoms:
    return np.array([geom], dtype=object)


def _plain(value: Any) -> Any:
    if isinstance(value, Shape):
        return value.to_json()
    if isinstance(value, Mapping):
        return {code: _plain(shape) for code, shape in value.items()}
    return [_plain(member) for member in value] if isinstance(value, tuple) else value
