"""Ten million points: ``gridwarden assign`` in one process and on two Dask workers, beside dask_geopandas.sjoin.

Points are in the grids' own CRS, in a Parquet file of many row groups; every contender writes a folder of Parquet
files with the code of each point's grid. Local and cluster output must be equal to the byte, and dask_geopandas must
agree off the edges. Memory is the largest that any process of a contender had.

    python -m benchmarks.assign_bulk --points 10000000
"""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from distributed import Client, LocalCluster
from numpy.typing import NDArray

from benchmarks.assign_files import SRID, agree, grid_set
from benchmarks.grids import irregular_grids, points_over
from benchmarks.harness import Row, arguments, interleaved, report
from geo import bulk

GROUP_ROWS = 1 << 18
LOCAL, CLUSTER, BASE = "assign, one process", "assign, two Dask workers", "dask_geopandas.sjoin, two workers"

Run = Callable[[Path], None]


def peak_mb() -> float:
    """Of this process, since it began."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def assign_folder(
    grids: bulk.GridSet, points: Path, columns: tuple[str, ...] | None, out: Path, scheduler: str | None = None
) -> None:
    request = bulk.Request(points, out, f"EPSG:{SRID}", "x", "y", columns=columns)
    bulk.run(bulk.prepare(request, grids), scheduler=scheduler)


_KEPT: dict[str, Any] = {}  # of a child process: what it was given once


def _keep(codes: list[str], geoms: NDArray[Any]) -> None:
    _KEPT["grids"] = grid_set(codes, geoms)


def _assign_here(points: Path, out: Path) -> None:
    assign_folder(_KEPT["grids"], points, ("grid",), out)


@contextmanager
def one_process(codes: list[str], geoms: NDArray[Any], points: Path) -> Iterator[tuple[Run, Callable[[], float]]]:
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawning, initializer=_keep, initargs=(codes, geoms)) as child:
        child.submit(peak_mb).result()
        yield lambda out: child.submit(_assign_here, points, out).result(), lambda: child.submit(peak_mb).result()


@contextmanager
def two_workers() -> Iterator[tuple[Client, Callable[[], float]]]:
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client, lambda: max(client.run(peak_mb).values())


@contextmanager
def on_cluster(codes: list[str], geoms: NDArray[Any], points: Path) -> Iterator[tuple[Run, Callable[[], float]]]:
    grids = grid_set(codes, geoms)
    with two_workers() as (client, peak):
        address = client.scheduler_info()["address"]
        yield lambda out: assign_folder(grids, points, ("grid",), out, address), peak


@contextmanager
def dask_geopandas(codes: list[str], geoms: NDArray[Any], points: Path) -> Iterator[tuple[Run, Callable[[], float]]]:
    """Raises ImportError where it is not installed."""
    import dask.dataframe
    import dask_geopandas

    grids = gpd.GeoDataFrame({"grid": codes}, geometry=geoms)

    def run(client: Client, out: Path) -> None:
        with client.as_current():
            rows = dask.dataframe.read_parquet(points, split_row_groups=2)
            there = dask_geopandas.points_from_xy(rows, "x", "y")
            joined = dask_geopandas.sjoin(
                dask_geopandas.from_dask_dataframe(rows, geometry=there), grids, predicate="within"
            )
            joined[["id", "x", "y", "grid"]].to_parquet(out, write_index=False)

    with two_workers() as (client, peak):
        yield partial(run, client), peak


CONTENDERS = {LOCAL: one_process, CLUSTER: on_cluster, BASE: dask_geopandas}


def measure(grids: int, points: int, runs: int, seed: int = 1) -> list[Row]:
    """One row a contender; the ratio is to dask_geopandas, where that is installed."""
    codes, geoms = irregular_grids(grids, seed)
    with tempfile.TemporaryDirectory() as name, ExitStack() as after:
        folder = Path(name)
        source = folder / "points.parquet"
        x, y = points_over(geoms, points, seed)
        table = pa.table({"id": np.arange(points), "x": x, "y": y})
        pq.write_table(table, source, row_group_size=GROUP_ROWS)
        contenders, peaks = {}, {}
        for engine, contender in CONTENDERS.items():
            try:
                run, peaks[engine] = after.enter_context(contender(codes, geoms, source))
            except ImportError:
                continue
            contenders[engine] = partial(_afresh, run, folder / engine.replace(" ", "-").replace(",", ""))
        timings = interleaved(contenders, runs)
        memory = {engine: peak() for engine, peak in peaks.items()}
        outs = {engine: timing.answer for engine, timing in timings.items()}
        _identical(outs[LOCAL], outs[CLUSTER])
        if BASE in outs:
            assign_folder(grid_set(codes, geoms), source, None, folder / "all")
            agree(pq.read_table(folder / "all"), pq.read_table(outs[BASE]))
            agree(pq.read_table(folder / "all"), pq.read_table(outs[LOCAL]))
    base = timings[BASE].median_s if BASE in timings else float("nan")
    return [
        {
            "engine": engine,
            "grids": len(geoms),
            "points": points,
            "median_s": timing.median_s,
            "M rows/s": points / timing.median_s / 1e6,
            "peak_mb": memory[engine],
            "ratio": base / timing.median_s,
        }
        for engine, timing in timings.items()
    ]


def _afresh(run: Run, out: Path) -> Path:
    shutil.rmtree(out, ignore_errors=True)
    run(out)
    return out


def _identical(one: Path, other: Path) -> None:
    names = sorted(file.name for file in one.iterdir())
    assert names == sorted(file.name for file in other.iterdir())
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in names), "local and cluster differ"


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--grids", type=int, default=300)
    parser.add_argument("--points", type=int, default=10_000_000)
    chosen = parser.parse_args()
    report("assign_bulk", measure(chosen.grids, chosen.points, chosen.runs), chosen.json)


if __name__ == "__main__":
    main()
