"""A fair division and official lines over HTTP: who may ask, what is answered, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.town import EAST, MARK, WEST, upload

ASKED = {"area": "330802", "load": "households", "within": "district"}


@pytest.fixture
def full(town: Site) -> Site:
    """Six compounds in the grid of the west, whose subdistrict officially begins and ends further east."""
    at = [(118.8015 + 0.003 * (i % 3), 28.902 + 0.004 * (i // 3)) for i in range(6)]
    rows = [f"C{i},小区{i},compound,100,{lon:.4f},{lat:.4f}\n" for i, (lon, lat) in enumerate(at)]
    upload(
        town.program(Role.OPERATOR), "places", "more.csv", "code,name,kind,households,lon,lat\n" + "".join(rows),
        code="code", name="name", kind="kind", households="households", lon="lon", lat="lat", datum="wgs84",
    )  # fmt: skip
    return town


def post(site: Site, body: dict[str, Any], *roles: Role, **where: Any) -> Any:
    return site.program(*roles, **where).post("/api/drafts/balance", json=body)


def test_a_fair_division_is_a_draft_like_any_other(full: Site) -> None:
    looked = post(full, {**ASKED, "look": True}, Role.GIS_EDITOR)
    assert (looked.status_code, looked.json()["draft"]) == (200, None)
    editor = full.program(Role.GIS_EDITOR)
    answer = editor.post("/api/drafts/balance", json={**ASKED, "title": "均衡"}, headers={"Idempotency-Key": "once"})
    told = answer.json()
    assert answer.status_code == 201, answer.text
    assert told == {**looked.json(), "draft": told["draft"]}
    (shared,) = told["shared"]
    assert shared["before"] == {"most": 600, "least": 0, "mean": 300, "deviation": 300, "ratio": None}
    assert shared["after"]["most"] < 600
    draft = editor.get(f"/api/drafts/{told['draft']}").json()
    assert draft["title"] == "均衡"
    assert {fault["severity"] for fault in draft["faults"]} <= {"warning"}  # cuts bend the outline to the lattice
    assert [step["kind"] for step in draft["steps"]] == ["transfer_area"] * len(told["moves"])
    again = editor.post("/api/drafts/balance", json={**ASKED, "title": "均衡"}, headers={"Idempotency-Key": "once"})
    assert again.json() == told
    assert editor.post(f"/api/drafts/{told['draft']}/undo").status_code == 200


def test_only_in_areas_where_one_may_draft_and_count(full: Site) -> None:
    west = {"path": f"/330802/{WEST}/"}
    assert post(full, ASKED, Role.GIS_EDITOR, **west).status_code == 403
    assert post(full, {**ASKED, "area": EAST}, Role.GIS_EDITOR, **west).status_code == 404
    own = post(full, {**ASKED, "area": WEST}, Role.GIS_EDITOR, **west)
    assert (own.status_code, own.json()["moves"]) == (200, [])
    assert MARK not in own.text


WRONG = ({"load": "luck"}, {"area": ""}, {"within": "street"}, {"more": 1}, {"scheme": "none"})


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_asked(full: Site, wrong: dict[str, Any]) -> None:
    answer = post(full, {**ASKED, **wrong}, Role.GIS_EDITOR)
    assert answer.status_code == (404 if "scheme" in wrong else 400), answer.text


def test_departures_from_official_lines_as_a_list_a_table_and_a_map(store: Any, open_site: Any) -> None:
    site: Site = open_site(store)
    operator = site.program(Role.OPERATOR, Role.GIS_EDITOR, Role.GIS_REVIEWER)
    official = {"type": "Polygon", "coordinates": [ring(118.801)]}
    area = {"code": WEST, "name": "=西街道", "level": "subdistrict"}
    named = {"code": "code", "name": "name"}
    upload(operator, "areas", "areas.geojson", layer(area, official), **named, level="level", datum="wgs84")
    grid = {"code": "W1", "name": "西一", "area": WEST}
    drawn = {"type": "Polygon", "coordinates": [ring(118.80)]}
    upload(operator, "grids", "grids.geojson", layer(grid, drawn), **named, parent="area")
    told = operator.get("/api/official").json()
    assert told["counts"] == {"areas": 1, "areas_unknown": 0, "missing": 1, "beyond": 1, "cut": 0}
    assert {each["kind"]: each["grids"] for each in told["findings"]} == {"missing": [], "beyond": ["W1"]}
    beyond = next(each for each in told["findings"] if each["kind"] == "beyond")
    assert beyond["area_m2"] == pytest.approx(97.5 * 1108, rel=0.01)
    assert beyond["lon"] == pytest.approx(118.8005, abs=1e-4)
    mapped = operator.get("/map/official").json()
    assert [each["properties"] for each in mapped["features"]] == told["findings"]
    table = operator.get("/api/official.csv")
    assert table.content.startswith(b"\xef\xbb\xbfkind,code")
    assert "'=西街道" in table.text
    unchanged = operator.get("/api/official.csv", headers={"If-None-Match": table.headers["etag"]})
    assert unchanged.status_code == 304
    assert operator.get("/api/official?area=none").status_code == 404


def ring(west: float) -> list[list[float]]:
    return [[west, 28.90], [west + 0.01, 28.90], [west + 0.01, 28.91], [west, 28.91], [west, 28.90]]


def layer(properties: dict[str, Any], geometry: dict[str, Any]) -> str:
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


DRAWN = (
    "/api/official",
    "/api/official.csv",
    "/map/official",
    "/ogc/collections/areas/items",
    "/tiles/areas/8/212/106.mvt",
)


def test_a_boundary_for_an_area_that_is_there_is_noticed_by_whatever_draws_it(town: Site) -> None:
    operator = town.program(Role.OPERATOR, Role.COMMANDER)
    area = {"code": WEST, "name": "别名", "level": "subdistrict", "parent": "330802"}
    boundary = layer(area, {"type": "Polygon", "coordinates": [ring(118.801)]})
    before = drawn(operator, {})
    first, note = took(operator, boundary)
    counted = {"rows": 1, "imported": 0, "boundaries": 1, "duplicates": 0, "rejected": 0, "contradicting": 1}
    assert first.items() >= counted.items()
    assert "'别名'" in note and "'西街道'" in note
    with_it = drawn(operator, before)
    assert with_it["/api/official"].json()["counts"]["areas"] == 1
    assert (operator.get("/api/areas").json()["items"][1]["name"], took(operator, boundary)[0]["duplicates"]) == (
        "西街道",
        1,
    )
    undone = operator.post(f"/api/batches/{first['batch']}/undo").json()
    assert (undone["undone"], undone["put_back"]) == (0, 1)
    assert drawn(operator, with_it)["/api/official"].json()["counts"]["areas"] == 0


def drawn(operator: Any, before: dict[str, Any]) -> dict[str, Any]:
    """What draws official boundaries, each other than it was before."""
    found = {}
    for path in DRAWN:
        tag = before[path].headers.get("etag") if path in before else None
        found[path] = operator.get(path, headers={"If-None-Match": tag} if tag else {})
        assert found[path].status_code == 200, path
        assert path not in before or found[path].content != before[path].content, path
    return found


def took(operator: Any, file: str) -> tuple[dict[str, Any], str]:
    """The summary of an import of areas, and its last note."""
    options = {"code": "code", "name": "name", "level": "level", "parent": "parent", "datum": "wgs84"}
    told = operator.post(
        "/api/imports/areas", files={"file": ("areas.geojson", file)}, data={"options": json.dumps(options)}
    ).json()
    note = told["notes"][-1]
    return told["summary"], note
