"""The ground of the district: its outline, hills, rivers, and how built-up each spot is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geo.crs import snap
from sample_data.curves import Floats, Noise, Points, Warp, contours, metres, ribbon, sides_of, spline
from sample_data.sketch import AREA_KM2, CITY, LAKE, MOUNTAINS, OUTLINE, RIVERS, SEATS, STREAMS, Water
from sample_data.streams import stream

HILL_LEVELS_M = (85.0, 230.0)
_RASTER_M = 160.0


@dataclass(frozen=True)
class Watercourse:
    """A river or stream with its centre line (downstream) and its water surface."""

    name: str
    line: shapely.LineString
    surface: shapely.Polygon


class Relief:
    """Height above the river plain, metres: drawn mountains, roughened by ridges and cut by valleys."""

    def __init__(self, rng: np.random.Generator, watercourses: Sequence[Watercourse]) -> None:
        lengths = ((0.75, 5400), (0.6, 2500), (0.35, 1200))
        self._roughness = [(weight, Noise.of_length(rng, length)) for weight, length in lengths]
        self._valleys = shapely.STRtree(sides_of([course.line for course in watercourses])[0])

    def __call__(self, xy: Points) -> Floats:
        """(..., 2) -> (...)."""
        base = np.zeros(xy.shape[:-1])
        for middle, reach_km, height_m in MOUNTAINS:
            away = (xy - metres([middle])[0]) / (np.array(reach_km) * 1000.0)
            base += height_m * np.exp(-(away**2).sum(axis=-1) * 1.3)
        raised = base > 1.0
        found = np.zeros(base.shape)
        if raised.any():
            spots = xy[raised]
            rough = np.sum([weight * (0.75 - 2 * np.abs(noise(spots))) for weight, noise in self._roughness], axis=0)
            _, away_m = self._valleys.query_nearest(shapely.points(spots), return_distance=True, all_matches=False)
            valley = np.exp(-((away_m / 750.0) ** 2))
            found[raised] = np.clip(base[raised] * (1.1 + rough) * (1 - 0.85 * valley), 0, None)
        return found


@dataclass(frozen=True)
class Terrain:
    outline: shapely.Polygon
    rivers: tuple[Watercourse, ...]
    streams: tuple[Watercourse, ...]
    lake: shapely.Polygon
    hills: tuple[shapely.Polygon, ...]
    height: Relief
    fringe: tuple[Noise, Noise]

    @property
    def water(self) -> shapely.Geometry:
        """Every surface one cannot build on."""
        return shapely.union_all([*(w.surface for w in (*self.rivers, *self.streams)), self.lake])

    def urbanity(self, xy: Points) -> Floats:
        """How built-up: about 1 in the old town, 0.25 at the edge of the city, 0 in the fields. (..., 2) -> (...)."""
        city = np.linalg.norm((xy - metres([CITY])[0]) / np.array([1.0, 1.12]), axis=-1) / 1000.0
        value = 1.05 * np.exp(-((city / 3.6) ** 2)) + 0.24 * np.exp(-((city / 5.6) ** 4))
        for seat in SEATS:
            if seat.urban_grids:
                reach_m = 480.0 * np.sqrt(seat.urban_km2)
                away = np.linalg.norm(xy - metres([seat.at])[0], axis=-1)
                value = np.maximum(value, 0.62 * np.exp(-((away / reach_m) ** 2)))
        coarse, fine = self.fringe
        return value * (1 + 0.42 * coarse(xy) + 0.18 * fine(xy)) - np.clip(self.height(xy) / 300.0, 0, 0.6)


def make_terrain(seed: int) -> Terrain:
    rng = stream(seed, "terrain")
    meander = Warp.of(rng, [(190, 3400), (55, 1100)])
    rivers = tuple(_watercourse(water, meander, rng) for water in RIVERS)
    streams = tuple(_watercourse(water, meander, rng) for water in STREAMS)
    lake = shapely.Polygon(snap(spline(metres(LAKE), 15, closed=True)))
    outline = _outline(rng)
    relief = Relief(rng, [*rivers, *streams])
    fringe = Noise.of_length(rng, 5200, 5), Noise.of_length(rng, 1900, 9)
    return Terrain(outline, rivers, streams, lake, _hills(outline, relief), relief, fringe)


def _watercourse(water: Water, meander: Warp, rng: np.random.Generator) -> Watercourse:
    line = snap(meander(spline(metres(water.course), 60)))
    wobble = Noise.of_length(rng, 900)
    return Watercourse(
        water.name, shapely.LineString(line), shapely.set_precision(ribbon(line, water.width_m, wobble), 0.01)
    )


def _outline(rng: np.random.Generator) -> shapely.Polygon:
    """The district's line: drawn, made to meander at every scale, and sized to the planned area."""
    meander = Warp.of(rng, [(420, 5200), (150, 1700), (45, 560), (14, 190)])
    ring = meander(spline(metres(OUTLINE), 30, closed=True))
    drawn = shapely.Polygon(ring)
    factor = np.sqrt(AREA_KM2 * 1e6 / drawn.area)
    middle = metres([CITY])[0]
    sized = shapely.Polygon(snap(middle + (ring - middle) * factor))
    return shapely.simplify(sized, 6.0)


def _hills(outline: shapely.Polygon, relief: Relief) -> tuple[shapely.Polygon, ...]:
    west, south, east, north = outline.bounds
    x = np.arange(west - 800, east + 800, _RASTER_M)
    y = np.arange(south - 800, north + 800, _RASTER_M)
    values = relief(np.stack(np.meshgrid(x, y), axis=-1))
    land = outline.buffer(-40)
    found: list[shapely.Polygon] = []
    for level in HILL_LEVELS_M:
        for polygon in contours(values, x, y, level):
            soft = shapely.simplify(polygon.buffer(60).buffer(-120).buffer(60), 10)
            found.extend(part for part in shapely.get_parts(soft.intersection(land)) if part.area > 0.2e6)
    return tuple(shapely.set_precision(found, 0.01))
