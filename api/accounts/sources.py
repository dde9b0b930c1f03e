"""Sources of reports and the account that each belongs to: the first that filed under it, or whom an operator gave it.

A repeated (source, source_ref) is answered with the first report, so whoever may use a source can ask for what came
under it, and take references before their owner does.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.accounts.book import Account, record
from api.accounts.tables import source
from geo.errors import BadInput, NotAllowed
from geo.letters import holds_unseen
from geo.model import Actor

MAX_NAME = 200


def sources_of(conn: Connection, account_id: int) -> list[str]:
    """The sources of an account, by name."""
    query = select(source.c.name).where(source.c.account_id == account_id).order_by(source.c.name)
    return list(conn.execute(query).scalars())


def is_own(conn: Connection, who: Account, name: str) -> bool:
    """Whether the source is the account's. False while it is nobody's. Raises NotAllowed when it is another's."""
    owner = conn.execute(select(source.c.account_id).where(source.c.name == name)).scalar_one_or_none()
    if owner not in (None, who.id):
        raise NotAllowed(
            f"Reports of the source {name!r} come from another account. Name a source of your own, or have an operator "
            "hand it over: gridwarden user source ACCOUNT SOURCE",
            problem="source-of-another",
        )
    return owner is not None


def take(conn: Connection, who: Account, name: str, *, now: datetime) -> None:
    """Make a source that is nobody's the account's.

    Raises NotAllowed when another account was quicker, BadInput for a name that looks like another's and is not it.
    """
    if is_own(conn, who, name):
        return
    _check(name)
    try:
        with conn.begin_nested():
            conn.execute(insert(source).values(name=name, account_id=who.id))
    except IntegrityError:
        is_own(conn, who, name)
        return
    record(conn, "source.taken", who.actor.id, now=now, by=who.actor, data={"source": name})


def give(conn: Connection, who: Account, name: str, *, now: datetime, by: Actor) -> str:
    """Make a source the account's, whoever had it. Returns its name. BadInput for one that no report can carry."""
    name = name.strip()
    _check(name)
    moved = conn.execute(update(source).where(source.c.name == name).values(account_id=who.id))
    if not moved.rowcount:
        conn.execute(insert(source).values(name=name, account_id=who.id))
    record(conn, "source.given", who.actor.id, now=now, by=by, data={"source": name})
    return name


def _check(name: str) -> None:
    if not 0 < len(name) <= MAX_NAME or holds_unseen(name):
        raise BadInput(f"The name of a source has 1 to {MAX_NAME} characters, all of which can be seen.")
