"""Writing in turns: the writer's groups, what time they are recorded at, and who waits for whom."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from geo.desk import issues
from geo.desk.reports import file_report, file_reports
from geo.desk.tx import Tx
from geo.desk.writer import Joint, Writer
from geo.errors import BadInput, Busy, NotFound
from geo.model import NewReport
from geo.store import tables
from geo.store.store import Store
from tests import district
from tests.district import TESTER, District


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    return district.build(store, now)


def file(ref: str) -> Any:
    return lambda tx: file_report(tx, NewReport("test", ref))


def recorded(store: Store) -> list[datetime]:
    with store.read() as conn:
        return list(conn.execute(select(tables.event.c.recorded_at).order_by(tables.event.c.id)).scalars())


def test_a_verb_that_fails_takes_nothing_with_it(here: District, now: datetime) -> None:
    commits: list[int] = []
    writer = Writer(here.desk, lambda: now, on_commit=lambda: commits.append(1))
    good = [writer.submit(file(str(i)), TESTER) for i in range(5)]
    bad = writer.submit(lambda tx: issues.close(tx, 12345, "nothing"), TESTER)
    broken = writer.submit(lambda tx: 1 / 0, TESTER)
    after = writer.submit(file("last"), TESTER)
    writer.start()
    assert [f.result().is_new for f in [*good, after]] == [True] * 6
    with pytest.raises(NotFound):
        bad.result()
    with pytest.raises(ZeroDivisionError):
        broken.result()
    writer.close()
    assert len(commits) == 1  # everything that waited went into one commit


def test_who_gives_up_waiting_does_not_stop_the_writer(here: District, now: datetime) -> None:
    writer = Writer(here.desk, lambda: now)
    gone = writer.submit(file("gone"), TESTER)
    stays = writer.submit(file("stays"), TESTER)
    assert gone.cancel()
    writer.start()
    assert stays.result().is_new
    writer.close()
    with here.store.read() as conn:
        assert conn.execute(select(tables.report.c.source_ref)).scalars().all() == ["stays"]


# -- closing ----------------------------------------------------------------------------------------------------------


def test_what_is_queued_when_the_writer_closes_is_finished(here: District, now: datetime) -> None:
    writer = Writer(here.desk, lambda: now)
    queued = [writer.submit(file(str(i)), TESTER) for i in range(3)]
    writer.start()
    writer.close()
    assert all(each.result().is_new for each in queued)
    with pytest.raises(Busy):
        writer.submit(file("late"), TESTER)


def test_a_writer_that_never_started_refuses_what_was_queued(here: District, now: datetime) -> None:
    writer = Writer(here.desk, lambda: now, capacity=1)
    queued = writer.submit(file("1"), TESTER)
    with pytest.raises(Busy):
        writer.submit(file("2"), TESTER)
    writer.close()
    with pytest.raises(Busy):
        queued.result()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_dies_answers_everybody(here: District, now: datetime) -> None:
    """Its thread ends with what it was told of; nobody waits for a thread that is gone."""

    def fails() -> None:
        later.append(writer.submit(file("2"), TESTER))
        raise SystemExit

    later: list[Future[Any]] = []
    writer = Writer(here.desk, lambda: now, on_commit=fails)
    first = writer.submit(file("1"), TESTER)
    writer.start()
    assert first.result().is_new
    writer.close()
    assert isinstance(later[0].exception(), Busy)
    with pytest.raises(Busy):
        writer.submit(file("3"), TESTER)


def test_everybody_who_submits_while_the_writer_closes_is_answered(here: District, now: datetime) -> None:
    writer = Writer(here.desk, lambda: now)
    taken: list[Future[Any]] = []
    ready = threading.Barrier(5)

    def submit() -> None:
        ready.wait()
        try:
            while True:
                taken.append(writer.submit(lambda tx: None, TESTER))
        except Busy:
            pass

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    writer.start()
    ready.wait()
    writer.close()
    for thread in threads:
        thread.join()
    assert all(each.done() for each in taken)


# -- recorded times ---------------------------------------------------------------------------------------------------


def test_a_transaction_asks_for_the_time_once_it_has_its_turn(here: District, now: datetime) -> None:
    """Who waited longest would otherwise write the oldest time last."""
    ticks = (now + timedelta(seconds=n) for n in range(10))
    asked: list[datetime] = []

    def clock() -> datetime:
        asked.append(next(ticks))
        return asked[-1]

    def wait_and_file() -> None:
        with here.desk.transaction(clock, TESTER) as tx:
            file_report(tx, NewReport("test", "waited"))

    with here.desk.transaction(clock, TESTER) as tx:
        waiting = threading.Thread(target=wait_and_file)
        waiting.start()
        while not here.desk.bulk.waiting:
            pass
        assert len(asked) == 1
        file_report(tx, NewReport("test", "first"))
    waiting.join()
    assert recorded(here.store) == asked


@pytest.mark.parametrize("by_writer", [True, False])
def test_recorded_time_never_runs_backwards(here: District, now: datetime, by_writer: bool) -> None:
    clock = iter([now, now - timedelta(hours=1), now + timedelta(hours=1)])
    for n in range(3):
        if by_writer:
            writer = Writer(here.desk, lambda: next(clock))
            writer.submit(file(str(n)), TESTER)
            writer.start()
            writer.close()
        else:
            with here.desk.transaction(lambda: next(clock), TESTER) as tx:
                file_report(tx, NewReport("test", str(n)))
    assert recorded(here.store) == [now, now, now + timedelta(hours=1)]


# -- imports beside the writer ----------------------------------------------------------------------------------------


def test_a_report_that_comes_during_imports_waits_for_one_chunk_at_most(here: District, now: datetime) -> None:
    """However many imports run: the writer has its turn as soon as the chunk that is being written is done."""
    writer = Writer(here.desk, lambda: now)
    writer.start()
    written: list[str] = []
    live: list[Future[Any]] = []

    def chunk(tx: Tx) -> None:
        written.append("chunk")
        if len(written) == 5:
            live.append(writer.submit(lambda tx: written.append("live"), TESTER))
            while not here.store.turns.waiting:
                pass

    def bulk() -> None:
        for _ in range(10):
            with here.desk.transaction(lambda: now, TESTER) as tx:
                chunk(tx)

    imports = [threading.Thread(target=bulk) for _ in range(3)]
    for thread in imports:
        thread.start()
    for thread in imports:
        thread.join()
    writer.close()
    live[0].result()
    assert written.index("live") == 5
    assert written.count("chunk") == 30


# -- together ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted(Joint):
    """A report to file; how many were filed at once is told with each."""

    ref: str

    def __call__(self, tx: Tx) -> int:
        return self.together(tx, [self])[0]

    @staticmethod
    def together(tx: Tx, verbs: Sequence[Counted]) -> list[int]:
        if len(verbs) > 1 and any(each.ref == "alone" for each in verbs):
            file_reports(tx, [NewReport("test", "nothing of this stays")])
            raise RuntimeError("not together")
        file_reports(tx, [NewReport("test", each.ref) for each in verbs])
        return [len(verbs)] * len(verbs)


def filed(store: Store) -> list[str | None]:
    with store.read() as conn:
        return list(conn.execute(select(tables.report.c.source_ref).order_by(tables.report.c.id)).scalars())


def test_neighbours_of_one_kind_and_actor_are_done_together(here: District, now: datetime) -> None:
    writer = Writer(here.desk, lambda: now)
    other = replace(TESTER, id="account:77")
    submitted = [writer.submit(Counted(ref), TESTER) for ref in "ab"]
    submitted += [writer.submit(Counted("c"), other)]
    between = writer.submit(file("d"), TESTER)
    submitted += [writer.submit(Counted(ref), TESTER) for ref in "efg"]
    writer.start()
    writer.close()
    assert [each.result() for each in submitted] == [2, 2, 1, 3, 3, 3]
    assert between.result().is_new
    assert filed(here.store) == list("abcdefg")


def test_where_together_fails_each_is_done_by_itself(here: District, now: datetime) -> None:
    writer = Writer(here.desk, lambda: now)
    submitted = [writer.submit(Counted(ref), TESTER) for ref in ("a", "alone", " ", "b")]
    writer.start()
    writer.close()
    assert [submitted[at].result() for at in (0, 1, 3)] == [1, 1, 1]
    with pytest.raises(BadInput):
        submitted[2].result()
    assert filed(here.store) == ["a", "alone", "b"]
