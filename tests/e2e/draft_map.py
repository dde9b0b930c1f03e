"""A draft as somebody has it open on the map, and the same draft as the server has it."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import httpx2
from playwright.sync_api import Page, expect

Position = tuple[int, int]
LonLat = tuple[float, float]
WORLD = 256  # pixels of the world at zoom 0


class Vertices:
    """The grids of a draft around a place, as the server tells them."""

    def __init__(self, told: dict[str, Any], place: LonLat) -> None:
        self._place = place
        self.lonlat: dict[Position, LonLat] = {(n[0], n[1]): (n[2], n[3]) for n in told["nodes"]}
        rows = [(n[0], n[1]) for n in told["nodes"]]
        self.rings = {
            grid["code"]: [[rows[row] for row in ring] for part in grid["parts"] for ring in part]
            for grid in told["grids"]
        }
        self.grids_at: dict[Position, set[str]] = defaultdict(set)
        for code, rings in self.rings.items():
            for ring in rings:
                for node in ring:
                    self.grids_at[node].add(code)

    def edges(self) -> dict[frozenset[Position], set[str]]:
        found: dict[frozenset[Position], set[str]] = defaultdict(set)
        for code, rings in self.rings.items():
            for ring in rings:
                for one, other in zip(ring, [*ring[1:], ring[0]], strict=True):
                    found[frozenset((one, other))].add(code)
        return found

    def beside(self) -> Counter[Position]:
        """How many edges lead from each node."""
        return Counter(node for edge in self.edges() for node in edge)

    def apart(self, node: Position, metres: float = 45) -> bool:
        """Whether no other node is so near, so that a press can mean no other."""
        return all(math.dist(node, other) > metres * 1000 for other in self.lonlat if other != node)

    def middle(self, code: str) -> LonLat:
        ring = [self.lonlat[node] for node in self.rings[code][0]]
        lon, lat = (sum(at) / len(ring) for at in zip(*ring, strict=True))
        return lon, lat

    def plain_node(self) -> Position:
        """A node of two grids at which no other lines meet."""
        beside = self.beside()
        return next(n for n in self._from_middle() if len(self.grids_at[n]) == 2 and beside[n] == 2 and self.apart(n))

    def junction(self) -> Position:
        return next(n for n in self._from_middle() if len(self.grids_at[n]) == 3 and self.apart(n))

    def shared_node(self) -> Position:
        """A node of three grids or more, near the middle, whatever lies beside it."""
        return next(node for node in self._from_middle() if len(self.grids_at[node]) >= 3)

    def shared_edge(self) -> tuple[Position, Position]:
        """A long edge of two grids near the middle."""
        order = {node: at for at, node in enumerate(self._from_middle())}
        edges = [tuple(edge) for edge, codes in self.edges().items() if len(codes) == 2]
        long_ones = [edge for edge in edges if math.dist(*edge) > 110_000 and all(node in order for node in edge)]
        one, other = min(long_ones, key=lambda edge: max(order[node] for node in edge))
        return one, other

    def _from_middle(self) -> list[Position]:
        lon, lat = self._place
        narrow = math.cos(math.radians(lat))

        def away(node: Position) -> float:
            its_lon, its_lat = self.lonlat[node]
            return math.hypot((its_lon - lon) * narrow, its_lat - lat)

        return sorted(self.lonlat, key=away)


def vertices_around(program: httpx2.Client, draft: int, place: LonLat) -> Vertices:
    lon, lat = place
    bbox = f"{lon - 0.008},{lat - 0.006},{lon + 0.008},{lat + 0.006}"
    return Vertices(program.get(f"/api/drafts/{draft}/vertices?bbox={bbox}").raise_for_status().json(), place)


def crossing(program: httpx2.Client, draft: int, choose: Callable[[Vertices], Position] = Vertices.junction) -> LonLat:
    """A node that grids share, the nearest to where most issues are: for the middle of the map."""
    west, south, east, north = program.get("/map/config").raise_for_status().json()["core"]
    found = vertices_around(program, draft, ((west + east) / 2, (south + north) / 2))
    return found.lonlat[choose(found)]


class DraftMap:
    """A draft that somebody has open, and the same draft as the server has it."""

    def __init__(self, page: Page, program: httpx2.Client, draft: int, middle: LonLat) -> None:
        self.page = page
        self.draft = draft
        self._program = program
        self._middle = middle

    def vertices(self) -> Vertices:
        return vertices_around(self._program, self.draft, self._middle)

    def revision(self) -> int:
        return int(self._get("")["revision"])

    def faults(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("")["faults"]
        return found

    def _get(self, path: str) -> Any:
        return self._program.get(f"/api/drafts/{self.draft}{path}").raise_for_status().json()

    def takes(self, steps: int) -> None:
        """Wait until so many steps are saved."""
        for _ in range(300):
            if self.revision() >= steps:
                break
            self.page.wait_for_timeout(100)
        assert self.revision() == steps
        expect(self.page.locator(".saved")).to_have_text("已自动保存")

    def use(self, key: str) -> None:
        self.page.locator(".edit-map").focus()
        self.page.keyboard.press(key)
        if key in "rst":  # lines are drawn with a script that is still on its way, perhaps
            expect(self.page.locator(".edit-map.geoman-draw-cursor")).to_be_attached()

    # -- places -------------------------------------------------------------------------------------------------------

    def pixel(self, at: LonLat) -> tuple[float, float]:
        """Where on the page a place lies: by the address, which holds the middle of the map and its zoom."""
        zoom, lat, lon = map(float, re.search(r"at=([\d.]+)/([-\d.]+)/([-\d.]+)", self.page.url).groups())  # type: ignore[union-attr]
        box = self.page.locator(".edit-map").bounding_box()
        assert box is not None
        size = WORLD * 2**zoom
        (x, y), (middle_x, middle_y) = _mercator(at), _mercator((lon, lat))
        return (
            box["x"] + box["width"] / 2 + (x - middle_x) * size,
            box["y"] + box["height"] / 2 + (y - middle_y) * size,
        )

    def sees(self, at: LonLat) -> bool:
        """Whether a place lies in the open part of the map."""
        x, y = self.pixel(at)
        return 200 < x < 1000 and 120 < y < 760

    def under_no_control(self, one: LonLat, other: LonLat) -> LonLat:
        """A place of a line that a finger can reach: how high the head of a phone is depends on the hour it tells."""
        is_free = """([x, y]) => {
            const there = document.elementFromPoint(x, y);
            return Boolean(there?.closest(".edit-map")) && !there.closest("button, label, fieldset");
        }"""
        places = (between(one, other, part) for part in (0.5, 0.6, 0.7, 0.8, 0.4, 0.3))
        return next(place for place in places if self.page.evaluate(is_free, self.pixel(place)))

    def drag(self, start: LonLat, right: float, down: float) -> None:
        x, y = self.pixel(start)
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        for part in (0.3, 0.7, 1.0):
            mouse.move(x + right * part, y + down * part)
        mouse.up()

    def swipe(self, start: tuple[float, float], right: float, down: float) -> None:
        """Drag a finger from a place of the page."""
        x, y = start
        touch = self.page.context.new_cdp_session(self.page)
        ways = [("touchStart", 0.0), *(("touchMove", part) for part in (0.1, 0.3, 0.7, 1.0)), ("touchEnd", None)]
        for kind, part in ways:
            points = [] if part is None else [{"x": x + right * part, "y": y + down * part}]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def asked(self, button: str, **fields: str) -> None:
        """Answer the dialog over the map."""
        dialog = self.page.get_by_role("dialog")
        for label, value in fields.items():
            dialog.get_by_label(label).fill(value)
        dialog.get_by_role("button", name=button).click()
        expect(dialog).to_have_count(0)

    def click(self, at: LonLat) -> None:
        self.page.mouse.click(*self.pixel(at))

    def draw(self, *places: LonLat) -> None:
        for at in places:
            self.click(at)
        self.click(places[-1])  # the same place again ends a line


def _mercator(at: LonLat) -> tuple[float, float]:
    lon, lat = at
    sine = math.sin(math.radians(lat))
    return (lon + 180) / 360, 0.5 - math.atanh(sine) / (2 * math.pi)


def between(one: LonLat, other: LonLat, part: float = 0.5) -> LonLat:
    return one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1])
