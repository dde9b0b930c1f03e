/** How a figure came to be what it is: its line of twelve weeks, and what it was before. */

import { percentage } from "./figures.ts";
import type { FigureTrend, TrendKey, Trends } from "./payloads.ts";

export interface Trend {
  days: (number | null)[];
  yesterday: number | null;
  lastWeek: number | null;
}

/** The trend of a figure; null where the server tells none. The on-time rate is made of its two counts, in percent. */
export function trendOf(trends: Trends, key: Exclude<TrendKey, "rated">, fewest: number): Trend | null {
  const told = trends.figures[key];
  if (!told) return null;
  if (key !== "on_time") return withNames(told);
  const { rated } = trends.figures;
  if (!rated) return null;
  return withNames({
    days: told.days.map((part, at) => percentage(part, rated.days[at]!, fewest)),
    yesterday: percentage(told.yesterday, rated.yesterday, fewest),
    last_week: percentage(told.last_week, rated.last_week, fewest),
  });
}

function withNames({ days, yesterday, last_week: lastWeek }: FigureTrend): Trend {
  return { days, yesterday, lastWeek };
}

/** The box of a sparkline. It is stretched to the room there is, its line is not. */
export const SPARK = { width: 120, height: 22 };
const EDGE = 2; // half a line's width and a little more

/** A line from the lowest to the highest value; it breaks where nothing is known. */
export function sparkPath(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const lowest = Math.min(...known);
  const span = Math.max(...known) - lowest || 1;
  const inner = SPARK.height - 2 * EDGE;
  let path = "";
  values.forEach((value, at) => {
    if (value === null) return;
    const x = (at / (values.length - 1)) * SPARK.width;
    const y = SPARK.height - EDGE - ((value - lowest) / span) * inner;
    path += `${at > 0 && values[at - 1] !== null ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return path;
}
