"""Answers that many viewers ask for at once: made by the first, handed to the others."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

GZIP_LEVEL = 5
GZIP_FROM = 1_000  # bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes of a body; ``packed``: the same through gzip, where that is worth it."""

    plain: bytes
    packed: bytes | None = None

    @classmethod
    def of_text(cls, text: bytes) -> Answer:
        """Text, compressed once for everybody: for large answers that takes longer than all else."""
        if len(text) < GZIP_FROM:
            return cls(text)
        return cls(text, gzip.compress(text, GZIP_LEVEL, mtime=0))


class Answers:
    """The newest ``capacity`` answers by key. Two who ask for the same at once wait for one that is made."""

    def __init__(self, capacity: int = 64) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._making: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, key: str, make: Callable[[], Answer]) -> Answer:
        """The answer under ``key``, made now if nobody asked before."""
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            try:
                with self._guard:
                    if key in self._kept:
                        return self._kept[key]
                answer = make()
                with self._guard:
                    self._kept[key] = answer
                    while len(self._kept) > self._capacity:
                        self._kept.popitem(last=False)
            finally:
                with self._guard:
                    self._making.pop(key, None)
        return answer
