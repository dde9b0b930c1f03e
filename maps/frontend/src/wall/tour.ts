/** The tour of a wall screen: the whole, then each of the worst places, again and again. */

export const HOME_MS = 40_000;
export const STOP_MS = 20_000;

export interface Sights {
  /** The whole. */
  home(): void;
  /** A place by its rank, 0 the worst. Returns whether there is one. */
  show(rank: number): boolean;
}

export class Tour {
  private readonly sights: Sights;
  private readonly stops: number;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sights: Sights, stops: number) {
    this.sights = sights;
    this.stops = stops;
  }

  /** Begin with the whole. */
  start(): void {
    this.sights.home();
    this.wait(HOME_MS, 0);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private wait(ms: number, next: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (next < this.stops && this.sights.show(next)) this.wait(STOP_MS, next + 1);
      else this.start();
    }, ms);
  }
}
