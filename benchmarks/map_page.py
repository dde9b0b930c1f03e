"""From the click to the map, and again when nothing changed, beside folium's markers, its clusters and maplibre-gl.

Every run opens each page in a fresh browser with an empty cache; the service is warm. Counted is from the start of the
navigation until the frame in which the whole map has been drawn. Somebody who may see every rental unit looks at it.

    python -m benchmarks.map_page --units 200000 --runs 5
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from benchmarks import stores
from benchmarks.browser import Wire, Work, chromium, go, open_page, running, signed_in, visitor
from benchmarks.harness import Row, arguments, interleaved, report
from benchmarks.rivals import pages
from maps.snapshot import decode
from tests.e2e.service import EVERYTHING, Service

OURS, REVISIT = "gridwarden", "gridwarden, revisit"
ASSETS = ("/static/", "/map/page.js")


def drawn_by(service: Service) -> pages.Drawn:
    """The same data as the page draws, for its rivals."""
    with service.program(*EVERYTHING) as client:
        units, grids, config = (client.get(f"/map/{part}").raise_for_status() for part in ("units", "grids", "config"))
    return pages.Drawn(decode(units.content), grids.json(), config.json()["bounds"])


def rival_site(service: Service, folder: Path) -> dict[str, str]:
    """The rivals' pages in that folder, made once: building folium's takes minutes."""
    if not folder.exists():
        making = folder.with_name(f"{folder.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        pages.write_site(making, drawn_by(service))
        making.rename(folder)
    return dict(zip(pages.NAMES, ("markers.html", "cluster.html", "maplibre.html"), strict=True))


@contextmanager
def files_served(folder: Path) -> Iterator[str]:
    """Python's own server of files over a folder: its URL."""
    command = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(folder), "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    try:
        found = re.search(r"port (\d+)", server.stdout.readline())
        assert found, "the server of files did not start"
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        server.kill()
        server.communicate()


def first_visit(browser: Browser, service: Service) -> Row:
    """Our page in a browser that was never here."""
    context = signed_in(browser, service)
    page = context.new_page()
    wire, work = Wire(page), Work(page)
    done_ms = go(page, f"{service.url}/")
    cpu_ms = work.ms()
    html = len(context.request.get(f"{service.url}/").body())
    sent = _bytes(wire)
    context.close()
    return {"done_ms": done_ms, "cpu_ms": cpu_ms, "html": html, **sent}


def _bytes(wire: Wire) -> Row:
    """What came over the wire, in all and of scripts, styles and icons (compressed where the service does)."""
    assets = sum(size for url, size in wire.bytes.items() if urlsplit(url).path.startswith(ASSETS))
    return {"assets": assets, "sent": sum(wire.bytes.values())}


def warm(browser: Browser, service: Service) -> None:
    """Have the service make what the page asks for, and what it asks for once its map is there.

    Twelve weeks of figures take it seconds, once an hour; the first runs would share the processor with that.
    """
    first_visit(browser, service)
    with service.program(*EVERYTHING) as client:
        client.get("/api/trends").raise_for_status()


class Returning:
    """Somebody who has been here, and comes again when nothing has changed."""

    def __init__(self, browser: Browser, service: Service) -> None:
        self.url = f"{service.url}/"
        self.context = signed_in(browser, service)
        self.page, _ = open_page(self.context, self.url)
        self.page.wait_for_load_state("load")
        self.wire, self.work = Wire(self.page), Work(self.page)
        self.answers: dict[str, str] = {}

    def visit(self) -> Row:
        self.page.goto("about:blank")
        self.wire.clear()
        before_ms = self.work.ms()
        done_ms = go(self.page, self.url)
        cpu_ms = self.work.ms() - before_ms
        self.answers = {urlsplit(url).path: answer for url, answer in self.wire.answers.items()}
        return {"done_ms": done_ms, "cpu_ms": cpu_ms, "html": 0, **_bytes(self.wire)}


def rival_visit(browser: Browser, url: str) -> Row:
    context = visitor(browser)
    page = context.new_page()
    wire, work = Wire(page), Work(page)
    done_ms = go(page, url)
    cpu_ms = work.ms()
    html = wire.bytes.get(url, 0)
    sent = sum(wire.bytes.values())
    context.close()
    return {"done_ms": done_ms, "cpu_ms": cpu_ms, "html": html, "assets": sent - html, "sent": sent}


def measure(
    units: int, runs: int, store: str, rivals: Path | None, only: tuple[str, ...] = pages.NAMES
) -> tuple[list[Row], dict[str, str]]:
    """A row a contender, and how each request of the revisit was answered. rivals: folder of their pages, if wanted."""
    with running(store) as service, chromium() as browser:
        files = rival_site(service, rivals) if rivals else {}
        with files_served(rivals or Path()) as site:
            warm(browser, service)
            returning = Returning(browser, service)
            contenders: dict[str, Callable[[], Row]] = {
                OURS: partial(first_visit, browser, service),
                REVISIT: returning.visit,
            } | {name: partial(rival_visit, browser, f"{site}/{file}") for name, file in files.items() if name in only}
            seen: dict[str, list[Row]] = {name: [] for name in contenders}
            timings = interleaved({name: partial(_keep, seen[name], run) for name, run in contenders.items()}, runs)
        answers = returning.answers
        returning.context.close()
    ours = statistics.median(row["done_ms"] for row in seen[OURS])
    return [_row(name, units, seen[name], timings[name].answer, ours) for name in contenders], answers


def _keep(rows: list[Row], run: Callable[[], Row]) -> Row:
    rows.append(run())
    return rows[-1]


def _row(name: str, units: int, rows: list[Row], last: Row, ours: float) -> Row:
    done = statistics.median(row["done_ms"] for row in rows)
    return {
        "page": name,
        "units": units,
        "map_ms": done,
        "fastest_ms": min(row["done_ms"] for row in rows),
        "times ours": done / ours,
        "cpu_ms": statistics.median(row["cpu_ms"] for row in rows),
        "html_kb": last["html"] / 1000,
        "assets_kb": last["assets"] / 1000,
        "all_kb": last["sent"] / 1000,
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument("--without", nargs="*", choices=pages.NAMES, default=[], help="rivals to leave out")
    chosen = parser.parse_args()
    store = stores.district_store(chosen.units)
    only = tuple(name for name in pages.NAMES if name not in chosen.without)
    rows, answers = measure(chosen.units, chosen.runs, store, stores.KEPT / f"rivals-{chosen.units}", only)
    report("map_page", rows, chosen.json)
    print("\nrevisit: " + ", ".join(f"{path} {answer}" for path, answer in answers.items()))


if __name__ == "__main__":
    main()
