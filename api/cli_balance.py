"""``gridwarden balance`` and ``gridwarden official``: a fairer division, and departures from official lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli_base import CLI_ACTOR, as_of_option, json_option, moment_of, open_desk, result, say, store_option
from api.cli_import import dry_run_option
from api.clock import utc_now
from geo.errors import BadInput, Conflict, StoreHeld
from geo.model import AreaLevel

if TYPE_CHECKING:
    from geo.desk.tx import Desk

_LOADS = ("households", "issues", "inspections")


@click.command()
@click.option("--area", metavar="CODE", required=True, help="Area, with everything below.")
@click.option("--load", type=click.Choice(_LOADS), required=True, help="What is to be shared more evenly.")
@click.option("--scheme", metavar="NAME", help="A way of dividing the jurisdiction; the primary one if not said.")
@click.option(
    "--within",
    type=click.Choice([str(level) for level in AreaLevel]),
    default=str(AreaLevel.SUBDISTRICT),
    show_default=True,
    help="Grids hand over within one area of this level.",
)
@click.option("--title", metavar="TEXT", help="Of the draft.")
@dry_run_option
@store_option
@json_option
def balance(
    area: str,
    load: str,
    scheme: str | None,
    within: str,
    title: str | None,
    dry_run: bool,
    store: str,
    as_json: bool,
) -> None:
    """Propose hand-overs between neighbouring grids that even out a load, as a draft to look at and to publish."""
    from api.remote import Remote

    named = {"scheme": scheme, "title": title}
    sent = {"area": area, "load": load, "within": within, "look": dry_run} | {k: v for k, v in named.items() if v}
    try:
        with open_desk(store) as desk:
            done = _here(desk, sent)
    except StoreHeld as held:
        if not held.details.get("url"):
            raise
        say(f"A service holds the store: asking {held.details['url']}")
        with Remote(store, held.details["url"]) as remote:
            done = remote.post("/api/drafts/balance", sent)
    if as_json:
        result(done, as_json)
    else:
        _print(done)


def _here(desk: Desk, sent: dict[str, Any]) -> dict[str, Any]:
    from zoneinfo import ZoneInfo

    from api.balance import told
    from geo.desk import balance as dividing
    from geo.desk.balance_loads import Load
    from geo.rules.local import date_in

    asked = dividing.Asked(sent["area"], Load(sent["load"]), sent.get("scheme"), AreaLevel(sent["within"]))
    today = date_in(ZoneInfo(desk.store.jurisdiction.timezone), utc_now())
    with desk.store.read() as conn:
        proposal = dividing.propose(conn, desk.atlas, asked, today)
    if sent["look"] or not proposal.moves:
        return told(proposal, None)
    with desk.transaction(utc_now, CLI_ACTOR) as tx:
        title = sent.get("title") or f"{asked.load} in {asked.area}"
        return told(proposal, dividing.start(tx, proposal, title))


def _print(done: dict[str, Any]) -> None:
    for each in done["shared"]:
        click.echo(f"{each['parent']}: {_spread(each['before'])} -> {_spread(each['after'])}")
        for load in each["loads"]:
            if load["before"] != load["after"]:
                click.echo(f"  {load['grid']}: {load['before']:g} -> {load['after']:g}")
    for move in done["moves"]:
        click.echo(f"{move['from']} -> {move['to']}: {move['load']:g} {done['load']}, {move['area_m2']:,.0f} m2")
    if not done["moves"]:
        click.echo(f"Nothing to hand over: {done['load']} are shared as evenly as whole blocks allow.")
    elif done["draft"] is not None:
        click.echo(f"draft {done['draft']}")


def _spread(spread: dict[str, Any]) -> str:
    ratio = "" if spread["ratio"] is None else f", {spread['ratio']:g} times"
    return f"{spread['least']:g} to {spread['most']:g}{ratio}, deviation {spread['deviation']:g}"


@click.command()
@click.option("--area", metavar="CODE", help="Area, with everything below; the whole jurisdiction if not said.")
@click.option("--scheme", metavar="NAME", help="A way of dividing the jurisdiction; the primary one if not said.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File: .json, .csv or .geojson.")
@click.option("--replace", is_flag=True, help="Write over a file that is there.")
@as_of_option
@store_option
@json_option
def official(
    area: str | None,
    scheme: str | None,
    output: Path | None,
    replace: bool,
    as_of: str | None,
    store: str,
    as_json: bool,
) -> None:
    """Compare grids with official boundaries, and list what their lines cut. Works while a service runs."""
    from api import official as told
    from geo.desk.atlas import Atlas
    from geo.desk.official import Asked, report
    from geo.rules.access import EVERYTHING
    from geo.store.store import Store

    makers: dict[str, Callable[..., bytes]] = {
        ".json": told.as_json,
        ".csv": told.as_csv,
        ".geojson": told.as_geojson,
    }
    if output is not None and output.suffix not in makers:
        raise BadInput(f"{output.name}: write .json, .csv or .geojson")
    if output is not None and output.exists() and not replace:
        raise Conflict(f"{output} exists; it is not overwritten unasked: --replace")
    with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
        atlas = Atlas(opened.jurisdiction.metric_srid)
        at = moment_of(opened.jurisdiction.timezone, as_of).as_of
        found = report(conn, EVERYTHING, atlas, Asked(scheme, area), at)
    if output is not None:
        output.write_bytes(makers[output.suffix](atlas.metric, found, {}))
    summary = found.summary()
    flat = {"scheme": summary["scheme"], "edition": summary["edition"], **summary["counts"]}
    result(flat | ({"file": str(output)} if output else {}), as_json)
