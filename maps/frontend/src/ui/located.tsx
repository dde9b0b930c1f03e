/** What decided where something is, where that was more than its coordinates. */

import { locatedWordsOf } from "../i18n/located.ts";
import { located } from "../located.ts";
import type { Evidence } from "../payloads.ts";
import type { Session } from "../session.ts";

export function Located({ session, evidence }: { session: Session; evidence: Evidence | null | undefined }) {
  if (!evidence) return null;
  const { words, state } = session;
  return (
    <p class="note-inline">
      <b>{locatedWordsOf(state.language).title}</b> {located(evidence, state.language, words.placeKinds)}
    </p>
  );
}
