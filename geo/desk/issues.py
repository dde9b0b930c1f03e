"""The work that a report opens: close it with a reply, open it again."""

from __future__ import annotations

from sqlalchemy import insert, update

from geo.desk.reports import current_grid, current_state
from geo.desk.tx import Tx
from geo.errors import BadInput
from geo.model import Subject
from geo.rules.workflow import Verb, after
from geo.store.tables import issue_state

MAX_WORDS = 2000


def close(tx: Tx, issue_id: int, reply: str) -> None:
    """Close off (销号) with an answer to who reported it. Raises BadInput without one, Conflict when not open."""
    _advance(tx, issue_id, Verb.CLOSE, reply=_words(reply, "a reply to who reported it"))


def reopen(tx: Tx, issue_id: int, reason: str) -> None:
    """Open a closed issue again. Raises BadInput without a reason, Conflict when it is not closed."""
    _advance(tx, issue_id, Verb.REOPEN, reason=_words(reason, "a reason"))


def _words(text: str, what: str) -> str:
    text = text.strip()
    if not text:
        raise BadInput(f"this needs {what}")
    if len(text) > MAX_WORDS:
        raise BadInput(f"{what} has {len(text):,} characters; at most {MAX_WORDS:,} are kept")
    return text


def _advance(tx: Tx, issue_id: int, verb: Verb, *, reply: str | None = None, reason: str | None = None) -> None:
    state = after(current_state(tx, issue_id), verb)
    event_id = tx.record(
        f"issue.{state}",
        Subject.ISSUE,
        issue_id,
        grid_id=current_grid(tx, issue_id),
        reason=reason,
        data={"state": state, "reply": reply},
    )
    open_row = (issue_state.c.issue_id == issue_id) & issue_state.c.to_at.is_(None)
    tx.conn.execute(update(issue_state).where(open_row).values(to_at=tx.now))
    tx.conn.execute(
        insert(issue_state).values(
            issue_id=issue_id, state=state, reply=reply, from_at=tx.now, to_at=None, event_id=event_id
        )
    )
