"""Trends over HTTP: of what the reader sees, asked again only when they may have changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.town import EAST, MARK, WEST


def open_yesterday(answer: Any) -> int | None:
    value: int | None = answer.json()["figures"]["open"]["yesterday"]
    return value


def test_each_reader_gets_what_his_map_counts(town: Site) -> None:
    town.clock.now += timedelta(days=2)
    whole = town.program(Role.COMMANDER).get("/api/trends")
    west = town.program(Role.COMMANDER, path=f"/330802/{WEST}/")
    assert whole.status_code == 200
    # Two of the three issues lie in a grid: what waits in a queue is on nobody's map.
    assert (open_yesterday(whole), open_yesterday(west.get("/api/trends"))) == (2, 1)
    assert open_yesterday(west.get("/api/trends?grid=W1")) == 1
    for code in (f"{MARK}-1", "nowhere", EAST):
        assert west.get("/api/trends", params={"grid": code}).status_code == 404
    assert "units_overdue" in whole.json()["figures"]
    assert [week["new"] for week in whole.json()["weeks"]][-1] == 2


def test_asked_again_within_the_hour_it_is_unchanged(town: Site) -> None:
    client = town.program(Role.COMMANDER)
    first = client.get("/api/trends")
    tag = {"If-None-Match": first.headers["etag"]}
    assert client.get("/api/trends", headers=tag).status_code == 304
    assert client.get("/api/trends?grid=W1", headers=tag).status_code == 200
    town.clock.now += timedelta(minutes=59)
    assert client.get("/api/trends", headers=tag).status_code == 304
    town.clock.now += timedelta(minutes=1)
    assert client.get("/api/trends", headers=tag).status_code == 200


def test_the_grids_carry_both_parts_of_the_rate(town: Site) -> None:
    client = town.program(Role.DISPATCHER)
    town.clock.now += timedelta(days=20)
    assert client.post("/api/issues/1/close", json={"reply": "late"}).status_code == 200
    told = {f["properties"]["code"]: f["properties"] for f in client.get("/map/grids").json()["features"]}
    assert {code: (grid["on_time"], grid["rated"]) for code, grid in told.items()} == {
        "W1": (0, 1), f"{MARK}-1": (0, 1),
    }  # fmt: skip
