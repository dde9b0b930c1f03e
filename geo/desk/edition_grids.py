"""The grids of an edition with all that is said of them, as drafts start from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, Select, select

from geo.coverage.homing import same_shape
from geo.coverage.nodes import Coverage
from geo.errors import NotFound
from geo.model import GridLevel
from geo.store.tables import edition, grid_version, scheme

Key = int | str  # the id of a grid, or the code of one that comes with a draft
_KEPT = 4  # editions in memory
_PART = 500  # ids in one query


@dataclass(frozen=True)
class GridRow:
    """A grid as an edition or a draft has it. grid_id: None where it comes with the draft. geom: metric polygon."""

    grid_id: int | None
    code: str
    name: str
    area_id: int
    geom: Any = field(compare=False)
    name_en: str | None = None
    households: int | None = None
    attributes: Mapping[str, Any] | None = None

    @property
    def key(self) -> Key:
        return self.code if self.grid_id is None else self.grid_id

    def is_as(self, other: GridRow) -> bool:
        """Whether nothing differs, shape included."""
        return self == other and same_shape(self.geom, other.geom)

    def as_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in _PLAIN}
        return {**told, "attributes": dict(self.attributes) if self.attributes else None, "shape": self.shape}

    @property
    def shape(self) -> str:
        """The geometry as it is stored with a draft."""
        return str(shapely.to_wkb(self.geom, hex=True))

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> GridRow:
        rest = {name: told[name] for name in (*_PLAIN, "attributes")}
        return cls(geom=shapely.from_wkb(told["shape"]), **rest)


_PLAIN = ("grid_id", "code", "name", "name_en", "area_id", "households")
Grids = Mapping[Key, GridRow]


class EditionGrids(dict[Key, GridRow]):
    """The grids of one edition by their ids, in the order of codes. Never changed once made."""

    @cached_property
    def by_code(self) -> Mapping[str, Key]:
        return {grid.code: key for key, grid in self.items()}

    @cached_property
    def coverage(self) -> Coverage:
        """The same grids, ready to be edited."""
        return Coverage.build({grid.code: grid.geom for grid in self.values()})


class Shelf:
    """The editions that were asked for last. For several threads: what one puts away another may still be reading."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int, datetime], EditionGrids] = {}

    def grids(self, conn: Connection, scheme_id: int, number: int) -> EditionGrids:
        """The grids of an edition by their ids. Raises NotFound without such an edition."""
        published = conn.execute(
            select(edition.c.published_at).where(edition.c.scheme_id == scheme_id, edition.c.number == number)
        ).scalar_one_or_none()
        if published is None:
            raise NotFound(f"there is no edition {number}")
        asked = (scheme_id, number, published)
        found = self._kept.get(asked)
        if found is None:
            found = load(conn, scheme_id, number)
            newer = list(self._kept.items())[1 - _KEPT :]
            self._kept = {**dict(newer), asked: found}
        return found

    def coverage(self, conn: Connection, scheme_id: int, number: int) -> Coverage:
        """The same grids, ready to be edited. Raises NotFound without such an edition."""
        return self.grids(conn, scheme_id, number).coverage


def load(conn: Connection, scheme_id: int, number: int) -> EditionGrids:
    """The grids of an edition by their ids, in the order of their codes; micro-grids are none of them."""
    rows = conn.execute(_versions(scheme_id, number))
    return EditionGrids({row.grid_id: GridRow(**row._mapping) for row in rows})


def _versions(scheme_id: int, number: int) -> Select[Any]:
    version = grid_version.c
    return (
        select(
            version.grid_id, version.code, version.name, version.name_en, version.area_id, version.households,
            version.attributes, version.geom,
        )
        .where(version.scheme_id == scheme_id, version.level == GridLevel.GRID)
        .where(version.from_edition <= number, version.to_edition.is_(None) | (version.to_edition > number))
        .order_by(version.code)
    )  # fmt: skip


def newest_edition(conn: Connection, scheme_id: int) -> int:
    """The number of the edition in force. Raises NotFound where nothing has been published."""
    query = select(edition.c.number).where(edition.c.scheme_id == scheme_id).order_by(edition.c.number.desc()).limit(1)
    number = conn.execute(query).scalar()
    if number is None:
        raise NotFound("the scheme has no edition yet: import grids first")
    return int(number)


def changed_between(conn: Connection, scheme_id: int, base: int, number: int) -> set[int]:
    """The grids that came, went or changed with the editions after ``base`` up to ``number``."""
    version = grid_version.c
    mine = version.scheme_id == scheme_id, version.level == GridLevel.GRID
    since = [(column > base) & (column <= number) for column in (version.from_edition, version.to_edition)]
    return set(conn.execute(select(version.grid_id).where(*mine, since[0] | since[1])).scalars())


def shapes(grids: Grids) -> tuple[list[str], np.ndarray]:
    """Codes and geometries, in order."""
    rows = list(grids.values())
    geoms = np.empty(len(rows), dtype=object)
    geoms[:] = [row.geom for row in rows]
    return [row.code for row in rows], geoms


def scheme_named(conn: Connection, name: str | None) -> tuple[int, str]:
    """The id and the name of a scheme; None: the primary one. Raises NotFound."""
    wanted = scheme.c.is_primary if name is None else scheme.c.name == name
    row = conn.execute(select(scheme.c.id, scheme.c.name).where(wanted)).first()
    if row is None:
        raise NotFound(f"there is no scheme {name!r}" if name else "there are no grids yet: import grids first")
    return row.id, row.name


def versions_at(conn: Connection, scheme_id: int, number: int, grid_ids: Collection[int]) -> EditionGrids:
    """Some grids as an edition has them, in the order of their codes; those that it has not are left out."""
    wanted = sorted(grid_ids)
    found: dict[Key, GridRow] = {}
    for start in range(0, len(wanted), _PART):
        part = grid_version.c.grid_id.in_(wanted[start : start + _PART])
        rows = conn.execute(_versions(scheme_id, number).where(part))
        found |= {row.grid_id: GridRow(**row._mapping) for row in rows}
    return EditionGrids(sorted(found.items(), key=lambda each: each[1].code))
