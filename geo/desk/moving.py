"""Things that come to lie elsewhere, or by other evidence: decided again in every scheme, with an event each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Table, select, update

from geo.desk.assigning import Spot, assign, assignment_row
from geo.desk.tx import Tx
from geo.model import Subject
from geo.store.insert import insert_many
from geo.store.tables import assignment, event, issue, rental_unit, scheme

PART = 5_000  # ids a query
SAME_DEGREES = 1e-9  # a tenth of a millimetre
TABLES: Mapping[Subject, Table] = {Subject.ISSUE: issue, Subject.UNIT: rental_unit}


@dataclass(frozen=True)
class Move:
    """Where an issue or a rental unit is from now on, and why. values: what else its row says then."""

    id: int
    spot: Spot
    reason: str | None = None
    values: Mapping[str, Any] | None = None


def is_at(spot: Spot, geom: Any) -> bool:
    """Whether a spot is where a WGS84 point, or None, is."""
    if geom is None or spot.position is None:
        return geom is None and spot.position is None
    return bool(np.allclose((spot.lon, spot.lat), (geom.x, geom.y), rtol=0.0, atol=SAME_DEGREES))


def move_all(tx: Tx, subject: Subject, kind: str, moves: Sequence[Move]) -> None:
    """Put issues or units where they are, end the assignments that they have, and decide them anew.

    kind: of the event that each gets.
    """
    for start in range(0, len(moves), PART):
        _move(tx, subject, kind, moves[start : start + PART])


def _move(tx: Tx, subject: Subject, kind: str, moves: Sequence[Move]) -> None:
    ids, spots, sheets = [each.id for each in moves], [each.spot for each in moves], tx.sheets()
    decided = [assign(sheet, spots) for sheet in sheets]
    before = grids_of(tx, subject, ids)
    after = [each.grid_id for each in decided[0]] if decided else [None] * len(ids)
    events = insert_many(
        tx.conn,
        event,
        [
            tx.event_row(
                kind, subject, each.id, grid_id=grid_id, grid_id_before=before.get(each.id), reason=each.reason
            )
            for each, grid_id in zip(moves, after, strict=True)
        ],
    )
    table = TABLES[subject]
    for each in moves:
        geom = shapely.Point(each.spot.lon, each.spot.lat) if each.spot.position else None
        tx.conn.execute(update(table).where(table.c.id == each.id).values(geom=geom, **(each.values or {})))
    held = assignment.c.subject == subject, assignment.c.subject_id.in_(ids), assignment.c.to_at.is_(None)
    tx.conn.execute(update(assignment).where(*held).values(to_at=tx.now))
    insert_many(
        tx.conn,
        assignment,
        [
            assignment_row(subject, each.id, sheet, each.spot, decision, event_id, tx.now)
            for sheet, decisions in zip(sheets, decided, strict=True)
            for each, decision, event_id in zip(moves, decisions, events, strict=True)
        ],
    )


def grids_of(tx: Tx, subject: Subject, ids: Sequence[int]) -> dict[int, int | None]:
    """The grids of the primary scheme that some subjects have, by id; None in a queue."""
    rows = tx.conn.execute(
        select(assignment.c.subject_id, assignment.c.grid_id)
        .join(scheme, scheme.c.id == assignment.c.scheme_id)
        .where(
            scheme.c.is_primary, assignment.c.subject == subject, assignment.c.subject_id.in_(ids),
            assignment.c.to_at.is_(None),
        )
    )  # fmt: skip
    return {row.subject_id: row.grid_id for row in rows}
