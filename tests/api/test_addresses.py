"""Addresses over HTTP: ranked candidates, an issue placed by choosing, what was learnt listed and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import shapely
from sqlalchemy import insert, select, update

from geo.rules.access import Role
from geo.store.store import Store
from geo.store.tables import area, place
from tests import district
from tests.api.conftest import Site
from tests.district import EAST, NORTH, SIDE


def at(column: float, row: float) -> Any:
    return shapely.Point(EAST + column * SIDE, NORTH + row * SIDE)


@pytest.fixture
def town(store: Store, now: datetime, open_site: Callable[..., Site]) -> Site:
    """锦绣花园 with buildings in G00 and G10; one 翠湖花园 in G00, one in G22."""
    district.build(store, now)
    with store.write() as conn:
        areas = {row.code: row.id for row in conn.execute(select(area.c.code, area.c.id))}

        def add(code: str, kind: str, name: str, geom: Any, in_area: str, parent: int | None = None) -> int:
            row = {
                "code": code,
                "kind": kind,
                "name": name,
                "geom": geom,
                "area_id": areas[in_area],
                "parent_id": parent,
            }
            return conn.execute(insert(place).values(row).returning(place.c.id)).scalar_one()

        compound = add("J", "compound", "锦绣花园", at(0.5, 0.5), "C0")
        add("J-1", "building", "锦绣花园1幢", at(0.6, 0.5), "C0", compound)
        add("J-2", "building", "锦绣花园2幢", at(1.2, 0.5), "C0", compound)
        add("T0", "compound", "翠湖花园", at(0.1, 0.1), "C0")
        add("T2", "compound", "翠湖花园", at(2.5, 2.5), "C2")
    return open_site(store)


def filed(client: Any, address: str | None, ref: str = "1", **more: Any) -> dict[str, Any]:
    body = {"source": "hotline", "source_ref": ref, "address": address} | more
    answer = client.post("/api/reports", json=body)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [each["place"] for each in answer.json()["candidates"] if each["place"]]


def test_an_address_is_read_and_ranked(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    told = desk.get("/api/addresses", params={"q": "社区0錦繡花園２棟501室"}).json()
    assert told["parsed"]["building"] == "2"
    assert told["decides"] == "J-2"
    first = told["candidates"][0]
    assert (first["place"], first["name"], first["score"], first["grid"]) == ("J-2", "锦绣花园2幢", 1.0, "G10")
    assert first["reasons"] == ["name", "area"]
    assert [each["name"] for each in first["where"]] == ["社区0", "测试区"]


@pytest.mark.parametrize("text", ["", "？", "x" * 2_000, "\0锦绣", "锦" * 500, "1-" * 800])
def test_garbage_has_no_candidates_and_breaks_nothing(town: Site, text: str) -> None:
    answer = town.program(Role.DISPATCHER).get("/api/addresses", params={"q": text})
    assert answer.status_code == 200
    assert answer.json()["decides"] is None


def test_one_click_places_an_issue_and_the_name_is_known_from_then_on(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    waiting = filed(desk, "老厂宿舍1幢2单元")
    assert waiting["assignment"]["queue"] == "no_location"
    issue = waiting["issue_id"]
    placed = desk.post(f"/api/issues/{issue}/place", json={"place": "J-1"})
    assert placed.status_code == 200
    decision = placed.json()["assignment"]
    assert (decision["grid"], decision["method"]) == ("G00", "place")
    assert decision["evidence"] == {
        "decided_by": "building", "source": "choice", "place": "J-1",
        "place_name": "锦绣花园1幢", "place_name_en": None,
    }  # fmt: skip
    learnt = placed.json()["history"][0]["data"]["alias"]
    assert learnt["text"] == "老厂宿舍"

    again = filed(desk, "社区0老厂宿舍2幢", "2")["assignment"]
    assert again["grid"] == "G10"
    assert again["evidence"] == {
        "decided_by": "building", "source": "alias", "place": "J-2", "score": 1.0, "alias": learnt["id"],
        "place_name": "锦绣花园2幢", "place_name_en": None,
    }  # fmt: skip
    [listed] = desk.get("/api/aliases").json()["items"]
    assert (listed["text"], listed["place"], listed["name"], listed["actor"]) == (
        "老厂宿舍", "J", "锦绣花园", "account 1",
    )  # fmt: skip

    assert desk.delete(f"/api/aliases/{learnt['id']}").status_code == 204
    assert filed(desk, "老厂宿舍2幢", "3")["assignment"]["queue"] == "no_location"
    assert desk.get("/api/aliases").json()["items"] == []
    [ended] = desk.get("/api/aliases", params={"taken_back": True}).json()["items"]
    assert ended["taken_back_at"] is not None
    assert desk.delete(f"/api/aliases/{learnt['id']}").status_code == 404


def test_a_placement_is_taken_back_with_the_name_that_it_taught(town: Site) -> None:
    desk, west = town.program(Role.DISPATCHER), town.program(Role.GRID_WORKER, path="/D/C0/")
    issue = filed(desk, "老厂宿舍1幢2单元")["issue_id"]
    placed = desk.post(f"/api/issues/{issue}/place", json={"place": "J-1"})
    url = f"/api/issues/{issue}/take-back"
    assert west.post(url).status_code == 409  # it is somebody else's act
    assert desk.post(url, headers={"if-match": '"1"'}).status_code == 412
    key = {"if-match": placed.headers["etag"], "idempotency-key": "once"}
    for _ in range(2):
        back = desk.post(url, headers=key)
        assert back.status_code == 200, back.text
    told = back.json()
    assert (told["assignment"]["queue"], told["lon"], told["may"][0]) == ("no_location", None, "move")
    alias = placed.json()["history"][0]["data"]["alias"]["id"]
    assert told["history"][0]["data"] == {"took_back": "issue.moved", "move": None, "alias": alias}
    assert desk.get("/api/aliases").json()["items"] == []
    assert [each["id"] for each in desk.get("/api/issues?queue=no_location").json()["items"]] == [issue]
    assert desk.post(url).status_code == 409
    assert town.program(Role.COMMANDER).post(url).status_code == 403

    # A name that was known before the act outlives it.
    known = desk.post("/api/aliases", json={"text": "老厂宿舍", "place": "J"}).json()["id"]
    desk.post(f"/api/issues/{issue}/place", json={"place": "J-1"})
    assert desk.post(url).status_code == 200
    assert [each["id"] for each in desk.get("/api/aliases").json()["items"]] == [known]


def test_what_the_address_does_not_call_it_is_learnt_as_a_whole(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    issue = filed(desk, "老厂宿舍5幢对面")["issue_id"]
    placed = desk.post(f"/api/issues/{issue}/place", json={"place": "J-1"}).json()
    assert placed["history"][0]["data"]["alias"]["text"] == "老厂宿舍5幢对面"
    assert filed(desk, "老厂宿舍5幢对面", "2")["assignment"]["grid"] == "G00"
    assert filed(desk, "老厂宿舍5幢", "3")["assignment"]["queue"] == "no_location"


@pytest.mark.parametrize("address", ["翠湖花园", "锦绣花园1幢", "3幢2单元", "", None])
def test_a_name_that_means_something_already_is_not_learnt(town: Site, address: str | None) -> None:
    desk = town.program(Role.DISPATCHER)
    issue = filed(desk, address)["issue_id"]
    placed = desk.post(f"/api/issues/{issue}/place", json={"place": "T2"})
    assert placed.json()["assignment"]["grid"] == "G22"
    assert "alias" not in placed.json()["history"][0]["data"]
    assert desk.get("/api/aliases").json()["items"] == []


def test_nothing_is_learnt_where_that_is_not_wanted(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    issue = filed(desk, "老厂宿舍")["issue_id"]
    desk.post(f"/api/issues/{issue}/place", json={"place": "J", "learn": False})
    assert desk.get("/api/aliases").json()["items"] == []


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", 3),
        ("宿舍", 2),
        ("老廠", 1),
        ("锦绣", 2),
        ("社区2", 1),
        ("%", 0),
        ("_", 0),
        ("？", 0),
        ("\0", 3),
        ("天上", 0),
    ],
)
def test_learnt_names_are_found_by_a_part_of_them_or_of_what_they_stand_for(town: Site, q: str, found: int) -> None:
    desk = town.program(Role.DISPATCHER)
    desk.post("/api/aliases", json={"text": "老厂宿舍", "place": "J"})
    desk.post("/api/aliases", json={"text": "铁路宿舍", "place": "J-1"})
    desk.post("/api/aliases", json={"text": "老城根", "area": "C2"})
    assert len(desk.get("/api/aliases", params={"q": q}).json()["items"]) == found


def test_learnt_names_are_found_in_capitals_and_small_letters(town: Site) -> None:
    with town.service.store.write() as conn:
        conn.execute(update(place).where(place.c.code == "J").values(name="SOHO花园"))
    desk = town.program(Role.DISPATCHER)
    desk.post("/api/aliases", json={"text": "老厂宿舍", "place": "J"})
    for q in ("SOHO", "soho", "Soho"):
        assert len(desk.get("/api/aliases", params={"q": q}).json()["items"]) == 1


def test_what_waits_for_a_place_is_listed_the_most_urgent_first(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    waiting = [filed(desk, f"哪里{n}", str(n), category=code)["issue_id"] for n, code in enumerate(("", "0102", ""))]
    filed(desk, "锦绣花园1幢", "placed")
    desk.post(f"/api/issues/{filed(desk, '别处', 'closed')['issue_id']}/close", json={"reply": "好"})
    wanted: dict[str, Any] = {"queue": "no_location", "open": True, "order": "due"}

    def pages(limit: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query = wanted | {"limit": limit}
        while True:
            told = desk.get("/api/issues", params=query).json()
            items += told["items"]
            if told["next"] is None:
                return items
            query["cursor"] = told["next"]

    listed = pages(100)
    assert {each["id"] for each in listed} == set(waiting)
    assert listed == sorted(listed, key=lambda each: (each["due_at"], each["id"])) == pages(1) == pages(2)
    assert {each["address"] for each in listed} == {"哪里0", "哪里1", "哪里2"}
    assert desk.get("/api/issues", params=wanted | {"open": False}).json()["items"] != []
    assert desk.get("/api/issues", params=wanted | {"cursor": "x"}).status_code == 400
    assert desk.get("/api/issues", params=wanted | {"order": "other"}).status_code == 400


def test_a_cursor_tells_nothing_of_issues_elsewhere(town: Site) -> None:
    """Whether an issue is due before or after another cannot be asked by naming it in a cursor."""
    everywhere, here = town.program(Role.DISPATCHER), town.program(Role.DISPATCHER, path="/D/C0/")
    inside = [filed(everywhere, "锦绣花园1幢", str(n))["issue_id"] for n in range(2)]
    beyond = filed(everywhere, "翠湖花园，社区2", "beyond")["issue_id"]
    wanted: dict[str, Any] = {"order": "due", "limit": 1}
    first = here.get("/api/issues", params=wanted).json()
    assert [each["id"] for each in first["items"]] == inside[:1]
    following = here.get("/api/issues", params=wanted | {"cursor": first["next"]}).json()
    assert ([each["id"] for each in following["items"]], following["next"]) == (inside[1:], None)
    strange = (str(beyond), f"Z_{beyond}", f"2026-13-18T04:00:00Z_{beyond}", f"{first['next']}x")
    for cursor in strange:
        assert here.get("/api/issues", params=wanted | {"cursor": cursor}).status_code == 400


def test_taking_a_name_back_twice_with_one_key_is_done_once(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    made = desk.post("/api/aliases", json={"text": "老宿舍", "place": "J"}).json()
    key = {"Idempotency-Key": "0123456789abcdef"}
    for _ in range(2):
        answer = desk.delete(f"/api/aliases/{made['id']}", headers=key)
        assert (answer.status_code, answer.content) == (204, b"")
    assert desk.get("/api/aliases").json()["items"] == []


def test_two_clerks_who_disagree_are_asked(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    for code in ("J", "T2"):
        assert desk.post("/api/aliases", json={"text": "老宿舍", "place": code}).status_code == 201
    issue = filed(desk, "老宿舍")
    assert issue["assignment"]["queue"] == "no_location"
    assert set(codes(desk.get(f"/api/issues/{issue['issue_id']}/candidates"))) == {"J", "T2"}


def test_an_area_may_be_called_something_too(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    made = desk.post("/api/aliases", json={"text": "老城根", "area": "C2"})
    assert made.status_code == 201
    assert desk.post("/api/aliases", json={"text": "老城根", "area": "C2"}).json() == made.json()
    assert filed(desk, "老城根翠湖花园")["assignment"]["grid"] == "G22"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": "锦绣花园", "place": "T0"}, 400),
        ({"text": "12", "place": "T0"}, 400),
        ({"text": "名" * 100, "place": "T0"}, 400),
        ({"text": "老宿舍"}, 400),
        ({"text": "老宿舍", "place": "J", "area": "C0"}, 400),
        ({"text": "老宿舍", "place": "nowhere"}, 404),
        ({"text": "", "place": "J"}, 400),
    ],
)
def test_what_is_no_name_is_refused(town: Site, body: dict[str, Any], status: int) -> None:
    answer = town.program(Role.DISPATCHER).post("/api/aliases", json=body)
    assert answer.status_code == status
    assert town.program(Role.DISPATCHER).get("/api/aliases").json()["items"] == []


def test_what_lies_elsewhere_is_neither_shown_nor_chosen_nor_named(town: Site) -> None:
    everywhere, here = town.program(Role.DISPATCHER), town.program(Role.DISPATCHER, path="/D/C0/")
    made = everywhere.post("/api/aliases", json={"text": "老宿舍", "place": "T2"}).json()
    assert codes(here.get("/api/addresses", params={"q": "翠湖花园"})) == ["T0"]
    assert here.get("/api/addresses", params={"q": "翠湖花园"}).json()["decides"] is None
    assert here.get("/api/aliases").json()["items"] == []
    assert here.delete(f"/api/aliases/{made['id']}").status_code == 404
    assert here.post("/api/aliases", json={"text": "别处", "place": "T2"}).status_code == 404
    waiting = filed(everywhere, "哪里")["issue_id"]
    assert here.get(f"/api/issues/{waiting}/candidates").status_code == 404
    assert here.post(f"/api/issues/{waiting}/place", json={"place": "T0"}).status_code == 404
    inside = filed(everywhere, "锦绣花园1幢", "2")["issue_id"]
    assert here.post(f"/api/issues/{inside}/place", json={"place": "T2"}).status_code == 404
    assert here.post(f"/api/issues/{inside}/place", json={"place": "T0"}).json()["assignment"]["grid"] == "G00"


def test_a_reader_places_nothing(town: Site) -> None:
    issue = filed(town.program(Role.DISPATCHER), "哪里")["issue_id"]
    reader = town.program(Role.COMMANDER)
    assert reader.get(f"/api/issues/{issue}/candidates").status_code == 200
    assert reader.post(f"/api/issues/{issue}/place", json={"place": "J"}).status_code == 403
    assert reader.post("/api/aliases", json={"text": "老宿舍", "place": "J"}).status_code == 403


def test_a_description_is_read_where_there_is_no_address(town: Site) -> None:
    desk = town.program(Role.DISPATCHER)
    issue = filed(desk, None, description="锦绣花园2幢楼下有垃圾")["issue_id"]
    assert codes(desk.get(f"/api/issues/{issue}/candidates"))[0] == "J-2"
