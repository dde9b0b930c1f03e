"""A fair division on request: hand-overs between neighbouring grids under one parent that even out a load, as a draft.

What may change hands are blocks (``geo/coverage/blocks.py``); which of them should is searched for
(``geo/coverage/balance.py``), and each becomes an operation that was applied before it is proposed
(``geo/coverage/handing.py``). So a draft of them has no faults that its edition had not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo.coverage.balance import Blocks, Ints, Spread, areas_to_hand_over, divided
from geo.coverage.blocks import blocks_of, shared_m
from geo.coverage.edit import Coverage
from geo.coverage.handing import hand_over
from geo.coverage.lattice import Geoms
from geo.coverage.operations import Operation
from geo.desk import draft_editing, drafts
from geo.desk.atlas import Atlas
from geo.desk.balance_loads import Ground, Load, Loads, families, ground_of, loads_of
from geo.desk.edition_grids import newest_edition
from geo.desk.scope import area_path
from geo.desk.tx import Tx
from geo.errors import Conflict, NotAllowed, NotFound
from geo.model import AreaLevel
from geo.rules.access import EVERYWHERE, Extent

_ROUNDS = 8  # of searching again without the blocks that cannot be cut out cleanly
_SHARE = 8  # of the mean load that a block may have where it can be cut further


@dataclass(frozen=True)
class Asked:
    """area: a code, with everything below. within: grids hand over to those of the same area of this level only."""

    area: str
    load: Load
    scheme: str | None = None
    within: AreaLevel = AreaLevel.SUBDISTRICT


@dataclass(frozen=True)
class Move:
    """One hand-over. load: what goes with it."""

    giver: str
    taker: str
    load: float
    area_m2: float
    operation: Operation


@dataclass(frozen=True)
class Shared:
    """How a load is shared among the grids of one parent: by code [before, after], and how unevenly."""

    parent: str
    loads: Mapping[str, tuple[float, float]]
    moves: tuple[Move, ...]

    @property
    def before(self) -> Spread:
        return Spread.of(np.array([load for load, _ in self.loads.values()]))

    @property
    def after(self) -> Spread:
        return Spread.of(np.array([load for _, load in self.loads.values()]))


@dataclass(frozen=True)
class Proposal:
    scheme: str
    edition: int
    asked: Asked
    shared: tuple[Shared, ...]

    @property
    def moves(self) -> tuple[Move, ...]:
        return tuple(move for each in self.shared for move in each.moves)


def propose(
    conn: Connection,
    atlas: Atlas,
    asked: Asked,
    today: date,
    *,
    drafts_in: Sequence[Extent] = EVERYWHERE,
    counts_in: Sequence[Extent] = EVERYWHERE,
) -> Proposal:
    """What would even out a load, without writing anything.

    Raises NotFound without the area, the scheme or grids; NotAllowed where the reader may not draft or count there.
    """
    path = area_path(conn, asked.area, drafts_in)
    _require(path, drafts_in, "change boundaries")
    _require(path, counts_in, f"count {asked.load}")
    sheet = next((s for s in atlas.sheets(conn) if (s.scheme == asked.scheme if asked.scheme else s.is_primary)), None)
    if sheet is None:
        raise NotFound(f"there is no scheme {asked.scheme!r} with grids in force" if asked.scheme else "no grids yet")
    grids = atlas.shelf.grids(conn, sheet.scheme_id, sheet.edition)
    coverage = atlas.shelf.coverage(conn, sheet.scheme_id, sheet.edition)
    parents = families(conn, path, asked.within, grids)
    if not parents:
        raise NotFound(f"no grid of area {asked.area} is in force")
    codes = {grid.grid_id: grid.code for grid in grids.values() if grid.grid_id is not None}
    loads = loads_of(conn, sheet.scheme_id, asked.load, atlas.metric, codes, today)
    ground = ground_of(conn)
    shared = [even_out(coverage, parent, own, ground, loads) for parent, own in parents.items()]
    return Proposal(sheet.scheme, sheet.edition, asked, tuple(shared))


def start(tx: Tx, proposal: Proposal, title: str, extents: Sequence[Extent] = EVERYWHERE) -> int:
    """A draft with a step a hand-over. Returns its number.

    Raises Conflict for a proposal that moves nothing, or that an edition has overtaken.
    """
    if not proposal.moves:
        raise Conflict("nothing would be handed over: there is nothing to draft")
    draft_id = drafts.start(tx, title, proposal.scheme)
    sheet = next(sheet for sheet in tx.sheets() if sheet.scheme == proposal.scheme)
    if newest_edition(tx.conn, sheet.scheme_id) != proposal.edition:
        raise Conflict("another edition came into force meanwhile: ask again")
    for move in proposal.moves:
        draft_editing.edit(tx, draft_id, move.operation, extents=extents)
    return draft_id


def _require(path: str, extents: Sequence[Extent], what: str) -> None:
    if not any(extent.categories is None and extent.covers(path) for extent in extents):
        raise NotAllowed(f"you may not {what} in all of this area")


# -- one family of grids ----------------------------------------------------------------------------------------------


def even_out(coverage: Coverage, parent: str, codes: Sequence[str], ground: Ground, loads: Loads) -> Shared:
    """What the grids of one parent, given by their codes, would hand each other."""
    blocks, geoms = _blocks(coverage, codes, ground, loads)
    before = blocks.loads(blocks.grid)
    for _ in range(_ROUNDS):
        wanted = divided(blocks)
        moves, stuck = _operations(coverage, codes, blocks, wanted, geoms)
        if not stuck:
            after = blocks.loads(wanted)
            return Shared(parent, _pairs(codes, before, after), tuple(moves))
        free = blocks.free.copy()
        free[stuck] = False
        blocks = replace(blocks, free=free)
    return Shared(parent, _pairs(codes, before, before), ())


def _pairs(codes: Sequence[str], before: np.ndarray, after: np.ndarray) -> dict[str, tuple[float, float]]:
    return dict(zip(codes, zip(before.tolist(), after.tolist(), strict=True), strict=True))


def _blocks(coverage: Coverage, codes: Sequence[str], ground: Ground, loads: Loads) -> tuple[Blocks, Geoms]:
    """The blocks of these grids, with what each carries and which of them lie beside each other."""
    totals = np.array([loads.of(code) for code in codes])
    most = float(totals.mean()) / _SHARE
    found = []
    for row, code in enumerate(codes):
        geom, counted = coverage[code], loads.counted(code)
        lines, wholes = ground.near(geom)
        pieces = np.array(blocks_of(geom, lines, wholes, counted, most), dtype=object)
        carried = np.bincount(counted.within(pieces), counted.load, len(pieces))
        found += [(row, piece, load) for piece, load in zip(pieces.tolist(), carried.tolist(), strict=True)]
    geoms = np.array([piece for _, piece, _ in found], dtype=object)
    pairs, common = shared_m(geoms)
    kept = common >= 1.0
    blocks = Blocks(
        grid=np.array([row for row, _, _ in found], dtype=np.int64),
        load=np.array([load for _, _, load in found], dtype=np.float64),
        area_m2=shapely.area(geoms),
        edge_m=shapely.length(shapely.boundary(geoms)),
        pairs=pairs[kept],
        common_m=common[kept],
        fixed=np.array([loads.fixed.get(code, 0.0) for code in codes], dtype=np.float64),
        free=_is_plain(geoms),
    )
    return blocks, geoms


def _is_plain(geoms: Geoms) -> NDArray[np.bool_]:
    """Which are of one part without a hole: to hand over another would leave an island."""
    one_part = shapely.get_type_id(geoms) == shapely.GeometryType.POLYGON
    return one_part & (shapely.get_num_interior_rings(geoms) == 0)


def _operations(
    coverage: Coverage, codes: Sequence[str], blocks: Blocks, wanted: Ints, geoms: Geoms
) -> tuple[list[Move], list[int]]:
    """The hand-overs in an order in which each leaves nothing broken, and the blocks of those that cannot be done."""
    waiting = areas_to_hand_over(blocks, wanted)
    moves: list[Move] = []
    while waiting:
        left = []
        for giver, taker, rows in waiting:
            area = shapely.union_all(geoms[rows])
            done = hand_over(coverage, codes[giver], codes[taker], area)
            if done is None:
                left.append((giver, taker, rows))
                continue
            coverage = done.coverage
            load = float(blocks.load[rows].sum())
            moves.append(Move(codes[giver], codes[taker], load, float(area.area), done.operation))
        if len(left) == len(waiting):
            return moves, [row for _, _, rows in left for row in rows]
        waiting = left
    return moves, []
