"""A wall screen: read from 6 m, moves by itself, knows counts only, says when it may not show them any more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx2
import pytest
from playwright.sync_api import Request, expect

from api.accounts import Accounts, keys
from geo.model import SYSTEM
from geo.rules.access import Role
from tests.e2e.battle_page import FRAMES, BattlePage
from tests.e2e.conftest import Visitors
from tests.e2e.places import grids_of, report, spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

WALL = {"width": 3840, "height": 2160}
SMALLEST_PX = 36  # readable at 6 m
HOME_MS, STOP_MS, IDLE_MS, STEP_MS = 40_000, 20_000, 60_000, 2_000

OpenWall = Callable[..., BattlePage]

# Font sizes of all text that is seen, in pixels.
SIZES = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && !one.closest("svg, .skip, .sr"))
  .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .map((one) => [one.className, parseFloat(getComputedStyle(one).fontSize)])"""

# The grid that the list has marked, the map's zoom, and the grids whose discs are in sight.
TOURED = """() => {
  const { selection } = grids_layer.session.state;
  const discs = labels_layer.discs.map((disc) => disc.code);
  return { code: selection.code ?? null, zoom: battle_map.getZoom(), discs };
}"""

# Whether the list has room for all that is in it.
FITS = """() => [...document.querySelectorAll(".panel, .wall-list, .rest")].every(
  (one) => one.scrollHeight <= one.clientHeight && one.scrollWidth <= one.clientWidth)"""


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


@pytest.fixture
def open_wall(visitors: Visitors, service: Service) -> OpenWall:
    """``open_wall(role, lang="zh", token=None)``: a screen that opened its address; the test drives its clock."""

    def open_it(role: Role = Role.KIOSK, lang: str = "zh", token: str | None = None, **options: Any) -> BattlePage:
        page, watch = visitors.page(viewport=WALL, **options)
        page.clock.install()
        page.goto(f"{service.url}/sign-in?wall=1&lang={lang}#{token or service.token(role)}")
        wall = BattlePage(page, watch)
        wall.is_ready()
        return wall

    return open_it


def marked(wall: BattlePage) -> list[int]:
    """The ranks, from 0, of the rows that the list has marked."""
    rows = wall.panel.locator(".top button, .rest button").all()
    return [rank for rank, row in enumerate(rows) if row.get_attribute("aria-current") == "true"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("role", [Role.KIOSK, Role.KIOSK_NAMED])
def test_all_of_it_is_read_from_afar_and_nothing_is_cut_off(open_wall: OpenWall, role: Role, lang: str) -> None:
    wall = open_wall(role, lang)
    page = wall.page
    wall.has_no_flaws()
    assert len(wall.discs()) == 3, "the worst three stand on the map that one sees first"
    assert page.locator("html[data-theme=dark]").count() == 1
    expect(wall.panel.locator(".top li")).to_have_count(3)
    expect(wall.panel.locator(".rest li")).to_have_count(4)
    assert page.evaluate(FITS), "the list does not scroll"
    small = [(name, size) for name, size in page.evaluate(SIZES) if size < SMALLEST_PX]
    assert not small
    for control in ("#search", "#map-controls", "#figures"):
        expect(page.locator(control)).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.kpi-item b')).fontSize") == "100px"


def test_it_tours_the_worst_three(open_wall: OpenWall) -> None:
    wall = open_wall()
    page = wall.page
    home = page.evaluate(TOURED)
    assert (home["code"], marked(wall)) == (None, [])
    seen: list[list[int]] = [[]]
    # Real time passes beside the clock's: how long each stop lasts is tested where there is no page.
    for _ in range((HOME_MS + 3 * STOP_MS) // STEP_MS):
        page.clock.run_for(STEP_MS)
        page.evaluate(FRAMES)
        if marked(wall) == seen[-1]:
            continue
        seen.append(marked(wall))
        there = page.evaluate(TOURED)
        if there["code"] is None:
            assert there == home
            break
        assert there["zoom"] > home["zoom"]
        assert there["code"] in there["discs"], "the grid that is toured is in sight, with its disc"
        wall.has_no_flaws()
    assert seen == [[], [0], [1], [2], []]
    assert page.evaluate("history.length") < 6, "a tour is nothing to go back to"


def test_whoever_moves_the_map_has_it_for_a_minute(open_wall: OpenWall) -> None:
    wall = open_wall()
    page = wall.page
    cursor = "getComputedStyle(document.body).cursor"
    page.mouse.move(1000, 1000)
    page.mouse.move(1100, 1000)
    page.clock.run_for(HOME_MS + STEP_MS)
    assert page.evaluate(cursor) != "none"
    assert marked(wall) == []
    page.clock.run_for(IDLE_MS - HOME_MS - STEP_MS)
    assert page.evaluate(cursor) == "none"
    page.clock.run_for(HOME_MS)
    expect(wall.panel.locator(".top button").first).to_have_attribute("aria-current", "true")


def test_what_changes_is_told_at_the_foot_in_counts(open_wall: OpenWall, program: httpx2.Client) -> None:
    wall = open_wall(Role.KIOSK_NAMED)
    ticker = wall.page.locator(".ticker")
    expect(ticker).to_contain_text("以来没有变化")
    chosen = spots(program)[:5]
    for spot in chosen:
        program.post("/api/reports", json=report(spot)).raise_for_status()
    items = ticker.locator("li")
    expect(items).to_have_count(3)
    expect(items.first).to_contain_text(chosen[4].name)
    expect(items.first).to_contain_text(re.compile(r"未办结 \d+（\+1）"))
    wall.has_no_flaws()
    wall.page.clock.run_for(6000)
    expect(items.first).to_contain_text(chosen[3].name)
    expect(items.last).to_contain_text(chosen[1].name)
    assert wall.toast.count() == 0


@pytest.mark.parametrize("role", [Role.KIOSK, Role.KIOSK_NAMED])
def test_counts_alone_reach_it(visitors: Visitors, service: Service, program: httpx2.Client, role: Role) -> None:
    """And leads' names, where the screen was made to show them."""
    page, watch = visitors.page(viewport=WALL)
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    with page.expect_response("**/api/trends"):
        page.goto(f"{service.url}/sign-in?wall=1#{service.token(role)}")
    wall = BattlePage(page, watch)
    wall.is_ready()
    grids = grids_of(program)
    issues = program.get("/api/issues", params={"overdue": True, "limit": 50}).json()["items"]
    units = program.get("/api/units", params={"class": "red", "limit": 50}).json()["items"]
    assert issues and units
    urls = {urlsplit(request.url).path: request.url for request in requests if request.method == "GET"}
    asked = set(urls)
    assert {"/map/grids", "/map/config", "/api/trends"} <= asked
    assert not {path for path in asked if path.endswith(("/units", "/issues"))}
    answered = [url for path, url in urls.items() if not path.startswith(("/static/", "/map/events"))]
    everything = "".join(page.request.get(url).text() for url in answered)
    assert not [issue["number"] for issue in issues if issue["number"] in everything]
    assert not [unit["code"] for unit in units if f'"{unit["code"]}"' in everything]
    leads = {grid["lead"]["name"] for grid in grids if grid["lead"]}
    assert leads
    assert any(name in everything for name in leads) is (role is Role.KIOSK_NAMED)
    assert ("网格长" in wall.panel.inner_text()) is (role is Role.KIOSK_NAMED)


def test_a_revoked_token_ends_it_in_words(open_wall: OpenWall, service: Service) -> None:
    secret = service.token(Role.KIOSK)
    wall = open_wall(token=secret)
    wall.watch.allow(r"answer 401: .*", r"console error: .*401")
    with closing(Accounts.open(service.location)) as accounts, accounts.write() as conn:
        token = keys.authenticate(conn, secret, now=datetime.now(UTC)).id
        keys.revoke_token(conn, token, now=datetime.now(UTC), by=SYSTEM)
    end = wall.page.locator(".wall-end")
    expect(end).to_contain_text("此屏的授权已收回")
    expect(wall.page.locator(".app")).to_be_hidden()
    assert re.sub(r"\s", "", wall.page.locator("body").inner_text()) == re.sub(r"\s", "", end.inner_text())
    wall.page.reload()
    expect(wall.page.locator("#sign-in")).to_contain_text("此地址已收回或不完整")


def test_a_lost_link_is_told_in_large_and_comes_back_by_itself(open_wall: OpenWall, service: Service) -> None:
    wall = open_wall()
    wall.watch.allow(r"failed: ", r"console error: .*Failed to load")
    service.stop()
    expect(wall.banner).to_contain_text("网络已断开")
    assert wall.banner.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)") >= SMALLEST_PX
    expect(wall.banner.get_by_role("button")).to_have_count(0)
    wall.has_no_flaws()
    service.start()
    expect(wall.banner).to_have_count(0)
    wall.is_ready()


def test_it_begins_anew_at_four_in_the_morning(open_wall: OpenWall) -> None:
    wall = open_wall()
    page = wall.page
    page.evaluate("window.before = true")
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    four = now.replace(hour=4, minute=0, second=0, microsecond=0)
    left = (four if now < four else four + timedelta(days=1)) - now
    # In one leap: at the next word from the server the page takes its time from there.
    page.clock.fast_forward(int(left.total_seconds() * 1000) + 30_000)
    page.wait_for_function("() => window.before === undefined")
    wall.is_ready()
