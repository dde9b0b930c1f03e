"""Dragging a shared node in a draft: milliseconds between frames, from the press until the server has taken it.

A node of at least three grids is dragged about with real input, let go and dragged again, at several zooms of a draft
on a store of many grids. Frames are those of requestAnimationFrame; a page that does nothing shows what this machine
allows. No frame is to take longer than 50 ms.

    python -m benchmarks.drag --grids 10000
"""

from __future__ import annotations

from contextlib import closing

import httpx2
from playwright.sync_api import Browser, Page

from benchmarks import stores
from benchmarks.browser import WAIT_MS, chromium, running, visitor
from benchmarks.frames import RECORD, REST, STILL, STOP, row_of
from benchmarks.harness import Row, arguments, report
from geo.rules.access import Role
from tests.e2e.draft_map import DraftMap, Vertices, crossing
from tests.e2e.service import Service

ZOOMS = (15.0, 16.0, 17.0)
DRAGS, STEPS, STEP_PX = 4, 60, 2
LATE_MS = 50.0
DRAGGED, TAKEN = "dragged", "let go and taken"


def drag(page: Page, at: tuple[float, float], steps: int = STEPS) -> None:
    """Press on a place, lead what is there about in a curve, and let go a little away from it."""
    x, y = at
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, steps + 1):
        back = min(step, steps - step)
        page.mouse.move(x + STEP_PX * back + step / steps * 6, y + STEP_PX * back / 2 + step / steps * 4)
    page.mouse.up()


def _still(browser: Browser, drags: int, steps: int) -> Row:
    with closing(visitor(browser)) as context:
        page = context.new_page()
        page.set_content("<!doctype html><p>nothing</p>")
        page.evaluate(RECORD)
        for _ in range(drags):
            drag(page, (700, 450), steps)
        frames = page.evaluate(STOP)
        return _told(row_of(STILL, frames), 0, frames)


def _told(row: Row, nodes: int, frames: list[float]) -> Row:
    return row | {"nodes": nodes, f"over_{LATE_MS:.0f}_ms": sum(frame > LATE_MS for frame in frames)}


def _dragged(
    browser: Browser, service: Service, program: httpx2.Client, zoom: float, drags: int, steps: int
) -> list[Row]:
    """Frames of a new draft at a zoom, which is given up afterwards."""
    draft = program.post("/api/drafts", json={"title": f"drag {zoom}"}).raise_for_status().json()["id"]
    middle = crossing(program, draft, Vertices.shared_node)
    with closing(visitor(browser)) as context:
        token = service.link(Role.GIS_EDITOR).partition("#")[2]
        assert context.request.post(f"{service.url}/api/session", data={"token": token}).status == 204
        page = context.new_page()
        page.goto(f"{service.url}/boundaries#draft={draft}&at={zoom:g}/{middle[1]:.5f}/{middle[0]:.5f}&tool=node")
        page.locator(".edit-map[aria-busy=false]").wait_for(timeout=WAIT_MS)
        page.wait_for_load_state("networkidle", timeout=WAIT_MS)  # the grids in force come later than the draft's
        opened = DraftMap(page, program, draft, middle)
        page.evaluate(REST, 60)
        frames: dict[str, list[float]] = {DRAGGED: [], TAKEN: []}
        for step in range(1, drags + 1):
            vertices = opened.vertices()
            page.evaluate(RECORD)
            drag(page, opened.pixel(vertices.lonlat[vertices.shared_node()]), steps)
            frames[DRAGGED] += page.evaluate(STOP)
            page.evaluate(RECORD)
            opened.takes(step)
            page.evaluate(REST, 30)
            frames[TAKEN] += page.evaluate(STOP)
        nodes = len(opened.vertices().lonlat)
    program.post(f"/api/drafts/{draft}/discard").raise_for_status()
    return [_told(row_of(f"zoom {zoom:g}, {what}", ms), nodes, ms) for what, ms in frames.items()]


def measure(store: str, zooms: tuple[float, ...] = ZOOMS, drags: int = DRAGS, steps: int = STEPS) -> list[Row]:
    """One row for a page that does nothing, and two a zoom: while the node is dragged, and until it is taken."""
    with running(store) as service, chromium() as browser, service.program(Role.GIS_EDITOR) as program:
        rows = [_still(browser, drags, steps)]
        for zoom in zooms:
            rows += _dragged(browser, service, program, zoom, drags, steps)
        return rows


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--grids", type=int, default=10_000, help="of a synthetic coverage")
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument("--drags", type=int, default=DRAGS)
    chosen = parser.parse_args()
    report("drag", measure(stores.sheet_store(chosen.grids, chosen.units), drags=chosen.drags), chosen.json)


if __name__ == "__main__":
    main()
