"""Taking back an import of grids or micro-grids: the next edition does without them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select, union, update

from geo.desk import area_boundaries, batches
from geo.desk.boundaries import next_edition, publish
from geo.desk.place_parts import reassign_places
from geo.desk.tx import Tx
from geo.errors import Conflict
from geo.model import BatchState, Subject
from geo.store.tables import (
    appointment,
    area,
    assignment,
    grid_version,
    issue,
    place,
    post,
    rental_unit,
    report,
)


def undo_grids(tx: Tx, batch_id: int) -> int:
    """Publish the next edition without the grids of a batch, and drop the areas it made. Returns how many grids.

    Raises NotFound, and Conflict while anything refers to the grids: what, how much, and which batch to undo first.
    """
    row = batches.get(tx, batch_id)
    if row.state != BatchState.DONE:
        raise Conflict(f"batch {batch_id} is {row.state}; only an import that is done can be undone")
    versions = tx.conn.execute(
        select(grid_version.c.scheme_id, grid_version.c.level)
        .where(grid_version.c.batch_id == batch_id, grid_version.c.to_edition.is_(None))
    ).all()  # fmt: skip
    if row.kind not in ("grids", "micro-grids") or not versions:
        raise Conflict(f"batch {batch_id} ({row.kind}) has no grids in force")
    scheme_id = versions[0].scheme_id
    if row.kind == "grids":
        _refuse_once_changed(tx, batch_id)
    _refuse_while_used(tx, batch_id)
    number = next_edition(tx, scheme_id)
    tx.conn.execute(
        update(grid_version)
        .where(grid_version.c.batch_id == batch_id, grid_version.c.to_edition.is_(None))
        .values(to_edition=number)
    )
    publish(tx, scheme_id, number, f"batch {batch_id} undone", None)
    reassign_places(tx, scheme_id)
    areas = _drop_areas(tx, batch_id)
    batches.mark_undone(tx, batch_id, {"grids": len(versions), "areas": areas, "edition": number})
    return len(versions)


def _refuse_once_changed(tx: Tx, batch_id: int) -> None:
    """What drafts made of the grids would be left behind, and be no coverage."""
    ended = select(func.min(grid_version.c.to_edition)).where(grid_version.c.batch_id == batch_id)
    number = tx.conn.execute(ended).scalar_one()
    if number is not None:
        raise Conflict(
            f"edition {number} changed the grids of batch {batch_id}, so that the import cannot be undone any more; "
            "change them by a draft",
            edition=number,
        )


def _refuse_while_used(tx: Tx, batch_id: int) -> None:
    grids = select(grid_version.c.grid_id).where(
        grid_version.c.batch_id == batch_id, grid_version.c.to_edition.is_(None)
    )
    used, first = [], set()
    for what, query in _uses(grids, tx.today.isoformat()).items():
        for number, count in tx.conn.execute(query).all():
            used.append(f"{count} {what} of batch {number}" if number else f"{count} {what} that came one by one")
            first.add(number)
    if used:
        numbers = sorted(first - {None}, reverse=True)
        advice = f"; undo {', '.join(f'batch {number}' for number in numbers)} first" if numbers else ""
        raise Conflict(f"the grids of batch {batch_id} are in use by {', '.join(used)}{advice}", batches=numbers)


def _uses(grids: Select[Any], today: str) -> dict[str, Select[Any]]:
    """Queries for (batch id, count) of what refers to grids now, by the word for it."""
    count = func.count()
    here = assignment.c.to_at.is_(None) & assignment.c.grid_id.in_(grids)
    issues = (
        select(report.c.batch_id, count)
        .select_from(assignment)
        .join(issue, (assignment.c.subject == Subject.ISSUE) & (issue.c.id == assignment.c.subject_id))
        .join(report, report.c.id == issue.c.report_id)
        .where(here)
    )
    units = (
        select(rental_unit.c.batch_id, count)
        .select_from(assignment)
        .join(rental_unit, (assignment.c.subject == Subject.UNIT) & (rental_unit.c.id == assignment.c.subject_id))
        .where(here)
    )
    micro_grids = select(grid_version.c.batch_id, count).where(
        grid_version.c.parent_grid_id.in_(grids), grid_version.c.to_edition.is_(None)
    )
    still_on = appointment.c.to_date.is_(None) | (appointment.c.to_date > today)
    people = (
        select(appointment.c.batch_id, count)
        .join(post, post.c.id == appointment.c.post_id)
        .where(post.c.grid_id.in_(grids), appointment.c.to_at.is_(None), still_on)
    )
    queries = {"issues": issues, "rental units": units, "micro-grids": micro_grids, "appointments": people}
    return {what: query.group_by(query.selected_columns[0]) for what, query in queries.items()}


def _drop_areas(tx: Tx, batch_id: int) -> int:
    """Mark the areas that the batch made as undone where nothing else has come to hang on them, a boundary included."""
    mine = area.c.batch_id == batch_id, area.c.undone_at.is_(None)
    bounded = area_boundaries.bounded(tx, select(area.c.id).where(*mine))
    held = union(
        select(grid_version.c.area_id).where(grid_version.c.to_edition.is_(None)),
        select(place.c.area_id).where(place.c.area_id.is_not(None), place.c.undone_at.is_(None)),
        select(post.c.area_id).where(post.c.area_id.is_not(None)),
        select(area.c.parent_id).where(area.c.parent_id.is_not(None), area.c.batch_id.is_distinct_from(batch_id)),
    )
    dropped = tx.conn.execute(
        update(area)
        .where(*mine, area.c.id.not_in(held), area.c.id.not_in(bounded))
        .values(undone_at=tx.now)
        .returning(area.c.id)
    ).all()
    return len(dropped)
