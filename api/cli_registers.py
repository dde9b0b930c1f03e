"""``gridwarden registers``: what registers say otherwise than the systems that own it, and who owns what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from api.cli_base import json_option, result, store_option
from api.cli_people import act
from api.clock import utc_now
from geo.errors import BadInput
from geo.model import ChangeState, Register
from geo.rules.local import date_in

number_argument = click.argument("disagreement", type=click.IntRange(1, 2**63 - 1))


@click.group()
def registers() -> None:
    """What registers say otherwise than the systems that own it."""


@registers.command("list")
@click.option(
    "--register", type=click.Choice([each.value for each in Register]), help="Units, places or people; all if not said."
)
@click.option("--state", type=click.Choice([each.value for each in ChangeState]), default="waiting", help="Its state.")
@click.option("--area", metavar="CODE", help="Area with everything below it.")
@click.option("--batch", type=int, metavar="BATCH", help="Number of an import.")
@store_option
@json_option
def list_disagreements(
    register: str | None, state: str, area: str | None, batch: int | None, store: str, as_json: bool
) -> None:
    """List disagreements with their numbers, newest first."""
    from geo.desk.disputes import DisputeFilter, list_disputes
    from geo.desk.lists import MAX_LIMIT
    from geo.rules.access import EVERYWHERE
    from geo.store.store import Store

    wanted = DisputeFilter(Register(register) if register else None, ChangeState(state), area, batch)
    found: list[dict[str, Any]] = []
    with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
        cursor = None
        while True:
            page = list_disputes(conn, EVERYWHERE, wanted, cursor, MAX_LIMIT)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
    if as_json:
        result({"disagreements": found}, as_json)
        return
    for item in found:
        said = f"{item['stored'] or 'nothing'} ({item['owner']}), {item['system']} says {item['offered']}"
        click.echo(f"{item['id']}: {item['register']} {item['code']}, {item['field']}: {said}")


@registers.command("take")
@number_argument
@store_option
@json_option
def take(disagreement: int, store: str, as_json: bool) -> None:
    """Take what the register says."""
    result(_decide(disagreement, store, take=True), as_json)


@registers.command("keep")
@number_argument
@store_option
@json_option
def keep(disagreement: int, store: str, as_json: bool) -> None:
    """Keep what the store says; the same value is not asked about again."""
    result(_decide(disagreement, store, take=False), as_json)


def _decide(disagreement: int, store: str, *, take: bool) -> dict[str, Any]:
    from geo.desk import disputes
    from geo.rules.access import EVERYWHERE

    return act(
        store, f"/api/disagreements/{disagreement}/decision", {"decision": "take" if take else "keep"},
        lambda tx: disputes.decide(tx, disagreement, EVERYWHERE, take=take),
    )  # fmt: skip


@registers.command("owners")
@click.option(
    "--set", "table", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="JSON with the table that holds from its first day on.",
)  # fmt: skip
@store_option
def owners(table: Path | None, store: str) -> None:
    """Print which system owns which field, as JSON; with --set, say it anew."""
    from zoneinfo import ZoneInfo

    from geo.desk.registers import owners_in_force, set_owners
    from geo.store.store import Store

    if table is not None:
        sent = {name: value for name, value in _read(table).items() if name != "version"}
        done = act(store, "/api/registers/owners", sent, lambda tx: set_owners(tx, sent).as_json())
    else:
        with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
            today = date_in(ZoneInfo(opened.jurisdiction.timezone), utc_now())
            done = owners_in_force(conn, today).as_json()
    click.echo(json.dumps(done, ensure_ascii=False, indent=2))


def _read(table: Path) -> dict[str, Any]:
    try:
        found = json.loads(table.read_text("utf-8"))
    except ValueError as error:
        raise BadInput(f"{table} cannot be read as JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadInput(f"{table} holds no table of owners: give an object as `gridwarden registers owners` prints it")
    return found
