"""Finds names that are written or sound alike in a text, among many: 景秀花园 and 锦秀花园 for 锦绣花园.

Names that share letters or syllables with the text are counted through an inverted index, rare letters for more; the
best few are then laid beside the text letter by letter. So the work grows with the text, hardly with the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from geo.rules.spelling import units

LOOKED_AT = 24  # names laid beside the text
ALIKE = 0.6

_PIECE = re.compile(r"[^,\-]{2,}")


class Alike:
    """The names of an address book, in the order given."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        holders: dict[str, list[int]] = {}
        self._size = np.ones(len(names))
        for i, name in enumerate(names):
            tokens = set(_tokens(name))
            self._size[i] = len(tokens)
            for token in tokens:
                holders.setdefault(token, []).append(i)
        self._holders: dict[str, NDArray[np.int64]] = {t: np.array(rows, dtype=np.int64) for t, rows in holders.items()}

    def find(self, text: str) -> Iterator[tuple[str, int, int, float]]:
        """(name, start, end, likeness up to 1) of names that are alike some stretch of the text, the likest first."""
        score = np.zeros(len(self._names))
        for token in set(_tokens(text)):
            rows = self._holders.get(token)
            if rows is not None:
                score[rows] += np.log1p(len(self._names) / len(rows))
        if not len(score):
            return
        score /= np.sqrt(self._size)
        best = np.argpartition(-score, min(LOOKED_AT, len(score) - 1))[:LOOKED_AT]
        best = best[score[best] > 0]
        found = [(name, *_alike(name, text)) for name in (self._names[i] for i in sorted(best.tolist()))]
        yield from sorted((each for each in found if each[3] >= ALIKE), key=lambda each: (-each[3], each[0]))


def _tokens(text: str) -> Iterator[str]:
    for unit in units(text):
        yield from unit[:2]  # the letter and its usual reading


def _alike(name: str, text: str) -> tuple[int, int, float]:
    """Where in the text a name is met best, and how well: letters and syllables count half each."""
    best = (0, 0, 0.0)
    for piece in _PIECE.finditer(text):
        start, end = _window(name, piece.group())
        window = piece.group()[start:end]
        letters = _ratio(name, window)
        sounds = _ratio([unit[min(1, len(unit) - 1)] for unit in units(name)],
                        [unit[min(1, len(unit) - 1)] for unit in units(window)])  # fmt: skip
        likeness = (letters + sounds) / 2
        if likeness > best[2]:
            best = (piece.start() + start, piece.start() + end, likeness)
    return best


def _window(name: str, piece: str) -> tuple[int, int]:
    """The stretch of a piece, as long as the name, that shares most with it; by sound, for letters may all be wrong."""
    if len(piece) <= len(name) + 1:
        return 0, len(piece)
    wanted = {token for unit in units(name) for token in unit[:2]}
    hits = [any(token in wanted for unit in units(letter) for token in unit[:2]) for letter in piece]
    sums = [sum(hits[i : i + len(name)]) for i in range(len(piece) - len(name) + 1)]
    start = max(range(len(sums)), key=sums.__getitem__)
    return start, start + len(name)


def _ratio(a: Sequence[str], b: Sequence[str]) -> float:
    return SequenceMatcher(None, a, b, autojunk=False).ratio()
