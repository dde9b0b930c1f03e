"""What was read of the accounts, remembered while nobody changes them: most requests come with the same few secrets.

Only a file tells cheaply whether anybody changed it. Accounts in PostgreSQL are read for every request.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Hashable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# Secrets run out with time alone, without a change: so much later it is noticed at the latest.
LASTS = timedelta(seconds=1)
MOST = 1_000


class Memory:
    """Of one accounts file. Safe to use from any thread; another process that changes the file is noticed too."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._known: dict[Hashable, tuple[int, datetime, Any]] = {}

    def version(self) -> int | None:
        """Another one after every commit of anybody: this connection itself never writes. None: nobody can tell."""
        if self._path is None:
            return None
        with self._lock:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def recall(self, key: Hashable, now: datetime) -> Any | None:
        """What was remembered under ``key`` and still holds at ``now``; else None."""
        found = self._known.get(key)
        if found is None:
            return None
        version, read_at, value = found
        return value if read_at <= now < read_at + LASTS and version == self.version() else None

    def keep(self, key: Hashable, value: Any, version: int | None, now: datetime) -> None:
        """``version``: from before the value was read, so that what changed meanwhile is read again."""
        if version is None:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[key] = version, now, value

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._path = None
