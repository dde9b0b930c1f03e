"""The command line as its user has it: commands that end, a service that runs, and what a store holds before and after.

``gridwarden`` runs a command in a process of its own. ``run`` runs it in this one, which is as good where no second
process matters and two seconds quicker; an exception that a user would see as a traceback fails the test there too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from click.testing import CliRunner
from sqlalchemy import func, select

from api.cli import cli
from geo.store.store import Store
from geo.store.tables import metadata

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "api.cli")


@dataclass(frozen=True)
class Done:
    """A command that ended: its exit code, its result on stdout, what it said on stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object that stdout holds."""
        assert self.code == 0, self.err
        found: dict[str, Any] = json.loads(self.out)
        return found


def environment(**more: str) -> dict[str, str]:
    """The environment of a child: this one without settings of Gridwarden, and where the packages are."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRIDWARDEN_")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | more


def gridwarden(*arguments: str | Path) -> Done:
    """A command in a process of its own."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, env=environment())
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def run(*arguments: str | Path) -> Done:
    """A command in this process."""
    done = CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)
    return Done(done.exit_code, done.stdout, done.stderr)


def refused(*arguments: str | Path, says: Sequence[str] = ()) -> str:
    """A command in this process that must refuse with exit 1, nothing on stdout, and one message. Returns stderr."""
    done = run(*arguments)
    assert (done.code, done.out) == (1, ""), (done.code, done.out, done.err)
    assert "\nError: " in f"\n{done.err}"
    for words in says:
        assert words in done.err, f"{words!r} is not in: {done.err}"
    return done.err


def contents(location: str) -> dict[str, int]:
    """How many rows each table of a store has."""
    with Store.open(location, write=False) as store, store.read() as conn:
        tables = metadata.sorted_tables
        return {table.name: conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}


# -- a service --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """A service in a process of its own. ``said`` is what it printed until it listened."""

    url: str
    process: subprocess.Popen[str]
    said: str

    def stop(self) -> int:
        """Ask it to end, and wait. Returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait()

    def client(self, token: str) -> httpx2.Client:
        """A program with a bearer token."""
        headers = {"authorization": f"Bearer {token}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)


@contextmanager
def serving(location: str) -> Iterator[Served]:
    """``gridwarden serve`` on a free port, listening."""
    command = [*COMMAND, "serve", "--store", location, "--port", "0"]
    quiet = environment(GRIDWARDEN_LOG_LEVEL="error")  # so that nothing fills the pipe, which is read no further
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=quiet)
    assert process.stderr is not None
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if "Serving on " in line:
                break
        else:
            raise AssertionError(f"the service ended with {process.wait()}: {''.join(said)}")
        yield Served(line.rsplit(" ", 1)[1].strip(), process, "".join(said))
    finally:
        process.kill()
        process.communicate()


def token(location: str, name: str, *roles: str) -> str:
    """A bearer token of a new account with these roles everywhere."""
    run("user", "add", name, "--store", location)
    for role in roles:
        assert run("user", "grant", name, role, "--store", location).code == 0
    return str(run("user", "token", name, "--store", location, "--json").json["token"])
