"""``gridwarden coverage`` and ``gridwarden queue``: blind spots, and issues whose grid is in doubt."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from api.cli_base import as_of_option, json_option, moment_of, result, store_option
from api.clock import utc_now
from geo.errors import BadInput, Conflict


@click.command()
@click.option("--area", metavar="CODE", help="Area, with everything below; the whole jurisdiction if not said.")
@click.option("--scheme", metavar="NAME", help="A way of dividing the jurisdiction; the primary one if not said.")
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="How far back a visit counts.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File: .json, .csv or .geojson.")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@as_of_option
@store_option
@json_option
def coverage(
    area: str | None,
    scheme: str | None,
    days: int,
    output: Path | None,
    replace: bool,
    as_of: str | None,
    store: str,
    as_json: bool,
) -> None:
    """Report blind spots: outside every grid, without a lead, without a visit. Works while a service runs."""
    from api import coverage as told
    from geo.desk import blind_spots
    from geo.desk.atlas import Atlas
    from geo.rules.access import EVERYTHING
    from geo.store.store import Store

    if output is not None and output.suffix not in (".json", ".csv", ".geojson"):
        raise BadInput(f"{output.name}: write .json, .csv or .geojson")
    if output is not None and output.exists() and not replace:
        raise Conflict(f"{output} exists; it is not overwritten unasked: --replace")
    with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
        atlas = Atlas(opened.jurisdiction.metric_srid)
        when = moment_of(opened.jurisdiction.timezone, as_of)
        report = blind_spots.report(conn, EVERYTHING, atlas, when, blind_spots.Asked(scheme, area, days))
    if output is not None:
        makers: dict[str, Callable[[Any, dict[str, Any]], bytes]] = {
            ".json": told.as_json,
            ".csv": told.as_csv,
            ".geojson": partial(told.as_geojson, atlas.metric),
        }
        output.write_bytes(makers[output.suffix](report, {}))
    summary = {"scheme": report.scheme, "edition": report.edition, "since": report.since.isoformat(), **report.counts}
    result(summary | ({"file": str(output)} if output else {}), as_json)


@click.group()
def queue() -> None:
    """Issues that wait for a person."""


@queue.command()
@click.option("--area", metavar="CODE", help="Area, with everything below.")
@click.option("--grid", metavar="CODE", help="Grid that the issue has for now.")
@click.option("--scheme", metavar="NAME", help="A way of dividing the jurisdiction; the primary one if not said.")
@store_option
@json_option
def ambiguous(area: str | None, grid: str | None, scheme: str | None, store: str, as_json: bool) -> None:
    """List open issues whose grid is in doubt, with the candidates. Confirm them over the API or in the browser."""
    from zoneinfo import ZoneInfo

    from geo.desk.asof import When
    from geo.desk.doubts import DoubtFilter, list_doubts
    from geo.desk.lists import MAX_LIMIT
    from geo.rules.access import EVERYWHERE
    from geo.store.store import Store

    wanted = DoubtFilter(area, grid, scheme)
    found: list[dict[str, Any]] = []
    with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
        when, cursor = When(utc_now(), ZoneInfo(opened.jurisdiction.timezone)), None
        while True:
            page = list_doubts(conn, EVERYWHERE, wanted, when, cursor, MAX_LIMIT)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
    if as_json:
        click.echo(json.dumps({"issues": found}, ensure_ascii=False))
        return
    for item in found:
        click.echo(_line(item))


def _line(item: dict[str, Any]) -> str:
    def told(candidate: dict[str, Any]) -> str:
        share = "" if candidate["share"] is None else f", {candidate['share']:.0%}"
        return f"{candidate['grid']} ({candidate['edge_m']:g} m{share})"

    candidates = "; ".join(map(told, item["candidates"]))
    return f"{item['id']}: {item['number']} in {item['grid']}, could be: {candidates}"
