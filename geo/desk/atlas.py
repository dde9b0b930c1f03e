"""The boundaries in force, as indexes: built once an edition, never used for another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, select

from geo.coverage.disc import Outlines
from geo.coverage.division import Division
from geo.coverage.index import GridIndex
from geo.coverage.parts import Cutter
from geo.crs import Metric
from geo.desk.asof import by, in_edition
from geo.desk.edition_grids import Shelf
from geo.desk.newest import Newest
from geo.errors import NotFound
from geo.model import GridLevel
from geo.store.tables import edition, grid, grid_version, scheme
from geo.store.types import parse_utc, utc_text

_PLANS = 4  # in memory: each has an index of its own

# Made once: every group of reports asks them, and SQLAlchemy takes longer to make a statement than to carry it out.
_SCHEMES = select(scheme.c.id, scheme.c.name, scheme.c.is_primary).order_by(scheme.c.is_primary.desc(), scheme.c.name)
# In the order of editions, so that the newest one of each scheme stays.
_PUBLISHED = select(edition.c.scheme_id, edition.c.number, edition.c.published_at).order_by(edition.c.number)
_SCHEMES_OF = select(grid.c.id, grid.c.scheme_id).where(grid.c.id.in_(bindparam("grid_ids", expanding=True)))


@dataclass(frozen=True)
class Sheet:
    """One scheme's edition in force. Row ``i`` of the index is grid ``grid_ids[i]``."""

    scheme_id: int
    scheme: str
    is_primary: bool
    edition: int
    index: GridIndex
    grid_ids: np.ndarray  # (n,) int64
    geoms: np.ndarray  # (n,) multipolygons in metres
    metric: Metric

    @property
    def codes(self) -> np.ndarray:
        """(n,) grid codes, by row."""
        return self.index.codes

    @cached_property
    def outlines(self) -> Outlines:
        """The grids' edges, to measure discs by."""
        return Outlines.of(self.geoms)

    @cached_property
    def cutter(self) -> Cutter:
        """What cuts lanes and compounds at the grids' edges."""
        return Cutter([str(code) for code in self.codes], self.geoms)


@dataclass(frozen=True)
class Divided:
    """The micro-grids of one grid in one edition. Row ``i`` of the division is micro-grid ``grid_ids[i]``."""

    division: Division
    grid_ids: tuple[int, ...]


class Atlas:
    """Hands out the sheet of the edition that the caller's transaction sees."""

    def __init__(self, metric_srid: int) -> None:
        self._metric = Metric(metric_srid)
        self._sheets: dict[int, tuple[tuple[int, datetime], Sheet]] = {}
        self._divided: dict[int, tuple[tuple[int, datetime], Divided]] = {}
        self.shelf = Shelf()
        self.plans: Newest[Any] = Newest(_PLANS)  # planning.planned

    @property
    def metric(self) -> Metric:
        return self._metric

    def sheets(self, conn: Connection) -> list[Sheet]:
        """Every scheme that has an edition, the primary one first.

        The edition numbers are read in this transaction. Writers take turns on both stores, so nobody can publish
        between a decision and its commit.
        """
        schemes = conn.execute(_SCHEMES).all()
        newest = _newest(conn)
        return [
            self._sheet(conn, row.id, row.name, row.is_primary, *newest[row.id]) for row in schemes if row.id in newest
        ]

    def sheet(self, conn: Connection, name: str | None, at: datetime | None = None) -> Sheet:
        """One scheme's (None: the primary one's) edition in force, or that of ``at``, made then. Raises NotFound."""
        if at is None:
            known = next((s for s in self.sheets(conn) if (s.is_primary if name is None else s.scheme == name)), None)
            if known is not None:
                return known
        wanted = scheme.c.is_primary if name is None else scheme.c.name == name
        row = conn.execute(
            select(scheme.c.id, scheme.c.name, scheme.c.is_primary, edition.c.number)
            .join(edition, edition.c.scheme_id == scheme.c.id)
            .where(wanted, by(edition.c.published_at, at))
            .order_by(edition.c.number.desc())
            .limit(1)
        ).first()
        if row is None:
            then = "" if at is None else " then"
            what = f"scheme {name!r} with grids in force" if name else "grid in force"
            raise NotFound(f"there is no {what}{then}")
        return self._load(conn, row.id, row.name, row.is_primary, row.number)

    def _sheet(
        self, conn: Connection, scheme_id: int, name: str, is_primary: bool, number: int, published_at: datetime
    ) -> Sheet:
        # A publication that was rolled back leaves its number to the next one, and on SQLite its ids too.
        known, sheet = self._sheets.get(scheme_id, (None, None))
        if sheet is None or known != (number, published_at):
            sheet = self._load(conn, scheme_id, name, is_primary, number)
            self._sheets[scheme_id] = (number, published_at), sheet
        return sheet

    def take(self, sheet: Sheet, published_at: datetime) -> None:
        """The sheet of an edition that is being published, made by who publishes it: nobody loads it again."""
        as_stored = parse_utc(utc_text(published_at))  # clocks tell microseconds, stores keep milliseconds
        self._sheets[sheet.scheme_id] = (sheet.edition, as_stored), sheet

    def _load(self, conn: Connection, scheme_id: int, name: str, is_primary: bool, number: int) -> Sheet:
        rows = conn.execute(
            select(grid_version.c.grid_id, grid_version.c.code, grid_version.c.geom)
            .where(
                grid_version.c.scheme_id == scheme_id,
                grid_version.c.level == GridLevel.GRID,
                grid_version.c.from_edition <= number,
                grid_version.c.to_edition.is_(None) | (grid_version.c.to_edition > number),
            )
            .order_by(grid_version.c.code)
        ).all()
        index = GridIndex.from_arrays([row.code for row in rows], [row.geom for row in rows])
        grid_ids = np.array([row.grid_id for row in rows], dtype=np.int64)
        geoms = np.array([row.geom for row in rows], dtype=object)
        return Sheet(scheme_id, name, is_primary, number, index, grid_ids, geoms, self._metric)

    # -- micro-grids --------------------------------------------------------------------------------------------------

    def micro_grids(
        self,
        conn: Connection,
        points: Sequence[tuple[int | None, float | None, float | None]],
        at: datetime | None = None,
    ) -> list[int | None]:
        """The micro-grids (微网格) under points of grids, in force or at ``at``; None where there is none."""
        grid_ids = {
            grid_id for grid_id, lon, lat in points if grid_id is not None and lon is not None and lat is not None
        }
        divisions = self._divisions(conn, grid_ids, at)
        return [self._micro_grid(divisions.get(grid_id or 0), lon, lat) for grid_id, lon, lat in points]

    def _micro_grid(self, divided: Divided | None, lon: float | None, lat: float | None) -> int | None:
        if divided is None or not divided.grid_ids or lon is None or lat is None:
            return None
        x, y = self._metric.project(lon, lat)
        row = divided.division.row_at(float(x), float(y))
        return divided.grid_ids[row] if row >= 0 else None

    def _divisions(self, conn: Connection, grid_ids: Collection[int], at: datetime | None) -> dict[int, Divided]:
        """Kept for the edition that was asked for last, which is nearly always the one in force."""
        if not grid_ids:
            return {}
        newest = _newest(conn, at)
        asked = conn.execute(_SCHEMES_OF, {"grid_ids": list(grid_ids)}).all()
        return {
            row.id: self._division(conn, row.id, newest[row.scheme_id], at) for row in asked if row.scheme_id in newest
        }

    def _division(self, conn: Connection, grid_id: int, asked: tuple[int, datetime], at: datetime | None) -> Divided:
        known, divided = self._divided.get(grid_id, (None, None))
        if divided is None or known != asked:
            divided = _divide(conn, grid_id, at)
            self._divided[grid_id] = asked, divided
        return divided


def _newest(conn: Connection, at: datetime | None = None) -> dict[int, tuple[int, datetime]]:
    """Each scheme's newest edition, or its newest at ``at``: scheme id -> its number, and when it was published."""
    query = _PUBLISHED if at is None else _PUBLISHED.where(by(edition.c.published_at, at))
    return {row.scheme_id: (row.number, row.published_at) for row in conn.execute(query)}


def _divide(conn: Connection, grid_id: int, at: datetime | None) -> Divided:
    version = grid_version.c
    rows = conn.execute(
        select(version.grid_id, version.code, version.geom)
        .where(version.parent_grid_id == grid_id, version.level == GridLevel.MICRO_GRID, in_edition(at))
        .order_by(version.code)
    ).all()
    division = Division([row.code for row in rows], [row.geom for row in rows])
    return Divided(division, tuple(row.grid_id for row in rows))
