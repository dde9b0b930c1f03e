"""What keeps a set of grids from being a coverage: each fault with the grids, the place and the size.

Everything is measured on metric lattice geometries, never on degrees: a gap width in degrees does not end.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.lattice import Geoms, polygonal
from geo.crs import LATTICE_M, Metric
from geo.model import Fault

ERROR, WARNING = "error", "warning"
NARROW_M = 1.0  # a hole or an inlet narrower than this is hardly water, but a gap that drawing left
_NEIGHBOUR_M = 2.0 * LATTICE_M  # edges that rounding may have parted
_OF_GRIDS = ("duplicate_code", "empty", "invalid", "overlap", "crossing", "outside_parent", "unmatched_edge", "parts")
MOVES_OUTLINE = ("outline_moved", "gap", "hole")
OF_OUTLINE = (*MOVES_OUTLINE, "outline_bent")
_KINDS = (*_OF_GRIDS, *OF_OUTLINE, "lattice_move")


def find_faults(codes: Sequence[str], geoms: Geoms, metric: Metric) -> list[Fault]:
    """All faults of n grids; errors before warnings, the largest of a kind first. Holes are sought only without errors.

    codes: n texts. geoms: (n,) metric geometries on the lattice.
    """
    names = np.array(list(codes), dtype=object)
    faults, valid = shape_faults(names, geoms)
    faults += edge_faults(names[valid], geoms[valid])
    return placed(faults or _openings(names, geoms), metric)


def shape_faults(codes: NDArray[np.object_], geoms: Geoms) -> tuple[list[Fault], NDArray[np.bool_]]:
    """What is wrong with each grid alone, without places; and (n,) whether it is a valid polygon."""
    usable = polygonal(geoms)
    valid = usable & shapely.is_valid(geoms)
    faults = [*_repeated(codes, geoms), *_empty(codes[~usable])]
    return faults + _invalid(codes[usable & ~valid], geoms[usable & ~valid]), valid


def placed(faults: Iterable[Fault], metric: Metric) -> list[Fault]:
    """Faults with their places, errors before warnings, the largest of a kind first."""
    found = [_with_place(fault, metric) for fault in faults]
    return sorted(found, key=lambda f: (_KINDS.index(f.kind), -(f.area_m2 or f.length_m or 0.0), f.codes))


def errors(faults: Iterable[Fault]) -> list[Fault]:
    """The faults that refuse an import."""
    return [fault for fault in faults if fault.severity == ERROR]


# -- one grid -------------------------------------------------------------------------------------------------------


def _repeated(codes: NDArray[np.object_], geoms: Geoms) -> list[Fault]:
    faults = []
    for code, times in Counter(codes).items():
        if times > 1:
            shapes = [shape for shape in geoms[codes == code] if shapely.is_valid(shape) and not shape.is_empty]
            where = shapely.MultiPoint([shape.representative_point() for shape in shapes]) if shapes else None
            faults.append(
                Fault("duplicate_code", ERROR, (code,), f"code {code!r} is used by {times} grids", geometry=where)
            )
    return faults


def _empty(codes: NDArray[np.object_]) -> list[Fault]:
    return [Fault("empty", ERROR, (code,), f"grid {code!r} has no polygon") for code in codes]


def _invalid(codes: NDArray[np.object_], geoms: Geoms) -> list[Fault]:
    faults = []
    for code, reason in zip(codes, shapely.is_valid_reason(geoms), strict=True):
        what, at = re.fullmatch(r"([^\[]*)(?:\[(.*)\])?", reason).groups()  # type: ignore[union-attr]
        place = shapely.Point(*map(float, at.split()[:2])) if at and "nan" not in at.lower() else None
        faults.append(Fault("invalid", ERROR, (code,), f"grid {code!r} is no valid polygon: {what}", geometry=place))
    return faults


# -- two grids ------------------------------------------------------------------------------------------------------


def edge_faults(codes: NDArray[np.object_], geoms: Geoms) -> list[Fault]:
    """Overlaps, and edges that neighbours share without having the same nodes."""
    lines = shapely.coverage_invalid_edges(geoms)
    flagged = np.flatnonzero(~shapely.is_empty(lines))
    if not len(flagged):
        return []
    tree = shapely.STRtree(geoms)
    # A grid with a bad edge may overlap one that has none: it lies inside it.
    at, other = tree.query(geoms[flagged], predicate="intersects")
    pairs = np.stack([flagged[at], other], axis=1)
    overlaps = _overlaps(geoms, pairs, 0.0)
    return _overlap_faults(codes, overlaps) + _unmatched(codes, geoms, lines, flagged, overlaps, tree)


def overlap_faults(
    codes: NDArray[np.object_], geoms: Geoms, pairs: NDArray[np.int64], thicker_than_m: float
) -> list[Fault]:
    """Faults without places for those of the pairs of rows (k, 2) that overlap by more than a sliver."""
    return _overlap_faults(codes, _overlaps(geoms, pairs, thicker_than_m))


def _overlap_faults(codes: NDArray[np.object_], overlaps: dict[tuple[int, int], shapely.Geometry]) -> list[Fault]:
    faults = []
    for (a, b), shape in overlaps.items():
        pair = _pair(codes, a, b)
        message = f"grids {pair[0]!r} and {pair[1]!r} overlap by {area_words(shape.area)}"
        faults.append(Fault("overlap", ERROR, pair, message, area_m2=shape.area, geometry=shape))
    return faults


def _overlaps(geoms: Geoms, pairs: NDArray[np.int64], thicker_than_m: float) -> dict[tuple[int, int], shapely.Geometry]:
    """Common area by pair of rows."""
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    common = shapely.intersection(geoms[pairs[:, 0]], geoms[pairs[:, 1]])
    # Less than one square of the lattice is the intersection's own rounding.
    real = shapely.area(common) > np.maximum(LATTICE_M**2, thicker_than_m * shapely.length(common) / 2.0)
    return {(int(a), int(b)): _area_part(shape) for (a, b), shape in zip(pairs[real], common[real], strict=True)}


def _unmatched(
    codes: NDArray[np.object_],
    geoms: Geoms,
    lines: Geoms,
    flagged: NDArray[np.int64],
    overlaps: dict[tuple[int, int], shapely.Geometry],
    tree: shapely.STRtree,
) -> list[Fault]:
    """One fault a pair of grids, or a grid alone, whose common edge differs; edges of overlaps are left out."""
    explained: dict[int, list[shapely.Geometry]] = defaultdict(list)
    for (a, b), shape in overlaps.items():
        explained[a].append(shape)
        explained[b].append(shape)
    found: dict[tuple[str, ...], dict[int, list[shapely.Geometry]]] = defaultdict(lambda: defaultdict(list))
    for row in flagged.tolist():
        edges = _segments(lines[row])
        shapes = shapely.union_all(explained[row]) if row in explained else shapely.Point()
        for edge in edges[~shapely.dwithin(edges, shapes, _NEIGHBOUR_M)]:
            for pair in _sides(codes, tree, edge, row, _NEIGHBOUR_M):
                found[pair][row].append(edge)
    # The edges that merely end at a bad node are flagged as well; they say nothing where a neighbour is named.
    named = {code for pair in found if len(pair) > 1 for code in pair}
    return [_unmatched_fault(pair, sides) for pair, sides in found.items() if len(pair) > 1 or pair[0] not in named]


def _unmatched_fault(pair: tuple[str, ...], sides: dict[int, list[shapely.Geometry]]) -> Fault:
    """The fault with the shorter of the two sides' edges: the longer may run on along a third grid."""
    line = min((shapely.union_all(edges) for edges in sides.values()), key=shapely.length)
    who = " and ".join(map(repr, pair))
    message = f"grids {who} do not share the nodes of their common edge, {line.length:.3f} m"
    return Fault("unmatched_edge", ERROR, pair, message, length_m=line.length, geometry=line)


def _segments(lines: shapely.Geometry) -> Geoms:
    """Every straight segment of lines, one by one."""
    coords, line = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    joined = np.flatnonzero(np.diff(line) == 0)
    segments: Geoms = shapely.linestrings(np.stack([coords[joined], coords[joined + 1]], axis=1))
    return segments


def _sides(
    codes: NDArray[np.object_], tree: shapely.STRtree, line: shapely.Geometry, row: int, reach_m: float
) -> list[tuple[str, ...]]:
    """The grid with each grid on the other side of the middle of a line; alone when there is none."""
    middle = shapely.line_interpolate_point(line, 0.5, normalized=True)
    others = [other for other in tree.query(middle, predicate="dwithin", distance=reach_m) if other != row]
    return [_pair(codes, row, int(other)) for other in others] or [(codes[row],)]


# -- the whole ------------------------------------------------------------------------------------------------------


def _openings(codes: NDArray[np.object_], geoms: Geoms) -> list[Fault]:
    """Holes, and gaps too narrow to be meant, of a valid coverage."""
    if not len(geoms):
        return []
    tree = shapely.STRtree(geoms)
    parts = shapely.get_parts(shapely.coverage_union_all(geoms))
    rings, part = shapely.get_rings(parts, return_index=True)
    holes = shapely.polygons(rings[np.diff(part, prepend=-1) == 0])
    faults = [_hole(hole, codes[np.unique(tree.query(hole, predicate="intersects"))]) for hole in holes]
    return faults + _inlets(codes, geoms, holes, tree)


def _hole(hole: shapely.Geometry, around: NDArray[np.object_]) -> Fault:
    narrow = 2.0 * hole.area < NARROW_M * hole.length
    kind = "gap" if narrow else "hole"
    names = tuple(sorted(around))
    message = f"{kind} of {area_words(hole.area)} in or between {listed(names)}"
    return Fault(kind, WARNING, names, message, area_m2=hole.area, geometry=hole)


def _inlets(codes: NDArray[np.object_], geoms: Geoms, holes: Geoms, tree: shapely.STRtree) -> list[Fault]:
    """Narrow gaps that are open to the outside, so that they are no holes."""
    lines = shapely.coverage_invalid_edges(geoms, NARROW_M)
    known = shapely.union_all(holes)
    shapely.prepare(known)
    found: dict[tuple[str, ...], list[shapely.Geometry]] = defaultdict(list)
    for row in np.flatnonzero(~shapely.is_empty(lines)):
        parts = shapely.get_parts(shapely.line_merge(lines[row]))
        for line in parts[~shapely.dwithin(parts, known, _NEIGHBOUR_M)]:
            found[_sides(codes, tree, line, int(row), NARROW_M)[0]].append(line)
    faults = []
    for pair, pieces in found.items():
        shape = shapely.line_merge(shapely.union_all(pieces))
        message = f"gap narrower than {NARROW_M:g} m along {shape.length:.1f} m of edges of {listed(pair)}"
        faults.append(Fault("gap", WARNING, pair, message, length_m=shape.length, geometry=shape))
    return faults


# -- places and words -----------------------------------------------------------------------------------------------


def faults_geojson(faults: Iterable[Fault], metric: Metric) -> dict[str, Any]:
    """The faults as a GeoJSON FeatureCollection in WGS84 (RFC 7946), to be looked at on a map."""
    features = [
        {"type": "Feature", "geometry": _geometry(fault, metric), "properties": fault_record(fault)} for fault in faults
    ]
    return {"type": "FeatureCollection", "features": features}


def drawn_record(fault: Fault, metric: Metric) -> dict[str, Any]:
    """A fault as JSON-ready values with ``shape``: the ground or stretch that is wrong, GeoJSON in WGS84, or None."""
    return {**fault_record(fault), "shape": _geometry(fault, metric)}


def _geometry(fault: Fault, metric: Metric) -> dict[str, Any] | None:
    if fault.geometry is None:
        return None
    shape = metric.unproject_geometry(fault.geometry)
    found: dict[str, Any] = shapely.transform(shape, lambda c: np.round(c, 9)).__geo_interface__
    return found


def fault_record(fault: Fault) -> dict[str, Any]:
    """A fault as JSON-ready values, without its geometry."""
    record: dict[str, Any] = {"kind": fault.kind, "severity": fault.severity, "codes": list(fault.codes)}
    record["message"] = fault.message
    for name in ("lon", "lat", "area_m2", "length_m"):
        value = getattr(fault, name)
        if value is not None:
            record[name] = round(value, 7 if name in ("lon", "lat") else 6)
    return record


def _with_place(fault: Fault, metric: Metric) -> Fault:
    if fault.geometry is None:
        return fault
    point = fault.geometry.representative_point()
    lon, lat = (float(value) for value in metric.unproject(point.x, point.y))
    return Fault(
        fault.kind,
        fault.severity,
        fault.codes,
        f"{fault.message}, at lon {lon:.6f}, lat {lat:.6f}",
        lon,
        lat,
        fault.area_m2,
        fault.length_m,
        fault.geometry,
    )


def _pair(codes: NDArray[np.object_], a: int, b: int) -> tuple[str, ...]:
    return tuple(sorted((codes[a], codes[b])))


def _area_part(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a mixed intersection."""
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])


def listed(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def area_words(area_m2: float) -> str:
    """Square metres for people."""
    return f"{area_m2:,.0f} m2" if area_m2 >= 1000.0 else f"{area_m2:.3g} m2"
