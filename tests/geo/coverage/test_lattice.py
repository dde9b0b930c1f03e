"""Exact sums on the lattice."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given

from geo.coverage.lattice import area_text, as_multipolygons, doubled_area_mm2, on_lattice, polygonal, to_lattice
from tests.coverages import coverages


def ring_area(coords: np.ndarray) -> Fraction:
    """The shoelace formula in fractions, as a check that cannot round."""
    mm = [(round(Fraction(x) * 1000), round(Fraction(y) * 1000)) for x, y in coords.tolist()]
    return abs(sum(Fraction(a * d - c * b) for (a, b), (c, d) in pairwise(mm))) / 2


@given(coverages())
def test_areas_are_exact(coverage):
    for doubled, geom in zip(doubled_area_mm2(coverage.geoms), coverage.geoms, strict=True):
        exact = Fraction(0)
        for part in shapely.get_parts(geom):
            exact += ring_area(shapely.get_coordinates(part.exterior))
            exact -= sum(ring_area(shapely.get_coordinates(ring)) for ring in part.interiors)
        assert doubled == exact * 2


@given(coverages())
def test_the_parts_add_up_to_the_whole(coverage):
    whole = np.array([shapely.coverage_union_all(coverage.geoms)])
    assert sum(doubled_area_mm2(coverage.geoms)) == doubled_area_mm2(whole)[0]


def test_a_country_fits_and_nothing_is_nothing():
    country = np.array([shapely.box(0.0, 0.0, 1_000_000.001, 1_000_000.0)])
    assert doubled_area_mm2(country) == [2 * 1_000_000_001 * 1_000_000_000]
    assert doubled_area_mm2(np.array([], dtype=object)) == []
    assert doubled_area_mm2(np.array([shapely.Polygon(), shapely.box(0, 0, 1, 1)])) == [0, 2_000_000]


def test_half_a_square_millimetre_is_written():
    triangle = np.array([shapely.Polygon([(0, 0), (0.001, 0), (0, 0.001)])])
    assert area_text(doubled_area_mm2(triangle)[0]) == "0.5"
    assert area_text(2 * 10**30) == str(10**30)


def test_rounding_keeps_shared_edges_and_drops_repeated_vertices():
    left = shapely.Polygon([(0, 0), (1.00049, 0), (1.00041, 0.0001), (1.0004, 5.00004), (0, 5)])
    right = shapely.Polygon([(1.00049, 0), (3, 0), (3, 5), (1.0004, 5.00004), (1.00041, 0.0001)])
    rounded = to_lattice(np.array([left, right, None], dtype=object))
    assert on_lattice(rounded) and not on_lattice(np.array([left]))
    assert shapely.coverage_is_valid(rounded[:2]) and rounded[2] is None
    assert shapely.get_num_coordinates(rounded[0]) == 5


def test_what_counts_as_a_polygon():
    geoms = np.array([shapely.box(0, 0, 1, 1), shapely.MultiPolygon(), None, shapely.Point(0, 0)], dtype=object)
    assert polygonal(geoms).tolist() == [True, False, False, False]
    assert as_multipolygons(geoms[:1])[0].geom_type == "MultiPolygon"
