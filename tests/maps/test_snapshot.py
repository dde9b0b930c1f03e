"""Snapshots: what goes in comes out, in the layout that the browser lays its arrays over."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.snapshot import MAX_LATITUDE, Facts, MalformedSnapshot, decode, encode, from_mercator, mercator

CODES = {11: "330802006005002", 5: "天皇巷02", 7: "b"}
ROWS: dict[str, Any] = {
    "x": [1, 2, 2**32 - 1],
    "y": [4, 5, 6],
    "id": [7, 8, 9],
    "grid_ids": [11, -1, 5],
    "klass": [0, 4, 2],
    "flags": [1, 0, 4],
}


FACTS = Facts(
    np.array(["0498", "", "0102"]),
    np.array(["2026-11-01T00:00:00.500", "1959-10-01", "2026-11-22T10:00:00"], dtype="datetime64[ms]"),
    np.array(["2026-11-08", "2026-11-08", "2300-01-01"], dtype="datetime64[ms]"),
)


def packed(codes: dict[int, str] = CODES, **changes: Any) -> bytes:
    return encode(**(ROWS | changes), codes=codes, rev="12-34", today="2026-11-22")


def test_rows_come_back_as_they_went() -> None:
    read = decode(packed())
    assert (len(read), read.rev, read.today) == (3, "12-34", "2026-11-22")
    assert read.columns["x"].tolist() == ROWS["x"]
    assert read.columns["class"].tolist() == ROWS["klass"]
    assert [read.grids[at] for at in read.columns["grid"]] == ["330802006005002", "", "天皇巷02"]


@pytest.mark.parametrize("extra", range(9))
def test_every_column_starts_on_eight_bytes_and_takes_sixteen_a_row_together(extra: int) -> None:
    data = packed({**CODES, 100: "x" * extra})
    length = int.from_bytes(data[:4], "little")
    header = json.loads(data[4 : 4 + length])
    assert (4 + length) % 8 == 0
    sizes = [int(kind[1]) for _, kind in header["cols"]]
    assert sum(sizes) == 16
    assert len(data) == 4 + length + sum(-(-size * 3 // 8) * 8 for size in sizes)


def test_issues_carry_what_they_are_filtered_by() -> None:
    read = decode(packed(facts=FACTS))
    assert [read.categories[at] for at in read.columns["category"]] == ["0498", "", "0102"]
    assert read.columns["category"].dtype == np.dtype("u1")
    assert read.columns["opened"].tolist() == [1793491200, 0, 1795341600]
    assert read.columns["due"].tolist() == [1794096000, 1794096000, 2**32 - 1]
    assert read.columns["flags"].tolist() == ROWS["flags"]
    assert decode(packed()).categories == []


def test_many_categories_take_wide_numbers() -> None:
    rows: dict[str, Any] = {name: [1] * 300 for name in ROWS}
    codes = np.array([str(number) for number in range(300)])
    times = np.zeros(300, dtype="datetime64[ms]")
    read = decode(packed(**rows, facts=Facts(codes, times, times)))
    assert read.columns["category"].dtype == np.dtype("<u2")
    assert [read.categories[at] for at in read.columns["category"]] == codes.tolist()


def test_an_empty_layer_and_an_empty_district() -> None:
    empty: dict[str, Any] = {name: [] for name in ROWS}
    times = np.array([], dtype="datetime64[ms]")
    for facts in (None, Facts(np.array([], dtype=np.str_), times, times)):
        read = decode(encode(**empty, codes={}, rev="0-0", today="2026-11-22", facts=facts))
        assert len(read) == 0
        assert read.grids == [""]


def test_many_grids_take_wide_numbers() -> None:
    codes = {grid_id: str(grid_id) for grid_id in range(70_000)}
    read = decode(packed(codes, grid_ids=[0, 69_999, 70_001]))
    assert read.columns["grid"].dtype == np.dtype("<u4")
    assert [read.grids[at] for at in read.columns["grid"]] == ["0", "69999", ""]


@pytest.mark.parametrize("changes", [{"klass": [0, 1, 256]}, {"id": [-1, 2, 3]}, {"flags": [1, 2]}])
def test_what_does_not_fit_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fit|differ"):
        packed(**changes)


@pytest.mark.parametrize("data", [b"", b"<html>", packed()[:-8], packed()[:60]])
def test_other_bytes_are_no_snapshot(data: bytes) -> None:
    with pytest.raises(MalformedSnapshot):
        decode(data)


lon = st.floats(-180, 179.9999999)
lat = st.floats(-MAX_LATITUDE + 1e-6, MAX_LATITUDE - 1e-6)


@given(st.lists(st.tuples(lon, lat), min_size=1, max_size=30))
def test_mercator_comes_back_within_a_step(points: list[tuple[float, float]]) -> None:
    given_lon, given_lat = np.array(points).T
    back_lon, back_lat = from_mercator(*mercator(given_lon, given_lat))
    assert np.abs(back_lon - given_lon).max() <= 360 / 2**32
    assert np.abs(back_lat - given_lat).max() <= 360 / 2**32


def test_mercator_counts_from_the_north_west() -> None:
    x, y = mercator([-180.0, 0.0], [89.0, 0.0])
    assert (x.tolist(), y.tolist()) == ([0, 2**31], [0, 2**31])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_point_without_a_place_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        mercator([bad], [10.0])
