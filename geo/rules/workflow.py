"""What may be done with an issue in which state: transitions as data, and the state that follows from events."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from geo.errors import Conflict
from geo.model import IssueState


class Verb(StrEnum):
    FILE = "file"
    MOVE = "move"
    CONFIRM = "confirm"  # whose it is, where the boundary leaves that in doubt
    CLOSE = "close"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


# A closed issue keeps the grid that answered for it, so it cannot be moved until it is reopened.
TRANSITIONS: dict[tuple[IssueState | None, Verb], IssueState] = {
    (None, Verb.FILE): IssueState.OPEN,
    (IssueState.OPEN, Verb.MOVE): IssueState.OPEN,
    (IssueState.REOPENED, Verb.MOVE): IssueState.REOPENED,
    (IssueState.OPEN, Verb.CONFIRM): IssueState.OPEN,
    (IssueState.REOPENED, Verb.CONFIRM): IssueState.REOPENED,
    (IssueState.OPEN, Verb.CLOSE): IssueState.CLOSED,
    (IssueState.REOPENED, Verb.CLOSE): IssueState.CLOSED,
    (IssueState.CLOSED, Verb.REOPEN): IssueState.REOPENED,
    (IssueState.OPEN, Verb.WITHDRAW): IssueState.WITHDRAWN,
    (IssueState.REOPENED, Verb.WITHDRAW): IssueState.WITHDRAWN,
    (IssueState.CLOSED, Verb.WITHDRAW): IssueState.WITHDRAWN,
}

# The events of an issue that stand for a verb; others (re-decided by an edition, say) leave its state alone.
EVENT_VERBS: dict[str, Verb] = {
    "report.filed": Verb.FILE,
    "issue.moved": Verb.MOVE,
    "issue.confirmed": Verb.CONFIRM,
    "issue.closed": Verb.CLOSE,
    "issue.reopened": Verb.REOPEN,
    "issue.withdrawn": Verb.WITHDRAW,
}


def allowed(state: IssueState | None, verb: Verb) -> bool:
    return (state, verb) in TRANSITIONS


def verbs_for(state: IssueState | None) -> tuple[Verb, ...]:
    """The verbs that the state allows, in their usual order."""
    return tuple(verb for verb in Verb if allowed(state, verb))


def after(state: IssueState | None, verb: Verb) -> IssueState:
    """The state that the verb leads to. Raises Conflict where it is not allowed."""
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        possible = ", ".join(verbs_for(state)) or "nothing"
        raise Conflict(
            f"{verb}: not possible while the issue is {state or 'not filed'}; possible: {possible}"
        ) from None


def fold(event_kinds: Iterable[str]) -> IssueState | None:
    """The state after these events, oldest first; None before anything was filed. Raises Conflict where they clash."""
    state: IssueState | None = None
    for kind in event_kinds:
        verb = EVENT_VERBS.get(kind)
        if verb is not None:
            state = after(state, verb)
    return state
