"""What a drawer shows, on both stores."""

from __future__ import annotations

from datetime import datetime, timedelta

from geo.desk.details import CARD_ISSUES, grid_detail
from geo.desk.lists import MAX_LIMIT
from geo.desk.received import position
from geo.desk.reports import file_reports
from geo.model import NewReport
from geo.rules.access import EVERYTHING
from geo.store.store import Store
from tests import district
from tests.district import TESTER, ZONE, lonlat


def test_the_card_shows_the_oldest_issues_however_many_came_since(store: Store, now: datetime) -> None:
    here = district.build(store, now)
    at = position(*lonlat(0.5, 0.5), "wgs84")
    ages = [9, 7, 8, *[0] * MAX_LIMIT]
    news = [
        NewReport("test", str(n), position=at, occurred_at=now - timedelta(days=days)) for n, days in enumerate(ages)
    ]
    with here.desk.transaction(lambda: now, TESTER) as tx:
        file_reports(tx, news)
    with store.read() as conn:
        card = grid_detail(conn, EVERYTHING, "G00", here.reading(now.astimezone(ZONE).date()))
    assert [each["id"] for each in card["issues"][:3]] == [1, 3, 2]
    assert len(card["issues"]) == CARD_ISSUES
