"""What a person may see of what is stored: grants turned into query conditions and into sets of grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, false, func, or_, select, true

from geo.desk.asof import published
from geo.errors import NotFound
from geo.rules.access import EVERYWHERE, ROOT, Extent
from geo.store.tables import area, grid_version

Column = ColumnElement[Any]


def in_extents(
    extents: Sequence[Extent], grid_id: Column, category: Column | None = None, at: datetime | None = None
) -> ColumnElement[bool]:
    """Rows whose grid lies in one of the extents and whose category code it covers.

    What has no grid belongs to grants at the root. Retired grids stay with the area they had last, so that a closed
    issue keeps its readers. at: a filter goes by the areas of that time; what somebody may see goes by today's.
    """
    return or_(false(), *(_in_extent(extent, grid_id, category, at) for extent in extents))


def _in_extent(extent: Extent, grid_id: Column, category: Column | None, at: datetime | None) -> ColumnElement[bool]:
    here = true() if extent.path == ROOT else grid_id.in_(_grids_under(extent.path, at))
    if extent.categories is None:
        return here
    return here & (category.in_(extent.categories) if category is not None else false())


def anything(extents: Sequence[Extent]) -> list[Extent]:
    """The same areas whatever the category: for grids and people, which have none."""
    return [Extent(extent.path) for extent in extents]


def under(path: str) -> ColumnElement[bool]:
    """Areas at or below a path. Letter by letter: LIKE does not tell a code in capitals from another on SQLite."""
    return func.substr(area.c.path, 1, len(path)) == path


def area_path(conn: Connection, code: str, seen: Sequence[Extent] = EVERYWHERE) -> str:
    """The path of an area by its code. Raises NotFound, also for one that neither lies in what is seen nor above it."""
    path = conn.execute(select(area.c.path).where(area.c.code == code, area.c.undone_at.is_(None))).scalar_one_or_none()
    if path is None or not leads_to(path, seen):
        raise NotFound(f"there is no area {code} that you may see")
    return path


def leads_to(path: str, extents: Sequence[Extent]) -> bool:
    """Whether an area lies in one of the extents or above it."""
    return any(extent.covers(path) or extent.path.startswith(path) for extent in extents)


def in_area(
    conn: Connection, code: str, grid_id: Column, seen: Sequence[Extent], at: datetime | None = None
) -> ColumnElement[bool]:
    """Rows whose grid lies in an area or in one below it, at ``at`` or now. Raises NotFound as area_path does."""
    return in_extents([Extent(area_path(conn, code, seen))], grid_id, at=at)


def _grids_under(path: str, at: datetime | None = None) -> Any:
    versions = select(func.max(grid_version.c.id)).where(published(at)).group_by(grid_version.c.grid_id)
    newest = versions.scalar_subquery()
    return (
        select(grid_version.c.grid_id)
        .join(area, area.c.id == grid_version.c.area_id)
        .where(under(path), grid_version.c.id.in_(newest))
    )


@dataclass(frozen=True)
class Sight:
    """The extents of one capability with their grids listed, to filter what is already in memory."""

    parts: tuple[tuple[frozenset[int] | None, frozenset[str] | None], ...]  # grids, categories; None: all

    def sees(self, grid_id: int | None, category: str | None = None) -> bool:
        return any(
            (grids is None or grid_id in grids) and (categories is None or category in categories)
            for grids, categories in self.parts
        )

    def mask(self, grid_id: np.ndarray, category: np.ndarray) -> np.ndarray:
        """Which of n rows are seen. grid_id: (n,) int64, -1 without a grid. category: (n,) codes. Returns (n,) bool."""
        seen = np.zeros(len(grid_id), dtype=bool)
        for grids, categories in self.parts:
            here = np.ones_like(seen) if grids is None else np.isin(grid_id, np.fromiter(grids, np.int64, len(grids)))
            seen |= here if categories is None else here & np.isin(category, sorted(categories))
        return seen

    @property
    def grids(self) -> frozenset[int] | None:
        """Every grid that is seen for at least some category; None: all."""
        if any(grids is None for grids, _ in self.parts):
            return None
        return frozenset().union(*(grids for grids, _ in self.parts if grids is not None))


def sight(conn: Connection, extents: Sequence[Extent]) -> Sight:
    """Resolve extents against the boundaries in force."""
    return Sight(
        tuple(
            (
                None if extent.path == ROOT else frozenset(conn.execute(_grids_under(extent.path)).scalars()),
                extent.categories,
            )
            for extent in extents
        )
    )
