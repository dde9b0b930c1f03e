"""Curves and noise: what turns a sketch into something that looks grown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from sample_data.sketch import ORIGIN

Floats = NDArray[np.float64]
Points = NDArray[np.float64]  # (n, 2) metres


def metres(kilometres: Sequence[tuple[float, float]]) -> Points:
    """Sketch coordinates as EPSG:4549 metres, (n, 2)."""
    return np.asarray(kilometres, dtype=np.float64) * 1000.0 + np.array(ORIGIN)


def spline(points: Points, spacing_m: float, *, closed: bool = False) -> Points:
    """A smooth curve through ``points`` (centripetal Catmull-Rom), sampled about every ``spacing_m``.

    (n, 2) -> (m, 2). Open curves keep their ends; closed ones do not repeat the first point.
    """
    if closed:
        padded = np.vstack([points[-1:], points, points[:2]])
    else:
        padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    pieces = [_catmull_rom(padded[i : i + 4], spacing_m) for i in range(len(padded) - 3)]
    return np.vstack(pieces) if closed else np.vstack([*pieces, points[-1:]])


def _catmull_rom(control: Points, spacing_m: float) -> Points:
    """The piece between the middle two of four control points, without its end (Barry and Goldman's pyramid)."""
    k0, k1, k2, k3 = np.concatenate([[0.0], np.cumsum(np.sqrt(np.hypot(*np.diff(control, axis=0).T)))])
    count = max(2, int(np.hypot(*(control[2] - control[1])) / spacing_m))
    t = np.linspace(k1, k2, count, endpoint=False)[:, None]

    def between(a: Points, b: Points, start: float, end: float) -> Points:
        return ((end - t) * a + (t - start) * b) / (end - start)

    a, b, c, d = control
    first, middle, last = between(a, b, k0, k1), between(b, c, k1, k2), between(c, d, k2, k3)
    return between(between(first, middle, k0, k2), between(middle, last, k1, k3), k1, k2)


@dataclass(frozen=True)
class Noise:
    """Smooth noise over the plane: plane waves of one length in random directions. About -1 to 1."""

    waves: Points  # (k, 2) radians a metre
    phases: Floats

    @classmethod
    def of_length(cls, rng: np.random.Generator, length_m: float, count: int = 7) -> Noise:
        angles = rng.uniform(0, 2 * np.pi, count)
        size = 2 * np.pi / (length_m * rng.uniform(0.75, 1.5, count))
        return cls(np.column_stack([np.cos(angles), np.sin(angles)]) * size[:, None], rng.uniform(0, 2 * np.pi, count))

    def __call__(self, xy: Points) -> Floats:
        """(..., 2) -> (...)."""
        return np.sin(xy @ self.waves.T + self.phases).mean(axis=-1) * np.sqrt(2.0)


@dataclass(frozen=True)
class Warp:
    """A gentle displacement of the plane: wiggles every line that goes through it, and tears none.

    Neighbouring points stay neighbours while amplitude / length stays well under 1 / 2 pi.
    """

    octaves: tuple[tuple[float, Noise, Noise], ...]  # amplitude in metres, its two components

    @classmethod
    def of(cls, rng: np.random.Generator, octaves: Sequence[tuple[float, float]]) -> Warp:
        """``octaves``: (amplitude_m, length_m) each."""
        return cls(tuple((a, Noise.of_length(rng, length), Noise.of_length(rng, length)) for a, length in octaves))

    def __call__(self, xy: Points) -> Points:
        moved = xy.copy()
        for amplitude_m, east, north in self.octaves:
            moved += amplitude_m * np.stack([east(xy), north(xy)], axis=-1)
        return moved


def sides_of(lines: Sequence[shapely.LineString] | NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """The straight sides of lines, and which line each belongs to: a tree of sides answers quickly what is near."""
    xy, line = shapely.get_coordinates(np.asarray(lines, dtype=object), return_index=True)
    same = line[1:] == line[:-1]
    return shapely.linestrings(np.stack([xy[:-1][same], xy[1:][same]], axis=1)), line[:-1][same]


def chaikin(points: Points, rounds: int) -> Points:
    """Corners cut ``rounds`` times, ends kept. (n, 2) -> (m, 2)."""
    for _ in range(rounds):
        if len(points) < 3:
            return points
        first, second = points[:-1] * 0.75 + points[1:] * 0.25, points[:-1] * 0.25 + points[1:] * 0.75
        cut = np.empty((2 * len(first), 2))
        cut[0::2], cut[1::2] = first, second
        points = np.vstack([points[:1], cut[1:-1], points[-1:]])
    return points


def ribbon(course: Points, width_m: tuple[float, float], wobble: Noise) -> shapely.Polygon:
    """The water surface along a course: the width grows from one end to the other and wavers a little."""
    line = shapely.LineString(course)
    share = np.linspace(0.0, 1.0, len(course))
    half = 0.5 * (width_m[0] + (width_m[1] - width_m[0]) * share) * (1 + 0.22 * wobble(course))
    along = np.gradient(course, axis=0)
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
    ring = np.vstack([course + normal * half[:, None], (course - normal * half[:, None])[::-1]])
    # A tight bend folds the inner bank over itself; the buffer of the line fills what the repair takes away.
    return shapely.union(shapely.make_valid(shapely.Polygon(ring)).buffer(0), line.buffer(float(half.min()) * 0.9))


def contours(values: Floats, x: Floats, y: Floats, level: float) -> list[shapely.Polygon]:
    """Land above ``level`` in a raster, by marching squares. values: (rows, columns) at y (rows,) and x (columns,).

    The rim counts as low, so that every contour closes.
    """
    high = np.pad(values, 1, constant_values=level - 1.0) - level
    px = np.concatenate([[2 * x[0] - x[1]], x, [2 * x[-1] - x[-2]]])
    py = np.concatenate([[2 * y[0] - y[1]], y, [2 * y[-1] - y[-2]]])
    polygons = shapely.polygonize(shapely.linestrings(_contour_segments(high, px, py)))
    faces = shapely.get_parts(polygons)
    return list(faces[_height_at(shapely.get_coordinates(shapely.point_on_surface(faces)), high, px, py) > 0])


def _height_at(xy: Points, high: Floats, x: Floats, y: Floats) -> Floats:
    """(n, 2) -> (n,): linear within the same triangles that the contours are drawn through."""
    column = np.clip(np.searchsorted(x, xy[:, 0]) - 1, 0, len(x) - 2)
    row = np.clip(np.searchsorted(y, xy[:, 1]) - 1, 0, len(y) - 2)
    u = (xy[:, 0] - x[column]) / (x[column + 1] - x[column])
    v = (xy[:, 1] - y[row]) / (y[row + 1] - y[row])
    low, far = high[row, column], high[row + 1, column + 1]
    lower = low + u * (high[row, column + 1] - low) + v * (far - high[row, column + 1])
    upper = low + v * (high[row + 1, column] - low) + u * (far - high[row + 1, column])
    return np.where(u >= v, lower, upper)


def _contour_segments(high: Floats, x: Floats, y: Floats) -> Floats:
    """(m, 2, 2): each square is cut along a diagonal into two triangles, which have no ambiguous case."""
    rows, columns = np.meshgrid(np.arange(high.shape[0] - 1), np.arange(high.shape[1] - 1), indexing="ij")
    r, c = rows.ravel(), columns.ravel()
    corners = [(r, c), (r, c + 1), (r + 1, c + 1), (r + 1, c)]
    segments = [_triangle_segments([corners[i] for i in triangle], high, x, y) for triangle in ((0, 1, 2), (0, 2, 3))]
    return np.vstack(segments)


def _triangle_segments(
    corners: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]], high: Floats, x: Floats, y: Floats
) -> Floats:
    """Where the zero line crosses each triangle: none or one segment, (m, 2, 2)."""
    value = np.stack([high[r, c] for r, c in corners], axis=1)
    place = np.stack([np.column_stack([x[c], y[r]]) for r, c in corners], axis=1)
    above = value > 0
    crossed = above.any(axis=1) & ~above.all(axis=1)
    value, place, above = value[crossed], place[crossed], above[crossed]
    lone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), (~above).argmax(axis=1))
    n = np.arange(len(lone))
    ends = []
    for step in (1, 2):
        other = (lone + step) % 3
        # Interpolate from the lower corner id upwards, so that both triangles of an edge get the same double.
        a, b = value[n, lone], value[n, other]
        pa, pb = place[n, lone], place[n, other]
        swap = (pb[:, 0] < pa[:, 0]) | ((pb[:, 0] == pa[:, 0]) & (pb[:, 1] < pa[:, 1]))
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        pa, pb = np.where(swap[:, None], pb, pa), np.where(swap[:, None], pa, pb)
        ends.append(pa + (pb - pa) * (a / (a - b))[:, None])
    return np.stack(ends, axis=1)
