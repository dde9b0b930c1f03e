"""Whose turn it is: in the order of asking, and a piece of work that is one caller's alone."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from geo.errors import Busy
from geo.store.store import Store
from geo.store.turns import Turnstile


def test_turns_come_in_the_order_of_asking() -> None:
    turns, order = Turnstile(), []

    def take(name: int) -> None:
        with turns.turn():
            order.append(name)

    waiting = [threading.Thread(target=take, args=(name,)) for name in range(5)]
    with turns.turn():
        for place, thread in enumerate(waiting, start=1):
            thread.start()
            while turns.waiting < place:
                pass
        assert order == []
    for thread in waiting:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert turns.waiting == 0


def test_who_waits_too_long_leaves_the_line() -> None:
    turns = Turnstile()
    with turns.turn():
        with pytest.raises(Busy), turns.turn(wait_s=0):
            raise AssertionError("it was not his turn")
        assert turns.waiting == 0
    with turns.turn(wait_s=0):
        pass


def test_an_error_ends_a_turn() -> None:
    turns = Turnstile()
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn(wait_s=0):
        pass


def test_a_claim_is_one_callers_alone(store: Store) -> None:
    with store.claim(1) as mine, store.claim(1) as theirs, store.claim(2) as other:
        assert (mine, theirs, other) == (True, False, True)
        with store.claim(1) as still_theirs:  # who was refused takes nothing away
            assert not still_theirs
    with store.claim(1) as again:
        assert again


@pytest.mark.postgis
def test_a_claim_holds_for_every_process_until_its_own_has_ended(store_factory: Callable[..., Store]) -> None:
    store = store_factory("postgis")
    with Store.open(store._address) as another:
        with store.claim(1) as mine, another.claim(1) as theirs:
            assert (mine, theirs) == (True, False)
        with store.claim(1) as mine:
            assert mine
            # A process that is killed leaves no word: its connection is gone.
            with another.write() as conn:
                conn.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            claimed = False
            while not claimed:  # the server lets go in its own time
                with another.claim(1) as claimed:
                    pass
