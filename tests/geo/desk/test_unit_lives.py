"""Lives of rental units written together are what each of them would be alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from geo.desk.unit_history import TermStep, UnitLife, VisitStep, load_unit_lives
from geo.desk.units import what_changed
from geo.model import InspectionResult, Occupancy, RiskClass, Term
from geo.rules.class_table import DEFAULT
from geo.rules.risk import UnitFacts, classify
from geo.store import tables
from geo.store.store import Store
from tests import district
from tests.district import TESTER, District, lonlat

DAY = timedelta(days=1)
PASS, MAJOR = InspectionResult.PASS, InspectionResult.MAJOR
UNIT = tables.rental_unit


def visit(at: datetime, result: InspectionResult) -> VisitStep:
    return VisitStep(at, at, result, "tester")


def lives(now: datetime) -> list[UnitLife]:
    """Some that are alike to the end, some that part after a while, some on the same days with other hours."""
    lon, lat = lonlat(1.5, 1.5)
    lease = Term(Occupancy.LET, now.date(), now.date() + 40 * DAY, 1.3)
    first = UnitLife(
        "U1", None, "1-101", None, now.date(), lon, lat, (TermStep(now, lease, "tester"),),
        (visit(now + 3 * DAY, PASS), visit(now + 17 * DAY, PASS)),
    )  # fmt: skip
    longer = replace(lease, until=now.date() + 400 * DAY, months=13.0)
    return [
        first,
        replace(first, code="U2"),
        replace(first, code="U3", visits=(first.visits[0], visit(now + 17 * DAY, MAJOR))),
        replace(first, code="U4", visits=(visit(now + 3 * DAY + timedelta(hours=2), PASS),)),
        replace(first, code="U5", terms=(*first.terms, TermStep(now + 30 * DAY, longer, "tester"))),
        replace(first, code="U6", registered_on=now.date() - DAY),
    ]


def told(here: District) -> dict[str, list[dict[str, Any]]]:
    """What each unit's classes and events say, by the unit's code."""
    found: dict[str, list[dict[str, Any]]] = {}
    classes = select(UNIT.c.code, tables.unit_class).join(UNIT, UNIT.c.id == tables.unit_class.c.unit_id)
    events = select(UNIT.c.code, tables.event).join(UNIT, UNIT.c.id == tables.event.c.subject_id)
    with here.store.read() as conn:
        for query in (classes.order_by(tables.unit_class.c.id), events.order_by(tables.event.c.id)):
            for row in conn.execute(query).mappings():
                said = {name: value for name, value in row.items() if not name.endswith("id") and name != "code"}
                found.setdefault(row["code"], []).append(said)
    return found


def test_together_as_alone(store_factory: Any, store: Store, now: datetime) -> None:
    today = now + 90 * DAY
    together, alone = district.build(store, now), district.build(store_factory(store.kind), now)
    with together.desk.transaction(lambda: today, TESTER) as tx:
        load_unit_lives(tx, lives(now))
    for life in lives(now):
        with alone.desk.transaction(lambda: today, TESTER) as tx:
            load_unit_lives(tx, [life])
    assert told(together) == told(alone)
    assert len({str(said) for said in told(together).values()}) == 5, "all but U1 and U2 differ"


def test_an_event_tells_what_changed() -> None:
    lease = Term(Occupancy.LET, date(2026, 1, 1), date(2026, 12, 31), 12.0)
    facts = UnitFacts(date(2026, 1, 1), (lease,))
    first = classify(facts, None, DEFAULT, date(2026, 1, 1))
    assert what_changed(None, first) == {
        "class": first.risk_class, "rule": first.rule, "table_version": 1, "next_due": "2026-01-01",
    }  # fmt: skip
    assert what_changed(first, replace(first, next_due=date(2026, 4, 1))) == {"next_due": "2026-04-01"}
    redder = replace(first, risk_class=RiskClass.RED)
    assert what_changed(first, redder) == {"class": RiskClass.RED, "class_before": first.risk_class}
    assert what_changed(first, first) == {}
