"""Search over HTTP: names and numbers, by who may know them; coordinates in the datum that is named."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from geo.crs import from_wgs84
from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.test_scope import EVERYTHING
from tests.api.town import EAST, MARK, WEST, upload

AT = {"x": 118.805, "y": 28.905}


def found(client: TestClient, query: str, **more: Any) -> dict[str, list[str]]:
    """Names by kind."""
    answer = client.get("/api/search", params={"q": query, **more})
    assert answer.status_code == 200, answer.text
    return {group["kind"]: [item["name"] for item in group["items"]] for group in answer.json()["groups"]}


def item(client: TestClient, query: str, kind: str) -> Any:
    groups = client.get("/api/search", params={"q": query}).json()["groups"]
    return next(group["items"][0] for group in groups if group["kind"] == kind)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("西", {"grid": ["西一"], "area": ["西街道"], "place": ["西小区"], "person": ["张西"]}),
        ("xi", {"grid": ["西一"], "area": ["西街道"], "place": ["西小区", f"{MARK}小区"], "person": ["张西"]}),
        ("xjd", {"area": ["西街道"]}),
        ("西xq", {"place": ["西小区"]}),
        ("zhangx", {"person": ["张西"]}),
        (f"{MARK}-U", {"unit": [f"{MARK}-U"]}),
        ("w1", {"grid": ["西一"]}),
        (EAST, {"area": [f"{MARK}街道"]}),
        (EAST[-5:], {"area": [f"{MARK}街道"]}),
        ("u1", {"unit": ["U1"]}),
        ("R1", {}),  # a person is not found by the number of a list
        ("nothing of the kind", {}),
        ("", {}),
    ],
)
def test_everything_is_found_by_name_or_code(town: Site, query: str, expected: dict[str, list[str]]) -> None:
    assert found(town.program(*EVERYTHING), query) == expected


def test_an_issue_is_found_by_its_number(town: Site) -> None:
    whole = town.program(*EVERYTHING)
    number = whole.get("/api/issues/1").json()["number"]
    assert found(whole, number) == {"issue": [number]}
    assert found(whole, number[: len("2026-0")])["issue"] == [f"{number[:5]}00000{i}" for i in (1, 2, 3)]
    assert found(whole, "1")["issue"] == [number]
    assert found(whole, f"1999{number[4:]}") == {}
    told = item(whole, number, "issue")
    assert (told["id"], told["about"], told["grid"], told["lon"], told["lat"]) == (1, "open", "W1", 118.805, 28.905)
    assert [each["name"] for each in told["where"]] == ["西一", "西街道"]
    outside = item(whole, "3", "issue")
    assert (outside["grid"], outside["where"], outside["lon"]) == (None, [], 119.9)


def test_a_number_is_found_however_many_there_are_of_other_years(town: Site) -> None:
    whole = town.program(*EVERYTHING)
    of_this_year = whole.get("/api/issues/1").json()["number"]
    town.clock.now += timedelta(days=366)
    new = town.program(Role.INTAKE).post("/api/reports", json={"source": "later"}).json()["number"]
    assert new[:4] != of_this_year[:4]
    assert found(whole, new[: len("2026-0")], limit=1) == {"issue": [new]}


def test_what_is_found_can_be_shown_on_the_map(town: Site) -> None:
    whole = town.program(*EVERYTHING)
    grid = item(whole, "w1", "grid")
    assert grid["grid"] == grid["code"] == "W1"
    assert grid["bounds"] == pytest.approx([118.80, 28.90, 118.81, 28.91], abs=1e-6)
    area = item(whole, "西街道", "area")
    assert (area["grid"], area["bounds"], area["where"]) == (None, grid["bounds"], [])
    place = item(whole, "西小区", "place")
    assert (place["lon"], place["lat"], place["bounds"], place["grid"]) == (118.805, 28.905, None, "W1")
    assert (place["about"], [each["name"] for each in place["where"]]) == ("compound", ["西街道"])
    person = item(whole, "张西", "person")
    assert (person["about"], person["grid"], person["bounds"]) == ("lead", "W1", grid["bounds"])
    assert [each["name"] for each in person["where"]] == ["西一", "西街道"]


def test_the_limit_is_shared_by_the_kinds(town: Site) -> None:
    whole = town.program(*EVERYTHING)
    assert found(whole, "xi", limit=2) == {"grid": ["西一"], "area": ["西街道"]}
    assert whole.get("/api/search", params={"q": "xi", "limit": 0}).status_code == 400
    assert whole.get("/api/search", params={"q": "x" * 101}).status_code == 400


# -- who finds what -------------------------------------------------------------------------------------------------


def test_a_person_of_one_subdistrict_finds_nothing_of_another(town: Site) -> None:
    west = town.program(*EVERYTHING, path=f"/330802/{WEST}/")
    assert found(west, "西") == {"grid": ["西一"], "area": ["西街道"], "place": ["西小区"], "person": ["张西"]}
    for query in (MARK, "df", EAST, f"{MARK}-u", "2026-000002", "2026-000003"):
        assert found(west, query) == {}, query


def test_each_kind_needs_its_capability(town: Site) -> None:
    assert found(town.program(Role.KIOSK), "xi") == {"grid": ["西一"], "area": ["西街道"]}
    assert set(found(town.program(Role.OPERATOR), "xi")) == {"grid", "area", "place"}
    assert found(town.program(Role.KIOSK), "1") == {}
    assert found(town.program(Role.DISPATCHER), "u1") == {}
    assert town.program(Role.INTAKE).get("/api/search?q=xi").status_code == 403
    some = town.program(Role.COMMANDER, categories=["0102"])
    assert "issue" not in found(some, "1")


def test_who_may_only_open_units_finds_one_by_its_whole_code_and_not_its_door(town: Site) -> None:
    worker, commander = town.program(Role.GRID_WORKER), town.program(Role.COMMANDER)
    assert found(worker, "U") == {"unit": ["U1"]}
    assert item(worker, "u1", "unit")["lon"] == 118.805
    assert "unit" not in found(commander, "U")
    told = item(commander, "u1", "unit")
    assert (told["grid"], told["lon"]) == ("W1", pytest.approx(118.805, abs=1e-6))
    assert told["bounds"] == pytest.approx([118.80, 28.90, 118.81, 28.91], abs=1e-6)


# -- changes --------------------------------------------------------------------------------------------------------


def test_new_names_are_found_at_once_and_undone_ones_no_more(town: Site) -> None:
    whole, operator = town.program(*EVERYTHING), town.program(Role.OPERATOR)
    assert found(whole, "shahu") == {}
    upload(
        operator, "places", "more.csv", f"code,name,kind,area,lon,lat\nP9,沙湖巷,lane,{WEST},118.805,28.905\n",
        code="code", name="name", kind="kind", area="area", lon="lon", lat="lat", datum="wgs84",
    )  # fmt: skip
    assert found(whole, "shx") == {"place": ["沙湖巷"]}
    batch = whole.get("/api/batches").json()["items"][0]["id"]
    assert operator.post(f"/api/batches/{batch}/undo").status_code == 200
    assert found(whole, "shx") == {}


def test_a_learnt_name_is_found_in_every_spelling_until_it_is_taken_back(town: Site) -> None:
    whole = town.program(*EVERYTHING)
    code = item(whole, "西小区", "place")["code"]
    assert found(whole, "老棉纺厂") == {}
    learnt = whole.post("/api/aliases", json={"text": "老棉纺厂", "place": code})
    assert learnt.status_code == 201, learnt.text
    for query in ("老棉纺厂", "棉纺", "laomianfangchang", "lmfc", "lao mian"):
        assert found(whole, query) == {"place": ["西小区"]}, query
    assert item(whole, "lmfc", "place")["learnt"] == ["老棉纺厂"]
    west, east = (town.program(*EVERYTHING, path=f"/330802/{code}/") for code in (WEST, EAST))
    assert found(west, "lmfc") == {"place": ["西小区"]}
    assert found(east, "lmfc") == found(town.program(Role.KIOSK), "lmfc") == {}
    assert whole.delete(f"/api/aliases/{learnt.json()['id']}").status_code in (200, 204)
    assert found(whole, "lmfc") == {}


def test_a_learnt_name_of_an_area_is_found(town: Site) -> None:
    whole = town.program(*EVERYTHING)
    assert whole.post("/api/aliases", json={"text": "老城厢", "area": WEST}).status_code == 201
    assert found(whole, "lcx") == {"area": ["西街道"]}


def test_a_person_is_found_while_in_a_post(town: Site) -> None:
    whole = town.program(*EVERYTHING)
    assert found(whole, "zx") == {"person": ["张西"]}
    upload(
        town.program(Role.OPERATOR), "people", "people.csv",
        "code,name,phone,post,target,since\nR7,钱一,13800000007,deputy,W1,2026-04-24\n",
        code="code", name="name", phone="phone", post="post", target="target", from_date="since",
    )  # fmt: skip
    assert found(whole, "qianyi") == {}
    town.clock.now += timedelta(days=60)
    later = town.program(*EVERYTHING)
    assert found(later, "qianyi") == {"person": ["钱一"]}


# -- coordinates ----------------------------------------------------------------------------------------------------


def test_coordinates_are_recognised_and_their_datum_is_asked_for(town: Site) -> None:
    client = town.program(Role.KIOSK)
    metric = town.service.desk.atlas.metric
    answer = client.get("/api/search", params={"q": "28.9050,118.8050"}).json()
    assert answer == {
        "groups": [],
        "coordinates": [AT | {"in_degrees": True}],
        "datums": ["wgs84", "cgcs2000", "gcj02", "bd09", f"EPSG:{metric.srid}"],
    }
    x, y = (float(value) for value in metric.project(118.805, 28.905))
    answer = client.get("/api/search", params={"q": f"{y} {x}"}).json()
    assert answer["coordinates"] == [{"x": x, "y": y, "in_degrees": False}]
    assert client.get("/api/search", params={"q": "1234567.5 987654.5"}).json()["coordinates"] == []
    assert client.get("/api/search/point", params=AT).status_code == 400
    assert client.get("/api/search/point", params=AT | {"datum": "mars"}).status_code == 400


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09", "metric"])
def test_a_coordinate_is_placed_in_every_datum(town: Site, datum: str) -> None:
    client = town.program(*EVERYTHING)
    metric = town.service.desk.atlas.metric
    named = f"EPSG:{metric.srid}" if datum == "metric" else datum
    x, y = (float(value) for value in from_wgs84(118.805, 28.905, named))
    told = client.get("/api/search/point", params={"x": x, "y": y, "datum": named}).json()
    assert (told["lon"], told["lat"]) == pytest.approx((118.805, 28.905), abs=1e-6)
    assert (told["grid"], told["chain"][0]["lead"]["name"]) == ("W1", "张西")


@pytest.mark.parametrize(("x", "y"), [(0, 0), (200, 28), (118, "nan"), (118, "inf"), (118, 91)])
def test_what_is_no_place_is_refused(town: Site, x: Any, y: Any) -> None:
    answer = town.program(Role.KIOSK).get("/api/search/point", params={"x": x, "y": y, "datum": "wgs84"})
    assert answer.status_code == 400


def test_a_point_names_no_more_than_its_reader_may_know(town: Site) -> None:
    west, kiosk = town.program(*EVERYTHING, path=f"/330802/{WEST}/"), town.program(Role.KIOSK)
    there = west.get("/api/search/point", params={"x": 118.815, "y": 28.905, "datum": "wgs84"}).json()
    assert there == {"lon": 118.815, "lat": 28.905, "grid": None, "chain": []}
    told = kiosk.get("/api/search/point", params=AT | {"datum": "wgs84"}).json()
    assert told["grid"] == "W1"
    assert [link["lead"] for link in told["chain"]] == [None] * 3


# -- what is kept of it ---------------------------------------------------------------------------------------------


def test_what_was_searched_for_is_in_no_log_and_no_metric(town: Site, caplog: pytest.LogCaptureFixture) -> None:
    client = town.program(*EVERYTHING)
    with caplog.at_level(logging.DEBUG, logger="gridwarden"):
        client.get("/api/search", params={"q": "张西xyzzy"})
        client.get("/api/search", params={"q": "张西xyzzy" * 50})  # refused
        client.get("/api/search/point", params={"x": "12.3456789", "y": "nonsense", "datum": "xyzzy"})
        metrics = client.get("/metrics").text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("gridwarden")]
    assert any("/api/search" in line for line in ours)
    for text in (*ours, metrics):
        assert not any(part in text for part in ("xyzzy", "张西", "12.3456789")), text
