"""Reads a pair of coordinates that somebody typed or pasted. The datum is not in the text, and is never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SIGNS = str.maketrans({
    "′": "'", "’": "'", "‘": "'", "＇": "'", "分": "'", "″": '"', "”": '"', "“": '"', "＂": '"', "秒": '"',
    "º": "°", "˚": "°", "度": "°", "，": ",", "；": ",", ";": ",", "、": ",", "−": "-", "－": "-", "：": ":", "．": ".",
})  # fmt: skip
_WORDS = {"东经": "E", "西经": "W", "北纬": "N", "南纬": "S"}
_NUMBER = r"\d{1,9}(?:\.\d{1,15})?"
_VALUE = re.compile(
    rf"\s*(?P<before>[NSEW])?\s*(?P<sign>[+-])?\s*(?P<whole>{_NUMBER})"
    rf"(?:\s*°(?:\s*(?P<minutes>{_NUMBER})\s*'(?:\s*(?P<seconds>{_NUMBER})\s*(?:\"|''))?)?)?"
    r"(?(before)|\s*(?P<after>[NSEW])?)\s*,?\s*"
)
MAX_TEXT = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a pair: x east, y north, in degrees or in metres."""

    x: float
    y: float
    in_degrees: bool


@dataclass(frozen=True, slots=True)
class _Value:
    number: float
    axis: str | None  # "x" or "y", where a letter says so


def readings(text: str) -> list[Reading]:
    """Every way to read a text as a pair of coordinates; none where it is no such pair.

    Letters say which value is which; so does a value beyond 90 degrees. Otherwise both orders are given.

    >>> readings("28.9686,118.8715")
    [Reading(x=118.8715, y=28.9686, in_degrees=True)]
    >>> readings("02 03")
    []
    """
    values = _values(text)
    if values is None:
        return []
    first, second = values
    found = []
    for x, y in ((first, second), (second, first)):
        if x.axis == "y" or y.axis == "x":
            continue
        if abs(x.number) <= 180 and abs(y.number) <= 90:
            found.append(Reading(x.number, y.number, True))
        elif min(abs(x.number), abs(y.number)) > 180 and x.axis is None and y.axis is None:
            found.append(Reading(x.number, y.number, False))
    return list(dict.fromkeys(found))


def _values(text: str) -> tuple[_Value, _Value] | None:
    if len(text) > MAX_TEXT:
        return None
    plain = text.translate(_SIGNS).upper()
    for word, letter in _WORDS.items():
        plain = plain.replace(word, letter)
    first = _VALUE.match(plain)
    second = first and _VALUE.fullmatch(plain, first.end())
    if not first or not second or not _apart(plain, first.end()):
        return None
    if not all(_is_coordinate(value) for value in (first, second)):
        return None
    a, b = _value(first), _value(second)
    return (a, b) if a and b and (a.axis is None or a.axis != b.axis) else None


def _apart(text: str, at: int) -> bool:
    """Whether two values are told apart by more than where one number happens to end."""
    return not (text[at - 1].isdigit() and text[at].isdigit())


def _is_coordinate(value: re.Match[str]) -> bool:
    """A plain whole number may be anything: a door, a grid. Degrees, decimals, letters and large numbers are not."""
    letter = value["before"] or value["after"]
    return bool("." in value["whole"] or "°" in value[0] or letter or len(value["whole"]) > len("99999"))


def _value(match: re.Match[str]) -> _Value | None:
    minutes, seconds = float(match["minutes"] or 0), float(match["seconds"] or 0)
    letter = match["before"] or match["after"]
    if minutes >= 60 or seconds >= 60 or (letter and match["sign"]):
        return None
    number = float(match["whole"]) + minutes / 60 + seconds / 3600
    if match["sign"] == "-" or letter in ("S", "W"):
        number = -number
    return _Value(number, letter and ("x" if letter in "EW" else "y"))
