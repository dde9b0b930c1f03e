"""The application: parts opened in the lifespan, middleware, error answers, routes. Importing it does nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from api import VERSION, middleware, problems
from api.accounts import Accounts, keys
from api.auth import Principal, reach_now
from api.base_map import open_base_map
from api.clock import Clock, local_date, utc_now
from api.feed import BoardFeed
from api.jobs import keep_daily, keep_publishing
from api.live import Hub
from api.metrics import Metrics
from api.routes import ROUTES
from api.service import Service
from api.settings import Settings
from geo.desk.gridmap import GridShapes
from geo.desk.tx import Desk
from geo.desk.writer import Writer
from geo.rules.access import Reach
from geo.store.store import Store

log = logging.getLogger("gridwarden.app")

DESCRIPTION = """
Every report finds its grid and the people who answer for it; every rental unit carries an inspection class; both stand
on a live map. Times are UTC text, dates local, lon/lat WGS84 degrees. A datum is always named, never guessed.
Errors are RFC 9457 problem details. Writes take an `Idempotency-Key`; lists page by `cursor`.
"""

# Spans and exporters would be switched on by environment variables: nothing leaves this process unasked.
NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


@dataclass
class Parts:
    """The two files of a jurisdiction, open."""

    store: Store
    accounts: Accounts

    @classmethod
    def open(cls, settings: Settings, clock: Clock) -> Parts:
        """Raises StoreMissing, StoreHeld and the like."""
        store = Store.open(settings.store, url=settings.url, now=clock())
        try:
            return cls(store, Accounts.open(settings.store))
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        self.store.close()
        self.accounts.close()


def create_app(settings: Settings, *, clock: Clock = utc_now, parts: Parts | None = None) -> FastAPI:
    """An application for one store, which is opened when the application starts, unless ``parts`` are open already.

    Either way they are closed when it stops. Raises BadInput when the base map's settings cannot work.
    """
    metrics = Metrics()
    base_map, tile_file = open_base_map(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = parts if parts is not None else await asyncio.to_thread(Parts.open, settings, clock)
        async with contextlib.AsyncExitStack() as stack:
            if tile_file:
                stack.callback(tile_file.close)
            service = await stack.enter_async_context(running_service(settings, opened, metrics, clock))
            service.base_map, service.tile_file = base_map, tile_file
            app.state.service = service
            # What was made so far stays: leaving it out of every later collection cuts the slowest answers six-fold.
            gc.collect()
            gc.freeze()
            yield

    app = FastAPI(
        title="Gridwarden",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # served with local assets by api/routes/docs.py
        redoc_url=None,
        openapi_url=None,
        telemetry=NO_TELEMETRY,
        routes=list(ROUTES),
    )
    problems.install(app)
    add_middleware(app, settings, metrics, base_map.tiles.origins if base_map.tiles else ())
    return app


def add_middleware(app: FastAPI, settings: Settings, metrics: Metrics, images: tuple[str, ...] = ()) -> None:
    """Innermost first: the last one added sees a request first. images: other origins that pages may show."""
    # A snapshot is nearly random bytes: compressing it costs more than it saves.
    plain = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream")
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5, exclude_content_types=plain)
    app.add_middleware(middleware.OriginCheck)
    app.add_middleware(middleware.BodyLimit, json_bytes=settings.max_json_bytes, import_bytes=settings.max_import_bytes)
    app.add_middleware(middleware.HostCheck, allowed=settings.hosts)
    app.add_middleware(middleware.RequestLog, metrics=metrics)
    app.add_middleware(middleware.SecurityHeaders, behind_tls=settings.behind_tls, images=images)


@contextlib.asynccontextmanager
async def running_service(settings: Settings, parts: Parts, metrics: Metrics, clock: Clock) -> AsyncIterator[Service]:
    """Start the writer, the hub and the daily work; at the end stop them and close the parts, last one first."""
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(parts.close)
        # Whoever was cancelled may have left a thread that still reads: it ends before the store is closed.
        stack.push_async_callback(asyncio.get_running_loop().shutdown_default_executor)
        store, accounts = parts.store, parts.accounts
        desk = Desk(store, accounts.sealer, shared=True)
        shapes = GridShapes(desk.atlas.metric)

        def renew(principal: Principal) -> Reach | None:
            with accounts.read() as conn:
                valid = keys.still_valid(conn, principal.credential, now=clock())
                return reach_now(conn, principal.credential, local_date(store, clock())) if valid else None

        hub = Hub(
            store,
            BoardFeed(store, shapes, desk.atlas),
            clock=clock,
            today=lambda: local_date(store, clock()),
            renew=renew,
            metrics=metrics,
            poll=store.kind == "postgis",
        )
        writer = Writer(desk, clock, on_commit=hub.poke)
        service = Service(settings, store, accounts, desk, shapes, writer, hub, metrics, clock)
        writer.start()
        stack.callback(writer.close)
        await hub.start()
        stack.push_async_callback(hub.stop)
        daily = asyncio.create_task(keep_daily(service))
        stack.push_async_callback(_cancelled, daily)
        publishing = asyncio.create_task(keep_publishing(service))
        stack.push_async_callback(_cancelled, publishing)
        log.info("serving the store of %s", store.jurisdiction.name)
        yield service


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
