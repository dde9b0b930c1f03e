/** What decided where something is, in words. */

import { metres, nameOf } from "./format.ts";
import { type LocatedWords, locatedWordsOf } from "./i18n/located.ts";
import type { Evidence, Language } from "./payloads.ts";

/** Beyond this the coordinates that were sent say something else than the place. */
const APART_M = 1;

/** kinds: names of the kinds of places. */
export function located(evidence: Evidence, language: Language, kinds: Record<string, string>): string {
  const words = locatedWordsOf(language);
  const { decided_by: by, point_m: apart } = evidence;
  const decided = decidedBy(evidence, language, words, kinds);
  return by !== "point" && (apart ?? 0) > APART_M ? `${decided} ${words.apart(metres(apart!))}` : decided;
}

function decidedBy(evidence: Evidence, language: Language, words: LocatedWords, kinds: Record<string, string>): string {
  const { decided_by: by, source, place, place_name: name, place_name_en: english } = evidence;
  if (by === "pin" || !place) return words.byHand;
  const from = words.sources[source ?? ""] ?? source ?? "";
  const named = name ? nameOf({ name, name_en: english ?? null }, language) : place;
  return by === "point" ? words.byPoint(from, named) : words.byPlace(from, kinds[by] ?? by, named);
}
