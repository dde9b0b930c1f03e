/** What the pages for work at a desk have in common: the workbench and the boundary editor. */

import { Problem } from "./api.ts";
import type { State } from "./state.ts";

/** What a failed load says of the link to the server. */
export function linkAfter(error: unknown): State["link"] {
  const status = error instanceof Problem ? error.status : 0;
  if (status === 401) return "signed-out";
  return status === 403 ? "refused" : "offline";
}

/** Draw, once a frame at most. */
export function drawer(draw: () => void): () => void {
  let frame = 0;
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
}
