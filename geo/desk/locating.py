"""Where something is, by all that was sent with it: a place code, an address, a point - and which of these decided.

The rule is ``geo.rules.evidence``; here the places and their names are those that a transaction sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import shapely
from sqlalchemy import Connection, select

from geo.desk.assigning import Spot
from geo.desk.tx import Tx
from geo.model import PlaceKind, Position
from geo.rules.evidence import CHOICE, POINT, Finder, Found, Known, stands_at
from geo.store.tables import place


class StoredPlaces:
    """The places that a transaction sees."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def by_codes(self, codes: Sequence[str]) -> list[Known]:
        return self._known(place.c.code.in_(codes))

    def by_ids(self, ids: Sequence[int]) -> list[Known]:
        return self._known(place.c.id.in_(ids))

    def _known(self, wanted: Any) -> list[Known]:
        query = select(place.c.id, place.c.code, place.c.kind, place.c.geom)
        rows = self._conn.execute(query.where(wanted, place.c.undone_at.is_(None)).order_by(place.c.id))
        return [Known(row.id, row.code, PlaceKind(row.kind), row.geom) for row in rows]


class Locator:
    """Decides where things are, in one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._metric = tx.atlas.metric
        self._places = StoredPlaces(tx.conn)
        self._finder = Finder(lambda: tx.addresses.book(tx.conn), self._places)
        self._stands: dict[int, tuple[float, float]] = {}

    def spot(self, at: Position | None, place_code: str | None, address: str | None) -> Spot:
        """Where something is that came with these, and by which evidence; nowhere where none of them says."""
        names_nothing = place_code is None and address is None
        return Spot(at) if names_nothing else self.weigh(at, self.find(place_code, address, self._xy(at)))

    def weigh(self, at: Position | None, found: Found | None) -> Spot:
        """Where something is that came with a position and names a place, or without either."""
        evidence = found.weighed(self._xy(at)) if found else None
        if found is None or evidence is None:
            return Spot(at)
        if evidence["decided_by"] == POINT:
            return Spot(at, evidence=evidence)
        if found.place_id not in self._stands:
            self._stands[found.place_id] = stands_at(self._metric, found.geom)
        lon, lat = self._stands[found.place_id]
        return Spot(Position(lon, lat, lon, lat, "wgs84"), found.place_id, evidence)

    def find(self, place_code: str | None, address: str | None, near: Any = None) -> Found | None:
        """The place that a code or an address names, the code first. near: a metric point, None without one."""
        return self._finder.find(place_code, address, near)

    def by_code(self, code: str) -> Found | None:
        """The place with a code, None where there is none."""
        return self._finder.by_code(code)

    def by_codes(self, codes: Iterable[str]) -> Mapping[str, Found | None]:
        """The places with these codes, looked up together."""
        return self._finder.by_codes(codes)

    def chosen(self, place_id: int) -> Found | None:
        """A place that a person chose."""
        found = self._places.by_ids([place_id])
        return Found.of(found[0], CHOICE) if found else None

    def belongs_to(self, spot: Spot) -> int | None:
        """The place that the evidence of a spot names, whether or not it decided."""
        found = self.by_code(spot.evidence["place"]) if spot.evidence and "place" in spot.evidence else None
        return found.place_id if found else None

    def at(self, found: Found) -> Spot:
        """The spot of a place."""
        return self.weigh(None, found)

    def _xy(self, at: Position | None) -> Any:
        if at is None:
            return None
        x, y = self._metric.project(at.lon, at.lat)
        return shapely.Point(float(x), float(y))
