"""What a draft changes, in words and figures, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, select

from geo.coverage.checks import Allowed, check, crossings, local_faults
from geo.coverage.faults import ERROR, drawn_record, errors, placed
from geo.coverage.homing import same_shape
from geo.coverage.suggesting import suggestions
from geo.crs import Metric
from geo.desk.draft_work import Work
from geo.desk.edition_grids import GridRow, shapes
from geo.model import Fault, GridLevel
from geo.store.tables import area, grid_version

_FIELDS = ("code", "name", "name_en", "area_id", "households")


# A line that is straight in degrees is bent in metres, by a centimetre over a kilometre.
_BEND_M = 0.01


def allowed_of(work: Work) -> Allowed:
    """What a draft may do to the coverage."""
    return Allowed(outline=bool(work.row.outline), bend_m=_BEND_M, warns_of_parts=True)


def find_draft_faults(conn: Connection, work: Work, metric: Metric, *, whole: bool = False) -> list[Fault]:
    """What is wrong with a draft on its edition: where it changes grids or the outline, which is all there can be.

    whole: look at every grid all the same, as before a publication. Codes that several grids have come first: the
    rest is looked at when they are mended.
    """
    faults = [*_codes_twice(work), *_taken_codes(conn, work)]
    if faults or not work.changes:
        return faults
    after, allowed = work.coverage, allowed_of(work)
    if not len(after):
        return [Fault("empty", ERROR, (), "the draft takes the last grid away; a scheme has at least one")]
    if whole:
        return placed(check(work.base.coverage, after, allowed), metric)
    touched = sorted({grid.code for grid in (*work.before.values(), *work.after.values())})
    return placed(local_faults(after, touched, crossings(after, touched), allowed), metric)


def faults_told(work: Work, faults: Sequence[Fault], metric: Metric) -> list[dict[str, Any]]:
    """Faults of a draft as JSON-ready values, each with ``suggestion``: what would put it right, or None."""
    offered = suggestions(work.coverage, faults, allowed_of(work)) if errors(faults) else [None] * len(faults)
    return [
        {**drawn_record(fault, metric), "suggestion": each and each.as_json()}
        for fault, each in zip(faults, offered, strict=True)
    ]


def _codes_twice(work: Work) -> list[Fault]:
    twice = sorted(work.codes_twice())
    return [Fault("duplicate_code", ERROR, (code,), f"several grids have the code {code!r}") for code in twice]


def _taken_codes(conn: Connection, work: Work) -> list[Fault]:
    """Codes are unique in a scheme, micro-grids included."""
    kept = {grid.code for grid in work.before.values()}
    new = {grid.code for grid in work.after.values()} - kept  # only these can be taken; to look for them takes time
    query = select(grid_version.c.code).where(
        grid_version.c.scheme_id == work.row.scheme_id,
        grid_version.c.level == GridLevel.MICRO_GRID,
        grid_version.c.to_edition.is_(None),
    )
    taken = sorted(new.intersection(conn.execute(query).scalars())) if new else []
    return [Fault("duplicate_code", ERROR, (code,), f"a micro-grid has the code {code!r} already") for code in taken]


# -- what it changes --------------------------------------------------------------------------------------------------


def changes_told(conn: Connection, work: Work) -> list[dict[str, Any]]:
    """One entry a grid that changes, by code: {"code", "change", "was", "name", "area_m2", "moved_m2", "fields"}.

    change: added, gone, reshaped, recoded, or described where only what is said of it changes. was: its code before.
    fields: what is said otherwise, name -> [before, after]. moved_m2: ground that it gains or loses.
    """
    areas = _area_codes(conn, work)
    told = [_told(work.base.get(key), grid, areas) for key, grid in work.changes.items()]
    return sorted(told, key=lambda each: str(each["code"]))


def _told(before: GridRow | None, after: GridRow | None, areas: Mapping[int, str]) -> dict[str, Any]:
    grid = after or before
    assert grid is not None
    moved = _moved_m2(before, after)
    fields = _fields(before, after, areas) if before and after else {}
    if before is None or after is None:
        change = "added" if before is None else "gone"
    elif moved or not same_shape(before.geom, after.geom):
        change = "reshaped"
    else:
        change = "recoded" if "code" in fields else "described"
    return {
        "code": grid.code,
        "change": change,
        "was": before.code if before else None,
        "name": grid.name,
        "area_m2": round(float(grid.geom.area), 3) if after else 0.0,
        "moved_m2": round(moved, 3),
        "fields": fields,
    }


def _moved_m2(before: GridRow | None, after: GridRow | None) -> float:
    if before is None or after is None:
        return float((before or after).geom.area)  # type: ignore[union-attr]
    if same_shape(before.geom, after.geom) or not (before.geom.is_valid and after.geom.is_valid):
        return 0.0
    return float(shapely.symmetric_difference(before.geom, after.geom).area)


def _fields(before: GridRow, after: GridRow, areas: Mapping[int, str]) -> dict[str, list[Any]]:
    said: dict[str, list[Any]] = {}
    for name in _FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            column, pair = ("area", [areas.get(old), areas.get(new)]) if name == "area_id" else (name, [old, new])
            said[column] = pair
    old_ones, new_ones = before.attributes or {}, after.attributes or {}
    for name in sorted(old_ones.keys() | new_ones.keys()):
        if old_ones.get(name) != new_ones.get(name):
            said[name] = [old_ones.get(name), new_ones.get(name)]
    return said


def _area_codes(conn: Connection, work: Work) -> dict[int, str]:
    rows = conn.execute(select(area.c.id, area.c.code).where(area.c.id.in_(work.areas)))
    return {row.id: row.code for row in rows}


def changes_geojson(changes: Sequence[Mapping[str, Any]], work: Work, metric: Metric) -> dict[str, Any]:
    """The changed grids before and after as GeoJSON in WGS84; properties: code, change, and which of the two it is."""
    by_code = {each["code"]: each["change"] for each in changes}
    features = []
    for side, grids in (("before", work.before), ("after", work.after)):
        codes, geoms = shapes(grids)
        for code, geom in zip(codes, metric.unproject_geometry(geoms), strict=True):
            rounded = shapely.transform(geom, lambda c: np.round(c, 9))
            properties = {"code": code, "side": side, "change": by_code.get(code)}
            features.append({"type": "Feature", "properties": properties, "geometry": rounded.__geo_interface__})
    return {"type": "FeatureCollection", "features": features}
