"""Between a phone and a desk: every width has its layout, in both languages, with nothing cut off or covered."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenMap
from tests.e2e.test_page import LOCALES

pytestmark = pytest.mark.browser

# At both sides of every border of the style sheet, and the window that first showed words cut off.
WIDTHS = (721, 799, 800, 900, 1023, 1024, 1199, 1200, 1279, 1280)
HEIGHT = 700


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
