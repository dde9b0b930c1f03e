"""What all commands share: how a refusal looks, where results and progress go, how a store is opened.

Modules of commands import at their top what options need. What a command works with is imported when it runs: help
and mistakes of usage are answered at once, and nobody who lists accounts waits for geometry.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from api.clock import utc_now
from geo.errors import GridwardenError
from geo.model import Actor

if TYPE_CHECKING:
    from api.accounts import Accounts
    from geo.desk.asof import When
    from geo.desk.tx import Desk

F = TypeVar("F", bound=Callable[..., Any])

CLI_ACTOR = Actor("cli", "command line")


class Refusing(click.Group):
    """A group whose commands end with exit 1 and one message on stderr when Gridwarden refuses something."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GridwardenError as refusal:
            raise click.ClickException(str(refusal)) from refusal


def store_option(function: F) -> F:
    """``--store``: a path or a URL, else the setting GRIDWARDEN_STORE."""

    def given(_: click.Context, __: click.Parameter, value: str | None) -> str:
        location = value or store_of_settings()
        if not location:
            raise click.UsageError("Name the store: --store STORE, or GRIDWARDEN_STORE in the environment.")
        return location

    text = "The store: path of a GeoPackage, or a postgresql+psycopg:// URL."
    return click.option("--store", metavar="STORE", callback=given, help=text)(function)


def store_of_settings() -> str:
    """The store that the environment names; empty where it names none."""
    from api.settings import Settings

    return Settings().store


def json_option(function: F) -> F:
    """``--json``: the summary as one JSON object on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")(function)


def as_of_option(function: F) -> F:
    """``--as-of``: a moment of the past."""
    text = "As it was recorded then: a local date, which means its end, or a time with its zone."
    return click.option("--as-of", metavar="MOMENT", help=text)(function)


def moment_of(timezone: str, as_of: str | None) -> When:
    """The moment that a command reads: now, or what ``--as-of`` names. Raises BadInput."""
    from zoneinfo import ZoneInfo

    from geo.desk.asof import When

    now = When(utc_now(), ZoneInfo(timezone))
    return now if as_of is None else now.back_to(as_of)


host_option = click.option("--host", help="Address to listen on; 127.0.0.1 if not said.")
port_option = click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 8000 if not said.")


def say(text: str) -> None:
    """Progress and remarks: stderr, so that stdout holds the result only."""
    click.echo(text, err=True)


def result(summary: Mapping[str, Any], as_json: bool) -> None:
    """The result of a command: one JSON object, or one line a figure."""
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, default=str))
        return
    width = max((len(name) for name in summary), default=0)
    for name, value in summary.items():
        click.echo(f"{name:<{width}}  {value}")


@contextmanager
def open_desk(location: str) -> Iterator[Desk]:
    """The store open to write, with its accounts' key for contacts. Raises StoreHeld and the like."""
    from api.accounts import Accounts
    from geo.desk.tx import Desk
    from geo.store.store import Store

    with Store.open(location, now=utc_now()) as store, closing(Accounts.open(location)) as accounts:
        yield Desk(store, accounts.sealer)


@contextmanager
def open_accounts(location: str) -> Iterator[Accounts]:
    """The accounts alone: they can be changed while a service runs."""
    from api.accounts import Accounts

    with closing(Accounts.open(location)) as accounts:
        yield accounts


def counting(what: str) -> Callable[[int], None]:
    """A progress callback: the number of rows so far, in place on a terminal, silent elsewhere."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda rows: click.echo(f"\r{rows:,} {what}", err=True, nl=False)
