"""Rows for the store's own tests: one small place with two grids, one issue and one rental unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import Connection, Table

from geo.store import tables
from geo.store.insert import insert_many


@dataclass(frozen=True)
class Place:
    """Keys of what ``furnish`` put in."""

    area_id: int
    scheme_id: int
    grid_ids: list[int]
    issue_id: int
    unit_id: int
    event_id: int


def square(x: float, y: float, size: float = 100.0) -> shapely.MultiPolygon:
    """A square grid; metric coordinates near Kecheng's."""
    return shapely.MultiPolygon([shapely.box(390_000 + x, 3_206_000 + y, 390_000 + x + size, 3_206_000 + y + size)])


def add(conn: Connection, table: Table, **row: Any) -> int:
    (key,) = insert_many(conn, table, [row])
    return key


def event_row(now: datetime, **changes: Any) -> dict[str, Any]:
    row = {"recorded_at": now, "occurred_at": now, "actor": "test", "kind": "test.happened", "subject": "issue"}
    return row | {"subject_id": 1, "data": {}} | changes


def furnish(conn: Connection, now: datetime) -> Place:
    """At least one row in every feature table and what they refer to."""
    area_id = add(
        conn, tables.area, code="330802", name="柯城区", level="district", path="/330802/", geom=square(0, 0, 200)
    )
    scheme_id, grid_ids = _grids(conn, now, area_id)
    place_id = add(
        conn,
        tables.place,
        code="P1",
        kind="lane",
        name="一弄",
        geom=shapely.LineString([(390_000, 3_206_000), (390_050, 3_206_050)]),
    )
    add(conn, tables.background, kind="hill", name=None, geom=shapely.Point(390_010, 3_206_010).buffer(5))
    event_id = add(conn, tables.event, **event_row(now))
    issue_id = _issue(conn, now, scheme_id, grid_ids[0], event_id)
    unit_id = _unit(conn, now, place_id, event_id)
    return Place(area_id, scheme_id, grid_ids, issue_id, unit_id, event_id)


def _grids(conn: Connection, now: datetime, area_id: int) -> tuple[int, list[int]]:
    scheme_id = add(conn, tables.scheme, name="campaign", is_primary=True, created_at=now)
    add(
        conn,
        tables.edition,
        scheme_id=scheme_id,
        number=1,
        published_at=now,
        actor="test",
        grids=2,
        area_mm2="20000000000",
    )
    grid = {"scheme_id": scheme_id, "level": "grid", "created_at": now}
    grid_ids = insert_many(conn, tables.grid, [grid, grid, grid | {"level": "micro_grid"}])
    version = {"scheme_id": scheme_id, "area_id": area_id, "from_edition": 1, "households": 120}
    versions = [
        {"level": "grid", "code": "330802-001", "name": "一号网格", "geom": square(0, 0)},
        {"level": "grid", "code": "330802-002", "name": "二号网格", "geom": square(100, 0)},
        {
            "level": "micro_grid",
            "code": "330802-001-1",
            "name": "微网格",
            "geom": square(0, 0, 50),
            "parent_grid_id": grid_ids[0],
        },
    ]
    rows = [version | each | {"grid_id": grid_id} for each, grid_id in zip(versions, grid_ids, strict=True)]
    insert_many(conn, tables.grid_version, rows)
    return scheme_id, grid_ids


def _issue(conn: Connection, now: datetime, scheme_id: int, grid_id: int, event_id: int) -> int:
    category_id = add(
        conn, tables.category, catalogue="test", code="01", name="市容", limit_value=24, limit_clock="calendar_hours"
    )
    report_id = add(
        conn, tables.report, source="hotline", source_ref="1", description="x", occurred_at=now, recorded_at=now
    )
    point = shapely.Point(118.8715, 28.9686)
    issue_id = add(
        conn, tables.issue, report_id=report_id, category_id=category_id, opened_at=now, due_at=now, geom=point
    )
    interval = {"from_at": now, "event_id": event_id}
    add(conn, tables.issue_state, issue_id=issue_id, state="open", **interval)
    decided = {"scheme_id": scheme_id, "grid_id": grid_id, "edition": 1, "method": "within", "ambiguous": False}
    add(conn, tables.assignment, subject="issue", subject_id=issue_id, **decided, **interval)
    return issue_id


def _unit(conn: Connection, now: datetime, place_id: int, event_id: int) -> int:
    unit_id = add(
        conn,
        tables.rental_unit,
        code="U1",
        place_id=place_id,
        registered_on="2026-01-01",
        geom=shapely.Point(118.87, 28.97),
    )
    interval = {"unit_id": unit_id, "from_at": now, "event_id": event_id}
    term = {"occupancy": "let", "since": "2026-01-01", "registered": True, "rooms": 1, "rooms_vacant": 0}
    add(conn, tables.unit_term, **term, **interval)
    add(conn, tables.unit_class, risk_class="green", rule="default", table_version=1, reasons=[], **interval)
    return unit_id
