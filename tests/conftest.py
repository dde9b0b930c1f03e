"""Fixtures that all tests share, and how tests are left out where a machine lacks what they need.

A test that needs PostGIS or a browser carries the mark ``postgis`` or ``browser``. Where the program is missing it is
left out and named at the end of the run; with CI=true it fails.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from geo.store.store import Store
from tests.examples import USUAL
from tests.postgis_server import PostgisServer
from tests.tools import missing

# What these assert is told in full, as it is of a test.
pytest.register_assert_rewrite("tests.cli.commands", "tests.e2e.battle_page", "tests.e2e.service")

settings.load_profile(USUAL)  # unless --hypothesis-profile names another

LEFT_OUT = "left out, this machine lacks "

# What an empty store of the tests is about, unless a test says otherwise.
TEST_STORE: dict[str, Any] = {"name": "柯城", "metric_srid": 4549, "timezone": "Asia/Shanghai", "synthetic": True}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser on a busy machine gets a second try; whoever needed it is named at the end with what went wrong."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers():
        lacks = missing(mark.name)
        if lacks and os.environ.get("CI") == "true":
            pytest.fail(f"in CI no test is left out, but this machine lacks {lacks}", pytrace=False)
        if lacks:
            pytest.skip(LEFT_OUT + lacks)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if LEFT_OUT in str(report.longrepr)]
    if skipped:
        terminalreporter.section("tests left out", yellow=True)
    for report in skipped:
        terminalreporter.write_line(f"{report.nodeid}: {report.longrepr[2].removeprefix('Skipped: ')}")
    tried_again = terminalreporter.stats.get("rerun", [])
    if tried_again:
        terminalreporter.section("tests that needed a second try", yellow=True)
    for report in tried_again:
        terminalreporter.write_line(f"{report.nodeid}\n{report.longreprtext}\n")


@pytest.fixture
def now() -> datetime:
    """The moment at which tests happen: a Wednesday noon in China."""
    return datetime(2026, 3, 18, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a test run share: see tests/once.py."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def postgis_server() -> Iterator[PostgisServer]:
    """One server a test process, started when the first test asks for it."""
    with PostgisServer() as server:
        yield server


@pytest.fixture
def new_location(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """``new_location("gpkg" | "postgis")``: where a store can be created; gone after the test."""
    with ExitStack() as after:
        made = 0

        def make(kind: str) -> str:
            nonlocal made
            made += 1
            if kind == "gpkg":
                return str(tmp_path / f"store{made}.gpkg")
            server: PostgisServer = request.getfixturevalue("postgis_server")
            url = server.new_database()
            after.callback(server.drop, url)
            return url

        yield make


@pytest.fixture(scope="session")
def _pristine(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """One empty store of each kind, to copy: quicker than creating one for every test."""
    made: dict[str, str] = {}

    def get(kind: str) -> str:
        if kind not in made:
            if kind == "gpkg":
                made[kind] = str(tmp_path_factory.mktemp("pristine") / "store.gpkg")
            else:
                made[kind] = request.getfixturevalue("postgis_server").new_database()
            Store.create(made[kind], **TEST_STORE, now=datetime(2026, 1, 1, tzinfo=UTC))
        return made[kind]

    return get


@pytest.fixture
def store_factory(
    tmp_path: Path,
    new_location: Callable[[str], str],
    _pristine: Callable[[str], str],
    request: pytest.FixtureRequest,
    now: datetime,
) -> Iterator[Callable[..., Store]]:
    """``store_factory(kind, **about)``: an empty store, open to write; ``about`` as in Store.create."""
    with ExitStack() as after:

        def make(kind: str, **about: Any) -> Store:
            if about:
                location = new_location(kind)
                Store.create(location, **(TEST_STORE | about), now=now)
            elif kind == "gpkg":
                location = shutil.copy(_pristine(kind), new_location(kind))
            else:
                server: PostgisServer = request.getfixturevalue("postgis_server")
                location = server.copy(_pristine(kind))
                after.callback(server.drop, location)
            store = Store.open(location, now=now)
            after.callback(store.close)
            return store

        yield make


@pytest.fixture(params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of store in turn."""
    return str(request.param)


@pytest.fixture
def store(kind: str, store_factory: Callable[..., Store]) -> Store:
    """An empty store of each kind in turn, open to write."""
    return store_factory(kind)
