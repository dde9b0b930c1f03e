"""A draft out to a file, for an office to edit in QGIS, ArcGIS or SuperMap, and back.

What nobody touched comes back identical to the bit; what is left is what somebody changed, listed before it is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection

from geo.coverage.homing import HOME_M, Homed, bring_home, decimals, reach_m, same_shape, with_lost_nodes, with_nodes
from geo.coverage.lattice import polygonal
from geo.coverage.recognising import recognise
from geo.crs import Metric, is_geographic
from geo.desk.boundaries import check_place, refuse_unusable_codes
from geo.desk.draft_columns import AREA, CODE, HOUSEHOLDS, ID, KNOWN, NAME, NAME_EN, Columns, Reading, area_ids
from geo.desk.draft_work import Changes, Work, areas_in, refuse_beyond
from geo.desk.drafts import past_of
from geo.desk.edition_grids import GridRow, Grids, shapes
from geo.errors import BadInput, Conflict
from geo.files import GridFile, Layer, grids_of, read_features
from geo.files.editing import write_for_editing
from geo.rules.access import EVERYWHERE, Extent

Node = tuple[float, ...]
_FEWEST_DECIMALS = {True: 6, False: 2}  # of degrees, of metres: with fewer nobody knows which node is meant
_SHOWN = 10


@dataclass(frozen=True)
class Returned:
    """What a file would change. notes: for the user to read.

    overwrites: codes of grids that it has as they were before a step of the draft, or drawn further from there: it was
    exported before that step.
    """

    changes: Changes
    operation: Mapping[str, Any]
    notes: tuple[str, ...]
    overwrites: tuple[str, ...] = ()

    def require_asked(self, reading: Reading) -> None:
        """Raises Conflict where it takes back what was done in the draft, and nobody said that it may."""
        if self.overwrites and not reading.overwrite:
            raise Conflict(self.notes[-1], reason="file_takes_back", grids=list(self.overwrites))


# -- out --------------------------------------------------------------------------------------------------------------


def export(
    conn: Connection, work: Work, metric: Metric, target: Path, to_crs: str | None, extents: Sequence[Extent]
) -> int:
    """Write the grids of a draft that lie in the extents. Returns how many. Errors as of write_for_editing."""
    here = areas_in(conn, extents)
    grids = {key: grid for key, grid in work.grids.items() if grid.area_id in here}
    if not grids:
        raise BadInput("the draft has no grid in your areas", reason="no_grid_of_yours")
    codes = {area_id: code for code, area_id in area_ids(conn).items()}
    extra = sorted({name for grid in grids.values() for name in grid.attributes or {}} - set(KNOWN))
    rows = [
        {
            ID: grid.grid_id, CODE: grid.code, NAME: grid.name, NAME_EN: grid.name_en, AREA: codes.get(grid.area_id),
            HOUSEHOLDS: grid.households, **{name: (grid.attributes or {}).get(name) for name in extra},
        }
        for grid in grids.values()
    ]  # fmt: skip
    write_for_editing(target, rows, shapes(grids)[1], f"EPSG:{metric.srid}", to_crs)
    return len(rows)


# -- back -------------------------------------------------------------------------------------------------------------


def read_back(
    conn: Connection,
    work: Work,
    metric: Metric,
    path: Path,
    reading: Reading,
    extents: Sequence[Extent] = EVERYWHERE,
) -> Returned:
    """What a file changes in a draft; nothing is written.

    Raises BadInput for cells without a code, codes that stand there twice, features without a polygon, unknown areas
    and coordinates with too few digits; NotAllowed for changes outside the extents; and what reading a layer raises.
    """
    layer = read_features(path, reading.source_crs)
    file = grids_of(layer, code=reading.code)
    _refuse(file, {*work.base.by_code, *(grid.code for grid in work.after.values())})
    here = areas_in(conn, extents)
    grids = {key: grid for key, grid in work.grids.items() if grid.area_id in here or reading.part}
    known = _known(work, layer)
    put, reach = _homed(file, metric, shapes(known)[1])
    rows = _recognised(file, layer, put, reach, known, Columns.of(conn, layer, reading))
    seen = {row.key for row in rows}
    if reading.part:
        rows += [grid for key, grid in grids.items() if key not in seen]
    noded = _meeting(rows, known, here, reach)
    met = sum(row.geom is not drawn.geom for row, drawn in zip(noded, rows, strict=True))
    rows = noded
    changes = {row.key: row for row in rows if row.key not in work.grids or not row.is_as(work.grids[row.key])}
    gone = [] if reading.part else [key for key in grids if key not in seen]
    _refuse_nearly_empty(file, len(gone), len(grids))
    _require_own(path, here, [(row, known.get(key, row)) for key, row in changes.items()])
    operation = {"file": path.name, "crs": file.crs, "reach_m": round(reach, 4), "moved_home": put.moved}
    every = {**changes, **dict.fromkeys(gone)}
    overwrites = _overwritten(conn, work, every)
    notes = [*file.notes, *_notes(put, reach, met, len(work.grids) - len(grids)), *_note_of(path, overwrites)]
    return Returned(every, operation, tuple(notes), tuple(overwrites))


def _note_of(path: Path, overwrites: Sequence[str]) -> list[str]:
    """What would be lost; the last of the notes, for it is what a refusal says."""
    if not overwrites:
        return []
    shown = ", ".join(overwrites[:_SHOWN]) + (" ..." if len(overwrites) > _SHOWN else "")
    return [
        f"{path.name} has {len(overwrites)} grids drawn on shapes from before this draft changed them; those changes "
        f"would be lost: {shown}. Export the draft again, or say --overwrite (overwrite: true) to take it all the same"
    ]


def _overwritten(conn: Connection, work: Work, changes: Changes) -> list[str]:
    """Codes of the grids that come back as they were in the edition or between two steps, or drawn further from there.

    Only what lies nearer to an earlier state than to the present one was drawn from it.
    """
    mine = changes.keys() & work.changes.keys()
    if not mine:
        return []
    earlier = past_of(conn, work, mine)
    return sorted(
        grid.code
        for key in mine
        if _is_from_before(changes[key], work.get(key), earlier[key]) and (grid := work.get(key) or work.base.get(key))
    )


def _is_from_before(row: GridRow | None, now: GridRow | None, earlier: Sequence[GridRow | None]) -> bool:
    if row is None:
        return None in earlier
    if now is None:  # the draft took it away, and nothing is drawn from what is not there
        return True
    nodes = _nodes(row)
    known = _alike(row, nodes, now)
    return any(state is not None and _alike(row, nodes, state) > known for state in earlier)


def _alike(one: GridRow, nodes: Set[Node], other: GridRow) -> int:
    """How many nodes two states of a grid have in common, and how much that is said of it. nodes: of the one."""
    said = sum(getattr(one, name) == getattr(other, name) for name in (CODE, NAME, NAME_EN, "area_id", HOUSEHOLDS))
    return len(nodes & _nodes(other)) + said


def _nodes(grid: GridRow) -> Set[Node]:
    return set(map(tuple, shapely.get_coordinates(grid.geom).tolist()))


def _refuse(file: GridFile, known: Collection[str]) -> None:
    twice = sorted({code for code in file.codes if file.codes.count(code) > 1}) if _repeats(file.codes) else []
    if twice:
        at = {code: [i + 1 for i, each in enumerate(file.codes) if each == code] for code in twice}
        shown = "; ".join(f"{code!r} in features {', '.join(map(str, at[code][:_SHOWN]))}" for code in twice[:_SHOWN])
        raise BadInput(
            f"{file.path.name}: codes stand there more than once: {shown}", reason="codes_twice", codes=twice[:_SHOWN]
        )
    refuse_unusable_codes(file, known)
    empty = [code for code, good in zip(file.codes, polygonal(file.geoms), strict=True) if not good]
    if empty:
        raise BadInput(
            f"{file.path.name}: {len(empty)} features have no polygon: {', '.join(empty[:_SHOWN])}; to take a grid "
            "away, leave it out",
            reason="no_polygon",
            codes=empty[:_SHOWN],
        )


def _repeats(codes: Sequence[str]) -> bool:
    return len(set(codes)) < len(codes)


def _refuse_nearly_empty(file: GridFile, gone: int, grids: int) -> None:
    if gone > 1 and 2 * gone > grids:
        raise BadInput(
            f"{file.path.name} lacks {gone} of {grids} grids: say --part where it holds only those that change",
            reason="file_lacks_grids",
            gone=gone,
            grids=grids,
        )


def _homed(file: GridFile, metric: Metric, before: np.ndarray) -> tuple[Homed, float]:
    places, fewest = decimals(file.geoms), _FEWEST_DECIMALS[is_geographic(file.crs)]
    if places is not None and places < fewest and not _are_home(metric.from_source(file.geoms, file.crs), before):
        raise BadInput(
            f"{file.path.name}: coordinates have {places} decimals, so that nobody knows which nodes moved; "
            f"export it with {fewest} at least",
            reason="too_few_decimals",
            decimals=places,
            needed=fewest,
        )
    return homed(file.geoms, file.crs, metric, before)


def homed(geoms: np.ndarray, crs: str, metric: Metric, before: np.ndarray) -> tuple[Homed, float]:
    """(n,) geometries with their nodes brought home to those of before, and within how many metres.

    Few digits are taken for what somebody meant. Raises UnsuitableCrs for a place where the metric CRS does not suit.
    """
    in_degrees = is_geographic(crs)
    places = decimals(geoms)
    put = metric.from_source(geoms, crs)
    check_place(put, metric)
    is_coarse = places is None or places < _FEWEST_DECIMALS[in_degrees]
    reach = HOME_M if is_coarse else reach_m(places, in_degrees=in_degrees)
    return bring_home(put, before, reach), reach


def _are_home(geoms: np.ndarray, before: np.ndarray) -> bool:
    """Whether nearly every node is where one was: a coverage of round numbers has few decimals."""
    nodes, known = (np.unique(shapely.get_coordinates(each), axis=0) for each in (geoms, before))
    both = len(np.unique(np.concatenate([nodes, known]), axis=0))
    return len(nodes) + len(known) - both > len(nodes) // 2


def _known(work: Work, layer: Layer) -> Grids:
    """The draft's grids, and those that it took away of which the file has the number: it was exported before that."""
    numbers = {_number(row.get(ID)) for row in layer.rows}
    gone: Grids = {key: grid for key, grid in work.before.items() if work.changes[key] is None and key in numbers}
    return {**work.grids, **gone}


def _recognised(
    file: GridFile, layer: Layer, put: Homed, reach: float, grids: Grids, columns: Columns
) -> list[GridRow]:
    """The features as grids, each with the identity and, where nobody changed it, the very shape that it had."""
    numbers = [_number(row.get(ID)) for row in layer.rows]
    old = {key: (grid.code, grid.geom) for key, grid in grids.items() if isinstance(key, int)}
    known = recognise(old, file.codes, put.geoms, numbers)
    rows = []
    for code, geom, number, cells in zip(file.codes, put.geoms, known, layer.rows, strict=True):
        was = grids.get(code if number is None else number)
        said = columns.said(code, cells, was, partial(most_of, geom, grids))
        rows.append(GridRow(number, code, geom=kept_shape(geom, was, reach), **said))
    return rows


def _require_own(path: Path, here: Collection[int], changed: Sequence[tuple[GridRow, GridRow]]) -> None:
    """Raises NotAllowed where a grid is, or was, in an area that is not here; it is told by the code of the file."""
    refuse_beyond(path.name, (row.code for row, was in changed if not {row.area_id, was.area_id} <= set(here)))


def _meeting(rows: list[GridRow], grids: Grids, here: Collection[int], reach: float) -> list[GridRow]:
    """The rows, with a node in every edge of theirs that a line ends on which somebody drew."""
    drawn = [row.geom for row in rows if row.key not in grids or row.geom is not grids[row.key].geom]
    mine = [row for row in rows if row.area_id in here]
    if not drawn or not mine:
        return rows
    put = with_nodes(np.array([row.geom for row in mine]), np.unique(shapely.get_coordinates(drawn), axis=0), reach)
    noded = {row.key: row if geom is row.geom else replace(row, geom=geom) for row, geom in zip(mine, put, strict=True)}
    return [noded.get(row.key, row) for row in rows]


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def kept_shape(geom: Any, was: GridRow | None, reach: float) -> Any:
    """The shape that the grid had, where it comes back with all its nodes."""
    if was is None or same_shape(geom, was.geom):
        return geom if was is None else was.geom
    if reach <= HOME_M:
        return geom
    filled = with_lost_nodes(geom, was.geom, reach)
    return was.geom if same_shape(filled, was.geom) else filled


def most_of(geom: Any, grids: Grids) -> GridRow:
    """The grid that has most of some ground, else the longest line in common with it, else lies nearest to it."""
    rows = list(grids.values())
    tree = shapely.STRtree(shapes(grids)[1])
    near = tree.query(geom) if geom.is_valid else np.empty(0, np.int64)
    whole = [i for i in near if rows[i].geom.is_valid]  # a draft may be broken: what a bowtie has, nobody can say
    shared = {i: shapely.intersection(geom, rows[i].geom) for i in whole}
    best = max(shared, key=lambda i: (shared[i].area, shared[i].length), default=None)
    return rows[int(tree.nearest(geom)) if best is None or not shared[best].length else int(best)]


def _notes(put: Homed, reach: float, met: int, others: int) -> list[str]:
    """met: how many grids got nodes. others: how many grids of the draft lie in areas of others."""
    notes = []
    if put.moved:
        notes.append(
            f"{put.moved} nodes were up to {put.furthest_m * 1000.0:.1f} mm beside a node that was there, within the "
            f"{reach * 1000.0:.1f} mm that the file's digits leave open, and were put there"
        )
    if met:
        notes.append(f"{met} grids got a node where a line that somebody drew ends on theirs")
    if others:
        notes.append(f"{others} grids of areas that are not yours stay as they are")
    return notes
