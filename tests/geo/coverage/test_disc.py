"""The share of a disc in a polygon, against a fine polygon for the disc and against points thrown at random."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.coverage.disc import Outlines
from tests.coverages import Coverage, coverages, points_on

SEGMENTS = 1024  # of a quarter: the polygon lacks less than a millionth of the disc
RADII = st.sampled_from([0.01, 0.6, 12.0, 150.0, 5_000.0])


def areas(geoms: np.ndarray, x: float, y: float, radius: float) -> np.ndarray:
    n = len(geoms)
    return Outlines.of(geoms).disc_areas(np.arange(n), np.full(n, x), np.full(n, y), np.full(n, radius))


@given(st.data(), coverages(), RADII)
def test_the_area_is_that_of_a_fine_polygon(data: st.DataObject, coverage: Coverage, radius: float) -> None:
    x, y = data.draw(points_on(coverage).filter(lambda at: max(map(abs, at)) < 1e8))
    disc = shapely.Point(x, y).buffer(radius, quad_segs=SEGMENTS)
    expected = shapely.area(shapely.intersection(coverage.geoms, disc))
    assert areas(coverage.geoms, x, y, radius) == pytest.approx(expected, abs=1e-6 * np.pi * radius**2 + 1e-9)


@given(st.data(), coverages(), RADII)
def test_the_areas_add_up_to_the_disc_where_grids_are_all_around(
    data: st.DataObject, coverage: Coverage, radius: float
) -> None:
    """The grids with all that lies around them."""
    x, y = data.draw(points_on(coverage).filter(lambda at: max(map(abs, at)) < 1e8))
    frame = shapely.Point(x, y).buffer(radius * 2).envelope.union(shapely.box(*shapely.total_bounds(coverage.geoms)))
    rest = shapely.difference(frame, shapely.coverage_union_all(coverage.geoms))
    every = np.append(coverage.geoms, rest) if rest.area else coverage.geoms
    assert areas(every, x, y, radius).sum() == pytest.approx(np.pi * radius**2, rel=1e-6)


@given(coverages(most_cells=3), st.integers(0, 2**32 - 1))
def test_the_share_is_that_of_random_points(coverage: Coverage, seed: int) -> None:
    rng = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(coverage.geoms)
    x, y = rng.uniform(west, east), rng.uniform(south, north)
    radius = max(east - west, north - south) * rng.uniform(0.05, 0.6)
    n = 4_000
    far, turn = radius * np.sqrt(rng.uniform(size=n)), rng.uniform(0.0, 2 * np.pi, n)
    points = shapely.points(x + far * np.cos(turn), y + far * np.sin(turn))
    hit = np.array([shapely.intersects(geom, points).mean() for geom in coverage.geoms])
    # Six standard deviations: chance exceeds that once in 500 million.
    assert areas(coverage.geoms, x, y, radius) / (np.pi * radius**2) == pytest.approx(hit, abs=3.0 / np.sqrt(n))


def test_holes_are_left_out_and_the_direction_of_rings_does_not_matter() -> None:
    hole = shapely.box(-1, -1, 1, 1)
    ring = shapely.difference(shapely.box(-9, -9, 9, 9), hole)
    for geom in (ring, shapely.reverse(ring), shapely.MultiPolygon([ring])):
        assert areas(np.array([geom]), 0.0, 0.0, 3.0) == pytest.approx([9 * np.pi - 4])
        assert areas(np.array([geom]), 0.0, 0.0, 0.5) == pytest.approx([0.0], abs=1e-12)


def test_many_discs_at_once_are_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.coverage.disc._MOST", 7)
    geoms = np.array([shapely.box(i, 0, i + 1, 1) for i in range(5)])
    row, x, radius = np.array([0, 3, 3, 4]), np.array([0.5, 3.0, 4.0, 9.0]), np.array([0.2, 0.5, 1.0, 2.0])
    found = Outlines.of(geoms).disc_areas(row, x, np.full(4, 0.5), radius)
    one = [float(areas(geoms[[r]], a, 0.5, b)[0]) for r, a, b in zip(row, x, radius, strict=True)]
    assert found.tolist() == one
    assert len(Outlines.of([]).disc_areas([], [], [], [])) == 0
