"""What every request meets before a route: size, Host, origin, headers, log, and what a fault of ours looks like."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from api import problems
from api.app import add_middleware
from api.metrics import Metrics
from api.middleware import SESSION_COOKIE, host_name
from api.settings import Settings

BASE = "http://127.0.0.1:8000"
LIMIT = 1_000_000


def small_app(settings: Settings) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    add_middleware(app, settings, Metrics())

    @app.post("/api/echo")
    async def echo(text: Annotated[str, Body(embed=True, max_length=10)], lon: Annotated[float, Body()] = 0) -> str:
        return text

    @app.post("/api/imports/reports")
    async def imports(file: Annotated[bytes, Body()]) -> int:
        return len(file)

    @app.get("/fault/{secret}")
    async def fault(secret: str) -> None:
        raise RuntimeError(f"something private: {secret}")

    @app.get("/long")
    async def long() -> Response:
        return PlainTextResponse("格" * 5000)

    @app.get("/events")
    async def events() -> Response:
        return StreamingResponse(iter([b": beat\n\n" * 500]), media_type="text/event-stream")

    return app


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(small_app(Settings(allowed_hosts=("grid.example",))), BASE) as client:
        yield client


def problem_of(answer: Any, slug: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (body["type"], body["status"]) == (f"/problems/{slug}", answer.status_code)
    return body


def test_ten_megabytes_of_text_are_refused(client: TestClient) -> None:
    answer = client.post("/api/echo", json={"text": "长" * 10_000_000})
    assert answer.status_code == 413
    assert "1000000 bytes" in problem_of(answer, "too-large")["detail"]


def test_a_body_without_length_is_counted(client: TestClient) -> None:
    def parts() -> Iterator[bytes]:
        yield b'{"text": "'
        for _ in range(20):
            yield b"x" * 100_000

    answer = client.post("/api/echo", content=parts(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_imports_may_be_larger(client: TestClient) -> None:
    answer = client.post("/api/imports/reports", content=b"x" * (LIMIT + 1))
    assert answer.json() == LIMIT + 1


def test_mistakes_are_named_and_not_repeated(client: TestClient) -> None:
    answer = client.post("/api/echo", json={"text": "秘密" * 1000, "lon": "many"})
    body = problem_of(answer, "bad-request")
    assert answer.status_code == 400
    assert [mistake["at"] for mistake in body["details"]["mistakes"]] == ["body.text", "body.lon"]
    assert "秘密" not in answer.text and "many" not in answer.text


def test_broken_json_is_a_bad_request(client: TestClient) -> None:
    for content in (b"{", b"[" * 50_000, b'{"text": ' + b"1" * 6000 + b"}", b"\xff\xfe"):
        answer = client.post("/api/echo", content=content, headers={"content-type": "application/json"})
        problem_of(answer, "bad-request")
        assert answer.status_code == 400


def test_no_such_path_is_a_problem_too(client: TestClient) -> None:
    assert problem_of(client.get("/nowhere"), "not-found")["status"] == 404
    page = client.get("/nowhere", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 404
    assert 'href="/"' in page.text and "There is no such page" in page.text
    assert problem_of(client.put("/api/echo"), "method-not-allowed")["status"] == 405


def test_a_fault_of_ours_says_nothing_outside(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/fault/abc")
    assert (answer.status_code, problem_of(answer, "internal-error")["detail"]) == (500, "internal error")
    assert "private" not in answer.text
    request_id = answer.headers["x-request-id"]
    [record] = [record for record in caplog.records if record.name == "gridwarden.app"]
    assert request_id in record.getMessage() and record.exc_info


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "a b", "[::1"]
)
def test_other_names_are_not_answered(client: TestClient, host: str) -> None:
    answer = client.get("/long", headers={"host": host})
    assert answer.status_code == 421
    problem_of(answer, "unknown-host")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "GRID.example", "grid.example:80"])
def test_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/long", headers={"host": host}).status_code == 200


@given(st.text(max_size=60))
def test_no_host_header_breaks_the_parser(header: str) -> None:
    name = host_name(header)
    assert name is None or (name == name.lower() and "@" not in name)


COOKIE = {"cookie": f"{SESSION_COOKIE}=gws_abc"}
BASIC = {"authorization": "Basic cWdpczpnd3RfYWJj"}  # which a browser sends by itself where somebody signed in so


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        (COOKIE | {"origin": BASE}, 200),
        (COOKIE | {"origin": "https://127.0.0.1:8000"}, 200),  # a proxy in front ends TLS
        (COOKIE | {"sec-fetch-site": "same-origin"}, 200),
        (COOKIE | {"authorization": "Bearer gwt_abc", "origin": "http://evil.example"}, 200),
        (COOKIE, 403),
        (COOKIE | {"sec-fetch-site": "cross-site"}, 403),
        (COOKIE | {"origin": "http://evil.example"}, 403),
        (COOKIE | {"origin": "http://127.0.0.1:9000"}, 403),
        (COOKIE | {"origin": "null"}, 403),
        (BASIC, 200),  # a GIS program
        (BASIC | {"origin": BASE}, 200),
        (BASIC | {"sec-fetch-site": "same-origin"}, 200),
        (BASIC | {"sec-fetch-site": "cross-site"}, 403),
        (BASIC | {"sec-fetch-site": "none"}, 403),
        (BASIC | {"origin": "http://evil.example"}, 403),
        (BASIC | COOKIE | {"origin": "http://evil.example"}, 403),
        ({"origin": "http://evil.example"}, 403),  # signing a browser in to somebody else's account
    ],
)
def test_writes_come_from_our_own_pages(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/api/echo", json={"text": "a"}, headers=headers).status_code == status


FOREIGN = COOKIE | {"sec-fetch-site": "same-site"}  # a page of another port of this machine: its cookie comes along


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/units/5?purpose=forged", FOREIGN | {"sec-fetch-mode": "no-cors"}, 403),
        ("/api/units/5?purpose=forged", FOREIGN | {"sec-fetch-mode": "navigate"}, 403),
        ("/map/events", FOREIGN | {"sec-fetch-mode": "cors"}, 403),
        ("/long", FOREIGN | {"sec-fetch-mode": "no-cors"}, 403),
        ("/long", COOKIE | {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}, 403),
        ("/long", FOREIGN | {"sec-fetch-mode": "navigate"}, 200),  # somebody followed a link to the map
        ("/long", FOREIGN | {"sec-fetch-mode": "cors", "authorization": "Bearer gwt_abc"}, 200),
        ("/long", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 200),
        ("/api/units/5", COOKIE | {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, 404),
        ("/api/units/5", COOKIE | {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 404),
        ("/api/units/5", COOKIE, 404),
        ("/ogc/collections", BASIC, 404),
        ("/ogc/collections", BASIC | {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}, 403),
        ("/ogc/collections", BASIC | {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 403),
        ("/tiles/grids/0/0/0.mvt", FOREIGN | {"sec-fetch-mode": "no-cors"}, 403),
    ],
)
def test_reads_with_a_session_come_from_our_own_pages(
    client: TestClient, path: str, headers: dict[str, str], status: int
) -> None:
    """Opening a unit leaves an entry in the audit: no other page may have a commander leave one."""
    assert client.get(path, headers=headers).status_code == status


def test_policy_headers_are_on_every_answer(client: TestClient) -> None:
    for path in ("/long", "/nowhere", "/fault/abc"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers


def test_behind_tls_browsers_are_told_to_stay_there() -> None:
    with TestClient(small_app(Settings(behind_tls=True)), BASE) as client:
        assert "strict-transport-security" in client.get("/long").headers


def test_text_is_compressed_and_streams_are_not(client: TestClient) -> None:
    assert client.get("/long").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/events").headers


def test_the_log_has_the_route_and_nothing_personal(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gridwarden.access")
    client.get("/fault/zhangsan?phone=13800000000", headers={"x-request-id": "desk-7", "cookie": "a=lisi"})
    client.get("/zhangsan")
    first, second = (json.loads(r.getMessage()) for r in caplog.records if r.name == "gridwarden.access")
    assert (first["request"], first["route"], first["status"]) == ("desk-7", "/fault/{secret}", 500)
    assert second["route"] == "(no route)"
    access = [r.getMessage() for r in caplog.records if r.name == "gridwarden.access"]
    assert not any(word in line for line in access for word in ("zhangsan", "138", "lisi", "testclient", "127.0.0.1"))


@pytest.mark.parametrize("given_id", ["a b", "x" * 65, "<script>", ""])
def test_a_request_id_that_could_harm_a_log_is_replaced(client: TestClient, given_id: str) -> None:
    assert client.get("/long", headers={"x-request-id": given_id}).headers["x-request-id"] != given_id
