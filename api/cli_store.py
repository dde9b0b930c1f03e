"""Stores from the command line: made, checked, exported, backed up, restored."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from api.cli_base import CLI_ACTOR, as_of_option, json_option, moment_of, result, say, store_option
from api.clock import utc_now
from geo.errors import BadInput, Conflict

LAYERS = ("grids", "issues", "places", "units")


@click.command()
@click.argument("store")
@click.option("--metric-crs", required=True, metavar="EPSG:N", help="Projection in metres that fits the place.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="Zone of local dates and naive times.")
@click.option("--name", help="Name of the jurisdiction; the file's name if not said.")
@json_option
def init(store: str, metric_crs: str, timezone: str, name: str | None, as_json: bool) -> None:
    """Make an empty STORE: a new GeoPackage, or tables in an empty PostGIS database."""
    from geo.crs import check_metric_crs
    from geo.store.store import kind_of

    srid = check_metric_crs(metric_crs)
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput(f"There is no time zone {timezone!r}: use a name such as Asia/Shanghai.") from None
    named = name or (Path(store).stem if kind_of(store) == "gpkg" else "Gridwarden")
    create(store, name=named, metric_srid=srid, timezone=timezone, synthetic=False)
    result({"store": store, "name": named, "metric_crs": f"EPSG:{srid}", "timezone": timezone}, as_json)


def create(store: str, *, name: str, metric_srid: int, timezone: str, synthetic: bool) -> None:
    """A new store with its accounts and the rules that ship."""
    from api.accounts import Accounts
    from geo.desk.founding import install_rules
    from geo.desk.tx import Desk
    from geo.store.store import Store

    now = utc_now()
    Store.create(store, name=name, metric_srid=metric_srid, timezone=timezone, synthetic=synthetic, now=now)
    try:
        accounts = Accounts.create(store)
    except FileExistsError as left_over:
        raise Conflict(f"{left_over.filename} is there already, of another store: move it away first.") from None
    accounts.close()
    with Store.open(store, now=now) as opened, Desk(opened).transaction(utc_now, CLI_ACTOR) as tx:
        install_rules(tx)


@click.command()
@store_option
@json_option
@click.pass_context
def check(ctx: click.Context, store: str, as_json: bool) -> None:
    """Verify a store: coverage, spatial index, editions, histories. Works while a service runs."""
    from geo.crs import Metric
    from geo.desk import checking
    from geo.store.store import Store

    with Store.open(store, write=False) as opened, opened.read() as conn:
        findings = checking.findings(conn, Metric(opened.jurisdiction.metric_srid))
    for finding in findings:
        say(f"{finding.check}: {finding.table}: {finding.message} ({finding.rows})")
    result({"store": store, "findings": len(findings), "sound": not findings}, as_json)
    if findings:
        ctx.exit(1)


@click.command()
@click.argument("what", type=click.Choice(LAYERS))
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@store_option
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@as_of_option
@json_option
def export(what: str, target: Path, store: str, replace: bool, as_of: str | None, as_json: bool) -> None:
    """Write grids, issues, units or places to TARGET: .gpkg, .geojson, .parquet or .csv."""
    from api import exports
    from geo.store.store import Store

    with Store.open(store, write=False) as opened, opened.read() as conn:
        when = moment_of(opened.jurisdiction.timezone, as_of)
        rows = exports.write(conn, opened.jurisdiction, what, target, when, replace=replace)
    result({"exported": what, "rows": rows, "file": str(target)}, as_json)


@click.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@store_option
@json_option
def backup(target: Path, store: str, as_json: bool) -> None:
    """Copy the store to TARGET and its accounts to TARGET.accounts. Works while a service runs."""
    from api import backups

    backups.back_up(store, target)
    result({"backup": str(target), "accounts": f"{target}.accounts"}, as_json)


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("store")
@json_option
def restore(source: Path, store: str, as_json: bool) -> None:
    """Make STORE from a backup. Never over a store that is there."""
    from api import backups
    from geo.store.store import Store

    backups.restore(source, store)
    with Store.open(store, write=False) as opened:
        result({"store": store, "name": opened.jurisdiction.name, "from": str(source)}, as_json)
