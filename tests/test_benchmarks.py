"""The benchmarks run, at tiny sizes: what they measure is theirs to say, that they still measure it is ours."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely

from api.accounts.file import accounts_path
from benchmarks import (
    addresses,
    assign,
    assign_bulk,
    assign_files,
    balance,
    boundaries,
    choices,
    drag,
    frames,
    listeners,
    map_answers,
    map_page,
    past,
    phone,
    publishing,
    reports,
    stores,
    wall_hour,
)
from benchmarks.grids import irregular_grids
from benchmarks.harness import interleaved, report, table
from sample_data.generate import district
from sample_data.model import District
from tests.cli.commands import contents
from tests.e2e.conftest import DESK
from tests.e2e.district import Original

UNITS = 300


def few() -> District:
    """The district with few units and few issues."""
    # Of today: of an older one the service first brings the classes up to date.
    made = district(1, datetime.now(UTC), units=UNITS)
    return replace(made, issues=made.issues[-50:])


@pytest.fixture(scope="module")
def little(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with the district, few units and few issues."""
    return Original(run_folder, "little", few).copy_to(tmp_path_factory.mktemp("store"))


def test_contenders_take_turns() -> None:
    order: list[str] = []
    timings = interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, runs=3)
    assert order == ["a", "b"] * 3
    assert {name: len(timing.seconds) for name, timing in timings.items()} == {"a": 3, "b": 3}


def test_a_report_is_a_table_and_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"engine": "one", "points": 1_000_000}, {"engine": "another", "points": 7}]
    report("test", rows, tmp_path / "rows.json")
    printed = capsys.readouterr().out
    assert printed.startswith(table(rows))
    assert "1,000,000" in printed
    written = json.loads((tmp_path / "rows.json").read_text("utf-8"))
    assert written["rows"] == rows
    assert written["machine"]["cores"] >= 1


def test_balance() -> None:
    before, after, *_ = balance.measure(side=2, compounds=3, seeds=1)
    assert (before["solver"], after["solver"], after["grids"]) == ("as it was", "hand-overs", 4)
    assert after["deviation"] <= before["deviation"]


@pytest.mark.parametrize("count", [1, 7, 300])
def test_grids_are_irregular_and_share_their_edges(count: int) -> None:
    codes, geoms = irregular_grids(count, seed=3)
    assert len(geoms) == len(set(codes)) == count
    assert shapely.is_valid(geoms).all()
    assert shapely.coverage_is_valid(geoms)
    vertices = shapely.get_num_coordinates(geoms) - 1
    assert vertices.min() >= 15 and vertices.max() <= 550
    assert count < 300 or (vertices.min() < 60 and vertices.max() > 300 and 120 < vertices.mean() < 200)
    shared = shapely.length(geoms).sum() - shapely.length(shapely.coverage_union_all(geoms))
    assert count == 1 or shared > 0
    xy = shapely.get_coordinates(geoms)
    assert np.array_equal(xy, np.rint(xy * 1000) / 1000)


def test_engines_agree_on_where_points_lie() -> None:
    rows = assign.measure(grids=12, points=400, runs=1)
    assert {row["engine"] for row in rows} >= {assign.OURS, "cell index, numba", assign.BASE, "shapely STRtree"}


def test_what_an_index_costs() -> None:
    [row] = assign.measure_build(grids=12, runs=1)
    assert row["grids"] == 12 and row["index_mb"] > 0 and row["peak_mb"] > row["index_mb"]


def test_operations_on_boundaries_are_undone_and_timed() -> None:
    rows = {row["operation"]: row for row in boundaries.measure(grids=30, operations=20, runs=1)}
    assert rows[boundaries.ALL]["count"] == 20 == sum(row["count"] for row in rows.values()) / 2
    assert all(row["p95_ms"] >= row["p50_ms"] > 0 for row in rows.values())


def test_a_publication_looks_at_few_points_and_comes_to_what_all_would(little: str, tmp_path: Path) -> None:
    row = publishing.measure(copied(little, tmp_path), issues=200, runs=2, touching=4)
    assert (row["touched"] >= 4, row["grids"]) == (True, 292)
    assert row["points"] > row["looked_up"] > 0 and row["preview_ms"] > row["plan_ms"] > 0
    assert row["publish_s"] > row["transaction_s"] > 0


def test_the_map_of_the_past_beside_that_of_today(little: str, tmp_path: Path) -> None:
    location = copied(little, tmp_path)
    past.redraw(location, editions=2)
    rows = {row["path"]: row for row in past.measure(location, days=30, runs=1)}
    assert rows["/map/grids"]["rows_then"] == rows["/map/grids"]["rows_today"] == 292
    assert rows[past.ALL]["then_ms"] > 0 and rows["/map/units"]["rows_then"] > 0


def copied(location: str, folder: Path) -> str:
    """A store of one's own to change."""
    shutil.copy(accounts_path(location), accounts_path(str(folder / "store.gpkg")))
    return shutil.copy(location, str(folder / "store.gpkg"))


def test_files_are_assigned_as_geopandas_assigns_them() -> None:
    rows = assign_files.measure(grids=12, points=400, runs=1)
    assert [row["engine"] for row in rows] == ["assign, the code only", "assign, all columns", assign_files.BASE]


def test_a_cluster_writes_what_one_process_writes() -> None:
    rows = assign_bulk.measure(grids=12, points=400, runs=1)
    assert [row["engine"] for row in rows][:2] == [assign_bulk.LOCAL, assign_bulk.CLUSTER]
    assert all(row["peak_mb"] > 0 for row in rows)


def test_addresses_are_placed_right_or_asked_about() -> None:
    rows = {row["damage"]: row for row in addresses.measure(names=0, sample=20)}
    assert rows["as registered"]["decided"] == rows["as registered"]["rank_1"] == 1.0
    assert rows["another city"]["decided"] == 0.0
    assert sum(row["wrong"] for row in rows.values()) == 0
    ours, plain = addresses.measure_bulk(names=0, rows=40, asked_of_sqlite=10, runs=1)
    assert (ours["engine"], ours["right"], ours["wrong"]) == (addresses.BULK, 1.0, 0)
    assert (plain["engine"], plain["addresses"]) == (addresses.LIKE, 10)


def test_reports_through_the_service(kind: str) -> None:
    rows = reports.measure(reports=12, connections=3, runs=1, kinds=(kind,), stored=(5, 20))
    ways = [("grouped", 5), ("one commit", 5), *([("ST_Covers", 5)] if kind == "postgis" else []), ("grouped", 20)]
    assert [(row["way"], row["stored"]) for row in rows] == ways
    assert {(row["store"], row["reports"]) for row in rows} == {(kind, 12)}
    assert all(row["p99_ms"] >= row["p50_ms"] > 0 for row in rows)


def test_what_a_map_loads(little: str) -> None:
    rows = map_answers.measure(units=UNITS, runs=1, store=little)
    assert [row["path"] for row in rows] == list(map_answers.PATHS)
    assert all(row["bytes"] > 0 for row in rows)


def test_a_sheet_comes_through_the_imports_and_is_kept(tmp_path: Path) -> None:
    location = stores.sheet_store(12, 40, tmp_path)
    held = contents(location)
    assert (held["grid"], held["rental_unit"], held["issue"]) == (12, 40, 18)
    assert stores.sheet_store(12, 40, tmp_path) == location
    assert not list(tmp_path.glob("*.making"))


@pytest.mark.browser
def test_the_page_and_its_rivals_show_a_map_and_who_returns_is_sent_nothing_again(little: str, tmp_path: Path) -> None:
    rows, answers = map_page.measure(UNITS, 1, little, tmp_path / "rivals")
    assert [row["page"] for row in rows] == [map_page.OURS, map_page.REVISIT, *map_page.pages.NAMES]
    assert all(row["map_ms"] > 0 for row in rows)
    assert rows[0]["html_kb"] < 30 and rows[0]["assets_kb"] < 400
    stream = answers.pop("/map/events", "200")  # which may not have begun yet
    assert (stream, set(answers.values())) == ("200", {"304", "kept"})
    assert {"/", "/map/config", "/map/grids", "/map/units", "/map/issues"} <= answers.keys()


@pytest.mark.browser
def test_frames_are_counted_while_the_map_moves(little: str) -> None:
    rows = frames.measure(little, rounds=1, rivals=None, steps=4)
    assert [row["page"] for row in rows] == [frames.STILL, frames.OURS]
    assert all(row["frames"] > 100 for row in rows)


@pytest.mark.browser
def test_frames_are_counted_while_a_node_is_dragged(little: str) -> None:
    rows = drag.measure(little, zooms=(16.0,), drags=1, steps=4)
    assert [row["page"] for row in rows] == [frames.STILL, f"zoom 16, {drag.DRAGGED}", f"zoom 16, {drag.TAKEN}"]
    assert all(row["frames"] > 0 for row in rows) and rows[1]["nodes"] > 100


@pytest.mark.browser
def test_clicks_are_timed(little: str) -> None:
    rows = choices.measure(little, grids=292, units=UNITS, rounds=1)
    clicks = {row["click"]: row["clicks"] for row in rows}
    assert clicks["class in the legend"] == clicks["class, all units drawn"] == 10
    assert clicks["issues in the filter"] == 12


@pytest.mark.browser
def test_a_phone_shows_a_map_and_filters(little: str) -> None:
    [row] = phone.measure(little, UNITS, runs=1, slower=1, rounds=1)
    assert row["first_map_ms"] > 0
    assert row["filter_p50_ms"] > 0


def test_all_listeners_hear_every_change(little: str) -> None:
    [row] = listeners.measure(little, UNITS, listeners=40, seconds=4, every_s=0.5)
    assert row["changes"] > 0
    assert row["heard_by_all"] == row["changes"]


@pytest.mark.browser
def test_a_wall_is_left_alone(little: str) -> None:
    rows = wall_hour.measure(little, minutes=0.1, samples=3, viewport=DESK)
    assert [row["counted"] for row in rows] == ["heap_mb", "nodes", "event_listeners", "server_mb"]
    assert all(row["early"] > 0 for row in rows)
