"""The binary column format that the browser draws: many points, few bytes, no parsing.

``u32 header_len | JSON {n, rev, cols, grids, today, categories?} padded with spaces | columns``, little-endian. The
header ends and every column starts on a multiple of 8 bytes, so that typed arrays can lie over the received buffer.

Columns: x, y as u32 fractions of the web-mercator world (y down), id u32, grid u16 into the header's code list, whose
last entry "" stands for no grid (u32 above 65,535 entries), class u8, flags u8 (geo.model.SnapshotFlag): 16 bytes a
row. Rows come sorted by hierarchy, so that an area is one slice.

Issues have what they are filtered by, too: category u8 into the header's ``categories``, whose last entry "" stands for
none (u16 above 255 entries), opened and due as u32 seconds since 1970, UTC: 25 bytes a row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

WORLD = 2.0**32
MAX_LATITUDE = 85.05112877980659  # where the mercator square ends
_ALIGN = 8
_U8_CATEGORIES = 255
_U16_GRIDS = 65_535


class MalformedSnapshot(ValueError):
    """Bytes that are not a snapshot, or one that is cut short."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What issues are filtered by, columns (n,): codes of categories, "" for none; opened, due as datetime64, UTC."""

    category: NDArray[Any]
    opened: NDArray[Any]
    due: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A decoded snapshot: header members and columns (n,) each."""

    rev: str
    today: str
    grids: list[str]
    categories: list[str]
    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.columns["x"])


def mercator(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """WGS84 degrees -> (x, y) u32 fractions of the web-mercator world, y down; latitudes beyond the square are clipped.

    lon, lat: (n,) or scalars, finite. One step is 9 mm at the equator.

    >>> x, y = mercator([0.0, 180.0], [0.0, 90.0])
    >>> x.tolist(), y.tolist()
    ([2147483648, 4294967295], [2147483648, 0])
    """
    lon = np.asarray(lon, dtype=np.float64)
    lat = np.clip(np.asarray(lat, dtype=np.float64), -MAX_LATITUDE, MAX_LATITUDE)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise ValueError("a snapshot holds placed points only: lon or lat is not finite")
    x = (lon + 180.0) / 360.0
    y = 0.5 - np.arctanh(np.sin(np.radians(lat))) / (2.0 * np.pi)
    return _fraction(x), _fraction(y)


def from_mercator(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The inverse of mercator, to the middle of a step: (lon, lat) in degrees."""
    fx = (np.asarray(x, dtype=np.float64) + 0.5) / WORLD
    fy = (np.asarray(y, dtype=np.float64) + 0.5) / WORLD
    return fx * 360.0 - 180.0, np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * fy))))


def seconds(times: NDArray[Any]) -> NDArray[np.int64]:
    """(n,) datetime64 -> whole seconds since 1970, UTC; times before it and after 2106 are clipped.

    >>> seconds(np.array(["1970-01-01T00:01:00.999", "1959-10-01"], dtype="datetime64[ms]")).tolist()
    [60, 0]
    """
    return times.astype("datetime64[s]").astype(np.int64).clip(0, 2**32 - 1)


def encode(
    *,
    x: ArrayLike,
    y: ArrayLike,
    id: ArrayLike,  # the column's name in the format
    grid_ids: ArrayLike,
    codes: Mapping[int, str],
    klass: ArrayLike,
    flags: ArrayLike,
    rev: str,
    today: str,
    facts: Facts | None = None,
) -> bytes:
    """Pack rows into one snapshot.

    x, y: (n,) as from mercator(). grid_ids: (n,) keys of ``codes``, which names every grid of the reader; any other
    value stands for no grid, the empty code at the end of the list. rev: the newest event that changed the
    rows. today: local date of the jurisdiction. facts: of issues.

    Raises ValueError when columns differ in length or a value does not fit.
    """
    known = np.array(sorted(codes), dtype=np.int64)
    listed = [codes[grid_id] for grid_id in known.tolist()] + [""]
    grid_type = "u2" if len(listed) <= _U16_GRIDS else "u4"
    types = {"x": "u4", "y": "u4", "id": "u4", "grid": grid_type, "class": "u1", "flags": "u1"}
    given = {"x": x, "y": y, "id": id, "grid": _row_of(known, grid_ids), "class": klass, "flags": flags}
    named: dict[str, list[str]] = {}
    if facts is not None:
        named["categories"] = categories = [*np.unique(facts.category[facts.category != ""]).tolist(), ""]
        types |= {"category": "u1" if len(categories) <= _U8_CATEGORIES else "u2", "opened": "u4", "due": "u4"}
        row = {code: at for at, code in enumerate(categories)}
        category = [row[code] for code in facts.category.tolist()]
        given |= {"category": category, "opened": seconds(facts.opened), "due": seconds(facts.due)}
    arrays = {name: _cast(name, given[name], kind) for name, kind in types.items()}
    if len({array.shape for array in arrays.values()}) != 1:
        raise ValueError(f"columns differ in length: { {name: array.shape for name, array in arrays.items()} }")
    header = {"n": len(arrays["x"]), "rev": rev, "cols": list(types.items()), "grids": listed, "today": today}
    text = json.dumps(header | named, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-(4 + len(text)) % _ALIGN)
    parts = [len(text).to_bytes(4, "little"), text]
    for array in arrays.values():
        raw = array.tobytes()
        parts += [raw, b"\0" * (-len(raw) % _ALIGN)]
    return b"".join(parts)


def decode(data: bytes) -> Snapshot:
    """Read a snapshot back; the columns are views of ``data``. Raises MalformedSnapshot."""
    try:
        length = int.from_bytes(data[:4], "little")
        header = json.loads(data[4 : 4 + length])
        n, cols = header["n"], header["cols"]
        start, columns = 4 + length, {}
        for name, kind in cols:
            dtype = np.dtype(f"<{kind}")
            columns[name] = np.frombuffer(data, dtype, count=n, offset=start)
            start += n * dtype.itemsize
            start += -start % _ALIGN
        return Snapshot(header["rev"], header["today"], header["grids"], header.get("categories", []), columns)
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedSnapshot(f"not a snapshot: {error}") from error


def _row_of(known: NDArray[np.int64], grid_ids: ArrayLike) -> NDArray[np.int64]:
    """Row of each id in the sorted list, len(known) for ids that are not in it."""
    wanted = np.asarray(grid_ids, dtype=np.int64)
    if not known.size:
        return np.zeros(wanted.shape, dtype=np.int64)
    row = np.searchsorted(known, wanted).clip(max=known.size - 1)
    return np.where(known[row] == wanted, row, known.size)


def _cast(name: str, values: ArrayLike, kind: str) -> NDArray[Any]:
    array = np.asarray(values)
    dtype = np.dtype(f"<{kind}")
    if array.size and (array.min() < 0 or array.max() > np.iinfo(dtype).max):
        raise ValueError(f"column {name!r} has a value that does not fit {kind}")
    return array.astype(dtype)


def _fraction(value: NDArray[np.float64]) -> NDArray[np.uint32]:
    return np.atleast_1d(np.clip(np.floor(value * WORLD), 0, WORLD - 1)).astype(np.uint32)
