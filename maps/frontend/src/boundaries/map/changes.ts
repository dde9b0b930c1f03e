/** What a draft changes, as it is drawn: the area that changes its grid, the lines before and after, what lies between them. */

import { hatch } from "../../layers/hatch.ts";
import { project } from "../../mercator.ts";
import { PathText } from "../../paths.ts";
import type { Frame } from "../../stage.ts";
import * as story from "../../story.ts";
import { type Sprite, Sprites, stamp } from "../../symbols.ts";
import { isNear, linesApart } from "../geometry.ts";
import type { ChangeFeature, ChangedMap, MovedPoint } from "../payloads.ts";
import { stroke } from "./pen.ts";
import type { Surface } from "./surface.ts";

/** The edition in force is dashed: so many pixels of line and of gap. */
const DASHES = [7, 5];
const HATCH_PX = 9;
const TINT = 0.09; // of each of two grids that share what changes

const ISSUE_STATES = ["open", "reopened"];

export class Changes {
  /** Places of the nodes of lines that the draft drew: "lon,lat". */
  drawnNodes: ReadonlySet<string> = new Set();
  private readonly surface: Surface;
  private map: ChangedMap | null = null;
  private areas: Path2D[] = [];
  private former = new Path2D();
  private drawn = new Path2D();
  private sprites: Sprites | null = null;

  constructor(surface: Surface) {
    this.surface = surface;
  }

  /** Work out what is drawn, if the map of changes is another than before. */
  use(map: ChangedMap | null): void {
    if (map === this.map) return;
    this.map = map;
    const features = map?.features ?? [];
    const side = (wanted: "before" | "after") => features.filter(({ properties }) => properties.side === wanted).map(({ geometry }) => geometry);
    const drawn = linesApart(side("after"), side("before"));
    this.drawnNodes = new Set(drawn.flat().map(String));
    this.drawn = this.pathOf(drawn);
    this.former = this.pathOf(linesApart(side("before"), side("after")));
    this.areas = this.areasOf(features);
  }

  /** What is in a grid before or after, and not both: even-odd leaves out what is in both. */
  private areasOf(features: readonly ChangeFeature[]): Path2D[] {
    const { origin } = this.surface.editing.session.board;
    const texts = new Map<string, PathText>();
    for (const { properties, geometry } of features) {
      const text = texts.get(properties.code) ?? new PathText(origin);
      texts.set(properties.code, text.addGeometry(geometry));
    }
    return [...texts.values()].map((text) => text.toPath());
  }

  private pathOf(lines: readonly (readonly (readonly number[])[])[]): Path2D {
    const text = new PathText(this.surface.editing.session.board.origin);
    text.addGeometry({ type: "MultiLineString", coordinates: lines });
    return text.toPath();
  }

  paintArea({ context, view, palette }: Frame): void {
    view.usePaths(context, this.surface.editing.session.board.origin);
    const { accent } = palette.colours;
    const lines = hatch(context, accent, view.pathScale, HATCH_PX);
    for (const area of this.areas) {
      context.globalAlpha = TINT;
      context.fillStyle = accent;
      context.fill(area, "evenodd");
      context.globalAlpha = 0.5;
      context.fillStyle = lines;
      context.fill(area, "evenodd");
    }
    context.globalAlpha = 1;
  }

  paintFormer({ context, view, palette }: Frame): void {
    view.usePaths(context, this.surface.editing.session.board.origin);
    context.lineCap = "butt";
    stroke(context, view, this.former, { colour: palette.colours["m-halo"], width: 4 });
    stroke(context, view, this.former, { colour: palette.colours.ink, width: 1.75, dashes: DASHES });
  }

  paintDrawn({ context, view, palette }: Frame): void {
    view.usePaths(context, this.surface.editing.session.board.origin);
    context.lineJoin = context.lineCap = "round";
    stroke(context, view, this.drawn, { colour: palette.colours["m-halo"], width: 6 });
    stroke(context, view, this.drawn, { colour: palette.colours.accent, width: 3.25 });
  }

  /** The issues and units that change their grid, and no others. */
  paintPoints({ context, view, palette }: Frame): void {
    if (!this.map?.points || view.zoom < story.ISSUES_FROM) return;
    this.sprites ??= new Sprites(this.surface.editing.session.constants.classes);
    this.sprites.use(palette, view.ratio);
    view.useScreen(context);
    for (const point of this.map.points.shown) {
      const at = project(point.lon, point.lat);
      const sprite = isNear(view.bounds(), at, 0) && this.spriteOf(this.sprites, point, view.zoom);
      if (sprite) stamp(context, sprite, view.x(at.x), view.y(at.y));
    }
  }

  /** A unit that is not let has no class, and no symbol. */
  private spriteOf(sprites: Sprites, { kind, state, class: named }: MovedPoint, zoom: number): Sprite | null {
    if (kind === "issue") return sprites.issue(Math.max(0, ISSUE_STATES.indexOf(state ?? "")), false, story.issueRadius(zoom));
    const klass = this.surface.editing.session.constants.classes.findIndex(({ name }) => name === named);
    return klass < 0 ? null : sprites.unit(klass, false, story.unitRadius(zoom));
  }
}
