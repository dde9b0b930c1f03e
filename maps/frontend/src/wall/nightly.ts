/** When a page that stays open for ever is to be loaded anew: at four in the morning, a fresh start a day. */

const HOUR = 4;

export class Nightly {
  private readonly hourOf: (at: number) => number;
  private readonly dateOf: (at: number) => string;
  /** The local date whose four o'clock this page has behind it. */
  private readonly had: string;

  /** hourOf, dateOf: local hour 0 to 23 and date of a moment, in milliseconds. */
  constructor(now: number, hourOf: (at: number) => number, dateOf: (at: number) => string) {
    this.hourOf = hourOf;
    this.dateOf = dateOf;
    this.had = hourOf(now) >= HOUR ? dateOf(now) : "";
  }

  isDue(now: number): boolean {
    return this.hourOf(now) >= HOUR && this.dateOf(now) !== this.had;
  }
}
