"""A draft with its grids: those of the edition that it stands on, and the few in which it differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import shapely
from sqlalchemy import Connection, delete, select

from geo.coverage.homing import HOME_M
from geo.coverage.nodes import Coverage
from geo.coverage.shapes import Position, Shape
from geo.crs import to_mm
from geo.desk.edition_grids import EditionGrids, GridRow, Grids, Key, Shelf
from geo.errors import NotAllowed, NotFound
from geo.rules.access import Extent
from geo.store.insert import insert_many
from geo.store.tables import area, draft, draft_grid, scheme

Changes = Mapping[Key, GridRow | None]  # None: the grid goes
_LISTED = 10


@dataclass(frozen=True)
class Work:
    """row: of the draft, with the scheme's name. base: the grids of its base edition. changes: where it differs."""

    row: Any
    base: EditionGrids
    changes: Changes

    def get(self, key: Key) -> GridRow | None:
        """A grid as the draft has it, None where it has none."""
        return self.changes[key] if key in self.changes else self.base.get(key)

    def by_code(self, code: str) -> GridRow | None:
        """A grid by its code in the draft, None where none has it."""
        if code in self._changed_codes:
            return self._changed_codes[code]
        key = self.base.by_code.get(code)
        return None if key is None or key in self.changes else self.base[key]

    @cached_property
    def _changed_codes(self) -> Mapping[str, GridRow]:
        return {grid.code: grid for grid in self.after.values()}

    def changed(self, changes: Changes) -> Work:
        """The draft with further changes."""
        return replace(self, changes={**self.changes, **changes})

    @cached_property
    def coverage(self) -> Coverage:
        """The draft's grids, standing on those of its edition: only what it changes costs anything.

        Raises BadInput for a grid a thousand kilometres from the others.
        """
        changes: dict[str, Any] = {grid.code: None for grid in self.before.values()}
        changes |= {grid.code: grid.geom for grid in self.after.values()}
        for grid in self.after.values():
            west, south, east, north = (int(side) for side in to_mm(shapely.bounds(grid.geom)))
            self.base.coverage.refuse_far([(west, south), (east, north)])
        return self.base.coverage.with_changes(changes)

    def codes_twice(self) -> set[str]:
        """Codes that several grids have. Only what the draft changes can have brought them."""
        codes: dict[str, Key] = {}
        twice = {grid.code for key, grid in self.after.items() if codes.setdefault(grid.code, key) != key}
        for code, key in codes.items():
            held = self.base.by_code.get(code, key)
            if held != key and held not in self.changes:
                twice.add(code)
        return twice

    @cached_property
    def grids(self) -> Grids:
        """Every grid as the draft has it, in the order of codes."""
        kept = {key: grid for key, grid in self.base.items() if key not in self.changes}
        new = {key: grid for key, grid in self.changes.items() if grid is not None}
        return dict(sorted((kept | new).items(), key=lambda item: item[1].code))

    @property
    def before(self) -> Grids:
        """The grids that the draft changes, as they are in the base edition."""
        return {key: self.base[key] for key in self.changes if key in self.base}

    @property
    def after(self) -> Grids:
        """The grids that the draft changes, as it has them."""
        return {key: grid for key, grid in self.changes.items() if grid is not None}

    @property
    def areas(self) -> set[int]:
        """The areas that the changed grids belong to, before and after."""
        return {grid.area_id for grid in (*self.before.values(), *self.after.values())}


def find(conn: Connection, draft_id: int) -> Any:
    """A draft's row with the name of its scheme. Raises NotFound."""
    query = select(draft, scheme.c.name.label("scheme")).join(scheme, scheme.c.id == draft.c.scheme_id)
    row = conn.execute(query.where(draft.c.id == draft_id)).first()
    if row is None:
        raise NotFound(f"there is no draft {draft_id}", reason="no_such_draft")
    return row


def load(conn: Connection, shelf: Shelf, draft_id: int) -> Work:
    """Raises NotFound."""
    row = find(conn, draft_id)
    return Work(row, shelf.grids(conn, row.scheme_id, row.base_edition), changes_of(conn, draft_id))


def changes_of(conn: Connection, draft_id: int) -> dict[Key, GridRow | None]:
    rows = conn.execute(select(draft_grid).where(draft_grid.c.draft_id == draft_id).order_by(draft_grid.c.code))
    found: dict[Key, GridRow | None] = {}
    for row in rows:
        key = row.code if row.grid_id is None else row.grid_id
        found[key] = None if row.gone else _grid(row)
    return found


def _grid(row: Any) -> GridRow:
    return GridRow(
        row.grid_id, row.code, row.name, row.area_id, shapely.from_wkb(row.shape), row.name_en, row.households,
        row.attributes,
    )  # fmt: skip


def store(conn: Connection, draft_id: int, base: Grids, changes: Changes) -> None:
    """Write how these grids stand in a draft from now on; what is as in the base edition again needs no row."""
    for key in changes:
        mine = draft_grid.c.draft_id == draft_id
        own = draft_grid.c.grid_id == key if isinstance(key, int) else _new_one(key)
        conn.execute(delete(draft_grid).where(mine, own))
    rows = []
    for key, grid in changes.items():
        was = base.get(key)
        if grid is None and was is not None:
            rows.append({**_row(draft_id, was), "gone": True, "shape": None})
        elif grid is not None and (was is None or not grid.is_as(was)):
            rows.append(_row(draft_id, grid))
    insert_many(conn, draft_grid, rows)


def _new_one(code: str) -> Any:
    return draft_grid.c.grid_id.is_(None) & (draft_grid.c.code == code)


def _row(draft_id: int, grid: GridRow) -> dict[str, Any]:
    return {"draft_id": draft_id, "gone": False, **grid.as_json()}


# -- where somebody may draft -----------------------------------------------------------------------------------------


def areas_in(conn: Connection, extents: Sequence[Extent]) -> set[int]:
    """The areas in which a capability holds, whatever the category."""
    rows = conn.execute(select(area.c.id, area.c.path))
    return {row.id for row in rows if any(extent.covers(row.path) for extent in extents)}


def require_reach(conn: Connection, extents: Sequence[Extent], grids: Sequence[GridRow], what: str) -> None:
    """Raises NotAllowed where a grid belongs to an area outside the extents. what: that somebody wants to do."""
    here = areas_in(conn, extents)
    refuse_beyond(what, {grid.code for grid in grids if grid.area_id not in here})


def refuse_beyond(what: str, beyond: Iterable[str]) -> None:
    """Raises NotAllowed where there are codes of grids beyond what somebody may draft."""
    codes = sorted(beyond)
    if codes:
        shown = ", ".join(codes[:_LISTED]) + (" ..." if len(codes) > _LISTED else "")
        raise NotAllowed(
            f"{what} concerns grids of areas that are not yours: {shown}",
            reason="areas_of_others",
            grids=codes[:_LISTED],
        )


def require_own(conn: Connection, extents: Sequence[Extent], before: Changes, after: Changes) -> None:
    """Raises NotAllowed where a step changes a grid of an area outside the extents, which it does not name.

    before, after: how the step's grids stand. Who only puts nodes into the border to such grids is told what to do.
    """
    here = areas_in(conn, extents)
    sides = [(before.get(key), after.get(key)) for key in {**before, **after}]
    beyond = [side for side in sides if any(grid is not None and grid.area_id not in here for grid in side)]
    if not beyond:
        return
    nodes = [_put_into_line(*side) for side in beyond]
    if all(nodes):
        raise NotAllowed(
            "this puts a node into the border to grids of areas that are not yours: end on a node that is there, "
            "or ask somebody who may edit both sides",
            reason="border_with_others",
            at=list(nodes[0][0]),
        )
    raise NotAllowed("this concerns grids of areas that are not yours", reason="areas_of_others")


def _put_into_line(before: GridRow | None, after: GridRow | None) -> list[Position]:
    """The nodes that a grid has more on the line that it had; none where anything else of it changed."""
    if before is None or after is None or before != after:
        return []
    was, now = ({node for ring in Shape.of(grid.geom).rings() for node in ring} for grid in (before, after))
    new = sorted(now - was)
    if not new or not was <= now:
        return []
    places = shapely.points([(x / 1000, y / 1000) for x, y in new])
    return new if shapely.dwithin(shapely.boundary(before.geom), places, HOME_M).all() else []
