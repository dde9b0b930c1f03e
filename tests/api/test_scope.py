"""A person of one subdistrict finds nothing of another, whatever he reads: every GET route is walked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from fastapi.testclient import TestClient

from api.accounts import book
from api.auth import principal_of
from api.feed import BoardFeed
from api.live import scope_key
from api.metrics import STREAM_ROUTE
from geo.model import SYSTEM
from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.test_capabilities import PUBLIC, each_method
from tests.api.town import EAST, MARK, WEST, square, upload

# A role for every capability of the reader, so that no route is closed to him for want of one.
EVERYTHING = tuple(Role)
COLLECTIONS = ("grids", "areas", "places", "issues")  # of OGC API - Features


def paths(own: bool) -> Iterator[str]:
    """Every GET path that needs a capability, its parameters filled with what lies in the west or in the east."""
    drafted_one = f"draft-{1 if own else 2}"
    collections = (*COLLECTIONS, drafted_one)
    filled = {
        "/api/issues/{issue_id}": ["/api/issues/1"] if own else ["/api/issues/2", "/api/issues/3"],
        "/api/issues/{issue_id}/candidates": [f"/api/issues/{n}/candidates" for n in ((1,) if own else (2, 3))],
        "/api/units/{unit_id}": ["/api/units/1"] if own else ["/api/units/2", "/api/units/2?purpose=walk"],
        "/api/grids/{code}": ["/api/grids/W1"] if own else [f"/api/grids/{MARK}-1"],
        "/api/grids/{code}/history": [f"/api/grids/{'W1' if own else f'{MARK}-1'}/history"],
        "/api/editions/{number}/difference": ["/api/editions/1/difference"],
        **{
            f"/api/drafts/{{draft_id}}{part}": [f"/api/drafts/{1 if own else 2}{part}{asked}"]
            for part, asked in (
                ("", ""),
                ("/map", ""),
                ("/preview", ""),
                ("/file", "?format=geojson"),
                ("/vertices", "?bbox=118.79,28.89,118.83,28.92"),
            )
        },
        "/api/people/{person_id}/phone": [f"/api/people/{1 if own else 2}/phone"],
        "/api/places/{code}": ["/api/places/P1"] if own else [f"/api/places/{MARK}-P"],
        # A search answers everybody, with what is his.
        "/api/search": [f"/api/search?limit=50&q={q}" for q in ("x", "d", MARK, f"{MARK}-U", "2026-0", "2", "3")],
        "/api/search/point": [f"/api/search/point?x={x}&y=28.905&datum=wgs84" for x in (118.805, 118.815)],
        "/api/addresses": ["/api/addresses?q=x"],
        "/map/base/{z}/{x}/{y}": [TILE],
        "/tiles/{name}/{z}/{x}/{y}.mvt": [
            f"/tiles/{name}/{tile}.mvt" for name in COLLECTIONS for tile in ("0/0/0", "12/3399/1704")
        ],
        "/ogc/collections/{name}": [f"/ogc/collections/{name}" for name in collections],
        "/ogc/collections/{name}/queryables": [f"/ogc/collections/{name}/queryables" for name in collections],
        "/ogc/collections/{name}/items": [
            f"/ogc/collections/{name}/items{asked}" for name in collections for asked in ("", "?bbox=-180,-90,180,90")
        ],
        "/ogc/collections/{name}/items/{item}": [
            f"/ogc/collections/{name}/items/{n}"
            for name, mine, others in (
                ("grids", 1, 2),
                ("areas", 2, 3),
                ("places", 1, 2),
                ("issues", 1, 2),
                (drafted_one, 1, 2),
            )
            for n in ([mine] if own else [others])
        ],
    }
    for method, path, _ in each_method():
        if method == "GET" and (method, path) not in PUBLIC and path != STREAM_ROUTE:
            assert "{" not in path or path in filled, f"tell this test how to ask for {path}"
            yield from filled.get(path, [path])


def drafted(town: Site) -> None:
    """A draft that names the grid of the west anew, and one of the east."""
    client = town.program(Role.GIS_EDITOR)
    for code, lon, name in (("W1", 118.80, "西首"), (f"{MARK}-1", 118.81, f"{MARK}首")):
        draft = client.post("/api/drafts", json={"title": name}).json()["id"]
        feature = {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": square(lon)}
        content = json.dumps({"type": "FeatureCollection", "features": [feature]})
        options = json.dumps({"part": True, "source_crs": "wgs84"})
        url = f"/api/drafts/{draft}/file"
        taken = client.post(url, files={"file": ("grids.geojson", content)}, data={"options": options})
        assert len(taken.json()["changes"]) == 1, taken.text


# About the whole jurisdiction by their nature; they need a grant at the root or hold nothing of an area.
TILE = "/map/base/0/0/0"
WHOLE = {
    "/api/accounts",
    "/api/audit",
    "/api/batches",
    "/api/held-imports",
    "/api/registers/owners",
    "/metrics",
    "/map/background",
    TILE,
}


def test_the_west_reads_its_own_and_nothing_of_the_east(town: Site) -> None:
    drafted(town)
    west = town.program(*EVERYTHING, path=f"/330802/{WEST}/")
    for path in paths(own=True):
        answer = west.get(path)
        if path not in WHOLE:
            assert answer.status_code == 200, (path, answer.text)
        assert MARK.encode() not in answer.content, path


def test_what_is_about_the_whole_is_for_grants_of_the_whole(town: Site) -> None:
    """The audit names units and purposes everywhere; batches name files and count what was in them."""
    west, some = town.program(*EVERYTHING, path=f"/330802/{WEST}/"), town.program(*EVERYTHING, categories=["0102"])
    whole = town.program(*EVERYTHING)
    for path in ("/api/accounts", "/api/audit", "/api/batches", "/api/held-imports"):
        assert [client.get(path).status_code for client in (west, some, whole)] == [403, 403, 200], path


def test_what_lies_in_the_east_is_not_there_for_the_west(town: Site) -> None:
    drafted(town)
    west, whole = town.program(*EVERYTHING, path=f"/330802/{WEST}/"), town.program(*EVERYTHING)
    for path in sorted(set(paths(own=False)) - set(paths(own=True))):
        assert whole.get(path).status_code == 200, path
        answer = west.get(path)
        assert answer.status_code == 404, (path, answer.text)
        told = answer.text
        for part in filter(None, path.split("/")):  # what was asked for may be said again
            told = told.replace(part, "")
        assert MARK not in told, path


def leads(issue: Any) -> list[str]:
    return [link["lead"]["name"] for link in issue["assignment"]["chain"] if link["lead"]]


def test_what_is_sent_to_the_east_names_nobody_there(town: Site) -> None:
    """A report or a pin may go anywhere; its sender is told the grid, and names only where he may know people."""
    west, whole = town.program(*EVERYTHING, path=f"/330802/{WEST}/"), town.program(*EVERYTHING)
    places = {"west": {"lon": 118.805, "lat": 28.905}, "east": {"lon": 118.815, "lat": 28.905}}
    told = {
        (who, where): leads(client.post("/api/reports", json={"source": who, "datum": "wgs84"} | place).json())
        for who, client in (("west", west), ("whole", whole))
        for where, place in places.items()
    }
    assert told == {
        ("west", "west"): ["张西"], ("west", "east"): [], ("whole", "west"): ["张西"], ("whole", "east"): [MARK],
    }  # fmt: skip
    moved = west.post("/api/issues/1/position", json=places["east"] | {"datum": "wgs84"}).json()
    assert (moved["assignment"]["grid"], leads(moved)) == (f"{MARK}-1", [])


def test_a_grid_names_people_where_they_may_be_known(town: Site) -> None:
    """To see the map everywhere and people in the west is not to see people everywhere."""
    client = town.program(Role.KIOSK)
    who = principal_of(town.service, client.headers["authorization"].removeprefix("Bearer "))
    with town.service.accounts.write() as conn:
        book.add_grant(
            conn, who.credential.account, Role.COMMANDER, path=f"/330802/{WEST}/",
            from_date=town.service.today(), now=town.service.now(), by=SYSTEM,
        )  # fmt: skip
    chains = {code: client.get(f"/api/grids/{code}").json()["chain"] for code in ("W1", f"{MARK}-1")}
    assert {code: [link["lead"] is not None for link in chain] for code, chain in chains.items()} == {
        "W1": [True, False, False], f"{MARK}-1": [False, False, False],
    }  # fmt: skip


def test_areas_whose_codes_differ_by_case_are_two(site: Site) -> None:
    """SQLite's LIKE does not tell them apart."""
    operator, whole = site.program(Role.OPERATOR), site.program(*EVERYTHING)
    upload(operator, "areas", "areas.csv", "code,name,level\nna,西,community\nNA,东,community\n")
    features = [
        {"type": "Feature", "properties": {"code": f"{area}-1", "area": area}, "geometry": square(lon)}
        for area, lon in (("na", 118.80), ("NA", 118.81))
    ]
    upload(
        operator, "grids", "grids.geojson", json.dumps({"type": "FeatureCollection", "features": features}),
        code="code", parent="area",
    )  # fmt: skip
    upload(
        operator, "places", "places.csv",
        "code,name,kind,area,lon,lat\nP1,西,compound,na,118.805,28.905\nP2,东,compound,NA,118.815,28.905\n",
        datum="wgs84",
    )  # fmt: skip
    small = site.program(*EVERYTHING, path="/na/")
    for path, key in (("/api/grids", "na-1"), ("/api/places", "P1"), ("/api/areas", "na")):
        assert [item["code"] for item in small.get(path).json()["items"]] == [key], path
    for path in ("/api/grids", "/api/places"):
        assert len(whole.get(path, params={"area": "na"}).json()["items"]) == 1, path
    assert small.get("/api/grids/NA-1").status_code == 404
    assert [feature["properties"]["code"] for feature in small.get("/map/grids").json()["features"]] == ["na-1"]


def test_filters_do_not_reach_further(town: Site) -> None:
    west = town.program(*EVERYTHING, path=f"/330802/{WEST}/")
    for path in ("/api/issues", "/api/units", "/api/grids"):
        for query in (f"area={EAST}", f"grid={MARK}-1", "queue=outside", "area=330802"):
            answer = west.get(f"{path}?{query}")
            if answer.status_code == 200:
                assert MARK not in answer.text, (path, query)
            else:
                assert answer.status_code in (400, 404), (path, query)


def test_the_whole_reads_both(town: Site) -> None:
    """The walk would pass over an empty town."""
    drafted(town)
    whole = town.program(*EVERYTHING)
    marked = {path for path in paths(own=True) if MARK.encode() in whole.get(path).content}
    assert {"/api/issues", "/api/units", "/api/grids", "/api/areas", "/api/places", "/map/grids"} <= marked
    assert {"/map/issues", "/map/units"} <= marked


def test_writes_do_not_reach_further(town: Site) -> None:
    west = town.program(*EVERYTHING, path=f"/330802/{WEST}/")
    writes: dict[str, Any] = {
        "/api/issues/2/position": {"lon": 118.805, "lat": 28.905, "datum": "wgs84"},
        "/api/issues/2/confirm": {},
        "/api/issues/2/close": {"reply": "done"},
        "/api/issues/2/reopen": {"reason": "again"},
        "/api/units/2/inspections": {"result": "pass"},
        "/api/units/2/term": {"occupancy": "vacant", "since": "2026-03-01"},
    }
    for path, body in writes.items():
        assert west.post(path, json=body).status_code in (403, 404), path
    whole = town.program(*EVERYTHING)
    assert whole.get("/api/issues/2").json()["state"] == "open"
    assert whole.get("/api/units/2").json()["inspections"] == []


def both(town: Site, role: Role, whole: Role) -> TestClient:
    """Somebody with one role in the west, and another one everywhere."""
    client = town.program(role, path=f"/330802/{WEST}/")
    who = principal_of(town.service, client.headers["authorization"].removeprefix("Bearer ")).credential.account
    with town.service.accounts.write() as conn:
        book.add_grant(conn, who, whole, from_date=date(2020, 1, 1), now=town.clock.now, by=SYSTEM)
    return client


def test_nothing_is_offered_where_it_may_not_be_done(town: Site) -> None:
    worker = both(town, Role.GRID_WORKER, Role.COMMANDER)  # who sees everything
    assert worker.get("/api/issues/1").json()["may"] == ["move", "close"]
    assert worker.get("/api/issues/2").json()["may"] == []
    moved = worker.post("/api/issues/1/position", json={"lon": 118.815, "lat": 28.905, "datum": "wgs84"})
    assert (moved.status_code, moved.json()["may"]) == (200, [])
    assert worker.post("/api/issues/1/close", json={"reply": "done"}).status_code == 403


def test_a_unit_is_not_offered_for_inspection_where_one_may_only_look(town: Site) -> None:
    worker = both(town, Role.GRID_WORKER, Role.GIS_REVIEWER)  # who sees every unit
    assert worker.get("/api/units/1").json()["may"] == ["inspect", "set_term"]
    assert worker.get("/api/units/2").json()["may"] == []
    assert worker.post("/api/units/2/inspections", json={"result": "pass"}).status_code == 404


def test_events_of_the_east_are_not_heard_in_the_west(town: Site) -> None:
    """The feed behind the event stream, asked as the hub asks it."""
    service = town.service
    west = principal_of(service, town.token(*EVERYTHING, path=f"/330802/{WEST}/")).reach
    whole = principal_of(service, town.token(*EVERYTHING)).reach
    feed = BoardFeed(service.store, service.shapes, service.desk.atlas)
    with service.store.read() as conn:
        events = [e for e in service.store.events_after(conn, 0, 1000)]
        scopes = {scope_key(reach): reach for reach in (west, whole)}
        told = feed.changes(conn, scopes, events, service.now(), service.now())
    heard = json.dumps(told[scope_key(west)], ensure_ascii=False, default=str)
    assert MARK not in heard and MARK in json.dumps(told[scope_key(whole)], ensure_ascii=False, default=str)
    assert {item["id"] for item in told[scope_key(west)]["items"]} == {1}


def test_issues_of_other_categories_are_not_heard(town: Site) -> None:
    """Not even that they exist: a grant for one category hears nothing of a report of another in its grid."""
    service = town.service
    one = principal_of(service, town.token(*EVERYTHING, path=f"/330802/{WEST}/", categories=["0102"])).reach
    feed = BoardFeed(service.store, service.shapes, service.desk.atlas)
    with service.store.read() as conn:
        events = [e for e in service.store.events_after(conn, 0, 1000) if e.subject == "issue"]
        told = feed.changes(conn, {scope_key(one): one}, events, service.now(), service.now())
    assert told[scope_key(one)]["items"] == []


def test_an_area_of_others_is_not_told_from_one_that_does_not_exist(town: Site) -> None:
    west = town.program(*EVERYTHING, path=f"/330802/{WEST}/")
    for path in ("/api/issues", "/api/units", "/api/grids", "/api/places", "/api/people"):
        for area in (EAST, "330802999"):
            answer = west.get(path, params={"area": area})
            assert answer.status_code == 404, path
            assert answer.json()["detail"] == f"there is no area {area} that you may see"
        for area in (WEST, "330802"):  # his own, and what leads there
            assert west.get(path, params={"area": area}).status_code == 200
