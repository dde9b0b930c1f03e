"""Bulk work decides as reports are decided one by one: same grid, same doubt, same refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from geo.bulk.deciding import ADDED, Layout, assign_table
from geo.bulk.gridset import GridSet
from geo.bulk.names import NameSet
from geo.bulk.points import Where
from geo.crs import from_wgs84
from geo.desk.assigning import candidates_json
from geo.desk.bulk_rows import names_of_store
from geo.desk.editions import Wanted, grids_of_store
from geo.desk.reports import file_report
from geo.errors import BadCoordinates
from geo.model import NewReport
from geo.rules.position import position
from geo.store.store import Store
from geo.store.tables import alias, area, event, place
from tests import district
from tests.district import METRIC, TESTER, District
from tests.examples import examples

NOW = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)
DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4549", "EPSG:4490", "EPSG:32650")


@dataclass(frozen=True)
class Both:
    """One district, asked in both ways."""

    here: District
    grids: GridSet
    names: NameSet
    refs: Iterator[int] = field(default_factory=count)

    def one_by_one(
        self, x: float | None, y: float | None, datum: str, accuracy_m: float | None, **named: str | None
    ) -> dict[str, Any]:
        try:
            at = None if x is None or y is None else position(x, y, datum, accuracy_m)
        except BadCoordinates as refusal:
            return {"problem": str(refusal)}
        with self.here.desk.transaction(lambda: NOW, TESTER) as tx:
            decision = file_report(tx, NewReport("bulk", str(next(self.refs)), position=at, **named)).primary
        assert decision is not None
        listed = [{k: v for k, v in c.items() if v is not None} for c in candidates_json(decision) or ()]
        told = decision.evidence
        return {
            "grid": decision.code,
            "grid_name": decision.code and f"{decision.code}网格",
            "edition": decision.edition,
            "method": decision.method,
            "queue": decision.queue,
            "distance_m": decision.distance_m,
            "edge_m": decision.edge_m,
            "ambiguous": decision.ambiguous,
            "candidates": listed or None,
            "decided_by": told["decided_by"] if told else "point" if decision.lon is not None else None,
            "evidence": told,
            "problem": None,
        }

    def at_once(self, table: pa.Table, where: Where) -> list[dict[str, Any]]:
        decided = assign_table(table, self.grids, where, Layout(tuple(ADDED)), names=self.names)
        rows = decided.table.select(list(ADDED)).to_pylist()
        for at, row in enumerate(rows):
            for name in ("candidates", "evidence"):
                row[name] = row[name] and json.loads(row[name])
            assert (decided.problems.get(at)) == row["problem"]
            if row["problem"]:
                assert row["grid"] is row["queue"] is row["method"] is None
                rows[at] = {"problem": row["problem"]}
        return rows


@pytest.fixture
def both(store_factory: Callable[..., Store]) -> Both:
    store = store_factory("gpkg")
    here = district.build(store, NOW)
    with store.write() as conn:
        areas = {row.code: row.id for row in conn.execute(select(area.c.code, area.c.id))}
        for code, kind, name, shape, in_area in REGISTER:
            row = {"code": code, "kind": kind, "name": name, "geom": _shape(*shape), "area_id": areas[in_area]}
            conn.execute(insert(place).values(row))
        at = conn.execute(select(place.c.id).where(place.c.code == "L")).scalar_one()
        about = {"text": "老街", "key": "老街", "place_id": at, "actor": "t", "event_id": _event(conn), "from_at": NOW}
        conn.execute(insert(alias).values(about))
    with store.read() as conn:
        return Both(here, grids_of_store(store, conn, Wanted(discs=True)), names_of_store(conn))


# Code, kind, name, and its left, bottom, width and height in grid units, or two ends of a lane.
REGISTER = (
    ("J", "compound", "锦绣花园", (0.5, 0.3, 1.0, 0.4), "C0"),
    ("J-1", "building", "锦绣花园1幢", (0.9, 0.4, 0.2, 0.1), "C0"),
    ("J-1-1", "stairwell", "锦绣花园1幢1单元", (1.0, 0.4, 0.0, 0.0), "C0"),
    ("T0", "compound", "翠湖花园", (0.1, 0.1, 0.1, 0.1), "C0"),
    ("T2", "compound", "翠湖花园", (2.5, 2.5, 0.1, 0.1), "C2"),
    ("FAR", "compound", "远山小区", (9.0, 9.0, 0.1, 0.1), "C2"),
    ("L", "lane", "天皇巷", (2.1, 0.5, 0.8, 0.0), "C2"),
)


def _shape(left: float, bottom: float, width: float, height: float) -> Any:
    x, y = district.EAST + left * district.SIDE, district.NORTH + bottom * district.SIDE
    if height:
        return shapely.box(x, y, x + width * district.SIDE, y + height * district.SIDE)
    return shapely.LineString([(x, y), (x + width * district.SIDE, y)]) if width else shapely.Point(x, y)


def _event(conn: Any) -> int:
    return conn.execute(
        insert(event)
        .values(
            recorded_at=NOW,
            occurred_at=NOW,
            actor="t",
            kind="place.alias_learnt",
            subject="place",
            subject_id=1,
            data={},
        )
        .returning(event.c.id)
    ).scalar_one()


@st.composite
def metres(draw: st.DrawFn) -> tuple[float, float]:
    """Around the nine squares of 200 m: on nodes and edges, millimetres and metres beside them, and far away."""

    def along() -> float:
        line = draw(st.integers(0, 3)) * district.SIDE
        beside = draw(
            st.sampled_from([0.0, 0.001, 0.0005, 0.0004999, 0.3, 0.4999999, 0.5, 4.999, 5.0, 5.001, 49.9, 51.0])
        )
        free = draw(st.floats(-80.0, 680.0))
        return draw(st.sampled_from([line + beside, line - beside, free]))

    return district.EAST + along(), district.NORTH + along()


STRANGE = st.sampled_from([(0.0, 0.0), (float("inf"), 28.9), (118.9, float("-inf")), (200.0, 10.0), (28.9, 118.8)])
ACCURACY = st.one_of(st.none(), st.sampled_from([0.0, 0.4, 3.0, 30.0, 80.0, 1e5, 1.1e5, -1.0]))


@given(data=st.data(), datum=st.sampled_from(DATUMS))
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bulk_is_one_by_one(both: Both, data: st.DataObject, datum: str) -> None:
    places = data.draw(st.lists(st.one_of(metres(), metres(), STRANGE), min_size=1, max_size=12))
    points = [as_received(x, y, datum) for x, y in places]
    accuracy = data.draw(st.lists(ACCURACY, min_size=len(points), max_size=len(points)))
    one_by_one = [both.one_by_one(x, y, datum, a) for (x, y), a in zip(points, accuracy, strict=True)]
    where = Where(datum, "x", "y", accuracy="accuracy_m")
    numbers = pa.table({"x": [p[0] for p in points], "y": [p[1] for p in points], "accuracy_m": accuracy})
    assert both.at_once(numbers, where) == one_by_one
    finite = [at for at, point in enumerate(points) if all(map(isfinite, point))]
    texts = pa.table({name: numbers[name].cast(pa.string()) for name in numbers.column_names})
    assert both.at_once(texts.take(pa.array(finite, pa.int64())), where) == [one_by_one[at] for at in finite]


CODES = st.sampled_from([None, "", "J", "J-1", " J-1-1 ", "T2", "L", "none"])
ADDRESSES = st.sampled_from(
    [
        None,
        "",
        "锦绣花园",
        "锦绣花园1幢1单元301",
        "翠湖花园",
        "社区2翠湖花园",
        "天皇巷",
        "老街",
        "远山小区",
        "锦绣花园附近",
    ]
)


@given(data=st.data())
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_rows_name_decides_as_it_does_one_by_one(both: Both, data: st.DataObject) -> None:
    row = st.tuples(st.one_of(st.just((None, None)), metres()), CODES, ADDRESSES, st.sampled_from([None, 3.0, 80.0]))
    rows = data.draw(st.lists(row, min_size=1, max_size=12))
    expected = [
        both.one_by_one(x, y, "EPSG:4549", accuracy, place_code=code, address=address)
        for (x, y), code, address, accuracy in rows
    ]
    columns = {
        "x": [at[0] for at, *_ in rows], "y": [at[1] for at, *_ in rows], "code": [each[1] for each in rows],
        "address": [each[2] for each in rows], "accuracy": [each[3] for each in rows],
    }  # fmt: skip
    kinds = {"code": pa.string(), "address": pa.string()}
    table = pa.table({name: pa.array(values, kinds.get(name, pa.float64())) for name, values in columns.items()})
    where = Where("EPSG:4549", "x", "y", accuracy="accuracy", place="code", address="address")
    assert both.at_once(table, where) == expected


def test_names_travel_to_workers_as_they_are(both: Both, tmp_path: Path) -> None:
    both.names.save(tmp_path)
    assert NameSet.load(tmp_path, both.names.digest) == both.names
    assert NameSet.load(tmp_path, both.names.digest).digest == both.names.digest


def as_received(x: float, y: float, datum: str) -> tuple[float, float]:
    """A place in metres in some datum; what is strange stays so."""
    if not 1e5 < x < 1e9 or datum == "EPSG:4549":
        return x, y
    lon, lat = from_wgs84(*METRIC.unproject(x, y), datum)
    return float(lon), float(lat)


def test_no_location_is_no_fault(both: Both) -> None:
    nowhere = pa.table(
        {"x": [None, float("nan"), 0.0, None], "y": [None, float("nan"), 0.0, 28.9], "a": [None, 1, 2, 3]}
    )
    rows = both.at_once(nowhere, Where("wgs84", "x", "y", accuracy="a"))
    assert [row.get("queue") for row in rows] == ["no_location", "no_location", "no_location", None]
    assert rows[3] == {"problem": "x is empty where its partner is not"}


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("here", "x is 'here', not a number"),
        ("nan", "x is nan, not a number"),
        ("inf", "x is inf, not a number"),
        ("1e999", "x is 1e999, not a number"),
        ("118,87", "x is '118,87', not a number"),
        ("0x76", "x is '0x76', not a number"),
        ("", "x is empty where its partner is not"),
        ("181", "181.0, 28.9 is no place on Earth in wgs84: give longitude, then latitude, in degrees"),
    ],
)
def test_a_cell_that_is_no_coordinate_is_named(both: Both, cell: str, says: str) -> None:
    x, y = district.lonlat(0.5, 0.5)
    table = pa.table({"x": [str(x), cell, f" {x} "], "y": [str(y), "28.9", f"+{y}\t"]})
    good, bad, spaced = both.at_once(table, Where("wgs84", "x", "y"))
    assert (good["grid"], spaced["grid"]) == ("G00", "G00")
    assert bad == {"problem": says}
