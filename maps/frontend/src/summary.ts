/** What a screen reader hears without asking: the link to the server when it changes, and once a minute what changed. */

import { number } from "./format.ts";
import type { Change } from "./payloads.ts";
import type { Session } from "./session.ts";
import type { State } from "./state.ts";

const MINUTE_MS = 60_000;

export class Summary {
  private readonly session: Session;
  private readonly host: HTMLElement;
  private changes = 0;
  private filed = 0;

  constructor(session: Session, host: HTMLElement) {
    this.session = session;
    this.host = host;
    window.setInterval(() => this.tell(), MINUTE_MS);
  }

  note(change: Change): void {
    this.changes++;
    this.filed += change.filed?.length ?? 0;
  }

  follow(state: State, before: State): void {
    const { words, clock, heardAt, day } = this.session;
    if (state.link === before.link || before.link === "loading") return;
    if (state.link === "stale") this.say(words.stale(day ?? clock.time(heardAt)));
    if (state.link === "live") this.say(words.live(clock.time(heardAt)));
  }

  say(text: string): void {
    this.host.textContent = text;
  }

  private tell(): void {
    if (!this.changes) return;
    const { words, board } = this.session;
    const figure = (key: "open" | "overdue") => number(board.figure(key) ?? 0);
    this.say(words.lastMinute(number(this.filed), figure("open"), figure("overdue")));
    this.changes = this.filed = 0;
  }
}
