"""Official boundaries for areas that the store has: taken from an import, put back when it is undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import shapely
from sqlalchemy import Select, select, update

from geo.desk.features import NewFeature
from geo.desk.importing import RowTally
from geo.desk.tx import Tx
from geo.errors import BadInput, Conflict
from geo.model import BatchState, Subject
from geo.store.insert import insert_many
from geo.store.tables import area, batch, event

TAKEN, PUT_BACK = "area.boundary_taken", "area.boundary_put_back"
REPLACED = "batch.boundary_replaced"  # of the batch; keeps the boundary that an area had before
PART = 500  # areas a query
TOLD = 10  # rows that contradict what is stored, one by one
_COMPARED = ("name", "name_en", "level", "parent", "valid_from", "valid_to")


def one_row_each(tally: RowTally, news: Iterable[NewFeature]) -> list[NewFeature]:
    """The first row of each code, one with a boundary if there is any. Others are duplicates, and refused where they
    have another boundary.
    """
    first: dict[str, NewFeature] = {}
    for new in news:
        known = first.setdefault(new.code, new)
        if known is new:
            continue
        if known.values["geom"] is None:
            first[new.code] = new  # the row that has a boundary
            tally.counts["duplicates"] += 1
        elif new.values["geom"] is None or _same(new.values["geom"], known.values["geom"]):
            tally.counts["duplicates"] += 1
        else:
            reason = f"line {known.line} has this area with another boundary: make one feature of them"
            tally.reject(new.line, new.code, BadInput(reason, why="geometry"))
    return list(first.values())


def take(tx: Tx, rows: Sequence[NewFeature], batch_id: int, tally: RowTally) -> None:
    """Take the boundaries of rows whose areas the store has, where they are new or differ; each area stays the same.

    Nothing else of a row is taken: what it says otherwise is told.
    """
    changed: list[tuple[Any, Any]] = []
    contradictions: list[str] = []
    for start in range(0, len(rows), PART):
        part = rows[start : start + PART]
        stored = _stored(tx, [new.code for new in part])
        for new in part:
            row = stored[new.code]
            if told := _contradictions(new, row):
                contradictions.append(f"line {new.line}: {told}")
            if new.values["geom"] is None or _same(new.values["geom"], row.geom):
                tally.counts["duplicates"] += 1
            else:
                changed.append((row, new.values["geom"]))
    _tell(tally, contradictions)
    _replace(tx, changed, batch_id)
    tally.counts["boundaries"] += len(changed)


def _stored(tx: Tx, codes: Sequence[str]) -> dict[str, Any]:
    above = area.alias()
    rows = tx.conn.execute(
        select(area, above.c.code.label("parent"))
        .outerjoin(above, above.c.id == area.c.parent_id)
        .where(area.c.code.in_(codes), area.c.undone_at.is_(None))
    )
    return {row.code: row for row in rows}


def _same(a: Any, b: Any) -> bool:
    """Whether two boundaries have the same rings, wherever these begin and whichever way they run."""
    return b is not None and bool(shapely.equals_exact(a.normalize(), b.normalize()))


def _replace(tx: Tx, changed: Sequence[tuple[Any, Any]], batch_id: int) -> None:
    for row, geom in changed:
        tx.conn.execute(update(area).where(area.c.id == row.id).values(geom=geom))
    former = [{"area": row.id, "code": row.code, "boundary": _text(row.geom)} for row, _ in changed]
    taken = [(row.id, {"code": row.code, "batch": batch_id}) for row, _ in changed]
    insert_many(tx.conn, event, [tx.event_row(REPLACED, Subject.BATCH, batch_id, data=data) for data in former])
    insert_many(tx.conn, event, [tx.event_row(TAKEN, Subject.AREA, area_id, data=data) for area_id, data in taken])


def _text(geom: Any) -> str | None:
    return None if geom is None else shapely.to_wkb(geom, hex=True, byte_order=1, include_srid=False)


# -- what a row says otherwise ----------------------------------------------------------------------------------------


def _contradictions(new: NewFeature, row: Any) -> str:
    """What a row says otherwise than the store; an empty cell says nothing."""
    said = new.values | {"parent": new.parent}
    differing = [name for name in _COMPARED if said[name] is not None and str(said[name]) != getattr(row, name)]
    if not differing:
        return ""
    theirs = ", ".join(f"{name} {str(said[name])!r}" for name in differing)
    ours = ", ".join(f"{name} {getattr(row, name)!r}" for name in differing)
    return f"area {new.code} has {theirs} in the file, and stays with {ours}"


def _tell(tally: RowTally, contradictions: Sequence[str]) -> None:
    tally.told(contradicting=len(contradictions))
    tally.notes += contradictions[:TOLD]
    if more := len(contradictions[TOLD:]):
        tally.notes.append(f"{more} more rows say otherwise than the store of areas that it has")


# -- undo -------------------------------------------------------------------------------------------------------------


def put_back(tx: Tx, batch_id: int) -> int:
    """Give areas the boundaries that they had before an import. Returns how many.

    Raises Conflict where a later import changed one of them again.
    """
    of_batch = event.c.subject == Subject.BATCH, event.c.subject_id == batch_id, event.c.kind == REPLACED
    rows = tx.conn.execute(select(event.c.id, event.c.data).where(*of_batch).order_by(event.c.id)).all()
    if not rows:
        return 0
    ids = [row.data["area"] for row in rows]
    later = [at for start in range(0, len(ids), PART) for at in _standing(tx, ids[start : start + PART], rows[0].id)]
    _refuse(batch_id, [number for number, _ in later if number != batch_id])
    for row in rows:
        before = row.data["boundary"]
        geom = None if before is None else shapely.from_wkb(before)
        tx.conn.execute(update(area).where(area.c.id == row.data["area"]).values(geom=geom))
    told = [(row.data["area"], {"code": row.data["code"], "batch": batch_id}) for row in rows]
    insert_many(tx.conn, event, [tx.event_row(PUT_BACK, Subject.AREA, area_id, data=data) for area_id, data in told])
    return len(rows)


def refuse_while_taken(tx: Tx, batch_id: int, areas: Select[Any]) -> None:
    """Raise Conflict while boundaries stand that other imports gave to these areas of a batch."""
    _refuse(batch_id, [number for number, _ in _standing(tx, areas) if number != batch_id])


def bounded(tx: Tx, areas: Select[Any]) -> set[int]:
    """Which of these areas have a boundary that a later import gave them."""
    return {area_id for _, area_id in _standing(tx, areas)}


def _standing(tx: Tx, areas: Select[Any] | Sequence[int], after: int = 0) -> list[tuple[int, int]]:
    """(batch, area) of the boundaries taken after an event by imports that are not undone."""
    taken = event.c.subject == Subject.AREA, event.c.kind == TAKEN, event.c.id > after
    rows = tx.conn.execute(select(event.c.subject_id, event.c.data).where(*taken, event.c.subject_id.in_(areas))).all()
    undone = set(tx.conn.execute(select(batch.c.id).where(batch.c.state == BatchState.UNDONE)).scalars())
    return [(row.data["batch"], row.subject_id) for row in rows if row.data["batch"] not in undone]


def _refuse(batch_id: int, later: Iterable[int]) -> None:
    numbers = sorted(set(later), reverse=True)
    if numbers:
        named = ", ".join(f"batch {number}" for number in numbers)
        raise Conflict(
            f"{named} changed boundaries of areas of batch {batch_id} since: undo {named} first", batches=numbers
        )
