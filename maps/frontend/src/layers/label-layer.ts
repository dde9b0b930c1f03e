/** Labels: discs, numbers and names of grids, names of subdistricts. Placed at rest. */

import { nameOf, number } from "../format.ts";
import type { Subdistrict } from "../board.ts";
import type { GridShape } from "../grid-shape.ts";
import { type Box, Placer, centred, interpolate } from "../labels.ts";
import { type Point, grow } from "../mercator.ts";
import type { Frame, Painter } from "../stage.ts";
import { isOff } from "../state.ts";
import { shade } from "../theme.ts";
import type { View } from "../view.ts";
import { type Disc, discsKey, paintDiscs } from "./discs.ts";
import { type Standing, standings } from "./district-labels.ts";
import { OwnLayer } from "./own-layer.ts";

const NUMBERS_UNTIL = 15.3;
const NAMES_FROM = 14;
const LEADS_FROM = 15.1;
const SUBDISTRICT_NAMES_UNTIL = 13.9;
const ROAD_NAMES_FROM = 14.4;
const GROUND_SIZE = 12;
const NAME_NEEDS = 26; // pixels of inscribed radius
const NUMBER_NEEDS = 0.68; // of its size
const SMALLEST = 12; // pixels
const LITTLE = 9; // pixels
const HALF_NUMBER = 8; // pixels around the middle of a number
const LISTED = 50; // a grid of the list weighs as much as two of the darkest shade

interface Text {
  text: string;
  x: number;
  y: number;
  size: number;
  bold?: boolean;
  colour: string;
  halo: string;
}

interface Seen {
  grid: GridShape;
  x: number;
  y: number;
  radius: number;
  value: number | null;
  step: number;
}

export class LabelLayer extends OwnLayer {
  /** Panels over the map, in pixels of the map; set by the page. */
  panels: () => Box[] = () => [];
  /** The grids that are named: those in force, unless a page says otherwise. */
  grids: () => Iterable<GridShape> = () => this.session.board.grids.values();
  /** The panels that the labels were placed between. */
  private placedBetween = "";
  /** Where the discs stand, for clicks and tests. */
  discs: Disc[] = [];
  /** The subdistricts that found room for their figures, for tests. */
  called: string[] = [];
  /** Whether far out subdistricts are called by their figures, too. */
  private readonly withFigures: boolean;
  /** How far down the name of each grid stands, so that its lead can stand beneath it. */
  private readonly nameAt = new Map<GridShape, number>();

  constructor(withFigures = true) {
    super(null);
    this.withFigures = withFigures;
  }

  protected override makePainters(): Painter[] {
    return [{ surface: "labels", order: 0, shows: (view) => this.shows(view), paint: (frame) => this.paint(frame) }];
  }

  private shows(view: View): string {
    const { board, state, layers } = this.session;
    if (!board.config) return "";
    const discs = board.showsDiscs(view.zoom) ? discsKey(this.session) : "";
    const chosen = state.selection.kind === "grid" ? state.selection.code : "";
    const obstacles = layers.map((layer) => layer.obstaclesKey(view));
    return [board.figuresKey(state.figure), state.figure, state.stepsOff, chosen, discs, ...obstacles].join();
  }

  /** Whether all panels are where they were when the labels were placed. */
  get isClear(): boolean {
    return JSON.stringify(this.panels()) === this.placedBetween;
  }

  private paint(frame: Frame): void {
    const { view, context } = frame;
    const { board } = this.session;
    const panels = this.panels();
    this.placedBetween = JSON.stringify(panels);
    if (!board.config || !board.grids.size) return;
    view.useScreen(context);
    context.lineJoin = "round";
    context.textBaseline = "middle";
    const symbols = this.session.layers.flatMap((layer) => layer.obstacles(view));
    const free = () => new Placer(view.width, view.height, [...panels, ...symbols]);
    const placer = free();
    this.discs = [];
    this.called = [];
    if (this.withFigures && board.isDistrictStory(view.zoom)) {
      this.subdistrictFigures(frame, free);
      return;
    }
    const seen = this.gridsInView(frame);
    if (board.showsDiscs(view.zoom)) this.discs = paintDiscs(this.session, frame, placer, panels, this.covering(seen));
    if (view.zoom < NUMBERS_UNTIL) this.numbers(frame, placer, seen);
    this.nameAt.clear();
    if (view.zoom >= NAMES_FROM) this.names(frame, placer, seen);
    if (view.zoom < SUBDISTRICT_NAMES_UNTIL) this.subdistrictNames(frame, placer);
    if (view.zoom >= LEADS_FROM) this.leads(frame, placer, seen);
    if (!frame.overTiles) this.groundNames(frame, placer); // a base map has its own
  }

  /** Waters, then main roads, each once: as near to the middle of the view as there is room. They are known in Chinese. */
  private groundNames(frame: Frame, placer: Placer): void {
    const { view, palette } = frame;
    if (this.session.state.language !== "zh") return;
    const off = ({ x, y }: Point) => Math.hypot(view.x(x) - view.width / 2, view.y(y) - view.height / 2);
    for (const kind of ["water", "road"] as const) {
      if (kind === "road" && view.zoom < ROAD_NAMES_FROM) return;
      const inks = { colour: palette.colours[kind === "water" ? "m-water-t" : "ink-3"], halo: palette.colours["m-halo"] };
      for (const { name, places } of this.session.board.groundNames.filter((one) => one.kind === kind)) {
        for (const { x, y } of [...places].sort((a, b) => off(a) - off(b))) {
          if (this.write(frame, placer, { text: name, x: view.x(x), y: view.y(y), size: GROUND_SIZE, ...inks })) break;
        }
      }
    }
  }

  // -- grids ----------------------------------------------------------------------------------------------------------

  private gridsInView({ view }: Frame): Seen[] {
    const { board, state } = this.session;
    const seen: Seen[] = [];
    // What is too small for a number needs no anchor, which takes long to find: there may be 10,000 in view.
    const smallest = (2 * NUMBER_NEEDS * SMALLEST) / view.world;
    const listed = this.listed();
    for (const grid of this.grids()) {
      const { left, top, right, bottom } = grid.bounds;
      if (Math.min(right - left, bottom - top) < smallest || !view.shows(grid.bounds)) continue;
      const { value, step } = board.shaded(state.figure, [grid], false);
      const figured = { value, step: step ?? 0 };
      if (view.zoom < NAMES_FROM && !this.isFigured(figured) && !listed.has(grid.properties.code)) continue; // nor what is not labelled
      const { x, y, radius } = grid.anchor;
      seen.push({ grid, x: view.x(x), y: view.y(y), radius: radius * view.world, ...figured });
    }
    // The worst figure first: where two numbers do not fit, the one that says more stays.
    return seen.sort((a, b) => b.step - a.step || (b.value ?? 0) - (a.value ?? 0));
  }

  /** What a label of a disc would cover: the numbers of other grids, those of the list and the darkest above all. */
  private covering(seen: readonly Seen[]): (box: Box) => number {
    const listed = this.listed();
    const numbered = seen
      .filter((item) => this.isFigured(item) || listed.has(item.grid.properties.code))
      .map(({ grid, x, y, step }) => ({ x, y, weight: step ** 2 + (listed.has(grid.properties.code) ? LISTED : 0) }));
    return ([left, top, right, bottom]) =>
      numbered
        .filter(({ x, y }) => x > left - HALF_NUMBER && x < right + HALF_NUMBER && y > top - HALF_NUMBER && y < bottom + HALF_NUMBER)
        .reduce((sum, { weight }) => sum + weight, 0);
  }

  private listed(): ReadonlySet<string> {
    return new Set(this.session.worst.map(({ grid }) => grid.code));
  }

  private numbers(frame: Frame, placer: Placer, seen: readonly Seen[]): void {
    const { view } = frame;
    const shaded = view.zoom < 14.5;
    const base = interpolate(view.zoom, [13, SMALLEST], [15, 15]);
    for (const item of seen) {
      if (!this.isFigured(item) || item.radius < base * NUMBER_NEEDS) continue;
      const named = this.isNamed(frame, item);
      const { colour, halo } = this.inkOn(frame, item, shaded);
      this.write(frame, placer, {
        text: this.figureText(item.value!),
        x: item.x,
        y: item.y - (named ? 9 : 0),
        size: named ? base * 1.15 : base,
        bold: true,
        colour,
        halo,
      });
    }
  }

  private names(frame: Frame, placer: Placer, seen: readonly Seen[]): void {
    const { view } = frame;
    const size = interpolate(view.zoom, [14, 12], [16, 13.5]);
    for (const item of seen) {
      if (!this.isNamed(frame, item)) continue;
      const { colour, halo } = this.inkOn(frame, item, view.zoom < 14.5);
      const label = { text: this.shortName(item.grid), size, bold: view.zoom >= 15, colour, halo };
      const middle = item.y + (this.hasNumber(frame, item) ? 8 : 0);
      // Up or down within the grid, where symbols stand in the middle.
      const offsets = [0, 0.3, -0.3, 0.6, -0.6].map((part) => part * item.radius);
      const placed = offsets.find((offset) => this.write(frame, placer, { ...label, x: item.x, y: middle + offset }));
      if (placed !== undefined) this.nameAt.set(item.grid, middle + placed);
    }
  }

  private leads(frame: Frame, placer: Placer, seen: readonly Seen[]): void {
    const { view, palette } = frame;
    const size = interpolate(view.zoom, [14, 12], [16, 13.5]);
    for (const item of seen) {
      const lead = item.grid.properties.lead;
      const name = this.nameAt.get(item.grid);
      if (!lead || name === undefined) continue;
      this.write(frame, placer, {
        text: nameOf(lead, this.session.state.language),
        x: item.x,
        y: name + size * 1.4,
        size: Math.max(12, size * 0.92),
        colour: palette.colours["ink-2"],
        halo: palette.colours["m-halo"],
      });
    }
  }

  private isNamed({ view }: Frame, item: Seen): boolean {
    return view.zoom >= NAMES_FROM && item.radius >= NAME_NEEDS;
  }

  private hasNumber({ view }: Frame, item: Seen): boolean {
    return view.zoom < NUMBERS_UNTIL && this.isFigured(item);
  }

  /** What is unshaded bears no number. */
  private isFigured({ step }: Pick<Seen, "step">): boolean {
    return step > 0 && !isOff(this.session.state.stepsOff, step);
  }

  private figureText(value: number): string {
    const { board, state } = this.session;
    return number(value) + (board.breaksOf(state.figure).percent ? "%" : "");
  }

  /** On a shade the halo is the shade itself, and the two darkest take light ink. */
  private inkOn({ palette }: Frame, item: Seen, shaded: boolean): { colour: string; halo: string } {
    const { state } = this.session;
    const { colours } = palette;
    const selected = state.selection.kind === "grid" && state.selection.code === item.grid.properties.code;
    if (!shaded || selected || item.step === 0 || isOff(state.stepsOff, item.step)) {
      return { colour: colours.ink, halo: colours["m-halo"] };
    }
    return { colour: item.step >= 4 ? colours["accent-ink"] : colours.ink, halo: colours[shade(item.step)] };
  }

  private shortName(grid: GridShape): string {
    return this.session.words.shortGrid(nameOf(grid.properties, this.session.state.language));
  }

  // -- subdistricts ---------------------------------------------------------------------------------------------------

  private subdistrictNames(frame: Frame, placer: Placer): void {
    const { view, palette } = frame;
    const size = interpolate(view.zoom, [10.5, 12], [12, 13], [13.5, 15]);
    for (const { text, x, y } of this.subdistrictPlaces(frame)) {
      for (const offset of [0, -26, 26, -48, 48]) {
        const label = { text, x, y: y + offset, size, bold: true };
        const inks = { colour: palette.colours["m-street"], halo: palette.colours["m-halo"] };
        if (this.write(frame, placer, { ...label, ...inks })) break;
      }
    }
  }

  private subdistrictFigures(frame: Frame, free: () => Placer): void {
    const { view } = frame;
    const { board, state } = this.session;
    const size = interpolate(view.zoom, [10.5, 12], [12, 13]);
    // The small first: the large find room elsewhere.
    const labels = this.subdistrictPlaces(frame)
      .sort((a, b) => a.extent - b.extent)
      .map(({ subdistrict, text, x, y }) => {
        const shaded = board.shaded(state.figure, subdistrict.grids, true);
        const figure = shaded.value === null ? "" : this.figureText(shaded.value);
        const line = `${text} ${figure}`.trim();
        const widths = { wide: this.measure(frame, text, size), wideFlat: this.measure(frame, line, size) };
        return { code: subdistrict.area.code, text, figure, line, step: shaded.step ?? 0, places: placesIn(view, subdistrict, x, y), ...widths };
      });
    standings(labels, free).forEach((standing, at) => {
      if (standing) this.callSubdistrict(frame, labels[at]!, standing, size);
    });
  }

  private callSubdistrict(
    frame: Frame,
    { code, text, figure, line, step }: { code: string; text: string; figure: string; line: string; step: number },
    { box: [left, top, right, bottom], isFlat }: Standing,
    size: number,
  ): void {
    const { colours } = frame.palette;
    const inks = { colour: step >= 4 ? colours["accent-ink"] : colours.ink, halo: step ? colours[shade(step)] : colours["m-halo"] };
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    this.called.push(code);
    if (isFlat || !figure) return this.draw(frame, { text: line, x, y, size, ...inks });
    this.draw(frame, { text, x, y: y - 10, size, ...inks });
    this.draw(frame, { text: figure, x, y: y + 9, size: size * 1.35, bold: true, ...inks });
  }

  /** A subdistrict's name stands in the middle of its grids: where most of them are, not where its outline reaches. */
  private subdistrictPlaces({ view }: Frame) {
    return this.session.board.subdistricts.map((subdistrict) => {
      const boxes = subdistrict.grids.map((grid) => grid.bounds);
      const x = boxes.reduce((total, { left, right }) => total + left + right, 0) / (2 * boxes.length);
      const y = boxes.reduce((total, { top, bottom }) => total + top + bottom, 0) / (2 * boxes.length);
      const text = this.session.words.shortArea(nameOf(subdistrict.area, this.session.state.language));
      const { left, top, right, bottom } = boxes.reduce(grow);
      return { subdistrict, text, x: view.x(x), y: view.y(y), extent: (right - left) * (bottom - top) };
    });
  }

  // -- text -----------------------------------------------------------------------------------------------------------

  /** Draw a text where it is free; returns whether it was. */
  private write(frame: Frame, placer: Placer, label: Text): boolean {
    const width = this.measure(frame, label.text, label.size, label.bold);
    const box = placer.place([centred(label.x, label.y, width, label.size * 1.2)]);
    if (box) this.draw(frame, label);
    return box !== null;
  }

  private draw({ context, palette }: Frame, label: Text): void {
    context.font = `${label.bold ? 600 : 400} ${label.size}px ${palette.font}`;
    context.textAlign = "center";
    context.strokeStyle = label.halo;
    context.lineWidth = label.size * 0.24;
    context.globalAlpha = 0.92;
    context.strokeText(label.text, label.x, label.y);
    context.globalAlpha = 1;
    context.fillStyle = label.colour;
    context.fillText(label.text, label.x, label.y);
  }

  private measure({ context, palette }: Frame, text: string, size: number, bold = false): number {
    context.font = `${bold ? 600 : 400} ${size}px ${palette.font}`;
    return context.measureText(text).width;
  }
}

/** The middle of a subdistrict, then of each of its grids and a little beside that, the nearest to it first. */
function placesIn(view: View, { grids }: Subdistrict, x: number, y: number): Point[] {
  const own = grids.flatMap(({ bounds: { left, top, right, bottom } }) => {
    const [across, down] = [view.x((left + right) / 2), view.y((top + bottom) / 2)];
    return [0, -LITTLE, LITTLE].flatMap((dx) => [0, -LITTLE, LITTLE].map((dy) => ({ x: across + dx, y: down + dy })));
  });
  return [{ x, y }, ...own.sort((a, b) => Math.hypot(a.x - x, a.y - y) - Math.hypot(b.x - x, b.y - y))];
}
