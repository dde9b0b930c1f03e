"""The grids of one edition, to be used away from the store: whichever is in force, was in force, or is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, select

from geo.bulk import GridSet
from geo.crs import Metric, check_metric_crs
from geo.desk.boundaries import prepare
from geo.errors import BadInput, NotFound
from geo.files import read_grids
from geo.model import GridLevel
from geo.store.store import Store
from geo.store.tables import edition, grid_version, scheme


@dataclass(frozen=True)
class Wanted:
    """Which edition of a scheme (None: the primary one): in force at a moment, or one by its number; else today's.

    discs: whether the shares of discs in its grids are wanted.
    """

    scheme: str | None = None
    at: datetime | None = None
    number: int | None = None
    discs: bool = False


def grids_of_store(store: Store, conn: Connection, wanted: Wanted) -> GridSet:
    """Raises NotFound where there is no such scheme or edition."""
    row = conn.execute(
        select(scheme.c.id, scheme.c.name).where(
            scheme.c.is_primary if wanted.scheme is None else scheme.c.name == wanted.scheme
        )
    ).first()
    if row is None:
        names = conn.execute(select(scheme.c.name).order_by(scheme.c.name)).scalars().all()
        there = f"there are {', '.join(names)}" if names else "there are none yet: import grids first"
        raise NotFound(f"there is no scheme {wanted.scheme or 'that is the primary one'!r}; {there}")
    number = _number(conn, row.id, row.name, wanted)
    version = grid_version.c
    rows = conn.execute(
        select(version.code, version.name, version.geom)
        .where(version.scheme_id == row.id, version.level == GridLevel.GRID)
        .where(version.from_edition <= number, version.to_edition.is_(None) | (version.to_edition > number))
        .order_by(version.code)
    ).all()
    return GridSet.of(
        [each.code for each in rows],
        [each.name for each in rows],
        np.array([each.geom for each in rows], dtype=object),
        srid=store.jurisdiction.metric_srid,
        edition=number,
        title=f"{len(rows):,} grids of scheme {row.name!r}, edition {number}",
        discs=wanted.discs,
    )


def _number(conn: Connection, scheme_id: int, name: str, wanted: Wanted) -> int:
    published = select(edition.c.number).where(edition.c.scheme_id == scheme_id).order_by(edition.c.number.desc())
    if wanted.at is not None:
        published = published.where(edition.c.published_at <= wanted.at)
    if wanted.number is not None:
        published = published.where(edition.c.number == wanted.number)
    found = conn.execute(published.limit(1)).scalar()
    if found is not None:
        return int(found)
    if wanted.number is not None:
        raise NotFound(f"scheme {name!r} has no edition {wanted.number}")
    if wanted.at is not None:
        raise NotFound(f"scheme {name!r} had no edition in force at {wanted.at.isoformat()}")
    raise NotFound(f"scheme {name!r} has no edition yet: import grids first")


def grids_of_file(
    path: Path,
    *,
    code: str,
    name: str | None,
    metric_crs: str,
    source_crs: str | None,
    repair: bool = False,
    discs: bool = False,
) -> tuple[GridSet, tuple[str, ...]]:
    """Grids of a file, checked as a store's are, and notes on them. Raises FaultyCoverage, UnsuitableCrs, BadInput."""
    srid = check_metric_crs(metric_crs)
    file = read_grids(path, code=code, name=name, source_crs=source_crs)
    if not file.codes:
        raise BadInput(f"{path.name} holds no grids")
    prepared = prepare(file, srid, repair=repair)
    grids = GridSet.of(
        file.codes,
        file.names,
        prepared.geoms,
        srid=Metric(srid).srid,
        edition=None,
        title=f"{len(file.codes):,} grids of {path.name}",
        discs=discs,
    )
    warnings = (f"warning: {fault.message}" for fault in prepared.warnings)
    return grids, (*prepared.notes, *warnings)
