"""What a row says it is about: the compound, lane or community named by its codes and its address, with its geometry.

Serves to tell whether points are where they say they are, so a name that two things bear is no evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import shapely
from sqlalchemy import Connection, Table, select

from geo.model import AreaLevel, GridLevel, PlaceKind
from geo.rules.spelling import fold
from geo.store.tables import area, grid_version, place, scheme

Thing = tuple[str, int]  # "place" or "area", and its id

# Buildings and stairwells bear names such as "3" that stand in any address.
_TOLD_BY_NAME = frozenset({PlaceKind.COMPOUND, PlaceKind.LANE, PlaceKind.MARKET})
_SHORTEST = 3  # characters of a name that is looked for inside an address
_MOST_LETTERS = 200  # of a text; whoever says where does so early
_PART = 10_000  # ids a query


class NamedThings:
    """Everything that a row may name. Made for one look at one file: names are read once, geometries as needed."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        places = conn.execute(
            select(place.c.id, place.c.code, place.c.name, place.c.address, place.c.kind).where(
                place.c.undone_at.is_(None)
            )
        ).all()
        areas = conn.execute(
            select(area.c.id, area.c.code, area.c.name, area.c.level, area.c.path).where(area.c.undone_at.is_(None))
        ).all()
        self._paths: dict[int, str] = {row.id: row.path for row in areas}
        # The jurisdiction itself holds every point under every datum.
        told = [row for row in areas if row.level != AreaLevel.DISTRICT]
        self._places: dict[str, Thing] = {row.code: ("place", row.id) for row in places}
        self._areas: dict[str, Thing] = {row.code: ("area", row.id) for row in told}
        self._whole = _only_one((row.name, ("place", row.id)) for row in places)
        self._whole |= _only_one((row.address, ("place", row.id)) for row in places)
        # Narrow things before wide ones.
        self._inside = [
            _lengthy(_only_one((row.name, ("place", row.id)) for row in places if row.kind in _TOLD_BY_NAME)),
            _lengthy(_only_one((row.name, ("area", row.id)) for row in told if row.level == AreaLevel.COMMUNITY)),
            _lengthy(_only_one((row.name, ("area", row.id)) for row in told if row.level == AreaLevel.SUBDISTRICT)),
        ]
        self._spans = [sorted({len(name) for name in names}, reverse=True) for names in self._inside]

    def find(self, place_codes: Sequence[str], texts: Sequence[str] = (), area_code: str | None = None) -> Thing | None:
        """What a row names, the narrowest first: a place by code, by a text that is its address or name, by its name in
        a text; then an area by code, by its name in a text.
        """
        folded = [fold(text[:_MOST_LETTERS].strip()) for text in texts]
        return (
            next((self._places[code] for code in place_codes if code in self._places), None)
            or next((self._whole[text] for text in folded if text in self._whole), None)
            or self._within(folded, 0)
            or self._areas.get(area_code or "")
            or self._within(folded, 1)
            or self._within(folded, 2)
        )

    def _within(self, texts: Sequence[str], width: int) -> Thing | None:
        """The longest name of one width that stands in a text."""
        names = self._inside[width]
        for text in texts:
            for span in self._spans[width]:
                for start in range(len(text) - span + 1):
                    found = names.get(text[start : start + span])
                    if found is not None and _stands_alone(text, start, start + span):
                        return found
        return None

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


def _only_one(pairs: Iterable[tuple[str | None, Thing]]) -> dict[str, Thing]:
    """Name -> thing, without names that several bear."""
    found: dict[str, Thing | None] = {}
    for name, thing in pairs:
        if plain := fold((name or "").strip()):
            found[plain] = None if plain in found else thing
    return {name: thing for name, thing in found.items() if thing is not None}


def _lengthy(names: dict[str, Thing]) -> dict[str, Thing]:
    return {name: thing for name, thing in names.items() if len(name) >= _SHORTEST}


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a name is not the middle of a longer word: Oak Court in Broak Courtyard. Chinese has no such gaps."""

    def joins(left: str, right: str) -> bool:
        return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()

    return not (start and joins(text[start - 1], text[start])) and not (
        end < len(text) and joins(text[end - 1], text[end])
    )
