"""``gridwarden editions`` and ``gridwarden difference``: how the boundaries came to be what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from api.cli_base import json_option, result, store_option
from api.clock import utc_now


@click.command()
@click.option("--scheme", help="Way of dividing the jurisdiction; the primary one if not said.")
@store_option
@json_option
def editions(scheme: str | None, store: str, as_json: bool) -> None:
    """List the editions of a scheme, newest first: in force when, by whom, why. Works while a service runs."""
    from geo.desk.edition_list import list_editions
    from geo.desk.lists import MAX_LIMIT
    from geo.rules.access import EVERYWHERE
    from geo.store.store import Store

    found: list[dict[str, Any]] = []
    cursor: str | None = None
    with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
        while True:
            page = list_editions(conn, EVERYWHERE, scheme, cursor, MAX_LIMIT)
            found, cursor = [*found, *page.items], page.cursor
            if cursor is None:
                break
    if as_json:
        result({"editions": found}, as_json)
        return
    for each in found:
        until = f"until {each['until']}" if each["until"] else "in force"
        why = f": {each['reason']}" if each["reason"] else ""
        changed = f"{each['changed']} of {each['grids']} grids changed"
        click.echo(f"{each['number']}: {each['from']}, {until}; {changed}, by {each['actor']}{why}")


@click.command()
@click.argument("number", type=click.IntRange(1))
@click.option("--from", "older", type=click.IntRange(0), help="The edition to compare with; else the one before.")
@click.option("--scheme", help="Way of dividing the jurisdiction; the primary one if not said.")
@click.option("--area", metavar="CODE", help="Only the grids of an area.")
@click.option("--map", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write both as GeoJSON there.")
@store_option
@json_option
def difference(
    number: int, older: int | None, scheme: str | None, area: str | None, target: Path | None, store: str, as_json: bool
) -> None:
    """List what differs between edition NUMBER and another one. Works while a service runs."""
    from api.cli_draft import list_changes
    from geo.crs import Metric
    from geo.desk import edition_difference
    from geo.rules.access import EVERYWHERE
    from geo.store.store import Store

    asked = edition_difference.Compared(number, older, scheme, area)
    with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
        metric = Metric(opened.jurisdiction.metric_srid)
        told = edition_difference.difference(conn, metric, asked, EVERYWHERE)
    drawn = told.pop("map")
    if target is not None:
        target.write_text(json.dumps(drawn, ensure_ascii=False), "utf-8")
    if as_json:
        result(told, as_json)
        return
    result({name: told[name] for name in ("scheme", "from", "to", "count")}, as_json)
    list_changes(told["changes"], click.echo)
    for each in told["lineage"]:
        giver, taker = each["from"] or "no grid", each["to"] or "no grid"
        click.echo(f"{each['kind']}: {each['area_m2']:,.1f} m2 from {giver} to {taker}")
