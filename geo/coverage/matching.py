"""The shared edges of many grids, matched in batches of neighbours.

An edge is matched with its twin where both grids beside it are in one batch, whose arrays stay in the processor's cache
and whose memory serves the next batch. What is left single in the batches is little, and is matched last.

An edge that has both its sides is not looked at again. Should the grids of another batch have the same edge, then they
overlap; and since theirs adds to the count of grids like any other, `overlaps.py` finds them all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import shapely

from geo.coverage.cells import BATCH
from geo.coverage.edges import Corner, Edges, Ints, joined, rings_of, shared_edges
from geo.coverage.lattice import Geoms
from geo.coverage.overlaps import is_single


def edges_of(geoms: Geoms, corner: Corner, codes: Sequence[str], batch: int = BATCH) -> Edges:
    """Every edge of polygons and multipolygons in metres once. Same errors as rings_of and shared_edges.

    batch: so many vertices are looked at together.
    """
    whole, single = [], []
    for rows in neighbours(geoms, batch):
        rings = rings_of(geoms[rows])
        edges = shared_edges(replace(rings, row=rows[rings.row]), corner, codes)
        alone = is_single(edges.left, edges.right)
        whole.append(edges[~alone])
        single.append(edges[alone])
    return joined(single[0].followed_by(*single[1:]), codes).followed_by(*whole)


def neighbours(geoms: Geoms, batch: int) -> Iterator[Ints]:
    """Rows of grids that lie together, in batches of about so many vertices: strips from west to east, each cut into
    as many parts as there are strips.
    """
    count = max(int(shapely.get_num_coordinates(geoms).sum()) // batch, 1)
    strips = round(count**0.5)
    west, south, _, _ = shapely.bounds(geoms).T
    strip = np.empty(len(geoms), np.int64)
    strip[np.argsort(south)] = np.arange(len(geoms)) * strips // max(len(geoms), 1)
    yield from np.array_split(np.lexsort((west, strip)), count)
