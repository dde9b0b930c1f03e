"""The battle map as a person has it: what the page shows, and where things stand on the canvas."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.e2e.watch import Watch

LOOK = (Path(__file__).parent / "look.js").read_text("utf-8")
PANELS = ".bar, .sheet-body, .wall-list, .ticker, .kpi-item, .floating, .foot > *, .banner, .toast"
FIGURES = ("open", "overdue", "on_time", "units_overdue")
# The map, then words that go by it, then labels that keep clear of these: each is drawn a frame later.
FRAMES = """async () => {
  for (let n = 0; n < 4; n++) await new Promise((done) => requestAnimationFrame(done));
}"""
CLASSES = ("red", "orange", "yellow", "blue", "green")


BUBBLE_RISE_PX = 12  # from the tip of a bubble to its middle, near by
PIN_TIP_PX = (16, 38)

# The map and its layers have the names that folium's script gives them. This is the page's own state of one point,
# asked for only because nobody can read a canvas.
POINT = """(layer, id) => {
  const table = (layer === "issues" ? issues_layer : units_layer).session.board[layer];
  const row = table.rowOf(id);
  if (row < 0) return { table, row };
  const box = battle_map.getContainer().getBoundingClientRect();
  const size = 256 * 2 ** battle_map.getZoom();
  const corner = battle_map.getPixelBounds().min;
  const x = box.x + table.x[row] / 2 ** 32 * size - corner.x;
  const y = box.y + table.y[row] / 2 ** 32 * size - corner.y;
  return { table, row, x, y, flags: table.flags[row] };
}"""


class BattlePage:
    """A page on which the battle map is open."""

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page = page
        self.watch = watch

    def go(self, address: str) -> None:
        """Open the map anew at an address such as ``#16.5/28.97/118.87?lang=en``."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.watch.origin}/{address}")
        self.is_ready()

    def is_ready(self) -> None:
        """Wait until everything has been loaded and changes arrive."""
        expect(self.page.locator(".app:not([data-state])")).to_be_attached()
        expect(self.page.locator("#freshness .dot:not(.hollow)")).to_be_visible()
        expect(self.page.locator("#kpi [aria-busy=true]")).to_have_count(0)

    # -- what it shows ------------------------------------------------------------------------------------------------

    def kpi(self, at: int) -> Locator:
        """The figure at a place of the strip above the map: those of FIGURES, then grids without a lead."""
        return self.page.locator("#kpi .kpi-item").nth(at).locator("b")

    def legend_rows(self) -> Locator:
        """The rows of the inspection classes, reddest first."""
        return self.page.locator("#legend .legend-part", has=self.page.locator(".legend-heads")).locator(".rows button")

    def class_count(self, name: str, *, overdue: bool = False) -> Locator:
        return self.legend_rows().nth(CLASSES.index(name)).locator(".late" if overdue else "b")

    @property
    def panel(self) -> Locator:
        return self.page.locator("#panel")

    @property
    def toast(self) -> Locator:
        return self.page.locator("#notices .toast")

    @property
    def banner(self) -> Locator:
        return self.page.locator("#notices .banner")

    def back(self) -> Locator:
        return self.panel.locator(".back-bar > button")

    def has_no_flaws(self) -> None:
        """Nothing is cut off or covered that a person should see, once what moves has come to rest: see look.js."""
        self.page.evaluate(FRAMES)
        with suppress(TimeoutError):
            self.page.wait_for_function(f"(panels) => ({LOOK})(panels).length === 0", arg=PANELS)
        flaws = self.page.evaluate(LOOK, PANELS)
        assert not flaws, "\n".join([self.page.url, *flaws])

    def to_next_stop(self) -> None:
        """Press the grip of the phone's sheet."""
        box = self.page.locator(".grip").bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    # -- the canvas ---------------------------------------------------------------------------------------------------

    def shows(self, layer: str, subject: int, klass: int | None) -> None:
        """Wait until an issue or unit stands on the map in a state or class, or no longer stands there (None)."""
        self.page.wait_for_function(
            f"""([layer, id, klass]) => {{
              const {{ table, row }} = ({POINT})(layer, id);
              return klass === null ? row < 0 : row >= 0 && table.klass[row] === klass;
            }}""",
            arg=[layer, subject, klass],
        )

    def shows_near(self, layer: str, subject: int, lon: float, lat: float, within_px: float = 4) -> None:
        """Wait until an issue or unit stands within so many pixels of a place."""
        self.page.wait_for_function(
            f"""([layer, id, lon, lat, within]) => {{
              const {{ x, y }} = ({POINT})(layer, id);
              const at = battle_map.latLngToContainerPoint([lat, lon]);
              const box = battle_map.getContainer().getBoundingClientRect();
              return Math.hypot(at.x + box.x - x, at.y + box.y - y) <= within;
            }}""",
            arg=[layer, subject, lon, lat, within_px],
        )

    def is_overdue(self, layer: str, subject: int) -> bool:
        return bool(self.page.evaluate(f"([layer, id]) => ({POINT})(layer, id).flags & 1", [layer, subject]))

    def symbol(self, unit: int) -> tuple[float, float]:
        """The middle of a unit's symbol on the page."""
        return self._point("units", unit)

    def bubble(self, issue: int) -> tuple[float, float]:
        """The middle of an issue's bubble, which stands on its tip."""
        x, y = self._point("issues", issue)
        return x, y - BUBBLE_RISE_PX

    def _point(self, layer: str, subject: int) -> tuple[float, float]:
        found = self.page.evaluate(
            f"([layer, id]) => {{ const {{ x, y }} = ({POINT})(layer, id); return {{ x, y }} }}", [layer, subject]
        )
        return found["x"], found["y"]

    def pixel(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a place is on the page."""
        found = self.page.evaluate(
            """([lon, lat]) => {
              const { x, y } = battle_map.getContainer().getBoundingClientRect();
              const at = battle_map.latLngToContainerPoint([lat, lon]);
              return [at.x + x, at.y + y];
            }""",
            [lon, lat],
        )
        return found[0], found[1]

    def pixel_on_screen(self, lon: float, lat: float) -> tuple[float, float]:
        """The same to a fraction of a pixel, on a wall screen, which enlarges its map."""
        found = self.page.evaluate(
            """([lon, lat]) => {
              const container = battle_map.getContainer();
              const { x, y, width } = container.getBoundingClientRect();
              const scale = width / container.offsetWidth;
              const at = battle_map.project([lat, lon]).subtract(battle_map.getPixelBounds().min);
              return [at.x * scale + x, at.y * scale + y];
            }""",
            [lon, lat],
        )
        return found[0], found[1]

    def drag(self, what: Locator, x: float, y: float) -> None:
        """Drag the pin by its head until its tip is at a pixel."""
        box = what.bounding_box()
        assert box is not None
        start_x, start_y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
        tip_x, tip_y = box["x"] + PIN_TIP_PX[0], box["y"] + PIN_TIP_PX[1]
        mouse = self.page.mouse
        mouse.move(start_x, start_y)
        mouse.down()
        mouse.move(start_x + x - tip_x, start_y + y - tip_y, steps=8)
        mouse.up()

    def discs(self) -> list[dict[str, Any]]:
        """Where the discs of the worst three stand, in pixels of the page, and where those out of view point."""
        return self.page.evaluate(
            """() => {
              const { x, y, width } = battle_map.getContainer().getBoundingClientRect();
              const scale = width / battle_map.getContainer().offsetWidth;
              return labels_layer.discs.map((disc) => (
                { ...disc, x: x + disc.x * scale, y: y + disc.y * scale }
              ));
            }"""
        )
