"""Ground that a change of boundaries leaves without a grid, or gives one where none was: gaps, holes, the outline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.faults import ERROR, WARNING, area_words
from geo.coverage.lattice import Geoms
from geo.crs import LATTICE_M, Metric
from geo.model import Fault

# A line that is straight in degrees is bent in metres, by a centimetre over a kilometre.
SLIVER_M = 0.01

Named = tuple[Sequence[str], Geoms]  # codes and valid metric polygons of the grids that changed


def ground_faults(before: Named, after: Named, metric: Metric, *, allowed: bool) -> list[Fault]:
    """Faults of kind ``ground``: one for each piece that has no grid any more, or has one and had none.

    allowed: whether the outline may move; warnings then. A piece thinner than SLIVER_M is how lines are drawn: a
    warning of kind ``sliver``. What is thinner than the lattice is how nodes are rounded, and none.
    """
    old, new = shapely.union_all(before[1]), shapely.union_all(after[1])
    severity = WARNING if allowed else ERROR
    found = [
        _fault(piece, before, severity, "has no grid any more, but was of", metric)
        for piece in _pieces(shapely.difference(old, new))
    ]
    found += [
        _fault(piece, after, severity, "had no grid, and would come to", metric)
        for piece in _pieces(shapely.difference(new, old))
    ]
    return sorted(found, key=lambda fault: -(fault.area_m2 or 0.0))


def broken_parts(codes: Sequence[str], before: Sequence[Any], after: Geoms, metric: Metric) -> list[Fault]:
    """Warnings of kind ``parts``: grids that lie in more parts than before. before: None for a grid that is new."""
    found = []
    for code, old, new in zip(codes, before, after, strict=True):
        parts, had = shapely.get_num_geometries(new), 1 if old is None else shapely.get_num_geometries(old)
        if parts > had:
            smallest = min(shapely.get_parts(new), key=shapely.area)
            message = f"grid {code!r} would lie in {parts} parts, the smallest of {area_words(smallest.area)}"
            found.append(_placed("parts", WARNING, (code,), message, smallest, metric))
    return found


def _pieces(shape: shapely.Geometry) -> list[shapely.Geometry]:
    areas = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return [part for part in areas if part.area > max(LATTICE_M**2, LATTICE_M * part.length)]


def _fault(piece: shapely.Geometry, grids: Named, severity: str, what: str, metric: Metric) -> Fault:
    codes: NDArray[np.object_] = np.array(list(grids[0]), dtype=object)
    here = tuple(sorted(codes[shapely.relate_pattern(grids[1], piece, "T********")]))
    message = f"{area_words(piece.area)} of ground {what} {', '.join(map(repr, here[:5]))}"
    if 2.0 * piece.area <= SLIVER_M * piece.length:
        return _placed("sliver", WARNING, here, message, piece, metric)
    return _placed("ground", severity, here, message, piece, metric)


def _placed(
    kind: str, severity: str, codes: tuple[str, ...], message: str, shape: shapely.Geometry, metric: Metric
) -> Fault:
    point = shape.representative_point()
    lon, lat = (float(value) for value in metric.unproject(point.x, point.y))
    where = f"{message}, at lon {lon:.6f}, lat {lat:.6f}"
    return Fault(kind, severity, codes, where, lon, lat, area_m2=float(shape.area), geometry=shape)
