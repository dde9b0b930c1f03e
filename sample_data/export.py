"""The canonical export: every value of a district in a fixed order, so that two can be compared byte by byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

import shapely

from geo.store.types import utc_text
from sample_data.model import District

_PARTS = ("areas", "grids", "places", "people", "posts", "background", "units", "issues")


def canonical_lines(district: District) -> Iterator[bytes]:
    """JSON lines in UTF-8: the district's head, which says that it is synthetic, then every row of every part."""
    head = {f.name: _plain(getattr(district, f.name)) for f in fields(district) if f.name not in _PARTS}
    yield _line({"part": "district"} | head)
    for part in _PARTS:
        for row in getattr(district, part):
            yield _line({"part": part} | _plain(row))


def canonical_digest(district: District) -> str:
    """SHA-256 of the canonical export, in hexadecimal."""
    digest = hashlib.sha256()
    for line in canonical_lines(district):
        digest.update(line)
    return digest.hexdigest()


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(value, hex=True, byte_order=1)
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
