"""The demo: a synthetic district, made once, with somebody to look at it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy import Connection, select

from api import ports
from api.accounts import Accounts, book, keys, sources
from api.cli_base import CLI_ACTOR, open_accounts, open_desk, say
from api.cli_store import create
from api.clock import utc_now
from api.serving import serve_store
from api.settings import Settings
from geo.crs import Metric
from geo.errors import NotFound, StoreMissing
from geo.model import GridLevel
from geo.rules.access import Role
from geo.store.store import Store, kind_of
from geo.store.tables import grid_version

NAME = "柯城区（合成数据）"
METRIC_SRID = 4549
TIMEZONE = "Asia/Shanghai"
ACCOUNT = "demo"
INTAKE = "demo intake"
SOURCE = "demo"
# The demo's person may do all there is to see in it. No role holds everything, on purpose.
ROLES = (Role.COMMANDER, Role.DISPATCHER, Role.GRID_WORKER, Role.GIS_EDITOR, Role.OPERATOR, Role.AUDITOR)
TOKEN_FOR = timedelta(days=1)


def run(settings: Settings, seed: int, units: int) -> None:
    """Serve the demo's store, which is made first when it is not there."""
    ports.listen(settings.host, settings.port).close()  # before a minute of work, not after
    store = settings.store
    _create_or_upgrade(store)
    if _is_made(store):
        say(f"Using {store} as it was left.")
    else:
        _make(store, seed, units)
    serve_store(settings, lambda final: _invite(store, final))


def _create_or_upgrade(store: str) -> None:
    """Create the store when it is missing, and bring one of an older Gridwarden up to date."""
    try:
        Store.open(store, now=utc_now()).close()
    except StoreMissing:
        if kind_of(store) == "gpkg":
            Path(store).parent.mkdir(parents=True, exist_ok=True)
        create(store, name=NAME, metric_srid=METRIC_SRID, timezone=TIMEZONE, synthetic=True)


def _is_made(store: str) -> bool:
    """Whether the district is in the store: it is loaded whole or not at all."""
    with Store.open(store, write=False) as opened, opened.read() as conn:
        return conn.execute(select(grid_version.c.id).limit(1)).first() is not None


def _make(store: str, seed: int, units: int) -> None:
    """Generate the district and load it into the store."""
    from sample_data.generate import district  # here, because a second start does without the generator
    from sample_data.load import load

    now = utc_now()
    say(f"Generating a synthetic district with {units:,} rental units (seed {seed}) ...")
    made = district(seed, now, units=units, progress=say)
    with open_desk(store) as desk:
        load(desk, made, now, progress=say)


def _invite(store: str, settings: Settings) -> None:
    """Print the two ways in: a link for a person, a line for a program."""
    with open_accounts(store) as accounts:
        link, token = _ways_in(accounts, settings)
    lon, lat = _a_place(store)
    report = {
        "source": SOURCE,
        "category": "0102",
        "description": "垃圾堆放在路边",
        "lon": lon,
        "lat": lat,
        "datum": "wgs84",
    }
    click.echo(
        f"\nOpen this link; it signs in once, within {settings.link_minutes:g} minutes:\n\n"
        f"  {settings.url}/sign-in#{link}\n\n"
        "Then file a report and watch it appear on the map:\n\n"
        f"  curl -sS {settings.url}/api/reports -H 'Authorization: Bearer {token}' \\\n"
        f"    -H 'Content-Type: application/json' -d '{json.dumps(report, ensure_ascii=False)}'\n\n"
        "Stop with Ctrl+C; the next `make demo` goes on with the same data.\n"
    )


def _ways_in(accounts: Accounts, settings: Settings) -> tuple[str, str]:
    """A fresh sign-in link and a fresh intake token; the tokens of earlier starts end."""
    now = utc_now()
    with accounts.write() as conn:
        viewer = _account(conn, ACCOUNT, ROLES)
        intake = _account(conn, INTAKE, (Role.INTAKE,))
        sources.give(conn, intake, SOURCE, now=now, by=CLI_ACTOR)
        for token in keys.tokens_of(conn, intake.id):
            keys.revoke_token(conn, token["id"], now=now, by=CLI_ACTOR)
        link = keys.new_link(conn, viewer, now=now, valid_for=settings.link_for, by=CLI_ACTOR)
        _, secret = keys.new_token(conn, intake, "curl", now=now, valid_for=TOKEN_FOR, by=CLI_ACTOR)
    return link, secret


def _account(conn: Connection, name: str, roles: tuple[Role, ...]) -> book.Account:
    now = utc_now()
    try:
        return book.account_named(conn, name)
    except NotFound:
        made = book.add_account(conn, name, now=now, by=CLI_ACTOR)
        for role in roles:
            book.add_grant(conn, made, role, from_date=(now - timedelta(days=1)).date(), now=now, by=CLI_ACTOR)
        return made


def _a_place(store: str) -> tuple[float, float]:
    """Lon and lat well inside the smallest grid, which lies where most happens."""
    with Store.open(store, write=False) as opened, opened.read() as conn:
        grids = conn.execute(
            select(grid_version.c.geom).where(
                grid_version.c.to_edition.is_(None), grid_version.c.level == GridLevel.GRID
            )
        ).scalars()
        inside = min(grids, key=lambda geom: geom.area).representative_point()
        lon, lat = Metric(opened.jurisdiction.metric_srid).unproject(inside.x, inside.y)
    return round(float(lon), 6), round(float(lat), 6)
