"""What a row says it is about: the compound, lane or community named by its codes and its address, with its geometry.

Serves to tell whether points are where they say they are, so a name that two things bear is no evidence. Names are
looked up in the address book.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import shapely
from sqlalchemy import Connection, Table, select

from geo.model import AreaLevel, GridLevel, PlaceKind
from geo.rules.address_book import AddressBook
from geo.rules.address_context import Hit
from geo.store.tables import area, grid_version, place, scheme

Thing = tuple[str, int]  # "place" or "area", and its id

# Buildings and stairwells bear names such as "3" that stand in any address.
_TOLD_BY_NAME = frozenset({PlaceKind.COMPOUND, PlaceKind.LANE, PlaceKind.MARKET})
_SHORTEST = 3  # characters of a name that is looked for inside an address
_MOST_LETTERS = 200  # of a text; whoever says where does so early
_PART = 10_000  # ids a query


class NamedThings:
    """Everything that a row may name. Made for one look at one file; geometries are read as needed."""

    def __init__(self, conn: Connection, book: AddressBook) -> None:
        self._conn, self._book = conn, book
        tree = book.tree
        self._places: dict[str, Thing] = {
            each.place.code: ("place", each.place.id) for each in tree.nodes.values() if each.place
        }
        areas = [each.area for each in tree.area_nodes.values() if each.area]
        self._paths = {each.id: each.path for each in areas}
        # The jurisdiction itself holds every point under every datum.
        self._areas: dict[str, Thing] = {
            each.code: ("area", each.id) for each in areas if each.level is not AreaLevel.DISTRICT
        }

    def find(self, place_codes: Sequence[str], texts: Sequence[str] = (), area_code: str | None = None) -> Thing | None:
        """What a row names, the narrowest first: a place by code, by a text that means it beyond doubt, by its name in
        a text; then an area by code, by its name in a text.
        """
        by_code = next((self._places[code] for code in place_codes if code in self._places), None)
        if by_code:
            return by_code
        read = [text[:_MOST_LETTERS].strip() for text in texts]
        meant = (self._book.decide(text) for text in read if text)
        place_id = next((each.node.place.id for each in meant if each and each.node.place), None)
        if place_id is not None:
            return "place", place_id
        hits = [self._book.names_in(text) for text in read if text]
        return (
            _only_one(hits, places=_TOLD_BY_NAME)
            or self._areas.get(area_code or "")
            or _only_one(hits, level=AreaLevel.COMMUNITY)
            or _only_one(hits, level=AreaLevel.SUBDISTRICT)
        )

    def geometries(self, things: Sequence[Thing]) -> dict[Thing, Any]:
        """Metric geometries of things; those without one are left out."""
        wanted = set(things)
        found = {("place", i): geom for i, geom in self._stored(place, [i for kind, i in wanted if kind == "place"])}
        areas = [i for kind, i in wanted if kind == "area"]
        found |= {("area", i): geom for i, geom in self._stored(area, areas)}
        lacking = [i for i in areas if ("area", i) not in found]
        return found | {("area", i): geom for i, geom in self._of_grids(lacking)}

    def _stored(self, table: Table, ids: Sequence[int]) -> Iterable[tuple[int, Any]]:
        for start in range(0, len(ids), _PART):
            query = select(table.c.id, table.c.geom).where(table.c.id.in_(ids[start : start + _PART]))
            yield from ((row.id, row.geom) for row in self._conn.execute(query) if row.geom is not None)

    def _of_grids(self, area_ids: Sequence[int]) -> Iterable[tuple[int, Any]]:
        """Areas without a boundary of their own, as the grids of the primary scheme that lie in them."""
        if not area_ids:
            return
        version = grid_version.c
        rows = self._conn.execute(
            select(version.area_id, version.geom)
            .join(scheme, scheme.c.id == version.scheme_id)
            .where(scheme.c.is_primary, version.to_edition.is_(None), version.level == GridLevel.GRID)
        ).all()
        for area_id in area_ids:
            path = self._paths[area_id]
            inside = [row.geom for row in rows if self._paths.get(row.area_id, "").startswith(path)]
            if inside:
                yield area_id, shapely.union_all(inside)


def _only_one(
    texts: Sequence[Sequence[Hit]], places: frozenset[PlaceKind] = frozenset(), level: AreaLevel | None = None
) -> Thing | None:
    """The thing that the longest name in the first text names, of places of some kinds or areas of a level; none that
    several bear.
    """
    found: dict[tuple[int, int, int], list[Thing]] = {}
    for n, hit in ((n, hit) for n, hits in enumerate(texts) for hit in hits if hit.end - hit.start >= _SHORTEST):
        at, node = (n, hit.start - hit.end, hit.start), hit.node
        if node.place is not None and node.place.kind in places:
            found.setdefault(at, []).append(("place", node.place.id))
        elif node.area is not None and node.area.level is level:
            found.setdefault(at, []).append(("area", node.area.id))
    alone = [(at, things[0]) for at, things in found.items() if len(things) == 1]
    return min(alone)[1] if alone else None
