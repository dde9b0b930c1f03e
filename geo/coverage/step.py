"""What one operation does to the grids, before anything is checked; and the words of refusals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely

from geo.coverage.nodes import Coverage
from geo.coverage.operations import LONGEST_CODE, is_code
from geo.coverage.shapes import Position, Shape, words
from geo.errors import EditRefused
from geo.model import Fault


@dataclass(frozen=True)
class Step:
    """changes: by code the grid in metres, None for one that goes. notes: what is to be told beside faults."""

    changes: Mapping[str, shapely.Geometry | None]
    lineage: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: Sequence[Fault] = ()
    refuses_crossings: bool = False

    @classmethod
    def of(cls, shapes: Mapping[str, Shape]) -> Step:
        """Grids that only change."""
        return cls({code: shape.geometry() for code, shape in shapes.items()})


def refused(message: str, at: Position | None = None, *, reason: str, **about: Any) -> EditRefused:
    """The error, with the place. reason: a name for programs, and about: what it is about; docs/API.md lists them."""
    if at is None:
        return EditRefused(message, reason=reason, **about)
    return EditRefused(f"{message} (at {words(at)})", reason=reason, **about, at=list(at))


def sound(coverage: Coverage, code: str) -> Shape:
    """The shape of a grid that is a valid polygon; others cannot be cut or merged."""
    geom = grid(coverage, code)
    if not geom.is_valid:
        raise refused(
            f"grid {code!r} is no valid polygon: {shapely.is_valid_reason(geom)}; mend it first",
            reason="grid_not_valid",
            code=code,
        )
    return Shape.of(geom)


def grid(coverage: Coverage, code: str) -> shapely.Geometry:
    """The grid of a code."""
    geom = coverage.get(code)
    if geom is None:
        raise refused(f"there is no grid {code!r}", reason="no_such_grid", code=code)
    return geom


def refuse_taken(coverage: Coverage, codes: Sequence[str], own: Sequence[str] = ()) -> None:
    """Refuse codes that other grids have, and new ones that cannot be codes."""
    refuse_unusable(code for code in codes if code not in coverage)
    taken = next((code for code in codes if code in coverage and code not in set(own)), None)
    if taken is not None:
        raise refused(f"the code {taken!r} is that of another grid", reason="code_taken", codes=[taken])


def refuse_unusable(codes: Iterable[str]) -> None:
    """Refuse new codes that cannot be codes."""
    odd = next((code for code in codes if not is_code(code)), None)
    if odd is not None:
        raise refused(
            f"a code has {LONGEST_CODE} letters at most, which all show, without blanks around it, unlike {odd!r}",
            reason="code_unusable",
            most=LONGEST_CODE,
        )
