/** Whether somebody uses the pointer, or has left it alone for a minute. */

export const IDLE_MS = 60_000;
const SIGNS = ["pointermove", "pointerdown", "wheel"] as const;

export interface IdleEvents {
  /** Somebody is here: at the first sign of the pointer. */
  busy(): void;
  idle(): void;
}

export class Idle {
  private readonly events: IdleEvents;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isBusy = false;

  constructor(target: EventTarget, events: IdleEvents) {
    this.events = events;
    for (const sign of SIGNS) target.addEventListener(sign, () => this.seen(), { passive: true });
    this.wait();
  }

  private seen(): void {
    if (!this.isBusy) this.events.busy();
    this.isBusy = true;
    this.wait();
  }

  private wait(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isBusy = false;
      this.events.idle();
    }, IDLE_MS);
  }
}
