"""What the live hub tells its viewers: the desk's changes, cut to what each of them may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from api.live import ScopeKey, scope_key
from geo.desk import board, gridmap
from geo.desk.asof import When
from geo.desk.atlas import Atlas
from geo.desk.board import LAYER_OF, Changes, Item, Layer
from geo.desk.scope import Sight, sight
from geo.rules.access import EVERYTHING, Capability, Reach
from geo.rules.local import date_in
from geo.store.store import Store
from geo.store.tables import event
from geo.store.types import utc_text
from maps.snapshot import mercator, seconds

SEEN_BY = {"issues": Capability.ISSUES_SEE, "units": Capability.UNITS_SEE_POINTS}


class BoardFeed:
    """Answers the hub from the board of one store."""

    def __init__(self, store: Store, shapes: gridmap.GridShapes, atlas: Atlas) -> None:
        self._zone = ZoneInfo(store.jurisdiction.timezone)
        self._shapes = shapes
        self._atlas = atlas

    def today(self, now: datetime) -> date:
        return date_in(self._zone, now)

    def hello(self, conn: Connection, now: datetime) -> dict[str, Any]:
        """``edition``, ``today``, ``now`` for a viewer that connects."""
        return {
            "edition": gridmap.edition_in_force(conn),
            "today": self.today(now).isoformat(),
            "now": utc_text(now),
        }

    def changes(
        self,
        conn: Connection,
        scopes: Mapping[ScopeKey, Reach],
        events: Sequence[Any],
        since: datetime,
        now: datetime,
    ) -> dict[ScopeKey, dict[str, Any]]:
        """What events, and the time that passed, changed for each scope that sees any of it."""
        changed = _with_overdue(conn, board.changes(conn, events, now, self.today(now)), since, now, self.today(now))
        if not changed:
            return {}
        names = {shape.grid_id: shape for shape in self._shapes.newest(conn)[1]}
        told = {key: self._told(conn, reach, changed, names, now) for key, reach in scopes.items()}
        return {key: message for key, message in told.items() if message["items"] or message["grids"]}

    def rehearse(self, conn: Connection, now: datetime) -> None:
        """Tell nobody of the newest change of an issue and of a unit: shapes are made, and statements compiled.

        The writer of the first change waits no longer for the index of the grids either.
        """
        self._atlas.sheets(conn)
        newest = [select(event).where(event.c.subject == s).order_by(event.c.id.desc()).limit(1) for s in LAYER_OF]
        events = [row for query in newest for row in conn.execute(query)]
        self.changes(conn, {scope_key(EVERYTHING): EVERYTHING}, events, now, now)

    def _told(
        self, conn: Connection, reach: Reach, changed: Changes, names: Mapping[int, gridmap.Shape], now: datetime
    ) -> dict[str, Any]:
        sights = {layer: sight(conn, reach.of(capability)) for layer, capability in SEEN_BY.items()}
        on_map = sight(conn, reach.of(Capability.MAP_SEE)).grids
        grids = [g for g in sorted(changed.grid_ids) if g in names and (on_map is None or g in on_map)]
        counts = gridmap.grid_counts(conn, reach, grids, When(now, self._zone))
        filed = [item for item in changed.filed if item.row is not None and _sees(sights["issues"], item)]
        return {
            "at": utc_text(now),
            "items": [told for item in changed.items if (told := _item(sights[item.layer], item, names)) is not None],
            "grids": [{"code": names[g].code, **counts[g]} for g in grids],
            "filed": [item.id for item in filed],
        }


def _with_overdue(conn: Connection, changed: Changes, since: datetime, now: datetime, today: date) -> Changes:
    """Adds the open issues whose limit ran out between the two moments."""
    touched = {(item.layer, item.id) for item in changed.items}
    late = [(i, g) for i, g in board.became_overdue(conn, since, now) if ("issues", i) not in touched]
    if not late:
        return changed
    rows = board.items(conn, "issues", {("issues", i): g for i, g in late}, now, today)
    return replace(
        changed,
        items=changed.items + rows,
        grid_ids=changed.grid_ids | {g for _, g in late if g is not None},
    )


def _sees(seen: Sight, item: Item) -> bool:
    return item.row is not None and seen.sees(item.grid_id, str(item.row.category[0]))


def _item(seen: Sight, item: Item, names: Mapping[int, gridmap.Shape]) -> dict[str, Any] | None:
    """The item for one viewer: its row, a removal if it left what he sees, None if it never concerned him.

    The category of what is no longer drawn is not known: its removal is told to all who see the grid.
    """
    if item.row is None:
        grids = seen.grids
        was_seen = bool(seen.parts) and (grids is None or item.grid_id_before in grids)
    elif _sees(seen, item):
        return {"layer": item.layer, "id": item.id, "row": row_json(item.row, names)}
    else:
        was_seen = seen.sees(item.grid_id_before, str(item.row.category[0]))
    return {"layer": item.layer, "id": item.id, "row": None} if was_seen else None


def row_json(row: Layer, names: Mapping[int, gridmap.Shape]) -> dict[str, Any]:
    """One point as the browser keeps it; the same columns as in the binary snapshot."""
    x, y = mercator(row.lon, row.lat)
    shape = names.get(int(row.grid_id[0]))
    told: dict[str, Any] = {
        "x": int(x[0]),
        "y": int(y[0]),
        "grid": shape.code if shape else None,
        "class": int(row.klass[0]),
        "flags": int(row.flags[0]),
    }
    if row.opened is not None and row.due is not None:
        told["category"] = str(row.category[0]) or None
        told |= {"opened": int(seconds(row.opened)[0]), "due": int(seconds(row.due)[0])}
    return told
