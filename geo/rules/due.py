"""When an issue has to be dealt with: time limits on calendar hours, working hours, working days, the same day.

Arithmetic runs on instants (UTC); local time only says where working hours lie, so that a change of the clocks neither
gives nor takes an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar

from geo.errors import BadInput
from geo.model import SlaClock
from geo.rules.local import date_in
from geo.rules.terms import ONE_DAY

# Office hours, 7 a day, local wall time.
WORKING_HOURS = ((time(8, 30), time(12, 0)), (time(14, 0), time(17, 30)))
CHINA_ZONES = frozenset({"Asia/Shanghai", "Asia/Chongqing", "Asia/Chungking", "Asia/Harbin", "Asia/Urumqi", "PRC"})
LONGEST_LIMIT = 10_000
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which local days are working days: China's with holidays and make-up days, elsewhere Monday to Friday."""

    zone: str

    def is_working_day(self, day: date) -> bool:
        if self.zone in CHINA_ZONES and _china_is_known(day.year):
            return _china_works(day)
        return day.weekday() < SATURDAY


@cache
def _china_is_known(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=4096)
def _china_works(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))


@lru_cache(maxsize=256)  # reports that come together have the same moment and few limits
def due_at(opened_at: datetime, limit_value: int, clock: SlaClock, zone: str) -> datetime:
    """The instant (UTC) by which the limit runs out. ``opened_at`` is aware, ``zone`` an IANA name.

    calendar_hours: so many hours later. working_hours: so many hours of office time later. working_days: close of
    office on the so-manieth working day after the day it was opened on, which itself does not count. same_day: the end
    of the local day; ``limit_value`` says nothing. Raises BadInput for a limit that is not 1 to 10,000.
    """
    if clock is not SlaClock.SAME_DAY and not 1 <= limit_value <= LONGEST_LIMIT:
        raise BadInput(f"a time limit of {limit_value} {clock}: give 1 to {LONGEST_LIMIT}")
    tz = ZoneInfo(zone)
    opened_on = date_in(tz, opened_at)
    if clock is SlaClock.CALENDAR_HOURS:
        return opened_at.astimezone(UTC) + timedelta(hours=limit_value)
    if clock is SlaClock.SAME_DAY:
        return _instant(opened_on + ONE_DAY, time(0), tz)
    if clock is SlaClock.WORKING_DAYS:
        return _instant(_working_day_after(opened_on, limit_value, WorkingCalendar(zone)), WORKING_HOURS[-1][1], tz)
    left = timedelta(hours=limit_value)
    for begins, ends in _office_time(opened_on, WorkingCalendar(zone), tz):
        begins = max(begins, opened_at)
        if ends - begins >= left:
            return (begins + left).astimezone(UTC)
        left -= max(ends - begins, timedelta(0))
    raise AssertionError("working time does not end")


def _office_time(day: date, calendar: WorkingCalendar, tz: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Spans of office time as instants, from that day on, without end."""
    while True:
        if calendar.is_working_day(day):
            for begins, ends in WORKING_HOURS:
                yield _instant(day, begins, tz), _instant(day, ends, tz)
        day += ONE_DAY


def _working_day_after(day: date, count: int, calendar: WorkingCalendar) -> date:
    while count:
        day += ONE_DAY
        count -= calendar.is_working_day(day)
    return day


def _instant(day: date, at: time, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=tz).astimezone(UTC)
