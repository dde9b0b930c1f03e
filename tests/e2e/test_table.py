"""The map as a table: every grid, in any order, live, by permission, and as quick with ten thousand rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Route, expect

from geo.rules.access import Role
from tests.e2e.battle_page import BattlePage
from tests.e2e.conftest import OpenMap
from tests.e2e.district import GRIDS
from tests.e2e.places import grids_of, report, spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PAGE = 100


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


def open_table(battle: BattlePage) -> Locator:
    battle.panel.locator(".as-table button").click()
    table = battle.page.get_by_role("dialog")
    expect(table.locator("tbody tr").first).to_be_visible()
    return table


def column(table: Locator, at: int) -> list[str]:
    return table.locator(f"tbody tr > :nth-child({at})").all_inner_texts()


def test_it_holds_every_grid_and_sorts_by_any_column(open_map: OpenMap, program: httpx2.Client) -> None:
    battle = open_map()
    table = open_table(battle)
    grids = grids_of(program)
    worst = sorted(grids, key=lambda grid: (-grid["overdue"], grid["code"]))
    assert column(table, 2) == [grid["code"] for grid in worst[:PAGE]], "by the figure of the map, most first"
    assert column(table, 3) == [grid["lead"]["name"] if grid["lead"] else "无人负责" for grid in worst[:PAGE]]

    table.get_by_role("button", name="编码").click()
    expect(table.locator("th[aria-sort=ascending]")).to_have_text("编码 ↑")
    codes = sorted(grid["code"] for grid in grids)
    assert column(table, 2) == codes[:PAGE]
    table.get_by_role("button", name="下一页").click()
    table.get_by_role("button", name="下一页").click()
    assert column(table, 2) == codes[2 * PAGE :]
    expect(table.get_by_role("button", name="下一页")).to_have_attribute("aria-disabled", "true")
    expect(table.locator(".pages")).to_contain_text(f"201–{GRIDS}，共 {GRIDS}")
    table.get_by_role("button", name="编码").click()
    assert column(table, 2) == codes[::-1][:PAGE], "another order begins at its start"


def test_a_row_is_walked_to_by_keys_and_opens_its_grid(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    battle.panel.locator(".as-table button").focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("dialog")
    table.locator("tbody button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    second = table.locator("tbody button").nth(1)
    expect(second).to_be_focused()
    name = second.inner_text()
    page.keyboard.press("Enter")
    expect(table).to_have_count(0)
    expect(battle.panel.locator(".card h2")).to_have_text(name)
    expect(battle.back()).to_be_focused()


def test_its_numbers_are_live_and_nothing_moves_under_the_reader(open_map: OpenMap, program: httpx2.Client) -> None:
    battle = open_map()
    table = open_table(battle)
    table.get_by_role("button", name="编码").click()
    first = min(grids_of(program), key=lambda grid: grid["code"])
    spot = next(spot for spot in spots(program) if spot.code == first["code"])
    row = table.locator("tbody tr").first
    heads = table.locator("thead th").all_inner_texts()
    at = next(n for n, head in enumerate(heads, 1) if head.startswith("未办结"))
    open_issues = row.locator(f"> :nth-child({at})")
    expect(open_issues).to_have_text(str(first["open"]))
    program.post("/api/reports", json=report(spot)).raise_for_status()
    expect(open_issues).to_have_text(str(first["open"] + 1))
    expect(row.locator("> :nth-child(2)")).to_have_text(first["code"])


def test_it_shows_what_the_reader_may_see(open_map: OpenMap, program: httpx2.Client) -> None:
    battle = open_map(Role.KIOSK, at="#?lang=en")
    table = open_table(battle)
    heads = table.locator("thead th").all_inner_texts()
    assert "Lead" not in heads
    leads = {grid["lead"]["name"] for grid in grids_of(program) if grid["lead"]}
    assert not [name for name in leads if name in table.inner_text()]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_phone_it_fills_the_screen_and_scrolls_in_itself(open_map: OpenMap, language: str) -> None:
    battle = open_map(**PHONE, at=f"#?lang={language}")
    table = open_table(battle)
    box = table.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (390, 844)
    assert battle.page.evaluate("document.documentElement.scrollWidth") == 390
    scroll = table.locator(".table-scroll")
    assert scroll.evaluate("(e) => e.scrollWidth > e.clientWidth")
    scroll.evaluate("(e) => e.scrollTo(e.scrollWidth, 500)")
    name = table.locator("tbody th").nth(20).bounding_box()
    head = table.locator("thead th").last.bounding_box()
    assert name is not None
    assert name["x"] == 0, "the name stays"
    assert head is not None
    assert head["y"] < 250, "and so does the head"
    table.get_by_role("button", name={"zh": "关闭", "en": "Close"}[language]).click()
    expect(table).to_have_count(0)


def square(n: int) -> dict[str, Any]:
    """The geometry of the n-th of many grids that lie beside each other, a hundred in a row."""
    west, south, side = 118.7 + n % 100 * 0.005, 28.7 + n // 100 * 0.005, 0.005
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_ten_thousand_rows_are_as_many_elements_as_a_hundred(open_map: OpenMap) -> None:
    many = 10_000

    def multiplied(route: Route) -> None:
        answer = route.fetch()
        grids = answer.json()
        known = grids["features"][0]["properties"]
        grids["features"] = [
            {"type": "Feature", "geometry": square(n), "properties": {**known, "code": f"{n:015d}", "open": n}}
            for n in range(many)
        ]
        route.fulfill(response=answer, body=json.dumps(grids))

    battle = open_map()
    battle.page.route("**/map/grids", multiplied)
    battle.page.reload()
    battle.is_ready()
    table = open_table(battle)
    table.get_by_role("button", name="未办结", exact=False).click()
    assert column(table, 2)[0] == f"{many - 1:015d}"
    assert table.locator("tbody tr").count() == PAGE
    expect(table.locator(".pages")).to_contain_text("共 10,000")
