"""A phone: the processor four times slower, a screen of 390 x 844 at three pixels each, a finger.

The first map in a browser that was never here, and the frame that shows a filter's effect.

    python -m benchmarks.phone --units 200000
"""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Browser

from benchmarks import stores
from benchmarks.browser import PHONE, chromium, go, running, signed_in
from benchmarks.choices import every, press, watch
from benchmarks.harness import Row, arguments, interleaved, report
from tests.e2e.service import Service

SLOWER = 4


def visit(browser: Browser, service: Service, slower: int, rounds: int) -> tuple[float, list[float]]:
    """Milliseconds to the first map, and of filters."""
    context = signed_in(browser, service, **PHONE)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    first_ms = go(page, f"{service.url}/")
    watch(page)
    page.locator(".map-buttons.phone button").first.tap()
    page.locator(".filter-button").tap()
    choices = page.locator(".filter-fields .filter-choice")
    choices.first.wait_for()
    filtered = press(page, every(choices), rounds, touch=True)
    context.close()
    return first_ms, filtered


def measure(store: str, units: int, runs: int, slower: int = SLOWER, rounds: int = 2) -> list[Row]:
    """One row."""
    first: list[float] = []
    filters: list[float] = []

    def run() -> None:
        first_ms, filtered = visit(browser, service, slower, rounds)
        first.append(first_ms)
        filters.extend(filtered)

    with running(store) as service, chromium() as browser:
        run()  # warms the service
        first.clear()
        filters.clear()
        interleaved({"phone": run}, runs)
    return [
        {
            "units": units,
            "slower": slower,
            "first_map_ms": float(np.median(first)),
            "fastest_ms": min(first),
            "filter_p50_ms": float(np.percentile(filters, 50)),
            "filter_p95_ms": float(np.percentile(filters, 95)),
        }
    ]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument("--slower", type=int, default=SLOWER, help="times that the processor is slowed down")
    chosen = parser.parse_args()
    report("phone", measure(stores.district_store(chosen.units), chosen.units, chosen.runs, chosen.slower), chosen.json)


if __name__ == "__main__":
    main()
