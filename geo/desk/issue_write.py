"""Issues written in bulk, each with its report and all that happened to it: a year of lives, or one just filed.

A report that comes in is a life without further steps; sample data, and who moves in from another system, bring whole
ones. The rows of a life are those that the verbs would have written one by one at the times given; a test holds the two
against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Table, select

from geo.desk.assigning import Spot, assign, assignment_row
from geo.desk.locating import Locator
from geo.desk.tx import Tx
from geo.errors import BadInput
from geo.model import Assignment, IssueState, NewReport, SlaClock, Subject
from geo.rules import catalogue
from geo.rules.due import due_at
from geo.rules.workflow import EVENT_VERBS, after
from geo.store.insert import insert_many, take_ids
from geo.store.tables import assignment, category, contact, event, issue, issue_state, report

_CATEGORIES = select(category)


@dataclass(frozen=True, slots=True)
class IssueStep:
    """One change of state after filing. ``text``: the reply of a closing, the reason of a reopening."""

    at: datetime
    state: IssueState
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class IssueLife:
    """A report as it was filed at ``recorded_at``, and the steps of its issue, oldest first."""

    report: NewReport
    recorded_at: datetime
    actor: str
    steps: tuple[IssueStep, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenIssue:
    """A report and its issue with what was decided: scheme name -> assignment, the primary scheme first."""

    report_id: int
    issue_id: int
    assignments: dict[str, Assignment]


def load_issue_lives(tx: Tx, lives: Sequence[IssueLife]) -> list[int]:
    """Write lives that are over, or have come to now. Returns issue ids, in order.

    Raises BadInput where steps are out of order or lie in the future, Conflict where the workflow forbids one.
    """
    for life in lives:
        _check(tx, life)
    return [written.issue_id for written in write_issues(tx, lives)]


def _check(tx: Tx, life: IssueLife) -> None:
    times = [life.recorded_at, *(step.at for step in life.steps)]
    if any(later < earlier for earlier, later in pairwise(times)) or times[-1] > tx.now:
        raise BadInput(f"the steps of {life.report.source_ref} are out of order or lie in the future")
    state: IssueState | None = IssueState.OPEN
    for step in life.steps:
        state = after(state, EVENT_VERBS[f"issue.{step.state}"])


def write_issues(tx: Tx, lives: Sequence[IssueLife], batch_id: int | None = None) -> list[WrittenIssue]:
    """Write reports and issues, decided by the edition in force, in every scheme. In order."""
    if not lives:
        return []
    sheets = tx.sheets()
    ids = _take_ids(tx, lives, len(sheets))
    report_ids = insert_many(tx.conn, report, [_report_row(life, batch_id) for life in lives], ids[report])
    _seal_contacts(tx, lives, report_ids)
    spots = _spots(tx, lives)
    kinds = _categories_by_key(tx)
    issue_ids = insert_many(
        tx.conn,
        issue,
        [
            _issue_row(tx, life, report_id, kinds.get(life.report.category or ""), spot)
            for life, report_id, spot in zip(lives, report_ids, spots, strict=True)
        ],
        ids[issue],
    )
    decided = [assign(sheet, spots) for sheet in sheets]
    grids = [decision.grid_id for decision in decided[0]] if decided else [None] * len(lives)
    filings = _write_states(tx, lives, issue_ids, grids, ids)
    rows = [
        assignment_row(Subject.ISSUE, issue_id, sheet, spot, decision, event_id, life.recorded_at)
        for sheet, decisions in zip(sheets, decided, strict=True)
        for life, issue_id, spot, decision, event_id in zip(lives, issue_ids, spots, decisions, filings, strict=True)
    ]
    insert_many(tx.conn, assignment, rows, ids[assignment])
    return [
        WrittenIssue(report_id, issue_id, {s.scheme: d[i] for s, d in zip(sheets, decided, strict=True)})
        for i, (report_id, issue_id) in enumerate(zip(report_ids, issue_ids, strict=True))
    ]


def _take_ids(tx: Tx, lives: Sequence[IssueLife], schemes: int) -> Mapping[Table, list[int]]:
    steps = sum(1 + len(life.steps) for life in lives)
    number = len(lives)
    counts = {report: number, issue: number, assignment: schemes * number, event: steps, issue_state: steps}
    return take_ids(tx.conn, counts)


def _report_row(life: IssueLife, batch_id: int | None) -> dict[str, Any]:
    new, recorded_at = life.report, life.recorded_at
    at = new.position
    return {
        "source": new.source,
        "source_ref": new.source_ref,
        "category": new.category,
        "description": new.description,
        "lon": at.lon if at else None,
        "lat": at.lat if at else None,
        "lon_received": at.lon_received if at else None,
        "lat_received": at.lat_received if at else None,
        "datum": at.datum if at else None,
        "accuracy_m": at.accuracy_m if at else None,
        "address": new.address,
        "place_code": new.place_code,
        "occurred_at": new.occurred_at or recorded_at,
        "recorded_at": recorded_at,
        "batch_id": batch_id,
        "undone_at": None,
    }


def _categories_by_key(tx: Tx) -> dict[str, Any]:
    """Category rows by code and by name: intake systems send either."""
    rows = tx.conn.execute(_CATEGORIES).all()
    return {key: row for row in rows for key in (row.name_en, row.name, row.code) if key}


def _issue_row(tx: Tx, life: IssueLife, report_id: int, kind: Any, spot: Spot) -> dict[str, Any]:
    opened_at = life.report.occurred_at or life.recorded_at
    limit = (kind.limit_value, kind.limit_clock) if kind else catalogue.FALLBACK_LIMIT
    return {
        "report_id": report_id,
        "category_id": kind.id if kind else None,
        "opened_at": opened_at,
        "due_at": due_at(opened_at, limit[0], SlaClock(limit[1]), tx.store.jurisdiction.timezone),
        "geom": shapely.Point(spot.lon, spot.lat) if spot.position else None,
    }


def _spots(tx: Tx, lives: Sequence[IssueLife]) -> list[Spot]:
    locator = Locator(tx)
    return [locator.spot(new.position, new.place_code, new.address) for new in (life.report for life in lives)]


def _seal_contacts(tx: Tx, lives: Sequence[IssueLife], report_ids: Sequence[int]) -> None:
    rows = [
        {"subject": "report", "subject_id": report_id, "sealed": _sealed(tx, life.report.contact),
         "recorded_at": life.recorded_at}
        for life, report_id in zip(lives, report_ids, strict=True)
        if life.report.contact
    ]  # fmt: skip
    insert_many(tx.conn, contact, rows)


def _sealed(tx: Tx, text: str) -> str:
    if tx.sealer is None:
        raise BadInput("a contact can only be kept where the accounts file with its key is open")
    return tx.sealer.seal(text)


def _write_states(
    tx: Tx,
    lives: Sequence[IssueLife],
    issue_ids: Sequence[int],
    grids: Sequence[int | None],
    ids: Mapping[Table, list[int]],
) -> list[int]:
    """Events in order of time over all lives, as they would have come; then the intervals. Returns filing event ids."""
    steps: list[tuple[int, IssueStep]] = []
    for i, life in enumerate(lives):
        steps.append((i, IssueStep(life.recorded_at, IssueState.OPEN, life.actor, "")))
        steps.extend((i, step) for step in life.steps)
    order = np.argsort(np.array([step.at.timestamp() for _, step in steps]), kind="stable")
    ordered = [steps[k] for k in order]
    event_ids = insert_many(
        tx.conn,
        event,
        [_event_row(tx, lives[i], step, issue_ids[i], grids[i]) for i, step in ordered],
        ids[event],
    )
    states: list[list[dict[str, Any]]] = [[] for _ in lives]
    for (i, step), event_id in zip(ordered, event_ids, strict=True):
        if states[i]:
            states[i][-1]["to_at"] = step.at
        states[i].append(
            {
                "issue_id": issue_ids[i],
                "state": step.state,
                "reply": step.text if step.state is IssueState.CLOSED else None,
                "from_at": step.at,
                "to_at": None,
                "event_id": event_id,
            }
        )
    insert_many(tx.conn, issue_state, [row for rows in states for row in rows], ids[issue_state])
    return [rows[0]["event_id"] for rows in states]


def _event_row(tx: Tx, life: IssueLife, step: IssueStep, issue_id: int, grid_id: int | None) -> dict[str, Any]:
    filing = step.state is IssueState.OPEN
    closing = step.state is IssueState.CLOSED
    return tx.event_row(
        "report.filed" if filing else f"issue.{step.state}",
        Subject.ISSUE,
        issue_id,
        grid_id=grid_id,
        occurred_at=(life.report.occurred_at if filing else None) or step.at,
        reason=None if filing or closing else step.text,
        data={"source": life.report.source, "state": step.state}
        if filing
        else {"state": step.state, "reply": step.text if closing else None},
    ) | {"recorded_at": step.at, "actor": step.actor}
