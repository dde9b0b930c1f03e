/** Why something was refused, in the reader's language: by the kind of problem that the server names. */

import { registerWordsOf } from "../i18n/registers.ts";
import type { Language } from "../payloads.ts";

export function reasonOf(slug: string, language: Language): string {
  const words = registerWordsOf(language);
  return words.reasons[slug] ?? words.refused;
}
