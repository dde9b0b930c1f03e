"""OGC API - Features under /ogc: what is served, to whom, page by page, in which coordinates."""

from __future__ import annotations

import json
from typing import Any

import pyproj
import pytest
import shapely
from fastapi.testclient import TestClient
from shapely.geometry import shape

from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.town import square, upload

ITEMS = "/ogc/collections/{}/items"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/{}"
SPOKEN = [CRS84, *(EPSG.format(number) for number in (4549, 4326, 4490, 3857))]
COLLECTIONS = ["grids", "areas", "places", "issues"]


def read(client: Any, name: str, **asked: Any) -> Any:
    """A page of features."""
    answer = client.get(ITEMS.format(name), params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return answer.json()


def codes(found: Any, name: str = "code") -> list[str]:
    return [feature["properties"][name] for feature in found["features"]]


def refused(client: Any, name: str, **asked: Any) -> str:
    answer = client.get(ITEMS.format(name), params=asked)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["detail"])


@pytest.fixture
def client(town: Site) -> TestClient:
    return town.program(Role.COMMANDER)


@pytest.fixture
def rows(site: Site) -> TestClient:
    """Somebody who sees a district of 23 grids side by side, each a compound's."""
    operator = site.program(Role.OPERATOR)
    features = [
        {
            "type": "Feature",
            "geometry": square(118.7 + n * 0.01),
            "properties": {"code": f"G{n:02}", "name": f"第{n}网格", "n": n},
        }
        for n in range(23)
    ]
    upload(operator, "grids", "g.geojson", json.dumps({"features": features, "type": "FeatureCollection"}), code="code",
           name="name")  # fmt: skip
    return site.program(Role.COMMANDER)


# -- what there is --------------------------------------------------------------------------------------------------


def test_every_collection_is_listed_and_read(client: TestClient) -> None:
    listed = client.get("/ogc/collections").json()["collections"]
    assert [each["id"] for each in listed] == COLLECTIONS
    for each in listed:
        found = read(client, each["id"])
        assert found["numberMatched"] == found["numberReturned"] == len(found["features"]) > 0
        assert each == client.get(f"/ogc/collections/{each['id']}").json() | {"links": each["links"]}


def test_a_collection_says_where_it_is_and_in_what_it_is_kept(client: TestClient) -> None:
    told = {each["id"]: each for each in client.get("/ogc/collections").json()["collections"]}
    assert all(each["crs"] == SPOKEN for each in told.values())
    kept = {name: each["storageCrs"].rpartition("/")[2] for name, each in told.items()}
    assert kept == {"grids": "4549", "areas": "4549", "places": "4549", "issues": "CRS84"}
    assert "extent" not in told["areas"]  # these have no boundary of their own
    assert told["grids"]["extent"]["spatial"]["bbox"][0] == pytest.approx([118.80, 28.90, 118.82, 28.91], abs=3e-4)
    assert told["issues"]["extent"]["spatial"]["bbox"][0] == [118.805, 28.9, 119.9, 28.905]


def test_links_lead_where_they_say(client: TestClient) -> None:
    seen, waiting = set(), ["http://127.0.0.1:8000/ogc"]
    while waiting:
        address = waiting.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        seen.add(address)
        if "json" in answer.headers["content-type"]:
            bodies = [answer.json(), *answer.json().get("collections", ())]
            found = [link for body in bodies for link in body.get("links", ())]
            assert all(link["href"].startswith("http://127.0.0.1:8000/") for link in found)
            waiting += [link["href"] for link in found if link["href"] not in seen and link["href"] not in waiting]
    assert "http://127.0.0.1:8000/ogc/collections/issues/queryables" in seen


def test_a_slash_too_many_is_forgiven(client: TestClient) -> None:
    with_slash, without = client.get("/ogc/", follow_redirects=False), client.get("/ogc")
    assert with_slash.status_code == 200
    assert with_slash.json()["links"][1:] == without.json()["links"][1:]


def test_links_behind_a_proxy_are_https(town: Site) -> None:
    town.service.settings = town.service.settings.model_copy(update={"behind_tls": True})
    hrefs = [link["href"] for link in town.program(Role.COMMANDER).get("/ogc").json()["links"]]
    assert all(href.startswith("https://127.0.0.1:8000/") for href in hrefs)


def test_issues_carry_nothing_that_a_reporter_wrote(client: TestClient) -> None:
    answer = client.get(ITEMS.format("issues"))
    assert set(answer.json()["features"][0]["properties"]) == {
        "state", "category", "category_name", "grid", "queue", "ambiguous", "method", "opened_at", "due_at", "overdue",
    }  # fmt: skip
    assert "hotline" not in answer.text


def test_what_has_no_place_has_a_null_geometry(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    desk.post("/api/reports", json={"source": "desk", "datum": "wgs84", "description": "somewhere"})
    found = read(town.program(Role.COMMANDER), "issues", filter="queue = 'no_location'")
    assert [feature["geometry"] for feature in found["features"]] == [None]
    # It is nowhere: neither here nor elsewhere.
    world = "S_INTERSECTS(geometry, BBOX(-180,-90,180,90))"
    client = town.program(Role.COMMANDER)
    assert len(read(client, "issues", filter=f"geometry IS NULL OR {world}")["features"]) == 4
    assert len(read(client, "issues", filter=world)["features"]) == 3
    assert read(client, "issues", filter=f"NOT {world}")["features"] == []


def test_one_feature(client: TestClient) -> None:
    answer = client.get(ITEMS.format("grids") + "/1")
    assert (answer.status_code, answer.json()["id"], answer.json()["properties"]["code"]) == (200, 1, "W1")
    assert answer.headers["content-crs"] == f"<{CRS84}>"
    for item in ("99", "0", "-1", "W1", "1.5", "9" * 30, "²"):
        assert client.get(ITEMS.format("grids") + f"/{item}").status_code == 404, item


def test_closed_issues_are_gone(town: Site) -> None:
    desk, client = town.program(Role.DISPATCHER), town.program(Role.COMMANDER)
    assert desk.post("/api/issues/1/close", json={"reply": "done"}).status_code == 200
    assert [each["id"] for each in read(client, "issues")["features"]] == [2, 3]
    assert client.get(ITEMS.format("issues") + "/1").status_code == 404


# -- pages ----------------------------------------------------------------------------------------------------------


def test_pages_hold_every_feature_once(rows: TestClient) -> None:
    for asked in ({}, {"bbox": "118,28,120,30"}, {"filter": "code <> 'G05'"}):
        wanted = [f"G{n:02}" for n in range(23) if n != 5 or "filter" not in asked]
        for limit in (1, 7, 22, 23, 24):
            assert every_page(rows, limit, asked) == wanted, (limit, asked)


def every_page(rows: TestClient, limit: int, asked: dict[str, str]) -> list[str]:
    """The codes of all pages, following the links."""
    found: list[str] = []
    page = read(rows, "grids", limit=limit, **asked)
    while True:
        found += codes(page)
        assert page["numberReturned"] == len(page["features"]) <= limit
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            return found
        page = rows.get(following[0]).json()


def test_a_page_reads_no_more_rows_than_it_shows(rows: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """But one, which tells that there is a next page."""
    from geo.desk import collection

    counted: list[int] = []
    original = collection._batch

    def counting(source: Any, found: Any, flags: int) -> Any:
        counted.append(len(found))
        return original(source, found, flags)

    monkeypatch.setattr(collection, "_batch", counting)
    read(rows, "grids", limit=5)
    read(rows, "grids", limit=5, filter="code > 'G03'")
    monkeypatch.setattr(collection, "CHUNK", 8)
    read(rows, "grids", limit=5, bbox="118,28,120,30")
    assert counted == [6, 6, 8]


def test_a_limit_above_the_largest_is_the_largest(rows: TestClient) -> None:
    assert len(read(rows, "grids", limit=10_000_000)["features"]) == 23
    for limit in ("0", "-1", "x", "1.5", ""):
        assert "limit" in refused(rows, "grids", limit=limit)


def test_a_cursor_of_somebody_else_is_refused(client: TestClient) -> None:
    for cursor in ("x", "-1", "9" * 30, "1; DROP TABLE grid", "٣"):
        assert "cursor" in refused(client, "grids", cursor=cursor)


# -- coordinates ----------------------------------------------------------------------------------------------------


def test_coordinates_come_in_the_order_of_the_authority(client: TestClient) -> None:
    """pyproj without always_xy has the authority's order: it is the oracle."""
    for uri in SPOKEN:
        answer = client.get(ITEMS.format("places"), params={"crs": uri})
        assert answer.headers["content-crs"] == f"<{uri}>"
        found = answer.json()["features"][0]["geometry"]["coordinates"]
        told = pyproj.Transformer.from_crs("OGC:CRS84", pyproj_name(uri)).transform(118.805, 28.905)
        assert found == pytest.approx(told, abs=1e-8 if abs(told[0]) < 200 else 6e-4)


def pyproj_name(uri: str) -> str:
    return "OGC:CRS84" if uri == CRS84 else f"EPSG:{uri.rpartition('/')[2]}"


def test_the_metric_crs_of_kecheng_is_northing_first(client: TestClient) -> None:
    place = read(client, "places", crs=EPSG.format(4549))["features"][0]
    assert place["geometry"]["coordinates"] == [3199327.542, 383449.662]


def test_degrees_lead_back_to_the_same_millimetre(rows: TestClient) -> None:
    exact = read(rows, "grids", crs=EPSG.format(4549))["features"]
    back = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:4549")  # northing first
    for degrees, metres in zip(read(rows, "grids")["features"], exact, strict=True):
        moved = shapely.transform(shape(degrees["geometry"]), back.transform, interleaved=False)
        assert (
            shapely.get_coordinates(moved).round(3).tolist()
            == shapely.get_coordinates(shape(metres["geometry"])).tolist()
        )


def test_rings_go_round_as_geojson_has_it(rows: TestClient) -> None:
    for feature in read(rows, "grids")["features"]:
        assert all(part.exterior.is_ccw for part in shape(feature["geometry"]).geoms)


def test_a_crs_that_is_not_listed_is_refused(client: TestClient) -> None:
    for parameter in ("crs", "bbox-crs", "filter-crs"):
        for uri in (EPSG.format(32618), EPSG.format(999999), "EPSG:4549", "", "x", "urn:ogc:def:crs:EPSG::4549"):
            assert parameter in refused(client, "grids", **{parameter: uri})


# -- boxes and times ------------------------------------------------------------------------------------------------


def box_in(uri: str, west: float, south: float, east: float, north: float) -> str:
    """A box around a box of degrees, as a client writes it that knows the order of the axes."""
    forward = pyproj.Transformer.from_crs("OGC:CRS84", pyproj_name(uri))
    a, b = forward.transform([west, west, east, east], [south, north, south, north])
    return f"{min(a):.9f},{min(b):.9f},{max(a):.9f},{max(b):.9f}"


def test_a_box_in_every_crs(rows: TestClient) -> None:
    for uri in SPOKEN:
        asked = {"bbox": box_in(uri, 118.7231, 28.901, 118.7439, 28.909), "bbox-crs": uri}
        found = read(rows, "grids", **asked)
        assert codes(found) == ["G02", "G03", "G04"], uri
        assert "numberMatched" not in found  # it could only be told by reading everything
        assert codes(read(rows, "grids", **asked, crs=EPSG.format(4549))) == codes(found)


def test_boxes_of_any_size(rows: TestClient) -> None:
    assert len(read(rows, "grids", bbox="-180,-90,180,90")["features"]) == 23
    assert len(read(rows, "grids", bbox="-180,-90,0,180,90,9000")["features"]) == 23
    assert codes(read(rows, "grids", bbox="118.705,28.905,118.705,28.905")) == ["G00"]
    assert codes(read(rows, "grids", bbox="118.71,28.905,118.71,28.905")) in (["G00", "G01"], ["G00"], ["G01"])
    assert read(rows, "grids", bbox="10,10,11,11")["features"] == []
    assert len(read(rows, "grids", **{"bbox": "-1e9,-1e9,1e9,1e9", "bbox-crs": EPSG.format(4549)})["features"]) == 23


NO_BOXES = (
    "", "1", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,1,2,3", "1,2,inf,4", "119,28,118,29", "118,29,119,28",
    "28.9,118.8,28.8,118.9", "1;2;3;4", "1e999,0,2,2",
)  # fmt: skip


def test_a_box_that_is_none_is_refused(client: TestClient) -> None:
    for box in NO_BOXES:
        assert "box" in refused(client, "grids", bbox=box), box


def test_times_of_issues(town: Site) -> None:
    """They were opened on 18 March at noon, local time."""
    client = town.program(Role.COMMANDER)
    for when, number in {
        "2026-03-18T04:00:00Z": 3,
        "2026-03-18T12:00:00+08:00": 3,
        "2026-03-18T04:00:01Z": 0,
        "2026-03-18T04:00:00Z/..": 3,
        "2026-03-18T04:00:01Z/..": 0,
        "../2026-03-18T04:00:00Z": 3,
        "/2026-03-18T03:59:59Z": 0,
        "2026-03-01T00:00:00Z/2026-03-31T00:00:00Z": 3,
        "2026-03-18": 3,
        "2026-03-17": 0,
        "2026-03-17/2026-03-18": 3,
    }.items():
        assert len(read(client, "issues", datetime=when)["features"]) == number, when
    assert len(read(client, "grids", datetime="1999-01-01T00:00:00Z")["features"]) == 2  # these have no time


NO_TIMES = (
    "", "..", "../..", "/", "yesterday", "2026-03-18T04:00:00", "2026-13-01", "2026-03-18/2026-03-01/2026",
    "2026-03-18T00:00:00Z/2026-03-17T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
)  # fmt: skip


def test_a_time_that_is_none_is_refused(client: TestClient) -> None:
    for when in NO_TIMES:
        for name in ("issues", "grids"):
            assert "datetime" in refused(client, name, datetime=when), when


# -- the past -------------------------------------------------------------------------------------------------------


def test_issues_as_of_a_moment(town: Site) -> None:
    desk, client = town.program(Role.DISPATCHER), town.program(Role.COMMANDER)
    before = town.clock.now.isoformat().replace("+00:00", "Z")
    town.clock.now = town.clock.now.replace(hour=6)
    assert desk.post("/api/issues/1/close", json={"reply": "done"}).status_code == 200
    assert [each["id"] for each in read(client, "issues")["features"]] == [2, 3]
    assert [each["id"] for each in read(client, "issues", as_of=before)["features"]] == [1, 2, 3]
    assert client.get(ITEMS.format("issues") + "/1", params={"as_of": before}).status_code == 200
    listed = client.get("/ogc/collections", params={"as_of": before}).json()["collections"]
    assert [each["id"] for each in listed] == ["grids", "areas", "places", "issues"]
    assert all("as_of=" in link["href"] for each in listed for link in each["links"])


def test_before_the_first_import_there_was_nothing(town: Site) -> None:
    client = town.program(Role.COMMANDER)
    for name in ("grids", "areas", "places", "issues"):
        assert read(client, name, as_of="2026-03-17")["features"] == [], name
    assert "as_of" in refused(client, "grids", as_of="2030-01-01")
    assert "as_of" in refused(client, "grids", as_of="then")


def test_the_moment_stays_in_links(town: Site) -> None:
    town.clock.now = town.clock.now.replace(hour=6)
    client = town.program(Role.COMMANDER)
    page = read(client, "issues", as_of="2026-03-18T05:00:00Z", limit=1)
    (following,) = [link["href"] for link in page["links"] if link["rel"] == "next"]
    assert [each["id"] for each in client.get(following).json()["features"]] == [2]
    assert "as_of=2026-03-18T05" in following


# -- what nobody knows ----------------------------------------------------------------------------------------------


def test_an_unknown_parameter_is_refused(client: TestClient) -> None:
    grids = "/collections/grids"
    every = (
        "",
        "/conformance",
        "/api",
        "/collections",
        grids,
        f"{grids}/queryables",
        f"{grids}/items",
        f"{grids}/items/1",
    )
    for path in every:
        for parameter in ("limt", "bbox_crs", "code", "f", "filter_lang", "CRS"):
            answer = client.get(f"/ogc{path}", params={parameter: "1"})
            assert answer.status_code == 400 and parameter in answer.json()["detail"], (path, parameter)
