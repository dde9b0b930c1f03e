"""``gridwarden assign``: a file of points in, the same rows with their grids out, here or on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli_base import json_option, result, say, store_of_settings
from api.clock import utc_now
from api.progress import Pacer

if TYPE_CHECKING:
    from geo.bulk import Bulk, GridSet, NameSet

LEFT_OUT = 3  # done, but for rows that could not be taken


@click.command("assign")
@click.argument("points", type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="What to write; see below.")
@click.option("--datum", metavar="DATUM", help="What the coordinates are in: wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")
@click.option("--lon", metavar="COL", help="Column of the longitude, or of x.")
@click.option("--lat", metavar="COL", help="Column of the latitude, or of y.")
@click.option("--accuracy", metavar="COL", help="Column of the accuracy of the coordinates, in metres.")
@click.option("--address", metavar="COL", help="Column of an address; with --store, for the store knows the names.")
@click.option("--place", metavar="COL", help="Column of the code or the name of a place; with --store.")
@click.option("--confirm-datum", metavar="DATUM", help="The datum once more, where rows look like another one.")
@click.option("--store", metavar="STORE", help="Assign to grids of a store; GRIDWARDEN_STORE if not said.")
@click.option("--scheme", metavar="NAME", help="Way of dividing the jurisdiction; the primary one if not said.")
@click.option("--edition", type=int, metavar="N", help="Edition by its number; the one in force if not said.")
@click.option("--as-of", metavar="WHEN", help="Edition in force at a local date, or at a time with its zone.")
@click.option("--grids", type=click.Path(exists=True, path_type=Path), help="Assign to grids of a file instead.")
@click.option("--code", metavar="COL", help="Of --grids: column of the code.")
@click.option("--name", metavar="COL", help="Of --grids: column of the name; the code if not said.")
@click.option("--metric-crs", metavar="CRS", help="Of --grids: projection in metres to decide in, as EPSG:n.")
@click.option("--grids-crs", metavar="CRS", help="Of --grids: CRS or datum, over what the file says.")
@click.option("--repair", is_flag=True, help="Of --grids: mend faults where that moves little, and say what moved.")
@click.option("--columns", metavar="NAMES", help="Columns to add, separated by commas; all if not said.")
@click.option("--prefix", default="", metavar="TEXT", help="Before the names of the columns that are added.")
@click.option("--part-rows", type=click.IntRange(min=1), metavar="N", help="Rows of a part; 524,288 if not said.")
@click.option("--scheduler", metavar="ADDRESS", help="Work on the Dask cluster of this scheduler, as tcp://host:8786.")
@click.option("--replace", "overwrite", is_flag=True, help="Write over a file that is there.")
@json_option
def assign(points: Path, out: Path, scheduler: str | None, overwrite: bool, as_json: bool, **given: Any) -> None:
    """Assign every row of POINTS to its grid, by the rules that hold for a single report.

    With --address or --place, what rows name is looked up in the store and decides as it does for a report.

    POINTS is CSV, Parquet, GeoParquet or GeoPackage, or a folder of Parquet files; --out ends in .csv, .parquet,
    .geoparquet or .gpkg, or names a folder for Parquet parts. Exits with 3 when rows could not be taken: they are
    written without a grid, and named in OUT.rejects.csv.
    """
    from geo import bulk

    _check_usage(given)
    grids, names = _ground(given)
    say(f"assigning to {grids.title}")
    request = bulk.Request(
        points=points,
        out=out,
        columns=None if given["columns"] is None else tuple(c.strip() for c in given["columns"].split(",")),
        part_rows=given["part_rows"] or bulk.PART_ROWS,
        **{name: given[name] for name in ("datum", "lon", "lat", "accuracy", "place", "address", "prefix")},
    )
    job = bulk.prepare(request, grids, names)
    for note in job.notes:
        say(note)
    if names is not None:
        _check_datum(job, given)
    with Pacer() as pacer:
        summary = bulk.run(job, scheduler=scheduler, overwrite=overwrite, progress=pacer.show, say=say)
    _tell(job, summary, pacer.seconds, as_json)
    if summary.rejects:
        raise click.exceptions.Exit(LEFT_OUT)


def _check_usage(given: dict[str, Any]) -> None:
    """Raises UsageError for options that do not go together. A datum is asked for with columns of coordinates."""
    of_file = {"--code": "code", "--name": "name", "--metric-crs": "metric_crs", "--grids-crs": "grids_crs"}
    of_store = {
        f"--{name.replace('_', '-')}": name
        for name in ("store", "scheme", "edition", "as_of", "address", "place", "confirm_datum")
    }
    strange, what = (of_store, "of a store, not of --grids") if given["grids"] else (of_file, "of --grids")
    for flag, name in strange.items():
        if given[name] is not None:
            raise click.UsageError(f"{flag} is {what}.")
    if given["grids"]:
        for flag in ("--code", "--metric-crs"):
            if given[of_file[flag]] is None:
                raise click.UsageError(f"With --grids, name {flag}.")
    elif given["edition"] is not None and given["as_of"] is not None:
        raise click.UsageError("Name --edition or --as-of, not both.")
    if (given["lon"] or given["lat"]) and not given["datum"]:
        raise click.UsageError("Name what the coordinates are in: --datum. It is never guessed.")


def _ground(given: dict[str, Any]) -> tuple[GridSet, NameSet | None]:
    """The grids to assign to, and the names that rows may give. A store is closed again before points are opened."""
    from zoneinfo import ZoneInfo

    from geo.desk.asof import When
    from geo.desk.bulk_rows import names_of_store
    from geo.desk.editions import Wanted, grids_of_file, grids_of_store
    from geo.store.store import Store

    discs = given["accuracy"] is not None
    if given["grids"]:
        grids, notes = grids_of_file(
            given["grids"],
            code=given["code"],
            name=given["name"],
            metric_crs=given["metric_crs"],
            source_crs=given["grids_crs"],
            repair=given["repair"],
            discs=discs,
        )
        for note in notes:
            say(note)
        return grids, None
    location = _location(given)
    with Store.open(location, write=False) as store, store.read() as conn:
        when = When(utc_now(), ZoneInfo(store.jurisdiction.timezone))
        at = when.back_to(given["as_of"]).as_of if given["as_of"] else None
        grids = grids_of_store(store, conn, Wanted(given["scheme"], at, given["edition"], discs))
        return grids, names_of_store(conn) if given["address"] or given["place"] else None


def _location(given: dict[str, Any]) -> str:
    location = given["store"] or store_of_settings()
    if not location:
        raise click.UsageError(
            "Name the grids: --store STORE (or GRIDWARDEN_STORE in the environment), or --grids FILE."
        )
    return str(location)


def _check_datum(job: Bulk, given: dict[str, Any]) -> None:
    """Compare where the first rows lie with what they name. Raises WrongDatum before anything is written."""
    from geo.desk import datum_check
    from geo.desk.address_books import AddressBooks
    from geo.desk.atlas import Atlas
    from geo.desk.bulk_rows import first_pins
    from geo.store.store import Store

    pins = first_pins(job)
    confirmed = [given["confirm_datum"]] if given["confirm_datum"] else []
    with Store.open(_location(given), write=False) as store, store.read() as conn:
        looks = datum_check.look(
            conn, Atlas(store.jurisdiction.metric_srid), AddressBooks().book(conn), pins, confirmed
        )
    for each in looks:
        say(each.in_words())
    datum_check.check(looks)


def _tell(job: Any, summary: Any, seconds: float, as_json: bool) -> None:
    counts = summary.counts
    if summary.rows and not counts["assigned"] + counts["nearest"] + counts["placed"]:
        say("warning: no row lies in or near any grid; is the datum right, and the order of the coordinates?")
    if counts["swapped"]:
        say(f"warning: {counts['swapped']:,} rows outside would lie among the grids were lon and lat swapped")
    if summary.rejects:
        say(f"{counts['rejected']:,} rows could not be taken: their numbers and reasons are in {summary.rejects}")
    names = ("assigned", "nearest", "placed", "outside", "no_location", "rejected", "ambiguous")
    told = {"rows": summary.rows} | {name: counts[name] for name in names}
    told |= {"grids": len(job.grids), "edition": job.grids.edition, "kept": summary.kept}
    rate = round((summary.rows - summary.kept) / max(seconds, 1e-3))
    told |= {"seconds": round(seconds, 1), "rows_per_s": rate, "out": str(job.request.out)}
    told |= {"rejects": None if summary.rejects is None else str(summary.rejects)}
    result(told if as_json else {name: value for name, value in told.items() if value is not None}, as_json)
