/** Where grids in force are not the official boundary: ground left out hatched, ground beyond tinted, lines that cut drawn. */

import { hatch } from "../../layers/hatch.ts";
import { OwnLayer } from "../../layers/own-layer.ts";
import { type Bounds, project } from "../../mercator.ts";
import { PathText } from "../../paths.ts";
import type { Frame, Painter } from "../../stage.ts";
import type { DepartureFeature } from "../official.ts";
import { stroke } from "./pen.ts";
import type { Surface } from "./surface.ts";

const ORDER = 39; // beneath the draft
const SMALLEST = 12; // pixels: what is smaller is a diamond of that size
const [HATCH_PX, TINT] = [6, 0.22];

interface Drawn {
  readonly path: Path2D;
  readonly bounds: Bounds;
}

export class OfficialLayer extends OwnLayer {
  private readonly surface: Surface;
  private readonly drawn = new WeakMap<DepartureFeature, Drawn>();

  constructor(surface: Surface) {
    super(null);
    this.surface = surface;
  }

  protected override makePainters(): Painter[] {
    return [{ surface: "ground", order: ORDER, shows: () => String(this.shown.length), paint: (frame) => this.paint(frame) }];
  }

  private get shown(): readonly DepartureFeature[] {
    return this.surface.editing.official.shown;
  }

  private paint(frame: Frame): void {
    const { context, view, palette } = frame;
    const { colours } = palette;
    const lines = hatch(context, colours.ink, view.pathScale, HATCH_PX);
    for (const feature of this.shown) {
      const { path, bounds } = this.drawnOf(feature);
      if (!view.shows(bounds)) continue;
      if (view.across(bounds) < SMALLEST) {
        diamond(frame, feature);
        continue;
      }
      view.usePaths(context, this.session.board.origin);
      const { kind } = feature.properties;
      if (kind === "missing") fill(context, path, lines, 0.7);
      if (kind === "beyond") fill(context, path, colours.ink, TINT);
      context.lineJoin = context.lineCap = "round";
      stroke(context, view, path, { colour: colours["m-halo"], width: kind === "cut" ? 7 : 4 });
      stroke(context, view, path, { colour: colours.ink, width: kind === "cut" ? 3.5 : 1.5 });
    }
  }

  private drawnOf(feature: DepartureFeature): Drawn {
    let drawn = this.drawn.get(feature);
    if (!drawn) {
      const text = new PathText(this.session.board.origin).addGeometry(feature.geometry);
      this.drawn.set(feature, (drawn = { path: text.toPath(), bounds: text.bounds }));
    }
    return drawn;
  }
}

function fill(context: CanvasRenderingContext2D, path: Path2D, ink: string | CanvasPattern, strength: number): void {
  context.globalAlpha = strength;
  context.fillStyle = ink;
  context.fill(path, "evenodd");
  context.globalAlpha = 1;
}

function diamond({ context, view, palette }: Frame, { properties: { lon, lat } }: DepartureFeature): void {
  const at = project(lon, lat);
  const [x, y, half] = [view.x(at.x), view.y(at.y), SMALLEST / 2];
  view.useScreen(context);
  context.beginPath();
  context.moveTo(x, y - half);
  for (const [right, down] of [[half, 0], [0, half], [-half, 0]] as const) context.lineTo(x + right, y + down);
  context.closePath();
  context.fillStyle = palette.colours.ink;
  context.strokeStyle = palette.colours["m-halo"];
  context.lineWidth = 1.5;
  context.setLineDash([]);
  context.fill();
  context.stroke();
}
