"""The coverage report (无盲点覆盖): what no grid holds, what nobody answers for, where nobody has been.

Four questions about one scheme, each answered as far as the store knows: places outside every grid, grids without a
lead, ground of an area that no grid covers (where the area has an official boundary), and places without a visit in a
window of days. A visit is an inspection of a rental unit that took place; so it is known only of places in which, or
in whose parts, units are registered. Patrols and stewards' visits are not recorded yet and count for nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select, true

from geo.coverage.parts import OUTSIDE
from geo.desk.asof import When, by, existed, in_edition, recorded
from geo.desk.atlas import Atlas, Sheet
from geo.desk.lists import area_in
from geo.desk.people import leaderless
from geo.desk.scope import anything, area_path, in_extents, under
from geo.model import GridLevel, InspectionResult
from geo.rules.access import Capability, Reach
from geo.store.tables import area, grid_version, inspection, place, place_part, rental_unit, unit_class

DAYS = 30
MOST_DAYS = 366
VISIT = (
    "An inspection of a rental unit in the place, or in a place that belongs to it, with the result pass, minor or "
    "major. Of places without rental units no visit can be known."
)


class Gap(StrEnum):
    """What a finding is about."""

    PLACE_OUTSIDE = "place_outside"
    GRID_WITHOUT_LEAD = "grid_without_lead"
    AREA_WITHOUT_GRID = "area_without_grid"
    AREA_UNKNOWN = "area_unknown"  # no official boundary, so nobody can tell
    PLACE_UNVISITED = "place_unvisited"


@dataclass(frozen=True)
class Asked:
    """scheme: a name, None for the primary one. area: a code, with its subtree. days: how far back a visit counts."""

    scheme: str | None = None
    area: str | None = None
    days: int = DAYS


@dataclass(frozen=True)
class Finding:
    """One blind spot. what: the kind of a place, the level of an area, or "grid". area: the code of where it hangs.

    length_m, area_m2: what lies outside of a lane or a compound, or without a grid of an area; share: of the whole.
    geom: what to draw, in metres; None where there is nothing to draw.
    """

    kind: Gap
    code: str
    name: str
    name_en: str | None
    what: str
    area: str | None
    length_m: float | None = None
    area_m2: float | None = None
    share: float | None = None
    geom: Any = None

    def told(self) -> dict[str, Any]:
        """Without the geometry."""
        names = ("kind", "code", "name", "name_en", "what", "area", "length_m", "area_m2", "share")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Report:
    """What was found, and of how many. None where the reader may not know: people, or units."""

    scheme: str
    edition: int
    today: date
    since: date
    counts: Mapping[str, int | None]
    findings: tuple[Finding, ...]

    def of(self, *kinds: Gap) -> list[Finding]:
        return [finding for finding in self.findings if finding.kind in kinds]

    def summary(self) -> dict[str, Any]:
        """As JSON without the findings: what was asked, and how many were found."""
        return {
            "scheme": self.scheme,
            "edition": self.edition,
            "today": self.today.isoformat(),
            "since": self.since.isoformat(),
            "visit": VISIT,
            "counts": dict(self.counts),
        }

    def told(self) -> dict[str, Any]:
        """As JSON: figures first, then every finding by its kind."""
        known = {
            Gap.GRID_WITHOUT_LEAD: self.counts["grids_without_lead"] is not None,
            Gap.PLACE_UNVISITED: self.counts["places_unvisited"] is not None,
        }
        return self.summary() | {
            str(kind): [each.told() for each in self.of(kind)] if known.get(kind, True) else None for kind in Gap
        }


def report(conn: Connection, reach: Reach, atlas: Atlas, when: When, asked: Asked) -> Report:
    """The report on what the reader sees. Raises NotFound for a scheme or an area that is not there for him."""
    at = when.as_of
    sheet = atlas.sheet(conn, asked.scheme, at)
    path = None if asked.area is None else area_path(conn, asked.area, reach.of(Capability.PLACES_SEE))
    here = true() if path is None else under(path)
    since = when.today - timedelta(days=asked.days)
    outside, places = _outside(conn, reach, sheet, here, at)
    leaderless_grids, grids = _without_lead(conn, reach, sheet, here, when)
    ungridded, areas, unknown = _ungridded(conn, reach, sheet, here, at)
    unvisited, visitable = _unvisited(conn, reach, here, datetime.combine(since, time.min, when.zone), at)
    counts = {
        "places": places,
        "places_outside": len(outside),
        "grids": grids,
        "grids_without_lead": None if leaderless_grids is None else len(leaderless_grids),
        "areas": areas,
        "areas_without_grid": len(ungridded),
        "areas_unknown": len(unknown),
        "places_with_units": visitable,
        "places_unvisited": None if unvisited is None else len(unvisited),
    }
    findings = (*outside, *(leaderless_grids or ()), *ungridded, *unknown, *(unvisited or ()))
    return Report(sheet.scheme, sheet.edition, when.today, since, counts, findings)


# -- places outside every grid ----------------------------------------------------------------------------------------


def _outside(conn: Connection, reach: Reach, sheet: Sheet, here: Any, at: datetime | None) -> tuple[list[Finding], int]:
    """Places that lie outside every grid, wholly or in part, and how many places there are."""
    rows = conn.execute(_places(reach, Capability.PLACES_SEE, here, at)).all()
    parts: dict[int, list[Any]] = {}
    for part in conn.execute(
        select(place_part).where(place_part.c.scheme_id == sheet.scheme_id, recorded(place_part, at))
    ):
        parts.setdefault(part.place_id, []).append(part)
    found = []
    for row in rows:
        mine = parts.get(row.id, [])
        beyond = next((part for part in mine if part.grid_id is None), None)
        if beyond is not None:
            whole = sum((part.length_m or part.area_m2 or 0.0) for part in mine)
            share = (beyond.length_m or beyond.area_m2 or 0.0) / whole if whole else 1.0
            found.append(
                _place_finding(Gap.PLACE_OUTSIDE, row, beyond.length_m, beyond.area_m2, round(share, 6))
            )  # fmt: skip
    return found, len(rows)


def _places(reach: Reach, capability: Capability, here: Any, at: datetime | None) -> Any:
    """Places that the reader sees in an area, by code; one without an area is for grants at the root."""
    return (
        select(place, area.c.code.label("area"))
        .outerjoin(area, area.c.id == place.c.area_id)
        .where(existed(place, at), area_in(reach.of(capability)), here)
        .order_by(place.c.code)
    )


def _place_finding(
    kind: Gap, row: Any, length_m: float | None = None, area_m2: float | None = None, share: float | None = None
) -> Finding:
    return Finding(kind, row.code, row.name, row.name_en, row.kind, row.area, length_m, area_m2, share, row.geom)


# -- grids without a lead ---------------------------------------------------------------------------------------------


def _without_lead(
    conn: Connection, reach: Reach, sheet: Sheet, here: Any, when: When
) -> tuple[list[Finding] | None, int]:
    """Grids in whose lead post nobody is, where people may be known; and how many grids the reader sees."""
    query = (
        select(grid_version, area.c.code.label("area"))
        .join(area, area.c.id == grid_version.c.area_id)
        .where(
            grid_version.c.scheme_id == sheet.scheme_id,
            grid_version.c.level == GridLevel.GRID,
            in_edition(when.as_of),
            in_extents(anything(reach.of(Capability.MAP_SEE)), grid_version.c.grid_id),
            here,
        )
        .order_by(grid_version.c.code)
    )
    grids = len(conn.execute(query.with_only_columns(grid_version.c.id)).all())
    people = anything(reach.of(Capability.PEOPLE_SEE))
    if not people:
        return None, grids
    rows = conn.execute(query.where(leaderless(when.today, when.as_of), in_extents(people, grid_version.c.grid_id)))
    return [
        Finding(Gap.GRID_WITHOUT_LEAD, row.code, row.name, row.name_en, "grid", row.area, geom=row.geom) for row in rows
    ], grids


# -- ground without a grid --------------------------------------------------------------------------------------------


def _ungridded(
    conn: Connection, reach: Reach, sheet: Sheet, here: Any, at: datetime | None
) -> tuple[list[Finding], int, list[Finding]]:
    """Areas with ground that no grid covers, how many areas there are, and those without an official boundary."""
    above = area.alias("above")
    rows = conn.execute(
        select(area, above.c.code.label("parent"))
        .outerjoin(above, above.c.id == area.c.parent_id)
        .where(existed(area, at), area_in(reach.of(Capability.PLACES_SEE)), here)
        .order_by(area.c.code)
    ).all()
    found, unknown = [], []
    for row in rows:
        about = (row.code, row.name, row.name_en, row.level, row.parent)
        if row.geom is None:
            unknown.append(Finding(Gap.AREA_UNKNOWN, *about))
            continue
        bare = next((part for part in sheet.cutter.cut(row.geom) if part.row == OUTSIDE), None)
        if bare is not None:
            share = round(bare.measure / row.geom.area, 6)
            found.append(
                Finding(
                    Gap.AREA_WITHOUT_GRID, *about, area_m2=round(bare.measure, 1), share=share, geom=bare.geom
                )
            )  # fmt: skip
    return found, len(rows), unknown


# -- places without a visit -------------------------------------------------------------------------------------------


def _unvisited(
    conn: Connection, reach: Reach, here: Any, since: datetime, at: datetime | None
) -> tuple[list[Finding] | None, int | None]:
    """Places with rental units in which no inspection took place since then, and how many places have units."""
    if not reach.of(Capability.UNITS_COUNT):
        return None, None
    above = dict(map(tuple, conn.execute(select(place.c.id, place.c.parent_id).where(existed(place, at)))))
    in_force = _registered(at) & rental_unit.c.place_id.is_not(None)
    with_units = _with_above(conn.execute(select(rental_unit.c.place_id).where(in_force).distinct()).scalars(), above)
    seen = (
        select(rental_unit.c.place_id)
        .join(inspection, inspection.c.unit_id == rental_unit.c.id)
        .where(in_force, inspection.c.occurred_at >= since, by(inspection.c.recorded_at, at))
        .where(inspection.c.result.in_([result for result in InspectionResult if result.counts]))
    )
    visited = _with_above(conn.execute(seen.distinct()).scalars(), above)
    rows = [row for row in conn.execute(_places(reach, Capability.UNITS_COUNT, here, at)) if row.id in with_units]
    unvisited = [_place_finding(Gap.PLACE_UNVISITED, row) for row in rows if row.id not in visited]
    return unvisited, len(rows)


def _registered(at: datetime | None) -> Any:
    """Rental units that are registered, or were at ``at``: then they had a class, if only none."""
    there = recorded(rental_unit, at)
    if at is None:
        return there
    return there & rental_unit.c.id.in_(select(unit_class.c.unit_id).where(recorded(unit_class, at)))


def _with_above(place_ids: Iterable[int], above: Mapping[int, int | None]) -> set[int]:
    """Places with all that they belong to."""
    found: set[int] = set()
    for place_id in place_ids:
        at: int | None = place_id
        while at is not None and at not in found:
            found.add(at)
            at = above.get(at)
    return found


def columns() -> Sequence[str]:
    """The columns of the table of findings."""
    return ("kind", "code", "name", "name_en", "what", "area", "length_m", "area_m2", "share")
