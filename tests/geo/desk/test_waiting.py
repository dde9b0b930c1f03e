"""Reports and rental units that came before the boundaries get their grid when an edition brings it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import select

from geo.desk import issues
from geo.desk.assigning import Spot
from geo.desk.boundaries import import_grids, prepare
from geo.desk.checking import findings
from geo.desk.founding import install_rules
from geo.desk.received import position
from geo.desk.reports import file_report, move_pin
from geo.desk.tx import Desk
from geo.desk.unit_import import UnitColumns, UnitImport, import_units
from geo.desk.unit_write import NewUnit, Sited, write_units
from geo.files import read_grids
from geo.model import ImportSummary, Method, NewReport, Occupancy, Queue, Subject, Term
from geo.store.insert import insert_many
from geo.store.store import Store
from geo.store.tables import assignment, event, place, rental_unit
from tests.district import EAST, NORTH, SIDE, TESTER, lonlat


def report(ref: str, column: float) -> NewReport:
    return NewReport("test", ref, position=position(*lonlat(column, 0.5), "wgs84"))


def publish_one_grid(desk: Desk, at: datetime, folder: Path) -> ImportSummary:
    frame = gpd.GeoDataFrame(
        {"code": ["G0"]}, geometry=[shapely.box(EAST, NORTH, EAST + SIDE, NORTH + SIDE)], crs="EPSG:4549"
    )
    path = folder / "grids.gpkg"
    frame.to_file(path)
    prepared = prepare(read_grids(path, code="code"), 4549)
    with desk.transaction(lambda: at, TESTER) as tx:
        return import_grids(tx, prepared, file_sha256="0" * 64)


def test_what_came_before_the_grids_finds_them(store: Store, now: datetime, tmp_path: Path) -> None:
    desk = Desk(store)
    with desk.transaction(lambda: now, TESTER) as tx:
        install_rules(tx)
        inside, outside, closed = (
            file_report(tx, report(ref, column)).issue_id for ref, column in (("a", 0.5), ("b", 9.0), ("c", 0.5))
        )
        nowhere = file_report(tx, NewReport("test", "d")).issue_id
        issues.close(tx, closed, "done")
        at = position(*lonlat(0.5, 0.5), "wgs84")
        unit = NewUnit(
            code="U", registered_on=tx.today, term=Term(Occupancy.LET, date(2026, 1, 1), months=12), position=at
        )
        write_units(tx, [Sited(unit, Spot(at), None)], None, spread=False)
    summary = publish_one_grid(desk, now + timedelta(hours=1), tmp_path)
    assert any(note.startswith("2 issues") for note in summary.notes)
    with store.read() as conn:
        rows = conn.execute(select(assignment).where(assignment.c.to_at.is_(None))).all()
        kinds = conn.execute(select(event.c.kind).where(event.c.kind.in_(["issue.assigned", "unit.assigned"]))).all()
    assert [row.grid_id is not None for row in rows if row.subject == Subject.UNIT] == [True]
    rows = [row for row in rows if row.subject == Subject.ISSUE]
    found = {row.subject_id: (row.grid_id is not None, row.queue) for row in rows}
    assert found == {
        inside: (True, None),
        outside: (False, Queue.OUTSIDE),
        nowhere: (False, Queue.NO_LOCATION),
    }
    assert len(kinds) == 4


def test_what_waits_keeps_how_it_was_located(store: Store, now: datetime, tmp_path: Path) -> None:
    """By a place, or by hand with an accuracy of its own: not by what the report once said."""
    desk = Desk(store)
    lon, lat = lonlat(0.5, 0.5)
    with desk.transaction(lambda: now, TESTER) as tx:
        install_rules(tx)
        middle = shapely.Point(EAST + SIDE / 2, NORTH + SIDE / 2)
        insert_many(tx.conn, place, [{"code": "P", "kind": "compound", "name": "P", "geom": middle}])

        def filed(ref: str, **about: Any) -> int:
            return file_report(tx, NewReport("test", ref, **about)).issue_id

        vague = position(lon, lat, "wgs84", 150.0)
        assert vague is not None
        by_place = filed("a", place_code="P")
        by_coordinates = filed("b", position=vague, place_code="P")
        moved, moved_from_place = filed("c", position=vague), filed("d", place_code="P")
        move_pin(tx, moved, replace(vague, accuracy_m=None))
        move_pin(tx, moved_from_place, vague)
        term = Term(Occupancy.LET, date(2026, 1, 1), months=12)
        place_id = tx.conn.execute(select(place.c.id)).scalar_one()
        own = position(*lonlat(0.4, 0.5), "wgs84")
        at_place = position(lon, lat, "wgs84")
        assert at_place is not None
        units = [
            Sited(
                NewUnit(code="U1", registered_on=tx.today, term=term, place_code="P"),
                Spot(at_place, place_id),
                place_id,
            ),
            Sited(
                NewUnit(code="U2", registered_on=tx.today, term=term, position=own, place_code="P"), Spot(own), place_id
            ),
        ]
        in_place, on_its_own = (written.unit_id for written in write_units(tx, units, None, spread=False))
    publish_one_grid(desk, now + timedelta(hours=1), tmp_path)
    with store.read() as conn:
        rows = conn.execute(select(assignment).where(assignment.c.to_at.is_(None))).all()
    told = {(row.subject, row.subject_id): (row.method, row.accuracy_m, row.ambiguous) for row in rows}
    assert told == {
        (Subject.ISSUE, by_place): (Method.PLACE, None, False),
        (Subject.ISSUE, by_coordinates): (Method.WITHIN, 150.0, True),
        (Subject.ISSUE, moved): (Method.WITHIN, None, False),
        (Subject.ISSUE, moved_from_place): (Method.WITHIN, 150.0, True),
        (Subject.UNIT, in_place): (Method.PLACE, None, False),
        (Subject.UNIT, on_its_own): (Method.WITHIN, None, False),
    }


@pytest.mark.parametrize("corrected", ["before the grids", "after the grids"])
def test_a_unit_that_came_by_its_address_follows_a_corrected_one(
    store: Store, now: datetime, tmp_path: Path, corrected: str
) -> None:
    desk = Desk(store)

    def register(at: datetime, by_address: str, by_code: str) -> None:
        rows = [
            {"code": "by-address", "place": "", "address": by_address},
            {"code": "by-code", "place": by_code, "address": ""},
        ]
        job = UnitImport("units.csv", "0" * 64, UnitColumns("code", place="place", address="address"), datum="wgs84")
        import_units(desk, job, list(enumerate(rows, 2)), lambda: at, TESTER)

    def placed() -> dict[str, str]:
        rows = select(rental_unit.c.code, place.c.code).join(place, place.c.id == rental_unit.c.place_id)
        with store.read() as conn:
            return {unit: at for unit, at in conn.execute(rows)}

    with desk.transaction(lambda: now, TESTER) as tx:
        install_rules(tx)
        spots = {"P1": ("锦绣花园", 0.3), "P2": ("翠湖花园", 0.7)}
        insert_many(
            tx.conn,
            place,
            [
                {"code": code, "kind": "compound", "name": name, "geom": shapely.Point(EAST + SIDE * x, NORTH + 100)}
                for code, (name, x) in spots.items()
            ],
        )
    register(now, "锦绣花园1-1", "P1")
    assert placed() == {"by-address": "P1", "by-code": "P1"}
    if corrected == "before the grids":
        register(now + timedelta(hours=1), "翠湖花园1-1", "P2")
    publish_one_grid(desk, now + timedelta(hours=2), tmp_path)
    if corrected == "after the grids":
        register(now + timedelta(hours=3), "翠湖花园1-1", "P2")
    assert placed() == {"by-address": "P2", "by-code": "P2"}
    with store.read() as conn:
        evidence = conn.execute(select(assignment.c.evidence).where(assignment.c.to_at.is_(None))).scalars().all()
        assert findings(conn, desk.atlas.metric) == []
    assert sorted(each["source"] for each in evidence) == ["address", "place_code"]
