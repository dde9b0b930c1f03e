"""Why a request was refused, in the status line of the answer: QGIS shows that line, and nothing of the body.

An ASGI application cannot say it, so a problem carries it in a header, which becomes the line's reason as it is sent.
"""

from __future__ import annotations

import re
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER = "gridwarden-reason"
_NAME = HEADER.encode()
_MOST = 300  # characters: a line of a dialog or two


def headers_for(detail: str) -> dict[str, str]:
    """A status line is ASCII, and one line; a header begins and ends with a letter."""
    return {HEADER: re.sub(r"[^\x20-\x7e]+", "?", detail)[:_MOST].strip()}


class _Connection(h11.Connection):
    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        return super().send_with_data_passthrough(_told(event) if isinstance(event, h11.Response) else event)


def _told(response: h11.Response) -> h11.Response:
    reason = next((value for name, value in response.headers if name == _NAME), None)
    if reason is None:
        return response
    kept = [(name, value) for name, value in response.headers.raw_items() if name != _NAME]
    return h11.Response(status_code=response.status_code, headers=kept, reason=reason)


class Protocol(H11Protocol):
    """HTTP as uvicorn speaks it, with reasons in the status lines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Connection(h11.SERVER)
