"""Numbers, times and names beyond what a store can compare: an answer, never a fault of ours."""

from __future__ import annotations

from typing import Any

import pytest

from geo.rules.access import Role
from tests.api.conftest import Site

ALL = tuple(Role)
HUGE = "9" * 30
REPORT = {"source": "test", "lon": 118.8, "lat": 28.9, "datum": "wgs84"}


def test_numbers_that_no_row_has(site: Site) -> None:
    someone = site.program(*ALL)
    for path in ("/api/issues/{}", "/api/units/{}"):
        for number in (HUGE, str(2**63), "-1", "1.5", "1e3", "0x10", "%20"):
            assert someone.get(path.format(number)).status_code == 400, (path, number)
        assert someone.get(path.format(2**63 - 1)).status_code == 404
    writes: dict[str, Any] = {
        f"/api/issues/{HUGE}/close": {"reply": "x"},
        f"/api/units/{HUGE}/term": {"unchanged": True},
        f"/api/batches/{HUGE}/undo": None,
        f"/api/accounts/{HUGE}/link": None,
        f"/api/accounts/{HUGE}/grants": {"role": "kiosk"},
    }
    for path, body in writes.items():
        assert someone.post(path, json=body).status_code == 400, path
    for path in (f"/api/grants/{HUGE}", f"/api/tokens/{HUGE}"):
        assert someone.delete(path).status_code == 400, path


@pytest.mark.parametrize(
    "path", ["/api/issues", "/api/units", "/api/grids", "/api/places", "/api/batches", "/api/audit"]
)
def test_cursors_that_no_list_gave_out(site: Site, path: str) -> None:
    someone = site.program(*ALL)
    for cursor in (HUGE, "²", "٣", "-1", "0-1", "x"):
        assert someone.get(path, params={"cursor": cursor}).status_code == 400, cursor
    for limit in ("0", "-1", "501", HUGE, "1e1"):
        assert someone.get(path, params={"limit": limit}).status_code == 400, limit


def test_times_that_no_zone_can_tell(site: Site) -> None:
    someone = site.program(*ALL)
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "1e400", "now"):
        assert someone.get("/api/issues", params={"since": moment}).status_code == 400, moment
        assert someone.get("/api/issues", params={"until": moment}).status_code == 400, moment
        answer = someone.post("/api/reports", json=REPORT | {"occurred_at": moment})
        assert answer.status_code == 400, moment
        answer = someone.post("/api/units/1/inspections", json={"result": "pass", "occurred_at": moment})
        assert answer.status_code == 400, moment
    for moment in ("1900-01-01T00:00:00+14:00", "2026-03-18T11:00:00+08:00"):
        assert someone.post("/api/reports", json=REPORT | {"occurred_at": moment}).status_code == 201, moment
    assert len(someone.get("/api/issues", params={"since": "1900-01-01T00:00:00Z"}).json()["items"]) == 1


def test_origins_that_are_none(site: Site) -> None:
    for origin in (
        "http://[",
        "null",
        "",
        "http://evil@127.0.0.1:8000",
        "http://127.0.0.1:8000.evil",
        "127.0.0.1:8000",
    ):
        answer = site.stranger().post("/api/session", json={"token": "gwl_0123456789"}, headers={"origin": origin})
        assert answer.status_code == 403, origin
