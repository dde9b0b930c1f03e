"""One issue or one grid with everything a drawer shows: who answers, what happened, what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from geo.desk import gridmap, people
from geo.desk.asof import When, by, in_edition, recorded, version_of
from geo.desk.assigning import candidates_json
from geo.desk.atlas import Atlas
from geo.desk.board import in_primary, primary_scheme
from geo.desk.lists import oldest_open
from geo.desk.reports import issue_number, stored_assignment
from geo.desk.scope import anything, in_extents, sight
from geo.desk.tx import Tx
from geo.errors import NotAllowed, NotFound
from geo.model import Assignment, IssueState, Queue, Subject
from geo.rules.access import Capability, Extent, Reach
from geo.rules.workflow import Verb, verbs_for
from geo.store.tables import (
    area,
    assignment,
    category,
    edition,
    event,
    grid_version,
    issue,
    issue_state,
    place,
    report,
    scheme,
)
from geo.store.types import utc_text

CARD_ISSUES = 10
CARD_EVENTS = 10
HISTORY_SHOWN = 100


# Before any grids are published there is nothing to decide with.
NOT_DIVIDED: dict[str, Any] = {
    "grid": None, "queue": Queue.OUTSIDE, "chain": [], "edition": None, "method": None, "distance_m": None,
    "edge_m": None, "ambiguous": False, "candidates": [], "share": None, "outside_share": None,
    "confirmed_at": None, "confirmed_by": None, "evidence": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """How a detail is read: about which moment, with which boundaries, and where this reader may know people."""

    when: When
    atlas: Atlas
    people_in: Sequence[Extent]

    @classmethod
    def of(cls, tx: Tx, people_in: Sequence[Extent]) -> Reading:
        """What a verb's own outcome looks like to who asked for it."""
        return cls(When(tx.now, tx.zone), tx.atlas, people_in)


def issue_detail(conn: Connection, extents: Sequence[Extent], issue_id: int, reading: Reading) -> dict[str, Any]:
    """The issue drawer. Raises NotFound for what is not there and for what this reader may not see."""
    when, at = reading.when, reading.when.as_of
    row = _issue_row(conn, extents, issue_id, at)
    others = _other_schemes(conn, issue_id, at)
    state = IssueState(row.state)
    return {
        "id": issue_id,
        "number": issue_number(issue_id, row.opened_at, when.zone),
        "version": max(row.state_event, row.assignment_event or 0, *(other.event_id for other in others)),
        "state": state,
        "category": _category(row),
        "opened_at": utc_text(row.opened_at),
        "due_at": utc_text(row.due_at),
        "overdue": state.is_open and row.due_at < when.now,
        "closed_at": utc_text(row.state_since) if state is IssueState.CLOSED else None,
        "reply": row.reply,
        "report": {
            "source": row.source,
            "source_ref": row.source_ref,
            "description": row.description,
            "address": row.address,
            "occurred_at": utc_text(row.occurred_at),
            "recorded_at": utc_text(row.recorded_at),
        },
        "assignment": _assignment(conn, row, reading),
        "schemes": {each.scheme: assignment_json(conn, stored_assignment(each), reading) for each in others},
        "lon": row.lon,
        "lat": row.lat,
        "history": history(conn, Subject.ISSUE, issue_id, at),
        "may": [] if at else _may(state, any(each.candidates for each in (row, *others))),
    }


def _may(state: IssueState, near_an_edge: bool) -> list[Verb]:
    shown = (Verb.MOVE, Verb.CLOSE, Verb.REOPEN, *((Verb.CONFIRM,) if near_an_edge else ()))
    return [verb for verb in verbs_for(state) if verb in shown]


def _issue_row(conn: Connection, extents: Sequence[Extent], issue_id: int, at: datetime | None) -> Any:
    row = conn.execute(
        select(
            issue, issue_state.c.state, issue_state.c.reply, issue_state.c.from_at.label("state_since"),
            issue_state.c.event_id.label("state_event"), assignment, assignment.c.event_id.label("assignment_event"),
            grid_version.c.code, grid_version.c.name.label("grid_name"),
            grid_version.c.name_en.label("grid_name_en"), category.c.code.label("category_code"),
            category.c.name.label("category_name"), category.c.name_en.label("category_name_en"),
            report.c.source, report.c.source_ref, report.c.description, report.c.address, report.c.occurred_at,
            report.c.category.label("category_received"), report.c.recorded_at,
        )
        .select_from(
            issue.join(report, report.c.id == issue.c.report_id)
            .join(issue_state, (issue_state.c.issue_id == issue.c.id) & recorded(issue_state, at))
            .outerjoin(assignment, in_primary(Subject.ISSUE, issue.c.id, at))
            .outerjoin(grid_version, version_of(assignment.c.grid_id, at))
            .outerjoin(category, category.c.id == issue.c.category_id)
        )
        .where(issue.c.id == issue_id, in_extents(extents, assignment.c.grid_id, category.c.code))
    ).first()  # fmt: skip
    if row is None:
        raise NotFound(f"there is no issue {issue_id} that you may see")
    return row


def _other_schemes(conn: Connection, issue_id: int, at: datetime | None) -> Sequence[Any]:
    """An issue's assignments in every scheme but the primary one, by name."""
    return conn.execute(
        select(assignment, scheme.c.name.label("scheme"), grid_version.c.code)
        .join(scheme, scheme.c.id == assignment.c.scheme_id)
        .outerjoin(grid_version, version_of(assignment.c.grid_id, at))
        .where(assignment.c.subject == Subject.ISSUE, assignment.c.subject_id == issue_id, recorded(assignment, at))
        .where(scheme.c.is_primary.is_(False))
        .order_by(scheme.c.name)
    ).all()


def _category(row: Any) -> dict[str, Any] | None:
    if row.category_code is None:
        received = row.category_received
        return {"code": None, "name": received, "name_en": received} if received else None
    return {"code": row.category_code, "name": row.category_name, "name_en": row.category_name_en}


def _assignment(conn: Connection, row: Any, reading: Reading) -> dict[str, Any]:
    if row.edition is None:
        return NOT_DIVIDED
    told = assignment_json(conn, stored_assignment(row), reading)
    return told | {"grid_name": row.grid_name, "grid_name_en": row.grid_name_en}


def assignment_json(conn: Connection, decision: Assignment, reading: Reading) -> dict[str, Any]:
    """A decision as programs read it, with the chain of who answers, named where they may be known."""
    return assignments_json(conn, [decision], reading)[0]


def assignments_json(conn: Connection, decisions: Sequence[Assignment], reading: Reading) -> list[dict[str, Any]]:
    """The same for many."""
    chains = chains_at(conn, [(each.grid_id, each.lon, each.lat) for each in decisions], reading)
    return [_decision_json(conn, *each) for each in zip(decisions, chains, strict=True)]


def _decision_json(conn: Connection, decision: Assignment, chain: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "grid": decision.code,
        "queue": decision.queue,
        "chain": chain,
        "edition": decision.edition,
        "method": decision.method,
        "distance_m": decision.distance_m,
        "edge_m": decision.edge_m,
        "ambiguous": decision.ambiguous,
        "candidates": candidates_json(decision) or [],
        "share": decision.share,
        "outside_share": decision.outside_share,
        "confirmed_at": utc_text(decision.confirmed_at) if decision.confirmed_at else None,
        "confirmed_by": decision.confirmed_by,
        "evidence": evidence_json(conn, decision.evidence),
    }


def evidence_json(conn: Connection, evidence: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What decided where something is, with the name of the place that was named."""
    if evidence is None or "place" not in evidence:
        return None if evidence is None else dict(evidence)
    named = select(place.c.name, place.c.name_en).where(place.c.code == evidence["place"], place.c.undone_at.is_(None))
    row = conn.execute(named.limit(1)).first()
    return {**evidence, "place_name": row.name if row else None, "place_name_en": row.name_en if row else None}


def chain_at(
    conn: Connection, grid_id: int | None, lon: float | None, lat: float | None, reading: Reading
) -> list[dict[str, Any]]:
    """Who answers for a point of a grid: its micro-grid where it lies in one, the grid, the areas above.

    Without names where the grid's people may not be known.
    """
    return chains_at(conn, [(grid_id, lon, lat)], reading)[0]


def chains_at(
    conn: Connection, points: Sequence[tuple[int | None, float | None, float | None]], reading: Reading
) -> list[list[dict[str, Any]]]:
    """The same for many points, each with its grid; empty where it has none."""
    if all(grid_id is None for grid_id, _, _ in points):
        return [[] for _ in points]
    at = reading.when.as_of
    deepest = reading.atlas.micro_grids(conn, points, at)
    tops = [micro_grid or grid_id for micro_grid, (grid_id, _, _) in zip(deepest, points, strict=True)]
    known = sight(conn, reading.people_in).grids
    named = [grid_id is not None and (known is None or grid_id in known) for grid_id, _, _ in points]
    wanted = [top for top in tops if top is not None]
    chains = people.chains(conn, wanted, reading.when.today, at, with_leads=any(named))
    return [_shown(chains.get(top or 0, []), with_people) for top, with_people in zip(tops, named, strict=True)]


def _shown(chain: list[dict[str, Any]], with_people: bool) -> list[dict[str, Any]]:
    return chain if with_people else [link | {"lead": None} for link in chain]


def issue_version(conn: Connection, issue_id: int) -> int:
    """The event that last changed the issue, as in ``version`` of its detail."""
    state = select(issue_state.c.event_id).where(issue_state.c.issue_id == issue_id, issue_state.c.to_at.is_(None))
    placed = select(func.max(assignment.c.event_id)).where(
        assignment.c.subject == Subject.ISSUE, assignment.c.subject_id == issue_id, assignment.c.to_at.is_(None)
    )
    return max(conn.execute(state).scalar_one_or_none() or 0, conn.execute(placed).scalar_one_or_none() or 0)


def require_issue(conn: Connection, reach: Reach, needed: Capability, issue_id: int) -> None:
    """Raises NotFound for an issue the person does not see, NotAllowed for one that is seen but not his to change."""
    if is_within(conn, reach.of(needed), issue_id):
        return
    if is_within(conn, reach.of(Capability.ISSUES_SEE), issue_id):
        raise NotAllowed(f"this needs {needed} where issue {issue_id} lies", capability=str(needed))
    raise NotFound(f"there is no issue {issue_id} that you may see")


def is_within(conn: Connection, extents: Sequence[Extent], issue_id: int) -> bool:
    """Whether an issue lies, with its category, in one of the extents now."""
    query = (
        select(issue.c.id)
        .select_from(
            issue.outerjoin(assignment, in_primary(Subject.ISSUE, issue.c.id)).outerjoin(
                category, category.c.id == issue.c.category_id
            )
        )
        .where(issue.c.id == issue_id, in_extents(extents, assignment.c.grid_id, category.c.code))
    )
    return conn.execute(query).first() is not None


def history(conn: Connection, subject: Subject, subject_id: int, at: datetime | None) -> list[dict[str, Any]]:
    """What happened to a subject, newest first; at: what had been recorded by then."""
    rows = conn.execute(
        select(event)
        .where(event.c.subject == subject, event.c.subject_id == subject_id, by(event.c.recorded_at, at))
        .order_by(event.c.id.desc())
        .limit(HISTORY_SHOWN)
    )
    return [_history_item(row) for row in rows]


def _history_item(row: Any) -> dict[str, Any]:
    return {
        "at": utc_text(row.recorded_at),
        "occurred_at": utc_text(row.occurred_at),
        "kind": row.kind,
        "actor": row.actor,
        "reason": row.reason,
        "data": row.data,
    }


def grid_detail(conn: Connection, reach: Reach, code: str, reading: Reading) -> dict[str, Any]:
    """The grid card: who answers, figures, its oldest open issues, what happened last. Raises NotFound.

    Every part is told only as far as ``reach`` goes.
    """
    when, at = reading.when, reading.when.as_of
    row = conn.execute(
        select(grid_version, area.c.code.label("area"), edition.c.number.label("edition"))
        .join(area, area.c.id == grid_version.c.area_id)
        .join(edition, edition.c.scheme_id == grid_version.c.scheme_id)
        .where(
            grid_version.c.code == code,
            in_edition(at),
            by(edition.c.published_at, at),
            grid_version.c.scheme_id == primary_scheme(),
            in_extents(anything(reach.of(Capability.MAP_SEE)), grid_version.c.grid_id),
        )
        .order_by(edition.c.number.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound(f"there is no grid {code} that you may see")
    issues = reach.of(Capability.ISSUES_SEE)
    return {
        "id": row.grid_id,
        "code": row.code,
        "name": row.name,
        "name_en": row.name_en,
        "area": row.area,
        "households": row.households,
        "area_m2": round(row.geom.area, 1),
        "edition": row.edition,
        "since_edition": row.from_edition,
        "attributes": row.attributes,
        "chain": chain_at(conn, row.grid_id, None, None, reading),
        **gridmap.grid_counts(conn, reach, [row.grid_id], when)[row.grid_id],
        "issues": oldest_open(conn, issues, code, when, CARD_ISSUES),
        "events": _events(conn, issues, row.grid_id, at),
    }


def _events(conn: Connection, extents: Sequence[Extent], grid_id: int, at: datetime | None) -> list[dict[str, Any]]:
    """Latest events of issues in the grid; those of rental units are left out, they name single homes."""
    rows = conn.execute(
        select(event)
        .where(
            event.c.grid_id == grid_id,
            event.c.subject == Subject.ISSUE,
            by(event.c.recorded_at, at),
            in_extents(extents, event.c.grid_id),
        )
        .order_by(event.c.id.desc())
        .limit(CARD_EVENTS)
    )
    return [_history_item(row) | {"issue_id": row.subject_id} for row in rows]
