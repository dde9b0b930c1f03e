/** Symbols of units and issues: the same shapes on the canvas, in the legend and in lists. */

import type { ClassStyle } from "./constants.ts";
import type { Colour, Palette } from "./theme.ts";

/** A bubble whose tip is the place, height 2.8 radii. */
export const BUBBLE =
  "M-1,-2.55Q-1,-2.8 -.75,-2.8H.75Q1,-2.8 1,-2.55V-1.05Q1,-.8 .75,-.8H.42L0,0L-.42,-.8H-.75Q-1,-.8 -1,-1.05Z";

/** Glyph in the bubble by state code, and whether the bubble is solid: to do, reopened. */
export const ISSUE_GLYPHS: readonly { glyph: string; solid: boolean }[] = [
  { glyph: "M0,-2.4V-1.65M0,-1.3V-1.2", solid: false },
  { glyph: "M.48,-1.62A.52,.52 0 1 1 .36,-2.2M.5,-2.5V-2.1H.1", solid: true },
];

/** Glyph in the round mark of a blind spot, by what was found, in units of its radius. */
export const GAP_GLYPHS = {
  grid_without_lead: "",
  area_without_grid: "M-.45,.45L.45,-.45",
  place_outside: "M-.4,-.4L.4,.4M.4,-.4L-.4,.4",
  place_unvisited: "M0,-.55V0H.42",
} as const;

/** Outline of a place by kind, in units of half its size. A lane is a line on the map; this is its piece in the legend. */
export const PLACE_GLYPHS = {
  compound: "M-1,1V-.2L0,-1L1,-.2V1ZM-.3,1V.3H.3V1",
  market: "M-1,-.2L-.75,-1H.75L1,-.2ZM-.8,-.2V1H.8V-.2",
  relief_point: "M-1,0A1,1 0 1 1 1,0A1,1 0 1 1 -1,0M-.45,0H.45M0,-.45V.45",
  stairwell: "M-1,1H-.35V.35H.3V-.3H.95V-1",
  lane: "M-1,.6L1,-.6",
} as const;

/** An overdue symbol is the same shape so many times larger in surface, stroked with ink, beneath it. */
export const OVERDUE_SCALE = 1.62;

/** The red triangle looks smaller than its area says. */
export const sizeOf = (klass: number) => (klass === 0 ? 1.12 : 1);

const LETTER_FROM = 6.5; // radius in pixels
const LETTER_BASELINE = [0.68, 0.46, 0.46, 0.34, 0.46];

export interface Sprite {
  canvas: HTMLCanvasElement;
  /** Side in CSS pixels; the place of the symbol is at (anchorX, anchorY) in it. */
  size: number;
  anchorX: number;
  anchorY: number;
}

/** Symbols drawn once at a size and stamped from then on. */
export class Sprites {
  private readonly classes: readonly ClassStyle[];
  private cache = new Map<string, Sprite>();
  private palette: Palette | null = null;
  private ratio = 1;

  constructor(classes: readonly ClassStyle[]) {
    this.classes = classes;
  }

  /** Call before drawing a frame. */
  use(palette: Palette, ratio: number): void {
    if (palette === this.palette && ratio === this.ratio) return;
    this.palette = palette;
    this.ratio = ratio;
    this.cache = new Map();
  }

  unit(klass: number, overdue: boolean, radius: number): Sprite {
    return this.cached(`u${klass}${overdue}`, radius, 4.6, 0.5, (context) => this.drawUnit(context, klass, overdue, radius));
  }

  issue(state: number, overdue: boolean, radius: number): Sprite {
    return this.cached(`i${state}${overdue}`, radius, 5.2, 0.8, (context) => this.drawIssue(context, state, overdue));
  }

  private cached(
    name: string,
    radius: number,
    span: number,
    anchorY: number,
    draw: (context: CanvasRenderingContext2D) => void,
  ): Sprite {
    const key = `${name}${radius.toFixed(1)}`;
    let sprite = this.cache.get(key);
    if (!sprite) {
      const size = Math.ceil(radius * span) + 2;
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = Math.ceil(size * this.ratio);
      const context = canvas.getContext("2d")!;
      context.scale(this.ratio, this.ratio);
      context.translate(size / 2, size * anchorY);
      context.scale(radius, radius);
      context.lineJoin = "round";
      context.lineCap = "round";
      draw(context);
      sprite = { canvas, size, anchorX: size / 2, anchorY: size * anchorY };
      this.cache.set(key, sprite);
    }
    return sprite;
  }

  private drawUnit(context: CanvasRenderingContext2D, klass: number, overdue: boolean, radius: number): void {
    const { letter, shape } = this.classes[klass]!;
    const path = new Path2D(shape);
    const fill = this.colour(`risk-${letter.toLowerCase()}` as Colour);
    if (overdue) {
      context.save();
      context.scale(OVERDUE_SCALE, OVERDUE_SCALE);
      outlined(context, path, this.colour("surface"), this.colour("ink"), Math.max(1.6 / radius, 0.24) / OVERDUE_SCALE);
      context.restore();
    } else {
      context.strokeStyle = this.colour("surface");
      context.lineWidth = 3.6 / radius; // half of it lies under the fill
      context.stroke(path);
    }
    context.fillStyle = fill;
    context.fill(path);
    context.globalAlpha = 0.6;
    context.strokeStyle = this.colour("risk-edge");
    context.lineWidth = 0.9 / radius;
    context.stroke(path);
    context.globalAlpha = 1;
    if (radius < LETTER_FROM) return;
    context.fillStyle = this.colour(`risk-${letter.toLowerCase()}-t` as Colour);
    context.font = `600 1.28px ${this.palette!.font}`;
    context.textAlign = "center";
    context.fillText(letter, 0, LETTER_BASELINE[klass]!);
  }

  private drawIssue(context: CanvasRenderingContext2D, state: number, overdue: boolean): void {
    const { glyph, solid } = ISSUE_GLYPHS[state] ?? ISSUE_GLYPHS[0]!;
    const path = new Path2D(BUBBLE);
    const [paper, ink] = [this.colour("surface"), this.colour("ink")];
    if (overdue) {
      context.save();
      context.translate(0, 0.26);
      context.scale(1.42, 1.27);
      outlined(context, path, paper, ink, 0.24);
      context.restore();
    } else {
      context.strokeStyle = paper;
      context.lineWidth = 0.7;
      context.stroke(path);
    }
    outlined(context, path, solid ? ink : paper, ink, 0.24);
    context.strokeStyle = solid ? paper : ink;
    context.lineWidth = 0.32;
    context.stroke(new Path2D(glyph));
  }

  private colour(name: Colour): string {
    return this.palette!.colours[name];
  }
}

function outlined(context: CanvasRenderingContext2D, path: Path2D, fill: string, stroke: string, width: number): void {
  context.fillStyle = fill;
  context.fill(path);
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.stroke(path);
}

/** The ring around what is chosen. */
export function ring(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.strokeStyle = palette.colours["m-halo"];
  context.lineWidth = 6;
  context.stroke();
  context.strokeStyle = palette.colours.accent;
  context.lineWidth = 3;
  context.stroke();
}

export function stamp(context: CanvasRenderingContext2D, sprite: Sprite, x: number, y: number): void {
  context.drawImage(sprite.canvas, x - sprite.anchorX, y - sprite.anchorY, sprite.size, sprite.size);
}
