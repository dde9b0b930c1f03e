"""Filters in CQL2 text (OGC 21-065r2): what a client may ask of the features of a collection.

The grammar knows what is served and nothing else: conditions on named properties, and where a feature lies. Words that
are no condition, a function that is not served, SQL, all end as BadInput with the place. Parsing needs no recursion,
so that no text can exhaust the stack.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

import shapely
from lark import Lark, Token, Tree, UnexpectedInput, UnexpectedToken

from geo.errors import BadInput

MAX_LENGTH = 8_000  # letters of a filter
MAX_TERMS = 200  # conditions; SQLite takes 1,000 levels of an expression
MAX_DEPTH = 40  # of what stands within what
FIRST_YEAR, LAST_YEAR = 1900, 2999  # what a store can compare


class Kind(StrEnum):
    """What a property holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    GEOMETRY = "geometry"


Value: TypeAlias = str | float | bool | datetime


@dataclass(frozen=True)
class Constant:
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True)
class Compare:
    """op: one of = <> < <= > >=."""

    name: str
    op: str
    value: Value


@dataclass(frozen=True)
class Between:
    """Both ends belong to it."""

    name: str
    low: Value
    high: Value


@dataclass(frozen=True)
class In:
    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Like:
    """pattern: % for any letters, _ for one, a backslash before one that is meant as it is."""

    name: str
    pattern: str


@dataclass(frozen=True)
class IsNull:
    name: str


@dataclass(frozen=True)
class Spatial:
    """op: a predicate of shapely. geometry: in the CRS of the filter, in the order that its authority prints."""

    op: str
    geometry: shapely.Geometry


@dataclass(frozen=True)
class Not:
    part: Condition


@dataclass(frozen=True)
class And:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Condition, ...]


Condition: TypeAlias = Constant | Compare | Between | In | Like | IsNull | Spatial | Not | And | Or

SPATIAL_OPS = ("intersects", "disjoint", "within", "contains", "touches", "crosses", "overlaps", "equals")

GRAMMAR = r"""
?start: or_
?or_: and_ (_OR and_)*
?and_: not_ (_AND not_)*
?not_: _NOT not_ -> negation
     | primary
?primary: "(" or_ ")"
        | BOOLEAN -> constant
        | name OP literal -> compare
        | name _BETWEEN literal _AND literal -> between
        | name _NOT _BETWEEN literal _AND literal -> not_between
        | name _IN "(" literal ("," literal)* ")" -> in_
        | name _NOT _IN "(" literal ("," literal)* ")" -> not_in
        | name _LIKE STRING -> like
        | name _NOT _LIKE STRING -> not_like
        | name _IS _NULL -> null
        | name _IS _NOT _NULL -> not_null
        | SPATIAL "(" name "," geometry ")" -> spatial
name: IDENTIFIER | QUOTED
?literal: STRING -> text
        | number
        | BOOLEAN -> boolean
        | _TIMESTAMP "(" STRING ")" -> moment
number: NUMBER -> positive
      | "-" number -> negative
      | "(" number ")" -> positive
geometry: wkt | _BBOX "(" number ("," number)* ")" -> bbox
wkt: WKT [Z] coordinates
coordinates: "(" item ("," item)* ")"
?item: coordinates | tuple | wkt
tuple: number number+

OP: "=" | "<>" | "<=" | ">=" | "<" | ">"
_AND.3: /AND\b/i
_OR.3: /OR\b/i
_NOT.3: /NOT\b/i
_BETWEEN.3: /BETWEEN\b/i
_IN.3: /IN\b/i
_LIKE.3: /LIKE\b/i
_IS.3: /IS\b/i
_NULL.3: /NULL\b/i
BOOLEAN.3: /(TRUE|FALSE)\b/i
_TIMESTAMP.3: /TIMESTAMP(?=\s*\()/i
_BBOX.3: /BBOX(?=\s*\()/i
SPATIAL.3: /S_(INTERSECTS|DISJOINT|WITHIN|CONTAINS|TOUCHES|CROSSES|OVERLAPS|EQUALS)(?=\s*\()/i
WKT.3: /(MULTI)?(POINT|LINESTRING|POLYGON)\b|GEOMETRYCOLLECTION\b/i
Z.3: /Z\b/i
IDENTIFIER: /[^\W\d][\w.:]*/
QUOTED: /"[^"]+"/
STRING: /'(?:[^'\\]|''|\\'|\\)*'/
NUMBER: /(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/
%ignore /\s+/
"""


def parse(text: str, kinds: Mapping[str, Kind]) -> Condition:
    """The condition that a filter states. kinds: the properties that it may name.

    Raises BadInput with the place for what is no CQL2, is not served, or compares what cannot be compared.
    """
    if len(text) > MAX_LENGTH:
        raise BadInput(f"filter has {len(text)} letters, and {MAX_LENGTH} are read: ask in several requests")
    if "\0" in text:
        raise BadInput("filter holds a zero byte: leave it out")
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise BadInput(_misread(text, error)) from None
    _check_size(tree)
    return _Reader(kinds).condition(tree)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=False)


def _misread(text: str, error: UnexpectedInput) -> str:
    place = error.pos_in_stream
    if place is None or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return "filter ends too early: a condition such as code = 'A1' or overdue = TRUE is expected"
    return (
        f"filter cannot be read from letter {place + 1} on, at {text[place : place + 30]!r}: it is CQL2 text, "
        "conditions such as code = 'A1' joined by AND, OR and NOT"
    )


def _check_size(tree: Tree[Token]) -> None:
    """Refuse what is nested too deep, before anything follows it there; without recursion itself."""
    waiting: list[tuple[Tree[Token], int]] = [(tree, 1)]
    while waiting:
        each, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise BadInput(f"filter is nested deeper than {MAX_DEPTH} levels: write it more simply")
        waiting += [(child, depth + 1) for child in each.children if isinstance(child, Tree)]
    names = sum(1 for _ in tree.find_data("name"))
    if names > MAX_TERMS:
        raise BadInput(f"filter has {names} conditions, and {MAX_TERMS} are read: ask in several requests")


class _Reader:
    """Turns what was parsed into conditions. Depth is bounded by now."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds

    def condition(self, tree: Tree[Token]) -> Condition:
        rule, parts = str(tree.data), tree.children
        match rule:
            case "or_":
                return Or(tuple(self.condition(part) for part in _trees(parts)))
            case "and_":
                return And(tuple(self.condition(part) for part in _trees(parts)))
            case "negation":
                return Not(self.condition(_trees(parts)[0]))
            case "constant":
                return Constant(str(parts[0]).upper() == "TRUE")
            case "not_between" | "not_in" | "not_like" | "not_null":
                return Not(self._about(rule.removeprefix("not_"), tree))
            case _:
                return self._about(rule, tree)

    def _about(self, rule: str, tree: Tree[Token]) -> Condition:
        """A condition on one property."""
        if rule == "spatial":
            op, name, geometry = tree.children
            self._name(name, (Kind.GEOMETRY,))
            return Spatial(str(op).upper().removeprefix("S_").lower(), _geometry(geometry))
        name, *rest = tree.children
        if rule == "null":
            return IsNull(self._name(name, tuple(Kind)))
        if rule == "like":
            return Like(self._name(name, (Kind.TEXT,)), _unquoted(str(rest[0])))
        values = [_value(each) for each in _trees(rest)]
        named = self._name(name, {_kind(value) for value in values})
        if rule == "between":
            return Between(named, values[0], values[1])
        if rule == "compare":
            return Compare(named, str(rest[0]), values[0])
        return In(named, tuple(values))

    def _name(self, tree: Any, fitting: Collection[Kind]) -> str:
        """The name of a property that holds something of a fitting kind."""
        name = str(tree.children[0]).strip('"')
        kind = self._kinds.get(name)
        if kind is None:
            raise BadInput(f"filter names {name[:60]!r}; what it may name is: {', '.join(sorted(self._kinds))}")
        if len(fitting) != len(Kind) and set(fitting) != {kind}:
            raise BadInput(f"filter compares {name}, which holds a {kind}, with a {' and a '.join(sorted(fitting))}")
        return name


def _trees(parts: Sequence[Any]) -> list[Tree[Token]]:
    return [part for part in parts if isinstance(part, Tree)]


def _kind(value: Value) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, str):
        return Kind.TEXT
    return Kind.MOMENT if isinstance(value, datetime) else Kind.NUMBER


def _value(tree: Tree[Token]) -> Value:
    text = str(tree.children[0])
    match str(tree.data):
        case "text":
            return _unquoted(text)
        case "boolean":
            return text.upper() == "TRUE"
        case "moment":
            return _moment(_unquoted(text))
        case _:
            return _number(tree)


def _unquoted(text: str) -> str:
    return re.sub(r"''|\\'", "'", text[1:-1])


def _number(tree: Tree[Token]) -> float:
    (inner,) = tree.children
    value = _number(inner) if isinstance(inner, Tree) else float(inner)
    if not math.isfinite(value):
        raise BadInput(f"filter has the number {inner}, which is too large for any property")
    return -value if tree.data == "negative" else value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadInput(f"filter has TIMESTAMP({text[:40]!r}): a time with its zone, such as 2026-03-01T01:30:00Z")
    return moment


def _geometry(tree: Any) -> shapely.Geometry:
    if tree.data == "bbox":
        return box_of([_number(each) for each in tree.children])
    try:
        geometry = shapely.force_2d(shapely.from_wkt(_wkt(tree.children[0])))
    except shapely.GEOSException as error:
        raise BadInput(f"filter has a geometry that cannot be read: {str(error).strip()}") from None
    if not geometry.is_valid:
        raise BadInput(f"filter has an invalid geometry: {shapely.is_valid_reason(geometry)}")
    return geometry


def _wkt(tree: Tree[Token]) -> str:
    """Written anew from what was parsed: a name, parentheses, numbers."""
    match str(tree.data):
        case "wkt":
            return " ".join(_wkt(part) if isinstance(part, Tree) else str(part).upper() for part in tree.children)
        case "coordinates":
            return "(" + ",".join(_wkt(part) for part in _trees(tree.children)) + ")"
        case "tuple":
            return " ".join(_wkt(part) for part in _trees(tree.children))
        case _:
            return repr(_number(tree))


def box_of(sides: Sequence[float]) -> shapely.Geometry:
    """The rectangle of four numbers, or of six with heights, which nothing here has: lower corner, then upper one.

    Raises BadInput.
    """
    if len(sides) not in (4, 6) or not all(map(math.isfinite, sides)):
        raise BadInput("a bounding box has four numbers (or six, with heights): the lower corner, then the upper one")
    (a, b), (c, d) = sides[:2], sides[len(sides) // 2 :][:2]
    if a > c or b > d:
        raise BadInput(
            f"the bounding box {','.join(f'{side:g}' for side in sides)} has its lower corner behind its upper one: is "
            "the order of the axes that of its CRS?"
        )
    return shapely.box(a, b, c, d)
