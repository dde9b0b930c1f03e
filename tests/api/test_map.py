"""What the battle map loads: each part is made again when something of it changed, and only then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import delete, select

from api.accounts import book
from api.auth import principal_of
from api.feed import BoardFeed
from geo.desk.assigning import Spot
from geo.desk.received import position
from geo.desk.unit_write import NewUnit, Sited, write_units
from geo.model import SYSTEM, Occupancy, Term
from geo.rules.access import Grant, Role, reach
from geo.store.insert import insert_many
from geo.store.store import Store
from geo.store.tables import background, event
from maps.snapshot import decode
from tests import district
from tests.api.conftest import Clock, Site
from tests.district import TESTER, lonlat

PARTS = ("issues", "units", "grids")
EVERYWHERE = reach([Grant(Role.GRID_WORKER)], date(2026, 3, 18))


@pytest.fixture
def here(store: Store, clock: Clock, open_site: Callable[..., Site]) -> Site:
    """Nine grids with one rental unit in G00."""
    built = district.build(store, clock())
    with store.write() as conn:
        tx = built.desk.tx(conn, clock(), TESTER)
        at = position(*lonlat(0.5, 0.5), "wgs84")
        term = Term(Occupancy.LET, date(2026, 1, 1), months=12)
        unit = NewUnit(code="U1", registered_on=tx.today, term=term, position=at)
        write_units(tx, [Sited(unit, Spot(at), None)], None, spread=False)
    return open_site(store)


def report(client: TestClient, column: float = 0.5) -> None:
    lon, lat = lonlat(column, 0.5)
    answer = client.post("/api/reports", json={"source": "test", "lon": lon, "lat": lat, "datum": "wgs84"})
    assert answer.status_code == 201, answer.text


def tags(client: TestClient) -> dict[str, str]:
    return {part: client.get(f"/map/{part}").headers["etag"] for part in PARTS}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {part for part in PARTS if before[part] != after[part]}


def test_each_part_is_made_again_for_what_concerns_it(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER)
    start = tags(worker)
    assert tags(worker) == start
    report(worker)
    reported = tags(worker)
    assert changed(start, reported) == {"issues", "grids"}
    assert worker.post("/api/units/1/inspections", json={"result": "pass"}).status_code == 200
    inspected = tags(worker)
    assert changed(reported, inspected) == {"units", "grids"}
    assert worker.post("/api/issues/1/close", json={"reply": "done"}).status_code == 200
    assert changed(inspected, tags(worker)) == {"issues", "grids"}


def test_a_new_day_and_a_limit_that_ran_out_show(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER)
    report(worker)
    start = tags(worker)
    here.clock.now += timedelta(hours=9)  # 21:00
    assert tags(worker) == start
    here.clock.now += timedelta(hours=4)
    next_day = tags(worker)
    assert changed(start, next_day) == set(PARTS)
    here.clock.now += timedelta(days=7)
    worker = here.browser(Role.GRID_WORKER)
    assert decode(worker.get("/map/issues").content).columns["flags"].tolist() == [1]


def test_the_minute_in_which_a_limit_runs_out_is_for_issues_and_grids(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER)
    lon, lat = lonlat(0.5, 0.5)
    body = {"source": "test", "lon": lon, "lat": lat, "datum": "wgs84", "category": "0498"}  # two hours
    assert worker.post("/api/reports", json=body).status_code == 201
    start = tags(worker)
    here.clock.now += timedelta(hours=2, seconds=1)
    assert changed(start, tags(worker)) == {"issues", "grids"}


def test_an_issue_carries_what_it_is_filtered_by_in_the_snapshot_and_in_a_change(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER)
    report(worker)
    lon, lat = lonlat(1.5, 0.5)
    body = {"source": "test", "lon": lon, "lat": lat, "datum": "wgs84", "category": "0498"}
    assert worker.post("/api/reports", json=body).status_code == 201
    points = decode(worker.get("/map/issues").content)
    told = {
        int(points.columns["id"][row]): {
            "category": points.categories[points.columns["category"][row]] or None,
            "opened": int(points.columns["opened"][row]),
            "due": int(points.columns["due"][row]),
        }
        for row in range(len(points))
    }
    issues = {issue["id"]: issue for issue in worker.get("/api/issues").json()["items"]}
    for number, facts in told.items():
        at = {name: int(datetime.fromisoformat(issues[number][f"{name}_at"]).timestamp()) for name in ("opened", "due")}
        assert facts == {"category": "0498" if number == 2 else None, **at}

    service = here.service
    feed, store = BoardFeed(service.store, service.shapes, service.desk.atlas), service.store
    with store.read() as conn:
        events = conn.execute(select(event)).all()
        told_to = {frozenset(EVERYWHERE.extents.items()): EVERYWHERE}
        (changed,) = feed.changes(conn, told_to, events, here.clock.now, here.clock.now).values()
    rows = {item["id"]: item["row"] for item in changed["items"] if item["layer"] == "issues"}
    assert {number: {name: row[name] for name in ("category", "opened", "due")} for number, row in rows.items()} == told
    assert all("due" not in item["row"] for item in changed["items"] if item["layer"] == "units")


def test_what_others_may_does_not_make_a_part_again(here: Site) -> None:
    """Two who see the same points share one answer, whatever else they may do."""
    one, other = here.browser(Role.GRID_WORKER), here.browser(Role.GRID_WORKER, Role.OPERATOR)
    assert tags(one) == tags(other)
    assert changed(tags(one), tags(here.browser(Role.GRID_WORKER, path="/D/C1/"))) == set(PARTS)


def test_the_revision_of_a_part_is_what_it_shows(here: Site) -> None:
    worker = here.browser(Role.GRID_WORKER)

    def revisions() -> dict[str, int]:
        points = {part: decode(worker.get(f"/map/{part}").content).rev for part in ("issues", "units")}
        told = points | {part: worker.get(f"/map/{part}").json()["rev"] for part in ("grids", "config")}
        return {part: int(rev) for part, rev in told.items()}

    before = revisions()
    report(worker)
    after = revisions()
    assert after["config"] > before["config"]
    assert (after["issues"], after["grids"]) == (after["config"], after["config"])
    assert after["units"] == before["units"] <= before["config"]


def test_an_imported_background_shows(here: Site) -> None:
    viewer = here.browser(Role.KIOSK)
    empty = viewer.get("/map/background")
    assert empty.json()["features"] == []
    river = {"kind": "water", "name": "River", "geom": shapely.box(390_000, 3_206_000, 390_100, 3_206_100)}

    def kinds(tag: str) -> list[str]:
        answer = viewer.get("/map/background", headers={"if-none-match": tag})
        assert answer.status_code == 200
        return [feature["properties"]["kind"] for feature in answer.json()["features"]]

    with here.service.store.write() as conn:
        ids = insert_many(conn, background, [river, river | {"kind": "hill"}])
    assert kinds(empty.headers["etag"]) == ["water", "hill"]
    tag = viewer.get("/map/background").headers["etag"]
    assert viewer.get("/map/background", headers={"if-none-match": tag}).status_code == 304
    with here.service.store.write() as conn:
        conn.execute(delete(background).where(background.c.id == ids[0]))
    assert kinds(tag) == ["hill"]
    tag = viewer.get("/map/background").headers["etag"]
    with here.service.store.write() as conn:  # another file in its place, as many features as before
        conn.execute(delete(background))
        insert_many(conn, background, [river])
    assert kinds(tag) == ["water"]


def test_issues_are_counted_where_they_may_be_seen(here: Site) -> None:
    """To see the map everywhere and issues in one community is not to count issues everywhere."""
    worker = here.browser(Role.GRID_WORKER)
    for column in (0.5, 0.5, 1.5):
        report(worker, column)
    both = here.program(Role.OPERATOR)
    who = principal_of(here.service, both.headers["authorization"].removeprefix("Bearer "))
    with here.service.accounts.write() as conn:
        book.add_grant(
            conn, who.credential.account, Role.COMMANDER, path="/D/C1/",
            from_date=here.service.today(), now=here.service.now(), by=SYSTEM,
        )  # fmt: skip
    counted = {f["properties"]["code"]: open_issues(f) for f in both.get("/map/grids").json()["features"]}
    assert len(counted) == 9
    assert {code: count for code, count in counted.items() if count} == {"G10": 1}


def open_issues(feature: Any) -> Any:
    return feature["properties"]["open"]
