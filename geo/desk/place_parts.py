"""Which grids a place lies in, in every scheme: a lane (背街小巷) by its length in each, a compound (小区) by its area.

Interval rows, as of every decision: places are decided when they come or move, and all of a scheme's again when its
boundaries change. What turns out as it was is left as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, func, select, update

from geo.coverage.parts import OUTSIDE
from geo.desk.asof import recorded, version_of
from geo.desk.atlas import Sheet
from geo.desk.tx import Tx
from geo.model import Subject
from geo.store.insert import insert_many
from geo.store.tables import event, grid_version, place, place_part, scheme

CHUNK = 5_000  # ids a query
_DECIMALS = 3  # millimetres, and so many of a square metre


@dataclass(frozen=True, slots=True)
class PlacePart:
    """What of a place lies in a grid; grid_id None: outside every grid. Lines have a length, polygons an area."""

    grid_id: int | None
    is_primary: bool
    length_m: float | None = None
    area_m2: float | None = None


Parts = tuple[PlacePart, ...]


# -- deciding ---------------------------------------------------------------------------------------------------------


def parts_of(sheet: Sheet, geoms: Sequence[Any]) -> list[Parts]:
    """The parts of each geometry, the primary one first, what is outside last. Geometries in metres."""
    found: list[Parts] = [()] * len(geoms)
    shapes = np.array(geoms, dtype=object)
    dimensions = shapely.get_dimensions(shapes)
    points = np.flatnonzero(dimensions == 0)
    at = shapely.get_coordinates(shapely.point_on_surface(shapes[points]))
    for i, row in zip(points.tolist(), sheet.index.locate(at[:, 0], at[:, 1]).tolist(), strict=True):
        found[i] = (PlacePart(_grid_id(sheet, row), row != OUTSIDE),)
    for i in np.flatnonzero(dimensions > 0).tolist():
        name = "length_m" if dimensions[i] == 1 else "area_m2"
        cut = sheet.cutter.cut(_largest_dimension(shapes[i], int(dimensions[i])))
        found[i] = tuple(
            PlacePart(
                _grid_id(sheet, part.row),
                k == 0 and part.row != OUTSIDE,
                **{name: round(part.measure, _DECIMALS)},
            )
            for k, part in enumerate(cut)
        )
    return found


def _grid_id(sheet: Sheet, row: int) -> int | None:
    return None if row == OUTSIDE else int(sheet.grid_ids[row])


def _largest_dimension(geom: Any, dimension: int) -> Any:
    """Of a collection only what says most: its polygons, or its lines."""
    if geom.geom_type != "GeometryCollection":
        return geom
    parts = shapely.get_parts(geom)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == dimension])


# -- writing ----------------------------------------------------------------------------------------------------------


def assign_places(tx: Tx, place_ids: Iterable[int]) -> None:
    """Decide places that came or moved, in every scheme, by the event that last told of each.

    One that nothing has been told of (sample data) gets an event of its own.
    """
    ids = list(place_ids)
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        rows = tx.conn.execute(select(place.c.id, place.c.geom).where(place.c.id.in_(some)).order_by(place.c.id)).all()
        newest = tx.conn.execute(
            select(event.c.subject_id, func.max(event.c.id).label("event_id"))
            .where(event.c.subject == Subject.PLACE, event.c.subject_id.in_(some))
            .group_by(event.c.subject_id)
        )
        events = {row.subject_id: row.event_id for row in newest}
        untold = [row.id for row in rows if row.id not in events]
        told = insert_many(tx.conn, event, [tx.event_row("place.assigned", Subject.PLACE, each) for each in untold])
        events |= dict(zip(untold, told, strict=True))
        for sheet in tx.sheets():
            _write(tx, sheet, rows, events)


def reassign_places(tx: Tx, scheme_id: int, touched: Collection[int] | None = None) -> int:
    """Decide all places again by the boundaries that a scheme has now. Returns how many lie otherwise than before.

    touched: the grids that changed, where it is known: a place with no part in one of them, and none outside every
    grid, lies where it lay.
    """
    sheet = next((sheet for sheet in tx.sheets() if sheet.scheme_id == scheme_id), None)
    if sheet is None:
        return 0
    reason = f"edition {sheet.edition} of scheme {sheet.scheme}"

    ids, changed = places_in(tx.conn, scheme_id, touched), 0
    for start in range(0, len(ids), CHUNK):
        some = place.c.id.in_(ids[start : start + CHUNK])
        rows = tx.conn.execute(select(place.c.id, place.c.geom).where(some).order_by(place.c.id)).all()
        changed += _write(tx, sheet, rows, None, reason)
    return changed


def places_in(conn: Connection, scheme_id: int, touched: Collection[int] | None) -> list[int]:
    """The places that a change of these grids may concern, None: of all grids."""
    every = select(place.c.id).where(place.c.undone_at.is_(None)).order_by(place.c.id)
    if touched is None:
        return list(conn.execute(every).scalars())
    here = select(place_part.c.place_id).where(place_part.c.scheme_id == scheme_id, place_part.c.to_at.is_(None))
    found = set(conn.execute(here.where(place_part.c.grid_id.is_(None))).scalars())
    listed = sorted(touched)
    for start in range(0, len(listed), CHUNK):
        found |= set(conn.execute(here.where(place_part.c.grid_id.in_(listed[start : start + CHUNK]))).scalars())
    return sorted(found)


def end_parts(tx: Tx, place_ids: Any) -> None:
    """Places that are taken back lie nowhere. place_ids: a query for their ids."""
    mine = place_part.c.place_id.in_(place_ids), place_part.c.to_at.is_(None)
    tx.conn.execute(update(place_part).where(*mine).values(to_at=tx.now))


def _write(
    tx: Tx, sheet: Sheet, rows: Sequence[Any], events: Mapping[int, int] | None, reason: str | None = None
) -> int:
    """Write what is decided otherwise than it stands. events: by place; new ones, with the reason, if None.

    Returns how many places changed.
    """
    here = place_part.c.scheme_id == sheet.scheme_id, place_part.c.to_at.is_(None)
    ids = [row.id for row in rows]
    stood: dict[int, set[PlacePart]] = {}
    for row in tx.conn.execute(select(place_part).where(*here, place_part.c.place_id.in_(ids))):
        part = PlacePart(row.grid_id, row.is_primary, row.length_m, row.area_m2)
        stood.setdefault(row.place_id, set()).add(part)
    decided = dict(zip(ids, parts_of(sheet, [row.geom for row in rows]), strict=True))
    changed = [each for each in ids if set(decided[each]) != stood.get(each, set())]
    if not changed:
        return 0
    tx.conn.execute(update(place_part).where(*here, place_part.c.place_id.in_(changed)).values(to_at=tx.now))
    if events is None:
        told = [tx.event_row("place.assigned", Subject.PLACE, each, reason=reason) for each in changed]
        events = dict(zip(changed, insert_many(tx.conn, event, told), strict=True))
    insert_many(
        tx.conn,
        place_part,
        [
            {
                "place_id": each,
                "scheme_id": sheet.scheme_id,
                "grid_id": part.grid_id,
                "edition": sheet.edition,
                "is_primary": part.is_primary,
                "length_m": part.length_m,
                "area_m2": part.area_m2,
                "from_at": tx.now,
                "to_at": None,
                "event_id": events[each],
            }
            for each in changed
            for part in decided[each]
        ],
    )
    return len(changed)


# -- reading ----------------------------------------------------------------------------------------------------------


def parts_by_scheme(conn: Connection, place_id: int, at: datetime | None = None) -> dict[str, list[Any]]:
    """The parts of a place as they stand, or stood at ``at``, with codes and names of grids.

    Returns scheme name -> rows, the primary one first.
    """
    rows = conn.execute(
        select(
            place_part, scheme.c.name.label("scheme"), grid_version.c.code, grid_version.c.name, grid_version.c.name_en
        )
        .join(scheme, scheme.c.id == place_part.c.scheme_id)
        .outerjoin(grid_version, version_of(place_part.c.grid_id, at))
        .where(place_part.c.place_id == place_id, recorded(place_part, at))
        .order_by(scheme.c.is_primary.desc(), scheme.c.name, place_part.c.id)
    )  # fmt: skip
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.scheme, []).append(row)
    return found
