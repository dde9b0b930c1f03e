"""The base map as a person sees it: it lies under the data to the pixel, says whose it is, and may fail."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.battle_page import FRAMES, BattlePage
from tests.e2e.conftest import OpenMap
from tests.e2e.district import Original
from tests.e2e.places import grids_of
from tests.e2e.service import EVERYTHING, Service
from tests.e2e.tile_server import ARM_PX, TileServer

pytestmark = pytest.mark.browser

CREDIT = "© 测试底图 GS(2026)0001号"
MISSING = "底图没有取到，先用本地地图"
NEAR_PX = 2.0
WALL_SCALE = 3  # pixels of the screen for one of a wall screen's map
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

# The middle of the cross in a picture: of the columns and rows that are mostly ink. Null where there is none.
FIND_CROSS = """async ([picture, arm]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const { width, height } = image;
  const pen = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  pen.drawImage(image, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  const columns = new Array(width).fill(0), rows = new Array(height).fill(0);
  for (let at = 0; at < width * height; at++) {
    const [r, g, b] = data.subarray(at * 4, at * 4 + 3);
    if (r - g < 60 || b - g < 60) continue;
    columns[at % width]++;
    rows[Math.floor(at / width)]++;
  }
  const middle = (counts) => {
    const inked = counts.flatMap((count, at) => (count > arm * 0.6 ? [at + 0.5] : []));
    return inked.length ? inked.reduce((a, b) => a + b) / inked.length : null;
  };
  return [middle(columns), middle(rows)];
}"""


TILED = """() => base_layer.getLayers().every((layer) => {
  const tiles = Object.values(layer._tiles);
  return tiles.length && tiles.every((tile) => tile.active && getComputedStyle(tile.el).opacity === "1");
})"""
HOSTS = """() => [...new Set(performance.getEntries().flatMap(
  ({ name }) => (name.startsWith("http") ? [new URL(name).origin] : [])))]"""


@pytest.fixture(scope="module")
def tiles() -> Iterator[TileServer]:
    """A base map in GCJ-02."""
    server = TileServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def service(original: Original, tmp_path_factory: pytest.TempPathFactory, tiles: TileServer) -> Iterator[Service]:
    running = Service(
        original.copy_to(tmp_path_factory.mktemp("store")),
        others=(tiles.url,),
        GRIDWARDEN_BASE_MAP="tiles",
        GRIDWARDEN_BASE_MAP_URL=f"{tiles.url}/{{z}}/{{x}}/{{y}}.png",
        GRIDWARDEN_BASE_MAP_DATUM="gcj02",
        GRIDWARDEN_BASE_MAP_ATTRIBUTION=CREDIT,
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def issue(service: Service, tiles: TileServer) -> dict[str, Any]:
    """An open issue in a grid that is not shaded; the base map has its cross at the same place."""
    with service.program(*EVERYTHING) as client:
        found = client.get("/api/issues", params={"state": "open", "limit": 50}).raise_for_status().json()["items"]
        fine = {grid["code"] for grid in grids_of(client) if not grid["overdue"]}
    placed: dict[str, Any] = next(item for item in found if item["lon"] is not None and item["grid"] in fine)
    tiles.draw_cross(placed["lon"], placed["lat"])
    return placed


# What lies over the tiles may cover the cross: an issue's symbol, a name, a panel.
OVER = ".leaflet-map-pane canvas, .leaflet-marker-pane, .floating, .filters, .map-controls, .foot"
SEEN = """([over, visibility]) => {
  for (const each of document.querySelectorAll(over)) each.style.visibility = visibility;
}"""


def is_tiled(page: Page) -> None:
    """Wait until tiles lie everywhere in view and nothing moves."""
    page.wait_for_function(TILED)
    page.evaluate(FRAMES)


def cross(battle: BattlePage, x: float, y: float) -> tuple[float, float]:
    """Where the cross is on the page, looked for around a pixel."""
    reach = 2 * ARM_PX
    clip = {"x": round(x) - reach, "y": round(y) - reach, "width": 2 * reach, "height": 2 * reach}
    battle.page.evaluate(SEEN, [OVER, "hidden"])
    picture = base64.b64encode(battle.page.screenshot(clip=clip)).decode()
    battle.page.evaluate(SEEN, [OVER, ""])
    found = battle.page.evaluate(FIND_CROSS, [picture, ARM_PX])
    assert None not in found, "no cross near the issue"
    return clip["x"] + found[0], clip["y"] + found[1]


def apart(battle: BattlePage, issue: dict[str, Any]) -> float:
    """Pixels between the cross of the base map and the tip of the issue's bubble."""
    is_tiled(battle.page)
    x, y = battle._point("issues", issue["id"])
    found_x, found_y = cross(battle, x, y)
    return math.hypot(found_x - x, found_y - y)


@pytest.mark.parametrize("zoom", [14.5, 16, 16.7, 17, 18, 18.5])
def test_the_data_lie_on_a_gcj02_map_to_two_pixels(open_map: OpenMap, issue: dict[str, Any], zoom: float) -> None:
    battle = open_map(at=f"#{zoom}/{issue['lat']}/{issue['lon']}")
    assert apart(battle, issue) <= NEAR_PX


# Pixels of the screen for one of each tile in view, and how many zooms the tiles have more than the map.
FINENESS = """() => {
  const images = [...document.querySelectorAll(".leaflet-tile-pane img")];
  const drawn = images.filter((one) => one.complete && one.naturalWidth);
  const zooms = drawn.map((one) => Number(new URL(one.src).pathname.split("/")[1]));
  const pixels = drawn.map((one) => one.getBoundingClientRect().width / one.naturalWidth);
  return { pixels, finer: [...new Set(zooms.map((zoom) => zoom - Math.round(battle_map.getZoom())))] };
}"""


def test_tiles_are_sharp_on_a_wall_screen_and_lie_as_right(open_map: OpenMap, issue: dict[str, Any]) -> None:
    # By day, for by night tiles are too dim for the eye of this test.
    wall = open_map(at="?wall=1#?theme=light", viewport={"width": 3840, "height": 2160})
    place = issue["lat"], issue["lon"]
    wall.page.evaluate("() => document.querySelectorAll('.sheet-points, .sheet-labels').forEach((one) => one.remove())")
    for zoom in (13.2, 15.4, 16):  # at 17 the base map has no finer tiles
        wall.page.evaluate("([zoom, ...at]) => battle_map.setView(at, zoom, { animate: false })", [zoom, *place])
        is_tiled(wall.page)
        fine = wall.page.evaluate(FINENESS)
        assert fine["finer"] == [2]
        assert max(fine["pixels"]) < 1.5 and min(fine["pixels"]) > 0.5
        x, y = wall.pixel_on_screen(issue["lon"], issue["lat"])
        found_x, found_y = cross(wall, x, y)
        assert math.hypot(found_x - x, found_y - y) <= WALL_SCALE, "within one pixel of the map"


def test_tiles_do_not_fade_in_for_who_wants_no_motion(open_map: OpenMap, issue: dict[str, Any]) -> None:
    battle = open_map(reduced_motion="reduce")
    opacities = battle.page.evaluate(
        """([lat, lon]) => new Promise((told) => {
          const seen = [];
          for (const layer of base_layer.getLayers()) {
            layer.on("tileload", ({ tile }) => seen.push(getComputedStyle(tile).opacity));
            layer.on("load", () => told([...new Set(seen)]));
          }
          battle_map.setView([lat, lon], 17.4, { animate: false });
        })""",
        [issue["lat"], issue["lon"]],
    )
    assert opacities == ["1"]


def test_they_still_do_at_the_edge_of_the_view_and_after_a_drag(open_map: OpenMap, issue: dict[str, Any]) -> None:
    battle = open_map(at=f"#17/{issue['lat']}/{issue['lon']}")
    x, y = battle.pixel(issue["lon"], issue["lat"])
    mouse = battle.page.mouse
    mouse.move(x + 30, y + 60)
    mouse.down()
    mouse.move(x + 330, y + 160, steps=6)
    assert apart(battle, issue) <= NEAR_PX  # while it is held
    mouse.up()
    assert apart(battle, issue) <= NEAR_PX
    battle.page.locator("#map-controls button").nth(1).click()  # farther out
    battle.page.wait_for_function("() => battle_map.getZoom() < 16.5")
    assert apart(battle, issue) <= NEAR_PX


def test_tiles_come_from_the_host_that_was_named_which_learns_our_name_only(
    open_map: OpenMap, service: Service, tiles: TileServer
) -> None:
    tiles.referers.clear()
    battle = open_map()
    is_tiled(battle.page)
    hosts = battle.page.evaluate(HOSTS)
    assert set(hosts) == {service.url, tiles.url}
    assert tiles.referers == {f"{service.url}/"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_it_always_says_whose_map_it_is(open_map: OpenMap, size: str, scheme: str) -> None:
    battle = open_map(color_scheme=scheme, **(PHONE if size == "phone" else {}))
    is_tiled(battle.page)
    expect(battle.page.locator(".foot .attribution")).to_have_text(CREDIT)
    expect(battle.page.locator(".foot .attribution")).to_be_visible()
    battle.has_no_flaws()
    dimmed = battle.page.evaluate("getComputedStyle(battle_map.getPane('tilePane')).filter")
    assert ("brightness(0.5)" in dimmed) == (scheme == "dark")


SHOWN = """() => [...document.querySelectorAll(".leaflet-tile-pane img")]
  .filter((image) => image.checkVisibility({ visibilityProperty: true })).length"""
INKS = """() => {
  const { width, height } = document.querySelector(".sheet-backdrop");
  const { data } = document.querySelector(".sheet-backdrop").getContext("2d").getImageData(0, 0, width, height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""


def test_where_tiles_fail_the_local_vectors_are_seen(
    open_map: OpenMap, tiles: TileServer, issue: dict[str, Any]
) -> None:
    battle = open_map()
    battle.watch.allow(re.escape(tiles.url), "503")
    page, said = battle.page, battle.page.locator(".foot [role=status]")
    tiles.fails = True
    try:
        battle.go(f"#16/{issue['lat']}/{issue['lon']}")
        expect(said).to_have_text(MISSING)
        assert page.locator(".leaflet-tile-pane img").count() > 0
        assert page.evaluate(SHOWN) == 0
        assert page.evaluate(INKS) > 3  # land, water, roads, houses
        battle.has_no_flaws()
    finally:
        tiles.fails = False
    page.evaluate("() => base_layer.retry()")  # as it does every minute
    expect(said).to_have_count(0)
    assert apart(battle, issue) <= NEAR_PX
