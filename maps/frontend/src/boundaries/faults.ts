/** Faults of a draft: which are known after a step, and where one is seen. */

import type { Box, Fault, StepAnswer } from "./payloads.ts";
import { squareAround } from "./places.ts";

const OF_OUTLINE: ReadonlySet<string> = new Set(["outline_moved", "gap", "hole", "outline_bent"]);
/** A fault is shown at so many times its width, and never nearer than this. */
const TIMES = 40;
const [LEAST_M, MOST_M] = [30, 2000];

/** The faults after a step: it told all that name a touched grid, and all of the outline. */
export function merged(before: readonly Fault[], { touched, gone, faults }: Pick<StepAnswer, "touched" | "gone" | "faults">): readonly Fault[] {
  const again = new Set([...touched, ...gone]);
  const stay = before.filter(({ kind, codes }) => !OF_OUTLINE.has(kind) && !codes.some((code) => again.has(code)));
  return [...faults, ...stay].sort((a, b) => Number(isWarning(a)) - Number(isWarning(b)));
}

export function isWarning({ severity }: Fault): boolean {
  return severity === "warning";
}

export function errorsOf(faults: readonly Fault[]): readonly Fault[] {
  return faults.filter((fault) => !isWarning(fault));
}

/** Forty times the fault's width around its place; null where it has none. */
export function boxOf({ lon, lat, area_m2, length_m }: Fault): Box | null {
  if (typeof lon !== "number" || typeof lat !== "number") return null;
  const width = length_m ?? Math.sqrt(area_m2 ?? 0);
  const half = Math.min(Math.max((width * TIMES) / 2, LEAST_M), MOST_M);
  return squareAround({ lon, lat }, half);
}
