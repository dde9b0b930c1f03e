"""What an ASGI application cannot say: why a request was refused, in the status line, and one message to 300 listeners.

QGIS shows the status line, and nothing of the body: a problem carries its reason in a header, which becomes the line's
as it is sent. Live messages are written straight to their connections: the layers of an application, gone through for
each listener, take longer than the writing.
"""

from __future__ import annotations

import asyncio
import re
import weakref
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER = "gridwarden-reason"
CONNECTION = "connection"  # in the state of a request: a weak reference to its Protocol
WRITTEN = "written"  # likewise: bytes of the body that went past the application
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
    """HTTP as uvicorn speaks it, with reasons in the status lines and a short way for live messages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Connection(h11.SERVER)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, CONNECTION: weakref.ref(self)}

    def write(self, part: bytes) -> bool:
        """Send a part of the body of an answer that has begun, and is not in the midst of another part.

        Whether it was taken: not where the client reads too slowly, goes, or speaks HTTP/1.0, which has no chunks.
        """
        is_sending = self.conn.our_state is h11.SEND_BODY and self.conn.their_http_version != b"1.0"
        if not is_sending or self.flow.write_paused or self.transport.is_closing():
            return False
        self.transport.write(b"%x\r\n%b\r\n" % (len(part), part))
        state = self.scope["state"]
        state[WRITTEN] = state.get(WRITTEN, 0) + len(part)
        return True
