"""One thread writes. It groups waiting verbs into one commit, because a commit costs a disk flush and a verb does not.

Each verb has a savepoint of its own: one that fails takes nothing with it. Nobody is answered before the commit.
Neighbours in the queue that can be done together share one savepoint, and need none where nothing else waits; where
that fails, each is done by itself.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

from geo.desk.tx import Desk, Tx
from geo.errors import Busy, GridwardenError
from geo.model import Actor

T = TypeVar("T")
Verb = Callable[[Tx], Any]


class Joint(ABC):
    """A verb of which many, of one actor, are done with far fewer statements than one after another."""

    __slots__ = ()

    @abstractmethod
    def __call__(self, tx: Tx) -> Any: ...

    @staticmethod
    @abstractmethod
    def together(tx: Tx, verbs: Sequence[Any]) -> list[Any]:
        """The outcomes of verbs of this class, in order. What it raises is nobody's: each is then done by itself."""


GROUP_LIMIT = 256  # verbs a commit
RETRY_AFTER_S = 1


@dataclass
class _Job:
    verb: Verb
    actor: Actor
    done: Future[Any] = field(default_factory=Future)
    outcome: Any = None
    failure: BaseException | None = None


class Writer:
    """Whoever writes one verb at a time in a running service writes through this; imports take turns with it.

    ``clock`` gives the recorded time of each group, an aware datetime.
    """

    def __init__(
        self,
        desk: Desk,
        clock: Callable[[], datetime],
        *,
        capacity: int = 2048,
        on_commit: Callable[[], None] | None = None,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._on_commit = on_commit
        self._capacity = capacity
        self._jobs: deque[_Job] = deque()
        self._closing = False
        self._changed = threading.Condition()  # guards both: nothing joins a queue that nobody will look at again
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """Verbs in the queue, for metrics."""
        return len(self._jobs)

    def submit(self, verb: Callable[[Tx], T], actor: Actor) -> Future[T]:
        """Queue a verb. The future is done after its commit. Raises Busy when the queue is full or closing."""
        job = _Job(verb, actor)
        with self._changed:
            if self._closing:
                raise _stopping()
            if len(self._jobs) >= self._capacity:
                raise Busy("too many writes are waiting; try again in a moment", retry_after_s=RETRY_AFTER_S)
            self._jobs.append(job)
            self._changed.notify()
        return job.done

    def close(self) -> None:
        """Finish what is queued, then stop; without a thread that could finish it, refuse it. Safe to call twice."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()
        self._refuse_the_rest()

    def _run(self) -> None:
        try:
            while group := self._next_group():
                # Who gave up waiting before his turn is left out; from here on nobody can.
                self._commit([job for job in group if job.done.set_running_or_notify_cancel()])
        finally:
            self._refuse_the_rest()

    def _next_group(self) -> list[_Job]:
        """Empty when the queue is closed and nothing is left in it."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closing)
            return [self._jobs.popleft() for _ in range(min(GROUP_LIMIT, len(self._jobs)))]

    def _refuse_the_rest(self) -> None:
        with self._changed:
            self._closing = True
            left = list(self._jobs)
            self._jobs.clear()
        for job in left:
            if job.done.set_running_or_notify_cancel():
                job.done.set_exception(_stopping())

    def _commit(self, group: list[_Job]) -> None:
        if not group:
            return
        try:
            runs = list(_joined(group))
            if len(runs) > 1 or not _done_together(group, self._transaction_for(group[0].actor)):
                self._write(runs)
        except BaseException as failure:
            for job in group:
                job.done.set_exception(job.failure or failure)
            return
        for job in group:
            if job.failure:
                job.done.set_exception(job.failure)
            else:
                job.done.set_result(job.outcome)
        if self._on_commit:
            self._on_commit()

    def _write(self, runs: list[list[_Job]]) -> None:
        was_tried = len(runs) == 1
        with self._transaction() as tx_of:
            for jobs in runs:
                tx = tx_of(jobs[0].actor)
                if was_tried or not _done_together(jobs, _savepoint(tx)):
                    for job in jobs:
                        self._perform(job, tx)

    @contextmanager
    def _transaction(self) -> Iterator[Callable[[Actor], Tx]]:
        with self._desk.store.write() as conn:
            yield partial(self._desk.tx, conn, self._desk.moment(conn, self._clock))

    @contextmanager
    def _transaction_for(self, actor: Actor) -> Iterator[Tx]:
        """One without savepoints, which write pages twice."""
        with self._transaction() as tx_of:
            yield tx_of(actor)

    def _perform(self, job: _Job, tx: Tx) -> None:
        try:
            with tx.conn.begin_nested():
                job.outcome = job.verb(tx)
        except GridwardenError as refusal:
            job.failure = refusal
        except Exception as failure:
            # A verb's own mistake ends at its savepoint. A connection that is gone takes the whole group with it.
            if _is_lost(tx):
                raise
            job.failure = failure


def _joined(group: list[_Job]) -> Iterator[list[_Job]]:
    """The jobs in their order, neighbours of one kind and actor together where that kind can be."""

    def kind(numbered: tuple[int, _Job]) -> Any:
        at, job = numbered
        return (type(job.verb), job.actor) if isinstance(job.verb, Joint) else at

    for _, neighbours in groupby(enumerate(group), kind):
        yield [job for _, job in neighbours]


@contextmanager
def _savepoint(tx: Tx) -> Iterator[Tx]:
    with tx.conn.begin_nested():
        yield tx


class _NotTogether(Exception):
    """A try to do jobs together that failed: it leaves its transaction, or savepoint, which is rolled back."""


def _done_together(jobs: list[_Job], scope: AbstractContextManager[Tx]) -> bool:
    """Whether all of them were done in a transaction or savepoint. Nothing is kept of a try that fails."""
    if len(jobs) == 1:
        return False
    try:
        with scope as tx:
            outcomes = _outcomes(jobs, tx)
    except _NotTogether:
        return False
    for job, outcome in zip(jobs, outcomes, strict=True):
        job.outcome = outcome
    return True


def _outcomes(jobs: list[_Job], tx: Tx) -> list[Any]:
    try:
        outcomes: list[Any] = jobs[0].verb.together(tx, [job.verb for job in jobs])  # type: ignore[attr-defined]
    except Exception as failure:
        if _is_lost(tx):
            raise
        raise _NotTogether from failure
    return outcomes


def _is_lost(tx: Tx) -> bool:
    return tx.conn.invalidated or not tx.conn.in_transaction()


def _stopping() -> Busy:
    return Busy("the service is stopping; try again in a moment", retry_after_s=RETRY_AFTER_S)
