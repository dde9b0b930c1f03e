"""What a change of boundaries costs: the preview of a draft, its publication, and what is looked up for it.

python -m benchmarks.publishing --store district --store sheet
The rival decides every point again, in the same run; both have to come to the same. cpu: the time of the processor,
which is what it takes on a machine with nothing else to do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import select

from benchmarks import redrawing
from benchmarks.harness import Row, arguments, report
from benchmarks.redrawing import now
from benchmarks.stores import KEPT, changed_store, district_store, sheet_store
from geo.desk import draft_preview, planning
from geo.desk.assigning import assign
from geo.desk.draft_preview import Sights
from geo.desk.planning import Plan
from geo.desk.redeciding import spot_of
from geo.desk.tx import Clock, Desk, Tx
from geo.model import OPEN_STATES, Actor, Subject
from geo.store.store import Store
from geo.store.tables import assignment, issue_state

TOUCHING = 10
METRES = 20.0  # that a node is moved at most


class Watched(Desk):
    """A desk that tells how long its last transaction took, in seconds by the clock and of the processor."""

    transaction_s = 0.0
    transaction_cpu_s = 0.0

    @contextmanager
    def transaction(self, clock: Clock, actor: Actor) -> Iterator[Tx]:
        begun, used = time.perf_counter(), time.process_time()
        with super().transaction(clock, actor) as tx:
            yield tx
        self.transaction_s, self.transaction_cpu_s = time.perf_counter() - begun, time.process_time() - used


def measure(location: str, issues: int, runs: int, touching: int = TOUCHING) -> Row:
    """One row: milliseconds of a preview, seconds of a publication and of its transaction, points looked up, the rival.

    location: a store with grids, rental units and issues, which is filled up to so many open issues and changed.
    """
    with Store.open(location, now=now()) as store:
        desk = Watched(store)
        redrawing.fill(desk, issues)
        found = [_once(desk, changes) for changes in islice(redrawing.places(desk, touching, METRES), runs)]
        with store.read() as conn:
            grids = len(desk.atlas.sheet(conn, None).codes)
    kept = {name: median(each[name] for each in found) for name in found[0]}
    ratio = kept["points"] / max(kept["looked_up"], 1)
    return {"grids": grids, "touched": kept.pop("touched"), **kept, "points_ratio": ratio}


def _once(desk: Watched, changes: dict[Any, Any]) -> dict[str, float]:
    draft = redrawing.submitted(desk, changes)
    with desk.store.read() as conn:
        begun, used = time.perf_counter(), time.process_time()
        plan = planning.make(conn, desk.atlas, draft)
        planned = time.perf_counter()
        draft_preview.preview(conn, plan, Sights.everything(), now().date())
        previewed, preview_cpu_s = time.perf_counter(), time.process_time() - used
        points, moved, rival_s = _every_point(conn, plan)
    assert moved == {key: each.decision.grid_id for key, each in plan.looked.changed.items() if _other_grid(each)}
    published, used = time.perf_counter(), time.process_time()
    redrawing.publish(desk, draft)
    return {
        "touched": len(changes),
        "plan_ms": (planned - begun) * 1000,
        "preview_ms": (previewed - begun) * 1000,
        "preview_cpu_ms": preview_cpu_s * 1000,
        "publish_s": time.perf_counter() - published,
        "publish_cpu_s": time.process_time() - used,
        "transaction_s": desk.transaction_s,
        "transaction_cpu_s": desk.transaction_cpu_s,
        "looked_up": len(plan.looked.ids),
        "moved": len(plan.looked.changed),
        "points": points,
        "all_again_s": rival_s,
    }


def _other_grid(each: Any) -> bool:
    return bool(each.row.grid_id != each.decision.grid_id)


def _every_point(conn: Any, plan: Plan) -> tuple[int, dict[int, int | None], float]:
    """Decide all open issues and rental units again: how many, which come to another grid, and in how many seconds."""
    begun = time.perf_counter()
    here = assignment.c.scheme_id == plan.before.scheme_id, assignment.c.to_at.is_(None), assignment.c.lon.is_not(None)
    is_open = issue_state.c.to_at.is_(None), issue_state.c.state.in_(OPEN_STATES)
    at_work = assignment.c.subject_id.in_(select(issue_state.c.issue_id).where(*is_open))
    rows = conn.execute(select(assignment).where(*here, (assignment.c.subject == Subject.UNIT) | at_work)).all()
    decided = assign(plan.after, [spot_of(row) for row in rows])
    moved = {row.id: each.grid_id for row, each in zip(rows, decided, strict=True) if row.grid_id != each.grid_id}
    return len(rows), moved, time.perf_counter() - begun


def prepared(kind: str, units: int, issues: int, grids: int, folder: Path = KEPT) -> str:
    """A copy of a kept store that may be changed, with so many open issues."""
    made = district_store(units, folder) if kind == "district" else sheet_store(grids, units, folder)
    return changed_store(made, f"{issues}-issues", partial(_fill, issues=issues))


def _fill(location: str, issues: int) -> None:
    with Store.open(location, now=now()) as store:
        redrawing.fill(Desk(store), issues)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--store", choices=("district", "sheet"), action="append", help="of 292 or of 10,000 grids")
    parser.add_argument("--units", type=int, default=200_000)
    parser.add_argument("--issues", type=int, default=50_000)
    parser.add_argument("--grids", type=int, default=10_000)
    chosen = parser.parse_args()
    rows = [
        measure(prepared(kind, chosen.units, chosen.issues, chosen.grids), chosen.issues, chosen.runs)
        for kind in chosen.store or ("district", "sheet")
    ]
    report("publishing", rows, chosen.json)


if __name__ == "__main__":
    main()
