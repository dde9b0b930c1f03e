"""axe-core over the page that is open: what hinders people who do not see, hear or point as others do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "maps/frontend/node_modules/axe-core/axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
RUN = """async (tags) => {
  const { violations } = await axe.run({ runOnly: tags, resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\\n  ${html.slice(0, 200)}\\n  ${failureSummary}`));
}"""


def violations(page: Page) -> list[str]:
    """What breaks WCAG 2.2, levels A and AA, on the page as it stands, in sentences."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT.read_text("utf-8"))
    found: list[Any] = page.evaluate(RUN, list(RULES))
    return [str(each) for each in found]
