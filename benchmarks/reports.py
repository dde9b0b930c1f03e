"""Durable reports a second through the running service, on both stores.

Every report is answered only after its commit is on the disk. A fixed number is sent over 32 connections, each from a
thread that waits for its answer before it sends the next. The client is Python too, and shares the machine.

    python -m benchmarks.reports --reports 6000
"""

from __future__ import annotations

import http.client
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks.harness import Row, arguments, interleaved, report
from sample_data.generate import district
from sample_data.model import District
from tests.cli.commands import serving, token
from tests.e2e.district import make
from tests.postgis_server import PostgisServer, programs

CONNECTIONS = 32


def send(url: str, bearer: str, batch: str, bodies: list[bytes]) -> list[float]:
    """File reports one after another over one connection. Returns seconds until each answer."""
    address = urlsplit(url)
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    seconds = []
    for body in bodies:
        begun = time.perf_counter()
        connection.request("POST", "/api/reports", body, headers)
        answer = connection.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - begun)
        assert answer.status == 201, f"{batch}: {answer.status}"
    connection.close()
    return seconds


def send_all(url: str, bearer: str, reports: int, connections: int, runs: Iterator[int]) -> list[float]:
    """All reports, dealt to the connections. Returns seconds until each answer."""
    batch = f"run {next(runs)}"
    rng = np.random.default_rng(1)
    bodies = [
        json.dumps({"source": batch, "source_ref": str(i), "category": "0102", "description": "垃圾堆放在路边",
                    "lon": round(lon, 6), "lat": round(lat, 6), "datum": "wgs84"}).encode()
        for i, (lon, lat) in enumerate(rng.uniform((118.80, 28.90), (118.92, 29.02), (reports, 2)).tolist())
    ]  # fmt: skip
    with ThreadPoolExecutor(connections) as pool:
        parts = pool.map(partial(send, url, bearer, batch), [bodies[i::connections] for i in range(connections)])
        return [each for part in parts for each in part]


@contextmanager
def services(kinds: tuple[str, ...], made: District) -> Iterator[dict[str, tuple[str, str]]]:
    """Each kind of store with the district in it, served: its URL and a token that may file reports."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = {}
        for kind in kinds:
            location = str(folder / "store.gpkg")
            if kind == "postgis":
                location = stack.enter_context(PostgisServer()).new_database()
            make(location, made)
            found[kind] = stack.enter_context(serving(location)).url, token(location, "bench", "intake")
        yield found


def measure(reports: int, connections: int, runs: int, kinds: tuple[str, ...]) -> list[Row]:
    """One row a kind of store."""
    numbers = count(1)
    land = replace(district(1, datetime.now(UTC), units=0), issues=())
    with services(kinds, land) as served:
        contenders: dict[str, Callable[[], list[float]]] = {
            kind: partial(send_all, *where, reports, connections, numbers) for kind, where in served.items()
        }
        timings = interleaved(contenders, runs)
    return [
        {
            "store": kind,
            "connections": connections,
            "reports": reports,
            "median_s": timing.median_s,
            "reports/s": reports / timing.median_s,
            "p50_ms": float(np.percentile(timing.answer, 50) * 1000),
            "p99_ms": float(np.percentile(timing.answer, 99) * 1000),
        }
        for kind, timing in timings.items()
    ]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--reports", type=int, default=6_000)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    chosen = parser.parse_args()
    kinds = ("gpkg", "postgis") if programs() else ("gpkg",)
    report("reports", measure(chosen.reports, chosen.connections, chosen.runs, kinds), chosen.json)


if __name__ == "__main__":
    main()
