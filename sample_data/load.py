"""Writes a synthetic district into a fresh store: the year begins with its boundaries and people, then history follows.

One transaction, so that a load that is cut off leaves nothing behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import select

from geo.desk import batches
from geo.desk.boundaries import DEFAULT_SCHEME, add_versions, create_scheme, next_edition, publish
from geo.desk.founding import install_rules
from geo.desk.issue_write import load_issue_lives
from geo.desk.place_parts import assign_places
from geo.desk.tx import Desk, Tx
from geo.desk.unit_history import load_unit_lives
from geo.errors import Conflict
from geo.files.grids import GridFile
from geo.model import Actor, GridLevel
from geo.store.insert import insert_many
from geo.store.tables import appointment, area, background, contact, grid_version, leave, person, place, post
from sample_data.model import District, GridRow, PostRow

LOADER = Actor("sample-data", "sample data")
_BEFORE = timedelta(days=370)  # the boundaries are in force before anything happens in them
_PART = 4_000  # lives written at a time, which bounds the memory

Progress = Callable[[str], None]
Ids = Mapping[str, int]


def load(desk: Desk, district: District, now: datetime, progress: Progress = lambda _: None) -> None:
    """Write ``district``, made for ``now``, into the empty store of ``desk``.

    Telephone numbers are kept only where the desk can seal them. Raises Conflict where the store has areas.
    """
    with desk.store.write() as conn:
        if conn.execute(area.select().limit(1)).first() is not None:
            raise Conflict("the store is not empty: a synthetic district goes into a new one")
        founded = desk.tx(conn, now - _BEFORE, LOADER)
        install_rules(founded)
        progress("areas, grids and places")
        area_ids = _load_areas(founded, district)
        grid_ids = _load_grids(founded, district, area_ids)
        place_ids = _load_places(founded, district, area_ids)
        insert_many(conn, background, [{"kind": b.kind, "name": b.name, "geom": b.geom} for b in district.background])
        progress("people")
        _load_people(founded, district, {"grid": grid_ids, "area": area_ids, "place": place_ids})
        today = desk.tx(conn, now, LOADER)
        progress(f"{len(district.issues):,} issues")
        for start in range(0, len(district.issues), _PART):
            load_issue_lives(today, district.issues[start : start + _PART])
        total = len(district.units)
        load_unit_lives(today, district.units, lambda done: progress(f"rental units {done:,} of {total:,}"))


def _multi(geom: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.multipolygons(shapely.get_parts(geom))


def _load_areas(tx: Tx, district: District) -> dict[str, int]:
    ids: dict[str, int] = {}
    paths: dict[str | None, str] = {None: "/"}
    for level in dict.fromkeys(row.level for row in district.areas):
        own = [row for row in district.areas if row.level is level]
        for row in own:
            paths[row.code] = f"{paths[row.parent]}{row.code}/"
        rows = [
            {"code": row.code, "name": row.name, "name_en": row.name_en, "level": row.level, "path": paths[row.code],
             "parent_id": ids[row.parent] if row.parent else None, "geom": _multi(row.geom)}
            for row in own
        ]  # fmt: skip
        ids |= dict(zip([row.code for row in own], insert_many(tx.conn, area, rows), strict=True))
    return ids


def _load_grids(tx: Tx, district: District, area_ids: Ids) -> dict[str, int]:
    """The first edition of the primary scheme, as one batch. Returns the ids of grids and micro-grids by code."""
    scheme_id = create_scheme(tx, DEFAULT_SCHEME)
    number = next_edition(tx, scheme_id)
    origin = {"synthetic": True, "seed": district.seed}
    drawn = hashlib.sha256(b"".join(shapely.to_wkb([row.geom for row in district.grids]))).hexdigest()
    batch_id = batches.begin(tx, "grids", "synthetic district", drawn, origin)
    ids: dict[str, int] = {}
    for level in (GridLevel.GRID, GridLevel.MICRO_GRID):
        rows = sorted(district.grids_of(level), key=lambda row: row.code)
        belongs = [
            {"area_id": area_ids[row.area]} | ({"parent_grid_id": ids[row.parent_grid]} if row.parent_grid else {})
            for row in rows
        ]
        file = _as_file(rows, district.metric_srid)
        add_versions(tx, scheme_id, level, file, file.geoms, belongs, number=number, batch_id=batch_id)
        written = select(grid_version.c.code, grid_version.c.grid_id).where(grid_version.c.scheme_id == scheme_id)
        ids |= dict(iter(tx.conn.execute(written)))
    publish(tx, scheme_id, number, "synthetic district", batch_id)
    batches.finish(tx, batch_id, {"batch": batch_id, "rows": len(district.grids), "edition": number, **origin})
    return ids


def _as_file(rows: Sequence[GridRow], srid: int) -> GridFile:
    return GridFile(
        path=Path("synthetic district"),
        codes=[row.code for row in rows],
        names=[row.name for row in rows],
        parents=[row.parent_grid or row.area for row in rows],
        geoms=np.array([_multi(row.geom) for row in rows], dtype=object),
        crs=f"EPSG:{srid}",
        attributes=[
            {"name_en": row.name_en, "households": row.households, "serves": list(row.serves), "synthetic": True}
            for row in rows
        ],
        notes=(),
    )


def _load_places(tx: Tx, district: District, area_ids: Ids) -> dict[str, int]:
    """Parents before children: every round writes the places whose parent is there."""
    ids: dict[str, int] = {}
    waiting = list(district.places)
    while waiting:
        ready = [row for row in waiting if row.parent is None or row.parent in ids]
        rows = [
            {"code": row.code, "kind": row.kind, "name": row.name, "name_en": row.name_en, "address": row.address,
             "parent_id": ids[row.parent] if row.parent else None, "area_id": area_ids[row.area],
             "households": row.households, "geom": row.geom}
            for row in ready
        ]  # fmt: skip
        ids |= dict(zip([row.code for row in ready], insert_many(tx.conn, place, rows), strict=True))
        waiting = [row for row in waiting if row.code not in ids]
    assign_places(tx, ids.values())
    return ids


def _load_people(tx: Tx, district: District, targets: Mapping[str, Ids]) -> None:
    rows = [{"code": row.code, "name": row.name, "name_en": row.name_en} for row in district.people]
    ids = dict(zip([row.code for row in district.people], insert_many(tx.conn, person, rows), strict=True))
    if tx.sealer is not None:
        phones = [
            {"subject": "person", "subject_id": ids[row.code], "sealed": tx.sealer.seal(row.phone),
             "recorded_at": tx.now}
            for row in district.people
        ]  # fmt: skip
        insert_many(tx.conn, contact, phones)
    # A lead and the lead before share one post.
    posts: dict[tuple[Any, ...], int] = {}
    keys = [_post_key(row) for row in district.posts]
    fresh = list(dict.fromkeys(keys))
    made = insert_many(tx.conn, post, [{"kind": kind, f"{on}_id": targets[on][code]} for kind, on, code in fresh])
    posts.update(zip(fresh, made, strict=True))
    held = [
        {"post_id": posts[key], "person_id": ids[row.person], "from_date": row.from_date.isoformat(),
         "to_date": row.to_date.isoformat() if row.to_date else None, "from_at": tx.now, "to_at": None}
        for key, row in zip(keys, district.posts, strict=True)
    ]  # fmt: skip
    appointed = insert_many(tx.conn, appointment, held)
    insert_many(
        tx.conn,
        leave,
        [
            {"appointment_id": appointment_id, "cover_person_id": ids[row.leave.cover],
             "from_date": row.leave.from_date.isoformat(), "to_date": row.leave.to_date.isoformat(),
             "from_at": tx.now, "to_at": None}
            for appointment_id, row in zip(appointed, district.posts, strict=True)
            if row.leave is not None
        ],
    )  # fmt: skip


def _post_key(row: PostRow) -> tuple[Any, str, str]:
    """The duty and what it is on; a person with several stairwells has a post on each."""
    for on, code in (("grid", row.grid), ("area", row.area), ("place", row.place)):
        if code is not None:
            return row.kind, on, code
    raise ValueError(f"a post of {row.person} is on nothing")
