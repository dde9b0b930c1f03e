"""Which issues and rental units a draft would move, one by one, as a map beside it shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from geo.desk.draft_preview import Sights, is_sight_whole, moved
from geo.desk.place_parts import CHUNK
from geo.desk.planning import Plan
from geo.desk.redeciding import Redecision
from geo.model import Subject
from geo.store.tables import issue_state, unit_class

MOST = 2_000  # of each kind: a map shows no more of them apart


def moved_points(conn: Connection, plan: Plan, sights: Sights) -> dict[str, Any]:
    """{"issues", "units": how many change their grid, "shown": the points of the first MOST of each, by id}.

    A point is {"kind", "id", "lon", "lat", "from", "to"} with the state of an issue, or the class of a unit. Figures
    are null, as in a preview, where the reader may not know them everywhere that the draft concerns; units that may be
    counted only are not among the points.
    """
    issues = moved(plan, Subject.ISSUE) if is_sight_whole(conn, plan, sights.issues) else None
    units = moved(plan, Subject.UNIT) if is_sight_whole(conn, plan, sights.units) else None
    seen = units if is_sight_whole(conn, plan, sights.unit_points) else None
    return {
        "issues": None if issues is None else len(issues),
        "units": None if units is None else len(units),
        "shown": _issue_points(conn, plan, issues or ()) + _unit_points(conn, plan, seen or ()),
    }


def _issue_points(conn: Connection, plan: Plan, found: Sequence[Redecision]) -> list[dict[str, Any]]:
    return _points(conn, plan, found, "state", issue_state.c.issue_id, issue_state.c.state, issue_state.c.to_at)


def _unit_points(conn: Connection, plan: Plan, found: Sequence[Redecision]) -> list[dict[str, Any]]:
    return _points(conn, plan, found, "class", unit_class.c.unit_id, unit_class.c.risk_class, unit_class.c.to_at)


def _points(
    conn: Connection, plan: Plan, found: Sequence[Redecision], name: str, key: Any, value: Any, until: Any
) -> list[dict[str, Any]]:
    """name: of what is told of each beside its place; key, value, until: the columns that tell it."""
    first = sorted(found, key=lambda each: each.row.subject_id)[:MOST]
    said = _said(conn, [each.row.subject_id for each in first], key, value, until)
    before, after = plan.codes
    return [
        {
            "kind": str(each.row.subject),
            "id": each.row.subject_id,
            "lon": each.row.lon,
            "lat": each.row.lat,
            name: said.get(each.row.subject_id),
            "from": before.get(each.row.grid_id),
            "to": None if each.decision.grid_id is None else after[each.decision.grid_id],
        }
        for each in first
    ]


def _said(conn: Connection, ids: Sequence[int], key: Any, value: Any, until: Any) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for part in _parts(ids):
        rows = conn.execute(select(key, value).where(key.in_(part), until.is_(None)))
        found |= {subject_id: said for subject_id, said in rows}
    return found


def _parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
