"""The boundaries in force, as indexes: built once an edition, never used for another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from sqlalchemy import Connection, select

from geo.coverage.disc import Outlines
from geo.coverage.division import Division
from geo.coverage.index import GridIndex
from geo.coverage.parts import Cutter
from geo.crs import Metric
from geo.desk.asof import in_edition
from geo.desk.edition_grids import Shelf
from geo.model import GridLevel
from geo.store.tables import edition, grid, grid_version, scheme


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

    @property
    def metric(self) -> Metric:
        return self._metric

    def sheets(self, conn: Connection) -> list[Sheet]:
        """Every scheme that has an edition, the primary one first.

        The edition numbers are read in this transaction. Writers take turns on both stores, so nobody can publish
        between a decision and its commit.
        """
        schemes = conn.execute(
            select(scheme.c.id, scheme.c.name, scheme.c.is_primary).order_by(scheme.c.is_primary.desc(), scheme.c.name)
        ).all()
        # In the order of editions, so that the newest one of each scheme stays.
        published = select(edition.c.scheme_id, edition.c.number, edition.c.published_at).order_by(edition.c.number)
        newest = {row.scheme_id: (row.number, row.published_at) for row in conn.execute(published)}
        return [
            self._sheet(conn, row.id, row.name, row.is_primary, *newest[row.id]) for row in schemes if row.id in newest
        ]

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
        self._sheets[sheet.scheme_id] = (sheet.edition, published_at), sheet

    def _load(self, conn: Connection, scheme_id: int, name: str, is_primary: bool, number: int) -> Sheet:
        rows = conn.execute(
            select(grid_version.c.grid_id, grid_version.c.code, grid_version.c.geom)
            .where(
                grid_version.c.scheme_id == scheme_id,
                grid_version.c.level == GridLevel.GRID,
                grid_version.c.to_edition.is_(None),
            )
            .order_by(grid_version.c.code)
        ).all()
        index = GridIndex.from_arrays([row.code for row in rows], [row.geom for row in rows])
        grid_ids = np.array([row.grid_id for row in rows], dtype=np.int64)
        geoms = np.array([row.geom for row in rows], dtype=object)
        return Sheet(scheme_id, name, is_primary, number, index, grid_ids, geoms, self._metric)

    # -- micro-grids --------------------------------------------------------------------------------------------------

    def micro_grid(
        self, conn: Connection, grid_id: int, lon: float | None, lat: float | None, at: datetime | None = None
    ) -> int | None:
        """The micro-grid (微网格) under a point of a grid, in force or at ``at``; None where there is none."""
        if lon is None or lat is None:
            return None
        divided = self._division(conn, grid_id, at)
        if divided is None or not divided.grid_ids:
            return None
        x, y = self._metric.project(lon, lat)
        row = divided.division.row_at(float(x), float(y))
        return divided.grid_ids[row] if row >= 0 else None

    def _division(self, conn: Connection, grid_id: int, at: datetime | None) -> Divided | None:
        """Kept for the edition that was asked for last, which is nearly always the one in force."""
        query = select(edition.c.number, edition.c.published_at).join(grid, grid.c.scheme_id == edition.c.scheme_id)
        if at is not None:
            query = query.where(edition.c.published_at <= at)
        newest = conn.execute(query.where(grid.c.id == grid_id).order_by(edition.c.number.desc()).limit(1)).first()
        if newest is None:
            return None
        asked = (newest.number, newest.published_at)
        known, divided = self._divided.get(grid_id, (None, None))
        if divided is None or known != asked:
            divided = _divide(conn, grid_id, at)
            self._divided[grid_id] = asked, divided
        return divided


def _divide(conn: Connection, grid_id: int, at: datetime | None) -> Divided:
    version = grid_version.c
    rows = conn.execute(
        select(version.grid_id, version.code, version.geom)
        .where(version.parent_grid_id == grid_id, version.level == GridLevel.MICRO_GRID, in_edition(at))
        .order_by(version.code)
    ).all()
    division = Division([row.code for row in rows], [row.geom for row in rows])
    return Divided(division, tuple(row.grid_id for row in rows))
