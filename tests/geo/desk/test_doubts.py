"""Issues near an edge, on both stores: the shares of the disc, the queue, and who settles it."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from geo.coverage.index import GridIndex
from geo.desk import checking, issues
from geo.desk.asof import When
from geo.desk.assigning import Spot, assign
from geo.desk.atlas import Sheet
from geo.desk.details import issue_detail, issue_version
from geo.desk.doubts import DoubtFilter, confirm, list_doubts
from geo.desk.lists import IssueOrder, queue_counts
from geo.desk.received import position
from geo.desk.reports import file_report, move_pin
from geo.errors import BadInput, Conflict, NotFound
from geo.model import Actor, Assignment, Method, NewReport, Position
from geo.rules.access import EVERYWHERE, Extent
from geo.store.store import Store
from geo.store.tables import assignment, event, issue
from tests import district
from tests.district import EAST, METRIC, NORTH, SIDE, TESTER, ZONE, District, lonlat

DISPATCHER = Actor("account:7", "Dispatcher")


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    return district.build(store, now)


def at(column: float, row: float, accuracy_m: float | None) -> Position:
    found = position(*lonlat(column, row), "wgs84", accuracy_m)
    assert found is not None
    return found


def filed(here: District, now: datetime, column: float, row: float, accuracy_m: float | None, ref: str = "1") -> int:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        return file_report(tx, NewReport("test", ref, position=at(column, row, accuracy_m))).issue_id


def doubts(here: District, now: datetime, **wanted: str) -> list[tuple[int, str]]:
    with here.store.read() as conn:
        page = list_doubts(conn, EVERYWHERE, DoubtFilter(**wanted), When(now, ZONE), None, 100)
    return [(item["id"], item["grid"]) for item in page.items]


def in_force(here: District, issue_id: int) -> Assignment:
    with here.store.read() as conn:
        return conn.execute(
            select(assignment).where(assignment.c.subject_id == issue_id, assignment.c.to_at.is_(None))
        ).one()


# -- shares -----------------------------------------------------------------------------------------------------------


@given(st.floats(-0.3, 3.3), st.floats(-0.3, 3.3), st.one_of(st.none(), st.sampled_from([0.2, 3.0, 45.0, 260.0])))
def test_shares_are_those_of_a_fine_polygon_and_make_one(column: float, row: float, accuracy_m: float | None) -> None:
    sheet = _sheet()
    spot = Spot(at(column, row, accuracy_m))
    (decision,) = assign(sheet, [spot])
    if accuracy_m is None or decision.grid_id is None:
        assert (decision.share, decision.outside_share) == (None, None)
        assert all(candidate.share is None for candidate in decision.candidates)
        return
    disc = shapely.Point(EAST + column * SIDE, NORTH + row * SIDE).buffer(accuracy_m, quad_segs=512)
    expected = {
        code: disc.intersection(geom).area / disc.area for code, geom in zip(sheet.codes, sheet.geoms, strict=True)
    }
    told = {candidate.code: candidate.share for candidate in decision.candidates}
    assert decision.share == pytest.approx(expected[decision.code], abs=1e-3)
    for code, share in expected.items():
        assert told.get(code, decision.share if code == decision.code else 0.0) == pytest.approx(share, abs=1e-3)
    total = sum(share for share in told.values() if share is not None) if told else decision.share
    assert total is not None and decision.outside_share is not None
    assert total + decision.outside_share == pytest.approx(1.0, abs=1e-5)


def _sheet() -> Sheet:
    codes = [f"G{column}{row}" for column in range(3) for row in range(3)]
    geoms = [
        shapely.box(EAST + c * SIDE, NORTH + r * SIDE, EAST + (c + 1) * SIDE, NORTH + (r + 1) * SIDE)
        for c in range(3)
        for r in range(3)
    ]
    index = GridIndex.from_arrays(codes, geoms)
    return Sheet(1, "primary", True, 1, index, np.arange(9), np.array(geoms, dtype=object), METRIC)


def test_shares_are_recorded_and_told_again(here: District, now: datetime) -> None:
    issue_id = filed(here, now, 1.0, 0.5, 20.0)
    row = in_force(here, issue_id)
    assert (row.share, row.outside_share) == (0.5, 0.0)
    assert row.candidates == [
        {"grid": "G00", "edge_m": 0.0, "share": 0.5}, {"grid": "G10", "edge_m": 0.0, "share": 0.5},
    ]  # fmt: skip
    with here.store.read() as conn:
        detail = issue_detail(conn, EVERYWHERE, issue_id, here.reading(now.date()))
    assert [each["share"] for each in detail["assignment"]["candidates"]] == [0.5, 0.5]
    middle, nearest = filed(here, now, 0.5, 0.5, 20.0, "2"), filed(here, now, 0.5, 3.01, 1.0, "3")
    assert (in_force(here, middle).share, in_force(here, middle).outside_share) == (1.0, 0.0)
    assert (in_force(here, nearest).share, in_force(here, nearest).outside_share) == (0.0, 1.0)


# -- the queue --------------------------------------------------------------------------------------------------------


def test_a_confirmed_issue_leaves_the_queue_and_says_who(here: District, now: datetime) -> None:
    doubtful, sure = filed(here, now, 1.01, 0.5, 20.0), filed(here, now, 0.5, 0.5, 20.0, "2")
    assert doubts(here, now) == [(doubtful, "G10")]
    later = now + timedelta(hours=1)
    with here.desk.transaction(lambda: later, DISPATCHER) as tx:
        confirm(tx, doubtful)
        with pytest.raises(Conflict, match="in no doubt"):
            confirm(tx, sure)
    assert doubts(here, now) == []
    row = in_force(here, doubtful)
    assert (row.grid_id, row.ambiguous, row.confirmed_by, row.from_at) == (
        here.grid_ids["G10"], False, "account:7", later,
    )  # fmt: skip
    assert {each["grid"] for each in row.candidates} == {"G00", "G10"}
    with here.store.read() as conn:
        assert queue_counts(conn, EVERYWHERE)["ambiguous"] == 0
        detail = issue_detail(conn, EVERYWHERE, doubtful, here.reading(now.date()))
        past = issue_detail(conn, EVERYWHERE, doubtful, here.reading(now.date(), as_of=now))
        assert checking.findings(conn, METRIC) == []
    assert detail["assignment"]["confirmed_by"] == "account:7" and detail["history"][0]["kind"] == "issue.confirmed"
    assert past["assignment"]["ambiguous"] is True and past["assignment"]["confirmed_by"] is None


def test_another_candidate_can_be_named_and_named_again(here: District, now: datetime) -> None:
    issue_id = filed(here, now, 1.01, 0.5, 20.0)
    with here.desk.transaction(lambda: now, DISPATCHER) as tx:
        version = issue_version(tx.conn, issue_id)
        changed = confirm(tx, issue_id, "G00")
        assert issue_version(tx.conn, issue_id) > version
        assert (changed.code, changed.method, changed.ambiguous) == ("G00", Method.NEAREST, False)
        assert changed.distance_m == pytest.approx(2.0, abs=0.001)
        with pytest.raises(BadInput, match="G00"):
            confirm(tx, issue_id, "G22")
        kinds = select(event.c.grid_id_before, event.c.grid_id).where(event.c.kind == "issue.confirmed")
        assert confirm(tx, issue_id) == changed and len(tx.conn.execute(kinds).all()) == 1
        back = confirm(tx, issue_id, "G10")
        assert (back.method, back.distance_m) == (Method.WITHIN, 0.0)
        g00, g10 = here.grid_ids["G00"], here.grid_ids["G10"]
        told = tx.conn.execute(kinds.order_by(event.c.id)).all()
        assert [tuple(row) for row in told] == [(g10, g00), (g00, g10)]


def test_it_stays_confirmed_until_the_pin_moves(here: District, now: datetime) -> None:
    issue_id = filed(here, now, 1.01, 0.5, 20.0)
    with here.desk.transaction(lambda: now, DISPATCHER) as tx:
        confirm(tx, issue_id, "G00")
        issues.close(tx, issue_id, "done")
        with pytest.raises(Conflict):
            confirm(tx, issue_id, "G10")
        issues.reopen(tx, issue_id, "again")
    assert doubts(here, now) == []
    with here.desk.transaction(lambda: now, DISPATCHER) as tx:
        move_pin(tx, issue_id, at(1.02, 0.5, 20.0))
    assert doubts(here, now) == [(issue_id, "G10")]


def test_what_has_no_grid_cannot_be_confirmed(here: District, now: datetime) -> None:
    outside = filed(here, now, 9.0, 0.5, 20.0)
    with here.desk.transaction(lambda: now, DISPATCHER) as tx:
        with pytest.raises(Conflict, match="pin"):
            confirm(tx, outside)
        with pytest.raises(NotFound):
            confirm(tx, outside + 99)
        with pytest.raises(NotFound, match="scheme"):
            confirm(tx, outside, scheme_name="nowhere")


def test_the_queue_is_filtered_by_area_and_by_who_asks(here: District, now: datetime) -> None:
    west, east = filed(here, now, 0.5, 1.01, 20.0), filed(here, now, 2.5, 1.01, 20.0, "2")
    assert doubts(here, now) == [(east, "G21"), (west, "G01")]
    assert doubts(here, now, area="C2") == doubts(here, now, grid="G21") == [(east, "G21")]
    with here.store.read() as conn:
        mine = list_doubts(conn, [Extent("/D/C0/")], DoubtFilter(), When(now, ZONE), None, 100)
        first = list_doubts(conn, EVERYWHERE, DoubtFilter(), When(now, ZONE), None, 1)
        second = list_doubts(conn, EVERYWHERE, DoubtFilter(), When(now, ZONE), first.cursor, 1)
    assert [item["id"] for item in mine.items] == [west]
    assert [item["id"] for item in first.items + second.items] == [east, west] and second.cursor is None


def test_the_queue_can_begin_with_the_limit_that_runs_out_first(here: District, now: datetime) -> None:
    first, second, third = (filed(here, now, column, 1.01, 20.0, str(column)) for column in (0.5, 1.5, 2.5))
    with here.store.write() as conn:
        for issue_id, day in ((first, 8), (second, 7), (third, 9)):
            conn.execute(update(issue).where(issue.c.id == issue_id).values(due_at=now + timedelta(days=day)))
    told: list[int] = []
    cursor = None
    with here.store.read() as conn:
        while cursor is not None or not told:
            page = list_doubts(conn, EVERYWHERE, DoubtFilter(), When(now, ZONE), cursor, 1, IssueOrder.DUE)
            told, cursor = told + [item["id"] for item in page.items], page.cursor
        with pytest.raises(BadInput, match="cursor"):
            list_doubts(conn, EVERYWHERE, DoubtFilter(), When(now, ZONE), "7", 1, IssueOrder.DUE)
    assert told == [second, first, third]


def test_each_scheme_has_its_own_doubt_and_its_own_chain(here: District, now: datetime) -> None:
    halves = district.add_scheme(here, now)
    issue_id = filed(here, now, 1.49, 0.5, 20.0)
    assert doubts(here, now) == [] and doubts(here, now, scheme="halves") == [(issue_id, "W")]
    with here.desk.transaction(lambda: now, DISPATCHER) as tx:
        version = issue_version(tx.conn, issue_id)
        assert confirm(tx, issue_id, "E", "halves").code == "E"
        assert issue_version(tx.conn, issue_id) > version
    with here.store.read() as conn:
        detail = issue_detail(conn, EVERYWHERE, issue_id, here.reading(now.date()))
        assert detail["version"] == issue_version(conn, issue_id) and set(detail["schemes"]) == {"halves"}
    other = detail["schemes"]["halves"]
    assert (other["grid"], other["confirmed_by"], [link["code"] for link in other["chain"]]) == (
        "E",
        "account:7",
        ["E", "D"],
    )
    assert [link["code"] for link in detail["assignment"]["chain"]] == ["G10", "C1", "D"]
    with here.store.read() as conn:
        grids = conn.execute(select(event.c.grid_id).where(event.c.kind == "issue.confirmed")).scalars().all()
    assert grids == [here.grid_ids["G10"]] and halves["E"] not in grids  # who hears of it follows from the primary one


def test_without_an_accuracy_there_is_no_disc(here: District, now: datetime) -> None:
    issue_id = filed(here, now, 1.0, 0.5, None)
    row = in_force(here, issue_id)
    assert (row.ambiguous, row.share, row.outside_share) == (True, None, None)
    with here.desk.transaction(lambda: now, DISPATCHER) as tx:
        settled = confirm(tx, issue_id, "G10")
    assert (settled.method, settled.distance_m, settled.share) == (Method.WITHIN, 0.0, None)
