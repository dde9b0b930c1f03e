/** Codes of new grids. */

const COUNTED = 3; // digits at the end of a code that number the grids of an area

/** A code that no grid has, next after those that begin as the given one does; "" where none is left, or it ends in no number. */
export function freeCode(code: string, taken: Iterable<string>): string {
  const [, stem, number] = /^(.*?)(\d{1,3})$/.exec(code) ?? [];
  if (stem === undefined || number === undefined) return "";
  const used = new Set<number>();
  for (const each of [code, ...taken]) {
    const rest = each.startsWith(stem) ? each.slice(stem.length) : "";
    if (rest.length === number.length && /^\d+$/.test(rest)) used.add(Number(rest));
  }
  const most = 10 ** Math.min(number.length, COUNTED) - 1;
  let next = Math.max(...used) + 1;
  if (next > most) for (next = 1; used.has(next); next++);
  return next > most ? "" : stem + String(next).padStart(number.length, "0");
}
