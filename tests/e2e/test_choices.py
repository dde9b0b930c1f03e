"""What a reader chooses: the legend filters, the address keeps it, a reload brings it back, keys reach everything."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.battle_page import CLASSES, FRAMES, BattlePage
from tests.e2e.conftest import OpenMap
from tests.e2e.places import Spot, grids_of, spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


@pytest.fixture(scope="module")
def busy(program: httpx2.Client) -> Spot:
    """A place in the grid with the most red units; few grids have any, whatever day it is."""
    fullest = max(grids_of(program), key=lambda grid: grid["units"]["red"])
    assert fullest["units"]["red"]
    return next(spot for spot in spots(program) if spot.code == fullest["code"])


def drawn(battle: BattlePage) -> str:
    """What is drawn on the map, without the panels above it, as a digest of its pixels."""
    battle.page.evaluate(FRAMES)
    pixels: str = battle.page.evaluate(
        "() => [...document.querySelectorAll('#battle_map canvas')].map((canvas) => canvas.toDataURL()).join()"
    )
    return hashlib.sha256(pixels.encode()).hexdigest()


def address(page: Page) -> str:
    return page.evaluate("location.hash")


def test_the_legend_filters_what_is_drawn(open_map: OpenMap, busy: Spot) -> None:
    battle = open_map(at=f"#16.2/{busy.lat}/{busy.lon}?lang=zh")
    page, rows = battle.page, battle.legend_rows()
    expect(page.locator("#legend .place-kinds")).to_be_visible()  # asked for when the map has come so near
    counts = rows.locator("b").all_inner_texts()
    everything = drawn(battle)
    for at in range(len(CLASSES)):
        rows.nth(at).click()
        expect(rows.nth(at)).to_have_attribute("aria-pressed", "false")
    nothing = drawn(battle)
    assert nothing != everything
    assert "class=" in address(page)
    assert rows.locator("b").all_inner_texts() == counts, "a count says what there is, drawn or not"
    battle.page.get_by_role("button", name="清除筛选").click()
    expect(page.locator("#legend [aria-pressed=false]")).to_have_count(0)
    expect(page.get_by_role("button", name="清除筛选")).to_have_count(0)
    assert drawn(battle) == everything
    assert "class=" not in address(page)

    rows.first.dblclick()  # only this one
    expect(page.locator("#legend .rows [aria-pressed=false]")).to_have_count(4)
    assert "class=R&" in address(page) + "&"
    only_red = drawn(battle)
    assert only_red not in (everything, nothing)
    rows.first.click(modifiers=["Alt"])  # and back
    expect(page.locator("#legend [aria-pressed=false]")).to_have_count(0)


def test_issue_states_and_shades_filter_too(open_map: OpenMap, program: httpx2.Client, busy: Spot) -> None:
    battle = open_map()
    page = battle.page
    everything = drawn(battle)
    for button in page.locator("#legend .shades button").all():
        button.click()
    assert drawn(battle) != everything
    battle.go(f"#14.6/{busy.lat}/{busy.lon}?lang=zh")
    everything = drawn(battle)
    states = page.locator("#legend .legend-part", has_text="问题状态").locator("button")
    for button in states.all():
        button.click()
    assert drawn(battle) != everything
    assert "state=" in address(page)


def test_the_figure_is_chosen_above_the_map_and_on_it(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    by_overdue = drawn(battle)
    page.locator("#kpi button").first.click()
    expect(page.locator("#figures [aria-pressed=true]")).to_have_text("未办结问题")
    expect(page.locator("#legend h3").first).to_contain_text("未办结问题")
    assert drawn(battle) != by_overdue
    assert "f=open" in address(page)
    page.locator("#figures button", has_text="户数").click()
    expect(page.locator("#kpi [aria-pressed=true]")).to_have_count(0)
    assert "f=hh" in address(page)
    for figure in ("未办结问题", "超期问题"):
        page.go_back()
        expect(page.locator("#figures [aria-pressed=true]")).to_have_text(figure)
    page.go_forward()
    expect(page.locator("#figures [aria-pressed=true]")).to_have_text("未办结问题")


def test_back_and_forward_lead_through_what_was_opened(open_map: OpenMap) -> None:
    page = open_map().page
    page.locator("#panel .top button").first.click()
    grid = page.locator(".card-title h2")
    expect(grid).to_be_visible()
    name = grid.inner_text()
    page.locator("#panel .issues button").first.click()
    number = page.locator(".card-title .facts span").first
    expect(number).to_have_text(re.compile(r"^\d{4}-\d+$"))
    issue = number.inner_text()
    page.go_back()
    expect(grid).to_have_text(name)
    page.go_back()
    expect(page.locator("#panel .top")).to_be_visible()
    page.go_forward()
    expect(grid).to_have_text(name)
    page.go_forward()
    expect(number).to_have_text(issue)


def test_a_reload_restores_everything(open_map: OpenMap, program: httpx2.Client, busy: Spot) -> None:
    battle = open_map(at=f"#15.2/{busy.lat}/{busy.lon}?lang=zh")
    page = battle.page
    page.locator("#figures button", has_text="应检未检").click()
    battle.legend_rows().nth(CLASSES.index("green")).click()
    page.keyboard.press("1")
    expect(page.locator(".card h2")).to_be_visible()
    page.get_by_role("button", name="EN").click()
    page.locator("#switches .icon-button[aria-pressed]").click()
    expect(page.locator("html[data-theme=dark]")).to_be_attached()
    name, kept = page.locator(".card h2").inner_text(), address(page)
    for part in ("f=past", "class=ROYB", "g=", "lang=en", "theme=dark"):
        assert part in kept
    page.reload()
    battle.is_ready()
    expect(page.locator(".card h2")).to_have_text(name)
    expect(page.locator("#figures [aria-pressed=true]")).to_have_text("Inspections overdue")
    expect(page.locator("#legend [aria-pressed=false]")).to_have_count(1)
    assert address(page) == kept
    expect(page.locator("#legend .place-kinds")).to_be_visible()  # asked for when the map has come so near
    picture = drawn(battle)

    # Somebody else who gets the address sees the same.
    other = open_map(at=kept)
    expect(other.page.locator(".card h2")).to_have_text(name)
    expect(other.page.locator("#legend .place-kinds")).to_be_visible()
    assert drawn(other) == picture


@pytest.mark.parametrize(
    "nonsense", ["#", "#x/y/z?f=nothing&class=Q&lang=xx", "#99/999/999", "#14.6/28.95?u=-1&i=1e9", "#?"]
)
def test_an_address_that_means_nothing_opens_the_home_view(open_map: OpenMap, nonsense: str) -> None:
    battle = open_map(at=nonsense)
    expect(battle.panel.get_by_role("heading", name="先去这三处")).to_be_visible()
    assert len(battle.discs()) == 3


def test_tab_reaches_every_control_with_a_focus_that_is_seen(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    describe = """() => {
      const own = document.activeElement;
      const style = getComputedStyle(own);
      return { path: own.outerHTML.slice(0, 200), outline: style.outlineStyle, width: parseFloat(style.outlineWidth) };
    }"""
    wanted = page.locator("button:visible, a[href]:visible, input:visible, [tabindex='0']:visible").count()
    reached = []
    for _ in range(wanted + 2):
        page.keyboard.press("Tab")
        focus = page.evaluate(describe)
        if "<body" in focus["path"]:
            break
        assert focus["outline"] != "none" and focus["width"] >= 2, f"no visible focus on {focus['path']}"
        reached.append(focus["path"])
    assert len(reached) >= wanted
    assert 'class="skip"' in reached[0]


def test_keys_do_what_a_pointer_does(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    names = page.locator("#panel .top .name").all_inner_texts()
    for key, name in zip("123", names, strict=True):
        page.keyboard.press(key)
        expect(page.locator(".card h2")).to_have_text(name)
    page.keyboard.press("[")
    expect(page.locator(".card h2")).to_have_text(names[1])
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="先去这三处")).to_be_visible()

    page.keyboard.press("1")
    page.locator(".card .issues button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card .fact-list")).to_be_visible()
    page.keyboard.press("Escape")  # back to the grid, then to the list
    expect(page.locator(".card h2")).to_have_text(names[0])
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="先去这三处")).to_be_visible()

    page.locator("#battle_map").focus()
    before = address(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(before) => location.hash !== before", arg=before)
    before = address(page)
    page.keyboard.press("+")
    page.wait_for_function("(before) => location.hash !== before", arg=before)
    page.keyboard.press("Enter")  # what lies under the cross
    expect(page.locator(".card h2")).to_be_visible()


def test_keys_are_letters_in_a_field(open_map: OpenMap, program: httpx2.Client) -> None:
    issue = program.get("/api/issues", params={"state": "open"}).json()["items"][0]["id"]
    battle = open_map(at=f"#15/28.95/118.87?i={issue}&lang=zh")
    battle.panel.get_by_role("button", name="销号", exact=True).click()
    field = battle.panel.get_by_role("textbox")
    field.press_sequentially("1 2 3 [ ] l")
    expect(field).to_have_value("1 2 3 [ ] l")
    expect(battle.panel.locator(".fact-list")).to_be_visible()


def test_the_sheet_of_a_phone_has_three_stops(open_map: OpenMap) -> None:
    battle = open_map(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page, sheet = battle.page, battle.page.locator(".sheet-body")
    stops = []
    for _ in range(3):
        stops.append(sheet.get_attribute("data-stop"))
        page.locator(".grip").tap()
        expect(sheet).not_to_have_attribute("data-stop", stops[-1] or "")
        battle.has_no_flaws()
    assert sorted(map(str, stops)) == ["full", "half", "low"]
    page.locator(".map-buttons.phone button").first.tap()
    expect(page.locator("#legend")).to_be_visible()


def test_what_is_chosen_in_a_raised_sheet_is_seen_above_it(open_map: OpenMap) -> None:
    battle = open_map(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page, sheet = battle.page, battle.page.locator(".sheet-body")
    page.locator(".grip").tap()
    expect(sheet).to_have_attribute("data-stop", "full")
    page.locator("#panel .top button").first.tap()
    expect(sheet).to_have_attribute("data-stop", "half")
    page.evaluate(FRAMES)
    middle = page.evaluate(
        """() => {
          const { board, state } = grids_layer.session;
          const { bounds } = board.grids.get(state.selection.code);
          const at = (x, y) => [Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI, x * 360 - 180];
          const { top } = battle_map.getContainer().getBoundingClientRect();
          const y = (bounds.top + bounds.bottom) / 2;
          return top + battle_map.latLngToContainerPoint(at((bounds.left + bounds.right) / 2, y)).y;
        }"""
    )
    bar, body = page.locator(".bar").bounding_box(), sheet.bounding_box()
    assert bar is not None and body is not None
    assert bar["y"] + bar["height"] < middle < body["y"]
