"""Areas and grids: counts, codes, names, and that they tile the district without a gap at every level."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
import shapely

from geo.crs import Metric, snap
from geo.model import AreaLevel, GridLevel
from sample_data.model import AreaRow, District, GridRow
from sample_data.sketch import SEATS


def of_level(made: District, level: AreaLevel) -> list[AreaRow]:
    return [area for area in made.areas if area.level is level]


@pytest.fixture(scope="module")
def grids(made: District) -> list[GridRow]:
    return made.grids_of(GridLevel.GRID)


def test_the_administrative_tree_is_the_published_one(made: District) -> None:
    assert [len(of_level(made, level)) for level in AreaLevel] == [1, 18, 291]
    codes = {area.code for area in made.areas}
    assert len(codes) == 310
    assert all(area.parent in codes and area.code.startswith(area.parent) for area in made.areas[1:])
    urban = [area for area in of_level(made, AreaLevel.COMMUNITY) if area.code[9] in "01"]
    assert len(urban) == 80


def test_official_names_are_kept_beside_the_short_ones(made: District) -> None:
    by_code = {area.code: area for area in made.areas}
    scholar = by_code["330802005002"]
    assert (scholar.official_name, scholar.name, scholar.name_en) == (
        "书香社区居委会",
        "书香社区",
        "Shuxiang Community",
    )
    assert by_code["330802006004"].name_en == "Fangmenjie Community"
    assert not any(area.name.endswith("委会") for area in made.areas)
    assert all(re.fullmatch(r"[A-Z][A-Za-zü' ]+", area.name_en) for area in made.areas)


def test_292_grids_urban_and_joining_villages(made: District, grids: list[GridRow]) -> None:
    urban = [grid for grid in grids if len(grid.area) == 12]
    joined = [grid for grid in grids if len(grid.area) == 9]
    assert (len(grids), len(urban), len(joined)) == (292, 230, 62)
    assert max(len(grid.serves) for grid in joined) >= 3
    served = Counter(code for grid in grids for code in set(grid.serves))
    assert set(served) == {area.code for area in of_level(made, AreaLevel.COMMUNITY)}
    in_centre = Counter(grid.area for grid in urban if grid.area.startswith("330802006"))
    assert min(in_centre.values()) >= 2


def test_codes_are_parent_and_sequence(made: District, grids: list[GridRow]) -> None:
    known = {area.code for area in made.areas}
    for grid in grids:
        assert re.fullmatch(r"\d{15}", grid.code)
        assert grid.area in known
        assert grid.code.startswith(grid.area)
        if len(grid.area) == 9:
            assert int(grid.code[9:12]) >= 601, "a grid that joins villages is none of them"
    for micro in made.grids_of(GridLevel.MICRO_GRID):
        assert micro.parent_grid == micro.code[:15]
    assert len({grid.code for grid in made.grids}) == len(made.grids)


def test_names_are_unique_and_translated(made: District) -> None:
    assert len({grid.name for grid in made.grids}) == len(made.grids)
    assert len({grid.name_en for grid in made.grids}) == len(made.grids)
    assert "坊门街社区01网格" in {grid.name for grid in made.grids}


def test_grids_tile_the_district_exactly(made: District, grids: list[GridRow]) -> None:
    geoms = np.array([grid.geom for grid in grids], dtype=object)
    assert shapely.is_valid(geoms).all()
    assert shapely.coverage_is_valid(geoms)
    whole = shapely.coverage_union_all(geoms)
    assert whole.equals(made.outline)
    assert len(shapely.get_rings(made.outline)) == 1
    assert 590e6 < made.outline.area < 615e6
    xy = shapely.get_coordinates(geoms)
    assert np.array_equal(xy, snap(xy)), "every vertex lies on the lattice"


@pytest.mark.parametrize("level", list(AreaLevel))
def test_areas_of_a_level_tile_the_same_outline(made: District, level: AreaLevel) -> None:
    geoms = np.array([area.geom for area in of_level(made, level)], dtype=object)
    assert shapely.is_valid(geoms).all()
    assert shapely.coverage_is_valid(geoms)
    assert shapely.coverage_union_all(geoms).equals(made.outline)


def test_it_lies_in_the_frame(made: District) -> None:
    west, south, east, north = Metric(made.metric_srid).unproject_geometry(made.outline).bounds
    assert 118.69 < west < east < 118.97
    assert 28.82 < south < north < 29.19


def test_grids_nest_in_what_they_declare(made: District, grids: list[GridRow]) -> None:
    shape = {area.code: area.geom for area in made.areas}
    held: dict[str, list[shapely.Geometry]] = {}
    for grid in grids:
        if len(grid.area) == 12:
            held.setdefault(grid.area, []).append(grid.geom)
        else:
            assert shapely.coverage_union_all([shape[code] for code in grid.serves]).equals(grid.geom)
            assert all(code.startswith(grid.area) for code in grid.serves)
    for community, geoms in held.items():
        assert shapely.coverage_union_all(geoms).equals(shape[community])


def test_micro_grids_tile_their_grid(made: District, grids: list[GridRow]) -> None:
    shape = {grid.code: grid.geom for grid in grids}
    parts: dict[str, list[shapely.Geometry]] = {}
    for micro in made.grids_of(GridLevel.MICRO_GRID):
        assert micro.parent_grid is not None
        parts.setdefault(micro.parent_grid, []).append(micro.geom)
    assert 20 <= len(parts) <= 30
    for code, geoms in parts.items():
        assert len(geoms) >= 2
        assert shapely.coverage_is_valid(np.array(geoms, dtype=object))
        assert shapely.coverage_union_all(geoms).equals(shape[code])


def test_small_in_the_centre_large_in_the_hills(made: District, grids: list[GridRow]) -> None:
    km2 = {seat.code: np.median([g.geom.area for g in grids if g.code.startswith(seat.code)]) / 1e6 for seat in SEATS}
    assert km2["330802006"] < 0.4  # 府山
    assert km2["330802209"] > 5  # 七里
    assert max(km2.values()) > 20 * min(km2.values())


def test_city_edges_follow_streets_and_rivers(made: District) -> None:
    """Away from the fringe, edges between urban grids run along what is drawn as a street or lies in water."""
    old_town = next(area.geom for area in made.areas if area.code == "330802006")
    edges = shapely.intersection(
        shapely.union_all([grid.geom.boundary for grid in made.grids_of(GridLevel.GRID)]), old_town.buffer(-1)
    )
    lines = shapely.union_all(
        [b.geom.buffer(3) for b in made.background if b.kind in ("road_main", "road_minor", "water")]
    )
    assert shapely.intersection(edges, lines).length > 0.9 * edges.length
