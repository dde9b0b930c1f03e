"""The address book of the names that a store has, made when first asked for and kept until some name changes."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Connection, func, select

from geo.model import AreaLevel, PlaceKind, Subject
from geo.rules.access import ROOT
from geo.rules.address_book import AddressBook, AliasName
from geo.rules.address_tree import AreaName, PlaceName, Tree
from geo.store.tables import alias, area, event, jurisdiction, place

LEARNT, TAKEN_BACK = "place.alias_learnt", "place.alias_taken_back"

_Mark = tuple[Any, ...]


class AddressBooks:
    """Hands out the address book of what the caller's transaction sees. One a process."""

    def __init__(self) -> None:
        self._tree: tuple[_Mark, Tree] | None = None
        self._book: tuple[_Mark, AddressBook] | None = None
        self._making = threading.Lock()

    def book(self, conn: Connection) -> AddressBook:
        """Names change seldom and are read then; aliases are few."""
        with self._making:
            names, aliases = _names_mark(conn), _aliases_mark(conn)
            if self._tree is None or self._tree[0] != names:
                self._tree = names, Tree(*read_names(conn))
            if self._book is None or self._book[0] != (names, aliases):
                self._book = (names, aliases), AddressBook(self._tree[1], read_aliases(conn))
            return self._book[1]


def _names_mark(conn: Connection) -> _Mark:
    """Changes whenever a name may have. With the time: what is rolled back leaves its number to the next event."""
    told = event.c.kind.not_in((LEARNT, TAKEN_BACK))
    newest = [
        conn.execute(
            select(event.c.id, event.c.recorded_at)
            .where(event.c.subject == subject, told)
            .order_by(event.c.id.desc())
            .limit(1)
        ).first()
        for subject in (Subject.PLACE, Subject.AREA, Subject.SCHEME)
    ]
    last = (conn.execute(select(func.max(table.c.id))).scalar_one() for table in (place, area))
    return (*(tuple(each) if each else None for each in newest), *last)


def _aliases_mark(conn: Connection) -> _Mark:
    return tuple(conn.execute(select(func.count(), func.max(alias.c.event_id), func.max(alias.c.to_at))).one())


def read_names(conn: Connection) -> tuple[list[AreaName], list[PlaceName], str]:
    """The names of all areas and places, and the jurisdiction's own."""
    areas = conn.execute(
        select(area.c.id, area.c.code, area.c.level, area.c.name, area.c.name_en, area.c.path)
        .where(area.c.undone_at.is_(None))
        .order_by(area.c.id)
    )
    places = conn.execute(
        select(
            place.c.id, place.c.code, place.c.kind, place.c.name, place.c.name_en, place.c.parent_id, area.c.path,
            place.c.address,
        )
        .outerjoin(area, area.c.id == place.c.area_id)
        .where(place.c.undone_at.is_(None))
        .order_by(place.c.id)
    )  # fmt: skip
    own = conn.execute(select(jurisdiction.c.name)).scalar_one_or_none() or ""
    return (
        [AreaName(r.id, r.code, AreaLevel(r.level), r.name, r.name_en, r.path) for r in areas],
        [
            PlaceName(r.id, r.code, PlaceKind(r.kind), r.name, r.name_en, r.parent_id, r.path or ROOT, r.address)
            for r in places
        ],
        own,
    )


def read_aliases(conn: Connection) -> list[AliasName]:
    """The names that were learnt."""
    names = select(alias.c.id, alias.c.key, alias.c.place_id, alias.c.area_id)
    rows = conn.execute(names.where(alias.c.to_at.is_(None)).order_by(alias.c.id))
    return [AliasName(*row) for row in rows]
