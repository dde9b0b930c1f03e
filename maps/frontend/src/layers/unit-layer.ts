/** Rental units: overdue ones first, all of them near by, one symbol a place. */

import type { AsOf } from "../api.ts";
import type { Board } from "../board.ts";
import type { Box } from "../labels.ts";
import { STEPS, worldSize } from "../mercator.ts";
import { hits, rowsIn, screenOf } from "../points.ts";
import type { PointTable } from "../snapshot.ts";
import { type Stack, stack } from "../stacks.ts";
import type { Frame, Painter } from "../stage.ts";
import * as story from "../story.ts";
import { Sprites, ring, sizeOf, stamp } from "../symbols.ts";
import type { Palette } from "../theme.ts";
import type { View } from "../view.ts";
import { OwnLayer } from "./own-layer.ts";

/** What is drawn: nothing, overdue units only, each unit (few are left by a filter), or one symbol a place. */
export type UnitStory = "none" | "overdue" | "few" | "places";

const STACK_DISTANCE = 4; // radii: an outlined symbol with its count is so wide
const MIN_CHOSEN = 5;
const MARGIN = 24;

export class UnitLayer extends OwnLayer {
  private sprites!: Sprites;
  private stacks: Stack[] = [];
  private stacksMadeFor = "";
  private few = false;
  private fewFor = "";

  constructor(url: string) {
    super("units", url);
  }

  override isAllowed(board: Board): boolean {
    return board.may("units.see_points");
  }

  override async load(): Promise<AsOf> {
    const { board, api } = this.session;
    const { part, asOf } = await api.snapshot(this.url);
    board.units = part;
    board.pointsVersion++;
    return asOf;
  }

  /** Which story a view tells. */
  story(view: View): UnitStory {
    const units = this.session.board.units;
    if (!units) return "none";
    if (view.zoom >= story.ALL_UNITS_FROM) return "places";
    const filtered = this.session.state.classesOff !== 0 || this.session.board.counted.narrowsGrids;
    if (filtered && view.zoom >= story.FEW_UNITS_FROM && this.isFew(units, view)) return "few";
    return view.zoom >= story.OVERDUE_UNITS_FROM ? "overdue" : "none";
  }

  /** Ids of the units of the symbols within a distance of a pixel, symbol by symbol, nearest first. */
  pick(view: View, x: number, y: number, within: number): { ids: number[]; distance: number }[] {
    const units = this.session.board.units;
    const told = this.story(view);
    if (!units || told === "none") return [];
    const reach = within + story.unitRadius(view.zoom);
    if (told === "places") {
      const place = (item: Stack) => [view.x(item.x), view.y(item.y)] as const;
      return hits(this.stacks, place, x, y, reach).map(({ item, distance }) => ({
        ids: item.rows.map((row) => units.id[row]!),
        distance,
      }));
    }
    return hits(this.drawn(units, view, told), (row) => screenOf(units, row, view), x, y, reach).map(
      ({ item, distance }) => ({ ids: [units.id[item]!], distance }),
    );
  }

  override obstaclesKey(view: View): string {
    const told = this.story(view);
    return told === "none" ? told : `${told} ${this.session.board.pointsKey}`;
  }

  override obstacles(view: View): Box[] {
    const radius = story.unitRadius(view.zoom);
    const units = this.session.board.units;
    const told = this.story(view);
    if (!units || told === "none") return [];
    const middles =
      told === "places"
        ? this.stacks.map(({ x, y }) => [view.x(x), view.y(y)] as const)
        : this.drawn(units, view, told).map((row) => screenOf(units, row, view));
    return middles.map(([x, y]) => [x - radius, y - radius, x + radius, y + radius]);
  }

  protected override makePainters(): Painter[] {
    this.sprites = new Sprites(this.session.constants.classes);
    const chosen = () => {
      const { selection } = this.session.state;
      return selection.kind === "unit" ? `${selection.id} ${this.session.board.pointsKey}` : "";
    };
    const shows = (view: View) => `${this.obstaclesKey(view)} ${chosen()}`;
    return [{ surface: "points", order: 0, shows, paint: (frame) => this.paint(frame) }];
  }

  private paint({ context, view, palette, atRest }: Frame): void {
    const units = this.session.board.units;
    const told = this.story(view);
    if (!units) return;
    view.useScreen(context);
    this.sprites.use(palette, view.ratio);
    if (told === "places") {
      if (atRest) this.makeStacks(units, view);
      this.paintStacks(context, view, palette);
    } else if (told !== "none") {
      this.paintEach(context, view, units, this.drawn(units, view, told));
    }
    this.paintChosen(context, view, palette, units);
  }

  /** The chosen unit is ringed, and drawn even where units are not. */
  private paintChosen(context: CanvasRenderingContext2D, view: View, palette: Palette, units: PointTable): void {
    const { selection } = this.session.state;
    const row = selection.kind === "unit" ? units.rowOf(selection.id) : -1;
    if (row < 0) return;
    const radius = Math.max(MIN_CHOSEN, story.unitRadius(view.zoom));
    const [x, y] = screenOf(units, row, view);
    const klass = units.klass[row]!;
    ring(context, palette, x, y, radius * 2.4);
    stamp(context, this.sprites.unit(klass, this.isOverdue(units, row), radius * sizeOf(klass)), x, y);
  }

  /** Green first, red last: what overlaps is the redder. */
  private paintEach(context: CanvasRenderingContext2D, view: View, units: PointTable, rows: number[]): void {
    const radius = story.unitRadius(view.zoom);
    rows.sort((a, b) => units.klass[b]! - units.klass[a]!);
    for (const row of rows) {
      const klass = units.klass[row]!;
      const [x, y] = screenOf(units, row, view);
      stamp(context, this.sprites.unit(klass, this.isOverdue(units, row), radius * sizeOf(klass)), x, y);
    }
  }

  private paintStacks(context: CanvasRenderingContext2D, view: View, palette: Palette): void {
    const radius = story.unitRadius(view.zoom);
    for (const { x, y, klass, overdue, rows } of this.stacks) {
      const [left, top] = [view.x(x), view.y(y)];
      if (left < -MARGIN || top < -MARGIN || left > view.width + MARGIN || top > view.height + MARGIN) continue;
      stamp(context, this.sprites.unit(klass, overdue, radius * sizeOf(klass)), left, top);
      if (rows.length > 1) count(context, palette, left + radius * 0.75, top + radius * 0.35, rows.length);
    }
  }

  /** Stacks are made at rest, half a screen beyond the edges, in world pixels, and only moved while the map moves. */
  private makeStacks(units: PointTable, view: View): void {
    const { board } = this.session;
    const key = [board.pointsKey, view.zoom, view.left, view.top, view.width, view.height].join();
    if (key === this.stacksMadeFor) return;
    this.stacksMadeFor = key;
    const size = worldSize(view.zoom);
    const place = (row: number) => [(units.x[row]! / STEPS) * size, (units.y[row]! / STEPS) * size] as const;
    const rows = rowsIn(units, view, view.width / 2, board.counted.unitsPassing(units));
    const distance = STACK_DISTANCE * story.unitRadius(view.zoom);
    const klass = (row: number) => units.klass[row]!;
    this.stacks = stack(rows, place, klass, (row) => this.isOverdue(units, row), distance).map((found) => ({
      ...found,
      x: found.x / size,
      y: found.y / size,
    }));
  }

  private drawn(units: PointTable, view: View, told: UnitStory): number[] {
    const rows = this.visible(units, view);
    return told === "overdue" ? rows.filter((row) => this.isOverdue(units, row)) : rows;
  }

  /** Counted in what is seen, whatever is drawn beyond it, and once: several painters and the legend ask. */
  private isFew(units: PointTable, view: View): boolean {
    const { board } = this.session;
    const { left, top, right, bottom } = view.widened(-view.margin).bounds();
    const key = [board.pointsKey, left, top, right, bottom].join();
    if (key !== this.fewFor) {
      this.fewFor = key;
      this.few = rowsIn(units, view, -view.margin, board.counted.unitsPassing(units), story.FEW_UNITS).length < story.FEW_UNITS;
    }
    return this.few;
  }

  private visible(units: PointTable, view: View): number[] {
    return rowsIn(units, view, MARGIN, this.session.board.counted.unitsPassing(units));
  }

  private isOverdue(units: PointTable, row: number): boolean {
    return (units.flags[row]! & this.session.constants.flags.overdue) !== 0;
  }
}

/** How many units a place has, in a small box at the lower right of its symbol. */
function count(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number, n: number): void {
  const text = String(n);
  context.font = `600 12px ${palette.font}`;
  const width = context.measureText(text).width + 6;
  context.fillStyle = palette.colours.surface;
  context.strokeStyle = palette.colours["ink-2"];
  context.lineWidth = 0.8;
  context.beginPath();
  context.roundRect(x, y, width, 14, 3);
  context.fill();
  context.stroke();
  context.fillStyle = palette.colours.ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x + width / 2, y + 7.5);
}
