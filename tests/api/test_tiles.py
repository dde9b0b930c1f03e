"""Vector tiles at /tiles: of whom, for whom, and when they are told to be unchanged."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile
import pytest
from fastapi.testclient import TestClient

from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.test_ogc import COLLECTIONS
from tests.api.town import WEST

TOWN = "12/3399/1704"  # holds both grids


def layer(client: TestClient, name: str, tile: str = TOWN, **asked: str) -> Any:
    """The features of a tile by id."""
    answer = client.get(f"/tiles/{name}/{tile}.mvt", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.mapbox-vector-tile")
    if not answer.content:
        return {}
    found = mapbox_vector_tile.decode(answer.content)
    assert list(found) == [name]
    return {each["id"]: each["properties"] for each in found[name]["features"]}


@pytest.fixture
def client(town: Site) -> TestClient:
    return town.program(Role.COMMANDER)


def test_a_tile_has_what_lies_in_it(client: TestClient) -> None:
    grids = layer(client, "grids")
    assert {key: each["code"] for key, each in grids.items()} == {1: "W1", 2: "dongfang-1"}
    assert grids[1]["area"] == WEST and "name_en" not in grids[1]
    assert list(layer(client, "places")) == [1, 2]
    assert list(layer(client, "issues")) == [1, 2]
    assert list(layer(client, "issues", "0/0/0")) == [1, 2, 3]
    assert layer(client, "areas") == {}  # these have no boundary of their own
    assert layer(client, "grids", "12/0/0") == {}


def test_a_tile_has_what_its_reader_may_see(town: Site) -> None:
    west = town.program(Role.COMMANDER, path=f"/330802/{WEST}/")
    assert [list(layer(west, name, "8/212/106")) for name in COLLECTIONS] == [
        [1] if n != "areas" else [] for n in COLLECTIONS
    ]
    assert town.program(Role.KIOSK).get(f"/tiles/issues/{TOWN}.mvt").status_code == 404
    assert town.program(Role.COMMANDER).get(f"/tiles/units/{TOWN}.mvt").status_code == 404
    assert town.stranger().get(f"/tiles/grids/{TOWN}.mvt").status_code == 401
    assert town.stranger().get(f"/tiles/grids/{TOWN}.mvt", auth=("map", town.token(Role.KIOSK))).status_code == 200


def test_a_tile_is_unchanged_until_something_of_it_changes(town: Site) -> None:
    client, desk = town.program(Role.COMMANDER), town.program(Role.DISPATCHER)
    addresses = {name: f"/tiles/{name}/{TOWN}.mvt" for name in ("grids", "issues")}
    tags = {name: client.get(address).headers["etag"] for name, address in addresses.items()}

    def again() -> dict[str, int]:
        return {
            name: client.get(address, headers={"if-none-match": tags[name]}).status_code
            for name, address in addresses.items()
        }

    assert again() == {"grids": 304, "issues": 304}
    assert desk.post("/api/issues/1/close", json={"reply": "done"}).status_code == 200
    assert again() == {"grids": 304, "issues": 200}
    assert list(layer(client, "issues")) == [2]
    other = town.program(Role.COMMANDER, path=f"/330802/{WEST}/")
    assert other.get(addresses["grids"], headers={"if-none-match": tags["grids"]}).status_code == 200


def test_a_tile_changes_when_an_issue_becomes_overdue(town: Site) -> None:
    client = town.program(Role.COMMANDER)
    tag = client.get(f"/tiles/issues/{TOWN}.mvt").headers["etag"]
    assert not layer(client, "issues")[1]["overdue"]
    town.clock.now = town.clock.now.replace(month=4)
    assert client.get(f"/tiles/issues/{TOWN}.mvt", headers={"if-none-match": tag}).status_code == 200
    assert layer(client, "issues")[1]["overdue"]


def test_a_tile_of_the_past(town: Site) -> None:
    desk, client = town.program(Role.DISPATCHER), town.program(Role.COMMANDER)
    town.clock.now = town.clock.now.replace(hour=6)
    assert desk.post("/api/issues/1/close", json={"reply": "done"}).status_code == 200
    assert list(layer(client, "issues", as_of="2026-03-18T05:00:00Z")) == [1, 2]
    assert layer(client, "grids", as_of="2026-03-17") == layer(client, "places", as_of="2026-03-17") == {}


def test_no_such_tile(client: TestClient) -> None:
    for tile, status in {
        "0/1/0": 404, "3/8/0": 404, "3/0/8": 404, "23/0/0": 400, "-1/0/0": 400, "0/0/x": 400, "0/0/0.5": 400,
        "99999999999999999999/0/0": 400,
    }.items():  # fmt: skip
        assert client.get(f"/tiles/grids/{tile}.mvt").status_code == status, tile
    assert client.get("/tiles/grids/0/0/0.mvt", params={"style": "1"}).status_code == 400
