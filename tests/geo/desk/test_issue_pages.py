"""Open issues page by page: what a page costs does not grow with what is open, or was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from geo.desk.asof import When
from geo.desk.collection import Selection, page
from geo.desk.collection_kinds import ISSUES
from geo.rules.access import EVERYWHERE
from geo.store.store import Store
from tests.district import ZONE


@pytest.mark.parametrize("kind", ["gpkg"], indirect=True)
@pytest.mark.parametrize("after", [None, 7])
def test_a_page_is_read_in_the_order_of_its_keys(store: Store, now: datetime, after: int | None) -> None:
    asked: list[tuple[str, Any]] = []
    with store.read() as conn:
        source = ISSUES.source(conn, EVERYWHERE, When(now, ZONE))
        event.listen(conn, "before_cursor_execute", lambda _c, _k, sql, values, *_: asked.append((sql, values)))
        page(conn, source, Selection(), after, 100)
        sql, values = asked[0]
        plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert "issue_state_open" in plan[0]
    assert not any("ORDER BY" in step for step in plan)
