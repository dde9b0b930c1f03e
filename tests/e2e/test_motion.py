"""Who asks for less motion gets none: the map jumps where it would pan, fly or roll on. Who does not, sees it move."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.battle_page import BattlePage
from tests.e2e.conftest import OpenMap

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

# What moved, and whether it was there at once: asked in the very task in which the key was pressed.
PRESSED = """(key) => {
  const map = battle_map, before = map.getZoom(), centre = map.getCenter();
  const moves = [];
  map.on("zoomanim", () => moves.push("zoom"));
  const keyCode = { ArrowRight: 39, "+": 187 }[key];
  map.getContainer().dispatchEvent(new KeyboardEvent("keydown", { key, keyCode, bubbles: true }));
  const isThere = map.getZoom() !== before || !map.getCenter().equals(centre);
  return { isThere, moves, isPanning: Boolean(map._panAnim?._inProgress) };
}"""
STILL = {"isThere": True, "moves": [], "isPanning": False}


def pressed(battle: BattlePage, key: str) -> dict[str, object]:
    battle.page.locator("#battle_map").focus()
    told: dict[str, object] = battle.page.evaluate(PRESSED, key)
    return told


def test_the_keys_of_the_map_jump(open_map: OpenMap) -> None:
    battle = open_map(reduced_motion="reduce")
    assert pressed(battle, "ArrowRight") == STILL
    assert pressed(battle, "+") == STILL
    battle.panel.locator(".top button").nth(1).click()
    expect(battle.panel.locator(".card h2")).to_be_visible()
    assert battle.page.evaluate("Boolean(battle_map._flyToFrame)") is False


def test_they_move_for_who_did_not_ask_and_stop_once_somebody_does(open_map: OpenMap) -> None:
    battle = open_map(reduced_motion="no-preference")
    assert pressed(battle, "ArrowRight")["isPanning"] is True
    battle.page.wait_for_function("() => !battle_map._panAnim._inProgress")
    battle.page.emulate_media(reduced_motion="reduce")
    assert pressed(battle, "ArrowRight") == STILL
