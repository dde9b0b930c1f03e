"""From a report sent by HTTP to the live map, the drawer and the answer to who reported it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.accounts import sources
from api.idempotency import KEPT_FOR, forget_old
from geo.errors import NotAllowed
from geo.model import SYSTEM
from geo.rules.access import Role
from geo.store import tables
from geo.store.store import Store
from maps.snapshot import decode
from tests import district
from tests.api.conftest import Clock, Site
from tests.district import lonlat


@pytest.fixture
def here(store: Store, clock: Clock, open_site: Callable[..., Site]) -> Site:
    """A service over the small district."""
    district.build(store, clock())
    return open_site(store)


def body(ref: str = "1", column: float = 0.5, row: float = 0.5, **more: Any) -> dict[str, Any]:
    lon, lat = lonlat(column, row)
    sent = {"source": "test", "source_ref": ref, "category": "0102", "lon": lon, "lat": lat, "datum": "wgs84"}
    return sent | more


def file(client: TestClient, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/reports", json=body(**more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_report_is_answered_with_its_grid(here: Site) -> None:
    intake = here.program(Role.INTAKE)
    first = intake.post("/api/reports", json=body())
    assert first.status_code == 201
    assignment = first.json()["assignment"]
    assert (assignment["grid"], assignment["method"], assignment["edition"]) == ("G00", "within", 1)
    assert assignment["chain"][0]["code"] == "G00"
    again = intake.post("/api/reports", json=body())
    assert (again.status_code, again.json()) == (200, first.json())


def test_reports_that_wait_beside_each_other_are_answered_as_one_after_another(here: Site) -> None:
    """The writer is held up, so that all of them are filed together: repeated ones and a key that comes twice too."""
    intake = here.program(Role.INTAKE)
    lines = [("a", None), ("b", "k1"), ("a", None), ("c", "k2"), ("b", "k1")]
    release = Event()
    held = here.service.writer.submit(lambda tx: release.wait(60), SYSTEM)

    def post(ref: str, key: str | None) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return intake.post("/api/reports", json=body(ref, column=0.5 + (ref == "b")), headers=headers)

    with ThreadPoolExecutor(len(lines)) as senders:
        sent = [senders.submit(post, *line) for line in lines]
        while here.service.writer.waiting < len(lines):
            time.sleep(0.01)
        release.set()
        answers = [each.result() for each in sent]
    held.result()
    first, other = answers[0].json(), answers[1].json()
    assert [each.json() for each in answers] == [first, other, first, answers[3].json(), other]
    assert sorted([answers[0].status_code, answers[2].status_code]) == [200, 201]
    assert [first["assignment"]["grid"], other["assignment"]["grid"]] == ["G00", "G10"]
    with here.service.store.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.issue)).scalar_one() == 3


def test_an_ambiguous_report_names_every_candidate(here: Site) -> None:
    assignment = file(here.program(Role.INTAKE), column=1.0, row=1.0)["assignment"]
    assert assignment["ambiguous"] is True
    assert {c["grid"] for c in assignment["candidates"]} == {"G00", "G01", "G10", "G11"}


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"datum": None}, "unknown-datum"),
        ({"datum": "gps"}, "unknown-datum"),
        ({"lon": 28.9, "lat": 118.9}, "bad-coordinates"),
        ({"lon": None}, "bad-coordinates"),
        ({"lat": "north"}, "bad-request"),
        ({"accuracy_m": -1}, "bad-request"),
        ({"lng": 118.9}, "bad-request"),
        ({"source": ""}, "bad-request"),
        ({"description": "x" * 10_001}, "bad-request"),
        ({"occurred_at": "2031-01-01T00:00:00Z"}, "bad-input"),
        ({"occurred_at": "2026-01-01T00:00:00"}, "bad-request"),
    ],
)
def test_what_cannot_be_taken_is_named_and_nothing_is_stored(here: Site, change: dict[str, Any], slug: str) -> None:
    answer = here.program(Role.INTAKE).post("/api/reports", json=body() | change)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{slug}"
    assert here.browser(Role.DISPATCHER).get("/api/issues").json()["items"] == []


def test_not_a_number_and_too_much_are_refused(here: Site) -> None:
    intake = here.program(Role.INTAKE)
    raw = json.dumps(body()).replace('"lat": ', '"lat": NaN, "x": ')
    headers = {"content-type": "application/json"}
    assert intake.post("/api/reports", content=raw, headers=headers).status_code == 400
    assert intake.post("/api/reports", json=body(description="x" * 10_000_000)).status_code == 413


def test_without_a_fix_the_report_waits_for_a_place(here: Site) -> None:
    assert file(here.program(Role.INTAKE), lon=0, lat=0)["assignment"]["queue"] == "no_location"
    assert here.browser(Role.DISPATCHER).get("/api/queues").json() == {"outside": 0, "no_location": 1, "ambiguous": 0}


def test_the_issue_moves_closes_and_reopens(here: Site, clock: Clock) -> None:
    worker = here.browser(Role.DISPATCHER)
    issue_id = file(here.program(Role.INTAKE), description="<img src=x onerror=alert(1)>")["issue_id"]
    url = f"/api/issues/{issue_id}"
    seen = worker.get(url)
    assert seen.json()["report"]["description"] == "<img src=x onerror=alert(1)>"
    lon, lat = lonlat(2.5, 2.5)
    moved = worker.post(f"{url}/position", json={"lon": lon, "lat": lat, "datum": "wgs84", "reason": "other side"})
    assert moved.json()["assignment"]["grid"] == "G22"
    stale = worker.post(f"{url}/close", json={"reply": "done"}, headers={"if-match": seen.headers["etag"]})
    assert stale.status_code == 412
    closed = worker.post(f"{url}/close", json={"reply": "done"}, headers={"if-match": moved.headers["etag"]})
    assert (closed.json()["state"], closed.json()["reply"]) == ("closed", "done")
    assert worker.post(f"{url}/close", json={"reply": "done"}).status_code == 409
    assert worker.post(f"{url}/reopen", json={"reason": "again"}).json()["state"] == "reopened"
    history = worker.get(url).json()["history"]
    # By name, not by account id; who may not know people is told no name.
    assert {step["actor"] for step in history} == {"account 1", "account 2"}
    kinds = [step["kind"] for step in history]
    assert kinds == ["issue.reopened", "issue.closed", "issue.moved", "report.filed"]


def test_a_retried_write_gets_its_first_answer(here: Site) -> None:
    worker = here.browser(Role.DISPATCHER)
    issue_id = file(here.program(Role.INTAKE))["issue_id"]
    headers = {"idempotency-key": "k1"}
    first = worker.post(f"/api/issues/{issue_id}/close", json={"reply": "done"}, headers=headers)
    again = worker.post(f"/api/issues/{issue_id}/close", json={"reply": "done"}, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    other = worker.post(f"/api/issues/{issue_id}/close", json={"reply": "other"}, headers=headers)
    assert other.status_code == 409


def test_a_source_belongs_to_who_first_filed_under_it(here: Site) -> None:
    """Another account neither reads what came under it nor takes a reference before its owner does."""
    first, second = here.program(Role.INTAKE), here.browser(Role.GRID_WORKER)
    mine = file(first, ref="1")
    for ref in ("1", "2"):
        refused = second.post("/api/reports", json=body(ref))
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/source-of-another")
        assert "G00" not in refused.text
    assert file(first, ref="2")["report_id"] != mine["report_id"]
    assert file(second, ref="1", source="her own")["report_id"] != mine["report_id"]
    assert first.post("/api/reports", json=body("1", source="her own")).status_code == 403
    assert first.post("/api/reports", json=body("1")).json() == mine


@pytest.mark.parametrize("source", ["te\u200bst", "\u202etest", "te\nst"])
def test_a_source_that_only_looks_like_anothers_is_refused(here: Site, source: str) -> None:
    file(here.program(Role.INTAKE))
    refused = here.program(Role.INTAKE).post("/api/reports", json=body(source=source))
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/bad-input")


def test_an_operator_hands_a_source_over(here: Site, clock: Clock) -> None:
    before, after = here.account(Role.INTAKE), here.account(Role.INTAKE)
    with here.service.accounts.write() as conn:
        sources.give(conn, before, "test", now=clock(), by=SYSTEM)
        sources.give(conn, after, "test", now=clock(), by=SYSTEM)
        assert (sources.sources_of(conn, before.id), sources.sources_of(conn, after.id)) == ([], ["test"])
        with pytest.raises(NotAllowed):
            sources.take(conn, before, "test", now=clock())
        sources.take(conn, after, "test", now=clock())
    listed = here.browser(Role.OPERATOR).get("/api/accounts").json()["items"]
    assert [account["sources"] for account in listed if account["id"] == after.id] == [["test"]]


def test_answers_for_retries_are_forgotten_after_a_week(here: Site, clock: Clock) -> None:
    intake, headers = here.program(Role.INTAKE), {"idempotency-key": "k"}
    first = intake.post("/api/reports", json=body("1"), headers=headers)
    clock.now += KEPT_FOR - timedelta(minutes=1)
    intake.post("/api/reports", json=body("2"), headers={"idempotency-key": "later"})

    def kept() -> list[str]:
        assert here.service.writer.submit(forget_old, SYSTEM).result() <= 1
        with here.service.store.read() as conn:
            return list(conn.execute(select(tables.idempotency.c.key)).scalars())

    assert kept() == ["k", "later"]
    assert intake.post("/api/reports", json=body("1"), headers=headers).json() == first.json()
    clock.now += timedelta(minutes=2)
    assert kept() == ["later"]


def test_a_copy_of_the_store_does_not_tell_a_contact(here: Site) -> None:
    """Neither as it stands nor by trying: all else of the report is there, and a phone number is soon guessed."""
    sent = json.dumps(body(contact="13800000017")).encode()
    headers = {"idempotency-key": "k1", "content-type": "application/json"}
    intake = here.program(Role.INTAKE)
    assert intake.post("/api/reports", content=sent, headers=headers).status_code == 201
    with here.service.store.read() as conn:
        texts = [
            str(value)
            for table in tables.metadata.sorted_tables
            for row in conn.execute(select(table))
            for value in row
            if value is not None
        ]
    assert not any("13800000017" in text for text in texts)
    guesses = (sent, b"POST /api/reports\n" + sent, b"POST /api/reports?\n" + sent)
    assert not {hashlib.sha256(guess).hexdigest() for guess in guesses} & set(texts)
    sealer = here.service.accounts.sealer
    assert [sealer.open(text) for text in texts if text.startswith("gAAAA")] == ["13800000017"]
    assert intake.post("/api/reports", content=sent, headers=headers).status_code == 201


def test_an_idempotency_key_belongs_to_its_sender_and_to_one_request(here: Site) -> None:
    headers = {"idempotency-key": "k1"}
    first, second = here.program(Role.INTAKE), here.program(Role.INTAKE)
    mine = first.post("/api/reports", json=body("1"), headers=headers).json()
    theirs = second.post("/api/reports", json=body("2", source="other"), headers=headers)
    assert theirs.status_code == 201 and theirs.json()["report_id"] != mine["report_id"]
    operator = here.program(Role.OPERATOR)
    assert operator.post("/api/batches/9/undo", headers=headers).status_code == 404
    assert first.post("/api/reports?even_worked=true", json=body("1"), headers=headers).status_code == 409


def test_lists_filter_and_page(here: Site) -> None:
    intake, worker = here.program(Role.INTAKE), here.browser(Role.DISPATCHER)
    for i in range(5):
        file(intake, ref=str(i), column=0.5 + i % 3)
    first = worker.get("/api/issues", params={"limit": 2}).json()
    second = worker.get("/api/issues", params={"limit": 2, "cursor": first["next"]}).json()
    third = worker.get("/api/issues", params={"limit": 2, "cursor": second["next"]}).json()
    assert [len(page["items"]) for page in (first, second, third)] == [2, 2, 1]
    assert third["next"] is None
    assert len(worker.get("/api/issues", params={"area": "C0"}).json()["items"]) == 2
    assert len(worker.get("/api/issues", params={"grid": "G20", "state": "open"}).json()["items"]) == 1
    assert worker.get("/api/issues", params={"cursor": "x"}).status_code == 400
    assert worker.get("/api/issues", params={"area": "nowhere"}).status_code == 404


def test_the_map_shows_it_and_asks_again_only_for_changes(here: Site) -> None:
    worker = here.browser(Role.DISPATCHER)
    intake = here.program(Role.INTAKE)
    file(intake)
    answer = worker.get("/map/issues")
    points = decode(answer.content)
    assert [points.grids[g] for g in points.columns["grid"]] == ["G00"]
    tag = {"if-none-match": answer.headers["etag"]}
    assert worker.get("/map/issues", headers=tag).status_code == 304
    file(intake, ref="2", column=9.0)
    fresh = worker.get("/map/issues", headers=tag)
    assert fresh.status_code == 200
    points = decode(fresh.content)
    assert sorted(points.grids[g] for g in points.columns["grid"]) == ["", "G00"]
    grids = worker.get("/map/grids").json()
    assert {f["properties"]["code"]: f["properties"]["open"] for f in grids["features"]}["G00"] == 1
    config = worker.get("/map/config").json()
    assert config["edition"] == 1 and config["me"]["whole"] is True


def test_a_person_of_one_community_sees_nothing_of_another(here: Site) -> None:
    intake = here.program(Role.INTAKE)
    mine, other = file(intake, ref="a", column=0.5), file(intake, ref="b", column=1.5)
    outside = file(intake, ref="c", column=9.5)
    worker = here.browser(Role.DISPATCHER, path="/D/C0/")
    assert [i["id"] for i in worker.get("/api/issues").json()["items"]] == [mine["issue_id"]]
    for hidden in (other, outside):
        assert worker.get(f"/api/issues/{hidden['issue_id']}").status_code == 404
        assert worker.post(f"/api/issues/{hidden['issue_id']}/close", json={"reply": "x"}).status_code == 404
    assert len(decode(worker.get("/map/issues").content)) == 1
    assert {f["properties"]["code"] for f in worker.get("/map/grids").json()["features"]} == {"G00", "G01", "G02"}
    assert worker.get("/api/grids/G10").status_code == 404
    assert {g["code"] for g in worker.get("/api/grids").json()["items"]} == {"G00", "G01", "G02"}
    assert worker.get("/api/queues").json()["outside"] == 0
    # What he sends out of his area is gone for him, and he is told where to.
    lon, lat = lonlat(1.5, 0.5)
    away = worker.post(f"/api/issues/{mine['issue_id']}/position", json={"lon": lon, "lat": lat, "datum": "wgs84"})
    assert away.json()["assignment"]["grid"] == "G10"
    assert worker.get(f"/api/issues/{mine['issue_id']}").status_code == 404
