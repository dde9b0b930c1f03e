"""A clerk who is quicker than the server: what was chosen meanwhile stays chosen."""

from __future__ import annotations

import httpx2
import pytest
from playwright.sync_api import Route, expect

from tests.e2e.test_workbench import OpenBench, compound, open_bench, opposite, program, queue_of, waiting

__all__ = ["compound", "open_bench", "program"]  # fixtures

pytestmark = pytest.mark.browser


def test_an_answer_that_comes_late_does_not_take_away_what_was_chosen_meanwhile(
    open_bench: OpenBench, program: httpx2.Client, compound: str
) -> None:
    first, second = (waiting(program, opposite(compound)) for _ in range(2))
    bench = open_bench(at=f"#/place/{first}")
    held: list[Route] = []
    bench.page.route("**/api/issues/*/place", lambda route: held.append(route))
    bench.candidates.first.get_by_role("button", name="定位到此处").click()
    expect(bench.candidates.first.get_by_role("button", name="定位到此处")).to_have_attribute("aria-disabled", "true")
    bench.page.locator(f"[data-row='{second}']").click()
    expect(bench.chosen).to_have_attribute("data-row", str(second))
    for route in held:
        route.continue_()
    expect(bench.told).to_contain_text("已定位到")
    expect(bench.page.locator(f"[data-row='{first}']")).to_have_count(0)
    expect(bench.chosen).to_have_attribute("data-row", str(second))
    assert bench.page.evaluate("location.hash") == f"#/place/{second}"
    assert queue_of(program, second) == "no_location"
