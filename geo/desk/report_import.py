"""Reports from a table: every row ends as exactly one of assigned, nearest, placed, queued, duplicate or rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from geo.crs import parse_datum
from geo.desk.cells import Bounds, Columns, PositionCells, Row, cell, expected_bounds, parse_time
from geo.desk.datum_check import Look
from geo.desk.importing import RowTally, Source, run_import_in_chunks
from geo.desk.pins import Pin, PinColumns, table_pins, thinned
from geo.desk.received import check_time
from geo.desk.reports import file_reports
from geo.desk.tx import Clock, Desk, Tx
from geo.errors import BadInput
from geo.model import Actor, NewReport
from geo.store.tables import report


@dataclass(frozen=True)
class ReportColumns(Columns):
    """Which column holds what. ``category``, ``time`` and the rest are optional."""

    lon: str
    lat: str
    ref: str
    category: str | None = None
    time: str | None = None
    address: str | None = None
    place: str | None = None
    description: str | None = None
    accuracy: str | None = None


@dataclass(frozen=True)
class ReportImport:
    """One import: where rows come from and what their columns mean."""

    file_name: str
    file_sha256: str
    columns: ReportColumns
    datum: str
    source: str
    looks: tuple[Look, ...] = ()

    def pins(self, rows: Iterable[tuple[int, Row]]) -> Iterable[Pin]:
        """The points of the file with what their rows name."""
        columns = self.columns
        texts = columns.address, columns.description
        wanted = PinColumns(columns.ref, columns.lon, columns.lat, (columns.place,), texts)
        return table_pins(thinned(rows), wanted, self.datum)

    def options(self) -> dict[str, Any]:
        return {"columns": asdict(self.columns), "datum": parse_datum(self.datum), "source": self.source}


def import_reports(
    desk: Desk,
    job: ReportImport,
    rows: Iterable[tuple[int, Row]],
    clock: Clock,
    actor: Actor,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[int, RowTally]:
    """Import (line number, row) pairs. Returns the batch id and the tally. Raises WrongDatum (datum_check)."""
    with desk.transaction(clock, actor) as tx:
        bounds = expected_bounds(tx)
    taker = _Taker(RowReader(job, ZoneInfo(desk.store.jurisdiction.timezone), bounds))
    source = Source("reports", job.file_name, job.file_sha256, job.options(), job.looks)
    tally = RowTally.of_outcomes()
    batch_id = run_import_in_chunks(desk, source, tally, rows, taker.take, clock, actor, progress)
    return batch_id, tally


class _Taker:
    """Files chunk after chunk and counts what became of every row."""

    def __init__(self, reader: RowReader) -> None:
        self._reader = reader
        self._counted: set[int] = set()  # reports that a row stands for already

    def take(self, tx: Tx, rows: list[tuple[int, Row]], batch_id: int, tally: RowTally) -> None:
        news: list[NewReport] = []
        for line, row in rows:
            try:
                news.append(self._reader.read(row, tx.now))
            except BadInput as refusal:
                tally.reject(line, row.get(self._reader.job.columns.ref), refusal)
        filed = file_reports(tx, news, batch_id)
        ours = _filed_by(tx, batch_id, [answer.report_id for answer in filed if not answer.is_new])
        for answer in filed:
            # After a cut-off, rows of this same batch count as what they became; a second row of one ref does not.
            if answer.report_id not in self._counted and (answer.is_new or answer.report_id in ours):
                self._counted.add(answer.report_id)
                tally.decided(answer.primary)
            else:
                tally.counts["duplicates"] += 1


def _filed_by(tx: Tx, batch_id: int, report_ids: list[int]) -> set[int]:
    if not report_ids:
        return set()
    mine = select(report.c.id).where(report.c.id.in_(report_ids), report.c.batch_id == batch_id)
    return set(tx.conn.execute(mine).scalars())


class RowReader:
    """Turns a row of text into a NewReport, or says why not."""

    def __init__(self, job: ReportImport, zone: ZoneInfo, bounds: Bounds | None) -> None:
        self.job = job
        self._zone = zone
        columns = job.columns
        self._position = PositionCells(columns.lon, columns.lat, columns.accuracy, bounds)

    def read(self, row: Row, now: datetime) -> NewReport:
        """Raises BadInput with the column and the value that cannot be taken."""

        def text(column: str | None) -> str | None:
            return cell(row, column)

        columns = self.job.columns
        ref = text(columns.ref)
        if ref is None:
            raise BadInput(f"column {columns.ref} is empty: a row needs its own reference", why="empty")
        occurred_at = self._time(text(columns.time))
        check_time(columns.time or "", occurred_at, now)
        return NewReport(
            source=self.job.source,
            source_ref=ref,
            category=text(columns.category),
            description=text(columns.description) or "",
            position=self._position.read(row, self.job.datum),
            address=text(columns.address),
            place_code=text(columns.place),
            occurred_at=occurred_at,
        )

    def _time(self, text: str | None) -> datetime | None:
        return None if text is None else parse_time(self.job.columns.time or "", text, self._zone)
