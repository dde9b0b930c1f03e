"""Coordinates as other programs get them: axes, rounding, and boxes that leave nothing out."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.crs import Metric, snap
from geo.desk.exchange_crs import CRS84, Kept, exchange_crss, uri_of

KECHENG, NEW_YORK = Metric(4549), Metric(32618)
CRSS = {metric.srid: exchange_crss(metric) for metric in (KECHENG, NEW_YORK)}
MIDDLE = {4549: (390_000.0, 3_206_000.0), 32618: (585_000.0, 4_510_000.0)}


def numbers(metric: Metric) -> list[str]:
    return [uri.rpartition("/")[2] for uri in exchange_crss(metric)]


def test_each_crs_is_spoken_once() -> None:
    assert numbers(KECHENG) == ["CRS84", "4549", "4326", "4490", "3857"]
    assert numbers(NEW_YORK) == ["CRS84", "32618", "4326", "3857"]


def test_new_york_keeps_easting_first() -> None:
    (point,) = CRSS[32618][uri_of(NEW_YORK)].express(np.array([shapely.Point(585_000, 4_510_000)]), Kept.METRIC)
    assert point == shapely.Point(585_000, 4_510_000)
    (degrees,) = CRSS[32618][CRS84].express(np.array([shapely.Point(-73.9, 40.7)]), Kept.LONLAT)
    assert degrees == shapely.Point(-73.9, 40.7)


def test_nothing_stays_nothing() -> None:
    geoms = np.array([None, shapely.Point()], dtype=object)
    for crs in CRSS[4549].values():
        told = crs.express(geoms, Kept.METRIC)
        assert told[0] is None and told[1].is_empty
        assert crs.near(shapely.Polygon(), Kept.METRIC) is None


kinds = st.sampled_from([4549, 32618]).flatmap(lambda srid: st.tuples(st.just(srid), st.sampled_from(list(CRSS[srid]))))
shifts = st.floats(-60_000, 60_000)


@given(kinds, shifts, shifts)
def test_every_millimetre_comes_back(kind: tuple[int, str], dx: float, dy: float) -> None:
    """From CRS84, where a GIS program edits; from metres it is the same number."""
    srid, _ = kind
    metric, (x, y) = Metric(srid), MIDDLE[srid]
    exact = shapely.Point(snap([x + dx, y + dy]))
    (told,) = CRSS[srid][CRS84].express(np.array([exact]), Kept.METRIC)
    assert shapely.Point(metric.project(told.x, told.y)) == exact


@given(kinds, shifts, shifts, st.floats(0, 20_000), st.floats(0, 20_000), shifts, shifts, st.sampled_from(Kept))
def test_a_box_leaves_nothing_out(
    kind: tuple[int, str], dx: float, dy: float, width: float, height: float, px: float, py: float, kept: Kept
) -> None:
    """Whatever meets a box in some CRS meets the box that the store is asked for."""
    srid, uri = kind
    crs, metric, (x, y) = CRSS[srid][uri], Metric(srid), MIDDLE[srid]
    around = crs.express(np.array([shapely.box(x + dx, y + dy, x + dx + width, y + dy + height)]), Kept.METRIC)[0]
    asked = shapely.box(*around.bounds)
    thing = shapely.LineString([(x + dx + px / 10, y + dy + py / 10), (x + px, y + py)])
    stored = thing if kept is Kept.METRIC else metric.unproject_geometry(thing)
    near = crs.near(asked, kept)
    assert near is not None
    if crs.express(np.array([stored]), kept)[0].intersects(asked):
        west, south, east, north = stored.bounds
        assert near[0] <= east and near[2] >= west and near[1] <= north and near[3] >= south


@pytest.mark.parametrize("kept", Kept)
def test_a_box_of_half_the_world_is_no_help(kept: Kept) -> None:
    for uri, crs in CRSS[4549].items():
        wide = shapely.box(-1e9, -1e9, 1e9, 1e9) if "4549" in uri or "3857" in uri else shapely.box(-180, -90, 180, 90)
        assert crs.near(wide, kept) is None
