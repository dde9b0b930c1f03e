/** One toast at a time, six seconds, held while the pointer or the focus is on it; a burst becomes one number. */

import type { Toast } from "./ui/map-controls.tsx";

const SHOWN_MS = 6000;
const BURST_MS = 10_000;
const BURST = 3;

export class Toasts {
  toast: Toast | null = null;
  private readonly changed: () => void;
  private timer = 0;
  private arrivals: number[] = [];

  constructor(changed: () => void) {
    this.changed = changed;
  }

  /** Show a toast, or, when more than three came in ten seconds, how many. */
  add(toast: Toast, many: (n: number) => string): void {
    const now = Date.now();
    this.arrivals = [...this.arrivals.filter((at) => now - at < BURST_MS), now];
    this.show(this.arrivals.length > BURST ? { ...toast, text: many(this.arrivals.length) } : toast);
  }

  show(toast: Toast): void {
    this.toast = {
      text: toast.text,
      open: () => {
        this.clear();
        toast.open();
      },
    };
    this.hold(false);
    this.changed();
  }

  readonly hold = (on: boolean): void => {
    window.clearTimeout(this.timer);
    if (!on) this.timer = window.setTimeout(() => this.clear(), SHOWN_MS);
  };

  private clear(): void {
    window.clearTimeout(this.timer);
    this.toast = null;
    this.changed();
  }
}
