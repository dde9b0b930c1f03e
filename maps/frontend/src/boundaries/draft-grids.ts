/** The grids as a draft has them, for their names on the map: those that it changes in the place of those in force. */

import { GridShape } from "../grid-shape.ts";
import type { GridProperties } from "../payloads.ts";
import type { Change, ChangedMap } from "./payloads.ts";

/** A grid of which no figure is known: it comes with the draft. */
export const NEW: Omit<GridProperties, "code" | "name"> = {
  id: 0, area: "", name_en: null, households: null, lead: null, open: 0, overdue: 0, on_time: 0, rated: 0, oldest_due_at: null,
};

export function gridsOfDraft(inForce: ReadonlyMap<string, GridShape>, { features }: ChangedMap, changes: readonly Change[]): GridShape[] {
  const changed = new Map(changes.map((change) => [change.code, change]));
  const before = new Set(features.filter(({ properties }) => properties.side === "before").map(({ properties }) => properties.code));
  const after = features.filter(({ properties }) => properties.side === "after").map(({ properties: { code }, geometry }) => {
    const { was, name = code, fields } = changed.get(code) ?? {};
    const known = inForce.get(was ?? code)?.properties;
    const kept = known?.name === name ? known.name_en : null; // of another name nobody has said it in English
    const name_en = fields?.name_en ? (fields.name_en[1] as string | null) : kept;
    return new GridShape({ properties: { ...NEW, ...known, code, name, name_en }, geometry }, "");
  });
  return [...[...inForce.values()].filter(({ properties }) => !before.has(properties.code)), ...after];
}
