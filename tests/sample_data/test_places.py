"""Places and the people who answer: the counts that are known, and that everything hangs together."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
import shapely

from geo.model import GridLevel, PlaceKind, PostKind
from sample_data.model import District, PlaceRow, PostRow
from tests.sample_data.conftest import NOW

OLD_TOWN = "330802006004"  # 坊门街社区
TODAY = NOW.date()


def of_kind(made: District, kind: PlaceKind) -> list[PlaceRow]:
    return [place for place in made.places if place.kind is kind]


def of_post(made: District, kind: PostKind) -> list[PostRow]:
    """Posts of a kind that are held today."""
    return [post for post in made.posts if post.kind is kind and (post.to_date is None or post.to_date > TODAY)]


def test_the_counts_that_are_known(made: District) -> None:
    assert len(of_kind(made, PlaceKind.COMPOUND)) == 347
    assert 6_800 < len(of_kind(made, PlaceKind.STAIRWELL)) < 6_900
    assert len(of_kind(made, PlaceKind.LANE)) == 152
    assert of_kind(made, PlaceKind.MARKET)
    assert of_kind(made, PlaceKind.RELIEF_POINT)


def test_codes_are_unique_and_parents_come_first(made: District) -> None:
    seen: set[str] = set()
    areas = {area.code for area in made.areas}
    for place in made.places:
        assert place.code not in seen
        assert place.parent is None or place.parent in seen
        assert place.area in areas
        seen.add(place.code)


def test_names_of_compounds_and_lanes_are_unique(made: District) -> None:
    for kind in (PlaceKind.COMPOUND, PlaceKind.LANE, PlaceKind.STAIRWELL):
        names = [place.name for place in of_kind(made, kind)]
        assert len(set(names)) == len(names)


def test_stairwells_stand_in_buildings_in_compounds_in_grids(made: District) -> None:
    by_code = {place.code: place for place in made.places}
    for stairwell in of_kind(made, PlaceKind.STAIRWELL):
        building = by_code[stairwell.parent or ""]
        assert building.geom.contains(stairwell.geom)
        assert by_code[building.parent or ""].geom.contains(building.geom)
    compounds = np.array([place.geom for place in of_kind(made, PlaceKind.COMPOUND)], dtype=object)
    assert shapely.is_valid(compounds).all()
    grids = shapely.STRtree([grid.geom for grid in made.grids_of(GridLevel.GRID)])
    inside = np.unique(grids.query(compounds, predicate="within")[0])
    assert len(inside) >= 0.97 * len(compounds)


def test_some_lanes_run_through_several_grids(made: District) -> None:
    grids = shapely.STRtree([grid.geom for grid in made.grids_of(GridLevel.GRID)])
    lanes = [place.geom for place in of_kind(made, PlaceKind.LANE)]
    crossed = Counter(grids.query(lanes, predicate="intersects")[0].tolist())
    assert sum(count > 1 for count in crossed.values()) > 20
    assert all(lane.length > 100 for lane in lanes)


def test_the_stewards_of_the_old_town(made: District) -> None:
    homes = {
        place.code: place.households or 0 for place in of_kind(made, PlaceKind.STAIRWELL) if place.area == OLD_TOWN
    }
    assert sum(homes.values()) == 2_716
    visits: dict[str, list[str]] = {}
    for post in of_post(made, PostKind.STEWARD):
        visits.setdefault(post.person, []).append(post.place or "")
    assert len(visits) == 97
    assert sorted(code for codes in visits.values() for code in codes) == sorted(homes)
    assert all(1 <= len(codes) <= 4 for codes in visits.values())
    assert all(10 <= sum(homes[code] for code in codes) <= 49 for codes in visits.values())


def test_households_of_grids_are_those_behind_their_stairwells(made: District) -> None:
    by_grid = {grid.code: grid for grid in made.grids_of(GridLevel.GRID)}
    assert all(grid.households > 0 for grid in by_grid.values())
    urban = sum(grid.households for grid in by_grid.values() if grid.area == OLD_TOWN)
    assert urban == 2_716
    for parent in {micro.parent_grid for micro in made.grids_of(GridLevel.MICRO_GRID)}:
        parts = sum(m.households for m in made.grids_of(GridLevel.MICRO_GRID) if m.parent_grid == parent)
        assert parts == by_grid[parent or ""].households


def test_people_are_visibly_synthetic(made: District) -> None:
    names = [person.name for person in made.people]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r".[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]", name) for name in names)
    assert all(re.fullmatch(r"[A-Z][a-zü]+ [A-Z][a-z]+", person.name_en) for person in made.people)
    assert all(re.fullmatch(r"000-0000-\d{4}", person.phone) for person in made.people)


def test_somebody_answers_for_everything(made: District) -> None:
    leads = Counter(post.grid for post in of_post(made, PostKind.LEAD))
    assert leads == Counter(grid.code for grid in made.grids_of(GridLevel.GRID))
    heads = Counter(post.grid for post in of_post(made, PostKind.MICRO_GRID_HEAD))
    assert heads == Counter(grid.code for grid in made.grids_of(GridLevel.MICRO_GRID))
    assert Counter(post.area for post in of_post(made, PostKind.AREA_LEAD)) == Counter(a.code for a in made.areas)
    workers = {post.grid for post in of_post(made, PostKind.GRID_WORKER)}
    assert workers == {grid.code for grid in made.grids_of(GridLevel.GRID)}


def test_who_is_away_has_somebody_standing_in(made: District) -> None:
    away = [post for post in made.posts if post.leave]
    assert len(away) >= 5
    for post in away:
        assert post.leave is not None
        assert post.leave.from_date <= TODAY < post.leave.to_date
        assert post.leave.cover != post.person


def test_a_lead_begins_when_the_one_before_ends(made: District) -> None:
    gone = [post for post in made.posts if post.to_date]
    assert gone
    starts = {post.grid: post.from_date for post in of_post(made, PostKind.LEAD)}
    for post in gone:
        assert post.from_date < (post.to_date or TODAY) == starts[post.grid]


@pytest.mark.parametrize(
    "kind", ["outline", "water", "hill", "built_up", "road_main", "road_minor", "rail", "building"]
)
def test_a_background_makes_it_a_place(made: District, kind: str) -> None:
    rows = [row for row in made.background if row.kind == kind]
    assert rows
    geoms = np.array([row.geom for row in rows], dtype=object)
    assert shapely.is_valid(geoms).all()
    assert not shapely.is_empty(geoms).any()


def test_nobody_lives_in_the_river(made: District) -> None:
    water = shapely.union_all([row.geom for row in made.background if row.kind == "water"])
    stairwells = np.array([place.geom for place in of_kind(made, PlaceKind.STAIRWELL)], dtype=object)
    shapely.prepare(water)
    assert not shapely.intersects(water, stairwells).any()
