"""Posts, leave with cover and the end of an appointment, over HTTP; who answers follows at once."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.test_scope import EVERYTHING
from tests.api.town import EAST, MARK, WEST, upload

WEST_PATH = f"/330802/{WEST}/"


@pytest.fixture
def whole(town: Site) -> TestClient:
    """Somebody who may do everything, in a town whose two grids have one lead each."""
    return town.program(*EVERYTHING)


def lead(client: TestClient, issue: int = 1) -> Any:
    return client.get(f"/api/issues/{issue}").json()["assignment"]["chain"][0]["lead"]


def test_appointments_are_listed_where_people_may_be_known(town: Site, whole: TestClient) -> None:
    west = town.program(Role.COMMANDER, path=WEST_PATH)
    assert [item["id"] for item in whole.get("/api/people").json()["items"]] == [2, 1]
    assert west.get("/api/people").json()["items"] == [
        {
            "id": 1, "person": {"code": "R1", "name": "张西", "name_en": None}, "post": "lead", "target_kind": "grid",
            "target": "W1", "from_date": "2026-03-18", "to_date": None, "leave": [],
        }
    ]  # fmt: skip
    for query, ids in [
        (f"area={EAST}", [2]), ("area=330802", [2, 1]), ("grid=W1", [1]), ("person=R1", [1]), ("post=deputy", []),
        ("limit=1", [2]), ("limit=1&cursor=2", [1]), ("as_of=2026-03-17", []),
    ]:  # fmt: skip
        assert [item["id"] for item in whole.get(f"/api/people?{query}").json()["items"]] == ids, query
        answer = west.get(f"/api/people?{query}")
        # An area that holds none of the west is one that he is not told of.
        assert answer.status_code == 404 if EAST in query else {item["id"] for item in answer.json()["items"]} <= {1}


def test_while_somebody_is_away_the_cover_answers(town: Site, whole: TestClient) -> None:
    upload(town.program(Role.OPERATOR), "people", "more.csv", "code,name,post,target\nR3,李西,deputy,W1\n")
    before = town.clock.now
    town.clock.now = before.replace(hour=5)
    leave = {"from_date": "2026-03-18", "to_date": "2026-03-20", "cover": "R3"}
    answer = town.program(Role.DISPATCHER, path=WEST_PATH).post("/api/appointments/1/leave", json=leave)
    assert (answer.status_code, answer.json()) == (200, {"appointment": 1, **leave})
    assert lead(whole) == {
        "id": 3, "name": "李西", "name_en": None, "post": "cover", "stands_in_for": "张西", "stands_in_for_en": None,
    }  # fmt: skip
    (told,) = whole.get("/api/people?person=R1").json()["items"]
    assert told["leave"] == [leave | {"cover": {"code": "R3", "name": "李西", "name_en": None}}]
    assert whole.get("/api/grids?without_lead=true").json()["items"] == []
    then = whole.get("/api/issues/1", params={"as_of": before.isoformat()}).json()
    assert then["assignment"]["chain"][0]["lead"]["name"] == "张西"
    assert whole.post("/api/appointments/1/leave", json=leave).status_code == 409


def test_an_appointment_that_ended_leaves_its_grid_without_lead(town: Site, whole: TestClient) -> None:
    before = town.clock.now
    town.clock.now = before.replace(hour=5)
    dispatcher = town.program(Role.DISPATCHER, path=WEST_PATH)
    answer = dispatcher.post("/api/appointments/1/end", json={"to_date": "2026-03-18"})
    assert (answer.status_code, answer.json()) == (200, {"appointment": 1, "to_date": "2026-03-18"})
    assert lead(whole) is None
    assert [grid["code"] for grid in whole.get("/api/grids?without_lead=true").json()["items"]] == ["W1"]
    as_of = {"as_of": before.isoformat(), "without_lead": True}
    assert whole.get("/api/grids", params=as_of).json()["items"] == []
    assert [item["to_date"] for item in whole.get("/api/people?every=true").json()["items"]] == [None, "2026-03-18"]
    # Who may see the map and no people is not told where nobody leads.
    assert town.program(Role.KIOSK).get("/api/grids?without_lead=true").json()["items"] == []
    with town.service.store.read() as conn:
        kinds = [row.kind for row in town.service.store.events_after(conn, 0, 1000)]
    assert kinds[-1] == "person.appointment_ended"


def test_staff_is_changed_where_one_may(town: Site, whole: TestClient) -> None:
    west, commander = town.program(*EVERYTHING, path=WEST_PATH), town.program(Role.COMMANDER)
    end, leave = {"to_date": "2026-04-01"}, {"from_date": "2026-03-20", "to_date": "2026-03-22"}
    for verb, body in (("end", end), ("leave", leave)):
        assert west.post(f"/api/appointments/2/{verb}", json=body).status_code == 404
        assert commander.post(f"/api/appointments/1/{verb}", json=body).status_code == 403
        assert whole.post(f"/api/appointments/99/{verb}", json=body).status_code == 404
    # A code that was guessed does not tell who it is.
    refused = west.post("/api/appointments/1/leave", json=leave | {"cover": "R2"})
    assert (refused.status_code, MARK in refused.text) == (404, False)
    assert whole.post("/api/appointments/1/leave", json=leave | {"cover": "R2"}).status_code == 200
    for body in (
        {"from_date": "2026-05-02", "to_date": "2026-05-02"}, {"from_date": "2025-01-01", "to_date": "2025-02-01"},
        {"from_date": "2026-05-02", "to_date": "2026-05-03", "cover": "R1"}, {"from_date": "soon", "to_date": "later"},
    ):  # fmt: skip
        assert whole.post("/api/appointments/1/leave", json=body).status_code == 400, body
    assert whole.post("/api/appointments/1/end", json={"to_date": "2025-01-01"}).status_code == 400


def test_a_retry_of_a_change_changes_nothing(whole: TestClient) -> None:
    leave = {"from_date": "2026-03-20", "to_date": "2026-03-22"}
    answers = [
        whole.post("/api/appointments/1/leave", json=leave, headers={"Idempotency-Key": "away"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


def test_a_number_is_told_to_who_may_call_there_and_kept_in_the_audit(town: Site) -> None:
    west = town.program(Role.COMMANDER, path=WEST_PATH)
    answer = west.get("/api/people/1/phone")
    assert (answer.status_code, answer.json()) == (200, {"phone": "13800000001"})
    assert answer.headers["cache-control"] == "no-store"
    assert west.get("/api/people/2/phone").status_code == 404  # another's
    assert west.get("/api/people/99/phone").json() == west.get("/api/people/2/phone").json()
    assert town.program(Role.GIS_EDITOR).get("/api/people/1/phone").status_code == 403
    entries = [
        (item["action"], item["subject"]) for item in town.program(Role.AUDITOR).get("/api/audit").json()["items"]
    ]
    assert entries.count(("phone.opened", "person 1")) == 1
    assert ("phone.opened", "person 2") not in entries


def test_the_number_of_who_stands_in_is_told_while_he_does(town: Site) -> None:
    upload(
        town.program(Role.OPERATOR),
        "people",
        "more.csv",
        f"code,name,phone,post,target\nR3,李东,13800000003,deputy,{MARK}-1\n",
        phone="phone",
    )
    west = town.program(Role.COMMANDER, Role.DISPATCHER, path=WEST_PATH)
    assert west.get("/api/people/3/phone").status_code == 404
    leave = {"from_date": "2026-03-18", "to_date": "2026-03-20", "cover": "R3"}
    dispatcher = town.program(Role.DISPATCHER)
    assert dispatcher.post("/api/appointments/1/leave", json=leave).status_code == 200
    town.clock.now = town.clock.now.replace(hour=5)
    assert west.get("/api/people/3/phone").json() == {"phone": "13800000003"}
    town.clock.now = town.clock.now.replace(day=20)
    assert west.get("/api/people/3/phone").status_code == 404


def test_who_acted_is_named_in_english_too(town: Site, whole: TestClient) -> None:
    """But where namesakes write themselves differently in English: it is not known whose name it is."""
    filed_by = whole.get("/api/issues/1").json()["history"][0]["actor"]
    head = "code,name,name_en,post,target\n"
    upload(town.program(Role.OPERATOR), "people", "one.csv", f"{head}R8,{filed_by},Zhang Xi,grid_worker,W1\n")
    named = whole.get("/api/issues/1").json()["history"][0]
    assert (named["actor"], named["actor_en"]) == (filed_by, "Zhang Xi")
    upload(town.program(Role.OPERATOR), "people", "two.csv", f"{head}R9,{filed_by},Zhang Qian,grid_worker,W1\n")
    assert whole.get("/api/issues/1").json()["history"][0]["actor_en"] is None
