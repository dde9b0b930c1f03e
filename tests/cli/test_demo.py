"""``gridwarden demo``: made once, kept from then on, with one way in for a person and one for a program."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx2

from api import demo as demonstration
from geo.store.migrations import MIGRATIONS
from geo.store.store import Store
from tests.cli.commands import COMMAND, contents, environment
from tests.conftest import TEST_STORE
from tests.geo.store.test_migrations import written_before

UNITS = 40


def test_a_demo_of_before_goes_on(tmp_path: Path, now: datetime) -> None:
    location = str(tmp_path / "store.gpkg")
    Store.create(location, **TEST_STORE, now=now)
    with Store.open(location, now=now) as store:
        written_before(store, MIGRATIONS[-1].version - 1)
    demonstration._create_or_upgrade(location)
    Store.open(location, write=False).close()


@dataclass(frozen=True)
class Demo:
    """A demo that listens, and what it said until then."""

    process: subprocess.Popen[str]
    said: str

    @property
    def link(self) -> str:
        return self._found(r"(http://\S+/sign-in#\S+)")

    @property
    def url(self) -> str:
        return self.link.partition("/sign-in#")[0]

    @property
    def token(self) -> str:
        return self._found(r"Bearer ([^']+)'")

    @property
    def report(self) -> str:
        return self._found(r"-d '(\{.*\})'")

    def sign_in(self, client: httpx2.Client) -> int:
        return client.post("/api/session", json={"token": self.link.partition("#")[2]}).status_code

    def file(self, client: httpx2.Client) -> int:
        """What the curl line does. Returns the status."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        return client.post("/api/reports", headers=headers, content=self.report).status_code

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, headers={"origin": self.url}, timeout=60, trust_env=False)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate()
        return self.process.returncode

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found, self.said
        return found[1]


@contextmanager
def demo(store: Path) -> Iterator[Demo]:
    command = [*COMMAND, "demo", "--store", str(store), "--units", str(UNITS), "--port", "0"]
    quiet = environment(GRIDWARDEN_LOG_LEVEL="error")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=quiet) as process:
        assert process.stdout is not None
        try:
            said = ""
            while "Stop with Ctrl+C" not in said:
                line = process.stdout.readline()
                assert line, f"the demo ended with {process.wait()}: {said}"
                said += line
            yield Demo(process, said)
        finally:
            process.kill()


def test_a_demo_is_made_once_and_goes_on_with_what_was_done_in_it(tmp_path: Path) -> None:
    store = tmp_path / "new folder" / "kecheng.gpkg"
    with demo(store) as first:
        assert "Generating a synthetic district with 40 rental units" in first.said
        with first.client() as person:
            assert person.get("/map/grids").status_code == 401
            assert first.sign_in(person) == 204
            assert len(person.get("/map/grids").json()["features"]) == 292
            assert person.get("/map/config").json()["synthetic"] is True
        with first.client() as another:
            assert first.sign_in(another) == 401, "the link works once"
            assert first.file(another) == 201
            assert json.loads(first.report)["source"] == "demo"
        assert first.stop() == 0
    made = contents(str(store))
    assert made["rental_unit"] == UNITS

    with demo(store) as second:
        assert "as it was left" in second.said
        assert second.link != first.link
        with second.client() as person:
            assert second.sign_in(person) == 204
            assert len(person.get("/map/grids").json()["features"]) == 292
        with second.client() as program:
            assert program.post("/api/reports", headers={"authorization": f"Bearer {first.token}"}).status_code == 401
        assert second.stop() == 0
    assert contents(str(store)) == made
