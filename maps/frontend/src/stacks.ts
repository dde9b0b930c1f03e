/** One place, one symbol: points nearer to each other than a distance become one, of the reddest class among them. */

export interface Stack {
  x: number;
  y: number;
  klass: number;
  overdue: boolean;
  /** Rows of the point table, reddest first. */
  rows: number[];
}

/**
 * Stack rows whose places (xs, ys, any unit) lie within a distance of a stack's first point. Rows are taken reddest and
 * overdue first, so that the worst of a place is its face, and in a fixed order, so that the same view stacks the same.
 */
export function stack(
  rows: readonly number[],
  place: (row: number) => readonly [number, number],
  klass: (row: number) => number,
  overdue: (row: number) => boolean,
  distance: number,
): Stack[] {
  const sorted = [...rows].sort(
    (a, b) => klass(a) - klass(b) || Number(overdue(b)) - Number(overdue(a)) || a - b,
  );
  const cells = new Map<string, Stack[]>();
  const stacks: Stack[] = [];
  for (const row of sorted) {
    const [x, y] = place(row);
    const column = Math.floor(x / distance);
    const line = Math.floor(y / distance);
    const near = findNear(cells, column, line, x, y, distance);
    if (near) {
      near.rows.push(row);
      near.overdue ||= overdue(row);
      continue;
    }
    const fresh = { x, y, klass: klass(row), overdue: overdue(row), rows: [row] };
    stacks.push(fresh);
    const key = `${column},${line}`;
    const cell = cells.get(key);
    if (cell) cell.push(fresh);
    else cells.set(key, [fresh]);
  }
  // Worst last, so that it is drawn on top.
  return stacks.sort((a, b) => Number(a.overdue) - Number(b.overdue) || b.klass - a.klass);
}

function findNear(
  cells: Map<string, Stack[]>,
  column: number,
  line: number,
  x: number,
  y: number,
  distance: number,
): Stack | undefined {
  for (let i = -1; i <= 1; i++) {
    for (let j = -1; j <= 1; j++) {
      const found = cells
        .get(`${column + i},${line + j}`)
        ?.find((other) => Math.hypot(other.x - x, other.y - y) < distance);
      if (found) return found;
    }
  }
  return undefined;
}
