/**
 * Class breaks: which of six shades a figure takes, and how the legend says so. Data: maps/breaks.py.
 *
 * Rising breaks are the lowest numbers of classes 1 to 5; falling ones those of classes 0 to 4, of a figure of which more
 * is less work.
 */

export const STEPS = 6;

export function stepOf(value: number, breaks: readonly number[]): number {
  if (isFalling(breaks)) return breaks.filter((low) => value < low).length;
  return breaks.filter((low) => value >= low).length;
}

/** The words of the legend, lightest first: "0", "1", "2–3", ..., "≥ 10"; or "≥ 98", "95–97", ..., "< 65". */
export function stepLabels(breaks: readonly number[], format: (n: number) => string = String): string[] {
  const falling = isFalling(breaks);
  const rising = falling ? [...breaks].reverse() : breaks;
  const labels = [!falling && rising[0] === 1 ? "0" : `< ${format(rising[0]!)}`];
  rising.forEach((low, at) => {
    const next = rising[at + 1];
    if (next === undefined) labels.push(`≥ ${format(low)}`);
    else labels.push(next - 1 === low ? format(low) : `${format(low)}–${format(next - 1)}`);
  });
  return falling ? labels.reverse() : labels;
}

function isFalling(breaks: readonly number[]): boolean {
  return breaks[0]! > breaks.at(-1)!;
}
