"""A real service in a process of its own, and the people and programs that use it."""

from __future__ import annotations

import signal
import subprocess
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import httpx2
from sqlalchemy import Connection

from api.accounts import Accounts, book, keys
from geo.desk.lists import area_path
from geo.model import SYSTEM
from geo.rules.access import ROOT, Role
from geo.store.store import Store
from tests.cli.commands import COMMAND, environment

# Who may do all there is to do on the page, as the demo's person may.
EVERYTHING = (Role.COMMANDER, Role.DISPATCHER, Role.GRID_WORKER)


class Service:
    """``gridwarden serve`` over a store, on a port of its own, which it keeps when it is started again.

    ``settings`` are variables of its environment; ``others`` the hosts that its pages may ask besides itself.
    """

    def __init__(self, location: str, *, others: tuple[str, ...] = (), **settings: str) -> None:
        self.location = location
        self.others = others
        self._settings = {"GRIDWARDEN_LOG_LEVEL": "error"} | settings
        self._port = 0
        self._people = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = [*COMMAND, "serve", "--store", self.location, "--port", str(self._port)]
        quiet = environment(**self._settings)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=quiet)
        assert process.stderr is not None
        line = process.stderr.readline()
        if "Serving on " not in line:
            raise AssertionError(f"the service did not start: {line}{process.communicate()[1]}")
        self._port = int(line.strip().rpartition(":")[2])
        self._process = process

    def stop(self) -> None:
        """Ask it to end and wait until it has. What it said after it listened is an error that nobody handled."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate()
            assert (process.returncode, said) == (0, "")

    # -- people and programs ------------------------------------------------------------------------------------------

    def link(self, *roles: Role, area: str | None = None) -> str:
        """A sign-in link of a new person who holds these roles, in an area with all below it or everywhere."""
        now = datetime.now(UTC)
        with closing(Accounts.open(self.location)) as accounts, accounts.write() as conn:
            who = self._person(conn, roles, area)
            secret = keys.new_link(conn, who, now=now, valid_for=timedelta(minutes=10), by=SYSTEM)
        return f"{self.url}/sign-in#{secret}"

    def token(self, *roles: Role, area: str | None = None) -> str:
        """A bearer token of a new program or screen that holds these roles."""
        with closing(Accounts.open(self.location)) as accounts, accounts.write() as conn:
            who = self._person(conn, roles, area)
            return keys.new_token(conn, who, "test", now=datetime.now(UTC), by=SYSTEM)[1]

    def program(self, *roles: Role, area: str | None = None) -> httpx2.Client:
        """A program with a token of its own: it speaks HTTP, as curl does."""
        headers = {"authorization": f"Bearer {self.token(*roles, area=area)}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def _person(self, conn: Connection, roles: tuple[Role, ...], area: str | None) -> book.Account:
        self._people += 1
        now = datetime.now(UTC)
        who = book.add_account(conn, f"person {self._people}", now=now, by=SYSTEM)
        path = self._path(area) if area else ROOT
        for role in roles:
            book.add_grant(conn, who, role, path=path, from_date=date(2020, 1, 1), now=now, by=SYSTEM)
        return who

    def _path(self, area: str) -> str:
        with Store.open(self.location, write=False) as store, store.read() as conn:
            return area_path(conn, area)
