"""Bulk assignment in parts: killed and run again, and on a real Dask cluster that loses a worker."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.commands import COMMAND, ROOT, environment, refused, run
from tests.cli.conftest import EAST, SQUARE, write_geojson

ROWS, PART = 200_000, 10_000
BAD = ROWS - 1

# argv: after how many parts the child kills itself, or 0; then the command. It notes every part that it makes.
DIES = """
import os, signal, sys
from geo.bulk import running

last, noted = int(sys.argv.pop(1)), sys.argv.pop(1)
making = running.writing

def writing(parts, number, *rest):
    yield from making(parts, number, *rest)
    with open(noted, "a") as file:
        file.write(f"{number}\\n")
    if last and sum(1 for _ in open(noted)) == last:
        os.kill(os.getpid(), signal.SIGKILL)

running.writing = writing
from api.cli import main
main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grids, and points as CSV and as Parquet in row groups, the last of which is bad."""
    path = tmp_path_factory.mktemp("points")
    write_geojson(path / "grids.geojson", SQUARE, EAST)
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(118.799, 118.821, ROWS).round(7), rng.uniform(28.8995, 28.9105, ROWS).round(7)
    lon[BAD] = 500.0
    table = pa.table({"id": np.arange(ROWS), "lon": lon, "lat": lat, "accuracy": rng.choice([0.0, 5.0, 40.0], ROWS)})
    pq.write_table(table, path / "points.parquet", row_group_size=PART)
    from pyarrow import csv

    csv.write_csv(table, path / "points.csv")
    return path


def arguments(folder: Path, source: str, out: Path) -> list[str]:
    grids = ["--grids", str(folder / "grids.geojson"), "--code", "code", "--grids-crs", "wgs84"]
    where = ["--datum", "wgs84", "--lon", "lon", "--lat", "lat", "--accuracy", "accuracy", "--metric-crs", "EPSG:4549"]
    return ["assign", str(folder / source), "-o", str(out), *grids, *where, "--part-rows", str(PART), "--json"]


@pytest.fixture(scope="module")
def expected(folder: Path) -> Callable[[str, str], Path]:
    """``expected(source, suffix)``: the output of a local run that nobody disturbs."""
    made: dict[tuple[str, str], Path] = {}

    def get(source: str, suffix: str) -> Path:
        if (source, suffix) not in made:
            made[source, suffix] = out = folder / f"expected-{source.replace('.', '-')}{suffix}"
            done = run(*arguments(folder, source, out))
            assert (done.code, json.loads(done.out)["rows"]) == (3, ROWS), done.err
        return made[source, suffix]

    return get


def same(one: Path, other: Path) -> None:
    """Equal to the byte; a folder file by file, a GeoPackage, in which the time stands, as a table."""
    if one.is_dir():
        assert [file.name for file in sorted(one.iterdir())] == [file.name for file in sorted(other.iterdir())]
        for file in one.iterdir():
            same(file, other / file.name)
    elif one.suffix == ".gpkg":
        import pyogrio

        assert pyogrio.read_arrow(one)[1].equals(pyogrio.read_arrow(other)[1])
    else:
        assert one.read_bytes() == other.read_bytes()


# -- killed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "suffix"), [("points.csv", ".csv"), ("points.parquet", ".parquet"), ("points.csv", "")]
)
def test_a_killed_run_goes_on_and_makes_no_part_twice(
    source: str, suffix: str, folder: Path, expected: Callable[[str, str], Path], tmp_path: Path
) -> None:
    out, noted = tmp_path / f"out{suffix}", tmp_path / "noted"
    command = arguments(folder, source, out)
    last = random.Random(source + suffix).randrange(2, ROWS // PART - 1)
    child = [sys.executable, "-c", DIES, str(last), str(noted), *command]
    done = subprocess.run(child, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not out.exists()
    child[3] = "0"
    done = subprocess.run(child, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 3, done.stderr
    assert "going on where an earlier run stopped" in done.stderr
    told = json.loads(done.stdout)
    assert (told["rows"], told["rejected"], told["kept"]) == (ROWS, 1, last * PART)
    assert sorted(map(int, noted.read_text().split())) == list(range(ROWS // PART))
    assert not (tmp_path / f"{out.name}.parts").exists()
    same(out, expected(source, suffix))
    same(tmp_path / f"{out.name}.rejects.csv", folder / f"{expected(source, suffix).name}.rejects.csv")


def test_a_run_killed_from_outside_wherever_it_is_goes_on(
    folder: Path, expected: Callable[[str, str], Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    command = arguments(folder, "points.csv", out)
    parts = tmp_path / "out.csv.parts"
    with subprocess.Popen(
        [*COMMAND, *command], env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        while child.poll() is None and len(list(parts.glob("part-*.json"))) < 3:
            time.sleep(0.005)
        child.kill()
    told = json.loads(run(*command, "--replace").out)
    assert told["rows"] == ROWS
    same(out, expected("points.csv", ".csv"))


def test_parts_of_other_points_grids_or_options_are_not_taken_over(folder: Path, tmp_path: Path) -> None:
    out, noted = tmp_path / "out.csv", tmp_path / "noted"
    command = arguments(folder, "points.csv", out)
    child = [sys.executable, "-c", DIES, "3", str(noted), *command]
    assert subprocess.run(child, capture_output=True, env=environment(), check=False).returncode == -signal.SIGKILL
    told = json.loads(run(*command, "--columns", "grid").out)
    assert (told["kept"], told["rows"]) == (0, ROWS)
    assert out.read_text().splitlines()[0] == '"id","lon","lat","accuracy","grid"'


def test_two_runs_do_not_write_one_output(folder: Path, tmp_path: Path) -> None:
    from geo.bulk.parts import JobFolder

    out = tmp_path / "out.csv"
    holder = JobFolder(out, "csv")
    holder.folder.mkdir()

    class AnyJob:
        fingerprint = "{}"

        class plan:
            @staticmethod
            def to_json() -> str:
                return "{}"

    holder.open(AnyJob())  # type: ignore[arg-type]
    refused(*arguments(folder, "points.csv", out), says=["another run is writing"])
    holder.leave()
    assert json.loads(run(*arguments(folder, "points.csv", out)).out)["rows"] == ROWS


# -- a cluster --------------------------------------------------------------------------------------------------------

WORKER = """
import sys
from distributed.cli.dask_worker import main
main(sys.argv[1:], standalone_mode=False)
"""
SCHEDULER = WORKER.replace("dask_worker", "dask_scheduler")


class Cluster:
    """A scheduler and workers in processes of their own, on this machine only."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._after = folder, ExitStack()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Cluster:
        self._start(SCHEDULER, "--host", self.address, "--dashboard-address", "127.0.0.1:0", "--no-show")
        for _ in range(2):
            self.add_worker()
        return self

    def __exit__(self, *_: object) -> None:
        self._after.close()

    def add_worker(self) -> None:
        options = [
            "--nthreads",
            "1",
            "--no-nanny",
            "--dashboard-address",
            "127.0.0.1:0",
            "--host",
            "127.0.0.1",
            "--memory-limit",
            "0",
        ]
        self.workers.append(self._start(WORKER, self.address, *options, "--local-directory", str(self._folder)))

    def _start(self, script: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = self._after.enter_context(
            (self._folder / f"dask-{len(self.workers)}-{os.urandom(2).hex()}.log").open("wb")
        )
        command = [sys.executable, "-c", script, *arguments]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment(), cwd=ROOT)

        def end() -> None:
            process.kill()
            process.wait()

        self._after.callback(end)
        return process


@contextmanager
def command_running(*command: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [*COMMAND, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


@pytest.mark.parametrize(
    ("source", "suffix"),
    [("points.parquet", ".parquet"), ("points.parquet", ""), ("points.csv", ".csv"), ("points.csv", ".gpkg")],
)
def test_a_cluster_writes_what_a_local_run_writes(
    source: str, suffix: str, cluster: Cluster, folder: Path, expected: Callable[[str, str], Path], tmp_path: Path
) -> None:
    out = tmp_path / f"{expected(source, suffix).stem}{suffix}"
    done = run(*arguments(folder, source, out), "--scheduler", cluster.address)
    assert done.code == 3, done.err
    assert json.loads(done.out)["rows"] == ROWS
    same(out, expected(source, suffix))
    same(tmp_path / f"{out.name}.rejects.csv", folder / f"{expected(source, suffix).name}.rejects.csv")
    assert not (tmp_path / f"{out.name}.parts").exists()


@pytest.mark.parametrize("source", ["points.parquet", "points.csv"])
def test_parts_of_a_lost_worker_are_done_again(
    source: str, folder: Path, expected: Callable[[str, str], Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    parts = tmp_path / "out.parquet.parts"
    with (
        Cluster(tmp_path) as cluster,
        command_running(*arguments(folder, source, out), "--scheduler", cluster.address) as child,
    ):
        while child.poll() is None and len(list(parts.glob("part-*.json"))) < 2:
            time.sleep(0.005)
        cluster.workers[0].kill()
        told, err = child.communicate()
        assert child.returncode == 3, err
    assert json.loads(told)["rows"] == ROWS
    same(out, expected(source, ".parquet"))


def test_a_command_that_is_killed_goes_on_from_what_workers_did(
    folder: Path, expected: Callable[[str, str], Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    parts = tmp_path / "out.parquet.parts"
    command = arguments(folder, "points.parquet", out)
    with Cluster(tmp_path) as cluster:
        with command_running(*command, "--scheduler", cluster.address) as child:
            while child.poll() is None and len(list(parts.glob("part-*.json"))) < 2:
                time.sleep(0.005)
        there = len(list(parts.glob("part-*.json")))
    told: dict[str, Any] = json.loads(run(*command).out)  # here, without the cluster
    assert told["rows"] == ROWS and told["kept"] >= there * PART
    same(out, expected("points.parquet", ".parquet"))


def test_a_cluster_that_is_not_there_is_said_so(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from geo.bulk import cluster

    monkeypatch.setattr(cluster, "_CONNECT_S", 1)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        command = arguments(folder, "points.parquet", tmp_path / "o.csv")
        refused(*command, "--scheduler", address, says=["no Dask scheduler answers at tcp://127.0.0.1:"])
        refused(*command, "--scheduler", "nonsense://x", says=["no Dask scheduler answers at nonsense://x"])


def test_a_worker_that_would_do_it_otherwise_is_refused(tmp_path: Path) -> None:
    from geo.bulk import job, work
    from geo.errors import ClusterLost

    plan = job.Plan.from_json(json.dumps({
        "where": {"datum": "wgs84"}, "layout": {"columns": ["grid"]}, "shape": "csv", "geometry": None,
        "geometry_crs": None, "grids_digest": "", "names_digest": None, "parts": None,
        "versions": {**job.versions(), "shapely": "1.8.0"},
    }))  # fmt: skip
    with pytest.raises(ClusterLost, match=r"a worker has shapely .*, not 1.8.0"):
        work.check_versions(plan)
    with pytest.raises(ClusterLost, match="does not see"):
        work.make_part(str(tmp_path / "nowhere"), 0)
