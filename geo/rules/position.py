"""What counts as a position: the same rule for one pair of coordinates and for a column of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.crs import Floats, parse_datum, to_wgs84
from geo.errors import BadCoordinates
from geo.model import Position

MAX_ACCURACY_M = 100_000.0


def position(lon: float, lat: float, datum: str, accuracy_m: float | None = None) -> Position | None:
    """The position of coordinates in a named datum; None for 0/0, which is what a device without a fix sends.

    Raises UnknownDatum or BadCoordinates. Anywhere on Earth is a position: a report is never refused for where it lies.
    """
    datum = parse_datum(datum)
    if no_fix(lon, lat):
        return None
    wgs_lon, wgs_lat = (float(v) for v in to_wgs84(lon, lat, datum))
    if not on_earth(wgs_lon, wgs_lat):
        raise BadCoordinates(no_place(lon, lat, datum))
    if accuracy_m is not None and not usable_accuracy(accuracy_m):
        raise BadCoordinates(bad_accuracy(accuracy_m))
    return Position(wgs_lon, wgs_lat, lon, lat, datum, accuracy_m)


def positions(x: Floats, y: Floats, datum: str) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """WGS84 lon, lat (n,) of coordinates (n,) in what crs.to_wgs84 takes, and which of them are ``no_place``.

    Where there is no location lon and lat are NaN: so they are for 0/0, for what is NaN already, and for no_place.
    """
    given = ~(np.isnan(x) | np.isnan(y) | no_fix(x, y))
    lon, lat = to_wgs84(x, y, datum)
    fine = on_earth(lon, lat)
    lost = ~(given & fine)
    lon[lost], lat[lost] = np.nan, np.nan
    return lon, lat, given & ~fine


# -- the rules, of one value or of arrays -----------------------------------------------------------------------------


def no_fix(lon: Any, lat: Any) -> Any:
    return (lon == 0) & (lat == 0)


def on_earth(lon: Any, lat: Any) -> Any:
    """Whether WGS84 degrees are a place; NaN is none."""
    return (lon >= -180) & (lon <= 180) & (lat >= -90) & (lat <= 90)


def usable_accuracy(accuracy_m: Any) -> Any:
    return (accuracy_m >= 0) & (accuracy_m <= MAX_ACCURACY_M)


def no_place(lon: float, lat: float, datum: str) -> str:
    return f"{lon}, {lat} is no place on Earth in {datum}: give longitude, then latitude, in degrees"


def bad_accuracy(accuracy_m: float, name: str = "accuracy_m") -> str:
    return f"{name} is {accuracy_m}; it must lie between 0 and {MAX_ACCURACY_M:,.0f} metres"
