"""Registers on the workbench: a file is looked at before it is imported, and disagreements are decided one by one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from geo.crs import from_wgs84
from geo.rules.access import Role
from tests.e2e.axe import violations
from tests.e2e.conftest import Visitors
from tests.e2e.places import Spot, grids_of, spots
from tests.e2e.service import EVERYTHING, Service

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
HEAD = "code,name,kind,area,households,lon,lat"

OpenBench = Callable[..., Page]


@pytest.fixture
def open_bench(visitors: Visitors, service: Service) -> OpenBench:
    """``open_bench(*roles, at="#/imports", area=None, **browser)``: the workbench of a new person."""

    def open_it(*roles: Role, at: str, area: str | None = None, status: int = 200, **options: Any) -> Page:
        context, watch = visitors.context(**options)
        if status == 403:
            watch.allow(r"answer 403: .*/workbench", r"console error: .*403")
        token = service.link(*roles, area=area).partition("#")[2]
        assert context.request.post(f"{service.url}/api/session", data={"token": token}).status == 204
        page = context.new_page()
        answer = page.goto(f"{service.url}/workbench{at}")
        assert answer is not None and answer.status == status
        return page

    return open_it


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(Role.OPERATOR) as client:
        yield client


@dataclass
class Register:
    """Compounds under codes of their own, each in a grid of its own."""

    spots: list[Spot]
    areas: dict[str, str]
    mark: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    def code(self, n: int) -> str:
        return f"{self.mark}-{n}"

    def row(self, n: int, name: str | None = None, households: int = 40) -> str:
        spot = self.spots[n]
        cells = [self.code(n), name or f"示例{self.mark}小区{n}", "compound", self.areas[spot.code], households]
        return ",".join(map(str, [*cells, spot.lon, spot.lat]))

    def imported(self, program: httpx2.Client, count: int) -> None:
        file = {"file": (f"{self.mark}.csv", "\n".join([HEAD, *map(self.row, range(count))]))}
        done = program.post("/api/imports/places", files=file, data={"options": '{"datum": "wgs84"}'})
        assert done.raise_for_status().json()["summary"]["imported"] == count


@pytest.fixture
def register(service: Service) -> Register:
    with service.program(*EVERYTHING) as client:
        areas = {grid["code"]: grid["area"] for grid in grids_of(client)}
        return Register(spots(client)[:9], areas)


def choose(page: Page, kind: str, name: str, table: str, look: str = "先看会改什么") -> Locator:
    """Choose a file and look at it. Returns its card."""
    page.locator(".new-draft select").first.select_option(kind)
    page.locator(".new-draft input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": table.encode()}
    )
    if kind != "people":
        page.locator(".new-draft select").nth(1).select_option("wgs84")
    page.get_by_role("button", name=look).click()
    return page.locator(".draft").first


def is_sound(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


def test_a_register_is_looked_at_discarded_and_imported(
    open_bench: OpenBench, program: httpx2.Client, register: Register
) -> None:
    register.imported(program, 3)
    again = "\n".join([HEAD, register.row(0, "坊门新村"), register.row(1, households=45), register.row(3)])
    before = program.get("/api/batches").json()["items"][0]["id"]
    page = open_bench(Role.OPERATOR, at="#/imports")
    draft = choose(page, "places", "again.csv", again)
    counts = draft.locator(".standing dd")
    expect(counts).to_have_count(5)
    assert counts.all_inner_texts()[:4] == ["1", "1", "1", "0"]
    draft.get_by_text("这份表里已没有的行").click()  # those of other tests, too
    expect(draft.locator(".codes", has_text=register.code(2))).to_be_visible()
    changed = draft.get_by_role("row", name=register.code(0))
    expect(changed).to_contain_text("名称")
    expect(changed.locator(".was")).to_have_text(f"示例{register.mark}小区0")
    expect(changed).to_contain_text("坊门新村")
    disputed = draft.get_by_role("row", name=register.code(1))
    expect(disputed).to_contain_text("户数")
    is_sound(page)
    assert program.get("/api/batches").json()["items"][0]["id"] == before  # looking wrote nothing

    draft.get_by_role("button", name="放弃").click()
    expect(page.locator(".draft")).to_have_count(0)

    draft = choose(page, "places", "again.csv", again)
    draft.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="again.csv 已导入")).to_be_visible()
    expect(page.locator(".register-rows li").first).to_contain_text("again.csv")

    page.get_by_role("link", name="看数据分歧").click()
    row = page.locator(".disagreement", has_text=register.code(1))
    expect(row).to_contain_text("户数")
    expect(row.locator("dd")).to_have_text(["40", "45"])
    is_sound(page)
    row.get_by_role("button", name="采用登记表的").click()
    expect(page.get_by_role("status").filter(has_text="已采用登记表的")).to_be_visible()
    expect(row).to_have_count(0)
    place = program.get(f"/api/places/{register.code(1)}").json()
    assert place["households"] == 45


def test_a_file_in_a_wrong_datum_waits_for_an_answer(
    open_bench: OpenBench, visitors: Visitors, program: httpx2.Client, register: Register
) -> None:
    register.imported(program, 9)
    lines = ["code,lon,lat,place,since,occupancy"]
    for n, spot in enumerate(register.spots):
        lon, lat = from_wgs84(spot.lon, spot.lat, "gcj02")
        lines.append(f"U{register.mark}-{n},{float(lon):.7f},{float(lat):.7f},{register.code(n)},2026-01-04,let")
    page = open_bench(Role.OPERATOR, at="#/imports")
    draft = choose(page, "units", "wrong.csv", "\n".join(lines))
    commit = draft.get_by_role("button", name="导入", exact=True)
    expect(draft).to_contain_text("这些点写的是 WGS 84（卫星定位），看起来却像 GCJ-02（高德、腾讯）。")
    expect(commit).to_have_attribute("aria-disabled", "true")
    expect(draft.get_by_role("row", name="GCJ-02").first).to_contain_text("100%")
    draft.get_by_text("样本点落在哪里").click()
    expect(draft.get_by_role("row", name=f"U{register.mark}-0")).to_be_visible()
    is_sound(page)

    draft.get_by_role("button", name="是 GCJ-02").click()
    expect(draft).to_contain_text("坐标系核对：GCJ-02（高德、腾讯）与行里的地名相符。")
    expect(commit).to_have_attribute("aria-disabled", "false")
    draft.get_by_role("button", name="放弃").click()

    draft = choose(page, "units", "wrong.csv", "\n".join(lines))
    draft.get_by_role("button", name="确认就是 WGS 84").click()
    commit = draft.get_by_role("button", name="导入", exact=True)
    expect(commit).to_have_attribute("aria-disabled", "false")
    commit.click()
    newest = page.locator(".register-rows li").first
    expect(newest).to_contain_text("wrong.csv")
    expect(newest).to_contain_text("像 GCJ-02（高德、腾讯），由 person")

    # Left on the server, it is settled by whoever comes.
    for _, watch in visitors._open:
        watch.allow(r"answer 409: .*/imports/units", r"console error: .*409")
    draft = choose(page, "units", "left.csv", "\n".join(lines))
    draft.get_by_role("button", name="留下，等人来定").click()
    expect(page.get_by_role("status").filter(has_text="left.csv 已留下")).to_be_visible()
    other = open_bench(Role.OPERATOR, at="#/imports")
    held = other.locator(".held-imports .draft", has_text="left.csv")
    expect(held).to_contain_text("看起来却像 GCJ-02（高德、腾讯）")
    is_sound(other)
    held.get_by_role("button", name="是 GCJ-02").click()
    expect(other.get_by_role("status").filter(has_text="left.csv 已导入")).to_be_visible()
    expect(held).to_have_count(0)
    expect(other.locator(".register-rows li").first).to_contain_text("left.csv")


def test_a_file_that_cannot_be_taken_says_why(open_bench: OpenBench, visitors: Visitors) -> None:
    page = open_bench(Role.OPERATOR, at="#/imports", locale="en-GB")
    page.get_by_role("button", name="Look what would change").click()
    expect(page.get_by_role("alert")).to_have_text("Choose a file first.")
    for _, watch in visitors._open:
        watch.allow(r"answer 400: .*/preview", r"console error: .*400")
    draft = choose(page, "places", "no-code.csv", "a,b\n1,2\n", look="Look what would change")
    expect(draft.get_by_role("alert")).to_contain_text("The file lacks a column that is needed.")
    expect(draft.get_by_role("alert")).to_contain_text("--code")
    is_sound(page)


def test_each_finds_the_tabs_that_are_his(open_bench: OpenBench, program: httpx2.Client, register: Register) -> None:
    register.imported(program, 2)
    table = "\n".join([HEAD, register.row(0, households=77), register.row(1, households=88)])
    file = {"file": ("again.csv", table)}
    program.post("/api/imports/places", files=file, data={"options": '{"datum": "wgs84"}'}).raise_for_status()
    mine = register.areas[register.spots[0].code]
    other = register.areas[register.spots[1].code]
    assert mine != other
    worker = open_bench(Role.GRID_WORKER, area=mine, at="#/disagreements")
    expect(worker.locator(".disagreement", has_text=register.code(0))).to_be_visible()
    expect(worker.locator(".disagreement", has_text=register.code(1))).to_have_count(0)
    expect(worker.get_by_role("link", name="登记导入")).to_have_count(0)
    row = worker.locator(".disagreement", has_text=register.code(0))
    row.get_by_role("button", name="保留现在的").click()
    expect(row).to_have_count(0)
    worker.get_by_role("button", name="已保留").click()
    expect(worker.locator(".disagreement", has_text=register.code(0))).to_contain_text("77")

    dispatcher = open_bench(Role.DISPATCHER, at="#/imports")
    expect(dispatcher.locator(".tabs a").first).to_be_visible()
    expect(dispatcher.get_by_role("link", name="登记导入")).to_have_count(0)
    expect(dispatcher.locator(".new-draft")).to_have_count(0)
    commander = open_bench(Role.COMMANDER, at="#/imports", status=403)
    expect(commander.get_by_role("alert")).to_be_visible()


def test_a_phone_has_room_for_it(open_bench: OpenBench, program: httpx2.Client, register: Register) -> None:
    register.imported(program, 2)
    page = open_bench(Role.OPERATOR, at="#/imports", viewport=PHONE, locale="en-GB", color_scheme="dark")
    again = "\n".join([HEAD, register.row(0, "a very long name of a compound that goes on and on"), register.row(2)])
    draft = choose(page, "places", "again.csv", again, look="Look what would change")
    expect(draft.locator(".standing dd")).to_have_count(5)
    assert draft.locator(".standing dd").all_inner_texts()[:4] == ["1", "1", "0", "0"]
    is_sound(page)
    draft.get_by_role("button", name="Import", exact=True).click()
    expect(draft.get_by_role("button", name="Put away")).to_be_visible()
    is_sound(page)
