"""What a battle map loads: seconds and bytes of its answers, fresh and when nothing changed (304).

python -m benchmarks.map_answers --units 24000 200000
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx2

from benchmarks.harness import Row, arguments, interleaved, report
from sample_data.generate import district
from tests.cli.commands import serving, token
from tests.e2e.district import make

PATHS = ("/map/grids", "/map/units", "/map/issues")
ROLES = ("commander", "dispatcher", "grid_worker")


def measure(units: int, runs: int, store: str | None = None) -> list[Row]:
    """One row a path. store: one that holds a district already, instead of a new one."""
    with tempfile.TemporaryDirectory() as folder:
        location = store or str(Path(folder) / "store.gpkg")
        if store is None:
            make(location, district(1, datetime.now(UTC), units=units))
        bearer = token(location, f"bench {datetime.now(UTC):%H%M%S}", *ROLES)
        with serving(location) as served, served.client(bearer) as client:
            return [_path(client, path, units, runs) for path in PATHS]


def _path(client: httpx2.Client, path: str, units: int, runs: int) -> Row:
    """Fresh and unchanged in turn; the first answer after a start, which fills caches, is not counted."""
    first = client.get(path)
    assert first.status_code == 200, f"{path}: {first.status_code}"
    contenders: dict[str, Callable[[], httpx2.Response]] = {
        "fresh": partial(client.get, path),
        "unchanged": partial(client.get, path, headers={"if-none-match": first.headers["etag"]}),
    }
    timings = interleaved(contenders, runs)
    assert timings["unchanged"].answer.status_code == 304, f"{path} changed meanwhile"
    return {
        "path": path,
        "units": units,
        "bytes": len(first.content),
        "bytes_sent": first.num_bytes_downloaded,
        "fresh_ms": timings["fresh"].median_s * 1000,
        "304_ms": timings["unchanged"].median_s * 1000,
    }


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--units", type=int, nargs="+", default=[24_000, 200_000])
    parser.add_argument("--store", help="a store that holds a district of that many units already")
    chosen = parser.parse_args()
    rows = [row for units in chosen.units for row in measure(units, chosen.runs, chosen.store)]
    report("map_answers", rows, chosen.json)


if __name__ == "__main__":
    main()
