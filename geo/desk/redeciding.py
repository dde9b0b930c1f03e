"""Deciding again what a change of boundaries may concern, and nothing else: open issues and rental units.

The points are those in ground that changed hands, and those with a changed edge within their own tolerance, or, outside
every grid, within the distance at which a grid still answers (``geo/coverage/shifts.py``). Of these only what comes out
otherwise gets a new assignment. Closed issues keep the grid that answered for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, literal_column, select, update

from geo.coverage.shifts import Shift
from geo.crs import Floats
from geo.desk.assigning import Spot, assign, assignment_row
from geo.desk.atlas import Sheet
from geo.desk.tx import Tx
from geo.model import OPEN_STATES, Assignment, Method, Position, Queue, Subject
from geo.rules.assign import EDGE_TOLERANCE_M, NEAREST_CAP_M, NEAREST_M
from geo.rules.evidence import POINT
from geo.store.insert import insert_many
from geo.store.tables import assignment, event, issue_state, rental_unit

PART = 5_000  # ids a query
BY_HAND = "pin"  # decided_by where a person put it
_BY_PLACE = 0  # assigning asks only whether a place decided, not which
WIDE_M = "50"  # as in the index assignment_wide: what has a wider accuracy is looked for everywhere


@dataclass(frozen=True)
class Redecision:
    """One subject that comes out otherwise. row: of the assignment that it has; spot: where it is."""

    row: Any
    spot: Spot
    decision: Assignment

    def on(self, grid_id: int) -> Redecision:
        """The same for a grid that has another id by now."""
        return replace(self, decision=replace(self.decision, grid_id=grid_id))


@dataclass(frozen=True)
class Looked:
    """What was found for assignments by their ids: those that come out otherwise, closed issues among them.

    changed: those of open issues and of units that are there; all others stay.
    """

    ids: AbstractSet[int]
    found: Mapping[int, Redecision]
    changed: Mapping[int, Redecision]


def look(
    conn: Connection, before: Sheet, after: Sheet, shift: Shift, gone: AbstractSet[int], known: Looked | None = None
) -> Looked:
    """Decide anew what the step from one sheet to the next may concern; what is known already is not looked at again.

    gone: grids that the next sheet does not have.
    """
    rows = candidates(conn, before, shift)
    fresh = [row for row in rows if known is None or row.id not in known.ids]
    kept = {row.id: known.found[row.id] for row in rows if known is not None and row.id in known.found}
    affected = [row for row, is_in in zip(fresh, concerned(before, after, shift, fresh, gone), strict=True) if is_in]
    spots = [spot_of(row) for row in affected]
    pairs = zip(affected, spots, assign(before, spots), assign(after, spots), strict=True)
    found = kept | {
        row.id: Redecision(row, spot, new)
        for row, spot, old, new in pairs
        if row.grid_id in gone or not _same(old, new)
    }
    return Looked({row.id for row in rows}, found, _at_work(conn, found))


def _at_work(conn: Connection, found: Mapping[int, Redecision]) -> dict[int, Redecision]:
    """Those of issues that are open now, and of units whose import was not undone."""
    is_open = issue_state.c.to_at.is_(None), issue_state.c.state.in_(OPEN_STATES)
    queries = {
        Subject.ISSUE: (issue_state.c.issue_id, select(issue_state.c.issue_id).where(*is_open)),
        Subject.UNIT: (rental_unit.c.id, select(rental_unit.c.id).where(rental_unit.c.undone_at.is_(None))),
    }
    there: set[tuple[str, int]] = set()
    for subject, (column, query) in queries.items():
        ids = [each.row.subject_id for each in found.values() if each.row.subject == subject]
        for part in _parts(ids):
            there |= {(subject, subject_id) for subject_id in conn.execute(query.where(column.in_(part))).scalars()}
    return {key: each for key, each in found.items() if (each.row.subject, each.row.subject_id) in there}


def _same(a: Assignment, b: Assignment) -> bool:
    """Whether two decisions differ in the edition only."""
    names = ("grid_id", "method", "queue", "distance_m", "edge_m", "ambiguous", "candidates", "share", "outside_share")
    return all(getattr(a, name) == getattr(b, name) for name in names)


def spot_of(row: Any) -> Spot:
    """Where an assignment says that its subject is, and by what."""
    at = Position(row.lon, row.lat, row.lon, row.lat, "wgs84", row.accuracy_m)
    by = (row.evidence or {}).get("decided_by")
    is_place = row.method == Method.PLACE or by not in (None, POINT, BY_HAND)
    return Spot(at, _BY_PLACE if is_place else None, row.evidence)


# -- which points -----------------------------------------------------------------------------------------------------


def concerned(
    before: Sheet, after: Sheet, shift: Shift, rows: Sequence[Any], gone: AbstractSet[int]
) -> NDArray[np.bool_]:
    """(n,) which assignments the step may change."""
    x, y = before.metric.project(_column(rows, "lon"), _column(rows, "lat"))
    stated = np.nan_to_num(_column(rows, "accuracy_m"), nan=0.0)
    old, new = before.index.locate(x, y), after.index.locate(x, y)
    outside = (old < 0) | (new < 0)
    reach = np.maximum(EDGE_TOLERANCE_M, stated)
    reach[outside] = np.maximum(reach, np.minimum(np.maximum(NEAREST_M, stated), NEAREST_CAP_M))[outside]
    moved = _grid_at(before, old) != _grid_at(after, new)
    held = np.isin(_column(rows, "grid_id"), list(gone))
    return moved | held | shift.within(x, y, reach)


def _grid_at(sheet: Sheet, rows: NDArray[np.int32]) -> NDArray[np.int64]:
    """(n,) grid ids, 0 outside."""
    return np.append(sheet.grid_ids, 0)[rows]


def _column(rows: Sequence[Any], name: str) -> Floats:
    at = [column.name for column in _COLUMNS].index(name)  # rows are read by place: by name takes several times as long
    return np.array([row[at] for row in rows], dtype=np.float64)  # None is NaN


def candidates(conn: Connection, before: Sheet, shift: Shift) -> list[Any]:
    """Assignments in force, with a point, of everything that may lie near a change: by the grids that lie near it, the
    queue outside, and what has a wide accuracy or was given by a person.
    """
    # A point whose grid answers from 50 m away, and the change 50 m beyond it.
    near = _grids_near(before, shift, 2.0 * NEAREST_CAP_M + NEAREST_M)
    here = assignment.c.scheme_id == before.scheme_id
    # As numbers and not as parameters, or the partial index of these would not serve.
    wide = (assignment.c.accuracy_m > literal_column(WIDE_M)) | assignment.c.confirmed_by.is_not(None)
    query = select(*_COLUMNS).where(assignment.c.to_at.is_(None), assignment.c.lon.is_not(None), here)
    wanted = [query.where(assignment.c.queue == Queue.OUTSIDE), query.where(wide)]
    wanted += [query.where(assignment.c.grid_id.in_(part)) for part in _parts(near)]
    found = {row.id: row for each in wanted for row in conn.execute(each).all()}  # all at once: a third of the time
    return [found[key] for key in sorted(found)]


def _grids_near(sheet: Sheet, shift: Shift, metres: float) -> list[int]:
    if not len(shift.segments):
        return []
    lines = shapely.linestrings(shift.segments.reshape(-1, 2, 2))
    rows, _ = shapely.STRtree(lines).query(sheet.geoms, predicate="dwithin", distance=metres)
    return [int(each) for each in sheet.grid_ids[np.unique(rows)]]


def _parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + PART] for start in range(0, len(ids), PART))


_COLUMNS = (
    assignment.c.id, assignment.c.subject, assignment.c.subject_id, assignment.c.grid_id, assignment.c.queue,
    assignment.c.method, assignment.c.lon, assignment.c.lat, assignment.c.accuracy_m, assignment.c.evidence,
)  # fmt: skip


# -- writing ----------------------------------------------------------------------------------------------------------


def write(tx: Tx, sheet: Sheet, changed: Sequence[Redecision]) -> None:
    """End the assignments that come out otherwise, and write the new ones with an event each."""
    reason = f"edition {sheet.edition} of scheme {sheet.scheme}"
    ended = [each.row.id for each in changed]
    for part in _parts(ended):
        tx.conn.execute(update(assignment).where(assignment.c.id.in_(part)).values(to_at=tx.now))
    told = [
        # Who may hear of an event follows from the primary scheme.
        tx.event_row(
            f"{each.row.subject}.assigned",
            Subject(each.row.subject),
            each.row.subject_id,
            grid_id=each.decision.grid_id if sheet.is_primary else None,
            grid_id_before=each.row.grid_id if sheet.is_primary else None,
            reason=reason,
        )
        for each in changed
    ]
    event_ids = insert_many(tx.conn, event, told)
    insert_many(
        tx.conn,
        assignment,
        [
            assignment_row(
                Subject(each.row.subject), each.row.subject_id, sheet, each.spot, each.decision, event_id, tx.now
            )
            for each, event_id in zip(changed, event_ids, strict=True)
        ],
    )
