"""``as_of`` over HTTP: lists and details of the past, by today's grants; micro-grids stand in their chains."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient

from geo.rules.access import Role
from geo.store.types import utc_text
from maps.snapshot import decode
from tests.api.conftest import Site
from tests.api.test_capabilities import PUBLIC, routes
from tests.api.test_editions import publish_a_line
from tests.api.test_scope import EVERYTHING
from tests.api.town import EAST, MARK, WEST, upload

PATHS = ("/api/issues", "/api/issues/1", "/api/units", "/api/units/1", "/api/grids", "/api/grids/W1", "/api/people",
         "/api/places", "/api/places/P1", "/api/areas")  # fmt: skip
EASTERN = {"lon": 118.815, "lat": 28.905, "datum": "wgs84"}


@pytest.mark.parametrize("as_of", ["", "soon", "2026-03-18", "2026-03-19", "2026-03-18T04:00:01Z", "2026-02-30"])
def test_no_moment_and_a_moment_to_come_are_refused(town: Site, as_of: str) -> None:
    whole = town.program(*EVERYTHING)
    for path in PATHS:
        answer = whole.get(path, params={"as_of": as_of})
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-input"), path
        assert "as_of" in answer.json()["detail"]


# GET routes that know only the present, and why.
ONLY_NOW = {
    "/api/search": "finds what is there", "/api/search/point": "asks of a place, not of a time",
    "/api/addresses": "asks what an address means", "/api/issues/{issue_id}/candidates": "asks what is to be done",
    "/api/aliases": "names that count", "/api/queues": "what waits", "/api/queues/ambiguous": "what waits",
    "/api/escalations": "what waits", "/api/disagreements": "what waits", "/api/held-imports": "what waits",
    "/api/registers/owners": "a rule", "/api/accounts": "who may sign in", "/api/audit": "is a history itself",
    "/api/batches": "is a history itself", "/api/editions": "is a history itself",
    "/api/people/{person_id}/phone": "a call",
    "/api/editions/{number}/difference": "names its editions", "/api/grids/{code}/history": "is a history itself",
    "/map/background": "has no past", "/map/base/{z}/{x}/{y}": "has no past", "/map/events": "tells what happens",
    "/metrics": "of this process",
}  # fmt: skip


def takes_as_of(route: Any) -> bool:
    asked = [route.dependant]
    for each in asked:
        asked += each.dependencies
    names = {field.alias for each in asked for field in each.query_params}
    return "as_of" in names


def test_every_map_part_and_list_can_be_asked_of_the_past() -> None:
    elsewhere = ("/api/drafts", "/ogc", "/tiles")  # not published; two that take it among their own parameters
    for route in routes():
        if "GET" not in (route.methods or ()) or ("GET", route.path) in PUBLIC or str(route.path).startswith(elsewhere):
            continue
        assert takes_as_of(route) is (route.path not in ONLY_NOW), route.path


TOLD = (
    "/map/config", "/map/grids", "/map/places", "/api/areas", "/api/places", "/api/places/P1", "/api/coverage",
    "/api/coverage.csv", "/map/coverage", "/api/official", "/api/official.csv", "/map/official", "/api/trends",
    "/api/trends?grid=W1",
)  # fmt: skip


def without_rev(answer: Any) -> Any:
    if "json" not in answer.headers["content-type"]:
        return answer.text
    return {name: value for name, value in answer.json().items() if name not in ("rev", "me")}


def points(answer: Any) -> Any:
    found = decode(answer.content)
    columns = {name: column.tolist() for name, column in found.columns.items()}
    return found.today, found.grids, columns


def test_the_map_of_the_past_is_the_map_that_was_seen_then(town: Site) -> None:
    """Whatever happened since: the line moved, a place came, an issue went, a unit was visited, a lead left."""
    whole, operator, before = town.program(*EVERYTHING), town.program(Role.OPERATOR), town.clock.now
    told = {path: without_rev(whole.get(path)) for path in TOLD}
    drawn = {path: points(whole.get(path)) for path in ("/map/issues", "/map/units")}
    town.clock.now += timedelta(days=1)
    publish_a_line(town)
    assert whole.post("/api/issues/2/close", json={"reply": "done"}).status_code == 200
    assert whole.post("/api/units/1/inspections", json={"result": "pass"}).status_code == 200
    places = f"code,name,kind,area,lon,lat\nP9,新小区,compound,{WEST},118.806,28.905\n"
    names = {"code": "code", "name": "name", "kind": "kind", "area": "area", "lon": "lon", "lat": "lat"}
    upload(operator, "places", "places.csv", places, datum="wgs84", **names)
    upload(operator, "areas", "areas.csv", f"code,name,level,parent\n{WEST}001,新社区,community,{WEST}\n",
           code="code", name="name", level="level", parent="parent")  # fmt: skip
    assert any(without_rev(whole.get(path)) != told[path] for path in TOLD)
    as_of = {"as_of": before.isoformat()}
    for path in TOLD:
        assert without_rev(whole.get(path, params={**as_of, **query(path)})) == told[path], path
    for path, seen in drawn.items():
        assert points(whole.get(path)) != seen
        assert points(whole.get(path, params=as_of)) == seen, path


def query(path: str) -> dict[str, str]:
    """httpx drops what stands in a path where parameters are given."""
    return dict(parse_qsl(urlsplit(path).query))


def test_the_past_stays_the_same_answer_while_others_work(town: Site) -> None:
    whole, as_of = town.program(*EVERYTHING), {"as_of": town.clock.now.isoformat()}
    paths = ("/map/grids", "/map/issues", "/map/units", "/map/places", "/api/trends")
    tags = {path: whole.get(path, params=as_of).headers["etag"] for path in paths}
    town.clock.now += timedelta(hours=3)
    assert whole.post("/api/issues/1/close", json={"reply": "done"}).status_code == 200
    for path, tag in tags.items():
        assert whole.get(path, params=as_of, headers={"If-None-Match": tag}).status_code == 304, path
        assert whole.get(path).headers["etag"] != tag


def test_a_place_of_the_past_is_told_as_it_is_said_today(town: Site) -> None:
    """Its name and outline have no past, so an answer of before is no longer right."""
    whole, operator = town.program(*EVERYTHING), town.program(Role.OPERATOR)
    as_of = {"as_of": town.clock.now.isoformat()}
    paths = ("/map/places", "/api/coverage", "/api/coverage.csv", "/map/coverage", "/api/official", "/map/official")
    tags = {path: whole.get(path, params=as_of).headers["etag"] for path in paths}
    town.clock.now += timedelta(hours=3)
    row = f"code,name,kind,area,lon,lat\nP1,改名小区,compound,{WEST},118.806,28.905\n"
    columns = {name: name for name in ("code", "name", "kind", "area", "lon", "lat")}
    upload(operator, "places", "places.csv", row, datum="wgs84", **columns)
    for path, tag in tags.items():
        assert whole.get(path, params=as_of, headers={"If-None-Match": tag}).status_code == 200, path


def test_what_did_not_exist_then_is_not_there(town: Site) -> None:
    whole = town.program(*EVERYTHING)
    for path in PATHS:
        answer = whole.get(path, params={"as_of": "2026-03-17"})
        if path[-1] == "1":
            assert answer.status_code == 404, path
        else:
            assert answer.json() == {"items": [], "next": None}, path


def test_an_issue_is_told_as_it_was(town: Site) -> None:
    whole, before = town.program(*EVERYTHING), town.clock.now
    present = whole.get("/api/issues/1").json()
    listed = whole.get("/api/issues").json()
    town.clock.now += timedelta(days=1)
    assert whole.post("/api/issues/1/position", json=EASTERN).status_code == 200
    assert whole.post("/api/issues/1/close", json={"reply": "done"}).status_code == 200
    as_of = {"as_of": before.isoformat()}
    assert whole.get("/api/issues/1", params=as_of).json() == present | {"may": []}
    assert whole.get("/api/issues", params=as_of).json() == listed
    for query, then, now in [
        ("state=open", [3, 2, 1], [3, 2]), ("state=closed", [], [1]), ("grid=W1", [1], []),
        (f"area={EAST}", [2], [2, 1]),
    ]:  # fmt: skip
        past = whole.get(f"/api/issues?{query}&as_of={utc_text(before)}").json()["items"]
        assert [i["id"] for i in past] == then, query
        assert [i["id"] for i in whole.get(f"/api/issues?{query}").json()["items"]] == now, query
    assert whole.get("/api/grids/W1", params=as_of).json()["open"] == 1
    assert whole.get("/api/grids/W1").json()["open"] == 0
    by_date = whole.get("/api/issues/1", params={"as_of": "2026-03-18"})
    assert by_date.json()["state"] == "open"


def test_the_past_shows_no_more_than_the_grants_of_today(town: Site) -> None:
    """An issue that came from the east into the west is told as of then to who may see the east."""
    before = town.clock.now
    town.clock.now += timedelta(hours=1)
    west, whole = town.program(*EVERYTHING, path=f"/330802/{WEST}/"), town.program(*EVERYTHING)
    western = {"lon": 118.805, "lat": 28.905, "datum": "wgs84"}
    assert whole.post("/api/issues/2/position", json=western).status_code == 200
    assert west.get("/api/issues/2").status_code == 200
    as_of = {"as_of": before.isoformat()}
    assert west.get("/api/issues/2", params=as_of).status_code == 404
    for path in PATHS:
        answer = west.get(path, params=as_of)
        assert answer.status_code == 200
        assert MARK not in answer.text, path
        assert (
            MARK
            in whole.get(
                path.replace("W1", f"{MARK}-1").replace("P1", f"{MARK}-P").replace("/1", "/2"), params=as_of
            ).text
        )


def test_a_unit_of_the_past_needs_a_purpose_as_well(town: Site) -> None:
    commander, as_of = town.program(Role.COMMANDER), {"as_of": town.clock.now.isoformat()}
    assert commander.get("/api/units/1", params=as_of).status_code == 403
    assert commander.get("/api/units/1", params=as_of | {"purpose": "walk-through"}).json()["may"] == []


# -- micro-grids ----------------------------------------------------------------------------------------------------


def micro(codes: list[str], parent: str = "W1", west: float = 118.80) -> str:
    """Strips of a thousandth of a degree, one beside the other, around the middle of W1."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": f"微{code}", "grid": parent},
            "geometry": {"type": "Polygon", "coordinates": [ring(west + 0.004 + n * 0.002)]},
        }
        for n, code in enumerate(codes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def ring(lon: float) -> list[list[float]]:
    return [[lon, 28.902], [lon + 0.002, 28.902], [lon + 0.002, 28.908], [lon, 28.908], [lon, 28.902]]


COLUMNS = {"code": "code", "name": "name", "parent": "grid"}


def levels(chain: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(link["level"], link["code"]) for link in chain[:2]]


def test_the_micro_grid_under_the_point_stands_first_in_the_chain(town: Site) -> None:
    whole, operator = town.program(*EVERYTHING), town.program(Role.OPERATOR)
    before = town.clock.now
    town.clock.now += timedelta(hours=1)
    upload(operator, "micro-grids", "micro.geojson", micro(["W1-1", "W1-2"]), **COLUMNS)
    upload(operator, "people", "heads.csv", "code,name,post,target\nH1,王西,micro_grid_head,W1-1\n")

    chain = whole.get("/api/issues/1").json()["assignment"]["chain"]
    assert levels(chain) == [("micro_grid", "W1-1"), ("grid", "W1")]
    assert [link["lead"]["name"] for link in chain[:2]] == ["王西", "张西"]
    assert whole.get("/api/issues/1").json()["assignment"]["grid"] == "W1"
    assert levels(whole.get("/api/units/1").json()["chain"])[0] == ("micro_grid", "W1-1")
    filed = whole.post("/api/reports", json={"source": "test", "lon": 118.807, "lat": 28.905, "datum": "wgs84"}).json()
    assert levels(filed["assignment"]["chain"])[0] == ("micro_grid", "W1-2")
    moved = whole.post("/api/issues/1/position", json={"lon": 118.8005, "lat": 28.905, "datum": "wgs84"}).json()
    assert levels(moved["assignment"]["chain"])[0] == ("grid", "W1")  # in no micro-grid
    then = whole.get("/api/issues/1", params={"as_of": before.isoformat()}).json()
    assert levels(then["assignment"]["chain"])[0] == ("grid", "W1")

    batches = whole.get("/api/batches").json()["items"]
    heads, division = batches[0]["id"], batches[1]["id"]
    assert batches[1]["kind"] == "micro-grids"
    assert operator.post(f"/api/batches/{division}/undo").status_code == 409  # somebody is head there
    for batch in (heads, division):
        assert operator.post(f"/api/batches/{batch}/undo").status_code == 200
    assert levels(whole.get("/api/units/1").json()["chain"])[0] == ("grid", "W1")


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (micro(["a", "b"], west=118.795), 422, "lies outside its grid 'W1'"),
        (micro(["a"], parent="W9"), 400, "no grid in force has the code W9"),
        (micro(["W1"]), 400, "grids have the codes W1 already"),
        (micro(["a", "a"]), 422, "'a'"),
    ],
)
def test_micro_grids_that_do_not_divide_a_grid_are_refused(town: Site, content: str, status: int, says: str) -> None:
    answer = send(town.program(Role.OPERATOR), content)
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.text


def send(client: TestClient, content: str) -> Any:
    return client.post(
        "/api/imports/micro-grids", files={"file": ("m.geojson", content)}, data={"options": json.dumps(COLUMNS)}
    )
