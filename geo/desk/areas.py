"""The administrative tree (区, 街道/乡镇, 社区/村) from a layer or a table.

A file is taken whole in one transaction: its rows refer to each other, parents in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import or_, select

from geo.desk import area_boundaries
from geo.desk.cells import Columns, Row, cell, choice, day
from geo.desk.features import (
    Feature,
    FeatureImport,
    NewFeature,
    count,
    date_text,
    metric_geometries,
    needed,
    read_features,
    refuse_while_used,
    take_back,
    write_features,
)
from geo.desk.importing import RowTally, run_import
from geo.desk.tx import Desk, Tx
from geo.errors import BadInput
from geo.model import Actor, AreaLevel, Subject
from geo.rules.access import ROOT
from geo.store.tables import appointment, area, grid_version, place, post

COUNTS = ("imported", "boundaries", "duplicates", "rejected")
LEVELS = tuple(AreaLevel)  # from the widest to the narrowest

LEVEL_WORDS = {level.value: level for level in AreaLevel} | {
    "区": AreaLevel.DISTRICT, "县": AreaLevel.DISTRICT, "市": AreaLevel.DISTRICT,
    "街道": AreaLevel.SUBDISTRICT, "镇": AreaLevel.SUBDISTRICT, "乡": AreaLevel.SUBDISTRICT,
    "town": AreaLevel.SUBDISTRICT, "township": AreaLevel.SUBDISTRICT,
    "社区": AreaLevel.COMMUNITY, "村": AreaLevel.COMMUNITY, "village": AreaLevel.COMMUNITY,
}  # fmt: skip


@dataclass(frozen=True)
class AreaColumns(Columns):
    """Which column holds what. Areas without a parent stand at the top."""

    code: str
    name: str
    level: str
    parent: str | None = None
    name_en: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None


def import_areas(
    desk: Desk, job: FeatureImport, rows: Iterable[Feature], clock: Callable[[], datetime], actor: Actor
) -> tuple[int, RowTally]:
    """Import (line number, row, polygon or None) as areas. Returns the batch id and the tally.

    A parent is in the file or in the store, and of a wider level. An area whose code the store knows takes a boundary
    that is new or differs, and nothing else; without one its row is a duplicate.
    """
    columns: AreaColumns = job.columns
    tally = RowTally(COUNTS)

    def take(tx: Tx, features: list[Feature], batch_id: int, tally: RowTally) -> None:
        geoms = metric_geometries(tx, features, job.datum)
        news = read_features(tally, features, columns.code, lambda i, row: _area(tx, columns, row, geoms[i]))
        known = _stored(tx)
        once = area_boundaries.one_row_each(tally, news)
        area_boundaries.take(tx, [new for new in once if new.code in known], batch_id, tally)
        _write_areas(tx, [new for new in once if new.code not in known], known, batch_id, tally)

    return run_import(desk, job.source("areas"), tally, rows, take, clock, actor), tally


def _area(tx: Tx, columns: AreaColumns, row: Row, geom: Any) -> tuple[dict[str, Any], str | None]:
    level = choice(columns.level, cell(row, columns.level), LEVEL_WORDS)
    if level is None:
        raise BadInput(f"{columns.level} is empty: give one of {', '.join(LEVELS)}")
    code = needed(row, columns.code)
    if ROOT in code:
        raise BadInput(f"{columns.code} is {code!r}: a code cannot hold {ROOT!r}")
    if geom is not None and geom.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadInput(f"the boundary of an area is a polygon, not a {geom.geom_type}")
    values = {
        "code": code,
        "name": needed(row, columns.name),
        "name_en": cell(row, columns.name_en),
        "level": level,
        "geom": None if geom is None else shapely.MultiPolygon(shapely.get_parts(geom).tolist()),
        "valid_from": date_text(day(columns.valid_from or "", cell(row, columns.valid_from), tx.zone)),
        "valid_to": date_text(day(columns.valid_to or "", cell(row, columns.valid_to), tx.zone)),
    }
    return values, cell(row, columns.parent)


def _write_areas(
    tx: Tx, news: Sequence[NewFeature], known: dict[str, tuple[int, AreaLevel, str]], batch_id: int, tally: RowTally
) -> None:
    """From the widest level down, so that every parent has its id and path before its children."""
    for level in LEVELS:
        rows = []
        for new in (new for new in news if new.values["level"] is level):
            above = known.get(new.parent) if new.parent else None
            if new.parent and above is None:
                reason = f"there is no area {new.parent!r} wider than a {level}, here or stored"
                tally.reject(new.line, new.code, BadInput(reason, why="unknown"))
                continue
            if above is not None and LEVELS.index(above[1]) >= LEVELS.index(level):
                tally.reject(new.line, new.code, f"its parent {new.parent!r} is a {above[1]}, not wider than a {level}")
                continue
            parent_id, path = (above[0], above[2]) if above else (None, ROOT)
            rows.append({**new.values, "parent_id": parent_id, "path": f"{path}{new.code}/", "batch_id": batch_id})
        ids = write_features(tx, area, Subject.AREA, "area.imported", rows, tally)
        known |= {row["code"]: (new_id, level, row["path"]) for row, new_id in zip(rows, ids, strict=True)}


def _stored(tx: Tx) -> dict[str, tuple[int, AreaLevel, str]]:
    rows = tx.conn.execute(select(area.c.code, area.c.id, area.c.level, area.c.path).where(area.c.undone_at.is_(None)))
    return {row.code: (row.id, AreaLevel(row.level), row.path) for row in rows}


def undo_areas(tx: Tx, batch_id: int) -> int:
    """Take back the areas of an import. Returns how many. Raises Conflict while anything refers to them."""
    mine = select(area.c.id).where(area.c.batch_id == batch_id, area.c.undone_at.is_(None))
    other = or_(area.c.batch_id != batch_id, area.c.batch_id.is_(None))
    held = select(post.c.id).where(post.c.area_id.in_(mine))
    uses = {
        "grids": count(grid_version, grid_version.c.area_id.in_(mine), grid_version.c.to_edition.is_(None)),
        "other areas": count(area, area.c.parent_id.in_(mine), area.c.undone_at.is_(None), other),
        "places": count(place, place.c.area_id.in_(mine), place.c.undone_at.is_(None)),
        "appointments": count(appointment, appointment.c.post_id.in_(held), appointment.c.to_at.is_(None)),
    }
    refuse_while_used(tx, batch_id, "areas", uses)
    area_boundaries.refuse_while_taken(tx, batch_id, mine)
    return take_back(tx, area, Subject.AREA, "area.withdrawn", batch_id)
