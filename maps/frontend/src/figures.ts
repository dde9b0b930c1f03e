/** Figures of grids: what the map shades by. Counts add up; a share of several grids is that of their sums. */

import type { ClassCounts, FigureKey, GridProperties } from "./payloads.ts";

export type ShareKey = "overdue_share" | "on_time";
export type CountKey = Exclude<FigureKey, ShareKey>;

type Count = (grid: GridProperties) => number | null;

const COUNTS: Record<CountKey, Count> = {
  overdue: (grid) => grid.overdue,
  open: (grid) => grid.open,
  red_units: (grid) => grid.units?.red ?? null,
  units_overdue: (grid) => (grid.units_overdue ? total(grid.units_overdue) : null),
  households: (grid) => grid.households,
};

const SHARES: Record<ShareKey, { part: Count; whole: Count }> = {
  overdue_share: { part: (grid) => grid.overdue, whole: (grid) => grid.open },
  on_time: { part: (grid) => grid.on_time, whole: (grid) => grid.rated },
};

export function isShare(key: FigureKey): key is ShareKey {
  return key in SHARES;
}

/**
 * The figure of these grids together; a share in percent. Null where nothing is known, or where a share would be one of
 * fewer than ``fewest``: drawn as hatching and never as zero.
 */
export function figureOf(grids: Iterable<GridProperties>, key: FigureKey, fewest: number): number | null {
  const all = [...grids];
  if (!isShare(key)) return sum(all.map(COUNTS[key]));
  const { part, whole } = SHARES[key];
  return percentage(sum(all.map(part)), sum(all.map(whole)), fewest);
}

export function percentage(part: number | null, whole: number | null, fewest: number): number | null {
  return part === null || whole === null || whole < fewest ? null : (100 * part) / whole;
}

/** As a whole number, which is 0 and 100 of nothing but none and all. */
export function wholePercent(percent: number): number {
  return percent === 0 || percent === 100 ? percent : Math.min(99, Math.max(1, Math.round(percent)));
}

export function total(counts: ClassCounts): number {
  return counts.red + counts.orange + counts.yellow + counts.blue + counts.green;
}

/** The units of these grids, or those past their inspection, by class. */
export function classesOf(grids: Iterable<GridProperties>, of: "units" | "units_overdue"): ClassCounts {
  const counts = { red: 0, orange: 0, yellow: 0, blue: 0, green: 0 };
  for (const { [of]: own } of grids) {
    if (!own) continue;
    counts.red += own.red;
    counts.orange += own.orange;
    counts.yellow += own.yellow;
    counts.blue += own.blue;
    counts.green += own.green;
  }
  return counts;
}

/** The sum of what is known; null where nothing is. */
export function sum(values: Iterable<number | null>): number | null {
  let result: number | null = null;
  for (const value of values) if (value !== null) result = (result ?? 0) + value;
  return result;
}
