"""What table imports share: the tally of a file, and the loop that takes it chunk by chunk into one batch."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from geo.desk import batches, datum_check
from geo.desk.datum_check import Look
from geo.desk.tx import Clock, Desk, Tx
from geo.errors import BadCoordinates, BadInput, Conflict
from geo.model import Actor, Assignment, Method, Queue, Subject

T = TypeVar("T")

# What becomes of a row that looks for its grid.
OUTCOMES = ("assigned", "nearest", "placed", "outside", "no_location", "rejected", "duplicates")
BY_METHOD = {Method.WITHIN: "assigned", Method.NEAREST: "nearest", Method.PLACE: "placed"}


@dataclass(frozen=True)
class Reject:
    """A row that was not taken: its line in the file and why. why: the kind of reason, for words in any language."""

    line: int
    ref: str
    reason: str
    why: str = "other"


@dataclass(frozen=True)
class Source:
    """The file that is imported, and everything that decides what its rows mean.

    looks: what was seen of its points under each datum, and whether somebody confirmed it (datum_check).
    """

    kind: str
    file_name: str
    file_sha256: str
    options: Mapping[str, Any]
    looks: Sequence[Look] = ()


@dataclass
class RowTally:
    """Every row ends in exactly one of ``names``; what else is counted goes into ``extra``.

    notes: what the user should read.
    """

    names: tuple[str, ...]
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of_outcomes(cls) -> RowTally:
        """For rows that look for their grid. Ambiguous ones count within assigned, and are always told."""
        return cls(OUTCOMES, extra=Counter(ambiguous=0))

    def reject(self, line: int, ref: str | None, why: BadInput | str) -> None:
        """Count a row that is not taken; coordinates that look swapped are counted besides."""
        self.counts["rejected"] += 1
        self.rejects.append(Reject(line, ref or "", str(why), _kind(why)))
        if isinstance(why, BadInput) and why.details.get("swapped"):
            self.extra["swapped"] += 1

    def told(self, **extra: int) -> None:
        """Count besides, what there is of it."""
        self.extra.update({name: count for name, count in extra.items() if count})

    def decided(self, decision: Assignment | None) -> None:
        """Count a row by where it came to lie; None in a store without grids."""
        if decision is None or decision.method is None:
            self.counts[str((decision and decision.queue) or Queue.OUTSIDE)] += 1
            return
        name = BY_METHOD[decision.method]
        self.counts[name] += 1
        self.extra["ambiguous"] += decision.ambiguous and name == "assigned"

    def summary(self, batch_id: int) -> dict[str, int]:
        return {
            "batch": batch_id,
            "rows": self.rows,
            **{name: self.counts[name] for name in self.names},
            **dict(sorted(self.extra.items())),
        }


def _kind(why: BadInput | str) -> str:
    if isinstance(why, str):
        return "other"
    return str(why.details.get("why", "range" if isinstance(why, BadCoordinates) else "other"))


class Pace:
    """How many rows to take in one transaction so that it lasts about ``seconds``, learnt from the one before."""

    FIRST, FEWEST, MOST = 50, 10, 10_000

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.rows = self.FIRST

    def took(self, rows: int, seconds: float) -> None:
        """Tell how long a transaction lasted. The next has at most four times its rows."""
        fitting = int(rows * min(4.0, self._seconds / max(seconds, 1e-9)))
        self.rows = min(max(fitting, self.FEWEST), self.MOST)


Take = Callable[[Tx, list[T], int, RowTally], None]


def run_import(
    desk: Desk,
    source: Source,
    tally: RowTally,
    rows: Iterable[T],
    take: Take[T],
    clock: Clock,
    actor: Actor,
) -> int:
    """Give all rows to ``take(tx, rows, batch_id, tally)`` in one transaction, with the batch. Returns the batch id.

    For files whose rows refer to each other. A cut-off leaves nothing.
    """
    every = list(rows)
    with desk.transaction(clock, actor) as tx:
        batch_id = _begin(tx, source)
        tally.rows = len(every)
        take(tx, every, batch_id, tally)
        batches.finish(tx, batch_id, tally.summary(batch_id))
    return batch_id


def run_import_in_chunks(
    desk: Desk,
    source: Source,
    tally: RowTally,
    rows: Iterable[T],
    take: Take[T],
    clock: Clock,
    actor: Actor,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """As ``run_import``, some rows a transaction, so that whoever else has something to write waits for few of them.

    A cut-off leaves whole chunks. The same import of the same file goes on with its batch, whose rows ``take``
    recognises. Raises Conflict while it still runs, and where the batch is undone meanwhile: what was taken is undone
    then, and nothing more is taken.
    """
    with desk.transaction(clock, actor) as tx:
        batch_id = _begin(tx, source)
    with desk.store.claim(batch_id) as is_ours:
        if not is_ours:
            raise Conflict(
                f"{source.file_name} is being imported at this moment, as batch {batch_id}: wait for that to end",
                batch=batch_id,
            )
        left, pace = iter(rows), Pace(desk.bulk_s)
        while part := list(islice(left, pace.rows)):
            with desk.transaction(clock, actor) as tx:
                began = time.perf_counter()
                batches.check_running(tx, batch_id)
                take(tx, part, batch_id, tally)
            pace.took(len(part), time.perf_counter() - began)
            tally.rows += len(part)
            progress(tally.rows)
        with desk.transaction(clock, actor) as tx:
            batches.finish(tx, batch_id, tally.summary(batch_id))
    return batch_id


def _begin(tx: Tx, source: Source) -> int:
    """Raises WrongDatum where the points of the file were seen to lie in another datum, and nobody confirmed it."""
    datum_check.check(source.looks)
    batch_id = batches.begin(tx, source.kind, source.file_name, source.file_sha256, source.options)
    for look in source.looks:
        tx.record(datum_check.CHECKED, Subject.BATCH, batch_id, data=look.figures())
    return batch_id
