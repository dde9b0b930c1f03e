/**
 * Lines of a coverage from its polygons.
 *
 * Grids share their edges vertex by vertex, so every segment is found once or twice. Once: the outline. Twice: a line
 * between two grids, which is a subdistrict's line where the two belong to different ones. Each is then drawn once, in
 * its own weight, as a polyline that runs through its joins.
 */

export type LineKind = "grid" | "subdistrict" | "outline";

/** Flat coordinates of one polyline: x0, y0, x1, y1, ... */
export type Line = number[];

export interface Shape {
  /** Rings with flat coordinates, closed: the last vertex equals the first. */
  rings: readonly Float64Array[];
  /** What the shape belongs to; lines between shapes of different groups are subdistrict lines. */
  group: string;
}

const MANY = 2 ** 26; // vertices at most, so that a pair of numbers fits a double

export function linesOf(shapes: readonly Shape[]): Record<LineKind, Line[]> {
  const vertices = numberVertices(shapes);
  const sides = groupSides(shapes, vertices);
  const lines: Record<LineKind, Line[]> = { grid: [], subdistrict: [], outline: [] };
  const done = new Set<number>();
  eachRing(shapes, (ring, at) => {
    let line: Line | null = null;
    let lineKind: LineKind | null = null;
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const key = edgeKey(vertices[at + i / 2]!, vertices[at + i / 2 + 1]!);
      if (done.has(key)) {
        line = null;
        continue;
      }
      done.add(key);
      const kind = sides.get(key)!;
      if (line === null || kind !== lineKind) {
        line = [ring[i]!, ring[i + 1]!];
        lineKind = kind;
        lines[kind].push(line);
      }
      line.push(ring[i + 2]!, ring[i + 3]!);
    }
  });
  return lines;
}

/**
 * Lines joined end to end into rings. Where more than two meet, any pairing bounds the same ground by the even-odd rule.
 * A line that nothing continues is left open.
 */
export function ringsOf(lines: readonly Line[]): Line[] {
  const at = new Map<string, number[]>();
  const ends = lines.map((line) => [`${line[0]} ${line[1]}`, `${line.at(-2)} ${line.at(-1)}`] as const);
  ends.forEach(([start, end], i) => {
    for (const vertex of [start, end]) at.set(vertex, [...(at.get(vertex) ?? []), i]);
  });
  const used = new Set<number>();
  const rings: Line[] = [];
  lines.forEach((line, first) => {
    if (used.has(first)) return;
    used.add(first);
    const ring = [...line];
    const [start] = ends[first]!;
    let [, end] = ends[first]!;
    while (end !== start) {
      const next = at.get(end)!.find((i) => !used.has(i));
      if (next === undefined) break;
      used.add(next);
      const isForward = ends[next]![0] === end;
      const points = isForward ? lines[next]! : reversed(lines[next]!);
      for (let i = 2; i < points.length; i++) ring.push(points[i]!);
      end = ends[next]![isForward ? 1 : 0];
    }
    rings.push(ring);
  });
  return rings;
}

function reversed(line: Line): Line {
  const turned: Line = [];
  for (let i = line.length - 2; i >= 0; i -= 2) turned.push(line[i]!, line[i + 1]!);
  return turned;
}

/** A number for every vertex in the order of the rings, equal where coordinates are equal. */
function numberVertices(shapes: readonly Shape[]): Uint32Array {
  let count = 0;
  eachRing(shapes, (ring) => (count += ring.length / 2));
  const numbers = new Uint32Array(count);
  const known = new Map<number, Map<number, number>>();
  let next = 0;
  eachRing(shapes, (ring, at) => {
    for (let i = 0; i < ring.length; i += 2) {
      let column = known.get(ring[i]!);
      if (!column) known.set(ring[i]!, (column = new Map()));
      let vertex = column.get(ring[i + 1]!);
      if (vertex === undefined) column.set(ring[i + 1]!, (vertex = next++));
      numbers[at + i / 2] = vertex;
    }
  });
  return numbers;
}

function groupSides(shapes: readonly Shape[], vertices: Uint32Array): Map<number, LineKind> {
  const groups = new Map<number, string>();
  const kinds = new Map<number, LineKind>();
  eachRing(shapes, (ring, at, shape) => {
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const key = edgeKey(vertices[at + i / 2]!, vertices[at + i / 2 + 1]!);
      const other = groups.get(key);
      if (other === undefined) {
        groups.set(key, shape.group);
        kinds.set(key, "outline");
      } else {
        kinds.set(key, other === shape.group ? "grid" : "subdistrict");
      }
    }
  });
  return kinds;
}

function edgeKey(a: number, b: number): number {
  return a < b ? a * MANY + b : b * MANY + a;
}

function eachRing(shapes: readonly Shape[], visit: (ring: Float64Array, at: number, shape: Shape) => void): void {
  let at = 0;
  for (const shape of shapes) {
    for (const ring of shape.rings) {
      visit(ring, at, shape);
      at += ring.length / 2;
    }
  }
}

/** Even-odd test, so that holes and exclaves need no care. */
export function contains(rings: readonly Float64Array[], x: number, y: number): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const y0 = ring[i + 1]!;
      const y1 = ring[i + 3]!;
      if (y0 > y !== y1 > y && x < ring[i]! + ((y - y0) / (y1 - y0)) * (ring[i + 2]! - ring[i]!)) inside = !inside;
    }
  }
  return inside;
}
