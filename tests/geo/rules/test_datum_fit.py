"""A datum is held only where another fits clearly better, and fits only where it is clearly better than every other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.model import DatumVerdict
from geo.rules.datum_fit import FEWEST, FIT_M, judge

NEAR, FAR = 0.0, 600.0


def distances(**rows: str) -> Mapping[str, np.ndarray]:
    """One letter a row: . lies where it says, x lies far away, ? has no place under that datum."""
    metres = {".": NEAR, "x": FAR, "?": float("nan")}
    return {datum: np.array([metres[each] for each in row], dtype=float) for datum, row in rows.items()}


def test_rows_that_lie_where_they_say_fit() -> None:
    told = judge("wgs84", distances(wgs84=".....", gcj02="xxxxx", bd09="xxxxx"))
    assert (told.verdict, told.naming, told.better) == (DatumVerdict.FITS, 5, None)
    assert [(fit.datum, fit.share, fit.median_m) for fit in told.fits] == [
        ("wgs84", 1.0, 0.0),
        ("bd09", 0.0, 600.0),
        ("gcj02", 0.0, 600.0),
    ]


def test_rows_that_lie_elsewhere_are_held_and_the_better_datum_is_named() -> None:
    told = judge("wgs84", distances(wgs84="xxxxx", gcj02="....x", bd09="xx..."))
    assert (told.verdict, told.better) == (DatumVerdict.HELD, "gcj02")
    told = judge("wgs84", distances(wgs84="xxxx", gcj02="xxxx", bd09="...?"))
    assert (told.verdict, told.better) == (DatumVerdict.HELD, "bd09")


def test_two_rows_prove_nothing_and_three_do() -> None:
    for rows in range(1, FEWEST):
        assert judge("wgs84", distances(wgs84="x" * rows, gcj02="." * rows)).verdict is DatumVerdict.UNPROVEN
        assert judge("wgs84", distances(wgs84="." * rows, gcj02="x" * rows)).verdict is DatumVerdict.UNPROVEN
    assert judge("wgs84", distances(wgs84="x" * FEWEST, gcj02="." * FEWEST)).verdict is DatumVerdict.HELD
    assert judge("wgs84", distances(wgs84="." * FEWEST, gcj02="x" * FEWEST)).verdict is DatumVerdict.FITS


def test_communities_so_large_that_every_datum_fits_prove_nothing() -> None:
    assert judge("wgs84", distances(wgs84="." * 500, gcj02="." * 500)).verdict is DatumVerdict.UNPROVEN


def test_of_large_communities_a_few_rows_decide() -> None:
    told = distances(wgs84="." * 90 + "x" * 10, gcj02="." * 100)
    assert judge("wgs84", told).verdict is DatumVerdict.HELD
    assert judge("gcj02", told).verdict is DatumVerdict.FITS


def test_names_that_are_wrong_are_dirt_and_no_evidence() -> None:
    """Rows that lie nowhere near what they name have no vote; a few that fit elsewhere by chance hold nobody up."""
    assert judge("wgs84", distances(wgs84="." * 60 + "x" * 40, gcj02="x" * 100)).verdict is DatumVerdict.FITS
    assert judge("wgs84", distances(wgs84="x" * 100, gcj02="x" * 100)).verdict is DatumVerdict.UNPROVEN
    few = distances(wgs84="." * 990 + "x" * 10, gcj02="." * 1000)
    assert judge("wgs84", few).verdict is DatumVerdict.UNPROVEN
    even = distances(wgs84="x" * 10 + "." * 10, gcj02="." * 10 + "x" * 10)
    assert {judge(each, even).verdict for each in even} == {DatumVerdict.UNPROVEN}


def test_where_no_datum_moves_the_points_there_is_nothing_to_choose() -> None:
    assert judge("wgs84", distances(wgs84=".xx")).verdict is DatumVerdict.NO_RIVAL
    empty = judge("wgs84", {"wgs84": np.empty(0)})
    assert (empty.verdict, empty.naming, empty.fits[0].median_m) == (DatumVerdict.NO_RIVAL, 0, None)
    assert judge("wgs84", distances(wgs84="", gcj02="")).verdict is DatumVerdict.UNPROVEN


metres = st.one_of(st.floats(0, 3_000), st.just(float("nan")))


@given(st.lists(st.tuples(metres, metres, metres), max_size=60))
def test_never_is_a_datum_held_for_one_that_would_be_held_for_it(rows: list[tuple[float, float, float]]) -> None:
    columns = np.array(rows, dtype=float).reshape(-1, 3).T
    figures = dict(zip(("wgs84", "gcj02", "bd09"), columns, strict=True))
    told = {datum: judge(datum, figures) for datum in figures}
    for datum, each in told.items():
        assert (each.better is None) == (each.verdict is not DatumVerdict.HELD)
        if each.better:
            share = {fit.datum: fit.share for fit in each.fits}
            assert share[each.better] > share[datum]
            pair = {d: figures[d] for d in (datum, each.better)}
            assert judge(each.better, pair).verdict is DatumVerdict.FITS
    assert sum(each.verdict is DatumVerdict.FITS for each in told.values()) <= 1
    assert FIT_M < FAR
