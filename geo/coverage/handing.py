"""A block to be handed over, as the operation that does it: a ring that cuts the giver where the block ends.

Where the block ends at the giver's own edge the ring runs a metre outside of it, so that it cuts there once and
cleanly; an end that comes within a metre of a node of the edge goes to that node.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.edit import NOTHING, Edited, apply
from geo.coverage.faults import errors
from geo.coverage.lattice import Geoms
from geo.coverage.nodes import Coverage
from geo.coverage.operations import TransferArea
from geo.coverage.shapes import Position
from geo.crs import LATTICE_M, to_mm
from geo.errors import BadInput, EditRefused

_OUTSIDE_M = 1.0
_NODE_M = 1.0
_ON_EDGE_M = 0.02  # blocks are cut in doubles, and earlier hand-overs bend edges by a millimetre
_ASTRAY = 0.01  # of the block's ground


def hand_over(coverage: Coverage, giver: str, taker: str, block: shapely.Geometry) -> Edited | None:
    """The operation that gives a block of one grid to another, applied; None where it would leave anything broken."""
    ring = ring_around(coverage[giver], block)
    if ring is None:
        return None
    try:
        edited = apply(coverage, TransferArea(giver, taker, ring), NOTHING)
    except (EditRefused, BadInput):
        return None
    gained = edited.coverage[taker].area - coverage[taker].area
    astray = abs(gained - block.area) > _ASTRAY * block.area
    in_parts = any(
        shapely.get_num_geometries(edited.coverage[code]) > shapely.get_num_geometries(coverage[code])
        for code in (giver, taker)
    )
    return None if astray or in_parts or errors(edited.faults) else edited


def ring_around(giver: shapely.Geometry, block: shapely.Geometry) -> tuple[Position, ...] | None:
    """A ring in whole millimetres that has the block, and nothing else of the giver; None where none is found."""
    edge = shapely.boundary(giver)
    inner = shapely.difference(shapely.boundary(block), shapely.buffer(edge, _ON_EDGE_M, quad_segs=1))
    cuts = shapely.get_parts(shapely.line_merge(inner))
    if not len(cuts):
        return None
    around = shapely.boundary(shapely.buffer(giver, _OUTSIDE_M, join_style="mitre"))
    ends = _on(edge, block)
    lines = shapely.union_all([around, *(_drawn_on(cut, ends, edge, around) for cut in cuts)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    mine = shapely.area(shapely.intersection(faces, giver))
    of_block = shapely.area(shapely.intersection(faces, block))
    whole = shapely.union_all(faces[(mine > 0) & (of_block > 0.5 * mine)])
    return _positions(whole.exterior) if whole.geom_type == "Polygon" else None


def _on(edge: shapely.Geometry, block: shapely.Geometry) -> Geoms:
    """The corners of a block that lie on the giver's edge."""
    corners = shapely.points(shapely.get_coordinates(block))
    return corners[shapely.distance(corners, edge) < LATTICE_M]


def _positions(ring: shapely.Geometry) -> tuple[Position, ...] | None:
    mm = to_mm(shapely.get_coordinates(ring)[:-1]).astype(np.int64).tolist()
    found = [(x, y) for (x, y), before in zip(mm, [mm[-1], *mm[:-1]], strict=True) if [x, y] != before]
    return tuple(found) if len(found) >= 3 else None


def _drawn_on(cut: shapely.Geometry, ends: Geoms, edge: shapely.Geometry, around: shapely.Geometry) -> shapely.Geometry:
    """A cut from beyond the edge to beyond the edge; one that is closed as it is."""
    if shapely.is_closed(cut) or not len(ends):
        return cut
    nodes = shapely.points(shapely.get_coordinates(edge))
    first, last = (_beyond(shapely.get_point(cut, at), ends, nodes, around) for at in (0, -1))
    return shapely.LineString([*first[::-1], *shapely.get_coordinates(cut)[1:-1], *last])


def _beyond(end: shapely.Geometry, ends: Geoms, nodes: Geoms, around: shapely.Geometry) -> NDArray[np.float64]:
    """Where a cut ends on the edge, at a node where one is near, and a place straight across the edge."""
    place = ends[np.argmin(shapely.distance(ends, end))]
    node = nodes[np.argmin(shapely.distance(nodes, place))]
    place = node if shapely.distance(node, place) <= _NODE_M else place
    here, outside = shapely.get_coordinates(shapely.shortest_line(place, around))
    return np.array([here, here + 2.0 * (outside - here)])
