"""The fields of a place that registers speak of, as text, and how one is put into the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import Connection, Table, select, update

from geo.crs import Metric
from geo.desk.following import follow
from geo.desk.place_parts import assign_places
from geo.desk.tx import Tx
from geo.desk.unit_fields import position_text
from geo.errors import BadInput
from geo.model import Subject
from geo.store.tables import area, place

_PLAIN = ("name", "name_en", "kind", "address")
_DECIDES = frozenset(("position", "kind"))  # what says where something is that names the place
_FARTHEST = 50  # steps from a place to the outermost that it belongs to: more is a circle


@dataclass(frozen=True)
class PlaceFields:
    """metric: turns a point into degrees, as a table has it; other shapes are WKT in metres."""

    metric: Metric

    def position(self, geom: Any) -> str:
        if geom.geom_type != "Point":
            return str(shapely.to_wkt(geom, rounding_precision=3))
        return position_text(*(float(v) for v in self.metric.unproject(geom.x, geom.y)))

    def stored(self, conn: Connection, row_ids: Sequence[int]) -> dict[int, dict[str, str | None]]:
        """What the store says of these places."""
        above = place.alias()
        rows = conn.execute(
            select(place, above.c.code.label("parent"), area.c.code.label("area"))
            .select_from(
                place.outerjoin(above, above.c.id == place.c.parent_id).outerjoin(area, area.c.id == place.c.area_id)
            )
            .where(place.c.id.in_(row_ids))
        )
        return {
            row.id: {
                **{name: getattr(row, name) for name in _PLAIN},
                "parent": row.parent,
                "area": row.area,
                "households": None if row.households is None else str(row.households),
                "position": self.position(row.geom),
            }
            for row in rows
        }

    def put(self, tx: Tx, row_id: int, values: Mapping[str, str | None]) -> None:
        """Say these fields of a place anew. Raises BadInput, with nothing put."""
        new: dict[str, Any] = {name: values[name] for name in _PLAIN if name in values}
        if "households" in values:
            new["households"] = None if values["households"] is None else int(values["households"])
        if "parent" in values:
            new["parent_id"] = _id_of(tx.conn, place, values["parent"])
            _refuse_circle(tx.conn, row_id, new["parent_id"])
        if "area" in values:
            new["area_id"] = _id_of(tx.conn, area, values["area"])
        if values.get("position"):
            new["geom"] = self._geom(str(values["position"]))
        tx.conn.execute(update(place).where(place.c.id == row_id).values(**new))
        tx.record("place.corrected", Subject.PLACE, row_id, data={"fields": sorted(values)})

    def settle(self, tx: Tx, put: Mapping[int, Collection[str]]) -> None:
        """Places that moved are decided again, and with them what they decided."""
        assign_places(tx, put)
        if moved := [row_id for row_id, names in put.items() if not _DECIDES.isdisjoint(names)]:
            follow(tx, moved)

    def _geom(self, text: str) -> Any:
        if text[0].isalpha():
            return shapely.from_wkt(text)
        x, y = self.metric.project(*map(float, text.split(",")))
        return shapely.Point(float(x), float(y))


def _id_of(conn: Connection, table: Table, code: str | None) -> int | None:
    if code is None:
        return None
    found: int | None = conn.execute(
        select(table.c.id).where(table.c.code == code, table.c.undone_at.is_(None))
    ).scalar_one_or_none()
    if found is None:
        raise BadInput(f"there is no {table.name} {code!r}: import it first")
    return found


def _refuse_circle(conn: Connection, row_id: int, parent_id: int | None) -> None:
    above = parent_id
    for _ in range(_FARTHEST):
        if above is None:
            return
        if above == row_id:
            break
        above = conn.execute(select(place.c.parent_id).where(place.c.id == above)).scalar()
    raise BadInput("its parent belongs to it: a place lies in what is larger")
