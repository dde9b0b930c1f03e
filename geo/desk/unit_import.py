"""Rental units from a table: each row becomes a unit with grid, class and first due date, or says why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, exists, select

from geo.crs import parse_datum
from geo.desk import unit_fields
from geo.desk.board import in_primary
from geo.desk.cells import YES_NO, Columns, PositionCells, Row, cell, choice, day, expected_bounds, number, whole_number
from geo.desk.datum_check import Look
from geo.desk.importing import RowTally, Source, run_import_in_chunks
from geo.desk.locating import Locator
from geo.desk.pins import Pin, PinColumns, table_pins, thinned
from geo.desk.registers import PART, Said, Speaking, Standing, speaking
from geo.desk.tx import Clock, Desk, Tx
from geo.desk.unit_write import NewUnit, Sited, write_units
from geo.errors import BadInput, UnknownDatum
from geo.model import Actor, Assignment, Method, Occupancy, Position, Queue, Register, Subject, Term
from geo.rules.terms import check_term
from geo.store.tables import assignment, rental_unit

OCCUPANCY_WORDS = {
    "let": Occupancy.LET, "vacant": Occupancy.VACANT, "not_let": Occupancy.NOT_LET,
    "出租": Occupancy.LET, "空置": Occupancy.VACANT, "不再出租": Occupancy.NOT_LET,
}  # fmt: skip


@dataclass(frozen=True)
class UnitColumns(Columns):
    """Which column holds what; only ``code`` is needed. ``place`` is the code of a stairwell, building or compound."""

    code: str
    lon: str | None = None
    lat: str | None = None
    datum: str | None = None  # where rows come in several datums
    place: str | None = None
    label: str | None = None
    address: str | None = None
    registered_on: str | None = None
    occupancy: str | None = None
    since: str | None = None
    until: str | None = None
    months: str | None = None
    registered: str | None = None
    rooms: str | None = None
    rooms_vacant: str | None = None


@dataclass(frozen=True)
class UnitImport:
    """One import. datum: of the coordinates, never guessed; None only where rows name theirs or have none.

    spread: whether first due dates are spread over the cycle; None: if the store has no units of another import.
    """

    file_name: str
    file_sha256: str
    columns: UnitColumns
    datum: str | None = None
    spread: bool | None = None
    looks: tuple[Look, ...] = ()
    system: str | None = None  # that the file speaks for

    def pins(self, rows: Iterable[tuple[int, Row]]) -> Iterable[Pin]:
        """The points of the file with what their rows name."""
        c = self.columns
        wanted = PinColumns(c.code, c.lon, c.lat, (c.place,), (c.address,), datum=c.datum)
        return table_pins(thinned(rows), wanted, self.datum)

    def options(self) -> dict[str, Any]:
        datum = parse_datum(self.datum) if self.datum else None
        return {"columns": asdict(self.columns), "datum": datum, "spread": self.spread, "system": self.system}


def import_units(
    desk: Desk,
    job: UnitImport,
    rows: Iterable[tuple[int, Row]],
    clock: Clock,
    actor: Actor,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[int, RowTally]:
    """Import (line number, row) pairs. Returns the batch id and the tally.

    The counts of the tally add up to the rows; a code that the store knows is a duplicate and stays as it is. Raises
    UnknownDatum where columns of coordinates are named and no datum is.
    """
    columns = job.columns
    if (columns.lon or columns.lat) and not (job.datum or columns.datum):
        parse_datum(None)
    with desk.transaction(clock, actor) as tx:
        cells = PositionCells(columns.lon, columns.lat, bounds=expected_bounds(tx))
        register = speaking(tx.conn, tx.today, Register.UNITS, job.system, unit_fields)
    taker = _Taker(job, UnitReader(job, cells, ZoneInfo(desk.store.jurisdiction.timezone)), register)
    source = Source("units", job.file_name, job.file_sha256, job.options(), job.looks)
    tally = RowTally.of_outcomes()
    batch_id = run_import_in_chunks(desk, source, tally, rows, taker.take, clock, actor, progress)
    return batch_id, tally


class UnitReader:
    """Turns a row of text into a NewUnit, or says why not."""

    def __init__(self, job: UnitImport, cells: PositionCells, zone: ZoneInfo) -> None:
        self._columns = job.columns
        self._datum = job.datum
        self._cells = cells
        self._zone = zone

    def read(self, row: Row, today: date) -> NewUnit:
        """Raises BadInput with the column and the value that cannot be taken."""
        columns = self._columns
        code = cell(row, columns.code)
        if code is None:
            raise BadInput(f"column {columns.code} is empty: a unit needs a code of its own", why="empty")
        registered_on = self._day(row, columns.registered_on) or today
        return NewUnit(
            code=code,
            registered_on=registered_on,
            term=self._term(row, registered_on),
            position=self._position(row),
            place_code=cell(row, columns.place),
            label=cell(row, columns.label),
            address=cell(row, columns.address),
        )

    def said(self, row: Row, new: NewUnit) -> dict[str, str]:
        """The fields that the row speaks of, as text: what it leaves empty it does not say."""
        c = self._columns
        given = {
            "place": new.place_code,
            "label": new.label,
            "address": new.address,
            "registered_on": new.registered_on.isoformat() if cell(row, c.registered_on) else None,
            "position": unit_fields.position_text(new.position.lon, new.position.lat) if new.position else None,
        }
        term = unit_fields.term_texts(new.term)
        given |= {name: term[name] if cell(row, getattr(c, name)) else None for name in unit_fields.OF_TERM}
        return {name: text for name, text in given.items() if text is not None}

    def _position(self, row: Row) -> Position | None:
        if cell(row, self._cells.lon) is None and cell(row, self._cells.lat) is None:
            return None
        datum = cell(row, self._columns.datum) or self._datum
        if datum is None:
            raise UnknownDatum(f"column {self._columns.datum} is empty and the import names no datum")
        return self._cells.read(row, parse_datum(datum))

    def _term(self, row: Row, registered_on: date) -> Term:
        columns = self._columns
        registered = choice(columns.registered or "", cell(row, columns.registered), YES_NO)
        rooms = whole_number(columns.rooms or "", cell(row, columns.rooms))
        vacant = whole_number(columns.rooms_vacant or "", cell(row, columns.rooms_vacant))
        term = Term(
            occupancy=choice(columns.occupancy or "", cell(row, columns.occupancy), OCCUPANCY_WORDS) or Occupancy.LET,
            since=self._day(row, columns.since) or registered_on,
            until=self._day(row, columns.until),
            months=number(columns.months or "", cell(row, columns.months)),
            registered=True if registered is None else registered,
            rooms=1 if rooms is None else rooms,
            rooms_vacant=vacant or 0,
        )
        check_term(term)
        return term

    def _day(self, row: Row, column: str | None) -> date | None:
        return day(column or "", cell(row, column), self._zone)


class _Taker:
    """Takes chunks of rows into the batch."""

    def __init__(self, job: UnitImport, reader: UnitReader, register: Speaking) -> None:
        self._job = job
        self._reader = reader
        self._register = register
        self._spread = job.spread
        self._counted: set[str] = set()

    def take(self, tx: Tx, rows: list[tuple[int, Row]], batch_id: int, tally: RowTally) -> None:
        if self._spread is None:
            self._spread = not _has_other_units(tx, batch_id)
        fresh: dict[str, NewUnit] = {}
        lines: dict[str, int] = {}
        said: dict[str, dict[str, str]] = {}
        seen = []
        for line, row in rows:
            try:
                new = self._reader.read(row, tx.today)
            except BadInput as refusal:
                tally.reject(line, row.get(self._job.columns.code), refusal)
                continue
            seen.append(new.code)
            fresh.setdefault(new.code, new)
            lines.setdefault(new.code, line)
            said.setdefault(new.code, self._reader.said(row, new))
        known, ours = _known(tx, list(fresh), batch_id)
        here = [code for code in fresh if code in known and code not in ours and code not in self._counted]
        self._change(tx, batch_id, tally, [Said(known[code], code, lines[code], said[code]) for code in here])
        self._counted.update(here)
        wanted, refused = _sites(tx, [new for code, new in fresh.items() if code not in known])
        for code, reason in refused.items():
            tally.reject(lines[code], code, BadInput(reason, why="unknown"))
            self._counted.add(code)
            seen.remove(code)
        written = write_units(tx, wanted, batch_id, spread=self._spread)
        decided = ours | {each.new.code: unit.assignment for each, unit in zip(wanted, written, strict=True)}
        for code in seen:  # the first row of a code counts as what became of it, every other as a duplicate
            if code in self._counted or code not in decided:
                tally.counts["duplicates"] += 1
            else:
                self._counted.add(code)
                tally.decided(decided[code])

    def _change(self, tx: Tx, batch_id: int, tally: RowTally, said: Sequence[Said]) -> None:
        """Units that are there already: what the file says otherwise is taken, or waits."""
        changes = self._register.compare(tx.conn, said)
        self._register.write(tx, batch_id, changes)
        tally.told(changed=sum(bool(c.owned) for c in changes), disputed=sum(bool(c.disputed) for c in changes))


def preview_units(desk: Desk, job: UnitImport, rows: Iterable[tuple[int, Row]], clock: Clock, actor: Actor) -> Standing:
    """What the import would do to the units that are there. Reads only."""
    with desk.store.read() as conn:
        tx = desk.tx(conn, clock(), actor)
        cells = PositionCells(job.columns.lon, job.columns.lat, bounds=expected_bounds(tx))
        reader = UnitReader(job, cells, tx.zone)
        register = speaking(conn, tx.today, Register.UNITS, job.system, unit_fields)
        standing, left, codes = Standing(register.system), iter(rows), set[str]()
        while part := list(islice(left, PART)):
            said: dict[str, tuple[int, dict[str, str]]] = {}
            for line, row in part:
                with suppress(BadInput):
                    new = reader.read(row, tx.today)
                    if new.code not in codes:
                        said[new.code] = line, reader.said(row, new)
                codes.add((row.get(job.columns.code) or "").strip())  # a row that is refused is not gone
            known, _ = _known(tx, list(said), 0)
            here = [Said(known[code], code, *said[code]) for code in said if code in known]
            standing.add_known(here, register.compare(conn, here))
            for code in (code for code in said if code not in known):
                standing.add("new", code, said[code][0])
        for code in _brought(conn, register.batches(conn)):
            if code not in codes:
                standing.add("gone", code)
    return standing


def _brought(conn: Connection, batch_ids: Sequence[int]) -> list[str]:
    rows = conn.execute(
        select(rental_unit.c.code)
        .where(rental_unit.c.batch_id.in_(batch_ids), rental_unit.c.undone_at.is_(None))
        .order_by(rental_unit.c.code)
    )
    return list(rows.scalars())


def _has_other_units(tx: Tx, batch_id: int) -> bool:
    others = rental_unit.c.batch_id.is_distinct_from(batch_id) & rental_unit.c.undone_at.is_(None)
    return bool(tx.conn.execute(select(exists().where(others))).scalar_one())


def _known(tx: Tx, codes: Sequence[str], batch_id: int) -> tuple[dict[str, int], dict[str, Assignment | None]]:
    """Codes that the store has with their ids; where those lie that this same batch wrote before it was cut off."""
    rows = tx.conn.execute(
        select(rental_unit.c.id.label("unit_id"), rental_unit.c.code, rental_unit.c.batch_id, assignment)
        .select_from(rental_unit.outerjoin(assignment, in_primary(Subject.UNIT, rental_unit.c.id)))
        .where(rental_unit.c.code.in_(codes), rental_unit.c.undone_at.is_(None))
    ).all()
    ours: dict[str, Assignment | None] = {}
    for row in rows:
        if row.batch_id == batch_id:
            method = Method(row.method) if row.method else None
            queue = Queue(row.queue) if row.queue else None
            ours[row.code] = Assignment(
                row.grid_id, None, row.edition or 0, method, queue, ambiguous=bool(row.ambiguous)
            )
    return {row.code: row.unit_id for row in rows}, ours


def _sites(tx: Tx, news: Sequence[NewUnit]) -> tuple[list[Sited], dict[str, str]]:
    """Where each unit is, by its place, its address and its coordinates; and by code why that cannot be said."""
    locator = Locator(tx)
    places = locator.by_codes(new.place_code for new in news if new.place_code)
    sites, refused = [], {}
    for new in news:
        place = places[new.place_code] if new.place_code else None
        if new.place_code and place is None:
            refused[new.code] = f"there is no place {new.place_code!r}: import places first, or leave the cell empty"
            continue
        spot = locator.spot(new.position, new.place_code, new.address)
        sites.append(Sited(new, spot, place.place_id if place else locator.belongs_to(spot)))
    return sites, refused
