"""Finds names by what somebody has typed so far, among many, in time that no name and no query can stretch.

A query may stop anywhere and abbreviate every character: "tianhx" and "thx" are 天皇巷. All names are matched at once:
the places that the letters typed so far could have led to are kept as an array, and every letter moves it on. So the
work grows with the letters of the query times the number of names, whatever they hold; a pattern that backtracks
would take for ever on a name made for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geo.rules.spelling import Unit

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Corpus:
    """The units of n names. Earlier names are better where a query says nothing about which is meant."""

    def __init__(self, names: Sequence[Sequence[Unit]]) -> None:
        units = [unit for name in names for unit in name]
        ways = [way for unit in units for way in unit]
        self._size = len(names)
        self._name_of_unit = np.repeat(np.arange(len(names)), [len(name) for name in names]).astype(np.int64)
        self._unit_of_way = np.repeat(np.arange(len(units)), [len(unit) for unit in units]).astype(np.int64)
        lengths = np.fromiter(map(len, ways), np.int64, len(ways))
        # One letter more than there is, so that the last one has a next.
        self._letters = np.frombuffer(("".join(ways) + "\0").encode("utf-32-le"), dtype=np.uint32)
        self._first_letter = np.cumsum(lengths) - lengths
        self._begins = np.zeros(len(self._letters), dtype=bool)
        self._begins[self._first_letter] = True
        self._begins[-1] = True
        self._unit_at = np.repeat(self._unit_of_way, lengths)
        self._first_unit = np.zeros(len(units) + 1, dtype=bool)
        self._first_unit[np.flatnonzero(np.diff(self._name_of_unit, prepend=-1))] = True
        self._ways_by_letter = self._grouped()

    def _grouped(self) -> dict[int, Ints]:
        """First letter -> the ways that begin with it, ascending."""
        first = self._letters[self._first_letter]
        order = np.argsort(first, kind="stable")
        letters, starts = np.unique(first[order], return_index=True)
        return dict(zip(letters.tolist(), np.split(order, starts[1:]), strict=True)) if len(letters) else {}

    def __len__(self) -> int:
        return self._size

    def find(self, tokens: Sequence[str], among: Mask) -> Ints:
        """Names that hold every token, in this order and without overlap, best first.

        among: (n,) which names may be found. Returns name numbers: first those that begin with the query, by how few
        units it took (so a character spelt out goes before initials), then those that hold it further on.
        """
        if not tokens:
            return np.empty(0, dtype=np.int64)
        begin, used = self._matched(tokens, among, anchored=True)
        begin = begin[np.lexsort((begin, used))]
        within, _ = self._matched(tokens, among, anchored=False)
        return np.concatenate([begin, within[~np.isin(within, begin)]])

    def _matched(self, tokens: Sequence[str], among: Mask, *, anchored: bool) -> tuple[Ints, Ints]:
        """Names, ascending, and the number of the unit in which the last token ends soonest."""
        after = np.where(among, -1, len(self._first_unit))  # by name: the next token begins behind this unit
        for at, token in enumerate(tokens):
            ways = self._ways_by_letter.get(ord(token[0]), np.empty(0, dtype=np.int64))
            units = self._unit_of_way[ways]
            fits = units > after[self._name_of_unit[units]]
            if anchored and at == 0:
                fits &= self._first_unit[units]
            ends = self._unit_at[self._follow(self._first_letter[ways[fits]], token[1:])]
            after = np.full(self._size, len(self._first_unit))
            np.minimum.at(after, self._name_of_unit[ends], ends)
        names = np.flatnonzero(after < len(self._first_unit))
        return names, after[names] - np.searchsorted(self._name_of_unit, names)

    def _follow(self, positions: Ints, letters: str) -> Ints:
        """Where the letters lead from these positions, each letter on in its unit or at the beginning of the next."""
        for letter in map(ord, letters):
            if not len(positions):
                break
            onward = positions + 1
            onward = onward[(self._letters[onward] == letter) & ~self._begins[onward]]
            reached = np.zeros(len(self._first_unit) + 1, dtype=bool)
            reached[self._unit_at[positions] + 1] = True
            ways = self._ways_by_letter.get(letter, np.empty(0, dtype=np.int64))
            units = self._unit_of_way[ways]
            beginning = ways[reached[units] & ~self._first_unit[units]]
            positions = np.concatenate([onward, self._first_letter[beginning]])
        return positions
