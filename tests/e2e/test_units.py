"""A rental unit in its drawer: red becomes green by an inspection, an attempt changes nothing, everybody sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from geo.rules.class_table import DEFAULT
from tests.e2e.battle_page import CLASSES, BattlePage
from tests.e2e.conftest import OpenMap
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

WORDS = dict(zip(CLASSES, "红橙黄蓝绿", strict=True))
# Reasons of units whose class is a matter of the lease alone, so that a test can say what becomes of them.
PLAIN = {"green": {"term_months"}}


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


Units = Callable[[str], dict[str, Any]]


def is_calm(unit: dict[str, Any]) -> bool:
    """Whether two more leases are not yet the turnover that makes a class redder."""
    return sum(each["kind"] == "unit.term_set" for each in unit["history"]) + 2 < DEFAULT.turnover_changes


def let_for_days(program: httpx2.Client, unit: dict[str, Any]) -> None:
    """A green unit becomes red by its lease alone: of those that are so by themselves some days have none."""
    term = {"occupancy": "let", "since": datetime.now(UTC).date().isoformat(), "months": 0.5}
    told = program.post(f"/api/units/{unit['id']}/term", json=term).raise_for_status().json()
    assert told["class"] == "red"


@pytest.fixture(scope="module")
def unit_of(program: httpx2.Client) -> Units:
    """``unit_of(class)``: a unit of that class that no other test has had."""
    taken: set[int] = set()

    def find(risk: str) -> dict[str, Any]:
        listed = program.get("/api/units", params={"class": risk, "limit": 500}).raise_for_status().json()["items"]
        for item in listed:
            unit = program.get(f"/api/units/{item['id']}").raise_for_status().json()
            reasons = {reason["code"] for reason in unit["reasons"]}
            fits = risk not in PLAIN or (reasons <= PLAIN[risk] and is_calm(unit))
            if item["id"] not in taken and item["grid"] and fits:
                taken.add(item["id"])
                return dict(unit)
        raise AssertionError(f"the district has no {risk} unit that fits")

    return find


def counts(battle: BattlePage) -> dict[str, int]:
    """What the legend says of every class."""
    return {name: int(battle.class_count(name).inner_text().replace(",", "")) for name in CLASSES}


def expect_counts(battle: BattlePage, wanted: dict[str, int]) -> None:
    for name, number in wanted.items():
        expect(battle.class_count(name)).to_have_text(f"{number:,}")


def at(unit: dict[str, Any]) -> str:
    return f"#17.5/{unit['lat']}/{unit['lon']}?u={unit['id']}&lang=zh"


def choose(battle: BattlePage, label: str) -> None:
    battle.panel.locator("form label", has_text=label).first.click()


def test_red_becomes_green_by_a_pass_and_a_new_lease(open_map: OpenMap, program: httpx2.Client, unit_of: Units) -> None:
    unit = unit_of("green")
    let_for_days(program, unit)
    mine, other = open_map(at=at(unit)), open_map()
    before = counts(mine)
    expect(mine.panel.locator(".class-line b")).to_have_text("红")
    expect(mine.panel.locator(".class-line")).to_contain_text("7 天一检")
    mine.shows("units", unit["id"], CLASSES.index("red"))

    mine.panel.get_by_role("button", name="记录巡查").click()
    assert mine.panel.locator("form input[type=radio]:checked").count() == 0, "no result is chosen beforehand"
    choose(mine, "合格")
    choose(mine, "新租约")
    mine.panel.get_by_label("租期").fill("12")
    mine.panel.get_by_label("备注").fill("已换新租约")
    mine.has_no_flaws()
    mine.panel.get_by_role("button", name="保存").click()

    expect(mine.panel.locator(".class-line b")).to_have_text("绿")
    expect(mine.panel.locator(".class-line")).to_contain_text("90 天一检")
    expect(mine.panel.locator(".due-line")).to_contain_text("还有 90 天")
    expect(mine.panel.locator(".history li").first).to_contain_text("合格")
    expect(mine.panel.locator(".history li").first).to_contain_text("已换新租约")
    after = before | {"red": before["red"] - 1, "green": before["green"] + 1}
    for battle in (mine, other):
        expect_counts(battle, after)
        battle.shows("units", unit["id"], CLASSES.index("green"))
        assert not battle.is_overdue("units", unit["id"])
    now = program.get(f"/api/units/{unit['id']}").json()
    assert (now["class"], now["cycle_days"], now["due_state"]) == ("green", 90, "ok")


def test_an_attempt_leaves_the_cycle_alone(open_map: OpenMap, program: httpx2.Client, unit_of: Units) -> None:
    unit = unit_of("red")
    battle = open_map(at=at(unit))
    before = counts(battle)
    due = battle.panel.locator(".due-line").inner_text()
    battle.panel.get_by_role("button", name="记录巡查").click()
    choose(battle, "未遇")
    expect(battle.panel.locator("form .choices")).to_have_count(0)  # nobody met, nothing learnt about the letting
    battle.panel.get_by_role("button", name="保存").click()
    expect(battle.panel.locator(".history li").first).to_contain_text("未遇")
    expect(battle.panel.locator(".due-line")).to_have_text(due)
    expect(battle.panel.locator(".class-line b")).to_have_text("红")
    assert counts(battle) == before
    now = program.get(f"/api/units/{unit['id']}").json()
    assert [now[part] for part in ("class", "next_due", "cycle_days")] == [
        unit[part] for part in ("class", "next_due", "cycle_days")
    ]


@pytest.mark.parametrize(("result", "then"), [("严重问题", "red"), ("未同意入户", "red"), ("轻微问题", "blue")])
def test_a_green_unit_that_does_not_pass(open_map: OpenMap, unit_of: Units, result: str, then: str) -> None:
    unit = unit_of("green")
    mine, other = open_map(at=at(unit)), open_map()
    mine.panel.get_by_role("button", name="记录巡查").click()
    choose(mine, result)
    mine.panel.get_by_role("button", name="保存").click()
    expect(mine.panel.locator(".class-line b")).to_have_text(WORDS[then])
    for battle in (mine, other):
        battle.shows("units", unit["id"], CLASSES.index(then))


def test_a_result_must_be_chosen(open_map: OpenMap, unit_of: Units) -> None:
    battle = open_map(at=at(unit_of("yellow")))
    battle.panel.get_by_role("button", name="记录巡查").click()
    battle.panel.get_by_role("button", name="保存").click(force=True)
    expect(battle.panel.get_by_text("先选结果。")).to_be_visible()
    battle.panel.get_by_role("button", name="取消").click()
    expect(battle.panel.locator("form")).to_have_count(0)


def test_a_unit_that_is_no_longer_let_leaves_the_map(open_map: OpenMap, unit_of: Units) -> None:
    unit = unit_of("blue")
    mine, other = open_map(at=at(unit)), open_map()
    before = counts(mine)
    mine.panel.get_by_role("button", name="更新租赁情况").click()
    choose(mine, "不再出租")
    mine.panel.get_by_role("button", name="保存").click()
    expect(mine.panel.locator(".card")).to_contain_text("不再出租")
    for battle in (mine, other):
        battle.shows("units", unit["id"], None)
        expect_counts(battle, before | {"blue": before["blue"] - 1})
