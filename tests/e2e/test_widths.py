"""Between a phone and a desk: every width has its layout, in both languages, with nothing cut off or covered."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.battle_page import FRAMES, BattlePage
from tests.e2e.conftest import OpenMap
from tests.e2e.test_page import LOCALES

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

# At both sides of every border of the style sheet, and the window that first showed words cut off.
WIDTHS = (721, 799, 800, 900, 1023, 1024, 1199, 1200, 1279, 1280)
HEIGHT = 700

# Labels in the legend that are wider than the shade that they are about, and shades that are not as wide as the others.
WIDE_LABELS = """() => {
  const buttons = [...document.querySelectorAll("#legend .shades button")];
  const legend = document.querySelector("#legend .shades").getBoundingClientRect();
  return buttons.filter((button) => {
    const text = document.createRange();
    text.selectNodeContents(button.querySelector("span"));
    const [inner, outer] = [text.getBoundingClientRect(), button.getBoundingClientRect()];
    return !inner.width || inner.left < outer.left - 1 || inner.right > outer.right + 1
      || Math.abs(outer.width * buttons.length - legend.width) > 16;
  }).map((button) => button.textContent);
}"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_cut_off_at_any_width(open_map: OpenMap, language: str) -> None:
    battle = open_map(viewport={"width": WIDTHS[0], "height": HEIGHT}, locale=LOCALES[language])
    page = battle.page
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        battle.go(f"#?lang={language}")
        battle.has_no_flaws()
        battle.panel.locator(".top button").first.click()
        expect(battle.panel.locator(".card .issues button").first).to_be_visible()
        battle.has_no_flaws()
        battle.back().click()


@pytest.mark.parametrize(("width", "field"), [(1024, True), (1440, False)])
def test_the_figure_is_chosen_in_a_field_where_buttons_have_no_room(open_map: OpenMap, width: int, field: bool) -> None:
    battle = open_map(viewport={"width": width, "height": 900})
    choice = battle.page.locator("#figures select")
    expect(choice).to_be_visible(visible=field)
    expect(battle.page.locator("#figures .segments")).to_be_visible(visible=not field)
    if field:
        choice.select_option(label="户数")
        expect(battle.page.locator("#legend h3").first).to_contain_text("户数")
        assert "f=hh" in battle.page.url


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_labels_of_shades_stand_beneath_their_own(open_map: OpenMap, language: str) -> None:
    battle = open_map(at=f"#?lang={language}", locale=LOCALES[language])
    choices = battle.page.locator("#figures .segments button")
    for at in range(choices.count()):
        choices.nth(at).click()
        expect(choices.nth(at)).to_have_attribute("aria-pressed", "true")
        battle.page.evaluate(FRAMES)
        assert (at, battle.page.evaluate(WIDE_LABELS)) == (at, [])


@pytest.mark.parametrize(("width", "height"), [(740, 360), (844, 390), (932, 430), (1024, 600), (1280, 640)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_low_window_keeps_its_map_and_what_is_chosen_over_it(
    open_map: OpenMap, language: str, width: int, height: int
) -> None:
    size = {"width": width, "height": height}
    battle = open_map(at=f"#?lang={language}", viewport=size, locale=LOCALES[language])
    battle.has_no_flaws()
    legend = battle.page.locator("#legend")
    layers = battle.page.locator(".map-buttons.phone button").first
    if height < 500:
        expect(legend).not_to_be_visible()
        layers.click()
    expect(legend.locator(".shades button").first).to_be_in_viewport(ratio=1)
    battle.has_no_flaws()
    for part in legend.locator("button, .hint").all():
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport(ratio=0.95)  # scrolling stops at whole pixels
    if height < 500:
        layers.click()
        expect(legend).not_to_be_visible()
    battle.page.locator(".filter-button").click()
    expect(battle.page.locator(".filter-panel button").first).to_be_in_viewport(ratio=1)
    battle.has_no_flaws()


def test_a_panel_of_filters_shows_that_there_is_more_of_it(open_map: OpenMap) -> None:
    battle = open_map(viewport={"width": 1024, "height": HEIGHT}, locale=LOCALES["en"])
    battle.page.locator(".filter-button").click()
    panel = battle.page.locator(".filter-panel")
    for select in panel.locator("select").all():
        expect(select).to_be_in_viewport(ratio=1)
    expect(panel.locator(".filter-list button").first).to_be_in_viewport(ratio=1)
    scrollers = "(panel) => [...panel.querySelectorAll('*')].filter((one) => one.scrollHeight > one.clientHeight + 1)"
    assert panel.evaluate(f"{scrollers}.filter((one) => getComputedStyle(one).overflowY === 'auto').length") == 0
    more = _edge(battle)
    panel.evaluate("(panel) => panel.scrollTo(0, panel.scrollHeight)")
    expect(panel.locator(".hint")).to_be_in_viewport(ratio=1)
    assert _edge(battle) != more


def _edge(battle: BattlePage) -> bytes:
    """A picture of the lower edge of the panel of filters, left of all that stands in it."""
    box = battle.page.locator(".filter-panel").bounding_box()
    assert box is not None
    battle.page.evaluate(FRAMES)
    return battle.page.screenshot(clip={"x": box["x"] + 9, "y": box["y"] + box["height"] - 8, "width": 3, "height": 6})
