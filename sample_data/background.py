"""What lies under the grids and makes the district a place: hills, water, built-up land, roads, railway, buildings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from geo.model import GridLevel
from sample_data.division import Division
from sample_data.model import BackgroundRow
from sample_data.settle import Settlements
from sample_data.streets import Streets
from sample_data.terrain import Terrain

_BEYOND_M = 3_000.0  # rivers and roads go on outside the district, so that it does not look like an island
_DETAIL_M = 1.0


def make_background(
    terrain: Terrain, streets: Streets, division: Division, settlements: Settlements
) -> tuple[BackgroundRow, ...]:
    frame = division.outline.buffer(_BEYOND_M)
    rows = [
        BackgroundRow("outline", None, division.outline),
        *(BackgroundRow("hill", None, hill) for hill in terrain.hills),
        *(BackgroundRow("built_up", None, part) for part in shapely.get_parts(streets.mask)),
        *(BackgroundRow("water", w.name, w.surface.intersection(frame)) for w in (*terrain.rivers, *terrain.streams)),
        BackgroundRow("water", None, terrain.lake),
        *(BackgroundRow("road_main", road.name, road.line.intersection(frame)) for road in streets.main),
        *(BackgroundRow("road_minor", None, line) for line in (*streets.minor, *settlements.lanes)),
        BackgroundRow("rail", None, streets.railway.intersection(frame)),
    ]
    exact, drawn = rows[:1], rows[1:]
    plain = shapely.simplify(np.array([row.geom for row in drawn], dtype=object), _DETAIL_M)
    plain = shapely.set_precision(plain, 0.01)
    softened = (BackgroundRow(row.kind, row.name, geom) for row, geom in zip(drawn, plain, strict=True))
    return (*exact, *softened, *_buildings(division, settlements))


def _buildings(division: Division, settlements: Settlements) -> Iterator[BackgroundRow]:
    """One row a grid with all its buildings: whoever draws can skip a grid that is out of sight."""
    grids = [grid for grid in division.grids if grid.level is GridLevel.GRID]
    owners = [np.full(len(c.buildings), c.grid) for c in settlements.compounds]
    owners += [settlements.other_grid, *(np.full(len(v.houses), v.grid) for v in settlements.villages)]
    geoms = [c.buildings for c in settlements.compounds]
    geoms += [settlements.other, *(v.houses for v in settlements.villages)]
    owner, geom = np.concatenate(owners), np.concatenate(geoms)
    for i in range(len(grids)):
        own = geom[owner == i]
        if len(own):
            yield BackgroundRow("building", None, shapely.multipolygons(own))
