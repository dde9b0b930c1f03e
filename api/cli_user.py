"""Accounts from the command line; works while a service runs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from api.cli_base import CLI_ACTOR, json_option, open_accounts, result, say, store_option
from api.clock import local_date, utc_now
from geo.rules.access import ROOT, Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.accounts.book import Account
    from api.settings import Settings

role_choice = click.Choice([str(role) for role in Role])
area_option = click.option(
    "--area", metavar="CODE", help="Area where it holds, with everything below; everywhere if not said."
)

url_option = click.option("--url", help="Where the service is reached; the settings' address if not said.")


@click.group()
def user() -> None:
    """Accounts, what they may do, their links and tokens."""


@user.command("add")
@click.argument("name")
@click.option("--role", "roles", type=role_choice, multiple=True, help="Role to grant from today; repeat for several.")
@area_option
@store_option
@json_option
def add(name: str, roles: tuple[str, ...], area: str | None, store: str, as_json: bool) -> None:
    """Add an account, with roles or without. Without any role it may do nothing."""
    from api.accounts import book

    if area and not roles:
        raise click.UsageError("--area says where a role holds: name one with --role.")
    path, today = _resolved(store, area)
    with open_accounts(store) as accounts, accounts.write() as conn:
        made = book.add_account(conn, name, now=utc_now(), by=CLI_ACTOR)
        for role in roles:
            book.add_grant(conn, made, Role(role), path=path, from_date=today, now=utc_now(), by=CLI_ACTOR)
    result({"account": made.id, "name": made.name} | _granted(roles, area), as_json)


def _granted(roles: tuple[str, ...], area: str | None) -> dict[str, str]:
    return {"roles": ", ".join(roles), "area": area or "everywhere"} if roles else {}


@user.command("list")
@store_option
@json_option
def list_users(store: str, as_json: bool) -> None:
    """List accounts with their grants, sources and tokens."""
    from api.accounts import book

    with open_accounts(store) as accounts, accounts.read() as conn:
        found = [_described(conn, account) for account in book.accounts(conn)]
    if as_json:
        result({"accounts": found}, as_json)
        return
    for account in found:
        state = " (disabled)" if account["disabled"] else ""
        click.echo(f"{account['name']}{state}")
        for line in (*account["grants"], *account["sources"], *account["tokens"]):
            click.echo(f"  {line}")


def _described(conn: Connection, account: Account) -> dict[str, Any]:
    from api.accounts import book, keys, sources

    grants = [
        f"grant {grant_id}: {grant.role} {_where(grant.path)} from {grant.from_date}"
        + (f" to {grant.to_date}" if grant.to_date else "")
        + (f" for {', '.join(sorted(grant.categories))}" if grant.categories else "")
        for grant_id, grant in book.grants_of(conn, account.id)
    ]
    tokens = [f"token {token['id']}: {token['label']}" for token in keys.tokens_of(conn, account.id)]
    own = [f"source {name}" for name in sources.sources_of(conn, account.id)]
    return {"name": account.name, "disabled": account.disabled, "grants": grants, "sources": own, "tokens": tokens}


def _where(path: str) -> str:
    return "everywhere" if path == ROOT else f"in {path.strip('/').rpartition('/')[2]}"


@user.command("grant")
@click.argument("name")
@click.argument("role", type=role_choice)
@area_option
@click.option("--category", "categories", multiple=True, help="Issue category it is limited to; repeat for several.")
@click.option("--from", "from_date", type=click.DateTime(["%Y-%m-%d"]), help="First day; today if not said.")
@click.option("--to", "to_date", type=click.DateTime(["%Y-%m-%d"]), help="First day without it.")
@store_option
@json_option
def grant(
    name: str,
    role: str,
    area: str | None,
    categories: tuple[str, ...],
    from_date: datetime | None,
    to_date: datetime | None,
    store: str,
    as_json: bool,
) -> None:
    """Give an account a role. docs/ROLES.md says what each may do."""
    from api.accounts import book

    path, today = _resolved(store, area)
    with open_accounts(store) as accounts, accounts.write() as conn:
        grant_id = book.add_grant(
            conn,
            book.account_named(conn, name),
            Role(role),
            path=path,
            categories=categories or None,
            from_date=from_date.date() if from_date else today,
            to_date=to_date.date() if to_date else None,
            now=utc_now(),
            by=CLI_ACTOR,
        )
    result({"grant": grant_id, "account": name, "role": role, "area": area or "everywhere"}, as_json)


def _resolved(store: str, area: str | None) -> tuple[str, date]:
    """The path of an area code in the store's tree, and the local date there."""
    from geo.desk.scope import area_path
    from geo.store.store import Store

    with Store.open(store, write=False) as opened, opened.read() as conn:
        return (area_path(conn, area) if area else ROOT), local_date(opened, utc_now())


@user.command("link")
@click.argument("name")
@url_option
@store_option
@json_option
def link(name: str, url: str | None, store: str, as_json: bool) -> None:
    """Print a sign-in link, valid once and for minutes."""
    from api.accounts import book, keys
    from api.settings import Settings

    settings = Settings()
    with open_accounts(store) as accounts, accounts.write() as conn:
        who = book.account_named(conn, name)
        secret = keys.new_link(conn, who, now=utc_now(), valid_for=settings.link_for, by=CLI_ACTOR)
    say(f"Valid once, for {settings.link_minutes:g} minutes:")
    made = _address(url, settings, f"/sign-in#{secret}")
    if as_json:
        result({"link": made}, as_json)
    else:
        click.echo(made)


def _address(url: str | None, settings: Settings, path: str) -> str:
    return (url or settings.url).rstrip("/") + path


@user.command("wall")
@click.argument("name")
@click.option("--names", is_flag=True, help="Show who answers for each grid; counts only if not said.")
@area_option
@url_option
@store_option
@json_option
def wall(name: str, names: bool, area: str | None, url: str | None, store: str, as_json: bool) -> None:
    """Add a wall screen, and print the address that it opens. It is shown this once, and works until revoked."""
    from api.accounts import book, keys
    from api.settings import Settings

    settings = Settings()
    role = Role.KIOSK_NAMED if names else Role.KIOSK
    path, today = _resolved(store, area)
    with open_accounts(store) as accounts, accounts.write() as conn:
        made = book.add_account(conn, name, now=utc_now(), by=CLI_ACTOR)
        book.add_grant(conn, made, role, path=path, from_date=today, now=utc_now(), by=CLI_ACTOR)
        token_id, secret = keys.new_token(conn, made, "wall screen", now=utc_now(), by=CLI_ACTOR)
    link = _address(url, settings, f"/sign-in?wall=1#{secret}")
    say(f"Token {token_id}. Whoever has this address sees what the screen shows; it is shown this once:")
    if as_json:
        result({"account": made.id, "id": token_id, "link": link}, as_json)
    else:
        click.echo(link)


@user.command("token")
@click.argument("name")
@click.option("--label", default="token", show_default=True, help="What it is for: the hotline, the wall screen.")
@click.option("--days", type=click.IntRange(min=1), help="Days it is valid; until revoked if not said.")
@store_option
@json_option
def token(name: str, label: str, days: int | None, store: str, as_json: bool) -> None:
    """Print a bearer token for a program or a wall screen. It is shown this once."""
    from api.accounts import book, keys

    valid_for = timedelta(days=days) if days else None
    with open_accounts(store) as accounts, accounts.write() as conn:
        who = book.account_named(conn, name)
        token_id, secret = keys.new_token(conn, who, label, now=utc_now(), valid_for=valid_for, by=CLI_ACTOR)
    say(f"Token {token_id}, shown this once:")
    if as_json:
        result({"id": token_id, "token": secret}, as_json)
    else:
        click.echo(secret)


@user.command("source")
@click.argument("name")
@click.argument("source")
@store_option
@json_option
def source(name: str, source: str, store: str, as_json: bool) -> None:
    """Let an account, and no other, file reports under a source. Unless said, the first that does has it."""
    from api.accounts import book, sources

    with open_accounts(store) as accounts, accounts.write() as conn:
        given = sources.give(conn, book.account_named(conn, name), source, now=utc_now(), by=CLI_ACTOR)
    result({"source": given, "account": name}, as_json)


@user.command("revoke")
@click.option("--token", "token_id", type=int, help="End a token and the screens that use it.")
@click.option("--grant", "grant_id", type=int, help="End a grant.")
@click.option("--account", "name", help="Disable an account: its sessions and tokens end.")
@store_option
@json_option
def revoke(token_id: int | None, grant_id: int | None, name: str | None, store: str, as_json: bool) -> None:
    """End a token, a grant or an account at once."""
    from api.accounts import book, keys

    if sum(given is not None for given in (token_id, grant_id, name)) != 1:
        raise click.UsageError("Name one of --token, --grant, --account.")
    with open_accounts(store) as accounts, accounts.write() as conn:
        if token_id is not None:
            keys.revoke_token(conn, token_id, now=utc_now(), by=CLI_ACTOR)
        elif grant_id is not None:
            book.revoke_grant(conn, grant_id, now=utc_now(), by=CLI_ACTOR)
        elif name is not None:
            book.disable(conn, book.account_named(conn, name), now=utc_now(), by=CLI_ACTOR)
    result({"revoked": token_id or grant_id or name}, as_json)
