"""Drafts as the command line and the HTTP interface both handle them: what is asked in, JSON-ready answers out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from geo.coverage.faults import drawn_record, faults_geojson
from geo.crs import Metric
from geo.desk import draft_files, draft_points, draft_preview, drafts, planning
from geo.desk.atlas import Atlas
from geo.desk.draft_checks import changes_geojson, changes_told, faults_told, find_draft_faults
from geo.desk.draft_columns import Reading
from geo.desk.draft_preview import Sights
from geo.desk.draft_work import Work
from geo.desk.edition_grids import EditionGrids, newest_edition
from geo.desk.tx import Clock, Desk
from geo.errors import Conflict, FaultyCoverage, PreconditionFailed
from geo.model import Actor
from geo.rules.access import EVERYWHERE, Extent
from geo.store.types import utc_text

Extents = Sequence[Extent]


def plain(told: Mapping[str, Any]) -> dict[str, Any]:
    """Times as text."""
    return {name: utc_text(value) if isinstance(value, datetime) else value for name, value in told.items()}


def listed(conn: Connection, extents: Extents, reader: str, *, every: bool = False) -> list[dict[str, Any]]:
    return [plain(each) for each in drafts.listed(conn, extents, reader, every=every)]


def shown(conn: Connection, atlas: Atlas, draft_id: int, extents: Extents, reader: str) -> dict[str, Any]:
    """A draft with what it changes, what is wrong with it, and what was done to it. Raises NotFound."""
    work = drafts.visible(conn, atlas.shelf, draft_id, extents, reader)
    return {
        **plain(drafts.describe(work.row)),
        "edition_in_force": newest_edition(conn, work.row.scheme_id),
        "changes": changes_told(conn, work),
        "faults": faults_told(work, find_draft_faults(conn, work, atlas.metric), atlas.metric),
        "steps": [plain(step) for step in drafts.steps(conn, draft_id)],
    }


def mapped(
    conn: Connection, atlas: Atlas, draft_id: int, extents: Extents, reader: str, sights: Sights | None = None
) -> dict[str, Any]:
    """The changed grids before and after, as GeoJSON; with sights, the points that would move beside them.

    points is null where nobody can tell: the draft changes nothing, has faults, or others changed its grids.
    """
    work = drafts.visible(conn, atlas.shelf, draft_id, extents, reader)
    told = changes_geojson(changes_told(conn, work), work, atlas.metric)
    return {**told, "points": _points(conn, atlas, draft_id, sights) if sights else None}


def _points(conn: Connection, atlas: Atlas, draft_id: int, sights: Sights) -> dict[str, Any] | None:
    try:
        return draft_points.moved_points(conn, planning.planned(conn, atlas, draft_id), sights)
    except (Conflict, FaultyCoverage):
        return None


def previewed(
    conn: Connection, atlas: Atlas, draft_id: int, sights: Sights, today: date, extents: Extents, reader: str
) -> dict[str, Any]:
    """What its publication would move. Errors as of planning.make."""
    drafts.visible(conn, atlas.shelf, draft_id, extents, reader)
    return draft_preview.preview(conn, planning.planned(conn, atlas, draft_id), sights, today)


# -- files ------------------------------------------------------------------------------------------------------------


def write(
    conn: Connection, atlas: Atlas, draft_id: int, target: Path, crs: str | None, extents: Extents, reader: str
) -> int:
    """Write the grids of a draft to a file. Returns how many."""
    work = drafts.visible(conn, atlas.shelf, draft_id, extents, reader)
    return draft_files.export(conn, work, atlas.metric, target, crs, extents)


def look(
    conn: Connection, atlas: Atlas, draft_id: int, path: Path, reading: Reading, extents: Extents, reader: str
) -> tuple[draft_files.Returned, dict[str, Any]]:
    """What a file would change in a draft, and the same JSON-ready; nothing is written."""
    work = drafts.visible(conn, atlas.shelf, draft_id, extents, reader)
    returned = draft_files.read_back(conn, work, atlas.metric, path, reading, extents)
    after = replace(work, changes={**work.changes, **returned.changes})
    own = Work(work.row, EditionGrids(work.grids), returned.changes)  # against the draft, not against its edition
    faults = find_draft_faults(conn, after, atlas.metric)
    told = {
        "draft": draft_id,
        "revision": work.row.revision,
        "changes": changes_told(conn, own),
        "faults": [drawn_record(fault, atlas.metric) for fault in faults],
        "notes": list(returned.notes),
        "moved_home": returned.operation["moved_home"],
    }
    return returned, told


def look_on_map(
    conn: Connection, atlas: Atlas, draft_id: int, path: Path, reading: Reading, extents: Extents, reader: str
) -> dict[str, Any]:
    """As ``look``, with the grids that the file changes as the draft has them and as the file does, GeoJSON."""
    returned, told = look(conn, atlas, draft_id, path, reading, extents, reader)
    work = drafts.visible(conn, atlas.shelf, draft_id, extents, reader)
    own = Work(work.row, EditionGrids(work.grids), returned.changes)
    return {**told, "map": {**changes_geojson(told["changes"], own, atlas.metric), "points": None}}


def faults_on_a_map(conn: Connection, atlas: Atlas, draft_id: int) -> dict[str, Any]:
    """What is wrong with a draft, as GeoJSON."""
    work = drafts.visible(conn, atlas.shelf, draft_id, EVERYWHERE, "")
    return faults_geojson(find_draft_faults(conn, work, Metric(atlas.metric.srid)), atlas.metric)


def take(
    desk: Desk,
    draft_id: int,
    path: Path,
    reading: Reading,
    clock: Clock,
    actor: Actor,
    extents: Extents = EVERYWHERE,
    revision: int | None = None,
) -> dict[str, Any]:
    """Take what a file changes into a draft, as one step. Answers as ``look``, with the revision after it.

    Nothing is written where it changes nothing. Raises PreconditionFailed where somebody changed the draft meanwhile,
    and Conflict where the file would take back what was done in it, unless the reading says that it may.
    """
    with desk.store.read() as conn:
        returned, told = look(conn, desk.atlas, draft_id, path, reading, extents, actor.id)
    if revision is not None and revision != told["revision"]:
        raise PreconditionFailed(
            "the draft has changed since you read it: look again, then decide", reason="draft_changed"
        )
    if not returned.changes:
        return told
    returned.require_asked(reading)
    with desk.transaction(clock, actor) as tx:
        done = drafts.record(
            tx, draft_id, "replace_grids", returned.operation, returned.changes,
            extents=extents, revision=told["revision"],
        )  # fmt: skip
    return {**told, "revision": done}
