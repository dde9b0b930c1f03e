"""The accounts: secrets are kept as hashes, links work once, sessions slide and end, the audit only grows."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from api.accounts import Accounts, book, keys, sources
from api.accounts import tables as accounts_tables
from api.accounts.file import accounts_path
from api.accounts.secrets import Sealer, SecretKind, digest, kind_of, new_secret, same_digest
from geo.errors import BadInput, Conflict, NotFound, NotSignedIn, StoreMissing, StoreTooNew, StoreUnsafe
from geo.model import SYSTEM
from geo.rules.access import Role

TEN_MINUTES = timedelta(minutes=10)
TWELVE_HOURS = timedelta(hours=12)


@pytest.fixture
def accounts(kind: str, new_location: Callable[[str], str]) -> Iterator[Accounts]:
    """Empty accounts beside each kind of store."""
    made = Accounts.create(new_location(kind))
    yield made
    made.close()


@pytest.fixture
def who(accounts: Accounts, now: datetime) -> book.Account:
    with accounts.write() as conn:
        return book.add_account(conn, "值班员", now=now, by=SYSTEM)


def link(accounts: Accounts, who: book.Account, now: datetime) -> str:
    with accounts.write() as conn:
        return keys.new_link(conn, who, now=now, valid_for=TEN_MINUTES, by=SYSTEM)


def sign_in(accounts: Accounts, secret: str, now: datetime) -> str:
    with accounts.write() as conn:
        return keys.sign_in(conn, secret, now=now, session_for=TWELVE_HOURS)


def holder(accounts: Accounts, secret: str, now: datetime) -> str:
    with accounts.read() as conn:
        return keys.authenticate(conn, secret, now=now).account.name


def test_a_link_signs_in_once(accounts: Accounts, who: book.Account, now: datetime) -> None:
    secret = link(accounts, who, now)
    session = sign_in(accounts, secret, now)
    assert holder(accounts, session, now) == "值班员"
    with pytest.raises(NotSignedIn, match="used before"):
        sign_in(accounts, secret, now)


def test_a_link_ends_after_its_minutes(accounts: Accounts, who: book.Account, now: datetime) -> None:
    secret = link(accounts, who, now)
    with pytest.raises(NotSignedIn):
        sign_in(accounts, secret, now + TEN_MINUTES)
    sign_in(accounts, secret, now + TEN_MINUTES - timedelta(milliseconds=1))


def test_a_session_ends_unless_it_is_used(accounts: Accounts, who: book.Account, now: datetime) -> None:
    session = sign_in(accounts, link(accounts, who, now), now)
    later = now + timedelta(hours=11)
    with accounts.write() as conn:
        credential = keys.authenticate(conn, session, now=later)
        assert keys.slides(conn, credential, now=later, session_for=TWELVE_HOURS)
        keys.slide(conn, credential, now=later, session_for=TWELVE_HOURS)
        assert not keys.slides(conn, credential, now=later, session_for=TWELVE_HOURS)
    assert holder(accounts, session, now + timedelta(hours=22)) == "值班员"
    with pytest.raises(NotSignedIn):
        holder(accounts, session, now + timedelta(hours=23))


def test_signing_out_ends_the_session(accounts: Accounts, who: book.Account, now: datetime) -> None:
    session = sign_in(accounts, link(accounts, who, now), now)
    with accounts.write() as conn:
        credential = keys.authenticate(conn, session, now=now)
        keys.end_session(conn, credential, now=now)
        assert not keys.still_valid(conn, credential, now=now)
    with pytest.raises(NotSignedIn):
        holder(accounts, session, now)


def test_revoking_a_token_signs_the_wall_screen_out(accounts: Accounts, who: book.Account, now: datetime) -> None:
    with accounts.write() as conn:
        token_id, secret = keys.new_token(conn, who, "大屏", now=now, by=SYSTEM)
    session = sign_in(accounts, secret, now)
    with accounts.write() as conn:
        credential = keys.authenticate(conn, session, now=now)
        keys.revoke_token(conn, token_id, now=now, by=SYSTEM)
        assert not keys.still_valid(conn, credential, now=now)
        with pytest.raises(NotFound):
            keys.revoke_token(conn, token_id, now=now, by=SYSTEM)
    for ended in (secret, session):
        with pytest.raises(NotSignedIn):
            holder(accounts, ended, now)


def test_a_session_is_no_token_to_sign_in_with(accounts: Accounts, who: book.Account, now: datetime) -> None:
    session = sign_in(accounts, link(accounts, who, now), now)
    with pytest.raises(NotSignedIn):
        sign_in(accounts, session, now)


def test_disabling_an_account_ends_all_it_holds(accounts: Accounts, who: book.Account, now: datetime) -> None:
    session, unused = sign_in(accounts, link(accounts, who, now), now), link(accounts, who, now)
    with accounts.write() as conn:
        _, token = keys.new_token(conn, who, "intake", now=now, by=SYSTEM)
        book.disable(conn, who, now=now, by=SYSTEM)
    for secret in (session, token):
        with pytest.raises(NotSignedIn):
            holder(accounts, secret, now)
    with pytest.raises(NotSignedIn, match="disabled"):
        sign_in(accounts, unused, now)


def test_no_secret_is_kept(accounts: Accounts, who: book.Account, now: datetime) -> None:
    secrets = [link(accounts, who, now)]
    secrets.append(sign_in(accounts, secrets[0], now))
    with accounts.write() as conn:
        secrets.append(keys.new_token(conn, who, "intake", now=now, by=SYSTEM)[1])
    with accounts.read() as conn:
        kept = [
            str(value)
            for table in accounts_tables.metadata.sorted_tables
            for row in conn.execute(select(table))
            for value in row
        ]
    assert {digest(secret) for secret in secrets} <= set(kept)
    assert not any(secret in value or secret[4:] in value for secret in secrets for value in kept)


def test_grants_come_back_as_given_until_revoked(accounts: Accounts, who: book.Account, now: datetime) -> None:
    with accounts.write() as conn:
        first = book.add_grant(
            conn, who, Role.GRID_WORKER, path="/330802/330802006/", categories=["0102"],
            from_date=date(2026, 3, 1), to_date=date(2026, 4, 1), now=now, by=SYSTEM,
        )  # fmt: skip
        book.add_grant(conn, who, Role.COMMANDER, from_date=date(2026, 3, 1), now=now, by=SYSTEM)
        (_, worker), (_, commander) = book.grants_of(conn, who.id)
        assert (worker.role, worker.path, worker.categories) == (
            Role.GRID_WORKER, "/330802/330802006/", frozenset({"0102"}),
        )  # fmt: skip
        assert worker.holds(date(2026, 3, 31)) and not worker.holds(date(2026, 4, 1))
        assert (commander.path, commander.categories, commander.to_date) == ("/", None, None)
        book.revoke_grant(conn, first, now=now, by=SYSTEM)
        assert [grant.role for _, grant in book.grants_of(conn, who.id)] == [Role.COMMANDER]
        with pytest.raises(BadInput):
            book.add_grant(conn, who, Role.COMMANDER, from_date=now.date(), to_date=now.date(), now=now, by=SYSTEM)


def test_names_are_unique(accounts: Accounts, who: book.Account, now: datetime) -> None:
    with accounts.write() as conn:
        with pytest.raises(Conflict):
            book.add_account(conn, " 值班员 ", now=now, by=SYSTEM)
        with pytest.raises(BadInput):
            book.add_account(conn, "  ", now=now, by=SYSTEM)
        assert [account.name for account in book.accounts(conn)] == ["值班员"]


def test_names_can_be_seen(accounts: Accounts, now: datetime) -> None:
    for name in ("", " ", "\u200b", "值班\u200b员", "a\0b", "desk\u202e", "a\nb", "x" * 101):
        with pytest.raises(BadInput), accounts.write() as conn:
            book.add_account(conn, name, now=now, by=SYSTEM)
    with accounts.write() as conn:
        for name in ("值班　员", "Zoë's desk <b>", "١٢"):
            assert book.add_account(conn, name, now=now, by=SYSTEM).name == name


def test_a_grant_for_no_category_is_not_one_for_all(accounts: Accounts, who: book.Account, now: datetime) -> None:
    with pytest.raises(BadInput), accounts.write() as conn:
        book.add_grant(conn, who, Role.DISPATCHER, categories=[], from_date=now.date(), now=now, by=SYSTEM)


def test_the_audit_only_grows(accounts: Accounts, who: book.Account, now: datetime) -> None:
    audit = accounts_tables.audit
    for change in (update(audit).values(actor="nobody"), delete(audit)):
        with pytest.raises(DBAPIError, match="appended to"), accounts.write() as conn:
            conn.execute(change)
    with accounts.read() as conn:
        assert conn.execute(select(audit.c.action)).scalars().all() == ["account.added"]


def test_a_failed_write_leaves_nothing(accounts: Accounts, now: datetime) -> None:
    with pytest.raises(RuntimeError), accounts.write() as conn:
        book.add_account(conn, "half", now=now, by=SYSTEM)
        raise RuntimeError
    with accounts.read() as conn:
        assert book.accounts(conn) == []


def test_the_contact_key_survives_opening_again(kind: str, new_location: Callable[[str], str]) -> None:
    location = new_location(kind)
    made = Accounts.create(location)
    sealed = made.sealer.seal("138 0000 0000")
    made.close()
    again = Accounts.open(location)
    assert "138" not in sealed
    assert again.sealer.open(sealed) == "138 0000 0000"
    again.close()


def test_a_newer_schema_is_refused(kind: str, new_location: Callable[[str], str]) -> None:
    location = new_location(kind)
    made = Accounts.create(location)
    with made.write() as conn:
        conn.execute(update(accounts_tables.version).values(version=accounts_tables.SCHEMA_VERSION + 1))
    made.close()
    with pytest.raises(StoreTooNew):
        Accounts.open(location)


def test_accounts_of_an_older_schema_get_the_tables_they_lack(kind: str, new_location: Callable[[str], str]) -> None:
    location = new_location(kind)
    made = Accounts.create(location)
    with made.write() as conn:
        accounts_tables.source.drop(conn)
        conn.execute(update(accounts_tables.version).values(version=1))
    made.close()
    with closing(Accounts.open(location)) as again, again.write() as conn:
        who = book.add_account(conn, "Hotline", now=datetime.now(UTC), by=SYSTEM)
        sources.give(conn, who, "hotline", now=datetime.now(UTC), by=SYSTEM)
        assert sources.sources_of(conn, who.id) == ["hotline"]


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    store = str(tmp_path / "a.gpkg")
    with pytest.raises(StoreMissing, match="gridwarden init"):
        Accounts.open(store)
    Accounts.create(store).close()
    path = accounts_path(store)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(StoreUnsafe, match="chmod 600"):
        Accounts.open(store)


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    store = str(tmp_path / "a.gpkg")
    Accounts.create(store).close()
    before = accounts_path(store).read_bytes()
    with pytest.raises(FileExistsError):
        Accounts.create(store)
    assert accounts_path(store).read_bytes() == before


def test_an_empty_file_is_no_accounts_file(tmp_path: Path) -> None:
    path = accounts_path(str(tmp_path / "a.gpkg"))
    sqlite3.connect(path).close()
    path.touch(mode=0o600)
    path.chmod(0o600)
    with pytest.raises(StoreMissing):
        Accounts.open(str(tmp_path / "a.gpkg"))


@given(st.text(max_size=300))
def test_any_text_is_sealed_and_opened(text: str) -> None:
    sealer = Sealer(Sealer.new_key())
    assert sealer.open(sealer.seal(text)) == text
    with pytest.raises(BadInput):
        Sealer(Sealer.new_key()).open(sealer.seal(text))


@given(st.text(max_size=250))
def test_no_text_is_taken_for_a_secret_by_chance(text: str) -> None:
    real = new_secret(SecretKind.TOKEN)
    assert kind_of(real) is SecretKind.TOKEN
    assert not same_digest(digest(real), text)
    assert kind_of(text) is None or text[:4] in {"gwt_", "gwl_", "gws_"}


# -- what is remembered -----------------------------------------------------------------------------------------------


def test_what_was_read_is_remembered_until_this_process_changes_the_accounts(accounts: Accounts, now: datetime) -> None:
    accounts.memory.keep("who", "somebody", accounts.memory.version(), now)
    assert accounts.memory.recall("who", now) == "somebody"
    with accounts.write() as conn:
        book.add_account(conn, "another", now=now, by=SYSTEM)
    assert accounts.memory.recall("who", now) is None


def test_a_change_between_version_and_reading_is_noticed(accounts: Accounts, now: datetime) -> None:
    version = accounts.memory.version()
    with accounts.write() as conn:
        book.add_account(conn, "between", now=now, by=SYSTEM)
    accounts.memory.keep("who", "somebody", version, now)
    assert accounts.memory.recall("who", now) is None


def test_a_file_tells_at_once_that_another_process_changed_it(who_file: Path, now: datetime) -> None:
    mine, another = Accounts.open(str(who_file)), Accounts.open(str(who_file))
    with closing(mine), closing(another):
        mine.memory.keep("who", "somebody", mine.memory.version(), now)
        with another.write() as conn:
            book.add_account(conn, "another", now=now, by=SYSTEM)
        assert mine.memory.recall("who", now) is None


def test_what_was_read_is_remembered_for_a_second_at_most(accounts: Accounts, now: datetime) -> None:
    accounts.memory.keep("who", "somebody", accounts.memory.version(), now)
    assert accounts.memory.recall("who", now + timedelta(milliseconds=999)) == "somebody"
    assert accounts.memory.recall("who", now + timedelta(seconds=1)) is None
    assert accounts.memory.recall("who", now - timedelta(milliseconds=1)) is None  # the clock was set back


class Reading:
    """Reads that take until they are let go; each returns its number."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = threading.Event()

    def __call__(self) -> int:
        self.begun += 1
        mine = self.begun
        assert self.go.wait(30)
        return mine


async def _asking(reading: Reading, asked: Sequence[Awaitable[int]], begun: int) -> list[asyncio.Task[int]]:
    """All of them are waiting, and so many reads have begun."""
    tasks = [asyncio.ensure_future(each) for each in asked]
    while reading.begun < begun:
        await asyncio.sleep(0.001)
    return tasks


def test_who_asks_while_it_is_read_waits_for_the_same_reading(accounts: Accounts, now: datetime) -> None:
    async def ask() -> list[int]:
        reading = Reading()
        tasks = await _asking(reading, [accounts.memory.ask("who", now, reading) for _ in range(20)], begun=1)
        tasks[0].cancel()  # takes nothing from the others
        reading.go.set()
        return await asyncio.gather(*tasks[1:])

    assert asyncio.run(ask()) == [1] * 19


def test_who_asks_after_a_change_gets_no_reading_from_before_it(accounts: Accounts, now: datetime) -> None:
    async def ask() -> list[int]:
        reading = Reading()
        before = await _asking(reading, [accounts.memory.ask("who", now, reading)], begun=1)
        with accounts.write() as conn:
            book.add_account(conn, "another", now=now, by=SYSTEM)
        after = await _asking(reading, [accounts.memory.ask("who", now, reading) for _ in range(3)], begun=2)
        reading.go.set()
        return await asyncio.gather(*before, *after)

    assert asyncio.run(ask()) == [1, 2, 2, 2]


def test_a_reading_that_fails_is_told_to_all_and_tried_again(accounts: Accounts, now: datetime) -> None:
    def refuse() -> str:
        raise NotSignedIn("expired")

    async def ask() -> list[Any]:
        asked = (accounts.memory.ask("who", now, refuse) for _ in range(3))
        refusals = await asyncio.gather(*asked, return_exceptions=True)
        return [*refusals, await accounts.memory.ask("who", now, lambda: "somebody")]

    *refusals, then = asyncio.run(ask())
    assert [type(each) for each in refusals] == [NotSignedIn] * 3
    assert then == "somebody"


@pytest.fixture
def who_file(tmp_path: Path) -> Path:
    """A store's place, with accounts beside it."""
    Accounts.create(str(tmp_path / "store.gpkg")).close()
    return tmp_path / "store.gpkg"
