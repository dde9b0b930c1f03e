"""A few answers that took long, kept by what they stand on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """The answers that were asked for last. For several threads: who asks for what another is making waits for it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: dict[Hashable, T] = {}
        self._turn = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer of a key, made where it is not kept. What making it raises is raised, and nothing kept."""
        with self._turn:
            answer = self._answers.pop(key) if key in self._answers else make()
            self._answers[key] = answer  # the last one asked for goes last
            for oldest in list(self._answers)[: -self._most]:
                del self._answers[oldest]
            return answer
