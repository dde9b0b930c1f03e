"""The map of a year and 200 editions ago beside that of today, both made anew: what history costs who looks back.

Nothing is kept from one answer to the next: shapes and answers are forgotten before each.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from fastapi.testclient import TestClient

from api.accounts import Accounts, book, keys
from api.answers import Answers
from api.app import Parts, create_app
from api.service import Service
from api.settings import Settings
from benchmarks import redrawing
from benchmarks.harness import Row, arguments, interleaved, report
from benchmarks.redrawing import now
from benchmarks.stores import KEPT, changed_store, district_store
from geo.desk.gridmap import GridShapes
from geo.desk.tx import Desk
from geo.model import SYSTEM
from geo.rules.access import Role
from geo.store.store import Store
from geo.store.types import utc_text
from maps.snapshot import decode

BASE = "http://127.0.0.1:8000"
PATHS = ("/map/grids", "/map/issues", "/map/units")
ROLES = (Role.COMMANDER, Role.DISPATCHER, Role.GRID_WORKER)
ALL = "all three"


def measure(location: str, days: int, runs: int) -> list[Row]:
    """One row a path and one for all: milliseconds now and so many days ago, and how many rows each has."""
    with Store.open(location, now=now()) as store:
        accounts = Accounts.open(location)
        app = create_app(Settings(store=location), parts=Parts(store, accounts))
        with TestClient(app, BASE, headers={"authorization": f"Bearer {_token(accounts)}"}) as client:
            service: Service = app.state.service
            at = now() - timedelta(days=days)
            contenders: dict[str, Callable[[], Any]] = {}
            for path in PATHS:
                contenders[f"{path} today"] = partial(_anew, service, client, path, None)
                contenders[f"{path} then"] = partial(_anew, service, client, path, at)
            for contender in contenders.values():
                contender()  # the file is read once
            timings = interleaved(contenders, runs)
    rows = []
    for path in PATHS:
        today, then = (timings[f"{path} {name}"] for name in ("today", "then"))
        rows.append(_row(path, today.median_s, then.median_s, *(_count(path, each.answer) for each in (today, then))))
    whole = [sum(row[name] for row in rows) for name in ("today_ms", "then_ms")]
    return [*rows, _row(ALL, whole[0] / 1000, whole[1] / 1000, *(sum(row[n] for row in rows) for n in _COUNTS))]


_COUNTS = ("rows_today", "rows_then")


def _row(path: str, today_s: float, then_s: float, rows_today: int, rows_then: int) -> Row:
    return {
        "path": path,
        "rows_today": rows_today,
        "rows_then": rows_then,
        "today_ms": today_s * 1000,
        "then_ms": then_s * 1000,
        "ratio": then_s / today_s,
    }


def _anew(service: Service, client: TestClient, path: str, at: datetime | None) -> Any:
    service.answers = Answers()
    service.shapes = GridShapes(service.desk.atlas.metric)
    answer = client.get(path, params={"as_of": utc_text(at)} if at else {})
    assert answer.status_code == 200, answer.text
    return answer


def _count(path: str, answer: Any) -> int:
    return len(answer.json()["features"]) if path == "/map/grids" else len(decode(answer.content))


def _token(accounts: Accounts) -> str:
    with accounts.write() as conn:
        who = book.add_account(conn, f"bench {now():%H%M%S%f}", now=now(), by=SYSTEM)
        for role in ROLES:
            book.add_grant(conn, who, role, path="/", categories=None, from_date=now().date(), now=now(), by=SYSTEM)
        return keys.new_token(conn, who, "benchmark", now=now(), by=SYSTEM)[1]


def redraw(location: str, editions: int) -> None:
    """Publish so many editions, each with three grids a little otherwise."""
    with Store.open(location, now=now()) as store:
        desk = Desk(store)
        for changes in islice(redrawing.places(desk, touching=3, metres=5.0), editions):
            redrawing.publish(desk, redrawing.submitted(desk, changes))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument("--editions", type=int, default=200)
    parser.add_argument("--days", type=int, default=365)
    chosen = parser.parse_args()
    made = district_store(chosen.units, KEPT)
    location = changed_store(made, f"{chosen.editions}-editions", partial(redraw, editions=chosen.editions))
    report("past", measure(location, chosen.days, chosen.runs), chosen.json)


if __name__ == "__main__":
    main()
