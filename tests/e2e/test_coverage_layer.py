"""Where are we blind: the coverage report as a layer of the map, with its legend and its list."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from geo.rules.access import Role
from tests.e2e.axe import violations
from tests.e2e.battle_page import BattlePage
from tests.e2e.blind import LEADLESS, put_blind_spots
from tests.e2e.conftest import OpenMap
from tests.e2e.district import Original
from tests.e2e.places import grids_of
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def service(original: Original, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A district with blind spots."""
    location = original.copy_to(tmp_path_factory.mktemp("blind"))
    put_blind_spots(location)
    running = Service(location)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


def switch(page: Page) -> Locator:
    return page.locator("#legend").get_by_role("switch")


def gap(battle: BattlePage, kind: str) -> Locator:
    return battle.panel.locator(f"[data-gap={kind}]")


def asked(page: Page) -> list[str]:
    """The questions for blind spots that the page sends from now on."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url) if "/map/coverage" in request.url else None)
    return urls


def drawn(page: Page) -> int:
    """How many blind spots the map draws: asked of its layer, since nobody can read a canvas."""
    return int(page.evaluate("coverage_layer.session.blindSpots?.spots.length ?? 0"))


def test_one_press_answers_and_another_takes_it_away(open_map: OpenMap, program: httpx2.Client) -> None:
    counts = program.get("/api/coverage").json()["counts"]
    battle = open_map(at="#?lang=zh")
    page = battle.page
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    assert drawn(page) == 0
    urls = asked(page)
    switch(page).click()
    expect(gap(battle, "grid_without_lead")).to_contain_text(f"{LEADLESS}／292")
    expect(gap(battle, "area_without_grid")).to_contain_text("没有网格")
    expect(gap(battle, "place_outside")).to_contain_text("城外市场")
    expect(gap(battle, "place_outside")).to_contain_text("网格外 400 m（50%）")
    expect(gap(battle, "place_unvisited")).to_contain_text(f"{counts['places_unvisited']:,}／")
    names = ("grids_without_lead", "areas_without_grid", "places_outside", "places_unvisited")
    expect(page.locator("#legend .coverage-rows b")).to_have_text([f"{counts[name]:,}" for name in names])
    expect(page).to_have_url(re.compile(r"[?&]cover=1&"))
    assert drawn(page) == LEADLESS + 1 + 2 + counts["places_unvisited"]
    assert urls and all("days=30" in url for url in urls)
    assert violations(page) == []
    battle.has_no_flaws()

    switch(page).click()
    expect(switch(page)).to_have_attribute("aria-checked", "false")
    expect(battle.panel.get_by_role("heading", name="先去这三处")).to_be_visible()
    assert "cover" not in page.url
    assert drawn(page) == 0
    page.go_back()
    expect(gap(battle, "place_outside")).to_be_visible()


def test_the_address_holds_it_and_the_window(open_map: OpenMap, program: httpx2.Client) -> None:
    counts = {days: program.get(f"/api/coverage?days={days}").json()["counts"] for days in (90, 180)}
    battle = open_map(at="#?lang=en&cover=1&days=180&theme=dark")
    visits = gap(battle, "place_unvisited")
    expect(visits).to_contain_text(f"{counts[180]['places_unvisited']:,} of ")
    expect(visits.get_by_role("button", name="180 days")).to_have_attribute("aria-pressed", "true")
    visits.get_by_role("button", name="90 days").click()
    expect(visits).to_contain_text(f"{counts[90]['places_unvisited']:,} of ")
    expect(battle.page).to_have_url(re.compile("cover=1&days=90"))
    assert violations(battle.page) == []
    battle.has_no_flaws()


def test_a_row_leads_to_its_place_and_a_grid_to_its_card(open_map: OpenMap) -> None:
    battle = open_map(at="#?lang=zh&cover=1")
    page = battle.page
    market = gap(battle, "place_outside").get_by_role("button", name="城外市场")
    market.click()
    expect(market).to_have_attribute("aria-current", "true")
    page.wait_for_function(
        """() => {
          const { chosen } = coverage_layer.session.blindSpots;
          const size = 256 * 2 ** battle_map.getZoom();
          const corner = battle_map.getPixelBounds().min;
          const [x, y] = [chosen.at.x * size - corner.x, chosen.at.y * size - corner.y];
          const { x: width, y: height } = battle_map.getSize();
          return chosen.finding.code === "blind-1" && x > 0 && y > 0 && x < width && y < height;
        }"""
    )
    gap(battle, "grid_without_lead").get_by_role("button").first.click()
    expect(battle.panel.locator(".card h2")).to_be_visible()
    battle.back().click()
    expect(gap(battle, "grid_without_lead")).to_be_visible()  # back to the blind spots, not to the worst grids


def test_a_mark_on_the_map_is_shown_in_the_list(open_map: OpenMap) -> None:
    battle = open_map(at="#?lang=zh&cover=1")
    page = battle.page
    lane = gap(battle, "place_outside").get_by_role("button", name="出城巷")
    lane.click()
    expect(lane).to_have_attribute("aria-current", "true")
    at = page.evaluate(
        """() => {
          const { at } = coverage_layer.session.blindSpots.chosen;
          const box = battle_map.getContainer().getBoundingClientRect();
          const size = 256 * 2 ** battle_map.getZoom();
          const corner = battle_map.getPixelBounds().min;
          return [box.x + at.x * size - corner.x, box.y + at.y * size - corner.y];
        }"""
    )
    gap(battle, "place_outside").get_by_role("button", name="城外市场").click()
    expect(lane).to_have_attribute("aria-current", "false")
    lane.click()
    page.mouse.click(*at)
    expect(lane).to_have_attribute("aria-current", "true")
    page.mouse.move(at[0] + 1, at[1])
    expect(page.locator("#tip")).to_contain_text("出城巷")


def test_the_table_can_be_taken_away(open_map: OpenMap, tmp_path: Path) -> None:
    battle = open_map(at="#?lang=en&cover=1&days=180")
    link = battle.panel.get_by_role("link", name="Download as a table")
    with battle.page.expect_download() as started:
        link.click()
    started.value.save_as(tmp_path / "table.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text("utf-8-sig"))))
    assert {"blind-1", "blind-2"} <= {row["code"] for row in rows if row["kind"] == "place_outside"}


def test_it_follows_who_answers(open_map: OpenMap, service: Service) -> None:
    """The end of an appointment is told by the stream, upon which the list is asked for again."""
    with service.program(Role.DISPATCHER) as desk:
        report = desk.get("/api/coverage").raise_for_status().json()
        vacant = report["counts"]["grids_without_lead"]
        staff = desk.get("/api/people", params={"post": "lead", "limit": 1}).raise_for_status().json()["items"][0]
        battle = open_map(at="#?lang=zh&cover=1")
        expect(gap(battle, "grid_without_lead")).to_contain_text(f"{vacant}／292")
        desk.post(f"/api/appointments/{staff['id']}/end", json={"to_date": report["today"]}).raise_for_status()
        expect(gap(battle, "grid_without_lead")).to_contain_text(f"{vacant + 1}／292", timeout=120_000)


def test_who_may_not_know_is_told_less_or_has_no_switch(open_map: OpenMap, program: httpx2.Client) -> None:
    elsewhere = max(grid["area"] for grid in grids_of(program))  # what lies outside belongs to the first community
    operator = open_map(Role.OPERATOR, at="#?lang=zh&cover=1")
    expect(gap(operator, "place_outside")).to_be_visible()
    expect(operator.panel.locator("[data-gap]")).to_have_count(2)  # neither people nor visits
    worker = open_map(Role.GRID_WORKER, area=elsewhere, at="#?lang=zh&cover=1")
    expect(gap(worker, "place_unvisited")).to_be_visible()
    assert "城外市场" not in worker.panel.inner_text()
    screen = open_map(Role.KIOSK, at="#?lang=zh&cover=1")
    expect(screen.page.locator("#legend .shades")).to_be_visible()
    expect(switch(screen.page)).to_have_count(0)
    expect(screen.toast).to_have_text("链接里的所选内容不在您的范围内")
    assert "cover" not in screen.page.url


def test_a_phone_has_it_in_its_layers(open_map: OpenMap) -> None:
    battle = open_map(at="#?lang=en", viewport=PHONE, has_touch=True)
    page = battle.page
    page.get_by_role("button", name="Legend").click()
    switch(page).click()
    expect(page.locator("#legend .coverage-rows li")).to_have_count(4)
    assert violations(page) == []
    page.locator("#legend").get_by_role("button", name="Close").click()
    expect(gap(battle, "grid_without_lead")).to_be_visible()
    battle.has_no_flaws()


def test_a_wall_does_not_draw_it(open_map: OpenMap) -> None:
    battle = open_map(at="?wall=1#?cover=1", viewport={"width": 1920, "height": 1080})
    expect(battle.page.locator("#legend .legend-part").first).to_be_visible()
    expect(switch(battle.page)).to_have_count(0)
    assert battle.page.evaluate("coverage_layer.session.blindSpots") is None
