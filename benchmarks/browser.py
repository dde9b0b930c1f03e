"""What benchmarks of the page share: a browser without a graphics card, somebody signed in, and when a map is done."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from tests.e2e.conftest import ARGUMENTS, DEADLINE_MS, DESK
from tests.e2e.service import EVERYTHING, Service
from tests.tools import CHROMIUM

# Maplibre draws with WebGL, which without a graphics card is computed; the others are not touched by it.
COMPUTED_WEBGL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
WAIT_MS = 300_000  # folium with 200,000 markers
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "has_touch": True, "is_mobile": True,
}  # fmt: skip

# A page says itself when all of its map has been added. Three frames later it has been drawn: ours brings the map to
# its first view a frame after everything is there, and draws in the frame after that.
DONE = """
(() => {
  const isAdded = () => {
    if (window.benchAdded !== undefined) return window.benchAdded;
    const app = document.querySelector(".app");
    return app !== null && !app.hasAttribute("data-state");
  };
  const after = (frames) => requestAnimationFrame(() => {
    if (frames > 1) after(frames - 1);
    else window.benchDone = performance.now();
  });
  const look = () => (isAdded() ? after(3) : requestAnimationFrame(look));
  requestAnimationFrame(look);
})();
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless, without a graphics card; no name leads anywhere."""
    program = next(filter(None, map(shutil.which, CHROMIUM)))
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *COMPUTED_WEBGL, *as_root])
        yield browser
        browser.close()


class KeptService(Service):
    """A service over a store that earlier runs have used: its people need other names than theirs."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._people = time.time_ns()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid


@contextmanager
def running(location: str) -> Iterator[Service]:
    """``gridwarden serve`` over a store."""
    service = KeptService(location)
    service.start()
    try:
        yield service
    finally:
        service.stop()


def visitor(browser: Browser, **options: Any) -> BrowserContext:
    """A fresh browser with nothing in its cache."""
    context = browser.new_context(**({"viewport": DESK, "locale": "zh-CN"} | options))
    context.set_default_timeout(max(DEADLINE_MS, WAIT_MS))
    context.add_init_script(DONE)
    return context


def signed_in(browser: Browser, service: Service, **options: Any) -> BrowserContext:
    """A fresh browser in which a new person has signed in, before any page is opened."""
    context = visitor(browser, **options)
    token = service.link(*EVERYTHING).partition("#")[2]
    answer = context.request.post(f"{service.url}/api/session", data={"token": token})
    assert answer.status == 204, answer.text()
    return context


def open_page(context: BrowserContext, url: str) -> tuple[Page, float]:
    """A page at that address, and milliseconds from the start of the navigation until its map was drawn."""
    page = context.new_page()
    return page, go(page, url)


def go(page: Page, url: str) -> float:
    """Open an address anew. Returns milliseconds from the start of the navigation until the map was drawn."""
    page.goto(url, wait_until="commit", timeout=WAIT_MS)
    page.wait_for_function("() => window.benchDone", timeout=WAIT_MS)
    return float(page.evaluate("window.benchDone"))


class Work:
    """Milliseconds of processor time that a page's main thread has spent: the same on a busy machine."""

    def __init__(self, page: Page) -> None:
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("Performance.enable", {"timeDomain": "threadTicks"})

    def ms(self) -> float:
        told = {each["name"]: each["value"] for each in self._cdp.send("Performance.getMetrics")["metrics"]}
        return float(told["TaskDuration"]) * 1000


class Wire:
    """What the network really carried: statuses and bytes of every answer, by URL."""

    def __init__(self, page: Page) -> None:
        self._urls: dict[str, str] = {}
        self._statuses: dict[str, int] = {}
        self._bytes: dict[str, int] = {}
        self._kept: set[str] = set()
        cdp: CDPSession = page.context.new_cdp_session(page)
        cdp.on("Network.requestWillBeSent", self._asked)
        cdp.on("Network.requestServedFromCache", lambda event: self._kept.add(event["requestId"]))
        cdp.on("Network.responseReceived", self._received)
        # The browser tells its pages of a 304 as of the answer that it had kept; this is what came. The order of the
        # two, and of the question, is any.
        cdp.on("Network.responseReceivedExtraInfo", self._came)
        cdp.on("Network.loadingFinished", self._finished)
        cdp.send("Network.enable")

    def clear(self) -> None:
        for known in (self._urls, self._statuses, self._bytes, self._kept):
            known.clear()

    @property
    def answers(self) -> dict[str, str]:
        """Status of every answer by URL; "kept" where the browser asked nobody."""
        came = {url: str(self._statuses[ask]) for ask, url in self._urls.items() if ask in self._statuses}
        kept = {url: "kept" for ask, url in self._urls.items() if ask in self._kept and ask not in self._statuses}
        return kept | came

    @property
    def bytes(self) -> dict[str, int]:
        return {self._urls[ask]: size for ask, size in self._bytes.items() if ask in self._urls}

    def _asked(self, event: dict[str, Any]) -> None:
        self._urls[event["requestId"]] = event["request"]["url"]

    def _received(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self._kept.add(event["requestId"])

    def _came(self, event: dict[str, Any]) -> None:
        self._statuses[event["requestId"]] = event["statusCode"]

    def _finished(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] = int(event["encodedDataLength"])
