"""What a person sees on the page: true numbers, in both languages, by day and by night, at every size."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from playwright.sync_api import TimeoutError, expect

from geo.rules.access import Role
from tests.e2e.battle_page import CLASSES, FIGURES, FRAMES, PANELS
from tests.e2e.conftest import OpenMap
from tests.e2e.district import GRIDS
from tests.e2e.places import grids_of
from tests.e2e.service import EVERYTHING, Service

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

SIZES: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1440, "height": 900}},
    "wall": {"viewport": {"width": 3840, "height": 2160}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}


@pytest.fixture(scope="module")
def program(service: Service) -> Any:
    with service.program(*EVERYTHING) as client:
        yield client


def every(client: httpx2.Client, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    items, cursor = [], None
    while True:
        page = client.get(path, params=query | ({"cursor": cursor} if cursor else {})).raise_for_status().json()
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def in_words(number: int) -> str:
    return f"{number:,}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off_or_covered(open_map: OpenMap, size: str, language: str, scheme: str) -> None:
    battle = open_map(**SIZES[size], locale=LOCALES[language], color_scheme=scheme)
    page = battle.page
    assert page.evaluate("document.documentElement.lang") == LOCALES[language][:2] + ("-CN" if language == "zh" else "")
    battle.has_no_flaws()
    assert len(battle.discs()) == 3, "the worst three stand on the map that one sees first"

    page.locator("#panel .top button").first.click()  # the grid's card
    expect(page.locator(".card .issues button").first).to_be_visible()
    battle.has_no_flaws()
    page.locator(".card .issues button").first.click()  # the first issue of it
    expect(page.locator(".card .fact-list")).to_be_visible()
    battle.has_no_flaws()
    page.get_by_role("button", name={"zh": "销号", "en": "Close issue"}[language], exact=False).last.click()
    expect(page.locator("form textarea")).to_be_visible()
    battle.has_no_flaws()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_no_card_of_the_list_has_a_flaw(open_map: OpenMap, size: str) -> None:
    battle = open_map(**SIZES[size])
    rows = battle.panel.locator(".top button, .rest button")
    expect(rows).to_have_count(10)
    for at in range(10):
        rows.nth(at).click()
        expect(battle.panel.locator(".card .issues button").first).to_be_visible()
        battle.has_no_flaws()
        battle.back().click()


def test_the_sheet_of_a_phone_covers_nothing_at_any_stop(open_map: OpenMap) -> None:
    battle = open_map(**SIZES["phone"])
    sheet, buttons = battle.page.locator(".sheet-body"), battle.page.locator(".map-buttons.phone")
    for stop in ("full", "low", "half"):
        battle.to_next_stop()
        expect(sheet).to_have_attribute("data-stop", stop)
        battle.has_no_flaws()
        if stop == "full":
            expect(buttons).to_be_hidden()
        else:
            over, under = buttons.bounding_box(), sheet.bounding_box()
            assert over and under and 0 < under["y"] - over["y"] - over["height"] < 24, "the buttons stand on the sheet"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_disc_is_never_under_a_panel(open_map: OpenMap, size: str) -> None:
    """Wherever the map is brought: here to where each panel is once all is at rest at a zoom, from another zoom."""
    battle = open_map(**SIZES[size])
    page = battle.page
    first = battle.discs()[0]
    lat, lon = page.evaluate(
        """({ x, y }) => {
          const box = battle_map.getContainer().getBoundingClientRect();
          const { lat, lng } = battle_map.containerPointToLatLng([x - box.x, y - box.y]);
          return [lat, lng];
        }""",
        first,
    )
    bring = """([lat, lon, zoom, x, y]) => {
      const box = battle_map.getContainer().getBoundingClientRect();
      const away = battle_map.getSize().divideBy(2).subtract([x - box.x, y - box.y]);
      const there = battle_map.project([lat, lon], zoom).add(away);
      battle_map.setView(battle_map.unproject(there, zoom), zoom, { animate: false });
    }"""
    for zoom, other in ((13, 14.4), (14.4, 13)):
        page.evaluate(bring, [lat, lon, zoom, first["x"], first["y"]])
        battle.has_no_flaws()
        boxes = [box for panel in page.locator(PANELS).all() if (box := panel.bounding_box())]
        for box in boxes:
            page.evaluate(bring, [lat, lon, other, first["x"], first["y"]])
            page.evaluate(FRAMES)
            x, y = box["x"] + box["width"], box["y"] + box["height"] / 2
            page.evaluate(bring, [lat, lon, zoom, x, y])
            battle.has_no_flaws()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_theme_is_the_one_asked_for_last(open_map: OpenMap, size: str) -> None:
    battle = open_map(**SIZES[size], color_scheme="light")
    page = battle.page
    ground = "getComputedStyle(document.querySelector('.bar')).backgroundColor"
    light = page.evaluate(ground)
    page.locator("#switches .icon-button[aria-pressed]").click()
    expect(page.locator("html[data-theme=dark]")).to_be_attached()
    dark = page.evaluate(ground)
    assert dark != light
    battle.go("")
    assert page.evaluate(ground) == dark


def test_the_figures_are_those_of_the_api(open_map: OpenMap, program: httpx2.Client) -> None:
    battle = open_map()
    grids = grids_of(program)
    assert len(grids) == GRIDS
    expect(battle.page.locator("#where")).to_contain_text(str(GRIDS))
    sums = {figure: sum(grid[figure] for grid in grids) for figure in ("open", "overdue", "on_time", "rated")}
    words = {
        "open": in_words(sums["open"]),
        "overdue": in_words(sums["overdue"]),
        "on_time": f"{100 * sums['on_time'] / sums['rated']:.1f}".removesuffix(".0") + "%",
        "units_overdue": in_words(sum(sum(grid["units_overdue"].values()) for grid in grids)),
    }
    for at, figure in enumerate(FIGURES):
        expect(battle.kpi(at)).to_have_text(words[figure])
    expect(battle.kpi(len(FIGURES))).to_have_text(in_words(sum(grid["lead"] is None for grid in grids)))

    # The grids' numbers are those of the lists behind them.
    issues = [item for state in ("open", "reopened") for item in every(program, "/api/issues", state=state, limit=500)]
    in_grids = [issue for issue in issues if issue["grid"]]
    assert sums["open"] == len(in_grids)
    assert sums["overdue"] == sum(issue["overdue"] for issue in in_grids)


def test_the_legend_counts_what_the_store_holds(open_map: OpenMap, program: httpx2.Client) -> None:
    battle = open_map()
    units = [unit for unit in every(program, "/api/units", limit=500) if unit["grid"]]
    by_class = Counter(unit["class"] for unit in units)
    overdue = Counter(unit["class"] for unit in units if unit["days_overdue"] > 0)
    for name in CLASSES:
        expect(battle.class_count(name)).to_have_text(in_words(by_class[name]))
        expect(battle.class_count(name, overdue=True)).to_have_text(in_words(overdue[name]))
    shades = battle.page.locator("#legend .shades button small").all_inner_texts()
    assert sum(int(text.replace(",", "")) for text in shades) == GRIDS


def test_go_here_first_is_the_order_that_the_formula_gives(open_map: OpenMap, program: httpx2.Client) -> None:
    battle = open_map()
    config = program.get("/map/config").json()
    weights = config["figures"]["ranking"]
    now = program.get("/map/config").headers["gridwarden-now"]

    def days(grid: dict[str, Any]) -> int:
        if not grid["overdue"]:
            return 0
        return battle.page.evaluate(
            "([now, due]) => Math.floor((Date.parse(now) - Date.parse(due)) / 86400000)", [now, grid["oldest_due_at"]]
        )

    def score(grid: dict[str, Any]) -> int:
        late = grid["overdue"] * weights["overdue"] + grid["units_overdue"]["red"] * weights["red_overdue"]
        return late + days(grid) * weights["oldest_days"]

    worst = sorted(grids_of(program), key=lambda grid: (-score(grid), grid["code"]))[:10]
    page = battle.page
    expect(page.locator("#panel .top .name")).to_have_text([grid["name"] for grid in worst[:3]])
    expect(page.locator("#panel .top .who b")).to_have_text([grid["lead"]["name"] for grid in worst[:3]])
    expect(page.locator("#panel .rest .rest-name")).to_have_text([grid["name"] for grid in worst[3:]])
    assert [disc["code"] for disc in battle.discs()] == [grid["code"] for grid in worst[:3]]
    page.get_by_role("button", name="怎么排的").click()
    expect(page.locator("#panel .note")).to_contain_text(f"超期问题 × {weights['overdue']}")


def test_a_click_on_the_map_opens_what_lies_there(open_map: OpenMap, program: httpx2.Client) -> None:
    battle = open_map()
    second = battle.discs()[1]
    battle.page.mouse.click(second["x"], second["y"])
    name = next(grid["name"] for grid in grids_of(program) if grid["code"] == second["code"])
    expect(battle.panel.get_by_role("heading", level=2)).to_have_text(name)

    unit = next(unit for unit in every(program, "/api/units", limit=500) if unit["class"] == "red")
    detail = program.get(f"/api/units/{unit['id']}").json()
    battle.go(f"#18.5/{detail['lat']}/{detail['lon']}?lang=zh")
    battle.page.mouse.click(*battle.symbol(unit["id"]))
    expect(battle.panel.locator(".card")).to_contain_text(re.compile(f"{unit['code']}|此处"))
    battle.page.mouse.move(*battle.symbol(unit["id"]), steps=3)
    expect(battle.page.locator("#tip .tip-name")).to_contain_text("出租房")  # not the grid beneath it


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_what_is_worst_and_out_of_view_is_pointed_at_and_a_click_leads_there(open_map: OpenMap, size: str) -> None:
    battle = open_map(**SIZES[size])
    page = battle.page
    home = [disc["code"] for disc in battle.discs()]
    centre = page.evaluate("battle_map.getCenter()")
    battle.go(f"#15/{centre['lat'] + 0.05}/{centre['lng'] - 0.05}?lang=zh")
    discs = battle.discs()
    assert [disc["code"] for disc in discs] == home
    away = [disc for disc in discs if disc["towards"] is not None]
    assert away, "five kilometres from where all three are near each other"
    battle.has_no_flaws()
    page.mouse.click(away[0]["x"], away[0]["y"])
    arrived = "(code) => labels_layer.discs.some((disc) => disc.code === code && disc.towards === null)"
    page.wait_for_function(arrived, arg=away[0]["code"])
    expect(battle.panel.locator("h2")).to_be_visible()


def test_a_double_click_only_zooms(open_map: OpenMap) -> None:
    battle = open_map()
    second, before = battle.discs()[1], battle.page.evaluate("battle_map.getZoom()")
    entries = battle.page.evaluate("history.length")
    battle.page.evaluate(
        "labels_layer.session.store.subscribe(({ selection }) => (window.opened ||= selection.kind !== 'none'))"
    )
    battle.page.mouse.dblclick(second["x"], second["y"] + 40)
    battle.page.wait_for_function("(before) => battle_map.getZoom() > before", arg=before)
    # What the first half would open waits for the second: timers of one length end in their order.
    battle.page.evaluate("() => new Promise((done) => setTimeout(done, 250))")
    expect(battle.panel.locator(".top li")).to_have_count(3)
    assert "?g=" not in battle.page.url and "&g=" not in battle.page.url
    assert (battle.page.evaluate("Boolean(window.opened)"), battle.page.evaluate("history.length")) == (False, entries)


def test_home_is_the_view_that_the_map_began_with(open_map: OpenMap) -> None:
    battle = open_map(viewport={"width": 1440, "height": 800})
    where = "[battle_map.getCenter().lng, battle_map.getCenter().lat, battle_map.getZoom()]"
    began = battle.page.evaluate(where)
    battle.page.get_by_role("button", name="回到起始画面").click()
    assert battle.page.evaluate(where) == pytest.approx(began, abs=1e-6)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_far_out_every_subdistrict_is_called_by_its_name(open_map: OpenMap, language: str) -> None:
    battle = open_map(at=f"#?lang={language}", locale=LOCALES[language])
    battle.page.evaluate("battle_map.setView(battle_map.getCenter(), 11, { animate: false })")
    battle.page.evaluate(FRAMES)
    unnamed = """() => {
      const codes = labels_layer.session.board.subdistricts.map(({ area }) => area.code);
      return codes.filter((code) => !labels_layer.called.includes(code));
    }"""
    assert battle.page.evaluate(unnamed) == []


def test_what_the_shade_the_list_and_the_numbers_are_of_is_said(open_map: OpenMap) -> None:
    battle = open_map(at="#?f=hh&lang=zh")
    expect(battle.panel.locator(".list-note").first).to_contain_text("与着色指标“户数”无关")
    legend = battle.page.locator("#legend")
    expect(legend).to_contain_text("数字按全区统计，不随画面变化。")
    battle.page.evaluate("battle_map.setZoom(14.5, { animate: false })")
    expect(legend).to_contain_text("底色随放大变淡")
    battle.page.evaluate("battle_map.setZoom(16.5, { animate: false })")
    expect(legend).to_contain_text("此比例不着色")
    expect(legend).to_contain_text("同一处多套画成一个")


def test_what_lies_on_no_map_is_counted(open_map: OpenMap, program: httpx2.Client) -> None:
    waiting = program.get("/api/queues").json()["no_location"]
    battle = open_map()
    assert waiting
    expect(battle.page.locator(".workbench-link .badge")).to_contain_text(in_words(waiting))
    expect(battle.panel).to_contain_text(f"还有 {waiting} 件没有位置")


def test_an_issue_that_is_not_there_is_said_calmly(open_map: OpenMap) -> None:
    battle = open_map(at="#?lang=zh")
    battle.watch.allow("404")
    battle.go("#?i=999999999&lang=zh")
    expect(battle.panel).to_contain_text("没有这件问题")
    expect(battle.back()).to_be_visible()


def test_an_address_that_leads_nowhere_leads_back(open_map: OpenMap) -> None:
    battle = open_map()
    battle.watch.allow("404")
    page = battle.page
    page.goto(f"{battle.watch.origin}/nothere")
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    battle.watch.allow(r"request failed: net::ERR_ABORTED")
    page.get_by_role("link", name="回到作战图").click()
    battle.is_ready()


def test_every_language_has_its_words(open_map: OpenMap) -> None:
    """One switch, no reload, no Chinese sentence left over but names."""
    battle = open_map(locale="en-GB")
    page = battle.page
    expect(page.get_by_role("heading", name="Go here first")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="先去这三处")).to_be_visible()
    assert page.title().startswith("作战图")
    page.get_by_role("button", name="EN").click()
    expect(page.locator("#legend")).to_contain_text("Inspection class")
    # Nothing is left of the other language but the name of the language itself.
    chinese = "() => document.body.innerText.match(/\\p{Script=Han}+/gu)"
    with suppress(TimeoutError):
        page.wait_for_function(f"() => ({chinese})().length === 1")
    assert page.evaluate(chinese) == ["中文"]
    page.reload()
    expect(page.get_by_role("heading", name="Go here first")).to_be_visible()


def test_synthetic_data_says_so(open_map: OpenMap) -> None:
    battle = open_map(Role.COMMANDER)
    expect(battle.page.locator("#foot")).to_contain_text("合成数据，非真实地图")
