"""Places find their grids in every scheme, on both stores: when they come, when boundaries come and go."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import func, select

from geo.desk import checking
from geo.desk.boundaries import import_grids, prepare
from geo.desk.features import FeatureImport
from geo.desk.founding import install_rules
from geo.desk.grid_undo import undo_grids
from geo.desk.place_detail import place_detail
from geo.desk.place_parts import assign_places, parts_by_scheme
from geo.desk.places import PlaceColumns, import_places, undo_places
from geo.desk.tx import Desk
from geo.errors import NotFound
from geo.files import read_grids
from geo.rules.access import EVERYWHERE, Extent
from geo.store.store import Store
from geo.store.tables import event, place, place_part
from tests import district
from tests.district import EAST, METRIC, NORTH, SIDE, TESTER, District

COLUMNS = PlaceColumns(code="code", name="code", kind="kind", area="area")


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    return district.build(store, now)


def point(column: float, row: float) -> tuple[float, float]:
    return EAST + column * SIDE, NORTH + row * SIDE


def line(*at: tuple[float, float]) -> Any:
    return shapely.LineString([point(*each) for each in at])


def box(west: float, south: float, east: float, north: float) -> Any:
    return shapely.box(*point(west, south), *point(east, north))


GEOMS = {
    "lane": ("lane", line((0.5, 0.5), (1.0, 0.5), (1.0, 0.9), (1.75, 0.9))),
    "compound": ("compound", box(0.9, 0.0, 1.3, 1.0)),
    "stairwell": ("stairwell", shapely.Point(point(1.0, 1.0))),
    "beyond": ("lane", line((2.5, 0.5), (4.0, 0.5))),
    "away": ("market", shapely.Point(point(9.0, 9.0))),
}


def bring(desk: Desk, now: datetime) -> int:
    rows = [
        (i, {"code": code, "kind": kind, "area": None}, METRIC.unproject_geometry(geom))
        for i, (code, (kind, geom)) in enumerate(GEOMS.items(), 2)
    ]
    batch_id, tally = import_places(desk, FeatureImport("p", "0" * 64, COLUMNS, "wgs84"), rows, lambda: now, TESTER)
    assert tally.counts["imported"] == len(GEOMS)
    return batch_id


def parts(store: Store, code: str) -> dict[str, list[tuple[str | None, float | None]]]:
    """Scheme -> grid and measure, the primary one first."""
    with store.read() as conn:
        place_id = conn.execute(select(place.c.id).where(place.c.code == code)).scalar_one()
        found = parts_by_scheme(conn, place_id)
    return {
        scheme: [(row.code, row.length_m if row.length_m is not None else row.area_m2) for row in rows]
        for scheme, rows in found.items()
    }


def test_a_place_is_told_with_what_lies_in_each_grid_of_each_scheme(here: District, now: datetime) -> None:
    district.add_scheme(here, now)
    bring(here.desk, now)
    # The stretch along the edge that G00 and G10 share is the lowest code's.
    assert parts(here.store, "lane") == {
        "primary": [("G00", pytest.approx(180.0)), ("G10", pytest.approx(150.0))],
        "halves": [("W", pytest.approx(280.0)), ("E", pytest.approx(50.0))],
    }
    assert parts(here.store, "compound") == {
        "primary": [("G10", pytest.approx(12_000.0)), ("G00", pytest.approx(4_000.0))],
        "halves": [("W", pytest.approx(16_000.0))],
    }
    assert parts(here.store, "stairwell") == {"primary": [("G00", None)], "halves": [("W", None)]}
    assert parts(here.store, "beyond")["primary"] == [("G20", pytest.approx(100.0)), (None, pytest.approx(200.0))]
    assert parts(here.store, "away")["primary"] == [(None, None)]
    with here.store.read() as conn:
        detail = place_detail(conn, EVERYWHERE, "lane", here.reading(now.date()))
        with pytest.raises(NotFound):  # it belongs to no area
            place_detail(conn, [Extent("/D/C0/")], "lane", here.reading(now.date()))
        assert checking.findings(conn, METRIC) == []
    assert (detail["length_m"], detail["area_m2"]) == (pytest.approx(330.0), None)
    assert list(detail["schemes"]) == ["primary", "halves"]
    assert [link["code"] for link in detail["schemes"]["primary"]["chain"]] == ["G00", "C0", "D"]
    assert [link["code"] for link in detail["schemes"]["halves"]["chain"]] == ["W", "D"]
    assert [part["primary"] for part in detail["schemes"]["primary"]["parts"]] == [True, False]


def test_deciding_again_what_is_as_it_was_writes_nothing(here: District, now: datetime) -> None:
    bring(here.desk, now)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        count = select(func.count()).select_from(place_part)
        before = tx.conn.execute(count).scalar_one(), tx.conn.execute(select(func.max(event.c.id))).scalar_one()
        assign_places(tx, tx.conn.execute(select(place.c.id)).scalars().all())
        assert (
            tx.conn.execute(count).scalar_one(),
            tx.conn.execute(select(func.max(event.c.id))).scalar_one(),
        ) == before


def test_places_taken_back_lie_nowhere(here: District, now: datetime) -> None:
    batch_id = bring(here.desk, now)
    later = now + timedelta(hours=1)
    with here.desk.transaction(lambda: later, TESTER) as tx:
        undo_places(tx, batch_id)
        ends = set(tx.conn.execute(select(place_part.c.to_at)).scalars())
    assert ends == {later}


def test_boundaries_that_come_and_go_decide_places_again(store: Store, now: datetime, tmp_path: Path) -> None:
    desk = Desk(store)
    with desk.transaction(lambda: now, TESTER) as tx:
        install_rules(tx)
    bring(desk, now)
    assert parts(store, "lane") == {}
    path = tmp_path / "grids.gpkg"
    frame = gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs="EPSG:4549")
    frame.to_file(path)
    prepared = prepare(read_grids(path, code="code"), 4549)
    with desk.transaction(lambda: now, TESTER) as tx:
        batch_id = import_grids(tx, prepared, file_sha256="0" * 64).batch
    assert parts(store, "lane") == {"primary": [("A", pytest.approx(180.0)), ("B", pytest.approx(150.0))]}
    with desk.transaction(lambda: now, TESTER) as tx:
        undo_grids(tx, batch_id)
    assert parts(store, "lane") == {"primary": [(None, pytest.approx(330.0))]}
    with store.read() as conn:
        assert checking.findings(conn, METRIC) == []
        told = select(func.count()).where(event.c.kind == "place.assigned", event.c.reason.like("edition%"))
        assert conn.execute(told).scalar_one() == 5 + 3  # two lie beyond these grids before and after
