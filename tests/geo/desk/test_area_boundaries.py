"""Official boundaries for areas that the store has: taken by a later import, and put back to the byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.affinity import translate
from sqlalchemy import Connection, select, text, update

from api import imports
from geo.desk import board
from geo.desk.areas import AreaColumns, import_areas
from geo.desk.boundaries import import_grids, prepare
from geo.desk.features import FeatureImport
from geo.desk.official import Asked, report
from geo.errors import Conflict
from geo.files.grids import GridFile
from geo.rules.access import EVERYWHERE, Capability, Reach
from geo.store.boxes import near_box
from geo.store.check import structural_findings
from geo.store.store import Store
from geo.store.tables import area
from tests import district
from tests.district import EAST, NORTH, SIDE, TESTER, District

COLUMNS = AreaColumns(code="code", name="name", level="level", parent="parent")
WEST = shapely.box(EAST, NORTH, EAST + SIDE, NORTH + 3 * SIDE)  # the grids of C0


@pytest.fixture
def here(store: Store, now: datetime) -> District:
    return district.build(store, now)


@pytest.fixture
def taken(here: District, now: datetime) -> Callable[..., tuple[int, Any]]:
    """Imports (code, geometry, what the row says otherwise) as rows of areas."""

    def take(*rows: tuple[str, Any] | tuple[str, Any, dict[str, Any]]) -> tuple[int, Any]:
        job = FeatureImport("areas.gpkg", "a" * 64, COLUMNS, "EPSG:4549")
        features = []
        for line, (code, geom, *more) in enumerate(rows, 2):
            row = {"code": code, "name": f"社区{code[1:]}", "level": "community", "parent": "D"} | dict(*more)
            features.append((line, row, geom))
        batch_id, tally = import_areas(here.desk, job, features, lambda: now, TESTER)
        return batch_id, tally

    return take


def undo(here: District, now: datetime, batch_id: int) -> dict[str, Any]:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        return imports.undo(tx, batch_id)


def counts(tally: Any) -> dict[str, int]:
    summary = dict(tally.summary(1))
    assert sum(summary[name] for name in tally.names) == summary["rows"]
    return {name: count for name, count in summary.items() if count and name not in ("batch", "rows")}


def raw(conn: Connection) -> list[tuple[Any, ...]]:
    """Every area as the database has it."""
    geom = "geom" if conn.dialect.name == "sqlite" else "encode(ST_AsEWKB(geom), 'hex')"
    return [
        tuple(row) for row in conn.execute(text(f"SELECT id, code, name, level, path, {geom} FROM area ORDER BY id"))
    ]


def departures(here: District) -> list[tuple[str, str]]:
    with here.store.read() as conn:
        told = report(conn, Reach({Capability.PLACES_SEE: EVERYWHERE}), here.desk.atlas, Asked())
    return [(each.kind.value, each.code) for each in told.findings]


def test_an_area_that_is_known_takes_its_boundary(here: District, taken: Any, now: datetime) -> None:
    before = ids(here)
    first, tally = taken(("C0", WEST), ("C1", None), ("N", None))
    assert counts(tally) == {"boundaries": 1, "duplicates": 1, "imported": 1}
    assert departures(here) == []
    assert counts(taken(("C0", WEST.reverse()), ("C1", None))[1]) == {"duplicates": 2}, "nothing differs"
    shifted = translate(WEST, 10)
    second, tally = taken(("C0", shifted))
    assert counts(tally) == {"boundaries": 1}
    assert departures(here) == [("beyond", "C0"), ("missing", "C0")]
    assert {code: ids(here)[code] for code in before} == before
    with pytest.raises(Conflict, match=f"batch {second}") as refusal:
        undo(here, now, first)
    assert refusal.value.details["batches"] == [second]
    assert undo(here, now, second) == {"batch": second, "kind": "areas", "undone": 0, "put_back": 1}
    assert departures(here) == []
    assert undo(here, now, first) == {"batch": first, "kind": "areas", "undone": 1, "put_back": 1}
    assert stored(here, "C0") is None


def ids(here: District) -> dict[str, int]:
    with here.store.read() as conn:
        rows = conn.execute(select(area.c.code, area.c.id).where(area.c.undone_at.is_(None)))
        return {row.code: row.id for row in rows}


def stored(here: District, code: str) -> Any:
    with here.store.read() as conn:
        return conn.execute(select(area.c.geom).where(area.c.code == code)).scalar_one()


def test_a_row_without_a_boundary_takes_none_away(here: District, taken: Any) -> None:
    taken(("C0", WEST))
    assert counts(taken(("C0", None))[1]) == {"duplicates": 1}
    assert stored(here, "C0").equals(WEST)


def test_what_a_row_says_otherwise_is_told_and_stays_as_it_was(here: District, taken: Any) -> None:
    with here.store.read() as conn:
        before = [row[:-1] for row in raw(conn)]
    _, tally = taken(
        ("C0", WEST, {"name": "别名"}),
        ("C1", None, {"level": "街道", "parent": "C2"}),
        ("C2", None, {"parent": None}),
    )
    assert counts(tally) == {"boundaries": 1, "duplicates": 2, "contradicting": 2}
    assert len(tally.notes) == 2
    assert all(word in tally.notes[0] for word in ("line 2", "C0", "name", "'别名'", "'社区0'"))
    assert all(word in tally.notes[1] for word in ("line 3", "C1", "'subdistrict'", "'community'", "'C2'", "'D'"))
    with here.store.read() as conn:
        assert [row[:-1] for row in raw(conn)] == before


def test_many_rows_that_say_otherwise_are_told_shortly(here: District, taken: Any) -> None:
    taken(*((f"X{i}", None) for i in range(40)))
    _, tally = taken(*((f"X{i}", None, {"name": "别名"}) for i in range(40)))
    assert tally.summary(1)["contradicting"] == 40
    assert len(tally.notes) == 11 and "30" in tally.notes[-1]


def test_one_area_in_several_rows_with_other_ground_is_not_taken_by_half(here: District, taken: Any) -> None:
    part = shapely.box(EAST, NORTH, EAST + SIDE, NORTH + SIDE)
    _, tally = taken(("C0", WEST), ("C0", part), ("C0", WEST), ("N", None), ("N", None), ("N", part), ("N", WEST))
    assert counts(tally) == {"boundaries": 1, "imported": 1, "duplicates": 3, "rejected": 2}
    assert [reject.line for reject in tally.rejects] == [3, 8]
    assert "line 2" in tally.rejects[0].reason and "line 7" in tally.rejects[1].reason
    assert stored(here, "C0").equals(WEST) and stored(here, "N").equals(part), "the row that has a boundary"


def test_areas_whose_boundary_came_later_are_not_taken_back_first(here: District, taken: Any, now: datetime) -> None:
    first, _ = taken(("N", None))
    second, _ = taken(("N", WEST))
    with pytest.raises(Conflict, match=f"batch {second}"):
        undo(here, now, first)
    undo(here, now, second)
    assert undo(here, now, first)["undone"] == 1


def test_an_area_that_grids_brought_stays_with_its_boundary(
    store: Store, taken: Any, here: District, now: datetime
) -> None:
    with here.desk.transaction(lambda: now, TESTER) as tx:
        file = GridFile(Path("m.gpkg"), ["M1"], ["M1"], ["NEW"], np.array([WEST], object), "EPSG:4549", [{}], ())
        batch_id = import_grids(tx, prepare(file, 4549), file_sha256="c" * 64, scheme_name="more").batch
    boundary, tally = taken(("NEW", WEST, {"name": "NEW"}))
    assert counts(tally)["boundaries"] == 1
    undo(here, now, batch_id)
    assert "NEW" in ids(here)
    assert undo(here, now, boundary)["put_back"] == 1


def test_whatever_is_drawn_from_boundaries_notices(here: District, taken: Any, now: datetime) -> None:
    def marks() -> list[int]:
        with here.store.read() as conn:
            return [board.last_change(conn, part) for part in ("coverage", "areas", "grids", "places")]

    before = marks()
    batch_id, _ = taken(("C0", WEST))
    after = marks()
    assert all(a > b for a, b in zip(after, before, strict=True))
    taken(("C0", WEST))
    assert marks() == after, "an import that changes no area is no change of the map"
    undo(here, now, batch_id)
    assert all(a > b for a, b in zip(marks(), after, strict=True))


def test_the_spatial_index_follows(here: District, taken: Any, now: datetime) -> None:
    far = translate(WEST, 50_000)
    box = far.bounds

    def found() -> list[str]:
        with here.store.read() as conn:
            assert not structural_findings(conn)
            return list(conn.execute(select(area.c.code).where(near_box(conn, area, box))).scalars())

    taken(("C0", WEST))
    assert found() == []
    batch_id, _ = taken(("C0", far), ("C1", far))
    assert sorted(found()) == ["C0", "C1"]
    undo(here, now, batch_id)
    assert found() == []


@pytest.mark.parametrize("seed", range(8))
def test_import_and_undo_leave_every_byte_as_it_was(here: District, taken: Any, now: datetime, seed: int) -> None:
    """Also boundaries off the lattice, as another program or an older version may have written them."""
    rng = random.Random(seed)
    with here.store.write() as conn:
        for code in ("C0", "C1"):
            if rng.random() < 0.7:
                conn.execute(update(area).where(area.c.code == code).values(geom=blob(rng)))
    with here.store.read() as conn:
        before = raw(conn)
    made = []
    for _ in range(rng.randint(1, 4)):
        made.append(taken(*((f"C{i}", blob(rng) if rng.random() < 0.7 else None) for i in range(3)))[0])
    for batch_id in reversed(made):
        undo(here, now, batch_id)
    with here.store.read() as conn:
        assert raw(conn) == before


def blob(rng: random.Random) -> Any:
    """One or two valid polygons, one with a hole, at places of any digits."""
    x, y = EAST + rng.uniform(0, 500), NORTH + rng.uniform(0, 500)
    outer, far = shapely.Point(x, y).buffer(rng.uniform(20, 90)), shapely.Point(x + 300, y).buffer(rng.uniform(20, 90))
    holed = outer.difference(shapely.Point(x, y).buffer(rng.uniform(1, 9)))
    return shapely.MultiPolygon([holed, far] if rng.random() < 0.5 else [holed])
