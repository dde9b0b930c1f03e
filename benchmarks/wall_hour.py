"""A wall screen that is left alone: its memory while it tours the district and reports come in, sixty times as fast.

The clocks of the page and of the service both run at that speed, so a minute here is an hour of the wall: tour, ticker,
beats and the reload at night come as often as they would. A report is filed every second, a minute of the wall.
Heap and nodes are counted after the garbage has been collected; growth is from the second sixth of the time, when
everything has been shown once, to the last.

    python -m benchmarks.wall_hour --minutes 60
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession

from api import live, ports
from api.accounts.file import accounts_path
from api.app import Parts, create_app
from api.serving import Server
from api.settings import Settings
from benchmarks import stores
from benchmarks.browser import KeptService, chromium, visitor
from benchmarks.harness import Row, arguments, report
from benchmarks.listeners import FILES, Reporter, rss_mb
from geo.rules.access import Role

SPEED = 60
WALL = {"width": 3840, "height": 2160}
SAMPLES = 30
# Leaves the frames of the screen alone: what is drawn is drawn.
_FAST = """
(() => {
  const speed = SPEED;
  const Slow = Date;
  const began = Slow.now();
  const now = () => began + (Slow.now() - began) * speed;
  window.Date = class extends Slow {
    constructor(...given) {
      if (given.length) super(...given);
      else super(now());
    }
    static now() { return now(); }
  };
  for (const name of ["setTimeout", "setInterval"]) {
    const slow = window[name];
    window[name] = (what, ms = 0, ...rest) => slow(what, ms / speed, ...rest);
  }
})();
"""


class FastService(KeptService):
    """The service with its clock running so many times as fast, in a process of its own."""

    def __init__(self, location: str, speed: int) -> None:
        super().__init__(location)
        self._speed = speed

    def start(self) -> None:
        context = get_context("spawn")
        mine, its = context.Pipe()
        self._fast = context.Process(target=_serve, args=(self.location, self._speed, its))
        self._fast.start()
        self._port = mine.recv()

    @property
    def pid(self) -> int:
        assert self._fast.pid is not None
        return self._fast.pid

    def stop(self) -> None:
        self._fast.terminate()
        self._fast.join()


def _serve(location: str, speed: int, told: Connection) -> None:
    live.BEAT_S /= speed
    began = datetime.now(UTC)

    def clock() -> datetime:
        return began + speed * (datetime.now(UTC) - began)

    settings = Settings(store=location, port=0, session_hours=24 * 365)
    with contextlib.closing(ports.listen(settings.host, settings.port)) as bound:
        settings = settings.model_copy(update={"port": bound.getsockname()[1]})
        with contextlib.closing(Parts.open(settings, clock)) as parts:
            app = create_app(settings, clock=clock, parts=parts)
            told.send(settings.port)
            Server(app).run(sockets=[bound])


@contextlib.contextmanager
def fast_service(store: str, speed: int) -> Iterator[FastService]:
    """Over a copy of the store, because reports are filed."""
    with tempfile.TemporaryDirectory() as folder:
        location = str(Path(folder) / "store.gpkg")
        shutil.copy(store, location)
        shutil.copy(accounts_path(store), accounts_path(location))
        service = FastService(location, speed)
        service.start()
        try:
            yield service
        finally:
            service.stop()


def memory(cdp: CDPSession) -> dict[str, float]:
    """What a page holds once its garbage has been collected."""
    for _ in range(2):
        cdp.send("HeapProfiler.collectGarbage")
    dom: dict[str, Any] = cdp.send("Memory.getDOMCounters")
    heap = cdp.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    return {"heap_mb": heap, "nodes": dom["nodes"], "event_listeners": dom["jsEventListeners"]}


def watch(
    browser: Browser, service: FastService, seconds: float, samples: int, viewport: dict[str, int]
) -> list[dict[str, float]]:
    """Leave a wall screen alone for so long. Returns its memory, and the server's, at even intervals."""
    context = visitor(browser, viewport=viewport)
    context.add_init_script(_FAST.replace("SPEED", str(SPEED)))
    page = context.new_page()
    page.goto(f"{service.url}/sign-in?wall=1#{service.token(Role.KIOSK)}")
    page.wait_for_function("() => window.benchDone && document.querySelector('.wall-list')")
    cdp = context.new_cdp_session(page)
    taken = []
    with service.program(*FILES) as client:
        reporter = Reporter(client)
        began = time.monotonic()
        for sample in range(1, samples + 1):
            until = began + seconds * sample / samples
            while time.monotonic() < until:
                reporter.file()
                page.wait_for_timeout(1000)
            taken.append(memory(cdp) | {"server_mb": rss_mb(service.pid)})
    context.close()
    return taken


def measure(store: str, minutes: float, samples: int = SAMPLES, viewport: dict[str, int] = WALL) -> list[Row]:
    """One row for each thing that is counted."""
    with fast_service(store, SPEED) as service, chromium() as browser:
        taken = watch(browser, service, minutes * 60, samples, viewport)
    sixth = max(1, samples // 6)
    rows = []
    for name in taken[0]:
        values = [each[name] for each in taken]
        early, late = statistics.median(values[sixth : 2 * sixth]), statistics.median(values[-sixth:])
        rows.append(
            {
                "counted": name,
                "wall_hours": minutes * SPEED / 60,
                "early": early,
                "late": late,
                "most": max(values),
                "growth_%": 100 * (late / early - 1),
            }
        )
    return rows


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument("--minutes", type=float, default=60, help=f"each is {SPEED} of the wall (default: 60)")
    chosen = parser.parse_args()
    report("wall_hour", measure(stores.district_store(chosen.units), chosen.minutes), chosen.json)


if __name__ == "__main__":
    main()
