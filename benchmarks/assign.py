"""Points against irregular grids: the grid index beside what else there is.

Every engine answers the same question, the row of the grid that holds each point or -1. The index is exact on the
lattice; all others must agree with it on every point but those that lie on an edge. Building an index or a table is
measured apart: a service builds once and is asked all day.

    python -m benchmarks.assign --grids 300 10000 100000 --points 1000000
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import psycopg
import pyarrow
import shapely
from numpy.typing import NDArray

from benchmarks.grids import irregular_grids, points_over
from benchmarks.harness import Row, arguments, interleaved, report
from geo.coverage import lookup
from geo.coverage.index import GridIndex
from geo.crs import to_mm
from tests.postgis_server import PostgisServer, programs

OURS, BASE = "cell index, numpy", "geopandas.sjoin"

Xy = NDArray[np.float64]
Geoms = NDArray[Any]
Locate = Callable[[Xy, Xy], NDArray[Any]]


class NotHere(Exception):
    """The engine is not installed on this machine."""


# -- engines: each a context in which points can be located ----------------------------------------------------------


@contextmanager
def with_numpy(codes: list[str], geoms: Geoms) -> Iterator[Locate]:
    index = GridIndex.from_arrays(codes, list(geoms))
    yield partial(lookup.locate, index.cells, index.rank)


@contextmanager
def with_numba(codes: list[str], geoms: Geoms) -> Iterator[Locate]:
    """The compiled kernel; compiling is not counted among its runs."""
    locate = lookup.compiled()
    if locate is None:
        raise NotHere
    index = GridIndex.from_arrays(codes, list(geoms))
    locate(index.cells, index.rank, np.zeros(1), np.zeros(1))
    yield partial(locate, index.cells, index.rank)


@contextmanager
def sjoin(codes: list[str], geoms: Geoms) -> Iterator[Locate]:
    grids = gpd.GeoDataFrame({"row": np.arange(len(geoms))}, geometry=geoms)
    _ = grids.sindex

    def locate(x: Xy, y: Xy) -> NDArray[Any]:
        joined = gpd.sjoin(gpd.GeoDataFrame(geometry=shapely.points(x, y)), grids, predicate="within")
        return _rows(len(x), joined.index.to_numpy(), joined["row"].to_numpy())

    yield locate


@contextmanager
def strtree(codes: list[str], geoms: Geoms) -> Iterator[Locate]:
    """A tree of the grids, asked for all points in one call."""
    shapely.prepare(geoms)
    tree = shapely.STRtree(geoms)
    yield lambda x, y: _rows(len(x), *tree.query(shapely.points(x, y), predicate="within"))


@contextmanager
def duckdb_spatial(codes: list[str], geoms: Geoms) -> Iterator[Locate]:
    """DuckDB with its spatial extension, both from PyPI."""
    try:
        import duckdb
        import duckdb_extension_spatial as extension
    except ImportError:
        raise NotHere from None
    connection = duckdb.connect()
    file = Path(extension.__file__).parent / f"extensions/v{duckdb.__version__}/spatial.duckdb_extension"
    connection.load_extension(str(file))
    connection.register("raw", _grid_table(geoms))
    connection.execute("CREATE TABLE grid AS SELECT row, ST_GeomFromWKB(wkb) AS geom FROM raw")

    def locate(x: Xy, y: Xy) -> NDArray[Any]:
        connection.register("point", _point_table(x, y))
        found = connection.execute(
            "SELECT p.number, g.row FROM (SELECT number, ST_Point(x, y) AS geom FROM point) p"
            " JOIN grid g ON ST_Within(p.geom, g.geom)"
        ).fetchnumpy()
        return _rows(len(x), found["number"], found["row"])

    yield locate
    connection.close()


@contextmanager
def sedona(codes: list[str], geoms: Geoms) -> Iterator[Locate]:
    """SedonaDB, from PyPI."""
    try:
        import sedonadb
    except ImportError:
        raise NotHere from None
    context = sedonadb.connect()
    context.create_data_frame(_grid_table(geoms)).to_view("raw")
    context.sql("SELECT row, ST_GeomFromWKB(wkb) AS geom FROM raw").to_memtable().to_view("grid")

    def locate(x: Xy, y: Xy) -> NDArray[Any]:
        context.create_data_frame(_point_table(x, y)).to_view("point", overwrite=True)
        found = pyarrow.table(
            context.sql(
                "SELECT p.number, g.row FROM (SELECT number, ST_Point(x, y) AS geom FROM point) p"
                " JOIN grid g ON ST_Within(p.geom, g.geom)"
            )
        )
        return _rows(len(x), found["number"].to_numpy(), found["row"].to_numpy())

    yield locate


@contextmanager
def postgis(codes: list[str], geoms: Geoms) -> Iterator[Locate]:
    """A private PostGIS with a GiST index on the grids, asked for all points in one statement."""
    if programs() is None:
        raise NotHere
    with ExitStack() as stack:
        server = stack.enter_context(PostgisServer())
        url = server.new_database().replace("+psycopg", "")
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        connection.execute("CREATE TABLE grid (row int, geom geometry)")
        with connection.cursor() as cursor, cursor.copy("COPY grid FROM STDIN") as copy:
            for row, wkb in enumerate(shapely.to_wkb(geoms, hex=True)):
                copy.write_row((row, wkb))
        connection.execute("CREATE INDEX ON grid USING gist (geom)")
        connection.execute("VACUUM ANALYZE grid")

        def locate(x: Xy, y: Xy) -> NDArray[Any]:
            found = connection.execute(
                "SELECT p.number - 1, g.row FROM unnest(%b::float8[], %b::float8[]) WITH ORDINALITY p (x, y, number)"
                " JOIN grid g ON ST_Covers(g.geom, ST_Point(p.x, p.y))",
                (x.tolist(), y.tolist()),
                binary=True,
            ).fetchall()
            return _rows(len(x), *np.array(found, np.int64).reshape(-1, 2).T)

        yield locate


@dataclass(frozen=True)
class Engine:
    """share: of the points that it is asked for; a slow one is measured on fewer, its rate is what is compared."""

    use: Callable[[list[str], Geoms], Any]
    share: float = 1.0


ENGINES: Mapping[str, Engine] = {
    OURS: Engine(with_numpy),
    "cell index, numba": Engine(with_numba),
    BASE: Engine(sjoin),
    "shapely STRtree": Engine(strtree, 0.1),
    "DuckDB spatial": Engine(duckdb_spatial, 0.1),
    "SedonaDB": Engine(sedona),
    "PostGIS": Engine(postgis, 0.1),
}


def _grid_table(geoms: Geoms) -> pyarrow.Table:
    return pyarrow.table({"row": np.arange(len(geoms)), "wkb": shapely.to_wkb(geoms).tolist()})


def _point_table(x: Xy, y: Xy) -> pyarrow.Table:
    return pyarrow.table({"number": np.arange(len(x)), "x": x, "y": y})


def _rows(count: int, at: NDArray[Any], row: NDArray[Any]) -> NDArray[np.int64]:
    rows = np.full(count, -1, np.int64)
    rows[at] = row
    return rows


# -- what is measured ------------------------------------------------------------------------------------------------


def measure(grids: int, points: int, runs: int, seed: int = 1, engines: Mapping[str, Engine] = ENGINES) -> list[Row]:
    """One row an engine; the ratio is that of its points a second to those of geopandas.sjoin."""
    codes, geoms = irregular_grids(grids, seed)
    x, y = points_over(geoms, points, seed)
    contenders: dict[str, Callable[[], Any]] = {}
    built: dict[str, float] = {}
    with ExitStack() as stack:
        for name, engine in engines.items():
            begun = time.perf_counter()
            try:
                locate = stack.enter_context(engine.use(codes, geoms.copy()))
            except NotHere:
                continue
            built[name] = time.perf_counter() - begun
            asked = max(round(points * engine.share), 1)
            contenders[name] = partial(locate, x[:asked], y[:asked])
        timings = interleaved(contenders, runs)
    _agree(codes, geoms, x, y, {name: timing.answer for name, timing in timings.items()})
    rate = {name: len(timing.answer) / timing.median_s / 1e6 for name, timing in timings.items()}
    return [
        {
            "engine": name,
            "grids": grids,
            "points": len(timing.answer),
            "build_s": built[name],
            "median_s": timing.median_s,
            "M points/s": rate[name],
            "ratio": rate[name] / rate[BASE],
        }
        for name, timing in timings.items()
    ]


def measure_build(grids: int, runs: int, seed: int = 1) -> list[Row]:
    """Seconds and memory that the index takes to build, and seconds for a look-up of one point and for one change.

    cpu_s is the processor's time for the build, which is what it takes on a machine with nothing else to do.
    """
    codes, geoms = irregular_grids(grids, seed)
    listed = list(geoms)
    index = GridIndex.from_arrays(codes, listed)
    middle = grids // 2
    smaller = {codes[middle]: None}
    x, y = (axis.tolist() for axis in points_over(geoms, 10_000, seed))
    cpu_s: list[float] = []

    def build() -> None:
        begun = time.process_time()
        GridIndex.from_arrays(codes, listed)
        cpu_s.append(time.process_time() - begun)

    timings = interleaved(
        {
            "build": build,
            "change": lambda: index.with_changes(smaller),
            "one": lambda: [index.locate_one(a, b) for a, b in zip(x, y, strict=True)],
        },
        runs,
    )
    tracemalloc.start()
    GridIndex.from_arrays(codes, listed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    arrays = (index.cells.cells, index.cells.corner, index.cells.first, index.cells.pieces)
    return [
        {
            "grids": grids,
            "vertices": int(shapely.get_num_coordinates(geoms).sum()),
            "build_s": timings["build"].median_s,
            "cpu_s": statistics.median(cpu_s),
            "index_mb": sum(array.nbytes for array in arrays) / 1e6,
            "peak_mb": peak / 1e6,
            "one_change_s": timings["change"].median_s,
            "one_point_us": timings["one"].median_s / len(x) * 1e6,
        }
    ]


def _agree(codes: list[str], geoms: Geoms, x: Xy, y: Xy, answers: Mapping[str, NDArray[Any]]) -> None:
    """Raises AssertionError where engines differ on a point that lies on no edge, or the index differs from shapely.

    Where all agree they agree with sjoin. Where one does not, the lattice decides: the lowest code that covers.
    """
    in_mm = shapely.transform(geoms, to_mm)
    tree = shapely.STRtree(in_mm)
    rank = np.argsort(np.argsort(np.array(codes, dtype=object)))
    for name, rows in answers.items():
        ours = answers[OURS][: len(rows)]
        differ = np.flatnonzero(rows != ours)
        places = shapely.points(to_mm(x[differ]), to_mm(y[differ]))
        point, row = tree.query(places, predicate="intersects")
        lowest = np.full(len(differ), len(codes))
        np.minimum.at(lowest, point, rank[row])
        assert np.array_equal(np.append(np.argsort(rank), -1)[lowest], ours[differ]), f"{OURS} is wrong"
        point, row = tree.query(places, predicate="dwithin", distance=2.0)
        on_edge = np.zeros(len(differ), np.bool_)
        on_edge[point[shapely.distance(places[point], shapely.boundary(in_mm[row])) <= 2.0]] = True
        assert on_edge.all(), f"{name} answers otherwise for {np.count_nonzero(~on_edge)} points"


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--grids", type=int, nargs="+", default=[300, 10_000])
    parser.add_argument("--points", type=int, default=1_000_000)
    chosen = parser.parse_args()
    rows = [row for grids in chosen.grids for row in measure(grids, chosen.points, chosen.runs)]
    report("assign", rows, chosen.json)
    built = [row for grids in chosen.grids for row in measure_build(grids, chosen.runs)]
    report("build", built, chosen.json and chosen.json.with_name(f"{chosen.json.stem}_build.json"))


if __name__ == "__main__":
    main()
