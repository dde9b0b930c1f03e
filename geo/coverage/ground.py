"""Operations on whole grids and their ground: split, merge, hand over, name anew, take away, replace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import shapely

from geo.coverage.checks import Allowed
from geo.coverage.cutting import Cut, cut_by
from geo.coverage.descent import descents
from geo.coverage.faces import Edges, assemble, edges_of, united
from geo.coverage.faults import WARNING, listed
from geo.coverage.lines import with_inserted
from geo.coverage.nodes import Coverage
from geo.coverage.operations import MergeGrids, Recode, ReplaceGrids, Retire, SplitGrid, TransferArea
from geo.coverage.shapes import Part, Position, Shape, doubled_area, line, point, refuse_no_length, segments_of
from geo.coverage.step import Step, grid, refuse_taken, refused, sound
from geo.model import Fault


def split_grid(coverage: Coverage, operation: SplitGrid, allowed: Allowed) -> Step:
    """The pieces on both sides of the line, and neighbours with the nodes where it ends."""
    code, drawn = operation.code, operation.line
    shape = sound(coverage, code)
    if len(operation.codes) > 2:
        raise refused("a grid is split in two, so it takes one new code or two", reason="one_or_two_codes")
    refuse_taken(coverage, operation.codes, own=[code] if len(operation.codes) == 2 else [])
    if not line(drawn).is_simple:
        raise refused("the line crosses or touches itself", drawn[0], reason="line_crosses_itself")
    cut = cut_by(shape, drawn, closed=False)
    _refuse_no_cut(code, drawn, cut)
    inserted = with_inserted(coverage, cut.inserted)
    left, right, others = _sides(code, inserted.get(code, shape), cut)
    if (len(left) > 1 or len(right) > 1) and not allowed.parts:
        count = len(left) + len(right)
        raise refused(
            f"the line cuts grid {code!r} into {count} pieces: draw one line for each two pieces",
            drawn[0], reason="cuts_into_pieces", code=code, pieces=count,
        )  # fmt: skip
    pieces = _named(operation, left, right)
    stays = code if code in pieces else next(iter(pieces))
    pieces[stays] += others
    changes = {name: one.geometry() for name, one in inserted.items() if name != code} | {code: None}
    changes |= {name: Shape.from_parts(parts, multi=shape.multi).geometry() for name, parts in pieces.items()}
    return Step(changes, dict.fromkeys(pieces, (code,)), _notes(cut, inserted), refuses_crossings=True)


def merge_grids(coverage: Coverage, operation: MergeGrids, allowed: Allowed) -> Step:
    """One grid with the ground of all."""
    codes, into = operation.codes, operation.into
    if len(codes) < 2:
        raise refused("it takes two grids to merge", reason="two_to_merge")
    refuse_taken(coverage, [into], own=codes)
    shapes = {code: sound(coverage, code) for code in codes}
    edges = {code: set(edges_of(shape)) for code, shape in shapes.items()}
    apart = _not_joined(edges)
    if apart and not allowed.parts:
        raise refused(
            f"{listed(apart)} and {codes[0]!r} have no common edge, nor by way of the others: they do not touch",
            reason="do_not_touch", codes=[codes[0], *apart],
        )  # fmt: skip
    parts = assemble(united(edge for own in edges.values() for edge in own))
    merged = Shape.from_parts(parts, multi=any(shape.multi for shape in shapes.values()))
    return Step({**dict.fromkeys(codes), into: merged.geometry()}, {into: codes})


def transfer_area(coverage: Coverage, operation: TransferArea) -> Step:
    """The source without what lies in the area, the target with it, neighbours with the nodes where its edge ends."""
    source, target, ring = operation.source, operation.target, operation.area
    if source == target:
        raise refused("a grid cannot hand an area to itself", reason="hands_to_itself", code=source)
    shapes = {code: sound(coverage, code) for code in (source, target)}
    ring = _against_the_clock(ring)
    cut = cut_by(shapes[source], ring, closed=True)
    inserted = with_inserted(coverage, cut.inserted)
    shapes |= {code: inserted[code] for code in shapes if code in inserted}
    left, right, others = _sides(source, shapes[source], cut)
    within = shapely.Polygon(line((*ring, ring[0])))
    given = left + [part for part in others if _lies_in(part, within)]
    kept = right + [part for part in others if part not in given]
    if not given:
        raise refused(f"nothing of grid {source!r} lies in the area", ring[0], reason="nothing_in_area", code=source)
    if not kept:
        raise refused(
            f"all of grid {source!r} lies in the area: merge it with {target!r} instead",
            ring[0], reason="all_in_area", code=source, target=target,
        )  # fmt: skip
    gained = Shape.from_parts(given, multi=True)
    parts = assemble(united([*edges_of(shapes[target]), *edges_of(gained)]))
    shapes[source] = Shape.from_parts(kept, multi=shapes[source].multi)
    shapes[target] = Shape.from_parts(parts, multi=shapes[target].multi)
    changes = {code: shape.geometry() for code, shape in (inserted | shapes).items()}
    return Step(changes, {target: (source, target)}, _notes(cut, inserted), refuses_crossings=True)


def recode(coverage: Coverage, operation: Recode) -> Step:
    """The same grid under another code."""
    refuse_taken(coverage, [operation.new])
    geom = grid(coverage, operation.code)
    return Step({operation.code: None, operation.new: geom}, {operation.new: (operation.code,)})


def retire(coverage: Coverage, operation: Retire) -> Step:
    """The grid goes."""
    grid(coverage, operation.code)
    return Step({operation.code: None})


def replace_grids(coverage: Coverage, operation: ReplaceGrids) -> Step:
    """The grids of a file. Refuses polygons that are not valid: they can be mended in the file, not here."""
    changes = {}
    for code, shape in operation.grids.items():
        if shape is None:
            grid(coverage, code)
        else:
            for ring in shape.rings():
                refuse_no_length((*ring, ring[0]))  # GEOS takes such a polygon for a valid one
        geom = None if shape is None else shape.geometry()
        if geom is not None and not geom.is_valid:
            why = shapely.is_valid_reason(geom)
            raise refused(f"grid {code!r} is no valid polygon: {why}", reason="grid_not_valid", code=code)
        changes[code] = geom
    return Step(changes, _lineage(coverage, changes))


def _lineage(coverage: Coverage, changes: Mapping[str, shapely.Geometry | None]) -> dict[str, tuple[str, ...]]:
    """By code, whose ground a grid has, itself among them where it was there; nothing of one that has only its own."""
    before = {code: coverage[code] for code in changes if code in coverage and coverage[code].is_valid}
    after = {code: geom for code, geom in changes.items() if geom is not None}
    givers: dict[str, set[str]] = {}
    for each in descents(before, after):
        if each.giver is not None and each.taker is not None:
            givers.setdefault(each.taker, {each.taker} & before.keys()).add(each.giver)
    return {taker: tuple(sorted(gave)) for taker, gave in givers.items()}


# -- cuts -----------------------------------------------------------------------------------------------------------


def _refuse_no_cut(code: str, drawn: Sequence[Position], cut: Cut) -> None:
    """Refuse a line that does not go through a grid from side to side."""
    if cut.runs_along:
        raise refused(
            f"the line runs along an edge of grid {code!r}: begin and end it on the edge, or beyond",
            drawn[0], reason="line_runs_along", code=code,
        )  # fmt: skip
    if cut.ends_inside:
        raise refused(
            f"the line ends inside grid {code!r}: draw it up to the edge, or beyond",
            drawn[0], reason="line_ends_inside", code=code,
        )  # fmt: skip
    if not cut.meets:
        raise refused(f"the line misses grid {code!r}", drawn[0], reason="line_misses", code=code)
    if not cut.chains:
        raise refused(f"the line only touches grid {code!r}", drawn[0], reason="line_only_touches", code=code)


def _sides(code: str, shape: Shape, cut: Cut) -> tuple[list[Part], list[Part], list[Part]]:
    """The pieces left of a cut, right of it, and those that it does not touch."""
    ahead = {edge for chain in cut.chains for edge in pairwise(chain)}
    back = {edge[::-1] for edge in ahead}
    edges = set(edges_of(shape))
    along = (ahead | back) & edges or ahead & back
    if along:
        where = min(along)[0]
        raise refused(f"the line runs along an edge of grid {code!r}", where, reason="line_runs_along", code=code)
    pieces = assemble(edges | ahead | back)
    left = [piece for piece in pieces if _has(piece, ahead)]
    right = [piece for piece in pieces if _has(piece, back)]
    parting = {edge for piece in pieces for ring in piece for edge in segments_of(ring)}
    if any(piece in right for piece in left) or not (ahead | back) <= parting:
        at = cut.chains[0][0]
        raise refused(
            f"the line does not part grid {code!r}: it ends at a hole, or cuts off less than a millimetre",
            at, reason="line_parts_nothing", code=code,
        )  # fmt: skip
    return left, right, [piece for piece in pieces if piece not in left and piece not in right]


def _has(piece: Part, edges: Edges) -> bool:
    return any(edge in edges for ring in piece for edge in segments_of(ring))


def _named(operation: SplitGrid, left: list[Part], right: list[Part]) -> dict[str, list[Part]]:
    """The pieces by code, as SplitGrid says."""
    if len(operation.codes) == 2:
        return dict(zip(operation.codes, (left, right), strict=True))
    (new,) = operation.codes
    larger, smaller = (left, right) if _area(left) >= _area(right) else (right, left)
    return {operation.code: larger, new: smaller}


def _area(parts: Iterable[Part]) -> int:
    return sum(doubled_area(ring) for part in parts for ring in part)


def _notes(cut: Cut, inserted: Mapping[str, Shape]) -> list[Fault]:
    """Cut ends that bend an edge between two grids; a bend of the outline is told as such."""
    notes = []
    for node, mm in cut.bent.items():
        codes = tuple(sorted(code for code, shape in inserted.items() if node in shape.nodes()))
        if len(codes) > 1:
            message = f"the cut bends the edge between {listed(codes)} by {mm:.2g} mm to the lattice"
            notes.append(Fault("lattice_move", WARNING, codes, message, length_m=mm / 1000.0, geometry=point(node)))
    return notes


# -- areas ----------------------------------------------------------------------------------------------------------


def _against_the_clock(ring: tuple[Position, ...]) -> tuple[Position, ...]:
    """The ring of an area to be handed over. Refuses one that crosses itself, such as a bowtie."""
    shape = shapely.Polygon(ring)  # in millimetres, where GEOS is exact
    if not shape.is_valid:
        why = shapely.is_valid_reason(shape).partition("[")[0]
        raise refused(f"the area is no valid polygon: {why}", ring[0], reason="area_not_valid")
    return ring if doubled_area(ring) > 0 else ring[::-1]


def _lies_in(part: Part, within: shapely.Polygon) -> bool:
    """Whether a part lies in an area whose edge does not go through it."""
    shape = Shape((part,), multi=False).geometry()
    return bool(within.intersects(shape.representative_point()))


def _not_joined(edges: Mapping[str, Edges]) -> list[str]:
    """Which grids no chain of common edges joins to the first one."""
    first, *rest = edges
    joined, border = {first}, [first]
    while border:
        own = edges[border.pop()]
        found = [code for code in rest if code not in joined and any(edge[::-1] in own for edge in edges[code])]
        joined.update(found)
        border += found
    return [code for code in rest if code not in joined]
