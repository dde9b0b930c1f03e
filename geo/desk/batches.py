"""Imports as batches: begun, finished, undone. A batch that was cut off is taken up again by the same import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, insert, select, update

from geo.desk import contacts
from geo.desk.board import in_primary
from geo.desk.tx import Tx
from geo.errors import Conflict, NotFound
from geo.model import BatchState, IssueState, Subject
from geo.store.insert import insert_many
from geo.store.tables import assignment, batch, event, issue, issue_state, report

# What people do with an issue; being found by a later edition is not work.
WORKED_ON = ("issue.moved", "issue.confirmed", "issue.closed", "issue.reopened")


def begin(tx: Tx, kind: str, file_name: str, file_sha256: str, options: Mapping[str, Any]) -> int:
    """A new batch, or the one that the same import of the same file left running when it was cut off."""
    unfinished = tx.conn.execute(
        select(batch.c.id, batch.c.options)
        .where(batch.c.kind == kind, batch.c.file_sha256 == file_sha256, batch.c.state == BatchState.RUNNING)
        .order_by(batch.c.id.desc())
    ).all()
    for row in unfinished:
        if row.options == dict(options):
            return row.id
    return tx.conn.execute(
        insert(batch)
        .values(
            kind=kind,
            file_name=file_name,
            file_sha256=file_sha256,
            options=dict(options),
            state=BatchState.RUNNING,
            started_at=tx.now,
            actor=tx.actor.id,
        )
        .returning(batch.c.id)
    ).scalar_one()


def check_running(tx: Tx, batch_id: int) -> None:
    """Raises Conflict unless the batch still takes rows: somebody may have undone it meanwhile."""
    state = get(tx, batch_id).state
    if state != BatchState.RUNNING:
        raise Conflict(f"batch {batch_id} is {state} meanwhile: nothing more is taken into it", batch=batch_id)


def finish(tx: Tx, batch_id: int, summary: Mapping[str, Any]) -> None:
    """The import is complete; ``summary`` is kept as it was printed. Raises Conflict where the batch was undone."""
    check_running(tx, batch_id)
    tx.conn.execute(
        update(batch)
        .where(batch.c.id == batch_id)
        .values(state=BatchState.DONE, finished_at=tx.now, summary=dict(summary))
    )
    tx.record("batch.finished", Subject.BATCH, batch_id, data={"summary": dict(summary)})


def get(tx: Tx, batch_id: int) -> Any:
    """The batch's row. Raises NotFound."""
    row = tx.conn.execute(select(batch).where(batch.c.id == batch_id)).first()
    if row is None:
        raise NotFound(f"there is no batch {batch_id}")
    return row


def mark_undone(tx: Tx, batch_id: int, data: Mapping[str, Any]) -> None:
    """What every undo ends with."""
    tx.conn.execute(update(batch).where(batch.c.id == batch_id).values(state=BatchState.UNDONE, undone_at=tx.now))
    tx.record("batch.undone", Subject.BATCH, batch_id, data=data)


def undo_reports(tx: Tx, batch_id: int, *, even_worked: bool = False) -> int:
    """Withdraw the issues of an import, erase its contacts; the reports may then be imported again. Returns how many.

    Refuses while issues of the batch have been worked on since (moved, closed, reopened), unless ``even_worked``.
    """
    issues = select(issue.c.id).join(report, report.c.id == issue.c.report_id).where(
        report.c.batch_id == batch_id, report.c.undone_at.is_(None)
    )  # fmt: skip
    worked = tx.conn.execute(
        select(func.count(event.c.subject_id.distinct())).where(
            event.c.subject == Subject.ISSUE, event.c.subject_id.in_(issues), event.c.kind.in_(WORKED_ON)
        )
    ).scalar_one()
    if worked and not even_worked:
        raise Conflict(
            f"{worked} issues of batch {batch_id} have been worked on since the import; "
            "undo with --even-worked to withdraw them all the same",
            worked=worked,
        )
    held = tx.conn.execute(
        issues.add_columns(assignment.c.grid_id).outerjoin(assignment, in_primary(Subject.ISSUE, issue.c.id))
    ).all()
    grid_of = {row.id: row.grid_id for row in held}
    _withdraw(tx, grid_of)
    undone = tx.conn.execute(
        update(report)
        .where(report.c.batch_id == batch_id, report.c.undone_at.is_(None))
        .values(undone_at=tx.now)
        .returning(report.c.id)
    )
    contacts.erase(tx, "report", undone.scalars().all())
    mark_undone(tx, batch_id, {"withdrawn": len(grid_of)})
    return len(grid_of)


def _withdraw(tx: Tx, grid_of: Mapping[int, int | None]) -> None:
    if not grid_of:
        return
    ids = list(grid_of)
    event_ids = insert_many(
        tx.conn,
        event,
        [
            tx.event_row("issue.withdrawn", Subject.ISSUE, issue_id, grid_id_before=grid_id,
                         data={"state": IssueState.WITHDRAWN})
            for issue_id, grid_id in grid_of.items()
        ],
    )  # fmt: skip
    for part in (ids[i : i + 10_000] for i in range(0, len(ids), 10_000)):
        tx.conn.execute(
            update(issue_state)
            .where(issue_state.c.issue_id.in_(part), issue_state.c.to_at.is_(None))
            .values(to_at=tx.now)
        )
        tx.conn.execute(
            update(assignment)
            .where(
                assignment.c.subject == Subject.ISSUE, assignment.c.subject_id.in_(part), assignment.c.to_at.is_(None)
            )
            .values(to_at=tx.now)
        )
    insert_many(
        tx.conn,
        issue_state,
        [
            {"issue_id": issue_id, "state": IssueState.WITHDRAWN, "reply": None, "from_at": tx.now, "to_at": None,
             "event_id": event_id}
            for issue_id, event_id in zip(ids, event_ids, strict=True)
        ],
    )  # fmt: skip
