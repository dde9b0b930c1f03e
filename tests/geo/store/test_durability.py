"""What was acknowledged is kept: beside a reader from another program, and when the writer is killed."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from geo.store import check
from geo.store.insert import insert_many
from geo.store.store import Store
from geo.store.tables import background, event
from tests.conftest import TEST_STORE
from tests.geo.store.rows import event_row, furnish

READ_GRIDS = """
import sys, pyogrio
for line in sys.stdin:
    print(len(pyogrio.read_dataframe(sys.argv[1], layer="grids")), flush=True)
"""


def test_gdal_reads_while_a_write_is_open_and_nothing_is_lost(
    store_factory: Callable[..., Store], now: datetime
) -> None:
    """GDAL opens, reads and closes the file between our commits; a copy made of the file alone has every commit."""
    store = store_factory("gpkg")
    with store.write() as conn:
        furnish(conn, now)
    acknowledged: list[int] = []
    command = [sys.executable, "-c", READ_GRIDS, store.location]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for _ in range(20):
            with store.write() as conn:
                ids = insert_many(conn, event, [event_row(now)])
                print("read", file=child.stdin, flush=True)
                assert child.stdout.readline() == "2\n"
            acknowledged += ids
        child.communicate()
        assert child.returncode == 0
    location = store.location
    store.close()
    with Store.open(location, write=False) as again, again.read() as conn:
        assert set(acknowledged) <= set(conn.execute(select(event.c.id)).scalars())
        assert check.structural_findings(conn) == []


# Writes an event and a feature in each commit, and says the event's id once the commit has returned.
WRITER = """
import sys
from datetime import UTC, datetime
import shapely
from sqlalchemy import insert
from geo.store.insert import insert_many
from geo.store.store import Store
from geo.store.tables import background, event
from tests.geo.store.rows import event_row

now = datetime(2026, 3, 18, tzinfo=UTC)
store = Store.open(sys.argv[1])
while True:
    with store.write() as conn:
        (key,) = insert_many(conn, event, [event_row(now)])
        conn.execute(insert(background).values(kind="hill", name=str(key), geom=shapely.Point(key, key)))
    print(key, flush=True)
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path, now: datetime, seed: int) -> None:
    path = tmp_path / "city.gpkg"
    Store.create(path, **TEST_STORE, now=now)
    chance = random.Random(seed)
    acknowledged: list[int] = []
    for _ in range(3):
        acknowledged += _write_until_killed(path, after=chance.randrange(1, 120))
        with Store.open(path) as store, store.read() as conn:
            kept = conn.execute(select(event.c.id).order_by(event.c.id)).scalars().all()
            hills = conn.execute(select(background.c.name).order_by(background.c.id)).scalars().all()
            assert check.structural_findings(conn) == []
        # The last commit may be kept without having been acknowledged; none is kept by half.
        assert acknowledged == kept[: len(acknowledged)]
        assert hills == [str(key) for key in kept]
        acknowledged = list(kept)


def _write_until_killed(path: Path, after: int) -> list[int]:
    """The ids that a writer acknowledged until it was killed, in the middle of whatever it did after so many."""
    command = [sys.executable, "-c", WRITER, str(path)]
    said: list[int] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            said.append(json.loads(line))
            if len(said) == after:
                child.send_signal(signal.SIGKILL)  # what it wrote to the pipe before it died still arrives
    assert child.returncode == -signal.SIGKILL
    return said
