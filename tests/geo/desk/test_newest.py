"""What is made once for all who ask: the newest are kept, and who asks for something else does not wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest

from geo.desk.newest import Newest


def test_who_asks_for_the_same_at_once_waits_for_one_that_is_made() -> None:
    newest, together, numbers = Newest[int](2), Barrier(4), count(1)

    def ask() -> int:
        together.wait()
        return newest.get("a", lambda: next(numbers))

    with ThreadPoolExecutor(4) as pool:
        assert {asked.result() for asked in [pool.submit(ask) for _ in range(4)]} == {1}


def test_who_asks_for_something_else_does_not_wait() -> None:
    newest = Newest[str](2)
    with ThreadPoolExecutor(1) as pool:
        asked = newest.get("a", lambda: pool.submit(newest.get, "b", lambda: "meanwhile").result())
    assert asked == "meanwhile"


def test_the_ones_asked_for_last_are_kept() -> None:
    newest = Newest[str](2)
    for key in ("a", "b", "a", "c"):
        newest.get(key, lambda: "first")
    assert [newest.get(key, lambda: "again") for key in ("a", "c", "b")] == ["first", "first", "again"]


def test_what_cannot_be_made_is_not_kept() -> None:
    newest = Newest[float](2)
    with pytest.raises(ZeroDivisionError):
        newest.get("a", lambda: 1 / 0)
    assert newest.get("a", lambda: 1.0) == 1.0
