"""Places are drawn near by for who may see them, and the legend says what the glyphs are."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from geo.rules.access import Role
from tests.e2e.battle_page import BattlePage
from tests.e2e.conftest import OpenMap

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

PLACE = "28.9690/118.8715"


def kinds(battle: BattlePage) -> list[str]:
    return [text.strip() for text in battle.page.locator("#legend .place-kinds li").all_inner_texts()]


def test_more_kinds_come_into_sight_nearer_by(open_map: OpenMap) -> None:
    battle = open_map(Role.COMMANDER, at=f"#14.5/{PLACE}?lang=zh")
    expect(battle.page.locator("#legend .rows").first).to_be_visible()
    assert kinds(battle) == []
    with battle.page.expect_response("**/map/places") as answer:
        battle.go(f"#16/{PLACE}?lang=zh")
    assert answer.value.status == 200
    listed = battle.page.locator("#legend .place-kinds")
    expect(listed).to_contain_text("小区")
    expect(listed).not_to_contain_text("楼道")
    battle.go(f"#17.5/{PLACE}?lang=en")
    expect(listed).to_contain_text("Stairwell")
    battle.has_no_flaws()


def test_who_may_not_see_places_is_not_told_of_them(open_map: OpenMap) -> None:
    asked: list[str] = []
    battle = open_map(Role.KIOSK)
    battle.page.on("request", lambda request: asked.append(request.url))
    battle.go(f"#17.5/{PLACE}?lang=zh")
    expect(battle.page.locator("#legend .rows").first).to_be_visible()
    assert kinds(battle) == []
    assert not any("/map/places" in url for url in asked)
