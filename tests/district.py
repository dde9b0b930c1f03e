"""A small district for tests: nine square grids of 200 m, three a community, around a point of Kecheng."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy import Connection, insert, select

from geo.crs import Metric
from geo.desk.asof import When
from geo.desk.details import Reading
from geo.desk.founding import install_rules
from geo.desk.tx import Desk
from geo.model import SYSTEM as SYSTEM
from geo.model import Actor
from geo.rules.access import ROOT, Extent
from geo.store import tables
from geo.store.store import Store

METRIC = Metric(4549)
ZONE = ZoneInfo("Asia/Shanghai")
EAST, NORTH = 390_000.0, 3_206_000.0  # lower left corner, EPSG:4549
SIDE = 200.0
TESTER = Actor("tester", "Tester")


@dataclass(frozen=True)
class District:
    """A desk on a store with nine grids G00 to G22 (column, row), communities C0 to C2 (by column) under D."""

    desk: Desk
    grid_ids: dict[str, int]

    @property
    def store(self) -> Store:
        return self.desk.store

    def reading(self, today: date, as_of: datetime | None = None) -> Reading:
        """How somebody who may see everything reads a detail at noon of a local date, or of the past."""
        now = as_of or datetime.combine(today, time(12), ZONE)
        return Reading(When(now, ZONE, as_of), self.desk.atlas, [Extent(ROOT)])


def lonlat(column: float, row: float) -> tuple[float, float]:
    """WGS84 of a place in grid units: (0.5, 0.5) is the middle of G00."""
    lon, lat = METRIC.unproject(EAST + column * SIDE, NORTH + row * SIDE)
    return float(lon), float(lat)


def build(store: Store, now: datetime) -> District:
    """Fill an empty store."""
    with store.write() as conn:
        areas = _areas(conn)
        scheme_id = _one(conn, tables.scheme, name="primary", is_primary=True, created_at=now)
        grid_ids = {}
        for column in range(3):
            for row in range(3):
                code = f"G{column}{row}"
                grid_ids[code] = _grid(conn, scheme_id, areas[f"C{column}"], code, (column, row), now)
        _one(
            conn,
            tables.edition,
            scheme_id=scheme_id,
            number=1,
            published_at=now,
            actor="tester",
            grids=9,
            area_mm2=str(9 * 200_000**2),
        )
        desk = Desk(store)
        install_rules(desk.tx(conn, now, TESTER))
    return District(desk, grid_ids)


def add_scheme(here: District, now: datetime, name: str = "halves") -> dict[str, int]:
    """Another way of dividing the same: grids W and E, which meet in the middle of column 1. Grid ids by code."""
    with here.store.write() as conn:
        area_id = conn.execute(select(tables.area.c.id).where(tables.area.c.code == "D")).scalar_one()
        scheme_id = _one(conn, tables.scheme, name=name, is_primary=False, created_at=now)
        found = {}
        for code, west in (("W", 0.0), ("E", 1.5)):
            x = EAST + west * SIDE
            half = shapely.box(x, NORTH, x + 1.5 * SIDE, NORTH + 3 * SIDE)
            found[code] = _one(conn, tables.grid, scheme_id=scheme_id, level="grid", created_at=now)
            _one(
                conn, tables.grid_version, grid_id=found[code], scheme_id=scheme_id, level="grid", code=code,
                name=f"{code}半", area_id=area_id, geom=shapely.MultiPolygon([half]), from_edition=1,
            )  # fmt: skip
        _one(
            conn, tables.edition, scheme_id=scheme_id, number=1, published_at=now, actor="tester", grids=2,
            area_mm2=str(9 * 200_000**2),
        )  # fmt: skip
    return found


def _one(conn: Connection, table: Any, **values: Any) -> int:
    return conn.execute(insert(table).values(values).returning(table.c.id)).scalar_one()


def _areas(conn: Connection) -> dict[str, int]:
    root = _one(conn, tables.area, code="D", name="测试区", level="district", path="/D/")
    found = {"D": root}
    for column in range(3):
        code = f"C{column}"
        found[code] = _one(
            conn, tables.area, code=code, name=f"社区{column}", level="community", parent_id=root, path=f"/D/{code}/"
        )
    return found


def _grid(conn: Connection, scheme_id: int, area_id: int, code: str, at: tuple[int, int], now: datetime) -> int:
    x, y = EAST + at[0] * SIDE, NORTH + at[1] * SIDE
    grid_id = _one(conn, tables.grid, scheme_id=scheme_id, level="grid", created_at=now)
    _one(
        conn,
        tables.grid_version,
        grid_id=grid_id,
        scheme_id=scheme_id,
        level="grid",
        code=code,
        name=f"{code}网格",
        area_id=area_id,
        geom=shapely.MultiPolygon([shapely.box(x, y, x + SIDE, y + SIDE)]),
        from_edition=1,
    )
    return grid_id
