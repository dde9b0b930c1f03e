"""Every conformance class that is declared is shown here, requirement by requirement."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openapi_spec_validator import OpenAPIV30SpecValidator

from api.ogc.conformance import CONFORMS_TO
from api.schemas.ogc import CollectionOut, FeatureList, LandingPage
from geo.rules.access import Role
from geo.rules.cql2 import SPATIAL_OPS
from tests.api.conftest import Site
from tests.api.test_ogc import CRS84, EPSG, ITEMS, SPOKEN, codes, read, refused
from tests.api.town import square

Shown = Callable[[TestClient], None]
CLASSES: dict[str, Shown] = {}
HERE = "BBOX(118.801,28.901,118.802,28.902)"  # within the grid W1, and not in the other


def shows(*names: str) -> Callable[[Shown], Shown]:
    def kept(test: Shown) -> Shown:
        CLASSES.update(dict.fromkeys(names, test))
        return test

    return kept


def chosen(client: TestClient, text: str, **more: str) -> list[str]:
    return codes(read(client, "grids", filter=text, **more))


@shows("ogcapi-features-1/1.0/conf/core")
def core(client: TestClient) -> None:
    landing = LandingPage.model_validate(client.get("/ogc").json())
    assert {"service-desc", "service-doc", "conformance", "data", "self"} <= {link.rel for link in landing.links}
    assert client.get("/ogc/conformance").json() == {"conformsTo": list(CONFORMS_TO)}
    for each in client.get("/ogc/collections").json()["collections"]:
        told = CollectionOut.model_validate(each)
        assert {"self", "items"} <= {link.rel for link in told.links}
        found = FeatureList.model_validate(read(client, told.id, limit=1))
        assert found.numberReturned == len(found.features) == 1
        assert {"self", "collection"} <= {link.rel for link in found.links}
        (one,) = found.features
        item = client.get(ITEMS.format(told.id) + f"/{one.id}").json()
        assert (item["id"], item["properties"], item["geometry"]) == (one.id, one.properties, one.geometry)
    assert client.get("/ogc/collections/nothing/items").status_code == 404
    assert refused(client, "grids", unheard="of")
    assert codes(read(client, "grids", bbox="118.801,28.901,118.802,28.902")) == ["W1"]
    assert len(read(client, "issues", datetime="2026-03-18T00:00:00Z/..")["features"]) == 3


@shows("ogcapi-features-1/1.0/conf/oas30")
def oas30(client: TestClient) -> None:
    answer = client.get("/ogc/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    document = answer.json()
    OpenAPIV30SpecValidator(document).validate()
    path = drafted(client)
    writing = client.get("/ogc/api").json()
    OpenAPIV30SpecValidator(writing).validate()
    assert {"get", "post"} == writing["paths"][path.removeprefix("/ogc")].keys()
    root = document["servers"][0]["url"]
    for path in document["paths"]:
        assert client.get(root + path.rstrip("/").replace("{featureId}", "1")).status_code == 200, path
    offered = document["paths"]["/collections/issues/items"]["get"]["parameters"]
    for name in {each["$ref"].rpartition("/")[2] for each in offered} - {"cursor", "as_of"}:
        asked = {"limit": "5", "bbox": "0,0,1,1", "datetime": "2026-01-01T00:00:00Z", "filter": "TRUE"}
        value = asked.get(name, "cql2-text" if name == "filter-lang" else CRS84)
        assert client.get(root + "/collections/issues/items", params={name: value}).status_code == 200, name


@shows("ogcapi-features-1/1.0/conf/geojson")
def geojson(client: TestClient) -> None:
    for path in (ITEMS.format("grids"), ITEMS.format("grids") + "/1"):
        assert client.get(path).headers["content-type"] == "application/geo+json"
    feature = read(client, "grids")["features"][0]
    assert (feature["type"], feature["geometry"]["type"]) == ("Feature", "MultiPolygon")
    assert feature["geometry"]["coordinates"][0][0][0] == pytest.approx([118.8, 28.9], abs=1e-8)  # degrees, east first


@shows("ogcapi-features-2/1.0/conf/crs")
def crs(client: TestClient) -> None:
    for each in client.get("/ogc/collections").json()["collections"]:
        assert each["crs"][0] == CRS84 and each["storageCrs"] in each["crs"]
    for uri in SPOKEN:
        for path in (ITEMS.format("grids"), ITEMS.format("grids") + "/1"):
            assert client.get(path, params={"crs": uri}).headers["content-crs"] == f"<{uri}>"
    assert client.get(ITEMS.format("grids")).headers["content-crs"] == f"<{CRS84}>"
    box = {"bbox": "3199000,383000,3199001,383001", "bbox-crs": EPSG.format(4549)}
    assert codes(read(client, "grids", **box)) == ["W1"]
    assert refused(client, "grids", crs=EPSG.format(2000)) and refused(client, "grids", **{"bbox-crs": "x"})


@shows("ogcapi-features-3/1.0/conf/queryables")
def queryables(client: TestClient) -> None:
    for each in client.get("/ogc/collections").json()["collections"]:
        (link,) = [link for link in each["links"] if link["rel"].endswith("/queryables")]
        answer = client.get(link["href"])
        assert answer.headers["content-type"] == link["type"] == "application/schema+json"
        schema = answer.json()
        assert (schema["type"], schema["$id"], schema["additionalProperties"]) == ("object", link["href"], False)
        for name in schema["properties"]:
            assert read(client, each["id"], filter=f'"{name}" IS NULL OR "{name}" IS NOT NULL')["numberReturned"] > 0
        told = read(client, each["id"])["features"][0]["properties"]
        assert {name for name, about in schema["properties"].items() if "type" in about} == set(told)


@shows("ogcapi-features-3/1.0/conf/filter", "ogcapi-features-3/1.0/conf/features-filter")
def filters(client: TestClient) -> None:
    assert chosen(client, "code = 'W1'", **{"filter-lang": "cql2-text"}) == ["W1"]
    assert "filter-lang" in refused(client, "grids", **{"filter": "code = 'W1'", "filter-lang": "cql2-json"})
    assert "no" in refused(client, "grids", filter="no = 1")
    # All that is asked holds together.
    assert chosen(client, "code LIKE '%1'", bbox="118.801,28.901,118.802,28.902") == ["W1"]
    metres = "S_INTERSECTS(geometry, POINT(3199000 383000))"
    assert chosen(client, metres, **{"filter-crs": EPSG.format(4549)}) == ["W1"]
    assert chosen(client, metres) == []
    assert read(client, "grids", filter="code = 'W1'")["numberMatched"] == 1


@shows("cql2/1.0/conf/cql2-text", "cql2/1.0/conf/basic-cql2")
def basic(client: TestClient) -> None:
    for text, wanted in {
        "code = 'W1'": 1, "code <> 'W1'": 1, "code < 'W1'": 0, "code <= 'W1'": 1, "code > 'W1'": 1, "code >= 'W1'": 2,
        "edition = 1": 2, "edition > 1.5": 0, "edition <= 1e0": 2, "households IS NULL": 2, "code IS NOT NULL": 2,
        "NOT code = 'W1'": 1, "code = 'W1' OR edition = 1": 2, "code = 'W1' AND edition = 2": 0, "TRUE": 2, "FALSE": 0,
        "households > 1": 0, "NOT households > 1": 0,
    }.items():  # fmt: skip
        assert len(chosen(client, text)) == wanted, text
    for text, wanted in {
        "ambiguous = FALSE": 3, "ambiguous = TRUE": 0, "overdue <> TRUE": 3, "overdue = TRUE": 0,
        "opened_at = TIMESTAMP('2026-03-18T04:00:00Z')": 3, "opened_at > TIMESTAMP('2026-03-18T04:00:00.001Z')": 0,
        "opened_at < TIMESTAMP('2026-03-18T12:00:01+08:00')": 3,
    }.items():  # fmt: skip
        assert read(client, "issues", filter=text)["numberMatched"] == wanted, text
    assert "true or false" in refused(client, "issues", filter="ambiguous > FALSE")


@shows("cql2/1.0/conf/advanced-comparison-operators")
def advanced(client: TestClient) -> None:
    for text, wanted in {
        "code LIKE 'W%'": ["W1"], "code LIKE 'W_'": ["W1"], "code LIKE 'w%'": [], "code NOT LIKE 'W%'": ["dongfang-1"],
        "code BETWEEN 'W' AND 'X'": ["W1"], "edition NOT BETWEEN 2 AND 3": ["W1", "dongfang-1"],
        "code IN ('W1', 'W2')": ["W1"], "edition IN (2, 3)": [], "code NOT IN ('W1')": ["dongfang-1"],
    }.items():  # fmt: skip
        assert chosen(client, text) == wanted, text


@shows("cql2/1.0/conf/basic-spatial-functions", "cql2/1.0/conf/basic-spatial-operators")
def spatial(client: TestClient) -> None:
    assert chosen(client, f"S_INTERSECTS(geometry, {HERE})") == ["W1"]
    assert chosen(client, "S_INTERSECTS(geometry, POINT(118.815 28.905))") == ["dongfang-1"]
    assert chosen(client, "S_INTERSECTS(geometry, POINT(118.9 28.905))") == []


@shows("cql2/1.0/conf/basic-spatial-functions-plus")
def spatial_plus(client: TestClient) -> None:
    for geometry, wanted in {
        "LINESTRING(118.801 28.905, 118.815 28.905)": 2,
        "POLYGON((118.801 28.901, 118.802 28.901, 118.802 28.902, 118.801 28.901))": 1,
        "MULTIPOINT((118.801 28.901), (118.815 28.905))": 2,
        "MULTILINESTRING((118.9 28.9, 118.91 28.9), (118.801 28.901, 118.802 28.902))": 1,
        "MULTIPOLYGON(((118.9 28.9, 118.91 28.9, 118.91 28.91, 118.9 28.9)))": 0,
        "GEOMETRYCOLLECTION(POINT(118.801 28.901), POINT(118.815 28.905))": 2,
    }.items():
        assert len(chosen(client, f"S_INTERSECTS(geometry, {geometry})")) == wanted, geometry


@shows("cql2/1.0/conf/spatial-functions")
def every_spatial_function(client: TestClient) -> None:
    west = client.get(ITEMS.format("grids") + "/1").json()["geometry"]["coordinates"][0][0]
    corners = [f"{lon} {lat}" for lon, lat in west]
    itself = f"POLYGON(({', '.join(corners)}))"
    beside = f"POLYGON(({corners[0]}, {corners[3]}, 118.79 28.905, {corners[0]}))"  # at the western edge
    asked = {
        "intersects": (HERE, ["W1"]),
        "disjoint": (HERE, ["dongfang-1"]),
        "contains": (HERE, ["W1"]),
        "within": ("BBOX(118.79,28.89,118.8105,28.92)", ["W1"]),
        "touches": (beside, ["W1"]),
        "crosses": ("LINESTRING(118.79 28.905, 118.805 28.905)", ["W1"]),
        "overlaps": ("BBOX(118.79,28.89,118.805,28.905)", ["W1"]),
        "equals": (itself, ["W1"]),
    }
    assert set(asked) == set(SPATIAL_OPS)
    for op, (geometry, wanted) in asked.items():
        assert chosen(client, f"S_{op.upper()}(geometry, {geometry})") == wanted, op


# -- Part 4: on the grids of a draft ----------------------------------------------------------------------------------


def drafted(client: TestClient) -> str:
    """The address of the features of a new draft."""
    return ITEMS.format(f"draft-{client.post('/api/drafts', json={'title': 'the line'}).json()['id']}")


def sent(client: TestClient, method: str, path: str, body: Any, **headers: str) -> Any:
    kind = "application/merge-patch+json" if method == "PATCH" else "application/geo+json"
    return client.request(method, path, content=json.dumps(body), headers={"content-type": kind} | headers)


FEATURE = {"type": "Feature", "geometry": square(118.83), "properties": {"code": "N1"}}


@shows("ogcapi-features-4/1.0/conf/create-replace-delete")
def create_replace_delete(client: TestClient) -> None:
    path = drafted(client)
    options = client.request("OPTIONS", path)
    assert options.status_code == 200 and "POST" in options.headers["allow"]
    assert "application/geo+json" in options.headers["accept-post"]
    each = client.request("OPTIONS", f"{path}/1")
    assert each.status_code == 200 and {"PUT", "DELETE"} <= set(each.headers["allow"].split(", "))
    known = {feature["id"] for feature in client.get(path).json()["features"]}
    created = sent(client, "POST", path, FEATURE | {"id": 1})  # an id of its own says nothing
    assert created.status_code == 201
    address = created.headers["location"]
    made = client.get(address).json()
    assert made["id"] not in known and address.endswith(f"/items/{made['id']}")
    assert made["properties"]["code"] == "N1"
    assert sent(client, "PUT", address, FEATURE | {"id": 1, "properties": {"code": "N2"}}).status_code == 204
    assert client.get(address).json()["properties"]["code"] == "N2"
    assert client.get(f"{path}/1").json()["properties"]["code"] == "W1"
    for method, where in (("POST", path), ("PUT", address)):
        assert client.request(method, where, content=json.dumps(FEATURE)).status_code == 400  # of which type?
    for headers in ({}, {"if-match": '"xyz"'}):
        assert sent(client, "PUT", f"{path}/77", FEATURE, **headers).status_code == 404
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


@shows("ogcapi-features-4/1.0/conf/update")
def update(client: TestClient) -> None:
    path = drafted(client)
    each = client.request("OPTIONS", f"{path}/1").headers
    assert "PATCH" in each["allow"].split(", ") and each["accept-patch"] == "application/merge-patch+json"
    before = client.get(f"{path}/1").json()
    assert sent(client, "PATCH", f"{path}/1", {"properties": {"name": "西"}}).status_code == 204
    after = client.get(f"{path}/1").json()
    assert after == before | {"properties": before["properties"] | {"name": "西"}}
    assert client.patch(f"{path}/1", content='{"properties": {"name": "x"}}').status_code == 400  # of which type?
    assert sent(client, "PATCH", f"{path}/1", {"id": 2}).status_code == 400
    assert client.get(f"{path}/1").json() == after


@shows("ogcapi-features-4/1.0/conf/optimistic-locking-etags")
def optimistic_locking(client: TestClient) -> None:
    path = drafted(client)
    whole = client.get(f"{path}/1").json()
    for method, body in (
        ("PUT", whole | {"properties": {"name": "one"}}), ("PATCH", {"properties": {"name": "two"}}), ("DELETE", None)
    ):  # fmt: skip
        read_tag = client.get(f"{path}/1").headers["etag"]
        assert sent(client, method, f"{path}/1", body, **{"if-match": '"0"'}).status_code == 412
        assert client.get(f"{path}/1").headers["etag"] == read_tag
        written = sent(client, method, f"{path}/1", body, **{"if-match": read_tag})
        assert written.status_code == 204 and written.headers.get("etag") != read_tag
    assert client.get(f"{path}/1").status_code == 404
    assert client.delete(f"{path}/2").status_code == 204  # nobody has to say what he read


@shows("ogcapi-features-4/1.0/conf/features")
def features_that_change(client: TestClient) -> None:
    path = drafted(client)
    listed = client.get("/ogc/collections").json()["collections"]
    assert f"{path}?".startswith(tuple(f"/ogc/collections/{each['id']}/items?" for each in listed))
    metric = EPSG.format(4549)
    first = client.get(sent(client, "POST", path, FEATURE).headers["location"] + f"?crs={metric}").json()
    again = FEATURE | {"geometry": first["geometry"], "properties": {"code": "N2"}}
    address = sent(client, "POST", path, again, **{"content-crs": f"<{metric}>"}).headers["location"]
    assert client.get(f"{address}?crs={metric}").json()["geometry"] == first["geometry"]
    assert client.get(address).json()["geometry"]["coordinates"][0][0][0] == pytest.approx([118.83, 28.90], abs=1e-8)
    assert sent(client, "POST", path, again, **{"content-crs": EPSG.format(2000)}).status_code == 400


def test_every_declared_class_is_shown_and_no_other() -> None:
    assert {f"http://www.opengis.net/spec/{name}" for name in CLASSES} == set(CONFORMS_TO)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class(name: str, town: Site) -> None:
    CLASSES[name](town.program(Role.COMMANDER, Role.GIS_EDITOR))


# -- QGIS -----------------------------------------------------------------------------------------------------------


def test_qgis_opens_a_layer(town: Site) -> None:
    """The requests of QGIS 3.40, in their order; it gives up where one of them fails."""
    client = town.program(Role.COMMANDER)
    landing = client.get("/ogc", headers={"accept": "application/json"}).json()
    href = {link["rel"]: link["href"] for link in landing["links"]}
    limit = client.get(href["service-desc"]).json()["components"]["parameters"]["limit"]["schema"]
    assert (limit["default"], limit["maximum"]) == (100, 1000)  # or it asks for 100 features at a time
    collection = client.get(href["data"] + "/grids").json()
    classes = client.get(href["conformance"]).json()["conformsTo"]
    assert any(name.endswith("ogcapi-features-2/1.0/conf/crs") for name in classes)
    schema = client.get(href["data"] + "/grids/queryables").json()
    assert schema["properties"]["geometry"]["format"] == "geometry-multipolygon"
    first = client.get(href["data"] + "/grids/items?limit=10").json()
    assert first["numberMatched"] == 2 and first["features"][0]["id"] == 1
    options = client.options(href["data"] + "/grids/items")
    assert options.status_code == 200 and "POST" not in options.headers["Allow"]  # so it offers no editing
    assert client.options(href["data"] + "/grids/items/1").headers["Allow"] == "GET, OPTIONS"
    page = client.get(f"{href['data']}/grids/items?limit=1&crs={collection['storageCrs']}")
    assert page.headers["content-crs"] == f"<{collection['storageCrs']}>"
    (following,) = [link["href"] for link in page.json()["links"] if link["rel"] == "next"]
    last = client.get(following)
    assert last.headers["content-crs"] == page.headers["content-crs"]
    assert not [link for link in last.json()["links"] if link["rel"] == "next"]


def test_qgis_filters_on_the_server(town: Site) -> None:
    """Texts that its compiler of expressions writes."""
    client = town.program(Role.COMMANDER)
    for text, wanted in {
        "(\"code\" = 'W1')": 1,
        '(("code" = \'W1\') OR (NOT ("name_en" IS NULL)))': 1,
        '("parent_grid" IS NULL)': 2,
        '("households" > ( - (5)))': 0,
        "S_INTERSECTS(geometry,BBOX(118.801,28.901,118.802,28.902))": 1,
        "(\"code\" LIKE 'W%')": 1,
        "\"code\" IN ('W1','W2')": 1,
    }.items():
        assert len(chosen(client, text)) == wanted, text
    issues = read(client, "issues", filter="(\"opened_at\" >= TIMESTAMP('2026-03-18T04:00:00.000Z'))")
    assert issues["numberMatched"] == 3


def test_a_filter_that_tries_sql_is_refused(town: Site) -> None:
    client = town.program(Role.COMMANDER)
    attempts: list[Any] = [
        "code = 'W1'; DROP TABLE grid_version", "code = 'W1' OR 1=1", "1=1", "code = 'W1' --", "code = (SELECT 1)",
        "code IN (SELECT code FROM grid_version)", "code = 'W1' UNION SELECT 1", "pg_sleep(5) = 1", "geom IS NULL",
        "code = 'a' OR 'a' = 'a'", "code LIKE 'a' ESCAPE 'b'", "grid_version.code = 'W1'", "\"code\"\" = 'W1'",
    ]  # fmt: skip
    for text in attempts:
        assert "filter" in refused(client, "grids", filter=text), text
    # What looks like it within quotes is a value, and nothing else.
    assert chosen(client, "code = 'x'' OR ''1''=''1'") == []
    assert chosen(client, r"code = 'x\' OR 1=1 OR code = \''") == []
    assert len(read(client, "grids")["features"]) == 2
