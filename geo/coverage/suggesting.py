"""What would put a fault of a draft right: ordinary operations, and what they would move; tried before it is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from geo.coverage.checks import Allowed
from geo.coverage.edit import Edited, apply
from geo.coverage.faults import ERROR, MOVES_OUTLINE, errors
from geo.coverage.nodes import Coverage, array_of
from geo.coverage.operations import Mend, Operation, to_json
from geo.coverage.shifts import moved_area_m2
from geo.errors import BadInput
from geo.model import Fault

_TORN = ("overlap", "gap", "hole", "unmatched_edge", "crossing", "outline_moved")
MOST = 20  # faults of one draft: to try each takes some ten milliseconds


@dataclass(frozen=True)
class Suggestion:
    """Operations, one after the other; the codes of the grids that they change; ground that some grid gains or loses.

    An overlap counts once, since only who gives it up changes.
    """

    operations: tuple[Operation, ...]
    grids: tuple[str, ...]
    area_m2: float

    def as_json(self) -> dict[str, Any]:
        operations = [to_json(operation) for operation in self.operations]
        return {"operations": operations, "grids": list(self.grids), "area_m2": round(self.area_m2, 6)}


def suggestions(coverage: Coverage, faults: Sequence[Fault], allowed: Allowed) -> Iterator[Suggestion | None]:
    """One of each fault; None where a person has to see to it, and for faults beyond the first MOST that are torn."""
    torn = 0
    for fault in faults:
        torn += fault.kind in _TORN
        yield suggested(coverage, fault, allowed, faults) if torn <= MOST else None


def suggested(coverage: Coverage, fault: Fault, allowed: Allowed, known: Sequence[Fault]) -> Suggestion | None:
    """What would put a fault right. None where nothing does that without another error, or the draft may have it so.

    known: every fault of the draft. What is left open of a torn place after it is no other error: it was open before.
    """
    codes = tuple(code for code in fault.codes if code in coverage)
    if fault.kind not in _TORN or fault.severity != ERROR or not codes:
        return None
    try:
        operation = Mend(codes)
        edited = apply(coverage, operation, allowed)
    except BadInput:
        return None
    there, left = _named(known), _named(edited.faults)
    if _name(fault) in left or any(kind not in MOVES_OUTLINE for kind, _ in left - there):
        return None
    return Suggestion((operation,), edited.touched, _moved_m2(coverage, edited))


def _named(faults: Sequence[Fault]) -> set[tuple[str, tuple[str, ...]]]:
    return {_name(fault) for fault in errors(faults)}


def _name(fault: Fault) -> tuple[str, tuple[str, ...]]:
    return fault.kind, fault.codes


def _moved_m2(before: Coverage, edited: Edited) -> float:
    pairs = (array_of(side[code] for code in edited.touched) for side in (before, edited.coverage))
    return float(moved_area_m2(*pairs).sum())
