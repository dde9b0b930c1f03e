"""The names that addresses are made of, as a tree: a compound with its buildings, a building with its stairwells.

Whatever the register calls them ("锦绣花园3幢1单元", "3幢" in a compound, "西安路12号"), things hang under a name by
the number that an address gives them: the compound 锦绣花园 has building 3, that has stairwell 1; 西安路 has number 12.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from geo.model import AreaLevel, PlaceKind
from geo.rules.access import ROOT
from geo.rules.address import LEVELS, ROAD, Mark, Part, label, marks, names_between, parse, plain
from geo.rules.address_alike import Alike

Key = tuple[Part, str]

SHORTEST = 2  # letters of a name
LONGEST = 40
_PART_OF_KIND = {PlaceKind.BUILDING: Part.BUILDING, PlaceKind.STAIRWELL: Part.STAIRWELL}
# Endings that people leave away, and what a name must keep.
_AREA_ENDING = re.compile(
    r"(?:街道|镇|乡|社区|居委会|村委会|村|区|县|市)$| (?:subdistrict|town|township|community|village|district)$"
)
_PLAIN_ENDING = re.compile(r"(?:住宅小区|小区|生活区|住宅区)$")
_KIND_ENDING = re.compile(r"(?:花园|花苑|新村|公寓|家园|名苑|新苑|名邸|苑|园|城|府|庭|里|邸)$")
_ROAD = re.compile(rf"{ROAD}$")


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A place of the register. path: of the area it belongs to, "/" without one."""

    id: int
    code: str
    kind: PlaceKind
    name: str
    name_en: str | None = None
    parent_id: int | None = None
    path: str = ROOT
    address: str | None = None


@dataclass(frozen=True, slots=True)
class AreaName:
    id: int
    code: str
    level: AreaLevel
    name: str
    name_en: str | None
    path: str


@dataclass(eq=False, slots=True)
class Node:
    """Something with a name or number; neither place nor area where the register has only what hangs under it."""

    path: str
    place: PlaceName | None = None
    area: AreaName | None = None
    above: Node | None = None
    under: dict[Key, list[Node]] = field(default_factory=dict)

    def has(self, part: Part) -> bool:
        """Whether things of that level are registered under it."""
        return any(each is part for each, _ in self.under)

    def within(self, other: Node) -> bool:
        """Whether it is the other or hangs under it."""
        node: Node | None = self
        while node is not None and node is not other:
            node = node.above
        return node is not None


class Tree:
    """All names, by plain text. ``names`` are whole ones; ``short`` lack an ending that says nothing about which.

    stems lack one that may well tell two things apart (锦绣 of 锦绣花园): they rank, and decide nothing. own: the city
    and province that the register's addresses lie in; any other is another city.
    """

    def __init__(self, areas: Iterable[AreaName], places: Iterable[PlaceName], own: str = "") -> None:
        self.names: dict[str, list[Node]] = {}
        self.short: dict[str, list[Node]] = {}
        self.stems: dict[str, list[Node]] = {}
        self.nodes: dict[int, Node] = {}
        self.area_nodes: dict[int, Node] = {}
        self.own: set[str] = set()
        self._area_names: set[str] = set()
        for area in areas:
            self._add_area(area)
        places = list(places)
        self._add_places(places)
        for place in places:
            if place.address and not place.address.endswith(place.name):
                self._add_address(place)
        for text in (own, *(place.address or "" for place in places)):
            self._learn_own(text)

    @cached_property
    def alike(self) -> Alike:
        """The names to look through for one that is alike: of places, and of areas whose houses have numbers only."""
        return Alike(
            sorted(name for name, nodes in self.names.items() if any(node.area is None or node.under for node in nodes))
        )

    # -- areas --------------------------------------------------------------------------------------------------------

    def _add_area(self, area: AreaName) -> None:
        node = self.area_nodes[area.id] = Node(area.path, area=area)
        for text in (area.name, area.name_en):
            if text:
                name = plain(text)
                self._area_names.add(name)
                _enter(self.names, name, node)
                _enter(self.short, _AREA_ENDING.sub("", name), node)

    # -- places -------------------------------------------------------------------------------------------------------

    def _add_places(self, places: list[PlaceName]) -> None:
        """Parents before what hangs under them; a parent that is missing is none."""
        known = {place.id: place for place in places}
        for first in places:
            line = []
            place: PlaceName | None = first
            while place is not None and place.id not in self.nodes and place not in line:
                line.append(place)
                place = known.get(place.parent_id) if place.parent_id is not None else None
            for each in reversed(line):
                self._add_place(each, self.nodes.get(each.parent_id) if each.parent_id is not None else None)

    def _add_place(self, place: PlaceName, parent: Node | None) -> None:
        node = self.nodes[place.id] = Node(place.path, place)
        if parent is not None and parent.place is not None:
            key = _number_under(place.name, parent.place.name, place.kind)
            if key is not None:
                node.above = parent
                parent.under.setdefault(key, []).append(node)
                return
        self._add_by_name(place, node)

    def _add_by_name(self, place: PlaceName, node: Node) -> None:
        """A place known by its own name; where that ends in numbers, under what stands before them."""
        name = plain(place.name)
        found = [mark for mark in marks(name) if mark.part in LEVELS]
        heads = names_between(name, found)
        if found and len(heads) == 1 and name.startswith(heads[0]) and len(heads[0]) >= SHORTEST:
            self._hang(self._head(heads[0], place.path), found, node)
        else:
            _enter(self.names, name, node)
            if (short := _PLAIN_ENDING.sub("", name)) != name:
                _enter(self.short, short, node)
            elif (stem := _KIND_ENDING.sub("", name)) != name:
                _enter(self.stems, stem, node)
        if place.name_en:
            english = plain(place.name_en)
            if not marks(english):
                _enter(self.names, english, node)

    def _head(self, name: str, path: str) -> Node:
        """What numbers hang under: the thing with that name in the same area, else a node for the name alone."""
        known = self.names.get(name, [])
        for node in known:
            if path.startswith(node.path) and (node.area is not None or node.path == path):
                return node
        node = Node(path)
        _enter(self.names, name, node)
        return node

    def _hang(self, head: Node, found: list[Mark], node: Node) -> None:
        at = head
        for mark in found[:-1]:
            key = (mark.part, mark.label)
            if key not in at.under:
                at.under[key] = [Node(node.path, above=at)]
            at = at.under[key][0]
        last = (found[-1].part, found[-1].label)
        node.above = at
        at.under.setdefault(last, []).append(node)

    def _add_address(self, place: PlaceName) -> None:
        """A road and a number lead to a place as well as its name does."""
        address = plain(place.address or "")
        node = self.nodes[place.id]
        found = marks(address)
        numbers = [mark for mark in found if mark.part in (Part.ALLEY, Part.NUMBER)]
        before = names_between(address[: numbers[0].start], []) if numbers else []
        road = self._without_areas(before[-1]) if before else ""
        if not _ROAD.fullmatch(road):
            _enter(self.names, address, node)
            return
        line = [mark for mark in found if mark.part in LEVELS and mark.start >= numbers[0].start]
        head = self._head(road, place.path)
        key = (line[-1].part, line[-1].label)
        if len(line) == 1 and node not in head.under.get(key, []):
            head.under.setdefault(key, []).append(node)

    def _without_areas(self, text: str) -> str:
        """What is left of a piece of an address behind the areas that it names."""
        starts = range(len(text) - SHORTEST + 1)
        ends = (end for start in starts for end in range(start + SHORTEST, len(text) + 1)
                if text[start:end] in self._area_names)  # fmt: skip
        return text[max(ends, default=0) :]

    def _learn_own(self, text: str) -> None:
        """The city and province that stand before one of the jurisdiction's own names."""
        if "市" in text or "省" in text:
            said = parse(text)
            if said.district in self._area_names or said.subdistrict in self._area_names:
                self.own.update(each for each in (said.province, said.city) if each)


def _enter(names: dict[str, list[Node]], name: str, node: Node) -> None:
    if SHORTEST <= len(name) <= LONGEST and not name.isdigit() and node not in names.setdefault(name, []):
        names[name].append(node)


def _number_under(name: str, parent: str, kind: PlaceKind) -> Key | None:
    """The number that a place has in its parent; None where it has a name of its own."""
    return _own_number(name[len(parent) :] if name.startswith(parent) else name, kind)


@lru_cache(maxsize=100_000)
def _own_number(text: str, kind: PlaceKind) -> Key | None:
    """Kept: the buildings of all compounds share their numbers."""
    part = _PART_OF_KIND.get(kind)
    if part is None:
        return None
    letters = plain(text)
    found = [mark for mark in marks(letters) if mark.part in LEVELS]
    if found:
        last = found[-1]
        is_bare = last.part in (Part.NUMBER, Part.ALLEY) and part is not Part.STAIRWELL
        return (part, last.label) if last.part is part or is_bare or len(found) == 1 else None
    return (part, label(letters)) if re.fullmatch(r"\d+[a-z]?|[a-z]", letters) else None
