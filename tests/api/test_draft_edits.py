"""Drafts in an editor over HTTP: vertices of a view, operations by node and by place, and who may send them."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from api.schemas.draft_edits import SplitGrid
from geo.rules.access import Role
from tests.api.conftest import Site
from tests.api.test_drafts import LINE, started
from tests.api.town import EAST, MARK, WEST

VIEW = {"bbox": "118.80,28.90,118.82,28.91"}
EASTERN = f"{MARK}-1"


def vertices(client: TestClient, draft: int) -> Any:
    answer = client.get(f"/api/drafts/{draft}/vertices", params=VIEW)
    assert answer.status_code == 200, answer.text
    return answer.json()


def node_at(table: Any, lon: float, lat: float) -> Any:
    return min(table["nodes"], key=lambda node: abs(node[2] - lon) + abs(node[3] - lat))


def operate(client: TestClient, draft: int, headers: Any = None, **operation: Any) -> Any:
    return client.post(f"/api/drafts/{draft}/operations", json={"operation": operation}, headers=headers)


def test_a_node_is_dragged_and_the_draft_becomes_the_next_edition(town: Site) -> None:
    editor, reviewer = town.program(Role.GIS_EDITOR), town.program(Role.GIS_REVIEWER)
    draft = started(editor)
    table = vertices(editor, draft)
    assert {grid["code"] for grid in table["grids"]} == {"W1", EASTERN}
    shared = node_at(table, LINE, 28.90)
    inserted = operate(
        editor, draft, op="insert_node",
        edge=[shared[:2], node_at(table, LINE, 28.91)[:2]], at={"lon": LINE - 0.002, "lat": 28.905},
    )  # fmt: skip
    assert inserted.status_code == 200, inserted.text
    step = inserted.json()
    assert (step["revision"], sorted(step["touched"]), step["faults"]) == (1, sorted(["W1", EASTERN]), [])
    new = node_at(step, LINE - 0.002, 28.905)
    assert new[2:] == pytest.approx([LINE - 0.002, 28.905], abs=1e-8)
    assert all(sum(step["nodes"].index(new) in ring for part in grid["parts"] for ring in part) == 1
               for grid in step["grids"])  # fmt: skip
    moved = operate(editor, draft, op="move_node", at=new[:2], to={"lon": LINE + 0.001, "lat": 28.905})
    assert moved.json()["revision"] == 2
    changes = editor.get(f"/api/drafts/{draft}").json()["changes"]
    assert {each["code"]: each["change"] for each in changes} == {"W1": "reshaped", EASTERN: "reshaped"}
    assert editor.post(f"/api/drafts/{draft}/submit", json={}).status_code == 200
    assert reviewer.post(f"/api/drafts/{draft}/publish", json={}).json()["edition"] == 2


def test_grids_are_split_named_and_merged(town: Site) -> None:
    editor = town.program(Role.GIS_EDITOR)
    draft = started(editor)
    line = [{"lon": 118.805, "lat": 28.899}, {"lon": 118.805, "lat": 28.911}]
    split = operate(editor, draft, op="split_grid", code="W1", line=line, codes=["W1", "W2"])
    assert split.status_code == 200 and set(split.json()["touched"]) == {"W1", "W2"}
    named = operate(editor, draft, op="describe", code="W2", name="西二", households=120).json()
    [west] = [grid for grid in named["grids"] if grid["code"] == "W2"]
    assert (west["name"], west["households"], west["changed"]) == ("西二", 120, True)
    assert operate(editor, draft, op="merge_grids", codes=["W1", "W2"], into="W1").json()["gone"] == ["W2"]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "move_node", "at": [1, 2], "to": [3, 4]},
        {"op": "move_node", "at": [1, 2]},
        {"op": "move_node", "at": [1.5, 2], "to": [3, 4]},
        {"op": "move_node", "at": {"lon": 118.8, "lat": 28.9, "z": 1}, "to": [3, 4]},
        {"op": "move_node", "at": {"lon": 500, "lat": 28.9}, "to": [3, 4]},
        {"op": "split_grid", "code": "W1", "line": [{"lon": -60, "lat": -80}, [1, 1]], "codes": ["N"]},
        {"op": "split_grid", "code": "W1", "line": [[1, 1], [1, 1]], "codes": ["N"]},
        {"op": "merge_grids", "codes": ["W1", "nowhere"], "into": "W1"},
        {"op": "recode", "code": "W1", "new": EASTERN},
        {"op": "describe", "code": "W1"},
        {"op": "describe", "code": "W1", "name": None},
        {"op": "restore", "grids": {"W1": None}},
        {"op": "drop table"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(town: Site, operation: dict[str, Any]) -> None:
    editor = town.program(Role.GIS_EDITOR)
    draft = started(editor)
    answer = operate(editor, draft, **operation)
    assert answer.status_code == 400 and answer.json()["detail"], answer.text
    assert editor.get(f"/api/drafts/{draft}").json()["revision"] == 0


def test_no_text_in_a_list_holds_a_zero_byte() -> None:
    with pytest.raises(ValidationError, match="zero byte"):
        SplitGrid(op="split_grid", code="W1", line=[(1, 1), (2, 2)], codes=["W\0"])


def test_a_refusal_has_a_name_and_what_it_is_about(town: Site) -> None:
    editor = town.program(Role.GIS_EDITOR)
    draft = started(editor)
    refused = operate(editor, draft, op="recode", code="nowhere", new="W9").json()
    assert refused["type"] == "/problems/edit-refused"
    assert refused["details"] == {"reason": "no_such_grid", "code": "nowhere"}
    assert editor.post(f"/api/drafts/{draft}/undo").json()["details"] == {"reason": "nothing_to_undo"}


@pytest.mark.parametrize("bbox", ["", "1,2,3", "a,b,c,d", "3,0,1,2", "nan,0,1,1", "0,0,200,1"])
def test_a_view_has_four_sides(town: Site, bbox: str) -> None:
    editor = town.program(Role.GIS_EDITOR)
    assert editor.get(f"/api/drafts/{started(editor)}/vertices", params={"bbox": bbox}).status_code == 400


def test_a_step_is_taken_once_and_only_on_what_was_seen(town: Site) -> None:
    editor = town.program(Role.GIS_EDITOR)
    draft = started(editor)
    corner = node_at(vertices(editor, draft), LINE, 28.90)
    move: dict[str, Any] = {"op": "move_node", "at": corner[:2], "to": {"lon": LINE - 0.001, "lat": 28.90}}
    key = {"Idempotency-Key": "one-drag-of-a-node"}
    first, again = (operate(editor, draft, key, **move) for _ in range(2))
    assert first.json() == again.json() and first.json()["revision"] == 1
    back = {"op": "move_node", "at": move["to"], "to": corner[:2]}
    assert operate(editor, draft, {"If-Match": '"0"'}, **back).status_code == 412
    assert operate(editor, draft, {"If-Match": '"1"'}, **back).json()["revision"] == 2


def test_only_who_drafts_there_edits_there(town: Site) -> None:
    draft = started(town.program(Role.GIS_EDITOR))
    for role in (Role.COMMANDER, Role.GRID_WORKER, Role.GIS_REVIEWER):
        assert operate(town.program(role), draft, op="retire", code="W1").status_code == 403
    assert vertices(town.program(Role.GIS_REVIEWER), draft)["grids"]
    assert town.program(Role.COMMANDER).get(f"/api/drafts/{draft}/vertices", params=VIEW).status_code == 403
    for area in (WEST, EAST):
        beyond = town.program(Role.GIS_EDITOR, path=f"/330802/{area}/")
        own = started(beyond)
        table = vertices(beyond, own)
        assert [grid["code"] for grid in table["grids"]] == ["W1" if area == WEST else EASTERN]
        corner = node_at(table, LINE, 28.90)
        answer = operate(beyond, own, op="move_node", at=corner[:2], to={"lon": LINE - 0.001, "lat": 28.90})
        assert answer.status_code == 403, answer.text
