"""The GeoPackage geometry blob: an 8-byte header, an envelope, then WKB (OGC 12-128r19, clause 2.1.3)."""

from __future__ import annotations

import struct
from functools import lru_cache

import shapely
from shapely.geometry.base import BaseGeometry

Bounds = tuple[float, float, float, float]

_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_EMPTY_FLAG = 0b0001_0000
_LITTLE_ENDIAN_FLAG = 0b0000_0001
_ENVELOPE_XY = 0b0000_0010
_ENVELOPE_KINDS = 0b0000_1110
_WKB_POINT = 1

_HEADER = struct.Struct("<2sBBi")
_HEADER_XY = struct.Struct("<2sBBi4d")
_ENVELOPE = struct.Struct("<4d")
_POINT = struct.Struct("<BI2d")


def encode(geom: BaseGeometry, srid: int) -> bytes:
    """A standard little-endian blob; points carry no envelope, as the standard advises."""
    wkb: bytes = shapely.to_wkb(geom, byte_order=1, include_srid=False)
    if geom.is_empty:
        return _HEADER.pack(b"GP", 0, _LITTLE_ENDIAN_FLAG | _EMPTY_FLAG, srid) + wkb
    if geom.geom_type == "Point":
        return _HEADER.pack(b"GP", 0, _LITTLE_ENDIAN_FLAG, srid) + wkb
    min_x, min_y, max_x, max_y = geom.bounds
    flags = _LITTLE_ENDIAN_FLAG | _ENVELOPE_XY
    return _HEADER_XY.pack(b"GP", 0, flags, srid, min_x, max_x, min_y, max_y) + wkb


def decode(blob: bytes) -> BaseGeometry:
    """The geometry in the blob."""
    if blob[:2] != b"GP":
        raise ValueError("not a GeoPackage geometry")
    return shapely.from_wkb(blob[_wkb_start(blob) :])


def is_empty(blob: bytes) -> bool:
    return bool(blob[3] & _EMPTY_FLAG)


@lru_cache(maxsize=1)
def bounds(blob: bytes) -> Bounds:
    """min x, min y, max x, max y of a blob that is not empty.

    The R-tree triggers ask eight times for every row written, so what this module wrote is answered without parsing the
    geometry: from the envelope, or from the coordinates of a point.
    """
    flags = blob[3]
    if flags & _LITTLE_ENDIAN_FLAG:
        if flags & _ENVELOPE_KINDS:
            min_x, max_x, min_y, max_y = _ENVELOPE.unpack_from(blob, _HEADER.size)
            return min_x, min_y, max_x, max_y
        if len(blob) == _HEADER.size + _POINT.size:
            order, kind, x, y = _POINT.unpack_from(blob, _HEADER.size)
            if order == 1 and kind == _WKB_POINT:
                return x, y, x, y
    box: Bounds = decode(blob).bounds
    return box


def _wkb_start(blob: bytes) -> int:
    return _HEADER.size + _ENVELOPE_BYTES[(blob[3] >> 1) & 0b111]
