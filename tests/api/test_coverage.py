"""The coverage report by HTTP: JSON, a table, a layer of the map, each asked again only for changes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
import shapely

from geo.desk.place_parts import assign_places
from geo.rules.access import Role
from geo.store.insert import insert_many
from geo.store.store import Store
from geo.store.tables import place
from tests import district
from tests.api.conftest import Clock, Site
from tests.district import EAST, NORTH, SIDE, TESTER


@pytest.fixture
def here(store: Store, clock: Clock, open_site: Callable[..., Site]) -> Site:
    """A service over the small district, with a lane that leaves it."""
    made = district.build(store, clock())
    with made.desk.transaction(clock, TESTER) as tx:
        lane = shapely.LineString([(EAST + SIDE, NORTH + 10), (EAST + 4 * SIDE, NORTH + 10)])
        row = {"code": "l1", "kind": "lane", "name": "=1+1", "geom": lane}
        assign_places(tx, insert_many(tx.conn, place, [row]))
    return open_site(store)


def test_the_report_as_json_table_and_map(here: Site) -> None:
    commander = here.browser(Role.COMMANDER)
    told = commander.get("/api/coverage").json()
    assert told["counts"] == {
        "places": 1, "places_outside": 1, "grids": 9, "grids_without_lead": 9, "areas": 4, "areas_without_grid": 0,
        "areas_unknown": 4, "places_with_units": 0, "places_unvisited": 0,
    }  # fmt: skip
    (lane,) = told["place_outside"]
    assert (lane["code"], lane["length_m"]) == ("l1", 200.0)
    table = commander.get("/api/coverage.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["kind"] for row in rows] == ["place_outside"] + ["grid_without_lead"] * 9 + ["area_unknown"] * 4
    assert rows[0]["name"] == "'=1+1"  # no formula
    drawn = commander.get("/map/coverage").json()
    assert [each["geometry"]["type"] for each in drawn["features"]] == ["LineString"] + ["MultiPolygon"] * 9
    for told_with_it in ("rev", "scheme", "edition", "today", "since", "visit", "counts"):
        assert drawn[told_with_it] == told[told_with_it]  # a map needs no second question
    assert commander.get("/api/coverage?days=0").status_code == 400
    assert commander.get("/api/coverage?scheme=none").status_code == 404


def test_it_is_made_again_only_when_something_changed(here: Site) -> None:
    commander = here.browser(Role.COMMANDER)
    tags = set()
    for path in ("/api/coverage", "/api/coverage.csv", "/map/coverage", "/api/coverage?days=7"):
        answer = commander.get(path)
        tags.add(answer.headers["etag"])
        assert commander.get(path, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    assert len(tags) == 4
    tag = {"if-none-match": commander.get("/api/coverage").headers["etag"]}
    with here.service.desk.transaction(here.service.now, TESTER) as tx:
        assign_places(tx, insert_many(tx.conn, place, [_market()]))
    assert commander.get("/api/coverage", headers=tag).json()["counts"]["places_outside"] == 2


def _market() -> dict[str, object]:
    return {"code": "m1", "kind": "market", "name": "m1", "geom": shapely.Point(EAST - 500, NORTH)}


def test_who_may_know_no_people_is_told_none(here: Site) -> None:
    told = here.program(Role.OPERATOR).get("/api/coverage").json()
    assert told["grid_without_lead"] is None and told["place_unvisited"] is None
    assert here.program(Role.INTAKE).get("/api/coverage").status_code == 403


def test_a_place_is_told_with_its_parts(here: Site) -> None:
    told = here.browser(Role.COMMANDER).get("/api/places/l1").json()
    assert [(part["grid"], part["length_m"]) for part in told["schemes"]["primary"]["parts"]] == [
        ("G10", 200.0), ("G20", 200.0), (None, 200.0),
    ]  # fmt: skip
    assert told["schemes"]["primary"]["grid"] == "G10" and told["length_m"] == 600.0
    assert here.browser(Role.COMMANDER, path="/D/C0/").get("/api/places/l1").status_code == 404
