"""Trends are what counting by hand finds, day by day, on both stores."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, update

from geo.desk import issues
from geo.desk.asof import When, end_of
from geo.desk.atlas import Sheet
from geo.desk.gridmap import grid_counts
from geo.desk.received import position
from geo.desk.reports import file_report, move_pin
from geo.desk.timeliness import on_time_counts
from geo.desk.todays_grids import TodaysGrids
from geo.desk.trends import DAYS, WEEKS, trends
from geo.desk.tx import Tx
from geo.desk.unit_history import TermStep, UnitLife, VisitStep, load_unit_lives
from geo.model import InspectionResult, NewReport, Occupancy, Term
from geo.rules.access import Capability, Extent, Grant, Reach, Role, reach
from geo.store.store import Store
from geo.store.tables import issue
from tests import district, redrawn
from tests.district import METRIC, TESTER, District, lonlat
from tests.examples import examples
from tests.geo.desk.test_publishing import Town, eastward

ZONE = ZoneInfo("Asia/Shanghai")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TICK = timedelta(milliseconds=1)
COLUMNS = ("G00", "G10", "G20")  # grids in the first row


@dataclass
class Life:
    """What happened to one issue, kept beside the store: moments with what was so from then on."""

    category: str | None
    due_at: datetime
    opened_at: datetime
    states: list[tuple[datetime, str]] = field(default_factory=list)
    grids: list[tuple[datetime, str]] = field(default_factory=list)

    def at(self, moment: datetime) -> tuple[str, datetime, str] | None:
        """State, since when, grid; None before it was recorded."""
        states = [(since, state) for since, state in self.states if since <= moment]
        if not states:
            return None
        return states[-1][1], states[-1][0], [grid for since, grid in self.grids if since <= moment][-1]


def by_hand(lives: list[Life], moment: datetime, counts: Callable[[str, str | None], bool]) -> dict[str, int]:
    """The figures at one moment, one issue after the other."""
    found = dict.fromkeys(("open", "overdue", "on_time", "rated"), 0)
    since = datetime.combine(moment.astimezone(ZONE).date() - 29 * DAY, datetime.min.time(), ZONE)
    for life in lives:
        known = life.at(moment)
        if known is None or not counts(known[2], life.category):
            continue
        closed_at = known[1] if known[0] == "closed" else None
        if closed_at is None:
            found["open"] += 1
            found["overdue"] += life.due_at < moment
        if since <= life.due_at < moment or (closed_at is not None and closed_at >= since):
            found["rated"] += 1
            found["on_time"] += closed_at is not None and closed_at <= life.due_at
    return found


class _Undo(Exception):
    pass


@contextmanager
def undone(store: Store) -> Iterator[Connection]:
    """A write transaction of which nothing stays."""
    try:
        with store.write() as conn:
            yield conn
            raise _Undo
    except _Undo:
        pass


# In hours: how long ago it is reported, how long before that it happened, its limit; then steps, each so much later.
plans = st.tuples(
    st.integers(0, 24 * 130),
    st.integers(0, 48),
    st.integers(-24, 24 * 60),
    st.sampled_from(["0102", None]),
    st.integers(0, 2),
    st.lists(st.tuples(st.integers(1, 24 * 40), st.sampled_from(["close", "reopen", "move"])), max_size=4),
)


def live(tx_at: Callable[[datetime], Tx], now: datetime, ref: str, plan: Any) -> Life:
    ago, earlier, limit, category, column, steps = plan
    at = now - ago * HOUR
    spot = position(*lonlat(column + 0.5, 0.5), "wgs84")
    opened_at = at - earlier * HOUR
    filed = file_report(tx_at(at), NewReport("t", ref, category=category, position=spot, occurred_at=opened_at))
    due_at = opened_at + limit * HOUR
    tx_at(at).conn.execute(update(issue).where(issue.c.id == filed.issue_id).values(due_at=due_at))
    told = Life(category, due_at, opened_at, [(at, "open")], [(at, COLUMNS[column])])
    for hours, what in steps:
        at += hours * HOUR
        if at > now:
            break
        is_closed = told.states[-1][1] == "closed"
        if what == "close" and not is_closed:
            issues.close(tx_at(at), filed.issue_id, "done")
            told.states.append((at, "closed"))
        elif what == "reopen" and is_closed:
            issues.reopen(tx_at(at), filed.issue_id, "again")
            told.states.append((at, "reopened"))
        elif what == "move" and not is_closed:
            column = (column + 1) % 3
            spot = position(*lonlat(column + 0.5, 0.5), "wgs84")
            assert spot is not None
            move_pin(tx_at(at), filed.issue_id, spot)
            told.grids.append((at, COLUMNS[column]))
    return told


WHOLE = reach([Grant(Role.COMMANDER)], date(2026, 3, 18))


def narrow(path: str, categories: frozenset[str] | None) -> Reach:
    extents = (Extent(path, categories),)
    return Reach({capability: extents for capability in (Capability.MAP_SEE, Capability.ISSUES_SEE)})


def within(code: str, counts: Callable[[str, str | None], bool]) -> Callable[[str, str | None], bool]:
    """Of what a reader counts, that of one grid."""
    return lambda grid, category: grid == code and counts(grid, category)


READERS: list[tuple[Reach, Callable[[str, str | None], bool]]] = [
    (WHOLE, lambda grid, category: True),
    (narrow("/D/C1/", None), lambda grid, category: grid == "G10"),
    (narrow("/", frozenset({"0102"})), lambda grid, category: category == "0102"),
    (narrow("/D/C0/", frozenset({"0102"})), lambda grid, category: grid == "G00" and category == "0102"),
]


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(many=st.lists(plans, max_size=8), minutes=st.integers(0, 59))
def test_trends_are_what_counting_by_hand_finds(here: District, now: datetime, many: list[Any], minutes: int) -> None:
    now = now + minutes * timedelta(minutes=1)
    with undone(here.store) as conn:
        lives = [live(lambda at: here.desk.tx(conn, at, TESTER), now, str(i), plan) for i, plan in enumerate(many)]
        hour = now.replace(minute=0)
        first = min((life.states[0][0] for life in lives), default=now + DAY)
        for reader, counts in READERS:
            found = trends(conn, reader, When(hour, ZONE))
            moments = [
                *(datetime.fromisoformat(f"{day}T00:00:00+08:00") + DAY - TICK for day in found["days"]),
                hour - DAY,
                hour - 7 * DAY,
            ]
            expected = [by_hand(lives, at, counts) if at >= first else {} for at in moments]
            for figure in ("open", "overdue", "on_time", "rated"):
                told = found["figures"][figure]
                assert [*told["days"], told["yesterday"], told["last_week"]] == [e.get(figure) for e in expected]
            new = [life for life in lives if counts(life.grids[-1][1], life.category)]
            for week in found["weeks"]:
                begins = datetime.fromisoformat(f"{week['from']}T00:00:00+08:00")
                assert week["new"] == sum(begins <= life.opened_at < begins + 7 * DAY for life in new)


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(many=st.lists(plans, max_size=8))
def test_grids_on_the_map_carry_the_same_counts(here: District, now: datetime, many: list[Any]) -> None:
    with undone(here.store) as conn:
        lives = [live(lambda at: here.desk.tx(conn, at, TESTER), now, str(i), plan) for i, plan in enumerate(many)]
        ids = [here.grid_ids[code] for code in COLUMNS]
        for reader, counts in READERS:
            told = grid_counts(conn, reader, ids, When(now, ZONE))
            for code in COLUMNS:
                if counts(code, "0102"):
                    expected = by_hand(lives, now, within(code, counts))
                    grid = told[here.grid_ids[code]]
                    assert {figure: grid[figure] for figure in expected} == expected
        past = now - 9 * DAY
        for grid_id, (on_time, rated) in on_time_counts(conn, When(past, ZONE, past)).items():
            here_only = next(name for name in COLUMNS if here.grid_ids[name] == grid_id)
            expected = by_hand(lives, past, within(here_only, lambda grid, category: True))
            assert (on_time, rated) == (expected["on_time"], expected["rated"])


def test_one_grid_alone(here: District, now: datetime) -> None:
    with undone(here.store) as conn:
        for i, column in enumerate((0, 0, 1)):
            live(lambda at: here.desk.tx(conn, at, TESTER), now, str(i), (48, 0, 24, None, column, []))
        found = trends(conn, WHOLE, When(now, ZONE), here.grid_ids["G00"])
    assert len(found["days"]) == DAYS and len(found["weeks"]) == WEEKS
    assert found["figures"]["open"]["yesterday"] == 2
    assert [week["new"] for week in found["weeks"]] == [0] * (WEEKS - 1) + [2]


def test_an_empty_store_has_no_past(here: District, now: datetime) -> None:
    with here.store.read() as conn:
        found = trends(conn, WHOLE, When(now, ZONE))
    assert found["figures"].keys() == {"open", "overdue", "on_time", "rated", "units_overdue"}
    assert {value for told in found["figures"].values() for value in told["days"]} == {None}
    assert {week["new"] for week in found["weeks"]} == {0}


def test_units_past_inspection_by_day(here: District, now: datetime) -> None:
    """A unit is past inspection from the local day after it was due until somebody came."""
    lon, lat = lonlat(0.5, 0.5)
    first = now - 40 * DAY
    registered = first.astimezone(ZONE).date()
    term = Term(Occupancy.LET, registered, registered + 300 * DAY, 9.9)
    visited = first + 20 * DAY
    life = UnitLife(
        "u1", None, None, None, registered, lon, lat,
        terms=(TermStep(first, term, "tester"),),
        visits=(VisitStep(visited, visited, InspectionResult.PASS, "tester"),),
    )  # fmt: skip
    with undone(here.store) as conn:
        live(lambda at: here.desk.tx(conn, at, TESTER), now, "0", (24 * 60, 0, 24, None, 1, []))
        load_unit_lives(here.desk.tx(conn, now, TESTER), [life])
        found, other = trends(conn, WHOLE, When(now, ZONE)), trends(conn, narrow("/D/C1/", None), When(now, ZONE))
        told = dict(zip(found["days"], found["figures"]["units_overdue"]["days"], strict=True))
        # Due on the day of its registration, past the day after.
        past = [day for day, count in told.items() if count]
        local = visited.astimezone(ZONE).date()
        assert past == [(registered + n * DAY).isoformat() for n in range(1, (local - registered).days)]
        assert "units_overdue" not in other["figures"]


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    return district.build(store, now - 400 * DAY)


@pytest.mark.parametrize("seed", range(3))
def test_by_the_boundaries_of_today_and_of_each_day(store: Store, now: datetime, seed: int) -> None:
    """Issues open and close, pins and lines between grids move: the figures of a grid are as by hand, both ways."""
    chance, town = random.Random(seed), Town(district.build(store, now - 40 * DAY), now - 40 * DAY)
    lives: dict[int, list[tuple[datetime, str, float, float]]] = {}

    def anything() -> None:
        column, row, what = chance.uniform(0.7, 1.6), chance.uniform(0.7, 1.3), chance.random()
        still = [i for i, life in lives.items() if life[-1][1] == "open"]
        if what < 0.5 or not still:
            issue_id, state = town.report(column, row), "open"
        elif what < 0.8:
            issue_id, state = chance.choice(still), "closed"
            column, row = lives[issue_id][-1][2:]
            town.do(issues.close, issue_id, "done")
        else:
            issue_id, state = chance.choice(still), "open"
            spot = position(*lonlat(column, row), "wgs84")
            assert spot is not None
            town.do(move_pin, issue_id, spot)
        lives.setdefault(issue_id, []).append((town.moment, state, column, row))

    sheets = [(town.moment, town.sheet())]
    for step in range(20):
        town.rest(DAY)
        anything()
        if step in (8, 14):
            town.publish(town.draft(eastward if step == 8 else westward))
            sheets.append((town.moment, town.sheet()))
    hour = When(now.replace(minute=0), ZONE)
    with store.read() as conn:
        for code in ("G00", "G10"):
            for today in (None, TodaysGrids(sheets[-1][1])):
                found = trends(conn, WHOLE, hour, town.ids[code], today)
                for day, told in zip(found["days"], found["figures"]["open"]["days"], strict=True):
                    end = end_of(date.fromisoformat(day), ZONE)
                    by = (
                        sheets[-1][1]
                        if today
                        else next(s for at, s in reversed(sheets) if at <= end or at == sheets[0][0])
                    )
                    lying = [then[-1] for life in lives.values() if (then := [each for each in life if each[0] <= end])]
                    if told is not None:
                        assert told == sum(lies(by, each) == code for each in lying if each[1] == "open"), (day, code)


def lies(sheet: Sheet, life: tuple[datetime, str, float, float]) -> str:
    x, y = METRIC.project(*lonlat(*life[2:]))
    return str(sheet.codes[sheet.index.locate_one(float(x), float(y))])


def westward(grids: redrawn.Grids) -> Any:
    return redrawn.moved(grids, redrawn.at(1.4, 1), redrawn.at(0.8, 0.9))
