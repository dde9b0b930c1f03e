"""What differs between two editions: grids that came, went or changed, whose ground went where, and both on a map."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, select

from geo.coverage.descent import descents
from geo.crs import Metric
from geo.desk.draft_checks import changes_told
from geo.desk.draft_work import Work
from geo.desk.edition_grids import (
    EditionGrids,
    GridRow,
    Grids,
    Key,
    changed_between,
    newest_edition,
    scheme_named,
    versions_at,
)
from geo.desk.scope import area_path, sight
from geo.errors import NotFound
from geo.rules.access import Extent
from geo.store.tables import edition

LISTED = 1000  # grids that are told and drawn; more are counted
_DECIMALS = 9  # a tenth of the lattice


@dataclass(frozen=True)
class Compared:
    """Which editions of which scheme (None: the primary one). older: None for the one before. area: only its grids."""

    number: int
    older: int | None = None
    scheme: str | None = None
    area: str | None = None


def difference(conn: Connection, metric: Metric, asked: Compared, extents: Sequence[Extent]) -> dict[str, Any]:
    """JSON-ready: changes as of draft_checks.changes_told, ground that changed hands, and a map of before and after.

    Of the grids in the extents alone; one on the other side of a change of ground is told as None where it lies
    outside of them. ``count`` says how many differ, of which the first 1,000 by code are told and drawn. Edition 0 is
    the one that has no grid. Raises NotFound for a scheme, an edition or an area that is not there.
    """
    scheme_id, name = scheme_named(conn, asked.scheme)
    older = asked.number - 1 if asked.older is None else asked.older
    for number in (asked.number, older):
        _require(conn, scheme_id, number)
    seen = sight(conn, extents).grids
    touched = changed_between(conn, scheme_id, *sorted((older, asked.number)))
    every = _work(conn, scheme_id, older, asked.number, touched)
    mine = {key for key in every.changes if seen is None or key in seen}
    if asked.area is not None:
        here = sight(conn, [Extent(area_path(conn, asked.area, extents))]).grids
        mine = {key for key in mine if here is None or key in here}
    work = _only(every, mine)
    told = _first(work)
    changes = changes_told(conn, told)
    return {
        "scheme": name,
        "from": older,
        "to": asked.number,
        "count": len(work.changes),
        "changes": changes,
        "lineage": _lineage(every, told, seen),
        "map": _on_a_map(told, changes, metric),
    }


def _require(conn: Connection, scheme_id: int, number: int) -> None:
    here = edition.c.scheme_id == scheme_id, edition.c.number == number
    if number != 0 and conn.execute(select(edition.c.id).where(*here)).first() is None:
        newest = newest_edition(conn, scheme_id)
        raise NotFound(f"there is no edition {number}: they are numbered from 1 to {newest}")


def _work(conn: Connection, scheme_id: int, older: int, newer: int, grid_ids: Collection[int]) -> Work:
    """The grids that differ, as if the older edition were drafted into the newer one."""
    before, after = (versions_at(conn, scheme_id, number, grid_ids) for number in (older, newer))
    keys = before.keys() | after.keys()
    differ = {key for key in keys if not _same(before, after, key)}
    return _only(Work(None, before, {key: after.get(key) for key in keys}), differ)


def _same(before: EditionGrids, after: EditionGrids, key: Key) -> bool:
    return key in before and key in after and after[key].is_as(before[key])


def _only(work: Work, keys: Collection[Key]) -> Work:
    base = EditionGrids({key: grid for key, grid in work.base.items() if key in keys})
    return Work(work.row, base, {key: grid for key, grid in work.changes.items() if key in keys})


def _first(work: Work) -> Work:
    """The first grids by their codes, as many as are listed."""
    if len(work.changes) <= LISTED:
        return work
    codes = {key: (grid or work.base[key]).code for key, grid in work.changes.items()}
    return _only(work, sorted(codes, key=codes.__getitem__)[:LISTED])


def _lineage(every: Work, told: Work, seen: Collection[int] | None) -> list[dict[str, Any]]:
    """Ground that the grids that are told gave or got, by whatever grid that changed as well."""
    near = _near(every, told)
    before, after = (_by_id(grids, near) for grids in (every.before, every.after))
    found = descents({key: grid.geom for key, grid in before.items()}, {key: grid.geom for key, grid in after.items()})
    return [
        {
            "kind": str(each.kind),
            "from": _code(before, each.giver, seen),
            "to": _code(after, each.taker, seen),
            "area_m2": round(each.area_m2, 3),
        }
        for each in found
        if each.giver in told.changes or each.taker in told.changes
    ]


def _near(every: Work, told: Work) -> set[Key]:
    """The grids of which a version meets one of those that are told: nobody else can have had their ground."""
    pairs = [(key, grid.geom) for grids in (every.before, every.after) for key, grid in grids.items()]
    mine = [grid.geom for grids in (told.before, told.after) for grid in grids.values()]
    if not mine:
        return set()
    met = shapely.STRtree([geom for _, geom in pairs]).query(mine)[1]
    return {pairs[i][0] for i in met.tolist()}


def _by_id(grids: Grids, keys: Collection[Key]) -> dict[int, GridRow]:
    return {key: grid for key, grid in grids.items() if isinstance(key, int) and key in keys}


def _code(grids: Mapping[int, GridRow], key: int | None, seen: Collection[int] | None) -> str | None:
    return None if key is None or (seen is not None and key not in seen) else grids[key].code


def _on_a_map(work: Work, changes: Sequence[Mapping[str, Any]], metric: Metric) -> dict[str, Any]:
    """Before and after of each grid as GeoJSON in WGS84; properties: code, change and side, the same code on both."""
    # One that went and one that has its code since are told apart.
    kind = {(each["code"], each["change"] == "gone"): each["change"] for each in changes}
    codes = {key: (grid or work.base[key]).code for key, grid in work.changes.items()}
    features = []
    for side, grids in (("before", work.before), ("after", work.after)):
        geoms = np.empty(len(grids), dtype=object)
        geoms[:] = [grid.geom for grid in grids.values()]
        for key, geom in zip(grids, metric.unproject_geometry(geoms), strict=True):
            rounded = shapely.transform(geom, lambda c: np.round(c, _DECIMALS))
            properties = {"code": codes[key], "side": side, "change": kind[codes[key], work.changes[key] is None]}
            features.append({"type": "Feature", "properties": properties, "geometry": rounded.__geo_interface__})
    return {"type": "FeatureCollection", "features": features}
