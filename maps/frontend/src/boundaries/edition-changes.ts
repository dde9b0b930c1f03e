/** What differs between two editions, as it is told: what was said of a grid, its ground, its line, and why. */

import { ringsOfShape } from "./geometry.ts";
import type { Change, ChangedMap, Shape } from "./payloads.ts";

/** Less ground than this is a node that was put on a line: it says nothing to who asks what moved. Square metres. */
export const LEAST_GROUND = 0.5;

const KNOWN = ["code", "name", "name_en", "area", "households"];

export interface Said {
  field: string;
  before: unknown;
  after: unknown;
}

/** What is said of a grid otherwise: what every grid has first, then the store's own columns. */
export function saidOtherwise({ fields }: Pick<Change, "fields">): Said[] {
  const place = (field: string) => (KNOWN.includes(field) ? KNOWN.indexOf(field) : KNOWN.length);
  const said = Object.entries(fields).map(([field, [before, after]]) => ({ field, before, after }));
  return said.sort((a, b) => place(a.field) - place(b.field));
}

/** Square metres that a grid gained or lost; null where that is none to speak of. */
export function groundMoved({ moved_m2 }: Pick<Change, "moved_m2">): number | null {
  return moved_m2 >= LEAST_GROUND ? moved_m2 : null;
}

/** How many nodes more a line has that moved no ground; null where it is as it was, or where ground tells enough. */
export function lineChanged(change: Change, { features }: ChangedMap): { nodes: number } | null {
  if (change.change !== "reshaped" || groundMoved(change) !== null) return null;
  const side = (name: string) => features.find(({ properties }) => properties.code === change.code && properties.side === name)?.geometry;
  const [before, after] = [side("before"), side("after")];
  return { nodes: before && after ? nodesOf(after) - nodesOf(before) : 0 };
}

export function nodesOf(shape: Shape): number {
  return ringsOfShape(shape).reduce((sum, ring) => sum + ring.length - 1, 0);
}

/** Why an edition was published. Who publishes a draft records its number before its title. */
export function reasonOf(reason: string | null, draft: number | null): { text?: string; takesBack?: number } {
  if (!reason) return {};
  const start = `draft ${draft}: `;
  const text = draft !== null && reason.startsWith(start) ? reason.slice(start.length) : reason;
  const took = /^edition (\d+) taken back$/.exec(text);
  return took ? { takesBack: Number(took[1]) } : { text };
}
