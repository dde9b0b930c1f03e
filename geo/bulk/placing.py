"""Rows that name where they are: which of them a place stands for, by the rule that holds for a single report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo.bulk.names import NameSet
from geo.bulk.points import Points, Where
from geo.crs import Floats, Metric
from geo.errors import BadInput
from geo.rules.evidence import POINT, Found, stands_at


@dataclass
class Placed:
    """What names decided. evidence: by row, as of a report. stands: lon, lat of rows that a place stands for."""

    evidence: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    stands: dict[int, tuple[float, float]] = field(default_factory=dict)


def place_rows(
    table: pa.Table, where: Where, names: NameSet, points: Points, xy: tuple[Floats, Floats], metric: Metric
) -> Placed:
    """Look up what n rows name, and put those that a place stands for where it stands.

    xy: metres of the n rows, NaN without a location; changed in place, as is a stated accuracy, which is the point's.
    Rows with a problem are left alone.
    """
    placed = Placed()
    codes, addresses = texts(table, where.place), texts(table, where.address)
    x, y = xy
    stands: dict[int, tuple[float, float, float, float]] = {}
    for row, (code, address) in enumerate(zip(codes, addresses, strict=True)):
        if row in points.problems or not (code or address):
            continue
        point = shapely.Point(x[row], y[row]) if np.isfinite(x[row]) else None
        found = _find(names, code, address, point)
        evidence = found.weighed(point) if found else None
        if found is None or evidence is None:
            continue
        placed.evidence[row] = evidence
        if evidence["decided_by"] != POINT:
            if found.place_id not in stands:
                stands[found.place_id] = _stand(found, metric)
            lon, lat, x[row], y[row] = stands[found.place_id]
            placed.stands[row] = lon, lat
            if points.accuracy_m is not None:
                points.accuracy_m[row] = np.nan
    return placed


def _find(names: NameSet, code: str | None, address: str | None, near: Any) -> Found | None:
    """What a row names: a place by its code, else by its name, else by the address."""
    found = names.finder.find(code, code, near)
    return found or names.finder.find(None, address, near)


def _stand(found: Found, metric: Metric) -> tuple[float, float, float, float]:
    """The point that stands for a place, on the way that a report's point goes: by degrees."""
    lon, lat = stands_at(metric, found.geom)
    x, y = metric.project(lon, lat)
    return lon, lat, float(x), float(y)


def texts(table: pa.Table, name: str | None) -> list[str | None]:
    """The words of a column, trimmed; None for empty cells. Raises BadInput for a column that cannot be words."""
    if name is None:
        return [None] * table.num_rows
    column = table[name]
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise BadInput(f"column {name!r} holds {kind}, not words")
    words = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    return [word or None for word in words.to_pylist()]
