"""One's own last act on an issue, taken back: the issue stands as it stood, whatever was done before."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from geo.desk import checking, issues
from geo.desk.doubts import confirm
from geo.desk.received import position
from geo.desk.reports import file_report, move_pin
from geo.desk.taking_back import take_back
from geo.desk.tx import Tx
from geo.errors import Conflict, NotFound
from geo.model import Actor, NewReport
from geo.store.store import Store
from geo.store.tables import assignment, issue
from tests import district
from tests.district import METRIC, TESTER, District, lonlat
from tests.examples import examples

CLERK, OTHER = Actor("account:7", "Clerk"), Actor("account:8", "Other")
REFS = itertools.count()
SAID = ("scheme_id", "grid_id", "queue", "edition", "method", "lon", "lat", "accuracy_m", "distance_m", "edge_m",
        "ambiguous", "candidates", "share", "outside_share", "confirmed_by", "evidence")  # fmt: skip


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    found = district.build(store, now)
    district.add_scheme(found, now)
    return found


def act(here: District, now: datetime, actor: Actor, does: Callable[[Tx], Any]) -> Any:
    with here.desk.transaction(lambda: now, actor) as tx:
        return does(tx)


def stands(here: District, issue_id: int) -> Any:
    """What is in force of an issue in every scheme, and its point."""
    with here.store.read() as conn:
        rows = conn.execute(
            select(assignment)
            .where(assignment.c.subject == "issue", assignment.c.subject_id == issue_id, assignment.c.to_at.is_(None))
            .order_by(assignment.c.scheme_id)
        ).all()
        geom = conn.execute(select(issue.c.geom).where(issue.c.id == issue_id)).scalar_one()
        return [[getattr(row, name) for name in SAID] for row in rows], geom and geom.wkt


def filed(here: District, now: datetime, place: tuple[float, float] | None) -> int:
    at = position(*lonlat(*place), "wgs84", 20.0) if place else None
    new = NewReport("test", str(next(REFS)), position=at)
    return int(act(here, now, TESTER, lambda tx: file_report(tx, new)).issue_id)


# In a grid, on a line between two, outside all.
places = st.tuples(st.sampled_from([0.5, 1.0, 2.0, 2.6, 9.0]), st.sampled_from([0.5, 1.5]))
acts = st.lists(st.one_of(places, st.just("confirm")), min_size=1, max_size=4)


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(start=st.none() | places, steps=acts)
def test_the_last_act_taken_back_leaves_what_was(here: District, now: datetime, start: Any, steps: Any) -> None:
    issue_id = filed(here, now, start)
    for step in steps:
        before = stands(here, issue_id)
        try:
            does(here, now, issue_id, step)
        except Conflict:  # nothing to confirm there
            continue
        after = stands(here, issue_id)
        if after == before and step == "confirm":  # it was confirmed so already
            continue
        act(here, now, CLERK, lambda tx: take_back(tx, issue_id))
        assert stands(here, issue_id) == before
        does(here, now, issue_id, step)
        assert stands(here, issue_id) == after
    with here.store.read() as conn:
        assert checking.findings(conn, METRIC) == []


def does(here: District, now: datetime, issue_id: int, step: Any) -> None:
    if step == "confirm":
        act(here, now, CLERK, lambda tx: confirm(tx, issue_id))
        return
    at = position(*lonlat(*step), "wgs84", 20.0)
    assert at is not None
    act(here, now, CLERK, lambda tx: move_pin(tx, issue_id, at))


def test_only_ones_own_last_act_is_taken_back(here: District, now: datetime) -> None:
    def refused(issue_id: int, actor: Actor = CLERK) -> None:
        with pytest.raises(Conflict):
            act(here, now, actor, lambda tx: take_back(tx, issue_id))

    issue_id = filed(here, now, (0.5, 0.5))
    refused(issue_id)  # nobody did anything
    does(here, now, issue_id, (1.5, 0.5))
    refused(issue_id, OTHER)
    act(here, now, CLERK, lambda tx: take_back(tx, issue_id))
    refused(issue_id)  # not twice
    does(here, now, issue_id, (1.5, 0.5))
    act(here, now, OTHER, lambda tx: issues.close(tx, issue_id, "done"))
    refused(issue_id)
    with pytest.raises(NotFound):
        act(here, now, CLERK, lambda tx: take_back(tx, 10_000))
