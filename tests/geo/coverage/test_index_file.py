"""What was saved is what is loaded, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.grids import irregular_grids, points_over
from geo.coverage.index import GridIndex
from geo.errors import IndexFileUnusable
from tests.coverages import coverage_and_points

SQUARES = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=coverage_and_points())
def test_a_loaded_index_answers_as_the_saved_one(case, tmp_path):
    coverage, x, y = case
    index = GridIndex.from_arrays(coverage.codes, coverage.geoms)
    index.save(tmp_path / "grids.cells")
    loaded = GridIndex.load(tmp_path / "grids.cells")
    assert loaded.codes.tolist() == coverage.codes
    assert loaded.bounds == index.bounds
    assert loaded.locate(x, y).tolist() == index.locate(x, y).tolist()
    assert [loaded.locate_one(a, b) for a, b in zip(x, y, strict=True)] == index.locate(x, y).tolist()
    assert loaded.candidates(x, y, 5.0).edge_m.tolist() == index.candidates(x, y, 5.0).edge_m.tolist()


def test_a_loaded_index_is_mapped_and_can_change(tmp_path):
    codes, geoms = irregular_grids(50, seed=6)
    GridIndex.from_arrays(codes, list(geoms)).save(tmp_path / "grids.cells")
    index = GridIndex.load(tmp_path / "grids.cells")
    assert not index.cells.pieces.flags.writeable
    x, y = points_over(geoms, 500, 1)
    rows = index.locate(x, y)
    index.save(tmp_path / "grids.cells")  # over the file that it is mapped from
    assert np.array_equal(index.locate(x, y), rows)
    fewer = index.with_changes({codes[7]: None}).locate(x, y)
    assert np.array_equal(fewer, np.where(rows == 7, -1, rows - (rows > 7)))
    assert [path.name for path in tmp_path.iterdir()] == ["grids.cells"]


def test_no_grid_at_all(tmp_path):
    GridIndex.from_arrays([], []).save(tmp_path / "none")
    assert GridIndex.load(tmp_path / "none").locate([0.0], [0.0]).tolist() == [-1]


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_byte_may_differ(tmp_path, data):
    GridIndex.from_arrays(["a", "区"], SQUARES).save(tmp_path / "whole")
    content = bytearray((tmp_path / "whole").read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    assert_unusable(tmp_path / "flipped", bytes(content))
    assert_unusable(tmp_path / "short", bytes(content[:at]))


@pytest.mark.parametrize("content", [b"", b"GWCELLS\n", b"SQLite format 3\x00" * 100, b"GWCELLS\n" + bytes(100)])
def test_a_file_of_something_else(tmp_path, content):
    assert_unusable(tmp_path / "other", content)


def test_a_file_of_another_release_says_so(tmp_path):
    GridIndex.from_arrays(["a", "b"], SQUARES).save(tmp_path / "grids.cells")
    content = bytearray((tmp_path / "grids.cells").read_bytes())
    content[8] = 99
    assert_unusable(tmp_path / "newer", bytes(content), "newer is a grid index of version 99.* delete it")


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        GridIndex.load(tmp_path / "none")


def assert_unusable(path: Path, content: bytes, match: str = "delete it and let the index be built anew") -> None:
    path.write_bytes(content)
    with pytest.raises(IndexFileUnusable, match=match):
        GridIndex.load(path)
