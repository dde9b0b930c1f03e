/** Asks for the coverage report while the reader wants it drawn, and keeps what came. */

import { Problem } from "./api.ts";
import { type CoverageReport, type Days, type Gap, type Spot, gapsOf } from "./coverage.ts";
import type { Session } from "./session.ts";

const MINUTE_MS = 60_000;

export class BlindSpots {
  private readonly session: Session;
  private readonly url: string;
  report: CoverageReport | null = null;
  /** Kind by kind; null while nothing has come. */
  gaps: Gap[] | null = null;
  problem: Problem | null = null;
  /** The one that the reader looks at. */
  chosen: Spot | null = null;
  /** Draw anew; set by the page. */
  onChange: () => void = () => {};
  /** What was asked for, and for which moment of it; "" for nothing. */
  private about = "";
  private asked = "";

  constructor(session: Session, url: string) {
    this.session = session;
    this.url = url;
  }

  /** Whether this reader may have them. */
  get isAllowed(): boolean {
    return this.session.board.may("places.see");
  }

  get isOn(): boolean {
    return this.session.state.cover !== null && this.isAllowed;
  }

  /** What is drawn: of each kind those that have a place. */
  get spots(): Spot[] {
    return this.isOn ? (this.gaps ?? []).flatMap(({ spots }) => spots) : [];
  }

  /** Where the same can be had as a table. */
  get tableUrl(): string {
    return this.session.api.coverageTable(this.query());
  }

  /**
   * Ask again where something may be otherwise: another window or area, other grids or leads, or a minute has passed, for
   * of changed places and of visits the stream does not tell. An answer that is still right costs a 304.
   */
  follow(): void {
    const { session } = this;
    if (!this.isOn || !session.loads) {
      this.asked = ""; // who switches it on again is told what is right then
      if (!this.isOn) this.chosen = null;
      return;
    }
    const about = this.query();
    if (about !== this.about) this.clear();
    this.about = about;
    const leadless = [...session.board.all()].filter(({ lead }) => !lead).length;
    const asked = [about, session.loads, leadless, Math.floor(session.now() / MINUTE_MS)].join();
    if (asked === this.asked) return;
    this.asked = asked;
    void this.load(asked);
  }

  choose(spot: Spot): void {
    this.chosen = spot;
    this.onChange();
  }

  retry(): void {
    this.asked = "";
    this.follow();
  }

  private async load(asked: string): Promise<void> {
    try {
      const report = await this.session.api.coverage(`${this.url}?${this.query()}`);
      if (asked !== this.asked) return;
      this.report = report;
      this.gaps = gapsOf(report);
      this.problem = null;
      const { chosen } = this;
      this.chosen = this.gaps.flatMap(({ spots }) => spots).find(({ key }) => key === chosen?.key) ?? null;
    } catch (error) {
      if (asked !== this.asked) return;
      this.problem = error instanceof Problem ? error : new Problem(0, "unreachable", String(error));
      if (this.problem.status === 403) this.clear(); // what may not be seen any more stays nowhere
    }
    this.onChange();
  }

  private clear(): void {
    this.report = this.gaps = this.problem = this.chosen = null;
  }

  private query(): string {
    const { cover, filter } = this.session.state;
    const query = new URLSearchParams({ days: String(cover satisfies Days | null) });
    if (filter.area !== null) query.set("area", filter.area);
    return String(query);
  }
}
