"""What the publication of a draft would do, worked out before any transaction: seconds in a large city.

A plan stands on one revision of the draft and one edition. Where either has moved on when it is to be written, another
is made. A draft whose base edition is not in force any more moves on to the one that is, unless others changed the
same grids since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from geo.coverage.descent import Descent, descents
from geo.coverage.faults import errors, fault_record, faults_geojson
from geo.coverage.lattice import area_text, doubled_area_mm2
from geo.coverage.shifts import Shift
from geo.crs import Metric
from geo.desk.atlas import Atlas, Sheet
from geo.desk.draft_checks import find_draft_faults
from geo.desk.draft_work import Work, find, load
from geo.desk.edition_grids import GridRow, Grids, Key, changed_between, newest_edition, shapes
from geo.desk.redeciding import Looked, look
from geo.errors import Conflict, FaultyCoverage
from geo.model import Fault
from geo.store.tables import edition, event

_LISTED = 200


@dataclass(frozen=True)
class Plan:
    """work: the draft on the edition in force. after: its sheet, as the edition ``number``.

    Grids that come with the draft have ids below nought until they are written: ``new`` says which code has which.
    """

    work: Work
    number: int
    before: Sheet
    after: Sheet
    new: Mapping[str, int]
    gone: frozenset[int]
    shift: Shift
    faults: Sequence[Fault]
    looked: Looked
    descents: Sequence[Descent[Any]]
    grids: int
    area_mm2: str

    @cached_property
    def codes(self) -> tuple[dict[int, str], dict[int, str]]:
        """Codes by grid id in the edition in force and in the next one."""
        before, after = (
            dict(zip(sheet.grid_ids.tolist(), map(str, sheet.codes), strict=True))
            for sheet in (self.before, self.after)
        )
        return before, after

    @property
    def touched(self) -> set[int]:
        """The grids in force that change or go."""
        return {key for key in self.work.changes if isinstance(key, int) and key in self.work.base}


def rebased(conn: Connection, atlas: Atlas, draft_id: int) -> Work:
    """The draft on the edition in force. Raises NotFound, and Conflict with a diff where others changed its grids."""
    work = load(conn, atlas.shelf, draft_id)
    newest = newest_edition(conn, work.row.scheme_id)
    if newest == work.row.base_edition:
        return work
    now = atlas.shelf.grids(conn, work.row.scheme_id, newest)
    theirs = changed_between(conn, work.row.scheme_id, work.row.base_edition, newest)
    moved = Work(work.row, now, work.changes)
    clashes = [*(key for key in work.changes if key in theirs), *_taken(moved)]
    if clashes:
        raise Conflict(
            f"edition {newest} changed grids that this draft changes, which stands on edition "
            f"{work.row.base_edition}: {', '.join(sorted({_code(work, now, key) for key in clashes})[:10])}. "
            "Start a draft on the edition in force and do there what is still wanted",
            reason="grids_changed_since",
            edition=newest,
            base_edition=work.row.base_edition,
            grids=[_clash(conn, work, now, key, atlas.metric) for key in clashes[:_LISTED]],
        )
    return moved


def _taken(moved: Work) -> list[Key]:
    """Changed grids whose code another grid has by now."""
    twice = moved.codes_twice()
    return [key for key, grid in moved.after.items() if grid.code in twice]


def _code(work: Work, now: Grids, key: Key) -> str:
    grid = work.base.get(key) or now.get(key) or work.changes.get(key)
    return grid.code if grid else str(key)


def _clash(conn: Connection, work: Work, now: Grids, key: Key, metric: Metric) -> dict[str, Any]:
    """The diff of one grid: as it was in the base edition, as others have it now, as the draft has it."""
    grids = {"base": work.base.get(key), "theirs": now.get(key), "ours": work.changes.get(key)}
    return {"code": _code(work, now, key), **{side: _side(grid, metric) for side, grid in grids.items()}}


def _side(grid: GridRow | None, metric: Metric) -> dict[str, Any] | None:
    if grid is None:
        return None
    shape = metric.unproject_geometry(grid.geom)
    told = {"code": grid.code, "name": grid.name, "area_m2": round(float(grid.geom.area), 3)}
    return {**told, "geometry": shape.__geo_interface__}


def planned(conn: Connection, atlas: Atlas, draft_id: int) -> Plan:
    """The same plan as of make, to be read only: made once while neither the draft nor anything else changes.

    Whatever changes a point, a boundary or an issue is an event; steps of the draft are in its revision.
    """
    stands_on = draft_id, find(conn, draft_id).revision, conn.execute(select(func.max(event.c.id))).scalar_one()
    plan: Plan = atlas.plans.get(stands_on, lambda: make(conn, atlas, draft_id))
    return plan


def make(conn: Connection, atlas: Atlas, draft_id: int, *, whole: bool = False) -> Plan:
    """whole: look for faults everywhere, not only where the draft changes something.

    Raises NotFound, Conflict as rebased does and for a draft that changes nothing, FaultyCoverage."""
    work = rebased(conn, atlas, draft_id)
    if not work.changes:
        raise Conflict(f"draft {draft_id} changes nothing yet", reason="nothing_changed")
    faults = find_draft_faults(conn, work, atlas.metric, whole=whole)
    _refuse_what_others_made(conn, work, faults)
    refuse(work, faults, atlas.metric)
    before = next(sheet for sheet in atlas.sheets(conn) if sheet.scheme_id == work.row.scheme_id)
    number = next_number(conn, work.row.scheme_id)
    new = {grid.code: -1 - i for i, grid in enumerate(g for g in work.after.values() if g.grid_id is None)}
    after = _sheet_after(before, work, new, number)
    shift = _shift(work)
    gone = frozenset(key for key, grid in work.changes.items() if grid is None and isinstance(key, int))
    return Plan(
        work, number, before, after, new, gone, shift, faults,
        looked=look(conn, before, after, shift, gone),
        descents=_descents(work, new),
        grids=len(after.codes),
        area_mm2=_area_after(conn, work),
    )  # fmt: skip


def _refuse_what_others_made(conn: Connection, work: Work, faults: Sequence[Fault]) -> None:
    """Raises Conflict where a draft has faults and boundaries changed since it began: two may fill one hole."""
    newest = newest_edition(conn, work.row.scheme_id)
    bad = errors(faults)
    if bad and newest != work.row.base_edition:
        raise Conflict(
            f"draft {work.row.id} stands on edition {work.row.base_edition} and has faults on edition {newest}: "
            f"{'; '.join(fault.message for fault in bad[:3])}",
            reason="faults_since",
            edition=newest,
            base_edition=work.row.base_edition,
            faults=[fault_record(fault) for fault in bad[:_LISTED]],
        )


def next_number(conn: Connection, scheme_id: int) -> int:
    query = select(edition.c.number).where(edition.c.scheme_id == scheme_id).order_by(edition.c.number.desc()).limit(1)
    return int(conn.execute(query).scalar_one()) + 1


def refuse(work: Work, faults: Sequence[Fault], metric: Metric) -> None:
    """Raises FaultyCoverage where any of the faults is an error."""
    bad = errors(faults)
    if bad:
        first = "; ".join(fault.message for fault in bad[:3])
        raise FaultyCoverage(
            f"draft {work.row.id} has {len(bad)} faults: {first}{' ...' if len(bad) > 3 else ''}; mend them first",
            reason="has_faults",
            count=len(bad),
            faults=[fault_record(fault) for fault in bad[:_LISTED]],
            geojson=faults_geojson(bad, metric),
        )


def _area_after(conn: Connection, work: Work) -> str:
    """The exact area of the next edition: that of the one in force, and what the changes add."""
    query = select(edition.c.area_mm2).where(edition.c.scheme_id == work.row.scheme_id)
    now = conn.execute(query.order_by(edition.c.number.desc()).limit(1)).scalar_one()
    before, after = (sum(doubled_area_mm2(shapes(grids)[1])) for grids in (work.before, work.after))
    return area_text(int(2 * Decimal(now)) + after - before)


def _sheet_after(before: Sheet, work: Work, new: Mapping[str, int], number: int) -> Sheet:
    """The sheet that the draft makes of the one in force; only the cells around its changes are made anew."""
    steps: dict[str, Any] = dict.fromkeys(grid.code for grid in work.before.values())
    steps |= {grid.code: grid.geom for grid in work.after.values()}
    index = before.index.with_changes(steps)
    row_of = {code: row for row, code in enumerate(before.codes.tolist())}
    kept = np.array([row_of.get(code, 0) for code in index.codes.tolist()])  # new ones are written over below
    ids, geoms = before.grid_ids[kept], before.geoms[kept]
    changed = {grid.code: grid for grid in work.after.values()}
    for row, code in enumerate(index.codes.tolist()):
        if code in changed:
            grid = changed[code]
            ids[row], geoms[row] = new[code] if grid.grid_id is None else grid.grid_id, grid.geom
    return replace(before, edition=number, index=index, grid_ids=ids, geoms=geoms)


def _shift(work: Work) -> Shift:
    """Changed edges. A grid of another code is another one to a point on its edge, for the lowest code wins there."""
    before, after = ({f"{k} {grid.code}": grid.geom for k, grid in each.items()} for each in (work.before, work.after))
    return Shift.of(before, after)


def _descents(work: Work, new: Mapping[str, int]) -> list[Descent[Any]]:
    """By ids, those of new grids below nought."""
    before = {key: grid.geom for key, grid in work.before.items()}
    after = {new[grid.code] if grid.grid_id is None else key: grid.geom for key, grid in work.after.items()}
    return descents(before, after)
