"""Doubtful assignments (边界存疑): open issues nearer to an edge than their accuracy, until somebody says whose it is.

A confirmation is an assignment like any other: a new row for the same point, no longer ambiguous, that names who made
it. It stays until the pin moves or the boundaries there change, for then the issue is decided again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from geo.desk.asof import When, version_of
from geo.desk.assigning import Spot, assign, assignment_row
from geo.desk.atlas import Sheet
from geo.desk.board import in_primary, primary_scheme
from geo.desk.lists import IssueOrder, Page, page_of_issues
from geo.desk.reports import current_grid, current_state, issue_number
from geo.desk.scope import in_area, in_extents
from geo.desk.tx import Tx
from geo.errors import BadInput, Conflict, NotFound
from geo.model import OPEN_STATES, Assignment, Candidate, Method, Position, Subject
from geo.rules import workflow
from geo.rules.access import Extent
from geo.store.tables import assignment, category, grid_version, issue, issue_state, report, scheme
from geo.store.types import utc_text


@dataclass(frozen=True)
class DoubtFilter:
    """None leaves a field open. area, grid: codes, of the scheme asked for. scheme: its name, None the primary one."""

    area: str | None = None
    grid: str | None = None
    scheme: str | None = None


def list_doubts(
    conn: Connection,
    extents: Sequence[Extent],
    wanted: DoubtFilter,
    when: When,
    cursor: str | None,
    limit: int,
    order: IssueOrder = IssueOrder.NEWEST,
) -> Page:
    """Open issues whose grid is in doubt, in an order. Who sees an issue follows from the primary scheme."""
    doubtful = assignment.alias("doubtful")
    of_scheme = primary_scheme() if wanted.scheme is None else _scheme_id(conn, wanted.scheme)
    query = (
        select(
            issue.c.id, issue.c.opened_at, issue.c.due_at, category.c.code.label("category"), report.c.description,
            report.c.address, scheme.c.name.label("scheme"), grid_version.c.code.label("grid"),
            grid_version.c.name.label("grid_name"), doubtful.c.edition, doubtful.c.method, doubtful.c.distance_m,
            doubtful.c.edge_m, doubtful.c.accuracy_m, doubtful.c.share, doubtful.c.outside_share,
            doubtful.c.candidates, doubtful.c.lon, doubtful.c.lat, doubtful.c.from_at,
        )
        .select_from(
            issue_state.join(issue, issue.c.id == issue_state.c.issue_id)
            .join(report, report.c.id == issue.c.report_id)
            .join(assignment, in_primary(Subject.ISSUE, issue.c.id))
            .join(
                doubtful,
                (doubtful.c.subject == Subject.ISSUE)
                & (doubtful.c.subject_id == issue.c.id)
                & (doubtful.c.scheme_id == of_scheme)
                & doubtful.c.to_at.is_(None)
                & doubtful.c.ambiguous,
            )
            .join(scheme, scheme.c.id == doubtful.c.scheme_id)
            .outerjoin(grid_version, version_of(doubtful.c.grid_id))
            .outerjoin(category, category.c.id == issue.c.category_id)
        )
        .where(
            issue_state.c.to_at.is_(None),
            issue_state.c.state.in_(OPEN_STATES),
            in_extents(extents, assignment.c.grid_id, category.c.code),
        )
    )  # fmt: skip
    if wanted.grid is not None:
        query = query.where(grid_version.c.code == wanted.grid)
    if wanted.area is not None:
        query = query.where(in_area(conn, wanted.area, doubtful.c.grid_id, extents))
    return page_of_issues(conn, query, cursor, limit, lambda row: _item(row, when), order)


def _scheme_id(conn: Connection, name: str) -> int:
    """Raises NotFound."""
    scheme_id = conn.execute(select(scheme.c.id).where(scheme.c.name == name)).scalar_one_or_none()
    if scheme_id is None:
        raise NotFound(f"there is no scheme {name!r}")
    return scheme_id


_AS_STORED = (
    "category", "description", "address", "scheme", "grid", "grid_name", "edition", "method", "distance_m", "edge_m",
    "accuracy_m", "share", "outside_share", "lon", "lat",
)  # fmt: skip


def _item(row: Any, when: When) -> dict[str, Any]:
    told = {
        "id": row.id,
        "number": issue_number(row.id, row.opened_at, when.zone),
        "opened_at": utc_text(row.opened_at),
        "due_at": utc_text(row.due_at),
        "overdue": row.due_at < when.now,
        "since": utc_text(row.from_at),
        "candidates": row.candidates or [],
    }
    return told | {name: getattr(row, name) for name in _AS_STORED}


# -- confirming -----------------------------------------------------------------------------------------------------


def confirm(
    tx: Tx, issue_id: int, grid: str | None = None, scheme_name: str | None = None, reason: str | None = None
) -> Assignment:
    """Settle whose an open issue is: the grid that it has, or another of the candidates.

    Decided by the edition in force, on the point that the issue has. Confirming the same again changes nothing. Raises
    NotFound, Conflict where nothing is in doubt, and BadInput for a grid that is no candidate.
    """
    workflow.after(current_state(tx, issue_id), workflow.Verb.CONFIRM)
    sheet = _sheet(tx, scheme_name)
    held = tx.conn.execute(
        select(assignment).where(
            assignment.c.subject == Subject.ISSUE,
            assignment.c.subject_id == issue_id,
            assignment.c.scheme_id == sheet.scheme_id,
            assignment.c.to_at.is_(None),
        )
    ).first()
    if held is None or held.grid_id is None:
        raise Conflict(f"issue {issue_id} has no grid that could be confirmed: move its pin to where it is")
    spot = Spot(Position(held.lon, held.lat, held.lon, held.lat, "wgs84", held.accuracy_m), evidence=held.evidence)
    decided = assign(sheet, [spot])[0]
    chosen = _chosen(issue_id, held, decided, grid)
    if held.confirmed_by is not None and held.grid_id == chosen.grid_id:
        return _settled(held, decided, chosen, held.confirmed_by, held.from_at)
    settled = _settled(held, decided, chosen, tx.actor.id, tx.now)
    before = current_grid(tx, issue_id)
    event_id = tx.record(
        "issue.confirmed",
        Subject.ISSUE,
        issue_id,
        grid_id=chosen.grid_id if sheet.is_primary else before,
        grid_id_before=before,
        reason=reason,
        data={"scheme": sheet.scheme, "grid": chosen.code, "changed": chosen.grid_id != held.grid_id},
    )
    tx.conn.execute(update(assignment).where(assignment.c.id == held.id).values(to_at=tx.now))
    row = assignment_row(Subject.ISSUE, issue_id, sheet, spot, settled, event_id, tx.now)
    tx.conn.execute(insert(assignment).values(row))
    return settled


def _sheet(tx: Tx, name: str | None) -> Sheet:
    found = next((sheet for sheet in tx.sheets() if (sheet.is_primary if name is None else sheet.scheme == name)), None)
    if found is None:
        raise NotFound(f"there is no scheme {name!r} with grids in force" if name else "there are no grids yet")
    return found


def _chosen(issue_id: int, held: Any, decided: Assignment, grid: str | None) -> Candidate:
    if not decided.candidates:
        raise Conflict(f"the grid of issue {issue_id} is in no doubt: no edge is nearer than its accuracy")
    codes = ", ".join(candidate.code for candidate in decided.candidates)
    for candidate in decided.candidates:
        if candidate.code == grid or (grid is None and candidate.grid_id == held.grid_id):
            return candidate
    if grid is None:
        raise Conflict(f"the boundaries around issue {issue_id} have changed since: name one of {codes}")
    raise BadInput(f"grid {grid!r} is no candidate of issue {issue_id}: name one of {codes}, or move the pin")


def _settled(held: Any, decided: Assignment, chosen: Candidate, by: str, at: Any) -> Assignment:
    """The decision for the chosen grid. One that does not hold the point answers as one nearby does."""
    settled = replace(decided, ambiguous=False, confirmed_by=by, confirmed_at=at)
    if chosen.grid_id == decided.grid_id:
        return replace(settled, method=Method.PLACE) if held.method == Method.PLACE else settled
    return replace(
        settled,
        grid_id=chosen.grid_id,
        code=chosen.code,
        method=Method.NEAREST if chosen.edge_m else Method.WITHIN,
        distance_m=chosen.edge_m,
        share=chosen.share,
    )
