"""Datums against two independent packages, projections against the published check value."""

from __future__ import annotations

import geocoordinates_ffi as rust
import numpy as np
import prcoords
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import crs
from geo.crs import (
    DATUMS,
    Metric,
    check_metric_crs,
    crs_key,
    crs_title,
    crs_wkt,
    from_wgs84,
    is_geographic,
    parse_datum,
    snap,
    to_wgs84,
)
from geo.errors import UnknownDatum, UnsuitableCrs

METRES_PER_DEGREE = 111_320.0
CHINA = [(118.871516, 28.96862), (75.1, 38.5), (134.2, 48.1), (109.5, 18.3), (116.404, 39.915), (105.0, 35.0)]


@pytest.mark.parametrize("place", CHINA)
def test_forward_agrees_with_two_packages(place):
    lon, lat = place
    for datum, oracle in (("gcj02", prcoords.wgs_gcj), ("bd09", prcoords.wgs_bd)):
        x, y = from_wgs84(lon, lat, datum)
        theirs = oracle(prcoords.Coords(lat, lon))
        assert (float(x), float(y)) == pytest.approx((theirs.lon, theirs.lat), abs=1e-12)
    x, y = from_wgs84(lon, lat, "gcj02")
    theirs = rust.wgs84_to_gcj02(rust.Wgs84(lat=lat, lon=lon))
    assert (float(x), float(y)) == pytest.approx((theirs.lon, theirs.lat), abs=1e-12)


@pytest.mark.parametrize("place", CHINA)
def test_inverse_agrees_with_a_package_that_iterates(place):
    theirs = rust.gcj02_to_wgs84_refined(rust.Gcj02(lat=place[1], lon=place[0]))
    lon, lat = to_wgs84(*place, "gcj02")
    assert (float(lon), float(lat)) == pytest.approx((theirs.lon, theirs.lat), abs=3e-10)  # 25 micrometres
    theirs = rust.bd09_to_wgs84_refined(rust.Bd09(lat=place[1], lon=place[0]))
    lon, lat = to_wgs84(*place, "bd09")
    assert (float(lon), float(lat)) == pytest.approx((theirs.lon, theirs.lat), abs=3e-10)


@given(
    st.sampled_from(DATUMS),
    st.lists(st.tuples(st.floats(73.0, 136.9), st.floats(2.0, 54.9)), min_size=1, max_size=20),
)
def test_there_and_back_again(datum, places):
    lon, lat = np.array(places).T
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert np.abs(back_lon - lon).max() * METRES_PER_DEGREE < 25e-6
    assert np.abs(back_lat - lat).max() * METRES_PER_DEGREE < 25e-6


@given(
    st.sampled_from(["EPSG:4549+gcj02", "EPSG:4549+bd09"]),
    st.lists(st.tuples(st.floats(118.0, 122.0), st.floats(26.0, 32.0)), min_size=1, max_size=20),
)
def test_a_projection_of_moved_degrees_is_there_and_back_again(datum, places):
    base, made_of = datum.split("+")
    lon, lat = np.array(places).T
    there = from_wgs84(lon, lat, datum)
    degrees = from_wgs84(lon, lat, made_of)
    assert np.abs(np.stack(there) - np.stack(from_wgs84(*degrees, base))).max() == 0.0
    back = np.stack(to_wgs84(*there, datum)) - np.stack([lon, lat])
    assert np.abs(back).max() * METRES_PER_DEGREE < 1e-3


def test_a_projection_of_moved_degrees_has_a_name():
    assert parse_datum("epsg:4549+GCJ-02") == "EPSG:4549+gcj02"
    assert not is_geographic("EPSG:4549+bd09")
    assert crs_title("EPSG:4549+gcj02").endswith("(EPSG:4549) made of gcj02")
    for wrong in ("EPSG:4490+gcj02", "+gcj02", "wgs84+gcj02", "EPSG:4549+wgs84"):
        with pytest.raises(UnknownDatum):
            parse_datum(wrong)
    here = np.array([shapely.Point(*map(float, from_wgs84(118.87, 28.97, "EPSG:4549+gcj02")))])
    x, y = Metric(4549).project(118.87, 28.97)
    moved = Metric(4549).from_source(here, "EPSG:4549+gcj02")[0]
    assert (moved.x, moved.y) == pytest.approx((float(x), float(y)), abs=0.002)


in_china = st.tuples(st.floats(73.0, 136.9), st.floats(2.0, 54.9))


@given(in_china)
def test_forward_is_that_of_prcoords_everywhere(place):
    lon, lat = place
    for datum, oracle in (("gcj02", prcoords.wgs_gcj), ("bd09", prcoords.wgs_bd)):
        theirs = oracle(prcoords.Coords(lat, lon), check_china=False)
        ours = from_wgs84(lon, lat, datum)
        assert tuple(map(float, ours)) == pytest.approx((theirs.lon, theirs.lat), abs=1e-11)


@given(in_china)
def test_inverse_is_that_of_geocoordinates_rs_to_25_micrometres_everywhere(place):
    lon, lat = place
    pairs = (
        ("gcj02", rust.gcj02_to_wgs84_refined(rust.Gcj02(lat=lat, lon=lon))),
        ("bd09", rust.bd09_to_wgs84_refined(rust.Bd09(lat=lat, lon=lon))),
    )
    for datum, theirs in pairs:
        a, b = to_wgs84(lon, lat, datum)
        metres = np.hypot((a - theirs.lon) * np.cos(np.radians(lat)), b - theirs.lat) * METRES_PER_DEGREE
        assert float(metres) < 25e-6


@pytest.mark.parametrize("datum", [*DATUMS, "EPSG:4549", "EPSG:4490"])
def test_many_at_once_are_each_alone(datum):
    """One call for all, whatever their shape, gives to the bit what a call for each gives."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(118.69, 118.97, (40, 5)), rng.uniform(28.82, 29.19, (40, 5))
    there = from_wgs84(lon, lat, datum)
    back = to_wgs84(*there, datum)
    for i in np.ndindex(lon.shape):
        alone = from_wgs84(lon[i], lat[i], datum)
        assert tuple(map(float, alone)) == (there[0][i], there[1][i])
        assert tuple(map(float, to_wgs84(*alone, datum))) == (back[0][i], back[1][i])
    assert there[0].shape == back[1].shape == lon.shape


def test_the_offsets_at_kecheng_that_were_measured():
    """GCJ-02 lies 567.7 to 589.3 m from WGS84, 578.9 m in the mean, to the south-east; BD-09 about 1,143 m."""
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(118.69, 118.97, 5_000), rng.uniform(28.82, 29.19, 5_000)
    metric = Metric(4549)
    at = np.stack(metric.project(lon, lat))
    gcj, bd = (np.stack(metric.project(*from_wgs84(lon, lat, datum))) - at for datum in ("gcj02", "bd09"))
    metres = np.hypot(*gcj)
    assert (metres.min(), metres.max(), metres.mean()) == pytest.approx((567.7, 589.3, 578.9), abs=0.5)
    assert gcj.mean(axis=1) == pytest.approx((464.7, -345.0), abs=10.0)  # of another part of the district
    assert np.hypot(*bd).mean() == pytest.approx(1_143.0, abs=15.0)


def test_the_offset_at_kecheng():
    lon, lat = np.array([118.69, 118.83, 118.97]), np.array([28.82, 29.0, 29.19])
    metric = Metric(4549)
    x, y = metric.project(lon, lat)
    for datum, low, high in (("gcj02", 567.0, 590.0), ("bd09", 1_120.0, 1_170.0)):
        moved_x, moved_y = metric.project(*from_wgs84(lon, lat, datum))
        offset = np.hypot(moved_x - x, moved_y - y)
        assert (offset > low).all() and (offset < high).all()


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_outside_china_nothing_moves(datum):
    for place in ((-73.98, 40.75), (0.0, 0.0), (71.9, 40.0), (138.0, 36.0), (120.0, 56.0)):
        assert tuple(map(float, from_wgs84(*place, datum))) == place
        assert tuple(map(float, to_wgs84(*place, datum))) == place


def test_shapes_types_and_nonsense_pass_through():
    lon, lat = to_wgs84(np.float32(118.5), 29, "cgcs2000")
    assert lon.shape == () and lon.dtype == np.float64
    lon, lat = to_wgs84(np.full((2, 3), 118.8), np.full((2, 3), 29.0), "gcj02")
    assert lon.shape == lat.shape == (2, 3)
    lon, lat = to_wgs84([], [], "bd09")
    assert lon.shape == (0,)
    lon, lat = to_wgs84([np.nan, np.inf, 118.8], [29.0, 29.0, np.nan], "gcj02")
    assert not (np.isfinite(lon) & np.isfinite(lat)).any()
    lon, lat = to_wgs84([1e30, np.nan], [0.0, 0.0], "EPSG:32618")
    assert np.isnan(lon).all() and np.isnan(lat).all()


def test_kecheng_check_value_and_axis_order():
    x, y = Metric(4549).project(118.871516, 28.96862)
    assert (float(x), float(y)) == (390004.754, 3206315.986)
    lon, lat = to_wgs84(390004.754, 3206315.986, "EPSG:4549")
    assert (float(lon), float(lat)) == pytest.approx((118.871516, 28.96862), abs=1e-8)
    lon, lat = to_wgs84(40390004.754, 3206315.986, "EPSG:4528")
    assert (float(lon), float(lat)) == pytest.approx((118.871516, 28.96862), abs=1e-8)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("WGS84", "wgs84"),
        (" wgs-84 ", "wgs84"),
        ("GCJ-02", "gcj02"),
        ("Bd_09", "bd09"),
        ("CGCS2000", "cgcs2000"),
        ("epsg:4549", "EPSG:4549"),
        ("EPSG: 2263", "EPSG:2263"),
    ],
)
def test_names_of_datums(said, means):
    assert parse_datum(said) == means


@pytest.mark.parametrize("said", [None, "", "wgs", "beijing54", "EPSG:", "EPSG:999999", "EPSG:12345678", "4326", "<b>"])
def test_a_datum_is_never_guessed(said):
    with pytest.raises(UnknownDatum):
        parse_datum(said)


@pytest.mark.parametrize(
    ("crs", "place"),
    [
        ("EPSG:32618", (-73.98, 40.75)),
        ("EPSG:4549", (118.87, 28.97)),
        ("4528", (118.87, 28.97)),
        ("EPSG:32650", (118.87, 28.97)),
        ("EPSG:2154", (2.35, 48.85)),
        ("EPSG:2154", ()),
        ("EPSG:27700", ()),
        ("epsg:4549", ()),
    ],
)
def test_metric_systems_that_suit(crs, place):
    assert check_metric_crs(crs, *place) == int(crs.lower().removeprefix("epsg:"))


@pytest.mark.parametrize(
    ("crs", "place", "names"),
    [
        ("EPSG:2263", (), "EPSG:32618"),
        ("EPSG:2263", (-73.98, 40.75), "US survey foot"),
        ("EPSG:4326", (), "degree"),
        ("EPSG:4490", (118.87, 28.97), "EPSG:4549"),
        ("EPSG:4978", (), "no projection"),
        ("EPSG:3857", (), "off by"),
        ("EPSG:3857", (118.87, 28.97), "EPSG:32650"),
        ("EPSG:4549", (-73.98, 40.75), "EPSG:32618"),
        ("EPSG:32618", (151.2, -33.9), "EPSG:32756"),
        ("EPSG:999999", (), "unknown"),
        ("UTM", (), "no EPSG code"),
    ],
)
def test_metric_systems_that_do_not(crs, place, names):
    with pytest.raises(UnsuitableCrs, match=names):
        check_metric_crs(crs, *place)


@pytest.mark.parametrize(
    "name", ["EPSG:4549", "EPSG:32618", "EPSG:4490", "EPSG:2435", "EPSG:3857", "EPSG:2263", "EPSG:27700"]
)
@pytest.mark.parametrize("there", [True, False])
def test_the_recipe_of_a_transformation_is_the_transformation(name, there):
    """Threads make transformers of the recipe: a way between two CRS is looked for once a process."""
    rng = np.random.default_rng(1)
    source, target = ("EPSG:4326", name) if there else (name, "EPSG:4326")
    low, high = ((-180, -89), (180, 89)) if there else ((-2e6, -1e6), (4.1e7, 6e6))
    x, y = rng.uniform(low, high, (2_000, 2)).T
    x[:3], y[2:5] = np.nan, np.inf
    theirs = pyproj.Transformer.from_crs(source, target, always_xy=True).transform(x, y)
    ours = crs._transformer(source, target).transform(x, y)
    assert np.array_equal(np.array(ours), np.array(theirs), equal_nan=True)


@given(st.floats(-1e7, 1e7))
def test_the_lattice_is_reached_once(metres):
    snapped = snap(metres)
    assert abs(float(snapped) - metres) <= 0.0005 + 1e-9
    assert snap(snapped) == snapped
    assert float(snapped) == float(f"{float(snapped):.3f}")  # the double nearest to the decimal


def test_geometries_go_there_and_back():
    metric = Metric(32618)
    square = shapely.box(-74.0, 40.7, -73.99, 40.71)
    there = metric.project_geometry(np.array([square, None, shapely.Point()], dtype=object))
    assert there[1] is None and there[2].is_empty
    coords = shapely.get_coordinates(there[0])
    assert np.array_equal(coords, snap(coords))
    assert shapely.hausdorff_distance(metric.unproject_geometry(there[0]), square) < 1e-8
    assert not metric.project_geometry(shapely.Point(-74.0, 40.7, 12.0)).has_z


def test_geometries_already_in_the_metric_system_are_only_rounded():
    geom = shapely.box(390004.7541, 3206315.9862, 390104.7, 3206415.9)
    moved = Metric(4549).from_source(geom, "EPSG:4549")
    assert moved.bounds == (390004.754, 3206315.986, 390104.7, 3206415.9)
    feet = shapely.Point(1011872.0, 259034.0)
    assert Metric(32618).unproject(*Metric(32618).from_source(feet, "EPSG:2263").coords[0]) == pytest.approx(
        (-73.90011644, 40.87761956), abs=1e-6
    )


def test_a_crs_in_words():
    assert crs_title("EPSG:32618") == "WGS 84 / UTM zone 18N (EPSG:32618)"
    assert crs_title("gcj02") == "gcj02"
    assert crs_key(crs_wkt(32618)) == "EPSG:32618"
    assert is_geographic("EPSG:4490") and is_geographic("bd09") and not is_geographic("EPSG:4549")
    assert crs_wkt(4549).startswith('PROJCS["CGCS2000 / 3-degree Gauss-Kruger CM 120E"')
