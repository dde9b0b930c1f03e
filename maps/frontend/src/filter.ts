/** What the reader wants counted and drawn: issues by category, age and state, grids by area and by who answers. */

import type { Area, GridProperties } from "./payloads.ts";
import type { PointTable } from "./snapshot.ts";
import { type Filter, type State, isOff } from "./state.ts";

/** Whole days since an issue was opened, from and to. */
export const AGES: readonly (readonly [number, number])[] = [[0, 1], [2, 7], [8, 30], [31, Infinity]];

/** All that narrows what is counted. now: server time, milliseconds. */
export interface Ask extends Pick<State, "filter" | "statesOff" | "classesOff"> {
  now: number;
  overdueFlag: number;
}

const DAY_S = 86_400;

/** Whether issues are narrowed by what they are, not by where they lie. */
export function narrowsIssues({ filter, statesOff }: Pick<Ask, "filter" | "statesOff">): boolean {
  return statesOff !== 0 || filter.overdue || filter.ages !== 0 || filter.categories.length > 0;
}

/** Whether only some grids count. */
export function narrowsGrids({ area, grid, lead }: Filter): boolean {
  return area !== null || grid !== null || lead !== null;
}

/** Whether a grid counts. */
export function isInScope(properties: GridProperties, filter: Filter, areas: ReadonlyMap<string, Area>): boolean {
  if (filter.grid !== null && properties.code !== filter.grid) return false;
  if (filter.lead !== null && (properties.lead?.name ?? "") !== filter.lead) return false;
  return filter.area === null || isWithin(properties.area, filter.area, areas);
}

/** Whether an area is another or lies in it. */
export function isWithin(code: string, other: string, areas: ReadonlyMap<string, Area>): boolean {
  for (let at: string | null = code; at !== null; at = areas.get(at)?.parent ?? null) if (at === other) return true;
  return false;
}

/** Bit of AGES of something opened then; both in seconds. What is opened ahead of our clock is new. */
export function ageOf(opened: number, now: number): number {
  const days = Math.max(0, Math.floor((now - opened) / DAY_S));
  return AGES.findIndex(([, to]) => days <= to);
}

/** Of issues in grids, as all figures are: what lies in no grid is drawn, and waits in its queue. */
export interface IssueCounts {
  /** By row of the table's list of grids. first: the earliest limit of the overdue ones, seconds, 0 where none is. */
  open: Uint32Array;
  overdue: Uint32Array;
  first: Uint32Array;
  /** How many each choice would leave, all other choices being as they are. */
  states: number[];
  categories: Map<string, number>;
  ages: number[];
  overdueOnly: number;
  total: number;
}

// What may speak against an issue. One that a single reason speaks against is counted for that reason's choices.
const [STATE, CATEGORY, AGE, ON_TIME] = [1, 2, 4, 8];

/** Decides on issues one by one, by look-ups made once: 200,000 are a few milliseconds. */
export class Sieve {
  private readonly table: PointTable;
  private readonly grids: Uint8Array;
  /** What speaks against an issue by its state, its category and its age, and what by its not being overdue. */
  private readonly byState: Uint8Array;
  private readonly byCategory: Uint8Array;
  private readonly byAge: Uint8Array;
  private readonly inTime: number;
  private readonly overdueFlag: number;
  /** Issues opened at or before these moments have reached the second, third and fourth age, seconds. */
  private readonly reached: readonly number[];

  /** grids: 1 for those that count, by row of the table's list. */
  constructor(table: PointTable, { filter, statesOff, overdueFlag, now }: Ask, grids: Uint8Array) {
    const { categories, ages, overdue } = filter;
    this.table = table;
    this.grids = grids;
    this.overdueFlag = overdueFlag;
    this.byState = Uint8Array.from([0, 1], (state) => (isOff(statesOff, state) ? STATE : 0));
    this.byCategory = Uint8Array.from(table.categories, (code) => (!categories.length || categories.includes(code) ? 0 : CATEGORY));
    this.byAge = Uint8Array.from(AGES, (_, bit) => (ages === 0 || isOff(ages, bit) ? 0 : AGE));
    this.inTime = overdue ? ON_TIME : 0;
    this.reached = AGES.slice(1).map(([from]) => Math.floor(now / 1000) - from * DAY_S);
  }

  passes(row: number): boolean {
    const { table } = this;
    if (this.grids[table.grid[row]!] !== 1) return false;
    const isLate = (table.flags[row]! & this.overdueFlag) !== 0;
    const age = this.byAge[this.age(table.opened[row]!)]!;
    return (this.byState[table.klass[row]!]! | this.byCategory[table.category[row]!]! | age | (isLate ? 0 : this.inTime)) === 0;
  }

  count(): IssueCounts {
    const { n, codes, grid: gridOf, klass, category: categoryOf, flags, opened, due } = this.table;
    const { byState, byCategory, byAge, inTime, overdueFlag } = this;
    const counting = this.grids.map((shown, at) => (codes[at] === "" ? 0 : shown));
    const [open, overdue, first] = [new Uint32Array(codes.length), new Uint32Array(codes.length), new Uint32Array(codes.length)];
    const categories = new Uint32Array(this.table.categories.length);
    const states = new Uint32Array(2);
    const ages = new Uint32Array(AGES.length);
    let [overdueOnly, total] = [0, 0];
    for (let row = 0; row < n; row++) {
      const grid = gridOf[row]!;
      if (counting[grid] === 0) continue;
      const state = klass[row]!;
      const category = categoryOf[row]!;
      const age = this.age(opened[row]!);
      const isLate = (flags[row]! & overdueFlag) !== 0;
      const against = byState[state]! | byCategory[category]! | byAge[age]! | (isLate ? 0 : inTime);
      if ((against & ~STATE) === 0) states[state]!++;
      if ((against & ~CATEGORY) === 0) categories[category]!++;
      if ((against & ~AGE) === 0) ages[age]!++;
      if (isLate && (against & ~ON_TIME) === 0) overdueOnly++;
      if (against !== 0) continue;
      total++;
      open[grid]!++;
      if (!isLate) continue;
      overdue[grid]!++;
      if (first[grid] === 0 || due[row]! < first[grid]!) first[grid] = due[row]!;
    }
    const byCode = new Map(this.table.categories.map((code, at) => [code, categories[at]!]));
    return { open, overdue, first, states: [...states], categories: byCode, ages: [...ages], overdueOnly, total };
  }

  private age(opened: number): number {
    const { reached } = this;
    return opened > reached[0]! ? 0 : opened > reached[1]! ? 1 : opened > reached[2]! ? 2 : 3;
  }
}
