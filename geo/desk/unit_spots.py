"""Where a rental unit is: by its place, its address and the coordinates that came with it, as a report is."""

from __future__ import annotations

from typing import Any

from geo.desk.locating import Locator
from geo.desk.moving import is_at
from geo.model import Method, Position
from geo.rules.evidence import BY_ADDRESS, POINT


def own_position(row: Any, locator: Locator) -> Position | None:
    """The coordinates that came with a unit, None without any.

    row: of the unit, with ``method`` and ``evidence`` of the assignment that it has, and the code of its ``place``.
    What a place decided stands where the place does, and keeps its own coordinates beside that.
    """
    if row.point_lon is not None:
        return Position(row.point_lon, row.point_lat, row.point_lon, row.point_lat, "wgs84")
    if row.geom is None or _is_by_place(row, locator):
        return None
    return Position(row.geom.x, row.geom.y, row.geom.x, row.geom.y, "wgs84")


def named_place(row: Any, locator: Locator) -> str | None:
    """The code of the place that a unit names itself; None where its address named the place, which goes with it.

    row: as above. Before the first grids nothing tells which it was: then what the address names came by the address.
    """
    if row.evidence is not None:
        return None if row.evidence.get("source") in BY_ADDRESS else row.place
    if row.place is None or row.address is None:
        return row.place
    found = locator.find(None, row.address)
    return None if found is not None and found.code == row.place else row.place


def _is_by_place(row: Any, locator: Locator) -> bool:
    """Whether a place decided where a unit is. Older ones say so by the method, without grids nothing does."""
    if row.evidence is not None:
        return bool(row.evidence["decided_by"] != POINT)
    if row.method is not None:
        return bool(row.method == Method.PLACE)
    spot = locator.spot(None, row.place, row.address)
    return spot.evidence is not None and is_at(spot, row.geom)


def kept_point(own: Position | None, *, by_place: bool) -> dict[str, float | None]:
    """What a unit's row keeps of its own coordinates: where a place stands for it they would be lost."""
    return {"point_lon": own.lon if own and by_place else None, "point_lat": own.lat if own and by_place else None}
