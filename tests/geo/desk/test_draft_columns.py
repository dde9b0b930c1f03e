"""What the columns of a draft's file say of its grids, and what programs make of them on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pytest

from geo.desk import drafts
from geo.desk.division import households_of
from tests.district import TESTER
from tests.geo.desk.office import Office


def test_every_column_that_people_added_is_kept(office: Office) -> None:
    def add(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame["车棚"] = range(len(frame))
        frame.loc[4, "households"] = None
        frame.loc[3, "keeper_of_the_keys"] = "另一个人"
        return frame.drop(columns=["name_en"])

    returned = office.back(office.edited(add))
    told = {each["code"]: each["fields"] for each in office.told(returned)}
    assert len(told) == 36
    assert told["K03"] == {"keeper_of_the_keys": ["管理员3", "另一个人"], "车棚": [None, 3]}
    four, one = (next(g for g in returned.changes.values() if g and g.code == code) for code in ("K04", "K05"))
    assert four.households is None and "households" not in (four.attributes or {})
    assert one.attributes == {"keeper_of_the_keys": "管理员5", "kinds": ["a", 5], "车棚": 5}
    assert (one.name_en, one.households) == ("Grid 5", 105)


@pytest.mark.parametrize("kind", [str, float])
@pytest.mark.parametrize("name", ["g.gpkg", "g.shp"])
def test_households_that_a_program_keeps_otherwise_are_the_same(gpkg_office: Office, kind: type, name: str) -> None:
    path = gpkg_office.edited(lambda frame: frame.assign(households=frame.households.astype(kind)), name)
    assert gpkg_office.back(path).changes == {}


@pytest.mark.parametrize("name", ["g.shp", "g.geojson"])
def test_columns_that_programs_write_by_themselves_are_no_change(gpkg_office: Office, name: str) -> None:
    """QGIS makes a column of the row numbers of a GeoPackage; ArcGIS and SuperMap write measures of each polygon."""
    own = {"fid": 1, "OBJECTID": 1, "Shape_Leng": 1.5, "Shape_Area": 1.5, "SmID": 1, "SMSDRIW": 1.5, "SmUserID": 0}
    own |= {"SmPerimete": 1.5, "SmTopoErro": 0, "SmLibTileI": 1, "SmGeometry": 40, "OBJECTID_1": 1, "Shape_Le_1": 1.5}
    said = gpkg_office.back(gpkg_office.edited(lambda frame: frame.assign(**own), name))
    assert said.changes == {}
    (gpkg_office.folder / name).unlink()
    theirs = {"small": "x", "fid_old": 1}
    said = gpkg_office.back(gpkg_office.edited(lambda frame: frame.assign(**own, **theirs), name))
    assert len(said.changes) == 36
    for grid in said.changes.values():
        assert theirs.items() <= grid.attributes.items() and own.keys().isdisjoint(grid.attributes)


def test_a_shapefile_keeps_long_names_and_lists(gpkg_office: Office) -> None:
    def one(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        assert "keeper_of_" in frame.columns
        frame.loc[frame.code == "K01", "keeper_of_"] = "换人"
        return frame

    (only,) = gpkg_office.told(gpkg_office.back(gpkg_office.edited(one, "g.shp")))
    assert only["fields"] == {"keeper_of_the_keys": ["管理员1", "换人"]}


def test_households_in_words_since_the_import_stay_with_the_grid(gpkg_office: Office) -> None:
    key, grid = next((key, grid) for key, grid in gpkg_office.work().grids.items() if grid.code == "K05")
    worded = replace(grid, households=None, attributes={**(grid.attributes or {}), "households": "about 120"})
    with gpkg_office.desk.transaction(lambda: gpkg_office.now, TESTER) as tx:
        drafts.record(tx, gpkg_office.draft, "replace_grids", {}, {key: worded})
    assert gpkg_office.back(gpkg_office.out()).changes == {}


@pytest.mark.parametrize(
    ("cell", "number"),
    [("292", 292), (292.0, 292), ("0", 0), (True, None), ("1_000", None), (10**400, None), ("nan", None), ("inf", None),
     ("", None), (None, None), (-1, None), (12.5, None), (10_000_000, 10_000_000), (10_000_001, None)],
)  # fmt: skip
def test_households_are_whole_numbers(cell: Any, number: int | None) -> None:
    assert households_of(cell) == number
