"""OGC API - Features under /ogc: who is let in, and what each reader sees."""

from __future__ import annotations

import pytest

from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.test_ogc import COLLECTIONS, ITEMS, read
from tests.api.town import WEST


def test_the_west_reads_its_own(town: Site) -> None:
    west = town.program(Role.COMMANDER, path=f"/330802/{WEST}/")
    ids = {name: [each["id"] for each in read(west, name)["features"]] for name in COLLECTIONS}
    assert ids == {"grids": [1], "areas": [1, 2], "places": [1], "issues": [1]}
    assert {name: read(west, name)["numberMatched"] for name in COLLECTIONS} == {k: len(v) for k, v in ids.items()}
    box = west.get("/ogc/collections/grids").json()["extent"]["spatial"]["bbox"][0]
    assert box == pytest.approx([118.80, 28.90, 118.81, 28.91], abs=3e-4)


def test_a_collection_of_which_nothing_may_be_seen_is_not_there(town: Site) -> None:
    screen = town.program(Role.KIOSK)
    assert [each["id"] for each in screen.get("/ogc/collections").json()["collections"]] == ["grids", "areas"]
    for path in ("", "/items", "/items/1", "/queryables"):
        assert screen.get(f"/ogc/collections/issues{path}").status_code == 404, path
        assert screen.get(f"/ogc/collections/units{path}").status_code == 404, path
    assert screen.request("OPTIONS", ITEMS.format("issues")).status_code == 404
    assert "/collections/issues/items" not in screen.get("/ogc/api").json()["paths"]


def test_categories_narrow_issues(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    body = {"source": "desk", "datum": "wgs84", "lon": 118.805, "lat": 28.905, "category": "0102"}
    number = desk.post("/api/reports", json=body).json()["issue_id"]
    some = town.program(Role.COMMANDER, categories=["0102"])
    assert [each["id"] for each in read(some, "issues")["features"]] == [number]


def test_gis_programs_sign_in_with_a_token_as_password(town: Site) -> None:
    token, stranger = town.token(Role.COMMANDER), town.stranger()
    assert stranger.get("/ogc", auth=("qgis", token)).status_code == 200
    assert stranger.get("/ogc", auth=("", token)).status_code == 200
    assert stranger.get("/ogc", auth=("qgis", "wrong")).status_code == 401
    assert stranger.get("/ogc", headers={"authorization": "Basic !!"}).status_code == 401
    assert stranger.get("/ogc").status_code == 401
    assert stranger.get("/api/grids", auth=("qgis", token)).status_code == 401  # elsewhere nobody needs it


def test_a_page_elsewhere_cannot_borrow_a_password(town: Site) -> None:
    """Browsers send HTTP Basic by themselves to where somebody signed in so, whoever makes them ask."""
    token, stranger = town.token(Role.COMMANDER), town.stranger()
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
        answer = stranger.get("/ogc", auth=("qgis", token), headers={"sec-fetch-site": site})
        assert answer.status_code == status, site
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert stranger.get("/ogc", auth=("qgis", token), headers=link).status_code == 403
