"""Layers for other programs: the edition in force, issues, rental units, places, as files; now, or of the past."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, select, true

from geo.desk.asof import When, existed, in_edition, recorded, version_of
from geo.desk.board import in_primary
from geo.files import write_layer
from geo.model import Subject
from geo.store.store import Jurisdiction
from geo.store.tables import (
    area,
    assignment,
    category,
    grid_version,
    issue,
    issue_state,
    place,
    rental_unit,
    report,
    scheme,
    unit_class,
)
from geo.store.types import WGS84_SRID, utc_text


@dataclass(frozen=True)
class Layer:
    """A query of a moment (None: now) with a ``geom`` column, and the CRS that it is in."""

    query: Callable[[datetime | None], Select[Any]]
    metric: bool


def _grids(at: datetime | None) -> Select[Any]:
    return (
        select(
            grid_version.c.code, grid_version.c.name, grid_version.c.name_en, grid_version.c.level,
            area.c.code.label("area"), grid_version.c.households, grid_version.c.geom,
        )
        .join(area, area.c.id == grid_version.c.area_id)
        .join(scheme, scheme.c.id == grid_version.c.scheme_id)
        .where(scheme.c.is_primary, in_edition(at))
        .order_by(grid_version.c.code)
    )  # fmt: skip


def _issues(at: datetime | None) -> Select[Any]:
    return (
        select(
            issue.c.id, issue_state.c.state, category.c.code.label("category"), grid_version.c.code.label("grid"),
            assignment.c.queue, assignment.c.method, assignment.c.ambiguous, issue.c.opened_at, issue.c.due_at,
            report.c.source, report.c.source_ref, issue.c.geom,
        )
        .join(report, report.c.id == issue.c.report_id)
        .join(issue_state, (issue_state.c.issue_id == issue.c.id) & recorded(issue_state, at))
        .outerjoin(assignment, in_primary(Subject.ISSUE, issue.c.id, at))
        .outerjoin(grid_version, version_of(assignment.c.grid_id, at))
        .outerjoin(category, category.c.id == issue.c.category_id)
        .order_by(issue.c.id)
    )  # fmt: skip


def _units(at: datetime | None) -> Select[Any]:
    classed = (unit_class.c.unit_id == rental_unit.c.id) & recorded(unit_class, at)
    # Since when a unit is registered its row does not say; who had a class then was.
    there = recorded(rental_unit, at) & (true() if at is None else unit_class.c.id.is_not(None))
    return (
        select(
            rental_unit.c.code, grid_version.c.code.label("grid"), unit_class.c.risk_class, unit_class.c.cycle_days,
            unit_class.c.next_due, unit_class.c.table_version, rental_unit.c.geom,
        )
        .outerjoin(unit_class, classed)
        .outerjoin(assignment, in_primary(Subject.UNIT, rental_unit.c.id, at))
        .outerjoin(grid_version, version_of(assignment.c.grid_id, at))
        .where(there)
        .order_by(rental_unit.c.code)
    )  # fmt: skip


def _places(at: datetime | None) -> Select[Any]:
    return (
        select(
            place.c.code, place.c.kind, place.c.name, place.c.name_en, area.c.code.label("area"), place.c.households,
            place.c.geom,
        )
        .outerjoin(area, area.c.id == place.c.area_id)
        .where(existed(place, at))
        .order_by(place.c.code)
    )  # fmt: skip


LAYERS: Mapping[str, Layer] = {
    "grids": Layer(_grids, metric=True),
    "issues": Layer(_issues, metric=False),
    "units": Layer(_units, metric=False),
    "places": Layer(_places, metric=True),
}


def write(conn: Connection, of: Jurisdiction, what: str, target: Path, when: When, *, replace: bool = False) -> int:
    """Write one layer, all of it, as it is or was recorded at a moment of the past, and return the number of rows.

    Contacts and what reporters wrote are in none.
    """
    layer = LAYERS[what]
    rows = [dict(row) for row in conn.execute(layer.query(when.as_of)).mappings()]
    geoms = np.array([row.pop("geom") for row in rows], dtype=object)
    for row in rows:
        row.update({name: utc_text(value) for name, value in row.items() if isinstance(value, datetime)})
    kept = "synthetic, of no real place; " if of.synthetic else ""
    of_when = "exported" if when.as_of is None else "as of"
    write_layer(
        target,
        rows,
        geoms,
        f"EPSG:{of.metric_srid if layer.metric else WGS84_SRID}",
        layer=what,
        description=f"{of.name}: {what}, {kept}{of_when} {utc_text(when.now)}",
        replace=replace,
    )
    return len(rows)
