"""Bulk work decides as reports are decided one by one: same grid, same doubt, same refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from math import isfinite
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.bulk.deciding import ADDED, Layout, assign_table
from geo.bulk.gridset import GridSet
from geo.bulk.points import Where
from geo.crs import from_wgs84
from geo.desk.assigning import candidates_json
from geo.desk.editions import Wanted, grids_of_store
from geo.desk.reports import file_report
from geo.errors import BadCoordinates
from geo.model import NewReport
from geo.rules.position import position
from geo.store.store import Store
from tests import district
from tests.district import METRIC, TESTER, District

NOW = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)
DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4549", "EPSG:4490", "EPSG:32650")


@dataclass(frozen=True)
class Both:
    """One district, asked in both ways."""

    here: District
    grids: GridSet
    refs: Iterator[int] = field(default_factory=count)

    def one_by_one(self, x: float, y: float, datum: str, accuracy_m: float | None) -> dict[str, Any]:
        try:
            at = position(x, y, datum, accuracy_m)
        except BadCoordinates as refusal:
            return {"problem": str(refusal)}
        with self.here.desk.transaction(lambda: NOW, TESTER) as tx:
            decision = file_report(tx, NewReport("bulk", str(next(self.refs)), position=at)).primary
        assert decision is not None
        listed = [{"grid": c["grid"], "edge_m": c["edge_m"]} for c in candidates_json(decision) or ()]
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
            "problem": None,
        }

    def at_once(self, table: pa.Table, where: Where) -> list[dict[str, Any]]:
        decided = assign_table(table, self.grids, where, Layout(tuple(ADDED)))
        rows = decided.table.select(list(ADDED)).to_pylist()
        for at, row in enumerate(rows):
            row["candidates"] = row["candidates"] and json.loads(row["candidates"])
            assert (decided.problems.get(at)) == row["problem"]
            if row["problem"]:
                assert row["grid"] is row["queue"] is row["method"] is None
                rows[at] = {"problem": row["problem"]}
        return rows


@pytest.fixture
def both(store_factory: Callable[..., Store]) -> Both:
    store = store_factory("gpkg")
    here = district.build(store, NOW)
    with store.read() as conn:
        return Both(here, grids_of_store(store, conn, Wanted()))


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
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
