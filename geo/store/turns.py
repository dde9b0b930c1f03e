"""Who writes next within this process: whoever has waited longest.

SQLite lets waiting writers try again now and then, so that a busy one is let in again and again while another starves.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from geo.errors import Busy

BUSY_SECONDS = 30.0  # how long a writer waits for its turn


class Turnstile:
    """One at a time, in the order of asking."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: deque[object] = deque()  # the first has its turn

    @property
    def waiting(self) -> int:
        """How many stand in line behind the one whose turn it is."""
        return max(0, len(self._line) - 1)

    @contextmanager
    def turn(self, wait_s: float | None = None) -> Iterator[None]:
        """Wait for one's turn and keep it to the end of the block. Raises Busy after ``wait_s`` seconds in line."""
        me = object()
        try:
            with self._changed:
                self._line.append(me)
                if not self._changed.wait_for(lambda: self._line[0] is me, wait_s):
                    raise Busy("the store is busy with another change", retry_after_s=1)
            yield
        finally:
            with self._changed:
                self._line.remove(me)
                self._changed.notify_all()
