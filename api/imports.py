"""Imports as the command line and the HTTP interface both run them: a file, its kind and options in, an outcome out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from api.schemas.imports import (
    AreaOptions,
    GridOptions,
    MicroGridOptions,
    Options,
    PeopleOptions,
    PlaceOptions,
    ReportOptions,
    UnitOptions,
)
from geo import files
from geo.desk import (
    area_boundaries,
    areas,
    batches,
    boundaries,
    datum_check,
    disputes,
    grid_undo,
    held,
    people_import,
    places,
    unit_import,
    units,
)
from geo.desk.areas import AreaColumns, import_areas
from geo.desk.datum_check import Look
from geo.desk.features import Feature, FeatureImport
from geo.desk.importing import Reject
from geo.desk.microgrids import import_micro_grids
from geo.desk.people_import import PeopleImport, import_people
from geo.desk.people_rows import PeopleColumns
from geo.desk.pins import Pin
from geo.desk.places import PlaceColumns, import_places
from geo.desk.registers import Standing
from geo.desk.report_import import ReportColumns, ReportImport, import_reports
from geo.desk.tx import Desk, Tx
from geo.desk.unit_import import UnitColumns, UnitImport, import_units
from geo.errors import BadInput, Conflict, MissingColumn, NotFound
from geo.files.grids import require_columns
from geo.model import Actor, BatchState

Clock = Callable[[], datetime]
Progress = Callable[[int], None]
C = TypeVar("C", UnitColumns, PeopleColumns, AreaColumns, PlaceColumns)

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".xlsx"})


@dataclass(frozen=True)
class Outcome:
    """What an import did. summary: as printed and kept with the batch. rejects: rows not taken, with their lines.

    Before anything was written: looks, what was seen of its points under each datum; standing, what its rows were to
    those that were there.
    """

    summary: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    rejects: tuple[Reject, ...] = ()
    looks: tuple[Look, ...] = ()
    standing: Standing | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "summary": dict(self.summary),
            "notes": list(self.notes),
            "rejects": [asdict(reject) for reject in self.rejects],
            "datum": [look.as_json() for look in self.looks],
            "register": self.standing.as_json() if self.standing else None,
        }


@dataclass(frozen=True)
class Preview:
    """What an import would do, for somebody to look at before it does it."""

    looks: tuple[Look, ...] = ()
    standing: Standing | None = None

    def as_json(self) -> dict[str, Any]:
        register = self.standing.as_json() if self.standing else None
        return {"datum": [look.as_json() for look in self.looks], "register": register}


@dataclass(frozen=True)
class Job:
    """One import about to run. The file's own name is kept with the batch. shown: what a preview came to, if any."""

    desk: Desk
    path: Path
    clock: Clock
    actor: Actor
    progress: Progress = lambda _: None
    shown: Preview | None = None

    @property
    def name(self) -> str:
        return self.path.name

    def sha256(self) -> str:
        with self.path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()


def _grids(job: Job, options: GridOptions) -> Outcome:
    file = files.read_grids(
        job.path, code=options.code, name=options.name, parent=options.parent, source_crs=options.source_crs
    )
    prepared = boundaries.prepare(file, job.desk.store.jurisdiction.metric_srid, repair=options.repair)
    with job.desk.transaction(job.clock, job.actor) as tx:
        done = boundaries.import_grids(tx, prepared, file_sha256=job.sha256(), scheme_name=options.scheme)
    return Outcome({"batch": done.batch, "rows": done.rows, **done.counts}, done.notes)


def _micro_grids(job: Job, options: MicroGridOptions) -> Outcome:
    file = files.read_grids(
        job.path, code=options.code, name=options.name, parent=options.parent, source_crs=options.source_crs
    )
    with job.desk.transaction(job.clock, job.actor) as tx:
        done = import_micro_grids(tx, file, file_sha256=job.sha256(), scheme_name=options.scheme)
    return Outcome({"batch": done.batch, "rows": done.rows, **done.counts}, done.notes)


def _look(job: Job, options: ReportOptions | UnitOptions | PlaceOptions, pins: Iterable[Pin]) -> tuple[Look, ...]:
    """What the points of a file look like under each datum; before anything is written, and without writing."""
    if job.shown is not None:
        return job.shown.looks
    confirmed = [each for each in (options.confirm_datum or "").split(",") if each.strip()]
    with job.desk.store.read() as conn:
        return tuple(datum_check.look(conn, job.desk.atlas, job.desk.addresses.book(conn), list(pins), confirmed))


def _report_import(job: Job, options: ReportOptions) -> ReportImport:
    columns = ReportColumns(**options.model_dump(exclude={"datum", "source", "confirm_datum"}))
    source = options.source or job.path.stem
    rows = files.read_table(job.path, columns.named()).rows
    wanted = ReportImport(job.name, job.sha256(), columns, options.datum, source)
    return replace(wanted, looks=_look(job, options, wanted.pins(rows)))


def _preview_reports(job: Job, options: ReportOptions) -> Preview:
    return Preview(_report_import(job, options).looks)


def _reports(job: Job, options: ReportOptions) -> Outcome:
    wanted = _report_import(job, options)
    table = files.read_table(job.path, wanted.columns.named())
    batch_id, tally = import_reports(job.desk, wanted, table.rows, job.clock, job.actor, job.progress)
    notes = list(table.notes)
    if swapped := tally.extra["swapped"]:
        notes.append(f"{swapped} rows look as if longitude and latitude were swapped: see the rejects")
    return Outcome(tally.summary(batch_id), tuple(notes), tuple(tally.rejects), wanted.looks)


def _unit_import(job: Job, options: UnitOptions) -> UnitImport:
    there = files.read_table(job.path).columns
    columns = _chosen(UnitColumns, options, there, datum=options.datum_column)
    wanted = UnitImport(job.name, job.sha256(), columns, options.datum, options.spread, system=options.system)
    rows = files.read_table(job.path, columns.named()).rows
    return replace(wanted, looks=_look(job, options, wanted.pins(rows)))


def _preview_units(job: Job, options: UnitOptions) -> Preview:
    wanted = _unit_import(job, options)
    return Preview(wanted.looks, _unit_standing(job, wanted))


def _unit_standing(job: Job, wanted: UnitImport) -> Standing:
    rows = files.read_table(job.path, wanted.columns.named()).rows
    return unit_import.preview_units(job.desk, wanted, rows, job.clock, job.actor)


def _units(job: Job, options: UnitOptions) -> Outcome:
    wanted = _unit_import(job, options)
    standing = job.shown.standing if job.shown else _unit_standing(job, wanted)
    table = files.read_table(job.path, wanted.columns.named())
    batch_id, tally = import_units(job.desk, wanted, table.rows, job.clock, job.actor, job.progress)
    return Outcome(tally.summary(batch_id), tuple(table.notes), tuple(tally.rejects), wanted.looks, standing)


def _people_import(job: Job, options: PeopleOptions) -> tuple[PeopleImport, files.Table]:
    columns = _chosen(PeopleColumns, options, files.read_table(job.path).columns)
    table = files.read_table(job.path, columns.named())
    return PeopleImport(job.name, job.sha256(), columns, options.system), table


def _preview_people(job: Job, options: PeopleOptions) -> Preview:
    wanted, table = _people_import(job, options)
    return Preview((), people_import.preview_people(job.desk, wanted, table.rows, job.clock, job.actor))


def _people(job: Job, options: PeopleOptions) -> Outcome:
    standing = (job.shown or _preview_people(job, options)).standing
    wanted, table = _people_import(job, options)
    batch_id, tally = import_people(job.desk, wanted, table.rows, job.clock, job.actor)
    return Outcome(tally.summary(batch_id), tuple(table.notes), tuple(tally.rejects), (), standing)


def _areas(job: Job, options: AreaOptions) -> Outcome:
    wanted, rows, notes = _feature_import(job, options, options.datum, AreaColumns)
    batch_id, tally = import_areas(job.desk, wanted, rows, job.clock, job.actor)
    return Outcome(tally.summary(batch_id), (*notes, *tally.notes), tuple(tally.rejects))


def _place_import(job: Job, options: PlaceOptions) -> tuple[FeatureImport, list[Feature], tuple[str, ...]]:
    wanted, rows, notes = _feature_import(job, options, options.datum, PlaceColumns)
    wanted = replace(wanted, system=options.system)
    return replace(wanted, looks=_look(job, options, places.place_pins(wanted, rows))), rows, notes


def _preview_places(job: Job, options: PlaceOptions) -> Preview:
    wanted, rows, _ = _place_import(job, options)
    return _standing_of(job, wanted, rows)


def _standing_of(job: Job, wanted: FeatureImport, rows: Sequence[Feature]) -> Preview:
    return Preview(wanted.looks, places.preview_places(job.desk, wanted, rows, job.clock, job.actor))


def _places(job: Job, options: PlaceOptions) -> Outcome:
    wanted, rows, notes = _place_import(job, options)
    standing = (job.shown or _standing_of(job, wanted, rows)).standing
    batch_id, tally = import_places(job.desk, wanted, rows, job.clock, job.actor)
    return Outcome(tally.summary(batch_id), notes, tuple(tally.rejects), wanted.looks, standing)


def _feature_import(
    job: Job, options: Options, datum: str | None, kind: type[Any]
) -> tuple[FeatureImport, list[Feature], tuple[str, ...]]:
    """Areas and places come as a layer with geometries, or as a table; either is taken whole."""
    if job.path.suffix.lower() in TABLE_SUFFIXES:
        columns = _chosen(kind, options, files.read_table(job.path).columns)
        table = files.read_table(job.path, columns.named())
        rows: list[Feature] = [(line, row, None) for line, row in table.rows]
        notes = table.notes
    else:
        layer = files.read_features(job.path, datum)
        columns = _chosen(kind, options, layer.columns)
        require_columns(job.name, layer.columns, columns.named())
        rows = [
            (line, {name: None if value is None else str(value) for name, value in row.items()}, geom)
            for line, (row, geom) in enumerate(zip(layer.rows, layer.geoms, strict=True), start=1)
        ]
        notes, datum = layer.notes, layer.crs
    return FeatureImport(job.name, job.sha256(), columns, datum), rows, tuple(notes)


def _chosen(kind: type[C], options: Options, there: Sequence[str], **said: str | None) -> C:
    """The columns that the user named; for a field left open the column of the very same name, where there is one.

    Raises MissingColumn for a needed field without either.
    """
    given = options.model_dump() | said
    named: dict[str, Any] = {
        field.name: given.get(field.name) or (field.name if field.name in there else None) for field in fields(kind)
    }
    lacking = [field.name for field in fields(kind) if field.default is MISSING and named[field.name] is None]
    if lacking:
        flags = ", ".join(f"--{name.replace('_', '-')} COL" for name in lacking)
        raise MissingColumn(f"Say which column to take: {flags}. The file has {', '.join(map(repr, there))}.")
    return kind(**named)


@dataclass(frozen=True)
class Kind:
    """One kind of import: what may be said about its file, how it runs, how it is undone.

    undo: takes back what it brought. put_back: gives rows that were there before what they had then.
    """

    options: type[Options]
    run: Callable[[Job, Any], Outcome]
    undo: Callable[..., int]
    preview: Callable[[Job, Any], Preview] | None = None
    put_back: Callable[[Tx, int], int] | None = None


KINDS: Mapping[str, Kind] = {
    "grids": Kind(GridOptions, _grids, grid_undo.undo_grids),
    "micro-grids": Kind(MicroGridOptions, _micro_grids, grid_undo.undo_grids),
    "reports": Kind(ReportOptions, _reports, batches.undo_reports, _preview_reports),
    "units": Kind(UnitOptions, _units, units.undo_units, _preview_units),
    "areas": Kind(AreaOptions, _areas, areas.undo_areas, put_back=area_boundaries.put_back),
    "places": Kind(PlaceOptions, _places, places.undo_places, _preview_places),
    "people": Kind(PeopleOptions, _people, people_import.undo_people, _preview_people),
}
# Work that people did on what an import brought is withdrawn only when they say so.
CAN_BE_WORKED_ON = frozenset({"reports", "units"})


def kind_named(name: str) -> Kind:
    """The kind of that name. NotFound for another."""
    if name not in KINDS:
        raise NotFound(f"There is no import of {name}: there are {', '.join(KINDS)}.")
    return KINDS[name]


def parse_options(kind: str, given: str | bytes | Mapping[str, Any]) -> Options:
    """Options from JSON text or a mapping. BadInput names what is wrong with them."""
    model = kind_named(kind).options
    try:
        return model.model_validate_json(given) if isinstance(given, str | bytes) else model.model_validate(given)
    except ValidationError as error:
        listed = error.errors(include_input=False, include_url=False)
        mistakes = [f"{'.'.join(map(str, item['loc'])) or 'options'}: {item['msg']}" for item in listed]
        raise BadInput("Options that cannot be taken: " + "; ".join(mistakes[:5])) from None


def run(kind: str, job: Job, options: Options) -> Outcome:
    """Import a file. Bad rows are in the outcome; raises what concerns the whole file, with nothing stored."""
    return kind_named(kind).run(job, options)


def preview(kind: str, job: Job, options: Options) -> Preview:
    """What the import of a file would do. Writes nothing; empty for kinds of which there is nothing to show."""
    shows = kind_named(kind).preview
    return shows(job, options) if shows else Preview()


def undo(tx: Tx, batch_id: int, *, even_worked: bool = False) -> dict[str, Any]:
    """Undo an import as one verb, even one of reports or units that still runs, which ends it.

    NotFound without such a batch, Conflict when it is undone already or what it brought is in use.
    """
    row = batches.get(tx, batch_id)
    if row.state == BatchState.UNDONE:
        raise Conflict(f"Batch {batch_id} is undone already.")
    kind, worked = kind_named(row.kind), {"even_worked": even_worked} if row.kind in CAN_BE_WORKED_ON else {}
    put_back = disputes.undo(tx, batch_id, even_worked=even_worked)
    put_back += kind.put_back(tx, batch_id) if kind.put_back else 0
    taken_back = kind.undo(tx, batch_id, **worked)
    held.release_undone(tx, row)
    return {"batch": batch_id, "kind": row.kind, "undone": taken_back, "put_back": put_back}
