"""Tables of the accounts file. Apart from the store, which QGIS users read: nothing here may be found there.

Times are UTC text, dates local ``YYYY-MM-DD``. Secrets are kept as SHA-256 only; they are 256 random bits, so that a
fast hash is enough.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    event,
)
from sqlalchemy.schema import DDL
from sqlalchemy.sql.schema import SchemaItem

from geo.store.types import Json, Utc

SCHEMA_VERSION = 2  # a later one only adds tables
POSTGRES_SCHEMA = "gridwarden_accounts"

metadata = MetaData()


def _table(name: str, *columns: SchemaItem) -> Table:
    # AUTOINCREMENT: the id of a removed row is never given out again.
    key = Column("id", Integer, primary_key=True, autoincrement=True)
    return Table(name, metadata, key, *columns, sqlite_autoincrement=True)


def _account() -> Column[int]:
    return Column("account_id", Integer, ForeignKey("account.id"), nullable=False, index=True)


account = _table(
    "account",
    Column("name", Text, nullable=False, unique=True),
    Column("created_at", Utc, nullable=False),
    Column("disabled_at", Utc),
)

# A role under an area path ("/": everywhere, with the queues that have no grid), for categories (null: all), between
# dates. A path that the tree of areas no longer has grants nothing.
account_grant = _table(
    "account_grant",
    _account(),
    Column("role", Text, nullable=False),
    Column("area_path", Text, nullable=False),
    Column("categories", Json),
    Column("from_date", Text, nullable=False),
    Column("to_date", Text),  # first day without it
    Column("granted_at", Utc, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("revoked_at", Utc),
)

# Bearer tokens of programs and screens.
token = _table(
    "token",
    _account(),
    Column("secret_sha256", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("revoked_at", Utc),
)

# Whose reports come under a source: nobody else's do, so that nobody reads or takes the references of another system.
source = _table(
    "source",
    Column("name", Text, nullable=False, unique=True),
    _account(),
)

sign_in_link = _table(
    "sign_in_link",
    _account(),
    Column("secret_sha256", Text, nullable=False, unique=True),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)

session = _table(
    "session",
    _account(),
    # A wall screen signs in with its token, and is signed out with it.
    Column("token_id", Integer, ForeignKey("token.id")),
    Column("secret_sha256", Text, nullable=False, unique=True),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# Who signed in, changed grants, saw a single rental unit. Appended to, never changed: the triggers below refuse.
audit = _table(
    "audit",
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text),
    Column("data", Json, nullable=False),
    Index("audit_at", "at"),
    Index("audit_actor", "actor"),
)

version = Table(
    "accounts_version",
    metadata,
    Column("version", Integer, CheckConstraint("version >= 1"), primary_key=True, autoincrement=False),
)

for _verb in ("UPDATE", "DELETE"):
    _refuse_sqlite = DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER audit_no_{_verb.lower()} BEFORE {_verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit is appended to, never changed'); END"
    )
    event.listen(audit, "after_create", _refuse_sqlite.execute_if(dialect="sqlite"))

_refuse_postgres = DDL(  # type: ignore[no-untyped-call]
    f"""
    CREATE FUNCTION {POSTGRES_SCHEMA}.audit_is_appended() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit is appended to, never changed'; END $$;
    CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {POSTGRES_SCHEMA}.audit
    FOR EACH STATEMENT EXECUTE FUNCTION {POSTGRES_SCHEMA}.audit_is_appended()
    """
)
event.listen(audit, "after_create", _refuse_postgres.execute_if(dialect="postgresql"))
