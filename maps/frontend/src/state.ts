/** What the reader has chosen. One value, replaced as a whole; everything on the page is drawn from it. */

import type { Days } from "./coverage.ts";
import type { Boundaries, FigureKey, Language } from "./payloads.ts";

export type Theme = "light" | "dark";

export type Selection =
  | { kind: "none" }
  | { kind: "grid"; code: string }
  | { kind: "issue"; id: number }
  | { kind: "unit"; id: number }
  | { kind: "place"; units: readonly number[]; issues: readonly number[] };

/**
 * Whether we hear from the server: stale after 45 s of silence, offline when it cannot be reached at all. Signed out: it does
 * not know us any more; refused: it does, but we may not see the map. Of a day of the past nothing is heard once it is loaded,
 * which is past; no-day: there is none to be shown.
 */
export type Link = "loading" | "live" | "stale" | "offline" | "signed-out" | "refused" | "past" | "no-day";

/** What is to be counted beside what the legend switched off. */
export interface Filter {
  /** Codes, "" for issues without one; none chosen means all. */
  readonly categories: readonly string[];
  /** Bit k is AGES[k]; none chosen means all. */
  readonly ages: number;
  readonly overdue: boolean;
  readonly area: string | null;
  readonly grid: string | null;
  /** The name of who answers, "" for grids where nobody does. */
  readonly lead: string | null;
}

export const NO_FILTER: Filter = { categories: [], ages: 0, overdue: false, area: null, grid: null, lead: null };

export interface State {
  figure: FigureKey;
  selection: Selection;
  /** Where "back" leads, innermost last. */
  trail: readonly Selection[];
  /** Classes, issue states and shades that the legend switched off: bit k is class k. */
  classesOff: number;
  statesOff: number;
  stepsOff: number;
  filter: Filter;
  /** Days within which a visit counts while blind spots are drawn; null while they are not. */
  cover: Days | null;
  /** What a grid's trend is counted by. */
  boundaries: Boundaries;
  language: Language;
  theme: Theme;
  link: Link;
}

export const INITIAL: State = {
  figure: "overdue",
  selection: { kind: "none" },
  trail: [],
  classesOff: 0,
  statesOff: 0,
  stepsOff: 0,
  filter: NO_FILTER,
  cover: null,
  boundaries: "day",
  language: "zh",
  theme: "light",
  link: "loading",
};

export type Listener = (state: State, before: State) => void;

export class Store {
  private current: State;
  private readonly listeners: Listener[] = [];

  constructor(initial: Partial<State> = {}) {
    this.current = { ...INITIAL, ...initial };
  }

  get state(): State {
    return this.current;
  }

  set(change: Partial<State>): void {
    const before = this.current;
    const keys = Object.keys(change) as (keyof State)[];
    if (keys.every((key) => change[key] === before[key])) return;
    this.current = { ...before, ...change };
    for (const listener of this.listeners) listener(this.current, before);
  }

  subscribe(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Open something. Going deeper remembers the way back; opening another grid starts a new way. */
  select(selection: Selection): void {
    const { selection: from, trail } = this.current;
    if (sameSelection(selection, from)) return;
    if (selection.kind === "none" || selection.kind === "grid") this.set({ selection, trail: [] });
    else this.set({ selection, trail: from.kind === "none" ? [] : [...trail, from] });
  }

  back(): void {
    const trail = this.current.trail;
    this.set({ selection: trail.at(-1) ?? { kind: "none" }, trail: trail.slice(0, -1) });
  }

  toggle(filter: "classesOff" | "statesOff" | "stepsOff", bit: number): void {
    this.set({ [filter]: this.current[filter] ^ (1 << bit) });
  }

  /** Only this one; everything again when it already is the only one. */
  only(filter: "classesOff" | "statesOff" | "stepsOff", bit: number, count: number): void {
    const rest = ((1 << count) - 1) & ~(1 << bit);
    this.set({ [filter]: this.current[filter] === rest ? 0 : rest });
  }

  narrow(change: Partial<Filter>): void {
    this.set({ filter: { ...this.current.filter, ...change } });
  }

  clearFilters(): void {
    this.set({ classesOff: 0, statesOff: 0, stepsOff: 0, filter: NO_FILTER });
  }
}

export function isOff(mask: number, bit: number): boolean {
  return (mask & (1 << bit)) !== 0;
}

export function sameSelection(a: Selection, b: Selection): boolean {
  if (a.kind === "grid" && b.kind === "grid") return a.code === b.code;
  if ((a.kind === "issue" && b.kind === "issue") || (a.kind === "unit" && b.kind === "unit")) return a.id === b.id;
  return a.kind === "none" && b.kind === "none";
}
