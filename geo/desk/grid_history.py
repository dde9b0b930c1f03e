"""The life of a grid: how each edition had it, who changed it and why, and whose ground came or went with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from geo.crs import Metric
from geo.desk.scope import anything, in_extents
from geo.errors import NotFound
from geo.model import GridLevel
from geo.rules.access import Extent
from geo.store.tables import area, draft, edition, grid_version, lineage, scheme
from geo.store.types import utc_text


def grid_history(
    conn: Connection, metric: Metric, code: str, extents: Sequence[Extent], scheme_name: str | None = None
) -> dict[str, Any]:
    """Every version of the grid that has a code now, or had it last; the oldest first, with its shape in WGS84.

    Each says who published it, when, why, from which draft by number and title, and which edition that draft took
    back, if any; ``ended`` the same of the edition that took the grid away, None for one in force.

    Grids on the other side of a change of ground are named by the codes that they had then; those outside the extents
    are not. Raises NotFound for a grid that is not there, or that the reader may not see.
    """
    grid_id, named = _find(conn, code, extents, scheme_name)
    rows = conn.execute(
        select(grid_version, area.c.code.label("area"), *_WHO)
        .join(area, area.c.id == grid_version.c.area_id)
        .join(edition, _is_edition(grid_version.c.scheme_id, grid_version.c.from_edition))
        .outerjoin(draft, _became(edition))
        .where(grid_version.c.grid_id == grid_id)
        .order_by(grid_version.c.from_edition)
    ).all()
    ground = _ground(conn, grid_id, extents)
    return {
        "code": rows[-1].code,
        "scheme": named,
        "in_force": rows[-1].to_edition is None,
        "history": [_version(row, metric, ground.get(row.from_edition, [])) for row in rows],
        "ended": _ended(conn, rows[-1]),
        "ground_left": [each for number, told in ground.items() if number == rows[-1].to_edition for each in told],
    }


def _find(conn: Connection, code: str, extents: Sequence[Extent], scheme_name: str | None) -> tuple[int, str]:
    """The id of the grid, and the name of its scheme."""
    row = conn.execute(
        select(grid_version.c.grid_id, scheme.c.name)
        .join(scheme, scheme.c.id == grid_version.c.scheme_id)
        .where(
            grid_version.c.code == code,
            grid_version.c.level == GridLevel.GRID,
            scheme.c.is_primary if scheme_name is None else scheme.c.name == scheme_name,
            in_extents(anything(extents), grid_version.c.grid_id),
        )
        .order_by(grid_version.c.to_edition.is_(None).desc(), grid_version.c.from_edition.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound(f"there is no grid {code} that you may see")
    return row.grid_id, row.name


_WHO = (
    edition.c.published_at, edition.c.actor, edition.c.reason, draft.c.id.label("draft"), draft.c.title,
    draft.c.takes_back,
)  # fmt: skip


def _is_edition(scheme_id: Any, number: Any) -> Any:
    return (edition.c.scheme_id == scheme_id) & (edition.c.number == number)


def _became(of: Any) -> Any:
    """Joins an edition to the draft that became it."""
    return (draft.c.scheme_id == of.c.scheme_id) & (draft.c.edition == of.c.number)


def _ended(conn: Connection, last: Any) -> dict[str, Any] | None:
    """Who took the grid away, when and why."""
    if last.to_edition is None:
        return None
    query = select(*_WHO).select_from(edition.outerjoin(draft, _became(edition)))
    row = conn.execute(query.where(_is_edition(last.scheme_id, last.to_edition))).one()
    return {"edition": last.to_edition, **_who(row)}


def _who(row: Any) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("actor", "reason", "draft", "title", "takes_back")}
    return {"published_at": utc_text(row.published_at), **told}


def _version(row: Any, metric: Metric, ground: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "edition": row.from_edition,
        "until_edition": row.to_edition,
        **_who(row),
        "code": row.code,
        "name": row.name,
        "name_en": row.name_en,
        "area": row.area,
        "households": row.households,
        "area_m2": round(float(row.geom.area), 3),
        "ground": list(ground),
        "geometry": metric.unproject_geometry(row.geom).__geo_interface__,
    }


def _ground(conn: Connection, grid_id: int, extents: Sequence[Extent]) -> dict[int, list[dict[str, Any]]]:
    """What ground the grid got or gave, by edition."""
    taker, giver = aliased(grid_version), aliased(grid_version)
    rows = conn.execute(
        select(lineage, taker.c.code.label("taker"), giver.c.code.label("giver"))
        .select_from(lineage)
        .outerjoin(
            taker,
            (taker.c.grid_id == lineage.c.grid_id)
            & (taker.c.from_edition == lineage.c.edition)
            & in_extents(anything(extents), taker.c.grid_id),
        )
        .outerjoin(
            giver,
            (giver.c.grid_id == lineage.c.from_grid_id)
            & (giver.c.to_edition == lineage.c.edition)
            & in_extents(anything(extents), giver.c.grid_id),
        )
        .where((lineage.c.grid_id == grid_id) | (lineage.c.from_grid_id == grid_id))
        .order_by(lineage.c.edition, lineage.c.id)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        told = {"kind": str(row.kind), "from": row.giver, "to": row.taker, "area_m2": round(row.area_m2, 3)}
        found.setdefault(row.edition, []).append(told)
    return found
