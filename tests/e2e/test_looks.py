"""How single things look: what cannot be pressed, and a figure that has just changed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenMap
from tests.e2e.test_accessibility import LOOKS, form

pytestmark = [pytest.mark.browser, pytest.mark.only_looks]

# WCAG's contrast of an element's words with its own ground. The colours are opaque.
CONTRAST = """(element) => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/\\d+/g).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const { color, backgroundColor } = getComputedStyle(element);
  const [one, other] = [light(color), light(backgroundColor)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}"""


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_a_button_that_waits_for_something_can_be_read_beneath_the_mouse(
    open_map: OpenMap, language: str, theme: str
) -> None:
    battle = open_map(at=f"#?lang={language}", color_scheme=theme)
    form(battle)
    save = battle.panel.locator("form button[type=submit]")
    expect(save).to_have_attribute("aria-disabled", "true")
    save.hover()
    assert save.evaluate(CONTRAST) >= 4.5


def test_the_mark_of_a_change_keeps_to_its_figure(open_map: OpenMap) -> None:
    battle = open_map()
    for at in range(4):
        figure = battle.kpi(at).locator(".live")
        figure.evaluate("(figure) => figure.classList.add('changed')")
        mark = figure.bounding_box()
        label = battle.page.locator("#kpi .kpi-item").nth(at).locator(".kpi-label:visible").bounding_box()
        assert mark is not None and label is not None
        assert mark["y"] >= label["y"] + label["height"] - 1
        assert figure.evaluate("(figure) => getComputedStyle(figure).backgroundColor") == "rgba(0, 0, 0, 0)"
