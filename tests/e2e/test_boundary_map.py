"""The map of a draft: what is dragged, drawn or typed on it is what the server has, in every grid that shares it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import FloatRect, expect

from geo.rules.access import Role
from tests.e2e.conftest import Visitors
from tests.e2e.draft_map import DraftMap, between, crossing
from tests.e2e.service import Service

pytestmark = pytest.mark.browser

OpenDraft = Callable[..., DraftMap]
ZOOM = 16.5


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(Role.GIS_EDITOR) as client:
        yield client


@pytest.fixture
def open_draft(visitors: Visitors, service: Service, program: httpx2.Client) -> OpenDraft:
    """``open_draft(zoom=16.5, **browser)``: a new draft on its map, in the middle of the district."""

    def open_it(zoom: float = ZOOM, **options: Any) -> DraftMap:
        draft = program.post("/api/drafts", json={"title": "在地图上改"}).raise_for_status().json()["id"]
        lon, lat = crossing(program, draft)
        context, watch = visitors.context(**options)
        # Asked for a moment before the next step took the last change back.
        watch.allow(r"answer 409: .*/preview", r"console error: .*409")
        token = service.link(Role.GIS_EDITOR).partition("#")[2]
        assert context.request.post(f"{service.url}/api/session", data={"token": token}).status == 204
        page = context.new_page()
        page.goto(f"{service.url}/boundaries?lang=zh#draft={draft}&at={zoom}/{lat:.5f}/{lon:.5f}&tool=node")
        expect(page.locator(".edit-map[aria-busy=false]")).to_be_visible()
        return DraftMap(page, program, draft, (lon, lat))

    return open_it


def test_a_shared_node_that_is_dragged_moves_in_every_grid(open_draft: OpenDraft) -> None:
    opened = open_draft()
    before = opened.vertices()
    node = before.junction()
    sharing = before.grids_at[node]
    opened.drag(before.lonlat[node], 24, 18)
    opened.takes(1)
    after = opened.vertices()
    (moved,) = set(after.lonlat) - set(before.lonlat)
    assert node not in after.lonlat and after.grids_at[moved] == sharing
    x, y = opened.pixel(before.lonlat[node])
    to_x, to_y = opened.pixel(after.lonlat[moved])
    assert math.dist((to_x - x, to_y - y), (24, 18)) < 1.5
    assert not [fault for fault in opened.faults() if fault["severity"] == "error"]


def test_a_node_is_inserted_on_a_line_and_deleted_again(open_draft: OpenDraft) -> None:
    opened = open_draft()
    before = opened.vertices()
    one, other = before.shared_edge()
    opened.click(between(before.lonlat[one], before.lonlat[other]))
    opened.takes(1)
    inserted = opened.vertices()
    (node,) = set(inserted.lonlat) - set(before.lonlat)
    assert inserted.grids_at[node] == before.edges()[frozenset((one, other))]
    opened.page.keyboard.press("Delete")  # it is the active one
    opened.takes(2)
    assert opened.vertices().rings == before.rings
    opened.page.keyboard.press("Control+z")
    opened.takes(3)
    assert opened.vertices().rings == inserted.rings


def test_keys_alone_move_a_node_by_pixels(open_draft: OpenDraft) -> None:
    opened = open_draft()
    before = opened.vertices()
    opened.page.locator(".edit-map").focus()
    opened.page.keyboard.press("Enter")  # the node nearest to the cross
    for key in ("ArrowRight", "Shift+ArrowRight", "Shift+ArrowUp", "Enter"):
        opened.page.keyboard.press(key)
    opened.takes(1)
    after = opened.vertices()
    (gone,), (moved,) = set(before.lonlat) - set(after.lonlat), set(after.lonlat) - set(before.lonlat)
    x, y = opened.pixel(before.lonlat[gone])
    to_x, to_y = opened.pixel(after.lonlat[moved])
    assert math.dist((to_x - x, to_y - y), (11, -10)) < 0.5
    opened.page.keyboard.press("Shift+ArrowLeft")
    opened.page.keyboard.press("Escape")
    assert opened.revision() == 1


def test_a_node_is_put_at_coordinates_that_are_typed_and_seen_beside_what_is_in_force(open_draft: OpenDraft) -> None:
    opened = open_draft()
    page, before = opened.page, opened.vertices()
    page.locator(".edit-map").focus()
    page.keyboard.press("Enter")  # the node nearest to the cross
    expect(page.locator(".map-coordinates")).to_contain_text(
        re.compile(r"EPSG:4549 +E [\d\s]+\.\d{3} +N [\d\s]+\.\d{3}")
    )
    page.get_by_role("button", name="输入坐标").click()
    east = page.get_by_role("dialog").get_by_label("东（E）")
    was = float(east.input_value())
    opened.asked("移到这里", **{"东（E）": f"{was + 12.345:.3f}"})
    opened.takes(1)
    expect(page.locator(".edit-map")).to_be_focused()
    after = opened.vertices()
    (gone,), (moved,) = set(before.lonlat) - set(after.lonlat), set(after.lonlat) - set(before.lonlat)
    assert (moved[0] - gone[0], moved[1] - gone[1]) == (12_345, 0)
    assert gone[0] == round(was * 1000)

    handle = page.get_by_role("slider")
    x, y = opened.pixel(after.lonlat[moved])
    around = {"x": x - 60, "y": y - 60, "width": 120, "height": 120}
    page.keyboard.press("Escape")
    page.mouse.move(x, y + 200)
    expect(page.locator(".editor-section[aria-busy=false]")).to_have_count(1)
    draft = page.screenshot(clip=around)  # type: ignore[arg-type]
    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(x + 100, y + 200)
    page.mouse.up()
    assert int(handle.get_attribute("aria-valuenow") or 0) > 50
    assert page.screenshot(clip=around) != draft  # type: ignore[arg-type]
    handle.press("Home")
    expect(handle).to_have_attribute("aria-valuenow", "0")
    handle.press("PageUp")
    handle.press("End")
    expect(handle).to_have_attribute("aria-valuenow", "100")


def test_a_stretch_is_reshaped_by_drawing_over_it(open_draft: OpenDraft) -> None:
    opened = open_draft()
    before = opened.vertices()
    one, other = before.shared_edge()
    start, end = before.lonlat[one], before.lonlat[other]
    middle = between(start, end)
    beside = (middle[0] + (end[1] - start[1]) * 0.15, middle[1] - (end[0] - start[0]) * 0.15)
    opened.use("r")
    opened.draw(start, beside, end)
    opened.takes(1)
    after = opened.vertices()
    (new,) = set(after.lonlat) - set(before.lonlat)
    assert after.grids_at[new] == before.edges()[frozenset((one, other))]
    assert frozenset((one, other)) not in after.edges()


def test_a_grid_is_split_by_a_line_and_the_pieces_are_merged_again(open_draft: OpenDraft) -> None:
    opened = open_draft(zoom=15.5)
    before = opened.vertices()
    seen = [code for code, (ring, *_) in before.rings.items() if all(opened.sees(before.lonlat[n]) for n in ring)]
    code = min(seen, key=lambda code: len(before.rings[code][0]))  # of few nodes: it has no bays
    ring = [before.lonlat[node] for node in before.rings[code][0]]
    opposite = len(ring) // 2
    opened.use("s")
    opened.draw(between(ring[0], ring[1]), between(ring[opposite], ring[(opposite + 1) % len(ring)]))
    proposed = opened.page.get_by_label("新编码").input_value()
    assert proposed[:-3] == code[:-3] and proposed > max(each for each in before.rings if each[:-3] == code[:-3])
    opened.asked("切分", 新编码="新格")
    opened.takes(1)
    split = opened.vertices()
    assert {code, "新格"} <= split.rings.keys()
    assert [fault for fault in opened.faults() if fault["severity"] == "error"] == []
    opened.use("m")
    for piece in (code, "新格"):
        opened.click(split.middle(piece))
    opened.page.get_by_role("button", name="合并这 2 个").click()
    opened.asked("合并")
    opened.takes(2)
    merged = opened.vertices().rings
    assert code in merged and "新格" not in merged


def test_an_area_that_is_drawn_around_goes_to_the_grid_beside_it(open_draft: OpenDraft) -> None:
    opened = open_draft()
    before = opened.vertices()
    one, other = before.shared_edge()
    pair = before.edges()[frozenset((one, other))]
    start, end = before.lonlat[one], before.lonlat[other]
    along = (end[0] - start[0], end[1] - start[1])
    off = (along[1] * 0.2, -along[0] * 0.2)
    near, far = between(start, end, 0.3), between(start, end, 0.7)
    corners = [near, far, (far[0] + off[0], far[1] + off[1]), (near[0] + off[0], near[1] + off[1])]
    opened.use("t")
    for corner in [*corners, corners[0]]:
        opened.click(corner)
    neighbours = opened.page.get_by_role("dialog").locator("optgroup").first
    expect(neighbours).to_have_attribute("label", "相邻")
    told = neighbours.locator("option").evaluate_all("options => options.map(option => option.value)")
    assert pair & set(told) and not before.rings.keys() <= set(told)
    opened.asked("划转")
    opened.takes(1)
    after = opened.vertices()
    assert {code for code in before.rings if before.rings[code] != after.rings[code]} >= pair
    assert [fault for fault in opened.faults() if fault["severity"] == "error"] == []


def test_a_finger_drags_a_node(open_draft: OpenDraft) -> None:
    opened = open_draft(has_touch=True, viewport={"width": 1024, "height": 768})
    before = opened.vertices()
    node = before.plain_node()
    x, y = opened.pixel(before.lonlat[node])
    off = 14  # a finger need not hit it
    opened.swipe((x + off, y), 30, 30)
    opened.takes(1)
    after = opened.vertices()
    (moved,) = set(after.lonlat) - set(before.lonlat)
    assert after.grids_at[moved] == before.grids_at[node]
    opened.page.get_by_role("button", name="删除节点").tap()  # fingers have no Delete key
    opened.takes(2)
    assert moved not in opened.vertices().lonlat


def test_a_finger_on_a_line_pans_and_inserts_only_where_it_taps(open_draft: OpenDraft) -> None:
    opened = open_draft(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    page, before = opened.page, opened.vertices()
    one, other = before.shared_edge()
    place = opened.under_no_control(before.lonlat[one], before.lonlat[other])
    x, y = opened.pixel(place)
    was = page.url
    opened.swipe((x, y), 10, 60)
    page.wait_for_function("was => location.href !== was", arg=was)
    to_x, to_y = opened.pixel(place)
    assert math.dist((to_x - x, to_y - y), (10, 60)) < 30  # less what a finger moves before it counts
    assert opened.revision() == 0
    page.touchscreen.tap(to_x, to_y)
    opened.takes(1)

    node = opened.vertices()
    (inserted,) = set(node.lonlat) - set(before.lonlat)
    at_x, at_y = opened.pixel(node.lonlat[inserted])
    box = page.locator(".map-coordinates").bounding_box()
    delete = page.get_by_role("button", name="删除节点").bounding_box()
    assert box is not None and delete is not None
    for left, top, right, bottom in ((at_x - 14, at_y - 14, at_x + 14, at_y + 14), corners(delete)):
        box_left, box_top, box_right, box_bottom = corners(box)
        assert right < box_left or left > box_right or bottom < box_top or top > box_bottom
    for button in ("输入坐标", "文件"):
        page.get_by_role("button", name=button, exact=True).tap()
        dialog = page.get_by_role("dialog")
        boxes = [part.bounding_box() for part in dialog.locator("h2, p, button, input, select").all()]
        assert all(each["x"] >= 0 and each["x"] + each["width"] <= 390 for each in boxes if each)
        dialog.get_by_role("button", name="关闭").tap()
        expect(dialog).to_have_count(0)


def corners(box: FloatRect) -> tuple[float, float, float, float]:
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def test_a_double_click_on_a_line_inserts_one_node(open_draft: OpenDraft) -> None:
    opened = open_draft()
    before = opened.vertices()
    one, other = before.shared_edge()
    opened.page.mouse.dblclick(*opened.pixel(between(before.lonlat[one], before.lonlat[other])))
    opened.takes(1)
    expect(opened.page.locator(".editor-notice p")).to_have_count(0)
    assert opened.revision() == 1


def test_a_line_that_was_begun_outlasts_a_look_from_afar_and_is_not_left_unasked(open_draft: OpenDraft) -> None:
    opened = open_draft(zoom=15.5)
    page, before = opened.page, opened.vertices()
    one, _ = before.shared_edge()
    opened.use("r")
    opened.click(before.lonlat[one])
    page.locator(".edit-map").focus()
    for _ in range(4):
        was = page.url
        page.keyboard.press("-")
        page.wait_for_function("was => location.href !== was", arg=was)
    assert float(re.search(r"at=([\d.]+)/", page.url)[1]) < 14  # type: ignore[index]
    expect(page.locator(".drawn-line").first).to_be_attached()
    leave = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert page.evaluate(leave) is False  # the browser asks
    page.keyboard.press("Escape")
    expect(page.locator(".edit-map.geoman-draw-cursor")).to_have_count(0)  # too far away to begin another
    assert page.evaluate(leave) is True


def test_a_tool_that_is_chosen_where_nothing_can_be_changed_goes_to_the_draft(open_draft: OpenDraft) -> None:
    opened = open_draft()
    page = opened.page
    page.get_by_role("button", name="现行", exact=True).click()
    expect(page.locator(".map-hint")).to_have_text("现行边界只供查看。选一个工具，就回到草案。")
    page.get_by_role("button", name="切分 S").click()
    expect(page.get_by_role("button", name="草案", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".edit-map.geoman-draw-cursor")).to_be_attached()
