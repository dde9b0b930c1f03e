"""Live changes: milliseconds from a commit to everybody who listens, and processor time and memory of the server.

Listeners are streams of ``/map/events`` in one process of their own, which reads them all. A report a second is filed.
Each change is timed from the moment that the store recorded, which is when its turn to write came, to its arrival at
each listener: so the figures hold the writing and the commit as well. All share this machine.

server_ms: what a change takes of the server's processors, filing and the beats in between included: the same on a busy
machine, or nearly so.

    python -m benchmarks.listeners --listeners 300 --seconds 120
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from select import EPOLLIN, epoll
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

HELLO = b"event: hello\n"
_REVISION = re.compile(rb'event: change\ndata: .*"rev":"(\d+)"}\n\n')


@dataclass
class Stream:
    """One open stream: what came, and where in it and when (seconds since 1970) each reading ended."""

    socket: socket.socket
    came: bytearray = field(default_factory=bytearray)
    ends: list[int] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    @classmethod
    def open(cls, url: str, token: str) -> Stream:
        address = urlsplit(url)
        opened = socket.create_connection((address.hostname, address.port))
        head = f"GET /map/events HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
        opened.sendall(head.encode())
        return cls(opened)

    def read(self) -> None:
        got = self.socket.recv(2**16)
        assert got, "the server ended a stream"
        self.came += got
        self.moments.append(time.time())
        self.ends.append(len(self.came))

    def heard(self) -> Iterator[tuple[str, float]]:
        """Revision of each change, and when its last byte was there. A message that lies in two chunks is not found."""
        for change in _REVISION.finditer(self.came):
            yield change[1].decode(), self.moments[bisect_left(self.ends, change.end())]


def listen(url: str, tokens: list[str], listeners: int, told: Connection) -> None:
    """A process of listeners: says when all have joined, and when asked to end what they heard, by revision.

    It takes bytes from sockets and looks at the clock; what they say is read at the end. 300 browsers are 300 machines:
    none of them waits until this process has understood what the others heard.
    """
    poll = epoll()
    poll.register(told.fileno(), EPOLLIN)
    streams: dict[int, Stream] = {}
    for i in range(listeners):
        stream = Stream.open(url, tokens[i // STREAMS_EACH])
        streams[stream.socket.fileno()] = stream
        poll.register(stream.socket.fileno(), EPOLLIN)
    joined: set[int] = set()
    while True:
        for ready, _ in poll.poll():
            if ready == told.fileno():
                told.recv()
                told.send(_by_revision(streams.values()))
                return
            streams[ready].read()
            if len(joined) < listeners and HELLO in streams[ready].came:
                joined.add(ready)
                if len(joined) == listeners:
                    told.send("joined")


def _by_revision(streams: Iterable[Stream]) -> dict[str, list[float]]:
    heard: dict[str, list[float]] = {}
    for stream in streams:
        for revision, moment in stream.heard():
            heard.setdefault(revision, []).append(moment)
    return heard


def rss_mb(pid: int) -> float:
    """Memory that a process has in use."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def processor_s(pid: int) -> float:
    """Processor time that a process has had, all its threads and the system on its behalf."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


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
    its.close()  # so that its end is heard, should it fail
    assert mine.recv() == "joined"
    with service.program(*FILES) as client:
        before = int(client.get("/map/config").json()["rev"])
        processor = processor_s(service.pid)
        memory = _file(Reporter(client), service.pid, seconds, every_s)
        processor = processor_s(service.pid) - processor
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
        "server_ms": 1000 * processor / len(heard),
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
