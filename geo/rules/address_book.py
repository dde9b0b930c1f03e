"""What an address may mean, ranked: the names that it holds, looked up, and the numbers followed down from them.

A candidate's score is 1 where everything that the address says fits it, and falls with each thing that does not. Only
what is as good as sure (``SURE``) and without a rival decides; the rest is for a person. So a name with one letter
wrong, two compounds with one name, an address of another city or "opposite 锦绣花园" are asked about, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import prod

from geo.model import PlaceKind
from geo.rules.address import LEVELS, RELATION, Mark, marks, plain
from geo.rules.address_alike import Alike
from geo.rules.address_context import (
    AROUND,
    CITY_NAMED,
    ELSEWHERE,
    FILLER,
    ROAD_BEFORE,
    Hit,
    Reason,
    Said,
    agreement,
    blanked,
    follow,
    is_district,
    is_followed,
    is_one_word,
    is_way_to_another,
    labels_of,
    outermost,
    says_more,
)
from geo.rules.address_tree import LONGEST, SHORTEST, Node, Tree

SURE = 0.9
SHOWN = 0.3
MOST_HITS = 200  # names in one text, so that no text and no register makes it slow
MOST_ALIKE = 20  # things of one name; nobody chooses among more

_FACTOR = {
    Reason.SHORT: 0.95, Reason.OTHER_AREA: 0.6, Reason.OTHER_CITY: 0.5, Reason.UNKNOWN_WORDS: 0.85, Reason.NEARBY: 0.85,
    Reason.NO_SUCH_NUMBER: 0.8, Reason.SEVERAL: 0.8,
}  # fmt: skip
_STEM = 0.85  # 锦绣 may be 锦绣花园, and 锦绣家园 that nobody has registered
_ALIKE = 0.85
_AREA_ALONE = 0.4  # an area, where the address says more than that
# The narrower of two equally good ones first.
_RANK = {PlaceKind.STAIRWELL: 0, PlaceKind.BUILDING: 1, PlaceKind.COMPOUND: 2}
TOWERS = frozenset(_RANK)


@dataclass(frozen=True, slots=True)
class AliasName:
    """A learnt name. key: in plain text. One of place_id and area_id."""

    id: int
    key: str
    place_id: int | None
    area_id: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that the address may mean. ``said``: the part of the address that names it."""

    node: Node
    score: float
    reasons: tuple[Reason, ...]
    said: str
    alias_id: int | None = None

    @property
    def is_sure(self) -> bool:
        return self.score >= SURE


class AddressBook:
    """Looks addresses up in a tree of names and the aliases learnt on top of it."""

    def __init__(self, tree: Tree, aliases: Iterable[AliasName] = ()) -> None:
        self._tree = tree
        self._aliases: dict[str, list[tuple[Node, int]]] = {}
        for each in aliases:
            node = tree.nodes.get(each.place_id or 0) if each.place_id else tree.area_nodes.get(each.area_id or 0)
            if node is not None:
                self._aliases.setdefault(each.key, []).append((node, each.id))
        self._alike_aliases: Alike | None = None

    @property
    def tree(self) -> Tree:
        """The register's own names."""
        return self._tree

    def names_in(self, text: str) -> list[Hit]:
        """Where the register's own names stand in a text, each thing that bears one; no name within a longer one."""
        letters = plain(text)
        spans = ((start, end) for start, end in _words(letters) if letters[start:end] in self._tree.names)
        hits = islice(
            (Hit(start, end, node, Reason.NAME) for start, end in spans
             for node in self._tree.names[letters[start:end]][:MOST_ALIKE]),
            MOST_HITS,
        )  # fmt: skip
        return outermost(list(hits))

    def is_name(self, key: str) -> bool:
        """Whether the register itself has something with this name."""
        return key in self._tree.names

    def rank(self, address: str, limit: int = 10) -> list[Candidate]:
        """What the address may mean, best first, alike names included."""
        said = self._read(address)
        found = self._exact(said)
        if not any(each.is_sure and each.node.place for each in found):
            found += self._spelt_alike(said)
        return _best(found)[:limit]

    def rank_exact(self, address: str) -> list[Candidate]:
        """The same without names that are only alike."""
        return _best(self._exact(self._read(address)))

    def decide(self, address: str) -> Candidate | None:
        """The one place that the address means beyond doubt; None where there is none, or more than one."""
        return decided(self.rank_exact(address))

    def taught_by(self, address: str, place_id: int) -> tuple[str, int] | None:
        """What it teaches that an address means a place: a name, and the place that bears it. None: nothing.

        Where the numbers of the address are those that lead to the place, its name is that of what they are under.
        """
        said, node = self._read(address), self._tree.nodes.get(place_id)
        if node is None or not any(c.isalpha() for c in blanked(said.text, ((m.start, m.end) for m in said.marks))):
            return None
        name = self._only_name(said)
        numbers = {mark.part: mark.label for mark in said.marks if mark.part in LEVELS}
        if name is not None and not self.is_name(name):
            for at in reversed(list(_upwards(node))):
                by_its_own = at is not node or at.above is None or not numbers
                if at.place is not None and by_its_own and follow(at, numbers) == ([node], False):
                    return name, at.place.id
        if len(said.text) > LONGEST or self.is_name(said.text) or (name is not None and self.is_name(name)):
            return None
        return said.text, place_id

    def _only_name(self, said: Said) -> str | None:
        """The one name in an address that is neither an area nor a number; None where there are more, or "near"."""
        areas = [(hit.start, hit.end) for hit in said.hits if hit.node.area is not None and hit.reason is Reason.NAME]
        left = blanked(said.text, [*((mark.start, mark.end) for mark in said.marks), *areas])
        pieces = [piece for piece in re.split(r"[,\-]+", left) if piece and not FILLER.fullmatch(piece)]
        whole = len(pieces) == 1 and SHORTEST <= len(pieces[0]) <= LONGEST
        return pieces[0] if whole and not RELATION.search(pieces[0]) else None

    # -- exact names --------------------------------------------------------------------------------------------------

    def _read(self, address: str) -> Said:
        text = plain(address)
        hits = outermost(list(islice(self._hits(text), MOST_HITS)))
        return Said(text, tuple(marks(text)), tuple(hits), self._is_elsewhere(text, hits))

    def _exact(self, said: Said) -> list[Candidate]:
        return [each for hit in said.hits for each in self._judged(said, hit)]

    def _hits(self, text: str) -> Iterator[Hit]:
        tree = self._tree
        for start, end in _words(text):
            name = text[start:end]
            for node in tree.names.get(name, ())[:MOST_ALIKE]:
                yield Hit(start, end, node, Reason.NAME)
            for node, alias_id in self._aliases.get(name, ())[:MOST_ALIKE]:
                yield Hit(start, end, node, Reason.ALIAS, alias_id=alias_id)
            for node in tree.short.get(name, ())[:MOST_ALIKE]:
                is_shared = node.place is None or name in tree.stems
                yield Hit(start, end, node, Reason.SHORT, _STEM if is_shared else 1.0)
            for node in tree.stems.get(name, ())[:MOST_ALIKE]:
                yield Hit(start, end, node, Reason.SHORT, _STEM)

    def _is_elsewhere(self, text: str, hits: Sequence[Hit]) -> bool:
        """Whether the text begins or ends with a city or province that is not ours, and no name of ours."""
        return any(
            match[1] not in self._tree.own
            and not any(hit.start <= match.start(1) and match.end(1) < hit.end for hit in hits)
            for match in CITY_NAMED.finditer(text)
        ) and not any(is_district(hit) for hit in hits)

    # -- judging ------------------------------------------------------------------------------------------------------

    def _judged(self, said: Said, hit: Hit) -> Iterator[Candidate]:
        found = [mark for mark in said.marks if mark.end <= hit.start or mark.start >= hit.end]
        labels, several = labels_of(hit, found, said.text)
        nodes, missing = follow(hit.node, labels)
        about = list(self._about(said, hit, found))
        if several:
            about.append(Reason.SEVERAL)
        if missing:
            about.append(Reason.NO_SUCH_NUMBER)
        for node in nodes:
            if node.place is None and node.area is None:
                continue
            reasons = tuple(dict.fromkeys((hit.reason, *about, *agreement(node, hit, said.hits))))
            score = hit.base * prod(_FACTOR.get(reason, 1.0) for reason in reasons)
            if node.area is not None and says_more(said):
                score *= _AREA_ALONE
            yield Candidate(node, round(score, 3), reasons, said.text[hit.start : hit.end], hit.alias_id)

    def _about(self, said: Said, hit: Hit, found: Sequence[Mark]) -> Iterator[Reason]:
        """What stands beside the name."""
        text = said.text
        before = self._unexplained(said, hit.start)
        if said.is_elsewhere or any(ELSEWHERE.search(piece) for piece in before):
            yield Reason.OTHER_CITY
        if before or is_followed(text, hit, found) or is_way_to_another(hit, said.hits):
            yield Reason.UNKNOWN_WORDS
        others = [(each.start, each.end) for each in said.hits if each.node is not hit.node]
        near = (match.start() for match in RELATION.finditer(text, hit.end))
        if any(not any(start <= at < end for start, end in others) for at in near):
            yield Reason.NEARBY

    def _unexplained(self, said: Said, until: int) -> list[str]:
        """What stands before a name and is neither a number, nor a name of ours, nor a road."""
        spans = [(mark.start, mark.end) for mark in said.marks] + [(each.start, each.end) for each in said.hits]
        left = blanked(said.text[:until], [span for span in spans if span[1] <= until])
        for own in self._tree.own:
            left = left.replace(own, ",")
        pieces = [
            piece for piece in re.split(r"[,\- ]+", ROAD_BEFORE.sub(",", left)) if piece and not FILLER.fullmatch(piece)
        ]
        if any(is_district(each) and each.end <= until for each in said.hits):
            # What stands before our own district is the city around it.
            return [piece for piece in pieces if not AROUND.fullmatch(piece)]
        return pieces

    # -- names that are alike -----------------------------------------------------------------------------------------

    def _spelt_alike(self, said: Said) -> Iterator[Candidate]:
        self._alike_aliases = self._alike_aliases or Alike(sorted(self._aliases))
        areas = tuple(hit for hit in said.hits if hit.node.area is not None and hit.reason is Reason.NAME)
        only_areas = replace(said, hits=areas)
        spans = [*((mark.start, mark.end) for mark in said.marks), *((hit.start, hit.end) for hit in areas)]
        rest = blanked(said.text, spans)
        for name, start, end, likeness in (*self._tree.alike.find(rest), *self._alike_aliases.find(rest)):
            nodes = [(node, None) for node in self._tree.names.get(name, ())] + list(self._aliases.get(name, ()))
            for node, alias_id in nodes:
                hit = Hit(start, end, node, Reason.ALIKE, _ALIKE * likeness, alias_id)
                yield from self._judged(only_areas, hit)


def _words(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every stretch of a plain text that may be a name: none that cuts a number or a Latin word."""
    for start in range(len(text)):
        if start and is_one_word(text, start):
            continue
        for end in range(start + SHORTEST, min(len(text), start + LONGEST) + 1):
            if end == len(text) or not is_one_word(text, end):
                yield start, end


def _upwards(node: Node) -> Iterator[Node]:
    at: Node | None = node
    while at is not None:
        yield at
        at = at.above


def _best(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate a thing, best first."""
    best: dict[Node, Candidate] = {}
    for each in candidates:
        if each.score >= SHOWN and (each.node not in best or each.score > best[each.node].score):
            best[each.node] = each
    return sorted(best.values(), key=_order)


def _order(candidate: Candidate) -> tuple[float, int, int, str]:
    place, area = candidate.node.place, candidate.node.area
    kind = _RANK.get(place.kind, 3) if place else 4
    agrees = 0 if Reason.AREA in candidate.reasons else 1
    return -candidate.score, kind, agrees, place.code if place else area.code if area else ""


def decided(ranked: Sequence[Candidate]) -> Candidate | None:
    """The first of a ranking where it is sure, is a place, and no other place is as sure unless it holds the first."""
    sure = [each for each in ranked if each.is_sure and each.node.place is not None]
    if not sure:
        return None
    first = sure[0]
    return first if all(first.node.within(other.node) for other in sure[1:]) else None


def nearest_of(ranked: Sequence[Candidate], is_near: Mapping[int, bool]) -> Candidate | None:
    """Where several are sure, the only one that lies near a point that came with the address."""
    near = [each for each in ranked if each.is_sure and each.node.place and is_near.get(each.node.place.id)]
    return decided(near)
