"""Publication of a draft: the next edition, with everything that follows from it, in one transaction.

Whoever is killed in the middle of it leaves the edition before, whole. Faults are sought and points decided before the
transaction; within it only what came meanwhile is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from geo.coverage.faults import MOVES_OUTLINE
from geo.desk import drafts, redeciding
from geo.desk.boundaries import record_edition
from geo.desk.draft_work import find, require_reach
from geo.desk.edition_grids import GridRow
from geo.desk.micro_cuts import cut_micro_grids
from geo.desk.place_parts import reassign_places
from geo.desk.planning import Plan, make, next_number
from geo.desk.tx import Clock, Desk, Tx
from geo.errors import Conflict, GridwardenError, NotAllowed
from geo.model import Actor, DraftState, GridLevel, Subject
from geo.rules.access import EVERYWHERE, Extent
from geo.store.insert import insert_many
from geo.store.tables import draft, grid, grid_version, lineage

_TRIES = 5  # plans, while others publish or edit


@dataclass(frozen=True)
class Published:
    """What a publication did. issues, units, places: how many were decided otherwise than before."""

    edition: int
    grids: int
    changed: int
    issues: int
    units: int
    places: int

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("edition", "grids", "changed", "issues", "units", "places")}


@dataclass(frozen=True)
class Authority:
    """What somebody may publish: where, where with another outline, and whether what he submitted himself."""

    extents: Sequence[Extent] = EVERYWHERE
    outline: Sequence[Extent] = EVERYWHERE
    alone: bool = False


class _Stale(Exception):
    """The plan stands on what is no more."""


def submit(
    desk: Desk, draft_id: int, clock: Clock, actor: Actor, comment: str | None = None,
    extents: Sequence[Extent] = EVERYWHERE,
) -> None:  # fmt: skip
    """Hand a draft to a second person. Raises what a plan raises, and NotAllowed outside the extents."""

    def step(tx: Tx, plan: Plan) -> None:
        _require_reach(tx, plan, extents)
        drafts.submitted(tx, draft_id, comment, plan.work.row.revision)

    _with_plan(desk, draft_id, clock, actor, step)


def schedule(desk: Desk, draft_id: int, at: datetime, clock: Clock, actor: Actor, may: Authority = Authority()) -> None:
    """Approve a submitted draft, to be published at a set time. Errors as of publish."""

    def step(tx: Tx, plan: Plan) -> None:
        _require_authority(tx, plan, actor, may)
        drafts.scheduled(tx, draft_id, at, plan.work.row.revision)

    _with_plan(desk, draft_id, clock, actor, step)


def publish(desk: Desk, draft_id: int, clock: Clock, actor: Actor, may: Authority = Authority()) -> Published:
    """Make a submitted draft the edition in force.

    Raises NotFound; Conflict for a draft in another state, and with a diff where others changed its grids since;
    FaultyCoverage; NotAllowed for who submitted it, and beyond what he may.
    """

    def step(tx: Tx, plan: Plan) -> Published:
        _require_authority(tx, plan, actor, may)
        return _write(tx, plan)

    return _with_plan(desk, draft_id, clock, actor, step, (DraftState.SUBMITTED, DraftState.SCHEDULED))


def publish_due(desk: Desk, clock: Clock) -> list[tuple[int, Published | GridwardenError]]:
    """Publish the drafts whose set time has come, in its order. One that cannot be published is returned, and says why.

    Who approved it is named with the edition.
    """
    done: list[tuple[int, Published | GridwardenError]] = []
    for row in _due(desk, clock()):
        actor = Actor(row.approved_by, row.approved_by)
        try:
            done.append((row.id, publish(desk, row.id, clock, actor, Authority(alone=True))))
        except GridwardenError as refusal:
            comment = f"not published at its set time: {refusal}"[:2000]
            with desk.transaction(clock, actor) as tx:
                if find(tx.conn, row.id).state == DraftState.SCHEDULED:
                    drafts.send_back(tx, row.id, comment)
            done.append((row.id, refusal))
    return done


def _due(desk: Desk, now: datetime) -> Sequence[Any]:
    with desk.store.read() as conn:
        due = draft.c.state == DraftState.SCHEDULED, draft.c.publish_at <= now
        query = select(draft.c.id, draft.c.approved_by).where(*due).order_by(draft.c.publish_at, draft.c.id)
        return conn.execute(query).all()


# -- a plan that still holds ------------------------------------------------------------------------------------------


def _with_plan(
    desk: Desk,
    draft_id: int,
    clock: Clock,
    actor: Actor,
    step: Callable[[Tx, Plan], Any],
    states: Sequence[DraftState] | None = None,
) -> Any:
    """Do a step with a plan of what stands now. Where others were faster another plan is made."""
    for _ in range(_TRIES):
        with desk.store.read() as conn:
            if states is not None:
                _require_state(find(conn, draft_id), states)
            plan = make(conn, desk.atlas, draft_id, whole=True)
        try:
            with desk.transaction(clock, actor) as tx:
                row = find(tx.conn, draft_id)
                if row.revision != plan.work.row.revision or next_number(tx.conn, row.scheme_id) != plan.number:
                    raise _Stale
                if states is not None:
                    _require_state(row, states)
                return step(tx, plan)
        except _Stale:
            continue
    raise Conflict(f"draft {draft_id} or the boundaries kept changing meanwhile; try again", reason="kept_changing")


def _require_state(row: Any, states: Sequence[DraftState]) -> None:
    if row.state not in states:
        what = "submit it first" if row.state in (DraftState.OPEN, DraftState.RETURNED) else "nothing is left to do"
        raise Conflict(f"draft {row.id} is {row.state}: {what}", reason="draft_in_another_state", state=row.state)


def _require_authority(tx: Tx, plan: Plan, actor: Actor, may: Authority) -> None:
    row = plan.work.row
    if row.submitted_by == actor.id and not may.alone:
        raise NotAllowed(
            f"draft {row.id} was submitted by the same account: a second person has to look at it",
            reason="second_person_needed",
        )
    _require_reach(tx, plan, may.extents)
    if any(fault.kind in MOVES_OUTLINE for fault in plan.faults):
        _require_reach(tx, plan, may.outline, "moves the outer line and")


def _require_reach(tx: Tx, plan: Plan, extents: Sequence[Extent], does: str = "") -> None:
    grids = [*plan.work.before.values(), *plan.work.after.values()]
    require_reach(tx.conn, extents, grids, " ".join(filter(None, (f"draft {plan.work.row.id}", does))))


# -- writing ----------------------------------------------------------------------------------------------------------


def _write(tx: Tx, plan: Plan) -> Published:
    row, work = plan.work.row, plan.work
    reason = f"draft {row.id}: {row.title}"
    ids = _write_grids(tx, plan)
    cut_micro_grids(tx, row.scheme_id, plan.number, plan.touched)
    record_edition(tx, row.scheme_id, plan.number, reason, grids=plan.grids, area_mm2=plan.area_mm2)
    _write_lineage(tx, plan, ids)
    # Before the transaction ends everybody who decides in it goes by the new sheet, and by the ids as they are now.
    for i, grid_id in enumerate(plan.after.grid_ids.tolist()):
        plan.after.grid_ids[i] = ids.get(grid_id, grid_id)
    tx.atlas.take(plan.after, tx.now)
    moved = _redecide(tx, plan, ids)
    touched = plan.touched | set(ids.values())
    places = reassign_places(tx, row.scheme_id, touched)
    values = {"state": DraftState.PUBLISHED, "edition": plan.number, "base_edition": plan.number - 1}
    tx.conn.execute(
        update(draft).where(draft.c.id == row.id).values(changed_at=tx.now, approved_by=tx.actor.id, **values)
    )
    tx.record(
        "draft.published", Subject.SCHEME, row.scheme_id, reason=reason,
        data={"draft": row.id, "edition": plan.number, "moved": moved},
    )  # fmt: skip
    return Published(plan.number, plan.grids, len(work.changes), moved["issues"], moved["units"], places)


def _write_grids(tx: Tx, plan: Plan) -> dict[int, int]:
    """End the versions of what changes, write the new ones. Returns the ids of new grids, by those of the plan."""
    row = plan.work.row
    mine = grid_version.c.scheme_id == row.scheme_id, grid_version.c.to_edition.is_(None)
    touched = sorted(plan.touched)
    for start in range(0, len(touched), redeciding.PART):
        ended = grid_version.c.grid_id.in_(touched[start : start + redeciding.PART])
        tx.conn.execute(update(grid_version).where(*mine, ended).values(to_edition=plan.number))
    base = {"scheme_id": row.scheme_id, "level": GridLevel.GRID}
    temporary = sorted(plan.new.values(), reverse=True)
    made = insert_many(tx.conn, grid, [{**base, "created_at": tx.now} for _ in temporary])
    ids = dict(zip(temporary, made, strict=True))
    rows = [
        {**base, **_columns(each), "grid_id": each.grid_id or ids[plan.new[each.code]], "from_edition": plan.number}
        for each in plan.work.after.values()
    ]
    insert_many(tx.conn, grid_version, rows)
    return ids


def _columns(row: GridRow) -> dict[str, Any]:
    names = ("code", "name", "name_en", "area_id", "households", "geom")
    return {**{name: getattr(row, name) for name in names}, "attributes": dict(row.attributes or {}) or None}


def _write_lineage(tx: Tx, plan: Plan, ids: dict[int, int]) -> None:
    rows = [
        {
            "scheme_id": plan.work.row.scheme_id,
            "edition": plan.number,
            "kind": each.kind,
            "grid_id": None if each.taker is None else ids.get(each.taker, each.taker),
            "from_grid_id": each.giver,
            "area_m2": each.area_m2,
            "draft_id": plan.work.row.id,
        }
        for each in plan.descents
    ]
    insert_many(tx.conn, lineage, rows)


def _redecide(tx: Tx, plan: Plan, ids: dict[int, int]) -> dict[str, int]:
    """Write what comes out otherwise; what was filed or moved since the plan was made is looked at now."""
    looked = redeciding.look(tx.conn, plan.before, plan.after, plan.shift, plan.gone, plan.looked)
    changed = [_with_ids(each, ids) for _, each in sorted(looked.changed.items())]
    redeciding.write(tx, plan.after, changed)
    subjects = [each.row.subject for each in changed]
    return {"issues": subjects.count(Subject.ISSUE), "units": subjects.count(Subject.UNIT)}


def _with_ids(each: redeciding.Redecision, ids: dict[int, int]) -> redeciding.Redecision:
    """The decision for a grid that was new to the plan, by the id that it has now."""
    grid_id = each.decision.grid_id
    return each.on(ids[grid_id]) if grid_id in ids else each
