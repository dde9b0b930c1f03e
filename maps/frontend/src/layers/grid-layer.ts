/** Grids: shaded by the chosen figure, their lines, and the marks of the worst, the hovered and the selected one. */

import type { AsOf } from "../api.ts";
import type { GridShape } from "../grid-shape.ts";
import { PathText } from "../paths.ts";
import type { FigureKey } from "../payloads.ts";
import { LinePieces, type Piece, fineness, levelOf, pieces } from "../pieces.ts";
import type { Frame, Painter } from "../stage.ts";
import { isOff } from "../state.ts";
import * as story from "../story.ts";
import { shade } from "../theme.ts";
import { type LineKind, linesOf, ringsOf } from "../topology.ts";
import { PATH_ZOOM } from "../view.ts";
import { hatch } from "./hatch.ts";
import { OwnLayer } from "./own-layer.ts";

const SEAM = 0.35; // opacity
const MIN_OPACITY = 0.6;

/** Grids that lie together, with their shades as they were drawn last. */
interface Shaded extends Piece<GridShape> {
  shades: { step: number | null; path: Path2D }[];
  madeFor: string;
}

export class GridLayer extends OwnLayer {
  hovered: GridShape | null = null;
  private lines: Partial<Record<LineKind, LinePieces>> = {};
  private shaded: Shaded[] = [];
  private texts = new Map<GridShape, string>();
  private textsLevel = -1;
  private districtSteps: Map<string, number | null> = new Map();
  private districtStepsFor = "";
  private outlines = new WeakMap<GridShape, Path2D>();

  constructor(url: string) {
    super("grids", url);
  }

  override async load(): Promise<AsOf> {
    const { board, api } = this.session;
    const { part, asOf } = await api.grids(this.url);
    board.setGrids(part);
    const grids = [...board.grids.values()];
    const lines = linesOf(grids.map(({ rings, subdistrict }) => ({ rings, group: subdistrict })));
    const land = new PathText(board.origin);
    for (const ring of ringsOf(lines.outline)) land.addLine(ring, true);
    board.landPath = land.toPath();
    for (const kind of Object.keys(lines) as LineKind[]) this.lines[kind] = new LinePieces(board.origin, lines[kind]);
    this.shaded = pieces(grids, ({ bounds }) => bounds).map((piece) => ({ ...piece, shades: [], madeFor: "" }));
    this.texts.clear();
    return asOf;
  }

  protected override makePainters(): Painter[] {
    return [
      { surface: "ground", order: 10, shows: ({ zoom }) => this.shadesKey(zoom), paint: (frame) => this.paintShade(frame) },
      { surface: "ground", order: 30, paint: (frame) => this.paintLines(frame) },
      { surface: "points", order: -10, shows: ({ zoom }) => this.marksKey(zoom), paint: (frame) => this.paintMarks(frame) },
    ];
  }

  // -- shade ----------------------------------------------------------------------------------------------------------

  private paintShade({ context, view, palette, overTiles }: Frame): void {
    const opacity = story.shadeOpacity(view.zoom) * (overTiles ? story.SHADE_OVER_TILES : 1);
    if (opacity === 0) return;
    view.usePaths(context, this.session.board.origin);
    context.globalAlpha = opacity;
    for (const piece of this.shaded) {
      if (!view.shows(piece.bounds)) continue;
      this.makeShades(piece, view.zoom);
      for (const { step, path } of piece.shades) {
        context.fillStyle = // no figure is never a shade: lines of 1 px every 5 px
          step === null ? hatch(context, palette.colours["q-none"], view.pathScale) : palette.colours[shade(step)];
        context.fill(path);
      }
    }
  }

  private makeShades(piece: Shaded, zoom: number): void {
    const { board, state } = this.session;
    const byDistrict = board.isDistrictStory(zoom);
    const key = [this.shadesKey(zoom), byDistrict, levelOf(zoom)].join();
    if (key === piece.madeFor) return;
    piece.madeFor = key;
    const stepOf = byDistrict ? this.stepsByDistrict(state.figure) : (grid: GridShape) => board.shaded(state.figure, [grid], false).step;
    const groups = groupBy(piece.items, stepOf);
    piece.shades = [...groups]
      .filter(([step]) => step !== 0 && !(step !== null && isOff(state.stepsOff, step)))
      .map(([step, grids]) => ({ step, path: this.pathOf(grids, levelOf(zoom)) }));
  }

  private shadesKey(zoom: number): string {
    const { board, state } = this.session;
    if (!board.config || story.shadeOpacity(zoom) === 0) return "";
    return [board.figuresKey(state.figure), state.figure, state.stepsOff].join();
  }

  private stepsByDistrict(figure: FigureKey): (grid: GridShape) => number | null {
    const { board } = this.session;
    const key = `${board.figuresKey(figure)} ${figure}`;
    if (key !== this.districtStepsFor) {
      this.districtStepsFor = key;
      const steps = board.subdistricts.map(({ area, grids }) => [area.code, board.shaded(figure, grids, true).step] as const);
      this.districtSteps = new Map(steps);
    }
    return (grid) => this.districtSteps.get(grid.subdistrict) ?? (this.districtSteps.has(grid.subdistrict) ? null : 0);
  }

  // -- lines ----------------------------------------------------------------------------------------------------------

  private paintLines(frame: Frame): void {
    const { context, view, palette } = frame;
    view.usePaths(context, this.session.board.origin);
    context.lineJoin = "round";
    context.lineCap = "round";
    const { zoom, pathScale } = view;
    const draw = (kind: LineKind, colour: string, width: number, opacity = 1) => {
      context.globalAlpha = opacity;
      context.strokeStyle = colour;
      context.lineWidth = width / pathScale;
      for (const path of this.lines[kind]?.seen(view) ?? []) context.stroke(path);
    };
    // A pale seam beneath, or lines would drown in the darkest shades.
    if (story.shadeOpacity(zoom) > 0) draw("grid", palette.colours["m-halo"], story.gridLine(zoom) + 1.2, SEAM);
    // Faint far out, where subdistricts are read; where grids are, they must be seen.
    const opacity = Math.max(story.gridLineOpacity(zoom), this.session.board.isDistrictStory(zoom) ? 0 : MIN_OPACITY);
    draw("grid", palette.colours["m-grid"], story.gridLine(zoom), opacity);
    draw("subdistrict", palette.colours["m-street"], story.subdistrictLine(zoom));
    draw("outline", palette.colours["m-edge"], story.outlineLine(zoom));
  }

  // -- marks ----------------------------------------------------------------------------------------------------------

  private marksKey(zoom: number): string {
    const { board, state, worst } = this.session;
    const codes = board.showsDiscs(zoom) ? worst.slice(0, 3).map(({ grid }) => grid.code) : [];
    return [...codes, state.selection.kind === "grid" ? state.selection.code : ""].join();
  }

  private paintMarks({ context, view, palette }: Frame): void {
    const { board, state, worst } = this.session;
    const { colours } = palette;
    view.usePaths(context, board.origin);
    context.lineJoin = "round";
    const outline = (grid: GridShape, colour: string, width: number) => {
      context.strokeStyle = colour;
      context.lineWidth = width / view.pathScale;
      context.stroke(this.outlineOf(grid));
    };
    if (board.showsDiscs(view.zoom)) {
      for (const { grid } of worst.slice(0, 3)) {
        const shape = board.grids.get(grid.code);
        if (shape) outline(shape, colours.ink, 2.25);
      }
    }
    const selected = state.selection.kind === "grid" ? board.grids.get(state.selection.code) : undefined;
    if (this.hovered && this.hovered !== selected) outline(this.hovered, colours.ink, 1.75);
    if (selected) {
      outline(selected, colours["m-halo"], 6);
      outline(selected, colours.accent, 3);
    }
  }

  private outlineOf(grid: GridShape): Path2D {
    let path = this.outlines.get(grid);
    if (!path) this.outlines.set(grid, (path = new Path2D(this.textOf(grid, PATH_ZOOM))));
    return path;
  }

  private pathOf(grids: readonly GridShape[], level: number): Path2D {
    if (level !== this.textsLevel) this.texts.clear();
    this.textsLevel = level;
    const texts = grids.map((grid) => {
      let text = this.texts.get(grid);
      if (text === undefined) this.texts.set(grid, (text = this.textOf(grid, level)));
      return text;
    });
    return new Path2D(texts.join(""));
  }

  private textOf(grid: GridShape, level: number): string {
    const text = new PathText(this.session.board.origin, fineness(level));
    for (const ring of grid.rings) text.addLine(ring, true);
    return text.text;
  }
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
