/** What went wrong with an open draft, as the page tells it. */

import { Problem } from "../api.ts";

/** What was refused or went wrong, beside the map until the next thing is done. */
export interface Notice {
  /** What the server refused; null where ``word`` says all. */
  problem: Problem | null;
  word: "refused" | "changed" | "offline" | "tooMany" | "failed" | "toolsMissing";
}

/** A part of this page that is fetched when it is first needed did not come: perhaps the page has been updated since. */
export class ToolsMissing extends Error {}

export function noticeOf(error: unknown): Notice {
  if (error instanceof ToolsMissing) return { word: "toolsMissing", problem: null };
  if (!(error instanceof Problem)) return { word: "offline", problem: null };
  if (error.status === 412) return { word: "changed", problem: null };
  return { word: error.status < 500 ? "refused" : "failed", problem: error };
}
