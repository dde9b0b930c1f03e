/** What was done, as it is told: grids by their names, which stand on the map. */

import type { Step } from "./payloads.ts";

const GRIDS = ["code", "codes", "into", "source", "target"];

/** An operation with names for codes, except where the code is what was changed. */
export function toldOf({ kind, operation }: Pick<Step, "kind" | "operation">, nameOf: (code: string) => string): Record<string, unknown> {
  if (kind === "recode") return operation;
  const named = (told: unknown): unknown => (Array.isArray(told) ? told.map(named) : typeof told === "string" ? nameOf(told) : told);
  return Object.fromEntries(Object.entries(operation).map(([key, told]) => [key, GRIDS.includes(key) ? named(told) : told]));
}
