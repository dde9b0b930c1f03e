"""Names are found by characters, pinyin, initials and any mixture of them, exactly as a plain search by hand would."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.rules.matching import Corpus
from geo.rules.spelling import Unit, tokens, units

NAMES = [
    "天皇巷社区02网格", "天皇巷社区12网格", "沙湖巷", "李娜", "林娜", "重庆路", "吕布路", "西安里10幢1单元",
    "Tianhuangxiang Community Grid 02", "O'Neil Court",
]  # fmt: skip


def found(query: str, names: Sequence[str] = NAMES, among: Sequence[bool] | None = None) -> list[str]:
    mask = np.ones(len(names), dtype=bool) if among is None else np.array(among)
    return [names[i] for i in Corpus([units(name) for name in names]).find(tokens(query), mask)]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("天皇巷", "天皇巷社区02网格"),
        ("tianhuangxiang", "天皇巷社区02网格"),
        ("Tian Huang Xiang", "天皇巷社区02网格"),
        ("thx", "天皇巷社区02网格"),
        ("tianhx", "天皇巷社区02网格"),
        ("天hx", "天皇巷社区02网格"),
        ("THX02", "天皇巷社区02网格"),
        ("ｔｈｘ", "天皇巷社区02网格"),
        ("thh", "天皇巷社区02网格"),  # 巷 is read hang as well
        ("huangx", "天皇巷社区02网格"),
        ("02", "天皇巷社区02网格"),
        ("shx", "沙湖巷"),
        ("cqlu", "重庆路"),
        ("zhongqing", "重庆路"),
        ("lvbu", "吕布路"),
        ("lubu", "吕布路"),
        ("xi'an", "西安里10幢1单元"),
        ("xian", "西安里10幢1单元"),
        ("xal10-1", "西安里10幢1单元"),
        ("tianhuangxiang grid", "Tianhuangxiang Community Grid 02"),
        ("tcg 02", "Tianhuangxiang Community Grid 02"),
        ("oneil", "O'Neil Court"),
    ],
)
def test_a_name_is_found_however_it_is_typed(query: str, name: str) -> None:
    assert name in found(query)


@pytest.mark.parametrize("query", ["", " ", "-", "z", "02天皇巷", "tianhuangxiangb", "ianhuang", "0 2 2 0", "楼"])
def test_what_no_name_holds_is_not_found(query: str) -> None:
    names = [name for name in NAMES if name.startswith("天")]
    assert found(query, names) == []


def test_a_character_spelt_out_goes_before_initials_and_a_beginning_before_the_rest() -> None:
    assert found("lin", ["李娜", "林娜", "双林巷"]) == ["林娜", "李娜", "双林巷"]
    assert found("12") == ["天皇巷社区12网格"]


def test_names_that_may_not_be_found_are_not() -> None:
    assert found("thx", among=[name != NAMES[0] for name in NAMES]) == [NAMES[1], NAMES[8]][:1]
    assert found("thx", among=[False] * len(NAMES)) == []


# -- against a plain search --------------------------------------------------------------------------------------------

ALPHABET = st.sampled_from("ab巷皇嗯1 ")


def spelt(query: str, name: Sequence[Unit], unit: int) -> set[int]:
    """The units in which the query can end, when it begins with one of them. Tries everything."""
    ends = set()
    for way in name[unit] if unit < len(name) else ():
        for taken in range(1, len(query) + 1):
            if way.startswith(query[:taken]):
                ends |= {unit} if taken == len(query) else spelt(query[taken:], name, unit + 1)
    return ends


def holds(query: Sequence[str], name: Sequence[Unit], start: int = 0) -> bool:
    if not query:
        return True
    ends = {end for unit in range(start, len(name)) for end in spelt(query[0], name, unit)}
    return any(holds(query[1:], name, end + 1) for end in ends)


@given(st.lists(st.text(ALPHABET, max_size=8), max_size=6), st.text(ALPHABET, max_size=6))
def test_exactly_the_names_that_hold_the_query_are_found(names: list[str], query: str) -> None:
    asked = tokens(query)
    expected = {i for i, name in enumerate(names) if asked and holds(asked, units(name))}
    matched = Corpus([units(name) for name in names]).find(asked, np.ones(len(names), dtype=bool))
    assert len(matched) == len(set(matched.tolist()))
    assert set(matched.tolist()) == expected


@given(st.data())
def test_any_way_to_shorten_a_name_finds_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    typed = ""
    for unit in units(name):
        way = data.draw(st.sampled_from(unit))
        typed += way[: data.draw(st.integers(1, len(way)))]
    assert name in found(typed)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_breaks_it(name: str, query: str) -> None:
    assert set(found(query, [name])) <= {name}


def test_a_name_made_to_be_slow_is_not() -> None:
    """A pattern that backtracks would try 2^40 ways."""
    names = ["嗯" * 200, "a" * 100 + " " + "aaaa " * 60]
    assert found("n" * 60 + "x", names) == []
    assert found("a" * 60 + "b", names) == []
    assert found("1 " * 40 + "2", ["1" * 200]) == []
