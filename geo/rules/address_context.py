"""What stands around a name in an address: the numbers that belong to it, the words that do not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from geo.model import AreaLevel, PlaceKind
from geo.rules.access import ROOT
from geo.rules.address import LEVELS, ROAD, Mark, Part
from geo.rules.address_tree import Node


class Reason(StrEnum):
    """Why a candidate stands where it stands."""

    NAME = "name"  # its name as the register has it
    ALIAS = "alias"  # a name that was learnt
    SHORT = "short"  # its name without its ending
    ALIKE = "alike"  # a name that is written or sounds alike
    AREA = "area"  # the address names its subdistrict or community
    OTHER_AREA = "other_area"  # ... or another one
    OTHER_CITY = "other_city"  # a city or district that is not ours
    UNKNOWN_WORDS = "unknown_words"  # something beside the name: it may be another name
    NEARBY = "nearby"  # the address says near, opposite, behind
    NO_SUCH_NUMBER = "no_such_number"  # the compound has no such building, the building no such stairwell
    SEVERAL = "several"  # several buildings are named


@dataclass(frozen=True, slots=True)
class Hit:
    """A name found in the text, where, and how good a name it is."""

    start: int
    end: int
    node: Node
    reason: Reason
    base: float = 1.0
    alias_id: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """An address with its numbers and the names found in it. is_elsewhere: it names another city."""

    text: str
    marks: tuple[Mark, ...]
    hits: tuple[Hit, ...]
    is_elsewhere: bool


_HARMLESS = re.compile(
    r"(?:的|小区|住宅小区|住宅区|生活区|家属院|内|里(?!面?有)|[大正侧后前东南西北]门|门口|门前|门卫|保安亭|楼[下上前后顶]|地下|"
    r"停车|车库|广场|绿化|垃圾|消防|围墙|入口|出口|电梯|楼道|过道|草坪|花坛|健身|活动|业主|物业|居民)"
)
FILLER = re.compile(r"中国|china|the|of|地址|住址|位于|在|家住|我家|我住|住在|第|号|靠近|[的在住第号]|\d+|[a-z]")
ROAD_BEFORE = re.compile(rf"(?<![一-鿿])(?=[一-鿿]{{1,4}}(?:大道|路|街|巷|弄)){ROAD}")
AROUND = re.compile(r"(?:[一-鿿]{2,7}?(?:省|自治区))?(?:[一-鿿]{2,9}(?:市|自治州|地区|盟))?")
ELSEWHERE = re.compile(r"[一-鿿]{2,}?(?:省|自治区|市|自治州|区|县|旗|街道|镇|乡)(?![场民])")
CITY_NAMED = re.compile(r"(?:^|,|(?<=[省区]))([一-鿿]{2,4}?(?:省|市))(?![场民政])")


def is_district(hit: Hit) -> bool:
    return hit.node.area is not None and hit.node.area.level is AreaLevel.DISTRICT and hit.reason is Reason.NAME


def is_followed(text: str, hit: Hit, found: Sequence[Mark]) -> bool:
    """Whether what follows a name at once may belong to it: no number, and nothing that says where in the place."""
    behind = [mark.start for mark in found if mark.start >= hit.end]
    tail = text[hit.end : behind[0]] if behind else text[hit.end :].split(",")[0]
    tail = tail.strip(",- ")
    return bool(tail) and not _HARMLESS.match(tail)


def is_way_to_another(hit: Hit, hits: Sequence[Hit]) -> bool:
    """Whether a lane, or a road with numbers, only leads to something else that is named."""

    def is_way(node: Node) -> bool:
        return node.area is None and (node.place is None or node.place.kind is PlaceKind.LANE)

    return is_way(hit.node) and any(each.node.area is None and not is_way(each.node) for each in hits)


def says_more(said: Said) -> bool:
    """Whether an address names or counts anything but areas."""
    spans = [(hit.start, hit.end) for hit in said.hits if hit.node.area is not None]
    return any(piece and not FILLER.fullmatch(piece) for piece in re.split(r"[,\- ]+", blanked(said.text, spans)))


def agreement(node: Node, hit: Hit, hits: Sequence[Hit]) -> Iterator[Reason]:
    """Whether the areas that are named hold the candidate."""
    if node.area is not None or node.path == ROOT:
        return
    named: dict[int, list[str]] = {}  # several areas may have one name: that of the candidate is meant
    for each in hits:
        if each.node.area is not None and each.reason is not Reason.SHORT and each.start != hit.start:
            named.setdefault(each.start, []).append(each.node.path)
    for paths in named.values():
        yield Reason.AREA if any(node.path.startswith(path) for path in paths) else Reason.OTHER_AREA


def is_one_word(text: str, at: int) -> bool:
    """Whether a number or a Latin word runs on across a position."""
    a, b = text[at - 1], text[at]
    return (a.isdigit() and b.isdigit()) or (a.isascii() and b.isascii() and a.isalpha() and b.isalpha())


def outermost(hits: Sequence[Hit]) -> list[Hit]:
    """Names that lie in no longer one: 锦绣花园 of 新锦绣花园 is no name of its own."""
    spans = {(hit.start, hit.end) for hit in hits}
    kept = {
        (start, end)
        for start, end in spans
        if not any(a <= start and end <= b and (a, b) != (start, end) for a, b in spans)
    }
    return [hit for hit in hits if (hit.start, hit.end) in kept]


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    letters = list(text)
    for start, end in spans:
        letters[start:end] = "," * (end - start)
    return "".join(letters)


def labels_of(hit: Hit, found: Sequence[Mark], text: str) -> tuple[dict[Part, str], bool]:
    """The numbers that belong to a name: what stands behind it goes before what stands in front of it.

    The second value says that several buildings are named.
    """
    behind = [mark for mark in found if mark.start >= hit.end]
    before = [mark for mark in found if mark.end <= hit.start and not _ROAD_END.search(text[: mark.start])]
    labels: dict[Part, str] = {}
    for mark in (*behind, *before):
        if mark.part in LEVELS:
            labels.setdefault(mark.part, mark.label)
    buildings = {mark.label for mark in behind if mark.part is Part.BUILDING}
    return labels, len(buildings) > 1


_ROAD_END = re.compile(r"(?:路|街|巷|道|弄)[,\- ]?(?:\d+弄)?$")


def follow(node: Node, labels: Mapping[Part, str]) -> tuple[list[Node], bool]:
    """Down by the numbers, as far as the register goes. The second value: something named is not there."""
    at, missing = [node], False
    for part in LEVELS:
        if part not in labels:
            continue
        below = [kid for each in at for kid in _under(each, part, labels[part])]
        if below:
            at = below
        elif any(_counts(each, part) for each in at):
            missing = True
            break
    return at, missing


def _under(node: Node, part: Part, number: str) -> Sequence[Node]:
    """锦绣花园3号 may be what the register calls 3幢, and the other way round."""
    swapped = {Part.NUMBER: Part.BUILDING, Part.BUILDING: Part.NUMBER}.get(part, part)
    return node.under.get((part, number)) or node.under.get((swapped, number)) or ()


def _counts(node: Node, part: Part) -> bool:
    """Whether numbers of that kind are registered under a node, so that one that is not there does not exist."""
    if part in (Part.BUILDING, Part.NUMBER):
        return node.has(Part.BUILDING) or node.has(Part.NUMBER)
    return part is Part.STAIRWELL and (node.has(part) or node.has(Part.BUILDING))
