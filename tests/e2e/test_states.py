"""The states that a page is in, as a person sees them: waiting, empty, silent, offline, signed out, brand new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from api.cli_store import create
from geo.rules.access import Role
from tests.e2e.battle_page import BattlePage
from tests.e2e.conftest import OpenMap, Visitors
from tests.e2e.places import grids_of, report, spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

LOST = (r"ERR_(CONNECTION|INCOMPLETE|EMPTY|INTERNET)", r"console error: .*ERR_")


def test_while_it_loads_there_are_grey_blocks_and_words_only_after_five_seconds(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    page.clock.install()
    held: list[Route] = []
    page.route("**/map/grids", lambda route: held.append(route))
    with page.expect_request("**/map/grids"):
        page.reload()
    expect(battle.panel.locator("[aria-busy=true] .skeleton.tall")).to_have_count(3)
    assert "正在取数据" not in page.locator("body").inner_text()
    page.clock.fast_forward(5_100)
    expect(battle.panel.get_by_text("正在取数据")).to_be_visible()
    for route in held:
        route.continue_()
    battle.is_ready()
    expect(battle.panel.locator(".skeleton")).to_have_count(0)


def test_where_nothing_is_overdue_it_says_so_and_since_when(open_map: OpenMap) -> None:
    battle = open_map()

    def calm(route: Route) -> None:
        answer = route.fetch()
        grids = answer.json()
        for feature in grids["features"]:
            feature["properties"] |= {"overdue": 0, "oldest_due_at": None, "units_overdue": None}
        route.fulfill(response=answer, json=grids)

    battle.page.route("**/map/grids", calm)
    battle.page.reload()
    battle.is_ready()
    expect(battle.panel).to_contain_text("没有超期问题。")
    expect(battle.panel).to_contain_text("个网格全部按期")
    assert battle.discs() == []
    battle.has_no_flaws()


@pytest.mark.parametrize("extent", [0.0, 1e-9, 1e-5])
def test_a_district_that_is_nearly_a_point_is_a_map_too(open_map: OpenMap, extent: float) -> None:
    """As when somebody imported one small grid, or coordinates that were cut to a few decimals."""
    battle = open_map()

    def tiny(route: Route) -> None:
        answer = route.fetch()
        grids = answer.json()
        for at, feature in enumerate(grids["features"]):
            lon, lat = 118.87 + extent * (at % 17) / 17, 28.97
            ring = [[lon, lat], [lon + extent, lat], [lon + extent, lat + extent], [lon, lat + extent], [lon, lat]]
            feature["geometry"] = {"type": "Polygon", "coordinates": [ring]}
        route.fulfill(response=answer, json=grids)

    battle.page.route("**/map/grids", tiny)
    battle.page.reload()
    battle.is_ready()
    battle.go("#18/28.97/118.87")
    battle.has_no_flaws()
    battle.panel.locator(".top button").first.click()
    expect(battle.panel.locator(".card .weeks li").first).to_be_attached()
    expect(battle.panel.locator(".card .issues button").first).to_be_visible()


def test_after_45_seconds_of_silence_the_time_of_the_data_is_said(open_map: OpenMap) -> None:
    battle = open_map()
    page = battle.page
    page.clock.install()
    page.reload()
    battle.is_ready()
    page.route("**/map/events", lambda route: None)  # nothing comes any more, and nothing fails
    page.clock.fast_forward(46_000)
    expect(page.locator("#freshness")).to_contain_text("的数据，正在重连")
    expect(page.locator("#freshness .dot.hollow")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("正在重连")
    expect(battle.banner).to_have_count(0)
    expect(battle.panel.locator(".top .name")).to_have_count(3)


def test_without_a_network_no_button_writes_and_the_reason_stands_beside(open_map: OpenMap, service: Service) -> None:
    with service.program(*EVERYTHING) as program:
        spot = spots(program)[0]
        issue = program.post("/api/reports", json=report(spot)).json()["issue_id"]
    battle = open_map(at=f"#17/{spot.lat}/{spot.lon}?i={issue}&lang=zh")
    close = battle.panel.get_by_role("button", name="销号", exact=True)
    expect(close).to_have_attribute("aria-disabled", "false")
    battle.watch.allow(*LOST, r"request failed")
    battle.page.context.set_offline(True)
    expect(battle.banner).to_contain_text("网络已断开。显示")
    expect(close).to_have_attribute("aria-disabled", "true")
    reason = battle.panel.get_by_text("网络已断开，恢复后可以操作。")
    expect(reason).to_be_visible()
    assert close.get_attribute("aria-describedby") == reason.get_attribute("id")
    close.click(force=True)
    expect(battle.panel.locator("form")).to_have_count(0)
    battle.has_no_flaws()
    battle.page.context.set_offline(False)
    expect(battle.banner).to_have_count(0)
    expect(close).to_have_attribute("aria-disabled", "false")


@pytest.mark.parametrize(("part", "words"), [("issues", "问题数据没有取到"), ("units", "出租房数据没有取到")])
def test_the_block_that_is_missing_says_so(open_map: OpenMap, part: str, words: str) -> None:
    battle = open_map()
    battle.watch.allow(rf"/map/{part}", r"console error: .*500")
    battle.page.route(f"**/map/{part}", lambda route: route.fulfill(status=500, body=""))
    battle.page.reload()
    expect(battle.page.locator("#legend").get_by_text(words)).to_be_visible()
    battle.page.unroute(f"**/map/{part}")
    battle.banner.get_by_role("button", name="重试").click()
    expect(battle.page.locator("#legend").get_by_text(words)).to_have_count(0)


def test_after_the_session_ended_the_view_stays_until_somebody_signs_in(open_map: OpenMap, service: Service) -> None:
    battle = open_map()
    page = battle.page
    page.evaluate("window.stayed = true")
    battle.panel.locator(".top button").first.click()
    title = battle.panel.locator(".card h2").inner_text()
    view = page.url
    battle.watch.allow(r"answer 401: .*", r"console error: .*401")
    page.evaluate("fetch('/api/session', { method: 'DELETE' })")
    expect(page.get_by_role("alert")).to_contain_text("登录已过期")
    expect(battle.panel.locator(".card h2")).to_have_text(title)
    veil = "getComputedStyle(document.getElementById('map-frame'), '::after').opacity"
    assert page.evaluate(veil) == "0.4"
    assert page.url == view

    field = page.get_by_label("登录链接")
    field.fill("gwl_nonsense")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("链接已用过或已过期")
    field.fill(service.link(*EVERYTHING))
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    battle.is_ready()
    expect(battle.panel.locator(".card h2")).to_have_text(title)
    assert page.url == view
    assert page.evaluate("window.stayed === true")


def test_who_signs_in_in_another_tab_finds_the_first_one_as_it_was(open_map: OpenMap, service: Service) -> None:
    battle = open_map()
    page = battle.page
    battle.watch.allow(r"answer 401: .*", r"console error: .*401")
    page.evaluate("fetch('/api/session', { method: 'DELETE' })")
    expect(page.get_by_role("alert")).to_be_visible()
    token = service.link(*EVERYTHING).partition("#")[2]
    assert page.context.request.post(f"{service.url}/api/session", data={"token": token}).status == 204
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("alert")).to_have_count(0)
    battle.is_ready()


def test_changes_are_summed_up_once_a_minute_for_who_listens(open_map: OpenMap, service: Service) -> None:
    battle = open_map()
    page = battle.page
    page.clock.install()
    page.reload()
    battle.is_ready()
    summary = page.locator("#summary")
    with service.program(*EVERYTHING) as program:
        spot = spots(program)[0]
        for _ in range(2):  # within the minute, and never so far apart that the stream would be taken for dead
            issue = program.post("/api/reports", json=report(spot)).json()["issue_id"]
            battle.shows("issues", issue, 0)
            expect(summary).to_have_text("")
            page.clock.run_for(25_000)
        total = sum(grid["open"] for grid in grids_of(program))
    page.clock.run_for(11_000)
    expect(summary).to_contain_text(f"新问题 2 件，现有未办结 {total:,} 件")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Service]:
    """A service over a store in which nothing is yet."""
    location = str(tmp_path / "empty.gpkg")
    create(location, name="新区", metric_srid=4549, timezone="Asia/Shanghai", synthetic=False)
    running = Service(location)
    running.start()
    yield running
    running.stop()


def test_the_first_run_names_the_three_steps(empty: Service, visitors: Visitors) -> None:
    page, watch = visitors.page()
    watch.origin = empty.url
    page.goto(empty.link(Role.COMMANDER))
    battle = BattlePage(page, watch)
    battle.is_ready()
    expect(battle.panel).to_contain_text("还没有网格。")
    expect(battle.panel.locator(".steps li")).to_have_count(3)
    expect(battle.panel.locator(".as-table")).to_have_count(0)
    battle.has_no_flaws()
