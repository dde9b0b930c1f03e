/** Which of a list is next, and what the address of a report tells: all without a page. */

import type { AddressAnswer, Candidate } from "./payloads.ts";

/** The next or the previous one; at the ends it stays. The first where none is chosen yet. */
export function step(ids: readonly number[], id: number | null, by: 1 | -1): number | null {
  const at = id === null ? -1 : ids.indexOf(id);
  if (at < 0) return ids[0] ?? null;
  return ids[at + by] ?? ids[at]!;
}

/** What comes up when one is done: the one behind it, else the one before it. */
export function after(ids: readonly number[], id: number): number | null {
  const next = step(ids, id, 1);
  const found = next === id ? step(ids, id, -1) : next;
  return found === id ? null : found;
}

/** Candidates that an issue can be put at: places, not whole areas. Keys 1 to 9 choose among them. */
export function placeable(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ place }) => place !== null);
}

/** Names that more than one candidate has: they differ only in where they lie. */
export function namesakes(candidates: readonly Candidate[]): ReadonlySet<string> {
  const names = placeable(candidates).map(({ name }) => name);
  return new Set(names.filter((name, at) => names.indexOf(name) !== at));
}

/**
 * The city or district that an address names and that is not ours, in the address's own words; null where it names none.
 * districts: names of ours.
 */
export function elsewhere({ parsed, candidates }: AddressAnswer, districts: ReadonlySet<string>): string | null {
  const told = [parsed.province, parsed.city, parsed.district].filter(Boolean).join("");
  const isTold = candidates.length > 0 && candidates.every(({ reasons }) => reasons.includes("other_city"));
  const isOther = !candidates.length && parsed.district !== undefined && districts.size > 0 && !districts.has(parsed.district);
  return isTold || isOther ? told : null;
}
