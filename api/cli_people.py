"""``gridwarden people``: who holds which post, leave with cover, the end of an appointment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from api.cli_base import CLI_ACTOR, as_of_option, json_option, moment_of, open_desk, result, say, store_option
from api.clock import utc_now
from geo.errors import StoreHeld

if TYPE_CHECKING:
    from geo.desk.tx import Tx

day = click.DateTime(["%Y-%m-%d"])
appointment_argument = click.argument("appointment", type=click.IntRange(1, 2**63 - 1))


@click.group()
def people() -> None:
    """Who holds which post; leave, and the end of an appointment."""


@people.command("list")
@click.option("--area", metavar="CODE", help="Area on or in which the post is.")
@click.option("--grid", metavar="CODE", help="Grid on which the post is.")
@click.option("--person", metavar="CODE", help="The person's own number.")
@click.option("--every", is_flag=True, help="Appointments that ended or begin later, too.")
@as_of_option
@store_option
@json_option
def list_people(
    area: str | None, grid: str | None, person: str | None, every: bool, as_of: str | None, store: str, as_json: bool
) -> None:
    """List appointments with their numbers."""
    from geo.desk.lists import MAX_LIMIT
    from geo.desk.staff import StaffFilter, list_staff
    from geo.rules.access import EVERYWHERE
    from geo.store.store import Store

    wanted = StaffFilter(area=area, grid=grid, person=person, every=every)
    found: list[dict[str, Any]] = []
    with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
        when, cursor = moment_of(opened.jurisdiction.timezone, as_of), None
        while True:
            page = list_staff(conn, EVERYWHERE, wanted, when, cursor, MAX_LIMIT)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
    if as_json:
        result({"appointments": found}, as_json)
        return
    for item in found:
        click.echo(_line(item))


def _line(item: dict[str, Any]) -> str:
    until = f" to {item['to_date']}" if item["to_date"] else ""
    away = "".join(
        f"; away {leave['from_date']} to {leave['to_date']}"
        + (f", {leave['cover']['code']} stands in" if leave["cover"] else "")
        for leave in item["leave"]
    )
    holder, on = item["person"], f"{item['target_kind']} {item['target']}"
    holds = f"{item['post']} of {on} from {item['from_date']}{until}"
    return f"{item['id']}: {holder['code']} {holder['name']}, {holds}{away}"


@people.command("leave")
@appointment_argument
@click.option("--from", "from_date", type=day, required=True, help="First day away.")
@click.option("--to", "to_date", type=day, required=True, help="First day back.")
@click.option("--cover", metavar="CODE", help="Number of the person who stands in.")
@store_option
@json_option
def leave(
    appointment: int, from_date: datetime, to_date: datetime, cover: str | None, store: str, as_json: bool
) -> None:
    """Record that the holder of an appointment is away, and who stands in."""
    from geo.desk import staff

    sent = {"from_date": from_date.date().isoformat(), "to_date": to_date.date().isoformat(), "cover": cover}
    done = act(
        store, f"/api/appointments/{appointment}/leave", sent,
        lambda tx: staff.take_leave(tx, appointment, from_date.date(), to_date.date(), cover),
    )  # fmt: skip
    result(done, as_json)


@people.command("end")
@appointment_argument
@click.option("--to", "to_date", type=day, required=True, help="First day without the post.")
@store_option
@json_option
def end(appointment: int, to_date: datetime, store: str, as_json: bool) -> None:
    """End an appointment. What was done keeps its holder."""
    from geo.desk import staff

    done = act(
        store, f"/api/appointments/{appointment}/end", {"to_date": to_date.date().isoformat()},
        lambda tx: staff.end_appointment(tx, appointment, to_date.date()),
    )  # fmt: skip
    result(done, as_json)


def act(store: str, path: str, sent: dict[str, Any], verb: Callable[[Tx], dict[str, Any]]) -> dict[str, Any]:
    """Do something here, or through the service that holds the store."""
    from api.remote import Remote

    try:
        with open_desk(store) as desk, desk.transaction(utc_now, CLI_ACTOR) as tx:
            return verb(tx)
    except StoreHeld as held:
        if not held.details.get("url"):
            raise
        say(f"A service holds the store: asking {held.details['url']}")
        with Remote(store, held.details["url"]) as remote:
            return remote.post(path, sent)
