/** How many open issues wait for a person, who finds them on the workbench: asked for once the page is live, and now and then. */

import type { QueueCounts } from "./payloads.ts";
import type { Session } from "./session.ts";

const AGAIN_MS = 300_000;

export class Waiting {
  counts: QueueCounts | null = null;
  /** Draw anew; set by the page. */
  onChange: () => void = () => {};
  private readonly session: Session;
  private asked = "";

  constructor(session: Session) {
    this.session = session;
  }

  follow(): void {
    const { board, state, loads, api } = this.session;
    if (state.link !== "live" || !board.may("queues.see")) return;
    const asked = `${loads} ${Math.floor(this.session.now() / AGAIN_MS)}`;
    if (asked === this.asked) return;
    this.asked = asked;
    api.queues().then(
      (counts) => {
        this.counts = counts;
        this.onChange();
      },
      () => {}, // the numbers beside the map are no reason to trouble anybody: asked again later
    );
  }
}
