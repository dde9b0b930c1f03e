"""Rental units over HTTP: who sees one, red to green in the drawer, and what the map then counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.accounts.tables import audit
from geo.desk.assigning import Spot
from geo.desk.received import position
from geo.desk.unit_write import NewUnit, Sited, write_units
from geo.model import Occupancy, SnapshotFlag, Term
from geo.rules.access import Role
from geo.store.store import Store
from maps.snapshot import decode
from tests import district
from tests.api.conftest import Clock, Site
from tests.district import TESTER, lonlat

UNKNOWN = Term(Occupancy.LET, date(2026, 1, 1))  # nobody knows for how long: red


@pytest.fixture
def here(store: Store, clock: Clock, open_site: Callable[..., Site]) -> Site:
    """One red unit in G00 and one in G10, both due since their registration a week ago."""
    built = district.build(store, clock())
    with built.desk.transaction(clock, TESTER) as tx:
        for code, column in (("U1", 0.5), ("U2", 1.5)):
            at = position(*lonlat(column, 0.5), "wgs84")
            registered = tx.today - timedelta(days=7)
            new = NewUnit(code=code, registered_on=registered, term=UNKNOWN, position=at, label="1-101")
            write_units(tx, [Sited(new, Spot(at), None)], None, spread=False)
    return open_site(store)


def counts(site: Site, grid: str = "G00") -> dict[str, Any]:
    features = site.browser(Role.COMMANDER).get("/map/grids").json()["features"]
    found: dict[str, Any] = next(f["properties"] for f in features if f["properties"]["code"] == grid)
    return found


def test_red_to_green_in_the_drawer(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER)
    before = worker.get("/api/units/1").json()
    assert (before["class"], before["due_state"], before["cycle_days"]) == ("red", "overdue", 7)
    assert before["reasons"][0]["zh"] and before["reasons"][0]["en"]
    assert counts(here)["units_overdue"]["red"] == 1
    term = {"occupancy": "let", "since": "2026-03-01", "until": "2027-02-28", "months": 12}
    after = worker.post("/api/units/1/inspections", json={"result": "pass", "term": term})
    assert after.status_code == 200, after.text
    body = after.json()
    assert (body["class"], body["due_state"], body["cycle_days"]) == ("green", "ok", 90)
    assert body["next_due"] == "2026-06-16"
    assert body["inspections"][0]["result"] == "pass"
    assert counts(here)["units"] == {"red": 0, "orange": 0, "yellow": 0, "blue": 0, "green": 1}
    points = decode(worker.get("/map/units").content)
    assert points.columns["class"].tolist() == [4, 0]
    assert points.columns["flags"].tolist() == [0, SnapshotFlag.OVERDUE]


def test_an_attempt_leaves_the_cycle_alone(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER)
    after = worker.post("/api/units/1/inspections", json={"result": "not_home"}).json()
    assert (after["class"], after["due_state"], len(after["inspections"])) == ("red", "overdue", 1)


def test_not_admitted_goes_to_a_person(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER)
    worker.post("/api/units/1/inspections", json={"result": "not_admitted"})
    assert [e["unit_id"] for e in worker.get("/api/escalations").json()["items"]] == [1]


def test_no_longer_let_leaves_the_map(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER)
    after = worker.post("/api/units/1/term", json={"occupancy": "not_let", "since": "2026-03-18"}).json()
    assert (after["class"], after["next_due"]) == (None, None)
    assert decode(worker.get("/map/units").content).columns["id"].tolist() == [2]


@pytest.mark.parametrize(
    "body",
    [
        {"result": "fine"},
        {"result": "pass", "term": {"occupancy": "let"}},
        {"result": "pass", "occurred_at": "2031-01-01T00:00:00Z"},
        {"result": "pass", "term": {"occupancy": "let", "since": "2026-03-01", "until": "2026-02-01"}},
        {"result": "pass", "term": {"occupancy": "let", "since": "2026-03-01", "rooms": 1, "rooms_vacant": 2}},
        {},
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(here: Site, body: dict[str, Any]) -> None:
    worker = here.browser(Role.GRID_WORKER)
    answer = worker.post("/api/units/1/inspections", json=body)
    assert answer.status_code == 400, answer.text
    assert worker.get("/api/units/1").json()["inspections"] == []


def test_a_commander_sees_counts_and_opens_one_with_a_purpose(here: Site) -> None:
    commander = here.browser(Role.COMMANDER)
    assert commander.get("/map/units").status_code == 403
    assert commander.get("/api/units").status_code == 403
    refused = commander.get("/api/units/1")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/purpose-needed")
    opened = commander.get("/api/units/1", params={"purpose": "fire safety check"})
    assert opened.status_code == 200
    assert opened.json()["may"] == []
    with here.service.accounts.read() as conn:
        entry = conn.execute(select(audit).where(audit.c.action == "unit.opened")).one()
    assert (entry.subject, entry.data) == ("unit 1", {"purpose": "fire safety check"})


def test_a_worker_of_one_community_sees_its_units_only(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER, path="/D/C0/")
    assert [u["code"] for u in worker.get("/api/units").json()["items"]] == ["U1"]
    points = decode(worker.get("/map/units").content)
    assert points.columns["id"].tolist() == [1]
    assert "G10" not in points.grids
    assert worker.get("/api/units/2").status_code == 404
    assert worker.get("/api/units/2", params={"purpose": "looking around"}).status_code == 404
    assert worker.post("/api/units/2/inspections", json={"result": "pass"}).status_code == 404


def test_lists_filter_by_class_and_due(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER)
    assert len(worker.get("/api/units", params={"class": "red", "due": "overdue"}).json()["items"]) == 2
    assert worker.get("/api/units", params={"class": "green"}).json()["items"] == []
    assert worker.get("/api/units", params={"class": "purple"}).status_code == 400
