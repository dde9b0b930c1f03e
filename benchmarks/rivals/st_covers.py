"""What somebody would write who lets PostGIS decide: a service that asks ST_Covers and commits for every request.

Async handlers, one worker, a pool of open connections, a GiST index, three rows a report in one transaction: as lean as
it can be. It checks less than ours does, keeps no history and tells nobody, to its advantage.

    python -m benchmarks.rivals.st_covers DATABASE PORT STORED
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

POOL = 16

# The grids in force of the store that lies in the same database, in the CRS that it decides in.
_SCHEMA = """
CREATE TABLE rival_grid AS
    SELECT v.code, v.geom FROM grid_version v JOIN scheme s ON s.id = v.scheme_id
    WHERE s.is_primary AND v.to_edition IS NULL AND v.level = 'grid';
CREATE INDEX ON rival_grid USING gist (geom);
CREATE TABLE rival_report (id bigserial PRIMARY KEY, source text NOT NULL, source_ref text NOT NULL, description text,
    at geometry(Point, 4326), recorded_at timestamptz NOT NULL DEFAULT now(), UNIQUE (source, source_ref));
CREATE INDEX ON rival_report USING gist (at);
CREATE TABLE rival_issue (id bigserial PRIMARY KEY, report_id bigint NOT NULL REFERENCES rival_report, grid text);
CREATE TABLE rival_event (id bigserial PRIMARY KEY, issue_id bigint NOT NULL, kind text NOT NULL);
"""
_FILL = """
INSERT INTO rival_report (source, source_ref, description, at)
    SELECT 'before', n::text, '垃圾堆放在路边',
        ST_SetSRID(ST_Point(118.8 + 0.12 * random(), 28.9 + 0.12 * random()), 4326)
    FROM generate_series(1, %s) n;
"""
_ISSUES = "INSERT INTO rival_issue (report_id, grid) SELECT id, NULL FROM rival_report"
_GRID = """
SELECT code FROM rival_grid
WHERE ST_Covers(geom, ST_Transform(ST_SetSRID(ST_Point(%s, %s), 4326), ST_SRID(geom))) ORDER BY code LIMIT 1
"""
_REPORT = """
INSERT INTO rival_report (source, source_ref, description, at)
VALUES (%s, %s, %s, ST_SetSRID(ST_Point(%s, %s), 4326)) RETURNING id
"""


def prepare(database: str, stored: int) -> None:
    """Tables, and so many reports in them."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(_SCHEMA)
        connection.execute(_FILL, (stored,))
        connection.execute(_ISSUES)
        connection.execute("ANALYZE")


def app(database: str) -> Starlette:
    connections: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        opened = [await psycopg.AsyncConnection.connect(database) for _ in range(POOL)]
        for connection in opened:
            connections.put_nowait(connection)
        yield
        for connection in opened:
            await connection.close()

    async def file_report(request: Request) -> JSONResponse:
        sent = json.loads(await request.body())
        connection = await connections.get()
        try:
            async with connection.transaction(), connection.cursor() as cursor:
                at = sent["lon"], sent["lat"]
                await cursor.execute(_GRID, at)
                grid = (await cursor.fetchone() or (None,))[0]
                await cursor.execute(_REPORT, (sent["source"], sent["source_ref"], sent["description"], *at))
                report_id = (await cursor.fetchone() or (0,))[0]
                await cursor.execute(
                    "INSERT INTO rival_issue (report_id, grid) VALUES (%s, %s) RETURNING id", (report_id, grid)
                )
                issue_id = (await cursor.fetchone() or (0,))[0]
                await cursor.execute("INSERT INTO rival_event (issue_id, kind) VALUES (%s, 'filed')", (issue_id,))
        finally:
            connections.put_nowait(connection)
        return JSONResponse({"report_id": report_id, "issue_id": issue_id, "grid": grid}, 201)

    return Starlette(routes=[Route("/api/reports", file_report, methods=["POST"])], lifespan=life)


def main() -> None:
    database, port, stored = sys.argv[1:]
    prepare(database, int(stored))
    uvicorn.run(app(database), host="127.0.0.1", port=int(port), access_log=False, log_level="info")


if __name__ == "__main__":
    main()
