"""A report's way: from what someone sent to an issue in its grid, in one savepoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy import ARRAY, Select, Text, bindparam, func, insert, select, update

from geo.desk.assigning import Spot, assign, assignment_row
from geo.desk.issue_write import IssueLife, write_issues
from geo.desk.received import check_time
from geo.desk.tx import Tx
from geo.errors import BadInput, NotFound
from geo.model import Assignment, Candidate, IssueState, Method, NewReport, Position, Queue, Subject
from geo.rules import workflow
from geo.store import tables
from geo.store.tables import assignment, event, issue, issue_state, report


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a report. ``assignments`` by scheme name, the primary scheme first."""

    report_id: int
    issue_id: int
    opened_at: datetime
    assignments: dict[str, Assignment]
    is_new: bool

    @property
    def primary(self) -> Assignment | None:
        return next(iter(self.assignments.values()), None)


def file_report(tx: Tx, new: NewReport) -> Filed:
    """File one report. The same (source, source_ref) again returns the first answer."""
    return file_reports(tx, [new])[0]


def file_reports(tx: Tx, news: Sequence[NewReport], batch_id: int | None = None) -> list[Filed]:
    """File many at once, in order. Repeated (source, source_ref), stored or within ``news``, get the first answer."""
    for new in news:
        _check(tx, new)
    known = find_filed(tx, [(new.source, new.source_ref or "") for new in news])
    fresh: dict[tuple[str, str], NewReport] = {}
    for new in news:
        key = (new.source, new.source_ref or "")
        if key not in known:
            fresh.setdefault(key, new)
    written = write_issues(tx, [IssueLife(new, tx.now, tx.actor.id) for new in fresh.values()], batch_id)
    filed = {
        key: Filed(each.report_id, each.issue_id, new.occurred_at or tx.now, each.assignments, is_new=True)
        for (key, new), each in zip(fresh.items(), written, strict=True)
    }
    answers = []
    for new in news:
        key = (new.source, new.source_ref or "")
        answers.append(known.get(key) or filed[key])
        if key in filed:  # whoever repeats it within these ``news`` is told so
            known[key] = replace(filed[key], is_new=False)
    return answers


def _check(tx: Tx, new: NewReport) -> None:
    if not new.source.strip() or not (new.source_ref or "").strip():
        raise BadInput("a report needs a source and a source_ref: together they make a retry safe")
    check_time("occurred_at", new.occurred_at, tx.now)


# -- what was filed before ------------------------------------------------------------------------------------------


def find_filed(tx: Tx, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Filed]:
    """The first answers to reports with these (source, source_ref), whatever has become of them since."""
    refs: dict[str, list[str]] = {}
    for source, ref in dict.fromkeys(keys):
        refs.setdefault(source, []).append(ref)
    found = {
        row.id: (row.source, row.source_ref)
        for source, wanted in refs.items()
        for row in tx.conn.execute(_filed(tx.conn.dialect.name), {"of_source": source, "refs": wanted})
    }
    if not found:
        return {}
    opened = select(issue.c.id, issue.c.report_id, issue.c.opened_at)
    issues = tx.conn.execute(opened.where(issue.c.report_id.in_(found))).all()
    first = _first_assignments(tx, [row.id for row in issues])
    return {
        found[row.report_id]: Filed(row.report_id, row.id, row.opened_at, first.get(row.id, {}), is_new=False)
        for row in issues
    }


@cache  # every group of reports asks it
def _filed(dialect: str) -> Select[Any]:
    """Reports of one source with these references.

    A source that PostgreSQL has not met seems so small to it that it would read all of the source for a list of
    references: each is looked up by itself.
    """
    columns = select(report.c.id, report.c.source, report.c.source_ref)
    of_source = columns.where(report.c.source == bindparam("of_source"), report.c.undone_at.is_(None))
    if dialect == "sqlite":
        return of_source.where(report.c.source_ref.in_(bindparam("refs", expanding=True)))
    asked = func.unnest(bindparam("refs", type_=ARRAY(Text))).table_valued("ref").render_derived()
    return select(of_source.where(report.c.source_ref == asked.c.ref).limit(1).lateral()).select_from(asked)


def _first_assignments(tx: Tx, issue_ids: Sequence[int]) -> dict[int, dict[str, Assignment]]:
    """What was decided when these issues were filed: issue id -> scheme name -> assignment."""
    if not issue_ids:
        return {}
    version = tables.grid_version
    as_decided = (
        (version.c.grid_id == assignment.c.grid_id)
        & (version.c.from_edition <= assignment.c.edition)
        & (version.c.to_edition.is_(None) | (version.c.to_edition > assignment.c.edition))
    )
    rows = tx.conn.execute(
        select(assignment, tables.scheme.c.name.label("scheme"), version.c.code)
        .join(tables.scheme, tables.scheme.c.id == assignment.c.scheme_id)
        .join(event, event.c.id == assignment.c.event_id)
        .outerjoin(version, as_decided)
        .where(
            assignment.c.subject == Subject.ISSUE,
            assignment.c.subject_id.in_(issue_ids),
            event.c.kind == "report.filed",
        )
        .order_by(tables.scheme.c.is_primary.desc(), tables.scheme.c.name)
    ).all()
    found: dict[int, dict[str, Assignment]] = {}
    for row in rows:
        found.setdefault(row.subject_id, {})[row.scheme] = stored_assignment(row)
    return found


def stored_assignment(row: Any) -> Assignment:
    """An Assignment from its row joined with the grid's code. Candidates keep codes, not ids."""
    return Assignment(
        row.grid_id,
        row.code,
        row.edition,
        Method(row.method) if row.method else None,
        Queue(row.queue) if row.queue else None,
        row.distance_m,
        row.edge_m,
        row.ambiguous,
        tuple(Candidate(0, c["grid"], c["edge_m"], c.get("share")) for c in row.candidates or ()),
        row.lon,
        row.lat,
        row.share,
        row.outside_share,
        row.confirmed_by,
        row.from_at if row.confirmed_by else None,
        row.evidence,
    )


# -- moving a pin ---------------------------------------------------------------------------------------------------


def move_pin(tx: Tx, issue_id: int, at: Position, reason: str | None = None) -> dict[str, Assignment]:
    """Put an open issue where it really is and decide again, in every scheme. Returns assignments by scheme."""
    return move_to(tx, issue_id, Spot(at, evidence={"decided_by": "pin"}), reason)


def move_to(tx: Tx, issue_id: int, spot: Spot, reason: str | None, **about: Any) -> dict[str, Assignment]:
    """The same to a spot that has a position, perhaps as a place. about: what more to tell in the event."""
    at = spot.position
    if at is None:
        raise BadInput("there is nowhere to move it to")
    workflow.after(current_state(tx, issue_id), workflow.Verb.MOVE)
    before = current_grid(tx, issue_id)
    sheets = tx.sheets()
    decisions = [assign(sheet, [spot])[0] for sheet in sheets]
    event_id = tx.record(
        "issue.moved",
        Subject.ISSUE,
        issue_id,
        grid_id=decisions[0].grid_id if decisions else None,
        grid_id_before=before,
        reason=reason,
        data={
            "lon": round(at.lon, 7),
            "lat": round(at.lat, 7),
            "datum": at.datum,
            "accuracy_m": at.accuracy_m,
            **about,
        },
    )
    tx.conn.execute(
        update(assignment)
        .where(assignment.c.subject == Subject.ISSUE, assignment.c.subject_id == issue_id, assignment.c.to_at.is_(None))
        .values(to_at=tx.now)
    )
    for sheet, decision in zip(sheets, decisions, strict=True):
        tx.conn.execute(
            insert(assignment).values(assignment_row(Subject.ISSUE, issue_id, sheet, spot, decision, event_id, tx.now))
        )
    tx.conn.execute(update(issue).where(issue.c.id == issue_id).values(geom=shapely.Point(at.lon, at.lat)))
    return {sheet.scheme: decision for sheet, decision in zip(sheets, decisions, strict=True)}


def current_state(tx: Tx, issue_id: int) -> IssueState:
    """Raises NotFound."""
    state = tx.conn.execute(
        select(issue_state.c.state).where(issue_state.c.issue_id == issue_id, issue_state.c.to_at.is_(None))
    ).scalar_one_or_none()
    if state is None:
        raise NotFound(f"there is no issue {issue_id}")
    return IssueState(state)


def current_grid(tx: Tx, issue_id: int) -> int | None:
    """The primary scheme's grid of an issue, None while it waits in a queue."""
    return tx.conn.execute(
        select(assignment.c.grid_id)
        .join(tables.scheme, tables.scheme.c.id == assignment.c.scheme_id)
        .where(
            assignment.c.subject == Subject.ISSUE,
            assignment.c.subject_id == issue_id,
            assignment.c.to_at.is_(None),
            tables.scheme.c.is_primary,
        )
    ).scalar_one_or_none()


def issue_number(issue_id: int, opened_at: datetime, zone: ZoneInfo) -> str:
    """The number people quote: the local year and a running number, "2026-000123"."""
    return f"{opened_at.astimezone(zone):%Y}-{issue_id:06d}"
