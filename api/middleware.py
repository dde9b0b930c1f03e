"""What happens to every request before a route sees it: log, headers, Host, size, origin. No bodies kept."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.metrics import Metrics
from api.status_line import WRITTEN

access_log = logging.getLogger("gridwarden.access")
log = logging.getLogger("gridwarden.app")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
GIS_PATHS = ("/ogc", "/tiles/")  # where GIS programs sign in as they can: with HTTP Basic too
DATA_PATHS = ("/api/", "/map/", *GIS_PATHS)  # what pages and programs ask for; the rest are pages
SESSION_COOKIE = "gridwarden_session"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}


def _route_template(scope: Scope) -> str:
    """The path as the route declares it: a real path may hold anything that somebody typed."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "(no route)"


class RequestLog:
    """Names each request, times it, and turns what nobody caught into a bare 500.

    One JSON line a request, with neither address, account, path parameters nor query string: nothing personal.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status, sent = 0, 0
        started = time.perf_counter()

        async def observed(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, observed)
        except Exception:
            log.exception("request %s failed", request_id)
            if status == 0:
                await problems.internal_error()(scope, receive, observed)
        finally:
            seconds = time.perf_counter() - started
            template = _route_template(scope)
            self.metrics.observe(scope["method"], template, status, seconds)
            access_log.info(
                json.dumps(
                    {
                        "request": request_id,
                        "method": scope["method"],
                        "route": template,
                        "status": status,
                        "ms": round(seconds * 1000, 1),
                        "bytes": sent + scope["state"].get(WRITTEN, 0),
                    }
                )
            )


def _request_id(scope: Scope) -> str:
    """The caller's own id where it is harmless in a log, otherwise a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


class SecurityHeaders:
    """Adds the policy headers to every response, errors included."""

    def __init__(self, app: ASGIApp, behind_tls: bool, images: tuple[str, ...] = ()) -> None:
        """images: origins, beside our own, that pictures may come from: those of the base map."""
        self.app = app
        pictures = " ".join(("img-src 'self' data: blob:", *images))
        headers = SECURITY_HEADERS | {"Content-Security-Policy": "; ".join((*CONTENT_SECURITY_POLICY, pictures))}
        if behind_tls:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        self.headers = Headers(headers | {"Cache-Control": "no-store"}).raw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"].extend(header for header in self.headers if header[0] not in own)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def host_name(header: str) -> str | None:
    """The host of a Host header, lower case, without port and brackets; None when it is malformed."""
    try:
        parts = urlsplit(f"//{header}")
        port_is_fine = parts.port is None or parts.port >= 0
    except ValueError:
        return None
    plain = port_is_fine and parts.netloc == header and parts.username is None
    return parts.hostname.lower() if plain and parts.hostname else None


class HostCheck:
    """Answers only under its own names: otherwise a page elsewhere could reach it by rebinding a name to 127.0.0.1."""

    def __init__(self, app: ASGIApp, allowed: frozenset[str]) -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            values = Headers(scope=scope).getlist("host")
            if len(values) != 1 or host_name(values[0]) not in self.allowed:
                answer = problems.problem(
                    421,
                    "unknown-host",
                    "Unknown host",
                    "This service is not known under that name; its operator can add it to GRIDWARDEN_ALLOWED_HOSTS.",
                )
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


class BodyLimit:
    """413 for a body that is too large, whether it says so or not. Imports, also into a draft, may carry files."""

    FILES = re.compile(r"/api/imports/|/api/drafts/\d+/file\b")

    DRAIN = 32  # times the limit; a client that is still sending would see a reset instead of the answer

    def __init__(self, app: ASGIApp, json_bytes: int, import_bytes: int) -> None:
        self.app = app
        self.json_bytes = json_bytes
        self.import_bytes = import_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.import_bytes if self.FILES.match(scope["path"]) else self.json_bytes
        declared = Headers(scope=scope).get("content-length", "0")
        too_large = f"The body of this request may have {limit} bytes at most."
        if declared.isdigit() and int(declared) > limit:
            await self._drain(receive, self.DRAIN * self.json_bytes)
            answer = problems.problem(413, "too-large", "Request too large", too_large, headers={"Connection": "close"})
            await answer(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, too_large)
            return message

        await self.app(scope, counted, send)

    async def _drain(self, receive: Receive, at_most: int) -> None:
        seen = 0
        while seen <= at_most:
            message = await receive()
            seen += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return


class OriginCheck:
    """Refuses what another site's page asks with this browser's cookie (CSRF).

    A request with an Authorization header is not one that a foreign page can make, and passes, unless it is HTTP Basic:
    that a browser sends by itself to where somebody signed in so, as it sends a cookie. Otherwise a write must
    come from our own origin; one without cookie and without Origin (curl) has no authority that could be borrowed. A
    read must not come from another page, as far as the browser tells: opening a unit is audited. Links lead to pages.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(scope):
            answer = problems.problem(
                403,
                "foreign-origin",
                "Foreign origin",
                "A session is used from this service's own pages only.",
            )
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    @staticmethod
    def _is_ours(scope: Scope) -> bool:
        headers = Headers(scope=scope)
        is_basic = headers.get("authorization", "").lower().startswith("basic")
        if "authorization" in headers and not is_basic:
            return True
        is_nobody = session_secret(headers) is None and not is_basic
        if scope["method"] in SAFE_METHODS:
            foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
            is_link = headers.get("sec-fetch-mode") == "navigate" and not scope["path"].startswith(DATA_PATHS)
            return is_link or not foreign or is_nobody
        origin = headers.get("origin")
        if origin is None:
            site = headers.get("sec-fetch-site")  # which browsers send
            return is_nobody or site == "same-origin" or (is_basic and site is None)
        # The scheme is not compared: a proxy that ends TLS in front makes ours http.
        return origin.partition("://")[2].lower() == headers.get("host", "").lower()


def session_secret(headers: Headers) -> str | None:
    """The session secret in the Cookie header, None without one."""
    for value in headers.getlist("cookie"):
        secret = cookie_parser(value).get(SESSION_COOKIE)
        if secret:
            return secret
    return None
