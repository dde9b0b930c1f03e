"""The boundary operations: a coverage and an operation give another coverage, what was touched, and what is wrong.

A node or an edge that several grids share changes in all of them at once, so nothing tears; areas are sums of whole
numbers, so ground that goes from one grid to another is not a square millimetre more or less. What makes no sense is
refused. What leaves the coverage broken is done and told as faults, because a draft may be broken for a while; before
it is published, `check` looks at all of it.

A line that would cut a grid into more than two pieces is refused: it is drawn as several lines, one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely

from geo.coverage import ground, lines, mending
from geo.coverage.checks import NOTHING, Allowed, check, crossings, local_faults
from geo.coverage.faults import OF_OUTLINE
from geo.coverage.nodes import Coverage, changed_grids, doubled_area
from geo.coverage.operations import (
    DeleteNode,
    InsertNode,
    Mend,
    MergeGrids,
    MoveNode,
    Operation,
    Recode,
    ReplaceGrids,
    ReshapeEdge,
    Restore,
    Retire,
    SplitGrid,
    TransferArea,
    from_json,
    to_json,
)
from geo.coverage.shapes import Position, Shape
from geo.coverage.step import Step, refused
from geo.model import Fault

__all__ = ["NOTHING", "Allowed", "Coverage", "Edited", "apply", "check", "from_json", "still_faulty", "to_json"]


@dataclass(frozen=True)
class Edited:
    """What an operation made of a coverage.

    touched: sorted codes of the grids that are new, gone or not the same to the bit. faults: every fault that names one
    of them, and every place where the outline is not that of the edition that the coverage began as. They have no lon
    and lat, which faults.placed gives them; `still_faulty` keeps a draft's list. lineage: by code, the codes that its
    ground comes from, where that is not itself alone. doubled_area_mm2: twice what all
    grids together gained.
    """

    before: Coverage
    coverage: Coverage
    operation: Operation
    touched: tuple[str, ...]
    faults: tuple[Fault, ...]
    lineage: Mapping[str, tuple[str, ...]]
    doubled_area_mm2: int

    @cached_property
    def inverse(self) -> Operation:
        """The operation that gives back what was, to the bit."""
        if isinstance(self.operation, Recode):
            return Recode(self.operation.new, self.operation.code)
        was = {code: self.before.get(code) for code in self.touched}
        return Restore({code: None if geom is None else Shape.of(geom) for code, geom in was.items()})


def apply(coverage: Coverage, operation: Operation, allowed: Allowed = NOTHING) -> Edited:
    """The coverage after an operation, with what is wrong around it; the coverage given stays as it is.

    allowed: what is a warning and no error. Raises EditRefused, with the place where there is one, for an operation
    that makes no sense: an unknown node or grid, a line that does not cut, grids that do not touch, the last grid gone.
    """
    coverage.refuse_far(_positions(operation))
    step = _step(coverage, operation, allowed)
    changes = changed_grids(_some(coverage, step.changes), {c: g for c, g in step.changes.items() if g is not None})
    after = coverage.with_changes(changes)
    if not len(after):
        raise refused("this would take the last grid away; a coverage has at least one", reason="last_grid")
    touched = tuple(sorted(changes))
    met = crossings(after, touched)
    if step.refuses_crossings:
        lines.refuse_new(met, coverage)
    faults = [*step.notes, *local_faults(after, touched, met, allowed)]
    gained = doubled_area(after[code] for code in touched if code in after)
    gained -= doubled_area(coverage[code] for code in touched if code in coverage)
    return Edited(coverage, after, operation, touched, tuple(faults), step.lineage, gained)


def still_faulty(faults: Sequence[Fault], edited: Edited) -> list[Fault]:
    """The faults of a draft after one more operation: those that it did not touch, and those that it left or made."""
    touched = set(edited.touched)
    elsewhere = [fault for fault in faults if fault.kind not in OF_OUTLINE and touched.isdisjoint(fault.codes)]
    return elsewhere + list(edited.faults)


def _step(coverage: Coverage, operation: Operation, allowed: Allowed) -> Step:
    match operation:
        case MoveNode():
            return lines.move_node(coverage, operation)
        case InsertNode():
            return lines.insert_node(coverage, operation)
        case DeleteNode():
            return lines.delete_node(coverage, operation)
        case ReshapeEdge():
            return lines.reshape_edge(coverage, operation)
        case SplitGrid():
            return ground.split_grid(coverage, operation, allowed)
        case MergeGrids():
            return ground.merge_grids(coverage, operation, allowed)
        case TransferArea():
            return ground.transfer_area(coverage, operation)
        case Recode():
            return ground.recode(coverage, operation)
        case Retire():
            return ground.retire(coverage, operation)
        case Mend():
            return mending.mend(coverage, operation, keeps_outline=not allowed.outline)
        case ReplaceGrids():
            return ground.replace_grids(coverage, operation)
        case Restore():
            return Step({code: None if shape is None else shape.geometry() for code, shape in operation.grids.items()})


def _some(coverage: Coverage, codes: Mapping[str, Any]) -> dict[str, shapely.Geometry]:
    return {code: coverage[code] for code in codes if code in coverage}


def _positions(operation: Operation) -> list[Position]:
    """Every position that an operation brings."""
    match operation:
        case MoveNode():
            return [operation.to]
        case InsertNode():
            return [operation.at]
        case ReshapeEdge() | SplitGrid():
            return list(operation.line)
        case TransferArea():
            return list(operation.area)
        case ReplaceGrids() | Restore():
            shapes = (shape for shape in operation.grids.values() if shape is not None)
            return [position for shape in shapes for ring in shape.rings() for position in ring]
        case _:
            return []
