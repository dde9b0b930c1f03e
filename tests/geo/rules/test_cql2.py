"""Filters in CQL2 text: what is read, what is refused, and that no text can hurt."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from geo.errors import BadInput
from geo.rules.cql2 import (
    SPATIAL_OPS,
    And,
    Between,
    Compare,
    Constant,
    In,
    IsNull,
    Kind,
    Like,
    Not,
    Or,
    Spatial,
    box_of,
    parse,
)

KINDS = {
    "code": Kind.TEXT, "名": Kind.TEXT, "not_here": Kind.TEXT, "households": Kind.NUMBER, "ambiguous": Kind.BOOLEAN,
    "opened_at": Kind.MOMENT, "geometry": Kind.GEOMETRY,
}  # fmt: skip
A, B = Compare("code", "=", "a"), Compare("households", ">", 5.0)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("code = 'a'", A),
        ("\"code\" = 'a'", A),
        ("(code='a')", A),
        ("名 <> '中文'", Compare("名", "<>", "中文")),
        ("not_here = 'x'", Compare("not_here", "=", "x")),
        ("code = 'it''s'", Compare("code", "=", "it's")),
        (r"code = 'it\'s'", Compare("code", "=", "it's")),
        (r"code = 'a\b'", Compare("code", "=", r"a\b")),
        ("code = ''", Compare("code", "=", "")),
        ("households >= -1.5e2", Compare("households", ">=", -150.0)),
        ("households = ( - (5))", Compare("households", "=", -5.0)),  # as QGIS writes it
        ("ambiguous = TRUE", Compare("ambiguous", "=", True)),
        ("ambiguous <> false", Compare("ambiguous", "<>", False)),
        ("opened_at < TIMESTAMP('2026-01-01T00:00:00Z')", Compare("opened_at", "<", datetime(2026, 1, 1, tzinfo=UTC))),
        ("code = 'a' AND households > 5", And((A, B))),
        ("code = 'a' or households > 5 and code = 'a'", Or((A, And((B, A))))),
        ("(code = 'a' OR households > 5) AND code = 'a'", And((Or((A, B)), A))),
        ("NOT code = 'a' AND households > 5", And((Not(A), B))),
        ("(NOT (\"code\" = 'a'))", Not(A)),
        ("NOT NOT code = 'a'", Not(Not(A))),
        ("households BETWEEN 1 AND 5 AND code = 'a'", And((Between("households", 1.0, 5.0), A))),
        ("households NOT BETWEEN 1 AND 5", Not(Between("households", 1.0, 5.0))),
        ("code IN ('a', 'b')", In("code", ("a", "b"))),
        ("code NOT IN ('a')", Not(In("code", ("a",)))),
        ("code LIKE 'F%'", Like("code", "F%")),
        ("code not like 'F_'", Not(Like("code", "F_"))),
        ("geometry IS NULL", IsNull("geometry")),
        ("code IS NOT NULL", Not(IsNull("code"))),
        ("TRUE", Constant(True)),
        ("true AND code = 'a'", And((Constant(True), A))),
    ],
)
def test_what_is_meant(text: str, condition: object) -> None:
    assert parse(text, KINDS) == condition


@pytest.mark.parametrize("op", SPATIAL_OPS)
def test_every_spatial_function(op: str) -> None:
    found = parse(f"S_{op.upper()}(geometry, POINT(1 -2.5))", KINDS)
    assert found == Spatial(op, shapely.Point(1, -2.5))


@pytest.mark.parametrize(
    "wkt",
    ["POINT (1 2)", "LINESTRING (1 2, 3 4)", "POLYGON ((0 0, 4 0, 4 4, 0 0), (2 1, 3 1, 3 2, 2 1))",
     "MULTIPOINT ((1 2), (3 4))", "MULTIPOINT (1 2, 3 4)", "MULTILINESTRING ((1 2, 3 4), (5 6, 7 8))",
     "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
     "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (1 2, 3 4))"],
)  # fmt: skip
def test_every_geometry(wkt: str) -> None:
    found = parse(f"S_INTERSECTS(geometry,{wkt})", KINDS)
    assert isinstance(found, Spatial) and found.geometry == shapely.from_wkt(wkt)


def test_boxes_and_heights() -> None:
    for text in ("BBOX(1,2,3,4)", "BBOX(1, 2, 0, 3, 4, 9)"):
        found = parse(f"S_INTERSECTS(geometry, {text})", KINDS)
        assert isinstance(found, Spatial) and found.geometry.equals(shapely.box(1, 2, 3, 4))
    assert parse("S_INTERSECTS(geometry, POINT Z (1 2 3))", KINDS) == Spatial("intersects", shapely.Point(1, 2))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("code = 'a'; DROP TABLE grid", "letter 11"),
        ("code = 'a' OR 1=1", "letter 15"),
        ("code = 'a' -- ", "letter 12"),
        ("code = 'a' /* */", "letter 12"),
        ("1 UNION SELECT password FROM account", "letter 1"),
        ("code IN (SELECT code FROM grid)", "letter 10"),
        ("EXISTS (SELECT 1)", "letter 8"),
        ("code = (SELECT 1)", "letter 9"),
        ("code = 'a' || 'b'", "letter 12"),
        ("sleep(5) = 1", "letter 6"),
        ("CASEI(code) = 'a'", "letter 6"),
        ("code = households", "letter 8"),
        ("households > 5 + 3", "letter 16"),
        ("code = NULL", "letter 8"),
        ("code = 'a' AND", "ends too early"),
        (" ", "ends too early"),
        ("ambiguous", "ends too early"),
        ("", "ends too early"),
        ("S_DWITHIN(geometry, POINT(1 2), 5)", "letter 10"),
        ("S_INTERSECTS(geometry, POINT(NaN 1))", "letter 30"),
        ("S_INTERSECTS(geometry, POINT EMPTY)", "letter"),
        ("secret = 'a'", "what it may name is"),
        ("NOTcode = 'a'", "what it may name is"),
        ("code = 5", "holds a text"),
        ("households = 'a'", "holds a number"),
        ("households BETWEEN 1 AND 'a'", "holds a number"),
        ("households LIKE '1%'", "holds a number"),
        ("opened_at > '2026-01-01'", "holds a moment"),
        ("geometry = 'a'", "holds a geometry"),
        ("S_INTERSECTS(code, POINT(1 2))", "holds a text"),
        ("opened_at > TIMESTAMP('2026-01-01T00:00:00')", "with its zone"),
        ("opened_at > TIMESTAMP('0001-01-01T00:00:00Z')", "with its zone"),
        ("opened_at > TIMESTAMP('now')", "with its zone"),
        ("households = 1e400", "too large"),
        ("S_INTERSECTS(geometry, POINT(1e400 1))", "too large"),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", "invalid"),
        ("S_INTERSECTS(geometry, POLYGON((0 0)))", "cannot be read"),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 0, 1 1)))", "cannot be read"),
        ("S_INTERSECTS(geometry, BBOX(3,2,1,4))", "lower corner"),
        ("S_INTERSECTS(geometry, BBOX(1,2,3))", "four numbers"),
        ("code = 'a\0'", "zero byte"),
    ],
)
def test_what_is_refused_says_where_and_why(text: str, place: str) -> None:
    with pytest.raises(BadInput, match=place):
        parse(text, KINDS)


@pytest.mark.parametrize(
    "text",
    [
        "NOT " * 1500 + "code = 'a'",
        "households = " + "-" * 5000 + "1",
        "households = " + "(" * 3000 + "1" + ")" * 3000,
        "S_INTERSECTS(geometry, POLYGON" + "(" * 3000 + "1 2" + ")" * 3000 + ")",
        "S_INTERSECTS(geometry, " + "GEOMETRYCOLLECTION(" * 300 + "POINT(1 2)" + ")" * 300 + ")",
        " AND ".join(["code = 'a'"] * 300),
        "code = '" + "a" * 8000 + "'",
        "(" * 4000,
    ],
)
def test_nothing_is_nested_too_deep(text: str) -> None:
    """A parser that recurses would end the whole process here."""
    with pytest.raises(BadInput):
        parse(text, KINDS)


def test_parentheses_alone_are_no_depth() -> None:
    assert parse("(" * 1000 + "code = 'a'" + ")" * 1000, KINDS) == A


@given(st.text(max_size=60))
@example("'")
@example('"')
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text, KINDS)
    except BadInput as refusal:
        assert str(refusal)


WORDS = ["code", "households", "geometry", "=", "<>", "(", ")", "'a'", "5", "-", "AND", "OR", "NOT", "LIKE", "IN", "IS",
         "NULL", "BETWEEN", "S_WITHIN", "POINT", "BBOX", ",", "TRUE", "TIMESTAMP", ";", "SELECT"]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=20))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    try:
        parse(" ".join(words), KINDS)
    except BadInput as refusal:
        assert str(refusal)


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=30))
def test_any_value_comes_through(value: str) -> None:
    quoted = value.replace("'", "''")
    assert parse(f"code = '{quoted}'", KINDS) == Compare("code", "=", value) or "\\'" in quoted


def test_a_box_needs_its_corners_in_order() -> None:
    assert box_of([1, 2, 1, 2]).bounds == (1, 2, 1, 2)
    for sides in ([1, 2, 3], [2, 1, 1, 2], [1, 2, 2, 1], [float("nan"), 0, 1, 1]):
        with pytest.raises(BadInput):
            box_of(sides)
