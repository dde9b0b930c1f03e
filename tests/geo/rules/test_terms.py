from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import BadInput
from geo.model import Occupancy, Term
from geo.rules.terms import add_months, agreed_months, check_term, months_between, renewed, standing, term_in_force

LET, VACANT = Occupancy.LET, Occupancy.VACANT
DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        ("2024-01-01", "2024-12-31", 12),
        ("2024-01-31", "2024-02-28", 1),  # the month after 31 January begins on 29 February
        ("2024-03-15", "2024-06-14", 3),
        ("2024-03-15", "2024-03-21", 7 / 30),
        ("2024-03-15", "2024-03-14", 0),
        ("2023-12-16", "2024-06-15", 6),
    ],
)
def test_months_from_first_to_last_day(since: str, until: str, months: float) -> None:
    assert months_between(date.fromisoformat(since), date.fromisoformat(until)) == pytest.approx(months)


@given(DATES, st.integers(0, 120))
def test_so_many_months_are_so_many_months(since: date, months: int) -> None:
    assert months_between(since, add_months(since, months) - timedelta(days=1)) == months


@given(DATES, st.integers(0, 4000), st.integers(0, 400))
def test_a_later_end_is_never_a_shorter_term(since: date, days: int, more: int) -> None:
    shorter, longer = since + timedelta(days=days), since + timedelta(days=days + more)
    assert months_between(since, shorter) <= months_between(since, longer)


def test_the_stated_term_goes_before_the_dates() -> None:
    assert agreed_months(Term(LET, date(2024, 1, 1), date(2024, 1, 31), 6)) == 6
    assert agreed_months(Term(LET, date(2024, 1, 1), date(2024, 1, 31))) == 1
    assert agreed_months(Term(LET, date(2024, 1, 1))) is None


def test_nothing_changed_renews_a_lease_that_ended_and_only_that() -> None:
    ended = Term(LET, date(2022, 3, 1), date(2023, 2, 28), 12)
    assert renewed(ended, date(2024, 5, 1)) == Term(LET, date(2022, 3, 1), date(2025, 2, 28), 12)
    assert renewed(ended, date(2023, 2, 28)) == ended
    assert renewed(Term(VACANT, date(2022, 3, 1), date(2023, 2, 28)), date(2024, 5, 1)).until == date(2023, 2, 28)


@given(DATES, st.integers(0, 800), st.none() | st.floats(0.01, 40), st.integers(1, 3000))
def test_a_renewed_lease_lasts_past_today_with_the_same_tenant(
    since: date, length: int, months: float | None, later: int
) -> None:
    term = Term(LET, since, since + timedelta(days=length), months)
    today = since + timedelta(days=length + later)
    again = renewed(term, today)
    assert again.since == since
    assert again.until is not None and again.until >= today
    assert again.until <= add_months(today, int(again.months or 0) + 2)
    assert agreed_months(again) == agreed_months(term)


def test_the_latest_word_wins_from_its_first_day_on() -> None:
    january, june = Term(LET, date(2024, 1, 1)), Term(LET, date(2024, 6, 1))
    corrected = Term(VACANT, date(2024, 5, 1))
    assert standing([january, june, corrected]) == [january, corrected]
    assert term_in_force([january, june, corrected], date(2024, 4, 30)) == january
    assert term_in_force([january, june, corrected], date(2024, 7, 1)) == corrected
    assert term_in_force([june], date(2024, 1, 1)) == june
    assert term_in_force([], date(2024, 1, 1)) is None


@pytest.mark.parametrize(
    ("term", "words"),
    [
        (Term(LET, date(2024, 2, 1), date(2024, 1, 1)), "before it begins"),
        (Term(LET, date(2024, 2, 1), months=0), "0 months"),
        (Term(LET, date(2024, 2, 1), months=float("nan")), "nan months"),
        (Term(LET, date(2024, 2, 1), rooms=0), "0 rooms"),
        (Term(LET, date(2024, 2, 1), rooms=2, rooms_vacant=3), "3 of 2 rooms"),
        (Term(LET, date(9999, 2, 1)), "9999-02-01"),
    ],
)
def test_terms_that_cannot_be(term: Term, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        check_term(term)
