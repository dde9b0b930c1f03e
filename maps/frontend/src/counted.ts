/** The figures of grids as they count under what the reader asks for, and which points pass. */

import { type Ask, type IssueCounts, Sieve, isInScope, narrowsGrids, narrowsIssues } from "./filter.ts";
import type { Area, ClassCounts, GridProperties, RiskName } from "./payloads.ts";
import type { PointTable } from "./snapshot.ts";
import { isOff } from "./state.ts";

const RISKS: readonly RiskName[] = ["red", "orange", "yellow", "blue", "green"];

/** What there is to count. */
export interface Whole {
  grids: Iterable<GridProperties>;
  areas: ReadonlyMap<string, Area>;
  issues: PointTable | null;
}

export class Counted {
  /** Whether the issues that count are not all those of the grids that count. */
  readonly narrowsIssues: boolean;
  readonly narrowsGrids: boolean;
  readonly narrowsUnits: boolean;
  private readonly ask: Ask;
  private readonly grids = new Map<string, GridProperties>();
  private readonly whole = new Map<string, GridProperties>();
  private readonly issues: PointTable | null;
  private readonly sieve: Sieve | null;
  private readonly shown = new WeakMap<PointTable, Uint8Array>();
  private counts: IssueCounts | null = null;

  constructor({ grids, areas, issues }: Whole, ask: Ask) {
    this.ask = ask;
    this.issues = issues;
    this.narrowsIssues = issues !== null && narrowsIssues(ask);
    this.narrowsGrids = narrowsGrids(ask.filter);
    this.narrowsUnits = ask.classesOff !== 0;
    for (const grid of grids) if (!this.narrowsGrids || isInScope(grid, ask.filter, areas)) this.whole.set(grid.code, grid);
    this.sieve = issues && new Sieve(issues, ask, this.shownOf(issues));
    if (!this.narrowsIssues && !this.narrowsUnits) this.grids = this.whole;
    else for (const grid of this.whole.values()) this.grids.set(grid.code, this.narrowed(grid));
    if (this.narrowsIssues) this.countIssues();
  }

  /** The grids that count, with the figures that count. */
  each(): Iterable<GridProperties> {
    return this.grids.values();
  }

  /** The grids that count, with all their figures. */
  scope(): Iterable<GridProperties> {
    return this.whole.values();
  }

  /** A grid with the figures that count; nothing where it does not count itself. */
  of(code: string): GridProperties | undefined {
    return this.grids.get(code);
  }

  /** How many issues each choice leaves; null where this reader has no issues. */
  issueCounts(): IssueCounts | null {
    return (this.counts ??= this.sieve?.count() ?? null);
  }

  passesIssue(row: number): boolean {
    return this.sieve?.passes(row) ?? false;
  }

  /** Tells which rows of a table of units pass, by look-ups made once: it is asked 200,000 times for a picture. */
  unitsPassing(table: PointTable): (row: number) => boolean {
    const { classesOff } = this.ask;
    const shown = this.shownOf(table);
    const { klass, grid } = table;
    return (row) => !isOff(classesOff, klass[row]!) && shown[grid[row]!] === 1;
  }

  /** 1 for grids that count, by row of the table's list. What lies in no grid counts where all do. */
  private shownOf(table: PointTable): Uint8Array {
    let shown = this.shown.get(table);
    if (!shown) {
      shown = Uint8Array.from(table.codes, (code) => (!this.narrowsGrids || this.whole.has(code) ? 1 : 0));
      this.shown.set(table, shown);
    }
    return shown;
  }

  private narrowed(grid: GridProperties): GridProperties {
    const copy: GridProperties = this.narrowsIssues ? { ...grid, open: 0, overdue: 0, oldest_due_at: null } : { ...grid };
    if (this.narrowsUnits && grid.units) copy.units = this.ofClasses(grid.units);
    if (this.narrowsUnits && grid.units_overdue) copy.units_overdue = this.ofClasses(grid.units_overdue);
    return copy;
  }

  private ofClasses(counts: ClassCounts): ClassCounts {
    const kept = { ...counts };
    RISKS.forEach((name, bit) => {
      if (isOff(this.ask.classesOff, bit)) kept[name] = 0;
    });
    return kept;
  }

  private countIssues(): void {
    const { open, overdue, first } = this.issueCounts()!;
    this.issues!.codes.forEach((code, at) => {
      const grid = this.grids.get(code);
      if (!grid) return;
      grid.open = open[at]!;
      grid.overdue = overdue[at]!;
      grid.oldest_due_at = first[at] ? new Date(first[at] * 1000).toISOString() : null;
    });
  }
}
