"""Filters on a collection choose what a plain evaluation of every row chooses, on both stores."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.crs import Metric
from geo.desk.asof import When
from geo.desk.collection import page
from geo.desk.collection_filter import Filter
from geo.desk.collection_kinds import PLACES
from geo.desk.exchange_crs import CRS84, Kept, exchange_crss
from geo.rules.access import EVERYWHERE
from geo.rules.cql2 import (
    SPATIAL_OPS,
    And,
    Between,
    Compare,
    Condition,
    Constant,
    In,
    IsNull,
    Like,
    Not,
    Or,
    Spatial,
)
from geo.store.insert import insert_many
from geo.store.store import Store
from geo.store.tables import place
from tests.examples import examples

METRIC = Metric(4549)
CRSS = exchange_crss(METRIC)
NAMES = ["a", "A", "b", "ab", "aB", "小区", "小", "100%", "a_b", r"a\b", "[x]", "*", "it's", "Ä"]
SHAPES = [
    shapely.Point(390_000, 3_206_000),
    shapely.Point(390_050, 3_206_050),
    shapely.LineString([(390_000, 3_206_000), (390_100, 3_206_100)]),
    shapely.LineString([(390_000, 3_206_100), (390_100, 3_206_000)]),
    shapely.box(390_000, 3_206_000, 390_100, 3_206_100),
    shapely.box(390_020, 3_206_020, 390_040, 3_206_040),
    shapely.box(390_100, 3_206_000, 390_200, 3_206_100),
    shapely.box(395_000, 3_206_000, 395_100, 3_206_100),
    shapely.MultiPolygon([shapely.box(390_000, 3_206_200, 390_010, 3_206_210), shapely.box(390_300, 0, 390_301, 1)]),
    shapely.MultiPolygon([]),
]
ROWS = [
    {"code": f"P{n:02}", "kind": ("lane", "market")[n % 2], "name": NAMES[n % len(NAMES)],
     "name_en": NAMES[(n * 5) % len(NAMES)] if n % 3 else None, "households": (None, 0, 1, 7, 100)[n % 5],
     "geom": SHAPES[n % len(SHAPES)]}
    for n in range(40)
]  # fmt: skip

# -- conditions -----------------------------------------------------------------------------------------------------

texts = st.sampled_from([*NAMES, "", "P05", "P1", "lane", "zzz"])
patterns = st.sampled_from(
    ["%", "a%", "%b", "_", "__", "P0_", r"100\%", r"a\_b", r"a\\b", "[x]", "[%", "*", "?", "小%", "", "\\"]
)
text_names = st.sampled_from(["code", "kind", "name", "name_en", "area"])
numbers = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 7.0, 1e20])
ops = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def spatial(metric: shapely.Geometry, op: str, uri: str) -> Spatial:
    return Spatial(op, CRSS[uri].express(np.array([metric], dtype=object), Kept.METRIC)[0])


plain = st.one_of(
    st.builds(Compare, text_names, ops, texts),
    st.builds(Compare, st.just("households"), ops, numbers),
    st.builds(Between, text_names, texts, texts),
    st.builds(Between, st.just("households"), numbers, numbers),
    st.builds(In, text_names, st.lists(texts, min_size=1, max_size=3).map(tuple)),
    st.builds(In, st.just("households"), st.lists(numbers, min_size=1, max_size=3).map(tuple)),
    st.builds(Like, text_names, patterns),
    st.builds(IsNull, st.sampled_from(["name_en", "households", "area", "geometry"])),
    st.builds(Constant, st.booleans()),
)


def conditions(uri: str) -> st.SearchStrategy[Condition]:
    places = st.builds(spatial, st.sampled_from(SHAPES[:-1]), st.sampled_from(SPATIAL_OPS), st.just(uri))
    return st.recursive(
        st.one_of(plain, places),
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=6,
    )


# -- the oracle: one row, one condition, three values ---------------------------------------------------------------


def truth(condition: Condition, row: dict[str, Any], uri: str) -> bool | None:
    match condition:
        case Constant(value):
            return value
        case Not(part):
            inner = truth(part, row, uri)
            return None if inner is None else not inner
        case And(parts):
            found = [truth(part, row, uri) for part in parts]
            return False if False in found else None if None in found else True
        case Or(parts):
            found = [truth(part, row, uri) for part in parts]
            return True if True in found else None if None in found else False
        case IsNull("geometry"):
            return row["geom"] is None
        case IsNull(name):
            return row.get(name) is None
        case Spatial(op, geometry):
            there = CRSS[uri].express(np.array([row["geom"]], dtype=object), Kept.METRIC)[0]
            return bool(getattr(shapely, op)(there, geometry))
    return one(condition, row.get(condition.name))


def one(condition: Compare | Between | In | Like, value: Any) -> bool | None:
    """A condition on one property."""
    if value is None:
        return None
    key = key_of(value)
    match condition:
        case Compare(_, op, other):
            wanted = key_of(other)
            return {"=": key == wanted, "<>": key != wanted, "<": key < wanted, "<=": key <= wanted, ">": key > wanted,
                    ">=": key >= wanted}[op]  # fmt: skip
        case Between(_, low, high):
            return bool(key_of(low) <= key <= key_of(high))
        case In(_, values):
            return key in map(key_of, values)
        case Like(_, pattern):
            return re.fullmatch(regular(pattern), value, re.DOTALL) is not None


def key_of(value: Any) -> Any:
    """Text is in the order of its bytes."""
    return value.encode() if isinstance(value, str) else value


def regular(pattern: str) -> str:
    found, letters = "", iter(pattern)
    for letter in letters:
        if letter == "\\":
            found += re.escape(next(letters, "\\"))
        else:
            found += {"%": ".*", "_": "."}.get(letter, re.escape(letter))
    return found


# -- both, side by side ---------------------------------------------------------------------------------------------


@pytest.fixture
def choose(store: Store, now: Any) -> Callable[..., list[str]]:
    """``choose(condition, uri, limit)``: the codes that a filter finds, page by page."""
    with store.write() as conn:
        insert_many(conn, place, ROWS)

    def chosen(condition: Condition, uri: str, limit: int) -> list[str]:
        codes: list[str] = []
        after = None
        with store.read() as conn:
            source = PLACES.source(conn, EVERYWHERE, When(now, ZoneInfo("Asia/Shanghai")))
            asked = Filter(conn, source, PLACES.kept, [(condition, CRSS[uri])])
            while True:
                found = page(conn, source, asked, after, limit)
                assert len(found.features) <= limit
                codes += [each["code"] for each in found.features.properties]
                if found.after is None:
                    return codes
                after = found.after

    return chosen


def wanted(condition: Condition, uri: str) -> list[str]:
    """What the rows themselves say."""
    return [row["code"] for row in ROWS if truth(condition, row, uri) is True]


@pytest.mark.hypothesis  # its property is inside
def test_a_filter_finds_what_the_rows_say(choose: Callable[..., list[str]]) -> None:
    @settings(max_examples=examples(250), suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.sampled_from(list(CRSS)).flatmap(lambda uri: st.tuples(st.just(uri), conditions(uri))), st.integers(1, 41)
    )
    def compare(asked: tuple[str, Condition], limit: int) -> None:
        uri, condition = asked
        assert choose(condition, uri, limit) == wanted(condition, uri)

    compare()


def test_every_spatial_function_and_its_opposite(choose: Callable[..., list[str]]) -> None:
    for uri in CRSS:
        for op in SPATIAL_OPS:
            for geom in (SHAPES[0], SHAPES[2], SHAPES[4], SHAPES[7]):
                here = spatial(geom, op, uri)
                assert choose(here, uri, 50) == wanted(here, uri), (uri, op)
                assert choose(Not(here), uri, 50) == wanted(Not(here), uri), (uri, op)


def test_properties_and_places_mix_in_every_way(choose: Callable[..., list[str]]) -> None:
    """Many rows have no English name and no number of households: of these nothing is known."""
    here = spatial(SHAPES[4], "intersects", CRS84)
    for known in (Compare("name_en", "=", "a"), Compare("households", ">", 0.5), IsNull("name_en")):
        both, either = And((known, here)), Or((known, here))
        opposites = And((Not(known), Not(here))), Or((Not(known), Not(here)))
        for condition in (both, either, Not(both), Not(either), Not(Not(both)), *opposites, *map(Not, opposites)):
            assert choose(condition, CRS84, 7) == wanted(condition, CRS84), condition


def test_like_tells_capitals_from_small_letters(choose: Callable[..., list[str]]) -> None:
    """SQLite's LIKE does not."""
    assert choose(Like("code", "p%"), CRS84, 50) == []
    assert len(choose(Like("code", "P%"), CRS84, 50)) == len(ROWS)
