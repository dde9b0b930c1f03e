/** What may be done with a draft as it stands, and why not. */

import type { DraftState } from "./payloads.ts";

export interface Standing {
  state: DraftState;
  errors: number;
  changes: number;
  isStale: boolean;
  isAtRest: boolean;
  mayDraft: boolean;
  mayPublish: boolean;
}

/** Why a draft cannot be submitted now; null where it can. */
export type Hindrance = "isSaving" | "faultsLeft" | "nothingToSubmit" | "staleSubmit";

export function hindranceOf({ errors, changes, isStale, isAtRest }: Standing): Hindrance | null {
  if (!isAtRest) return "isSaving";
  if (errors) return "faultsLeft";
  if (!changes) return "nothingToSubmit";
  return isStale ? "staleSubmit" : null;
}

export type Deed = "discard" | "submit" | "return" | "publish";

/** What this reader may do with it, as far as the page can know; the server knows all. */
export function deedsOf({ state, mayDraft, mayPublish }: Standing): Deed[] {
  if (state === "open" || state === "returned") return mayDraft ? ["discard", "submit"] : [];
  if (state !== "submitted" && state !== "scheduled") return [];
  return mayPublish ? ["return", "publish"] : [];
}
