"""Repair moves little, says how much, and refuses what it cannot do."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.coverage.faults import errors, find_faults
from geo.coverage.lattice import on_lattice
from geo.coverage.repair import repair
from geo.crs import Metric
from geo.errors import FaultyCoverage
from tests import newyork

METRIC = Metric(newyork.SRID)


@pytest.mark.parametrize(
    ("name", "moved_m2", "changed"),
    [("zcta", 114.434, 20), ("historical/zcta_2010", 27.736, 3), ("historical/council_district_2013", 0.0, 4)],
)
def test_published_layers_with_faults(name, moved_m2, changed):
    codes, geoms = newyork.layer(name)
    repaired = repair(codes, geoms, METRIC)
    assert repaired.area_moved_m2 == pytest.approx(moved_m2, abs=0.01)
    assert repaired.notes[0] == f"repair moved {moved_m2:.3f} m2"
    assert on_lattice(repaired.geoms)
    assert not errors(find_faults(codes, repaired.geoms, METRIC))
    assert np.count_nonzero(~shapely.equals(geoms, repaired.geoms)) <= changed
    assert np.abs(shapely.area(geoms) - shapely.area(repaired.geoms)).max() < 25.0


def test_what_is_whole_is_left_to_the_bit():
    codes, geoms = newyork.layer("community_district")
    repaired = repair(codes, geoms, METRIC)
    assert repaired.area_moved_m2 == 0.0
    assert shapely.equals_exact(shapely.normalize(geoms), shapely.normalize(repaired.geoms)).all()


def test_a_missing_node_is_put_in_and_nothing_moves():
    geoms = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 5), shapely.box(10, 5, 20, 10)])
    repaired = repair(["a", "b", "c"], geoms, METRIC)
    assert repaired.area_moved_m2 == 0.0
    assert shapely.get_num_coordinates(repaired.geoms[0]) == 6
    assert shapely.coverage_is_valid(repaired.geoms)


def test_a_grid_that_would_vanish_is_refused():
    geoms = np.array([shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10, 10)])
    with pytest.raises(FaultyCoverage, match="nothing of 1 grids: b"):
        repair(["a", "b"], geoms, METRIC)
    flat = np.array([shapely.Polygon([(0, 0), (5, 0), (10, 0)]), shapely.box(20, 0, 30, 10)])
    with pytest.raises(FaultyCoverage) as refused:
        repair(["flat", "good"], flat, METRIC)
    assert refused.value.details["faults"][0]["codes"] == ["flat"]


def test_a_bowtie_keeps_both_wings():
    bowtie = np.array([shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])])
    repaired = repair(["a"], bowtie, METRIC)
    assert shapely.area(repaired.geoms)[0] == pytest.approx(50.0)
    assert "rebuilt 1 invalid polygons: a" in repaired.notes
