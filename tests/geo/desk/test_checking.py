"""A sound store has no findings; each kind of damage is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import shapely
from sqlalchemy import Connection, delete, update

from geo.desk import issues
from geo.desk.checking import findings
from geo.desk.received import position
from geo.desk.reports import file_report
from geo.model import NewReport
from geo.store.store import Store
from geo.store.tables import assignment, event, grid_version, issue, issue_state
from tests import district
from tests.district import EAST, METRIC, NORTH, SIDE, TESTER, lonlat


@pytest.fixture
def worked(store: Store, now: datetime) -> Store:
    """A district with an issue that was closed and one that is open."""
    here = district.build(store, now)
    with here.desk.transaction(lambda: now, TESTER) as tx:
        for ref in ("1", "2"):
            at = position(*lonlat(0.5, 0.5), "wgs84")
            filed = file_report(tx, NewReport("test", ref, position=at))
        issues.close(tx, filed.issue_id, "done")
    return store


def test_a_sound_store_has_no_findings(worked: Store) -> None:
    with worked.read() as conn:
        assert findings(conn, METRIC) == []


def _overlap(conn: Connection) -> None:
    wide = shapely.MultiPolygon([shapely.box(EAST, NORTH, EAST + SIDE + 1, NORTH + SIDE)])
    conn.execute(update(grid_version).where(grid_version.c.code == "G00").values(geom=wide))


def _stranger(conn: Connection) -> None:
    conn.execute(update(assignment).values(edition=7))
    conn.execute(update(grid_version).where(grid_version.c.code == "G00").values(to_edition=5))


def _retired(conn: Connection) -> None:
    conn.execute(update(grid_version).where(grid_version.c.code == "G00").values(to_edition=2))


def _lost_event(conn: Connection) -> None:
    keep = update(issue_state).values(event_id=1)
    conn.execute(keep)
    conn.execute(delete(event).where(event.c.kind == "issue.closed"))


def _moved_pin(conn: Connection) -> None:
    conn.execute(update(issue).where(issue.c.id == 1).values(geom=shapely.Point(1, 1)))


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (_overlap, "coverage"),
        (_stranger, "editions"),
        (_retired, "answering"),
        (_lost_event, "states"),
        (_moved_pin, "pins"),
    ],
)
def test_damage_is_found(worked: Store, damage: Callable[[Connection], None], check: str) -> None:
    with worked.write() as conn:
        damage(conn)
    with worked.read() as conn:
        assert check in {finding.check for finding in findings(conn, METRIC)}
