"""A commander calls who answers: the number stands in the card once it was asked for, and nobody else is offered it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from geo.rules.access import Role
from tests.e2e.axe import violations
from tests.e2e.conftest import OpenMap
from tests.e2e.places import grids_of
from tests.e2e.service import EVERYTHING, Service
from tests.e2e.test_page import LOCALES, SIZES

pytestmark = pytest.mark.browser

CALL = {"zh": "打电话", "en": "Call"}


@pytest.fixture(scope="module")
def led(service: Service) -> str:
    """The code of a grid with a lead."""
    with service.program(*EVERYTHING) as program:
        return next(grid["code"] for grid in grids_of(program) if grid["lead"])


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_one_press_shows_the_number_to_dial(open_map: OpenMap, led: str, size: str, language: str) -> None:
    battle = open_map(Role.COMMANDER, at=f"#?g={led}&lang={language}", **SIZES[size], locale=LOCALES[language])
    battle.panel.get_by_role("button", name=CALL[language]).click()
    number = battle.panel.locator("a.call")
    expect(number).to_be_focused()
    assert number.inner_text().startswith("000-")  # no number of the synthetic district can be dialled
    expect(number).to_have_attribute("href", "tel:" + number.inner_text().replace("-", ""))
    battle.has_no_flaws()
    assert violations(battle.page) == []


def test_who_may_not_call_is_not_offered_it(open_map: OpenMap, led: str) -> None:
    battle = open_map(Role.GIS_EDITOR, at=f"#?g={led}&lang=zh")
    expect(battle.panel.locator(".card .lead")).to_be_visible()
    expect(battle.panel.locator(".call")).to_have_count(0)


def test_a_number_that_is_not_kept_is_told(open_map: OpenMap, led: str, service: Service) -> None:
    battle = open_map(Role.COMMANDER, at=f"#?g={led}&lang=zh")
    battle.page.route("**/api/people/*/phone", lambda route: route.fulfill(status=404, body="{}"))
    battle.watch.allow(r"404")
    battle.panel.locator(".call").click()
    expect(battle.panel.locator(".lead [role=alert]")).to_have_text("没有留下电话。")
