/**
 * What changed lately, in counts: a wall screen knows no single issue. A few are shown at a time; every six seconds each
 * gives its place to the one after it, and what is new stands first at once.
 */

import type { GridProperties } from "../payloads.ts";

export const SHOWN = 3;
export const TURN_MS = 6000;
const KEPT = 12;
const COUNTED = ["open", "overdue"] as const;

type Counted = (typeof COUNTED)[number];

export interface Count {
  now: number;
  /** By how much it changed. */
  by: number;
}

/** One grid at one moment, with the counts that changed. */
export interface News {
  id: number;
  at: number;
  grid: GridProperties;
  counts: Partial<Record<Counted, Count>>;
}

export class Ticker {
  private readonly turned: () => void;
  private readonly known = new Map<string, Record<Counted, number>>();
  private items: News[] = [];
  private first = 0;
  private made = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(turned: () => void) {
    this.turned = turned;
  }

  start(): void {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.turn(), TURN_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Take the counts as they are, as where news count from: everything was loaded, and nobody knows when it changed. */
  know(grids: Iterable<GridProperties>): void {
    this.known.clear();
    for (const { code, open, overdue } of grids) this.known.set(code, { open, overdue });
  }

  /** A grid may have changed at that moment, in milliseconds. */
  notice(grid: GridProperties, at: number): void {
    const before = this.known.get(grid.code);
    this.known.set(grid.code, { open: grid.open, overdue: grid.overdue });
    if (!before) return;
    const counts: News["counts"] = {};
    for (const key of COUNTED) {
      if (grid[key] !== before[key]) counts[key] = { now: grid[key], by: grid[key] - before[key] };
    }
    if (!Object.keys(counts).length) return;
    this.items = [{ id: this.made++, at, grid, counts }, ...this.items].slice(0, KEPT);
    this.first = 0;
  }

  /** What is shown now, newest first until the end comes round. */
  shown(): News[] {
    const { items, first } = this;
    return [...items.slice(first), ...items.slice(0, first)].slice(0, SHOWN);
  }

  private turn(): void {
    if (this.items.length <= SHOWN) return;
    this.first = (this.first + 1) % this.items.length;
    this.turned();
  }
}
