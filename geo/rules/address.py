"""What a Chinese address says, read without any list of names: its levels from subdistrict to room.

Numbers with their words (3幢, 2单元, 501室, 12号, 3-2-501) are found wherever they stand; what is left between them are
names. Which of those names exist is for ``geo.rules.address_book``. No parser on the package index both reads further
down than the district (cpca and its kin do not) and needs no model that is downloaded at run time; so this is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache

from opencc import OpenCC

from geo.rules.spelling import fold

MAX_LETTERS = 300  # an address is shorter; what stands behind is somebody's story


class Part(StrEnum):
    """What a number in an address counts, from the outside in."""

    ALLEY = "alley"  # 120弄: a lane that has a number instead of a name
    NUMBER = "number"  # 12号
    BUILDING = "building"  # 3幢, 3栋, 3号楼
    STAIRWELL = "stairwell"  # 2单元
    FLOOR = "floor"  # 5楼
    ROOM = "room"  # 501室


LEVELS = (Part.ALLEY, Part.NUMBER, Part.BUILDING, Part.STAIRWELL)  # those that lead to a place
_WORD = {
    Part.ALLEY: "弄", Part.NUMBER: "号", Part.BUILDING: "幢", Part.STAIRWELL: "单元", Part.FLOOR: "楼", Part.ROOM: "室",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """A number with what it counts, and where it stands in the plain text."""

    part: Part
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Address:
    """An address by level; what it does not say is None. ``rest``: what is no level of an address."""

    province: str | None = None
    city: str | None = None
    district: str | None = None
    subdistrict: str | None = None
    community: str | None = None
    road: str | None = None
    alley: str | None = None
    number: str | None = None
    compound: str | None = None
    building: str | None = None
    stairwell: str | None = None
    floor: str | None = None
    room: str | None = None
    rest: str | None = None

    def __str__(self) -> str:
        """The address as it is written, from the outside in; ``parse`` reads it back."""
        words = {each.name: _WORD[Part(each.name)] if each.name in set(Part) else "" for each in fields(self)}
        return "".join(f"{value}{words[name]}" for name in words if (value := getattr(self, name)) is not None)


# -- one form for every way to write --------------------------------------------------------------------------------

_PUNCTUATION = re.compile(r"\s*(?:[^\w\s#-]|_)(?:[^\w#-]|_)*")
_SPACES = re.compile(r"\s+")
_GAPS = re.compile(r"(?<![a-z]) | (?![a-z])")  # in Chinese a space parts names, in English it joins them
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−─~〜～", "-") | {"〇": "零"})


class _Simplified(dict[int, str]):
    """Letter -> its simplified form, worked out when it is first met: letter by letter, so the same in every text."""

    def __missing__(self, code: int) -> str:
        self[code] = _converter().convert(chr(code)) if code > 0x2E7F else chr(code)
        return self[code]


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


_SIMPLIFIED = _Simplified()


def plain(text: str) -> str:
    """One form for all ways to write the same: widths, capitals, traditional characters; a comma between pieces.

    >>> plain("錦繡花園　３棟－２單元，５０１"), plain("Unit 2, Jinxiu  Garden")
    ('锦绣花园,3栋-2单元,501', 'unit,2,jinxiu garden')
    """
    letters = fold(text[:MAX_LETTERS]).translate(_SIMPLIFIED).translate(_DASHES)
    parted = _SPACES.sub(" ", _PUNCTUATION.sub(",", letters[:MAX_LETTERS])).strip(" ,-")
    return _GAPS.sub(",", parted)


# -- numbers --------------------------------------------------------------------------------------------------------

_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_UNIT = {"十": 10, "百": 100}
_CN = "[零一二两三四五六七八九十百]+"
_ALONE = r"(?<![0-9a-z-])"
_OVER = r"(?![0-9a-z-])"
_GAP = r"[ ,]?"


def _n(name: str, others: str = "甲乙丙丁东南西北中") -> str:
    """A number as labels are written, and the gap behind it."""
    return rf"(?:第{_GAP})?(?P<{name}>\d+[a-z]?(?![a-z])|{_CN}|(?<![a-z])[a-z]\d{{0,3}}|[{others}]){_GAP}"


_NUMBERED = re.compile(
    "|".join(
        (
            rf"{_ALONE}(?P<b3>\d{{1,3}}[a-z]?)-(?P<s3>\d{{1,2}})-(?P<r3>\d{{1,4}}[a-z]?){_OVER}",
            rf"{_ALONE}(?P<b2>\d{{1,3}}[a-z]?)-(?P<x2>\d{{1,4}}[a-z]?){_OVER}(?![号弄])",
            rf"{_n('building')}(?:[号#]{_GAP}(?:楼(?!道)|幢|栋|座)|[幢栋#]|座(?!谈))(?:楼(?![道上下顶]))?",
            rf"{_n('stairwell')}[号#]?{_GAP}(?:单元|门洞|楼道|梯)门?",
            rf"(?:building|bldg|block|blk){_GAP}(?:no{_GAP})?(?P<building_en>\d+[a-z]?|[a-z]){_OVER}",
            rf"(?:unit|entrance|stairwell){_GAP}(?:no{_GAP})?(?P<stairwell_en>\d+|[a-z]){_OVER}",
            rf"(?:room|rm|apt|flat){_GAP}(?:no{_GAP})?(?P<room_en>\d+[a-z]?){_OVER}",
            rf"{_n('room', '甲乙丙丁')}(?:室|号房|房(?![东子屋产地])|户(?!外))",
            rf"(?<![0-9a-z])(?P<alley>\d+|{_CN}){_GAP}弄",
            rf"(?<![0-9a-z])(?P<number>\d+(?:-\d+)?|{_CN}){_GAP}号(?![线门])",
            rf"(?<![a-z])no{_GAP}(?P<number_en>\d+){_OVER}",
            rf"(?P<floor>\d+|{_CN}){_GAP}(?:楼(?![道上下顶])|层|f(?![a-z]))",
            rf"{_ALONE}(?P<bare>\d{{3,4}}){_OVER}",
        )
    )
)


def label(text: str) -> str:
    """One form for a number: 三, ０3 and 3 are "3"; letters are capital.

    >>> label("二十三"), label("03"), label("1a")
    ('23', '3', '1A')
    """
    if text and all(c in _DIGIT or c in _UNIT for c in text):
        return str(_chinese_number(text))
    return (text.lstrip("0") or "0").upper()


def _chinese_number(text: str) -> int:
    if not any(c in _UNIT for c in text):  # digit by digit: 五零一 is 501
        return int("".join(str(_DIGIT[c]) for c in text))
    total, digit = 0, 0
    for c in text:
        if c in _UNIT:
            total, digit = total + (digit or 1) * _UNIT[c], 0
        else:
            digit = _DIGIT[c]
    return total + digit


def marks(text: str) -> list[Mark]:
    """The numbers of a plain text, in order."""
    found: list[Mark] = []
    for match in _NUMBERED.finditer(text):
        found += list(_marks_of(match, found))
    return found


def _marks_of(match: re.Match[str], before: list[Mark]) -> Iterator[Mark]:
    for name, value in match.groupdict().items():
        if value is None:
            continue
        part = _part(name, value, match, before)
        if part is not None:
            yield Mark(part, label(value), match.start(), match.end())


def _part(name: str, value: str, match: re.Match[str], before: list[Mark]) -> Part | None:
    """What a number counts; bare ones by what stands before them. None: nothing that could be said."""
    inside = {mark.part for mark in before}
    after_building = Part.BUILDING in inside
    if name in ("b3", "s3", "r3"):
        return {"b3": Part.BUILDING, "s3": Part.STAIRWELL, "r3": Part.ROOM}[name]
    if name == "b2":  # 3幢2-501, and 3-501
        return Part.STAIRWELL if after_building else Part.BUILDING
    if name == "x2":  # 3-501 names a room, 3-2 a stairwell
        is_room = after_building or sum(c.isdigit() for c in value) > 2
        return Part.ROOM if is_room else Part.STAIRWELL
    if name == "bare":
        return Part.ROOM if inside & {Part.BUILDING, Part.STAIRWELL} and Part.ROOM not in inside else None
    return Part(name.removesuffix("_en"))


# -- names ----------------------------------------------------------------------------------------------------------

HAN = r"[一-鿿]"
ROAD = rf"{HAN}{{1,7}}?(?:大道|路|街(?!道|社)|巷|胡同|(?<=路)支弄)"
_PROVINCE = rf"(?P<province>{HAN}{{2,7}}?(?:省|自治区)|(?:北京|上海|天津|重庆)(?=市))"
_CITY = rf"(?P<city>{HAN}{{2,9}}?(?:市|自治州|地区|盟))"
_DISTRICT = rf"(?P<district>{HAN}{{1,7}}?(?:(?<![小社园校厂景街生活])区|县|旗))"
_SUBDISTRICT = rf"(?P<subdistrict>{HAN}{{1,8}}?(?:街道(?:办事处)?|镇|乡))"
_VILLAGE = rf"[^社,]{{2,9}}村$|{HAN}{{1,9}}?村(?![路街巷]|{HAN}?小区)"
_COMMUNITY = rf"(?P<community>{HAN}{{1,9}}?(?:社区(?:居委会)?|居委会|村委会|村民委员会)|{_VILLAGE})"
_HEAD = re.compile(rf"(?:中国)?{_PROVINCE}?{_CITY}?{_DISTRICT}?{_SUBDISTRICT}?{_COMMUNITY}?(?P<road>{ROAD})?")
RELATION = re.compile(
    r"附近|旁边?|(?:斜)?对面|对过|周边|周围|一带|交叉路?口|路口|之间|中间|边上|隔壁|[前后]面|[往向以][东南西北]|\d+米"
)


def parse(text: str) -> Address:
    """An address by level. What names it has is read from their endings, so a name with an ending in it may be cut.

    >>> parse("府山街道坊门街社区锦绣花园３幢二单元501").stairwell
    '2'
    """
    letters = plain(text)
    found = marks(letters)
    values: dict[str, str] = {}
    for mark in found:
        values.setdefault(mark.part, mark.label)
    rest: list[str] = []
    for name in names_between(letters, found):
        for level, value in _levels(name):
            if level == "rest" or level in values:
                rest.append(value)
            else:
                values[level] = value
    return Address(**values, rest=" ".join(rest) or None)


def _levels(name: str) -> Iterator[tuple[str, str]]:
    """The levels of one name, from the outside in."""
    near = RELATION.search(name)
    says = name[: near.start()] if near else name
    head = _HEAD.match(says)
    if head:
        yield from ((level, value) for level, value in head.groupdict().items() if value)
    left = says[head.end() :] if head else says
    if left:
        yield ("rest" if left.isdigit() else "compound"), left
    if near:
        yield "rest", name[near.start() :]


def names_between(text: str, found: list[Mark]) -> list[str]:
    """What stands between the numbers and separators of a plain text, in order."""
    pieces = "".join(_without(text, found)).replace("-", ",").split(",")
    return [piece.strip() for piece in pieces if piece.strip()]


def _without(text: str, found: list[Mark]) -> Iterator[str]:
    at = 0
    for mark in found:
        yield text[at : max(at, mark.start)]
        yield ","
        at = max(at, mark.end)
    yield text[at:]
