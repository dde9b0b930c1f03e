"""A service over the synthetic district, Chromium, and people who look at the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import func, select

from geo.rules.access import Role
from geo.store.store import Store
from geo.store.tables import event
from tests.cli.commands import contents
from tests.e2e.battle_page import BattlePage
from tests.e2e.district import Original
from tests.e2e.service import EVERYTHING, Service
from tests.e2e.watch import Watch
from tests.tools import CHROMIUM

ARGUMENTS = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no name leads anywhere
    # The browser's own address bar is a page of scripts, which each new window spends a second of processor time on.
    # The names after these three are playwright's, whose list this one replaces.
    "--disable-features=WebUIOmniboxAimPopup,WebUIOmniboxPopup,WebUIOmniboxFullPopup,"
    "AimEnabled,HttpsUpgrades,LensOverlay,MediaRouter,OptimizationHints,PaintHolding",
)
DEADLINE_MS = 30_000
DESK = {"width": 1440, "height": 900}

OpenMap = Callable[..., BattlePage]


@pytest.fixture(scope="session")
def original(run_folder: Path) -> Original:
    """The district, made by whichever process of the run needs it first."""
    return Original(run_folder)


@contextmanager
def _running(original: Original, folder: Path) -> Iterator[Service]:
    """A service over a copy of the district."""
    running = Service(original.copy_to(folder))
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def looked_at(original: Original, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service that modules share whose tests only look: a start costs as much as two tests."""
    with _running(original, tmp_path_factory.mktemp("store")) as running:
        before = _written(running.location)
        yield running
        assert _written(running.location) == before, "a test of a module that only looks has written"


def _written(location: str) -> dict[str, int]:
    """How many rows each table has, but for those by which the service decides classes anew when a day begins."""
    rows = contents(location)
    with Store.open(location, write=False) as store, store.read() as conn:
        anew = conn.execute(select(func.count()).where(event.c.kind == "unit.reclassified")).scalar_one()
    return rows | {"event": rows["event"] - anew, "unit_class": rows["unit_class"] - anew}


@pytest.fixture(scope="module")
def service(
    request: pytest.FixtureRequest, original: Original, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A running service over a copy of the district, which belongs to the module unless that bears ``only_looks``."""
    if request.node.get_closest_marker("only_looks"):
        yield request.getfixturevalue("looked_at")
        return
    with _running(original, tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium. It ends with the package: beside playwright's event loop no other test could run one of its own."""
    program = next(filter(None, map(shutil.which, CHROMIUM)))
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else [*ARGUMENTS]
    expect.set_options(timeout=DEADLINE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=arguments)
        yield running
        running.close()


class Visitors:
    """Browsers of people, each with its own cookies, all of them watched."""

    def __init__(self, browser: Browser, service: Service) -> None:
        self._browser = browser
        self._service = service
        self._open: list[tuple[BrowserContext, Watch]] = []

    def context(self, **options: Any) -> tuple[BrowserContext, Watch]:
        """A fresh browser. Nothing moves by itself unless a test asks for motion; options as in new_context."""
        given = {"viewport": DESK, "locale": "zh-CN", "reduced_motion": "reduce"} | options
        context = self._browser.new_context(**given)
        context.set_default_timeout(DEADLINE_MS)
        watch = Watch(context, self._service.url, *self._service.others)
        self._open.append((context, watch))
        return context, watch

    def page(self, **options: Any) -> tuple[Page, Watch]:
        context, watch = self.context(**options)
        return context.new_page(), watch

    def close(self) -> list[str]:
        """Close all. Returns what went wrong in any of them."""
        faults = [fault for _, watch in self._open for fault in watch.faults]
        for context, _ in self._open:
            context.close()
        return faults


@pytest.fixture
def visitors(browser: Browser, service: Service) -> Iterator[Visitors]:
    """New browsers; the test fails if one of them asked another host, or anything failed or complained in it."""
    with ExitStack() as after:
        made = Visitors(browser, service)
        after.callback(made.close)
        yield made
        after.pop_all()
        assert made.close() == []


@pytest.fixture
def open_map(visitors: Visitors, service: Service) -> OpenMap:
    """``open_map(*roles, area=None, at="", **browser)``: the battle map, loaded and live, for a new person.

    ``at`` is an address such as ``#16.5/28.97/118.87?lang=en``. Who is to see everything when no role is named.
    """

    def open_it(*roles: Role, area: str | None = None, at: str = "", **options: Any) -> BattlePage:
        context, watch = visitors.context(**options)
        token = service.link(*(roles or EVERYTHING), area=area).partition("#")[2]
        answer = context.request.post(f"{service.url}/api/session", data={"token": token})
        assert answer.status == 204, answer.text()
        opened = BattlePage(context.new_page(), watch)
        opened.page.goto(f"{service.url}/{at}")
        opened.is_ready()
        return opened

    return open_it
