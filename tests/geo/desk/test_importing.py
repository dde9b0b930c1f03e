"""The loop that imports share: chunks of the right length, one import of a file at a time, an undo that stops it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from geo.desk import batches
from geo.desk.importing import Pace
from geo.desk.report_import import ReportColumns, ReportImport, import_reports
from geo.errors import Conflict
from geo.model import BatchState
from geo.store.tables import batch, report
from tests import district
from tests.district import TESTER, District, lonlat

JOB = ReportImport("reports.csv", "0" * 64, ReportColumns("lon", "lat", "ref"), "wgs84", "import")


@pytest.fixture
def here(store: Any, now: datetime) -> District:
    return district.build(store, now)


def rows(count: int = 6) -> Iterator[tuple[int, dict[str, str | None]]]:
    lon, lat = lonlat(0.5, 0.5)
    return ((n + 2, {"ref": str(n), "lon": str(lon), "lat": str(lat)}) for n in range(count))


def run(here: District, now: datetime, given: Any = None) -> tuple[int, dict[str, int]]:
    batch_id, tally = import_reports(here.desk, JOB, rows() if given is None else given, lambda: now, TESTER)
    return batch_id, tally.summary(batch_id)


def state(here: District) -> list[tuple[int, str]]:
    with here.store.read() as conn:
        return [(row.id, row.state) for row in conn.execute(select(batch).order_by(batch.c.id))]


def in_force(here: District) -> int:
    with here.store.read() as conn:
        return len(conn.execute(select(report.c.id).where(report.c.undone_at.is_(None))).all())


@pytest.mark.usefixtures("two_rows_a_chunk")
def test_the_same_file_is_imported_by_one_at_a_time(here: District, now: datetime) -> None:
    def meanwhile() -> Iterator[Any]:
        for n, row in enumerate(rows()):
            if n == 3:
                with pytest.raises(Conflict, match="is being imported at this moment, as batch 1"):
                    run(here, now)
            yield row

    batch_id, summary = run(here, now, meanwhile())
    assert (batch_id, summary["assigned"], summary["duplicates"]) == (1, 6, 0)
    assert state(here) == [(1, BatchState.DONE)]
    again, summary = run(here, now)  # once it is done the same file is an import of its own
    assert (again, summary["duplicates"]) == (2, 6)


@pytest.mark.usefixtures("two_rows_a_chunk")
@pytest.mark.parametrize("after", [0, 3, 6], ids=["before the first chunk", "between two", "after the last"])
def test_an_import_that_is_undone_while_it_runs_stops_and_stays_undone(
    here: District, now: datetime, after: int
) -> None:
    def undone() -> Iterator[Any]:
        for n, row in enumerate([*rows(), None]):
            if n == after:
                with here.desk.transaction(lambda: now, TESTER) as tx:
                    batches.undo_reports(tx, 1)
            if row is not None:
                yield row

    with pytest.raises(Conflict, match="batch 1 is undone meanwhile"):
        run(here, now, undone())
    assert state(here) == [(1, BatchState.UNDONE)]
    assert in_force(here) == 0
    batch_id, summary = run(here, now)
    assert (batch_id, summary["assigned"], summary["duplicates"]) == (2, 6, 0)


@given(st.lists(st.floats(1e-6, 10), min_size=1, max_size=30), st.floats(0.01, 2))
def test_a_pace_keeps_within_its_bounds_and_grows_step_by_step(lasted: list[float], seconds: float) -> None:
    pace = Pace(seconds)
    for each in lasted:
        before = pace.rows
        pace.took(before, each)
        assert Pace.FEWEST <= pace.rows <= min(Pace.MOST, max(4 * before, Pace.FEWEST))


@pytest.mark.parametrize("a_row_s", [0.0001, 0.001, 0.004])
def test_a_pace_finds_the_rows_that_fit(a_row_s: float) -> None:
    pace = Pace(0.05)
    for _ in range(5):
        pace.took(pace.rows, pace.rows * a_row_s)
    assert pace.rows * a_row_s == pytest.approx(0.05, rel=0.2)
