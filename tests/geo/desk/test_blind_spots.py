"""The coverage report on both stores: what no grid holds, who is missing, where nobody has been."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy import insert, update

from geo.desk import blind_spots
from geo.desk.asof import When
from geo.desk.assigning import Spot
from geo.desk.blind_spots import Asked, Gap, Report
from geo.desk.place_parts import assign_places
from geo.desk.unit_write import NewUnit, Sited, write_units
from geo.desk.units import record_inspection
from geo.errors import NotFound
from geo.model import InspectionResult, Occupancy, Term
from geo.rules.access import EVERYTHING, EVERYWHERE, Capability, Extent, Reach
from geo.store.insert import insert_many
from geo.store.store import Store
from geo.store.tables import appointment, area, person, place, post
from tests import district
from tests.district import EAST, NORTH, SIDE, TESTER, ZONE, District


def at(column: float, row: float) -> tuple[float, float]:
    return EAST + column * SIDE, NORTH + row * SIDE


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    """The district with two compounds, a stairwell in one of them, a lane that leaves it, and a market far away."""
    made = district.build(store, now)
    with made.desk.transaction(lambda: now, TESTER) as tx:
        areas = {row.code: row.id for row in tx.conn.execute(area.select())}
        rows: list[dict[str, Any]] = [
            {
                "code": "c1",
                "kind": "compound",
                "geom": shapely.box(*at(0.1, 0.1), *at(0.9, 0.9)),
                "area_id": areas["C0"],
            },
            {
                "code": "c2",
                "kind": "compound",
                "geom": shapely.box(*at(2.1, 0.1), *at(2.9, 0.9)),
                "area_id": areas["C2"],
            },
            {
                "code": "l1",
                "kind": "lane",
                "geom": shapely.LineString([at(2.5, 0.5), at(4.0, 0.5)]),
                "area_id": areas["C2"],
            },
            {"code": "m1", "kind": "market", "geom": shapely.Point(at(9, 9)), "area_id": None},
        ]
        ids = insert_many(tx.conn, place, [row | {"name": row["code"]} for row in rows])
        stairs = {"code": "s1", "kind": "stairwell", "name": "s1", "parent_id": ids[0], "area_id": areas["C0"]}
        ids += insert_many(tx.conn, place, [stairs | {"geom": shapely.Point(at(0.5, 0.5))}])
        assign_places(tx, ids)
    return made


def ask(here: District, now: datetime, reach: Reach = EVERYTHING, **asked: Any) -> Report:
    with here.store.read() as conn:
        return blind_spots.report(conn, reach, here.desk.atlas, When(now, ZONE), Asked(**asked))


def codes(report: Report, kind: Gap) -> list[str]:
    return [finding.code for finding in report.of(kind)]


def test_places_outside_are_found_with_how_much_of_them(here: District, now: datetime) -> None:
    report = ask(here, now)
    lane, market = report.of(Gap.PLACE_OUTSIDE)
    assert (lane.code, lane.length_m, lane.share) == ("l1", pytest.approx(200.0), pytest.approx(2 / 3, abs=1e-6))
    assert (market.code, market.length_m, market.share) == ("m1", None, 1.0)
    assert (report.counts["places"], report.counts["places_outside"]) == (5, 2)
    assert codes(ask(here, now, area="C2"), Gap.PLACE_OUTSIDE) == ["l1"]
    assert codes(ask(here, now, area="C0"), Gap.PLACE_OUTSIDE) == []


def test_grids_without_a_lead_where_people_may_be_known(here: District, now: datetime) -> None:
    with here.store.write() as conn:
        (person_id,) = insert_many(conn, person, [{"code": "N1", "name": "示例"}])
        (post_id,) = insert_many(conn, post, [{"kind": "lead", "grid_id": here.grid_ids["G00"]}])
        holds = {"post_id": post_id, "person_id": person_id, "from_date": "2026-01-01", "from_at": now}
        conn.execute(insert(appointment).values(holds))
    report = ask(here, now)
    assert codes(report, Gap.GRID_WITHOUT_LEAD) == sorted(set(here.grid_ids) - {"G00"})
    assert codes(ask(here, now, area="C0"), Gap.GRID_WITHOUT_LEAD) == ["G01", "G02"]
    stranger = Reach({Capability.PLACES_SEE: EVERYWHERE, Capability.MAP_SEE: EVERYWHERE})
    told = ask(here, now, stranger).told()
    assert told["grid_without_lead"] is None and told["place_unvisited"] is None
    assert (told["counts"]["grids"], told["counts"]["grids_without_lead"]) == (9, None)


def test_ground_without_a_grid_is_known_where_there_is_an_official_boundary(here: District, now: datetime) -> None:
    assert codes(ask(here, now), Gap.AREA_UNKNOWN) == ["C0", "C1", "C2", "D"]
    with here.store.write() as conn:
        for code, geom in (
            ("C0", shapely.box(*at(0, 0), *at(1, 3))),
            ("C2", shapely.box(*at(2, 0), *at(3.5, 3))),
        ):
            conn.execute(update(area).where(area.c.code == code).values(geom=shapely.MultiPolygon([geom])))
    report = ask(here, now)
    (bare,) = report.of(Gap.AREA_WITHOUT_GRID)
    assert (bare.code, bare.area_m2, bare.share) == ("C2", pytest.approx(60_000.0), pytest.approx(1 / 3, abs=1e-6))
    assert bare.geom.equals(shapely.box(*at(3, 0), *at(3.5, 3)))
    assert codes(report, Gap.AREA_UNKNOWN) == ["C1", "D"]
    assert (report.counts["areas"], report.counts["areas_unknown"]) == (4, 2)


def test_a_visit_is_an_inspection_that_took_place(here: District, now: datetime) -> None:
    term = Term(Occupancy.LET, date(2026, 1, 1), months=12)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        ids = {row.code: row.id for row in tx.conn.execute(place.select())}
        units = [
            Sited(NewUnit(code=code, registered_on=tx.today, term=term, place_code=where), Spot(None), ids[where])
            for code, where in (("U1", "s1"), ("U2", "c2"))
        ]
        one, two = (written.unit_id for written in write_units(tx, units, None, spread=False))
    report = ask(here, now)
    assert codes(report, Gap.PLACE_UNVISITED) == ["c1", "c2", "s1"]
    assert (report.counts["places_with_units"], report.counts["places_unvisited"]) == (3, 3)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        record_inspection(tx, one, InspectionResult.PASS)
        record_inspection(tx, two, InspectionResult.NOT_HOME)
    assert codes(ask(here, now), Gap.PLACE_UNVISITED) == ["c2"]  # the stairwell's visit is its compound's as well
    later = now + timedelta(days=40)
    assert codes(ask(here, later), Gap.PLACE_UNVISITED) == ["c1", "c2", "s1"]
    assert codes(ask(here, later, days=40), Gap.PLACE_UNVISITED) == ["c2"]


def test_each_scheme_has_its_own_report(here: District, now: datetime) -> None:
    district.add_scheme(here, now)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assign_places(tx, [row.id for row in tx.conn.execute(place.select())])
    report = ask(here, now, scheme="halves")
    assert codes(report, Gap.GRID_WITHOUT_LEAD) == ["E", "W"]
    assert codes(report, Gap.PLACE_OUTSIDE) == ["l1", "m1"]
    with pytest.raises(NotFound):
        ask(here, now, scheme="thirds")


def test_a_report_reaches_as_far_as_its_reader(here: District, now: datetime) -> None:
    west = Reach(dict.fromkeys(Capability, (Extent("/D/C0/"),)))
    report = ask(here, now, west)
    assert (report.counts["places"], report.counts["grids"], report.counts["areas"]) == (2, 3, 1)
    assert {finding.code for finding in report.findings} <= {"C0", "G00", "G01", "G02", "c1", "s1"}
    with pytest.raises(NotFound):
        ask(here, now, west, area="C2")
