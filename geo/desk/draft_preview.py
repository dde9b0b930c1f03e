"""What a draft would move, before anybody publishes it: issues, rental units, households, loads, and who hears of it.

The figures are those of a plan (``geo/desk/planning.py``), so the publication does what the preview says unless
something comes in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from geo.coverage.faults import fault_record
from geo.desk import people
from geo.desk.draft_checks import changes_told
from geo.desk.place_parts import CHUNK, parts_of, places_in
from geo.desk.planning import Plan
from geo.desk.redeciding import Redecision
from geo.model import OPEN_STATES, Subject
from geo.rules.access import Extent
from geo.store.tables import area, assignment, issue_state, place, place_part, rental_unit

Move = tuple[int | None, int | None]  # grids before and after; None: no grid


@dataclass(frozen=True)
class Sights:
    """Where a reader may see issues, count rental units and households, know who answers, and see single units."""

    issues: Sequence[Extent]
    units: Sequence[Extent]
    leads: Sequence[Extent]
    unit_points: Sequence[Extent] = ()

    @classmethod
    def everything(cls) -> Sights:
        every = (Extent("/"),)
        return cls(every, every, every, every)


def preview(conn: Connection, plan: Plan, sights: Sights, today: date) -> dict[str, Any]:
    """JSON-ready. What the reader may not see everywhere that the draft concerns is null.

    moves: a row a pair of grids, with the issues, units and households that go from one to the other. loads: [before,
    after] of every grid that changes. told: who answers for each grid that is concerned.
    """
    issues = _moves(plan, Subject.ISSUE) if is_sight_whole(conn, plan, sights.issues) else None
    units = _moves(plan, Subject.UNIT) if is_sight_whole(conn, plan, sights.units) else None
    households = _household_moves(conn, plan) if units is not None else None
    counted = {"issues": issues, "units": units, "households": households}
    told = is_sight_whole(conn, plan, sights.leads)
    return {
        "draft": plan.work.row.id,
        "edition": plan.number,
        "changes": changes_told(conn, plan.work),
        "warnings": [fault_record(fault) for fault in plan.faults],
        "lineage": [_descent(plan, each) for each in plan.descents],
        **{name: None if moves is None else _total(moves) for name, moves in counted.items()},
        "moves": _rows(plan, counted),
        "loads": _loads(conn, plan, counted),
        "told": _told(conn, plan, counted, today) if told else None,
    }


def is_sight_whole(conn: Connection, plan: Plan, extents: Sequence[Extent]) -> bool:
    """Whether a capability holds, for every category, in all areas that the draft concerns."""
    paths = conn.execute(select(area.c.path).where(area.c.id.in_(plan.work.areas))).scalars()
    whole = [extent for extent in extents if extent.categories is None]
    return all(any(extent.covers(path) for extent in whole) for path in paths)


# -- what moves -------------------------------------------------------------------------------------------------------


def _moves(plan: Plan, subject: Subject) -> Counter[Move]:
    return Counter((each.row.grid_id, each.decision.grid_id) for each in moved(plan, subject))


def moved(plan: Plan, subject: Subject) -> list[Redecision]:
    """The issues or units that change their grid; those of which only the method changes are none."""
    of_kind = (each for each in plan.looked.changed.values() if each.row.subject == subject)
    return [each for each in of_kind if each.row.grid_id != each.decision.grid_id]


def _household_moves(conn: Connection, plan: Plan) -> Counter[Move]:
    """By the places that tell how many live there: where most of each lies, before and after."""
    moves: Counter[Move] = Counter()
    ids = places_in(conn, plan.work.row.scheme_id, plan.touched)
    for start in range(0, len(ids), CHUNK):
        rows = _homes(conn, plan, ids[start : start + CHUNK])
        for row, parts in zip(rows, parts_of(plan.after, [row.geom for row in rows]), strict=True):
            after = next((part.grid_id for part in parts if part.is_primary), None)
            if after != row.grid_id:
                moves[row.grid_id, after] += row.households
    return moves


def _homes(conn: Connection, plan: Plan, ids: Sequence[int]) -> Sequence[Any]:
    """Places with households and the grid that has most of each; a building's are among its compound's."""
    mine = (place_part.c.place_id == place.c.id) & (place_part.c.scheme_id == plan.work.row.scheme_id)
    primary = mine & place_part.c.to_at.is_(None) & place_part.c.is_primary
    return conn.execute(
        select(place.c.id, place.c.geom, place.c.households, place_part.c.grid_id)
        .outerjoin(place_part, primary)
        .where(place.c.id.in_(ids), *lowest())
        .order_by(place.c.id)
    ).all()


def lowest() -> tuple[Any, ...]:
    """Places that tell of households while nothing inside them does."""
    inner = aliased(place)
    divided = select(inner.c.parent_id).where(
        inner.c.parent_id.is_not(None), inner.c.households > 0, inner.c.undone_at.is_(None)
    )
    return place.c.households > 0, place.c.undone_at.is_(None), place.c.id.not_in(divided)


def _total(moves: Counter[Move]) -> int:
    return sum(moves.values())


def _rows(plan: Plan, counted: Mapping[str, Counter[Move] | None]) -> list[dict[str, Any]]:
    pairs = {pair for moves in counted.values() if moves is not None for pair in moves}
    before, after = plan.codes
    rows = [
        {
            "from": before.get(giver) if giver is not None else None,
            "to": after.get(taker) if taker is not None else None,
            **{name: None if moves is None else moves[giver, taker] for name, moves in counted.items()},
        }
        for giver, taker in pairs
    ]
    return sorted(rows, key=lambda row: (row["from"] or "", row["to"] or ""))


def _descent(plan: Plan, each: Any) -> dict[str, Any]:
    before, after = plan.codes
    return {
        "kind": str(each.kind),
        "from": before.get(each.giver),
        "to": after.get(each.taker),
        "area_m2": round(each.area_m2, 3),
    }


# -- loads ------------------------------------------------------------------------------------------------------------


def _loads(conn: Connection, plan: Plan, counted: Mapping[str, Counter[Move] | None]) -> list[dict[str, Any]]:
    """[before, after] of each grid that changes, goes or comes; null where the reader may not count."""
    before, after = plan.codes
    concerned = _concerned(plan, counted)
    now = {
        "issues": _issue_counts(conn, plan, concerned),
        "units": _unit_counts(conn, plan, concerned),
        "households": _household_counts(conn, plan, concerned),
    }
    rows = []
    for grid_id in concerned:
        row: dict[str, Any] = {"grid": after.get(grid_id) or before[grid_id], "gone": grid_id not in after}
        for name, moves in counted.items():
            row[name] = None if moves is None else [now[name][grid_id], now[name][grid_id] + _gain(moves, grid_id)]
        if row["households"]:
            row["households"] = _as_stated(plan, grid_id, row["households"])
        rows.append(row)
    return sorted(rows, key=lambda row: str(row["grid"]))


def _as_stated(plan: Plan, grid_id: int, counted: list[int]) -> list[int]:
    """Households before and after, by what is stated of the grid itself, as maps show it, or else by its places.

    counted: by places. Where the draft states nothing new, what its places gain or lose is added to what was stated.
    """
    was, then = plan.work.base.get(grid_id), plan.work.by_code(plan.codes[1].get(grid_id, ""))
    stated, to_be = (None if grid is None else grid.households for grid in (was, then))
    before = counted[0] if stated is None else stated
    if then is None:
        return [before, 0]
    if to_be != stated:
        return [before, counted[1] if to_be is None else to_be]
    return [before, before + counted[1] - counted[0]]


def _concerned(plan: Plan, counted: Mapping[str, Counter[Move] | None]) -> list[int]:
    """Grids that change, come or go, and those that only gain or lose: ids, new ones below nought."""
    moving = {g for moves in counted.values() if moves for pair in moves for g in pair if g is not None}
    kept = {grid.grid_id for grid in plan.work.after.values() if grid.grid_id is not None}
    return sorted(plan.touched | kept | set(plan.new.values()) | moving)


def _gain(moves: Counter[Move], grid_id: int) -> int:
    return sum(n * ((taker == grid_id) - (giver == grid_id)) for (giver, taker), n in moves.items())


def _issue_counts(conn: Connection, plan: Plan, ids: Iterable[int]) -> Counter[int]:
    is_open = issue_state.c.to_at.is_(None) & issue_state.c.state.in_(OPEN_STATES)
    join = assignment.join(issue_state, (issue_state.c.issue_id == assignment.c.subject_id) & is_open)
    return _counts(conn, join, Subject.ISSUE, ids)


def _unit_counts(conn: Connection, plan: Plan, ids: Iterable[int]) -> Counter[int]:
    there = (rental_unit.c.id == assignment.c.subject_id) & rental_unit.c.undone_at.is_(None)
    return _counts(conn, assignment.join(rental_unit, there), Subject.UNIT, ids)


def _counts(conn: Connection, of: Any, subject: Subject, ids: Iterable[int]) -> Counter[int]:
    here = assignment.c.subject == subject, assignment.c.to_at.is_(None), assignment.c.grid_id.in_(list(ids))
    query = select(assignment.c.grid_id, func.count()).select_from(of).where(*here).group_by(assignment.c.grid_id)
    return Counter({grid_id: int(n) for grid_id, n in conn.execute(query)})


def _household_counts(conn: Connection, plan: Plan, ids: Iterable[int]) -> Counter[int]:
    here = place_part.c.to_at.is_(None), place_part.c.is_primary, place_part.c.grid_id.in_(list(ids))
    rows = conn.execute(
        select(place_part.c.grid_id, func.sum(place.c.households))
        .join(place, place.c.id == place_part.c.place_id)
        .where(place_part.c.scheme_id == plan.work.row.scheme_id, *here, *lowest())
        .group_by(place_part.c.grid_id)
    )
    return Counter({grid_id: int(households) for grid_id, households in rows})


# -- who hears of it --------------------------------------------------------------------------------------------------


def _told(
    conn: Connection, plan: Plan, counted: Mapping[str, Counter[Move] | None], today: date
) -> list[dict[str, Any]]:
    """Who answers for each grid that is concerned; lead is null where nobody does, as for one that comes."""
    before, after = plan.codes
    concerned = _concerned(plan, counted)
    answering = people.answering(conn, [grid_id for grid_id in concerned if grid_id > 0], today)
    rows = [{"grid": after.get(each) or before[each], "lead": answering.get(each)} for each in concerned]
    return sorted(rows, key=lambda row: str(row["grid"]))
