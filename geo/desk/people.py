"""Who answers where: leads, their deputies and covers, and the chain from a grid up to the district.

A post stays, people come and go: an appointment puts a person in it from one local date to another. Everything here
reads many grids with a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select

from geo.desk.asof import in_edition, recorded
from geo.model import GridLevel, PostKind
from geo.store.tables import appointment, area, grid_version, leave, person, post

MANY = 500  # from so many grids on a scan is quicker than a long list, and SQLite's limit of parameters is far

# Whose post answers, by what the post is on; a deputy answers while the lead is away or missing.
_ANSWERING = (PostKind.LEAD, PostKind.DEPUTY, PostKind.AREA_LEAD, PostKind.MICRO_GRID_HEAD)
_COVER = "cover"


@dataclass(frozen=True, slots=True)
class _Holder:
    """Somebody in a post on a date. cover: who stands in while they are on leave."""

    kind: PostKind
    person: Any
    on_leave: bool
    cover: Any | None


class _Roster:
    """Holders of answering posts on one date, by what the post is on. at: as it was recorded then."""

    def __init__(self, conn: Connection, on: date, at: datetime | None, where: ColumnElement[bool]) -> None:
        self.by_grid: dict[int, list[_Holder]] = {}
        self.by_area: dict[int, list[_Holder]] = {}
        away = _on_leave(conn, on, at)
        rows = conn.execute(
            select(
                identity().label("id"), post.c.kind, post.c.grid_id, post.c.area_id,
                person.c.id.label("person_id"), person.c.name, person.c.name_en,
            )
            .select_from(
                appointment.join(post, post.c.id == appointment.c.post_id)
                .join(person, person.c.id == appointment.c.person_id)
            )
            .where(post.c.kind.in_(_ANSWERING), serving(on, at), where)
            .order_by(appointment.c.from_date.desc(), appointment.c.id.desc())
        )  # fmt: skip
        for row in rows:
            holder = _Holder(PostKind(row.kind), row, row.id in away, away.get(row.id))
            if row.grid_id is not None:
                self.by_grid.setdefault(row.grid_id, []).append(holder)
            elif row.area_id is not None:
                self.by_area.setdefault(row.area_id, []).append(holder)

    @staticmethod
    def answers(holders: Sequence[_Holder]) -> dict[str, Any] | None:
        """The lead; while away the cover, else a deputy who is there; else the lead all the same, marked as away."""
        leads = [holder for holder in holders if holder.kind is not PostKind.DEPUTY]
        deputies = [holder for holder in holders if holder.kind is PostKind.DEPUTY and not holder.on_leave]
        present = [holder for holder in leads if not holder.on_leave]
        if present:
            return _told(present[0].person, present[0].kind)
        covered = [holder for holder in leads if holder.cover is not None]
        if covered:
            away = covered[0].person
            return _told(covered[0].cover, _COVER) | {"stands_in_for": away.name, "stands_in_for_en": away.name_en}
        if deputies:
            return _told(deputies[0].person, PostKind.DEPUTY)
        return _told(leads[0].person, leads[0].kind) | {"on_leave": True} if leads else None


def _told(who: Any, as_what: str) -> dict[str, Any]:
    return {"id": who.person_id, "name": who.name, "name_en": who.name_en, "post": str(as_what)}


def serving(on: date, at: datetime | None = None) -> ColumnElement[bool]:
    """Appointments that hold on a local date, as they are recorded or were at ``at``."""
    day = on.isoformat()
    until = or_(appointment.c.to_date.is_(None), appointment.c.to_date > day)
    return recorded(appointment, at) & (appointment.c.from_date <= day) & until


def covering(on: date, at: datetime | None = None) -> ColumnElement[bool]:
    """Leaves during which somebody is away on a local date, as they are recorded or were at ``at``."""
    day = on.isoformat()
    return recorded(leave, at) & (leave.c.from_date <= day) & (leave.c.to_date > day)


def identity() -> ColumnElement[int]:
    """The id by which an appointment is known, whichever of its rows is read."""
    return func.coalesce(appointment.c.became_id, appointment.c.id)


def _on_leave(conn: Connection, on: date, at: datetime | None) -> dict[int, Any | None]:
    """Appointments whose holder is away that day: id -> the person who covers, or None."""
    rows = conn.execute(
        select(leave.c.appointment_id, person.c.id.label("person_id"), person.c.name, person.c.name_en)
        .outerjoin(person, (person.c.id == leave.c.cover_person_id) & recorded(person, at))
        .where(covering(on, at))
        .order_by(leave.c.id)
    )
    return {row.appointment_id: row if row.person_id is not None else None for row in rows}


# -- who answers ------------------------------------------------------------------------------------------------------


def answering(
    conn: Connection, grid_ids: Iterable[int] | None, on: date, at: datetime | None = None
) -> dict[int, dict[str, Any]]:
    """Who answers for these grids (None: all) on a local date: grid id -> {"id", "name", "name_en", "post"}.

    post is "lead", "cover" (with "stands_in_for"), "deputy" or "micro_grid_head". A lead who is away with nobody to
    stand in is given with "on_leave". Grids for which nobody answers are left out.
    """
    roster = _Roster(conn, on, at, post.c.grid_id.is_not(None) & _among(post.c.grid_id, grid_ids))
    wanted = None if grid_ids is None else set(grid_ids)
    found = {g: roster.answers(holders) for g, holders in roster.by_grid.items() if wanted is None or g in wanted}
    return {grid_id: who for grid_id, who in found.items() if who is not None}


def chains(
    conn: Connection, grid_ids: Iterable[int], on: date, at: datetime | None = None, *, with_leads: bool = True
) -> dict[int, list[dict[str, Any]]]:
    """From each grid up to the district, with who answers at each level: micro-grid, grid, community, subdistrict, ...

    grid id -> [{"level", "code", "name", "name_en", "lead"}], the grid itself first. Grids no longer in force are left
    out. Without leads nobody is looked up.
    """
    wanted = list(dict.fromkeys(grid_ids))
    grids = _grids(conn, wanted, at)
    parents = [grid.parent_grid_id for grid in grids.values() if grid.parent_grid_id is not None]
    grids |= _grids(conn, [grid_id for grid_id in parents if grid_id not in grids], at)
    areas = _areas_above(conn, {grid.area_id for grid in grids.values() if grid.area_id is not None}, at)
    held = _among(post.c.area_id, areas) | _among(post.c.grid_id, grids)
    roster = _Roster(conn, on, at, held) if with_leads else None
    return {grid_id: _chain(grids, areas, roster, grid_id) for grid_id in wanted if grid_id in grids}


def _chain(grids: dict[int, Any], areas: dict[int, Any], roster: _Roster | None, grid_id: int) -> list[dict[str, Any]]:
    links = []
    grid = grids.get(grid_id)
    area_id = None
    while grid is not None:
        links.append(_link(grid, roster.answers(roster.by_grid.get(grid.grid_id, ())) if roster else None))
        area_id = grid.area_id
        grid = grids.get(grid.parent_grid_id)
    above = areas.get(area_id) if area_id is not None else None
    while above is not None:
        links.append(_link(above, roster.answers(roster.by_area.get(above.id, ())) if roster else None))
        above = areas.get(above.parent_id)
    return links


def _link(row: Any, lead: dict[str, Any] | None) -> dict[str, Any]:
    return {"level": row.level, "code": row.code, "name": row.name, "name_en": row.name_en, "lead": lead}


def chain(conn: Connection, grid_id: int, on: date, at: datetime | None = None) -> list[dict[str, Any]]:
    """The chain of one grid; empty where it is no longer in force."""
    return chains(conn, [grid_id], on, at).get(grid_id, [])


def _grids(conn: Connection, grid_ids: Sequence[int], at: datetime | None) -> dict[int, Any]:
    if not grid_ids:
        return {}
    wanted = set(grid_ids)
    are_few = len(wanted) <= MANY
    rows = conn.execute(_versions(at, are_few), {"grid_ids": list(wanted)} if are_few else {})
    return {row.grid_id: row for row in rows if row.grid_id in wanted}


@lru_cache(maxsize=16)  # made once, mostly for the present: making it takes longer than carrying it out
def _versions(at: datetime | None, are_few: bool) -> Select[Any]:
    version = grid_version.c
    query = select(
        version.grid_id, version.level, version.code, version.name, version.name_en, version.area_id,
        version.parent_grid_id,
    ).where(in_edition(at))  # fmt: skip
    return query.where(version.grid_id.in_(bindparam("grid_ids", expanding=True))) if are_few else query


def _areas_above(conn: Connection, area_ids: Collection[int], at: datetime | None) -> dict[int, Any]:
    """These areas and all above them, by id."""
    return {row.id: row for row in conn.execute(_upwards(at), {"area_ids": list(area_ids)})}


@lru_cache(maxsize=16)
def _upwards(at: datetime | None) -> Select[Any]:
    query = select(area.c.id, area.c.code, area.c.name, area.c.name_en, area.c.level, area.c.parent_id)
    query = query.where(recorded(area, at))
    found = query.where(area.c.id.in_(bindparam("area_ids", expanding=True))).cte("found", recursive=True)
    return select(found.union(query.join(found, found.c.parent_id == area.c.id)))


def _among(column: ColumnElement[Any], ids: Iterable[int] | None) -> ColumnElement[bool]:
    """A condition that keeps a short list short; a long one is left to the caller to pick from."""
    listed = None if ids is None else list(ids)
    return column.is_not(None) if listed is None or len(listed) > MANY else column.in_(listed)


def english_names(conn: Connection, names: Collection[str]) -> dict[str, str]:
    """English names of people by the one they are recorded under, where all namesakes have the same."""
    english = person.c.name_en
    rows = conn.execute(
        select(person.c.name, func.min(english).label("english"))
        .where(person.c.name.in_(names), person.c.undone_at.is_(None))
        .group_by(person.c.name)
        .having(func.count(func.distinct(english)) == 1, func.count(english) == func.count())
    )
    return {row.name: row.english for row in rows}


def leaderless(on: date, at: datetime | None = None) -> ColumnElement[bool]:
    """Grids (of grid_version) in whose lead post nobody is on that date; micro-grids have heads, not leads."""
    led = (
        select(post.c.grid_id)
        .join(appointment, appointment.c.post_id == post.c.id)
        .where(post.c.kind == PostKind.LEAD, post.c.grid_id.is_not(None), serving(on, at))
    )
    return (grid_version.c.level == GridLevel.GRID) & grid_version.c.grid_id.not_in(led)
