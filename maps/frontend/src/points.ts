/** Scanning point columns: rows in view, rows under the pointer. No index: 200,000 rows are a fraction of a millisecond. */

import { STEPS } from "./mercator.ts";
import type { PointTable } from "./snapshot.ts";
import { type View, stepRange } from "./view.ts";

export type Keep = (row: number) => boolean;

/** Rows within a view and a margin of pixels around it that are to be kept, the first ``most`` of them. */
export function rowsIn(table: PointTable, view: View, margin: number, keep: Keep, most = Infinity): number[] {
  const { left, top, right, bottom } = stepRange(view.bounds(margin));
  const { x, y } = table;
  const rows: number[] = [];
  for (let row = 0; row < table.n && rows.length < most; row++) {
    if (x[row]! >= left && x[row]! <= right && y[row]! >= top && y[row]! <= bottom && keep(row)) rows.push(row);
  }
  return rows;
}

export function screenOf(table: PointTable, row: number, view: View): [number, number] {
  return [view.x(table.x[row]! / STEPS), view.y(table.y[row]! / STEPS)];
}

export interface Hit<T> {
  item: T;
  distance: number;
}

/** Items within a distance of a pixel, nearest first. ``place`` gives the middle of an item's symbol. */
export function hits<T>(
  items: Iterable<T>,
  place: (item: T) => readonly [number, number],
  x: number,
  y: number,
  within: number,
): Hit<T>[] {
  const found: Hit<T>[] = [];
  for (const item of items) {
    const [itemX, itemY] = place(item);
    const distance = Math.hypot(itemX - x, itemY - y);
    if (distance <= within) found.push({ item, distance });
  }
  return found.sort((a, b) => a.distance - b.distance);
}
