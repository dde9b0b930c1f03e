/** New issues that somebody filed, each as a toast that leads there. */

import { nameOf, number } from "./format.ts";
import type { MapTools } from "./map-tools.ts";
import { STEPS, unproject } from "./mercator.ts";
import type { Change } from "./payloads.ts";
import type { Session } from "./session.ts";
import type { Toasts } from "./toasts.ts";
import { categoryName } from "./ui/parts.tsx";

export function announce(change: Change, session: Session, tools: MapTools, toasts: Toasts): void {
  for (const id of change.filed ?? []) {
    const row = change.items.find((one) => one.layer === "issues" && one.id === id)?.row;
    if (!row) continue;
    const grid = row.grid === null ? undefined : session.board.grids.get(row.grid)?.properties;
    const open = () => {
      const { lon, lat } = unproject({ x: row.x / STEPS, y: row.y / STEPS });
      tools.showPoint(lon, lat);
      session.store.select({ kind: "issue", id });
    };
    const name = grid ? nameOf(grid, session.state.language) : "";
    const what = row.category ? categoryName(session, row.category) : "";
    toasts.add({ text: session.words.newIssue(what, name), open }, (n) => session.words.newIssues(number(n)));
  }
}
