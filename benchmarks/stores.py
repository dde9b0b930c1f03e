"""Stores that benchmarks are run on, made once and kept under build/bench: making a large one takes minutes.

python -m benchmarks.stores --units 200000 --grids 10000
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from click.testing import CliRunner

from api.accounts.file import accounts_path
from api.cli import cli
from benchmarks.grids import irregular_grids, points_over
from benchmarks.harness import arguments
from geo.crs import Metric
from sample_data.generate import district
from sample_data.sketch import METRIC_SRID
from tests.e2e.district import make

KEPT = Path(__file__).parents[1] / "build" / "bench" / "stores"
VERTICES = 72  # a grid, about as many as those of the synthetic district have
ISSUES_A_GRID = 1.5
_CATEGORIES = ("0101", "0102", "0103", "0104")
_CLASS_TERMS = (30, 90, 400)  # days that tenancies last, so that several classes occur


def district_store(units: int, folder: Path = KEPT) -> str:
    """Location of a store with the synthetic district: 292 grids and so many rental units."""
    return _kept(
        folder / f"district-{units}", lambda location: make(location, district(1, datetime.now(UTC), units=units))
    )


def sheet_store(grids: int, units: int, folder: Path = KEPT) -> str:
    """Location of a store with a synthetic coverage, rental units and issues, all through the ordinary imports."""
    return _kept(folder / f"sheet-{grids}-{units}", lambda location: _import_sheet(location, grids, units))


def changed_store(location: str, name: str, change: Callable[[str], None]) -> str:
    """Location of a copy of a kept store, in which something was done once."""
    of = Path(location).parent

    def build(target: str) -> None:
        shutil.copy(location, target)
        shutil.copy(accounts_path(location), accounts_path(target))
        change(target)

    return _kept(of.with_name(f"{of.name}-{name}"), build)


def _kept(folder: Path, build: Callable[[str], None]) -> str:
    """The store in that folder, made beside it and moved there when it is whole."""
    if not folder.exists():
        making = folder.with_name(f"{folder.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        build(str(making / "store.gpkg"))
        making.rename(folder)
    return str(folder / "store.gpkg")


def _import_sheet(location: str, grids: int, units: int) -> None:
    codes, geoms = irregular_grids(grids, 1, VERTICES)
    folder = Path(location).parent
    layer = gpd.GeoDataFrame(
        {"code": codes, "name": [f"网格{code}" for code in codes]}, geometry=geoms, crs=METRIC_SRID
    )
    layer.to_file(folder / "grids.gpkg")
    _unit_table(geoms, units).to_csv(folder / "units.csv", index=False)
    _report_table(geoms, round(grids * ISSUES_A_GRID)).to_csv(folder / "reports.csv", index=False)
    store = ("--store", location)
    run("init", location, "--metric-crs", f"EPSG:{METRIC_SRID}")
    run("import", "grids", str(folder / "grids.gpkg"), *store, "--code", "code", "--name", "name")
    run("import", "units", str(folder / "units.csv"), *store, "--datum", "wgs84")
    columns = ("--lon", "lon", "--lat", "lat", "--ref", "number", "--time", "at", "--category", "category")
    run("import", "reports", str(folder / "reports.csv"), *store, "--datum", "wgs84", *columns)
    for file in ("grids.gpkg", "units.csv", "reports.csv"):
        (folder / file).unlink()


def run(*arguments: str) -> None:
    """A command of the product in this process; raises with what it said where it refuses."""
    done = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    if done.exit_code:
        raise RuntimeError(f"gridwarden {' '.join(arguments)}: {done.stderr}")


def _lonlat(geoms: np.ndarray, count: int, seed: int) -> dict[str, np.ndarray]:
    lon, lat = Metric(METRIC_SRID).unproject(*points_over(geoms, count, seed))
    return {"lon": np.round(lon, 7), "lat": np.round(lat, 7)}


def _unit_table(geoms: np.ndarray, count: int) -> pd.DataFrame:
    """Let dwellings whose terms began in the last year."""
    rng = np.random.default_rng(2)
    today = np.datetime64(datetime.now(UTC).date())
    since = today - rng.integers(1, 360, count)
    term = rng.choice(_CLASS_TERMS, count)
    return pd.DataFrame(
        {
            "code": np.char.add("U-", np.arange(count).astype(str)),
            **_lonlat(geoms, count, seed=3),
            "registered_on": since,
            "since": since,
            "until": since + term,
            "rooms": rng.integers(1, 12, count),
        }
    )


def _report_table(geoms: np.ndarray, count: int) -> pd.DataFrame:
    """Reports of the last six weeks, some of which are overdue by now."""
    rng = np.random.default_rng(4)
    at = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "s") - rng.integers(3_600, 42 * 86_400, count)
    category = rng.choice(_CATEGORIES, count)
    return pd.DataFrame({"number": np.arange(count), "at": at, **_lonlat(geoms, count, seed=5), "category": category})


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument("--grids", type=int, default=10_000)
    chosen = parser.parse_args()
    print(district_store(chosen.units))
    print(sheet_store(chosen.grids, chosen.units))


if __name__ == "__main__":
    main()
