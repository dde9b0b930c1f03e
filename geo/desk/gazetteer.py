"""Every name that can be searched for, in memory: grids, areas, places with what was learnt of them, people in posts.

Made when first asked for and kept until an event says that some name changed. It holds everybody's; what a reader may
find is chosen from it each time.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from geo.desk.people import serving
from geo.model import GridLevel, Subject
from geo.rules.access import ROOT
from geo.rules.matching import Corpus, Mask
from geo.rules.spelling import fold, tokens, units
from geo.store.tables import alias, appointment, area, event, grid_version, person, place, post, scheme

WITHIN_CODE = 4  # so many letters of a code say something wherever they stand in it; fewer stand in nearly every code
_NAMING = (Subject.GRID, Subject.AREA, Subject.PLACE, Subject.PERSON, Subject.SCHEME, Subject.BATCH)


class Kind(StrEnum):
    """What can be found, in the order in which it is shown."""

    GRID = "grid"
    AREA = "area"
    PLACE = "place"
    PERSON = "person"
    ISSUE = "issue"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name. ``path`` is the area that it belongs to, "/" for what belongs to none.

    about: level of an area or grid, kind of a place, kind of a person's post. area_id: the area around it. grid_id: the
    grid on the map that it is, or that it lies in where that is known by its kind. post_on: what a person's post is on.
    learnt: other names of a place or an area.
    """

    kind: Kind
    id: int
    code: str
    name: str
    name_en: str | None
    about: str
    path: str
    area_id: int | None = None
    grid_id: int | None = None
    place_id: int | None = None
    post_on: Entry | None = None
    learnt: tuple[str, ...] = ()


class Names:
    """The entries of one kind with what it takes to find them, the shortest name first."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = sorted(entries, key=lambda entry: (len(entry.name), entry.code, entry.id))
        spelt = [
            (i, text)
            for i, entry in enumerate(self.entries)
            for text in (entry.name, entry.name_en, *entry.learnt)
            if text
        ]
        self._entry_of_line = np.array([i for i, _ in spelt], dtype=np.int64)
        self._corpus = Corpus([units(text) for _, text in spelt])
        # A person is not known by code: it is a number of an import.
        coded = [(_plain(entry.code), i) for i, entry in enumerate(self.entries) if entry.kind is not Kind.PERSON]
        self._codes = sorted(coded)
        self._paths = sorted({entry.path for entry in self.entries})
        at = {path: i for i, path in enumerate(self._paths)}
        self._path_of = np.array([at[entry.path] for entry in self.entries], dtype=np.int64)

    def under(self, prefixes: Sequence[str]) -> Mask:
        """(n,) which entries belong to one of the areas with these paths."""
        seen = np.array([any(path.startswith(prefix) for prefix in prefixes) for path in self._paths], dtype=bool)
        return seen[self._path_of]

    def find(self, query: str, among: Mask, limit: int) -> list[Entry]:
        """The best entries by name or code: a whole code first, then names, then parts of codes."""
        if not len(self.entries):
            return []
        rows = self._find(query, among)
        return [self.entries[i] for i in islice(dict.fromkeys(i for i in rows if among[i]), limit)]

    def _find(self, query: str, among: Mask) -> Iterable[int]:
        code = _plain(query)
        start = bisect_left(self._codes, (code, -1)) if code else len(self._codes)
        begins = list(self._beginning_with(code, start))
        yield from (i for text, i in begins if text == code)
        yield from self._entry_of_line[self._corpus.find(tokens(query), among[self._entry_of_line])].tolist()
        yield from (i for _, i in begins)
        if len(code) >= WITHIN_CODE:
            yield from (i for text, i in self._codes if code in text)

    def _beginning_with(self, code: str, start: int) -> Iterable[tuple[str, int]]:
        for at in range(start, len(self._codes)):
            if not self._codes[at][0].startswith(code):
                return
            yield self._codes[at]


def _plain(code: str) -> str:
    return "".join(letter for letter in fold(code) if letter.isalnum())


@dataclass(frozen=True)
class Gazetteer:
    """All names at one moment. areas: id -> row, to say where something is. grids: id -> code."""

    names: dict[Kind, Names]
    areas: dict[int, Any]
    grids: dict[int, str]

    def around(self, area_id: int | None) -> list[Any]:
        """The areas that something lies in, the smallest first, without the jurisdiction itself."""
        found = []
        above = self.areas.get(area_id) if area_id is not None else None
        while above is not None and above.parent_id is not None:
            found.append(above)
            above = self.areas.get(above.parent_id)
        return found


class Gazetteers:
    """Hands out the gazetteer of today. One a process; readers of an older snapshot may get a newer name."""

    def __init__(self) -> None:
        self._made: tuple[int, date, Gazetteer] | None = None
        self._making = threading.Lock()

    def today(self, conn: Connection, today: date) -> Gazetteer:
        """Names as they are, with the people who are in their posts on that local date."""
        with self._making:  # whoever comes meanwhile waits for the one that is made
            newest = conn.execute(select(func.max(event.c.id))).scalar_one() or 0
            if self._made is None or self._made[1] != today or _renamed(conn, self._made[0], newest):
                self._made = (newest, today, make(conn, today))
            elif newest > self._made[0]:
                self._made = (newest, *self._made[1:])
            return self._made[2]


def _renamed(conn: Connection, after: int, until: int) -> bool:
    """Whether events since then may have changed a name."""
    since = select(event.c.id).where(event.c.id > after, event.c.id <= until, event.c.subject.in_(_NAMING)).limit(1)
    return until > after and conn.execute(since).first() is not None


def make(conn: Connection, today: date) -> Gazetteer:
    """Read every name there is."""
    columns = [area.c[name] for name in ("id", "code", "name", "name_en", "level", "path", "parent_id")]
    areas = {row.id: row for row in conn.execute(select(*columns).where(area.c.undone_at.is_(None)))}
    of_places, of_areas = _learnt(conn)
    grids = {entry.id: entry for entry in _grids(conn)}
    places = {entry.id: entry for entry in _places(conn, of_places)}
    people = [entry for row in _posts_held(conn, today) if (entry := _person(row, areas, grids, places))]
    names = {
        Kind.GRID: Names(grids.values()),
        Kind.AREA: Names(_area(row, of_areas.get(row.id, ())) for row in areas.values()),
        Kind.PLACE: Names(places.values()),
        Kind.PERSON: Names(people),
    }
    return Gazetteer(names, areas, {entry.id: entry.code for entry in grids.values()})


def _learnt(conn: Connection) -> tuple[dict[int, tuple[str, ...]], dict[int, tuple[str, ...]]]:
    """The learnt names that hold, of places and of areas, by id."""
    columns = select(alias.c.text, alias.c.place_id, alias.c.area_id).where(alias.c.to_at.is_(None))
    found: tuple[dict[int, tuple[str, ...]], dict[int, tuple[str, ...]]] = ({}, {})
    for row in conn.execute(columns.order_by(alias.c.id)):
        names, of = (found[0], row.place_id) if row.place_id is not None else (found[1], row.area_id)
        names[of] = (*names.get(of, ()), row.text)
    return found


def _area(row: Any, learnt: tuple[str, ...] = ()) -> Entry:
    names = (row.code, row.name, row.name_en, row.level, row.path)
    return Entry(Kind.AREA, row.id, *names, area_id=row.parent_id, learnt=learnt)


def _grids(conn: Connection) -> Iterable[Entry]:
    """Grids and micro-grids in force of the primary scheme, which is the one on the map."""
    version = grid_version.c
    rows = conn.execute(
        select(
            version.grid_id, version.code, version.name, version.name_en, version.level, version.area_id,
            version.parent_grid_id, area.c.path,
        )
        .join(area, area.c.id == version.area_id)
        .join(scheme, scheme.c.id == version.scheme_id)
        .where(scheme.c.is_primary, version.to_edition.is_(None))
    )  # fmt: skip
    for row in rows:
        on_map = row.grid_id if row.level == GridLevel.GRID else row.parent_grid_id
        names = (row.code, row.name, row.name_en, row.level, row.path)
        yield Entry(Kind.GRID, row.grid_id, *names, area_id=row.area_id, grid_id=on_map)


def _places(conn: Connection, learnt: Mapping[int, tuple[str, ...]]) -> Iterable[Entry]:
    rows = conn.execute(
        select(place.c.id, place.c.code, place.c.name, place.c.name_en, place.c.kind, place.c.area_id, area.c.path)
        .outerjoin(area, area.c.id == place.c.area_id)
        .where(place.c.undone_at.is_(None))
    )
    for row in rows:
        names = (row.code, row.name, row.name_en, row.kind, row.path or ROOT)
        yield Entry(Kind.PLACE, row.id, *names, area_id=row.area_id, place_id=row.id, learnt=learnt.get(row.id, ()))


def _posts_held(conn: Connection, today: date) -> Iterable[Any]:
    return conn.execute(
        select(
            person.c.id, person.c.code, person.c.name, person.c.name_en,
            post.c.kind, post.c.grid_id, post.c.area_id, post.c.place_id,
        )
        .select_from(
            appointment.join(post, post.c.id == appointment.c.post_id)
            .join(person, person.c.id == appointment.c.person_id)
        )
        .where(person.c.undone_at.is_(None), serving(today))
    )  # fmt: skip


def _person(row: Any, areas: dict[int, Any], grids: dict[int, Entry], places: dict[int, Entry]) -> Entry | None:
    """Somebody in a post; None where what the post is on is no more."""
    names = (Kind.PERSON, row.id, row.code, row.name, row.name_en, row.kind)
    if row.grid_id in grids:
        on = grids[row.grid_id]
        return Entry(*names, on.path, area_id=on.area_id, grid_id=on.grid_id, post_on=on)
    if row.area_id in areas:
        on = _area(areas[row.area_id])
        return Entry(*names, on.path, area_id=on.area_id, post_on=on)
    if row.place_id in places:
        on = places[row.place_id]
        return Entry(*names, on.path, area_id=on.area_id, place_id=on.place_id, post_on=on)
    return None
