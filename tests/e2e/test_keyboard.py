"""Everything by keys alone: the way through the page, the map, the shortcuts, and where the focus goes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.battle_page import FRAMES, BattlePage
from tests.e2e.conftest import OpenMap

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

# Where the focus is: the part of the page, by the id of what holds it.
FOCUSED = """() => {
  const at = document.activeElement;
  const parts = ["search", "switches", "panel", "kpi", "figures", "filters", "legend", "map-controls"];
  parts.push("battle_map", "dialogs");
  return parts.find((id) => at?.closest(`#${id}`)) ?? at?.className ?? "";
}"""


def focused(battle: BattlePage) -> str:
    battle.page.evaluate(FRAMES)
    return str(battle.page.evaluate(FOCUSED))


def middle(battle: BattlePage) -> Any:
    return battle.page.evaluate(
        "(() => { const { x, y } = battle_map.project(battle_map.getCenter()); return [x, y]; })()"
    )


def to_map(battle: BattlePage) -> None:
    battle.page.locator("#battle_map").focus()
    battle.page.keyboard.press("Shift")  # whoever uses keys has pressed one


def test_tab_goes_from_the_header_by_the_list_to_the_map(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    page.keyboard.press("Tab")
    assert focused(battle) == "skip"
    seen: list[str] = []
    while "battle_map" not in seen and len(seen) < 40:
        page.keyboard.press("Tab")
        part = focused(battle)
        if part not in seen:
            seen.append(part)
    known = [part for part in seen if part != "filters"]
    assert known == ["search", "switches", "panel", "kpi", "figures", "legend", "map-controls", "battle_map"]


def test_the_skip_link_leads_to_the_list_and_leaves_the_view(open_map: OpenMap) -> None:
    battle = open_map(at="#?f=open")
    page = battle.page
    before = page.url
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(battle) == "panel"
    assert page.url == before
    page.keyboard.press("Tab")
    assert focused(battle) == "panel", "the first thing in the list is next"


def test_the_map_moves_zooms_and_opens_by_keys(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    first = next(disc for disc in battle.discs() if disc["towards"] is None)  # a place that is in a grid for sure
    place = page.evaluate(
        """({ x, y }) => {
          const box = battle_map.getContainer().getBoundingClientRect();
          return battle_map.containerPointToLatLng([x - box.x, y - box.y]);
        }""",
        first,
    )
    to_map(battle)
    x, y = middle(battle)
    for key, by in (("ArrowRight", (90, 0)), ("ArrowDown", (90, 90)), ("ArrowLeft", (0, 90)), ("ArrowUp", (0, 0))):
        page.keyboard.press(key)
        page.wait_for_function(
            """([x, y]) => {
              const at = battle_map.project(battle_map.getCenter());
              // A key that is pressed while the map still glides is not taken.
              return !battle_map._panAnim?._inProgress && Math.hypot(at.x - x, at.y - y) < 3;
            }""",
            arg=[x + by[0], y + by[1]],
        )
    zoom = page.evaluate("battle_map.getZoom()")
    page.keyboard.press("+")
    page.wait_for_function("(zoom) => !battle_map._animatingZoom && battle_map.getZoom() > zoom", arg=zoom)
    nearer = page.evaluate("battle_map.getZoom()")
    page.keyboard.press("-")
    page.wait_for_function("(zoom) => !battle_map._animatingZoom && battle_map.getZoom() < zoom", arg=nearer)

    page.evaluate("(at) => battle_map.setView(at, battle_map.getZoom(), { animate: false })", place)
    page.keyboard.press("Enter")
    expect(battle.panel.locator(".card .facts")).to_contain_text(first["code"])
    assert focused(battle) == "battle_map", "the map keeps the focus"


def test_the_cross_is_for_who_uses_keys(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    cross = "getComputedStyle(document.getElementById('battle_map'), '::after').content"
    page.locator("#battle_map").click(position={"x": 400, "y": 300})
    assert page.evaluate(cross) == "none"
    to_map(battle)
    assert page.evaluate(cross) != "none"


def test_single_keys_open_the_worst_step_and_find(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    names = battle.panel.locator(".top .name").all_inner_texts()
    title = battle.panel.locator(".card h2")
    for key, at in (("2", 1), ("]", 2), ("[", 1), ("[", 0), ("3", 2), ("1", 0)):
        page.keyboard.press(key)
        expect(title).to_have_text(names[at])
    assert focused(battle) == "panel"
    page.keyboard.press("Escape")
    expect(battle.panel.locator(".top")).to_be_visible()
    assert focused(battle) == "panel"
    page.keyboard.press("l")
    assert focused(battle) == "legend"
    page.keyboard.press("/")
    assert focused(battle) == "search"
    page.keyboard.type("12[l")
    expect(page.locator("#search-field")).to_have_value("12[l")
    expect(title).to_have_count(0)


def test_the_focus_comes_back_to_the_row_that_was_opened(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    row = battle.panel.locator(".top button").nth(1)
    row.focus()
    page.keyboard.press("Enter")
    expect(battle.back()).to_be_focused()
    issue = battle.panel.locator(".card .issues button").first
    issue.focus()
    page.keyboard.press("Enter")
    expect(battle.panel.locator(".fact-list")).to_be_visible()
    expect(battle.back()).to_be_focused()
    battle.panel.locator("footer .button.primary").focus()
    page.keyboard.press("Enter")
    expect(battle.panel.locator("form")).to_be_visible()
    battle.panel.locator("form .button").last.focus()
    page.keyboard.press("Escape")
    expect(battle.panel.locator("form")).to_have_count(0)
    expect(battle.panel.locator(".fact-list")).to_be_visible()  # a form first, then what it stands in
    page.keyboard.press("Escape")
    expect(battle.panel.locator(".card .issues")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()


def test_escape_folds_the_legend_of_a_phone_first(open_map: OpenMap) -> None:
    battle = open_map(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    battle.page.keyboard.press("1")
    expect(battle.panel.locator(".card")).to_be_visible()
    battle.page.keyboard.press("l")
    expect(battle.page.locator("#legend")).to_be_visible()
    battle.page.keyboard.press("Escape")
    expect(battle.page.locator("#legend")).to_be_hidden()
    expect(battle.panel.locator(".card")).to_be_visible()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_of_keys_holds_the_focus_gives_it_back_and_switches_them_off(open_map: OpenMap, language: str) -> None:
    battle = open_map(at=f"#?lang={language}")
    page = battle.page
    dialog = page.get_by_role("dialog")
    opener = page.locator(".keys-button")
    opener.focus()
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert focused(battle) in ("dialogs", ""), "nothing behind it can be reached"
    page.keyboard.press("1")
    expect(battle.panel.locator(".card")).to_have_count(0)
    dialog.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()

    page.keyboard.press("1")
    page.keyboard.press("?")
    assert focused(battle) == "switches"
    expect(battle.panel.locator(".card")).to_have_count(0)
    battle.page.reload()
    battle.is_ready()
    page.keyboard.press("1")
    page.locator(".keys-button").click()  # the button works without keys
    dialog.get_by_role("checkbox").check()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(battle.panel.locator(".card")).to_be_visible()
