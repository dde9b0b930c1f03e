from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import Conflict
from geo.model import IssueState
from geo.rules.workflow import EVENT_VERBS, Verb, after, allowed, fold, verbs_for


def test_what_each_state_allows() -> None:
    assert verbs_for(None) == (Verb.FILE,)
    for state in (IssueState.OPEN, IssueState.REOPENED):
        assert verbs_for(state) == (Verb.MOVE, Verb.CONFIRM, Verb.CLOSE, Verb.WITHDRAW)
    assert verbs_for(IssueState.CLOSED) == (Verb.REOPEN, Verb.WITHDRAW)
    assert verbs_for(IssueState.WITHDRAWN) == ()


def test_a_life() -> None:
    kinds = ["report.filed", "issue.moved", "issue.reassigned", "issue.closed", "issue.reopened", "issue.closed"]
    states = [fold(kinds[:n]) for n in range(len(kinds) + 1)]
    opened, reopened, closed = IssueState.OPEN, IssueState.REOPENED, IssueState.CLOSED
    assert states == [None, opened, opened, opened, closed, reopened, closed]


def test_a_closed_issue_keeps_the_grid_that_answered_for_it() -> None:
    with pytest.raises(Conflict, match="closed; possible: reopen"):
        after(IssueState.CLOSED, Verb.MOVE)


def test_closing_twice_is_a_clash_in_history() -> None:
    with pytest.raises(Conflict):
        fold(["report.filed", "issue.closed", "issue.closed"])


@given(st.lists(st.sampled_from(list(EVENT_VERBS)), max_size=12))
def test_fold_says_what_the_verbs_one_by_one_say(kinds: list[str]) -> None:
    state: IssueState | None = None
    for kind in kinds:
        if not allowed(state, EVENT_VERBS[kind]):
            with pytest.raises(Conflict):
                fold(kinds)
            return
        state = after(state, EVENT_VERBS[kind])
    assert fold(kinds) is state
    assert state is None or (kinds[0] == "report.filed" and kinds.count("report.filed") == 1)
