"""Durable reports a second over HTTP, on both stores: ours, and what else somebody might do.

Every report is answered only after its commit is on the disk; each service is one worker. A fixed number is sent over
32 connections, each of which waits for its answer before it sends the next. The client is Python too, with as little
to do as can be, and shares the machine.

grouped: the service as it is. one commit: the same with a commit for every report. ST_Covers: PostGIS is asked for the
grid, and commits, for every report. grouped runs at every number of stored reports, the others at the smallest.

    python -m benchmarks.reports --reports 6000
    python -m benchmarks.reports --reports 300 --stored 1000 --runs 1    # small
"""

from __future__ import annotations

import asyncio
import csv
import http.client
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import uvloop

from benchmarks.harness import Row, arguments, interleaved, report
from benchmarks.stores import run
from sample_data.generate import district
from sample_data.model import District
from tests.cli.commands import ROOT, environment, token
from tests.e2e.district import make
from tests.postgis_server import PostgisServer, programs

CONNECTIONS = 32
STORED = (1_000, 30_000, 1_000_000)
GROUPED, ONE_COMMIT, ST_COVERS = "grouped", "one commit", "ST_Covers"
BOX = (118.80, 28.90), (118.92, 29.02)

# argv: verbs a commit, the store, a port.
_SERVE = """
import sys
from geo.desk import writer

limit, location, port = sys.argv[1:]
writer.GROUP_LIMIT = int(limit) or writer.GROUP_LIMIT
sys.argv = ["gridwarden", "serve", "--store", location, "--port", port]
from api.cli import main
main()
"""


@dataclass
class Contender:
    """A service that takes reports, and how long each of its answers took."""

    store: str
    way: str
    stored: int
    url: str
    bearer: str
    seconds: list[float] = field(default_factory=list)

    def send_all(self, reports: int, connections: int, runs: Iterator[int]) -> None:
        """All reports of a run, dealt to the connections."""
        batch = f"run {next(runs)}"
        bodies = [
            json.dumps({"source": batch, "source_ref": str(i), "category": "0102", "description": "垃圾堆放在路边",
                        "lon": lon, "lat": lat, "datum": "wgs84"}).encode()
            for i, (lon, lat) in enumerate(_anywhere(reports, seed=1))
        ]  # fmt: skip
        for part in uvloop.run(self._all([bodies[i::connections] for i in range(connections)])):
            self.seconds += part

    async def _all(self, parts: list[list[bytes]]) -> list[list[float]]:
        return await asyncio.gather(*map(self._send, parts))

    async def _send(self, bodies: list[bytes]) -> list[float]:
        """File reports one after another over one connection. Returns seconds until each answer."""
        address = urlsplit(self.url)
        head = (
            f"POST /api/reports HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {self.bearer}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        seconds = []
        for body in bodies:
            begun = time.perf_counter()
            writer.write(b"%s%d\r\n\r\n%s" % (head, len(body), body))
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(answer.partition(b"content-length: ")[2].partition(b"\r")[0]))
            seconds.append(time.perf_counter() - begun)
            assert answer.startswith(b"http/1.1 201"), f"{self.way}: {answer!r}"
        writer.close()
        return seconds


def _anywhere(number: int, seed: int) -> list[list[float]]:
    """Longitude and latitude of points over the district."""
    return np.random.default_rng(seed).uniform(*BOX, (number, 2)).round(6).tolist()


# -- services ---------------------------------------------------------------------------------------------------------


@contextmanager
def contenders(kinds: Sequence[str], stored: Sequence[int]) -> Iterator[list[Contender]]:
    """All services, listening, each on a store of its own."""
    land = replace(district(1, datetime.now(UTC), units=0), issues=())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(PostgisServer(durable=True)) if "postgis" in kinds else None
        found = []
        for kind in kinds:
            for number in stored:
                ways = (GROUPED, ONE_COMMIT, ST_COVERS) if number == min(stored) else (GROUPED,)
                first = _filled(kind, server, folder, land, number)
                copies = [first, *(_copy(kind, server, folder, first) for _ in ways[1:])]
                for way, location in zip(ways, copies, strict=True):
                    if way != ST_COVERS or kind == "postgis":
                        bearer = token(location, f"bench {way}", "intake")
                        url = stack.enter_context(_served(way, location, number))
                        found.append(Contender(kind, way, number, url, bearer))
        yield found


def _filled(kind: str, server: PostgisServer | None, folder: Path, land: District, stored: int) -> str:
    """A store with the district's grids and so many reports, through the ordinary import."""
    location = server.new_database() if server and kind == "postgis" else str(folder / f"{kind}-{stored}.gpkg")
    make(location, land)
    file = folder / "reports.csv"
    with file.open("w", encoding="utf-8", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(("number", "category", "lon", "lat"))
        rows.writerows((i, "0102", *at) for i, at in enumerate(_anywhere(stored, seed=2)))
    columns = ("--lon", "lon", "--lat", "lat", "--ref", "number", "--category", "category", "--source", "before")
    run("import", "reports", str(file), "--store", location, "--datum", "wgs84", *columns)
    return location


def _copy(kind: str, server: PostgisServer | None, folder: Path, location: str) -> str:
    if server and kind == "postgis":
        return server.copy(location)
    copy = str(Path(tempfile.mkdtemp(dir=folder)) / "store.gpkg")
    for suffix in ("", ".accounts"):
        shutil.copy(location + suffix, copy + suffix)
    return copy


@contextmanager
def _served(way: str, location: str, stored: int) -> Iterator[str]:
    """A service in a process of its own. Yields its URL once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    if way == ST_COVERS:
        database = location.replace("postgresql+psycopg", "postgresql", 1)
        command = [sys.executable, "-m", "benchmarks.rivals.st_covers", database, port, str(stored)]
    else:
        command = [sys.executable, "-c", _SERVE, "1" if way == ONE_COMMIT else "0", location, port]
    quiet = environment(GRIDWARDEN_LOG_LEVEL="error")
    process = subprocess.Popen(command, cwd=ROOT, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(int(port)):
            if process.poll() is not None:
                raise RuntimeError(f"the service of {way!r} ended with {process.returncode}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


# -- measuring --------------------------------------------------------------------------------------------------------


def measure(
    reports: int, connections: int, runs: int, kinds: Sequence[str], stored: Sequence[int] = STORED
) -> list[Row]:
    """One row a service. p50, p99: of all answers of all runs. of_grouped: its rate, over ours on the same store."""
    numbers = count(1)
    with contenders(kinds, stored) as services:
        timings = interleaved(
            {str(i): partial(each.send_all, reports, connections, numbers) for i, each in enumerate(services)}, runs
        )
    rates = [reports / timings[str(i)].median_s for i in range(len(services))]
    ours = {(s.store, s.stored): rate for s, rate in zip(services, rates, strict=True) if s.way == GROUPED}
    return [
        {
            "store": each.store,
            "way": each.way,
            "stored": each.stored,
            "connections": connections,
            "reports": reports,
            "reports/s": rate,
            "of_grouped": rate / ours[each.store, each.stored],
            "p50_ms": float(np.percentile(each.seconds, 50) * 1000),
            "p99_ms": float(np.percentile(each.seconds, 99) * 1000),
        }
        for each, rate in zip(services, rates, strict=True)
    ]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--reports", type=int, default=6_000, help="reports of a run (default: 6000)")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument(
        "--stored", type=int, nargs="+", default=STORED, help="reports that are there before (1000 30000 1000000)"
    )
    chosen = parser.parse_args()
    kinds = ("gpkg", "postgis") if programs() else ("gpkg",)
    rows = measure(chosen.reports, chosen.connections, chosen.runs, kinds, chosen.stored)
    report("reports", rows, chosen.json)


if __name__ == "__main__":
    main()
