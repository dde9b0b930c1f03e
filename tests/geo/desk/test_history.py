"""History in bulk is what the verbs would have written one by one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from geo.desk import issues
from geo.desk.assigning import Spot
from geo.desk.issue_write import IssueLife, IssueStep, load_issue_lives
from geo.desk.received import position
from geo.desk.reports import file_report
from geo.desk.unit_history import TermStep, UnitLife, VisitStep, load_unit_lives
from geo.desk.unit_write import NewUnit, Sited, write_units
from geo.desk.units import record_inspection, refresh, set_term
from geo.errors import BadInput, Conflict
from geo.model import InspectionResult, IssueState, NewReport, Occupancy, Term
from geo.store import tables
from geo.store.store import Store
from tests import district
from tests.district import TESTER, District, lonlat

DAY = timedelta(days=1)


def told(here: District, *names: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of some tables, without the ids of events: those count differently in bulk."""
    with here.store.read() as conn:
        return {
            name: [
                {k: v for k, v in row._mapping.items() if k not in ("id", "event_id", "tx")}
                for row in conn.execute(select(tables.metadata.tables[name]).order_by("id"))
            ]
            for name in names
        }


@pytest.fixture
def pair(store_factory: Any, store: Store, now: datetime) -> tuple[District, District]:
    """Two equal districts on stores of one kind."""
    return district.build(store, now), district.build(store_factory(store.kind), now)


def test_issue_lives_are_what_the_verbs_write(pair: tuple[District, District], now: datetime) -> None:
    one_by_one, in_bulk = pair
    report = NewReport("test", "1", category="0102", position=position(*lonlat(0.5, 0.5), "wgs84"))
    with one_by_one.desk.transaction(lambda: now, TESTER) as tx:
        issue_id = file_report(tx, report).issue_id
    with one_by_one.desk.transaction(lambda: now + DAY, TESTER) as tx:
        issues.close(tx, issue_id, "done")
    with one_by_one.desk.transaction(lambda: now + 2 * DAY, TESTER) as tx:
        issues.reopen(tx, issue_id, "again")
    steps = (
        IssueStep(now + DAY, IssueState.CLOSED, "tester", "done"),
        IssueStep(now + 2 * DAY, IssueState.REOPENED, "tester", "again"),
    )
    with in_bulk.desk.transaction(lambda: now + 3 * DAY, TESTER) as tx:
        load_issue_lives(tx, [IssueLife(report, now, "tester", steps)])
    names = ("report", "issue", "issue_state", "assignment", "event")
    assert told(in_bulk, *names) == told(one_by_one, *names)


def test_a_life_that_cannot_be_is_refused(store: Store, now: datetime) -> None:
    here = district.build(store, now)
    report = NewReport("test", "1", position=position(*lonlat(0.5, 0.5), "wgs84"))
    early = IssueStep(now - DAY, IssueState.CLOSED, "tester", "done")
    with pytest.raises(BadInput), here.desk.transaction(lambda: now, TESTER) as tx:
        load_issue_lives(tx, [IssueLife(report, now, "tester", (early,))])
    reopened = IssueStep(now, IssueState.REOPENED, "tester", "never closed")
    with pytest.raises(Conflict), here.desk.transaction(lambda: now, TESTER) as tx:
        load_issue_lives(tx, [IssueLife(report, now, "tester", (reopened,))])


def test_unit_lives_are_what_the_verbs_write(pair: tuple[District, District], now: datetime) -> None:
    one_by_one, in_bulk = pair
    lon, lat = lonlat(1.5, 1.5)
    first_day = date(2026, 3, 18)
    short = Term(Occupancy.LET, first_day, first_day + 40 * DAY, 1.3)
    vacant = Term(Occupancy.VACANT, first_day + 60 * DAY)
    with one_by_one.desk.transaction(lambda: now, TESTER) as tx:
        at = position(lon, lat, "wgs84")
        new = NewUnit(code="U1", registered_on=first_day, term=short, position=at, label="1-101")
        [written] = write_units(tx, [Sited(new, Spot(at), None)], None, spread=False)
    unit_id = written.unit_id
    moment = now
    for day in range(1, 130):
        moment = now + day * DAY
        night = moment.astimezone(tx.zone).replace(hour=0, minute=5)
        with one_by_one.desk.transaction(lambda night=night: night, district.SYSTEM) as tx:
            refresh(tx)
        with one_by_one.desk.transaction(lambda moment=moment: moment, TESTER) as tx:
            if day == 3:
                record_inspection(tx, unit_id, InspectionResult.PASS)
            if day == 17:
                record_inspection(tx, unit_id, InspectionResult.MINOR)
            if day == 60:
                set_term(tx, unit_id, vacant)
            if day == 70:
                record_inspection(tx, unit_id, InspectionResult.NOT_ADMITTED)
            if day == 75:
                record_inspection(tx, unit_id, InspectionResult.PASS)
    visits = (
        VisitStep(now + 3 * DAY, now + 3 * DAY, InspectionResult.PASS, "tester"),
        VisitStep(now + 17 * DAY, now + 17 * DAY, InspectionResult.MINOR, "tester"),
        VisitStep(now + 70 * DAY, now + 70 * DAY, InspectionResult.NOT_ADMITTED, "tester"),
        VisitStep(now + 75 * DAY, now + 75 * DAY, InspectionResult.PASS, "tester"),
    )
    terms = (TermStep(now, short, "tester"), TermStep(now + 60 * DAY, vacant, "tester"))
    life = UnitLife("U1", None, "1-101", None, first_day, lon, lat, terms, visits)
    with in_bulk.desk.transaction(lambda: moment, TESTER) as tx:
        load_unit_lives(tx, [life])
    names = ("rental_unit", "unit_term", "unit_class", "inspection", "assignment", "event")
    assert told(in_bulk, *names) == told(one_by_one, *names)
