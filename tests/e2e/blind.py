"""A district with blind spots, put into a store before it is served."""

from __future__ import annotations

from datetime import UTC, datetime

import shapely
from sqlalchemy import select, update

from api.cli_base import open_desk
from geo.desk.place_parts import assign_places
from geo.model import SYSTEM, PostKind, Subject
from geo.store.insert import insert_many
from geo.store.tables import appointment, area, grid_version, place, post

LEADLESS = 2
LANE_M, BEYOND_M = 400.0, 5_000.0


def put_blind_spots(location: str) -> None:
    """A market beyond all grids, a lane that leaves them, an area with ground in no grid, and two grids without a lead.

    Places without a visit are there already: of 5,027 with rental units, inspectors have not been everywhere.
    """

    def now() -> datetime:
        return datetime.now(UTC)

    with open_desk(location) as desk, desk.transaction(now, SYSTEM) as tx:
        conn = tx.conn
        grids = shapely.union_all([row.geom for row in conn.execute(select(grid_version.c.geom))])
        west, _, east, north = grids.bounds
        edge = shapely.get_exterior_ring(shapely.convex_hull(grids))
        corner = min(edge.coords, key=lambda at: at[0])
        (community,) = conn.execute(select(area).where(area.c.level == "community").order_by(area.c.code).limit(1))
        lane = shapely.LineString([(corner[0] - LANE_M, corner[1]), (corner[0] + LANE_M, corner[1])])
        rows = [
            {"code": "blind-1", "kind": "market", "name": "城外市场", "geom": shapely.Point(east + BEYOND_M, north)},
            {"code": "blind-2", "kind": "lane", "name": "出城巷", "geom": lane},
        ]
        assign_places(tx, insert_many(conn, place, [row | {"area_id": community.id} for row in rows]))
        bare = shapely.box(west - 2_000, north - 3_000, west - 500, north - 1_500)
        wider = shapely.multipolygons(shapely.get_parts(shapely.union(community.geom, bare)))
        conn.execute(update(area).where(area.c.id == community.id).values(geom=wider))
        led = select(appointment.c.id, appointment.c.person_id).join(post, post.c.id == appointment.c.post_id)
        first = conn.execute(led.where(post.c.kind == PostKind.LEAD).order_by(post.c.grid_id).limit(LEADLESS)).all()
        ids = [row.id for row in first]
        conn.execute(update(appointment).where(appointment.c.id.in_(ids)).values(to_date=tx.today.isoformat()))
        for row in first:
            tx.record("person.left", Subject.PERSON, row.person_id)
