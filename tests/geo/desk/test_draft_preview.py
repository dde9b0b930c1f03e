"""A preview says what the publication then does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import shapely

from geo.desk import draft_preview, drafts, planning, publishing
from geo.desk.draft_preview import Sights
from geo.desk.edition_grids import GridRow, Key
from geo.desk.place_parts import assign_places
from geo.errors import Conflict
from geo.rules.access import EVERYWHERE, Extent
from geo.store import tables
from geo.store.store import Store
from tests import district, redrawn
from tests.geo.desk.test_publishing import SECOND, Town, eastward


@pytest.fixture
def town(store: Store, now: datetime) -> Town:
    return Town(district.build(store, now), now)


def place(town: Town, code: str, at: tuple[float, float], households: int | None, parent: int | None = None) -> int:
    """A compound of ten metres around a place in grid units."""
    x, y = redrawn.at(*at)
    geom = shapely.box(x - 5, y - 5, x + 5, y + 5)
    row = {"code": code, "kind": "compound", "name": code, "geom": geom, "households": households, "parent_id": parent}
    with town.store.write() as conn:
        key = conn.execute(tables.place.insert().values(row)).inserted_primary_key
    assert key is not None
    town.do(assign_places, [key[0]])
    return int(key[0])


def previewed(town: Town, draft: int, sights: Sights | None = None) -> dict[str, Any]:
    with town.store.read() as conn:
        plan = planning.make(conn, town.desk.atlas, draft)
        return draft_preview.preview(conn, plan, sights or Sights.everything(), town.clock().date())


def moves(told: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    return [tuple(move[name] for name in ("from", "to", "issues", "units", "households")) for move in told["moves"]]


def test_what_moves_and_the_loads_before_and_after(town: Town) -> None:
    for column, row in ((1.1, 0.95), (1.2, 0.95), (1.9, 0.5), (0.5, 0.5)):
        town.report(column, row)
    town.unit(1.1, 1.05)
    block = place(town, "B", (1.15, 0.95), 40)
    place(town, "B-1", (1.16, 0.95), 25, block)
    place(town, "far", (1.9, 0.2), 7)
    place(town, "none", (1.15, 0.96), None)
    draft = town.draft(eastward)
    told = previewed(town, draft)
    # What is told of a building is among what its compound tells: the building counts.
    assert moves(told) == [("G10", "G00", 2, 0, 25), ("G11", "G01", 0, 1, 0)]
    assert (told["issues"], told["units"], told["households"], told["edition"]) == (2, 1, 25, 2)
    loads = {load["grid"]: (load["issues"], load["units"], load["households"]) for load in told["loads"]}
    assert loads["G10"] == ([3, 1], [0, 0], [32, 7])
    assert loads["G00"] == ([1, 3], [0, 0], [0, 25])
    assert loads["G11"][1] == [1, 0]
    assert {each["grid"]: each["lead"] for each in told["told"]} == dict.fromkeys(("G00", "G01", "G10", "G11"))
    assert sum(each["area_m2"] for each in told["lineage"]) == pytest.approx(2 * 80 * 200 / 2)
    done = publishing.publish(town.desk, draft, town.clock, SECOND)
    assert (done.issues, done.units) == (2, 1)


def test_a_grid_that_is_new_has_a_load_and_nobody_who_answers(town: Town) -> None:
    for column, row in ((1.9, 1.9), (1.2, 1.2)):
        town.report(column, row)
    told = previewed(town, town.draft(lambda g: redrawn.split(g, redrawn.of_code(g, "G11"), "G11-2")))
    loads = {load["grid"]: load["issues"] for load in told["loads"]}
    assert sorted(loads.values()) == [[0, 1], [2, 1]]
    assert loads["G11-2"] == [0, 1]
    assert {"grid": "G11-2", "lead": None} in told["told"]


def test_households_are_those_stated_of_a_grid_and_what_the_draft_states_counts(town: Town) -> None:
    place(town, "B", (1.15, 0.95), 25)
    place(town, "far", (1.9, 0.2), 7)

    def loads_of(draft: int) -> dict[str, Any]:
        return {load["grid"]: load["households"] for load in previewed(town, draft)["loads"]}

    def stated(grids: redrawn.Grids) -> dict[Key, GridRow | None]:
        said = {"G00": 420, "G11": 30}
        return {key: grid and replace(grid, households=said.get(grid.code)) for key, grid in eastward(grids).items()}

    first = town.draft(stated)
    loads = loads_of(first)
    assert (loads["G10"], loads["G00"], loads["G11"], loads["G01"]) == ([32, 7], [0, 420], [0, 30], [0, 0])
    town.publish(first)
    loads = loads_of(town.draft(lambda g: redrawn.moved(g, redrawn.at(1.4, 1), redrawn.at(1, 1))))
    assert (loads["G10"], loads["G00"], loads["G11"]) == ([7, 32], [420, 395], [30, 30])


def test_a_plan_is_made_once_while_nothing_changes(town: Town) -> None:
    draft = town.draft(eastward)

    def plan() -> planning.Plan:
        with town.store.read() as conn:
            return planning.planned(conn, town.desk.atlas, draft)

    first = plan()
    assert plan() is first
    town.report(1.1, 0.95)
    second = plan()
    assert second is not first and len(second.looked.changed) == len(first.looked.changed) + 1
    town.do(drafts.send_back, draft, "further")
    further = redrawn.moved(town.work(draft).grids, redrawn.at(1.4, 1), redrawn.at(1.5, 1))
    town.do(drafts.record, draft, "replace_grids", {}, further)
    assert plan().work.row.revision == first.work.row.revision + 1


def test_a_grid_that_goes_is_told_with_what_it_loses(town: Town) -> None:
    town.report(0.5, 1.5)
    told = previewed(
        town, town.draft(lambda g: redrawn.merged(g, redrawn.of_code(g, "G00"), redrawn.of_code(g, "G01")))
    )
    assert moves(told) == [("G01", "G00", 1, 0, 0)]
    assert [(load["grid"], load["gone"], load["issues"]) for load in told["loads"]] == [
        ("G00", False, [0, 1]),
        ("G01", True, [1, 0]),
    ]


def test_a_recoded_grid_moves_nothing(town: Town) -> None:
    town.report(0.5, 0.5)
    told = previewed(town, town.draft(lambda g: redrawn.recoded(redrawn.of_code(g, "G00"), redrawn.of_code(g, "G22"))))
    assert (told["moves"], told["issues"], told["lineage"]) == ([], 0, [])
    assert [(each["was"], each["code"]) for each in told["changes"]] == [("G22", "G00"), ("G00", "G22")]


def test_what_the_reader_may_not_see_everywhere_is_null(town: Town) -> None:
    town.report(1.1, 0.95)
    draft = town.draft(eastward)
    half = (Extent("/D/C0/"),)
    some = (Extent("/D/", frozenset({"01"})),)
    told = previewed(town, draft, Sights(half, EVERYWHERE, some))
    assert (told["issues"], told["units"], told["told"]) == (None, 0, None)
    assert all(load["issues"] is None for load in told["loads"])


def test_a_draft_that_changes_nothing_has_no_preview(town: Town) -> None:
    draft = town.do(drafts.start, "nothing")
    with pytest.raises(Conflict, match="changes nothing"):
        previewed(town, draft)
