"""Pan and zoom: milliseconds between frames while somebody drags and turns the wheel, beside the same rivals.

Frames are those of requestAnimationFrame, so what counts is how long the page keeps the browser from the next one. A
page that does nothing shows what this machine allows. Each contender is driven by the same real input: drags at three
depths, and the wheel in and out; the frames in which the map comes to rest again are counted, too.

    python -m benchmarks.frames --grids 10000 --units 200000
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks import stores
from benchmarks.browser import chromium, go, running, signed_in, visitor
from benchmarks.harness import Row, arguments, report
from benchmarks.map_page import OURS, files_served, rival_site
from benchmarks.rivals import pages
from tests.e2e.service import Service

STILL = "a page that does nothing"
FRAME_MS = 20.0
RECORD = """() => {
  window.benchFrames = [];
  let last = 0;
  const note = (now) => {
    if (last) window.benchFrames.push(now - last);
    last = now;
    window.benchFrame = requestAnimationFrame(note);
  };
  window.benchFrame = requestAnimationFrame(note);
}"""
STOP = "() => { cancelAnimationFrame(window.benchFrame); return window.benchFrames; }"
REST = """(frames) => new Promise((done) => {
  const next = (left) => requestAnimationFrame(() => (left ? next(left - 1) : done()));
  next(frames);
})"""
REST_FRAMES = 24  # a wheel's zoom takes 250 ms, and the map is drawn anew after it
STEPS, STEP_PX = 40, 8
WHEEL = 240


def drive(page: Page, rounds: int, steps: int = STEPS) -> list[float]:
    """Move about as a person does. Returns milliseconds between frames."""
    size = page.viewport_size
    assert size is not None
    x, y = size["width"] * 0.62, size["height"] * 0.55
    page.mouse.move(x, y)
    page.evaluate(RECORD)
    for _ in range(rounds):
        for turns in (0, 2, 3):
            for _ in range(turns):
                _wheel(page, -WHEEL)
            for direction in ((-1, -1), (1, 0), (0, 1)):
                _drag(page, x, y, *direction, steps)
        for _ in range(5):
            _wheel(page, WHEEL)
    frames: list[float] = page.evaluate(STOP)
    return frames


def _drag(page: Page, x: float, y: float, dx: int, dy: int, steps: int) -> None:
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, steps + 1):
        page.mouse.move(x + dx * step * STEP_PX, y + dy * step * STEP_PX)
    page.mouse.up()
    page.evaluate(REST, REST_FRAMES // 3)


def _wheel(page: Page, delta: int) -> None:
    page.mouse.wheel(0, delta)
    page.evaluate(REST, REST_FRAMES)


@dataclass(frozen=True)
class Drive:
    """The same way through every page."""

    browser: Browser
    rounds: int
    steps: int = STEPS

    def still(self) -> Row:
        with closing(visitor(self.browser)) as context:
            page = context.new_page()
            page.set_content("<!doctype html><p>nothing</p>")
            return row_of(STILL, drive(page, self.rounds, self.steps))

    def ours(self, service: Service) -> Row:
        return self._along(OURS, signed_in(self.browser, service), f"{service.url}/")

    def theirs(self, name: str, url: str) -> Row:
        return self._along(name, visitor(self.browser), url)

    def _along(self, name: str, visiting: BrowserContext, url: str) -> Row:
        with closing(visiting) as context:
            page = context.new_page()
            go(page, url)
            return row_of(name, drive(page, self.rounds, self.steps))


def measure(
    store: str, rounds: int, rivals: Path | None, only: tuple[str, ...] = pages.NAMES, steps: int = STEPS
) -> list[Row]:
    """One row a contender. rivals: folder of their pages, if wanted."""
    with running(store) as service, chromium() as browser:
        way = Drive(browser, rounds, steps)
        rows = [way.still(), way.ours(service)]
        if rivals is None:
            return rows
        files = rival_site(service, rivals)
        with files_served(rivals) as site:
            return rows + [way.theirs(name, f"{site}/{files[name]}") for name in only]


def row_of(name: str, frames: list[float]) -> Row:
    ms = np.array(frames)
    return {
        "page": name,
        "frames": len(ms),
        "p50_ms": float(np.percentile(ms, 50)),
        "p95_ms": float(np.percentile(ms, 95)),
        "p99_ms": float(np.percentile(ms, 99)),
        "worst_ms": float(ms.max()),
        "late_%": float((ms > FRAME_MS).mean() * 100),
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument(
        "--grids", type=int, default=10_000, help="of a synthetic coverage; 292: the synthetic district"
    )
    parser.add_argument("--rounds", type=int, default=3, help="times the same way is gone (default: 3)")
    parser.add_argument("--without", nargs="*", choices=pages.NAMES, default=["folium markers"])
    chosen = parser.parse_args()
    is_district = chosen.grids == 292
    store = stores.district_store(chosen.units) if is_district else stores.sheet_store(chosen.grids, chosen.units)
    only = tuple(name for name in pages.NAMES if name not in chosen.without)
    rivals = stores.KEPT / (f"rivals-{chosen.units}" if is_district else f"rivals-{chosen.grids}-{chosen.units}")
    report("frames", measure(store, chosen.rounds, rivals if only else None, only), chosen.json)


if __name__ == "__main__":
    main()
