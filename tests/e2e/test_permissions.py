"""Everybody sees his part: a subdistrict's worker its grids, a commander no single units, a screen only counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from geo.rules.access import Role
from tests.e2e.battle_page import CLASSES, BattlePage
from tests.e2e.conftest import OpenMap, Visitors
from tests.e2e.district import GRIDS
from tests.e2e.places import grids_of, report, spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

SUBDISTRICT = "330802005"
OPEN = 0


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


@pytest.fixture(scope="module")
def inside(program: httpx2.Client) -> list[dict[str, Any]]:
    """The grids of the subdistrict."""
    found = [grid for grid in grids_of(program) if grid["area"].startswith(SUBDISTRICT)]
    assert 0 < len(found) < GRIDS
    return found


def own_codes(battle: BattlePage, layer: str) -> set[str]:
    """The grids of all points of a layer that the page holds."""
    script = """(layer) => {
      const table = (layer === "issues" ? issues_layer : units_layer).session.board[layer];
      return Array.from({ length: table.n }, (_, row) => table.codeOf(row));
    }"""
    return set(battle.page.evaluate(script, layer))


def test_a_person_of_one_subdistrict_sees_its_grids_alone(
    open_map: OpenMap, program: httpx2.Client, inside: list[dict[str, Any]]
) -> None:
    codes = {grid["code"] for grid in inside}
    outside = next(spot for spot in spots(program) if spot.code not in codes)
    mine = next(spot for spot in spots(program) if spot.code in codes)
    battle = open_map(Role.GRID_WORKER, area=SUBDISTRICT)
    page = battle.page
    expect(page.locator("#where")).to_contain_text(f"{len(codes)} 个网格")
    expect(page.locator("#foot")).to_contain_text("只显示您负责的范围")
    expect(battle.kpi(OPEN)).to_have_text(f"{sum(grid['open'] for grid in inside):,}")
    for name in CLASSES:
        expect(battle.class_count(name)).to_have_text(f"{sum(grid['units'][name] for grid in inside):,}")
    assert own_codes(battle, "units") <= codes
    assert own_codes(battle, "issues") <= codes
    for name in page.locator("#panel .name, #panel .rest-name").all_inner_texts():
        assert name in {grid["name"] for grid in inside}
    battle.has_no_flaws()

    # Live changes of others do not arrive; those of his do.
    before = int(battle.kpi(OPEN).inner_text())
    foreign = program.post("/api/reports", json=report(outside)).json()["issue_id"]
    own = program.post("/api/reports", json=report(mine)).json()["issue_id"]
    battle.shows("issues", own, 0)
    battle.shows("issues", foreign, None)
    expect(battle.kpi(OPEN)).to_have_text(str(before + 1))
    expect(battle.toast).to_contain_text(mine.name)

    battle.watch.allow(r"answer 404: .*/api/issues/", r"console error: .*404")
    battle.go(f"#15/{outside.lat}/{outside.lon}?i={foreign}&lang=zh")
    expect(battle.panel).to_contain_text("没有这件问题")


def test_an_address_of_somebody_elses_grid_is_dropped_calmly(
    open_map: OpenMap, program: httpx2.Client, inside: list[dict[str, Any]]
) -> None:
    codes = {grid["code"] for grid in inside}
    outside = next(spot for spot in spots(program) if spot.code not in codes)
    battle = open_map(
        Role.GRID_WORKER, area=SUBDISTRICT, at=f"#14/{outside.lat}/{outside.lon}?g={outside.code}&lang=zh"
    )
    expect(battle.toast).to_have_text("链接里的所选内容不在您的范围内")
    assert outside.code not in battle.page.url
    assert outside.name not in battle.page.locator("body").inner_text()


def test_a_commander_sees_counts_and_is_told_why_no_single_units(open_map: OpenMap, program: httpx2.Client) -> None:
    unit = program.get("/api/units", params={"class": "red"}).json()["items"][0]
    battle = open_map(Role.COMMANDER)
    red = sum(grid["units"]["red"] for grid in grids_of(program))
    expect(battle.class_count("red")).to_have_text(str(red))
    battle.go(f"#17/{unit['lat']}/{unit['lon']}?lang=zh")
    expect(battle.page.locator("#legend")).to_contain_text("单套出租房由所属网格查看，此处只有数量。")
    assert battle.page.evaluate("units_layer.session.board.units") is None

    # One unit, with a purpose that is kept; nothing may be written.
    battle.watch.allow(r"answer 403: .*/api/units/", r"console error: .*403")
    battle.go(f"#17/{unit['lat']}/{unit['lon']}?u={unit['id']}&lang=zh")
    expect(battle.panel).to_contain_text("查看单套出租房需要写明事由，并会留痕。")
    assert unit["code"] not in battle.panel.inner_text()
    battle.panel.get_by_label("事由").fill("消防联合检查")
    battle.panel.get_by_role("button", name="查看").click()
    expect(battle.panel.locator(".facts")).to_contain_text(unit["code"])
    expect(battle.panel.get_by_role("button", name="记录巡查")).to_have_count(0)
    battle.has_no_flaws()


def test_a_commander_may_look_at_an_issue_and_not_act(open_map: OpenMap, program: httpx2.Client) -> None:
    spot = spots(program)[0]
    issue = program.post("/api/reports", json=report(spot)).json()["issue_id"]
    battle = open_map(Role.COMMANDER, at=f"#17/{spot.lat}/{spot.lon}?i={issue}&lang=zh")
    expect(battle.panel.locator(".words")).to_have_text("垃圾堆放在路边")
    expect(battle.panel.locator("footer button")).to_have_count(0)


def test_a_screen_signs_in_with_its_token_and_shows_counts_only(
    service: Service, visitors: Visitors, program: httpx2.Client
) -> None:
    page, watch = visitors.page()
    page.goto(f"{service.url}/sign-in#{service.token(Role.KIOSK)}")
    battle = BattlePage(page, watch)
    battle.is_ready()
    expect(page.locator("#where")).to_contain_text(f"{GRIDS} 个网格")
    expect(battle.class_count("red")).to_have_text(str(sum(grid["units"]["red"] for grid in grids_of(program))))
    assert page.evaluate("[units_layer.session.board.units, issues_layer.session.board.issues]") == [None, None]
    leads = {grid["lead"]["name"] for grid in grids_of(program) if grid["lead"]}
    text = page.locator("body").inner_text()
    assert not [name for name in leads if name in text], "a screen names nobody"
    assert "无人负责" not in text, "and does not say that nobody answers, which it cannot know"
    battle.has_no_flaws()
    page.locator("#panel .top button").first.click()
    expect(page.locator(".card h2")).to_be_visible()
    assert "无人负责" not in page.locator(".card").inner_text()
    assert not [name for name in leads if name in page.locator(".card").inner_text()]
