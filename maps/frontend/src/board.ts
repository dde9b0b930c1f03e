/** The data on the map: grids with figures, issues and units as columns, and what live changes make of them. */

import { stepOf } from "./breaks.ts";
import { Counted } from "./counted.ts";
import { figureOf, isShare, total, wholePercent } from "./figures.ts";
import type { Ask } from "./filter.ts";
import { GridShape } from "./grid-shape.ts";
import type { GroundName } from "./ground-names.ts";
import { type Bounds, type Point, grow, project } from "./mercator.ts";
import type { Area, Change, Config, FigureBreaks, FigureKey, GridCollection, GridFigures, GridProperties } from "./payloads.ts";
import { type PointTable, isLater } from "./snapshot.ts";
import { INITIAL } from "./state.ts";
import { DISCS_UNTIL, DISTRICT_UNTIL } from "./story.ts";

export type Part = "grids" | "issues" | "units" | "background";

export interface Subdistrict {
  area: Area;
  grids: GridShape[];
}

/** A figure as a whole number with its class; null where there is none. */
export interface Shaded {
  value: number | null;
  step: number | null;
}

/** Of a grid that the reader does not ask for. */
const NOT_SHOWN: Shaded = { value: null, step: 0 };
const ISSUE_FIGURES: ReadonlySet<FigureKey> = new Set(["overdue", "open", "overdue_share"]);
const UNIT_FIGURES: ReadonlySet<FigureKey> = new Set(["red_units", "units_overdue"]);

export class Board {
  config: Config | null = null;
  areas = new Map<string, Area>();
  grids = new Map<string, GridShape>();
  subdistricts: Subdistrict[] = [];
  issues: PointTable | null = null;
  units: PointTable | null = null;
  /** The revision of the grids and their figures as they were loaded. */
  private gridsRev = "0";
  /** The edition that the grids are of, which may be newer or older than that of the configuration; null while there are none. */
  edition: number | null = null;
  /** Paths on the canvas count from here; fixed once, near the data. */
  origin: Point = { x: 0, y: 0 };
  private hasOrigin = false;
  /** Waters and roads that have a name, where there is a background. */
  groundNames: GroundName[] = [];
  /** What all grids cover as one path, by the even-odd rule: the land of the map. */
  landPath: Path2D | null = null;
  /** Parts whose last load failed. */
  readonly failed = new Set<Part>();
  /** Counts up with every change of shapes, of figures and of points, so that painters know when to start over. */
  shapesVersion = 0;
  figuresVersion = 0;
  pointsVersion = 0;
  private ask: Ask = { ...INITIAL, now: 0, overdueFlag: 0 };
  private asked = 0;
  /** Whether there is anything to a figure, asked for with every drawing of the words. */
  private readonly known = new Map<FigureKey, boolean>();
  private knownFrom = "";
  private made: { counted: Counted; from: number } | null = null;

  setConfig(config: Config): void {
    if (!this.hasOrigin && config.bounds) {
      const [west, south, east, north] = config.bounds;
      this.hasOrigin = true;
      this.origin = project((west + east) / 2, (south + north) / 2);
    }
    this.config = config;
  }

  setGrids(collection: GridCollection): void {
    this.areas = new Map(collection.areas.map((area) => [area.code, area]));
    this.gridsRev = collection.rev;
    this.edition = collection.edition;
    this.grids = new Map();
    for (const feature of collection.features) {
      const subdistrict = this.subdistrictOf(feature.properties.area);
      this.grids.set(feature.properties.code, new GridShape(feature, subdistrict?.code ?? ""));
    }
    this.subdistricts = this.groupBySubdistrict();
    this.shapesVersion++;
    this.figuresVersion++;
  }

  /** Whether the grids that are here are of an older edition. Those that are still awaited are not; those that did not come are. */
  isOlderThan(edition: number): boolean {
    return this.edition === null ? this.failed.has("grids") : this.edition < edition;
  }

  /** Forget the points that this reader may not have any more. */
  drop(part: Part): void {
    this.failed.delete(part);
    if (part !== "issues" && part !== "units") return;
    this[part] = null;
    this.pointsVersion++;
  }

  /** Apply a live change, except to what was loaded later. What time alone changed has the revision that we have. */
  apply(change: Change): void {
    for (const item of change.items) {
      const table = item.layer === "issues" ? this.issues : this.units;
      if (!table || isLater(table.rev, change.rev)) continue;
      const isOther = item.row ? table.put(item.id, item.row) : table.remove(item.id);
      if (isOther) this.pointsVersion++;
    }
    if (isLater(this.gridsRev, change.rev)) return;
    for (const { code, ...figures } of change.grids) {
      const grid = this.grids.get(code);
      if (!grid || holds(grid.properties, figures)) continue; // most of what is told again is as it was
      Object.assign(grid.properties, figures);
      this.figuresVersion++;
    }
  }

  /** What the reader asks for from now on. */
  narrow(ask: Ask): void {
    this.ask = ask;
    this.asked++;
  }

  /** Whether what the reader asks for narrows a figure, so that it is of a part. */
  isNarrowed(key: FigureKey): boolean {
    const { narrowsGrids, narrowsIssues, narrowsUnits } = this.counted;
    return narrowsGrids || (ISSUE_FIGURES.has(key) && narrowsIssues) || (UNIT_FIGURES.has(key) && narrowsUnits);
  }

  /** Everything as it counts under what the reader asks for. */
  get counted(): Counted {
    // Each only ever counts up, so their sum differs once one of them does. It is asked for often.
    const from = this.asked + this.shapesVersion + this.figuresVersion + this.pointsVersion;
    if (this.made?.from !== from) {
      this.made = { counted: new Counted({ grids: this.all(), areas: this.areas, issues: this.issues }, this.ask), from };
    }
    return this.made.counted;
  }

  /** Ids of the issues of a grid, or of none (""), that count, the earliest limit first; null where this reader has no issues. */
  issuesOf(code: string): number[] | null {
    const { issues, counted } = this;
    if (!issues) return null;
    const at = issues.codes.indexOf(code);
    const rows: number[] = [];
    for (let row = 0; row < issues.n; row++) if (issues.grid[row] === at && counted.passesIssue(row)) rows.push(row);
    return rows.sort((a, b) => issues.due[a]! - issues.due[b]! || issues.id[a]! - issues.id[b]!).map((row) => issues.id[row]!);
  }

  /** Differs whenever the values of a figure may. What the reader asks for alters those only that it narrows. */
  figuresKey(key: FigureKey): string {
    const points = this.counted.narrowsIssues ? this.pointsVersion : 0;
    return [this.shapesVersion, this.figuresVersion, this.isNarrowed(key) ? this.asked : 0, points].join();
  }

  /** Differs whenever a point that is shown may. */
  get pointsKey(): string {
    // Whose a grid is may be told live, and then decides which points count.
    return [this.pointsVersion, this.asked, this.ask.filter.lead ? this.figuresVersion : 0].join();
  }

  may(capability: string): boolean {
    return this.config?.me.capabilities.includes(capability) ?? false;
  }

  breaksOf(key: FigureKey): FigureBreaks {
    return this.config!.figures.figures.find((figure) => figure.key === key)!;
  }

  /** The figures that this reader may see and of which something is known. */
  figures(): FigureKey[] {
    const offered = (this.config?.figures.figures ?? []).filter(({ key, needs }) => this.may(needs) && this.knows(key));
    return offered.map(({ key }) => key).filter((key) => this.hasUnits || !UNIT_FIGURES.has(key));
  }

  /** Whether there are rental units here at all, of which this reader may know the numbers. */
  get hasUnits(): boolean {
    for (const grid of this.all()) if (grid.units && total(grid.units) > 0) return true;
    return false;
  }

  /** Far out, whole subdistricts are shaded; where there is only one or none, grids are at every zoom. */
  isDistrictStory(zoom: number): boolean {
    return zoom < DISTRICT_UNTIL && this.subdistricts.length > 1;
  }

  showsDiscs(zoom: number): boolean {
    return zoom < DISCS_UNTIL && !this.isDistrictStory(zoom);
  }

  /** The grids that count, with the figures that count. */
  each(): Iterable<GridProperties> {
    return this.counted.each();
  }

  /** Every grid's properties, as they were told. */
  *all(): Iterable<GridProperties> {
    for (const grid of this.grids.values()) yield grid.properties;
  }

  /** A figure of some grids, or of all; a share in percent. Null where it is not known or of too few. */
  figure(key: FigureKey, grids: Iterable<GridProperties> = this.each()): number | null {
    return figureOf(grids, key, this.config!.figures.fewest_rated);
  }

  /** The same as the map shades and prints it. Null is hatched. */
  shaded(key: FigureKey, grids: readonly GridShape[], byDistrict: boolean): Shaded {
    const breaks = this.breaksOf(key);
    const counted = grids.flatMap(({ properties }) => this.counted.of(properties.code) ?? []);
    if (!counted.length) return NOT_SHOWN;
    const exact = this.figure(key, counted);
    const value = exact !== null && breaks.percent ? wholePercent(exact) : exact;
    return { value, step: value === null ? null : stepOf(value, byDistrict ? breaks.area : breaks.grid) };
  }

  private knows(key: FigureKey): boolean {
    if (isShare(key)) return this.grids.size > 0;
    const from = `${this.shapesVersion} ${this.figuresVersion}`;
    if (from !== this.knownFrom) this.known.clear();
    this.knownFrom = from;
    let known = this.known.get(key);
    if (known === undefined) this.known.set(key, (known = this.figure(key, this.all()) !== null));
    return known;
  }

  bounds(): Bounds | null {
    let all: Bounds | null = null;
    for (const grid of this.grids.values()) all = all ? grow(all, grid.bounds) : grid.bounds;
    return all;
  }

  gridAt(x: number, y: number): GridShape | null {
    for (const grid of this.grids.values()) if (grid.contains(x, y)) return grid;
    return null;
  }

  private subdistrictOf(code: string): Area | null {
    for (let area = this.areas.get(code); area; area = area.parent ? this.areas.get(area.parent) : undefined) {
      if (area.level === "subdistrict") return area;
    }
    return null;
  }

  private groupBySubdistrict(): Subdistrict[] {
    const groups = new Map<string, Subdistrict>();
    for (const grid of this.grids.values()) {
      const area = this.areas.get(grid.subdistrict);
      if (!area) continue;
      const group = groups.get(area.code);
      if (group) group.grids.push(grid);
      else groups.set(area.code, { area, grids: [grid] });
    }
    return [...groups.values()];
  }
}

/** Whether a grid's figures are those already. */
function holds(grid: GridProperties, figures: Partial<GridFigures>): boolean {
  const keys = Object.keys(figures) as (keyof GridFigures)[];
  return keys.every((key) => JSON.stringify(grid[key]) === JSON.stringify(figures[key]));
}
