"""Whoever passes reads a wall screen: what reaches it are counts, and names of leads where it was made to show them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.test_scope import paths

# What must not reach a screen: texts and addresses of reports and units, codes of single units, contacts.
SECRETS = {"west", "西", "西小区", "U1", "13800000001", "138****0001", "hotline"}
LEAD = "张西"


def answers(client: TestClient) -> Iterator[tuple[str, str]]:
    """Everything that a screen can ask for and is given, in one grid and another."""
    for own in (True, False):
        for path in paths(own=own):
            answer = client.get(path)
            assert answer.status_code in (200, 403, 404), (path, answer.text)
            if answer.status_code == 200:
                yield path, answer.content.decode("utf-8", "replace")


def values(found: Any) -> Iterator[Any]:
    """Every value in a JSON answer, however deep."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list):
        for each in found:
            yield from values(each)
    else:
        yield found


@pytest.mark.parametrize("role", [Role.KIOSK, Role.KIOSK_NAMED])
def test_no_unit_no_text_and_no_contact_reaches_a_screen(town: Site, role: Role) -> None:
    told = dict(answers(town.program(role)))
    assert {"/map/grids", "/map/config", "/api/trends", "/api/grids"} <= set(told)
    assert not {path for path in told if path.startswith(("/map/units", "/map/issues", "/api/units", "/api/issues"))}
    for path, text in told.items():
        if path.startswith("/tiles/"):  # words lie in it as they are; the grid has a letter of a secret in its own name
            assert not [secret for secret in SECRETS if len(secret) > 1 and secret in text], path
        else:
            assert not SECRETS & set(values(json.loads(text))), path


def test_a_screen_counts_what_others_see(town: Site) -> None:
    def figures(client: TestClient) -> list[Any]:
        features = client.get("/map/grids").json()["features"]
        return [{key: feature["properties"][key] for key in ("open", "overdue", "units")} for feature in features]

    assert figures(town.program(Role.KIOSK)) == figures(town.program(*Role))
    assert sum(grid["open"] for grid in figures(town.program(Role.KIOSK))) > 0


def test_leads_are_named_only_where_the_screen_was_made_to(town: Site) -> None:
    bare, named = dict(answers(town.program(Role.KIOSK))), dict(answers(town.program(Role.KIOSK_NAMED)))
    assert not [path for path, text in bare.items() if LEAD in text]
    assert {path for path, text in named.items() if LEAD in text} == {"/map/grids", "/api/grids/W1"}
    assert town.program(Role.KIOSK_NAMED).get("/api/people").status_code == 403
