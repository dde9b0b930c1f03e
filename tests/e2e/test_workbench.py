"""The clerks' workbench: what has no location is placed by one click, what is in doubt confirmed, names taken back."""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from geo.rules.access import Role
from tests.e2e.battle_page import FRAMES, LOOK
from tests.e2e.conftest import OpenMap, Visitors
from tests.e2e.places import near, report, spots
from tests.e2e.service import EVERYTHING, Service
from tests.e2e.test_accessibility import LOOKS, SIZES, has_no_violations
from tests.e2e.watch import Watch

pytestmark = pytest.mark.browser

# Whether the small map is drawn over the whole of its box, and the first places that may be meant stand in it.
SHOWS_PLACES = """() => {
  const box = document.querySelector(".ground")?.getBoundingClientRect();
  const holds = (outer, inner) => outer.left <= inner.left + 1 && outer.right >= inner.right - 1
    && outer.top <= inner.top + 1 && outer.bottom >= inner.bottom - 1;
  const sheets = [...document.querySelectorAll(".ground canvas.sheet")];
  const spots = [...document.querySelectorAll(".ground .spot")];
  return box?.height > 150 && sheets.length > 0 && spots.length > 0
    && sheets.every((sheet) => holds(sheet.getBoundingClientRect(), box))
    && spots.every((spot) => holds(box, spot.getBoundingClientRect()));
}"""
CONFLICT = (r"answer 41[02]: ", r"answer 409: ", r"console error: .*4(09|12)")
# Of phones and tablets, and at both sides of the borders of the style sheet.
WIDTHS = (360, 390, 720, 721, 768, 959, 960, 1024, 1279, 1280)
PANELS = ".bench-bar, .queue, .means, .floating, .told p"
OpenBench = Callable[..., "Bench"]


class Bench:
    """The workbench as a clerk has it."""

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page = page
        self.watch = watch

    @property
    def rows(self) -> Locator:
        return self.page.locator(".queue-rows button")

    @property
    def chosen(self) -> Locator:
        return self.page.locator(".queue-rows [aria-current]")

    @property
    def detail(self) -> Locator:
        return self.page.locator(".bench-detail")

    @property
    def candidates(self) -> Locator:
        return self.detail.locator(".candidate")

    @property
    def told(self) -> Locator:
        return self.page.locator(".told")

    def look_for(self, address: str) -> None:
        self.detail.get_by_role("searchbox").fill(address)
        self.detail.get_by_role("searchbox").press("Enter")

    def flaws(self) -> list[str]:
        self.page.evaluate(FRAMES)
        found: list[str] = self.page.evaluate(f"({LOOK})({json.dumps(PANELS)})")
        return found

    def has_no_flaws(self) -> None:
        assert self.flaws() == []


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


@pytest.fixture
def open_bench(visitors: Visitors, service: Service) -> OpenBench:
    """``open_bench(*roles, at="#/place/4711", area=None, lang="zh", **browser)``: the workbench of a new person."""

    def open_it(
        *roles: Role, at: str = "", area: str | None = None, lang: str = "zh", status: int = 200, **options: Any
    ) -> Bench:
        context, watch = visitors.context(**options)
        token = service.link(*(roles or (Role.DISPATCHER,)), area=area).partition("#")[2]
        assert context.request.post(f"{service.url}/api/session", data={"token": token}).status == 204
        bench = Bench(context.new_page(), watch)
        if status != 200:
            watch.allow(rf"answer {status}: ", rf"console error: .*{status}")
        answer = bench.page.goto(f"{service.url}/workbench?lang={lang}{at}")
        assert answer is not None and answer.status == status
        return bench

    return open_it


@pytest.fixture(scope="module")
def compound(program: httpx2.Client) -> str:
    """The name of a compound that has a building 1, and that no other is called by."""
    for each in program.get("/api/places", params={"kind": "compound", "limit": 50}).raise_for_status().json()["items"]:
        told = program.get("/api/addresses", params={"q": f"{each['name']}1幢"}).json()
        if told["decides"]:
            return str(each["name"])
    raise AssertionError("no compound with a building 1")


def waiting(program: httpx2.Client, address: str) -> int:
    """A report with an address alone, which decides nothing. Returns its issue."""
    body = {"source": f"hotline {uuid.uuid4().hex}", "category": "0102", "description": "楼道口有暴露垃圾"}
    told = program.post("/api/reports", json=body | {"address": address}).raise_for_status().json()
    assert told["assignment"]["queue"] == "no_location", address
    return int(told["issue_id"])


def unheard() -> str:
    """Letters that stand in no other address: what one test teaches decides nothing in another."""
    return "".join(random.sample("甲乙丙丁戊己庚辛壬癸", 5))


def opposite(compound: str) -> str:
    """An address that names a compound and does not say that it is there."""
    return f"{compound}对面{unheard()}店"


def queue_of(program: httpx2.Client, issue: int) -> str | None:
    found: str | None = program.get(f"/api/issues/{issue}").raise_for_status().json()["assignment"]["queue"]
    return found


def test_one_click_places_an_issue_and_the_next_comes_up(
    open_bench: OpenBench, program: httpx2.Client, compound: str
) -> None:
    address = opposite(compound)
    issue = waiting(program, address)
    bench = open_bench(at=f"#/place/{issue}")
    expect(bench.chosen).to_contain_text(address)
    first = bench.candidates.first
    expect(first).to_contain_text(compound)
    expect(first).to_contain_text("名称一致")
    expect(first).to_contain_text("地址只说在附近")
    expect(bench.detail.locator(".parts")).to_contain_text("小区")
    expect(bench.page.locator(".spot").first).to_be_visible()
    count = bench.rows.count()
    first.get_by_role("button", name="定位到此处").click()
    expect(bench.told).to_contain_text("已定位到")
    expect(bench.rows).to_have_count(count - 1)
    expect(bench.chosen).to_be_focused()
    expect(bench.chosen).not_to_contain_text(address)
    assert queue_of(program, issue) is None

    bench.told.get_by_role("button", name="撤销").click()
    expect(bench.told).to_contain_text("已退回原处")
    expect(bench.rows).to_have_count(count)
    expect(bench.chosen).to_contain_text(address)
    assert queue_of(program, issue) == "no_location"
    first.get_by_role("button", name="定位到此处").click()
    expect(bench.told).to_contain_text("已定位到")
    bench.page.wait_for_load_state("networkidle")  # where the next one may be is still asked for
    bench.told.get_by_role("link", name="在作战图上看").click()
    expect(bench.page.locator("#panel .fact-list")).to_contain_text(address)


def test_a_learnt_name_ranks_first_next_time_until_it_is_taken_back(
    open_bench: OpenBench, program: httpx2.Client, compound: str
) -> None:
    called = f"{unheard()}厂宿舍"
    issue = waiting(program, f"{called}1幢")
    bench = open_bench(at=f"#/place/{issue}")
    expect(bench.detail.locator(".means")).to_contain_text("没有对得上的地点")
    bench.look_for(f"{compound}1幢")
    bench.candidates.first.get_by_role("button", name="定位到此处").click()
    expect(bench.told).to_contain_text(f"“{called}”这个叫法已记住")

    again = waiting(program, f"{called}旁边")
    bench.page.get_by_role("button", name="刷新").click()
    bench.page.locator(f'[data-row="{again}"]').click()
    expect(bench.candidates.first).to_contain_text(compound)
    expect(bench.candidates.first).to_contain_text("是学过的叫法")

    bench.page.get_by_role("link", name="别名").click()
    bench.page.get_by_role("searchbox").fill(called[:5])
    row = bench.page.locator(".name-rows li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(f"指 {compound}")
    row.get_by_role("button", name="收回").click()
    expect(bench.told).to_contain_text(f"“{called}”不再算别名")
    expect(row).to_have_count(0)
    bench.told.get_by_role("button", name="撤销").click()
    expect(row).to_have_count(1)
    row.get_by_role("button", name="收回").click()
    expect(bench.page.locator(".names")).to_contain_text("没有符合条件的")
    bench.page.get_by_role("checkbox").check()
    expect(row.first).to_contain_text("收回")
    expect(row.get_by_role("button")).to_have_count(0)
    bench.page.goto(bench.page.url.split("#")[0] + f"#/place/{again}")
    expect(bench.detail.locator(".means")).to_contain_text("没有对得上的地点")


def test_what_was_just_learnt_is_not_kept_if_nobody_wants_it(
    open_bench: OpenBench, program: httpx2.Client, compound: str
) -> None:
    called = f"{unheard()}站宿舍"
    bench = open_bench(at=f"#/place/{waiting(program, f'{called}1幢')}")
    bench.look_for(f"{compound}1幢")
    bench.candidates.first.get_by_role("button", name="定位到此处").click()
    bench.told.get_by_role("button", name="不要记住").click()
    expect(bench.told).to_contain_text("不再算别名")
    assert program.get("/api/aliases", params={"q": called}).json()["items"] == []


def test_one_click_confirms_a_doubt(open_bench: OpenBench, program: httpx2.Client) -> None:
    spot = spots(program)[0]
    told = program.post("/api/reports", json=report(spot, accuracy_m=400)).raise_for_status().json()
    issue, grids = told["issue_id"], told["assignment"]["candidates"]
    bench = open_bench(at=f"#/doubt/{issue}")
    expect(bench.candidates).to_have_count(len(grids))
    expect(bench.candidates.first).to_contain_text(spot.name)
    expect(bench.candidates.first).to_contain_text("%")
    expect(bench.page.locator(".accuracy")).to_be_attached()
    bench.candidates.first.get_by_role("button", name="归这个网格").click()
    expect(bench.told).to_contain_text(f"已确认归 {spot.name}")
    expect(bench.page.locator(f'[data-row="{issue}"]')).to_have_count(0)
    assert program.get(f"/api/issues/{issue}").json()["assignment"]["confirmed_at"]


def test_all_of_it_by_keys(open_bench: OpenBench, program: httpx2.Client, compound: str) -> None:
    one, other = waiting(program, opposite(compound)), waiting(program, opposite(compound))
    bench = open_bench(at=f"#/place/{one}")
    keys = bench.page.keyboard
    expect(bench.candidates.first).to_be_visible()
    keys.press("j")
    after = bench.page.url
    assert f"/place/{one}" not in after
    expect(bench.chosen).to_be_focused()
    keys.press("ArrowUp")
    expect(bench.chosen).to_have_attribute("data-row", str(one))
    expect(bench.candidates.first.locator("[data-take]")).to_be_visible()
    keys.press("Enter")
    expect(bench.told).to_contain_text("已定位到")
    expect(bench.chosen).to_be_focused()
    assert queue_of(program, one) is None

    # Letters belong to the field that they are typed into.
    row = bench.page.locator(f'[data-row="{other}"]')
    row.click()
    expect(bench.detail.locator("h2")).to_contain_text(compound)
    bench.detail.get_by_role("searchbox").press("1")
    expect(bench.detail.get_by_role("searchbox")).to_have_value("1")
    bench.look_for(f"{compound[:-1]}园")  # one letter wrong: it may be several
    expect(bench.candidates.nth(1).locator("[data-take]")).to_be_visible()
    assert queue_of(program, other) == "no_location"
    row.focus()
    second = bench.candidates.nth(1).locator("b").inner_text()
    keys.press("2")
    expect(row).to_have_count(0)
    evidence = program.get(f"/api/issues/{other}").json()["assignment"]["evidence"]
    assert program.get(f"/api/places/{evidence['place']}").json()["name"] == second


def test_digits_do_nothing_once_they_are_switched_off(
    open_bench: OpenBench, program: httpx2.Client, compound: str
) -> None:
    issue = waiting(program, opposite(compound))
    bench = open_bench(at=f"#/place/{issue}")
    bench.page.get_by_role("checkbox", name="启用字母和数字键").uncheck()
    bench.page.locator(f'[data-row="{issue}"]').focus()
    expect(bench.candidates.first.locator("[data-take]")).to_be_visible()
    bench.page.keyboard.press("1")
    bench.page.keyboard.press("j")
    expect(bench.chosen).to_have_attribute("data-row", str(issue))
    assert queue_of(program, issue) == "no_location"


def test_a_click_on_the_map_places_by_hand(open_bench: OpenBench, program: httpx2.Client) -> None:
    issue = waiting(program, f"说不清在哪里{unheard()}")
    bench = open_bench(at=f"#/place/{issue}")
    ground = bench.page.locator(".ground")
    expect(ground).to_contain_text("也可在地图上点出位置")
    ground.locator(".map").click(position={"x": 250, "y": 250})
    put = ground.get_by_role("button", name=re.compile("放在这里：.+网格"))
    expect(put).to_be_visible()
    name = put.inner_text().partition("：")[2]
    assert queue_of(program, issue) == "no_location"  # a slip of the hand places nothing
    put.click()
    expect(bench.told).to_contain_text(f"已定位到 {name}")
    assert program.get(f"/api/issues/{issue}").json()["assignment"]["grid_name"] == name


def test_somebody_was_faster(open_bench: OpenBench, program: httpx2.Client, compound: str) -> None:
    issue = waiting(program, opposite(compound))
    bench = open_bench(at=f"#/place/{issue}")
    bench.watch.allow(*CONFLICT)
    take = bench.candidates.first.get_by_role("button", name="定位到此处")
    expect(take).to_be_visible()
    spot = spots(program)[0]
    moved = {"lon": spot.lon, "lat": spot.lat, "datum": "wgs84"}
    program.post(f"/api/issues/{issue}/position", json=moved).raise_for_status()
    take.click()
    expect(bench.told).to_contain_text("刚才已有人处理")
    expect(bench.page.locator(f'[data-row="{issue}"]')).to_have_count(0)
    expect(bench.chosen).to_be_focused()
    assert program.get(f"/api/issues/{issue}").json()["assignment"]["grid"] == spot.code


def test_what_somebody_else_placed_says_so_when_its_address_is_opened(
    open_bench: OpenBench, program: httpx2.Client
) -> None:
    spot = spots(program)[0]
    told = program.post("/api/reports", json=report(spot)).raise_for_status().json()
    bench = open_bench(at=f"#/place/{told['issue_id']}")
    expect(bench.detail).to_contain_text(f"已定位到 {spot.name}")
    expect(bench.detail.get_by_role("button", name="定位到此处")).to_have_count(0)
    expect(bench.page.locator(".by-hand")).to_have_count(0)


def test_an_address_of_another_city_says_so(open_bench: OpenBench, program: httpx2.Client) -> None:
    bench = open_bench(at=f"#/place/{waiting(program, '杭州市西湖区文三路20号')}")
    expect(bench.detail).to_contain_text("地址写的是外地（杭州市西湖区）")


def test_two_of_one_name_are_told_apart(open_bench: OpenBench, program: httpx2.Client, compound: str) -> None:
    issue = waiting(program, opposite(compound))
    found = program.get(f"/api/issues/{issue}/candidates").json()
    twin = {**found["candidates"][0], "place": "TWIN", "where": [{"name": "别处社区", "name_en": None}]}

    def answer(route: Route) -> None:
        route.fulfill(json={**found, "candidates": [found["candidates"][0], twin]})

    bench = open_bench()
    bench.page.route(f"**/api/issues/{issue}/candidates", answer)
    bench.page.goto(bench.page.url.split("#")[0] + f"#/place/{issue}")
    expect(bench.detail).to_contain_text(f"有同名的：{compound}")
    expect(bench.candidates.nth(1).locator(".told-apart")).to_have_text("别处社区")


def test_who_may_place_nothing_is_told_so(open_bench: OpenBench, open_map: OpenMap) -> None:
    bench = open_bench(Role.COMMANDER, status=403)
    expect(bench.page.get_by_role("alert")).to_contain_text("您没有权限使用工作台")
    expect(bench.page.locator(".tabs a")).to_have_count(0)
    battle = open_map(Role.COMMANDER)
    expect(battle.page.locator(".workbench-link")).to_have_count(0)


def test_who_may_place_finds_the_way_there_and_back(open_map: OpenMap) -> None:
    battle = open_map(Role.GRID_WORKER)
    battle.page.get_by_role("link", name="工作台").click()
    expect(battle.page.locator(".tabs a")).to_have_text(["待定位", "别名", "数据分歧"])  # confirming is a dispatcher's
    battle.watch.allow(r"request failed: net::ERR_ABORTED .*/(api|map)/")  # what the left page had asked for
    battle.page.get_by_role("link", name="作战图").click()
    battle.is_ready()


def test_in_a_part_of_the_district_nothing_waits(open_bench: OpenBench) -> None:
    bench = open_bench(area="330802005")
    expect(bench.page.locator(".queue")).to_contain_text("由负责全区的人处理")


def test_nobody_is_asked_to_sign_in(service: Service, visitors: Visitors) -> None:
    page, _ = visitors.page()
    page.goto(f"{service.url}/workbench#/place/4711")
    expect(page.locator("#sign-in")).to_contain_text("登录链接")


def test_a_list_that_cannot_be_had_is_asked_for_again(open_bench: OpenBench) -> None:
    bench = open_bench()
    bench.watch.allow(r"answer 500: ", r"console error: .*500")
    expect(bench.rows.first).to_be_visible()
    bench.page.route("**/api/issues?*", lambda route: route.fulfill(status=500))
    bench.page.get_by_role("button", name="刷新").click()
    expect(bench.page.locator(".queue")).to_contain_text("没有成功")
    bench.page.unroute("**/api/issues?*")
    bench.page.locator(".queue").get_by_role("button", name="重试").click()
    expect(bench.page.locator(".queue")).not_to_contain_text("没有成功")
    expect(bench.rows.first).to_be_visible()


def test_a_phone_has_the_list_or_the_report(open_bench: OpenBench, program: httpx2.Client, compound: str) -> None:
    address = opposite(compound)
    issue = waiting(program, address)
    bench = open_bench(**SIZES["phone"])
    row = bench.page.locator(f'[data-row="{issue}"]')
    expect(row).to_be_visible()
    expect(bench.detail).not_to_be_visible()
    bench.has_no_flaws()
    row.tap()
    expect(row).not_to_be_visible()
    expect(bench.candidates.first).to_be_visible()
    bench.has_no_flaws()
    bench.candidates.first.get_by_role("button", name="定位到此处").tap()
    expect(bench.told).to_contain_text("已定位到")
    expect(bench.detail.locator("h2")).not_to_have_text(address)
    bench.page.get_by_role("button", name="返回列表").tap()
    expect(bench.rows.first).to_be_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_map_shows_the_places_whatever_the_window_becomes(
    open_bench: OpenBench, program: httpx2.Client, compound: str, lang: str
) -> None:
    issue = waiting(program, opposite(compound))

    def first(route: Route) -> None:
        """On a phone the first one's map is made while the list hides it."""
        told = route.fetch().json()
        told["items"].sort(key=lambda item: item["id"] != issue)
        route.fulfill(json=told)

    bench = open_bench(at="#/names", lang=lang, **SIZES["phone"])
    bench.page.route("**/api/issues?*", first)
    bench.page.locator(".tabs a").first.tap()
    expect(bench.rows.first).to_have_attribute("data-row", str(issue))
    bench.page.evaluate(FRAMES)
    bench.rows.first.tap()
    expect(bench.page.locator(".spot").first).to_be_visible()
    bench.page.wait_for_function(SHOWS_PLACES)
    for width, height in ((844, 390), (1024, 700), (600, 900), (1440, 900), (390, 844)):
        bench.page.set_viewport_size({"width": width, "height": height})
        bench.page.wait_for_function(SHOWS_PLACES)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_tab_has_room_at_every_width(open_bench: OpenBench, lang: str) -> None:
    bench = open_bench(*EVERYTHING, Role.OPERATOR, lang=lang)
    expect(bench.page.locator(".tabs a")).to_have_count(5)
    for width in WIDTHS:
        bench.page.set_viewport_size({"width": width, "height": 844})
        for tab in range(5):
            bench.page.locator(".tabs a").nth(tab).click()
            expect(bench.page.locator("#bench-main h2").first).to_be_visible()
            expect(bench.page.locator("#bench-main [aria-busy=true]")).to_have_count(0)
            assert (width, bench.flaws()) == (width, [])


def test_a_map_that_was_moved_stays_there_when_the_window_changes(
    open_bench: OpenBench, program: httpx2.Client, compound: str
) -> None:
    bench = open_bench(at=f"#/place/{waiting(program, opposite(compound))}")
    expect(bench.page.locator(".spot").first).to_be_visible()
    bench.page.wait_for_function(SHOWS_PLACES)
    box = bench.page.locator(".ground").bounding_box()
    assert box is not None
    x, y = box["x"] + 30, box["y"] + box["height"] / 2
    bench.page.mouse.move(x, y)
    bench.page.mouse.down()
    bench.page.mouse.move(x + 0.9 * box["width"], y, steps=8)
    bench.page.mouse.up()
    bench.page.wait_for_function(f"() => !({SHOWS_PLACES})()")
    bench.page.set_viewport_size({"width": 1300, "height": 800})
    bench.page.evaluate(FRAMES)
    assert not bench.page.evaluate(SHOWS_PLACES)


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_any_look(open_bench: OpenBench, program: httpx2.Client, compound: str, size: str) -> None:
    issue = waiting(program, opposite(compound))
    spot = spots(program)[0]
    doubt = program.post("/api/reports", json=report(near(program, spot), accuracy_m=400)).json()["issue_id"]
    scenes = {
        "list": ("#/place", ".queue-rows button"),
        "place": (f"#/place/{issue}", ".candidate"),
        "doubt": (f"#/doubt/{doubt}", ".candidate"),
        "names": ("#/names", ".names input"),
    }
    for language, theme in LOOKS:
        bench = open_bench(lang=language, color_scheme=theme, **SIZES[size])
        for scene, (at, sign) in scenes.items():
            bench.page.goto(bench.page.url.split("#")[0] + at)
            expect(bench.page.locator(sign).first).to_be_visible()
            expect(bench.page.locator("[aria-busy=true]")).to_have_count(0)
            has_no_violations(bench.page, f"{scene}, {language}, {theme}, {size}")
            bench.has_no_flaws()
        bench.page.context.close()
