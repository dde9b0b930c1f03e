"""A draft goes out to a file and comes back: what nobody touched is identical to the bit, what changed is listed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
import shapely.ops

from geo.coverage.homing import same_shape
from geo.desk import draft_files, drafts, publishing
from geo.desk.draft_checks import find_draft_faults
from geo.desk.draft_columns import Reading
from geo.desk.draft_work import Work
from geo.desk.edition_grids import GridRow
from geo.desk.grid_undo import undo_grids
from geo.errors import BadInput, Conflict, NotAllowed, UnsuitableCrs
from geo.rules.access import Extent
from tests.district import METRIC, TESTER
from tests.geo.desk.office import Office

LOCAL = (
    'PROJCS["local",GEOGCS["CGCS2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",118.8333],PARAMETER["scale_factor",1],'
    'PARAMETER["false_easting",50000],PARAMETER["false_northing",-3000000],UNIT["metre",1]]'
)
WAYS = [
    ("g.gpkg", None), ("g.gpkg", "EPSG:4528"), ("g.gpkg", "EPSG:4490"), ("g.gpkg", LOCAL), ("g.shp", None),
    ("g.shp", "EPSG:4490"), ("g.gdb", "EPSG:4549"), ("g.geojson", None), ("g.geojson", "EPSG:4490"),
]  # fmt: skip


def moved_node(frame: gpd.GeoDataFrame, code: str, metres: float) -> gpd.GeoDataFrame:
    """A node that four grids share, elsewhere in all of them."""
    node = shapely.get_coordinates(frame.geometry[frame.code == code].iloc[0])[0]

    def put(coords: Any) -> Any:
        near = np.hypot(*(coords - node).T) < 1e-4
        return np.where(near[:, None], coords + metres, coords)

    return frame.set_geometry(shapely.transform(np.array(frame.geometry), put), crs=frame.crs)


@pytest.mark.parametrize(("name", "crs"), WAYS)
def test_a_file_that_nobody_changed_changes_nothing(gpkg_office: Office, name: str, crs: str | None) -> None:
    returned = gpkg_office.back(
        gpkg_office.out(name, crs), source_crs="wgs84" if name == "g.geojson" and not crs else None
    )
    assert returned.changes == {}


def test_a_crs_that_a_file_cannot_have_is_refused(gpkg_office: Office) -> None:
    bad = [("g.geojson", LOCAL, "no number"), ("g.gpkg", "EPSG:5773", "no place"), ("g.gpkg", "EPSG:4978", "no place")]
    for name, crs, why in [*bad, ("g.gpkg", "+proj=gnom +lat_0=-90", "no place"), ("g.gpkg", "EPSG:1", "no CRS")]:
        with pytest.raises(UnsuitableCrs, match=why):
            gpkg_office.out(name, crs)
    unnamed = pyproj.CRS(4490).to_wkt().replace(',ID["EPSG",4490]', "")  # known again by what it says
    assert gpkg_office.back(gpkg_office.out("g.geojson", unnamed)).changes == {}


@pytest.mark.parametrize("decimals", [6, 7])
def test_degrees_that_qgis_rounded_move_no_node(gpkg_office: Office, decimals: int) -> None:
    told = json.loads(gpkg_office.out("g.geojson").read_text("utf-8"))

    def rounded(value: Any) -> Any:
        return round(value, decimals) if isinstance(value, float) else [rounded(each) for each in value]

    for feature in told["features"]:
        feature["geometry"]["coordinates"] = rounded(feature["geometry"]["coordinates"])
        if feature["properties"]["code"] == "K07":
            feature["properties"]["name"] = "新名"
    path = gpkg_office.folder / "rounded.geojson"
    path.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    (only,) = gpkg_office.told(gpkg_office.back(path))
    assert (only["code"], only["change"], only["moved_m2"]) == ("K07", "described", 0.0)
    assert only["fields"] == {"name": ["网格7", "新名"]}


def test_coordinates_with_too_few_digits_are_refused(gpkg_office: Office) -> None:
    def rounded(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        degrees = frame.to_crs(4326)
        return degrees.set_geometry(shapely.transform(np.array(degrees.geometry), lambda c: np.round(c, 4)), crs=4326)

    path = gpkg_office.edited(rounded)
    with pytest.raises(BadInput, match="have 4 decimals"):
        gpkg_office.back(path)


def test_a_shared_node_that_moves_changes_the_grids_around_it_and_no_other(office: Office) -> None:
    path = office.edited(lambda frame: moved_node(frame, "K07", 3.0))
    returned = office.back(path)
    told = office.told(returned)
    assert {each["code"] for each in told} == {"K00", "K01", "K06", "K07"}
    assert {each["change"] for each in told} == {"reshaped"}
    assert all(each["moved_m2"] > 1.0 and not each["fields"] for each in told)
    work = office.work()
    with office.store.read() as conn:
        assert find_draft_faults(conn, Work(work.row, work.base, returned.changes), METRIC) == []
    with office.desk.transaction(lambda: office.now, TESTER) as tx:
        drafts.record(tx, office.draft, "replace_grids", returned.operation, returned.changes)
    again = office.work()
    assert {grid.code for grid in again.after.values()} == {"K00", "K01", "K06", "K07"}
    assert office.back(path).changes == {}


def test_a_file_from_before_takes_nothing_back_unasked(gpkg_office: Office) -> None:
    """Somebody exported, another edited the draft meanwhile, and the file comes back with its own change."""
    office = gpkg_office
    old = office.edited(lambda frame: moved_node(frame, "K28", 3.0), "old.gpkg")
    both = office.edited(lambda frame: moved_node(frame, "K14", 3.0).query("code == 'K07'"), "both.gpkg")
    done = office.back(office.edited(lambda frame: moved_node(frame, "K07", 3.0)))
    assert done.overwrites == ()
    with office.desk.transaction(lambda: office.now, TESTER) as tx:
        drafts.record(tx, office.draft, "replace_grids", done.operation, done.changes)
    returned = office.back(old)
    assert returned.overwrites == ("K00", "K01", "K06", "K07")
    assert len(returned.changes) == 8
    # Both changed K07, each another node of it: what the draft did is not lost unseen.
    assert office.back(both, part=True).overwrites == ("K07",)
    with pytest.raises(Conflict, match=r"4 grids drawn on shapes .*K00, K01, K06, K07.*overwrite") as refusal:
        returned.require_asked(Reading())
    assert refusal.value.details["grids"] == ["K00", "K01", "K06", "K07"]
    returned.require_asked(Reading(overwrite=True))
    with office.desk.transaction(lambda: office.now, TESTER) as tx:
        drafts.undo(tx, office.draft)
    assert office.back(old).overwrites == ()  # nothing of it is there any more


def test_a_grid_that_was_taken_away_meanwhile_comes_back_as_itself_and_is_told(gpkg_office: Office) -> None:
    """Reshaped in the file, and in the file only: its number says which grid it was."""
    office = gpkg_office
    old = office.edited(lambda frame: moved_node(frame, "K07", 3.0))
    taken = office.edited(lambda frame: frame.query("code == 'K07'").assign(area="C0"), "taken.gpkg")
    work = office.work()
    key = next(key for key, grid in work.grids.items() if grid.code == "K07")
    with office.desk.transaction(lambda: office.now, TESTER) as tx:
        drafts.record(tx, office.draft, "retire", {}, {key: None})
    returned = office.back(old)
    grid = returned.changes[key]
    assert grid is not None and grid.grid_id == key and "K07" not in returned.changes
    assert returned.overwrites == ("K07",)
    with pytest.raises(NotAllowed, match="K07"):  # it was none of this area
        office.back(taken, (Extent("/root/C0/"),), part=True)


def test_a_node_that_moved_by_less_than_two_millimetres_did_not(gpkg_office: Office) -> None:
    assert gpkg_office.back(gpkg_office.edited(lambda frame: moved_node(frame, "K07", 0.0012))).changes == {}
    assert (
        len(gpkg_office.back(gpkg_office.edited(lambda frame: moved_node(frame, "K07", 0.0025), "h.gpkg")).changes) == 4
    )


def test_codes_that_are_swapped_are_two_grids_recoded(gpkg_office: Office) -> None:
    def swap(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame["code"] = frame.code.replace({"K01": "K02", "K02": "K01"})
        return frame

    for name, drop in (("a.gpkg", []), ("b.gpkg", ["grid_id"])):  # with the number of the export and without
        path = gpkg_office.edited(lambda frame, drop=drop: swap(frame).drop(columns=drop), name)
        returned = gpkg_office.back(path)
        told = gpkg_office.told(returned)
        assert [(each["was"], each["code"], each["change"]) for each in told] == [
            ("K02", "K01", "recoded"),
            ("K01", "K02", "recoded"),
        ]
        work = gpkg_office.work()
        assert all(grid and grid.geom is work.base[key].geom for key, grid in returned.changes.items())


def test_a_grid_that_was_split_keeps_its_identity_where_its_code_stays(gpkg_office: Office) -> None:
    def split(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        at = frame.index[frame.code == "K14"][0]
        nodes = shapely.get_coordinates(frame.geometry[at])[:-1]
        a, b = (shapely.MultiPolygon([shapely.Polygon(part)]) for part in (nodes[:5], [*nodes[4:], nodes[0]]))
        frame.loc[at, "geometry"] = a
        other = frame.loc[[at]].assign(code="K14-2", geometry=gpd.GeoSeries([b], index=[at], crs=frame.crs))
        return gpd.GeoDataFrame(gpd.pd.concat([frame, other], ignore_index=True), crs=frame.crs)

    told = gpkg_office.told(gpkg_office.back(gpkg_office.edited(split)))
    assert [(each["code"], each["was"], each["change"]) for each in told] == [
        ("K14", "K14", "reshaped"),
        ("K14-2", None, "added"),
    ]


@pytest.mark.parametrize("part", [False, True])
@pytest.mark.parametrize("slope", [0.0, 0.31, -0.77, 2.3])
def test_a_cut_that_ends_on_the_lines_of_neighbours_tears_nothing(
    gpkg_office: Office, slope: float, part: bool
) -> None:
    """As QGIS leaves it (Split with Lines): no neighbour has a node there, and on the lattice the end lies beside."""

    def cut(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        at = frame.index[frame.code == "K14"][0]
        x, y = frame.geometry[at].centroid.coords[0]
        far = 10_000.0
        line = shapely.LineString([(x - far, y - far * slope), (x + far, y + far * slope)])
        pieces = shapely.get_parts(shapely.ops.split(frame.geometry[at].geoms[0], line))
        for number, piece in enumerate(pieces[1:], 2):
            other = frame.loc[[at]].assign(code=f"K14-{number}", geometry=[shapely.MultiPolygon([piece])])
            frame = gpd.GeoDataFrame(gpd.pd.concat([frame, other]), crs=frame.crs)
        frame = frame.reset_index(drop=True)
        frame.loc[at, "geometry"] = shapely.MultiPolygon([pieces[0]])
        return frame[frame.code.str.startswith("K14")] if part else frame

    returned = gpkg_office.back(gpkg_office.edited(cut), part=part)
    told = {each["code"]: each["change"] for each in gpkg_office.told(returned)}
    assert told["K14"] == "reshaped" and told["K14-2"] == "added"
    assert any("got a node where a line" in note for note in returned.notes)
    assert set(told) - {"K14"} > {code for code in told if code.startswith("K14")} - {"K14"}, (
        "neighbours have a node more"
    )
    work = gpkg_office.work()
    with gpkg_office.store.read() as conn:
        assert find_draft_faults(conn, Work(work.row, work.base, returned.changes), METRIC) == []


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda f: f.assign(code=f.code.replace({"K05": ""})), "column 'code' is empty in 1 features: 6"),
        (lambda f: f.assign(code=f.code.replace({"K05": "K06"})), "'K06' in features 6, 7"),
        (
            lambda f: f.assign(code=f.code.replace({"K05": "K" * 201})),
            "200 letters at most, .* features 6",
        ),
        (lambda f: f.assign(code=f.code.replace({"K05": "K05\u202e"})), "which all show, .* features 6"),
        (lambda f: f.drop(columns=["code"]), "has no column 'code'"),
        (lambda f: f.assign(area="NOWHERE"), "'NOWHERE', which is not known"),
        (lambda f: f.assign(households=3_000_000_000), "'K00' has households 3000000000, where a whole number"),
        (lambda f: f.assign(households=-5), "households -5"),
        (lambda f: f.assign(households=12.5), "households 12.5"),
        (lambda f: f.assign(households="about 300"), "households 'about 300'"),
        (lambda f: f.iloc[:3], "lacks 33 of 36 grids: say --part"),
    ],
    ids=[
        "code missing",
        "code doubled",
        "code too long",
        "code with what nobody sees",
        "no codes",
        "unknown area",
        "too many households",
        "less than none",
        "half a household",
        "households in words",
        "only some",
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(gpkg_office: Office, edit: Any, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        gpkg_office.back(gpkg_office.edited(edit))


def test_a_code_that_could_not_come_may_stay(gpkg_office: Office) -> None:
    key, grid = next((key, grid) for key, grid in gpkg_office.work().grids.items() if grid.code == "K05")
    with gpkg_office.desk.transaction(lambda: gpkg_office.now, TESTER) as tx:
        drafts.record(tx, gpkg_office.draft, "replace_grids", {}, {key: replace(grid, code="K05\u200b")})
    assert gpkg_office.back(gpkg_office.out()).changes == {}


def test_whose_ground_it_is_tells_the_overlap_then_the_common_edge_then_the_distance() -> None:
    """QGIS sends the hole before what fills it: the ground is nobody's by then."""
    hole = shapely.box(2, 2, 3, 3)
    around = GridRow(1, "A", "A", 1, shapely.box(1, 1, 5, 5).difference(hole))
    corner = GridRow(2, "B", "B", 2, shapely.union(shapely.box(0, 0, 1, 6), shapely.box(0, 0, 6, 1)))  # its box has all
    for grids in ({1: around, 2: corner}, {2: corner, 1: around}):
        assert draft_files.most_of(hole, grids) is around
        assert draft_files.most_of(shapely.box(0, 2, 1.4, 3), grids) is corner
        assert draft_files.most_of(shapely.box(5.2, 2, 5.3, 3), grids) is around
        assert draft_files.most_of(shapely.box(5.7, 1.4, 5.8, 1.5), grids) is corner


def test_a_part_of_the_grids_changes_only_these(gpkg_office: Office) -> None:
    path = gpkg_office.edited(lambda f: f[f.code == "K20"].assign(name="只此"))
    (only,) = gpkg_office.told(gpkg_office.back(path, part=True))
    assert (only["code"], only["change"]) == ("K20", "described")


def test_a_grid_left_out_is_gone(gpkg_office: Office) -> None:
    (only,) = gpkg_office.told(gpkg_office.back(gpkg_office.edited(lambda f: f[f.code != "K20"])))
    assert (only["code"], only["change"]) == ("K20", "gone")


def test_who_drafts_in_one_area_gets_and_changes_its_grids_only(office: Office) -> None:
    mine = (Extent("/root/C0/"),)
    path = office.out("mine.gpkg", None, mine)
    assert set(pyogrio.read_dataframe(path)["area"]) == {"C0"}
    returned = office.back(path, mine)
    assert returned.changes == {}
    assert "18 grids of areas that are not yours stay as they are" in returned.notes
    with pytest.raises(NotAllowed, match="K01"):
        office.back(office.edited(lambda frame: frame.assign(households=7)), mine)


def test_another_crs_moves_nothing_but_what_moved(gpkg_office: Office) -> None:
    path = gpkg_office.edited(lambda f: moved_node(f, "K07", 3.0).to_crs(4528))
    returned = gpkg_office.back(path)
    work = gpkg_office.work()
    assert len(returned.changes) == 4
    for key, grid in returned.changes.items():
        assert isinstance(grid, GridRow)
        new, old = (shapely.get_coordinates(each) for each in (grid.geom, work.base[key].geom))
        assert not same_shape(grid.geom, work.base[key].geom)
        assert len(set(map(tuple, new.tolist())) - set(map(tuple, old.tolist()))) == 1


def test_an_import_that_drafts_changed_is_not_undone(gpkg_office: Office) -> None:
    path = gpkg_office.edited(lambda frame: moved_node(frame, "K07", 3.0))
    returned = gpkg_office.back(path)
    with gpkg_office.desk.transaction(lambda: gpkg_office.now, TESTER) as tx:
        drafts.record(tx, gpkg_office.draft, "replace_grids", returned.operation, returned.changes)
    publishing.submit(gpkg_office.desk, gpkg_office.draft, lambda: gpkg_office.now, TESTER)
    alone = publishing.Authority(alone=True)
    publishing.publish(gpkg_office.desk, gpkg_office.draft, lambda: gpkg_office.now, TESTER, alone)
    with (
        pytest.raises(Conflict, match="edition 2 changed the grids of batch 1"),
        gpkg_office.desk.transaction(lambda: gpkg_office.now, TESTER) as tx,
    ):
        undo_grids(tx, 1)
