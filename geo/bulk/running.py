"""A job from its first row to the file that appears: here, or on the workers of a cluster."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from geo.bulk.ahead import ahead
from geo.bulk.deciding import ENDS
from geo.bulk.job import Bulk
from geo.bulk.parts import REJECT_COLUMNS, JobFolder
from geo.bulk.sinks import write_out
from geo.bulk.sources import Batch, read_groups
from geo.bulk.work import Deciding, decided, writing
from geo.errors import BadInput, CannotWrite, Conflict


@dataclass(frozen=True)
class Progress:
    """How far a job is. kept: rows that an earlier run had done. share: of the whole, None where nobody knows."""

    rows: int
    kept: int
    share: float | None


@dataclass(frozen=True)
class Summary:
    """rows are assigned, nearest, placed, outside, no_location or rejected; ambiguous ones are among the assigned.

    swapped: outside, and among the grids were lon and lat the other way round. kept: rows an earlier run had done.
    rejects: where the rejected rows are named, None without any.
    """

    rows: int
    counts: Counter[str]
    kept: int
    rejects: Path | None


def run(
    bulk: Bulk,
    *,
    scheduler: str | None = None,
    overwrite: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Run a job; the output appears when it is whole. What a killed run had done is taken over.

    scheduler: address of a Dask scheduler, whose workers see the points and the folder of the output. Raises Conflict
    where the output exists and ``overwrite`` is not set, BadInput where the points turn out to be broken, CannotWrite
    where the disk is full.
    """
    _check_out(bulk, overwrite)
    try:
        return _run(bulk, scheduler, overwrite, progress, say)
    except OSError as error:
        raise CannotWrite(
            f"{bulk.request.out} cannot be written ({error.strerror or error}): make room or choose another place; the"
            " same command goes on from what is done"
        ) from error


def _run(
    bulk: Bulk,
    scheduler: str | None,
    overwrite: bool,
    progress: Callable[[Progress], None],
    say: Callable[[str], None],
) -> Summary:
    out = bulk.request.out
    folder = JobFolder(out, bulk.plan.shape)
    if folder.open(bulk):
        say(f"going on where an earlier run stopped: {folder.folder}")
    course = _Course(bulk, folder, progress)
    try:
        tables = course.on_cluster(scheduler) if scheduler else course.here()
        if bulk.plan.shape == "folder":
            for _ in tables:
                pass
        else:
            write_out(bulk, folder.folder / out.name, ahead(tables))
        rejects = _gather_rejects(folder, out)
    except BadInput:
        if scheduler:  # it may have been one of many workers that refused
            folder.leave()
        else:
            folder.remove()  # the same points would be refused again
        raise
    except BaseException:
        folder.leave()
        raise
    _appear(folder, bulk, overwrite)
    counts = course.counts
    return Summary(sum(counts[name] for name in ENDS), counts, course.kept, rejects)


def _check_out(bulk: Bulk, overwrite: bool) -> None:
    out = bulk.request.out
    if not out.parent.is_dir():
        raise BadInput(f"there is no folder {out.parent}")
    if not out.exists():
        return
    if out.samefile(bulk.request.points):
        raise BadInput(f"{out} is the file of the points itself: name another")
    if not overwrite:
        raise Conflict(f"{out} exists; it is not overwritten unasked: name another, or say --replace")
    if out.is_dir():
        raise Conflict(f"{out} is a folder, which is never replaced: remove it, or name another")


def _appear(folder: JobFolder, bulk: Bulk, overwrite: bool) -> None:
    out = bulk.request.out
    if bulk.plan.shape == "folder":
        folder.become(out)
        return
    (folder.folder / out.name).replace(out)
    folder.remove()


class _Course:
    """The tables of a job in the order of its rows, and what is counted on the way."""

    def __init__(self, bulk: Bulk, folder: JobFolder, progress: Callable[[Progress], None]) -> None:
        self._bulk, self._folder, self._progress = bulk, folder, progress
        self.counts: Counter[str] = Counter()
        self.kept = 0
        self._rows = 0
        self._share: float | None = None

    def here(self) -> Iterator[pa.Table]:
        # What is done again in seconds need not be kept.
        rows = self._bulk.source.rows
        keeps = self._bulk.plan.shape == "folder" or rows is None or rows > 2 * self._bulk.request.part_rows
        for number, batches in self._parts():
            done = self._folder.parts.done(number) if keeps else None
            if done is not None:
                yield from self._taken_over(number, done)
            else:
                yield from self._made(number, self._noting(batches), keeps)

    def on_cluster(self, scheduler: str) -> Iterator[pa.Table]:
        from geo.bulk.cluster import finished

        for number, counts, is_new in finished(self._bulk, self._folder, scheduler, self._laid_out):
            if is_new:
                self.counts.update(counts)
                yield from self._read(number, counts)
            else:
                yield from self._taken_over(number, counts)

    def _laid_out(self) -> Iterator[tuple[int, Iterator[Batch]]]:
        return ((number, self._noting(batches)) for number, batches in self._parts())

    def _parts(self) -> Iterator[tuple[int, Iterator[Batch]]]:
        """Number and batches of every part. Those of a part are read as they are asked for, and before the next."""
        parts = self._bulk.plan.parts
        if parts is not None:
            yield from ((part.number, ahead(read_groups(part))) for part in parts)
            return
        size = self._bulk.request.part_rows
        yield from groupby(_split(ahead(self._bulk.source.stream()), size), lambda batch: batch.first_row // size)

    def _made(self, number: int, batches: Iterator[Batch], keeps: bool) -> Iterator[pa.Table]:
        by, parts = Deciding(self._bulk.plan, self._bulk.grids, self._bulk.names), self._folder.parts
        counts: Counter[str] = Counter()
        if keeps:
            for table in writing(parts, number, by, batches, counts):
                yield self._passed(table)
        else:
            rejects = []
            for table, bad in decided(by, batches, counts):
                rejects += bad
                yield self._passed(table)
            parts.reject(number, rejects)
        self.counts.update(counts)

    def _taken_over(self, number: int, counts: Counter[str]) -> Iterator[pa.Table]:
        self.kept += sum(counts[name] for name in ENDS)
        self.counts.update(counts)
        yield from self._read(number, counts)

    def _read(self, number: int, counts: Counter[str]) -> Iterator[pa.Table]:
        if self._bulk.plan.shape == "folder":
            self._rows += sum(counts[name] for name in ENDS)
            self._tell()
            return
        for table in self._folder.parts.read(number):
            yield self._passed(table)

    def _noting(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self._share = batch.share
            yield batch

    def _passed(self, table: pa.Table) -> pa.Table:
        self._rows += table.num_rows
        self._tell()
        return table

    def _tell(self) -> None:
        total = self._bulk.source.rows
        share = self._rows / total if total else self._share
        self._progress(Progress(self._rows, self.kept, share))


def _split(batches: Iterator[Batch], rows: int) -> Iterator[Batch]:
    """Batches none of which lies in two parts of so many rows."""
    for batch in batches:
        start, end = 0, batch.table.num_rows
        while start < end:
            stop = min(end, start + rows - (batch.first_row + start) % rows)
            broken = {row - start: reason for row, reason in batch.broken.items() if start <= row < stop}
            yield replace(
                batch, table=batch.table.slice(start, stop - start), first_row=batch.first_row + start, broken=broken
            )
            start = stop


def _gather_rejects(folder: JobFolder, out: Path) -> Path | None:
    """One list of rejected rows beside the output; what an earlier run left there is removed."""
    beside = out.with_name(f"{out.name}.rejects.csv")
    lists = sorted(folder.folder.glob("rejects-*.csv"))
    if not lists:
        beside.unlink(missing_ok=True)
        return None
    growing = folder.folder / "rejects.csv"
    with growing.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerow(REJECT_COLUMNS)
        for each in lists:
            with each.open(encoding="utf-8", newline="") as source:
                next(source)
                target.writelines(source)
    growing.replace(beside)
    return beside
