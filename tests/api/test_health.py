"""What the service tells of itself, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from geo.rules.access import Role
from geo.store.store import Store
from tests.api.conftest import BASE, Site


def test_alive_and_ready(site: Site) -> None:
    client = site.stranger()
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"ready": True, "checks": {"store": True, "writer": True}}


def test_not_ready_when_the_writer_is_gone(site: Site) -> None:
    site.service.writer.close()
    answer = site.stranger().get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (503, {"store": True, "writer": False})


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.168.1.7", {}, 401),
        ("127.0.0.1", {"x-forwarded-for": "192.168.1.7"}, 401),
        ("127.0.0.1", {"forwarded": "for=192.168.1.7"}, 401),
        ("127.0.0.1", {"host": "map.example.org"}, 401),  # a proxy in front that does not say so
        ("127.0.0.1", {"host": "localhost:9"}, 200),
    ],
)
def test_metrics_are_for_this_machine(
    store: Store, open_site: Callable[..., Site], address: str, headers: dict[str, str], status: int
) -> None:
    site = open_site(store, allowed_hosts=("map.example.org",))
    client = TestClient(site.app, BASE, client=(address, 50_000))
    assert client.get("/metrics", headers=headers).status_code == status


def test_metrics_count_by_route_and_name_nobody(site: Site) -> None:
    site.stranger().get("/nobody/zhangsan")
    site.stranger().get("/healthz")
    text = site.program(Role.OPERATOR).get("/metrics").text
    assert 'gridwarden_requests_total{method="GET",route="/healthz",status="200"} 1.0' in text
    assert "zhangsan" not in text
    assert site.program(Role.INTAKE).get("/metrics").status_code == 403


def test_the_description_lists_every_route_with_its_security(site: Site) -> None:
    document: dict[str, Any] = site.stranger().get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    filed = document["paths"]["/api/reports"]["post"]
    assert {name for scheme in filed["security"] for name in scheme} == {"HTTPBearer", "APIKeyCookie"}
    assert "/sign-in" not in document["paths"]


def test_the_docs_load_nothing_from_elsewhere(site: Site) -> None:
    client = site.stranger()
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("http-equiv", "").replace("<!doctype html>", "")
    assert "validatorUrl: null" in client.get("/docs/start.js").text
