"""A year of rental units and issues: believable, consistent with the rules, and resembling the plan today."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geo.coverage.index import GridIndex
from geo.crs import Metric
from geo.desk.issue_write import IssueLife
from geo.desk.unit_history import TermStep, UnitLife, VisitStep
from geo.model import GridLevel, IssueState, PlaceKind, RiskClass, Visit
from geo.rules.assign import decide
from geo.rules.catalogue import CATEGORIES
from geo.rules.class_table import DEFAULT
from geo.rules.due import due_at
from geo.rules.risk import ClassDecision, UnitFacts, classify
from geo.rules.terms import check_term
from geo.rules.workflow import fold
from sample_data.generate import TIMEZONE
from sample_data.model import District
from sample_data.places import Door
from sample_data.units import PLANNED, _courses, _plan, make_units
from tests.sample_data.conftest import NOW

ZONE = ZoneInfo(TIMEZONE)
TODAY = NOW.astimezone(ZONE).date()
LIMITS = {category.code: (category.limit_value, category.limit_clock) for category in CATEGORIES}

# -- rental units -----------------------------------------------------------------------------------------------------


def course(unit: UnitLife) -> tuple[object, ...]:
    """What the class follows from; many units share one."""
    visits = tuple((visit.occurred_at.astimezone(ZONE).date(), visit.result) for visit in unit.visits)
    return unit.registered_on, tuple((step.recorded_at, step.term) for step in unit.terms), visits


def folded(unit: UnitLife) -> ClassDecision:
    """Today's decision, by the rules, from what was entered step by step."""
    facts, decision = UnitFacts(unit.registered_on), None
    steps: list[TermStep | VisitStep] = [*unit.terms, *unit.visits]
    for step in sorted(steps, key=lambda step: step.recorded_at):
        if isinstance(step, TermStep):
            facts = replace(facts, terms=(*facts.terms, step.term))
        else:
            visit = Visit(step.occurred_at.astimezone(ZONE).date(), step.result)
            facts = replace(facts, visits=(*facts.visits, visit))
        decision = classify(facts, decision, DEFAULT, step.recorded_at.astimezone(ZONE).date())
    return classify(facts, decision, DEFAULT, TODAY)


def test_todays_classes_come_out_of_the_rules_as_planned(made: District) -> None:
    courses: dict[tuple[object, ...], tuple[UnitLife, int]] = {}
    for unit in made.units:
        _, count = courses.get(course(unit), (unit, 0))
        courses[course(unit)] = unit, count + 1
    units: Counter[RiskClass | None] = Counter()
    overdue: Counter[RiskClass | None] = Counter()
    for unit, count in courses.values():
        decision = folded(unit)
        units[decision.risk_class] += count
        if decision.next_due and decision.next_due < TODAY:
            overdue[decision.risk_class] += count
    assert sum(units.values()) == len(made.units) == 24_000
    for risk_class, (planned, planned_overdue) in PLANNED.items():
        assert units[risk_class] == pytest.approx(planned, rel=0.02)
        assert overdue[risk_class] == pytest.approx(planned_overdue, rel=0.05)


def test_units_lie_at_their_place_and_have_their_own_door(made: District) -> None:
    doors = {place.code: place for place in made.places if place.kind in (PlaceKind.STAIRWELL, PlaceKind.BUILDING)}
    assert len({unit.code for unit in made.units}) == len(made.units)
    assert len({(unit.place_code, unit.label) for unit in made.units}) == len(made.units)
    x, y = Metric(made.metric_srid).project([u.lon for u in made.units], [u.lat for u in made.units])
    at = np.array([doors[u.place_code or ""].geom.representative_point().coords[0] for u in made.units])
    stairwells = np.array([doors[u.place_code or ""].kind is PlaceKind.STAIRWELL for u in made.units])
    assert np.hypot(x - at[:, 0], y - at[:, 1])[stairwells].max() < 0.02
    assert 0.9 < stairwells.mean() < 1


def test_lives_of_units_can_have_been(made: District) -> None:
    for unit in made.units:
        first = unit.terms[0]
        assert first.recorded_at.astimezone(ZONE).date() == unit.registered_on
        entered = [step.recorded_at for step in unit.terms]
        assert entered == sorted(entered)
        for step in unit.terms:
            check_term(step.term)
            assert step.recorded_at <= NOW
        times = [visit.occurred_at for visit in unit.visits]
        assert times == sorted(times)
        for visit in unit.visits:
            assert first.recorded_at < visit.occurred_at <= visit.recorded_at <= NOW
    assert sum(len(unit.visits) for unit in made.units) > 100_000


@pytest.mark.parametrize("seed", range(3))
def test_there_is_a_course_for_every_class_in_time_and_overdue(seed: int) -> None:
    """However few are played: of the rare ones a day may bring none, which was then an error instead of a district."""
    needed = {stratum for stratum, size in _plan(300).items() if size}
    courses = _courses(np.random.default_rng(seed), TODAY, 0.5, 1, needed)
    assert needed == {(risk, late) for risk in PLANNED for late in (True, False)} | {(None, False)}
    assert {found.stratum(TODAY) for found in courses} >= needed


@pytest.mark.parametrize("count", [0, 1, 700])
def test_any_number_of_units_can_be_made(made: District, count: int) -> None:
    rows = [place for place in made.places if place.kind is PlaceKind.STAIRWELL][:40]
    doors = tuple(Door(row, 0, row.geom.x, row.geom.y, 6) for row in rows)
    units = make_units(5, NOW, count, doors, {0: ["徐辛亥"]}, Metric(made.metric_srid), TIMEZONE)
    assert len({(unit.place_code, unit.label) for unit in units}) == len(units) == count


def test_a_life_is_the_same_whenever_it_is_asked_for(made: District) -> None:
    assert made.units[:3] == (made.units[0], made.units[1], made.units[2])
    assert made.units[-1] == made.units[len(made.units) - 1] == list(made.units)[-1]


def test_at_midnight_nothing_lies_in_the_future(made: District) -> None:
    row = next(place for place in made.places if place.kind is PlaceKind.STAIRWELL)
    midnight = datetime(2026, 3, 17, 16, 1, tzinfo=UTC)
    doors = (Door(row, 0, row.geom.x, row.geom.y, 6),)
    units = make_units(5, midnight, 60, doors, {0: ["徐辛亥"]}, Metric(made.metric_srid), TIMEZONE)
    entered = [step.recorded_at for unit in units for step in unit.terms]
    visited = [visit.recorded_at for unit in units for visit in unit.visits]
    assert max(entered + visited) <= midnight


# -- issues -----------------------------------------------------------------------------------------------------------


def is_open(life: IssueLife) -> bool:
    return not life.steps or life.steps[-1].state is not IssueState.CLOSED


def due(life: IssueLife) -> datetime:
    assert life.report.occurred_at is not None
    return due_at(life.report.occurred_at, *LIMITS[life.report.category or ""], TIMEZONE)


def test_about_ninety_a_day_with_a_rhythm(made: District) -> None:
    days = Counter(life.recorded_at.astimezone(ZONE).date() for life in made.issues)
    whole = [count for day, count in days.items() if day < TODAY]
    assert 85 < np.mean(whole) < 95
    by_weekday = [np.mean([n for day, n in days.items() if day.weekday() == w and day < TODAY]) for w in range(7)]
    assert max(by_weekday) == by_weekday[1], "on Tuesdays the offices are out in the grids"
    assert min(by_weekday) == by_weekday[6]
    assert (TODAY - min(days)).days >= 363


def test_what_is_open_now(made: District) -> None:
    standing = [life for life in made.issues if is_open(life)]
    assert 420 <= len(standing) <= 530
    overdue = [life for life in standing if due(life) < NOW]
    assert 100 <= len(overdue) <= 120
    assert any(life.steps and life.steps[-1].state is IssueState.REOPENED for life in standing)


def test_most_are_closed_in_time(made: District) -> None:
    month = [life for life in made.issues if life.steps and life.steps[0].at > NOW - timedelta(days=30)]
    in_time = np.mean([life.steps[0].at <= due(life) for life in month])
    assert 0.85 < in_time < 0.95


def test_lives_of_issues_can_have_been(made: District) -> None:
    refs = {(life.report.source, life.report.source_ref) for life in made.issues}
    assert len(refs) == len(made.issues)
    for life in made.issues:
        assert life.report.occurred_at is not None
        times = [life.report.occurred_at, life.recorded_at, *(step.at for step in life.steps)]
        assert times == sorted(times)
        assert times[-1] <= NOW
        assert all(step.text for step in life.steps)
        events = ["report.filed", *(f"issue.{step.state}" for step in life.steps)]
        assert fold(events) is (life.steps[-1].state if life.steps else IssueState.OPEN)
        assert life.report.category in LIMITS
        assert life.report.description
        assert "{" not in life.report.description
    assert any(len(life.steps) >= 3 for life in made.issues), "some were reopened and closed again"


def test_every_way_of_telling_where(made: District) -> None:
    places = {place.code for place in made.places}
    unpinned = [life.report for life in made.issues if life.report.position is None]
    assert 0.01 < len(unpinned) / len(made.issues) < 0.08
    coded = [report.place_code for report in unpinned if report.place_code]
    assert coded
    assert set(coded) <= places
    known = {place.address for place in made.places if place.address} | {place.name for place in made.places}
    assert any(report.address in known for report in unpinned if report.address)
    told = [report.address for report in unpinned if report.address and report.address not in known]
    compounds = tuple(place.name for place in made.places if place.kind is PlaceKind.COMPOUND)
    assert sum(address.startswith(compounds) for address in told) > len(told) / 2, "most name something to look for"
    assert {life.report.position.datum for life in made.issues if life.report.position} == {"wgs84", "gcj02"}


@pytest.fixture(scope="module")
def homes(made: District) -> tuple[np.ndarray, np.ndarray, list[IssueLife]]:
    """Grid codes (n,) or "", ambiguity (n,) of the pinned issues, and these."""
    grids = made.grids_of(GridLevel.GRID)
    index = GridIndex.from_arrays([grid.code for grid in grids], [grid.geom for grid in grids])
    lives = [life for life in made.issues if life.report.position]
    positions = [life.report.position for life in lives if life.report.position]
    x, y = Metric(made.metric_srid).project([p.lon for p in positions], [p.lat for p in positions])
    decided = decide(index, x, y, np.array([p.accuracy_m or 0.0 for p in positions]))
    codes = np.array([str(index.codes[row]) if row >= 0 else "" for row in decided.row], dtype=object)
    return codes, decided.ambiguous, lives


def test_most_issues_find_one_grid(homes: tuple[np.ndarray, np.ndarray, list[IssueLife]]) -> None:
    codes, ambiguous, _ = homes
    assert 0 < (codes == "").mean() < 0.02, "a few lie outside"
    assert 0.002 < ambiguous.mean() < 0.06, "some lie near an edge"
    assert len(set(codes.tolist())) > 280


def test_there_are_three_worst_grids(homes: tuple[np.ndarray, np.ndarray, list[IssueLife]]) -> None:
    codes, _, lives = homes
    overdue = Counter(
        code for code, life in zip(codes.tolist(), lives, strict=True) if code and is_open(life) and due(life) < NOW
    )
    ranked = [count for _, count in overdue.most_common()]
    assert ranked[0] >= 6
    assert ranked[2] > 2 * np.median(ranked)
    assert len(ranked) > 35, "the rest is spread over many grids"
