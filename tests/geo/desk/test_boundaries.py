"""Grids from files to an edition in force, refused, repaired, undone, on both stores."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import box
from sqlalchemy import insert, select

from geo.coverage.lattice import doubled_area_mm2, on_lattice
from geo.crs import Metric
from geo.desk.boundaries import create_scheme, import_grids, prepare
from geo.desk.founding import install_rules
from geo.desk.grid_undo import undo_grids
from geo.desk.microgrids import import_micro_grids
from geo.desk.reports import file_report
from geo.desk.tx import Desk
from geo.errors import BadInput, Conflict, FaultyCoverage, NotFound, UnsuitableCrs
from geo.files import read_grids
from geo.model import Actor, NewReport, Position
from geo.store import tables
from geo.store.tables import area, batch, edition, event, grid_version, scheme
from tests import newyork

EDITOR = Actor("editor", "Editor")
X, Y, SIDE = 390_000.0, 3_206_000.0, 100.0


def squares(count: int = 4) -> list:
    return [box(X + SIDE * n, Y, X + SIDE * (n + 1), Y + SIDE) for n in range(count)]


def grid_file(folder, geoms=None, *, name="grids.gpkg", crs="EPSG:4549", code=None, parent=None, **columns):
    geoms = squares() if geoms is None else geoms
    codes = code or [f"G{n}" for n in range(len(geoms))]
    values = {"code": codes, **({"parent": parent} if parent else {}), **columns}
    gpd.GeoDataFrame(values, geometry=list(geoms), crs=crs).to_file(folder / name)
    return read_grids(folder / name, code="code", parent="parent" if parent else None)


@pytest.fixture
def desk(store) -> Desk:
    return Desk(store)


@pytest.fixture
def take(desk, now):
    """take(file, **options): import it in a transaction of its own."""

    def run(file, *, repair=False, **options):
        prepared = prepare(file, desk.store.jurisdiction.metric_srid, repair=repair)
        with desk.transaction(lambda: now, EDITOR) as tx:
            return import_grids(tx, prepared, file_sha256="0" * 64, **options)

    return run


def rows(desk: Desk, query) -> list:
    with desk.store.read() as conn:
        return conn.execute(query).all()


def in_force(desk: Desk) -> list:
    return rows(desk, select(grid_version).where(grid_version.c.to_edition.is_(None)).order_by(grid_version.c.code))


# -- import ---------------------------------------------------------------------------------------------------------


def test_a_first_import_is_published_at_once(desk, take, tmp_path, now):
    made = grid_file(
        tmp_path, name_en=["One", "Two", None, "Four"], households=[1, 2, 3, None], colour=["r", "g", "b", ""]
    )
    summary = take(made)
    assert summary.rows == 4 and dict(summary.counts) == {"grids": 4, "edition": 1, "warnings": 0}
    (published,) = rows(desk, select(edition))
    assert (published.number, published.grids, published.actor) == (1, 4, "editor")
    assert published.area_mm2 == str(4 * 100_000**2)
    versions = in_force(desk)
    assert [row.code for row in versions] == ["G0", "G1", "G2", "G3"]
    assert [row.name_en for row in versions] == ["One", "Two", None, "Four"]
    assert [row.households for row in versions] == [1, 2, 3, None]
    assert versions[0].attributes == {"colour": "r"}
    assert all(row.geom.geom_type == "MultiPolygon" and row.from_edition == 1 for row in versions)
    assert rows(desk, select(scheme.c.name, scheme.c.is_primary)) == [("primary", True)]
    assert Counter(row.kind for row in rows(desk, select(event))) == {
        "scheme.created": 1, "area.created": 1, "edition.published": 1, "batch.finished": 1,
    }  # fmt: skip
    (done,) = rows(desk, select(batch))
    assert (done.state, done.kind, done.finished_at) == ("done", "grids", now)
    with desk.transaction(lambda: now, EDITOR) as tx:
        (sheet,) = tx.sheets()
        assert sheet.codes.tolist() == ["G0", "G1", "G2", "G3"]
        assert sheet.index.locate(X + 150.0, Y + 50.0) == 1


def test_without_parents_all_hang_under_one_root(desk, take, tmp_path):
    summary = take(grid_file(tmp_path))
    (root,) = rows(desk, select(area))
    assert (root.name, root.level, root.parent_id, root.path) == ("柯城", "district", None, "/root/")
    assert {row.area_id for row in in_force(desk)} == {root.id}
    assert any("created the area '柯城'" in note for note in summary.notes)


def test_parents_that_exist_and_that_do_not(desk, take, tmp_path, now):
    with desk.transaction(lambda: now, EDITOR) as tx:
        tx.conn.execute(insert(area).values(code="D", name="区", level="district", path="/D/"))
        tx.conn.execute(insert(area).values(code="C1", name="社区", level="community", parent_id=1, path="/D/C1/"))
    summary = take(grid_file(tmp_path, parent=["C1", "C1", "C9", "D"]))
    areas = {row.id: row for row in rows(desk, select(area))}
    assert [areas[row.area_id].code for row in in_force(desk)] == ["C1", "C1", "C9", "D"]
    made = next(row for row in areas.values() if row.code == "C9")
    assert (made.level, made.path, made.parent_id) == ("community", "/D/C9/", 1)
    assert any("created 1 communities" in note and "C9" in note for note in summary.notes)


def test_several_tops_need_parents(desk, take, tmp_path, now):
    with desk.transaction(lambda: now, EDITOR) as tx:
        for code in ("A", "B"):
            tx.conn.execute(insert(area).values(code=code, name=code, level="district", path=f"/{code}/"))
    with pytest.raises(Conflict, match=r"several top areas \(A, B\)"):
        take(grid_file(tmp_path))
    assert in_force(desk) == [] and rows(desk, select(batch)) == []


def test_a_second_import_waits_for_drafts(desk, take, tmp_path):
    take(grid_file(tmp_path))
    with pytest.raises(Conflict, match=r"has 4 grids in force.*undo batch 1 first"):
        take(grid_file(tmp_path, name="more.gpkg", code=list("abcd")))
    assert len(in_force(desk)) == 4 and len(rows(desk, select(edition))) == 1


def test_a_second_scheme_has_editions_of_its_own(desk, take, tmp_path, now):
    take(grid_file(tmp_path))
    take(grid_file(tmp_path, name="more.gpkg"), scheme_name="治理网格")
    found = rows(desk, select(scheme.c.name, scheme.c.is_primary).order_by(scheme.c.id))
    assert found == [("primary", True), ("治理网格", False)]
    with desk.transaction(lambda: now, EDITOR) as tx:
        assert [sheet.edition for sheet in tx.sheets()] == [1, 1]
        with pytest.raises(Conflict, match="already"):
            create_scheme(tx, "primary")


def test_degrees_become_metres_on_the_lattice(desk, take, tmp_path):
    lonlat = Metric(4549).unproject_geometry(np.array(squares()))
    take(grid_file(tmp_path, lonlat, crs="EPSG:4490"))
    geoms = np.array([row.geom for row in in_force(desk)])
    assert on_lattice(geoms)
    assert shapely.equals(geoms, np.array(squares())).all()
    (published,) = rows(desk, select(edition.c.area_mm2))
    assert published.area_mm2 == str(sum(doubled_area_mm2(np.array(squares()))) // 2)


def test_gcj02_grids_are_moved_back(tmp_path):
    lonlat = Metric(4549).unproject_geometry(np.array(squares()))
    gpd.GeoDataFrame({"code": list("abcd")}, geometry=lonlat, crs="EPSG:4326").to_file(tmp_path / "g.geojson")
    plain = prepare(read_grids(tmp_path / "g.geojson", code="code"), 4549)
    moved = prepare(read_grids(tmp_path / "g.geojson", code="code", source_crs="gcj02"), 4549)
    away = shapely.distance(shapely.centroid(plain.geoms), shapely.centroid(moved.geoms))
    assert (away > 560.0).all() and (away < 600.0).all()
    assert any("GCJ-02" in note for note in plain.notes)


# -- refusals -------------------------------------------------------------------------------------------------------


def test_faults_are_listed_with_place_and_size_and_nothing_is_kept(desk, take, tmp_path):
    faulty = [box(X, Y, X + 101, Y + 100), *squares()[1:3], box(X + 300, Y, X + 400, Y + 50)]
    with pytest.raises(FaultyCoverage, match="1 overlap, 1 unmatched_edge") as refused:
        take(grid_file(tmp_path, faulty))
    details = refused.value.details
    assert details["count"] == 2
    overlap = details["faults"][0]
    assert overlap["codes"] == ["G0", "G1"] and overlap["area_m2"] == 100.0
    assert (overlap["lon"], overlap["lat"]) == pytest.approx((118.8716, 28.9658), abs=0.01)
    assert [feature["properties"]["kind"] for feature in details["geojson"]["features"]] == [
        "overlap",
        "unmatched_edge",
    ]
    json.dumps(details, allow_nan=False)
    assert "--repair" in str(refused.value)
    assert in_force(desk) == [] and rows(desk, select(batch)) == [] and rows(desk, select(scheme)) == []


@pytest.mark.parametrize(
    ("geoms", "codes", "says"),
    [
        (None, ["a", "b", "a", "c"], "code 'a' is used by 2 grids"),
        ([shapely.Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])], ["a"], "1 invalid.*Self-intersection"),
    ],
)
def test_duplicate_codes_and_bowties(take, tmp_path, geoms, codes, says):
    with pytest.raises(FaultyCoverage, match=says):
        take(grid_file(tmp_path, geoms, code=codes))


@pytest.mark.parametrize("odd", ["a\u200b", "a" * 201], ids=["unseen", "long"])
def test_codes_that_nobody_could_name_are_not_taken(take, tmp_path, odd):
    with pytest.raises(BadInput, match="features 2") as refused:
        take(grid_file(tmp_path, code=["x", odd, "y", "z"]), repair=True)
    assert refused.value.details["reason"] == "code_unusable"


def test_duplicate_codes_are_never_repaired(take, tmp_path):
    with pytest.raises(FaultyCoverage, match="is used by 2 grids"):
        take(grid_file(tmp_path, code=["a", "a", "b", "c"]), repair=True)


def test_grids_of_another_place_do_not_suit_the_store(take, tmp_path):
    path = newyork.layer_path("borough")
    with pytest.raises(UnsuitableCrs, match=r"lie where the store's metric CRS does not suit.*EPSG:32618"):
        take(read_grids(path, code="borough_code"))


def test_warnings_are_told_and_do_not_refuse(take, tmp_path):
    ring = shapely.Polygon(squares(1)[0].exterior.coords, [box(X + 20, Y + 20, X + 40, Y + 40).exterior.coords])
    summary = take(grid_file(tmp_path, [ring]))
    assert summary.counts["warnings"] == 1
    assert any(note.startswith("warning: hole of 400 m2") for note in summary.notes)


# -- New York -------------------------------------------------------------------------------------------------------


@pytest.fixture
def new_york(kind, store_factory) -> Desk:
    store = store_factory(kind, name="New York", metric_srid=newyork.SRID, timezone="America/New_York", synthetic=False)
    return Desk(store)


def test_community_districts(new_york, now):
    prepared = prepare(read_grids(newyork.layer_path("community_district"), code="boro_cd", name="name"), newyork.SRID)
    with new_york.transaction(lambda: now, EDITOR) as tx:
        summary = import_grids(tx, prepared, file_sha256="0" * 64)
    assert summary.counts["grids"] == 59
    codes, geoms = newyork.layer("community_district")
    stored = {row.code: row.geom for row in in_force(new_york)}
    assert all(shapely.equals_exact(shapely.normalize(stored[code].buffer(0)), shapely.normalize(geom.buffer(0)))
               for code, geom in zip(codes, geoms, strict=True))  # fmt: skip
    (published,) = rows(new_york, select(edition.c.area_mm2))
    assert published.area_mm2 == "703920177759768"


@pytest.mark.parametrize(
    ("name", "says", "moved"),
    [
        ("zcta", "16 overlap", "repair moved 114.434 m2"),
        ("historical/zcta_2010", "1 invalid, 2 overlap", "repair moved 27.736 m2"),
        ("historical/council_district_2013", "4 invalid", "repair moved 0.000 m2"),
    ],
)
def test_layers_with_faults_with_and_without_repair(new_york, now, name, says, moved):
    file = read_grids(newyork.layer_path(name), code=newyork.CODE_COLUMNS[name])
    with pytest.raises(FaultyCoverage, match=says):
        prepare(file, newyork.SRID)
    prepared = prepare(file, newyork.SRID, repair=True)
    with new_york.transaction(lambda: now, EDITOR) as tx:
        summary = import_grids(tx, prepared, file_sha256="0" * 64)
    assert moved in summary.notes
    assert len(in_force(new_york)) == len(file.codes)


# -- undo -----------------------------------------------------------------------------------------------------------


def test_undo_publishes_an_edition_without_them_and_again(desk, take, tmp_path, now):
    file = grid_file(tmp_path, parent=["C1", "C1", "C2", "C2"])
    batch_id = take(file).batch
    with desk.transaction(lambda: now + timedelta(hours=1), EDITOR) as tx:
        assert undo_grids(tx, batch_id) == 4
    assert in_force(desk) == []
    assert [(row.number, row.grids, row.area_mm2) for row in rows(desk, select(edition))][1] == (2, 0, "0")
    assert all(row.undone_at for row in rows(desk, select(area)))
    assert rows(desk, select(batch.c.state)) == [("undone",)]
    with desk.transaction(lambda: now, EDITOR) as tx, pytest.raises(Conflict, match="is undone"):
        undo_grids(tx, batch_id)
    again = take(file)
    assert again.counts["edition"] == 3 and len(in_force(desk)) == 4


def test_undo_is_refused_while_issues_lie_in_the_grids(desk, take, tmp_path, now):
    batch_id = take(grid_file(tmp_path)).batch
    lon, lat = (float(value) for value in Metric(4549).unproject(X + 50.0, Y + 50.0))
    with desk.transaction(lambda: now, EDITOR) as tx:
        install_rules(tx)
        file_report(tx, NewReport("test", "1", position=Position(lon, lat, lon, lat, "wgs84")))
    with desk.transaction(lambda: now, EDITOR) as tx, pytest.raises(Conflict, match="1 issues that came one by one"):
        undo_grids(tx, batch_id)
    assert len(in_force(desk)) == 4


def test_undo_is_refused_while_people_hold_posts(desk, take, tmp_path, now):
    batch_id = take(grid_file(tmp_path)).batch
    with desk.transaction(lambda: now, EDITOR) as tx:
        person = tx.conn.execute(insert(tables.person).values(code="p", name="P")).inserted_primary_key[0]
        grid_id = tx.conn.execute(select(grid_version.c.grid_id).limit(1)).scalar_one()
        post = tx.conn.execute(insert(tables.post).values(kind="lead", grid_id=grid_id)).inserted_primary_key[0]
        tx.conn.execute(
            insert(tables.appointment).values(post_id=post, person_id=person, from_date="2026-01-01", from_at=now)
        )
    with desk.transaction(lambda: now, EDITOR) as tx, pytest.raises(Conflict, match="in use by 1 appointments"):
        undo_grids(tx, batch_id)


def test_undo_of_what_is_not_there(desk, now):
    with desk.transaction(lambda: now, EDITOR) as tx, pytest.raises(NotFound):
        undo_grids(tx, 7)


# -- micro-grids ----------------------------------------------------------------------------------------------------


def micro_file(folder, geoms, parents, codes=None, name="micro.gpkg"):
    return grid_file(folder, geoms, name=name, code=codes or [f"M{n}" for n in range(len(geoms))], parent=parents)


def halves() -> list:
    return [box(X, Y, X + 50, Y + 100), box(X + 50, Y, X + 100, Y + 100)]


def test_micro_grids_stand_in_their_grid(desk, take, tmp_path, now):
    first = take(grid_file(tmp_path)).batch
    with desk.transaction(lambda: now, EDITOR) as tx:
        summary = import_micro_grids(tx, micro_file(tmp_path, halves(), ["G0", "G0"]), file_sha256="1" * 64)
    assert dict(summary.counts) == {"micro_grids": 2, "edition": 2}
    by_code = {row.code: row for row in in_force(desk)}
    assert by_code["M0"].level == "micro_grid"
    assert by_code["M0"].parent_grid_id == by_code["M1"].parent_grid_id == by_code["G0"].grid_id
    assert by_code["M0"].area_id == by_code["G0"].area_id
    last = rows(desk, select(edition).order_by(edition.c.number))[-1]
    assert (last.number, last.grids, last.area_mm2) == (2, 4, str(4 * 100_000**2))
    with desk.transaction(lambda: now, EDITOR) as tx:
        (sheet,) = tx.sheets()
        assert sheet.edition == 2 and sheet.codes.tolist() == ["G0", "G1", "G2", "G3"]
        with pytest.raises(Conflict, match=f"2 micro-grids of batch {summary.batch}; undo batch {summary.batch} first"):
            undo_grids(tx, first)
        assert undo_grids(tx, summary.batch) == 2
        assert undo_grids(tx, first) == 4


@pytest.mark.parametrize(
    ("geoms", "parents", "codes", "says"),
    [
        ([box(X - 10, Y, X + 50, Y + 100)], ["G0"], None, "lies outside its grid 'G0' by 1,000 m2"),
        ([box(X, Y, X + 60, Y + 100), halves()[1]], ["G0", "G0"], None, "overlap by 1,000 m2"),
        (halves(), ["G0", "G9"], None, "no grid in force has the code G9"),
        (halves(), ["G0", "G0"], ["G1", "M1"], "grids have the codes G1 already"),
        (halves(), ["G0", "G0"], ["M1", "M1"], "is used by 2 grids"),
    ],
)
def test_micro_grids_that_are_refused(desk, take, tmp_path, now, geoms, parents, codes, says):
    take(grid_file(tmp_path))
    with desk.transaction(lambda: now, EDITOR) as tx, pytest.raises(BadInput, match=says):
        import_micro_grids(tx, micro_file(tmp_path, geoms, parents, codes), file_sha256="1" * 64)
    assert len(in_force(desk)) == 4


def test_a_micro_grid_along_a_slanting_edge_is_rounded_apart_and_taken(desk, take, tmp_path, now):
    slanting = shapely.Polygon([(X, Y), (X + 97.003, Y + 13.007), (X + 90, Y + 80), (X, Y + 100)])
    take(grid_file(tmp_path, [slanting]))
    third = shapely.Polygon([(X, Y), (X + 97.003 / 3, Y + 13.007 / 3), (X + 20, Y + 50)])
    with desk.transaction(lambda: now, EDITOR) as tx:
        import_micro_grids(tx, micro_file(tmp_path, [third], ["G0"]), file_sha256="1" * 64)
    assert len(in_force(desk)) == 2


def test_micro_grids_need_grids_and_parents(desk, take, tmp_path, now):
    with desk.transaction(lambda: now, EDITOR) as tx, pytest.raises(NotFound, match="import grids first"):
        import_micro_grids(tx, micro_file(tmp_path, halves(), ["G0", "G0"]), file_sha256="1" * 64)
    take(grid_file(tmp_path))
    with desk.transaction(lambda: now, EDITOR) as tx, pytest.raises(BadInput, match="--parent"):
        import_micro_grids(tx, grid_file(tmp_path, halves(), name="m.gpkg", code=["a", "b"]), file_sha256="1" * 64)
