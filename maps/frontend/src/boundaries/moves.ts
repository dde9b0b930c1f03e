/** What a publication would move, as the panel shows it. */

import type { Lead } from "../payloads.ts";
import type { Counts, Load, Move, Preview } from "./payloads.ts";

export const FIGURES = ["issues", "units", "households"] as const;
export type Figure = (typeof FIGURES)[number];

/** A row of the table: what goes from one grid to another, and who answers then. */
export interface MoveRow extends Move {
  lead: Lead | null;
}

/** Rows with the most moving first. A lead is null where nobody answers, or the reader may not know. */
export function rowsOf({ moves, told }: Pick<Preview, "moves" | "told">): MoveRow[] {
  const leads = new Map(told?.map(({ grid, lead }) => [grid, lead]));
  const weight = ({ issues, units, households }: Counts) => (issues ?? 0) * 1e6 + (units ?? 0) * 1e3 + (households ?? 0);
  return moves.map((move) => ({ ...move, lead: (move.to && leads.get(move.to)) || null })).sort((a, b) => weight(b) - weight(a));
}

/** Who hears of the publication, each with the grids that he answers for; those that nobody answers for come under null. */
export function hearersOf({ told }: Pick<Preview, "told">): { lead: Lead | null; grids: string[] }[] {
  const found = new Map<number | null, { lead: Lead | null; grids: string[] }>();
  for (const { grid, lead } of told ?? []) {
    const key = lead && lead.id;
    if (!found.has(key)) found.set(key, { lead, grids: [] });
    found.get(key)!.grids.push(grid);
  }
  return [...found.values()].sort((one, other) => Number(one.lead === null) - Number(other.lead === null));
}

/** Ground that goes from one grid to another, square metres. */
export function movedArea({ lineage }: Pick<Preview, "lineage">): number {
  return lineage.reduce((sum, { area_m2 }) => sum + area_m2, 0);
}

/** The figures that this reader may know, and that any of these grids has. */
export function figuresOf(loads: readonly Load[]): Figure[] {
  return (["households", "units", "issues"] as const).filter((figure) => loads.some((load) => load[figure]?.some((value) => value > 0)));
}

export interface Bar {
  grid: string;
  gone: boolean;
  before: number;
  after: number;
  /** Of the longest, 0 to 1. */
  length: number;
  mark: number;
}

/** A bar for each grid, the longest over the whole width. */
export function barsOf(loads: readonly Load[], figure: Figure): Bar[] {
  const known = loads.flatMap((load) => (load[figure] ? [{ ...load, pair: load[figure] }] : []));
  const most = Math.max(1, ...known.flatMap(({ pair }) => pair));
  return known.map(({ grid, gone, pair: [before, after] }) => ({ grid, gone, before, after, length: after / most, mark: before / most }));
}
