"""Sign-in links, sessions and bearer tokens: made, exchanged, checked, revoked. Only hashes are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, case, insert, or_, select, update

from api.accounts.book import Account, record
from api.accounts.secrets import SecretKind, digest, kind_of, new_secret, same_digest
from api.accounts.tables import account, session, sign_in_link, token
from geo.errors import NotFound, NotSignedIn
from geo.model import Actor

# A session is moved on by a write only when that gives it this much more time.
SLIDE_STEP = timedelta(minutes=5)

EXPIRED = "This session or token is not valid, or no longer. Sign in again."
LINK_GONE = "This sign-in link was used before, has expired, or never was one. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Credential:
    """What a valid secret stands for. ``key`` names the session or token for the live hub and the log."""

    account: Account
    kind: SecretKind
    id: int

    @property
    def key(self) -> tuple[SecretKind, int]:
        return (self.kind, self.id)


def new_link(conn: Connection, who: Account, *, now: datetime, valid_for: timedelta, by: Actor) -> str:
    """The secret of a link that signs in once, within ``valid_for``."""
    secret = new_secret(SecretKind.LINK)
    conn.execute(
        insert(sign_in_link).values(
            account_id=who.id, secret_sha256=digest(secret), created_at=now, expires_at=now + valid_for
        )
    )
    record(conn, "link.made", who.actor.id, now=now, by=by)
    return secret


def new_token(
    conn: Connection, who: Account, label: str, *, now: datetime, valid_for: timedelta | None = None, by: Actor
) -> tuple[int, str]:
    """A bearer token for a program or a screen: (id, secret). Valid until revoked unless ``valid_for`` is given."""
    secret = new_secret(SecretKind.TOKEN)
    new = insert(token).values(
        account_id=who.id,
        secret_sha256=digest(secret),
        label=label,
        created_at=now,
        expires_at=now + valid_for if valid_for else None,
    )
    token_id = conn.execute(new.returning(token.c.id)).scalar_one()
    record(conn, "token.made", who.actor.id, now=now, by=by, data={"token": token_id, "label": label})
    return token_id, secret


def sign_in(conn: Connection, secret: str, *, now: datetime, session_for: timedelta) -> str:
    """Exchange a link (once) or the token of a wall screen for the secret of a session. NotSignedIn otherwise."""
    if kind_of(secret) is SecretKind.LINK:
        # Claimed by the update itself, so that of two requests at once only one gets a session.
        claimed = conn.execute(
            update(sign_in_link)
            .where(
                sign_in_link.c.secret_sha256 == digest(secret),
                sign_in_link.c.used_at.is_(None),
                sign_in_link.c.expires_at > now,
            )
            .values(used_at=now)
            .returning(sign_in_link.c.account_id)
        ).scalar_one_or_none()
        if claimed is None:
            raise NotSignedIn(LINK_GONE)
        who, token_id = _enabled_account(conn, claimed), None
    else:
        found = authenticate(conn, secret, now=now)
        if found.kind is not SecretKind.TOKEN:
            raise NotSignedIn(LINK_GONE)
        who, token_id = found.account, found.id
    fresh = new_secret(SecretKind.SESSION)
    conn.execute(
        insert(session).values(
            account_id=who.id,
            token_id=token_id,
            secret_sha256=digest(fresh),
            created_at=now,
            expires_at=now + session_for,
        )
    )
    record(conn, "session.begun", who.actor.id, now=now, by=who.actor)
    return fresh


def _enabled_account(conn: Connection, account_id: int) -> Account:
    row = conn.execute(select(account).where(account.c.id == account_id)).one()
    if row.disabled_at is not None:
        raise NotSignedIn("This account is disabled.")
    return Account(row.id, row.name)


def authenticate(conn: Connection, secret: str, *, now: datetime) -> Credential:
    """Whose session or token this is. NotSignedIn when it is unknown, expired or revoked, or its account disabled."""
    kind = kind_of(secret)
    table = {SecretKind.SESSION: session, SecretKind.TOKEN: token}.get(kind) if kind else None
    row = _valid_row(conn, table, secret, now) if table is not None else None
    if kind is None or row is None:
        raise NotSignedIn(EXPIRED)
    return Credential(Account(row.account_id, row.name), kind, row.id)


def _valid_row(conn: Connection, table: Table, secret: str, now: datetime) -> Row[Any] | None:
    row = conn.execute(_valid(table, now).where(table.c.secret_sha256 == digest(secret))).one_or_none()
    return row if row is not None and same_digest(row.secret_sha256, secret) else None


def _valid(table: Table, now: datetime) -> Select[Any]:
    """The sessions, or the tokens, that are valid at ``now``."""
    query = (
        select(table.c.id, table.c.account_id, table.c.secret_sha256, account.c.name)
        .join(account, account.c.id == table.c.account_id)
        .where(table.c.revoked_at.is_(None), account.c.disabled_at.is_(None))
    )
    if table is token:
        return query.where(_lasts(token, now))
    # A screen's session is as good as the token it signed in with, and lasts as long: nobody is there to sign in again.
    query = query.outerjoin(token, token.c.id == session.c.token_id).where(token.c.revoked_at.is_(None))
    return query.where(case((session.c.token_id.is_(None), _lasts(session, now)), else_=_lasts(token, now)))


def _lasts(table: Table, now: datetime) -> ColumnElement[bool]:
    return or_(table.c.expires_at.is_(None), table.c.expires_at > now)


def still_valid(conn: Connection, credential: Credential, *, now: datetime) -> bool:
    """Whether a credential that was valid once still is; for streams that stay open."""
    table = session if credential.kind is SecretKind.SESSION else token
    return conn.execute(_valid(table, now).where(table.c.id == credential.id)).first() is not None


def slides(conn: Connection, credential: Credential, *, now: datetime, session_for: timedelta) -> bool:
    """Whether a session has so little time left, compared with ``session_for``, that a request should move it on."""
    if credential.kind is not SecretKind.SESSION:
        return False
    ends = conn.execute(select(session.c.expires_at).where(session.c.id == credential.id)).scalar_one()
    return now + session_for - ends >= min(SLIDE_STEP, session_for / 2)


def slide(conn: Connection, credential: Credential, *, now: datetime, session_for: timedelta) -> None:
    """Move the end of a session on."""
    conn.execute(
        update(session)
        .where(session.c.id == credential.id, session.c.revoked_at.is_(None))
        .values(expires_at=now + session_for)
    )


def end_session(conn: Connection, credential: Credential, *, now: datetime) -> None:
    """Sign out."""
    conn.execute(update(session).where(session.c.id == credential.id).values(revoked_at=now))
    record(conn, "session.ended", credential.account.actor.id, now=now, by=credential.account.actor)


def revoke_token(conn: Connection, token_id: int, *, now: datetime, by: Actor) -> None:
    """End a token and the sessions that signed in with it. NotFound when it is not valid."""
    owner = conn.execute(
        update(token)
        .where(token.c.id == token_id, token.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(token.c.account_id)
    ).scalar_one_or_none()
    if owner is None:
        raise NotFound(f"No token {token_id} is valid.")
    record(conn, "token.revoked", f"account:{owner}", now=now, by=by, data={"token": token_id})


def tokens_of(conn: Connection, account_id: int) -> list[dict[str, Any]]:
    """The valid and expired tokens of an account, without their secrets."""
    columns = (token.c.id, token.c.label, token.c.created_at, token.c.expires_at)
    query = select(*columns).where(token.c.account_id == account_id, token.c.revoked_at.is_(None)).order_by(token.c.id)
    return [dict(row._mapping) for row in conn.execute(query)]
