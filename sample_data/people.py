"""Who answers: visibly synthetic people, their posts, who was there before them and who stands in.

Every name is a family name before a pair of the sixty-year cycle (徐辛亥), no two alike, and no telephone number can be
dialled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from geo.model import AreaLevel, GridLevel, PlaceKind, PostKind
from sample_data.ground import Ints
from sample_data.model import AreaRow, GridRow, LeaveRow, PersonRow, PlaceRow, PostRow
from sample_data.names import words
from sample_data.streams import stream

_CYCLE = 60
_BUILDING_HEADS = 120
_ON_LEAVE = 13
_NEW_LEADS = 0.15
_LARGE = 1_000  # households from which a grid has two workers


@dataclass(frozen=True)
class People:
    people: tuple[PersonRow, ...]
    posts: tuple[PostRow, ...]


class _Roster:
    """Hands out new people."""

    def __init__(self, rng: np.random.Generator) -> None:
        families, stems, branches = words("family"), words("stem"), words("branch")
        given = [
            (stems[i % 10].text + branches[i % 12].text, stems[i % 10].pinyin + branches[i % 12].pinyin.lower())
            for i in range(_CYCLE)
        ]
        self._names = [
            (
                families[k // _CYCLE].text + given[k % _CYCLE][0],
                f"{families[k // _CYCLE].pinyin} {given[k % _CYCLE][1]}",
            )
            for k in rng.permutation(len(families) * _CYCLE).tolist()
        ]
        self.people: list[PersonRow] = []

    def new(self) -> str:
        number = len(self.people) + 1
        name, name_en = self._names[number - 1]
        person = PersonRow(f"P{number:04d}", name, name_en, f"000-0000-{number:04d}")
        self.people.append(person)
        return person.code


def make_people(
    seed: int,
    today: date,
    areas: tuple[AreaRow, ...],
    grids: tuple[GridRow, ...],
    places: tuple[PlaceRow, ...],
    stewards: tuple[tuple[str, ...], ...],
    households: Ints,
) -> People:
    rng = stream(seed, "people")
    roster = _Roster(rng)
    leads, posts = _grid_leads(rng, roster, today, grids)
    posts += _deputies_and_workers(rng, roster, today, grids, households)
    for area in areas:
        posts.append(PostRow(PostKind.AREA_LEAD, roster.new(), _some_day(rng, today), area=area.code))
        if area.level is AreaLevel.SUBDISTRICT:
            posts.append(PostRow(PostKind.GUIDE, roster.new(), _some_day(rng, today), area=area.code))
    for stairwells in stewards:
        person, since = roster.new(), _some_day(rng, today)
        posts.extend(PostRow(PostKind.STEWARD, person, since, place=code) for code in stairwells)
    blocks = [p for p in places if p.kind is PlaceKind.BUILDING and p.parent]
    for i in np.sort(rng.choice(len(blocks), _BUILDING_HEADS, replace=False)).tolist():
        posts.append(PostRow(PostKind.BUILDING_HEAD, roster.new(), _some_day(rng, today), place=blocks[i].code))
    posts += list(_predecessors(rng, roster, today, leads))
    return People(tuple(roster.people), tuple(_with_leave(rng, today, posts)))


def _grid_leads(
    rng: np.random.Generator, roster: _Roster, today: date, grids: tuple[GridRow, ...]
) -> tuple[list[PostRow], list[PostRow]]:
    """The leads of all grids, some of them new this year; then these and the heads of all micro-grids."""
    leads, heads = [], []
    for grid in grids:
        since = _some_day(rng, today)
        if grid.level is GridLevel.GRID:
            if rng.uniform() < _NEW_LEADS:
                since = today - timedelta(days=int(rng.integers(12, 330)))
            leads.append(PostRow(PostKind.LEAD, roster.new(), since, grid=grid.code))
        else:
            heads.append(PostRow(PostKind.MICRO_GRID_HEAD, roster.new(), since, grid=grid.code))
    return leads, leads + heads


def _deputies_and_workers(
    rng: np.random.Generator, roster: _Roster, today: date, grids: tuple[GridRow, ...], households: Ints
) -> list[PostRow]:
    posts = []
    for grid, homes in zip(grids, households.tolist(), strict=True):
        if grid.level is not GridLevel.GRID:
            continue
        if rng.uniform() < 0.6:
            posts.append(PostRow(PostKind.DEPUTY, roster.new(), _some_day(rng, today), grid=grid.code))
        for _ in range(2 if homes >= _LARGE else 1):
            posts.append(PostRow(PostKind.GRID_WORKER, roster.new(), _some_day(rng, today), grid=grid.code))
    return posts


def _some_day(rng: np.random.Generator, today: date) -> date:
    """A first day in office, one to five years ago: before the year that is told."""
    return today - timedelta(days=int(rng.integers(400, 1800)))


def _predecessors(rng: np.random.Generator, roster: _Roster, today: date, leads: list[PostRow]) -> Iterator[PostRow]:
    """Whoever led a grid before this year's new lead came: what was done then keeps its holder."""
    for lead in leads:
        before = _some_day(rng, today)
        if before < lead.from_date and (today - lead.from_date).days < 400:
            yield PostRow(PostKind.LEAD, roster.new(), before, lead.from_date, grid=lead.grid)


def _with_leave(rng: np.random.Generator, today: date, posts: list[PostRow]) -> Iterator[PostRow]:
    """A few leads are away today; their deputy stands in, or the lead of the grid listed next."""
    deputy = {post.grid: post.person for post in posts if post.kind is PostKind.DEPUTY}
    leads = [i for i, post in enumerate(posts) if post.kind is PostKind.LEAD and post.to_date is None]
    away = np.sort(rng.choice(len(leads), _ON_LEAVE, replace=False)).tolist()
    leaves: dict[int, LeaveRow] = {}
    for k in away:
        start = today - timedelta(days=int(rng.integers(0, 6)))
        end = today + timedelta(days=int(rng.integers(1, 9)))  # the first day back
        cover = deputy.get(posts[leads[k]].grid) or posts[leads[(k + 1) % len(leads)]].person
        leaves[leads[k]] = LeaveRow(start, end, cover)
    for i, post in enumerate(posts):
        found = leaves.get(i)
        if found is None:
            yield post
        else:
            yield PostRow(post.kind, post.person, post.from_date, post.to_date, post.grid, post.area, post.place, found)
