"""What was recorded at a moment, on both stores: the past answers as it answered then, whatever happened since."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, insert, select, update

from geo.desk import batches, issues, staff, units
from geo.desk.asof import When
from geo.desk.boundaries import next_edition, publish
from geo.desk.details import grid_detail, issue_detail
from geo.desk.grid_undo import undo_grids
from geo.desk.lists import GridFilter, IssueFilter, UnitFilter, list_grids, list_issues, list_units
from geo.desk.microgrids import import_micro_grids
from geo.desk.people_import import PeopleImport, import_people, undo_people
from geo.desk.people_rows import PeopleColumns
from geo.desk.received import position
from geo.desk.report_import import ReportColumns, ReportImport, import_reports
from geo.desk.reports import file_report, issue_number, move_pin
from geo.desk.staff import StaffFilter, list_staff
from geo.desk.tx import Tx
from geo.desk.unit_detail import unit_detail
from geo.desk.unit_import import UnitColumns, UnitImport, import_units
from geo.errors import BadInput, GridwardenError
from geo.files import GridFile
from geo.model import DueState, InspectionResult, IssueState, NewReport, Occupancy, RiskClass, Term
from geo.rules.access import EVERYTHING, ROOT, Extent
from geo.store import tables
from geo.store.store import Store
from tests import district
from tests.district import EAST, NORTH, SIDE, TESTER, ZONE, District, lonlat
from tests.examples import examples

WHOLE = (Extent(ROOT),)
ALL = 500


# -- the moment -------------------------------------------------------------------------------------------------------


NOW = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-17", datetime(2026, 3, 17, 15, 59, 59, 999_000, tzinfo=UTC)),  # the local end of the day
        ("2026-03-18T12:00:00+08:00", NOW),
        ("2026-03-18T03:00:00Z", datetime(2026, 3, 18, 3, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_time_or_the_local_end_of_a_date(text: str, moment: datetime) -> None:
    when = When(NOW, ZONE).back_to(text)
    assert (when.now, when.as_of) == (moment, moment)


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "2026-02-30", "2026-3-1", "2026-03-01T09:30", "20260301", "2026-W10-1", "0001-01-01T00:00:00Z",
        "2026-03-18", "2026-03-18T04:00:00.001Z", "9999-12-31", "9999-12-31T23:59:59-12:00", "２０２６-03-01",
    ],
)  # fmt: skip
def test_what_is_no_moment_or_not_over_yet_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="as_of"):
        When(NOW, ZONE).back_to(text)


@given(
    st.integers(-72, 72).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "UTC"]),
)
def test_an_issue_is_numbered_by_the_local_year(opened_at: datetime, zone: str) -> None:
    local = opened_at.astimezone(ZoneInfo(zone))
    assert issue_number(17, opened_at, ZoneInfo(zone)) == f"{local.year}-000017"


@pytest.mark.parametrize(
    ("opened_at", "number"),
    [(datetime(2025, 12, 31, 15, 59, tzinfo=UTC), "2025-"), (datetime(2025, 12, 31, 16, tzinfo=UTC), "2026-")],
)
def test_the_year_of_a_number_begins_at_local_midnight(store: Store, opened_at: datetime, number: str) -> None:
    here = district.build(store, opened_at)
    with here.desk.transaction(lambda: opened_at, TESTER) as tx:
        issue_id = file_report(tx, NewReport("test", "1", position=position(*lonlat(0.5, 0.5), "wgs84"))).issue_id
    with here.store.read() as conn:
        told = issue_detail(conn, WHOLE, issue_id, here.reading(opened_at.astimezone(ZONE).date()))
        (listed,) = list_issues(conn, WHOLE, IssueFilter(), When(opened_at, ZONE), None, ALL).items
    assert told["number"] == listed["number"] == f"{number}{issue_id:06d}"


# -- replay -----------------------------------------------------------------------------------------------------------


@dataclass
class Town:
    """A district where things happen one after another; ``pick`` chooses among what is there."""

    here: District
    now: datetime
    pick: int = 0
    spot: tuple[float, float] = (0.5, 0.5)
    made: count[int] = field(default_factory=lambda: count(1))

    def tx(self) -> Any:
        return self.here.desk.transaction(lambda: self.now, TESTER)

    def one_of(self, conn: Connection, table: Any, *conditions: Any) -> int:
        ids = conn.execute(select(table.c.id).where(*conditions).order_by(table.c.id)).scalars().all()
        if not ids:
            raise BadInput("nothing there to choose from")
        return ids[self.pick % len(ids)]

    def report(self) -> None:
        with self.tx() as tx:
            file_report(
                tx, NewReport("test", str(next(self.made)), "0102", position=position(*lonlat(*self.spot), "wgs84"))
            )

    def move(self) -> None:
        with self.tx() as tx:
            at = position(*lonlat(*self.spot), "wgs84")
            assert at is not None
            move_pin(tx, self.one_of(tx.conn, tables.issue), at)

    def close_or_reopen(self) -> None:
        with self.tx() as tx:
            issue_id = self.one_of(tx.conn, tables.issue)
            try:
                issues.close(tx, issue_id, "done")
            except GridwardenError:
                issues.reopen(tx, issue_id, "again")

    def import_reports(self) -> None:
        lon, lat = lonlat(*self.spot)
        rows = [{"lon": str(lon), "lat": str(lat), "ref": str(next(self.made))} for _ in range(2)]
        job = ReportImport("r.csv", str(next(self.made)), ReportColumns(lon="lon", lat="lat", ref="ref"), "wgs84", "i")
        import_reports(self.here.desk, job, enumerate(rows, 2), lambda: self.now, TESTER)

    def import_unit(self) -> None:
        lon, lat = lonlat(*self.spot)
        row = {"code": f"U{next(self.made)}", "lon": str(lon), "lat": str(lat), "months": "4", "since": "2026-03-01"}
        columns = UnitColumns(code="code", lon="lon", lat="lat", months="months", since="since")
        job = UnitImport("u.csv", str(next(self.made)), columns, "wgs84", spread=False)
        import_units(self.here.desk, job, [(2, row)], lambda: self.now, TESTER)

    def inspect(self) -> None:
        with self.tx() as tx:
            result = list(InspectionResult)[self.pick % len(InspectionResult)]
            units.record_inspection(tx, self.one_of(tx.conn, tables.rental_unit), result, "seen")

    def change_term(self) -> None:
        with self.tx() as tx:
            occupancy = list(Occupancy)[self.pick % len(Occupancy)]
            months = 1 + self.pick % 12 if occupancy is Occupancy.LET else None
            units.set_term(tx, self.one_of(tx.conn, tables.rental_unit), Term(occupancy, tx.today, None, months))

    def night(self) -> None:
        with self.tx() as tx:
            units.refresh(tx)

    def appoint(self) -> None:
        n = next(self.made)
        kind, target = [("lead", "G00"), ("deputy", "G00"), ("lead", "G11"), ("area_lead", "C0")][self.pick % 4]
        row = {"code": f"p{n}", "name": f"示例{n}", "post": kind, "target": target}
        job = PeopleImport("p.csv", str(n), PeopleColumns("code", "name", post="post", target="target"))
        import_people(self.here.desk, job, [(2, row)], lambda: self.now, TESTER)

    def leave(self) -> None:
        with self.tx() as tx:
            held = self.one_of(tx.conn, tables.appointment, tables.appointment.c.to_at.is_(None))
            cover_id = self.one_of(tx.conn, tables.person)
            cover = tx.conn.execute(select(tables.person.c.code).where(tables.person.c.id == cover_id)).scalar_one()
            staff.take_leave(tx, held, tx.today, tx.today + timedelta(days=1 + self.pick % 9), cover)

    def end(self) -> None:
        with self.tx() as tx:
            held = self.one_of(tx.conn, tables.appointment, tables.appointment.c.to_at.is_(None))
            staff.end_appointment(tx, held, tx.today + timedelta(days=self.pick % 9))

    def divide(self) -> None:
        """Two micro-grids in G00."""
        low, high = (shapely.box(EAST, NORTH + y, EAST + SIDE, NORTH + y + SIDE / 2) for y in (0, SIDE / 2))
        n = next(self.made)
        file = GridFile(
            Path("micro.gpkg"), [f"M{n}", f"N{n}"], ["下", "上"], ["G00", "G00"], np.array([low, high], dtype=object),
            "EPSG:4549", [{}, {}], (),
        )  # fmt: skip
        with self.tx() as tx:
            import_micro_grids(tx, file, file_sha256=str(n))

    def redraw(self) -> None:
        """An edition in which one grid has another name and belongs to another community."""
        with self.tx() as tx:
            area_id = self.one_of(tx.conn, tables.area, tables.area.c.level == "community")
        self.move_grid(f"G{self.pick % 3}{self.pick // 3 % 3}", area_id)

    def move_grid(self, code: str, area_id: int) -> None:
        version = tables.grid_version
        with self.tx() as tx:
            row = tx.conn.execute(select(version).where(version.c.code == code, version.c.to_edition.is_(None))).one()
            number = next_edition(tx, row.scheme_id)
            tx.conn.execute(update(version).where(version.c.id == row.id).values(to_edition=number))
            said = dict(row._mapping) | {"name": f"名{number}", "area_id": area_id, "from_edition": number}
            del said["id"]
            tx.conn.execute(insert(version).values(said))
            publish(tx, row.scheme_id, number, "redrawn", None)

    def undo(self) -> None:
        with self.tx() as tx:
            batch_id = self.one_of(tx.conn, tables.batch, tables.batch.c.state == "done")
            UNDO[batches.get(tx, batch_id).kind](tx, batch_id)


UNDO: dict[str, Callable[[Tx, int], int]] = {
    "reports": lambda tx, batch_id: batches.undo_reports(tx, batch_id, even_worked=True),
    "units": lambda tx, batch_id: units.undo_units(tx, batch_id, even_worked=True),
    "people": undo_people,
    "micro-grids": undo_grids,
}
VERBS = [
    Town.report, Town.move, Town.close_or_reopen, Town.import_reports, Town.import_unit, Town.inspect, Town.change_term,
    Town.night, Town.appoint, Town.leave, Town.end, Town.divide, Town.redraw, Town.undo,
]  # fmt: skip
STEPS = st.tuples(
    st.sampled_from(VERBS),
    st.integers(0, 8),
    st.tuples(st.sampled_from([0.1, 0.5, 1.0, 1.5, 4.0]), st.sampled_from([0.2, 0.9, 1.5])),
    st.sampled_from([timedelta(0), timedelta(milliseconds=1), timedelta(hours=5), timedelta(days=9)]),
)


def told(here: District, when: When) -> dict[str, Any]:
    """Everything that the lists and details answer, without what may be done about it now."""
    reading = here.reading(when.today) if when.as_of is None else here.reading(when.today, when.as_of)
    reading = type(reading)(when, reading.atlas, reading.people_in)
    with here.store.read() as conn:
        lists = {
            f"issues {wanted}": list_issues(conn, WHOLE, wanted, when, None, ALL).items
            for wanted in (
                IssueFilter(), IssueFilter(grid="G00"), IssueFilter(area="C0"), IssueFilter(state=IssueState.WITHDRAWN),
                IssueFilter(overdue=True), IssueFilter(ambiguous=True), IssueFilter(category="0102"),
            )
        } | {
            f"units {wanted}": list_units(conn, WHOLE, wanted, when, None, ALL).items
            for wanted in (
                UnitFilter(), UnitFilter(area="C0"), UnitFilter(risk_class=RiskClass.ORANGE),
                UnitFilter(due=DueState.OVERDUE),
            )
        } | {
            f"grids {wanted}": list_grids(conn, WHOLE, wanted, when, None, ALL).items
            for wanted in (GridFilter(), GridFilter(area="C1"), GridFilter(without_lead=WHOLE))
        }  # fmt: skip
        lists["staff"] = list_staff(conn, WHOLE, StaffFilter(every=True), when, None, ALL).items
        details = [issue_detail(conn, WHOLE, each["id"], reading) for each in lists[f"issues {IssueFilter()}"]]
        details += [unit_detail(conn, each["id"], reading, WHOLE) for each in lists[f"units {UnitFilter()}"]]
        details += [grid_detail(conn, EVERYTHING, code, reading) for code in ("G00", "G11")]
    return lists | {"details": [{k: v for k, v in detail.items() if k != "may"} for detail in details]}


# Shrinking would replay whole lives for minutes; the steps and what differs say enough.
@settings(max_examples=examples(6), suppress_health_check=list(HealthCheck), phases=set(Phase) - {Phase.shrink})
@given(steps=st.lists(STEPS, min_size=10, max_size=25))
def test_the_past_answers_as_it_answered_then(
    kind: str, store_factory: Callable[..., Store], now: datetime, steps: list[Any]
) -> None:
    town = Town(district.build(store_factory(kind), now), now)
    remembered: dict[datetime, dict[str, Any]] = {}
    for verb, pick, spot, pause in steps:
        town.now += pause
        town.pick, town.spot = pick, spot
        with suppress(GridwardenError):  # a refusal happened to nobody
            verb(town)
        remembered[town.now] = told(town.here, When(town.now, ZONE))
    for moment, answers in remembered.items():
        again = told(town.here, When(moment, ZONE, moment))
        for name, answer in answers.items():
            assert again[name] == answer, (name, moment)


def test_before_anything_was_recorded_there_is_nothing(store: Store, now: datetime) -> None:
    town = Town(district.build(store, now), now)
    town.report()
    town.import_unit()
    before = When(now - timedelta(milliseconds=1), ZONE, now - timedelta(milliseconds=1))
    with store.read() as conn:
        assert list_issues(conn, WHOLE, IssueFilter(), before, None, ALL).items == []
        assert list_units(conn, WHOLE, UnitFilter(), before, None, ALL).items == []
        assert list_grids(conn, WHOLE, GridFilter(), before, None, ALL).items == []
        assert conn.execute(select(func.count()).select_from(tables.event)).scalar_one() > 0


def test_a_filter_by_area_goes_by_the_areas_of_then(store: Store, now: datetime) -> None:
    town = Town(district.build(store, now), now)
    town.report()
    town.import_unit()
    town.appoint()
    town.now += timedelta(days=1)
    with store.read() as conn:
        elsewhere = conn.execute(select(tables.area.c.id).where(tables.area.c.code == "C1")).scalar_one()
    town.move_grid("G00", elsewhere)
    for code, then, since in (("C0", 1, 0), ("C1", 0, 1)):
        for when, expected in ((When(town.now, ZONE, now), then), (When(town.now, ZONE), since)):
            with store.read() as conn:
                assert len(list_issues(conn, WHOLE, IssueFilter(area=code), when, None, ALL).items) == expected
                assert len(list_units(conn, WHOLE, UnitFilter(area=code), when, None, ALL).items) == expected
                assert len(list_staff(conn, WHOLE, StaffFilter(area=code), when, None, ALL).items) == expected
    # What may be seen goes by the areas of today.
    with store.read() as conn:
        past = When(town.now, ZONE, now)
        assert list_issues(conn, [Extent("/D/C0/")], IssueFilter(), past, None, ALL).items == []
        assert len(list_issues(conn, [Extent("/D/C1/")], IssueFilter(), past, None, ALL).items) == 1
        assert list_staff(conn, [Extent("/D/C0/")], StaffFilter(), past, None, ALL).items == []
