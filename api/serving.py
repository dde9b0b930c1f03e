"""A process that serves one store: it listens, opens, serves until told to stop, and closes."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI

from api import ports
from api.app import Parts, create_app
from api.clock import utc_now
from api.settings import Settings
from api.status_line import Protocol

STOP_WITHIN_S = 10


class Server(uvicorn.Server):
    """Ends the event streams before it waits for connections to close: by themselves they never would."""

    def __init__(self, app: FastAPI) -> None:
        # Our middleware logs requests, without addresses and query strings. httptools would be faster than h11, but
        # uvicorn writes the names of headers in small letters with it, and QGIS looks for "Location".
        config = uvicorn.Config(
            app,
            http=Protocol,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.service.hub.close()
        await super().shutdown(sockets)


def settings_of(store: str, host: str | None, port: int | None) -> Settings:
    """The settings of the environment, with what the command line says instead."""
    given: dict[str, Any] = {"store": store, "host": host, "port": port}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def serve_store(settings: Settings, ready: Callable[[Settings], None]) -> None:
    """Listen, open the store, say that it is ready, serve until told to stop. Refusals come before anything starts."""
    _log_to_stderr(settings.log_level)
    with contextlib.closing(ports.listen(settings.host, settings.port)) as bound:
        for stopping in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stopping, _leave)
        settings = settings.model_copy(update={"port": bound.getsockname()[1]})
        with contextlib.closing(Parts.open(settings, utc_now)) as parts:
            app = create_app(settings, parts=parts)
            ready(settings)
            Server(app).run(sockets=[bound])


def _leave(*_: object) -> None:
    """Being asked to stop is no failure. While it serves, uvicorn handles the signal, and passes it on at the end."""
    raise SystemExit(0)


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
