"""What a browser must never do while a test looks at the page, whatever the test is about."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Request, Response, WebError

LOCAL = ("data", "blob")
# What a page that is left gives up: its stream, places that have just come into sight, what is asked once the map is
# there, and on the page of the sign-in link all that is not needed any more.
LEFT = ("/map/events", "/map/places", "/api/queues", "/api/trends", "/api/session", "/static/icon-")


class Watch:
    """Listens to all pages of a context: requests to elsewhere, failures, console messages, dialogs.

    ``allow`` names what a test brings about on purpose, such as the refusal of a used link. ``others`` are the hosts
    that the operator of the service named.
    """

    def __init__(self, context: BrowserContext, origin: str, *others: str) -> None:
        self.origin = origin
        self._others = others
        self._allowed: list[str] = []
        self.faults: list[str] = []
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("dialog", self._dialog)

    def allow(self, *patterns: str) -> None:
        """From now on faults that match one of these expressions are meant."""
        self._allowed.extend(patterns)

    def _note(self, fault: str) -> None:
        if not any(re.search(pattern, fault) for pattern in self._allowed):
            self.faults.append(fault)

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in LOCAL and f"{parts.scheme}://{parts.netloc}" not in (self.origin, *self._others):
            self.faults.append(f"request to elsewhere: {request.url}")  # never allowed

    def _failed(self, request: Request) -> None:
        parts = urlsplit(request.url)
        is_other = f"{parts.scheme}://{parts.netloc}" in self._others  # tiles of a zoom that was passed through
        left = request.failure == "net::ERR_ABORTED" and (is_other or parts.path.startswith(LEFT))
        if not left:
            self._note(f"request failed: {request.failure} {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"answer {response.status}: {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            self._note(f"console {message.type}: {message.text} {message.location}")

    def _error(self, error: WebError) -> None:
        self.faults.append(f"page error: {error.error}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()
