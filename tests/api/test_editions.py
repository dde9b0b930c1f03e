"""Editions and their differences over HTTP: by name, by area, and refused where there is none."""

from __future__ import annotations

from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.test_drafts import moved_line, started, take
from tests.api.town import MARK, WEST


def publish_a_line(town: Site) -> None:
    """The line between the two grids further west, by two people."""
    editor, reviewer = town.program(Role.GIS_EDITOR), town.program(Role.GIS_REVIEWER)
    draft = started(editor)
    assert take(editor, draft, moved_line(118.804)).status_code == 200
    assert editor.post(f"/api/drafts/{draft}/submit", json={}).status_code == 200
    assert reviewer.post(f"/api/drafts/{draft}/publish", json={}).status_code == 200


def test_editions_and_what_differs(town: Site) -> None:
    publish_a_line(town)
    whole = town.program(Role.COMMANDER)
    newest, first = whole.get("/api/editions").json()["items"]
    assert [newest[name] for name in ("number", "changed", "draft", "title", "until")] == [2, 2, 1, "the line", None]
    assert (newest["created_by"], newest["actor"]) == ("account 2", "account 3")
    assert first["until"] == newest["from"]
    page = whole.get("/api/editions?limit=1").json()
    assert [each["number"] for each in whole.get(f"/api/editions?cursor={page['next']}").json()["items"]] == [1]
    told = whole.get("/api/editions/2/difference").json()
    assert {each["code"]: each["change"] for each in told["changes"]} == {"W1": "reshaped", f"{MARK}-1": "reshaped"}
    assert [(each["from"], each["to"]) for each in told["lineage"]] == [("W1", f"{MARK}-1")]

    west = town.program(Role.COMMANDER, path=f"/330802/{WEST}/")
    assert west.get("/api/editions").json()["items"][0]["changed"] == 1
    mine = west.get("/api/editions/2/difference?from=1")
    assert (mine.json()["count"], [(each["from"], each["to"]) for each in mine.json()["lineage"]]) == (
        1,
        [("W1", None)],
    )
    assert MARK not in mine.text
    history = whole.get("/api/grids/W1/history").json()
    assert [(each["edition"], each["draft"]) for each in history["history"]] == [(1, None), (2, 1)]


def test_an_edition_that_is_not_there(town: Site) -> None:
    whole = town.program(Role.COMMANDER)
    assert {each["change"] for each in whole.get("/api/editions/1/difference").json()["changes"]} == {"added"}
    for path, status in (
        ("/api/editions/2/difference", 404), ("/api/editions/1/difference?from=7", 404),
        ("/api/editions/1/difference?area=nowhere", 404), ("/api/editions?scheme=nowhere", 404),
        ("/api/editions/1/difference?from=-1", 400), ("/api/editions/0/difference", 400),
        ("/api/editions?cursor=x", 400),
    ):  # fmt: skip
        assert whole.get(path).status_code == status, path
