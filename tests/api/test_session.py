"""Signing in, staying signed in, signing out; what a bearer token is and is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.accounts import keys
from api.middleware import SESSION_COOKIE
from geo.model import SYSTEM
from geo.rules.access import Role
from tests.api.conftest import BASE, Site


def test_a_link_becomes_a_session_once(site: Site) -> None:
    secret = site.link(site.account(Role.OPERATOR))
    client = site.stranger()
    answer = client.post("/api/session", json={"token": secret})
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 204
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie
    assert client.get("/api/batches").status_code == 200
    again = site.stranger().post("/api/session", json={"token": secret})
    assert (again.status_code, again.json()["type"]) == (401, "/problems/not-signed-in")


@pytest.mark.parametrize("change", [{"token": "a zero byte\0 in it"}, {"remember": True}, {"token": "short"}])
def test_a_sign_in_that_cannot_be_understood(site: Site, change: dict[str, Any]) -> None:
    answer = site.stranger().post("/api/session", json={"token": site.link(site.account())} | change)
    assert answer.status_code == 400
    assert f"body.{next(iter(change))}" in answer.json()["detail"]


def test_a_get_of_the_sign_in_page_does_not_use_the_link_up(site: Site) -> None:
    secret = site.link(site.account(Role.OPERATOR))
    site.stranger().get(f"/sign-in?{secret}")
    assert site.stranger().post("/api/session", json={"token": secret}).status_code == 204


def test_a_session_slides_with_requests_and_ends_without(site: Site) -> None:
    client = site.browser(Role.OPERATOR)
    for _ in range(3):
        site.clock.now += timedelta(hours=11)
        assert client.get("/api/batches").status_code == 200
    site.clock.now += timedelta(hours=13)
    assert client.get("/api/batches").status_code == 401


def test_signing_out(site: Site) -> None:
    client = site.browser(Role.OPERATOR)
    secret = client.cookies[SESSION_COOKIE]
    assert client.delete("/api/session").status_code == 204
    assert client.cookies.get(SESSION_COOKIE) is None
    thief = site.stranger()
    assert thief.get("/api/batches", headers={"cookie": f"{SESSION_COOKIE}={secret}"}).status_code == 401


def test_a_revoked_token_ends_the_screen_that_used_it(site: Site) -> None:
    secret = site.token(Role.OPERATOR)
    screen = site.stranger()
    assert screen.post("/api/session", json={"token": secret}).status_code == 204
    [account] = [
        a for a in site.program(Role.OPERATOR).get("/api/accounts").json()["items"] if a["name"] == "account 1"
    ]
    [token] = account["tokens"]
    assert site.program(Role.OPERATOR).delete(f"/api/tokens/{token['id']}").status_code == 204
    assert screen.get("/api/batches").status_code == 401


def test_a_screen_is_signed_in_for_as_long_as_its_token_is_valid(site: Site) -> None:
    screen = site.stranger()
    assert screen.post("/api/session", json={"token": site.token(Role.KIOSK)}).status_code == 204
    for _ in range(3):
        site.clock.now += timedelta(days=300)
        answer = screen.get("/")
        assert "battle_map" in answer.text
        assert f"Max-Age={400 * 86_400}" in answer.headers["set-cookie"], "its cookie is kept from visit to visit"
        assert screen.get("/map/config").status_code == 200


def test_a_screen_goes_with_a_token_that_ends(site: Site) -> None:
    who = site.account(Role.KIOSK)
    with site.service.accounts.write() as conn:
        _, secret = keys.new_token(conn, who, "大屏", now=site.clock.now, valid_for=timedelta(days=7), by=SYSTEM)
    screen = site.stranger()
    assert screen.post("/api/session", json={"token": secret}).status_code == 204
    site.clock.now += timedelta(days=6)
    assert screen.get("/map/config").status_code == 200
    site.clock.now += timedelta(days=2)
    assert screen.get("/map/config").status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Basic abc", "Bearer gwt_" + "a" * 43, "Bearer gws_abc", "bearer  ", "Bearer é"]
)
def test_other_credentials_are_refused(site: Site, header: str) -> None:
    answer = site.stranger().get("/api/batches", headers={"authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_session_secret_is_no_bearer_token(site: Site) -> None:
    secret = site.browser(Role.OPERATOR).cookies[SESSION_COOKIE]
    assert site.stranger().get("/api/batches", headers={"authorization": f"Bearer {secret}"}).status_code == 401


def test_a_bad_bearer_token_does_not_fall_back_to_the_cookie(site: Site) -> None:
    client = site.browser(Role.OPERATOR)
    assert client.get("/api/batches", headers={"authorization": "Bearer gwt_wrong"}).status_code == 401


def test_grants_hold_from_their_next_request(site: Site) -> None:
    boss, worker = site.program(Role.OPERATOR), site.account()
    client = site.stranger()
    client.post("/api/session", json={"token": site.link(worker)})
    assert client.get("/api/batches").status_code == 403
    granted = boss.post(f"/api/accounts/{worker.id}/grants", json={"role": "gis_editor"})
    assert granted.status_code == 201
    assert client.get("/api/batches").status_code == 200
    assert boss.delete(f"/api/grants/{granted.json()['grants'][0]['id']}").status_code == 204
    assert client.get("/api/batches").status_code == 403


def test_an_operator_of_one_area_manages_no_accounts(site: Site) -> None:
    client = site.program(Role.OPERATOR, path="/330802/330802001/")
    assert client.get("/api/accounts").status_code == 403
    assert client.post("/api/accounts", json={"name": "mine"}).status_code == 403


def test_the_audit_names_accounts_and_no_secrets(site: Site) -> None:
    operator, auditor = site.browser(Role.OPERATOR), site.program(Role.AUDITOR)
    made = operator.post("/api/accounts", json={"name": "巡查员"}).json()
    link = operator.post(f"/api/accounts/{made['id']}/link").json()["path"]
    audit = auditor.get("/api/audit").json()["items"]
    assert [entry["action"] for entry in audit[:2]] == ["link.made", "account.added"]
    assert audit[0]["subject"] == f"account:{made['id']}"
    assert link.partition("#")[2] not in str(audit) and "巡查员" not in str(audit)
    assert operator.get("/api/audit").status_code == 403
    newest = auditor.get("/api/audit", params={"limit": 1}).json()
    rest = auditor.get("/api/audit", params={"limit": len(audit) - 1, "cursor": newest["next"]}).json()
    assert (newest["items"] + rest["items"], rest["next"]) == (audit, None)


def test_links_work_on_this_origin_only(site: Site) -> None:
    secret = site.link(site.account())
    answer = site.stranger().post("/api/session", json={"token": secret}, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403
    assert site.stranger().post("/api/session", json={"token": secret}, headers={"origin": BASE}).status_code == 204
