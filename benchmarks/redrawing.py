"""Moving boundaries at work: random places where grids are changed a little, as drafts; issues to fill a store with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import shapely
from sqlalchemy import func, select

from benchmarks.grids import points_over
from geo.coverage.edit import apply
from geo.coverage.nodes import Coverage
from geo.coverage.operations import MoveNode
from geo.crs import to_mm
from geo.desk import drafts, publishing
from geo.desk.edition_grids import GridRow, Grids, Key
from geo.desk.issue_write import IssueLife, load_issue_lives
from geo.desk.received import position
from geo.desk.tx import Desk
from geo.errors import BadInput
from geo.model import OPEN_STATES, Actor, NewReport
from geo.store.tables import issue_state

EDITOR, REVIEWER = Actor("bench-editor", "Editor"), Actor("bench-reviewer", "Reviewer")
_PART = 4_000
_CATEGORIES = ("0101", "0102", "0103", "0104")


def now() -> datetime:
    return datetime.now(UTC)


def fill(desk: Desk, issues: int, seed: int = 7) -> None:
    """As many open issues as there are to be, at random in the grids in force, reported in the last thirty days."""
    with desk.store.read() as conn:
        query = select(func.count()).where(issue_state.c.to_at.is_(None), issue_state.c.state.in_(OPEN_STATES))
        missing = issues - conn.execute(query).scalar_one()
        sheet = desk.atlas.sheet(conn, None)
    if missing <= 0:
        return
    rng = np.random.default_rng(seed)
    x, y = points_over(sheet.geoms, 4 * missing, seed)
    inside = np.flatnonzero(sheet.index.locate(x, y) >= 0)[:missing]
    lon, lat = sheet.metric.unproject(x[inside], y[inside])
    missing = len(inside)
    begun, ago = now(), rng.integers(60, 30 * 86_400, missing)
    lives = [
        IssueLife(
            NewReport("bench", f"{seed}-{i}", category=_CATEGORIES[i % 4], position=position(x, y, "wgs84")),
            begun - timedelta(seconds=seconds),
            EDITOR.id,
        )
        for i, (x, y, seconds) in enumerate(zip(lon.tolist(), lat.tolist(), ago.tolist(), strict=True))
    ]
    for start in range(0, missing, _PART):
        with desk.transaction(now, EDITOR) as tx:
            load_issue_lives(tx, lives[start : start + _PART])


def places(desk: Desk, touching: int, metres: float, seed: int = 1) -> Iterator[dict[Key, GridRow | None]]:
    """Changes at random places, without end: nodes near by are moved until so many grids are touched, none broken."""
    rng = np.random.default_rng(seed)
    while True:
        with desk.store.read() as conn:
            sheet = desk.atlas.sheet(conn, None)
            grids = desk.atlas.shelf.grids(conn, sheet.scheme_id, sheet.edition)
            coverage = desk.atlas.shelf.coverage(conn, sheet.scheme_id, sheet.edition)
        changed = _moved(coverage, str(rng.choice(sheet.codes)), touching, metres, rng)
        if changed is not None:
            yield {key: row for key, row in _rows(grids, changed)}


def _moved(
    coverage: Coverage, code: str, touching: int, metres: float, rng: np.random.Generator
) -> dict[str, Any] | None:
    """The grids around one, with nodes moved. None where it does not come to so many."""
    around = coverage.around([coverage[code]])
    nodes = to_mm(shapely.get_coordinates([coverage[each] for each in around])).astype(np.int64)
    for x, y in rng.permutation(np.unique(nodes, axis=0)).tolist():
        if len(coverage.grids_at((x, y))) < min(3, len(around)):  # where grids meet, one step touches several
            continue
        dx, dy = np.rint(rng.uniform(-metres, metres, 2) * 1000.0).astype(int).tolist()
        try:
            edited = apply(coverage, MoveNode((x, y), (x + dx, y + dy)))
        except BadInput:
            continue
        if not edited.faults:
            coverage = edited.coverage
        changed = coverage.changes()
        if len(changed) >= touching:
            return changed
    return None


def _rows(grids: Grids, changed: dict[str, Any]) -> Iterator[tuple[Key, GridRow | None]]:
    for key, row in grids.items():
        if row.code in changed:
            yield key, replace(row, geom=changed[row.code])


def submitted(desk: Desk, changes: dict[Key, GridRow | None]) -> int:
    """The number of a draft with these changes that waits for its reviewer."""
    with desk.transaction(now, EDITOR) as tx:
        draft = drafts.start(tx, "benchmark")
        drafts.record(tx, draft, "replace_grids", {}, changes)
    publishing.submit(desk, draft, now, EDITOR)
    return draft


def publish(desk: Desk, draft: int) -> publishing.Published:
    return publishing.publish(desk, draft, now, REVIEWER)
