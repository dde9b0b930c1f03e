"""Live changes: milliseconds from a commit to everybody who listens, and the memory of the server meanwhile.

Listeners are streams of ``/map/events`` in one process of their own, which reads them all. A report a second is filed.
Each change is timed from the moment that the store recorded, which is just before its commit, to its arrival at each
listener: so the figures hold the commit as well. All share this machine.

    python -m benchmarks.listeners --listeners 300 --seconds 120
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import numpy as np
from sqlalchemy import select

from api.accounts.file import accounts_path
from api.live import STREAMS_EACH
from benchmarks import stores
from benchmarks.browser import KeptService
from benchmarks.harness import Row, arguments, report
from geo.rules.access import Role
from geo.store.store import Store
from geo.store.tables import event
from tests.e2e.service import EVERYTHING

FILES = (*EVERYTHING, Role.INTAKE)


@dataclass
class Heard:
    """What listeners received: moments, seconds since 1970, by the revision of the change."""

    joined: int = 0
    at: dict[str, list[float]] = field(default_factory=dict)
    revisions: dict[bytes, str] = field(default_factory=dict)  # of messages: all get the same, and it is read once

    def note(self, message: bytes, now: float) -> None:
        if message not in self.revisions:
            self.revisions[message] = json.loads(message)["rev"]
        self.at.setdefault(self.revisions[message], []).append(now)


async def _listen(url: str, token: str, heard: Heard) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=2**22)
    head = f"GET /map/events HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(head.encode())
    event = ""
    while line := await reader.readline():
        if line.startswith(b"event: "):
            event = line[7:].decode().strip()
            heard.joined += event == "hello"
        elif line.startswith(b"data: ") and event == "change":
            heard.note(line[6:], time.time())


def listen(url: str, tokens: list[str], listeners: int, told: Connection) -> None:
    """A process of listeners: says when all have joined, and when asked to end what they heard."""

    async def run() -> None:
        heard = Heard()
        tasks = [asyncio.create_task(_listen(url, tokens[i // STREAMS_EACH], heard)) for i in range(listeners)]
        while heard.joined < listeners:
            await asyncio.sleep(0.05)
        told.send("joined")
        await asyncio.to_thread(told.recv)
        for task in tasks:
            task.cancel()
        told.send(heard.at)

    asyncio.run(run())


def rss_mb(pid: int) -> float:
    """Memory that a process has in use."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


class Reporter:
    """Somebody who files one report after another in the middle of the district."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client
        self._rng = np.random.default_rng(1)
        self._batch = f"listeners {time.time_ns()}"
        self._sent = 0
        west, south, east, north = client.get("/map/config").raise_for_status().json()["core"]
        self._low, self._high = (west, south), (east, north)

    def file(self) -> None:
        self._sent += 1
        lon, lat = self._rng.uniform(self._low, self._high)
        body = {"source": self._batch, "source_ref": str(self._sent), "category": "0102", "datum": "wgs84",
                "lon": round(lon, 6), "lat": round(lat, 6)}  # fmt: skip
        # A connection of its own: on a busy machine the last one may be closed for idling in the moment of sending.
        answer = self._client.post("/api/reports", json=body, headers={"Connection": "close"})
        assert answer.status_code == 201, answer.text


def recorded(location: str, first: int) -> dict[str, float]:
    """When events after that one were recorded, seconds since 1970, by revision."""
    with Store.open(location, write=False) as store, store.read() as conn:
        rows = conn.execute(select(event.c.id, event.c.recorded_at).where(event.c.id > first)).all()
        return {str(row.id): row.recorded_at.timestamp() for row in rows}


def measure(store: str, units: int, listeners: int, seconds: int, every_s: float = 1.0) -> list[Row]:
    """One row. Works on a copy, because it files reports."""
    with tempfile.TemporaryDirectory() as folder:
        location = str(Path(folder) / "store.gpkg")
        shutil.copy(store, location)
        shutil.copy(accounts_path(store), accounts_path(location))
        service = KeptService(location)
        service.start()
        try:
            return [_measured(service, units, listeners, seconds, every_s)]
        finally:
            service.stop()


def _measured(service: KeptService, units: int, listeners: int, seconds: int, every_s: float) -> Row:
    context = get_context("spawn")
    mine, its = context.Pipe()
    tokens = [service.token(*EVERYTHING) for _ in range(-(-listeners // STREAMS_EACH))]
    process = context.Process(target=listen, args=(service.url, tokens, listeners, its))
    process.start()
    assert mine.recv() == "joined"
    with service.program(*FILES) as client:
        before = int(client.get("/map/config").json()["rev"])
        memory = _file(Reporter(client), service.pid, seconds, every_s)
    mine.send("end")
    heard: dict[str, list[float]] = mine.recv()
    process.join()
    known = recorded(service.location, before)
    waits = np.array([1000 * (at - known[rev]) for rev, moments in heard.items() for at in moments])
    complete = sum(len(moments) == listeners for moments in heard.values())
    warm = memory[len(memory) // 4 :]
    return {
        "listeners": listeners,
        "units": units,
        "changes": len(heard),
        "heard_by_all": complete,
        "p50_ms": float(np.percentile(waits, 50)),
        "p95_ms": float(np.percentile(waits, 95)),
        "p99_ms": float(np.percentile(waits, 99)),
        "worst_ms": float(waits.max()),
        "rss_mb": memory[0],
        "rss_warm_mb": warm[0],
        "rss_end_mb": warm[-1],
    }


def _file(reporter: Reporter, pid: int, seconds: int, every_s: float) -> list[float]:
    """A report at a time for so long, a last wait so that all have heard. Returns the server's memory after each."""
    memory = [rss_mb(pid)]
    began = time.monotonic()
    for turn in range(1, seconds + 1):
        reporter.file()
        time.sleep(max(0.0, began + turn * every_s - time.monotonic()))
        memory.append(rss_mb(pid))
    return memory


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument("--listeners", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=120)
    chosen = parser.parse_args()
    store = stores.district_store(chosen.units)
    report("listeners", measure(store, chosen.units, chosen.listeners, chosen.seconds), chosen.json)


if __name__ == "__main__":
    main()
