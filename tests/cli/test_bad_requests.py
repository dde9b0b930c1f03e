"""What programs may send to a running service: refused with a reason and what to do, and nothing is kept of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2

from tests.cli.commands import Served, contents, run, serving, token
from tests.cli.conftest import SQUARE

PLACE = {"lon": 118.805, "lat": 28.905, "datum": "wgs84"}
REPORT = {"source": "hotline", "source_ref": "1", "category": "0102", "description": "垃圾"} | PLACE

# What is changed about a good report -> kind of problem, and words that its detail must hold.
REFUSALS: list[tuple[dict[str, Any], str, str]] = [
    ({"datum": None}, "unknown-datum", "wgs84, cgcs2000, gcj02, bd09"),
    ({"datum": "gps"}, "unknown-datum", "'gps'"),
    ({"datum": "EPSG:1"}, "unknown-datum", "EPSG:1"),
    ({"lon": float("nan")}, "bad-request", "lon"),
    ({"lat": float("inf")}, "bad-request", "lat"),
    ({"lon": 28.905, "lat": 118.805}, "bad-coordinates", "longitude, then latitude"),
    ({"lon": 1e300}, "bad-coordinates", "no place on Earth"),
    ({"lon": None}, "bad-coordinates", "lon is missing"),
    ({"lat": "north"}, "bad-request", "lat"),
    ({"accuracy_m": -1}, "bad-request", "accuracy_m"),
    ({"accuracy_m": float("nan")}, "bad-request", "accuracy_m"),
    ({"lng": 118.805}, "bad-request", "lng"),
    ({"source": ""}, "bad-request", "source"),
    ({"occurred_at": "2999-01-01T00:00:00Z"}, "bad-input", "future"),
    ({"occurred_at": "2026-01-01T00:00:00"}, "bad-request", "occurred_at"),
    ({"description": "x" * 20_000}, "bad-request", "description"),
    ({"description": "a\0b"}, "bad-request", "description"),  # PostgreSQL keeps no such letter, and nobody means it
    ({"source_ref": "\0"}, "bad-request", "source_ref"),
    ({"source": "\ud800"}, "bad-request", ""),
]
# Letters that mean something to HTML, JavaScript, templates, SQL or a spreadsheet, and no more than letters here.
HOSTILE = """<img src=x onerror="alert(1)">${alert(1)}{{7*7}}</script><!--'; DROP TABLE report;--=HYPERLINK("x")"""


def send(client: httpx2.Client, body: Any) -> httpx2.Response:
    """A report as JSON, with the NaN and Infinity that careless programs write."""
    return client.post("/api/reports", content=json.dumps(body), headers={"content-type": "application/json"})


def test_reports_that_cannot_be_taken(city: str) -> None:
    before = contents(city)
    secrets = token(city, "hotline", "intake"), token(city, "desk", "dispatcher")
    with serving(city) as served, served.client(secrets[0]) as hotline, served.client(secrets[1]) as desk:
        for change, problem, words in REFUSALS:
            answer = send(hotline, REPORT | change)
            told = answer.json()
            assert (answer.status_code, told["type"]) == (400, f"/problems/{problem}"), (change, told)
            assert answer.headers["content-type"] == "application/problem+json"
            assert words in json.dumps(told, ensure_ascii=False), (change, told)
        for body in (b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"source": ' + b"[" * 100_000):
            assert hotline.post("/api/reports", content=body).status_code == 400, body[:20]
        assert ten_megabytes(hotline) == 413
        for path in ("/api/grids/%00", "/api/issues?grid=%00", "/api/issues?cursor=%00", "/api/issues?area=%ff"):
            assert desk.get(path).status_code in (200, 400, 404), path
        assert send(httpx2.Client(base_url=served.url, trust_env=False), REPORT).status_code == 401
        assert contents(city) == before
        # After all that the next good report is taken, and once, however often it is sent.
        answers = [send(hotline, REPORT) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 200, 200]
        assert answers[0].json()["assignment"]["grid"] == "G1"
        assert all(answer.json() == answers[0].json() for answer in answers)
        assert contents(city)["report"] == before["report"] + 1
    assert run("check", "--store", city).code == 0


def ten_megabytes(client: httpx2.Client) -> int:
    """The answer to a body that is too long: it may come before all is sent, and the service stays in good health."""
    try:
        status = send(client, REPORT | {"description": "长" * 3_500_000}).status_code
    except httpx2.WriteError:  # the service closed while we were still sending; another request tells
        status = 413
    assert client.get("/healthz").status_code == 200
    return status


def test_letters_that_mean_something_elsewhere_are_letters(city: str, tmp_path: Path) -> None:
    secret = token(city, HOSTILE, "intake", "dispatcher")
    with serving(city) as served, served.client(secret) as client:
        filed = send(
            client, REPORT | {"source": HOSTILE[:90], "source_ref": HOSTILE, "description": HOSTILE, "address": HOSTILE}
        )
        assert filed.status_code == 201
        assert kept_as_sent(client, filed.json()["issue_id"])
        assert no_page_holds_it(served, client)
    exported = tmp_path / "issues.geojson"
    assert run("export", "issues", exported, "--store", city).code == 0
    [feature] = json.loads(exported.read_text("utf-8"))["features"]
    assert feature["properties"]["source_ref"] == HOSTILE


def kept_as_sent(client: httpx2.Client, issue_id: int) -> bool:
    answer = client.get(f"/api/issues/{issue_id}")
    report = answer.json()["report"]
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    return bool(report["description"] == report["address"] == report["source_ref"] == HOSTILE)


def no_page_holds_it(served: Served, client: httpx2.Client) -> bool:
    """HTML that the service sends holds no user data at all."""
    pages = [client.get(path, headers={"accept": "text/html"}) for path in ("/", "/sign-in", "/docs")]
    assert all(page.headers["content-type"].startswith("text/html") for page in pages)
    return not any(part in page.text for page in pages for part in ("onerror", "alert(1)", "7*7"))


def test_names_of_grids_and_columns_are_letters_too(city: str, tmp_path: Path) -> None:
    before = contents(city)
    west = [[lon - 1.0, lat] for lon, lat in SQUARE]
    feature = {
        "type": "Feature",
        "properties": {HOSTILE: HOSTILE},
        "geometry": {"type": "Polygon", "coordinates": [west]},
    }
    path = tmp_path / "grids.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    done = run("import", "grids", path, "--store", city, "--code", HOSTILE, "--scheme", HOSTILE, "--json")
    assert done.json["grids"] == 1
    after = contents(city)
    assert {name: after[name] - before[name] for name in ("scheme", "grid", "grid_version")} == {
        "scheme": 1, "grid": 1, "grid_version": 1,
    }  # fmt: skip
    assert run("check", "--store", city).code == 0
