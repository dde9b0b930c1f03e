"""Search on the page: a few letters lead to a card and the map there; a coordinate asks for its datum."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.battle_page import BattlePage
from tests.e2e.conftest import OpenMap
from tests.e2e.places import spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

SCREENS = {
    "desk": {},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
# The synthetic district's community Tianhuangxiang.
INITIALS, NAME, NAME_EN = "thx02", "天皇巷社区02网格", "Tianhuangxiang Community Grid 02"


def field(page: Page) -> Locator:
    return page.get_by_role("combobox")


def options(page: Page) -> Locator:
    return page.locator("#search").get_by_role("option")


def is_in_view(battle: BattlePage, lon: float, lat: float) -> bool:
    size = battle.page.viewport_size
    assert size is not None
    x, y = battle.pixel(lon, lat)
    return 0 < x < size["width"] and 0 < y < size["height"]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_initials_lead_to_the_card_of_a_grid(open_map: OpenMap, service: Service, screen: str, language: str) -> None:
    with service.program(*EVERYTHING) as program:
        spot = next(spot for spot in spots(program) if spot.name == NAME)
    battle = open_map(at=f"#?lang={language}", **SCREENS[screen])
    page = battle.page
    name = NAME if language == "zh" else NAME_EN
    if screen == "desk":
        page.keyboard.press("/")
    else:
        field(page).tap()
    expect(field(page)).to_be_focused()
    page.keyboard.type(INITIALS)
    expect(options(page).first).to_contain_text(name)
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    assert options(page).count() <= 8
    battle.has_no_flaws()
    page.keyboard.press("Enter")
    expect(page.locator(".card h2")).to_have_text(name)
    expect(options(page)).to_have_count(0)
    page.wait_for_function("() => location.hash.includes('g=')")
    assert is_in_view(battle, spot.lon, spot.lat)
    assert page.evaluate("battle_map.getZoom()") > 13


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_coordinate_asks_for_its_datum(open_map: OpenMap, service: Service, screen: str, language: str) -> None:
    with service.program(*EVERYTHING) as program:
        spot = spots(program)[0]
    battle = open_map(at=f"#?lang={language}", **SCREENS[screen])
    page = battle.page
    field(page).fill(f"{spot.lat},{spot.lon}")
    expect(options(page)).to_have_count(5)
    question = "坐标用的是哪种坐标系？" if language == "zh" else "Which datum is this coordinate in?"
    expect(page.locator("#search")).to_contain_text(question)
    expect(options(page).last).to_have_attribute("aria-disabled", "true")
    battle.has_no_flaws()
    page.keyboard.press("Enter")  # guesses nothing: it points at the first
    expect(options(page)).to_have_count(5)
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    options(page).first.click()
    page.wait_for_function("(code) => location.hash.includes(`g=${code}`)", arg=spot.code)
    mark = page.locator(".pin.found")
    expect(mark).to_be_visible()
    assert is_in_view(battle, spot.lon, spot.lat)
    page.keyboard.press("Escape")
    expect(mark).to_have_count(0)


def test_keys_choose_and_close_and_words_say_what_was_not_found(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    field(page).fill("thx")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options(page).nth(1)).to_have_attribute("aria-selected", "true")
    chosen = options(page).nth(1).get_attribute("id")
    expect(field(page)).to_have_attribute("aria-activedescendant", chosen or "")
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(field(page)).to_have_attribute("aria-expanded", "false")
    field(page).fill("zzzzzz")
    expect(page.locator("#search [role=status]")).to_contain_text("没有找到")
    field(page).fill("118.87, 95.5")
    expect(page.locator("#search [role=status]")).to_contain_text("超出范围")
    field(page).fill("垃圾")
    expect(options(page).first).to_contain_text("只看这一类")
    options(page).first.click()
    expect(page.locator(".chip")).to_have_count(1)
    page.locator(".chip").click()
    field(page).fill("<img src=x onerror=alert(1)>")
    expect(page.locator("#search [role=status]")).to_contain_text("没有找到")
    page.route("**/api/search?**", lambda route: route.fulfill(status=503, json={"type": "/problems/busy"}))
    battle.watch.allow(r"503.*search")
    field(page).fill("thx0")
    expect(page.locator("#search [role=status]")).to_contain_text("没有查成")
    page.unroute("**/api/search?**")
    page.get_by_role("button", name="重试").click()
    expect(options(page).first).to_contain_text("天皇巷社区")
