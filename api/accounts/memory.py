"""What was read of the accounts, remembered while nobody changes them: most requests come with the same few secrets.

A file tells at once that anybody changed it. Accounts in PostgreSQL tell this process of its own changes only: what
another process changes there, such as a token that is taken back on the command line, counts a second later.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

# Secrets run out with time alone, and another process may change PostgreSQL: so much later it is noticed at the latest.
LASTS = timedelta(seconds=1)
MOST = 1_000
READERS = 8  # at a time, of different secrets


class Memory:
    """Of one accounts file, or of accounts in PostgreSQL (no path). Safe to use from any thread."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._writes = 0
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._known: dict[Hashable, tuple[int, datetime, Any]] = {}
        self._readings: dict[Hashable, tuple[int, Future[Any]]] = {}
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="accounts")

    def changed(self) -> None:
        """This process has just written: what was read before may be wrong now."""
        with self._lock:
            self._writes += 1

    def version(self) -> int:
        """Another one after every commit: of anybody in a file, of this process in PostgreSQL."""
        if self._path is None:
            return self._writes
        with self._lock:
            if self._connection is None:  # one that never writes: it would not notice itself
                self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def recall(self, key: Hashable, now: datetime) -> Any | None:
        """What was remembered under ``key`` and still holds at ``now``; else None."""
        found = self._known.get(key)
        if found is None:
            return None
        version, read_at, value = found
        return value if read_at <= now < read_at + LASTS and version == self.version() else None

    async def ask(self, key: Hashable, now: datetime, read: Callable[[], T]) -> T:
        """What is remembered under ``key``, or what ``read`` returns in a thread: once for all who ask meanwhile.

        Who asks after a change waits for a reading that began after it.
        """
        found: T | None = self.recall(key, now)
        if found is not None:
            return found
        # Others wait for it, too: it is not cancelled with who began it.
        return await asyncio.shield(asyncio.wrap_future(self._reading(key, self.version(), read)))

    def _reading(self, key: Hashable, version: int, read: Callable[[], T]) -> Future[T]:
        with self._lock:
            begun_at, reading = self._readings.get(key, (None, None))
            if reading is None or reading.done() or begun_at != version:
                reading = self._readers.submit(read)
                self._readings[key] = version, reading
            if len(self._readings) > MOST:
                self._readings = {key: (version, reading)}
            return reading

    def keep(self, key: Hashable, value: Any, version: int, now: datetime) -> None:
        """``version``: from before the value was read, so that what changed meanwhile is read again."""
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[key] = version, now, value

    def close(self) -> None:
        self._readers.shutdown(cancel_futures=True)
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._path = None
