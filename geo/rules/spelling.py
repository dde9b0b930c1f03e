"""How a name may be typed: Chinese characters with their readings, words, digits.

A Chinese name is looked for by its characters, by pinyin, by initials, or by a mixture ("天皇巷", "tianhuangxiang",
"thx", "天hx"). A character with several readings (巷 xiang, hang) is found by each of them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby

from pypinyin import Style, pinyin

Unit = tuple[str, ...]  # the ways to write one character, word or digit; the first is itself

_PIECE = re.compile(r"\d|[^\W\d_]+")
_APOSTROPHES = "'’ʼ`"  # xi'an is typed xian


class _Folded(dict[int, str]):
    """Letter -> the letters that stand for it, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        parts = unicodedata.normalize("NFKD", letter.casefold())
        plain = "".join(part for part in parts if unicodedata.category(part) != "Mn" and part not in _APOSTROPHES)
        self[code] = unicodedata.normalize("NFC", plain)
        return self[code]


_FOLDED = _Folded()


def fold(text: str) -> str:
    """One form for letters that people take for the same: full width, capitals, accents. Without apostrophes.

    >>> fold("Ｔｈｘ　Lǚ")
    'thx lu'
    """
    return text.translate(_FOLDED)


def units(name: str) -> list[Unit]:
    """The units of a name, in order; what is neither letter nor digit is left out.

    >>> units("巷02 Grid")
    [('巷', 'xiang', 'hang'), ('0',), ('2',), ('grid',)]
    """
    return [unit for piece in _PIECE.findall(fold(name)) for unit in _units_of(piece)]


def tokens(query: str) -> list[str]:
    """A query as runs that stand together in a name, in order; between runs there may be something else.

    >>> tokens("天皇巷02 wg")
    ['天皇巷', '02', 'wg']
    """
    return re.findall(r"\d+|[^\W\d_]+", fold(query))


@lru_cache(maxsize=100_000)
def _units_of(piece: str) -> tuple[Unit, ...]:
    """A run of letters, cut where Chinese characters begin and end. Kept: names share most of their runs."""
    found: list[Unit] = []
    for is_chinese, run in groupby(piece, key=lambda letter: bool(_readings(letter))):
        letters = list(run)
        found += [(letter, *_readings(letter)) for letter in letters] if is_chinese else [("".join(letters),)]
    return tuple(found)


@cache
def _readings(letter: str) -> tuple[str, ...]:
    """The readings of a Chinese character, the usual one first; none for any other letter."""
    if letter.isascii():
        return ()
    (found,) = pinyin(letter, style=Style.NORMAL, heteronym=True)
    plain = [fold(reading) for reading in found if reading != letter]
    # ü is typed v, or u where nobody thinks of it.
    return tuple(dict.fromkeys(way for reading in plain for way in (reading, reading.replace("v", "u"))))
