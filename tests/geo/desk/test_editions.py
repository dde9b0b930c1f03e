"""Editions as a list, what differs between two of them, and how a grid came to be what it is."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import shapely

from geo.desk import drafts, publishing
from geo.desk.draft_collection import collections_of_drafts
from geo.desk.edition_difference import Compared, difference
from geo.desk.edition_grids import load
from geo.desk.edition_list import list_editions
from geo.desk.grid_history import grid_history
from geo.errors import NotFound
from geo.rules.access import EVERYWHERE, Capability, Extent, Reach
from geo.store.store import Store
from tests import district, redrawn
from tests.district import METRIC
from tests.geo.desk.test_publishing import Town, eastward

WEST = [Extent("/D/C0/")]


@pytest.fixture
def town(store: Store, now: datetime) -> Town:
    return Town(district.build(store, now), now)


def editions(town: Town, extents: Any = EVERYWHERE, cursor: str | None = None, limit: int = 100) -> Any:
    with town.store.read() as conn:
        return list_editions(conn, extents, None, cursor, limit)


def differs(town: Town, number: int, older: int | None = None, extents: Any = EVERYWHERE, **asked: Any) -> Any:
    with town.store.read() as conn:
        return difference(conn, METRIC, Compared(number, older, **asked), extents)


def splits(grids: Any) -> Any:
    return redrawn.split(grids, redrawn.of_code(grids, "G22"), "G22-2")


def merges(grids: Any) -> Any:
    return redrawn.merged(grids, redrawn.of_code(grids, "G11"), redrawn.of_code(grids, "G12"))


def test_editions_say_when_who_why_and_how_much(town: Town) -> None:
    for change in (eastward, splits, merges):
        town.publish(town.draft(change))
    told = editions(town).items
    assert [(each["number"], each["changed"], each["grids"]) for each in told] == [
        (4, 2, 9), (3, 2, 10), (2, 4, 9), (1, 9, 9),
    ]  # fmt: skip
    assert [each["until"] for each in told] == [None, *(each["from"] for each in told[:-1])]
    assert [(each["actor"], each["created_by"], each["draft"]) for each in told[:3]] == [
        ("second", "tester", draft) for draft in (3, 2, 1)
    ]
    assert told[0]["reason"] == "draft 3: a change"
    first = editions(town, limit=3)
    assert [each["number"] for each in editions(town, cursor=first.cursor).items] == [1]
    # Who sees one community is told of what changed there.
    assert [(each["changed"], each["reason"] is None) for each in editions(town, WEST).items[:3]] == [
        (0, True), (0, True), (2, False),
    ]  # fmt: skip
    with pytest.raises(NotFound), town.store.read() as conn:
        list_editions(conn, EVERYWHERE, "nowhere", None, 1)


def test_what_differs_is_told_by_area_and_drawn(town: Town) -> None:
    town.publish(town.draft(eastward))
    town.publish(town.draft(splits))
    whole = differs(town, 3, 1)
    assert {each["code"]: each["change"] for each in whole["changes"]} == {
        "G00": "reshaped", "G01": "reshaped", "G10": "reshaped", "G11": "reshaped", "G22": "reshaped",
        "G22-2": "added",
    }  # fmt: skip
    assert (whole["scheme"], whole["from"], whole["to"], whole["count"]) == ("primary", 1, 3, 6)
    drawn = [(each["properties"]["code"], each["properties"]["side"]) for each in whole["map"]["features"]]
    assert ("G22-2", "before") not in drawn and len(drawn) == 11
    split = differs(town, 3)
    assert (split["from"], [each["code"] for each in split["changes"]]) == (2, ["G22", "G22-2"])
    assert [(each["kind"], each["from"], each["to"]) for each in split["lineage"]] == [("split", "G22", "G22-2")]

    west = differs(town, 3, 1, WEST)
    assert [each["code"] for each in west["changes"]] == ["G00", "G01"]
    assert {(each["from"], each["to"]) for each in west["lineage"]} == {(None, "G00"), (None, "G01")}
    narrowed = differs(town, 3, 1, area="C0")
    assert [each["code"] for each in narrowed["changes"]] == ["G00", "G01"]
    assert {(each["from"], each["to"]) for each in narrowed["lineage"]} == {("G10", "G00"), ("G11", "G01")}
    for number, older, area in ((4, None, None), (3, 9, None), (3, 1, "nowhere")):
        with pytest.raises(NotFound):
            differs(town, number, older, area=area)
    assert {each["change"] for each in differs(town, 1)["changes"]} == {"added"}
    assert differs(town, 2, 2)["changes"] == []


def test_of_two_grids_that_had_a_code_in_turn_each_is_drawn_as_what_became_of_it(town: Town) -> None:
    def given_on(grids: Any) -> Any:
        other = redrawn.of_code(grids, "G22")
        return {**merges(grids), other.key: replace(other, code="G12")}

    town.publish(town.draft(given_on))
    told = differs(town, 2)
    assert sorted((each["code"], each["change"]) for each in told["changes"] if each["code"] == "G12") == [
        ("G12", "gone"), ("G12", "recoded"),
    ]  # fmt: skip
    drawn = [each["properties"] for each in told["map"]["features"] if each["properties"]["code"] == "G12"]
    assert sorted((each["change"], each["side"]) for each in drawn) == [
        ("gone", "before"), ("recoded", "after"), ("recoded", "before"),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_difference_leads_from_one_edition_to_the_other(town: Town, seed: int) -> None:
    """Whatever was published between them, and in both directions; ground that moved is accounted for."""
    chance = random.Random(seed)
    for number in range(4):
        town.publish(town.draft(lambda grids, n=number: redrawn.any_change(grids, chance, n), outline=True))
    older, newer = sorted(chance.sample(range(1, 6), 2))
    with town.store.read() as conn:
        grids = {n: {g.code: g.geom for g in load(conn, 1, n).values()} for n in (older, newer)}
    for one, two in ((older, newer), (newer, older)):
        told = differs(town, two, one)
        before, after = (set(grids[n].items()) for n in (one, two))
        gone = {each["was"] for each in told["changes"] if each["was"]}
        come = {each["code"] for each in told["changes"] if each["change"] != "gone"}
        assert {code for code, _ in before - after} <= gone and {code for code, _ in after - before} <= come
        assert told["count"] == len(told["changes"])
        moved = sum(each["area_m2"] for each in told["lineage"] if each["kind"] not in ("created", "retired"))
        lost = sum(
            shapely.difference(grids[one][each["was"]], grids[two].get(each["code"], shapely.Polygon())).area
            for each in told["changes"]
            if each["was"]
        )
        assert moved <= lost + 0.01


def test_the_history_of_a_grid_ends_with_who_took_it_away(town: Town) -> None:
    town.publish(town.draft(eastward))
    town.publish(town.draft(merges))
    with town.store.read() as conn:
        told = {code: grid_history(conn, METRIC, code, EVERYWHERE) for code in ("G11", "G12")}
    assert [(each["edition"], each["until_edition"]) for each in told["G11"]["history"]] == [(1, 2), (2, 3), (3, None)]
    assert told["G11"]["ended"] is None
    assert [each["draft"] for each in told["G11"]["history"]] == [None, 1, 2]
    ended = told["G12"]["ended"]
    assert (ended["edition"], ended["actor"], ended["reason"], ended["draft"]) == (3, "second", "draft 2: a change", 2)
    assert told["G12"]["ground_left"][0]["to"] == "G11"
    before, after = (shapely.geometry.shape(each["geometry"]) for each in told["G11"]["history"][:2])
    assert not before.equals(after)


def test_an_edition_that_is_taken_back_says_so(town: Town) -> None:
    town.publish(town.draft(eastward))
    back = town.do(drafts.start_taking_back, 2)
    with town.store.read() as conn:
        (layer,) = collections_of_drafts(conn, Reach({Capability.BOUNDARIES_DRAFT: EVERYWHERE}), "tester")
    assert layer.title == f"草案 Draft {back}: 收回第 2 版 Edition 2 taken back", "a GIS program says no language"
    publishing.submit(town.desk, back, town.clock, district.TESTER)
    town.publish(back)
    assert [each["takes_back"] for each in editions(town).items] == [2, None, None]
    assert differs(town, 3, 1)["changes"] == []
    with town.store.read() as conn:
        history = grid_history(conn, METRIC, "G11", EVERYWHERE)["history"]
    assert [each["takes_back"] for each in history] == [None, None, 2]
    assert [each["title"] for each in history] == [None, "a change", "edition 2 taken back"]


def test_the_edition_that_took_a_grid_away_says_whether_it_took_another_back(town: Town) -> None:
    town.publish(town.draft(splits))
    back = town.do(drafts.start_taking_back, 2)
    publishing.submit(town.desk, back, town.clock, district.TESTER)
    town.publish(back)
    with town.store.read() as conn:
        ended = grid_history(conn, METRIC, "G22-2", EVERYWHERE)["ended"]
    assert (ended["edition"], ended["title"], ended["takes_back"]) == (3, "edition 2 taken back", 2)
