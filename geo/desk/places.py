"""Places of interest other than grids and rental units: compounds, buildings, stairwells, lanes, markets.

A file is taken whole in one transaction: its rows refer to each other, parents in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import or_, select

from geo.crs import parse_datum
from geo.desk.cells import Columns, PositionCells, Row, cell, choice, expected_bounds, whole_number
from geo.desk.features import (
    COUNTS,
    Feature,
    FeatureImport,
    NewFeature,
    codes_in,
    count,
    metric_geometries,
    needed,
    read_features,
    refuse_while_used,
    take_back,
    without_duplicates,
    write_features,
)
from geo.desk.importing import RowTally, run_import
from geo.desk.pins import Pin, PinColumns, layer_pins, thinned
from geo.desk.place_fields import PlaceFields
from geo.desk.place_parts import assign_places, end_parts
from geo.desk.registers import Said, Speaking, Standing, speaking
from geo.desk.tx import Desk, Tx
from geo.errors import BadInput
from geo.model import Actor, PlaceKind, Register, Subject
from geo.store.tables import appointment, area, place, post, rental_unit

KIND_WORDS = {kind.value: kind for kind in PlaceKind} | {
    "小区": PlaceKind.COMPOUND, "楼栋": PlaceKind.BUILDING, "楼道": PlaceKind.STAIRWELL, "单元": PlaceKind.STAIRWELL,
    "背街小巷": PlaceKind.LANE, "市场": PlaceKind.MARKET, "疏导点": PlaceKind.RELIEF_POINT, "其他": PlaceKind.OTHER,
}  # fmt: skip


@dataclass(frozen=True)
class PlaceColumns(Columns):
    """Which column holds what. ``lon`` and ``lat`` serve tables; a layer brings geometries."""

    code: str
    name: str
    kind: str
    parent: str | None = None
    area: str | None = None
    name_en: str | None = None
    address: str | None = None
    households: str | None = None
    lon: str | None = None
    lat: str | None = None


def place_pins(job: FeatureImport, rows: Iterable[Feature]) -> Iterable[Pin]:
    """The points of the file with what their rows name: the place as the store knows it, its parent, its area."""
    c: PlaceColumns = job.columns
    wanted = PinColumns(c.code, c.lon, c.lat, (c.code, c.parent), (c.address,), c.area)
    return layer_pins(thinned(rows), wanted, job.datum)


def import_places(
    desk: Desk, job: FeatureImport, rows: Iterable[Feature], clock: Callable[[], datetime], actor: Actor
) -> tuple[int, RowTally]:
    """Import (line number, row, geometry or None) as places: points, lines, polygons. Returns batch id and tally.

    A row without a geometry needs lon and lat. Parents (the building of a stairwell) are in the file or in the store.
    """
    columns: PlaceColumns = job.columns
    tally = RowTally(COUNTS)

    def take(tx: Tx, features: list[Feature], batch_id: int, tally: RowTally) -> None:
        news, known = _read_places(tx, job, features, tally), codes_in(tx, place)
        register = _register(tx, job)
        changes = register.compare(tx.conn, _said(columns, register, features, news, known))
        register.write(tx, batch_id, changes)
        tally.told(changed=sum(bool(c.owned) for c in changes), disputed=sum(bool(c.disputed) for c in changes))
        _write_places(tx, without_duplicates(tally, news, known), known, batch_id, tally)

    return run_import(desk, job.source("places"), tally, rows, take, clock, actor), tally


def preview_places(
    desk: Desk, job: FeatureImport, rows: Sequence[Feature], clock: Callable[[], datetime], actor: Actor
) -> Standing:
    """What the import would do to the places that are there. Reads only."""
    columns: PlaceColumns = job.columns
    with desk.store.read() as conn:
        tx = desk.tx(conn, clock(), actor)
        news, known, register = _read_places(tx, job, rows, RowTally(COUNTS)), codes_in(tx, place), _register(tx, job)
        standing = Standing(register.system)
        said = _said(columns, register, rows, news, known)
        standing.add_known(said, register.compare(conn, said))
        for new in {new.code: new for new in reversed(news)}.values():
            if new.code not in known:
                standing.add("new", new.code, new.line)
        there = {(row.get(columns.code) or "").strip() for _, row, _ in rows}
        mine = place.c.batch_id.in_(register.batches(conn)), place.c.undone_at.is_(None)
        for code in conn.execute(select(place.c.code).where(*mine).order_by(place.c.code)).scalars():
            if code not in there:
                standing.add("gone", code)
    return standing


def _register(tx: Tx, job: FeatureImport) -> Speaking:
    fields = PlaceFields(tx.atlas.metric)
    return speaking(tx.conn, tx.today, Register.PLACES, job.system, fields)


def _said(
    columns: PlaceColumns,
    register: Speaking,
    features: Sequence[Feature],
    news: Sequence[NewFeature],
    known: Mapping[str, int],
) -> list[Said]:
    """What the rows say of places that are there, without what they leave empty."""
    rows = {line: row for line, row, _ in features}
    found: dict[str, Said] = {}
    assert isinstance(register.fields, PlaceFields)
    for new in news:
        if new.code in known and new.code not in found:
            row, values = rows[new.line], new.values
            given = {
                "name": cell(row, columns.name),
                "name_en": values["name_en"],
                "kind": str(values["kind"]),
                "parent": new.parent,
                "area": cell(row, columns.area),
                "address": values["address"],
                "households": None if values["households"] is None else str(values["households"]),
                "position": register.fields.position(values["geom"]),
            }
            told = {name: text for name, text in given.items() if text is not None}
            found[new.code] = Said(known[new.code], new.code, new.line, told)
    return list(found.values())


def _read_places(tx: Tx, job: FeatureImport, features: Sequence[Feature], tally: RowTally) -> list[NewFeature]:
    columns: PlaceColumns = job.columns
    cells = PositionCells(columns.lon, columns.lat, bounds=expected_bounds(tx))
    geoms = metric_geometries(tx, features, job.datum)
    areas = codes_in(tx, area)

    def read(i: int, row: Row) -> tuple[dict[str, Any], str | None]:
        geom = geoms[i] if geoms[i] is not None else _point(tx, cells, row, job.datum)
        return _place(columns, row, geom, areas)

    return read_features(tally, features, columns.code, read)


def _point(tx: Tx, cells: PositionCells, row: Row, datum: str | None) -> Any:
    at = cells.read(row, parse_datum(datum)) if cells.lon and cells.lat else None
    if at is None:
        raise BadInput("no geometry and no coordinates: a place needs a point, a line or a polygon", why="geometry")
    x, y = tx.atlas.metric.project(at.lon, at.lat)
    return shapely.Point(float(x), float(y))


def _place(columns: PlaceColumns, row: Row, geom: Any, areas: Mapping[str, int]) -> tuple[dict[str, Any], str | None]:
    kind = choice(columns.kind, cell(row, columns.kind), KIND_WORDS)
    if kind is None:
        raise BadInput(f"{columns.kind} is empty: give one of {', '.join(PlaceKind)}", why="empty")
    area_code = cell(row, columns.area)
    if area_code and area_code not in areas:
        raise BadInput(f"there is no area {area_code!r}: import areas first, or leave the cell empty", why="unknown")
    households = whole_number(columns.households or "", cell(row, columns.households))
    if households is not None and households < 0:
        raise BadInput(f"{columns.households} is {households}: a number of households is 0 or more")
    values = {
        "code": needed(row, columns.code),
        "kind": kind,
        "name": cell(row, columns.name) or needed(row, columns.code),
        "name_en": cell(row, columns.name_en),
        "area_id": areas[area_code] if area_code else None,
        "address": cell(row, columns.address),
        "households": households,
        "geom": geom,
    }
    return values, cell(row, columns.parent)


def _write_places(tx: Tx, news: Sequence[NewFeature], known: Mapping[str, int], batch_id: int, tally: RowTally) -> None:
    """Parents before children, whatever their order in the file; what hangs on a refused or missing one is refused."""
    ids, waiting = dict(known), list(news)
    while waiting:
        ready = [new for new in waiting if new.parent is None or new.parent in ids]
        if not ready:
            break
        rows = [{**n.values, "parent_id": ids[n.parent] if n.parent else None, "batch_id": batch_id} for n in ready]
        made = write_features(tx, place, Subject.PLACE, "place.imported", rows, tally)
        assign_places(tx, made)
        ids |= {new.code: new_id for new, new_id in zip(ready, made, strict=True)}
        waiting = [new for new in waiting if new.code not in ids]
    for new in waiting:
        reason = f"there is no place {new.parent!r} to be its parent, neither in this file nor in the store"
        tally.reject(new.line, new.code, BadInput(reason, why="unknown"))


def undo_places(tx: Tx, batch_id: int) -> int:
    """Take back the places of an import. Returns how many. Raises Conflict while anything refers to them."""
    mine = select(place.c.id).where(place.c.batch_id == batch_id, place.c.undone_at.is_(None))
    other = or_(place.c.batch_id != batch_id, place.c.batch_id.is_(None))
    held = select(post.c.id).where(post.c.place_id.in_(mine))
    uses = {
        "rental units": count(rental_unit, rental_unit.c.place_id.in_(mine), rental_unit.c.undone_at.is_(None)),
        "other places": count(place, place.c.parent_id.in_(mine), place.c.undone_at.is_(None), other),
        "appointments": count(appointment, appointment.c.post_id.in_(held), appointment.c.to_at.is_(None)),
    }
    refuse_while_used(tx, batch_id, "places", uses)
    end_parts(tx, mine)
    return take_back(tx, place, Subject.PLACE, "place.withdrawn", batch_id)
