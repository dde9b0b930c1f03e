"""Where an address may be, ranked, for a person to choose from: only what that person may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, select

from geo.desk.address_books import AddressBooks
from geo.desk.atlas import Atlas
from geo.desk.gridmap import DECIMALS
from geo.desk.search import grid_at
from geo.rules.address import parse
from geo.rules.address_book import Candidate, decided
from geo.rules.address_tree import Node
from geo.rules.evidence import stands_at
from geo.store.tables import area, grid_version, issue, place, report

MOST = 20


def issue_text(conn: Connection, issue_id: int) -> str:
    """What the report of an issue says about where: its address, else its description."""
    row = conn.execute(
        select(report.c.address, report.c.description)
        .join(issue, issue.c.report_id == report.c.id)
        .where(issue.c.id == issue_id)
    ).one()
    return (row.address or "").strip() or row.description


def candidates(
    conn: Connection, books: AddressBooks, atlas: Atlas, prefixes: Sequence[str], address: str, limit: int
) -> dict[str, Any]:
    """{"address", "parsed", "decides", "candidates"}: decides is the code of the place that it would be placed at.

    prefixes: paths of the areas whose places may be seen.
    """
    ranked = books.book(conn).rank(address, MOST + limit)
    seen = [each for each in ranked if any(each.node.path.startswith(prefix) for prefix in prefixes)][:limit]
    first = decided(ranked)
    by_id = _places(conn, [each.node.place.id for each in seen if each.node.place])
    names = _area_names(conn, seen)
    grids = _grid_codes(conn)
    return {
        "address": address,
        "parsed": {name: text for name, text in asdict(parse(address)).items() if text is not None},
        "decides": first.node.place.code if first and first in seen and first.node.place else None,
        "candidates": [_told(conn, atlas, each, by_id, names, grids) for each in seen],
    }


def _places(conn: Connection, ids: Sequence[int]) -> dict[int, Any]:
    return {row.id: row.geom for row in conn.execute(select(place.c.id, place.c.geom).where(place.c.id.in_(ids)))}


def _area_names(conn: Connection, seen: Sequence[Candidate]) -> dict[str, dict[str, Any]]:
    """Code -> names of the areas above the candidates."""
    codes = {code for each in seen for code in each.node.path.split("/") if code}
    rows = conn.execute(
        select(area.c.code, area.c.name, area.c.name_en).where(area.c.code.in_(codes), area.c.undone_at.is_(None))
    )
    return {row.code: {"name": row.name, "name_en": row.name_en} for row in rows}


def _grid_codes(conn: Connection) -> dict[int, str]:
    rows = conn.execute(select(grid_version.c.grid_id, grid_version.c.code).where(grid_version.c.to_edition.is_(None)))
    return {row.grid_id: row.code for row in rows}


def _told(
    conn: Connection, atlas: Atlas, each: Candidate, geoms: dict[int, Any], names: dict[str, Any], grids: dict[int, str]
) -> dict[str, Any]:
    node, thing = each.node, each.node.place or each.node.area
    assert thing is not None
    codes = [code for code in reversed(node.path.split("/")) if code in names]
    where = [names[code] for code in codes if node.place is not None or code != thing.code]
    geom = geoms.get(node.place.id) if node.place else None
    lon, lat = stands_at(atlas.metric, geom) if geom is not None else (None, None)
    point = geom.representative_point() if geom is not None else None
    grid_id = grid_at(conn, atlas, point.x, point.y) if point is not None else None
    return {
        "place": node.place.code if node.place else None,
        "area": node.area.code if node.area and not node.place else None,
        "about": str(node.place.kind if node.place else node.area.level if node.area else ""),
        "name": whole_name(node),
        "name_en": thing.name_en,
        "score": each.score,
        "reasons": [str(reason) for reason in each.reasons],
        "said": each.said,
        "alias": each.alias_id,
        "where": where,
        "grid": grids.get(grid_id) if grid_id is not None else None,
        "lon": None if lon is None else round(lon, DECIMALS),
        "lat": None if lat is None else round(lat, DECIMALS),
    }


def whole_name(node: Node) -> str:
    """A place's name with that of what it is in, where it does not begin with it: 3幢 of 锦绣花园."""
    thing = node.place or node.area
    name = thing.name if thing else ""
    above = node.above
    while above is not None and above.place is not None and node.place is not None:
        if not name.startswith(above.place.name):
            name = f"{above.place.name}{name}"
        above = above.above
    return name
