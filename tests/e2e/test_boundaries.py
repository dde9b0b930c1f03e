"""The boundary editor's page: drafts are started, reviewed by a second person, published, and taken back."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from geo.rules.access import Role
from tests.e2e.axe import violations
from tests.e2e.conftest import OpenMap, Visitors
from tests.e2e.service import Service
from tests.e2e.test_accessibility import PHONE, SIZES
from tests.e2e.watch import Watch

pytestmark = pytest.mark.browser

BOX = "118.852,28.964,118.862,28.970"
CHOOSE = """([language, theme]) => {
  localStorage["gridwarden.language"] = language;
  localStorage["gridwarden.theme"] = theme;
}"""
OpenEditor = Callable[..., "Editor"]


class Editor:
    """The page as somebody has it who draws or reviews boundaries."""

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page = page
        self.watch = watch

    def go(self, address: str) -> None:
        self.page.goto("about:blank")
        self.page.goto(f"{self.watch.origin}/boundaries{address}")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog.boundary-dialog")

    @property
    def foot(self) -> Locator:
        return self.page.locator(".editor-foot")

    @property
    def steps(self) -> Locator:
        return self.page.locator(".editor-steps li")

    def comes_back(self) -> None:
        """Look at another window, and at this one again."""
        self.page.evaluate("dispatchEvent(new Event('focus'))")

    def rests(self) -> None:
        """Wait until nothing is asked for any more."""
        expect(self.page.locator(".editor-section[aria-busy=false]")).to_have_count(1)
        expect(self.page.locator(".edit-map[aria-busy=true]")).to_have_count(0)

    def confirm(self, name: str) -> None:
        self.dialog.locator("form").get_by_role("button", name=name, exact=True).click()


class Draft:
    """A draft as a program changes it."""

    def __init__(self, program: httpx2.Client, title: str) -> None:
        self.program = program
        self.id: int = program.post("/api/drafts", json={"title": title}).raise_for_status().json()["id"]
        self.revision = 0

    @property
    def path(self) -> str:
        return f"/api/drafts/{self.id}"

    def perform(self, **operation: Any) -> dict[str, Any]:
        headers = {"If-Match": f'"{self.revision}"'}
        answer = self.program.post(f"{self.path}/operations", json={"operation": operation}, headers=headers)
        told: dict[str, Any] = answer.raise_for_status().json()
        self.revision = told["revision"]
        return told

    def vertices(self) -> dict[str, Any]:
        told: dict[str, Any] = self.program.get(f"{self.path}/vertices", params={"bbox": BOX}).raise_for_status().json()
        return told

    def tear(self) -> None:
        """Bring a file back in which one grid has left its neighbours at a node: the lines of the two do not meet."""
        grids = self.program.get(f"{self.path}/file", params={"format": "geojson"}).raise_for_status().json()
        rings = [grid["geometry"]["coordinates"][0][0] for grid in grids["features"]]
        sharing = Counter(tuple(place) for ring in rings for place in ring[1:])
        ring, at = next((r, n) for r in rings for n in range(1, len(r) - 1) if sharing[tuple(r[n])] == 2)
        ring[at] = [ring[at][0] + 6e-5, ring[at][1] + 4e-5]
        file = {"file": ("grids.geojson", json.dumps(grids).encode())}
        told = self.program.post(f"{self.path}/file", files=file, headers={"If-Match": f'"{self.revision}"'})
        self.revision = told.raise_for_status().json()["revision"]

    def move(self, by_mm: int) -> dict[str, Any]:
        """Move a node that two grids share, in the middle of the view."""
        told = self.vertices()
        rings = [(grid["code"], set(ring)) for grid in told["grids"] for part in grid["parts"] for ring in part]
        owners = {n: sum(n in ring for _, ring in rings) for n in range(len(told["nodes"]))}
        places = enumerate((lon, lat) for _, _, lon, lat in told["nodes"])
        inside = [n for n, (lon, lat) in places if 118.854 < lon < 118.86 and 28.9655 < lat < 28.9695]
        east, north, _, _ = told["nodes"][next(n for n in inside if owners[n] == 2)]
        return self.perform(op="move_node", at=[east, north], to=[east + by_mm, north + by_mm])


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(Role.GIS_EDITOR) as client:
        yield client


@pytest.fixture(scope="module")
def reviewer(service: Service) -> Iterator[httpx2.Client]:
    with service.program(Role.GIS_REVIEWER) as client:
        yield client


@pytest.fixture
def open_editor(visitors: Visitors, service: Service) -> OpenEditor:
    """``open_editor(*roles, at="#draft=3", lang="zh", status=200, **browser)``: the page of a new person."""

    def open_it(*roles: Role, at: str = "", lang: str = "zh", status: int = 200, **options: Any) -> Editor:
        context, watch = visitors.context(**options)
        token = service.link(*(roles or (Role.GIS_EDITOR,))).partition("#")[2]
        assert context.request.post(f"{service.url}/api/session", data={"token": token}).status == 204
        if status != 200:
            watch.allow(rf"answer {status}: ", rf"console error: .*{status}")
        editor = Editor(context.new_page(), watch)
        answer = editor.page.goto(f"{service.url}/boundaries?lang={lang}{at}")
        assert answer is not None and answer.status == status
        return editor

    return open_it


def test_a_draft_is_started_described_undone_and_submitted(open_editor: OpenEditor) -> None:
    editor = open_editor()
    editor.page.get_by_label("名称", exact=True).fill("天皇巷社区边界调整")
    editor.button("新建草案").click()
    expect(editor.page.get_by_role("heading", name="草案：天皇巷社区边界调整")).to_be_visible()
    expect(editor.page.locator(".editor-map .map")).to_be_visible()
    expect(editor.button("提交复核")).to_have_attribute("aria-disabled", "true")
    expect(editor.foot).to_contain_text("还没有改动，不能提交。")
    expect(editor.steps).to_have_count(1)

    editor.page.keyboard.press("s")
    expect(editor.page.get_by_role("button", name="切分 S")).to_have_attribute("aria-pressed", "true")
    assert "tool=split" in editor.page.url
    editor.rests()
    editor.page.get_by_role("link", name="全部草案").click()
    expect(editor.page.get_by_role("link", name="天皇巷社区边界调整")).to_contain_text("编辑中")
    editor.page.go_back()
    expect(editor.page.get_by_role("button", name="切分 S")).to_have_attribute("aria-pressed", "true")
    editor.rests()


def test_faults_and_moves_stand_beside_the_map(open_editor: OpenEditor, program: httpx2.Client) -> None:
    draft = Draft(program, "一处改动")
    draft.move(30_000)
    editor = open_editor(at=f"#draft={draft.id}&at=16/28.967/118.857")
    expect(editor.page.locator(".loads li").first).to_be_visible()
    expect(editor.foot).to_contain_text("没有错误，可以提交。")
    editor.button("撤销").click()
    expect(editor.steps.first).to_have_class("undone")
    expect(editor.foot).to_contain_text("还没有改动")
    editor.page.keyboard.press("Control+y")
    expect(editor.foot).to_contain_text("没有错误，可以提交。")
    editor.rests()
    draft.revision += 2
    told = draft.move(700_000)
    assert told["faults"]
    editor.page.reload()
    expect(editor.page.locator(".fault-list li")).to_have_count(len(told["faults"]))
    expect(editor.foot).to_contain_text(f"还有 {len(told['faults'])} 处错误，暂不能提交。")
    expect(editor.button("提交复核")).to_have_attribute("aria-disabled", "true")
    editor.rests()
    before = editor.page.url
    editor.page.locator(".fault-list li button").first.click()
    editor.page.wait_for_function("before => location.href !== before", arg=before)


def test_what_would_put_a_fault_right_is_shown_taken_and_undone(
    open_editor: OpenEditor, program: httpx2.Client
) -> None:
    draft = Draft(program, "对不上的边")
    draft.tear()
    editor = open_editor(at=f"#draft={draft.id}")
    faults = editor.page.locator(".fault-list li")
    expect(faults.first).to_be_visible()
    editor.rests()
    count = faults.count()
    editor.button("看建议").first.click()
    expect(editor.page.locator(".suggestion")).to_contain_text("做了可以撤销。")
    editor.button("照此修好").click()
    expect(editor.page.locator("#boundary-main")).to_be_focused()
    expect(editor.steps.first).to_contain_text("修好")
    expect(editor.foot).to_contain_text("没有错误，可以提交。")
    editor.rests()
    editor.button("撤销").click()
    expect(faults).to_have_count(count)
    editor.rests()


def test_a_fairer_division_is_a_draft_of_its_own(open_editor: OpenEditor, program: httpx2.Client) -> None:
    editor = open_editor(at=f"#draft={Draft(program, '均衡之前').id}")
    editor.rests()
    editor.button("官方边界").click()
    expect(editor.page.get_by_role("heading", name=re.compile(r"官方边界 \d"))).to_be_visible()
    expect(editor.page.locator(".map-key")).to_contain_text("网格越出官方边界")
    editor.page.keyboard.press("b")
    editor.dialog.get_by_label("按什么均衡").select_option("households")
    editor.button("提出建议").click()
    expect(editor.page.get_by_role("heading", name=re.compile("均衡：户数"))).to_be_visible()
    expect(editor.steps.first).to_contain_text("划转")
    editor.rests()


def test_a_second_person_returns_and_publishes_and_the_edition_is_taken_back(
    open_editor: OpenEditor, program: httpx2.Client
) -> None:
    draft = Draft(program, "两人复核")
    draft.move(20_000)
    editor = open_editor(at=f"#draft={draft.id}")
    editor.button("提交复核").click()
    editor.dialog.get_by_role("textbox").fill("沿河划界")
    editor.confirm("提交复核")
    expect(editor.foot).to_contain_text("等另一个人复核。")
    expect(editor.page.locator(".editor-tool")).to_have_count(1)
    editor.rests()

    second = open_editor(Role.GIS_REVIEWER, at=f"#draft={draft.id}", lang="en")
    expect(second.foot).to_contain_text("沿河划界")
    expect(second.page.locator(".saved")).to_have_text("Read only")
    second.button("Return").click()
    second.dialog.get_by_role("textbox").press("Tab")
    second.page.keyboard.press("Enter")
    expect(second.dialog.locator(".trouble")).to_have_text("Write a comment first.")
    second.dialog.get_by_role("textbox").fill("<b>Say why</b>")
    second.confirm("Return")
    expect(second.page.locator(".facts")).to_contain_text("returned")
    second.rests()

    editor.comes_back()
    expect(editor.foot).to_contain_text("<b>Say why</b>")
    editor.rests()
    editor.button("提交复核").click()
    editor.confirm("提交复核")
    expect(editor.foot).to_contain_text("等另一个人复核。")
    editor.rests()

    second.comes_back()
    second.button("Publish").click()
    second.confirm("Publish")
    expect(second.page.locator(".told")).to_contain_text("Published as edition 2")
    expect(second.foot).to_contain_text("Published as edition 2.")
    second.rests()
    editor.comes_back()
    expect(editor.foot).to_contain_text("已发布为第 2 版。")
    expect(editor.foot.locator("button")).to_have_count(0)
    editor.rests()
    editor.go("#edition=2")
    expect(editor.page.locator(".difference-map path").first).to_be_visible()
    expect(editor.page.locator(".change-list li")).to_have_count(2)
    editor.button("收回这一版").click()
    expect(editor.page.locator(".editor-steps li").first).to_contain_text("收回第 2 版")
    editor.button("放弃草案").click()
    editor.confirm("放弃草案")
    expect(editor.foot).to_contain_text("已放弃。")
    editor.rests()


def test_who_is_told_and_when_stand_before_the_publication(
    open_editor: OpenEditor, program: httpx2.Client, reviewer: httpx2.Client
) -> None:
    draft = Draft(program, "定时发布")
    rings = {g["code"]: {n for part in g["parts"] for ring in part for n in ring} for g in draft.vertices()["grids"]}
    into, gone = next((a, b) for a in rings for b in rings if a != b and len(rings[a] & rings[b]) > 1)
    draft.perform(op="merge_grids", codes=[into, gone], into=into)
    program.post(f"{draft.path}/submit", json={}).raise_for_status()
    editor = open_editor(Role.GIS_REVIEWER, at=f"#draft={draft.id}", timezone_id="America/New_York")
    expect(editor.page.locator(".moves-total")).to_contain_text(re.compile(r"共 .*\d 户.*改变归属"))
    expect(editor.page.locator(".moves td").first).to_have_css("white-space", "nowrap")
    heard = reviewer.get(f"{draft.path}/preview").json()["told"]
    expect(editor.page.locator(".moves-told li")).to_have_count(
        len({each["lead"] and each["lead"]["id"] for each in heard})
    )
    editor.rests()
    editor.button("发布").click()
    editor.dialog.get_by_label("定时发布").check()
    editor.dialog.get_by_label("发布时间（中国标准时间）").fill("2099-01-02T08:30")
    editor.confirm("发布")
    expect(editor.foot).to_contain_text("2099年1月2日 08:30（中国标准时间）")
    editor.rests()
    assert reviewer.get(draft.path).json()["publish_at"].startswith("2099-01-02T00:30")


def test_a_draft_that_others_overtook_is_done_again(
    open_editor: OpenEditor, program: httpx2.Client, reviewer: httpx2.Client
) -> None:
    mine, theirs = Draft(program, "后发"), Draft(program, "先发")
    code = theirs.vertices()["grids"][0]["code"]
    mine.perform(op="describe", code=code, name="后名")
    theirs.perform(op="describe", code=code, name="先名")
    editor = open_editor(at=f"#draft={mine.id}")
    editor.watch.allow(r"answer 409: ", r"console error: .*409")
    key = editor.page.locator(".map-key")
    expect(key).to_contain_text("现行边界")
    expect(key).not_to_contain_text("起草时")
    editor.rests()
    program.post(f"{theirs.path}/submit", json={}).raise_for_status()
    reviewer.post(f"{theirs.path}/publish", json={}).raise_for_status()
    editor.comes_back()
    expect(key).to_contain_text(re.compile(r"第 (\d+) 版边界（起草时）.*现行边界（第 (?!\1)\d+ 版）"))
    stale = editor.page.locator(".stale")
    expect(stale).to_contain_text("已改了同样的网格")
    expect(stale.locator(".buttons button")).to_have_count(3)
    expect(editor.foot).to_contain_text("别人已改了同样的网格")
    stale.get_by_role("button", name="在现行版上重做").click()
    expect(editor.page.locator(".told")).to_contain_text("已在现行版上重做 1 步")
    expect(stale).to_have_count(0)
    expect(editor.foot).to_contain_text("没有错误，可以提交。")
    editor.rests()


def test_a_draft_goes_out_as_a_file_and_comes_back(
    open_editor: OpenEditor, program: httpx2.Client, tmp_path: Path
) -> None:
    draft = Draft(program, "文件往返")
    editor = open_editor(at=f"#draft={draft.id}")
    editor.rests()
    editor.button("文件").click()
    editor.dialog.get_by_label("格式").select_option("geojson")
    with editor.page.expect_download() as download:
        editor.dialog.get_by_role("link", name="下载").click()
    out = tmp_path / "grids.geojson"
    download.value.save_as(out)
    text = out.read_text("utf-8")
    code = draft.vertices()["grids"][0]["name"]
    assert code in text
    out.write_text(text.replace(code, "改过的名称"), "utf-8")

    editor.dialog.get_by_label("改好的文件").set_input_files(out)
    editor.button("先看会改什么").click()
    expect(editor.dialog.locator(".file-found")).to_contain_text("这份文件改了 1 个网格")
    expect(editor.dialog.locator(".change-list")).to_contain_text("改过的名称")
    expect(editor.dialog.locator(".shape-map path")).to_have_count(2)
    editor.button("收下").click()
    expect(editor.page.locator(".told")).to_contain_text("已收下，改了 1 个网格。")
    expect(editor.steps.first).to_contain_text("收下文件 grids.geojson")
    editor.rests()


def test_who_may_not_gets_a_page_that_says_so(
    open_editor: OpenEditor, open_map: OpenMap, visitors: Visitors, service: Service
) -> None:
    editor = open_editor(Role.COMMANDER, status=403)
    expect(editor.page.get_by_role("alert")).to_contain_text("您没有权限编辑边界")
    page, _ = visitors.page()
    page.goto(f"{service.url}/boundaries#draft=3")
    expect(page.locator("#sign-in h1")).to_have_text("登录")
    battle = open_map(Role.GIS_REVIEWER)
    expect(battle.page.locator(".boundaries-link")).to_have_attribute("href", "/boundaries")
    editor = open_editor(Role.GIS_REVIEWER, at="#draft=9999")
    editor.watch.allow(r"answer 404: ", r"console error: .*404")
    expect(editor.page.get_by_role("alert")).to_contain_text("没有这份草案")


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(open_editor: OpenEditor, program: httpx2.Client, size: str) -> None:
    draft = Draft(program, "无障碍")
    draft.move(700_000)
    editor = open_editor(**SIZES[size])
    for look in (("zh", "dark"), ("en", "light")):
        editor.page.wait_for_load_state("networkidle")
        editor.page.evaluate(CHOOSE, look)
        editor.go("")
        editor.page.wait_for_load_state("networkidle")
        expect(editor.page.locator(".boundary-rows li").first).to_be_visible()
        assert violations(editor.page) == []
        editor.go(f"#draft={draft.id}&at=16/28.967/118.857")
        expect(editor.page.locator(".fault-list li").first).to_be_visible()
        editor.rests()
        assert violations(editor.page) == []
        assert editor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if SIZES[size]["viewport"] != PHONE:
        editor.page.keyboard.press("b")
        expect(editor.dialog).to_be_visible()
        assert violations(editor.page) == []
