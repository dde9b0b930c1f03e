/** Plane geometry for the editor: in fractions of the mercator world, where a few screens are as good as flat. */

import type { Bounds, Point } from "../mercator.ts";

/** The nearest place on a segment, and how far it is. */
export function nearestOn(from: Point, to: Point, at: Point): { place: Point; distance: number } {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const squared = dx * dx + dy * dy;
  const along = squared ? Math.max(0, Math.min(1, ((at.x - from.x) * dx + (at.y - from.y) * dy) / squared)) : 0;
  const place = { x: from.x + along * dx, y: from.y + along * dy };
  return { place, distance: distanceOf(place, at) };
}

export function distanceOf(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

export function lengthOf(line: readonly Point[]): number {
  return line.reduce((sum, point, i) => (i ? sum + distanceOf(line[i - 1]!, point) : 0), 0);
}

/** Whether rings hold a point: even-odd, so that holes and parts need no care. */
export function ringsHold(rings: Iterable<readonly Point[]>, { x, y }: Point): boolean {
  let inside = false;
  for (const ring of rings) {
    let before = ring.at(-1)!;
    for (const point of ring) {
      if (before.y > y !== point.y > y && x < before.x + ((y - before.y) / (point.y - before.y)) * (point.x - before.x)) {
        inside = !inside;
      }
      before = point;
    }
  }
  return inside;
}

/** Points spread evenly along a line, so many a segment. */
export function alongLine(line: readonly Point[], count: number): Point[] {
  return line.slice(1).flatMap((to, i) => {
    const from = line[i]!;
    return Array.from({ length: count }, (_, step) => {
      const part = (step + 0.5) / count;
      return { x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y) };
    });
  });
}

/** A place so far beyond the end of a segment, in its direction; the end itself where it has none. */
export function beyond(from: Point, end: Point, by: number): Point {
  const length = distanceOf(from, end);
  if (!length) return end;
  return { x: end.x + ((end.x - from.x) / length) * by, y: end.y + ((end.y - from.y) / length) * by };
}

export function boundsOfPoints(points: Iterable<Point>): Bounds {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { left, top, right, bottom };
}

/** Whether a point lies in bounds, or so near. */
export function isNear({ left, top, right, bottom }: Bounds, { x, y }: Point, within: number): boolean {
  return x >= left - within && x <= right + within && y >= top - within && y <= bottom + within;
}

type LonLat = readonly number[];
type Shape = { type: "Polygon"; coordinates: readonly (readonly LonLat[])[] } | { type: "MultiPolygon"; coordinates: readonly (readonly (readonly LonLat[])[])[] };

/** All rings of a GeoJSON polygon, closed as they come. */
export function ringsOfShape(shape: Shape): readonly (readonly LonLat[])[] {
  return shape.type === "Polygon" ? shape.coordinates : shape.coordinates.flat();
}

/**
 * The lines of some shapes that others do not have, joined where they go on. Edges are compared as they are written: of
 * one coverage, whatever did not change is equal to the last digit, in either direction.
 */
export function linesApart(shapes: readonly Shape[], others: readonly Shape[]): LonLat[][] {
  const known = new Set(edgesOf(others).map(([key]) => key));
  const lines: LonLat[][] = [];
  const drawn = new Set<string>();
  let end: LonLat | null = null;
  for (const [key, from, to] of edgesOf(shapes)) {
    if (known.has(key) || drawn.has(key)) continue;
    drawn.add(key);
    if (end && isSame(end, from)) lines.at(-1)!.push(to);
    else lines.push([from, to]);
    end = to;
  }
  return lines;
}

type Edge = readonly [key: string, from: LonLat, to: LonLat];

/** Edges with a name that is the same in both directions. */
function edgesOf(shapes: readonly Shape[]): Edge[] {
  return shapes.flatMap((shape) =>
    ringsOfShape(shape).flatMap((ring) =>
      ring.slice(1).map((to, i): Edge => {
        const [one, other] = [ring[i]!.join(), to.join()];
        return [one < other ? `${one} ${other}` : `${other} ${one}`, ring[i]!, to];
      }),
    ),
  );
}

function isSame(one: LonLat, other: LonLat): boolean {
  return one[0] === other[0] && one[1] === other[1];
}
