"""Where grids and official boundaries disagree, and what their lines cut: on both stores, in metres."""

from __future__ import annotations

from datetime import datetime

import pytest
import shapely
from sqlalchemy import update

from geo.desk import official
from geo.desk.official import Asked, Departure, Report
from geo.desk.place_parts import assign_places
from geo.errors import NotFound
from geo.rules.access import EVERYWHERE, Capability, Extent, Reach
from geo.store import tables
from geo.store.store import Store
from tests import district, redrawn
from tests.geo.desk.test_publishing import Town


@pytest.fixture
def town(store: Store, now: datetime) -> Town:
    """C0 is officially ten metres further east than its grids, C1 as its grids are; D has no official boundary."""
    town = Town(district.build(store, now), now)
    x, y = redrawn.at(0, 0)
    for code, west, east in (("C0", x + 10, x + 210), ("C1", x + 200, x + 400)):
        line = shapely.MultiPolygon([shapely.box(west, y, east, y + 600)])
        with town.store.write() as conn:
            conn.execute(update(tables.area).where(tables.area.c.code == code).values(geom=line))
    return town


def told(
    town: Town, asked: Asked | None = None, seen: tuple[Extent, ...] = EVERYWHERE, at: datetime | None = None
) -> Report:
    with town.store.read() as conn:
        return official.report(conn, Reach({Capability.PLACES_SEE: seen}), town.desk.atlas, asked or Asked(), at)


def placed(town: Town, code: str, kind: str, at: tuple[float, float], half: float) -> None:
    x, y = redrawn.at(*at)
    row = {"code": code, "kind": kind, "name": code, "geom": shapely.box(x - half, y - half, x + half, y + half)}
    with town.store.write() as conn:
        key = conn.execute(tables.place.insert().values(row)).inserted_primary_key
    assert key is not None
    town.do(assign_places, [key[0]])


def test_what_is_missing_and_what_is_beyond(town: Town) -> None:
    report = told(town)
    assert [(f.kind, f.code, f.grids, f.area_m2, f.width_m) for f in report.findings] == [
        (Departure.BEYOND, "C0", ("G00", "G01", "G02"), 6000.0, pytest.approx(9.84)),
        (Departure.MISSING, "C0", ("G10", "G11", "G12"), 6000.0, pytest.approx(9.84)),
    ]
    assert (report.areas, report.unknown) == (2, ("C2", "D"))
    x, y = redrawn.at(0, 0)
    beyond, missing = (f.geom for f in report.findings)
    assert beyond.equals(shapely.box(x, y, x + 10, y + 600))
    assert missing.equals(shapely.box(x + 200, y, x + 210, y + 600))


def test_a_line_through_a_compound_or_a_building_is_told_with_the_place(town: Town) -> None:
    placed(town, "across", "compound", (2, 0.5), 10)
    placed(town, "out", "building", (3, 2.5), 10)
    placed(town, "inside", "compound", (2.5, 0.5), 10)
    placed(town, "market", "market", (2, 1.5), 10)
    cuts = {f.code: f for f in told(town).findings if f.kind is Departure.CUT}
    assert {code: (f.what, f.grids, f.area_m2, f.share) for code, f in cuts.items()} == {
        "across": ("compound", ("G10", "G20"), 200.0, 0.5),
        "out": ("building", ("G22",), 200.0, 0.5),
    }
    x, y = redrawn.at(2, 0.5)
    assert cuts["across"].geom.equals(shapely.LineString([(x, y - 10), (x, y + 10)]))


def test_less_than_how_exactly_a_boundary_is_drawn_is_no_difference(town: Town) -> None:
    x, y = redrawn.at(0, 0)
    line = shapely.MultiPolygon([shapely.box(x + 0.04, y, x + 200.04, y + 600)])
    with town.store.write() as conn:
        conn.execute(update(tables.area).where(tables.area.c.code == "C0").values(geom=line))
    assert told(town).findings == ()


def test_only_of_what_one_sees(town: Town) -> None:
    assert told(town, Asked(area="C1")).findings == ()
    own = told(town, seen=(Extent("/D/C0/"),))
    assert [(f.code, f.grids) for f in own.findings] == [("C0", ("G00", "G01", "G02")), ("C0", ())]
    assert told(town, seen=(Extent("/D/C2/"),)).findings == ()
    with pytest.raises(NotFound):
        told(town, Asked(area="C0"), seen=(Extent("/D/C2/"),))
    with pytest.raises(NotFound):
        told(town, Asked(scheme="none"))


def test_lines_and_cuts_of_then_are_as_they_were_told_then(town: Town) -> None:
    placed(town, "across", "compound", (2, 0.5), 10)
    before, moment = told(town), town.moment
    town.publish(
        town.draft(lambda grids: redrawn.merged(grids, *(redrawn.of_code(grids, code) for code in ("G10", "G20"))))
    )
    now = told(town)
    assert now.edition == before.edition + 1 and now.findings != before.findings
    assert told(town, at=moment) == before
    assert told(town, at=town.moment) == now
