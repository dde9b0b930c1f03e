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

export function linesOf(shapes: readonly Shape[]): Record<LineKind, Line[]> {
  const { sides, kinds } = sidesOf(shapes);
  const lines: Record<LineKind, Line[]> = { grid: [], subdistrict: [], outline: [] };
  const done = new Uint8Array(sides.length);
  eachRing(shapes, (ring, at) => {
    let line: Line | null = null;
    let lineKind: LineKind | null = null;
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const side = sides[at + i / 2]!;
      if (done[side]) {
        line = null;
        continue;
      }
      done[side] = 1;
      const kind = kinds[side]!;
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

/** The number of the side that begins at each vertex, the same where two shapes share it, and its kind by that number. */
function sidesOf(shapes: readonly Shape[]): { sides: Uint32Array; kinds: LineKind[] } {
  const vertices = numberVertices(shapes);
  const [low, high] = [Uint32Array.from(vertices), Uint32Array.from(vertices)]; // a ring's last vertex begins none
  eachRing(shapes, (ring, at) => {
    for (let i = at; i + 1 < at + ring.length / 2; i++) {
      low[i] = Math.min(vertices[i]!, vertices[i + 1]!);
      high[i] = Math.max(vertices[i]!, vertices[i + 1]!);
    }
  });
  const sides = firsts(
    vertices.length,
    (i) => Math.imul(low[i]!, 31) ^ high[i]!,
    (i, j) => low[i] === low[j] && high[i] === high[j],
  );
  const kinds: LineKind[] = Array.from(sides, () => "outline");
  const groups: string[] = [];
  eachRing(shapes, (ring, at, { group }) => {
    for (let i = at; i + 1 < at + ring.length / 2; i++) {
      const side = sides[i]!;
      if (groups[side] === undefined) groups[side] = group;
      else kinds[side] = groups[side] === group ? "grid" : "subdistrict";
    }
  });
  return { sides, kinds };
}

/** A number for every vertex in the order of the rings, equal where coordinates are equal. */
function numberVertices(shapes: readonly Shape[]): Uint32Array {
  let count = 0;
  eachRing(shapes, (ring) => (count += ring.length / 2));
  const flat = new Float64Array(2 * count);
  eachRing(shapes, (ring, at) => flat.set(ring, 2 * at));
  const bits = new Uint32Array(flat.buffer);
  return firsts(
    count,
    (i) => bits[4 * i]! ^ Math.imul(bits[4 * i + 1]!, 31) ^ Math.imul(bits[4 * i + 2]!, 17) ^ Math.imul(bits[4 * i + 3]!, 13),
    (i, j) => flat[2 * i] === flat[2 * j] && flat[2 * i + 1] === flat[2 * j + 1],
  );
}

/**
 * For every row the first that equals it, by hashing with open addressing: maps whose keys are pairs took ten times as
 * long, before the first map could be drawn, and left as much for the garbage collector.
 */
function firsts(count: number, hashOf: (row: number) => number, isEqual: (row: number, other: number) => boolean): Uint32Array {
  const found = new Uint32Array(count);
  const mask = 2 ** Math.ceil(Math.log2(2 * count + 1)) - 1;
  const slots = new Int32Array(mask + 1).fill(-1);
  for (let row = 0; row < count; row++) {
    const hash = Math.imul(hashOf(row), 0x9e3779b1);
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (slots[slot]! >= 0 && !isEqual(slots[slot]!, row)) slot = (slot + 1) & mask;
    if (slots[slot]! < 0) slots[slot] = row;
    found[row] = slots[slot]!;
  }
  return found;
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
