"""Rental units where people live, each dealt a course of the year so that today's classes come out as planned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import overload
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo.crs import Metric
from geo.desk.unit_history import TermStep, UnitLife, VisitStep
from geo.model import InspectionResult, RiskClass, Visit
from geo.rules.class_table import DEFAULT
from geo.rules.local import date_in
from sample_data.curves import Floats
from sample_data.ground import Ints
from sample_data.places import Door
from sample_data.streams import exact_shares, stream
from sample_data.tenancy import Course, play

# Units by class and how many of them are overdue, for 24,000 units; the rest are no longer let.
PLANNED = {
    RiskClass.RED: (1_084, 150),
    RiskClass.ORANGE: (2_283, 151),
    RiskClass.YELLOW: (4_584, 199),
    RiskClass.BLUE: (7_119, 276),
    RiskClass.GREEN: (8_696, 227),
}
_Stratum = tuple[RiskClass | None, bool]  # class (None: no longer let), whether it is overdue
_PLANNED_UNITS = 24_000
_COURSES = 5_000
_VILLAGE_SHARE = 0.06
_ENTERED_AT = time(8, 10)  # terms: before the first visit of a day
_VISIT_HOURS = ((8.6, 11.4), (14.0, 17.2), (18.4, 20.4))
_VISIT_HOUR_SHARES = (0.4, 0.35, 0.25)
_HOURS, _STRIDE = 20_000, 7_919  # hours drawn once; neighbours take theirs far from each other
_OUT_FROM, _OUT_UNTIL = 8.6, 20.4  # hours in which somebody is out
_NOTES = {
    InspectionResult.MINOR: (
        "灭火器过期，已要求更换", "楼道堆放杂物，已要求清理", "燃气软管超期，限期更换", "室内电线老化，已提醒",
    ),
    InspectionResult.MAJOR: ("电动车入户充电，责令停用", "违规隔断，限期拆除", "液化气罐放置不当，已上报"),
    InspectionResult.NOT_HOME: ("家中无人，改日再访",),
    InspectionResult.NOT_ADMITTED: ("未能入户，转专人处理",),
}  # fmt: skip


@dataclass(frozen=True)
class _Dealt:
    """For every unit: its door, its number behind that door, its course."""

    door: Ints
    number: Ints
    course: Ints


@dataclass(frozen=True)
class Lives(Sequence[UnitLife]):
    """The lives of units, each told when it is asked for: 200,000 at once would fill the memory. A slice is a tuple.

    lonlat: (doors, 2) degrees. workers: names of those who inspect, by grid. serial: (n,) number of a unit in its area.
    """

    doors: tuple[Door, ...]
    lonlat: Floats
    workers: Mapping[int, Sequence[str]]
    courses: Sequence[Course]
    dealt: _Dealt
    serial: Ints
    clock: _Clock

    def __len__(self) -> int:
        return len(self.serial)

    @overload
    def __getitem__(self, at: int) -> UnitLife: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[UnitLife, ...]: ...
    def __getitem__(self, at: int | slice) -> UnitLife | tuple[UnitLife, ...]:
        if isinstance(at, slice):
            return tuple(self._life(i) for i in range(*at.indices(len(self))))
        return self._life(range(len(self))[at])

    def _life(self, i: int) -> UnitLife:
        d, serial = int(self.dealt.door[i]), int(self.serial[i])
        door, course = self.doors[d], self.courses[self.dealt.course[i]]
        lon, lat = self.lonlat[d].tolist()
        label = _label(door, int(self.dealt.number[i]))
        names = self.workers[door.grid]
        worker = names[serial % len(names)]
        return UnitLife(
            f"{door.row.area}-U{serial:04d}", door.row.code, label, f"{door.row.address}{label}室",
            course.registered_on, lon, lat,
            tuple(TermStep(self.clock.at(day, _ENTERED_AT), term, worker) for day, term in course.terms),
            tuple(self.clock.visit(i + k, visit, worker) for k, visit in enumerate(course.visits)),
        )  # fmt: skip


def make_units(
    seed: int,
    now: datetime,
    count: int,
    doors: tuple[Door, ...],
    workers: dict[int, list[str]],
    metric: Metric,
    zone: str,
) -> Sequence[UnitLife]:
    """``count`` lives up to ``now``. workers: names of those who inspect, by grid."""
    if count == 0:
        return ()
    rng = stream(seed, "units")
    local = now.astimezone(ZoneInfo(zone))
    today = local.date()
    hour = local.hour + local.minute / 60
    gone = float(np.clip((hour - _OUT_FROM) / (_OUT_UNTIL - _OUT_FROM), 0, 1)) if hour > _OUT_FROM + 0.2 else 0.0
    needed = {stratum for stratum, size in _plan(count).items() if size}
    courses = _courses(rng, today, gone, min(_COURSES, max(count, 1_500)), needed)
    dealt = _deal(rng, count, doors, courses, today)
    lonlat = np.column_stack(metric.unproject(np.array([d.x for d in doors]), np.array([d.y for d in doors])))
    serial = _serial(np.array([door.row.area for door in doors], dtype=object)[dealt.door])
    return Lives(doors, np.round(lonlat, 7), workers, courses, dealt, serial, _Clock(rng, now, zone))


def _courses(
    rng: np.random.Generator, today: date, gone: float, number: int, needed: Collection[_Stratum]
) -> list[Course]:
    """So many, and as many more as it takes to have one of each stratum: of the rare ones some days bring none."""
    courses = [play(rng, today, gone, DEFAULT) for _ in range(number)]
    missing = set(needed) - {course.stratum(today) for course in courses}
    while missing:
        courses.append(play(rng, today, gone, DEFAULT))
        missing.discard(courses[-1].stratum(today))
    return courses


def _serial(area: NDArray[np.object_]) -> Ints:
    """The number of every unit among those of its area, from 1."""
    _, which, size = np.unique(area, return_inverse=True, return_counts=True)
    order = np.argsort(which, kind="stable")
    serial = np.empty(len(area), np.int64)
    serial[order] = np.arange(len(area)) - np.repeat(np.cumsum(size) - size, size) + 1
    return serial


def _label(door: Door, number: int) -> str:
    """Floor and door, two doors a floor: 502. Beyond the top floor flats are let room by room: 502-3."""
    flats = 2 * door.floors
    floor, side = divmod(number % flats, 2)
    room = number // flats
    return f"{floor + 1}{side + 1:02d}" + (f"-{room + 1}" if room else "")


def _deal(rng: np.random.Generator, count: int, doors: tuple[Door, ...], courses: list[Course], today: date) -> _Dealt:
    door = _doors(rng, count, doors)
    start = np.flatnonzero(np.diff(door, prepend=-1))
    number = np.arange(count) - np.repeat(start, np.diff(np.append(start, count)))
    shuffled = _flat_order(rng, door, number, doors)
    strata: dict[_Stratum, list[int]] = {}
    for i, course in enumerate(courses):
        strata.setdefault(course.stratum(today), []).append(i)
    chosen = np.concatenate([_mixed(rng, strata, some) for some in _by_class(_plan(count))])
    # Reds gather where letting is short: the plan runs from red to green, and so do the units.
    troubled = dict(enumerate(rng.gumbel(0, 1, max(d.grid for d in doors) + 1).tolist()))
    heat = np.array([troubled[doors[d].grid] for d in door.tolist()]) + rng.gumbel(0, 1.1, count)
    dealt = np.empty(count, np.int64)
    dealt[np.argsort(-heat, kind="stable")] = chosen
    return _Dealt(door, shuffled, dealt)


def _by_class(plan: Mapping[_Stratum, int]) -> list[dict[_Stratum, int]]:
    """The plan of each class, in its order."""
    return [{key: size for key, size in plan.items() if key[0] is risk_class} for risk_class in (*PLANNED, None)]


def _mixed(rng: np.random.Generator, strata: Mapping[_Stratum, Sequence[int]], plan: Mapping[_Stratum, int]) -> Ints:
    """Courses of one class in any order: who is late with one is not late with all the others of a grid."""
    chosen = [rng.choice(strata[key], size) for key, size in plan.items() if size]
    return rng.permutation(np.concatenate([np.empty(0, np.int64), *chosen]))


def _plan(count: int) -> dict[_Stratum, int]:
    """How many units of each class, overdue or not, in the order from red to green; then those no longer let."""
    sizes: dict[_Stratum, float] = {}
    for risk_class, (units, overdue) in PLANNED.items():
        sizes[risk_class, True], sizes[risk_class, False] = overdue, units - overdue
    sizes[None, False] = _PLANNED_UNITS - sum(sizes.values())
    shares = exact_shares(count, np.array(list(sizes.values()), dtype=float))
    return dict(zip(sizes, shares.tolist(), strict=True))


def _doors(rng: np.random.Generator, count: int, doors: tuple[Door, ...]) -> Ints:
    """Door of every unit, sorted: compounds differ a lot in how much is let, villages have a few."""
    is_village = np.array([door.row.households is None for door in doors])
    homes = np.array([door.row.households or 1 for door in doors], dtype=float)
    compound = np.array([door.row.code.split("-B")[0] for door in doors], dtype=object)
    _, which = np.unique(compound, return_inverse=True)
    weight: Floats = homes * rng.lognormal(0, 0.6, int(which.max()) + 1)[which] * rng.uniform(0.3, 1.7, len(doors))
    if is_village.any():
        weight[is_village] *= _VILLAGE_SHARE * weight[~is_village].sum() / weight[is_village].sum()
    return np.repeat(np.arange(len(doors)), exact_shares(count, weight))


def _flat_order(rng: np.random.Generator, door: Ints, number: Ints, doors: tuple[Door, ...]) -> Ints:
    """Which flat behind its door each unit is: spread over the floors rather than filled from below."""
    flats = np.array([2 * d.floors for d in doors])[door]
    first, step = rng.integers(0, 1000, len(doors))[door], 3 + 2 * (door % 2)
    step = np.where(np.gcd(step, flats) == 1, step, 1)
    return np.where(number < flats, (first + number * step) % flats, number)


class _Clock:
    """Local days and hours as instants, none of them after now."""

    def __init__(self, rng: np.random.Generator, now: datetime, zone: str) -> None:
        self._now, self._zone = now.astimezone(UTC), ZoneInfo(zone)
        self._today = date_in(self._zone, now)
        self._midnights: dict[date, datetime] = {}
        spans: NDArray[np.float64] = np.array(_VISIT_HOURS)[rng.choice(3, _HOURS, p=_VISIT_HOUR_SHARES)]
        minutes = (60 * rng.uniform(spans[:, 0], spans[:, 1])).astype(int)
        lags, picks = rng.integers(2, 45, _HOURS), rng.integers(0, 12, _HOURS)
        self._hours = list(zip(minutes.tolist(), lags.tolist(), picks.tolist(), strict=True))

    def _midnight(self, day: date) -> datetime:
        found = self._midnights.get(day)
        if found is None:
            found = self._midnights[day] = datetime.combine(day, time(0), self._zone).astimezone(UTC)
        return found

    def at(self, day: date, hour: time) -> datetime:
        return self._midnight(day) + timedelta(hours=hour.hour, minutes=hour.minute)

    def visit(self, number: int, visit: Visit, worker: str) -> VisitStep:
        """When a visit was on its day, and what was noted; the same for the same number."""
        minutes, lag, pick = self._hours[number * _STRIDE % _HOURS]
        occurred = self._midnight(visit.on) + timedelta(minutes=minutes)
        recorded = occurred + timedelta(minutes=lag)
        if visit.on == self._today:
            # Nobody inspects in the future: the day so far stands for the whole.
            begun = self._midnight(visit.on) + timedelta(hours=_OUT_FROM)
            occurred = begun + (self._now - begun) * (minutes % 97 / 98)
            recorded = occurred + (self._now - occurred) * (lag / 60)
        notes = _NOTES.get(visit.result)
        note = notes[pick % len(notes)] if notes else None
        return VisitStep(occurred, recorded, visit.result, worker, note)
