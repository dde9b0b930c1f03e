"""Areas and places on both stores: parents in any order, geometries in a named datum, undo."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import shapely
from sqlalchemy import select, update

from geo.desk.areas import AreaColumns, import_areas, undo_areas
from geo.desk.features import FeatureImport
from geo.desk.places import PlaceColumns, import_places, undo_places
from geo.desk.tx import Desk
from geo.desk.unit_import import UnitColumns, UnitImport, import_units
from geo.errors import Conflict, UnknownDatum
from geo.store.store import Store
from geo.store.tables import area, event, grid_version, place
from tests import district
from tests.district import EAST, METRIC, NORTH, SIDE, TESTER, District, lonlat

AREAS = AreaColumns(code="code", name="name", level="level", parent="parent", name_en="name_en", valid_from="from")
PLACES = PlaceColumns(
    code="code", name="name", kind="kind", parent="parent", area="area", households="households", lon="lon", lat="lat"
)


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    return district.build(store, now)


def areas(desk: Desk, now: datetime, *rows: tuple[dict[str, Any], Any], datum: str | None = None) -> tuple[int, Any]:
    job = FeatureImport("areas.csv", "a" * 64, AREAS, datum)
    features = [(line, row, geom) for line, (row, geom) in enumerate(rows, 2)]
    return import_areas(desk, job, features, lambda: now, TESTER)


def places(
    desk: Desk, now: datetime, *rows: tuple[dict[str, Any], Any], datum: str | None = "wgs84"
) -> tuple[int, Any]:
    job = FeatureImport("places.geojson", "b" * 64, PLACES, datum)
    features = [(line, row, geom) for line, (row, geom) in enumerate(rows, 2)]
    return import_places(desk, job, features, lambda: now, TESTER)


def named(code: str, level: str, parent: str | None = None) -> dict[str, Any]:
    return {"code": code, "name": f"{code}名", "level": level, "parent": parent}


def counts(tally: Any) -> tuple[int, int, int]:
    summary = tally.summary(1)
    assert (
        summary["imported"] + summary.get("boundaries", 0) + summary["duplicates"] + summary["rejected"]
        == summary["rows"]
    )
    return summary["imported"], summary["duplicates"], summary["rejected"]


def test_areas_hang_under_their_parents_whatever_the_order(store: Store, now: datetime) -> None:
    _, tally = areas(
        Desk(store),
        now,
        (named("330802006004", "社区", "330802006"), None),
        (named("330802006", "subdistrict", "330802"), None),
        (named("330802", "district") | {"from": "2023-06-30"}, None),
        (named("330802006", "subdistrict", "330802"), None),
        (named("x", "community", "nowhere"), None),
        (named("y", "subdistrict", "330802006004"), None),
        (named("z", "planet"), None),
        (named("a/b", "community"), None),
        (named("w", "district", "330802"), None),
    )
    assert counts(tally) == (3, 1, 5)
    reasons = {reject.line: reject.reason for reject in tally.rejects}
    assert "nowhere" in reasons[6] and "330802006004" in reasons[7] and "'planet'" in reasons[8] and "'/'" in reasons[9]
    with store.read() as conn:
        rows = conn.execute(select(area).order_by(area.c.path)).all()
    assert [(r.code, r.path, r.valid_from) for r in rows] == [
        ("330802", "/330802/", "2023-06-30"),
        ("330802006", "/330802/330802006/", None),
        ("330802006004", "/330802/330802006/330802006004/", None),
    ]
    assert [r.parent_id for r in rows] == [None, rows[0].id, rows[1].id]


def test_children_of_stored_areas(here: District, now: datetime) -> None:
    _, tally = areas(here.desk, now, (named("S", "街道", "D"), None), (named("C0", "community", "S"), None))
    assert counts(tally) == (1, 1, 0)


def test_boundaries_come_in_a_named_datum(here: District, now: datetime) -> None:
    square = shapely.box(EAST, NORTH, EAST + 3 * SIDE, NORTH + 3 * SIDE)
    in_degrees = METRIC.unproject_geometry(square)
    with pytest.raises(UnknownDatum):
        areas(here.desk, now, (named("S", "subdistrict"), square))
    areas(here.desk, now, (named("S", "subdistrict"), square), datum="EPSG:4549")
    areas(here.desk, now, (named("T", "subdistrict"), in_degrees), datum="wgs84")
    with here.store.read() as conn:
        rows = conn.execute(select(area.c.code, area.c.geom).where(area.c.geom.is_not(None))).all()
    stored = {r.code: r.geom for r in rows}
    assert stored["S"].equals(square) and stored["T"].normalize().equals_exact(stored["S"].normalize(), 0.0011)
    _, tally = areas(here.desk, now, (named("U", "subdistrict"), shapely.Point(1, 2)), datum="EPSG:4549")
    assert counts(tally) == (0, 0, 1)


def test_areas_are_taken_back_once_their_grids_are(here: District, now: datetime) -> None:
    batch_id, _ = areas(here.desk, now, (named("S", "subdistrict", "D"), None))
    in_it = grid_version.c.code == "G00"
    with here.desk.transaction(lambda: now, TESTER) as tx:
        tx.conn.execute(
            update(grid_version)
            .where(in_it)
            .values(area_id=select(area.c.id).where(area.c.code == "S").scalar_subquery())
        )
        with pytest.raises(Conflict, match="1 grids"):
            undo_areas(tx, batch_id)
        tx.conn.execute(update(grid_version).where(in_it).values(to_edition=2))
        assert undo_areas(tx, batch_id) == 1


def test_areas_in_use_are_not_taken_back(here: District, now: datetime) -> None:
    batch_id, _ = areas(here.desk, now, (named("S", "subdistrict", "D"), None))
    second, _ = areas(here.desk, now, (named("S1", "community", "S"), None))
    with pytest.raises(Conflict, match="1 other areas"), here.desk.transaction(lambda: now, TESTER) as tx:
        undo_areas(tx, batch_id)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        assert (undo_areas(tx, second), undo_areas(tx, batch_id)) == (1, 1)
    _, tally = areas(here.desk, now, (named("S", "subdistrict", "D"), None))
    assert counts(tally) == (1, 0, 0)


def test_places_are_points_lines_and_polygons(here: District, now: datetime) -> None:
    lon, lat = lonlat(0.5, 0.5)
    lane = shapely.LineString([lonlat(0.1, 0.1), lonlat(2.9, 0.1)])
    compound = shapely.Polygon([lonlat(*at) for at in ((0, 0), (1, 0), (1, 1), (0, 1))])
    bowtie = shapely.Polygon([lonlat(*at) for at in ((0, 0), (1, 1), (1, 0), (0, 1))])
    point = {"lon": str(lon), "lat": str(lat)}
    _, tally = places(
        here.desk,
        now,
        ({"code": "s1", "name": "1 单元", "kind": "楼道", "parent": "b1"} | point, None),
        ({"code": "b1", "name": "1 幢", "kind": "building", "parent": "c1"} | point, None),
        ({"code": "c1", "name": "梅花小区", "kind": "compound", "area": "C0", "households": "113"}, compound),
        ({"code": "l1", "name": "后街", "kind": "lane"}, lane),
        ({"code": "l1", "name": "后街", "kind": "lane"}, lane),
        ({"code": "e1", "name": "", "kind": "castle"} | point, None),
        ({"code": "e2", "name": "", "kind": "lane"}, None),
        ({"code": "e3", "name": "", "kind": "compound"}, bowtie),
        ({"code": "e4", "name": "", "kind": "building", "parent": "e3"} | point, None),
        ({"code": "e5", "name": "", "kind": "building", "area": "C9"} | point, None),
        ({"code": "e6", "name": "", "kind": "building", "households": "-1"} | point, None),
        ({"code": "e7", "name": "", "kind": "building"} | {"lon": str(lat), "lat": str(lon)}, None),
    )
    assert counts(tally) == (4, 1, 7)
    reasons = {reject.line: reject.reason for reject in tally.rejects}
    for line, words in [
        (7, "castle"), (8, "no geometry"), (9, "Self-intersection"), (10, "'e3'"), (11, "C9"), (12, "-1"),
    ]:  # fmt: skip
        assert words in reasons[line]
    with here.store.read() as conn:
        rows = {r.code: r for r in conn.execute(select(place)).all()}
        kinds = conn.execute(select(event.c.kind).where(event.c.subject == "place")).scalars().all()
    assert rows["s1"].parent_id == rows["b1"].id and rows["b1"].parent_id == rows["c1"].id
    assert (rows["s1"].geom.x, rows["s1"].geom.y) == (EAST + SIDE / 2, NORTH + SIDE / 2)
    assert rows["l1"].geom.geom_type == "LineString" and abs(rows["c1"].geom.area - SIDE**2) < 1
    assert (rows["c1"].households, kinds) == (113, ["place.imported"] * 4)


def test_places_in_use_are_not_taken_back(here: District, now: datetime) -> None:
    batch_id, _ = places(
        here.desk, now, ({"code": "c1", "name": "x", "kind": "compound"}, shapely.Point(lonlat(0.5, 0.5)))
    )
    job = UnitImport("units.csv", "0" * 64, UnitColumns(code="code", place="place"))
    import_units(here.desk, job, [(2, {"code": "u", "place": "c1"})], lambda: now, TESTER)
    with pytest.raises(Conflict, match="1 rental units"), here.desk.transaction(lambda: now, TESTER) as tx:
        undo_places(tx, batch_id)


def test_an_import_that_is_cut_off_leaves_nothing(here: District, now: datetime) -> None:
    def cut() -> Any:
        yield 2, {"code": "c1", "name": "x", "kind": "compound"}, shapely.Point(lonlat(0.5, 0.5))
        raise KeyboardInterrupt

    job = FeatureImport("places.geojson", "b" * 64, PLACES, "wgs84")
    with pytest.raises(KeyboardInterrupt):
        import_places(here.desk, job, cut(), lambda: now, TESTER)
    with here.store.read() as conn:
        assert conn.execute(select(place)).all() == [] and conn.execute(select(event)).all() == []
