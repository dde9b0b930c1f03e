"""A running service over an empty store of each kind, with people who hold what a test gives them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.accounts import Accounts, book, keys
from api.accounts.file import accounts_path
from api.app import Parts, create_app
from api.middleware import SESSION_COOKIE
from api.service import Service
from api.settings import Settings
from geo.desk.founding import install_rules
from geo.desk.tx import Desk
from geo.model import SYSTEM
from geo.rules.access import ROOT, Role
from geo.store.store import Store
from tests.api import town as town_of_two
from tests.api.conforming import ConformingClient
from tests.conftest import TEST_STORE
from tests.postgis_server import PostgisServer

BASE = "http://127.0.0.1:8000"


@dataclass
class Clock:
    """The present moment, in the test's hands."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Site:
    """One running application. Clients that it hands out are signed in as who a test asked for."""

    app: FastAPI
    clock: Clock
    made: int = 0
    clients: list[TestClient] = field(default_factory=list)

    @property
    def service(self) -> Service:
        found: Service = self.app.state.service
        return found

    def account(self, *roles: Role, path: str = ROOT, categories: list[str] | None = None) -> book.Account:
        """A new account with those roles under one area path."""
        self.made += 1
        with self.service.accounts.write() as conn:
            who = book.add_account(conn, f"account {self.made}", now=self.clock.now, by=SYSTEM)
            for role in roles:
                book.add_grant(
                    conn, who, role, path=path, categories=categories,
                    from_date=date(2020, 1, 1), now=self.clock.now, by=SYSTEM,
                )  # fmt: skip
        return who

    def token(self, *roles: Role, path: str = ROOT, categories: list[str] | None = None) -> str:
        """The secret of a bearer token of a new account."""
        who = self.account(*roles, path=path, categories=categories)
        with self.service.accounts.write() as conn:
            return keys.new_token(conn, who, "test", now=self.clock.now, by=SYSTEM)[1]

    def link(self, who: book.Account) -> str:
        with self.service.accounts.write() as conn:
            return keys.new_link(conn, who, now=self.clock.now, valid_for=timedelta(minutes=10), by=SYSTEM)

    def stranger(self) -> TestClient:
        """A client that carries nothing."""
        return ConformingClient(self.app, BASE)

    def program(self, *roles: Role, path: str = ROOT, categories: list[str] | None = None) -> TestClient:
        """A client with a bearer token."""
        secret = self.token(*roles, path=path, categories=categories)
        return ConformingClient(self.app, BASE, headers={"authorization": f"Bearer {secret}"})

    def browser(self, *roles: Role, path: str = ROOT, categories: list[str] | None = None) -> TestClient:
        """A client with the session cookie of a new account, writing from our own pages."""
        client = ConformingClient(self.app, BASE, headers={"origin": BASE})
        secret = self.link(self.account(*roles, path=path, categories=categories))
        assert client.post("/api/session", json={"token": secret}).status_code == 204
        assert client.cookies.get(SESSION_COOKIE)
        return client


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def open_site(clock: Clock) -> Iterator[Callable[..., Site]]:
    """``open_site(store, accounts, **settings)`` serves an open store; accounts are made where none are given."""
    with ExitStack() as after:

        def serve(store: Store, accounts: Accounts | None = None, **settings: Any) -> Site:
            location = str(store._address)
            if accounts is None:
                accounts = _found(store, clock)
            app = create_app(Settings(store=location, **settings), clock=clock, parts=Parts(store, accounts))
            after.enter_context(TestClient(app, BASE))
            return Site(app, clock)

        yield serve


def _found(store: Store, clock: Clock) -> Accounts:
    """The accounts and rules of an empty store."""
    accounts = Accounts.create(str(store._address))
    with Desk(store, accounts.sealer).transaction(clock, SYSTEM) as tx:
        install_rules(tx)
    return accounts


@pytest.fixture
def site(store: Store, open_site: Callable[..., Site]) -> Site:
    """A service over an empty store of each kind in turn."""
    return open_site(store)


@pytest.fixture(scope="session")
def _pristine_towns(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """A store of each kind with the town in it, to copy: quicker than importing it for every test."""
    made: dict[str, str] = {}

    def get(kind: str) -> str:
        if kind not in made:
            at = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)
            if kind == "gpkg":
                location = str(tmp_path_factory.mktemp("town") / "store.gpkg")
            else:
                location = request.getfixturevalue("postgis_server").new_database()
            Store.create(location, **TEST_STORE, now=at)
            clock = Clock(at)
            store = Store.open(location, now=at)
            app = create_app(Settings(store=location), clock=clock, parts=Parts(store, _found(store, clock)))
            with TestClient(app, BASE):
                town_of_two.build(Site(app, clock).program(Role.OPERATOR))
            made[kind] = location
        return made[kind]

    return get


@pytest.fixture
def _town_location(
    kind: str,
    _pristine_towns: Callable[[str], str],
    new_location: Callable[[str], str],
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    made = _pristine_towns(kind)
    if kind == "gpkg":
        location = new_location(kind)
        shutil.copy(made, location)
        shutil.copy(accounts_path(made), accounts_path(location))
        yield location
    else:
        server: PostgisServer = request.getfixturevalue("postgis_server")
        location = server.copy(made)
        yield location
        server.drop(location)


@pytest.fixture
def town(_town_location: str, open_site: Callable[..., Site], now: datetime) -> Site:
    """A service over the town of tests/api/town.py, in a store of each kind in turn."""
    site = open_site(Store.open(_town_location, now=now), Accounts.open(_town_location))
    site.made = 1  # the operator who imported it
    return site
