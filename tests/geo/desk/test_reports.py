"""Reports on both stores: filed once, decided exactly, moved, closed, reopened, imported and undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.event import listen

from geo.desk import batches, issues
from geo.desk.received import position
from geo.desk.report_import import ReportColumns, ReportImport, import_reports
from geo.desk.reports import file_report, file_reports, find_filed, move_pin
from geo.desk.tx import Desk
from geo.errors import BadCoordinates, BadInput, Conflict, NotFound, UnknownDatum
from geo.model import Method, NewReport, Queue
from geo.store.store import Store
from geo.store.tables import assignment, contact, event, issue_state
from tests import district
from tests.district import TESTER, District, lonlat


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    return district.build(store, now)


def report(ref: str, column: float, row: float, **more: object) -> NewReport:
    return NewReport("test", ref, position=position(*lonlat(column, row), "wgs84"), **more)  # type: ignore[arg-type]


def test_a_report_finds_its_grid_and_opens_an_issue(here: District, now: datetime) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        filed = file_report(tx, report("1", 1.5, 0.5, category="0102"))
    decision = filed.primary
    assert decision is not None
    assert (decision.code, decision.method, decision.distance_m, decision.ambiguous) == ("G10", Method.WITHIN, 0, False)
    with here.store.read() as conn:
        assert conn.execute(select(issue_state.c.state)).scalars().all() == ["open"]
        assert conn.execute(select(event.c.kind, event.c.grid_id)).all() == [("report.filed", here.grid_ids["G10"])]


def test_a_retry_gets_the_first_answer(here: District, now: datetime) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        first = file_report(tx, report("1", 0.5, 0.5))
    with here.desk.transaction(lambda: now, TESTER) as tx:
        again = file_report(tx, report("1", 2.5, 2.5))
    assert again.is_new is False
    assert (again.issue_id, again.primary) == (first.issue_id, first.primary)


def test_a_retry_gets_the_first_answer_even_after_the_pin_moved(here: District, now: datetime) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        first = file_report(tx, report("1", 0.5, 0.5))
        at = position(*lonlat(2.5, 0.5), "wgs84")
        assert at is not None
        move_pin(tx, first.issue_id, at)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assert file_report(tx, report("1", 0.5, 0.5)).primary == first.primary


def test_one_reference_twice_in_one_go_is_one_report(here: District, now: datetime) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        first, second = file_reports(tx, [report("1", 0.5, 0.5), report("1", 0.5, 0.5)])
    assert (first.is_new, second.is_new, first.issue_id) == (True, False, second.issue_id)


@pytest.mark.parametrize("kind", ["postgis"], indirect=True)
def test_each_reference_of_a_source_that_the_database_has_not_met_is_looked_up_by_itself(
    here: District, now: datetime
) -> None:
    asked: list[tuple[str, Any]] = []
    with here.store.write() as conn:  # it knows one source well, and nothing of the other
        tx = here.desk.tx(conn, now, TESTER)
        file_reports(tx, [replace(report(str(i), 0.5, 0.5), source="met") for i in range(500)])
        conn.exec_driver_sql("ANALYZE report")
        file_reports(tx, [replace(report(str(i), 0.5, 0.5), source="new") for i in range(500)])
        listen(conn, "before_cursor_execute", lambda _c, _k, sql, values, *_: asked.append((sql, values)))
        assert len(find_filed(tx, [("new", "1"), ("new", "7"), ("new", "none")])) == 2
        sql, values = asked[0]
        plan = "".join(row[0] for row in conn.exec_driver_sql(f"EXPLAIN ANALYZE {sql}", values))
    assert "report_source" in plan
    assert "Rows Removed" not in plan


def test_the_lowest_code_wins_on_a_shared_edge_and_the_doubt_is_said(here: District, now: datetime) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        decision = file_report(tx, report("1", 1.0, 1.0)).primary
    assert decision is not None
    assert (decision.code, decision.ambiguous) == ("G00", True)
    assert {c.code for c in decision.candidates} == {"G00", "G01", "G10", "G11"}


@pytest.mark.parametrize(
    ("row", "method", "queue"), [(3.01, Method.NEAREST, None), (4.0, None, Queue.OUTSIDE)], ids=["2 m out", "200 m out"]
)
def test_outside_is_the_nearest_or_a_queue(
    here: District, now: datetime, row: float, method: Method | None, queue: Queue | None
) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        decision = file_report(tx, report("1", 0.5, row)).primary
    assert decision is not None
    assert (decision.method, decision.queue) == (method, queue)


def test_without_coordinates_it_waits_for_a_location(here: District, now: datetime) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        decision = file_report(tx, NewReport("test", "1")).primary
    assert decision is not None and decision.queue is Queue.NO_LOCATION


def test_a_moved_pin_is_decided_again_and_the_past_is_kept(here: District, now: datetime) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        issue_id = file_report(tx, report("1", 0.5, 0.5)).issue_id
    later = now + timedelta(minutes=5)
    at = position(*lonlat(2.5, 0.5), "wgs84")
    assert at is not None
    with here.desk.transaction(lambda: later, TESTER) as tx:
        move_pin(tx, issue_id, at, "wrong side of the road")
    with here.store.read() as conn:
        rows = conn.execute(select(assignment).order_by(assignment.c.id)).all()
        assert [(r.grid_id, r.from_at, r.to_at) for r in rows] == [
            (here.grid_ids["G00"], now, later),
            (here.grid_ids["G20"], later, None),
        ]
        moved = conn.execute(select(event).where(event.c.kind == "issue.moved")).one()
        assert (moved.grid_id_before, moved.grid_id) == (here.grid_ids["G00"], here.grid_ids["G20"])


def test_close_needs_a_reply_and_reopen_a_closed_issue(here: District, now: datetime) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        issue_id = file_report(tx, report("1", 0.5, 0.5)).issue_id
        with pytest.raises(BadInput, match="reply"):
            issues.close(tx, issue_id, "  ")
        with pytest.raises(Conflict):
            issues.reopen(tx, issue_id, "not closed yet")
        issues.close(tx, issue_id, "done")
        with pytest.raises(Conflict):
            issues.close(tx, issue_id, "twice")
        issues.reopen(tx, issue_id, "seen again")
        with pytest.raises(NotFound):
            issues.close(tx, issue_id + 999, "nothing there")
    with here.store.read() as conn:
        states = conn.execute(select(issue_state.c.state, issue_state.c.to_at).order_by(issue_state.c.id)).all()
    assert [s.state for s in states] == ["open", "closed", "reopened"]
    assert [s.to_at is None for s in states] == [False, False, True]


def test_a_place_on_earth_is_asked_for_in_a_named_datum() -> None:
    with pytest.raises(UnknownDatum):
        position(118.9, 28.9, "gps")
    with pytest.raises(BadCoordinates):
        position(28.9, 118.9, "wgs84")
    assert position(0, 0, "wgs84") is None


# -- imports --------------------------------------------------------------------------------------------------------


def job(datum: str = "wgs84") -> ReportImport:
    columns = ReportColumns(lon="lon", lat="lat", ref="ref", category="kind", time="at", place="place")
    return ReportImport("reports.csv", "0" * 64, columns, datum, "import")


def rows() -> list[tuple[int, dict[str, str | None]]]:
    lon, lat = lonlat(0.5, 0.5)
    edge_lon, edge_lat = lonlat(1.0, 0.5)
    out_lon, out_lat = lonlat(0.5, 9.0)
    good = {"kind": "0102", "at": "2026-03-01 09:30", "place": None}
    return [
        (2, good | {"ref": "a", "lon": str(lon), "lat": str(lat)}),
        (3, good | {"ref": "b", "lon": str(edge_lon), "lat": str(edge_lat)}),
        (4, good | {"ref": "c", "lon": str(out_lon), "lat": str(out_lat)}),
        (5, good | {"ref": "d", "lon": "", "lat": None}),
        (6, good | {"ref": "a", "lon": str(lon), "lat": str(lat)}),
        (7, good | {"ref": "e", "lon": str(lat), "lat": str(lon)}),
        (8, good | {"ref": "f", "lon": "east", "lat": str(lat)}),
        (9, good | {"ref": "g", "lon": "0", "lat": "0"}),
        (10, good | {"ref": "", "lon": str(lon), "lat": str(lat)}),
        (11, good | {"ref": "h", "lon": str(lon), "lat": str(lat), "at": "yesterday"}),
        (12, good | {"ref": "i", "lon": str(lon), "lat": "nan"}),
        (13, good | {"ref": "j", "lon": str(lon), "lat": str(lat), "at": "2031-01-01"}),
    ]


EXPECTED = {
    "rows": 12, "assigned": 2, "nearest": 0, "placed": 0, "outside": 1, "no_location": 1,
    "rejected": 7, "duplicates": 1, "ambiguous": 1, "swapped": 1,
}  # fmt: skip


def test_every_row_of_an_import_is_accounted_for(here: District, now: datetime) -> None:
    batch_id, tally = import_reports(here.desk, job(), rows(), lambda: now, TESTER)
    assert tally.summary(batch_id) == {"batch": batch_id} | EXPECTED
    reasons = {reject.line: reject.reason for reject in tally.rejects}
    assert sorted(reasons) == [7, 8, 9, 10, 11, 12, 13]
    assert "swapped" in reasons[7] or "no place" in reasons[7]
    assert "lon is 'east'" in reasons[8]
    assert "future" in reasons[13]


def test_the_second_import_adds_none(here: District, now: datetime) -> None:
    import_reports(here.desk, job(), rows(), lambda: now, TESTER)
    _, tally = import_reports(here.desk, job(), rows(), lambda: now, TESTER)
    assert tally.counts["duplicates"] == 5
    assert tally.counts["assigned"] == 0


@pytest.mark.usefixtures("two_rows_a_chunk")
def test_a_reference_seen_again_in_a_later_chunk_is_a_duplicate(here: District, now: datetime) -> None:
    batch_id, tally = import_reports(here.desk, job(), rows(), lambda: now, TESTER)
    assert tally.summary(batch_id) == {"batch": batch_id} | EXPECTED


@pytest.mark.usefixtures("two_rows_a_chunk")
def test_an_import_that_was_cut_off_goes_on_where_it_was(here: District, now: datetime) -> None:
    def cut() -> object:
        yield from rows()[:4]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_reports(here.desk, job(), cut(), lambda: now, TESTER)  # type: ignore[arg-type]
    batch_id, tally = import_reports(here.desk, job(), rows(), lambda: now, TESTER)
    assert batch_id == 1
    assert tally.summary(batch_id) == {"batch": 1} | EXPECTED


def test_an_undone_import_can_be_done_again_with_another_datum(here: District, now: datetime) -> None:
    batch_id, _ = import_reports(here.desk, job(), rows(), lambda: now, TESTER)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assert batches.undo_reports(tx, batch_id) == 4
    again, tally = import_reports(here.desk, job("gcj02"), rows(), lambda: now, TESTER)
    assert again != batch_id
    assert tally.counts["duplicates"] == 1
    assert tally.counts["outside"] == 3  # 580 m to the side


def test_undo_asks_before_it_withdraws_what_was_worked_on(here: District, now: datetime) -> None:
    batch_id, _ = import_reports(here.desk, job(), rows(), lambda: now, TESTER)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        issues.close(tx, 1, "done")
    with pytest.raises(Conflict, match="1 issues"), here.desk.transaction(lambda: now, TESTER) as tx:
        batches.undo_reports(tx, batch_id)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assert batches.undo_reports(tx, batch_id, even_worked=True) == 4


class Sealer:
    def seal(self, text: str) -> str:
        return text[::-1]

    def open(self, sealed: str) -> str:
        return sealed[::-1]


def test_undoing_an_import_erases_the_contacts_that_it_brought(here: District, now: datetime) -> None:
    desk = Desk(here.store, Sealer())
    with desk.transaction(lambda: now, TESTER) as tx:
        batch_id = batches.begin(tx, "reports", "calls.csv", "0" * 64, {})
        file_reports(tx, [report("1", 0.5, 0.5, contact="13800000000"), report("2", 0.5, 0.5)], batch_id)
        file_report(tx, report("3", 0.5, 0.5, contact="13900000000"))
        batches.finish(tx, batch_id, {})
    later = now + timedelta(hours=1)
    with desk.transaction(lambda: later, TESTER) as tx:
        batches.undo_reports(tx, batch_id)
    with here.store.read() as conn:
        kept = conn.execute(select(contact.c.sealed, contact.c.erased_at).order_by(contact.c.id)).all()
    assert kept == [(None, later), ("00000000931", None)]
