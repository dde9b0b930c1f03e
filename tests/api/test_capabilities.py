"""Every route of the application says who may ask it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import RouteContext, iter_route_contexts

from api.app import create_app
from api.auth import public
from api.description import calls
from api.settings import Settings
from geo.rules.access import ROLES, Capability, Role
from tests.api.conftest import Site

# What a person without any account may ask. A line here is a decision.
PUBLIC = {
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("GET", "/workbench"),  # says itself who may not use it, in a page
    ("GET", "/boundaries"),  # so does this
    ("POST", "/api/session"),
    ("DELETE", "/api/session"),
    ("GET", "/map/page.js"),
    ("GET", "/static/{path:path}"),
    ("HEAD", "/static/{path:path}"),
    ("GET", "/docs"),
    ("GET", "/docs/start.js"),
    ("GET", "/docs/style.css"),
    ("GET", "/openapi.json"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
}


def routes() -> list[RouteContext]:
    return list(iter_route_contexts(create_app(Settings()).routes))


def declared(route: RouteContext) -> set[Any]:
    """The tuples of capabilities of which a route asks one; ``public`` for one that everybody may ask."""
    asked = list(calls(route.dependant))
    capabilities = {call.any_of for call in asked if hasattr(call, "any_of")}
    return capabilities | ({public} if public in asked else set())


def each_method() -> Iterator[tuple[str, str, set[Any]]]:
    for route in routes():
        for method in sorted(route.methods or {"ANY"}):
            yield method, str(route.path), declared(route)


def test_there_are_routes_to_walk() -> None:
    assert {"/api/reports", "/api/issues/{issue_id}/close", "/metrics"} <= {path for _, path, _ in each_method()}


@pytest.mark.parametrize(("method", "path", "found"), list(each_method()))
def test_every_route_declares_one_capability_or_public(method: str, path: str, found: set[Any]) -> None:
    assert len(found) == 1, f"{method} {path} declares {found or 'nothing'}"
    assert (public in found) == ((method, path) in PUBLIC)


def test_every_capability_is_held_by_a_role() -> None:
    assert set(Capability) == set().union(*ROLES.values())


def fill(path: str) -> str:
    """A path with something in the place of its parameters."""
    return re.sub(r"\{[^}]*\}", "1", path)


@pytest.fixture
def gpkg_site(store_factory: Any, open_site: Any) -> Site:
    """Refusals happen before a store is asked: one kind will do."""
    site: Site = open_site(store_factory("gpkg"), metrics_open_to_loopback=False)
    return site


def test_nobody_gets_past_without_signing_in(gpkg_site: Site) -> None:
    client = gpkg_site.stranger()
    for method, path, found in each_method():
        if public not in found:
            assert client.request(method, fill(path)).status_code == 401, (method, path)


@pytest.mark.parametrize("role", Role)
def test_a_role_is_refused_what_it_does_not_hold(gpkg_site: Site, role: Role) -> None:
    client = gpkg_site.program(role)
    for method, path, found in each_method():
        if public not in found and not all(ROLES[role].intersection(any_of) for any_of in found):
            answer = client.request(method, fill(path))
            # A body that is missing may be noticed first; nothing is done either way.
            assert answer.status_code in (400, 403), (method, path)
            if method == "GET":
                assert answer.status_code == 403, path


def test_an_intake_token_can_file_and_nothing_else(gpkg_site: Site) -> None:
    held = ROLES[Role.INTAKE]
    reachable = {path for _, path, found in each_method() if public not in found and held.intersection(*found)}
    assert reachable == {"/api/reports"}
