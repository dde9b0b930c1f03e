/**
 * Blind spots (盲点): ground without a grid hatched, grids without a lead outlined, places outside every grid and places
 * that nobody visited marked. Drawn, and asked for, only while the reader has them switched on.
 */

import { BlindSpots } from "../blind-spots.ts";
import type { Spot } from "../coverage.ts";
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

export class CoverageLayer extends OwnLayer {
  private readonly paths = new WeakMap<Spot, Path2D>();

  constructor(url: string) {
    super(null, url);
  }

  /** A wall screen has nobody who could switch it on. */
  override attach(session: Session): void {
    super.attach(session);
    if (!isWall()) session.blindSpots = new BlindSpots(session, this.url);
  }

  /** The spot whose mark lies within a distance of a pixel, the nearest. */
  pick(view: View, x: number, y: number, within: number): Spot | null {
    const reach = within + story.gapDot(view.zoom);
    return hits(this.marked(view), ({ at }) => [view.x(at.x), view.y(at.y)], x, y, reach)[0]?.item ?? null;
  }

  override obstaclesKey(): string {
    const { cover, filter } = this.session.state;
    return `${cover} ${filter.area} ${this.spots.length}`;
  }

  override obstacles(view: View): Box[] {
    const radius = story.gapRadius(view.zoom);
    const marks = this.marked(view).filter((spot) => !isDot(spot, view));
    return marks.map(({ at }) => {
      const [x, y] = [view.x(at.x), view.y(at.y)];
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

  private paintMarks({ context, view, palette }: Frame): void {
    const { colours } = palette;
    const radius = story.gapRadius(view.zoom);
    const { chosen } = this.session.blindSpots ?? {};
    view.useScreen(context);
    context.lineCap = "round";
    // What lies outside every grid is rarer than what nobody visited, and stands above it.
    for (const spot of this.marked(view).reverse()) {
      const [x, y] = [view.x(spot.at.x), view.y(spot.at.y)];
      if (isDot(spot, view)) disc(context, x, y, story.gapDot(view.zoom), colours.ink, colours["m-halo"]);
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

function glyph(context: CanvasRenderingContext2D, x: number, y: number, radius: number, path: string): void {
  context.save();
  context.translate(x, y);
  context.scale(radius, radius);
  context.lineWidth = 0.25;
  context.stroke(new Path2D(path));
  context.restore();
}

function isTiny({ bounds }: Spot, view: View): boolean {
  const across = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top);
  return across * view.world < SMALLEST;
}
