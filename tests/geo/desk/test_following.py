"""Rental units go by the tower rule, and what a place decided follows it when a register moves it - on both stores."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from geo.desk.checking import findings
from geo.desk.disputes import undo as put_back
from geo.desk.features import FeatureImport
from geo.desk.following import follow
from geo.desk.issues import close
from geo.desk.place_fields import PlaceFields
from geo.desk.places import PlaceColumns, import_places
from geo.desk.received import position
from geo.desk.reports import file_report, move_pin
from geo.desk.unit_detail import unit_detail
from geo.desk.unit_import import UnitColumns, UnitImport, import_units
from geo.model import NewReport
from geo.store.tables import assignment, event, issue, place, rental_unit
from tests.district import METRIC, TESTER, District, lonlat
from tests.examples import examples
from tests.geo.desk.test_locating import at, build_here, here, outline

__all__ = ["here"]

COLUMNS = UnitColumns("code", lon="lon", lat="lat", place="place", address="address")


def unit_row(code: str, where: tuple[float, float] | None = None, place: str = "", address: str = "") -> dict[str, str]:
    lon, lat = lonlat(*where) if where else ("", "")
    return {"code": code, "lon": str(lon), "lat": str(lat), "place": place, "address": address}


def imported(here: District, now: datetime, *rows: dict[str, str]) -> Any:
    job = UnitImport("units.csv", "0" * 64, COLUMNS, datum="wgs84")
    return import_units(here.desk, job, list(enumerate(rows, 2)), lambda: now, TESTER)


def units(here: District) -> dict[str, Any]:
    """Code -> (grid, what decided, the unit's row), by what is in force."""
    grids = {grid_id: code for code, grid_id in here.grid_ids.items()}
    with here.store.read() as conn:
        rows = conn.execute(
            select(rental_unit, assignment.c.grid_id, assignment.c.evidence, assignment.c.method)
            .join(assignment, assignment.c.subject_id == rental_unit.c.id)
            .where(assignment.c.subject == "unit", assignment.c.to_at.is_(None))
        ).all()
    return {
        row.code: (grids.get(row.grid_id), row.evidence["decided_by"] if row.evidence else None, row) for row in rows
    }


def moved(here: District, now: datetime, code: str, geom: Any) -> None:
    """As a register moves a place."""
    fields = PlaceFields(METRIC)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        place_id = tx.conn.execute(select(place.c.id).where(place.c.code == code)).scalar_one()
        fields.put(tx, place_id, {"position": fields.position(geom)})
        fields.settle(tx, {place_id: ["position"]})


def sound(here: District) -> None:
    with here.store.read() as conn:
        assert findings(conn, METRIC) == []


def test_a_stairwell_decides_before_the_point_of_a_unit(here: District, now: datetime) -> None:
    _, tally = imported(
        here,
        now,
        unit_row("by-code", (1.1, 0.45), place="J-1-1"),
        unit_row("by-address", (1.1, 0.45), address="锦绣花园1幢1单元301"),
        unit_row("within", (1.4, 0.5), place="J"),
        unit_row("beside", (1.9, 1.5), place="J"),
        unit_row("lane", (0.5, 1.5), place="L"),
        unit_row("alone", (0.5, 1.5)),
    )
    assert (tally.counts["placed"], tally.counts["assigned"], tally.rejects) == (3, 3, [])
    found = units(here)
    assert {code: each[:2] for code, each in found.items()} == {
        "by-code": ("G00", "stairwell"),
        "by-address": ("G00", "stairwell"),
        "within": ("G10", "point"),
        "beside": ("G00", "compound"),
        "lane": ("G01", None),
        "alone": ("G01", None),
    }
    assert all(found[code][2].place_id is not None for code in found if code != "alone")
    row = found["by-code"][2]
    assert (row.point_lon, row.point_lat) == pytest.approx(lonlat(1.1, 0.45))
    assert row.evidence["point_m"] == 90.0
    with here.store.read() as conn:
        assert unit_detail(conn, row.id, here.reading(now.date()))["evidence"]["decided_by"] == "stairwell"
    sound(here)


def test_the_same_register_again_changes_nothing(here: District, now: datetime) -> None:
    rows = [unit_row("1", (1.1, 0.45), place="J-1-1"), unit_row("2", (1.9, 1.5), place="J"), unit_row("3", (0.5, 1.5))]
    imported(here, now, *rows)
    _, tally = imported(here, now + timedelta(hours=1), *rows)
    assert tally.extra["changed"] == 0 and tally.counts["duplicates"] == 3
    # Another point is another value, and the stairwell still decides.
    _, tally = imported(here, now + timedelta(hours=2), unit_row("1", (1.3, 0.45), place="J-1-1"))
    assert tally.extra["changed"] == 1
    grid, by, row = units(here)["1"]
    assert (grid, by) == ("G00", "stairwell")
    assert (row.point_lon, row.point_lat) == pytest.approx(lonlat(1.3, 0.45))
    # One that its address placed goes with the address.
    imported(here, now + timedelta(hours=2), unit_row("4", (1.1, 0.45), address="锦绣花园1幢1单元"))
    imported(here, now + timedelta(hours=3), unit_row("4", (1.1, 0.45), address="锦绣花园2幢1单元"))
    grid, by, row = units(here)["4"]
    assert (grid, by, row.evidence["place"]) == ("G10", "stairwell", "J-2-1")
    # Another stairwell takes the unit along.
    _, tally = imported(here, now + timedelta(hours=3), unit_row("1", (1.3, 0.45), place="J-2-1"))
    assert units(here)["1"][:2] == ("G10", "stairwell")
    sound(here)


def test_what_a_place_decided_follows_it(here: District, now: datetime) -> None:
    imported(
        here, now, unit_row("1", place="J-1-1"), unit_row("2", (1.1, 0.45), place="J-1-1"), unit_row("3", (2.5, 0.5))
    )
    with here.desk.transaction(lambda: now, TESTER) as tx:
        by_address = file_report(tx, NewReport("t", "1", address="锦绣花园1幢1单元")).issue_id
        closed = file_report(tx, NewReport("t", "2", address="锦绣花园1幢1单元")).issue_id
        by_hand = file_report(tx, NewReport("t", "3", address="锦绣花园1幢1单元")).issue_id
        there = position(*lonlat(2.5, 2.5), "wgs84")
        assert there is not None
        move_pin(tx, by_hand, there)
        close(tx, closed, "done")
    later = now + timedelta(hours=1)
    moved(here, later, "J-1-1", at(2.5, 1.5))
    assert {code: each[:2] for code, each in units(here).items()} == {
        "1": ("G21", "stairwell"), "2": ("G21", "stairwell"), "3": ("G20", None),
    }  # fmt: skip
    grids = {grid_id: code for code, grid_id in here.grid_ids.items()}
    with here.store.read() as conn:
        held = conn.execute(
            select(assignment.c.subject_id, assignment.c.grid_id, assignment.c.to_at, assignment.c.event_id)
            .where(assignment.c.subject == "issue")
            .order_by(assignment.c.id)
        ).all()
        now_in = {row.subject_id: grids[row.grid_id] for row in held if row.to_at is None}
        assert now_in == {by_address: "G21", closed: "G00", by_hand: "G22"}
        assert [row.to_at for row in held if row.subject_id == by_address and row.to_at] == [later]
        told = conn.execute(
            select(event).where(event.c.recorded_at == later, event.c.kind.like("%.assigned")).order_by(event.c.id)
        ).all()
        assert [(each.kind, each.reason) for each in told] == [
            ("issue.assigned", "place J-1-1 moved"), *[("unit.assigned", "place J-1-1 moved")] * 2,
        ]  # fmt: skip
        assert {each.grid_id_before for each in told} == {here.grid_ids["G00"]}
        geom = conn.execute(select(issue.c.geom).where(issue.c.id == by_address)).scalar_one()
        assert (geom.x, geom.y) == pytest.approx(lonlat(2.5, 1.5))
    sound(here)


def test_a_register_that_is_imported_moves_them_in_its_transaction_and_undo_brings_them_back(
    here: District, now: datetime
) -> None:
    columns = PlaceColumns("code", "name", "kind")
    job = FeatureImport("places.gpkg", "0" * 64, columns, "EPSG:4549")
    features = [(n, {"code": f"Q{n}", "name": f"新苑{n}", "kind": "compound"}, at(0.5, 0.5)) for n in range(2)]
    import_places(here.desk, job, features, lambda: now, TESTER)
    imported(here, now, unit_row("1", place="Q0"), unit_row("2", (2.5, 2.5), place="Q1"))
    assert {each[0] for each in units(here).values()} == {"G00"}
    later = now + timedelta(hours=1)
    again = [(n, row, at(1.5, 0.5)) for n, row, _ in features]
    batch_id, tally = import_places(here.desk, job, again, lambda: later, TESTER)
    assert tally.extra["changed"] == 2
    assert {each[:2] for each in units(here).values()} == {("G10", "compound")}
    with here.store.read() as conn:
        told = select(event.c.recorded_at).where(event.c.kind == "unit.assigned")
        assert set(conn.execute(told).scalars()) == {later}
    with here.desk.transaction(lambda: later, TESTER) as tx:
        put_back(tx, batch_id)
    assert {each[:2] for each in units(here).values()} == {("G00", "compound")}
    sound(here)


def test_units_and_issues_follow_once_and_only_places_that_moved(
    here: District, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = PlaceColumns("code", "name", "kind")
    job = FeatureImport("places.gpkg", "0" * 64, columns, "EPSG:4549")

    def features(name: str, column: float) -> list[Any]:
        """Q0 and Q1, which move, and Q2, which is only called otherwise."""
        where = (column, column, 0.5)
        return [
            (n, {"code": f"Q{n}", "name": f"{name}{n}", "kind": "compound"}, at(x, 0.5)) for n, x in enumerate(where)
        ]

    import_places(here.desk, job, features("新苑", 0.5), lambda: now, TESTER)
    imported(here, now, unit_row("1", place="Q0"), unit_row("2", place="Q1"), unit_row("3", place="Q2"))
    followed: list[list[str]] = []

    def spy(tx: Any, place_ids: Iterable[int]) -> None:
        ids = list(place_ids)
        followed.append(sorted(tx.conn.execute(select(place.c.code).where(place.c.id.in_(ids))).scalars()))
        follow(tx, ids)

    monkeypatch.setattr("geo.desk.place_fields.follow", spy)
    batch_id, _ = import_places(here.desk, job, features("旧苑", 1.5), lambda: now + timedelta(hours=1), TESTER)
    assert [each[0] for each in units(here).values()] == ["G10", "G10", "G00"]
    with here.desk.transaction(lambda: now + timedelta(hours=2), TESTER) as tx:
        assert put_back(tx, batch_id) == 5
    assert followed == [["Q0", "Q1"]] * 2
    assert {each[0] for each in units(here).values()} == {"G00"}
    sound(here)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["J", "J-1-1", "J-2-1"]), st.floats(0.1, 2.6), st.floats(0.1, 2.6)), max_size=4
    )
)
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_places_go_units_are_as_if_they_came_today(
    store_factory: Any, now: datetime, steps: list[tuple[str, float, float]]
) -> None:
    """After any moves, each unit is where a unit imported now with the same row would be."""
    found = build_here(store_factory("gpkg"), now)
    rows = [
        unit_row("a", (1.1, 0.45), place="J-1-1"), unit_row("b", (1.4, 0.5), place="J"), unit_row("c", place="J-2-1"),
        unit_row("d", (0.2, 2.2), place="J"), unit_row("e", (0.2, 2.2)),
    ]  # fmt: skip
    imported(found, now, *rows)
    for n, (code, column, row) in enumerate(steps, 1):
        moved(found, now + timedelta(hours=n), code, outline(column, row, 0.3, 0.2) if code == "J" else at(column, row))
    imported(found, now + timedelta(days=1), *({**row, "code": f"{row['code']}2"} for row in rows))
    each = units(found)
    for row in rows:
        old, new = each[row["code"]], each[f"{row['code']}2"]
        assert old[:2] == new[:2]
        assert (old[2].geom, old[2].point_lon, old[2].place_id) == (new[2].geom, new[2].point_lon, new[2].place_id)
    sound(found)
