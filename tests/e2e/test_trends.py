"""Figures as shares, and how they came to be: on the strip, in the legend, on a grid's card."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenMap
from tests.e2e.places import grids_of
from tests.e2e.service import EVERYTHING, Service

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

FEWEST = 5


@pytest.fixture(scope="module")
def program(service: Service) -> Iterator[httpx2.Client]:
    with service.program(*EVERYTHING) as client:
        yield client


def test_each_figure_has_its_line_and_what_it_was(open_map: OpenMap, program: httpx2.Client) -> None:
    page = open_map().page
    figures = page.locator("#kpi button.kpi-item")
    expect(figures).to_have_count(4)
    expect(figures.locator("svg.spark path")).to_have_count(4)
    told = program.get("/api/trends").json()["figures"]["open"]
    assert len(told["days"]) == 84
    now = sum(grid["open"] for grid in grids_of(program))
    difference = f"{now - told['yesterday']:+}".replace("-", "\u2212").replace("+0", "0")
    expect(figures.first.locator("em")).to_contain_text(f"比昨日 {difference}")
    expect(figures.first.locator("em")).to_contain_text(re.compile("比上周 [+\u2212]?[0-9]"))
    figures.nth(2).click()
    expect(page.locator("#figures [aria-pressed=true]")).to_have_text("按期办结率")
    expect(page.locator("#legend .shades button").first).to_contain_text("≥ 98")


def test_a_share_of_too_few_is_hatched_and_says_so(open_map: OpenMap, program: httpx2.Client) -> None:
    page = open_map(at="#13/28.97/118.86?lang=zh&f=share").page
    few = sum(grid["open"] < FEWEST for grid in grids_of(program))
    assert few
    expect(page.locator("#legend .hint").first).to_contain_text(f"样本不足 {few}")


def test_a_phone_has_three_chips_and_no_lines(open_map: OpenMap) -> None:
    page = open_map(viewport={"width": 390, "height": 844}).page
    expect(page.locator("#kpi .kpi-item:visible")).to_have_count(3)
    expect(page.locator("#kpi svg:visible")).to_have_count(0)


def test_a_card_counts_new_issues_by_week(open_map: OpenMap, program: httpx2.Client) -> None:
    code = max(grids_of(program), key=lambda grid: grid["open"])["code"]
    weeks = program.get("/api/trends", params={"grid": code}).json()["weeks"]
    page = open_map(at=f"#14/28.97/118.86?g={code}&lang=zh").page
    bars = page.locator("#panel .weeks li")
    expect(bars).to_have_count(len(weeks))
    expect(bars.last.locator(".sr")).to_contain_text(f"新增 {weeks[-1]['new']} 件")
    # Words for screen readers do not make the page scroll.
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
