"""Filters: everything on the page follows them, the address keeps them, and who may not have one never sees it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from geo.rules.access import Role
from tests.e2e.battle_page import FRAMES, BattlePage
from tests.e2e.conftest import OpenMap
from tests.e2e.places import grids_of, report, spots
from tests.e2e.service import EVERYTHING, Service
from tests.e2e.test_page import LOCALES, SIZES, every, in_words

pytestmark = pytest.mark.browser

WORDS = {
    "zh": {"filter": "筛选", "overdue": "只看超期", "clear": "清除筛选", "nothing": "没有符合条件的。", "all": "共"},
    "en": {
        "filter": "Filter",
        "overdue": "Overdue only",
        "clear": "Clear",
        "nothing": "Nothing matches.",
        "all": "of",
    },
}


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


@pytest.fixture
def issues(program: httpx2.Client) -> list[dict[str, Any]]:
    """Open issues that lie in a grid, asked anew for every test: at the close of office many become overdue at once."""
    found = every(program, "/api/issues", state="open") + every(program, "/api/issues", state="reopened")
    return [issue for issue in found if issue["grid"] is not None]


def address(page: Page) -> str:
    return page.evaluate("location.hash")


def open_filter(battle: BattlePage, size: str = "desk") -> Locator:
    """The panel of filters, opened as a person does."""
    if size == "phone":
        battle.page.locator(".map-buttons.phone button").first.tap()
    battle.page.locator(".filter-button").click()
    fields = battle.page.locator(".filter-fields")
    expect(fields).to_be_visible()
    return fields


def choice(fields: Locator, text: str) -> Locator:
    return fields.locator(".filter-choice").filter(has_text=text)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_figures_list_and_legend_follow(
    open_map: OpenMap, issues: list[dict[str, Any]], size: str, language: str
) -> None:
    battle, words = open_map(**SIZES[size], locale=LOCALES[language]), WORDS[language]
    page = battle.page
    late = [i["category"] for i in issues if i["overdue"]]
    category = max(late, key=late.count)
    wanted = [i for i in issues if i["category"] == category and i["overdue"]]
    fields = open_filter(battle, size)
    if size == "desk":  # on a phone the sheet of layers lies over everything
        battle.has_no_flaws()
    choice(fields, words["overdue"]).click()
    name = page.evaluate(
        "([code, member]) => issues_layer.session.board.config.categories.find((c) => c.code === code)[member]",
        [category, "name_en" if language == "en" else "name"],
    )
    name = name[0].upper() + name[1:]
    own = fields.locator(".filter-list .filter-choice", has=page.get_by_text(name, exact=True))
    own.dblclick()  # as in the legend: one press leaves it out, two leave it alone
    expect(own).to_have_attribute("aria-pressed", "true")
    expect(fields.locator(".filter-list .filter-choice[aria-pressed=true]")).to_have_count(1)
    expect(own.locator("small")).to_have_text(in_words(len(wanted)))
    if size == "desk":
        battle.has_no_flaws()
    assert f"category={category}&overdue=1" in address(page)
    if size == "phone":
        page.locator(".filter-done").click()
    else:
        page.locator(".filter-button").click()
    expect(page.locator(".filter-fields")).to_have_count(0)
    for at in (0, 1):
        expect(battle.kpi(at)).to_have_text(in_words(len(wanted)))
    if size == "desk":
        expect(page.locator("#kpi em").first).to_contain_text(words["all"])
        steps = page.locator("#legend .shades small").all_inner_texts()
        in_grids = {i["grid"] for i in wanted}
        assert sum(int(step.replace(",", "")) for step in steps[1:]) == len(in_grids)
    listed = battle.panel.locator(".top .overdue").all_inner_texts()
    of_worst = sorted((sum(i["grid"] == code for i in wanted) for code in {i["grid"] for i in wanted}), reverse=True)
    assert all(any(str(n) in text for n in of_worst) for text in listed)
    expect(page.locator(".chip")).to_have_count(2)
    battle.has_no_flaws()

    kept = address(page)
    page.reload()
    battle.is_ready()
    assert address(page) == kept
    expect(battle.kpi(0)).to_have_text(in_words(len(wanted)))
    for _ in range(2):
        page.locator(".chip").first.click()
    expect(page.locator(".chip")).to_have_count(0)
    expect(battle.kpi(0)).to_have_text(in_words(len(issues)))
    assert "category" not in address(page)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_card_of_a_grid_follows(open_map: OpenMap, issues: list[dict[str, Any]], language: str) -> None:
    in_time = {i["grid"] for i in issues if not i["overdue"]}
    late = [i["grid"] for i in issues if i["overdue"] and i["grid"] in in_time]
    code = max(late, key=late.count)
    mine = [i for i in issues if i["grid"] == code]
    mine_late = sorted((i for i in mine if i["overdue"]), key=lambda issue: (issue["due_at"], issue["id"]))
    assert 0 < len(mine_late) < len(mine)
    battle = open_map(at=f"#?g={code}&lang={language}", locale=LOCALES[language])
    rows, figures = battle.panel.locator(".issues button"), battle.panel.locator(".trio b")
    expect(figures.nth(1)).to_have_text(in_words(len(mine)))
    expect(rows).to_have_count(min(10, len(mine)))

    fields = open_filter(battle)
    choice(fields, WORDS[language]["overdue"]).click()
    expect(rows).to_have_count(min(10, len(mine_late)))
    for row, issue in zip(rows.all(), mine_late, strict=False):
        expect(row).to_contain_text(issue["number"])
    all_of = f"{WORDS[language]['all']} {len(mine)}"
    expect(figures.nth(1)).to_have_text(f"{len(mine_late)} {all_of}")
    battle.has_no_flaws()

    ages = fields.locator(".filter-ages .filter-choice")
    ages.first.dblclick()  # and of the last day: what is overdue already is seldom so young
    young = [i for i in mine_late if (datetime.now(UTC) - datetime.fromisoformat(i["opened_at"])).days < 2]
    expect(rows).to_have_count(len(young))
    if not young:
        expect(battle.panel).to_contain_text(WORDS[language]["nothing"])
    battle.page.locator(".chip").first.click()
    battle.page.locator(".chip").first.click()
    other = next(i["area"] for i in grids_of_others(battle, code))
    battle.go(f"#?g={code}&area={other}&lang={language}")
    expect(battle.panel.locator(".note.whole")).to_be_visible()  # not in the filter: all of it, and that is said
    expect(figures.nth(1)).to_have_text(in_words(len(mine)))
    battle.has_no_flaws()


def grids_of_others(battle: BattlePage, code: str) -> list[dict[str, Any]]:
    """The grids that lie in other communities than one."""
    script = (
        "() => [...grids_layer.session.board.grids.values()].map(({ properties: { code, area } }) => ({ code, area }))"
    )
    grids: list[dict[str, Any]] = battle.page.evaluate(script)
    own = next(grid["area"] for grid in grids if grid["code"] == code)
    return [grid for grid in grids if grid["area"] != own]


def test_more_issues_than_a_card_lists_at_first_are_a_press_away(
    open_map: OpenMap, program: httpx2.Client, issues: list[dict[str, Any]]
) -> None:
    spot = next(spot for spot in spots(program))
    for _ in range(11):
        program.post("/api/reports", json=report(spot)).raise_for_status()
    battle = open_map(at=f"#?g={spot.code}&lang=zh")
    rows, more = battle.panel.locator(".issues button"), battle.panel.locator(".more")
    expect(rows).to_have_count(10)
    there = sum(grid["open"] for grid in grids_of(program) if grid["code"] == spot.code)
    for shown in range(20, there + 10, 10):
        more.click()
        expect(rows).to_have_count(min(shown, there))
    expect(more).to_have_count(0)


def test_an_area_and_who_answers_narrow_the_map_to_their_grids(open_map: OpenMap, program: httpx2.Client) -> None:
    battle = open_map()
    page = battle.page
    grids = grids_of(program)
    whole = page.locator("#legend .shades small").all_inner_texts()
    fields = open_filter(battle)
    before = address(page)
    fields.locator("select").nth(0).select_option(index=1)
    page.wait_for_function("(before) => !location.hash.startsWith(before)", arg=before.split("?")[0])
    battle.has_no_flaws()
    assert "area=" in address(page)
    expect(fields.locator("select")).to_have_count(4)  # subdistrict, community, grid, lead
    page.locator(".filter-button").click()
    page.evaluate(FRAMES)
    part = page.locator("#legend .shades small").all_inner_texts()
    battle.has_no_flaws()
    assert 0 < sum(map(int, part)) < sum(map(int, whole)) == len(grids)
    fields = open_filter(battle)
    fields.locator("select").nth(2).select_option(index=1)
    expect(page.locator(".chip")).to_have_count(2)
    assert "grid=" in address(page)
    fields.locator(".filter-clear").click()

    lead = next(grid["lead"]["name"] for grid in grids if grid["lead"])
    fields.locator("select").last.select_option(label=lead)
    mine = [grid for grid in grids if grid["lead"] and grid["lead"]["name"] == lead]
    expect(battle.kpi(0)).to_have_text(in_words(sum(grid["open"] for grid in mine)))
    expect(page.locator(".chip")).to_contain_text(lead)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_nothing_matches_says_so_and_can_be_cleared(open_map: OpenMap, language: str) -> None:
    words = WORDS[language]
    battle = open_map(at=f"#?state=&lang={language}", locale=LOCALES[language])
    expect(battle.panel.get_by_role("heading", name=words["nothing"])).to_be_visible()
    battle.has_no_flaws()
    battle.panel.get_by_role("button", name=words["clear"]).click()
    expect(battle.panel.locator(".top li")).to_have_count(3)
    expect(battle.page.locator(".chip")).to_have_count(0)


def test_a_link_with_what_its_reader_may_not_have_is_opened_without_it(open_map: OpenMap) -> None:
    full = "#?overdue=1&category=0102&age=0-1&state=open&i=1&area=nowhere&lead=nobody&f=red&lang=zh"
    battle = open_map(Role.KIOSK, at=full)
    expect(battle.toast).to_be_visible()
    expect(battle.page.locator(".chip")).to_have_count(0)
    battle.page.evaluate(FRAMES)
    for part in ("overdue=", "category=", "age=", "state=", "i=", "area=", "lead="):
        assert f"{part}" not in address(battle.page).partition("?")[2].replace("f=", "")
    battle.page.locator(".filter-button").click()
    expect(battle.page.locator(".filter-choice")).to_have_count(0)  # counts only: no issues, no names
    expect(battle.page.locator(".filter-fields select")).to_have_count(1)


def test_a_filter_takes_no_round_trip(open_map: OpenMap) -> None:
    battle = open_map()
    fields = open_filter(battle)
    asked: list[str] = []
    battle.page.on("request", lambda request: asked.append(request.url))
    for _ in range(4):
        choice(fields, "只看超期").click()
    choice(fields, "8–30").click()
    expect(choice(fields, "8–30")).to_have_attribute("aria-pressed", "false")
    expect(fields.locator(".filter-ages [aria-pressed=true]")).to_have_count(3)
    battle.page.evaluate(FRAMES)
    assert [url for url in asked if "/api/" in url or "/map/" in url] == []


def test_going_back_takes_the_filter_along(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    choice(open_filter(battle), "只看超期").click()
    battle.panel.locator(".top button").first.click()
    expect(page.locator(".card h2")).to_be_visible()
    page.locator(".chip").click()
    page.go_back()
    expect(page.locator(".chip")).to_have_count(1)
    expect(battle.panel.locator(".top li").first).to_be_visible()
