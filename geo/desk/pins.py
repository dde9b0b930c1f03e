"""The points of an import with what their rows say they are about, as ``geo.desk.datum_check`` looks at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import shapely

from geo.crs import parse_datum
from geo.desk.cells import PositionCells, Row, cell
from geo.errors import BadInput

T = TypeVar("T")

MOST = 20_000  # evenly over the file: that many settle it, and a look stays a matter of seconds


@dataclass(frozen=True, slots=True)
class Pin:
    """A row with coordinates as received. places: codes of places that it names, texts: its address and the like; of
    both the most telling first."""

    line: int
    ref: str
    x: float
    y: float
    datum: str
    places: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    area: str | None = None


@dataclass(frozen=True, slots=True)
class PinColumns:
    """Which columns say where a row is.

    ref: its own number; places: of codes of places; texts: an address, a description; datum: where rows name it.
    """

    ref: str
    lon: str | None = None
    lat: str | None = None
    places: tuple[str | None, ...] = ()
    texts: tuple[str | None, ...] = ()
    area: str | None = None
    datum: str | None = None


def thinned(rows: Iterable[T], most: int = MOST) -> list[T]:
    """At most ``most`` of the rows, evenly spread, in one pass over any number of them."""
    kept: list[T] = []
    step = 1
    for i, row in enumerate(rows):
        if i % step == 0:
            kept.append(row)
        if len(kept) > most:
            kept, step = kept[::2], step * 2
    return kept


def table_pins(rows: Iterable[tuple[int, Row]], columns: PinColumns, datum: str | None) -> Iterator[Pin]:
    """The rows that have coordinates which can be read; the import itself says what is wrong with the others."""
    cells = PositionCells(columns.lon, columns.lat)
    for line, row in rows if columns.lon and columns.lat else ():
        try:
            named = parse_datum(cell(row, columns.datum) or datum)
            at = cells.read(row, named)
            if at is not None:
                yield _pin(line, row, columns, at.lon_received, at.lat_received, named)
        except BadInput:
            continue


def layer_pins(features: Sequence[tuple[int, Row, Any]], columns: PinColumns, datum: str | None) -> Iterator[Pin]:
    """The points that stand for the geometries of a layer; of its rows without one, the coordinates in cells."""
    drawn = [each for each in features if each[2] is not None and not each[2].is_empty]
    if drawn:
        named = parse_datum(datum)
        points = shapely.get_coordinates(shapely.point_on_surface([geom for _, _, geom in drawn]))
        for (line, row, _), (x, y) in zip(drawn, points.tolist(), strict=True):
            try:
                yield _pin(line, row, columns, x, y, named)
            except BadInput:
                continue
    yield from table_pins(((line, row) for line, row, geom in features if geom is None), columns, datum)


def _pin(line: int, row: Row, columns: PinColumns, x: float, y: float, datum: str) -> Pin:
    def given(names: Iterable[str | None]) -> tuple[str, ...]:
        return tuple(value for name in names if (value := cell(row, name)))

    ref, area = cell(row, columns.ref) or "", cell(row, columns.area)
    return Pin(line, ref, x, y, datum, given(columns.places), given(columns.texts), area)
