"""Which evidence decides where something is: a place that is named, by code or address, or the point that came with it.

In towers a satellite fix is seldom better than the block, so what names a building or stairwell decides before a point
does; a compound decides unless the point lies in it, for then the point says more. Anything else that is named (a
lane, a market) only stands in where there is no point. What the address book is not sure of decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import shapely

from geo.crs import Metric
from geo.model import PlaceKind
from geo.rules.address_book import TOWERS, AddressBook, Candidate, nearest_of

INSIDE_M = 0.5  # as near to an outline as a point without a stated accuracy is to itself
NEAR_M = 500.0  # two compounds of one name are told apart by a point that lies so near to one of them only
CHOICE = "choice"  # the source where a person chose the place
POINT = "point"  # what decides where no place does
BY_ADDRESS = ("address", "alias")  # the sources where an address named the place
_MOST_KNOWN = 50_000  # texts that are remembered; a file may have millions


@dataclass(frozen=True, slots=True)
class Known:
    """A place of the register with its geometry in metres."""

    id: int
    code: str
    kind: PlaceKind
    geom: Any


class Places(Protocol):
    """The places that names lead to."""

    def by_codes(self, codes: Sequence[str]) -> list[Known]: ...
    def by_ids(self, ids: Sequence[int]) -> list[Known]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """The place that something names. source: place_code, address or alias, or choice where a person chose it."""

    place_id: int
    code: str
    kind: PlaceKind
    geom: Any
    source: str
    score: float | None = None
    alias_id: int | None = None

    @classmethod
    def of(cls, place: Known, source: str, score: float | None = None, alias_id: int | None = None) -> Found:
        return cls(place.id, place.code, place.kind, place.geom, source, score, alias_id)

    def evidence(self, decided_by: str, point_m: float | None) -> dict[str, Any]:
        """What is kept with the assignment. point_m: from the place to the point that came with it."""
        told: dict[str, Any] = {"decided_by": decided_by, "source": self.source, "place": self.code}
        more = {"score": self.score, "alias": self.alias_id, "point_m": None if point_m is None else round(point_m, 1)}
        return told | {name: value for name, value in more.items() if value is not None}

    def weighed(self, point: Any) -> dict[str, Any] | None:
        """The evidence where a metric point, or None, came with it; None where the place says nothing beside the point.

        ``decided_by`` is POINT where the point decides within the place, else the kind of the place.
        """
        if point is None:
            return self.evidence(str(self.kind), None)
        if self.kind not in TOWERS:
            return None
        distance_m = float(shapely.distance(self.geom, point))
        is_within = self.kind is PlaceKind.COMPOUND and distance_m <= INSIDE_M
        return self.evidence(POINT if is_within else str(self.kind), distance_m)


T = TypeVar("T")


class _Memory(Generic[T]):
    """What texts were found to mean, for several threads at once."""

    def __init__(self) -> None:
        self._known: dict[str, T] = {}

    def among(self, texts: Iterable[str]) -> dict[str, T]:
        """Those of the texts that are known."""
        known = self._known  # never emptied, another thread only begins a new one
        return {text: known[text] for text in texts if text in known}

    def keep(self, text: str, meant: T) -> T:
        if len(self._known) >= _MOST_KNOWN:
            self._known = {}
        self._known[text] = meant
        return meant


_Bearers = tuple[Sequence[Candidate], Sequence[Known]]  # of one name


class Finder:
    """Finds the places that codes and addresses name. book: asked for when an address comes."""

    def __init__(self, book: Callable[[], AddressBook], places: Places) -> None:
        self._book, self._places = book, places
        self._codes: _Memory[Found | None] = _Memory()
        self._addresses: _Memory[Found | None] = _Memory()
        self._bearers: _Memory[_Bearers] = _Memory()

    def find(self, place_code: str | None, address: str | None, near: Any = None) -> Found | None:
        """The place that a code or an address names, the code first. near: a metric point, None without one."""
        if place_code and (found := self.by_code(place_code.strip())):
            return found
        return self.by_address(address, near) if address and address.strip() else None

    def by_code(self, code: str) -> Found | None:
        """The place with a code, None where there is none."""
        return self.by_codes([code])[code]

    def by_codes(self, codes: Iterable[str]) -> Mapping[str, Found | None]:
        """The places with these codes, looked up together; None where there is none."""
        wanted = set(codes)
        known = self._codes.among(wanted)
        if new := sorted(wanted - known.keys()):
            there = {place.code: Found.of(place, "place_code") for place in self._places.by_codes(new)}
            known |= {code: self._codes.keep(code, there.get(code)) for code in new}
        return known

    def by_address(self, address: str, near: Any = None) -> Found | None:
        """The place that an address means, by itself or by the point that came with it."""
        known = self._addresses.among([address])
        found = known[address] if known else self._addresses.keep(address, self._decided(address))
        return found or (self._nearest(address, near) if near is not None else None)

    def _decided(self, address: str) -> Found | None:
        candidate = self._book().decide(address)
        if candidate is None or candidate.node.place is None:
            return None
        return _found(candidate, self._places.by_ids([candidate.node.place.id]))

    def _nearest(self, address: str, near: Any) -> Found | None:
        """Several bear the name: the one near the point, where it is the only one."""
        known = self._bearers.among([address])
        ranked, places = known[address] if known else self._bearers.keep(address, self._bearers_of(address))
        is_near = {place.id: bool(shapely.dwithin(place.geom, near, NEAR_M)) for place in places}
        candidate = nearest_of(ranked, is_near)
        return _found(candidate, places) if candidate else None

    def _bearers_of(self, address: str) -> _Bearers:
        """The places that surely bear a name, where these are several."""
        ranked = [each for each in self._book().rank_exact(address) if each.is_sure]
        ids = [each.node.place.id for each in ranked if each.node.place]
        return (ranked, self._places.by_ids(ids)) if len(ids) > 1 else ([], [])


def _found(candidate: Candidate, places: Sequence[Known]) -> Found | None:
    """The candidate's place, which is among the places unless it is gone by now."""
    place = next((each for each in places if candidate.node.place and each.id == candidate.node.place.id), None)
    source = "address" if candidate.alias_id is None else "alias"
    return Found.of(place, source, candidate.score, candidate.alias_id) if place else None


def stands_at(metric: Metric, geom: Any) -> tuple[float, float]:
    """The WGS84 lon, lat that stand for a place with a geometry in metres."""
    point = geom.representative_point()
    lon, lat = (float(v) for v in metric.unproject(point.x, point.y))
    return lon, lat
