"""What took long to make, kept by what it stands on: the first who asks makes it, the others are handed it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """The ``capacity`` things that were asked for last, by key. Two who ask for the same at once wait for one that is
    made; who asks for something else does not."""

    def __init__(self, capacity: int = 64) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._guard = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is under a key, made now if nobody asked before. What making it raises is raised, and nothing kept."""
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            making = self._making.setdefault(key, Lock())
        with making:
            try:
                with self._guard:
                    if key in self._kept:
                        return self._kept[key]
                made = make()
                with self._guard:
                    self._kept[key] = made
                    while len(self._kept) > self._capacity:
                        self._kept.popitem(last=False)
            finally:
                with self._guard:
                    self._making.pop(key, None)
        return made
