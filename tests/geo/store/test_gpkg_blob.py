"""Geometry blobs: what goes in comes out, and bounds are right whoever wrote the blob."""

from __future__ import annotations

import struct

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.store import gpkg_blob

finite = st.floats(-1e7, 1e7)
points = st.builds(shapely.Point, finite, finite)
lines = st.lists(st.tuples(finite, finite), min_size=2, max_size=9).map(shapely.LineString)
polygons = st.builds(lambda x, y, w: shapely.box(x, y, x + w, y + w), finite, finite, st.floats(0.001, 1e5))
multipolygons = st.lists(polygons, min_size=1, max_size=3).map(shapely.MultiPolygon)
geometries = st.one_of(points, lines, polygons, multipolygons)


@given(geometries)
def test_what_goes_in_comes_out(geom: shapely.Geometry) -> None:
    blob = gpkg_blob.encode(geom, 4549)
    assert shapely.to_wkb(gpkg_blob.decode(blob)) == shapely.to_wkb(geom)
    assert gpkg_blob.bounds(blob) == geom.bounds
    assert not gpkg_blob.is_empty(blob)
    assert struct.unpack_from("<i", blob, 4) == (4549,)


@pytest.mark.parametrize("text", ["POINT EMPTY", "POLYGON EMPTY", "MULTIPOLYGON EMPTY", "GEOMETRYCOLLECTION EMPTY"])
def test_empty_geometries_say_so(text: str) -> None:
    blob = gpkg_blob.encode(shapely.from_wkt(text), 4326)
    assert gpkg_blob.is_empty(blob)
    assert gpkg_blob.decode(blob).is_empty


@given(geometries)
def test_bounds_of_blobs_that_others_wrote(geom: shapely.Geometry) -> None:
    big_endian = struct.pack(">2sBBi", b"GP", 0, 0, 4549) + shapely.to_wkb(geom, byte_order=0)
    assert gpkg_blob.bounds(big_endian) == geom.bounds
    assert shapely.to_wkb(gpkg_blob.decode(big_endian)) == shapely.to_wkb(geom)
    no_envelope = struct.pack("<2sBBi", b"GP", 0, 1, 4549) + shapely.to_wkb(geom, byte_order=1)
    assert gpkg_blob.bounds(no_envelope) == geom.bounds
    min_x, min_y, max_x, max_y = geom.bounds
    with_z = struct.pack("<2sBBi6d", b"GP", 0, 0b101, 4549, min_x, max_x, min_y, max_y, 0, 9) + shapely.to_wkb(geom)
    assert gpkg_blob.bounds(with_z) == geom.bounds
    assert shapely.to_wkb(gpkg_blob.decode(with_z)) == shapely.to_wkb(geom)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="not a GeoPackage geometry"):
        gpkg_blob.decode(shapely.to_wkb(shapely.Point(1, 2)))
