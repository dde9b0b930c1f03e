"""``gridwarden import``: files into a store, here or through the service that holds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from api.cli_base import CLI_ACTOR, counting, json_option, open_desk, result, say, store_option
from api.clock import utc_now
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
from geo.errors import FaultyCoverage, StoreHeld


@click.group("import")
def importing() -> None:
    """Import a file as one batch, which `import undo` takes back."""


def options_of(model: type[BaseModel], **helps: str) -> Callable[[Any], Any]:
    """Click options for every field of the model: ``--source-crs`` for ``source_crs``."""

    def decorate(function: Any) -> Any:
        for name, field in reversed(model.model_fields.items()):
            flag = f"--{name.replace('_', '-')}"
            text = helps.get(name, field.description or "")
            if field.annotation is bool or name == "spread":
                declared = flag if field.annotation is bool else f"{flag}/--no-{name}"
                function = click.option(declared, name, is_flag=True, default=field.default, help=text)(function)
            else:
                needed = field.default is PydanticUndefined
                hint = "COL" if "column" in text.lower() else name.upper()
                function = click.option(flag, name, required=needed, metavar=hint, help=text)(function)
        return function

    return decorate


file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=True, path_type=Path))


yes_option = click.option("--yes", is_flag=True, help="Do not ask, even on a terminal, after what is shown.")


dry_run_option = click.option("--dry-run", is_flag=True, help="Show what it would do, and write nothing.")


def _import(kind: str, file: Path, store: str, as_json: bool, given: dict[str, Any]) -> None:
    """Run an import and say what came of it."""
    from api import imports

    yes, dry_run = bool(given.pop("yes", False)), bool(given.pop("dry_run", False))
    options = imports.parse_options(kind, {name: value for name, value in given.items() if value is not None})
    try:
        outcome = _preview(kind, file, store, options) if dry_run else _run(kind, file, store, options, yes)
    except FaultyCoverage as faulty:
        _write_faults(file, faulty)
        raise
    if dry_run:
        result(_dry(outcome), as_json)
        return
    for note in outcome["notes"]:
        say(note)
    summary = dict(outcome["summary"])
    _clear(_faults_beside(file))
    if outcome["rejects"]:
        _write_rejects(file, outcome["rejects"])
    else:
        _clear(_rejects_beside(file))
    result(summary, as_json)


def _preview(kind: str, file: Path, store: str, options: Options) -> dict[str, Any]:
    """Show what it would do, here or as the service that holds the store sees it. Writes nothing."""
    from api import cli_preview, imports
    from api.remote import Remote

    try:
        with open_desk(store) as desk:
            told = imports.preview(kind, imports.Job(desk, file, utc_now, CLI_ACTOR), options).as_json()
    except StoreHeld as busy:
        if not busy.details.get("url"):
            raise
        with Remote(store, busy.details["url"]) as remote:
            told = remote.preview_import(kind, file, options)
    cli_preview.show(told)
    return told


def _dry(preview: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a preview, as a summary."""
    register = {name: value for name, value in (preview["register"] or {}).items() if name != "first"}
    return {"dry_run": True, **register, **{f"datum_{look['datum']}": look["verdict"] for look in preview["datum"]}}


def _run(kind: str, file: Path, store: str, options: Options, yes: bool) -> dict[str, Any]:
    """Show what it would do, ask where somebody has to look, and do it."""
    from api import cli_preview, held, imports
    from api.remote import Remote

    try:
        with open_desk(store) as desk:
            job = imports.Job(desk, file, utc_now, CLI_ACTOR, counting("rows"))
            shown = imports.preview(kind, job, options)
            cli_preview.show(shown.as_json())
            cli_preview.agreed(shown.as_json(), yes)
            return held.run(kind, replace(job, shown=shown), options).as_json()
    except StoreHeld as busy:
        if not busy.details.get("url"):
            raise
        say(f"A service holds the store: sending the file to {busy.details['url']}")
        with Remote(store, busy.details["url"]) as remote:
            if imports.KINDS[kind].preview:
                told = remote.preview_import(kind, file, options)
                cli_preview.show(told)
                cli_preview.agreed(told, yes)
            return remote.run_import(kind, file, options)


def _rejects_beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.rejects.csv")


def _faults_beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.faults.geojson")


def _clear(beside: Path) -> None:
    """Remove what an earlier import laid beside the file: it tells of rows or faults that are no more."""
    try:
        beside.unlink()
    except FileNotFoundError:
        return
    except OSError as failure:
        say(f"{beside} is of an earlier import, and cannot be removed ({failure.strerror})")
        return
    say(f"{beside} of an earlier import is removed")


def _write_rejects(file: Path, rejects: Sequence[Mapping[str, Any]]) -> None:
    """Lay the rows that were not taken beside the file; say them where that cannot be, for the import is done."""
    from geo.files import write_csv

    beside = _rejects_beside(file)
    try:
        write_csv(beside, ["line", "ref", "reason"], rejects, replace=True)
        say(f"{len(rejects)} rows were not taken: their lines and reasons are in {beside}")
    except OSError as failure:
        say(f"{len(rejects)} rows were not taken, and {beside} cannot be written ({failure.strerror}):")
        for reject in rejects:
            say(f"line {reject['line']}: {reject['reason']}")


def _write_faults(file: Path, faulty: FaultyCoverage) -> None:
    """Lay the faults beside the file, for a look in QGIS."""
    for fault in faulty.details.get("faults", ()):
        say(json.dumps(fault, ensure_ascii=False, default=str))
    if geojson := faulty.details.get("geojson"):
        beside = _faults_beside(file)
        try:
            beside.write_text(json.dumps(geojson, ensure_ascii=False), "utf-8")
            say(f"All {faulty.details.get('count', '')} faults with their places are in {beside}")
        except OSError as failure:
            say(f"{beside} cannot be written ({failure.strerror})")


@importing.command("grids")
@file_argument
@store_option
@options_of(
    GridOptions,
    code="Column with the code of each grid.",
    name="Column with its name; the code if not said.",
    parent="Column with the code of its area; all hang under one root if not said.",
    scheme="Way of dividing the jurisdiction; the primary one if not said.",
    repair="Mend overlaps and gaps where that moves little, and say what moved.",
)
@click.option("--commit", is_flag=True, help="Publish at once, as the first grids of a scheme always are.")
@json_option
def grids(file: Path, store: str, as_json: bool, commit: bool, **given: Any) -> None:
    """Import grids as an edition. Faulty ones are refused, with each fault's place and size.

    A scheme that has grids is refused, with --commit or without: `gridwarden draft` changes them.
    """
    _import("grids", file, store, as_json, given)


@importing.command("micro-grids")
@file_argument
@store_option
@options_of(
    MicroGridOptions,
    code="Column with the code of each micro-grid.",
    name="Column with its name; the code if not said.",
    parent="Column with the code of its grid.",
    scheme="Way of dividing the jurisdiction; the primary one if not said.",
)
@json_option
def micro_grids(file: Path, store: str, as_json: bool, **given: Any) -> None:
    """Import the divisions of grids, as part of the next edition. They lie inside their grid and do not overlap."""
    _import("micro-grids", file, store, as_json, given)


@importing.command("reports")
@file_argument
@store_option
@options_of(ReportOptions, ref="Column with the report's own number at its source.")
@dry_run_option
@yes_option
@json_option
def reports(file: Path, store: str, as_json: bool, **given: Any) -> None:
    """Import reports from CSV, Excel or Parquet; each finds its grid, or a queue."""
    _import("reports", file, store, as_json, given)


@importing.command("units")
@file_argument
@store_option
@options_of(UnitOptions, spread="Spread first due dates over the cycle; done for the first import if not said.")
@dry_run_option
@yes_option
@json_option
def units(file: Path, store: str, as_json: bool, **given: Any) -> None:
    """Import rental units; each gets its class and its due date."""
    _import("units", file, store, as_json, given)


@importing.command("areas")
@file_argument
@store_option
@options_of(AreaOptions)
@json_option
def areas(file: Path, store: str, as_json: bool, **given: Any) -> None:
    """Import the administrative tree, and official boundaries also for areas that are there."""
    _import("areas", file, store, as_json, given)


@importing.command("places")
@file_argument
@store_option
@options_of(PlaceOptions)
@dry_run_option
@yes_option
@json_option
def places(file: Path, store: str, as_json: bool, **given: Any) -> None:
    """Import places: compounds, buildings, stairwells, lanes, markets."""
    _import("places", file, store, as_json, given)


@importing.command("people")
@file_argument
@store_option
@options_of(PeopleOptions)
@dry_run_option
@yes_option
@json_option
def people(file: Path, store: str, as_json: bool, **given: Any) -> None:
    """Import people, their posts and appointments. Phones are kept sealed."""
    _import("people", file, store, as_json, given)


@importing.command("undo")
@click.argument("batch", type=int)
@store_option
@click.option("--even-worked", is_flag=True, help="Also where people have worked on what the import brought.")
@json_option
def undo(batch: int, store: str, even_worked: bool, as_json: bool) -> None:
    """Take back an import; the same file can then be imported again."""
    from api import imports
    from api.remote import Remote

    try:
        with open_desk(store) as desk, desk.transaction(utc_now, CLI_ACTOR) as tx:
            done = imports.undo(tx, batch, even_worked=even_worked)
    except StoreHeld as busy:
        if not busy.details.get("url"):
            raise
        with Remote(store, busy.details["url"]) as remote:
            done = remote.undo(batch, even_worked)
    result(done, as_json)
