"""``gridwarden draft``: change boundaries by file, look what that moves, have a second person publish it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli_base import CLI_ACTOR, json_option, open_desk, result, say, store_option
from api.cli_import import dry_run_option, options_of, yes_option
from api.cli_people import act
from api.cli_preview import attended
from api.clock import utc_now
from api.schemas.draft_files import DraftFileOptions
from geo.errors import BadInput, GridwardenError, StoreHeld

if TYPE_CHECKING:
    from geo.desk.tx import Desk

draft_argument = click.argument("draft", type=click.IntRange(1, 2**63 - 1))
_SHOWN = 40  # grids in a list on a terminal


@click.group()
def draft() -> None:
    """Change the boundaries of grids: a draft, its review, the next edition."""


@contextmanager
def _reading(store: str) -> Iterator[tuple[Any, Any]]:
    """A connection that reads, and the boundaries; works while a service runs."""
    from geo.desk.atlas import Atlas
    from geo.store.store import Store

    with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
        yield conn, Atlas(opened.jurisdiction.metric_srid)


@draft.command("start")
@click.argument("title", required=False)
@click.option("--scheme", help="Way of dividing the jurisdiction; the primary one if not said.")
@click.option("--outline", is_flag=True, help="It may move the outer line, and open or close gaps.")
@click.option("--take-back", type=click.IntRange(1), metavar="EDITION", help="Put back what that edition changed.")
@store_option
@json_option
def start(
    title: str | None, scheme: str | None, outline: bool, take_back: int | None, store: str, as_json: bool
) -> None:
    """Start a draft on the edition in force, and print its number."""
    from api import drafts as asked
    from geo.desk import drafts
    from geo.desk.draft_work import find

    if (title is None) == (take_back is None):
        raise click.UsageError("Give a title, or --take-back with the number of an edition.")

    def verb(tx: Any) -> dict[str, Any]:
        if take_back is not None:
            number = drafts.start_taking_back(tx, take_back, scheme)
        else:
            number = drafts.start(tx, title or "", scheme, outline=outline)
        return asked.plain(drafts.describe(find(tx.conn, number)))

    sent = {"title": title, "scheme": scheme, "outline": outline, "takes_back": take_back}
    done = act(store, "/api/drafts", {name: value for name, value in sent.items() if value is not None}, verb)
    result({name: done[name] for name in ("id", "title", "scheme", "base_edition", "state")}, as_json)


@draft.command("list")
@click.option("--every", is_flag=True, help="Those that were published or discarded, too.")
@store_option
@json_option
def list_drafts(every: bool, store: str, as_json: bool) -> None:
    """List drafts with their numbers, newest first."""
    from api import drafts as asked
    from geo.rules.access import EVERYWHERE

    with _reading(store) as (conn, _):
        found = asked.listed(conn, EVERYWHERE, CLI_ACTOR.id, every=every)
    if as_json:
        result({"drafts": found}, as_json)
        return
    for each in found:
        at = f" at {each['publish_at']}" if each["publish_at"] else ""
        became = f", edition {each['edition']}" if each["edition"] else ""
        click.echo(f"{each['id']}: {each['title']} ({each['scheme']}, {each['state']}{at}{became})")


@draft.command("show")
@draft_argument
@store_option
@json_option
def show(draft: int, store: str, as_json: bool) -> None:
    """Show what a draft changes, what is wrong with it, and what was done to it."""
    from api import drafts as asked
    from geo.rules.access import EVERYWHERE

    with _reading(store) as (conn, atlas):
        told = asked.shown(conn, atlas, draft, EVERYWHERE, CLI_ACTOR.id)
    if as_json:
        result(told, as_json)
        return
    names = ("title", "state", "scheme", "base_edition", "edition_in_force", "comment")
    result({name: told[name] for name in names}, as_json)
    list_changes(told["changes"], click.echo)
    _list_faults(told["faults"], click.echo)
    for step in told["steps"]:
        undone = ", taken back" if step["undone_at"] else ""
        click.echo(f"step {step['seq']}: {step['kind']} by {step['actor']} at {step['recorded_at']}{undone}")


@draft.command("export")
@draft_argument
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--crs", metavar="CRS", help="EPSG:n or WKT to write in; the store's, for GeoJSON WGS84, if not said.")
@store_option
@json_option
def export(draft: int, target: Path, crs: str | None, store: str, as_json: bool) -> None:
    """Write the grids of a draft to TARGET, to be edited: .gpkg, .shp, .gdb or .geojson.

    Keep the column grid_id: it says which grid is which, whatever becomes of its code.
    """
    from api import drafts as asked
    from geo.rules.access import EVERYWHERE

    with _reading(store) as (conn, atlas):
        rows = asked.write(conn, atlas, draft, target, crs, EVERYWHERE, CLI_ACTOR.id)
    result({"draft": draft, "grids": rows, "file": str(target)}, as_json)


@draft.command("import")
@draft_argument
@click.argument("file", type=click.Path(exists=True, dir_okay=True, path_type=Path))
@options_of(DraftFileOptions)
@dry_run_option
@yes_option
@store_option
@json_option
def take(draft: int, file: Path, dry_run: bool, yes: bool, store: str, as_json: bool, **given: Any) -> None:
    """Take what FILE changes into a draft. The list of it is shown first; on a terminal you are asked.

    Nodes within 2 mm of where they were, or as far as the file's digits leave open, are put there.
    """
    from api.remote import Remote

    options = DraftFileOptions(**{name: value for name, value in given.items() if value is not None})
    try:
        with open_desk(store) as desk:
            told = _take_here(desk, draft, file, options, dry_run, yes)
    except StoreHeld as held:
        if not held.details.get("url"):
            raise
        say(f"A service holds the store: sending the file to {held.details['url']}")
        with Remote(store, held.details["url"]) as remote:
            told = remote.send(f"/api/drafts/{draft}/file/preview", file, options)
            if _agreed(told, file, dry_run, yes):
                told = remote.send(f"/api/drafts/{draft}/file", file, options)
    if told["changes"] and not dry_run:
        _lay_faults_beside(store, draft, file, told)
    errors = sum(fault["severity"] == "error" for fault in told["faults"])
    summary = {
        "draft": draft,
        "revision": told["revision"],
        "changes": len(told["changes"]),
        "faults": errors,
        "warnings": len(told["faults"]) - errors,
        "moved_home": told["moved_home"],
    }
    result({"dry_run": True, **summary} if dry_run else summary, as_json)


def _take_here(
    desk: Desk, draft: int, file: Path, options: DraftFileOptions, dry_run: bool, yes: bool
) -> dict[str, Any]:
    from api import drafts as asked
    from geo.desk.draft_columns import Reading
    from geo.rules.access import EVERYWHERE

    reading = Reading(**options.model_dump())
    with desk.store.read() as conn:
        told = asked.look(conn, desk.atlas, draft, file, reading, EVERYWHERE, CLI_ACTOR.id)[1]
    if not _agreed(told, file, dry_run, yes):
        return told
    return asked.take(desk, draft, file, reading, utc_now, CLI_ACTOR, revision=told["revision"])


def _agreed(told: Mapping[str, Any], file: Path, dry_run: bool, yes: bool) -> bool:
    """Show what a file would change, and ask whoever sits there. Raises BadInput where he declines."""
    for note in told["notes"]:
        say(note)
    list_changes(told["changes"], say)
    _list_faults(told["faults"], say)
    if dry_run or not told["changes"]:
        return False
    if not yes and attended() and not click.confirm(f"Take {file.name} into the draft?", default=True, err=True):
        raise BadInput("Nothing is stored.")
    return True


def _lay_faults_beside(store: str, draft: int, file: Path, told: Mapping[str, Any]) -> None:
    from api import drafts as asked

    if not told["faults"]:
        return
    beside = file.with_name(f"{file.name}.faults.geojson")
    try:
        with _reading(store) as (conn, atlas):
            found = asked.faults_on_a_map(conn, atlas, draft)
        beside.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
        say(f"All {len(told['faults'])} faults with their places are in {beside}")
    except (OSError, GridwardenError) as failure:  # the file is taken all the same
        say(f"{beside} cannot be written ({failure})")


def list_changes(changes: list[dict[str, Any]], tell: Callable[[str], None]) -> None:
    for each in changes[:_SHOWN]:
        was = f" (was {each['was']})" if each["was"] not in (None, each["code"]) else ""
        moved = f", {each['moved_m2']:,.1f} m2" if each["moved_m2"] else ""
        fields = "; ".join(f"{name}: {_word(old)} -> {_word(new)}" for name, (old, new) in each["fields"].items())
        tell(f"{each['change']:>9}  {each['code']}{was}{moved}{f'  {fields}' if fields else ''}")
    if len(changes) > _SHOWN:
        tell(f"and {len(changes) - _SHOWN} more grids")


def _word(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _list_faults(faults: list[dict[str, Any]], tell: Callable[[str], None]) -> None:
    for fault in faults[:_SHOWN]:
        tell(f"{fault['severity']}: {fault['message']}")
    if len(faults) > _SHOWN:
        tell(f"and {len(faults) - _SHOWN} more faults")


@draft.command("preview")
@draft_argument
@store_option
@json_option
def preview(draft: int, store: str, as_json: bool) -> None:
    """Show what the publication of a draft would move, and who would hear of it."""
    from zoneinfo import ZoneInfo

    from api import drafts as asked
    from geo.desk.atlas import Atlas
    from geo.desk.draft_preview import Sights
    from geo.rules.access import EVERYWHERE
    from geo.rules.local import date_in
    from geo.store.store import Store

    with Store.open(store, now=utc_now(), write=False) as opened, opened.read() as conn:
        today = date_in(ZoneInfo(opened.jurisdiction.timezone), utc_now())
        atlas = Atlas(opened.jurisdiction.metric_srid)
        told = asked.previewed(conn, atlas, draft, Sights.everything(), today, EVERYWHERE, CLI_ACTOR.id)
    if as_json:
        result(told, as_json)
        return
    result({name: told[name] for name in ("edition", "issues", "units", "households")}, as_json)
    list_changes(told["changes"], click.echo)
    for move in told["moves"]:
        what = f"{move['issues']} issues, {move['units']} units, {move['households']} households"
        click.echo(f"{move['from'] or 'no grid'} -> {move['to'] or 'no grid'}: {what}")
    for load in told["loads"]:
        figures = ", ".join(f"{name} {load[name][0]} -> {load[name][1]}" for name in ("issues", "units", "households"))
        click.echo(f"{load['grid']}: {figures}")
    for hearer in told["told"]:
        click.echo(f"{hearer['grid']}: {hearer['lead']['name'] if hearer['lead'] else 'nobody answers for it'}")


@draft.command("submit")
@draft_argument
@click.option("--comment", help="What the reviewer should know.")
@store_option
@json_option
def submit(draft: int, comment: str | None, store: str, as_json: bool) -> None:
    """Hand a draft to a second person. Refused while it has faults."""
    from api import drafts as asked
    from geo.desk import drafts, publishing
    from geo.desk.draft_work import find

    def here(desk: Desk) -> dict[str, Any]:
        publishing.submit(desk, draft, utc_now, CLI_ACTOR, comment)
        with desk.store.read() as conn:
            return asked.plain(drafts.describe(find(conn, draft)))

    done = _on_desk(store, f"/api/drafts/{draft}/submit", {"comment": comment}, here)
    result({name: done[name] for name in ("id", "title", "state")}, as_json)


@draft.command("return")
@draft_argument
@click.argument("comment")
@store_option
@json_option
def send_back(draft: int, comment: str, store: str, as_json: bool) -> None:
    """Give a submitted draft back, with a comment on what is to be done."""
    from geo.desk import drafts

    def verb(tx: Any) -> dict[str, Any]:
        drafts.send_back(tx, draft, comment)
        return {"id": draft, "state": "returned"}

    done = act(store, f"/api/drafts/{draft}/return", {"comment": comment}, verb)
    result({"id": draft, "state": done["state"]}, as_json)


@draft.command("publish")
@draft_argument
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]), help="Local time; at once if not said."
)
@click.option("--alone", is_flag=True, help="Although the command line submitted it, and no second person looked.")
@store_option
@json_option
def publish(draft: int, at: datetime | None, alone: bool, store: str, as_json: bool) -> None:
    """Make a submitted draft the edition in force, now or at a set time (by a service that runs then)."""
    from geo.desk import publishing
    from geo.store.types import utc_text

    moment = _aware(store, at)
    may = publishing.Authority(alone=alone)

    def here(desk: Desk) -> dict[str, Any]:
        if moment is not None:
            publishing.schedule(desk, draft, moment, utc_now, CLI_ACTOR, may)
            return {"publish_at": utc_text(moment)}
        return publishing.publish(desk, draft, utc_now, CLI_ACTOR, may).as_json()

    sent = {"alone": alone, **({"at": utc_text(moment)} if moment else {})}
    done = _on_desk(store, f"/api/drafts/{draft}/publish", sent, here)
    result({"draft": draft, **{name: value for name, value in done.items() if value is not None}}, as_json)


def _aware(store: str, at: datetime | None) -> datetime | None:
    """A local time of the jurisdiction as a moment."""
    if at is None:
        return None
    from zoneinfo import ZoneInfo

    from geo.store.store import Store

    with Store.open(store, now=utc_now(), write=False) as opened:
        return at.replace(tzinfo=ZoneInfo(opened.jurisdiction.timezone))


@draft.command("discard")
@draft_argument
@store_option
@json_option
def discard(draft: int, store: str, as_json: bool) -> None:
    """Give a draft up. What was done in it stays on record."""
    from geo.desk import drafts

    def verb(tx: Any) -> dict[str, Any]:
        drafts.discard(tx, draft)
        return {"id": draft, "state": "discarded"}

    done = act(store, f"/api/drafts/{draft}/discard", {}, verb)
    result({"id": draft, "state": done["state"]}, as_json)


def _on_desk(store: str, path: str, sent: dict[str, Any], here: Callable[[Desk], dict[str, Any]]) -> dict[str, Any]:
    """Do something that takes transactions of its own here, or through the service that holds the store."""
    from api.remote import Remote

    try:
        with open_desk(store) as desk:
            return here(desk)
    except StoreHeld as held:
        if not held.details.get("url"):
            raise
        say(f"A service holds the store: asking {held.details['url']}")
        with Remote(store, held.details["url"]) as remote:
            return remote.post(path, sent)
