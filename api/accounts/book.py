"""Accounts, what they are granted, and the audit. Every function works in the transaction it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.accounts.tables import account, account_grant, audit, session, token
from geo.errors import BadInput, Conflict, NotFound
from geo.letters import holds_unseen
from geo.model import Actor
from geo.rules.access import ROOT, Grant, Role


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody or something that can sign in. ``id`` is what events and the audit name, never the name."""

    id: int
    name: str
    disabled: bool = False

    @property
    def actor(self) -> Actor:
        return Actor(f"account:{self.id}", self.name)


def _account(row: Row[Any]) -> Account:
    return Account(row.id, row.name, row.disabled_at is not None)


def add_account(conn: Connection, name: str, *, now: datetime, by: Actor) -> Account:
    """A new account with no grants. Conflict when the name is taken, BadInput when it is blank or cannot be seen."""
    name = name.strip()
    if not 0 < len(name) <= 100 or holds_unseen(name):
        raise BadInput("A name of an account has 1 to 100 characters, all of which can be seen.")
    try:
        with conn.begin_nested():
            new = insert(account).values(name=name, created_at=now).returning(account.c.id)
            made = Account(conn.execute(new).scalar_one(), name)
    except IntegrityError:
        raise Conflict(f"There is an account named {name!r} already.") from None
    record(conn, "account.added", made.actor.id, now=now, by=by)
    return made


def account_named(conn: Connection, name: str) -> Account:
    """The account of that name. NotFound without one."""
    row = conn.execute(select(account).where(account.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"No account is named {name!r}.")
    return _account(row)


def account_by_id(conn: Connection, account_id: int) -> Account:
    """The account with that id. NotFound without one."""
    row = conn.execute(select(account).where(account.c.id == account_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no account {account_id}.")
    return _account(row)


def accounts(conn: Connection) -> list[Account]:
    """All accounts by name."""
    return [_account(row) for row in conn.execute(select(account).order_by(account.c.name))]


def disable(conn: Connection, who: Account, *, now: datetime, by: Actor) -> None:
    """Shut an account: its sessions and tokens end, its history stays."""
    conn.execute(update(account).where(account.c.id == who.id).values(disabled_at=now))
    for table in (session, token):
        conn.execute(
            update(table).where(table.c.account_id == who.id, table.c.revoked_at.is_(None)).values(revoked_at=now)
        )
    record(conn, "account.disabled", who.actor.id, now=now, by=by)


def add_grant(
    conn: Connection,
    who: Account,
    role: Role,
    *,
    path: str = ROOT,
    categories: Sequence[str] | None = None,
    from_date: date,
    to_date: date | None = None,
    now: datetime,
    by: Actor,
) -> int:
    """Give a role under an area path ("/": everywhere), for categories (None: all), from one date to before another."""
    if categories is not None and not categories:
        raise BadInput("A grant for no category at all gives nothing: name some, or leave them out for all.")
    if to_date is not None and to_date <= from_date:
        raise BadInput(f"A grant that ends on {to_date} cannot begin on {from_date}.")
    values = {
        "account_id": who.id,
        "role": role.value,
        "area_path": path,
        "categories": sorted(categories) if categories else None,
        "from_date": from_date.isoformat(),
        "to_date": to_date.isoformat() if to_date else None,
    }
    new = insert(account_grant).values(**values, granted_at=now, granted_by=by.id).returning(account_grant.c.id)
    grant_id = conn.execute(new).scalar_one()
    record(conn, "grant.added", who.actor.id, now=now, by=by, data={"grant": grant_id, **values})
    return grant_id


def revoke_grant(conn: Connection, grant_id: int, *, now: datetime, by: Actor) -> None:
    """End a grant at once. NotFound when it is not in force."""
    done = conn.execute(
        update(account_grant)
        .where(account_grant.c.id == grant_id, account_grant.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(account_grant.c.account_id)
    ).scalar_one_or_none()
    if done is None:
        raise NotFound(f"No grant {grant_id} is in force.")
    record(conn, "grant.revoked", f"account:{done}", now=now, by=by, data={"grant": grant_id})


def grants_of(conn: Connection, account_id: int) -> list[tuple[int, Grant]]:
    """The grants of an account that were not revoked, with their ids, past and future ones included."""
    rows = conn.execute(
        select(account_grant)
        .where(account_grant.c.account_id == account_id, account_grant.c.revoked_at.is_(None))
        .order_by(account_grant.c.id)
    )
    return [(row.id, _grant(row)) for row in rows]


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        role=Role(row.role),
        path=row.area_path,
        categories=frozenset(row.categories) if row.categories else None,
        from_date=date.fromisoformat(row.from_date),
        to_date=date.fromisoformat(row.to_date) if row.to_date else None,
    )


def record(
    conn: Connection,
    action: str,
    subject: str | None = None,
    *,
    now: datetime,
    by: Actor,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append to the audit: who did what to which subject. ``data`` holds no contact and no secret."""
    conn.execute(insert(audit).values(at=now, actor=by.id, action=action, subject=subject, data=dict(data or {})))
