"""The service goes away and comes back: the page says so, keeps what it knows, and catches up without a reload."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from api.cli_base import open_desk
from geo.desk import issues, units
from geo.desk.received import position
from geo.desk.reports import file_report
from geo.model import SYSTEM, NewReport, Occupancy, Term
from geo.rules.access import Role
from tests.e2e.battle_page import BattlePage
from tests.e2e.conftest import OpenMap
from tests.e2e.places import Spot, report, spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

LOST = (r"ERR_(CONNECTION|INCOMPLETE|EMPTY|INTERNET)", r"console error: .*ERR_")
OPEN = 0


def mark(battle: BattlePage) -> None:
    """So that a reload would be noticed."""
    battle.page.evaluate("window.stayed = true")


def stayed(battle: BattlePage) -> bool:
    return bool(battle.page.evaluate("window.stayed === true"))


def opened(battle: BattlePage) -> int:
    return int(battle.kpi(OPEN).inner_text().replace(",", ""))


def is_lost(battle: BattlePage) -> None:
    expect(battle.banner).to_contain_text("网络已断开")
    expect(battle.page.locator("#freshness .dot.hollow")).to_be_visible()
    expect(battle.page.locator("#freshness")).to_contain_text("正在重连")


def is_back(battle: BattlePage) -> None:
    expect(battle.banner).to_have_count(0)
    battle.is_ready()


@pytest.fixture(autouse=True)
def running_again(service: Service) -> Iterator[None]:
    """A test that fails while the service is away leaves it to the next one as it was."""
    yield
    if not service.is_running:
        service.start()


@pytest.fixture
def spot(service: Service) -> Spot:
    with service.program(*EVERYTHING) as program:
        return spots(program)[0]


def test_the_service_ends_and_starts_again(open_map: OpenMap, service: Service, spot: Spot) -> None:
    battle = open_map()
    mark(battle)
    before = opened(battle)
    battle.watch.allow(*LOST)
    service.stop()
    is_lost(battle)
    assert opened(battle) == before, "what was known stays in sight"
    battle.has_no_flaws()

    service.start()
    with service.program(Role.INTAKE) as hotline:
        issue = hotline.post("/api/reports", json=report(spot)).raise_for_status().json()["issue_id"]
    is_back(battle)
    expect(battle.kpi(OPEN)).to_have_text(f"{before + 1:,}")
    battle.shows("issues", issue, 0)
    assert stayed(battle)


def test_what_happened_meanwhile_is_caught_up(open_map: OpenMap, service: Service, spot: Spot) -> None:
    battle = open_map()
    mark(battle)
    before, red = opened(battle), int(battle.class_count("red").inner_text())
    with service.program(*EVERYTHING) as program:
        unit = program.get("/api/units", params={"class": "red"}).json()["items"][0]["id"]
        known = program.post("/api/reports", json=report(spot)).json()["issue_id"]
    battle.shows("issues", known, 0)
    battle.watch.allow(*LOST)
    service.stop()
    is_lost(battle)

    now = datetime.now(UTC)
    with open_desk(service.location) as desk, desk.transaction(lambda: now, SYSTEM) as tx:
        issues.close(tx, known, "已处理。")
        units.set_term(tx, unit, Term(Occupancy.NOT_LET, tx.today))
        filed = [
            file_report(tx, NewReport("hotline", f"meanwhile {n}", position=position(spot.lon, spot.lat, "wgs84")))
            for n in range(3)
        ]

    service.start()
    is_back(battle)
    expect(battle.kpi(OPEN)).to_have_text(f"{before + len(filed):,}")
    battle.shows("issues", known, None)
    for one in filed:
        battle.shows("issues", one.issue_id, 0)
    battle.shows("units", unit, None)
    expect(battle.class_count("red")).to_have_text(str(red - 1))
    assert stayed(battle)


def test_nothing_can_be_written_meanwhile_and_the_reason_is_said(
    open_map: OpenMap, service: Service, spot: Spot
) -> None:
    with service.program(*EVERYTHING) as program:
        issue = program.post("/api/reports", json=report(spot)).json()["issue_id"]
    battle = open_map(at=f"#17/{spot.lat}/{spot.lon}?i={issue}&lang=zh")
    close = battle.panel.get_by_role("button", name="销号", exact=True)
    close.click()
    battle.panel.get_by_role("textbox").fill("已清运。")
    battle.watch.allow(*LOST)
    service.stop()
    is_lost(battle)
    confirm = battle.panel.get_by_role("button", name="答复并销号")
    expect(confirm).to_have_attribute("aria-disabled", "true")
    expect(battle.panel.get_by_text("网络已断开，恢复后可以操作。")).to_be_visible()
    service.start()
    is_back(battle)
    expect(battle.panel.get_by_role("textbox")).to_have_value("已清运。")
    confirm.click()
    expect(battle.panel.locator(".fact-list")).to_contain_text("已清运。")


def test_a_page_that_opens_without_the_service_says_so(open_map: OpenMap, service: Service) -> None:
    """The page is there, the data is not: a proxy answers while the service behind it is away."""
    battle = open_map()
    page = battle.page
    battle.watch.allow(*LOST, r"failed: .*/map/", r"console error: .*Failed to load")
    page.route("**/map/config", lambda route: route.abort("connectionrefused"))
    page.reload()
    expect(battle.banner).to_contain_text("连不上服务")
    page.unroute("**/map/config")
    is_back(battle)  # by itself: nobody presses a button on a wall


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("units", "出租房数据没有取到，其余照常。"),
        ("issues", "问题数据没有取到，其余照常。"),
        ("background", "底图没有取到，其余照常。"),
    ],
)
def test_one_part_that_fails_leaves_the_rest(open_map: OpenMap, part: str, words: str) -> None:
    battle = open_map()
    battle.watch.allow(rf"/map/{part}", r"console error: .*500")
    battle.page.route(f"**/map/{part}", lambda route: route.fulfill(status=500, body=""))
    battle.page.reload()
    expect(battle.banner).to_contain_text(words)
    expect(battle.panel.locator(".top .name")).to_have_count(3)
    battle.has_no_flaws()
    battle.page.unroute(f"**/map/{part}")
    battle.banner.get_by_role("button", name="重试").click()
    expect(battle.banner).to_have_count(0)
