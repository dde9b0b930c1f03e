"""Milliseconds from a click to the frame that shows what it did: a filter on the page, a drawer with its details.

Counted is from the moment of the input to the end of the frame that follows from it, with whatever the click waited for
in between; half a frame of that is waiting for the screen. A drawer is there when its details have come and are shown.

    python -m benchmarks.choices --grids 292 10000 --units 200000
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from playwright.sync_api import Locator, Page

from benchmarks import stores
from benchmarks.browser import Work, chromium, go, running, signed_in
from benchmarks.harness import Row, arguments, report

DISTRICT_GRIDS = 292
NEAR_ZOOM = 18
# From a click until the frame after it has been made, and until the panel shows what was clicked on.
_WATCH = """() => {
  window.benchPaints = [];
  window.benchDrawers = [];
  const painted = (at, into) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => into.push(performance.now() - at);
    port2.postMessage(0);
  };
  let clicks = 0;
  addEventListener("click", ({ timeStamp }) => {
    const mine = ++clicks;
    requestAnimationFrame(() => painted(timeStamp, window.benchPaints));
    const look = () => {
      if (mine !== clicks) return; // nobody waits for what an earlier click opened
      if (document.querySelector("#panel .card-title")) painted(timeStamp, window.benchDrawers);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, true);
}"""
_REST = """() => new Promise((done) => {
  const next = (left) => requestAnimationFrame(() => (left ? next(left - 1) : done()));
  next(6);
})"""
# Brings the map to an issue. Returns where the middle of its bubble stands, which is above its place.
_SHOW = """(row) => {
  const { issues } = issues_layer.session.board;
  if (row >= issues.n) return null;
  const [x, y] = [issues.x[row] / 2 ** 32, issues.y[row] / 2 ** 32];
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
  battle_map.setView([lat, x * 360 - 180], ZOOM, { animate: false });
  const box = battle_map.getContainer().getBoundingClientRect();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 - 15 };
}"""
_SELECTED = "() => issues_layer.session.state.selection.kind"


def watch(page: Page) -> None:
    """From now on every click is timed."""
    page.evaluate(_WATCH)


def paints(page: Page, name: str = "benchPaints") -> list[float]:
    """Milliseconds of the clicks since the last call."""
    page.evaluate(_REST)
    found: list[float] = page.evaluate(f"() => window.{name}.splice(0)")
    return found


def press(page: Page, buttons: Sequence[Locator], rounds: int, *, touch: bool = False) -> list[float]:
    """Press these one after another, each an even number of times. Returns milliseconds to the frame after each."""
    paints(page)
    for _ in range(2 * rounds):
        for button in buttons:
            button.tap() if touch else button.click()
            page.evaluate(_REST)
    return paints(page)


def every(locator: Locator, at_most: int = 6) -> list[Locator]:
    return [locator.nth(i) for i in range(min(locator.count(), at_most))]


def open_filter(page: Page) -> Locator:
    """The choices of age, lateness and category, in the open panel."""
    page.locator(".filter-button").click()
    choices = page.locator(".filter-fields .filter-choice")
    choices.first.wait_for()
    return choices


def drawers(page: Page, count: int) -> list[float]:
    """Click on issues that stand alone. Returns milliseconds until the details of each were shown."""
    found: list[float] = []
    row = 0
    while len(found) < count and (spot := page.evaluate(_SHOW.replace("ZOOM", str(NEAR_ZOOM)), row)):
        row += 1
        page.evaluate(_REST)
        paints(page, "benchDrawers")
        page.mouse.click(spot["x"], spot["y"])
        page.evaluate(_REST)
        if page.evaluate(_SELECTED) == "issue":
            page.wait_for_function("() => window.benchDrawers.length")
            found += paints(page, "benchDrawers")
        page.evaluate("() => issues_layer.session.store.select({ kind: 'none' })")
        page.wait_for_function("() => !document.querySelector('#panel .card-title')")
    return found


def measure(store: str, grids: int, units: int, rounds: int) -> list[Row]:
    """A row a kind of click."""
    with running(store) as service, chromium() as browser:
        page = signed_in(browser, service).new_page()
        work = Work(page)
        go(page, f"{service.url}/")
        watch(page)

        def row(name: str, click: Callable[[], list[float]]) -> Row:
            before_ms = work.ms()
            return _row(name, grids, units, click(), work.ms() - before_ms)

        legend = page.locator("#legend .legend-part", has=page.locator(".legend-heads")).locator(".rows button")
        rows = [row("class in the legend", lambda: press(page, every(legend), rounds))]
        choices = open_filter(page)
        rows.append(row("issues in the filter", lambda: press(page, every(choices), rounds)))
        page.locator(".filter-button").click()
        page.evaluate("() => battle_map.setView(battle_map.getCenter(), 16.2, { animate: false })")
        rows.append(row("class, all units drawn", lambda: press(page, every(legend), rounds)))
        rows.append(row("drawer of an issue", lambda: drawers(page, 4 * rounds)))
        return [each for each in rows if each["clicks"]]


def _row(name: str, grids: int, units: int, ms: list[float], cpu_ms: float) -> Row:
    """cpu_ms: processor time of the page's main thread a click, with what follows in the next frames."""
    clicks = ms or [0.0]
    return {
        "click": name,
        "grids": grids,
        "units": units,
        "clicks": len(ms),
        "p50_ms": float(np.percentile(clicks, 50)),
        "p95_ms": float(np.percentile(clicks, 95)),
        "worst_ms": max(clicks),
        "cpu_ms": cpu_ms / len(clicks),
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument("--grids", type=int, nargs="+", default=[DISTRICT_GRIDS, 10_000])
    chosen = parser.parse_args()
    rows = []
    for grids in chosen.grids:
        is_district = grids == DISTRICT_GRIDS
        store = stores.district_store(chosen.units) if is_district else stores.sheet_store(grids, chosen.units)
        rows += measure(store, grids, chosen.units, chosen.runs)
    report("choices", rows, chosen.json)


if __name__ == "__main__":
    main()
