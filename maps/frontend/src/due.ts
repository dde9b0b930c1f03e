/** Why the next inspection of a rental unit is due on the day it is. */

import type { UnitDetail } from "./payloads.ts";

const DAY_MS = 86_400_000;

/**
 * Whether the day was set while the class was stricter: it comes before the end of the present cycle, which begins with
 * the next inspection. Attempts at which nobody was met begin none.
 */
export function isDueKept({ next_due, cycle_days, inspections }: Pick<UnitDetail, "next_due" | "cycle_days" | "inspections">): boolean {
  const last = inspections.find(({ result }) => result !== "not_home");
  if (!last || next_due === null || cycle_days === null) return false;
  const days = (Date.parse(`${next_due}T00:00:00Z`) - Date.parse(last.at)) / DAY_MS;
  return days < cycle_days - 1.5; // a local day may begin up to a day off
}
