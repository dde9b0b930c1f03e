"""Drafts over HTTP: two people, a file out and back, a preview, a publication, and who may see and do what."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pyogrio
import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select

from api import jobs
from api.accounts import Accounts
from api.app import Parts, create_app
from api.settings import Settings
from geo.desk import publishing
from geo.rules.access import Role
from geo.store.store import Store
from tests.api.conftest import Clock, Site
from tests.api.town import EAST, MARK, WEST

LINE = 118.81  # between W1 and the grid in the east


def started(client: TestClient, **body: Any) -> int:
    answer = client.post("/api/drafts", json={"title": "the line", **body})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def moved_line(lon: float, **properties: Any) -> str:
    """Both grids as a file, with the line between them further west; the nodes where it was stay."""
    rings = {
        "W1": [(118.80, 28.90), (lon, 28.90), (lon, 28.91), (118.80, 28.91)],
        f"{MARK}-1": [(lon, 28.90), (LINE, 28.90), (118.82, 28.90), (118.82, 28.91), (LINE, 28.91), (lon, 28.91)],
    }
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, **properties},
            "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        }
        for code, ring in rings.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def take(client: TestClient, draft: int, content: str, path: str = "file") -> Any:
    options = json.dumps({"source_crs": "wgs84"})
    return client.post(
        f"/api/drafts/{draft}/{path}", files={"file": ("edited.geojson", content)}, data={"options": options}
    )


def test_two_people_move_a_line(town: Site) -> None:
    editor, reviewer = town.program(Role.GIS_EDITOR), town.program(Role.GIS_REVIEWER)
    draft = started(editor)
    looked = take(editor, draft, moved_line(118.804), "file/preview").json()
    assert {each["code"]: each["change"] for each in looked["changes"]} == {"W1": "reshaped", f"{MARK}-1": "reshaped"}
    sides = {(each["properties"]["code"], each["properties"]["side"]) for each in looked["map"]["features"]}
    assert sides == {(code, side) for code in ("W1", f"{MARK}-1") for side in ("before", "after")}
    assert editor.get(f"/api/drafts/{draft}").json()["changes"] == []
    assert take(editor, draft, moved_line(118.804)).json()["revision"] == 1

    told = reviewer.get(f"/api/drafts/{draft}/preview").json()
    assert (told["issues"], told["units"]) == (1, 1)
    assert [(m["from"], m["to"], m["issues"], m["units"]) for m in told["moves"]] == [("W1", f"{MARK}-1", 1, 1)]
    assert {load["grid"]: load["issues"] for load in told["loads"]} == {"W1": [1, 0], f"{MARK}-1": [1, 2]}
    assert {each["grid"]: each["lead"]["name"] for each in told["told"]} == {"W1": "张西", f"{MARK}-1": MARK}
    points = reviewer.get(f"/api/drafts/{draft}/map").json()["points"]
    assert (points["issues"], points["units"]) == (1, 1)
    assert {(each["kind"], each["from"], each["to"]) for each in points["shown"]} == {
        (kind, "W1", f"{MARK}-1") for kind in ("issue", "unit")
    }
    by_kind = {each["kind"]: each for each in points["shown"]}
    assert (by_kind["issue"]["state"], by_kind["issue"]["lon"], "class" in by_kind["unit"]) == ("open", 118.805, True)
    counted = editor.get(f"/api/drafts/{draft}/map").json()["points"]
    assert (counted["units"], [each["kind"] for each in counted["shown"]]) == (1, ["issue"])  # no single homes
    assert editor.get(f"/api/drafts/{draft}/map?points=false").json()["points"] is None
    (descent,) = told["lineage"]
    assert (descent["kind"], descent["from"], descent["to"]) == ("transferred", "W1", f"{MARK}-1")

    assert reviewer.post(f"/api/drafts/{draft}/publish", json={}).status_code == 409  # not submitted
    assert (
        editor.post(f"/api/drafts/{draft}/submit", json={"comment": "along the canal"}).json()["state"] == "submitted"
    )
    assert editor.post(f"/api/drafts/{draft}/publish", json={}).status_code == 403
    back = reviewer.post(f"/api/drafts/{draft}/return", json={"comment": "sure?"}).json()
    assert (back["state"], back["comment"]) == ("returned", "sure?")
    editor.post(f"/api/drafts/{draft}/submit", json={})
    done = reviewer.post(f"/api/drafts/{draft}/publish", json={}).json()
    assert (done["edition"], done["issues"], done["units"], done["places"]) == (2, 1, 1, 1)
    assert editor.get("/api/drafts").json()["items"] == []
    assert editor.get("/api/drafts?every=true").json()["items"][0]["edition"] == 2
    told = editor.get(f"/api/drafts/{draft}").json()
    assert (told["created_by"], told["approved_by"], told["steps"][0]["actor"]) == (
        "account 2",
        "account 3",
        "account 2",
    )
    assert town.program(Role.OPERATOR).get(f"/api/drafts/{draft}").json()["created_by"] is None
    issue = town.program(Role.COMMANDER).get(f"/api/issues?grid={MARK}-1&state=open").json()["items"]
    assert len(issue) == 2


@pytest.mark.parametrize(("format", "crs"), [("gpkg", None), ("geojson", None), ("shp", "EPSG:4528"), ("gdb", None)])
def test_what_goes_out_comes_back_unchanged(town: Site, tmp_path: Path, format: str, crs: str | None) -> None:
    editor = town.program(Role.GIS_EDITOR)
    draft = started(editor)
    answer = editor.get(f"/api/drafts/{draft}/file", params={"format": format, **({"crs": crs} if crs else {})})
    assert answer.status_code == 200
    name = answer.headers["content-disposition"].split('"')[1]
    taken = editor.post(f"/api/drafts/{draft}/file/preview", files={"file": (name, answer.content)}).json()
    assert taken["changes"] == [] == taken["faults"]


def test_undo_and_redo_ask_which_revision_was_seen(town: Site) -> None:
    editor = town.program(Role.GIS_EDITOR)
    draft = started(editor)
    take(editor, draft, moved_line(118.804))
    seen = editor.get(f"/api/drafts/{draft}").headers["etag"]
    assert editor.post(f"/api/drafts/{draft}/undo", headers={"if-match": seen}).json() == {
        "draft": draft,
        "revision": 2,
    }
    assert editor.post(f"/api/drafts/{draft}/redo", headers={"if-match": seen}).status_code == 412
    assert editor.get(f"/api/drafts/{draft}").json()["changes"] == []
    assert editor.post(f"/api/drafts/{draft}/redo").json()["revision"] == 3
    assert [step["undone_at"] for step in editor.get(f"/api/drafts/{draft}").json()["steps"]] == [None]
    assert editor.post(f"/api/drafts/{draft}/redo").status_code == 409


def test_a_torn_draft_says_where(town: Site) -> None:
    editor = town.program(Role.GIS_EDITOR)
    draft = started(editor)
    torn = json.loads(moved_line(118.804))
    torn["features"][0]["geometry"]["coordinates"][0][1][0] = 118.806
    taken = take(editor, draft, json.dumps(torn)).json()
    assert {fault["kind"] for fault in taken["faults"]} >= {"overlap"}
    for listed in (taken["faults"], editor.get(f"/api/drafts/{draft}").json()["faults"]):
        overlap = next(fault for fault in listed if fault["kind"] == "overlap")
        assert shapely.geometry.shape(overlap["shape"]).covers(shapely.Point(overlap["lon"], overlap["lat"]))
    refusal = editor.post(f"/api/drafts/{draft}/submit", json={})
    assert refusal.status_code == 422
    fault = refusal.json()["details"]["faults"][0]
    assert fault["lon"] == pytest.approx(118.804, abs=0.003)
    assert fault["area_m2"] > 1000
    told = editor.get(f"/api/drafts/{draft}/map").json()
    assert {(f["properties"]["code"], f["properties"]["side"]) for f in told["features"]} == {
        (code, side) for code in ("W1", f"{MARK}-1") for side in ("before", "after")
    }
    assert told["points"] is None  # nobody can tell yet


def test_a_torn_draft_is_mended_by_what_is_suggested(town: Site) -> None:
    editor = town.program(Role.GIS_EDITOR)
    draft = started(editor)
    torn = json.loads(moved_line(118.804))
    torn["features"][0]["geometry"]["coordinates"][0][1][0] = 118.806
    take(editor, draft, json.dumps(torn))
    before = editor.get(f"/api/drafts/{draft}").json()
    overlap = next(fault for fault in before["faults"] if fault["kind"] == "overlap")
    offered = overlap["suggestion"]
    assert offered["area_m2"] >= overlap["area_m2"] - 1 and set(offered["grids"]) <= {"W1", f"{MARK}-1"}
    for operation in offered["operations"]:
        done = editor.post(f"/api/drafts/{draft}/operations", json={"operation": operation})
        assert done.status_code == 200 and set(done.json()["touched"]) == set(offered["grids"]), done.text
    left = editor.get(f"/api/drafts/{draft}").json()["faults"]
    assert not [fault for fault in left if fault["kind"] == "overlap"]
    assert all(fault["suggestion"] is None for fault in left if fault["severity"] == "warning")
    editor.post(f"/api/drafts/{draft}/undo")
    assert editor.get(f"/api/drafts/{draft}").json()["faults"] == before["faults"]
    step = editor.post(f"/api/drafts/{draft}/operations", json={"operation": {"op": "retire", "code": "W1"}}).json()
    assert step["faults"] and not any("suggestion" in fault for fault in step["faults"])


def test_a_stale_draft_gets_a_diff(town: Site) -> None:
    editor, reviewer = town.program(Role.GIS_EDITOR), town.program(Role.GIS_REVIEWER)
    first, second = started(editor), started(editor)
    for draft, lon in ((first, 118.804), (second, 118.806)):
        take(editor, draft, moved_line(lon))
        editor.post(f"/api/drafts/{draft}/submit", json={})
    assert reviewer.post(f"/api/drafts/{first}/publish", json={}).status_code == 200
    refusal = reviewer.post(f"/api/drafts/{second}/publish", json={})
    assert refusal.status_code == 409
    diff = refusal.json()["details"]["grids"]
    assert {each["code"] for each in diff} == {"W1", f"{MARK}-1"}
    areas = {side: shapely.geometry.shape(diff[0][side]["geometry"]).area for side in ("base", "theirs", "ours")}
    assert len(set(areas.values())) == 3


def test_who_drafts_in_the_west_sees_and_changes_nothing_of_the_east(town: Site) -> None:
    west = f"/330802/{WEST}/"
    editor, mine = town.program(Role.GIS_EDITOR), town.program(Role.GIS_EDITOR, path=west)
    everywhere = started(editor)
    take(editor, everywhere, moved_line(118.804))
    assert mine.get(f"/api/drafts/{everywhere}").status_code == 404
    assert mine.get(f"/api/drafts/{everywhere}/preview").status_code == 404
    assert mine.get("/api/drafts").json()["items"] == []
    own = started(mine)
    assert MARK not in mine.get(f"/api/drafts/{own}/file?format=geojson").text
    refusal = take(mine, own, moved_line(118.804))
    assert refusal.status_code == 403
    assert f"/330802/{EAST}/" not in refusal.text
    answer = mine.post(
        f"/api/drafts/{own}/file",
        files={"file": ("w.geojson", json.dumps({"type": "FeatureCollection", "features": [named_west()]}))},
        data={"options": json.dumps({"source_crs": "wgs84"})},
    )
    assert answer.json()["changes"][0]["fields"] == {"name": ["西一", "西首"]}
    reviewer = town.program(Role.GIS_REVIEWER, path=f"/330802/{EAST}/")
    mine.post(f"/api/drafts/{own}/submit", json={})
    for verb in ("publish", "return"):
        refusal = reviewer.post(f"/api/drafts/{own}/{verb}", json={})
        assert refusal.status_code == 404
        assert "W1" not in refusal.text
    assert mine.post(f"/api/drafts/{everywhere}/submit", json={}).status_code == 404
    assert mine.post(f"/api/drafts/{everywhere}/discard").status_code == 404


def test_no_refusal_names_a_grid_of_the_east(town: Site) -> None:
    """By its number in a file; by an edition of the east to be taken back, which a later one changed again."""
    operator, mine = town.program(Role.OPERATOR), town.program(Role.GIS_EDITOR, path=f"/330802/{WEST}/")
    guess = json.loads(moved_line(LINE, grid_id=2, code="zz"))["features"][1]
    answer = mine.post(
        f"/api/drafts/{started(mine)}/file/preview",
        files={"file": ("w.geojson", json.dumps({"type": "FeatureCollection", "features": [guess]}))},
        data={"options": json.dumps({"source_crs": "wgs84", "part": True})},
    )
    assert (answer.status_code, answer.json()["details"]["grids"]) == (403, ["zz"])
    for number in (1, 2):
        draft = started(operator)
        recode = {"operation": {"op": "recode", "code": f"{MARK}-{number}", "new": f"{MARK}-{number + 1}"}}
        assert operator.post(f"/api/drafts/{draft}/operations", json=recode).status_code == 200
        operator.post(f"/api/drafts/{draft}/submit", json={})
        assert operator.post(f"/api/drafts/{draft}/publish", json={"alone": True}).status_code == 200
    back = mine.post("/api/drafts", json={"takes_back": 2})
    for refusal in (answer, back):
        assert refusal.status_code == 403 and MARK not in refusal.text
        assert all(MARK not in value for value in refusal.headers.values())


def named_west() -> dict[str, Any]:
    feature: dict[str, Any] = json.loads(moved_line(LINE, name="西首"))["features"][0]
    return feature


def test_the_preview_tells_nobody_what_he_may_not_count(town: Site) -> None:
    operator = town.program(Role.OPERATOR)
    draft = started(operator)
    take(operator, draft, moved_line(118.804))
    told = operator.get(f"/api/drafts/{draft}/preview").json()
    assert (told["issues"], told["units"], told["households"], told["told"]) == (None, None, None, None)
    assert all(load["issues"] is None and load["units"] is None for load in told["loads"])


def test_alone_takes_a_capability(town: Site) -> None:
    both, operator = town.program(Role.GIS_EDITOR, Role.GIS_REVIEWER), town.program(Role.OPERATOR)
    for client, status in ((both, 403), (operator, 200)):
        draft = started(client)
        take(client, draft, moved_line(118.804))
        client.post(f"/api/drafts/{draft}/submit", json={})
        assert client.post(f"/api/drafts/{draft}/publish", json={}).status_code == 403
        assert client.post(f"/api/drafts/{draft}/publish", json={"alone": True}).status_code == status
        if status == 403:
            client.post(f"/api/drafts/{draft}/discard")


def test_a_draft_is_published_at_its_time(town: Site) -> None:
    editor, reviewer = town.program(Role.GIS_EDITOR), town.program(Role.GIS_REVIEWER)
    draft = started(editor)
    take(editor, draft, moved_line(118.804))
    editor.post(f"/api/drafts/{draft}/submit", json={})
    at = town.clock.now + timedelta(hours=8)
    told = reviewer.post(f"/api/drafts/{draft}/publish", json={"at": at.isoformat()}).json()
    assert told["publish_at"] == "2026-03-18T12:00:00.000Z"
    assert anyio.run(jobs.publish_due, town.service) == 0
    town.clock.now = at
    assert anyio.run(jobs.publish_due, town.service) == 1
    assert editor.get(f"/api/drafts/{draft}").json()["edition"] == 2


def test_a_draft_that_cannot_be_started(town: Site) -> None:
    editor = town.program(Role.GIS_EDITOR)
    bad: list[tuple[dict[str, Any], int]] = [({}, 400), ({"title": "x", "scheme": "nowhere"}, 404)]
    bad += [
        ({"takes_back": 9}, 404),
        ({"takes_back": 1}, 409),
        ({"takes_back": 2**64}, 400),
        ({"takes_back": 1, "title": "x"}, 400),
    ]
    named = editor.post("/api/drafts", json=bad[-1][0])
    assert named.json()["details"]["reason"] == "title_needless"
    assert [editor.post("/api/drafts", json=body).status_code for body, _ in bad] == [status for _, status in bad]


def test_an_edition_is_taken_back(town: Site) -> None:
    operator = town.program(Role.OPERATOR)
    before = town.program(Role.COMMANDER).get("/map/grids").json()["features"]
    for body in ({}, {"takes_back": 2}):
        draft = started(operator, **body) if not body else operator.post("/api/drafts", json=body).json()["id"]
        if not body:
            take(operator, draft, moved_line(118.804))
        operator.post(f"/api/drafts/{draft}/submit", json={})
        assert operator.post(f"/api/drafts/{draft}/publish", json={"alone": True}).status_code == 200
    after = town.program(Role.COMMANDER).get("/map/grids").json()["features"]
    assert [each["geometry"] for each in after] == [each["geometry"] for each in before]


def test_a_shapefile_with_a_column_of_its_own_goes_through(town: Site, tmp_path: Path) -> None:
    editor = town.program(Role.GIS_EDITOR)
    draft = started(editor)
    (tmp_path / "d.gpkg").write_bytes(editor.get(f"/api/drafts/{draft}/file").content)
    frame = pyogrio.read_dataframe(tmp_path / "d.gpkg")
    frame["备注"] = ["甲", "乙"]
    pyogrio.write_dataframe(frame, tmp_path / "e.gpkg")
    answer = editor.post(
        f"/api/drafts/{draft}/file", files={"file": ("e.gpkg", (tmp_path / "e.gpkg").read_bytes())}
    ).json()
    assert {each["change"] for each in answer["changes"]} == {"described"}
    assert sorted(each["fields"]["备注"][1] for each in answer["changes"]) == ["乙", "甲"]


def test_the_life_of_a_grid(town: Site) -> None:
    editor, reviewer = town.program(Role.GIS_EDITOR), town.program(Role.GIS_REVIEWER)
    draft = started(editor)
    take(editor, draft, moved_line(118.804))
    editor.post(f"/api/drafts/{draft}/submit", json={})
    reviewer.post(f"/api/drafts/{draft}/publish", json={})
    told = editor.get(f"/api/grids/{MARK}-1/history").json()
    assert [(each["edition"], each["until_edition"]) for each in told["history"]] == [(1, 2), (2, None)]
    last = told["history"][1]
    assert (last["actor"], last["reason"]) == ("account 3", f"draft {draft}: the line")
    assert [(each["kind"], each["from"], each["to"]) for each in last["ground"]] == [("transferred", "W1", f"{MARK}-1")]
    assert last["area_m2"] > told["history"][0]["area_m2"]
    east = town.program(Role.GIS_EDITOR, path=f"/330802/{EAST}/")
    assert east.get(f"/api/grids/{MARK}-1/history").json()["history"][1]["ground"][0]["from"] is None
    assert east.get("/api/grids/W1/history").status_code == 404


def test_who_stops_the_service_waits_for_what_still_reads(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread cannot be cancelled: the store is closed after it, and leaves no connection behind."""
    begun, go_on, done = threading.Event(), threading.Event(), []

    def slow(desk: Any, _clock: Any) -> list[Any]:
        with desk.store.read() as conn:
            conn.execute(select(1))
            begun.set()
            go_on.wait()
        done.append("published")
        return []

    monkeypatch.setattr(publishing, "publish_due", slow)
    location, kind = str(store._address), store.kind
    app = create_app(Settings(store=location), clock=clock, parts=Parts(store, Accounts.create(location)))
    with TestClient(app):
        begun.wait()
        threading.Timer(0.2, go_on.set).start()
    assert done == ["published"]
    if kind == "postgis":
        mine = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        engine = create_engine(location)
        with engine.connect() as conn:
            assert conn.exec_driver_sql(f"SELECT count(*) {mine}").scalar_one() == 0
        engine.dispose()
