"""What happens elsewhere stands on every open map by itself: a report, a moved pin, a reply, a reopening."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Page, expect

from geo.rules.access import Role
from tests.e2e.battle_page import BattlePage
from tests.e2e.conftest import OpenMap
from tests.e2e.places import Spot, near, report, spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

OPEN = 0  # its place in the strip of figures
STATE_OPEN, STATE_REOPENED = 0, 1
NEAR_ZOOM = 17


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    """A program that sees everything."""
    with service.program(*EVERYTHING) as client:
        yield client


@pytest.fixture(scope="module")
def hotline(service: Service) -> Iterator[httpx2.Client]:
    """A program with an intake token, as in the curl line of the demo."""
    with service.program(Role.INTAKE) as client:
        yield client


@pytest.fixture(scope="module")
def untouched(program: httpx2.Client) -> Iterator[Spot]:
    return iter(spots(program))


@pytest.fixture
def spot(untouched: Iterator[Spot]) -> Spot:
    """A place at which no other test has reported anything."""
    return next(untouched)


def at(spot: Spot) -> str:
    return f"#{NEAR_ZOOM}/{spot.lat}/{spot.lon}?lang=zh"


def number(battle: BattlePage, place: int) -> int:
    return int(battle.kpi(place).inner_text().replace(",", ""))


def file(hotline: httpx2.Client, spot: Spot) -> tuple[int, str]:
    """File a report; the id and the number of the issue that it became."""
    answer = hotline.post("/api/reports", json=report(spot)).raise_for_status().json()
    assert answer["assignment"]["grid"] == spot.code
    return int(answer["issue_id"]), answer["number"]


def asked(page: Page) -> list[str]:
    """What the page asks for from now on."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    return urls


def test_a_report_appears_on_every_open_map(open_map: OpenMap, hotline: httpx2.Client, spot: Spot) -> None:
    there, elsewhere = open_map(at=at(spot)), open_map()
    before = number(there, OPEN)
    questions = [asked(battle.page) for battle in (there, elsewhere)]
    issue, named = file(hotline, spot)
    for battle in (there, elsewhere):
        expect(battle.kpi(OPEN)).to_have_text(f"{before + 1:,}")
        expect(battle.toast).to_contain_text(spot.name)
        battle.shows("issues", issue, STATE_OPEN)
        battle.has_no_flaws()
    assert questions == [[], []], "the stream alone brought it"

    there.page.mouse.click(*there.bubble(issue))
    expect(there.panel.locator(".card")).to_contain_text(named)
    listed = there.panel.locator(".issues button", has_text=named)  # where others lie beside it, one is asked
    if listed.count():
        listed.click()
    expect(there.panel.locator(".words")).to_have_text("垃圾堆放在路边")
    expect(there.panel.locator(".card .lead")).to_contain_text(spot.name)


def test_a_toast_leads_to_what_it_tells_of(open_map: OpenMap, hotline: httpx2.Client, spot: Spot) -> None:
    battle = open_map()
    issue, named = file(hotline, spot)
    battle.toast.click()
    expect(battle.panel.locator(".card-title")).to_contain_text(named)
    expect(battle.toast).to_be_hidden()
    x, y = battle.bubble(issue)
    on_map = battle.page.locator("#battle_map").bounding_box()
    assert on_map is not None
    assert on_map["x"] < x < on_map["x"] + on_map["width"]
    assert on_map["y"] < y < on_map["y"] + on_map["height"]


def test_a_burst_becomes_one_number(open_map: OpenMap, hotline: httpx2.Client, spot: Spot) -> None:
    battle = open_map()
    before = number(battle, OPEN)
    for _ in range(12):
        file(hotline, spot)
    expect(battle.toast).to_have_text(re.compile(r"^\d+ 件新问题$"))
    expect(battle.toast).to_have_count(1)
    expect(battle.kpi(OPEN)).to_have_text(f"{before + 12:,}")


def test_move_close_and_reopen_from_the_drawer(
    open_map: OpenMap, program: httpx2.Client, hotline: httpx2.Client, spot: Spot
) -> None:
    issue, _ = file(hotline, spot)
    mine, other = open_map(at=f"{at(spot)}&i={issue}"), open_map(at=at(spot))
    before = number(mine, OPEN)
    goal = near(program, spot)

    mine.panel.get_by_role("button", name="移动位置").click()
    mine.drag(mine.page.locator(".leaflet-marker-pane .pin"), *mine.pixel(goal.lon, goal.lat))
    mine.panel.get_by_role("textbox").fill("报错了地方")
    mine.panel.get_by_role("button", name="移到这里").click()
    expect(mine.panel.locator(".card .lead")).to_contain_text(goal.name)
    expect(mine.panel.locator(".history")).to_contain_text("报错了地方")
    expect(mine.page.locator(".leaflet-marker-pane .pin")).to_have_count(0)
    for battle in (mine, other):
        battle.shows_near("issues", issue, goal.lon, goal.lat)
    assert program.get(f"/api/issues/{issue}").json()["assignment"]["grid"] == goal.code

    mine.panel.get_by_role("button", name="销号", exact=True).click()
    mine.panel.get_by_role("button", name="答复并销号").click(force=True)  # it says why it cannot be pressed yet
    expect(mine.panel.get_by_text("先填写此项。")).to_be_visible()
    mine.panel.get_by_role("textbox").fill("垃圾已清运，谢谢反映。")
    mine.panel.get_by_role("button", name="答复并销号").click()
    expect(mine.panel.locator(".fact-list")).to_contain_text("垃圾已清运，谢谢反映。")
    for battle in (mine, other):
        expect(battle.kpi(OPEN)).to_have_text(f"{before - 1:,}")
        battle.shows("issues", issue, None)

    mine.panel.get_by_role("button", name="重新打开").click()
    mine.panel.get_by_role("textbox").fill("复查时又有堆放")
    mine.panel.get_by_role("button", name="重新打开").click()
    expect(mine.panel.locator(".card-title")).to_contain_text("重新打开")
    for battle in (mine, other):
        expect(battle.kpi(OPEN)).to_have_text(f"{before:,}")
        battle.shows("issues", issue, STATE_REOPENED)


def test_an_open_drawer_follows_what_others_do(
    open_map: OpenMap, program: httpx2.Client, hotline: httpx2.Client, spot: Spot
) -> None:
    issue, _ = file(hotline, spot)
    battle = open_map(at=f"{at(spot)}&i={issue}")
    expect(battle.panel.get_by_role("button", name="销号", exact=True)).to_be_visible()
    program.post(f"/api/issues/{issue}/close", json={"reply": "已处理完毕。"}).raise_for_status()
    expect(battle.panel.locator(".fact-list")).to_contain_text("已处理完毕。")
    expect(battle.panel.get_by_role("button", name="重新打开")).to_be_visible()


def test_two_who_act_at_once_are_told(
    open_map: OpenMap, program: httpx2.Client, hotline: httpx2.Client, spot: Spot
) -> None:
    """The second sees what the first did, and nothing is written over it."""
    issue, _ = file(hotline, spot)
    battle = open_map(at=f"{at(spot)}&i={issue}")
    battle.panel.get_by_role("button", name="销号", exact=True).click()
    battle.panel.get_by_role("textbox").fill("我来答复")
    program.post(f"/api/issues/{issue}/close", json={"reply": "先到的答复。"}).raise_for_status()
    battle.watch.allow(r"answer 4(09|12)", r"console error: .*4(09|12)")
    expect(battle.panel.locator(".fact-list")).to_contain_text("先到的答复。")
    battle.panel.get_by_role("button", name="答复并销号").click()
    expect(battle.panel.get_by_role("alert")).to_contain_text("刚才有人改过")
    assert program.get(f"/api/issues/{issue}").json()["reply"] == "先到的答复。"
