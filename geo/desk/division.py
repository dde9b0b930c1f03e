"""Where imported grids belong: areas by their codes, created where they are not known, and what columns mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from geo.desk.tx import Tx
from geo.errors import BadInput, Conflict
from geo.model import AreaLevel, Subject
from geo.store.insert import insert_many
from geo.store.tables import area

ROOT_CODE = "root"
MOST_HOUSEHOLDS = 10_000_000
_SHOWN = 10


def areas_of(tx: Tx, parents: Sequence[str] | None, n: int, batch_id: int) -> tuple[list[int], tuple[str, ...]]:
    """The area id of each of n grids, and notes on areas that had to be made.

    parents: n area codes; None hangs all under the one root, made with the jurisdiction's name where there is none.
    """
    if parents is None:
        root_id, _, notes = _root(tx, batch_id)
        return [root_id] * n, notes
    known = _ids(tx)
    missing = sorted(set(parents) - known.keys())
    if not missing:
        return [known[code] for code in parents], ()
    root_id, path, notes = _root(tx, batch_id)
    known.update(_communities(tx, missing, root_id, path, batch_id))
    shown = ", ".join(missing[:_SHOWN]) + (" ..." if len(missing) > _SHOWN else "")
    made = f"created {len(missing)} communities that were not known, named by their codes: {shown}"
    return [known[code] for code in parents], (*notes, made)


def _ids(tx: Tx) -> dict[str, int]:
    rows = tx.conn.execute(select(area.c.code, area.c.id).where(area.c.undone_at.is_(None)))
    return {row.code: row.id for row in rows}


def _root(tx: Tx, batch_id: int) -> tuple[int, str, tuple[str, ...]]:
    """Id and path of the top of the tree. Raises Conflict where there are several."""
    tops = tx.conn.execute(
        select(area.c.id, area.c.path, area.c.code).where(area.c.parent_id.is_(None), area.c.undone_at.is_(None))
    ).all()
    if len(tops) > 1:
        codes = ", ".join(sorted(top.code for top in tops))
        raise Conflict(f"there are several top areas ({codes}): name each grid's area with --parent")
    if tops:
        return tops[0].id, tops[0].path, ()
    name, path = tx.store.jurisdiction.name, f"/{ROOT_CODE}/"
    row = {"code": ROOT_CODE, "name": name, "level": AreaLevel.DISTRICT, "path": path, "batch_id": batch_id}
    (root_id,) = insert_many(tx.conn, area, [row])
    tx.record("area.created", Subject.AREA, root_id, data={"code": ROOT_CODE, "name": name})
    return root_id, path, (f"created the area {name!r}, under which the grids hang",)


def _communities(tx: Tx, codes: Sequence[str], parent_id: int, path: str, batch_id: int) -> dict[str, int]:
    slashed = [code for code in codes if "/" in code]
    if slashed:
        raise BadInput(f"an area code has no slash: {slashed[0]!r}")
    rows = [
        {
            "code": code,
            "name": code,
            "level": AreaLevel.COMMUNITY,
            "parent_id": parent_id,
            "path": f"{path}{code}/",
            "batch_id": batch_id,
        }
        for code in codes
    ]
    ids = insert_many(tx.conn, area, rows)
    for code, area_id in zip(codes, ids, strict=True):
        tx.record("area.created", Subject.AREA, area_id, data={"code": code, "name": code})
    return dict(zip(codes, ids, strict=True))


def households_of(value: Any) -> int | None:
    """The whole number that a cell says, be it kept as text or with decimals, as programs turn columns; else None."""
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() and 0 <= number <= MOST_HOUSEHOLDS else None


def cut_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of grid_version from a file's other columns: ``name_en`` and ``households`` are known, the rest kept."""
    rest = dict(attributes)
    name_en, said = rest.pop("name_en", None), rest.pop("households", None)
    households = households_of(said)
    if households is None and said is not None:
        rest["households"] = said
    return {
        "name_en": None if name_en is None else str(name_en),
        "households": households,
        "attributes": rest or None,
    }
