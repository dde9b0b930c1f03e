"""Boundary operations on a draft, as an editor sends them: one step each, checked around what it touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Connection

from geo.coverage.edit import Edited, apply
from geo.coverage.faults import placed
from geo.coverage.operations import Operation, Recode, kind_of, to_json
from geo.coverage.shapes import Position, Shape
from geo.crs import Metric
from geo.desk import drafts
from geo.desk.atlas import Atlas
from geo.desk.draft_checks import allowed_of
from geo.desk.draft_work import Changes, Work, areas_in
from geo.desk.drafts import Draft
from geo.desk.edition_grids import GridRow, Key
from geo.desk.tx import Tx
from geo.errors import BadInput, NotFound
from geo.model import Fault
from geo.rules.access import EVERYWHERE, Extent

MOST_GRIDS = 400  # told at once to an editor: more are not edited in one view
_DEGREE_DIGITS = 9


@dataclass(frozen=True)
class Step:
    """What an operation did to a draft.

    touched: codes of the grids that are new, gone or not as before. faults: all that name one of them, and all of the
    outline; what the draft's other faults were, they still are. work: the draft after it.
    """

    revision: int
    touched: tuple[str, ...]
    faults: tuple[Fault, ...]
    work: Work


def edit(
    tx: Tx,
    of: Draft,
    operation: Operation,
    *,
    extents: Sequence[Extent] = EVERYWHERE,
    revision: int | None = None,
) -> Step:
    """Take an operation as the draft's next step. What it leaves broken is told, and mended before it is submitted.

    Raises EditRefused with the place for what makes no sense, and as drafts.record does.
    """
    work = drafts.editable(tx, of, revision)
    edited = apply(work.coverage, operation, allowed_of(work))
    changes = _changes(work, edited)
    done = drafts.record(tx, work, kind_of(operation), to_json(operation), changes, extents=extents)
    return Step(done, edited.touched, tuple(placed(edited.faults, tx.atlas.metric)), work.changed(changes))


def describe(
    tx: Tx,
    of: Draft,
    code: str,
    said: Mapping[str, Any],
    *,
    extents: Sequence[Extent] = EVERYWHERE,
    revision: int | None = None,
) -> Step:
    """Say something else of a grid: its name, name_en or households. Raises BadInput for a grid that is not there."""
    work = drafts.editable(tx, of, revision)
    grid = work.by_code(code)
    if grid is None:
        raise BadInput(f"there is no grid {code!r} in this draft", reason="no_such_grid", code=code)
    changes = {grid.key: replace(grid, **said)}
    operation = {"op": "describe", "code": code, **said}
    done = drafts.record(tx, work, "describe", operation, changes, extents=extents)
    return Step(done, (code,), (), work.changed(changes))


def _changes(work: Work, edited: Edited) -> Changes:
    """What becomes of the rows of the grids that an operation touched."""
    if isinstance(edited.operation, Recode):
        row = work.by_code(edited.operation.code)
        assert row is not None  # the operation was refused without it
        return recoded(row, code=edited.operation.new)
    changes: dict[Key, GridRow | None] = {}
    for code in edited.touched:
        geom, row = edited.coverage.get(code), work.by_code(code)
        if row is not None:
            changes[row.key] = None if geom is None else replace(row, geom=geom)
        else:
            parents = map(work.by_code, edited.lineage.get(code) or ())
            changes[code] = _newcomer(code, geom, [parent for parent in parents if parent is not None])
    return changes


def recoded(row: GridRow, **said: Any) -> Changes:
    """A grid with another code, and what else is said of it.

    It stays the same one, unless it came with this draft: then its code is all that names it.
    """
    renamed = replace(row, **said)
    return {renamed.key: renamed} if row.grid_id is not None else {row.key: None, renamed.key: renamed}


def _newcomer(code: str, geom: Any, parents: Sequence[GridRow]) -> GridRow:
    """Named after its code until somebody names it, in the area of the first grid that its ground comes from."""
    if not parents:
        raise BadInput(f"grid {code!r} comes from no grid of this draft", reason="grid_from_nowhere", code=code)
    return GridRow(None, code, code, parents[0].area_id, geom)


# -- the table of vertices --------------------------------------------------------------------------------------------


def vertices_near(
    conn: Connection,
    atlas: Atlas,
    work: Work,
    bbox: tuple[float, float, float, float],
    extents: Sequence[Extent] = EVERYWHERE,
) -> dict[str, Any]:
    """The vertex table of the grids of the extents whose boxes touch a box of west, south, east and north in degrees.

    Raises NotFound where there are more than MOST_GRIDS of them: an editor looks from nearer by then.
    """
    west, south, east, north = bbox
    x, y = atlas.metric.project([west, east, west, east], [south, south, north, north])
    box = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    here = areas_in(conn, extents)
    found = map(work.by_code, work.coverage.near(box))
    near = [grid.code for grid in found if grid is not None and grid.area_id in here]
    if len(near) > MOST_GRIDS:
        raise NotFound(
            f"{len(near)} grids lie there, and {MOST_GRIDS} can be edited in one view: look from nearer by",
            reason="too_many_grids",
            grids=len(near),
            most=MOST_GRIDS,
        )
    return vertices(work, atlas.metric, sorted(near))


def vertices(work: Work, metric: Metric, codes: Sequence[str]) -> dict[str, Any]:
    """One table of vertices, and grids as rings of rows of it: what grids share is one row.

    {"nodes": [[east_mm, north_mm, lon, lat], ...], "grids": [{"code", "name", "name_en", "households", "changed",
    "parts": [[[row, ...], ...], ...]}], "gone": [code, ...]}; rings are not closed, the first of a part is the outer
    one. gone: those of the codes that the draft does not have.
    """
    there = [grid for grid in map(work.by_code, codes) if grid is not None]
    changed = {grid.code for grid in work.after.values()}
    rows: dict[Position, int] = {}
    grids = [
        {
            "code": grid.code,
            "name": grid.name,
            "name_en": grid.name_en,
            "households": grid.households,
            "changed": grid.code in changed,
            "parts": [
                [[rows.setdefault(position, len(rows)) for position in ring] for ring in part]
                for part in Shape.of(grid.geom).parts
            ],
        }
        for grid in there
    ]
    gone = [code for code in codes if work.by_code(code) is None]
    return {"nodes": _told_nodes(list(rows), metric), "grids": grids, "gone": gone}


def _told_nodes(nodes: Sequence[Position], metric: Metric) -> list[list[float]]:
    xy = np.array(nodes, dtype=np.int64).reshape(-1, 2)
    lon, lat = metric.unproject(xy[:, 0] / 1000.0, xy[:, 1] / 1000.0)
    degrees = np.column_stack([lon, lat]).round(_DEGREE_DIGITS)
    return [[x, y, *at] for (x, y), at in zip(nodes, degrees.tolist(), strict=True)]
