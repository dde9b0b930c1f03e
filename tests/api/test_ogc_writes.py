"""OGC API - Features Part 4: QGIS and others change the grids of a draft, one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from shapely.affinity import translate
from shapely.geometry import mapping, shape

from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.test_drafts import started
from tests.api.test_ogc import CRS84, EPSG, codes
from tests.api.town import EAST, MARK, WEST, square

GEOJSON = {"content-type": "application/geo+json"}
MERGE = {"content-type": "application/merge-patch+json"}
METRIC = EPSG.format(4549)
NORTH = {  # a grid north of W1, degrees
    "type": "Polygon",
    "coordinates": [[[118.80, 28.91], [118.81, 28.91], [118.81, 28.92], [118.80, 28.92], [118.80, 28.91]]],
}


@pytest.fixture
def editor(town: Site) -> TestClient:
    return town.program(Role.GIS_EDITOR)


def items(draft: int) -> str:
    return f"/ogc/collections/draft-{draft}/items"


def send(client: TestClient, method: str, path: str, body: Any, **headers: str) -> Any:
    kind = MERGE if method == "PATCH" else GEOJSON
    return client.request(method, path, content=json.dumps(body), headers=kind | headers)


def done(answer: Any, status: int = 204) -> Any:
    assert answer.status_code == status, answer.text
    return answer


def new(code: str, **said: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": NORTH, "properties": {"code": code, **said}}


def changes(client: TestClient, draft: int) -> dict[str, str]:
    told = done(client.get(f"/api/drafts/{draft}"), 200).json()
    return {each["code"]: each["change"] for each in told["changes"]}


def fault_kinds(client: TestClient, draft: int) -> set[str]:
    return {fault["kind"] for fault in done(client.get(f"/api/drafts/{draft}"), 200).json()["faults"]}


def moved(geometry: Any, east: float, digits: int) -> dict[str, Any]:
    """The same with its eastern side further east, and all of it rounded."""
    far = max(x for x, _ in geometry["coordinates"][0][0])

    def put(xy: Any) -> Any:
        xy[abs(xy[:, 0] - far) < 1e-6, 0] += east
        return xy.round(digits)

    return dict(mapping(shapely.transform(shape(geometry), put)))


def test_qgis_edits_a_draft(town: Site, editor: TestClient) -> None:
    """The requests of its provider, in their order, in the CRS that it takes unasked: northing first."""
    draft = started(editor)
    path = items(draft)
    first = editor.get(f"{path}?limit=10").json()
    assert (codes(first), first["numberMatched"]) == (["W1", f"{MARK}-1"], 2)
    allowed = done(editor.request("OPTIONS", path), 200).headers["Allow"].split(", ")
    assert "POST" in allowed  # or it offers no editing at all
    each = done(editor.request("OPTIONS", f"{path}/1"), 200).headers
    assert {"PUT", "PATCH", "DELETE"} <= set(each["Allow"].split(", "))

    # A new feature: its address is read from the header, and it is read again.
    northing_first = translate(shape(in_metres(editor, draft, 1)), 1108.5)
    body = new("N1", name=None, name_en=None, area=None, households=12) | {"geometry": mapping(northing_first)}
    created = done(send(editor, "POST", path, body, **{"content-crs": METRIC}), 201)
    assert b"Location" in [name for name, _ in created.headers.raw]
    number = created.headers["location"].rpartition("/items/")[2]
    told = editor.get(created.headers["location"], headers={"accept": "application/geo+json, application/json"}).json()
    assert (str(told["id"]), told["properties"]["area"], told["properties"]["name"]) == (number, WEST, "N1")

    # Attributes and geometry apart, one feature at a time, never with If-Match.
    done(send(editor, "PATCH", f"{path}/1", {"properties": {"name": "西一改", "households": 300}}))
    assert changes(editor, draft) == {"N1": "added", "W1": "described"}
    taller = translate(northing_first, 5.0)
    done(send(editor, "PATCH", f"{path}/{number}", {"geometry": mapping(taller)}, **{"content-crs": METRIC}))
    assert shapely.equals_exact(shape(in_metres(editor, draft, int(number))), taller, tolerance=0.002)
    faults = editor.get(f"/api/drafts/{draft}").json()["faults"]
    assert faults  # ground that was nobody's
    assert editor.get(f"/api/drafts/{draft}").json()["steps"][1]["operation"] == {
        "by": "ogc", "did": "change", "code": "W1",
    }  # fmt: skip

    # Without PATCH it would fetch and put; what it deletes is gone.
    whole = editor.get(f"{path}/1?crs={METRIC}").json()
    whole["properties"]["name"] = "西一"
    done(send(editor, "PUT", f"{path}/1", whole, **{"content-crs": METRIC}))
    done(editor.delete(f"{path}/{number}"))
    assert editor.get(f"{path}/{number}").status_code == 404
    assert changes(editor, draft) == {"W1": "described"}
    for _ in range(5):  # steps like any other
        done(editor.post(f"/api/drafts/{draft}/undo", json={}), 200)
    assert changes(editor, draft) == {}


def in_metres(client: TestClient, draft: int, number: int) -> Any:
    return client.get(f"{items(draft)}/{number}?crs={METRIC}").json()["geometry"]


def test_rounding_moves_no_node_and_what_moves_is_what_was_moved(town: Site, editor: TestClient) -> None:
    draft = started(editor)
    # Nodes that no six digits of a degree name.
    uneven = {"op": "insert_node", "edge": nodes_between(editor, draft), "at": {"lon": 118.8101234567, "lat": 28.9057}}
    done(editor.post(f"/api/drafts/{draft}/operations", json={"operation": uneven}), 200)
    before = {n: editor.get(f"{items(draft)}/{n}").json() for n in (1, 2)}
    metres = {n: in_metres(editor, draft, n) for n in (1, 2)}
    for n, feature in before.items():
        rounded = moved(feature["geometry"], 0.0, 6)
        done(send(editor, "PUT", f"{items(draft)}/{n}", feature | {"geometry": rounded}))
    assert {n: in_metres(editor, draft, n) for n in (1, 2)} == metres
    assert len(editor.get(f"/api/drafts/{draft}").json()["steps"]) == 1  # nothing was changed
    rounded = moved(before[2]["geometry"], 0.001, 6)
    done(send(editor, "PATCH", f"{items(draft)}/2", {"geometry": rounded}))
    now = shape(in_metres(editor, draft, 2))
    west = {tuple(node) for node in shapely.get_coordinates(shape(metres[1])).tolist()}
    shared = west & {tuple(node) for node in shapely.get_coordinates(shape(metres[2])).tolist()}
    assert len(shared) == 3 and shared <= {tuple(node) for node in shapely.get_coordinates(now).tolist()}


def nodes_between(client: TestClient, draft: int) -> Any:
    """The ends of the line between the two grids."""
    table = client.get(f"/api/drafts/{draft}/vertices?bbox=118.79,28.89,118.83,28.92").json()
    west, east = ({row for ring in grid["parts"][0] for row in ring} for grid in table["grids"])
    return [table["nodes"][row][:2] for row in sorted(west & east)]


def test_a_grid_that_comes_with_the_draft_keeps_its_number(town: Site, editor: TestClient) -> None:
    draft = started(editor, outline=True)
    path = items(draft)
    number = done(send(editor, "POST", path, new("N1")), 201).headers["location"].rpartition("/")[2]
    done(send(editor, "PATCH", f"{path}/{number}", {"properties": {"code": "N2"}}))
    assert editor.get(f"{path}/{number}").json()["properties"]["code"] == "N2"
    other = new("N1") | {"geometry": square(118.83)}
    again = done(send(editor, "POST", path, other), 201).headers["location"].rpartition("/")[2]
    assert again != number and codes(editor.get(path).json())[:2] == ["W1", f"{MARK}-1"]
    recode = {"operation": {"op": "recode", "code": "N2", "new": "N3"}}
    done(editor.post(f"/api/drafts/{draft}/operations", json=recode), 200)
    found = editor.get(path, params={"filter": "code LIKE 'N%'"}).json()
    assert {str(each["id"]): each["properties"]["code"] for each in found["features"]} == {number: "N3", again: "N1"}
    box = editor.get(path, params={"bbox": "118.804,28.914,118.806,28.916"}).json()
    assert codes(box) == ["N3"] and box["features"][0]["geometry"]["type"] == "MultiPolygon"
    pages = [editor.get(path, params={"limit": "3"}).json()]
    (following,) = [link["href"] for link in pages[0]["links"] if link["rel"] == "next"]
    pages.append(editor.get(following).json())
    assert [len(page["features"]) for page in pages] == [3, 1]
    assert editor.get(f"/ogc/collections/draft-{draft}").json()["extent"]["spatial"]["bbox"][0][2] > 118.83
    # A grid recoded keeps its own.
    done(send(editor, "PATCH", f"{path}/1", {"properties": {"code": "W9"}}))
    assert editor.get(f"{path}/1").json()["properties"]["code"] == "W9"
    assert changes(editor, draft) == {"W9": "recoded", "N3": "added", "N1": "added"}


def test_only_of_ones_areas_and_of_ones_drafts(town: Site, editor: TestClient) -> None:
    draft = started(editor)
    west = town.program(Role.GIS_EDITOR, path=f"/330802/{WEST}/")
    assert codes(west.get(items(draft)).json()) == ["W1"]  # nothing is changed in it yet
    assert west.get(f"{items(draft)}/2").status_code == 404
    assert send(west, "PATCH", f"{items(draft)}/2", {"properties": {"name": "x"}}).status_code == 404
    assert west.delete(f"{items(draft)}/2").status_code == 404
    elsewhere = send(west, "PATCH", f"{items(draft)}/1", {"properties": {"area": EAST}})
    assert elsewhere.status_code == 403
    done(send(editor, "PATCH", f"{items(draft)}/2", {"properties": {"name": "东"}}))
    assert west.get(items(draft)).status_code == 404
    assert send(west, "PATCH", f"{items(draft)}/1", {"properties": {"name": "x"}}).status_code == 404
    # Nor does a grid of the east, taken away by somebody else, come back in the west.
    own = started(west)
    east = editor.get(f"{items(own)}/2").json()
    done(editor.delete(f"{items(own)}/2"))
    east["properties"] |= {"area": WEST}
    taken = done(send(west, "POST", items(own), {name: east[name] for name in ("type", "geometry", "properties")}), 403)
    assert taken.json()["details"]["reason"] == "areas_of_others"
    reviewer, commander = town.program(Role.GIS_REVIEWER), town.program(Role.COMMANDER)
    assert reviewer.request("OPTIONS", items(draft)).headers["Allow"] == "GET, OPTIONS"
    assert send(reviewer, "POST", items(draft), new("N1")).status_code == 403
    assert commander.get(items(draft)).status_code == 404
    assert f"draft-{draft}" in [each["id"] for each in reviewer.get("/ogc/collections").json()["collections"]]
    assert f"draft-{draft}" not in commander.get("/ogc/collections").text
    assert editor.get(f"/tiles/draft-{draft}/0/0/0.mvt").status_code == 404  # a draft is no map


def test_what_cannot_be_taken_is_refused_and_says_why(town: Site, editor: TestClient) -> None:
    draft = started(editor)
    path = items(draft)
    line = {"type": "LineString", "coordinates": [[118.8, 28.9], [118.81, 28.9]]}
    beyond = {"type": "Polygon", "coordinates": [[[28, 0], [29, 1], [29, 0], [28, 0]]]}  # where no projection answers
    bad: list[tuple[str, str, Any, dict[str, str], str]] = [
        ("POST", path, new("N1") | {"geometry": None}, {}, "null"),
        ("POST", path, new("N1") | {"geometry": line}, {}, "polygon"),
        ("POST", path, new("N1") | {"geometry": {"type": "Polygon", "coordinates": [[[0, 1]]]}}, {}, "geometry"),
        ("POST", path, new("N1") | {"geometry": {"type": "Polygon", "coordinates": []}}, {}, "polygon"),
        ("POST", path, new("N1") | {"geometry": square(2.0)}, {}, "thousand"),
        ("POST", path, new("N1") | {"geometry": mapping(translate(shape(NORTH), 0.0, -24.0))}, {}, "thousand"),
        ("POST", path, new(""), {}, "code"),
        ("POST", path, new("N1\u200b"), {}, "code"),
        ("PATCH", f"{path}/1", {"properties": {"code": "W1\u200b"}}, {}, "code"),
        ("POST", path, new("N1", colour="red"), {}, "colour"),
        ("POST", path, new("N1", households=-1), {}, "households"),
        ("POST", path, new("N1", area="nowhere"), {}, "nowhere"),
        ("POST", path, new("N1"), {"content-crs": EPSG.format(2000)}, "Content-Crs"),
        ("POST", path, new("N1") | {"geometry": beyond}, {}, "reach"),
        ("POST", f"{path}?unheard=of", new("N1"), {}, "unheard"),
        ("PATCH", f"{path}/1?as_of=2026-01-01", {"properties": {"name": "x"}}, {}, "as_of"),
        ("PATCH", f"{path}/1", {"geometry": None}, {}, "delete"),
        ("PATCH", f"{path}/1", {"id": 7}, {}, "id"),
        ("PATCH", f"{path}/1", {"properties": {"code": None}}, {}, "code is empty"),
        ("PATCH", f"{path}/1", {"properties": {"name": ""}}, {}, "name is empty"),
        ("PATCH", f"{path}/1", {"properties": {"area": None}}, {}, "area is empty"),
        ("PATCH", f"{path}/x", {"properties": {}}, {}, "item"),
    ]
    for method, where, body, headers, named in bad:
        answer = send(editor, method, where, body, **headers)
        assert answer.status_code == 400 and named in answer.json()["detail"], (body, answer.text)
    assert editor.post(path, content=json.dumps(new("N1"))).status_code == 400  # of which type?
    assert send(editor, "POST", path, new("W1")).status_code == 409
    assert send(editor, "POST", "/ogc/collections/grids/items", new("N1")).status_code == 405
    assert send(editor, "POST", items(99), new("N1")).status_code == 404
    assert changes(editor, draft) == {}
    # A bowtie is drawn all the same, and is a fault of the draft until it is mended.
    crossed = square(118.80)["coordinates"][0]
    crossed[1], crossed[2] = crossed[2], crossed[1]
    done(send(editor, "PATCH", f"{path}/1", {"geometry": {"type": "Polygon", "coordinates": [crossed]}}))
    assert "invalid" in fault_kinds(editor, draft)
    ground = {"type": "Polygon", "coordinates": square(118.80)["coordinates"]}
    done(send(editor, "POST", path, new("N1") | {"geometry": ground}), 201)  # whose ground was it? the bowtie's
    for _ in range(2):
        done(editor.post(f"/api/drafts/{draft}/undo", json={}), 200)
    # So is what is less than a millimetre: nothing is left of it.
    speck = [[118.8, 28.9], [118.800000001, 28.9], [118.8, 28.900000001], [118.8, 28.9]]
    done(send(editor, "PATCH", f"{path}/1", {"geometry": {"type": "Polygon", "coordinates": [speck]}}))
    assert {"invalid", "outline_moved"} == fault_kinds(editor, draft)
    done(editor.post(f"/api/drafts/{draft}/undo", json={}), 200)
    done(send(editor, "PATCH", f"{path}/1", {"properties": {"name": "西"}}))
    done(editor.post(f"/api/drafts/{draft}/submit", json={}), 200)
    assert send(editor, "PATCH", f"{path}/1", {"properties": {"name": "x"}}).status_code == 409
    assert editor.request("OPTIONS", f"{path}/1").headers["Allow"] == "GET, OPTIONS"


def test_two_new_grids_of_one_code_never_become_one(town: Site, editor: TestClient) -> None:
    """QGIS gives each piece of a split the code of the whole, and people then give two pieces the same new one."""
    draft = started(editor, outline=True)
    path = items(draft)
    first = done(send(editor, "POST", path, new("N1")), 201).headers["location"]
    elsewhere = new("N1") | {"geometry": square(118.83)}
    assert done(send(editor, "POST", path, elsewhere), 409).json()["details"]["codes"] == ["N1"]
    second = done(send(editor, "POST", path, elsewhere | {"properties": {"code": "N2"}}), 201).headers["location"]
    done(send(editor, "PATCH", second, {"properties": {"code": "N1"}}), 409)
    assert changes(editor, draft) == {"N1": "added", "N2": "added"}
    # The code that a grid gave up is free.
    done(send(editor, "PATCH", first, {"properties": {"code": "N3"}}))
    done(send(editor, "PATCH", second, {"properties": {"code": "N1"}}))
    assert changes(editor, draft) == {"N1": "added", "N3": "added"}


def test_a_grid_that_comes_back_is_the_same_one(town: Site, editor: TestClient) -> None:
    """QGIS merges by deleting all and creating one: who answers there and what happened there goes by the grid."""
    draft = started(editor, outline=True)
    path = items(draft)
    before = editor.get(f"{path}/1").json()
    done(editor.delete(f"{path}/1"))
    assert changes(editor, draft) == {"W1": "gone"}
    larger = shapely.box(*shape(before["geometry"]).bounds).buffer(0.001, join_style="mitre")
    properties = before["properties"] | {"name": "合并"}
    feature = {"type": "Feature", "geometry": mapping(larger), "properties": properties}
    created = done(send(editor, "POST", path, feature), 201)
    assert created.headers["location"].endswith(f"/draft-{draft}/items/1")
    assert changes(editor, draft) == {"W1": "reshaped"}
    assert editor.get(f"{path}/1").json()["properties"] == properties
    done(send(editor, "POST", path, feature), 409)
    for _ in range(2):
        done(editor.post(f"/api/drafts/{draft}/undo", json={}), 200)
    assert changes(editor, draft) == {} and editor.get(f"{path}/1").json() == before
    # Unless its code is another grid's by now.
    done(editor.delete(f"{path}/1"))
    other = done(send(editor, "POST", path, new("N1")), 201).headers["location"]
    done(send(editor, "PATCH", other, {"properties": {"code": "W1"}}))
    done(send(editor, "POST", path, feature), 409)
    told = done(editor.get(f"/api/drafts/{draft}"), 200).json()["changes"]
    assert sorted((each["code"], each["change"]) for each in told) == [("W1", "added"), ("W1", "gone")]


def test_a_retry_creates_once(town: Site, editor: TestClient) -> None:
    draft = started(editor)
    sent = [send(editor, "POST", items(draft), new("N1"), **{"idempotency-key": "k"}) for _ in range(2)]
    assert [done(each, 201).headers["location"] for each in sent] == [sent[0].headers["location"]] * 2
    assert len(editor.get(f"/api/drafts/{draft}").json()["steps"]) == 1
    assert CRS84 in editor.get(f"/ogc/collections/draft-{draft}").json()["crs"]
