"""What imports of areas and places share: features with codes, geometries in any datum, parents in any order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import shapely
from sqlalchemy import Table, func, select, update

from geo.crs import parse_datum
from geo.desk import batches
from geo.desk.cells import Row, cell
from geo.desk.datum_check import Look
from geo.desk.importing import RowTally, Source
from geo.desk.tx import Tx
from geo.errors import BadInput, Conflict
from geo.model import Subject
from geo.store.insert import insert_many
from geo.store.tables import event

COUNTS = ("imported", "duplicates", "rejected")

Feature = tuple[int, Row, Any]  # line, cells, geometry or None


@dataclass(frozen=True)
class FeatureImport:
    """One import. columns: a dataclass of column names. datum: a datum or CRS of all coordinates, None without any."""

    file_name: str
    file_sha256: str
    columns: Any
    datum: str | None = None
    looks: tuple[Look, ...] = ()
    system: str | None = None  # that the file speaks for

    def source(self, kind: str) -> Source:
        options = {"columns": asdict(self.columns), "datum": self.datum, "system": self.system}
        return Source(kind, self.file_name, self.file_sha256, options, self.looks)


@dataclass(frozen=True)
class NewFeature:
    """A row that was read: its values, and the code of its parent."""

    line: int
    values: dict[str, Any]
    parent: str | None

    @property
    def code(self) -> str:
        return str(self.values["code"])


def metric_geometries(tx: Tx, features: Sequence[Feature], datum: str | None) -> list[Any]:
    """The geometries in the metric CRS, None where a row has none."""
    geoms = [None if geom is None or geom.is_empty else geom for _, _, geom in features]
    if not any(geom is not None for geom in geoms):
        return geoms
    moved: list[Any] = tx.atlas.metric.from_source(shapely.force_2d(geoms), parse_datum(datum)).tolist()
    return moved


def read_features(
    tally: RowTally,
    features: Sequence[Feature],
    code: str,
    read: Callable[[int, Row], tuple[dict[str, Any], str | None]],
) -> list[NewFeature]:
    news = []
    for i, (line, row, _) in enumerate(features):
        try:
            values, parent = read(i, row)
            _check_geometry(values["geom"])
        except BadInput as refusal:
            tally.reject(line, row.get(code), refusal)
            continue
        news.append(NewFeature(line, values, parent))
    return news


def _check_geometry(geom: Any) -> None:
    if geom is None:
        return
    if not shapely.is_valid(geom):
        raise BadInput(f"its geometry is invalid: {shapely.is_valid_reason(geom)}", why="geometry")
    if not all(abs(v) < float("inf") for v in geom.bounds):
        raise BadInput("its coordinates have no place in the metric CRS of this store", why="range")


def without_duplicates(tally: RowTally, news: Sequence[NewFeature], known: Mapping[str, Any]) -> list[NewFeature]:
    fresh: dict[str, NewFeature] = {}
    for new in news:
        if new.code in known or new.code in fresh:
            tally.counts["duplicates"] += 1
        else:
            fresh[new.code] = new
    return list(fresh.values())


def write_features(
    tx: Tx, table: Table, subject: Subject, kind: str, rows: Sequence[dict[str, Any]], tally: RowTally
) -> list[int]:
    ids = insert_many(tx.conn, table, rows)
    insert_many(
        tx.conn,
        event,
        [tx.event_row(kind, subject, i, data={"code": r["code"]}) for i, r in zip(ids, rows, strict=True)],
    )
    tally.counts["imported"] += len(ids)
    return ids


def codes_in(tx: Tx, table: Table) -> dict[str, int]:
    return {
        row.code: row.id for row in tx.conn.execute(select(table.c.code, table.c.id).where(table.c.undone_at.is_(None)))
    }


def needed(row: Row, column: str) -> str:
    value = cell(row, column)
    if value is None:
        raise BadInput(f"column {column} is empty", why="empty")
    return value


def date_text(on: date | None) -> str | None:
    return on.isoformat() if on else None


def refuse_while_used(tx: Tx, batch_id: int, what: str, uses: Mapping[str, Any]) -> None:
    """Raise Conflict naming every query of ``uses`` (words -> select of a count) that finds something."""
    found = {words: tx.conn.execute(query).scalar_one() for words, query in uses.items()}
    used = {words: count for words, count in found.items() if count}
    if used:
        listed = ", ".join(f"{count} {words}" for words, count in used.items())
        raise Conflict(f"the {what} of batch {batch_id} are in use by {listed}: undo those first", **used)


def take_back(tx: Tx, table: Table, subject: Subject, kind: str, batch_id: int) -> int:
    """Mark the batch's rows undone, with an event each. Returns how many."""
    mine = table.c.batch_id == batch_id, table.c.undone_at.is_(None)
    ids = tx.conn.execute(select(table.c.id).where(*mine).order_by(table.c.id)).scalars().all()
    insert_many(tx.conn, event, [tx.event_row(kind, subject, each) for each in ids])
    tx.conn.execute(update(table).where(*mine).values(undone_at=tx.now))
    batches.mark_undone(tx, batch_id, {"withdrawn": len(ids)})
    return len(ids)


def count(table: Table, *conditions: Any) -> Any:
    return select(func.count()).select_from(table).where(*conditions)
