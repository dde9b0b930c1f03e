"""A district written into a store is what was generated, marked synthetic, and stands up to the store's own check."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from geo.desk.tx import Desk
from geo.errors import Conflict
from geo.model import GridLevel, IssueState, PlaceKind
from geo.store import tables
from geo.store.check import structural_findings
from geo.store.store import Store
from sample_data.load import load
from sample_data.model import District
from tests.sample_data.conftest import NOW


class Reversed:
    """Seals nothing, visibly."""

    def seal(self, text: str) -> str:
        return text[::-1]

    def open(self, sealed: str) -> str:
        return sealed[::-1]


@pytest.fixture(scope="module")
def some(made: District) -> District:
    """The whole land and its people, with a part of what happened."""
    return replace(made, issues=made.issues[-700:], units=made.units[:500])


def count(conn: Any, table: Any) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_loaded_district(some: District, store: Store) -> None:
    desk = Desk(store, Reversed())
    load(desk, some, NOW)
    assert store.jurisdiction.synthetic
    with store.read() as conn:
        assert structural_findings(conn) == []
        assert count(conn, tables.area) == 310
        levels = conn.execute(select(tables.grid_version.c.level, func.count()).group_by(tables.grid_version.c.level))
        assert dict(iter(levels)) == {
            GridLevel.GRID: 292,
            GridLevel.MICRO_GRID: len(some.grids_of(GridLevel.MICRO_GRID)),
        }
        kinds = conn.execute(select(tables.place.c.kind, func.count()).group_by(tables.place.c.kind))
        assert dict(iter(kinds)) == Counter(place.kind for place in some.places)
        assert count(conn, tables.person) == len(some.people)
        assert count(conn, tables.appointment) == len(some.posts)
        assert count(conn, tables.report) == len(some.issues)
        assert count(conn, tables.rental_unit) == len(some.units)
        assert count(conn, tables.inspection) == sum(len(unit.visits) for unit in some.units)
        sealed = conn.execute(select(tables.contact.c.sealed).where(tables.contact.c.subject == "person")).scalars()
        assert all(text[::-1].startswith("000-0000-") for text in sealed)
        attributes = conn.execute(select(tables.grid_version.c.attributes)).scalars()
        assert all(each["synthetic"] for each in attributes)


def test_open_issues_and_units_find_their_grids(some: District, store: Store) -> None:
    load(Desk(store), some, NOW)
    with store.read() as conn:
        states = conn.execute(
            select(tables.issue_state.c.state, func.count())
            .where(tables.issue_state.c.to_at.is_(None))
            .group_by(tables.issue_state.c.state)
        )
        expected = Counter(life.steps[-1].state if life.steps else IssueState.OPEN for life in some.issues)
        assert dict(iter(states)) == expected
        unplaced = conn.execute(
            select(func.count())
            .select_from(tables.assignment)
            .where(tables.assignment.c.subject == "unit", tables.assignment.c.grid_id.is_(None))
        ).scalar_one()
        assert unplaced == 0
        assert count(conn, tables.contact) == 0, "without a key no number is kept"
        lanes = conn.execute(select(func.count()).where(tables.place.c.kind == PlaceKind.LANE)).scalar_one()
        assert lanes == 152


def test_a_store_with_a_district_takes_no_second(some: District, store: Store) -> None:
    desk = Desk(store)
    bare = replace(some, issues=(), units=(), places=(), people=(), posts=(), background=())
    load(desk, bare, NOW)
    with pytest.raises(Conflict):
        load(desk, bare, NOW)
