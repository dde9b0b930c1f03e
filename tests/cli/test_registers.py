"""`gridwarden import` of a register that comes again, and `gridwarden registers`."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from api import cli_preview
from tests.cli.commands import contents, refused, run, serving

FIRST = """code,lon,lat,address,since,months,rooms
U1,118.801,28.901,A,2026-01-01,6,2
U2,118.802,28.902,B,2026-01-01,6,2
"""
SECOND = """code,lon,lat,address,since,months,rooms
U1,118.801,28.901,A2,2026-01-01,12,2
U3,118.803,28.903,C,2026-01-01,6,2
"""
SUMMARY = {"dry_run": True, "system": "housing", "new": 1, "changed": 1, "disputed": 1, "unchanged": 0, "gone": 1}


def units(folder: Path, content: str) -> Path:
    path = folder / "units.csv"
    path.write_text(content, "utf-8")
    return path


def importing(city: str, file: Path, *more: str) -> list[str | Path]:
    return ["import", "units", file, "--store", city, "--datum", "wgs84", *more]


@pytest.fixture
def known(city: str, tmp_path: Path) -> str:
    assert run(*importing(city, units(tmp_path, FIRST))).code == 0
    return city


def test_a_dry_run_says_what_would_come_and_writes_nothing(known: str, tmp_path: Path) -> None:
    before = contents(known)
    done = run(*importing(known, units(tmp_path, SECOND), "--dry-run", "--json"))
    assert {name: done.json[name] for name in SUMMARY} == SUMMARY
    assert "line 2: U1  address: A -> A2" in done.err
    assert "line 2: U1  months: 6 -> 12" in done.err
    assert "\n  U2\n" in done.err
    assert contents(known) == before


def test_disagreements_are_listed_taken_and_kept_beside_a_service(known: str, tmp_path: Path) -> None:
    with serving(known) as served:
        done = run(*importing(known, units(tmp_path, SECOND), "--dry-run", "--json"))
        assert {name: done.json[name] for name in SUMMARY} == SUMMARY
        done = run(*importing(known, units(tmp_path, SECOND), "--json"))
        assert (done.json["changed"], done.json["disputed"], done.json["assigned"]) == (1, 1, 1)
        (asked,) = run("registers", "list", "--store", known, "--json").json["disagreements"]
        assert (asked["code"], asked["field"], asked["stored"], asked["offered"]) == ("U1", "months", "6", "12")
        line = run("registers", "list", "--register", "units", "--batch", str(asked["batch"]), "--store", known).out
        assert line == f"{asked['id']}: units U1, months: 6 (grid_worker), housing says 12\n"
        taken = run("registers", "take", str(asked["id"]), "--store", known, "--json")
        assert taken.json["state"] == "taken"
        refused("registers", "keep", str(asked["id"]), "--store", known, says=["is taken already"])
        assert run("registers", "list", "--store", known).out == ""
        assert served.stop() == 0


def test_the_owners_are_printed_and_said_anew(known: str, tmp_path: Path) -> None:
    table = json.loads(run("registers", "owners", "--store", known).out)
    table["owners"]["units"]["months"] = "housing"
    file = tmp_path / "owners.json"
    file.write_text(json.dumps(table), "utf-8")
    said = json.loads(run("registers", "owners", "--set", file, "--store", known).out)
    assert (said["version"], said["owners"]["units"]["months"]) == (2, "housing")
    assert run(*importing(known, units(tmp_path, SECOND), "--dry-run", "--json")).json["disputed"] == 0
    for wrong, says in (("[]", "holds no table"), ("{", "cannot be read as JSON"), ("{}", "cannot be read: KeyError")):
        file.write_text(wrong, "utf-8")
        refused("registers", "owners", "--set", file, "--store", known, says=[says])
    refused(*importing(known, units(tmp_path, SECOND), "--system", "x"), says=["belongs to 'x'", "housing"])


def test_somebody_at_a_terminal_is_asked_before_what_was_there_is_touched(
    known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(question: str, **_: object) -> bool:
        asked.append(question)
        return question != "Import it?"

    monkeypatch.setattr(cli_preview, "attended", lambda: True)
    monkeypatch.setattr(click, "confirm", answer)
    before = contents(known)
    refused(*importing(known, units(tmp_path, SECOND)), says=["Nothing is stored."])
    assert asked == ["Are these points in wgs84?", "Import it?"]
    assert contents(known) == before
    assert run(*importing(known, units(tmp_path, SECOND), "--yes")).code == 0
