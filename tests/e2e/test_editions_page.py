"""The page of an edition and a grid's history: who changed what, when and why, in words, on a map and in pictures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from geo.rules.access import Role
from tests.e2e.axe import violations
from tests.e2e.conftest import Visitors
from tests.e2e.service import Service
from tests.e2e.test_accessibility import SIZES
from tests.e2e.test_boundaries import Draft

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
NO_AREA = re.compile(r"(?<![\d,.])0(\.0)? m²")


class Published:
    """Two editions after the first: one that merges and renames, one that puts a node on a line."""

    def __init__(self, program: httpx2.Client, reviewer: httpx2.Client) -> None:
        self.program, self.reviewer = program, reviewer
        draft = Draft(program, "两个网格合并")
        told = draft.vertices()
        self.kept, self.gone = _neighbours(told)
        self.name = next(grid["name"] for grid in told["grids"] if grid["code"] == self.kept)
        self.households = next(grid["households"] for grid in told["grids"] if grid["code"] == self.kept)
        draft.perform(op="merge_grids", codes=[self.kept, self.gone], into=self.kept)
        draft.perform(op="describe", code=self.kept, name="合并后的网格", households=1234)
        self.publish(draft, "户数都少。")

        draft = Draft(program, "多一个节点")
        told = draft.vertices()
        one, other = _inner_edge(told)
        middle = [(a + b) // 2 for a, b in zip(one, other, strict=True)]
        draft.perform(op="insert_node", edge=[one, other], at=middle)
        draft.perform(op="move_node", at=middle, to=[middle[0] + 1, middle[1] + 1])
        self.publish(draft)

    def publish(self, draft: Draft, comment: str | None = None) -> int:
        """Returns the number of the edition."""
        draft.program.post(f"{draft.path}/submit", json={"comment": comment}).raise_for_status()
        told = self.reviewer.post(f"{draft.path}/publish", json={}).raise_for_status().json()
        return int(told["edition"])


def _neighbours(told: dict[str, Any]) -> tuple[str, str]:
    """Two grids of one community that share an edge: the first and last of the most nodes."""
    nodes = {grid["code"]: {n for part in grid["parts"] for ring in part for n in ring} for grid in told["grids"]}
    pairs = [(a, b) for a in nodes for b in nodes if a < b and a[:12] == b[:12]]
    return max(pairs, key=lambda pair: len(nodes[pair[0]] & nodes[pair[1]]))


def _inner_edge(told: dict[str, Any]) -> tuple[list[int], list[int]]:
    """A long edge that two grids share."""
    rings = [ring for grid in told["grids"] for part in grid["parts"] for ring in part]
    edges = Counter(frozenset(pair) for ring in rings for pair in zip(ring, [*ring[1:], ring[0]], strict=True))
    places = {n: [row[0], row[1]] for n, row in enumerate(told["nodes"])}
    shared = [tuple(places[n] for n in edge) for edge, times in edges.items() if times == 2]
    one, other = max(shared, key=lambda pair: abs(pair[0][0] - pair[1][0]) + abs(pair[0][1] - pair[1][1]))
    return one, other


@pytest.fixture(scope="module")
def published(service: Service) -> Iterator[Published]:
    with service.program(Role.GIS_EDITOR) as program, service.program(Role.GIS_REVIEWER) as reviewer:
        yield Published(program, reviewer)


@pytest.fixture
def open_page(visitors: Visitors, service: Service, published: Published) -> OpenPage:
    """``open_page("#edition=2", lang="zh", **browser)``: the page of a new person."""

    def open_it(at: str, lang: str = "zh", **options: Any) -> Page:
        context, _ = visitors.context(**options)
        _sign_in(context.request.post, service)
        page = context.new_page()
        page.goto(f"{service.url}/boundaries?lang={lang}{at}")
        return page

    return open_it


def _sign_in(post: Callable[..., Any], service: Service) -> None:
    token = service.link(Role.GIS_EDITOR).partition("#")[2]
    assert post(f"{service.url}/api/session", data={"token": token}).status == 204


def rests(page: Page) -> None:
    """Wait until nothing is asked for any more."""
    page.wait_for_load_state("networkidle")


def row_of(page: Page, code: str) -> Locator:
    return page.locator(".edition-changes li").filter(has_text=code)


def test_an_edition_says_who_when_why_and_each_old_and_new_value(open_page: OpenPage, published: Published) -> None:
    page = open_page("#edition=2")
    head = page.locator(".edition-head")
    expect(head).to_contain_text(re.compile(r"person \d+ 于 .* 发布，施行到"))
    expect(head.locator(".edition-facts")).to_contain_text("户数都少。")
    expect(head.get_by_role("link", name="两个网格合并")).to_have_attribute("href", re.compile("#draft="))

    row = row_of(page, published.kept)
    expect(row).to_contain_text(f"名称：{published.name} → 合并后的网格")
    expect(row).to_contain_text(f"户数：{published.households:,} → 1,234")
    expect(row_of(page, published.gone).locator(".tag")).to_have_text("撤销")
    assert not NO_AREA.search(page.locator(".difference").inner_text())

    path = page.locator(".difference-map path.after").first
    expect(path).to_be_visible()
    before = path.get_attribute("d")
    row_of(page, published.gone).get_by_role("button").click()
    expect(row_of(page, published.gone).get_by_role("button")).to_have_attribute("aria-pressed", "true")
    expect(path).not_to_have_attribute("d", before or "")
    expect(page.locator(".difference-map canvas").first).to_be_visible()
    page.get_by_role("button", name="看全部").click()
    expect(path).to_have_attribute("d", before or "")


def test_a_node_on_a_line_is_told_as_that_and_not_as_an_area(open_page: OpenPage) -> None:
    page = open_page("#edition=3")
    expect(page.locator(".edition-changes li")).to_have_count(2)
    expect(page.locator(".edition-changes .said")).to_have_text(["边线上多 1 个节点，面积不变"] * 2)
    expect(page.locator(".lineage")).to_have_count(0)


def test_any_two_editions_are_compared_and_the_address_keeps_them(open_page: OpenPage, published: Published) -> None:
    page = open_page("#edition=3")
    older, newer = page.get_by_role("combobox", name="从"), page.get_by_role("combobox", name="到")
    expect(older).to_have_value("2")
    expect(newer).to_have_value("3")
    older.select_option("1")
    expect(page.get_by_role("heading", name="从第 1 版到第 3 版改了什么")).to_be_visible()
    assert page.url.endswith("#edition=3&from=1")
    expect(row_of(page, published.kept)).to_contain_text("合并后的网格")
    rests(page)
    page.reload()
    expect(older).to_have_value("1")
    newer.select_option("1")
    expect(page.get_by_text("这两版相同。")).to_be_visible()
    newer.select_option("2")
    expect(page.get_by_role("heading", name="从第 1 版到第 2 版改了什么")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("这两版相同。")).to_be_visible()
    rests(page)


def test_a_grids_history_is_read_step_by_step_and_sent_to_a_colleague(
    open_page: OpenPage, published: Published
) -> None:
    page = open_page("#edition=2")
    row_of(page, published.kept).get_by_role("link", name="合并后的网格 的沿革").click()
    sheet = page.get_by_role("dialog", name=re.compile("的沿革"))
    steps = sheet.locator(".life > li")
    merged = steps.filter(has=page.get_by_role("heading", name="第 2 版"))
    expect(merged.locator(".happenings li")).to_have_count(3)
    expect(merged).to_contain_text(f"名称：{published.name} → 合并后的网格")
    expect(merged).to_contain_text("并入了")
    expect(merged).to_contain_text("两个网格合并")
    expect(merged.locator("svg path")).to_have_count(2)
    expect(steps.last).to_contain_text("新建")
    expect(steps.last.locator("svg path")).to_have_count(1)
    assert page.url.endswith(f"#edition=2&history={published.kept}&in=2")
    assert violations(page) == []

    merged.locator(".happenings a").click()
    expect(steps.first).to_contain_text("撤销")
    expect(steps.first).to_contain_text("并入")
    rests(page)
    page.reload()
    expect(steps.first).to_contain_text("撤销")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page.get_by_role("heading", name="第 2 版", exact=True)).to_be_visible()
    assert page.url.endswith("#edition=2")
    page.go_back()
    expect(steps.first).to_contain_text("撤销")
    rests(page)


def test_the_history_of_a_chosen_grid_opens_beside_its_draft(
    open_page: OpenPage, service: Service, published: Published
) -> None:
    with service.program(Role.GIS_EDITOR) as program:
        draft = Draft(program, "看沿革")
        page = open_page(f"#draft={draft.id}&at=16/28.967/118.857&tool=select")
    page.locator(".edit-map[aria-busy=false]").click()
    page.get_by_role("link", name=re.compile("的沿革")).click()
    sheet = page.get_by_role("dialog", name=re.compile("的沿革"))
    expect(sheet.locator(".life > li").last).to_contain_text("第 1 版")
    assert f"#draft={draft.id}&history=" in page.url and "tool=select" in page.url
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page.get_by_role("heading", name="草案：看沿革")).to_be_visible()
    expect(page).not_to_have_url(re.compile("history"))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_both_are_for_everybody_on_a_desk_and_a_phone(
    open_page: OpenPage, published: Published, size: str, lang: str
) -> None:
    page = open_page("#edition=2", lang, **SIZES[size])
    expect(page.locator(".difference-map path.after").first).to_be_visible()
    assert violations(page) == []
    page.locator(".edition-changes a").first.click()
    expect(page.locator(".life > li").first).to_be_visible()
    assert violations(page) == []
    close = page.locator(".grid-history .icon-button").bounding_box()
    width = page.evaluate("document.documentElement.clientWidth")
    assert close is not None and close["x"] + close["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_grid_that_was_never_published_has_no_history(visitors: Visitors, service: Service) -> None:
    context, watch = visitors.context()
    watch.allow(r"answer 404: .*/history", r"console error: .*404")
    _sign_in(context.request.post, service)
    page = context.new_page()
    page.goto(f"{service.url}/boundaries?lang=zh#history=NO-1")
    expect(page.get_by_role("dialog")).to_contain_text("这个网格还没有发布过，或您不能看。")


def test_lines_in_force_that_did_not_come_are_asked_for_again_with_the_next_look(
    visitors: Visitors, service: Service, published: Published
) -> None:
    context, watch = visitors.context()
    watch.allow("answer 500: .*/map/grids", "console error: .*500")
    _sign_in(context.request.post, service)
    page = context.new_page()
    page.route("**/map/grids", lambda route: route.fulfill(status=500, body=""))
    page.goto(f"{service.url}/boundaries?lang=zh#edition=3")
    expect(page.locator(".difference-map path.after").first).to_be_visible()
    rests(page)
    page.unroute("**/map/grids")
    with page.expect_response("**/map/grids") as answer:
        page.locator(".change-row").first.click()
    assert answer.value.ok
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="看全部").click()
    rests(page)
    assert not [url for url in asked if "/map/grids" in url], "they are here"


def test_a_link_to_a_grid_whose_code_was_given_again_says_whose_history_it_is(
    open_page: OpenPage, service: Service, published: Published
) -> None:
    draft = Draft(published.program, "编码重新使用")
    told = draft.vertices()
    other = next(grid for grid in told["grids"] if grid["code"] != published.kept)
    draft.perform(op="recode", code=other["code"], new=published.gone)
    edition = published.publish(draft)
    says = f"编码 {published.gone} 在第 1 版里属于另一个网格"

    page = open_page("#edition=2")
    sheet = page.get_by_role("dialog", name=re.compile("的沿革"))
    row_of(page, published.gone).get_by_role("link").click()
    expect(sheet).to_contain_text(says)
    expect(sheet.locator(".life > li").first).to_contain_text(f"编码：{other['code']} → {published.gone}")
    page.go_back()
    row_of(page, published.kept).get_by_role("link").click()
    expect(sheet.locator(".life > li").first).to_be_visible()
    expect(sheet).not_to_contain_text("属于另一个网格")
    merged = sheet.locator(".life > li").filter(has=page.get_by_role("heading", name="第 2 版"))
    merged.locator(".happenings a").click()
    expect(sheet).to_contain_text(says)
    assert violations(page) == []

    page.goto("about:blank")
    page.goto(f"{service.url}/boundaries?lang=zh#edition={edition}&from=1")
    now_and_then = row_of(page, published.gone)
    expect(now_and_then).to_have_count(2)
    for kind, stressed in (("撤销", 0), ("改码", 1)):
        now_and_then.filter(has=page.get_by_text(kind, exact=True)).get_by_role("button").click()
        expect(page.locator(".change-row[aria-pressed=true] .tag")).to_have_text(kind)
        expect(page.locator(".difference-map path.chosen")).to_have_count(stressed)
