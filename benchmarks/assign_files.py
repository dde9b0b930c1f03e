"""A file of points to a file with their grids: ``gridwarden assign`` beside geopandas, projection included.

Longitude and latitude in a Parquet file go to a Parquet file with the code of each point's grid; reading, projecting,
finding and writing are all counted, building the index is not, on either side. Rows must agree wherever no edge is
nearer than the tolerance.

    python -m benchmarks.assign_files --points 1000000
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.grids import irregular_grids, points_over
from benchmarks.harness import Row, arguments, interleaved, report
from geo import bulk
from geo.crs import Metric

SRID = 4549
BASE = "geopandas: read, to_crs, sjoin, write"


def grid_set(codes: list[str], geoms: NDArray[Any]) -> bulk.GridSet:
    return bulk.GridSet.of(codes, codes, geoms, srid=SRID, edition=None, title="")


def assign_file(grids: bulk.GridSet, points: Path, out: Path, columns: tuple[str, ...] | None) -> Path:
    request = bulk.Request(points, out, "wgs84", "lon", "lat", columns=columns)
    bulk.run(bulk.prepare(request, grids), overwrite=True)
    return out


def geopandas_file(grids: gpd.GeoDataFrame, points: Path, out: Path) -> Path:
    frame = pd.read_parquet(points)
    where = gpd.GeoSeries.from_xy(frame["lon"], frame["lat"], crs="EPSG:4326").to_crs(grids.crs)
    joined = gpd.sjoin(gpd.GeoDataFrame(frame, geometry=where), grids, predicate="within", how="left")
    pd.DataFrame(joined[["id", "lon", "lat", "grid"]]).to_parquet(out)
    return out


def write_points(path: Path, geoms: NDArray[Any], count: int, seed: int) -> None:
    lon, lat = Metric(SRID).unproject(*points_over(geoms, count, seed))
    pq.write_table(pa.table({"id": np.arange(count), "lon": lon, "lat": lat}), path)


def measure(grids: int, points: int, runs: int, seed: int = 1) -> list[Row]:
    """One row a contender; the ratio is to geopandas."""
    codes, geoms = irregular_grids(grids, seed)
    ours = grid_set(codes, geoms)
    theirs = gpd.GeoDataFrame({"grid": codes}, geometry=geoms, crs=f"EPSG:{SRID}")
    _ = theirs.sindex
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "points.parquet"
        write_points(source, geoms, points, seed)
        timings = interleaved(
            {
                "assign, the code only": lambda: assign_file(ours, source, folder / "code.parquet", ("grid",)),
                "assign, all columns": lambda: assign_file(ours, source, folder / "all.parquet", None),
                BASE: lambda: geopandas_file(theirs, source, folder / "geopandas.parquet"),
            },
            runs,
        )
        agree(pq.read_table(folder / "all.parquet"), pq.read_table(folder / "code.parquet"))
        agree(pq.read_table(folder / "all.parquet"), pq.read_table(folder / "geopandas.parquet"))
    base = timings[BASE].median_s
    return [
        {
            "engine": engine,
            "grids": len(geoms),
            "points": points,
            "median_s": timing.median_s,
            "M rows/s": points / timing.median_s / 1e6,
            "ratio": base / timing.median_s,
        }
        for engine, timing in timings.items()
    ]


def agree(ours: pa.Table, other: pa.Table) -> None:
    """Raises AssertionError where codes differ for rows that lie clearly in a grid, or clearly outside all."""
    mine, theirs = ours.to_pandas().set_index("id"), other.to_pandas().drop_duplicates("id").set_index("id")["grid"]
    clear = ~mine["ambiguous"] & (mine["method"] != "nearest")
    left, right = mine["grid"][clear], theirs.reindex(mine.index)[clear]
    differ = (left != right) & ~(left.isna() & right.isna())
    assert not differ.any(), f"{differ.sum()} rows differ"


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--grids", type=int, nargs="+", default=[300])
    parser.add_argument("--points", type=int, default=1_000_000)
    chosen = parser.parse_args()
    rows = [row for grids in chosen.grids for row in measure(grids, chosen.points, chosen.runs)]
    report("assign_files", rows, chosen.json)


if __name__ == "__main__":
    main()
