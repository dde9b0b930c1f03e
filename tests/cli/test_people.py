"""Changes of staff from the command line, with the store at hand and while a service holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import run, serving

STORE = ("--store", "city.gpkg")


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store with an area that has a lead and somebody else."""
    monkeypatch.chdir(tmp_path)
    Path("areas.csv").write_text("code,name,level\nD,区,district\n", "utf-8")
    Path("people.csv").write_text(
        "code,name,post,target,from_date\nN-1,示例甲,area_lead,D,2026-01-01\nN-2,示例乙,,,\n", "utf-8"
    )
    for command in (
        ("init", "city.gpkg", "--metric-crs", "EPSG:4549"),
        ("import", "areas", "areas.csv", *STORE),
        ("import", "people", "people.csv", *STORE),
    ):
        done = run(*command)
        assert done.code == 0, done.err


@pytest.mark.usefixtures("city")
def test_leave_and_end_go_through_the_service_that_holds_the_store() -> None:
    with serving("city.gpkg"):
        away = run(
            "people", "leave", "1", "--from", "2099-02-01", "--to", "2099-02-08", "--cover", "N-2", *STORE, "--json"
        )
        again = run("people", "leave", "1", "--from", "2099-02-07", "--to", "2099-02-09", *STORE)
    assert away.json == {"appointment": 1, "from_date": "2099-02-01", "to_date": "2099-02-08", "cover": "N-2"}
    assert again.code == 1 and "already recorded" in again.err
    assert run("people", "end", "1", "--to", "2099-03-01", *STORE, "--json").json["to_date"] == "2099-03-01"
    assert run("people", "list", *STORE).out.strip() == (
        "1: N-1 示例甲, area_lead of area D from 2026-01-01 to 2099-03-01; away 2099-02-01 to 2099-02-08, N-2 stands in"
    )
    assert run("people", "end", "7", "--to", "2099-03-01", *STORE).code == 1
