"""What decides where something is: a code, an address, a learnt name or a point - on both stores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import shapely
from sqlalchemy import insert, select

from geo.desk.received import position
from geo.desk.report_import import ReportColumns, ReportImport, import_reports
from geo.desk.reports import file_report, find_filed, move_pin
from geo.desk.unit_import import UnitColumns, UnitImport, import_units
from geo.model import Assignment, Method, NewReport, Queue
from geo.store.store import Store
from geo.store.tables import area, assignment, place, rental_unit
from tests import district
from tests.district import EAST, NORTH, SIDE, TESTER, District, lonlat


def at(column: float, row: float) -> Any:
    return shapely.Point(EAST + column * SIDE, NORTH + row * SIDE)


def outline(column: float, row: float, width: float, height: float) -> Any:
    x, y = EAST + column * SIDE, NORTH + row * SIDE
    return shapely.box(x, y, x + width * SIDE, y + height * SIDE)


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    return build_here(store, now)


def build_here(store: Store, now: datetime) -> District:
    """锦绣花园 spans G00 and G10, its building 1 stands in G00, building 2 in G10; 翠湖花园 is in G00 and in G22."""
    built = district.build(store, now)
    with store.write() as conn:
        areas = {row.code: row.id for row in conn.execute(select(area.c.code, area.c.id))}

        def add(code: str, kind: str, name: str, geom: Any, in_area: str, parent: int | None = None) -> int:
            row = {
                "code": code,
                "kind": kind,
                "name": name,
                "geom": geom,
                "area_id": areas[in_area],
                "parent_id": parent,
            }
            return conn.execute(insert(place).values(row).returning(place.c.id)).scalar_one()

        compound = add("J", "compound", "锦绣花园", outline(0.5, 0.3, 1.0, 0.4), "C0")
        first = add("J-1", "building", "锦绣花园1幢", outline(0.6, 0.4, 0.2, 0.1), "C0", compound)
        second = add("J-2", "building", "锦绣花园2幢", outline(1.2, 0.4, 0.2, 0.1), "C0", compound)
        add("J-1-1", "stairwell", "锦绣花园1幢1单元", at(0.65, 0.45), "C0", first)
        add("J-2-1", "stairwell", "锦绣花园2幢1单元", at(1.25, 0.45), "C0", second)
        add("T0", "compound", "翠湖花园", outline(0.1, 0.1, 0.1, 0.1), "C0")
        add("T2", "compound", "翠湖花园", outline(2.5, 2.5, 0.1, 0.1), "C2")
        add("L", "lane", "天皇巷", shapely.LineString([at(2.1, 0.5), at(2.9, 0.5)]), "C2")
    return built


def filed(here: District, now: datetime, **about: Any) -> Assignment:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        report = NewReport("test", "1", **about)
        decided = file_report(tx, report).primary
        kept = find_filed(tx, [("test", "1")])["test", "1"].primary
    assert decided is not None and decided == kept
    return decided


@pytest.mark.parametrize(
    ("address", "grid", "by", "code"),
    [
        ("锦绣花园1幢1单元301室", "G00", "stairwell", "J-1-1"),
        ("测试区社区0錦繡花園２棟", "G10", "building", "J-2"),
        ("锦绣花园2-1-301", "G10", "stairwell", "J-2-1"),
        ("翠湖花园，社区2", "G22", "compound", "T2"),
        ("天皇巷", "G20", "lane", "L"),
    ],
)
def test_an_address_stands_for_coordinates(
    here: District, now: datetime, address: str, grid: str, by: str, code: str
) -> None:
    decided = filed(here, now, address=address)
    assert (decided.code, decided.method) == (grid, Method.PLACE)
    assert decided.evidence == {"decided_by": by, "source": "address", "place": code, "score": 1.0}


@pytest.mark.parametrize(
    "address",
    ["翠湖花园", "锦绣花园1幢对面", "杭州市锦绣花园1幢", "锦绣花园99幢", "老棉纺厂", "1幢", " ", "x" * 10_000],
)
def test_what_is_not_sure_waits_for_a_person(here: District, now: datetime, address: str) -> None:
    decided = filed(here, now, address=address)
    assert (decided.queue, decided.evidence) == (Queue.NO_LOCATION, None)


def test_a_stairwell_decides_before_a_point_and_the_answer_says_so(here: District, now: datetime) -> None:
    decided = filed(here, now, address="锦绣花园1幢1单元", position=position(*lonlat(1.1, 0.45), "wgs84", 20.0))
    assert (decided.code, decided.method) == ("G00", Method.PLACE)
    assert decided.evidence == {
        "decided_by": "stairwell", "source": "address", "place": "J-1-1", "score": 1.0, "point_m": 90.0,
    }  # fmt: skip


def test_a_code_decides_before_a_point_as_well(here: District, now: datetime) -> None:
    decided = filed(here, now, place_code="J-2-1", address="天皇巷", position=position(*lonlat(0.5, 2.5), "wgs84"))
    assert decided.code == "G10"
    assert decided.evidence is not None and decided.evidence["source"] == "place_code"


def test_within_the_compound_that_is_named_the_point_says_more(here: District, now: datetime) -> None:
    decided = filed(here, now, address="锦绣花园", position=position(*lonlat(1.4, 0.5), "wgs84"))
    assert (decided.code, decided.method) == ("G10", Method.WITHIN)
    assert decided.evidence == {
        "decided_by": "point", "source": "address", "place": "J", "score": 1.0, "point_m": 0.0,
    }  # fmt: skip


def test_outside_of_it_the_compound_decides(here: District, now: datetime) -> None:
    decided = filed(here, now, address="社区0翠湖花园", position=position(*lonlat(0.15, 1.1), "wgs84"))
    assert decided.code == "G00"
    assert decided.evidence is not None and decided.evidence["decided_by"] == "compound"


@pytest.mark.parametrize("address", ["天皇巷", "锦绣花园1幢附近", "哪里也不是"])
def test_anything_else_leaves_the_point_alone(here: District, now: datetime, address: str) -> None:
    decided = filed(here, now, address=address, position=position(*lonlat(1.5, 1.5), "wgs84"))
    assert (decided.code, decided.method, decided.evidence) == ("G11", Method.WITHIN, None)


def test_a_point_tells_two_compounds_of_one_name_apart(here: District, now: datetime) -> None:
    decided = filed(here, now, address="翠湖花园", position=position(*lonlat(2.9, 2.9), "wgs84"))
    assert decided.code == "G22"
    assert decided.evidence is not None and decided.evidence["place"] == "T2"


def test_a_pin_set_by_hand_is_evidence_of_its_own(here: District, now: datetime) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        issue_id = file_report(tx, NewReport("test", "1", address="锦绣花园1幢")).issue_id
        there = position(*lonlat(2.5, 2.5), "wgs84")
        assert there is not None
        [decided] = move_pin(tx, issue_id, there).values()
    assert (decided.code, decided.evidence) == ("G22", {"decided_by": "pin"})


def test_a_name_that_is_new_is_known_at_once(here: District, now: datetime) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assert file_report(tx, NewReport("test", "1", address="新城公寓3幢")).primary.queue is Queue.NO_LOCATION
        row = {"code": "N", "kind": "compound", "name": "新城公寓", "geom": at(1.5, 1.5)}
        tx.conn.execute(insert(place).values(row))
        again = file_report(tx, NewReport("test", "2", address="新城公寓3幢")).primary
    assert again is not None and again.code == "G11"


def test_an_import_of_units_reads_addresses_where_there_is_nothing_else(here: District, now: datetime) -> None:
    job = UnitImport("units.csv", "0", UnitColumns(code="code", address="address", place="place"))
    rows = [
        {"code": "U1", "address": "锦绣花园2幢1单元301室", "place": ""},
        {"code": "U2", "address": "翠湖花园", "place": ""},
        {"code": "U3", "address": "锦绣花园2幢1单元", "place": "J-1-1"},
    ]
    _, tally = import_units(here.desk, job, list(enumerate(rows, start=2)), lambda: now, TESTER)
    assert (tally.counts["placed"], tally.counts["no_location"]) == (2, 1)
    with here.store.read() as conn:
        told = conn.execute(
            select(rental_unit.c.code, assignment.c.grid_id, assignment.c.evidence, place.c.code.label("place"))
            .join(assignment, assignment.c.subject_id == rental_unit.c.id)
            .outerjoin(place, place.c.id == rental_unit.c.place_id)
            .where(assignment.c.subject == "unit")
            .order_by(rental_unit.c.code)
        ).all()
    assert [(row.grid_id, row.place) for row in told] == [
        (here.grid_ids["G10"], "J-2-1"),
        (None, None),
        (here.grid_ids["G00"], "J-1-1"),
    ]
    assert [row.evidence and row.evidence["source"] for row in told] == ["address", None, "place_code"]


def test_an_import_of_reports_goes_by_the_same_rule(here: District, now: datetime) -> None:
    columns = ReportColumns("lon", "lat", "ref", address="address")
    lon, lat = lonlat(1.1, 0.45)
    rows = [
        {"ref": "a", "lon": "", "lat": "", "address": "锦绣花园1幢1单元"},
        {"ref": "b", "lon": str(lon), "lat": str(lat), "address": "锦绣花园1幢1单元"},
        {"ref": "c", "lon": str(lon), "lat": str(lat), "address": "街边"},
        {"ref": "d", "lon": "", "lat": "", "address": "翠湖花园"},
    ]
    job = ReportImport("reports.csv", "0", columns, "wgs84", "hotline")
    _, tally = import_reports(here.desk, job, list(enumerate(rows, start=2)), lambda: now, TESTER)
    assert {name: n for name, n in tally.counts.items() if n} == {"placed": 2, "assigned": 1, "no_location": 1}
