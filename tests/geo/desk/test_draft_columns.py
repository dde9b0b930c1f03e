"""What the columns of a draft's file say of its grids, and what programs make of them on the way."""

from __future__ import annotations

import geopandas as gpd
import pytest

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
