/** Where to go first: the formula, and the order it gives. */

import type { GridProperties, Ranking } from "./payloads.ts";

const DAY_MS = 86_400_000;

export interface Ranked {
  grid: GridProperties;
  score: number;
  oldestDays: number | null;
}

/** Whole days since the limit of the oldest overdue issue ran out; null where none is overdue or nobody said. */
export function oldestDays(grid: GridProperties, now: number): number | null {
  if (!grid.overdue || !grid.oldest_due_at) return null;
  return Math.max(0, Math.floor((now - Date.parse(grid.oldest_due_at)) / DAY_MS));
}

function score(grid: GridProperties, weights: Ranking, days: number | null): number {
  return grid.overdue * weights.overdue + (grid.units_overdue?.red ?? 0) * weights.red_overdue + (days ?? 0) * weights.oldest_days;
}

/** All grids with any reason to go there, worst first, ties by code. */
export function rank(grids: Iterable<GridProperties>, weights: Ranking, now: number): Ranked[] {
  const ranked: Ranked[] = [];
  for (const grid of grids) {
    const days = oldestDays(grid, now);
    const points = score(grid, weights, days);
    if (points > 0) ranked.push({ grid, score: points, oldestDays: days });
  }
  ranked.sort((a, b) => b.score - a.score || (a.grid.code < b.grid.code ? -1 : 1));
  return ranked;
}
