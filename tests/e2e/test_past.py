"""The battle map of a day of the past: everything on it is of that day, nothing moves, and there is a way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenMap
from tests.e2e.places import grids_of
from tests.e2e.service import EVERYTHING, Service

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

DAY = (datetime.now(UTC) - timedelta(days=40)).date().isoformat()
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LOADED = ("/map/config", "/map/grids", "/map/issues", "/map/units", "/api/trends")


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


def is_shown(page: Page) -> None:
    """Wait until all of the day is there."""
    expect(page.locator(".app[data-link=past]:not([data-state])")).to_be_attached()
    expect(page.locator("#kpi [aria-busy=true]")).to_have_count(0)


def listen(page: Page) -> list[str]:
    """The addresses of all data that the page asks for from now on."""
    asked: list[str] = []
    data = ("/map/", "/api/")
    page.on(
        "request", lambda request: asked.append(request.url) if urlsplit(request.url).path.startswith(data) else None
    )
    return asked


def test_a_day_is_shown_as_it_was_with_nothing_to_change_and_a_way_back(
    open_map: OpenMap, program: httpx2.Client
) -> None:
    battle = open_map(at="#13/28.97/118.86?lang=zh&f=open")
    page, now = battle.page, battle.kpi(0).inner_text()
    battle.watch.allow("ERR_ABORTED .*/map/background")  # buildings come late, and the page is left before
    asked = listen(page)
    page.locator(".filter-button").click()
    page.get_by_label("看某一天").fill(DAY)
    page.locator(".day-field button").click()

    is_shown(page)
    grids = [each["properties"] for each in program.get("/map/grids", params={"as_of": DAY}).json()["features"]]
    expect(battle.kpi(0)).to_have_text(f"{sum(grid['open'] for grid in grids):,}")
    assert battle.kpi(0).inner_text() != now
    expect(page.locator("#past")).to_contain_text(f"截至 {DAY}（历史），不更新")
    expect(page.locator("#freshness")).to_have_text(f"{DAY} 的数据")
    assert "f=open" in page.evaluate("location.hash")
    battle.has_no_flaws()

    battle.panel.locator(".as-table button").click()
    page.locator(".grid-table tbody button").first.click()  # where most was open: not every day has something overdue
    expect(battle.panel.locator(".weeks li")).to_have_count(12)
    expect(battle.panel.locator(".call")).to_have_count(0)
    battle.panel.locator(".card .issues button").first.click()
    expect(battle.panel.locator(".history li").first).to_be_visible()
    expect(battle.panel.locator(".actions button")).to_have_count(0)

    page.locator("#switches [lang=en]").click()
    expect(page.locator("#past")).to_contain_text(f"As of {DAY} (history), not updated")
    page.locator(".share-button").click()
    assert f"/?as_of={DAY}#" in page.locator(".share-body input").input_value()
    page.keyboard.press("Escape")
    page.reload()
    is_shown(page)
    expect(page.locator("#freshness")).to_have_text(f"Data of {DAY}")

    of_now = ("/map/background", "/map/page.js")
    paths = {urlsplit(url).path for url in asked}
    assert paths.issuperset(LOADED)
    for url in asked:
        assert urlsplit(url).path in of_now or parse_qs(urlsplit(url).query).get("as_of") == [DAY], url

    page.locator("#past a").click()
    battle.is_ready()
    expect(page.locator("#past")).to_be_empty()
    assert urlsplit(page.url).query == ""
    expect(battle.panel.locator(".history li").first).to_be_visible()


@pytest.mark.parametrize(
    ("day", "says"), [("soon", "没有这一天"), ("2001-01-01", "那时还没有网格"), ("2999-01-01", "这一天还没有过完")]
)
def test_a_day_that_cannot_be_shown_says_why_and_leads_back(open_map: OpenMap, day: str, says: str) -> None:
    battle = open_map(at="#?lang=zh")
    page = battle.page
    battle.watch.allow("answer 400: .*as_of=2999", "console error: .*status of 400", "console warning: .*preload")
    page.goto(f"{battle.watch.origin}/?as_of={day}")
    expect(battle.panel.get_by_role("alert")).to_contain_text(says)
    expect(page.locator("#battle_map")).not_to_be_visible()
    expect(battle.panel.locator(".as-table, .top")).to_have_count(0)
    battle.panel.get_by_text("回到现在").click()
    battle.is_ready()


def test_without_a_network_the_day_is_told_and_no_time_of_it(open_map: OpenMap) -> None:
    battle = open_map(at="#?lang=zh")
    page = battle.page
    battle.watch.allow(
        "ERR_INTERNET_DISCONNECTED", "request failed", "answer 500: .*/map/units", "console error: .*500"
    )
    page.route("**/map/units?*", lambda route: route.fulfill(status=500, body=""))
    page.goto(f"{battle.watch.origin}/?as_of={DAY}#?lang=zh")
    again = battle.banner.get_by_role("button", name="重试")
    expect(battle.banner).to_contain_text("出租房数据没有取到")
    page.context.set_offline(True)
    again.click()
    expect(battle.banner).to_contain_text(f"网络已断开。显示已取到的 {DAY} 的数据")
    expect(battle.banner).not_to_contain_text("23:59")
    expect(page.locator("#freshness")).to_have_text(f"{DAY} 的数据")
    page.unroute("**/map/units?*")
    page.context.set_offline(False)  # upon which the page asks again by itself
    is_shown(page)
    expect(battle.banner).to_have_count(0)


def test_on_a_phone_the_day_stands_above_the_figures(open_map: OpenMap) -> None:
    battle = open_map(**PHONE)
    page = battle.page
    page.goto(f"{battle.watch.origin}/?as_of={DAY}#?lang=en")
    is_shown(page)
    expect(page.locator("#past a")).to_be_visible()
    battle.has_no_flaws()
    search = page.locator(".search input")
    search.fill("01")
    found = page.locator(".found").filter(has_text="The search finds what there is now.")
    expect(found).to_be_visible()


def test_a_trend_is_counted_by_the_boundaries_of_each_day_or_of_today(
    open_map: OpenMap, program: httpx2.Client
) -> None:
    code = grids_of(program)[0]["code"]
    page = open_map(at=f"#14/28.97/118.86?g={code}&lang=zh").page
    choice = page.get_by_role("group", name="按哪时的边界统计")
    expect(choice.get_by_role("button", pressed=True)).to_have_text("按当日边界")
    with page.expect_response(lambda answer: "boundaries=today" in answer.url) as found:
        choice.get_by_text("按现行边界").click()
    assert found.value.json()["boundaries"] == "today"
    weeks = program.get("/api/trends", params={"grid": code, "boundaries": "today"}).json()["weeks"]
    bars = page.locator("#panel .weeks li .sr")
    expect(bars).to_have_count(len(weeks))
    expect(bars.last).to_contain_text(f"新增 {weeks[-1]['new']} 件")
    page.reload()
    expect(choice.get_by_role("button", pressed=True)).to_have_text("按现行边界")
