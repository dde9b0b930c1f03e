"""GCJ-02 and BD-09 (火星坐标, 百度坐标): the public reconstruction of the offsets that Chinese maps carry.

Good to about a metre, so originals are kept beside what is converted. Outside a rough box around China nothing moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Convert = Callable[[Floats, Floats], tuple[Floats, Floats]]

_BOX = (72.004, 0.8293, 137.8347, 55.8271)
_KRASOVSKY_A = 6378245.0
_KRASOVSKY_E2 = 0.00669342162296594323
_BD_TURN = math.pi * 3000.0 / 180.0
_BD_SHIFT = (0.0065, 0.006)
_GCJ_STEPS = 4  # each step gains a factor of 300; three would leave 25 micrometres
_BD_STEPS = 6  # each gains a factor of 50


def _in_box(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    west, south, east, north = _BOX
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _gcj_offset(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees that GCJ-02 adds at WGS84 places in the box."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (ripple + _waves(y, 20.0, 40.0) + _swells(y, 160.0, 320.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (ripple + _waves(x, 20.0, 40.0) + _swells(x, 150.0, 300.0)) * 2.0 / 3.0
    phi = np.radians(lat)
    w2 = 1.0 - _KRASOVSKY_E2 * np.sin(phi) ** 2
    meridian_m = _KRASOVSKY_A * (1.0 - _KRASOVSKY_E2) / (w2 * np.sqrt(w2))
    parallel_m = _KRASOVSKY_A / np.sqrt(w2) * np.cos(phi)
    return np.degrees(east / parallel_m), np.degrees(north / meridian_m)


def _waves(t: Floats, short: float, long: float) -> Floats:
    return short * np.sin(np.pi * t) + long * np.sin(np.pi * t / 3.0)


def _swells(t: Floats, short: float, long: float) -> Floats:
    return short * np.sin(np.pi * t / 12.0) + long * np.sin(np.pi * t / 30.0)


def _bd_offset(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees that BD-09 adds to GCJ-02 places."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + _BD_SHIFT[0] - lon, radius * np.sin(angle) + _BD_SHIFT[1] - lat


def _added(offset: Convert, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    d_lon, d_lat = offset(lon, lat)
    return lon + d_lon, lat + d_lat


def _removed(offset: Convert, steps: int, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The place whose offset leads to x, y, by fixed-point steps: the offset changes slowly from place to place."""
    lon, lat = x, y
    for _ in range(steps):
        d_lon, d_lat = offset(lon, lat)
        lon, lat = x - d_lon, y - d_lat
    return lon, lat


def from_gps(lon: Floats, lat: Floats, datum: str) -> tuple[Floats, Floats]:
    """WGS84 degrees (n,) in ``gcj02`` or ``bd09``."""

    def forward(a: Floats, b: Floats) -> tuple[Floats, Floats]:
        a, b = _added(_gcj_offset, a, b)
        return _added(_bd_offset, a, b) if datum == "bd09" else (a, b)

    return _inside_box(forward, lon, lat)


def to_gps(x: Floats, y: Floats, datum: str) -> tuple[Floats, Floats]:
    """Degrees (n,) in ``gcj02`` or ``bd09`` as WGS84, to less than 25 micrometres of what leads there."""

    def inverse(a: Floats, b: Floats) -> tuple[Floats, Floats]:
        if datum == "bd09":
            a, b = _removed(_bd_offset, _BD_STEPS, a, b)
        return _removed(_gcj_offset, _GCJ_STEPS, a, b)

    return _inside_box(inverse, x, y)


def _inside_box(convert: Convert, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    x, y = x.copy(), y.copy()
    inside = _in_box(x, y)
    x[inside], y[inside] = convert(x[inside], y[inside])
    return x, y
