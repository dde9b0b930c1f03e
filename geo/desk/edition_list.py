"""The editions of a scheme: from when to when each was in force, who published it, and how much it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, union

from geo.desk.edition_grids import scheme_named
from geo.desk.lists import Page, last_id, taken
from geo.desk.scope import anything, in_extents
from geo.model import GridLevel
from geo.rules.access import ROOT, Extent
from geo.store.tables import draft, edition, grid_version
from geo.store.types import utc_text


def list_editions(
    conn: Connection, extents: Sequence[Extent], scheme_name: str | None, cursor: str | None, limit: int
) -> Page:
    """The editions of a scheme (None: the primary one), newest first.

    changed: how many grids of the reader differ from the edition before. Who, why and which draft are told of an
    edition that changed any of them; to who sees everything of each. Raises NotFound for a scheme that is not there.
    """
    scheme_id, name = scheme_named(conn, scheme_name)
    later = edition.alias("later")
    query = (
        select(
            edition, later.c.published_at.label("until"), draft.c.id.label("draft"), draft.c.title,
            draft.c.created_by, draft.c.takes_back,
        )
        .outerjoin(later, (later.c.scheme_id == scheme_id) & (later.c.number == edition.c.number + 1))
        .outerjoin(draft, (draft.c.scheme_id == scheme_id) & (draft.c.edition == edition.c.number))
        .where(edition.c.scheme_id == scheme_id)
        .order_by(edition.c.number.desc())
    )  # fmt: skip
    if cursor is not None:
        query = query.where(edition.c.number < last_id(cursor))
    page = taken(conn, query, limit, lambda row: dict(row._mapping), "{number}")
    changed = _changed(conn, scheme_id, [row["number"] for row in page.items], extents)
    sees_all = any(extent.path == ROOT for extent in extents)
    return Page([_told(row, name, changed.get(row["number"], 0), sees_all) for row in page.items], page.cursor)


def _changed(conn: Connection, scheme_id: int, numbers: Sequence[int], extents: Sequence[Extent]) -> dict[int, int]:
    """How many grids came, went or changed with each edition."""
    version = grid_version.c
    here = version.scheme_id == scheme_id, version.level == GridLevel.GRID
    mine = in_extents(anything(extents), version.grid_id)
    if not numbers:
        return {}
    touched = union(
        *(
            select(version.grid_id, number.label("number")).where(*here, number.in_(numbers), mine)
            for number in (version.from_edition, version.to_edition)
        )
    ).subquery()
    counts = select(touched.c.number, func.count()).group_by(touched.c.number)
    return {number: int(count) for number, count in conn.execute(counts)}


def _told(row: Mapping[str, Any], scheme: str, changed: int, sees_all: bool) -> dict[str, Any]:
    known = changed > 0 or sees_all
    why = ("actor", "reason", "draft", "title", "created_by", "takes_back")
    return {
        "number": row["number"],
        "scheme": scheme,
        "from": utc_text(row["published_at"]),
        "until": utc_text(row["until"]) if row["until"] else None,
        "grids": row["grids"],
        "changed": changed,
        **{name: row[name] if known else None for name in why},
    }
