"""Cells of an imported table: text to numbers, days, times, choices and positions, each refusal naming its column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import MAXYEAR, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from geo.crs import is_geographic, parse_datum
from geo.desk.asof import FIRST_YEAR
from geo.desk.received import MAX_ACCURACY_M, position
from geo.desk.tx import Tx
from geo.errors import BadCoordinates, BadInput
from geo.files import PROBLEM
from geo.model import Position
from geo.rules.local import date_in

Row = Mapping[str, str | None]
Choice = TypeVar("Choice")
Bounds = tuple[float, float, float, float]

YES_NO = {
    "yes": True, "y": True, "true": True, "1": True, "是": True, "已登记": True,
    "no": False, "n": False, "false": False, "0": False, "否": False, "未登记": False,
}  # fmt: skip

_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?(?:\.\d+)?")
_US = "%m/%d/%Y %I:%M:%S %p"  # only with AM or PM: 03/04/2024 alone could be March or April


@dataclass(frozen=True)
class Columns:
    """Which column of a table holds what: a field each, None where the table has none."""

    def named(self) -> list[str]:
        return [column for column in asdict(self).values() if column]


def cell(row: Row, column: str | None) -> str | None:
    """The text of a cell without blanks around it; None where it is empty or the column is not named.

    Raises BadInput for a row that the file reader could not take apart.
    """
    if PROBLEM in row:
        raise BadInput(str(row[PROBLEM]), why="row")
    value = (row.get(column) or "").strip() if column else ""
    if "\0" in value:
        raise BadInput(f"{column} holds a zero byte, which no store can keep", why="row")
    return value or None


def number(column: str, text: str | None) -> float | None:
    """A finite number. Raises BadInput."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        raise BadInput(f"{column} is {text[:40]!r}, not a number", why="number") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise BadInput(f"{column} is {text}, not a number", why="number")
    return value


def whole_number(column: str, text: str | None) -> int | None:
    value = number(column, text)
    if value is None:
        return None
    if value != int(value):
        raise BadInput(f"{column} is {text}, not a whole number", why="number")
    return int(value)


def parse_time(column: str, text: str, zone: ZoneInfo) -> datetime:
    """ISO 8601, year-first as spreadsheets write it, or US with AM/PM. A naive time is in ``zone``. Raises BadInput."""
    moment = None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        with suppress(ValueError):
            if parts := _YEAR_FIRST.fullmatch(text):
                year, month, dom, hour, minute, second = (int(part or 0) for part in parts.groups())
                moment = datetime(year, month, dom, hour, minute, second)  # noqa: DTZ001 - the zone comes next
            else:
                moment = datetime.strptime(text, _US)  # noqa: DTZ007 - likewise
    if moment is None:
        raise BadInput(
            f"{column} is {text[:40]!r}: a time reads 2026-08-14T09:30, 2026/8/14 9:30 or 2026-08-14", why="time"
        )
    # Near the ends of the calendar some zones cannot tell a time. A plain 9999-12-31 is how systems write "for ever".
    if moment.year < FIRST_YEAR or (moment.year == MAXYEAR and moment.tzinfo):
        told = f"{column} is {text[:40]!r}: give a time since {FIRST_YEAR} that every zone can tell"
        raise BadInput(told, why="time")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def day(column: str, text: str | None, zone: ZoneInfo) -> date | None:
    """A local date, in any form that a time may have. Raises BadInput."""
    return None if text is None else date_in(zone, parse_time(column, text, zone))


def choice(column: str, text: str | None, words: Mapping[str, Choice]) -> Choice | None:
    """What a word stands for, whatever its case. Raises BadInput listing the words."""
    if text is None:
        return None
    found = words.get(text.casefold())
    if found is None:
        raise BadInput(f"{column} is {text[:40]!r}: give one of {', '.join(words)}", why="word")
    return found


@dataclass(frozen=True)
class PositionCells:
    """Which cells hold a position, and where positions are expected, to notice swapped ones. Degrees."""

    lon: str | None
    lat: str | None
    accuracy: str | None = None
    bounds: Bounds | None = None

    def read(self, row: Row, datum: str) -> Position | None:
        """None where both cells are empty. Raises BadCoordinates or UnknownDatum."""
        lon, lat = self._coordinate(row, self.lon), self._coordinate(row, self.lat)
        if lon is None and lat is None:
            return None
        if lon is None or lat is None:
            empty = self.lon if lon is None else self.lat
            raise BadCoordinates(f"{empty} is empty where its partner is not", why="half")
        if lon == 0 and lat == 0:
            raise BadCoordinates("0/0 is no place: the device had no fix", why="no_fix")
        self._check_swap(lon, lat, datum)
        accuracy = self._coordinate(row, self.accuracy)
        if accuracy is not None and not 0 <= accuracy <= MAX_ACCURACY_M:
            raise BadCoordinates(
                f"{self.accuracy} is {accuracy}: it must lie between 0 and {MAX_ACCURACY_M:,.0f} m", why="accuracy"
            )
        return position(lon, lat, datum, accuracy)

    @staticmethod
    def _coordinate(row: Row, column: str | None) -> float | None:
        try:
            return number(column or "", cell(row, column))
        except BadInput as refusal:
            raise BadCoordinates(str(refusal), **refusal.details) from None

    def _check_swap(self, lon: float, lat: float, datum: str) -> None:
        if self.bounds is None or not is_geographic(parse_datum(datum)):
            return
        west, south, east, north = self.bounds
        margin = max(east - west, north - south)

        def near(x: float, y: float) -> bool:
            return west - margin <= x <= east + margin and south - margin <= y <= north + margin

        if not near(lon, lat) and near(lat, lon):
            raise BadCoordinates(
                f"{self.lon}={lon:g}, {self.lat}={lat:g}: longitude and latitude look swapped", swapped=1, why="swapped"
            )


def expected_bounds(tx: Tx) -> Bounds | None:
    """West, south, east, north of the primary scheme in degrees; None in a store without grids."""
    sheets = tx.sheets()
    if not sheets:
        return None
    west, south, east, north = sheets[0].index.bounds
    lons, lats = sheets[0].metric.unproject([west, east, west, east], [south, north, north, south])
    return float(min(lons)), float(min(lats)), float(max(lons)), float(max(lats))
