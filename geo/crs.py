"""Datums and projections: the only importer of pyproj.

Points are kept as WGS84 lon/lat; distances, areas and decisions are made in one metric CRS whose coordinates are
rounded to a lattice of 1 mm, so that what is equal is equal to the bit. Coordinates are always x (east) before y
(north), whatever order the authority prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import CRSError

from geo.china_offsets import from_gps, to_gps
from geo.errors import UnknownDatum, UnsuitableCrs

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
MADE_OF = ("gcj02", "bd09")  # degrees that some programs project as if they were true ones
LATTICE_M = 0.001
SCALE_TOLERANCE = 0.001  # lengths may be off by 0.1 %

Floats = NDArray[np.float64]
Geometries = TypeVar("Geometries")  # one shapely geometry, or an array of them

_WGS84 = "EPSG:4326"

# -- the lattice ----------------------------------------------------------------------------------------------------


def to_mm(metres: ArrayLike) -> Floats:
    """Whole millimetres of the lattice, as doubles, where sums and comparisons are exact. NaN and infinity stay."""
    return np.rint(np.asarray(metres, dtype=np.float64) * 1000.0)


def snap(metres: ArrayLike) -> Floats:
    """Metres rounded to the lattice: the doubles nearest to whole millimetres. NaN and infinity stay."""
    return to_mm(metres) / 1000.0


# -- datums by name -------------------------------------------------------------------------------------------------


def parse_datum(text: str | None) -> str:
    """The normal form of a datum's name: one of DATUMS, ``EPSG:n``, or ``EPSG:n+gcj02`` for a projection of GCJ-02.

    >>> parse_datum("GCJ-02"), parse_datum("epsg:4549"), parse_datum("EPSG:4549 + GCJ-02")
    ('gcj02', 'EPSG:4549', 'EPSG:4549+gcj02')

    Raises UnknownDatum, also for nothing: a datum is never guessed.
    """
    plain = re.sub(r"[\s_-]", "", text or "").lower()
    if plain in DATUMS:
        return plain
    base, made_of = _parts(plain)
    if re.fullmatch(r"epsg:\d{1,7}", base):
        name = base.upper()
        crs = _crs(name)
        if not (crs.is_geographic or crs.is_projected) or len(crs.axis_info) != 2:
            raise UnknownDatum(f"{name} ({crs.name}) has no east and north: name a 2D geographic or projected CRS")
        if made_of and not crs.is_projected:
            raise UnknownDatum(f"{name} has degrees: what they are is named by {made_of} alone", datum=text)
        return f"{name}+{made_of}" if made_of else name
    said = f"unknown datum {text!r}" if plain else "no datum given"
    raise UnknownDatum(f"{said}: name one of {', '.join(DATUMS)} or EPSG:n; a datum is never guessed", datum=text)


def _parts(datum: str) -> tuple[str, str | None]:
    """A CRS, and which of MADE_OF its coordinates were projected from as if they were true degrees."""
    base, _, made_of = datum.rpartition("+")
    return (base, made_of) if made_of in MADE_OF and base else (datum, None)


def rivals(datum: str) -> tuple[str, ...]:
    """What coordinates in a datum of ``parse_datum`` may have been meant in instead. CGCS2000 is WGS84 here.

    >>> rivals("gcj02"), rivals("EPSG:4549")
    (('wgs84', 'gcj02', 'bd09'), ('EPSG:4549', 'EPSG:4549+gcj02', 'EPSG:4549+bd09'))
    """
    if is_geographic(datum):
        return ("wgs84", *MADE_OF)
    base = _parts(datum)[0]
    return (base, *(f"{base}+{each}" for each in MADE_OF)) if base.startswith("EPSG:") else ()


def to_wgs84(x: ArrayLike, y: ArrayLike, datum: str) -> tuple[Floats, Floats]:
    """WGS84 lon, lat of coordinates in a datum of ``parse_datum`` or the WKT of a file's CRS.

    x, y: scalars or arrays of one shape, east before north. Returns arrays of that shape; NaN where there is no answer.
    CGCS2000 and WGS84 differ by less than a metre and are taken as equal, as PROJ does.
    """
    return _convert(x, y, datum, to_wgs84=True)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> tuple[Floats, Floats]:
    """Coordinates in a datum of WGS84 lon, lat: the other way of to_wgs84, same shapes."""
    return _convert(lon, lat, datum, to_wgs84=False)


def _convert(x: ArrayLike, y: ArrayLike, datum: str, *, to_wgs84: bool) -> tuple[Floats, Floats]:
    x, y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    if datum in ("wgs84", "cgcs2000"):
        return x.copy(), y.copy()
    flat_x, flat_y = np.atleast_1d(x).ravel(), np.atleast_1d(y).ravel()
    base, made_of = (None, datum) if datum in DATUMS else _parts(datum)
    a, b = flat_x, flat_y
    if base and to_wgs84:
        a, b = _transform(_transformer(base, _WGS84), a, b)
    if made_of:
        a, b = (to_gps if to_wgs84 else from_gps)(a, b, made_of)
    if base and not to_wgs84:
        a, b = _transform(_transformer(_WGS84, base), a, b)
    return a.reshape(x.shape), b.reshape(x.shape)


def _transform(transformer: pyproj.Transformer, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    a, b = transformer.transform(x, y)
    lost = ~(np.isfinite(a) & np.isfinite(b))
    return np.where(lost, np.nan, a), np.where(lost, np.nan, b)


@lru_cache(maxsize=64)
def _crs(text: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError:
        raise UnknownDatum(f"no coordinate reference system is known as {text[:60]!r}", datum=text[:200]) from None


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    """Every thread that uses one makes its own of the recipe: of CRS that takes 0.1 s, PROJ looking for a way between
    them; of the way itself no time. PROJ decides between several ways point by point: those have no recipe."""
    found = pyproj.Transformer.from_crs(_crs(source), _crs(target), always_xy=True)
    recipe = found.definition
    return pyproj.Transformer.from_pipeline(recipe) if recipe.startswith("proj=pipeline") else found


# -- coordinate reference systems of files --------------------------------------------------------------------------


def crs_key(text: str) -> str:
    """A file's CRS as ``EPSG:n`` where it is surely one, otherwise its own text. Either may be given to to_wgs84."""
    number = _crs(text).to_epsg(min_confidence=70)
    return f"EPSG:{number}" if number else text


def crs_text(datum: str) -> str:
    """The text of a datum's or file's CRS that other programs know; of GCJ-02, BD-09 and what is made of them is none.

    Raises UnknownDatum for these.
    """
    if datum in MADE_OF or _parts(datum)[1]:
        raise UnknownDatum(f"no program knows a CRS for {datum}", datum=datum)
    return {"wgs84": _WGS84, "cgcs2000": "EPSG:4490"}.get(datum, datum)


def crs_json(datum: str) -> dict[str, Any]:
    """The same as PROJJSON, as GeoParquet wants it."""
    found: dict[str, Any] = _crs(crs_text(datum)).to_json_dict()
    return found


def crs_title(text: str) -> str:
    """A CRS or datum in words for people: ``WGS 84 / UTM zone 18N (EPSG:32618)``."""
    if text in DATUMS:
        return text
    base, made_of = _parts(text)
    if made_of:
        return f"{crs_title(base)} made of {made_of}"
    name, key = _crs(text).name, crs_key(text)
    return f"{name} ({key})" if key.startswith("EPSG:") else name


def is_geographic(text: str) -> bool:
    """Whether coordinates in it are degrees."""
    return text in DATUMS or _crs(_parts(text)[0]).is_geographic


def crs_bounds(text: str) -> tuple[float, float, float, float] | None:
    """Where a CRS is meant to be used: west, south, east, north in degrees; None where its authority does not say."""
    area = None if text in DATUMS else _crs(_parts(text)[0]).area_of_use
    return (area.west, area.south, area.east, area.north) if area else None


def north_first(text: str) -> bool:
    """Whether the authority of a CRS prints north, or latitude, before east. Only exchange with others cares."""
    return _crs(text).axis_info[0].direction in ("north", "south")


def degrees_of(srid: int) -> int | None:
    """The EPSG number of the geographic CRS under a projected one: 4490 under 4549. None where it has no number."""
    under = _crs(f"EPSG:{srid}").geodetic_crs
    return under.to_epsg() if under is not None else None


def crs_wkt(srid: int) -> str:
    """The WKT 1 text of an EPSG code, as GeoPackage's spatial_ref_sys wants it."""
    return _crs(f"EPSG:{srid}").to_wkt("WKT1_GDAL")


# -- the metric CRS -------------------------------------------------------------------------------------------------


class Metric:
    """The metric CRS of a store: WGS84 degrees to metres on the lattice and back.

    >>> x, y = Metric(4549).project(118.871516, 28.96862)
    >>> float(x), float(y)
    (390004.754, 3206315.986)
    """

    def __init__(self, srid: int) -> None:
        self.srid = srid
        self._to = _transformer(_WGS84, f"EPSG:{srid}")
        self._from = _transformer(f"EPSG:{srid}", _WGS84)

    def project(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
        """Metres on the lattice, arrays of the shape of lon; NaN where the projection has no answer."""
        x, y = self._apply(self._to, lon, lat)
        return snap(x), snap(y)

    def unproject(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """WGS84 lon, lat of metres."""
        return self._apply(self._from, x, y)

    def project_geometry(self, geoms: Geometries) -> Geometries:
        """WGS84 geometries (one, or an array) in metres on the lattice. Z is dropped; topology is not looked at."""
        return _reshaped(self.project, geoms)

    def unproject_geometry(self, geoms: Geometries) -> Geometries:
        """Metric geometries (one, or an array) in WGS84 degrees."""
        return _reshaped(self.unproject, geoms)

    def from_source(self, geoms: Geometries, datum: str) -> Geometries:
        """Geometries in any datum or CRS, in metres on the lattice. Those that are in this CRS are only rounded."""
        made_of = datum in DATUMS or _parts(datum)[1]
        if not made_of and _crs(datum).equals(_crs(f"EPSG:{self.srid}"), ignore_axis_order=True):
            return _reshaped(lambda x, y: (snap(x), snap(y)), geoms)
        return _reshaped(lambda x, y: self.project(*to_wgs84(x, y, datum)), geoms)

    @staticmethod
    def _apply(transformer: pyproj.Transformer, a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
        a, b = np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
        u, v = _transform(transformer, np.atleast_1d(a).ravel(), np.atleast_1d(b).ravel())
        return u.reshape(a.shape), v.reshape(a.shape)


def _reshaped(convert: Callable[[Floats, Floats], tuple[Floats, Floats]], geoms: Geometries) -> Geometries:
    """Raises UnsuitableCrs where a ring has a corner for which the projection has no answer."""
    try:
        moved: Geometries = shapely.transform(geoms, convert, interleaved=False)
    except shapely.GEOSException:  # a ring does not close: no number is no other's equal
        raise UnsuitableCrs("coordinates lie beyond the reach of the metric CRS: is their CRS the right one?") from None
    return moved


def check_metric_crs(text: str, lon: float | None = None, lat: float | None = None) -> int:
    """The EPSG number of a CRS in which lengths may be measured at a place.

    text: ``EPSG:n``. lon, lat: WGS84 degrees of the place; without them the CRS is judged over its own area of use.
    Raises UnsuitableCrs: unknown, not projected, not in metres, lengths off by more than 0.1 %; names a suitable one.
    """
    match = re.fullmatch(r"(?:epsg:)?(\d{1,7})", text.strip().lower())
    if not match:
        raise UnsuitableCrs(f"{text!r} is no EPSG code; {_suggestion(lon, lat)}", crs=text)
    srid = int(match[1])
    try:
        crs = _crs(f"EPSG:{srid}")
    except UnknownDatum:
        raise UnsuitableCrs(f"EPSG:{srid} is unknown; {_suggestion(lon, lat)}", crs=text) from None
    place = (lon, lat) if lon is not None and lat is not None else _middle(crs)
    title = f"{crs.name} (EPSG:{srid})"
    units = sorted({axis.unit_name for axis in crs.axis_info})
    if not crs.is_projected or units != ["metre"]:
        raise UnsuitableCrs(
            f"{title} is no projection in metres (unit: {', '.join(units)}); {_suggestion(*place)}", crs=text
        )
    error = _scale_error(crs, lon, lat)
    if error > SCALE_TOLERANCE:
        where = f"at lon {lon:.3f}, lat {lat:.3f}" if lon is not None and lat is not None else "in most places"
        off = f"off by {error:.2%}" if error < 1e6 else "undefined"
        raise UnsuitableCrs(f"lengths in {title} are {off} {where}; {_suggestion(*place)}", crs=text)
    return srid


def _scale_error(crs: pyproj.CRS, lon: float | None, lat: float | None) -> float:
    """Largest relative error of lengths at the place. Without a place: in the better quarter of its area of use."""
    if lon is not None and lat is not None:
        lons, lats = np.array([lon]), np.array([lat])
    elif crs.area_of_use is None:
        return 0.0
    else:
        area = crs.area_of_use
        grid = np.meshgrid(np.linspace(area.west, area.east, 5), np.linspace(area.south, area.north, 5))
        lons, lats = grid[0].ravel(), grid[1].ravel()
    factors = pyproj.Proj(crs).get_factors(lons, lats, errcheck=False)
    errors = np.abs(np.stack([factors.meridional_scale, factors.parallel_scale]) - 1.0).max(axis=0)
    return float(np.quantile(np.where(np.isfinite(errors), errors, 1e9), 0.25))


def _middle(crs: pyproj.CRS) -> tuple[float | None, float | None]:
    """The middle of a CRS's area of use, where that is small enough to say something."""
    area = crs.area_of_use
    if area is None or area.east - area.west > 12.0 or area.east < area.west:
        return None, None
    return (area.west + area.east) / 2.0, (area.south + area.north) / 2.0


def _suggestion(lon: float | None, lat: float | None) -> str:
    """What to name instead: the UTM zone there, in China also the 3-degree Gauss-Krueger zone."""
    if lon is None or lat is None or not (-180.0 <= lon <= 180.0 and -80.0 <= lat <= 84.0):
        return "name a CRS in metres made for the place, such as its UTM zone (New York EPSG:32618, Kecheng EPSG:4549)"
    zone = min(int((lon + 180.0) // 6.0) + 1, 60)
    utm = f"EPSG:{(32600 if lat >= 0.0 else 32700) + zone} (UTM zone {zone}{'N' if lat >= 0.0 else 'S'})"
    meridian = round(lon / 3.0) * 3
    if 75 <= meridian <= 135 and 18.0 <= lat <= 54.0:
        return f"in China name EPSG:{4534 + (meridian - 75) // 3} (CGCS2000, 3 degrees, {meridian}E), elsewhere {utm}"
    return f"name {utm}, for example"
