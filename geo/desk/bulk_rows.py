"""What the desk gives a bulk job from the store, and sees of its first rows before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sqlalchemy import Connection, select

from geo.bulk import Bulk, NameSet
from geo.bulk.placing import texts
from geo.bulk.points import read_points
from geo.bulk.sources import Batch
from geo.desk.address_books import read_aliases, read_names
from geo.desk.pins import MOST, Pin, thinned
from geo.store.tables import place

LOOKED_AT = 1 << 20  # rows: who names nothing in so many will hardly do so later


def names_of_store(conn: Connection) -> NameSet:
    """All names with where their places lie."""
    areas, places, own = read_names(conn)
    rows = conn.execute(select(place.c.id, place.c.geom).where(place.c.undone_at.is_(None)))
    geoms = {row.id: row.geom for row in rows}
    return NameSet(
        tuple(areas), tuple(places), tuple(read_aliases(conn)), tuple(geoms[each.id] for each in places), own
    )


def first_pins(job: Bulk) -> list[Pin]:
    """Of the first rows those that have coordinates and name something, as ``geo.desk.datum_check`` looks at them.

    Where they are many, some, evenly spread.
    """
    return thinned(_pins(job), MOST) if job.plan.where.is_named else []


def _pins(job: Bulk) -> Iterator[Pin]:
    for batch in job.source.stream():
        if batch.first_row >= LOOKED_AT:
            return
        yield from _of_batch(job, batch)


def _of_batch(job: Bulk, batch: Batch) -> Iterator[Pin]:
    where = job.plan.where
    points = read_points(batch.table, where)
    codes, addresses = texts(batch.table, where.place), texts(batch.table, where.address)
    there = np.isfinite(points.x) & np.isfinite(points.y) & ~((points.x == 0) & (points.y == 0))
    for row in np.flatnonzero(there).tolist():
        code, address = codes[row], addresses[row]
        if row not in batch.broken and (code or address):
            said = tuple(each for each in (address, code) if each)
            x, y = float(points.x[row]), float(points.y[row])
            yield Pin(batch.first_row + row + 1, "", x, y, where.datum, (code,) if code else (), said)
