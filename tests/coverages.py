"""Random coverages on the 1 mm lattice, for hypothesis and for speed.

A sheet of cells with wobbling nodes and a bend in every edge; cells of one label are one grid. So there are grids of
several parts, grids around holes, grids inside grids, and, where a label is left out, places without a grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from hypothesis import strategies as st

from geo.crs import to_mm

KECHENG_MM = (390_004_754, 3_206_315_986)


@dataclass(frozen=True)
class Coverage:
    """codes: n texts in any order. geoms: (n,) lattice polygons. nodes: (k, 2) every vertex of the sheet, metres."""

    codes: list[str]
    geoms: np.ndarray
    nodes: np.ndarray
    cell_m: float

    def brute_force(self, x: float, y: float) -> int:
        """The row whose grid covers the point, the lowest code among several, -1 for none: one grid after another.

        In whole millimetres: 0.036 is not the middle of 0.035 and 0.037 in doubles, 36 is that of 35 and 37.
        """
        point = shapely.Point(to_mm(x), to_mm(y))
        rows = [row for row, geom in enumerate(shapely.transform(self.geoms, to_mm)) if geom.covers(point)]
        return min(rows, key=lambda row: self.codes[row].encode(), default=-1)


def sheet(columns: int, rows: int, cell_mm: int, rng: np.random.Generator, origin_mm: tuple[int, int]) -> np.ndarray:
    """(rows, columns) polygons of eight vertices that share every edge to the bit."""
    step = np.array([cell_mm, cell_mm])
    wobble, bend = cell_mm // 8, cell_mm // 20
    i, j = np.meshgrid(np.arange(columns + 1), np.arange(rows + 1))
    node = np.stack([i, j], axis=-1) * step + np.array(origin_mm)
    node = node + rng.integers(-wobble, wobble + 1, node.shape)
    across = (node[:, :-1] + node[:, 1:]) // 2
    across = across + rng.integers(-bend, bend + 1, across.shape)
    upward = (node[:-1] + node[1:]) // 2
    upward = upward + rng.integers(-bend, bend + 1, upward.shape)
    ring = [node[:-1, :-1], across[:-1], node[:-1, 1:], upward[:, 1:], node[1:, 1:], across[1:], node[1:, :-1]]
    ring += [upward[:, :-1], node[:-1, :-1]]
    return shapely.polygons(np.stack(ring, axis=2) / 1000.0)


def merged(cells: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """One polygon or multipolygon a label, in the order of the labels; label -1 is left out."""
    return np.array([shapely.coverage_union_all(cells[labels == label]) for label in np.unique(labels[labels >= 0])])


@st.composite
def coverages(draw: st.DrawFn, *, most_cells: int = 6) -> Coverage:
    """A valid coverage of at least one grid."""
    columns, rows = draw(st.integers(1, most_cells)), draw(st.integers(1, most_cells))
    cell_mm = draw(st.sampled_from([40, 1_000, 160_001, 3_000_000]))
    origin = draw(st.sampled_from([(0, 0), KECHENG_MM, (-5_000_000, 17)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cells = sheet(columns, rows, cell_mm, rng, origin)
    labels = np.array(draw(st.lists(st.integers(-1, 7), min_size=rows * columns, max_size=rows * columns)))
    labels = labels.reshape(rows, columns)
    if (labels < 0).all():
        labels[0, 0] = 0
    geoms = merged(cells, labels)
    names = st.text("019aZé区", min_size=1, max_size=3)
    codes = draw(st.lists(names, min_size=len(geoms), max_size=len(geoms), unique=True))
    return Coverage(codes, geoms, np.unique(shapely.get_coordinates(cells), axis=0), cell_mm / 1000.0)


@st.composite
def points_on(draw: st.DrawFn, coverage: Coverage) -> tuple[float, float]:
    """A point of the lattice where deciding is hard: on a node, on an edge, a step beside, anywhere, far away."""
    kind = draw(st.sampled_from(["node", "edge", "anywhere", "far"]))
    step = draw(st.tuples(st.integers(-1, 1), st.integers(-1, 1)))
    if kind == "far":
        return draw(st.sampled_from([(1e15, 0.0), (-1e9, 1e9), (0.123, 6_378_137.0)]))
    if kind == "node":
        x, y = coverage.nodes[draw(st.integers(0, len(coverage.nodes) - 1))]
    elif kind == "edge":
        x, y = draw(_edge_points(coverage))
    else:
        west, south, east, north = shapely.total_bounds(coverage.geoms)
        share = st.floats(-0.1, 1.1)
        x, y = west + draw(share) * (east - west), south + draw(share) * (north - south)
    mm = np.rint(np.array([x, y]) * 1000.0) + np.array(step)
    return float(mm[0] / 1000.0), float(mm[1] / 1000.0)


@st.composite
def _edge_points(draw: st.DrawFn, coverage: Coverage) -> tuple[float, float]:
    """A lattice point exactly on an edge, where the edge has one between its ends; else its first end."""
    geom = coverage.geoms[draw(st.integers(0, len(coverage.geoms) - 1))]
    coords = np.rint(shapely.get_coordinates(shapely.get_parts(geom)[0].exterior) * 1000.0).astype(np.int64)
    at = draw(st.integers(0, len(coords) - 2))
    (x0, y0), (x1, y1) = coords[at].tolist(), coords[at + 1].tolist()
    parts = int(np.gcd(x1 - x0, y1 - y0)) or 1
    k = draw(st.integers(0, parts))
    return (x0 + (x1 - x0) // parts * k) / 1000.0, (y0 + (y1 - y0) // parts * k) / 1000.0


@st.composite
def coverage_and_points(draw: st.DrawFn) -> tuple[Coverage, np.ndarray, np.ndarray]:
    """A coverage, and x and y of up to 25 such points."""
    coverage = draw(coverages())
    points = draw(st.lists(points_on(coverage), min_size=1, max_size=25))
    x, y = np.array(points).T
    return coverage, x, y
