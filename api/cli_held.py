"""``gridwarden import held`` and ``settle``: imports that wait for a word on their datum."""

from __future__ import annotations

from typing import Any

import click

from api.cli_base import CLI_ACTOR, counting, json_option, open_desk, result, say, store_option
from api.cli_preview import show
from api.clock import utc_now
from geo.errors import StoreHeld


@click.command("held")
@click.option("--settled", is_flag=True, help="Those that no longer wait, too.")
@store_option
@json_option
def held(settled: bool, store: str, as_json: bool) -> None:
    """List imports that wait because their points look like another datum, newest first."""
    from geo.desk.held import list_held
    from geo.desk.lists import MAX_LIMIT
    from geo.store.store import Store

    found: list[dict[str, Any]] = []
    with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
        cursor = None
        while True:
            page = list_held(conn, cursor, MAX_LIMIT, settled=settled)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
    if as_json:
        result({"held": found}, as_json)
        return
    for item in found:
        looks = "; ".join(f"says {look['datum']}, looks like {look['better']}" for look in item["datum"])
        click.echo(f"{item['id']}: {item['state']}, {item['kind']} {item['file_name']}, {item['held_at']}: {looks}")


@click.command("settle")
@click.argument("held_id", metavar="HELD", type=click.IntRange(1, 2**31 - 1))
@click.option("--datum", metavar="DATUM", help="Take it with its points in this datum.")
@click.option("--as-said", is_flag=True, help="Take it as it says, whatever it looks like.")
@click.option("--drop", is_flag=True, help="Give it up; its file is not kept.")
@store_option
@json_option
def settle(held_id: int, datum: str | None, as_said: bool, drop: bool, store: str, as_json: bool) -> None:
    """Take a held import under a datum, or drop it. The same again finishes one that was cut off."""
    if (datum is not None) + as_said + drop != 1:
        raise click.UsageError("Say one of --datum DATUM, --as-said and --drop.")
    told = _settle(store, held_id, datum, drop)
    outcome = told["outcome"]
    if outcome:
        show(outcome)
        for reject in outcome["rejects"]:
            say(f"line {reject['line']} was not taken: {reject['reason']}")
    result({"held": held_id, "state": told["held"]["state"], **(outcome["summary"] if outcome else {})}, as_json)


def _settle(store: str, held_id: int, datum: str | None, drop: bool) -> dict[str, Any]:
    """Here, or through the service that holds the store."""
    from api.remote import Remote

    try:
        return _settle_here(store, held_id, datum, drop)
    except StoreHeld as busy:
        if not busy.details.get("url"):
            raise
        say(f"A service holds the store: asking {busy.details['url']}")
        decision = "drop" if drop else "as_datum" if datum else "as_said"
        sent = {"decision": decision, **({"datum": datum} if datum else {})}
        with Remote(store, busy.details["url"]) as remote:
            return remote.post(f"/api/held-imports/{held_id}/decision", sent)


def _settle_here(store: str, held_id: int, datum: str | None, drop: bool) -> dict[str, Any]:
    from api.held import take
    from geo.desk import held as holding

    with open_desk(store) as desk:
        outcome = None
        if drop:
            with desk.transaction(utc_now, CLI_ACTOR) as tx:
                holding.drop(tx, held_id)
        else:
            outcome = take(desk, held_id, datum, utc_now, CLI_ACTOR, counting("rows"))
        with desk.store.read() as conn:
            item = holding.told(holding.get(conn, held_id))
    return {"held": item, "outcome": outcome.as_json() if outcome else None}
