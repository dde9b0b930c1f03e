"""What the columns of a file say of a draft's grids. One that is not in the file says nothing; every other is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Connection, select

from geo.desk.division import MOST_HOUSEHOLDS, households_of
from geo.desk.edition_grids import GridRow
from geo.errors import BadInput
from geo.files import Layer
from geo.files.editing import SHORT_NAME
from geo.store.tables import area

ID = "grid_id"
CODE, NAME, NAME_EN, AREA, HOUSEHOLDS = "code", "name", "name_en", "area", "households"
KNOWN = (ID, CODE, NAME, NAME_EN, AREA, HOUSEHOLDS)
_MOST_OF_TEXT = 254  # bytes that a Shapefile keeps of a text
# What programs write by themselves: numbers of rows, and measures that are made anew with every file. GDAL and QGIS,
# ArcGIS, SuperMap; a Shapefile cuts the names.
_OF_PROGRAMS = frozenset(
    {"fid", "ogc_fid", "objectid", "shape_length", "shape_area", "shape__length", "shape__area"}
    | {"shape_leng", "shape_le", "shape_ar"}  # cut, and numbered
    | {"smid", "smuserid", "smx", "smy", "smarea", "smperimeter", "smsdrin", "smsdrie", "smsdris", "smsdriw"}
    | {"smlibtileid", "smtopoerror", "smresolution", "smgeometrysize", "smgeoposition"}
)
_OF_PROGRAMS_CUT = frozenset(name[:SHORT_NAME] for name in _OF_PROGRAMS)


@dataclass(frozen=True)
class Reading:
    """How a file is to be read. part: it holds only some grids, and what it lacks stays. source_crs: over what it says.

    code, name, area: names of its columns. overwrite: although it takes back what was done in the draft meanwhile.
    """

    code: str = CODE
    name: str = NAME
    area: str = AREA
    part: bool = False
    source_crs: str | None = None
    overwrite: bool = False


@dataclass(frozen=True)
class Columns:
    """file: names of the columns there are. areas: id by code. short: whether the format cuts names and texts."""

    file: Sequence[str]
    areas: Mapping[str, int]
    reading: Reading
    path_name: str
    short: bool

    @classmethod
    def of(cls, conn: Connection, layer: Layer, reading: Reading) -> Self:
        file = [name for name in layer.columns if not _is_of_programs(name)]
        return cls(file, area_ids(conn), reading, layer.path.name, layer.is_shapefile)

    def said(
        self, code: str, cells: Mapping[str, Any], was: GridRow | None, nearest: Callable[[], GridRow]
    ) -> dict[str, Any]:
        """name, name_en, area_id, households and attributes of a grid. nearest: who had its ground, for a new one.

        Raises BadInput for an area that is not known, and for households that are no number.
        """
        households, odd = self._households(code, cells, was)
        attributes = self._attributes(cells, was) | odd
        return {
            "name": _text(cells.get(self.reading.name)) or (was.name if was else code),
            "name_en": _text(cells.get(NAME_EN)) if NAME_EN in self.file else (was.name_en if was else None),
            "area_id": self._area(code, cells, was, nearest),
            "households": households,
            "attributes": attributes or None,
        }

    def _area(self, code: str, cells: Mapping[str, Any], was: GridRow | None, nearest: Callable[[], GridRow]) -> int:
        named = _text(cells.get(self.reading.area))
        if named is None:
            return (was or nearest()).area_id
        if named not in self.areas:
            raise BadInput(
                f"{self.path_name}: grid {code!r} belongs to area {named!r}, which is not known: import the area first",
                reason="unknown_area",
                code=code,
                area=named,
            )
        return self.areas[named]

    def _households(
        self, code: str, cells: Mapping[str, Any], was: GridRow | None
    ) -> tuple[int | None, dict[str, Any]]:
        """The number, and what stands there instead of one since the grids were imported."""
        if HOUSEHOLDS not in self.file:
            return (was.households if was else None), {}
        value = cells[HOUSEHOLDS]
        number, is_empty = households_of(value), value is None or value == ""
        kept = (was.attributes or {}).get(HOUSEHOLDS) if was and was.households is None else None
        if kept is not None and (is_empty or self._is_same(value, kept)):
            return None, {HOUSEHOLDS: kept}  # it does not go out to a file
        if number is not None or is_empty:
            return number, {}
        raise BadInput(
            f"{self.path_name}: grid {code!r} has households {value!r}, where a whole number up to "
            f"{MOST_HOUSEHOLDS:,} or nothing is meant",
            reason="households_no_number",
            code=code,
        )

    def _attributes(self, cells: Mapping[str, Any], was: GridRow | None) -> dict[str, Any]:
        old = dict(was.attributes or {}) if was else {}
        ours = {ID, NAME_EN, HOUSEHOLDS, self.reading.code, self.reading.name, self.reading.area}
        full = {self._as_written(name): name for name in old}
        found = {name: value for name, value in old.items() if self._as_written(name) not in self.file}
        for column in self.file:
            value = cells[column]
            if column not in ours and value is not None and value != "":
                name = full.get(column, column)
                found[name] = old[name] if name in old and self._is_same(value, old[name]) else value
        return found

    def _as_written(self, name: str) -> str:
        return name[:SHORT_NAME] if self.short else name

    def _is_same(self, value: Any, old: Any) -> bool:
        """Whether a cell is what the export wrote of a value: lists as JSON, long texts cut by some formats."""
        text = json.dumps(old, ensure_ascii=False) if isinstance(old, list | dict) else old
        if self.short and isinstance(text, str):
            text = text.encode()[:_MOST_OF_TEXT].decode(errors="ignore")
        return bool(value == text)


def _is_of_programs(name: str) -> bool:
    plain = re.sub(r"_\d+$", "", name.lower())  # one that is there already is numbered
    return plain in _OF_PROGRAMS or plain in _OF_PROGRAMS_CUT


def area_ids(conn: Connection) -> dict[str, int]:
    """The areas there are, by code."""
    return {row.code: row.id for row in conn.execute(select(area.c.code, area.c.id).where(area.c.undone_at.is_(None)))}


def _text(value: Any) -> str | None:
    return (str(value).strip() or None) if value is not None else None
