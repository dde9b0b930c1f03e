from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import BadInput
from geo.model import SlaClock
from geo.rules.due import WORKING_HOURS, WorkingCalendar, due_at

SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"
HOURS, WORK_HOURS, WORK_DAYS, SAME_DAY = SlaClock


def local(text: str, zone: str = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def due(opened: str, limit: int, clock: SlaClock, zone: str = SHANGHAI) -> str:
    """Local wall time of the end of the limit."""
    return due_at(local(opened, zone), limit, clock, zone).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("opened", "limit", "expected"),
    [
        ("2024-03-04 09:00", 2, "2024-03-04 11:00"),
        ("2024-03-04 11:00", 2, "2024-03-04 15:00"),  # over the noon break
        ("2024-03-04 12:30", 1, "2024-03-04 15:00"),  # opened in the break
        ("2024-03-04 16:30", 4, "2024-03-05 11:30"),  # one hour today, three tomorrow
        ("2024-03-04 22:00", 2, "2024-03-05 10:30"),
        ("2024-03-04 10:30", 7, "2024-03-05 10:30"),  # a whole day of seven hours
        ("2024-03-08 17:00", 1, "2024-03-11 09:00"),  # over the weekend
        ("2024-04-03 17:00", 1, "2024-04-07 09:00"),  # Qingming 4-6 April; Sunday the 7th is made up
        ("2024-09-30 17:00", 1, "2024-10-08 09:00"),  # National Day week
        ("2024-03-04 08:30", 3, "2024-03-04 11:30"),
        ("2024-03-04 10:00", 2, "2024-03-04 12:00"),  # ends with the span, not after the break
    ],
)
def test_working_hours_in_china(opened: str, limit: int, expected: str) -> None:
    assert due(opened, limit, WORK_HOURS) == expected


@pytest.mark.parametrize(
    ("opened", "limit", "expected"),
    [
        ("2024-03-04 09:00", 1, "2024-03-05 17:30"),
        ("2024-03-08 18:00", 1, "2024-03-11 17:30"),
        ("2024-03-09 09:00", 1, "2024-03-11 17:30"),  # opened on a Saturday
        ("2024-02-09 09:00", 3, "2024-02-20 17:30"),  # Spring Festival 10-17 February; Sunday the 18th is made up
        ("2024-03-04 09:00", 15, "2024-03-25 17:30"),
    ],
)
def test_working_days_in_china(opened: str, limit: int, expected: str) -> None:
    assert due(opened, limit, WORK_DAYS) == expected


def test_elsewhere_the_week_has_five_working_days_and_no_holidays() -> None:
    assert due("2024-07-03 10:00", 1, WORK_DAYS, NEW_YORK) == "2024-07-04 17:30"
    assert due("2024-10-01 10:00", 1, WORK_DAYS, NEW_YORK) == "2024-10-02 17:30"
    assert due("2024-02-17 10:00", 1, WORK_DAYS, NEW_YORK) == "2024-02-19 17:30"


def test_a_year_whose_holidays_nobody_has_published_counts_monday_to_friday() -> None:
    calendar = WorkingCalendar(SHANGHAI)
    assert calendar.is_working_day(date(2090, 10, 3)) and not calendar.is_working_day(date(2090, 10, 1))
    assert due("2090-09-29 10:00", 1, WORK_DAYS) == "2090-10-02 17:30"


def test_same_day_ends_with_the_local_day() -> None:
    assert due("2024-03-04 00:00", 1, SAME_DAY) == "2024-03-05 00:00"
    assert due("2024-03-04 23:59", 1, SAME_DAY) == "2024-03-05 00:00"


def test_the_clocks_change_and_an_hour_stays_an_hour() -> None:
    assert due("2024-03-10 01:30", 2, HOURS, NEW_YORK) == "2024-03-10 04:30"  # 2 o'clock does not exist
    assert due("2024-11-03 00:30", 2, HOURS, NEW_YORK) == "2024-11-03 01:30"  # 1 o'clock comes twice
    assert due("2024-03-08 16:30", 2, WORK_HOURS, NEW_YORK) == "2024-03-11 09:30"
    assert due("2024-03-10 01:30", 1, SAME_DAY, NEW_YORK) == "2024-03-11 00:00"
    assert due("2024-03-30 10:00", 1, SAME_DAY, "Asia/Beirut") == "2024-03-31 01:00"  # no midnight that day


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_limits_that_cannot_be(limit: int) -> None:
    with pytest.raises(BadInput, match=str(limit)):
        due_at(local("2024-03-04 09:00"), limit, WORK_HOURS, SHANGHAI)


ZONES = st.sampled_from([SHANGHAI, NEW_YORK, "Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"])
FIRST, LAST = datetime(2012, 1, 1), datetime(2026, 6, 1)  # noqa: DTZ001  hypothesis wants naive bounds
TIMES = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
CLOCKS = st.sampled_from(list(SlaClock))
LIMITS = st.integers(1, 60)


@given(TIMES, LIMITS, CLOCKS, ZONES)
def test_due_after_opening_and_in_utc(opened: datetime, limit: int, clock: SlaClock, zone: str) -> None:
    end = due_at(opened, limit, clock, zone)
    assert end > opened and end.tzinfo is UTC
    assert end == due_at(opened.astimezone(ZoneInfo(zone)), limit, clock, zone)


@given(TIMES, LIMITS, LIMITS, CLOCKS, ZONES)
def test_a_longer_limit_never_ends_earlier(opened: datetime, a: int, b: int, clock: SlaClock, zone: str) -> None:
    shorter, longer = sorted((a, b))
    assert due_at(opened, shorter, clock, zone) <= due_at(opened, longer, clock, zone)


@given(TIMES, st.timedeltas(timedelta(0), timedelta(days=10)), LIMITS, CLOCKS, ZONES)
def test_opened_later_never_due_earlier(
    opened: datetime, later: timedelta, limit: int, clock: SlaClock, zone: str
) -> None:
    assert due_at(opened, limit, clock, zone) <= due_at(opened + later, limit, clock, zone)


@given(TIMES, LIMITS, ZONES)
def test_working_time_ends_in_working_time(opened: datetime, limit: int, zone: str) -> None:
    for clock in (WORK_HOURS, WORK_DAYS):
        end = due_at(opened, limit, clock, zone).astimezone(ZoneInfo(zone))
        assert WorkingCalendar(zone).is_working_day(end.date())
        assert any(begins < end.time() <= ends for begins, ends in WORKING_HOURS)


@given(TIMES, st.integers(1, 30), ZONES)
def test_working_hours_counted_minute_by_minute(opened: datetime, limit: int, zone: str) -> None:
    """The same answer by another way: walk the clock in minutes and count those that lie in office time."""
    opened = opened.replace(second=0, microsecond=0)
    calendar, tz = WorkingCalendar(zone), ZoneInfo(zone)
    left, now = limit * 60, opened
    while left:
        wall = now.astimezone(tz)
        if not calendar.is_working_day(wall.date()) or wall.time() >= time(17, 30):
            now = datetime.combine(wall.date() + timedelta(days=1), time(8, 30), tzinfo=tz).astimezone(UTC)
            continue
        left -= any(begins <= wall.time() < ends for begins, ends in WORKING_HOURS)
        now += timedelta(minutes=1)
    assert due_at(opened, limit, WORK_HOURS, zone) == now
