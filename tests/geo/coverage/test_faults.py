"""Faults made by hand, and those that published layers really have."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from geo.coverage.faults import errors, fault_record, faults_geojson, find_faults
from geo.coverage.lattice import to_lattice
from geo.crs import Metric, snap
from tests import newyork
from tests.coverages import KECHENG_MM, coverages, sheet

METRIC = Metric(4549)
X, Y = 390_000.0, 3_206_000.0


def square(x: float, y: float, width: float = 10.0, height: float = 10.0) -> shapely.Polygon:
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


def kinds(geoms: list, codes: list[str] | None = None) -> dict[str, int]:
    codes = codes or [chr(65 + row) for row in range(len(geoms))]
    return dict(Counter(fault.kind for fault in find_faults(codes, np.array(geoms, dtype=object), METRIC)))


def only(geoms: list, codes: str = "ABCDEFGH"):
    (fault,) = find_faults(list(codes[: len(geoms)]), np.array(geoms, dtype=object), METRIC)
    return fault


def test_a_coverage_has_no_faults():
    assert kinds([square(0, 0), square(10, 0), square(0, 10), square(10, 10)]) == {}
    assert kinds([]) == {}


def test_a_bowtie_has_a_place():
    bowtie = shapely.Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])
    fault = only([bowtie])
    assert (fault.kind, fault.severity, fault.codes) == ("invalid", "error", ("A",))
    assert (fault.lon, fault.lat) == pytest.approx(tuple(map(float, METRIC.unproject(X + 5, Y + 5))))
    assert "Self-intersection" in fault.message and "lon 118." in fault.message


def test_an_overlap_has_both_grids_place_and_size():
    fault = only([square(0, 0), square(9, 0)])
    assert (fault.kind, fault.codes, fault.area_m2) == ("overlap", ("A", "B"), pytest.approx(10.0))
    assert fault.message.startswith("grids 'A' and 'B' overlap by 10 m2, at lon 118.")
    assert shapely.area(fault.geometry) == pytest.approx(10.0)


def test_a_grid_inside_another_and_the_same_grid_twice_overlap():
    assert only([square(0, 0), square(2, 2, 3, 3)]).area_m2 == pytest.approx(9.0)
    assert only([square(0, 0), square(0, 0)]).area_m2 == pytest.approx(100.0)


def test_a_node_that_the_neighbour_lacks():
    fault = only([square(0, 0), square(10, 0, 10, 5)])
    assert (fault.kind, fault.codes) == ("unmatched_edge", ("A", "B"))
    assert fault.length_m == pytest.approx(5.0)
    assert fault.message.startswith("grids 'A' and 'B' do not share the nodes of their common edge, 5.000 m")
    assert kinds([square(0, 0), square(10, 0, 10, 5), square(10, 5, 10, 5)]) == {"unmatched_edge": 2}


def test_codes_twice_and_grids_without_a_polygon():
    assert kinds([square(0, 0), square(10, 0)], ["A", "A"]) == {"duplicate_code": 1}
    empty = [square(0, 0), None, shapely.Polygon(), shapely.Point(X, Y)]
    assert kinds(empty) == {"empty": 3}
    collapsed = to_lattice(np.array([square(0, 0, 0.0004, 10.0)]))
    assert kinds(list(collapsed)) in ({"invalid": 1}, {"empty": 1})


def test_coordinates_that_are_no_numbers():
    fault = only([shapely.Polygon([(X, Y), (np.nan, np.nan), (X + 1, Y), (X, Y)])])
    assert fault.kind == "invalid" and fault.lon is None


def test_holes_and_gaps_are_warnings():
    around = [square(0, 0, 30, 10), square(0, 20, 30, 10)]
    ends = [square(0, 10, 10, 10), square(20, 10, 10, 10)]
    whole = [shapely.segmentize(geom, 10.0) for geom in around] + ends
    fault = only(whole)
    assert (fault.kind, fault.severity, fault.area_m2) == ("hole", "warning", pytest.approx(100.0))
    assert fault.codes == ("A", "B", "C", "D")
    assert not errors([fault])


def test_a_narrow_gap_open_or_closed():
    left = shapely.Polygon([(X, Y), (X + 10, Y), (X + 9.8, Y + 5), (X + 10, Y + 10), (X, Y + 10)])
    closed = only([left, square(10, 0)])
    assert (closed.kind, closed.severity) == ("gap", "warning")
    opened = only([square(0, 0), square(10.2, 0)])
    assert (opened.kind, opened.codes) == ("gap", ("A", "B"))
    assert opened.length_m == pytest.approx(20.0)


@given(coverages(), st.data())
def test_a_moved_neighbour_never_goes_unseen(coverage, data):
    assume(coverage.cell_m > 100.0)
    row = data.draw(st.integers(0, len(coverage.codes) - 1))
    step = data.draw(st.sampled_from([(0.001, 0.0), (0.0, -0.001), (0.3, 0.2)]))
    rims = shapely.boundary(coverage.geoms)
    assume(shapely.length(shapely.intersection(rims[row], np.delete(rims, row))).any())
    geoms = coverage.geoms.copy()
    geoms[row] = shapely.transform(geoms[row], lambda coords: snap(coords + np.array(step)))
    before = find_faults(coverage.codes, coverage.geoms, METRIC)
    after = find_faults(coverage.codes, geoms, METRIC)
    assert {fault.kind for fault in before} <= {"hole"}
    assert {fault.kind for fault in after} & {"overlap", "unmatched_edge", "gap"}


def test_the_list_as_records_and_on_a_map():
    faults = find_faults(["A", "B", "B"], np.array([square(0, 0), square(9, 0), square(30, 0)]), METRIC)
    assert [fault.kind for fault in faults] == ["duplicate_code", "overlap"]
    record = fault_record(faults[1])
    assert record["area_m2"] == pytest.approx(10.0) and record["codes"] == ["A", "B"] and record["severity"] == "error"
    layer = faults_geojson(faults, METRIC)
    assert layer["type"] == "FeatureCollection"
    assert layer["features"][0]["geometry"]["type"] == "MultiPoint"
    assert layer["features"][1]["geometry"]["type"] == "Polygon"
    west, south = shapely.from_geojson(json.dumps(layer["features"][1]["geometry"])).bounds[:2]
    assert (west, south) == pytest.approx(tuple(map(float, METRIC.unproject(X + 9, Y))), abs=1e-6)


def test_a_large_layer_with_faults_everywhere():
    grids = sheet(100, 100, 400_000, np.random.default_rng(7), KECHENG_MM).ravel()
    codes = [f"{row:05d}" for row in range(len(grids))]
    assert find_faults(codes, grids, METRIC) == []
    grids[::50] = shapely.transform(grids[::50], lambda coords: coords + 0.3)
    found = find_faults(codes, grids, METRIC)
    assert {fault.kind for fault in found} == {"overlap"}
    assert {code for fault in found for code in fault.codes} >= set(codes[::50])


@pytest.mark.parametrize(
    "name",
    ["borough", "community_district", "council_district", "neighborhood_tabulation_area", "census_tract"],
)
def test_new_york_is_a_coverage_on_the_lattice(name):
    codes, geoms = newyork.layer(name)
    found = find_faults(codes, geoms, Metric(newyork.SRID))
    assert not errors(found)
    assert {fault.kind for fault in found} <= {"hole", "gap"}


def test_new_york_has_59_community_districts():
    assert len(newyork.layer("community_district")[0]) == 59


@pytest.mark.parametrize(
    ("name", "expected", "area_m2"),
    [
        ("zcta", {"overlap": 16}, 114.38),
        ("historical/zcta_2010", {"invalid": 1, "overlap": 2}, 27.74),
        ("historical/council_district_2013", {"invalid": 4}, 0.0),
    ],
)
def test_three_published_layers_are_not(name, expected, area_m2):
    codes, geoms = newyork.layer(name)
    found = errors(find_faults(codes, geoms, Metric(newyork.SRID)))
    assert Counter(fault.kind for fault in found) == expected
    assert sum(fault.area_m2 or 0.0 for fault in found) == pytest.approx(area_m2, abs=0.01)
    assert all(-74.3 < fault.lon < -73.6 and 40.4 < fault.lat < 41.0 for fault in found)
