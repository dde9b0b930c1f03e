"""Reports that come in while editions are published one after another: none is decided by a boundary of the past."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import shapely
from sqlalchemy import insert, select, update

from geo.desk.boundaries import next_edition, publish
from geo.desk.received import position
from geo.desk.reports import file_report
from geo.desk.tx import Desk, Tx
from geo.desk.writer import Writer
from geo.model import NewReport
from geo.store import tables
from geo.store.store import Store
from tests import district
from tests.district import EAST, NORTH, SIDE, TESTER, lonlat

EDITIONS, REPORTS = 40, 120
# The line between G00 and G10 stands here in odd editions and there in even ones; reports lie between the two.
HERE, THERE, BETWEEN = 1.0, 0.6, 0.8
HOLDER = {1: "G00", 0: "G10"}  # who has what lies between, by the edition's number modulo 2


def clock() -> datetime:
    return datetime.now(UTC)


def move_the_line(tx: Tx) -> None:
    """Publish the next edition, in which the line between two grids stands at the other place."""
    version = tables.grid_version
    scheme_id = tx.conn.execute(select(tables.scheme.c.id)).scalar_one()
    number = next_edition(tx, scheme_id)
    line = EAST + SIDE * (HERE if number % 2 else THERE)
    new = {"G00": (EAST, line), "G10": (line, EAST + 2 * SIDE)}
    in_force = version.c.code.in_(new), version.c.to_edition.is_(None)
    old = [row._asdict() for row in tx.conn.execute(select(version).where(*in_force))]
    tx.conn.execute(update(version).where(*in_force).values(to_edition=number))
    for row in old:
        west, east = new[row["code"]]
        geom = shapely.MultiPolygon([shapely.box(west, NORTH, east, NORTH + SIDE)])
        del row["id"]
        tx.conn.execute(insert(version).values(row | {"geom": geom, "from_edition": number}))
    publish(tx, scheme_id, number, "the line moves", None)


def publish_many(desk: Desk, editions: int) -> None:
    for _ in range(editions):
        with desk.transaction(clock, TESTER) as tx:
            move_the_line(tx)


def file_at_the_line(tx: Tx, ref: str) -> None:
    file_report(tx, NewReport("test", ref, position=position(*lonlat(BETWEEN, 0.5), "wgs84")))


def decisions_by_edition(store: Store) -> list[tuple[int, int, str]]:
    """Of every report: the edition in force at its place in the order of commits, the one it names, and its grid."""
    event, assignment, version = tables.event, tables.assignment, tables.grid_version
    with store.read() as conn:
        happened = conn.execute(
            select(event.c.kind, event.c.subject_id, event.c.data)
            .where(event.c.kind.in_(("report.filed", "edition.published")))
            .order_by(event.c.id)
        ).all()
        decided = {
            row.subject_id: (row.edition, row.code)
            for row in conn.execute(
                select(assignment.c.subject_id, assignment.c.edition, version.c.code)
                .join(version, version.c.grid_id == assignment.c.grid_id)
                .where(version.c.from_edition <= assignment.c.edition)
                .where(version.c.to_edition.is_(None) | (version.c.to_edition > assignment.c.edition))
            )
        }
    found, current = [], 1
    for row in happened:
        if row.kind == "edition.published":
            current = row.data["edition"]
        else:
            found.append((current, *decided[row.subject_id]))
    return found


def check(store: Store, editions: int, reports: int) -> None:
    found = decisions_by_edition(store)
    assert len(found) == reports
    assert [row for row in found if row[0] != row[1]] == [], (
        "each report names the edition in force when it was decided"
    )
    assert [row for row in found if row[2] != HOLDER[row[1] % 2]] == [], "and lies where that edition puts it"
    with store.read() as conn:
        assert len(conn.execute(select(tables.edition.c.number)).all()) == editions + 1


def test_no_report_is_decided_by_a_stale_boundary(store: Store, now: datetime) -> None:
    """The service's writer files, and beside it another thread of the process publishes without a pause."""
    here = district.build(store, now)
    publishing = threading.Thread(target=publish_many, args=(here.desk, EDITIONS))
    writer = Writer(here.desk, clock)
    writer.start()
    publishing.start()
    filed = []
    while publishing.is_alive() or len(filed) < REPORTS:
        ref = str(len(filed))
        filed.append(writer.submit(lambda tx, ref=ref: file_at_the_line(tx, ref), TESTER))
        filed[-1].result()
    publishing.join()
    writer.close()
    check(store, EDITIONS, len(filed))


PUBLISHER = """
import sys
from geo.desk.tx import Desk
from geo.store.store import Store
from tests.geo.desk.test_editions_race import publish_many

with Store.open(sys.argv[1], write=True) as store:
    desk = Desk(store)
    print("ready", flush=True)
    sys.stdin.readline()
    publish_many(desk, int(sys.argv[2]))
"""


@pytest.mark.postgis
def test_nor_where_another_process_publishes(store_factory: Callable[..., Store], now: datetime) -> None:
    store = store_factory("postgis")
    here = district.build(store, now)
    command = [sys.executable, "-c", PUBLISHER, store.location, str(EDITIONS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "ready\n"
        print("go", file=other.stdin, flush=True)
        filed = 0
        while other.poll() is None or filed < REPORTS:
            with here.desk.transaction(clock, TESTER) as tx:
                file_at_the_line(tx, str(filed))
            filed += 1
        assert other.returncode == 0
    check(store, EDITIONS, filed)
