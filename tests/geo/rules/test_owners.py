"""Who owns which field of a register, and where a row says otherwise than the store."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import BadInput
from geo.model import Register
from geo.rules.owners import DEFAULT, DEFAULT_DATA, FIELDS, Difference, differences, parse


def test_the_table_that_ships_owns_every_field() -> None:
    assert DEFAULT.owner(Register.UNITS, "address") == DEFAULT.owner(Register.UNITS, "rooms") == "housing"
    assert DEFAULT.owner(Register.UNITS, "until") == DEFAULT.owner(Register.UNITS, "rooms_vacant") == "grid_worker"
    assert all(DEFAULT.owner(register, field) for register in Register for field in FIELDS[register])


def test_a_file_speaks_for_a_system_that_owns_something() -> None:
    assert DEFAULT.system(Register.UNITS, None) == "housing"
    assert DEFAULT.system(Register.UNITS, "grid_worker") == "grid_worker"
    with pytest.raises(BadInput, match="no field of people belongs to 'housing': name one of staff"):
        DEFAULT.system(Register.PEOPLE, "housing")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data["owners"]["units"].pop("rooms"), "no owner of rooms for units"),
        (lambda data: data["owners"]["units"].update(colour="x"), "no field colour for units"),
        (lambda data: data["owners"]["people"].update(to_date=" "), "no owner of to_date for people"),
        (lambda data: data["registers"].pop("places"), "KeyError"),
        (lambda data: data.update(valid_from="soon"), "ValueError"),
        (lambda data: data.update(owners=[]), "cannot be read"),
    ],
)
def test_a_table_that_leaves_a_field_to_nobody_is_refused(change: object, says: str) -> None:
    data = copy.deepcopy(DEFAULT_DATA)
    change(data)  # type: ignore[operator]
    with pytest.raises(BadInput, match=says):
        parse(data)


def test_what_a_row_does_not_say_is_no_contradiction() -> None:
    stored = {"address": "坊门街12号", "rooms": "3", "until": None}
    assert differences(stored, {"address": "坊门街12号"}) == []
    assert differences(stored, {"rooms": "4", "until": "2026-07-04"}) == [
        Difference("rooms", "3", "4"),
        Difference("until", None, "2026-07-04"),
    ]


def test_positions_within_a_metre_are_one() -> None:
    stored = {"position": "118.8721000,28.9517000"}
    assert differences(stored, {"position": "118.8721080,28.9517000"}) == []  # 0.8 m
    assert len(differences(stored, {"position": "118.8721200,28.9517000"})) == 1
    assert len(differences({"position": None}, {"position": "118.8721200,28.9517000"})) == 1
    assert len(differences({"position": "POLYGON ((0 0))"}, {"position": "118.8,28.9"})) == 1


values = st.dictionaries(st.sampled_from(FIELDS[Register.UNITS]), st.text(max_size=5), max_size=6)


@given(values, values)
def test_once_taken_nothing_differs(stored: dict[str, str], offered: dict[str, str]) -> None:
    found = differences(stored, offered)
    assert {each.field for each in found} == {field for field in offered if stored.get(field) != offered[field]}
    assert differences({**stored, **{each.field: each.offered for each in found}}, offered) == []
