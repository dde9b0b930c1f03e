"""One place as a drawer or a program reads it: where it is, which grids it lies in, and who answers for it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from geo.desk.asof import existed
from geo.desk.details import Reading, chain_at
from geo.desk.lists import area_in
from geo.desk.place_parts import parts_by_scheme
from geo.errors import NotFound
from geo.rules.access import Extent
from geo.rules.evidence import stands_at
from geo.store.tables import area, place

_AS_STORED = ("id", "code", "kind", "name", "name_en", "address", "households")


def place_detail(conn: Connection, extents: Sequence[Extent], code: str, reading: Reading) -> dict[str, Any]:
    """A place by its code, with the grids that it lay in at the moment that is read.

    Raises NotFound for what is not there and for what this reader may not see.
    """
    above = place.alias("above")
    row = conn.execute(
        select(place, area.c.code.label("area"), above.c.code.label("parent"))
        .outerjoin(area, area.c.id == place.c.area_id)
        .outerjoin(above, above.c.id == place.c.parent_id)
        .where(place.c.code == code, existed(place, reading.when.as_of), area_in(extents))
    ).first()
    if row is None:
        raise NotFound(f"there is no place {code} that you may see")
    lon, lat = stands_at(reading.atlas.metric, row.geom)
    schemes = parts_by_scheme(conn, row.id, reading.when.as_of)
    return {
        **{name: getattr(row, name) for name in _AS_STORED},
        "area": row.area,
        "parent": row.parent,
        "lon": round(lon, 7),
        "lat": round(lat, 7),
        "length_m": _total(schemes, "length_m"),
        "area_m2": _total(schemes, "area_m2"),
        "schemes": {name: _scheme(conn, parts, (lon, lat), reading) for name, parts in schemes.items()},
    }


def _total(schemes: dict[str, list[Any]], measure: str) -> float | None:
    """The measure of the whole, which is the same in every scheme. None where the place has none."""
    parts = next(iter(schemes.values()), [])
    measures = [value for part in parts if (value := getattr(part, measure)) is not None]
    return round(sum(measures), 3) if measures else None


def _scheme(conn: Connection, parts: Sequence[Any], at: tuple[float, float], reading: Reading) -> dict[str, Any]:
    """The grid that answers, its chain, and all parts. A point has one part, without a measure."""
    primary = next((part for part in parts if part.is_primary), None)
    is_point = all(part.length_m is None and part.area_m2 is None for part in parts)
    lon, lat = at if is_point else (None, None)
    return {
        "grid": primary.code if primary else None,
        "edition": parts[0].edition,
        "chain": chain_at(conn, primary.grid_id, lon, lat, reading) if primary else [],
        "parts": [
            {
                "grid": part.code,
                "grid_name": part.name,
                "grid_name_en": part.name_en,
                "primary": bool(part.is_primary),
                "length_m": part.length_m,
                "area_m2": part.area_m2,
            }
            for part in parts
        ],
    }
