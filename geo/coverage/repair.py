"""Making a coverage of grids that are almost one. Never done unasked: it moves boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geo.coverage.faults import errors, fault_record, find_faults
from geo.coverage.lattice import Geoms, as_multipolygons, polygonal, to_lattice
from geo.crs import LATTICE_M, Metric
from geo.errors import FaultyCoverage

_ROUNDS = 4  # rounding cleaned nodes can cross edges again; it settles at once or not at all


@dataclass(frozen=True, slots=True)
class Repaired:
    """geoms: (n,) multipolygons on the lattice, a coverage. area_m2: (n,) gained and lost by each grid.

    notes: what was done, in words. An overlap counts once: only the grid that gives it away changes.
    """

    geoms: Geoms
    area_m2: np.ndarray
    notes: tuple[str, ...]

    @property
    def area_moved_m2(self) -> float:
        """Area that some grid gained or lost."""
        return float(self.area_m2.sum())


def repair(codes: Sequence[str], geoms: Geoms, metric: Metric) -> Repaired:
    """Valid polygons, then a clean coverage, on the lattice.

    codes: n different texts. geoms: (n,) metric polygons. Overlaps go to the neighbour with the longer common edge;
    gaps and holes are left. Raises FaultyCoverage where a grid would be left empty or faults remain.
    """
    valid = to_lattice(_made_valid(geoms))
    _refuse_empty(codes, valid)
    repaired = valid
    for _ in range(_ROUNDS):
        repaired = to_lattice(_made_valid(_cleaned(repaired)))
        _refuse_empty(codes, repaired)
        if shapely.is_valid(repaired).all() and shapely.coverage_is_valid(repaired):
            break
    left = errors(find_faults(codes, repaired, metric))
    if left:
        listed = "; ".join(fault.message for fault in left[:3])
        raise FaultyCoverage(
            f"repair leaves {len(left)} faults: {listed}", faults=[fault_record(fault) for fault in left]
        )
    valid, repaired = as_multipolygons(valid), as_multipolygons(repaired)
    same = shapely.equals_exact(shapely.normalize(valid), shapely.normalize(repaired))
    repaired = np.where(same, valid, repaired)  # rings only turned or reordered
    moved = np.zeros(len(valid))
    moved[~same] = shapely.area(shapely.symmetric_difference(valid[~same], repaired[~same]))
    return Repaired(repaired, moved, _notes(codes, geoms, moved))


def _made_valid(geoms: Geoms) -> Geoms:
    """Invalid polygons rebuilt from their rings; lines and points that fall off are dropped."""
    broken = np.flatnonzero(~shapely.is_valid(geoms))
    if not len(broken):
        return geoms
    made = geoms.copy()
    made[broken] = [_areas(shape) for shape in shapely.make_valid(geoms[broken], method="structure")]
    return made


def _areas(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of any geometry."""
    parts = shapely.get_parts(shape)
    if shape is not None and shape.geom_type == "GeometryCollection":
        parts = shapely.get_parts(parts)
    polygons = [part for part in parts if part is not None and part.geom_type == "Polygon" and not part.is_empty]
    if not polygons:
        return shapely.Polygon()
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


def _cleaned(geoms: Geoms) -> Geoms:
    """The coverage with overlaps given away and edges matched; nodes within half a lattice step become one."""
    cleaned: Geoms = shapely.coverage_clean(geoms, gap_width=0.0, snapping_distance=LATTICE_M / 2.0)
    return cleaned


def _refuse_empty(codes: Sequence[str], geoms: Geoms) -> None:
    gone = [code for code, kept in zip(codes, polygonal(geoms), strict=True) if not kept]
    if gone:
        raise FaultyCoverage(
            f"repair would leave nothing of {len(gone)} grids: {', '.join(gone[:10])}; they need a person's hand",
            faults=[{"kind": "empty", "severity": "error", "codes": [code]} for code in gone],
        )


def _notes(codes: Sequence[str], geoms: Geoms, moved: np.ndarray) -> tuple[str, ...]:
    notes = [f"repair moved {moved.sum():.3f} m2"]
    rebuilt = [code for code, valid in zip(codes, shapely.is_valid(geoms), strict=True) if not valid]
    if rebuilt:
        notes.append(f"rebuilt {len(rebuilt)} invalid polygons: {', '.join(rebuilt[:10])}")
    for row in np.argsort(-moved, kind="stable")[:10]:
        if moved[row] > 0.0:
            notes.append(f"grid {codes[row]} changed by {moved[row]:.3f} m2")
    return tuple(notes)
