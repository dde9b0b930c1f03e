/**
 * Blind spots (盲点): ground without a grid hatched, grids without a lead outlined, places outside every grid and places
 * that nobody visited marked. Drawn, and asked for, only while the reader has them switched on.
 */

import { BlindSpots } from "../blind-spots.ts";
import { type Gap, type Mark, type Spot, together } from "../coverage.ts";
import { number } from "../format.ts";
import type { Box } from "../labels.ts";
import { PathText } from "../paths.ts";
import { hits } from "../points.ts";
import type { Session } from "../session.ts";
import type { Frame, Painter } from "../stage.ts";
import * as story from "../story.ts";
import { GAP_GLYPHS, ring } from "../symbols.ts";
import type { View } from "../view.ts";
import { isWall } from "../wall/wall.ts";
import { hatch } from "./hatch.ts";
import { OwnLayer } from "./own-layer.ts";

const SMALLEST = 12; // pixels: what is smaller is marked, or nobody would find it
const DASH = [7, 4];
const CLUSTER = 40; // pixels: dots nearer than this are one

export class CoverageLayer extends OwnLayer {
  private readonly paths = new WeakMap<Spot, Path2D>();
  private dots: Mark[] = [];
  private dotsOf: Gap[] | null = null;
  private dotsAt = 0;

  constructor(url: string) {
    super(null, url);
  }

  /** A wall screen has nobody who could switch it on. */
  override attach(session: Session): void {
    super.attach(session);
    if (!isWall()) session.blindSpots = new BlindSpots(session, this.url);
  }

  /** The spots whose mark lies within a distance of a pixel, the nearest mark; none where none does. */
  pick(view: View, x: number, y: number, within: number): readonly Spot[] {
    const radius = (mark: Mark) => (mark.spots.length > 1 ? story.gapCluster(mark.spots.length) : story.gapDot(view.zoom));
    const found = hits(this.marks(view), ({ at }) => [view.x(at.x), view.y(at.y)], x, y, within + CLUSTER);
    return found.find(({ item, distance }) => distance <= within + radius(item))?.item.spots ?? [];
  }

  override obstaclesKey(): string {
    const { cover, filter } = this.session.state;
    return `${cover} ${filter.area} ${this.spots.length}`;
  }

  override obstacles(view: View): Box[] {
    const marks = this.marks(view).filter(({ spots }) => spots.length > 1 || !isDot(spots[0]!, view));
    return marks.map(({ at, spots }) => {
      const [x, y] = [view.x(at.x), view.y(at.y)];
      const radius = spots.length > 1 ? story.gapCluster(spots.length) : story.gapRadius(view.zoom);
      return [x - radius, y - radius, x + radius, y + radius];
    });
  }

  protected override makePainters(): Painter[] {
    const shows = () => `${this.obstaclesKey()} ${this.session.blindSpots?.chosen?.key}`;
    return [
      { surface: "points", order: -20, shows, paint: (frame) => this.paintGround(frame) },
      { surface: "points", order: 5, shows, paint: (frame) => this.paintMarks(frame) },
    ];
  }

  private get spots(): readonly Spot[] {
    return this.session.blindSpots?.spots ?? [];
  }

  /** Those that a mark stands for, as far as they are in view. */
  private marked(view: View): Spot[] {
    return this.spots.filter((spot) => view.shows(spot.bounds) && (isPlace(spot) || isTiny(spot, view)));
  }

  /** What is drawn: far out, dots that lie close together are one, with their number. */
  private marks(view: View): Mark[] {
    const single = this.marked(view).filter((spot) => !isDot(spot, view));
    return [...single.map((spot) => ({ at: spot.at, spots: [spot] })), ...this.dotsIn(view)];
  }

  /** Of all of them and not of those in view, or they would part and join while the map is dragged. */
  private dotsIn(view: View): Mark[] {
    const gaps = this.session.blindSpots?.gaps ?? null;
    if (view.zoom >= story.GAP_GLYPHS_FROM || !this.spots.length) return [];
    if (gaps !== this.dotsOf || view.zoom !== this.dotsAt) {
      [this.dotsOf, this.dotsAt] = [gaps, view.zoom];
      this.dots = together(this.spots.filter((spot) => isDot(spot, view)), view.world, CLUSTER);
    }
    return this.dots.filter(({ at }) => view.shows({ left: at.x, top: at.y, right: at.x, bottom: at.y }));
  }

  private paintGround({ context, view, palette }: Frame): void {
    const { colours } = palette;
    view.usePaths(context, this.session.board.origin);
    context.lineJoin = "round";
    const scale = view.pathScale;
    const line = (path: Path2D, colour: string, width: number, dash: readonly number[] = []) => {
      context.strokeStyle = colour;
      context.lineWidth = width / scale;
      context.setLineDash(dash.map((length) => length / scale));
      context.stroke(path);
    };
    const bare = hatch(context, colours.ink, scale, 9, 1.25);
    for (const spot of this.spots) {
      if (spot.geometry.type === "Point" || !view.shows(spot.bounds)) continue;
      const path = this.pathOf(spot);
      if (spot.finding.kind === "area_without_grid") {
        context.fillStyle = bare;
        context.fill(path, "evenodd");
        line(path, colours.ink, 1.25);
      } else if (spot.finding.kind === "grid_without_lead") {
        line(path, colours["m-halo"], 5);
        line(path, colours.ink, 2.5, DASH);
      } else if (view.zoom >= story.ISSUES_FROM) {
        line(path, colours["m-halo"], 4);
        line(path, colours.ink, 1.75, [3, 3]);
      }
    }
  }

  private paintMarks(frame: Frame): void {
    const { context, view, palette } = frame;
    const { colours } = palette;
    const radius = story.gapRadius(view.zoom);
    const { chosen } = this.session.blindSpots ?? {};
    view.useScreen(context);
    context.lineCap = "round";
    // What lies outside every grid is rarer than what nobody visited, and stands above it.
    for (const { at, spots } of this.marks(view).reverse()) {
      const spot = spots[0]!;
      const [x, y] = [view.x(at.x), view.y(at.y)];
      if (spots.length > 1) cluster(frame, x, y, spots.length);
      else if (isDot(spot, view)) disc(context, x, y, story.gapDot(view.zoom), colours.ink, colours["m-halo"]);
      else {
        disc(context, x, y, radius, colours.surface, colours.ink);
        glyph(context, x, y, radius, GAP_GLYPHS[spot.finding.kind]);
      }
    }
    if (chosen && (isPlace(chosen) || isTiny(chosen, view))) {
      ring(context, palette, view.x(chosen.at.x), view.y(chosen.at.y), radius + 5);
    }
  }

  private pathOf(spot: Spot): Path2D {
    let path = this.paths.get(spot);
    if (!path) {
      path = new PathText(this.session.board.origin).addGeometry(spot.geometry).toPath();
      this.paths.set(spot, path);
    }
    return path;
  }
}

function isPlace({ finding }: Spot): boolean {
  return finding.kind === "place_outside" || finding.kind === "place_unvisited";
}

function isDot({ finding }: Spot, view: View): boolean {
  return finding.kind === "place_unvisited" && view.zoom < story.GAP_GLYPHS_FROM;
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number, fill: string, edge: string): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = edge;
  context.lineWidth = Math.max(1, radius / 5);
  context.stroke();
}

/** So many spots: a disc as large as their number is long. */
function cluster({ context, palette }: Frame, x: number, y: number, n: number): void {
  disc(context, x, y, story.gapCluster(n), palette.colours.surface, palette.colours.ink);
  context.font = `600 12px ${palette.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = palette.colours.ink;
  context.fillText(number(n), x, y + 0.5);
}

function glyph(context: CanvasRenderingContext2D, x: number, y: number, radius: number, path: string): void {
  context.save();
  context.translate(x, y);
  context.scale(radius, radius);
  context.lineWidth = 0.25;
  context.stroke(new Path2D(path));
  context.restore();
}

function isTiny({ bounds }: Spot, view: View): boolean {
  return view.across(bounds) < SMALLEST;
}
