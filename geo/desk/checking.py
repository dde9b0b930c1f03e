"""Does what the store holds make sense? Coverage, editions of assignments, states that follow from events."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sqlalchemy import Connection, func, or_, select

from geo.coverage.faults import errors, find_faults
from geo.crs import Metric
from geo.errors import Conflict
from geo.model import OPEN_STATES, GridLevel, Subject
from geo.rules.workflow import EVENT_VERBS, fold
from geo.store.check import Finding, structural_findings
from geo.store.tables import assignment, event, grid_version, issue, issue_state, place_part, rental_unit, scheme

LISTED = 5  # examples in a message


def findings(conn: Connection, metric: Metric) -> list[Finding]:
    """Everything that is wrong with a store, in one read transaction; an empty list is a sound one."""
    return [
        *structural_findings(conn),
        *_coverage(conn, metric),
        *_editions(conn),
        *_answering(conn),
        *_states(conn),
        *_pins(conn),
        *_places(conn),
    ]


def _coverage(conn: Connection, metric: Metric) -> Iterator[Finding]:
    """Every scheme's edition in force tiles, level by level within its parent."""
    for row in conn.execute(select(scheme.c.id, scheme.c.name)).all():
        grids = conn.execute(
            select(grid_version.c.code, grid_version.c.geom)
            .where(
                grid_version.c.scheme_id == row.id,
                grid_version.c.to_edition.is_(None),
                grid_version.c.level == GridLevel.GRID,
            )
            .order_by(grid_version.c.code)
        ).all()
        faults = errors(find_faults([g.code for g in grids], np.array([g.geom for g in grids], dtype=object), metric))
        if faults:
            examples = "; ".join(fault.message for fault in faults[:LISTED])
            yield Finding("coverage", "grid_version", len(faults), f"scheme {row.name} does not tile: {examples}")


def _editions(conn: Connection) -> Iterator[Finding]:
    """A decision names a grid that its edition had."""
    had = (
        select(grid_version.c.id)
        .where(
            grid_version.c.grid_id == assignment.c.grid_id,
            grid_version.c.scheme_id == assignment.c.scheme_id,
            grid_version.c.from_edition <= assignment.c.edition,
            or_(grid_version.c.to_edition.is_(None), grid_version.c.to_edition > assignment.c.edition),
        )
        .exists()
    )
    strangers = conn.execute(
        select(func.count()).select_from(assignment).where(assignment.c.grid_id.is_not(None), ~had)
    ).scalar_one()
    if strangers:
        yield Finding("editions", "assignment", strangers, "assignments name a grid that their edition does not have")


def _answering(conn: Connection) -> Iterator[Finding]:
    """Who is at work has a grid that is in force: open issues, and rental units."""
    in_force = grid_version.c.to_edition.is_(None) & (grid_version.c.grid_id == assignment.c.grid_id)
    held = assignment.c.to_at.is_(None) & assignment.c.grid_id.is_not(None)
    is_open = issue_state.c.to_at.is_(None) & issue_state.c.state.in_(OPEN_STATES)
    of_issue = (assignment.c.subject == Subject.ISSUE) & (assignment.c.subject_id == issue_state.c.issue_id)
    of_unit = (assignment.c.subject == Subject.UNIT) & (assignment.c.subject_id == rental_unit.c.id)
    for name, table, joined, there in (
        ("open issues", issue_state, of_issue, is_open),
        ("rental units", rental_unit, of_unit, rental_unit.c.undone_at.is_(None)),
    ):
        query = select(func.count()).select_from(table.join(assignment, joined)).where(there, held)
        lost = conn.execute(query.where(~select(grid_version.c.id).where(in_force).exists())).scalar_one()
        if lost:
            yield Finding("answering", "assignment", lost, f"{name} lie in grids that are no longer in force")


def _states(conn: Connection) -> Iterator[Finding]:
    """The state of every issue is what its events add up to."""
    stored = dict(
        conn.execute(select(issue_state.c.issue_id, issue_state.c.state).where(issue_state.c.to_at.is_(None))).all()
    )
    wrong: list[int] = []
    events = conn.execute(
        select(event.c.subject_id, event.c.kind)
        .where(event.c.subject == Subject.ISSUE, event.c.kind.in_(EVENT_VERBS))
        .order_by(event.c.subject_id, event.c.id)
    )
    kinds: dict[int, list[str]] = {}
    for row in events:
        kinds.setdefault(row.subject_id, []).append(row.kind)
    for issue_id, state in stored.items():
        try:
            follows = fold(kinds.get(issue_id, ()))
        except Conflict:
            follows = None
        if follows != state:
            wrong.append(issue_id)
    if wrong:
        examples = ", ".join(map(str, wrong[:LISTED]))
        yield Finding("states", "issue_state", len(wrong), f"states do not follow from events: issues {examples}")


def _pins(conn: Connection) -> Iterator[Finding]:
    """The point that QGIS shows is the point that was decided on."""
    for table, subject in ((issue, Subject.ISSUE), (rental_unit, Subject.UNIT)):
        rows = conn.execute(
            select(table.c.id, table.c.geom, assignment.c.lon, assignment.c.lat)
            .join(
                assignment,
                (assignment.c.subject == subject)
                & (assignment.c.subject_id == table.c.id)
                & assignment.c.to_at.is_(None),
            )
            .where(assignment.c.lon.is_not(None))
        )
        apart = [row.id for row in rows if row.geom is None or (row.geom.x, row.geom.y) != (row.lon, row.lat)]
        if apart:
            examples = ", ".join(map(str, apart[:LISTED]))
            yield Finding("pins", table.name, len(apart), f"points lie elsewhere than what was decided on: {examples}")


def _places(conn: Connection) -> Iterator[Finding]:
    """The parts of places lie in grids that are in force."""
    gone = conn.execute(
        select(func.count())
        .select_from(
            place_part.outerjoin(
                grid_version, (grid_version.c.grid_id == place_part.c.grid_id) & grid_version.c.to_edition.is_(None)
            )
        )
        .where(place_part.c.to_at.is_(None), place_part.c.grid_id.is_not(None), grid_version.c.id.is_(None))
    ).scalar_one()
    if gone:
        yield Finding("places", "place_part", gone, "parts of places lie in grids that are no longer in force")
