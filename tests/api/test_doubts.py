"""A doubtful report by HTTP: its shares, the queue, and the one call that settles it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from geo.rules.access import Role
from geo.store.store import Store
from tests import district
from tests.api.conftest import Clock, Site
from tests.district import lonlat


@pytest.fixture
def here(store: Store, clock: Clock, open_site: Callable[..., Site]) -> Site:
    """A service over the small district, divided in two ways."""
    district.add_scheme(district.build(store, clock()), clock())
    return open_site(store)


def file(site: Site, ref: str, column: float, row: float) -> dict[str, Any]:
    lon, lat = lonlat(column, row)
    sent = {"source": f"test {ref}", "lon": lon, "lat": lat, "datum": "wgs84", "accuracy_m": 20}
    answer = site.program(Role.INTAKE).post("/api/reports", json=sent)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_doubtful_report_tells_its_shares_in_every_scheme(here: Site) -> None:
    told = file(here, "1", 1.0, 0.5)
    assert {c["grid"]: c["share"] for c in told["assignment"]["candidates"]} == {"G00": 0.5, "G10": 0.5}
    assert (told["assignment"]["share"], told["assignment"]["outside_share"]) == (0.5, 0.0)
    assert told["schemes"]["halves"]["share"] == 1.0 and told["schemes"]["halves"]["candidates"] == []
    assert [link["code"] for link in told["schemes"]["halves"]["chain"]] == ["W", "D"]


def test_one_call_settles_it(here: Site) -> None:
    desk = here.browser(Role.DISPATCHER)
    issue_id = file(here, "1", 1.0, 0.5)["issue_id"]
    (item,) = desk.get("/api/queues/ambiguous").json()["items"]
    assert (item["id"], item["grid"], len(item["candidates"])) == (issue_id, "G00", 2)
    seen = desk.get(f"/api/issues/{issue_id}")
    assert seen.json()["may"] == ["move", "confirm", "close"]
    url = f"/api/issues/{issue_id}/confirm"
    assert desk.post(url, json={"grid": "G22"}).status_code == 400
    done = desk.post(url, json={"grid": "G10", "reason": "asked both"}, headers={"if-match": seen.headers["etag"]})
    assert done.status_code == 200, done.text
    told = done.json()["assignment"]
    assert (told["grid"], told["ambiguous"], told["confirmed_by"]) == ("G10", False, "account 1")
    assert done.json()["history"][0]["data"] == {"scheme": "primary", "grid": "G10", "changed": True}
    assert desk.get("/api/queues/ambiguous").json()["items"] == []
    assert desk.get("/api/queues").json()["ambiguous"] == 0
    assert desk.get("/api/issues?ambiguous=true").json()["items"] == []
    assert desk.post(url, json={}, headers={"if-match": seen.headers["etag"]}).status_code == 412
    commander = here.browser(Role.COMMANDER)
    assert commander.post(url, json={}).status_code == 403
    assert commander.get(f"/api/issues/{issue_id}").json()["may"] == []


def test_a_confirmation_is_taken_back_by_whoever_gave_it(here: Site) -> None:
    desk = here.browser(Role.DISPATCHER)
    issue_id = file(here, "1", 1.0, 0.5)["issue_id"]
    before = desk.get("/api/queues/ambiguous").json()["items"]
    assert desk.post(f"/api/issues/{issue_id}/confirm", json={"grid": "G10"}).status_code == 200
    url = f"/api/issues/{issue_id}/take-back"
    assert here.browser(Role.DISPATCHER).post(url).status_code == 409
    told = desk.post(url).json()["assignment"]
    assert (told["grid"], told["ambiguous"], told["confirmed_by"]) == ("G00", True, None)
    (item,) = desk.get("/api/queues/ambiguous").json()["items"]
    assert item == before[0] | {"since": item["since"]}


def test_it_is_settled_where_one_may(here: Site) -> None:
    mine, other = file(here, "1", 0.5, 1.0)["issue_id"], file(here, "2", 2.5, 1.0)["issue_id"]
    west = here.browser(Role.DISPATCHER, path="/D/C0/")
    assert [item["id"] for item in west.get("/api/queues/ambiguous").json()["items"]] == [mine]
    assert west.get("/api/queues/ambiguous?area=C2").status_code == 404
    assert west.get("/api/queues/ambiguous?scheme=nowhere").status_code == 404
    assert west.post(f"/api/issues/{other}/confirm", json={}).status_code == 404
    assert west.post(f"/api/issues/{mine}/confirm", json={}).status_code == 200
