"""Where something is, by all that was sent with it: a place code, an address, a point - and which of these decided.

In towers a satellite fix is seldom better than the block, so what names a building or stairwell decides before a point
does; a compound decides unless the point lies in it, for then the point says more. Anything else that is named (a
lane, a market) only stands in where there is no point. What the address book is not sure of decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely
from sqlalchemy import select

from geo.desk.assigning import Spot, stands_at
from geo.desk.tx import Tx
from geo.model import PlaceKind, Position
from geo.rules.address_book import SURE, TOWERS, AddressBook, Candidate, nearest_of
from geo.store.tables import place

INSIDE_M = 0.5  # as near to an outline as a point without a stated accuracy is to itself
NEAR_M = 500.0  # two compounds of one name are told apart by a point that lies so near to one of them only


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

    def evidence(self, decided_by: str, point_m: float | None) -> dict[str, Any]:
        """What is kept with the assignment. point_m: from the place to the point that came with it."""
        told: dict[str, Any] = {"decided_by": decided_by, "source": self.source, "place": self.code}
        more = {"score": self.score, "alias": self.alias_id, "point_m": None if point_m is None else round(point_m, 1)}
        return told | {name: value for name, value in more.items() if value is not None}


class Locator:
    """Decides where things are, in one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._metric = tx.atlas.metric
        self._known: dict[tuple[str, str], Found | None] = {}

    @cached_property
    def _book(self) -> AddressBook:
        return self._tx.addresses.book(self._tx.conn)

    def spot(self, at: Position | None, place_code: str | None, address: str | None) -> Spot:
        """Where something is that came with these, and by which evidence; nowhere where none of them says."""
        xy = self._xy(at)
        found = self.find(place_code, address, xy)
        if found is None:
            return Spot(at)
        if at is None or xy is None:
            return self._at_place(found, None)
        if found.kind not in TOWERS:
            return Spot(at)
        distance_m = float(shapely.distance(found.geom, xy))
        if found.kind is PlaceKind.COMPOUND and distance_m <= INSIDE_M:
            return Spot(at, evidence=found.evidence("point", distance_m))
        return self._at_place(found, distance_m)

    def find(self, place_code: str | None, address: str | None, near: Any = None) -> Found | None:
        """The place that a code or an address names, the code first. near: a metric point, None without one."""
        if place_code and (found := self.by_code(place_code.strip())):
            return found
        if not address or not address.strip():
            return None
        key = ("address", address)
        if key not in self._known:
            self._known[key] = self._by_address(address)
        return self._known[key] or (self._by_address_near(address, near) if near is not None else None)

    def chosen(self, place_id: int) -> Found | None:
        """A place that a person chose."""
        row = self._row(place.c.id == place_id)
        return row and Found(row.id, row.code, PlaceKind(row.kind), row.geom, "choice")

    def at(self, found: Found) -> Spot:
        """The spot of a place."""
        return self._at_place(found, None)

    def _at_place(self, found: Found, point_m: float | None) -> Spot:
        lon, lat = stands_at(self._metric, found.geom)
        evidence = found.evidence(str(found.kind), point_m)
        return Spot(Position(lon, lat, lon, lat, "wgs84"), found.place_id, evidence)

    def _xy(self, at: Position | None) -> Any:
        if at is None:
            return None
        x, y = self._metric.project(at.lon, at.lat)
        return shapely.Point(float(x), float(y))

    def by_code(self, code: str) -> Found | None:
        """The place with a code, None where there is none."""
        key = ("code", code)
        if key not in self._known:
            row = self._row(place.c.code == code)
            self._known[key] = row and Found(row.id, row.code, PlaceKind(row.kind), row.geom, "place_code")
        return self._known[key]

    def _by_address(self, address: str) -> Found | None:
        return self._of(self._book.decide(address))

    def _by_address_near(self, address: str, near: Any) -> Found | None:
        """Several bear the name: the one near the point, where it is the only one."""
        ranked = self._book.rank_exact(address)
        ids = [each.node.place.id for each in ranked if each.score >= SURE and each.node.place]
        if len(ids) < 2:
            return None
        rows = self._tx.conn.execute(select(place.c.id, place.c.geom).where(place.c.id.in_(ids)))
        is_near = {row.id: bool(shapely.dwithin(row.geom, near, NEAR_M)) for row in rows}
        return self._of(nearest_of(ranked, is_near))

    def _of(self, candidate: Candidate | None) -> Found | None:
        if candidate is None or candidate.node.place is None:
            return None
        row = self._row(place.c.id == candidate.node.place.id)
        source = "address" if candidate.alias_id is None else "alias"
        return row and Found(
            row.id, row.code, PlaceKind(row.kind), row.geom, source, candidate.score, candidate.alias_id
        )

    def _row(self, wanted: Any) -> Any:
        query = select(place.c.id, place.c.code, place.c.kind, place.c.geom)
        return self._tx.conn.execute(query.where(wanted, place.c.undone_at.is_(None))).first()
