"""axe-core finds nothing at WCAG 2.2 AA: every page, both languages, both themes, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from geo.rules.access import Role
from tests.e2e.axe import violations
from tests.e2e.battle_page import FRAMES, BattlePage
from tests.e2e.conftest import DESK, OpenMap, Visitors
from tests.e2e.service import EVERYTHING, Service

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

PHONE = {"width": 390, "height": 844}
SIZES: dict[str, dict[str, Any]] = {
    "desk": {"viewport": DESK},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
}
LOOKS = tuple(product(("zh", "en"), ("light", "dark")))
LOCALES = {"zh": "zh-CN", "en": "en-GB"}


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


def card(battle: BattlePage) -> None:
    battle.panel.locator(".top button").first.click()
    expect(battle.panel.locator(".card .issues button").first).to_be_visible()


def issue(battle: BattlePage) -> None:
    card(battle)
    battle.panel.locator(".card .issues button").first.click()
    expect(battle.panel.locator(".card .fact-list")).to_be_visible()


def form(battle: BattlePage) -> None:
    issue(battle)
    battle.panel.locator("footer .button.primary").click()
    expect(battle.panel.locator("form textarea")).to_be_visible()


def search(battle: BattlePage) -> None:
    battle.page.locator("#search-field").fill("118.87, 28.97")
    expect(battle.page.locator("#search-list [role=option]").first).to_be_visible()


def legend(battle: BattlePage) -> None:
    if battle.page.viewport_size == PHONE:
        battle.page.locator(".map-buttons.phone button").first.click()
    expect(battle.page.locator("#legend")).to_be_visible()


def explained(battle: BattlePage) -> None:
    battle.panel.locator(".panel-head .link").click()
    expect(battle.panel.locator(".note")).to_be_visible()


def table(battle: BattlePage) -> None:
    battle.panel.locator(".as-table button").click()
    expect(battle.page.locator(".grid-table tbody tr").first).to_be_visible()


def keys(battle: BattlePage) -> None:
    battle.page.keyboard.press("?")
    expect(battle.page.locator(".keys-help")).to_be_visible()


def share(battle: BattlePage) -> None:
    if battle.page.viewport_size == PHONE:
        legend(battle)
    battle.page.locator(".share-button:visible").click()
    expect(battle.page.locator("dialog.share")).to_be_visible()


def filters(battle: BattlePage) -> None:
    if battle.page.viewport_size == PHONE:
        legend(battle)
    battle.page.locator(".filter-button").click()
    expect(battle.page.locator(".filter-fields")).to_be_visible()


def filtered_to_nothing(battle: BattlePage) -> None:
    battle.page.evaluate("units_layer.session.store.set({ statesOff: 3 })")
    expect(battle.panel.locator(".panel-message .button")).to_be_visible()


SCENES: dict[str, Callable[[BattlePage], None]] = {
    "how it is ranked": explained,
    "card": card,
    "form": form,
    "search": search,
    "legend": legend,
    "table": table,
    "keys": keys,
    "share": share,
    "filters": filters,
    "filtered to nothing": filtered_to_nothing,
}


def has_no_violations(page: Page, what: str) -> None:
    page.evaluate(FRAMES)
    found = violations(page)
    assert not found, "\n".join([what, *found])


def has_none_in_any_look(battle: BattlePage, what: str) -> None:
    for language, theme in LOOKS:
        battle.page.evaluate("(look) => units_layer.session.store.set(look)", {"language": language, "theme": theme})
        has_no_violations(battle.page, f"{what}, {language}, {theme}")


@pytest.mark.parametrize("size", SIZES)
def test_what_somebody_may_not_see(
    open_map: OpenMap, service: Service, visitors: Visitors, program: httpx2.Client, size: str
) -> None:
    """A part of the district alone, a unit that needs a purpose, a grid that is not his, and nothing at all."""
    unit = program.get("/api/units", params={"class": "red"}).json()["items"][0]
    part = open_map(Role.GRID_WORKER, area="330802005", **SIZES[size])
    expect(part.page.locator("#foot .scope")).to_be_visible()
    has_none_in_any_look(part, f"an area, {size}")

    commander = open_map(Role.COMMANDER, **SIZES[size])
    commander.watch.allow(r"answer 403: .*/api/units/", r"console error: .*403")
    commander.page.evaluate("(id) => units_layer.session.open({ kind: 'unit', id })", unit["id"])
    expect(commander.panel.locator("form input")).to_be_visible()
    has_none_in_any_look(commander, f"a purpose, {size}")

    page, watch = visitors.page(**SIZES[size])
    watch.allow(r"answer 403: .*", r"console error: .*403")
    page.goto(service.link())
    nobody = BattlePage(page, watch)
    expect(page.get_by_role("alert")).to_be_visible()
    has_none_in_any_look(nobody, f"nothing, {size}")


@pytest.mark.parametrize("size", SIZES)
def test_the_map_in_every_scene(open_map: OpenMap, program: httpx2.Client, size: str) -> None:
    """One page, which is taken from scene to scene and changes its language and theme in each."""
    unit = program.get("/api/units", params={"class": "red"}).json()["items"][0]
    battle = open_map(**SIZES[size])

    def unit_drawer(opened: BattlePage) -> None:
        opened.page.evaluate("(id) => units_layer.session.open({ kind: 'unit', id })", unit["id"])
        expect(opened.panel.locator(".class-line")).to_be_visible()
        opened.panel.locator("footer .button.primary").click()
        expect(opened.panel.locator("form [type=radio]").first).to_be_visible()

    def signed_out(opened: BattlePage) -> None:
        opened.watch.allow(r"answer 401", r"console error: .*401")
        opened.page.evaluate("fetch('/api/session', { method: 'DELETE' })")
        expect(opened.panel.locator(".sign-in-again")).to_be_visible()

    for scene, enter in (SCENES | {"inspection": unit_drawer, "signed out": signed_out}).items():
        enter(battle)
        has_none_in_any_look(battle, f"{scene}, {size}")
        battle.page.evaluate("units_layer.session.store.clearFilters()")
        battle.page.evaluate("units_layer.session.store.set({ selection: { kind: 'none' }, trail: [] })")
        battle.page.locator("#search-field").blur()
        for _ in range(2):
            battle.page.keyboard.press("Escape")  # a dialog, and the legend of a phone


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["sign-in", "docs"])
def test_the_other_pages(service: Service, visitors: Visitors, path: str, size: str) -> None:
    for language, theme in LOOKS:
        page, _ = visitors.page(**SIZES[size], locale=LOCALES[language], color_scheme=theme)
        page.goto(f"{service.url}/{path}")
        expect(page.locator("h1, .opblock").first).to_be_visible()
        has_no_violations(page, f"{path}, {language}, {theme}, {size}")
        page.close()
