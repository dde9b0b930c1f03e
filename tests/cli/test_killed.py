"""kill -9 in the middle of an import: what was committed stays, whole; the same command again goes on, nothing twice.

One child kills itself just before a statement drawn at random, so that every place between two statements has its turn;
the next is killed from outside, wherever it is. A held import that somebody settles is such an import too.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from geo.store.store import Store
from geo.store.tables import rental_unit, report
from tests.cli.commands import COMMAND, contents, environment, run
from tests.cli.conftest import EAST, SQUARE, write_geojson
from tests.cli.test_datums import imported, places, reports

# argv: the statement before which to die, then the command.
DIES = """
import itertools, os, signal, sys
from sqlalchemy import Engine, event

statements = itertools.count(1)
last = int(sys.argv.pop(1))

@event.listens_for(Engine, "before_cursor_execute")
def die_before(*_):
    if next(statements) == last:
        os.kill(os.getpid(), signal.SIGKILL)

from api.cli import main
main()
"""
OUTCOMES = ("assigned", "nearest", "placed", "outside", "no_location", "rejected", "duplicates")
# Fewer than an import of each kind needs on either store.
STATEMENTS = {"reports": 60, "units": 80, "grids": 25, "settle": 100}
# rows, and what their import writes: tables that hold one row each for every row taken.
KINDS: dict[str, tuple[int, Table, tuple[str, ...]]] = {
    "reports": (4000, report, ("report", "issue", "issue_state", "assignment")),
    "units": (1200, rental_unit, ("rental_unit", "unit_term", "unit_class", "assignment")),
}


def write(path: Path, rows: int) -> Path:
    """Rows of which every seventh cannot be taken and every eleventh stands there twice."""
    lines = ["code,lon,lat"]
    for i in range(rows):
        ref = i - 1 if i % 11 == 10 else i
        lines.append(f"C{ref},{'here' if i % 7 == 6 else f'{118.801 + ref / 1e6:.6f}'},28.905")
    path.write_text("\n".join(lines) + "\n")
    return path


def command(what: str, path: Path, location: str) -> list[str]:
    ref = ["--ref", "code"] if what == "reports" else ["--code", "code"]
    where = ["--datum", "wgs84", "--lon", "lon", "--lat", "lat"]
    return ["import", what, str(path), "--store", location, *where, *ref, "--json"]


def dies_before(statement: int, arguments: list[str]) -> None:
    child = [sys.executable, "-c", DIES, str(statement), *arguments]
    done = subprocess.run(child, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def killed_after(rows: int, table: Table, location: str, arguments: list[str]) -> dict[str, Any] | None:
    """Kill a child from outside once the store has so many rows. Its summary, where it was done before that."""
    with Store.open(location, write=False) as store, subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
    ) as child:  # fmt: skip
        while child.poll() is None and taken(store, table) < rows:
            pass
        child.kill()
        out, _ = child.communicate()
    return json.loads(out) if child.returncode == 0 else None


def taken(store: Store, table: Table) -> int:
    with store.read() as conn:
        return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def is_whole(location: str, tables: tuple[str, ...]) -> int:
    """Nothing is there by half. Returns how many rows were taken."""
    counts = contents(location)
    assert len({counts[name] for name in tables}) == 1, counts
    assert run("check", "--store", location).code == 0
    return counts[tables[0]]


@pytest.mark.parametrize("what", KINDS)
def test_an_import_that_is_killed_goes_on_and_takes_nothing_twice(
    city: str, kind: str, tmp_path: Path, what: str
) -> None:
    rows, table, tables = KINDS[what]
    chance = random.Random(f"{what} {kind}")
    path = write(tmp_path / "rows.csv", rows)
    arguments = command(what, path, city)
    dies_before(chance.randrange(1, STATEMENTS[what]), arguments)
    first = is_whole(city, tables)
    done = killed_after(chance.randrange(first, rows // 2), table, city, arguments)
    assert is_whole(city, tables) >= first

    summary = done or run(*arguments).json
    wanted = expected(rows)
    assert summary["rows"] == rows == sum(summary[name] for name in OUTCOMES)
    assert {name: summary[name] for name in wanted} == wanted
    assert is_whole(city, tables) == wanted["assigned"]
    # It was one import all along: one batch, and undoing it takes back every row.
    assert contents(city)["batch"] == 2
    undone = run("import", "undo", str(summary["batch"]), "--store", city, "--json").json
    assert undone["undone"] == wanted["assigned"]


def test_a_held_import_that_is_killed_while_it_is_settled_is_finished_by_the_same_word(
    city: str, kind: str, tmp_path: Path
) -> None:
    rows, table, tables = 900, *KINDS["reports"][1:]
    chance = random.Random(f"settle {kind}")
    assert run("import", "places", places(tmp_path), "--datum", "wgs84", "--store", city).code == 0
    assert run(*imported(reports(tmp_path, "gcj02", rows=rows), city)).code == 1
    before = contents(city)
    arguments = ["import", "settle", "1", "--datum", "gcj02", "--store", city, "--json"]
    dies_before(chance.randrange(1, STATEMENTS["settle"]), arguments)
    first = is_whole(city, tables)
    done = killed_after(chance.randrange(first, rows // 2), table, city, arguments)
    assert is_whole(city, tables) >= first

    assert (done or run(*arguments).json)["state"] == "taken"
    (settled,) = run("import", "held", "--settled", "--store", city, "--json").json["held"]
    assert (settled["state"], settled["as_datum"]) == ("taken", "gcj02")
    after = contents(city)
    assert (is_whole(city, tables), after["batch"], after["held_part"]) == (rows, before["batch"] + 1, 0)
    undone = run("import", "undo", str(settled["batch"]), "--store", city, "--json").json
    assert undone["undone"] == rows


def expected(rows: int) -> dict[str, int]:
    bad = {i for i in range(rows) if i % 7 == 6}
    refs = [i - 1 if i % 11 == 10 else i for i in range(rows) if i not in bad]
    return {"assigned": len(set(refs)), "duplicates": len(refs) - len(set(refs)), "rejected": len(bad)}


def test_an_import_of_grids_that_is_killed_leaves_nothing(empty: str, kind: str, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "grids.geojson", SQUARE, EAST)
    arguments = ["import", "grids", str(path), "--store", empty, "--code", "code", "--json"]
    before = contents(empty)
    dies_before(random.Random(kind).randrange(3, STATEMENTS["grids"]), arguments)
    assert contents(empty) == before
    assert run(*arguments).json["grids"] == 2
    assert run("check", "--store", empty).code == 0
