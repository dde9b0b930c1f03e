/**
 * Places other than grids and rental units, as outline glyphs: compounds, markets and relief points near by, lanes as lines,
 * stairwells nearer still. Beneath units and issues, and asked for only when they come into sight.
 */

import type { Board } from "../board.ts";
import { type Bounds, project } from "../mercator.ts";
import { PathText } from "../paths.ts";
import type { PlaceFeature, PlaceKind } from "../payloads.ts";
import { type Frame, type Painter, stageOf } from "../stage.ts";
import * as story from "../story.ts";
import { PLACE_GLYPHS } from "../symbols.ts";
import type { View } from "../view.ts";
import { OwnLayer } from "./own-layer.ts";

const AGAIN_MS = 15_000;
const HALO = 3; // pixels wider than the line

interface Sign {
  kind: PlaceKind;
  x: number;
  y: number;
}

interface Lane {
  path: Path2D;
  bounds: Bounds;
}

export class PlaceLayer extends OwnLayer {
  private signs: Sign[] = [];
  private lanes: Lane[] = [];
  /** When they were loaded: the map tells of each loss of the connection by loading all anew. */
  private askedAt = -1;

  constructor(url: string) {
    super(null, url);
  }

  override isAllowed(board: Board): boolean {
    return board.may("places.see");
  }

  /** The kinds that are drawn at a zoom and of which there are any. */
  kinds(zoom: number): PlaceKind[] {
    return (Object.keys(PLACE_GLYPHS) as PlaceKind[]).filter((kind) => this.isDrawn(kind, zoom) && this.has(kind));
  }

  protected override makePainters(): Painter[] {
    return [{ surface: "points", order: -5, paint: (frame) => this.paint(frame) }];
  }

  private has(kind: PlaceKind): boolean {
    return kind === "lane" ? this.lanes.length > 0 : this.signs.some((sign) => sign.kind === kind);
  }

  private isDrawn(kind: PlaceKind, zoom: number): boolean {
    return zoom >= (kind === "stairwell" ? story.STAIRWELLS_FROM : story.PLACES_FROM);
  }

  private paint({ context, view, palette }: Frame): void {
    if (view.zoom < story.PLACES_FROM || !this.isAllowed(this.session.board)) return;
    this.ask();
    const { colours } = palette;
    view.usePaths(context, this.session.board.origin);
    context.lineCap = context.lineJoin = "round";
    for (const [colour, width] of [[colours["m-halo"], story.LANE + HALO], [colours["ink-2"], story.LANE]] as const) {
      context.strokeStyle = colour;
      context.lineWidth = width / view.pathScale;
      for (const lane of this.lanes) if (view.shows(lane.bounds)) context.stroke(lane.path);
    }
    view.useScreen(context);
    for (const sign of this.shown(view)) {
      context.save();
      context.translate(view.x(sign.x), view.y(sign.y));
      context.scale(story.GLYPH / 2, story.GLYPH / 2);
      for (const [colour, width] of [[colours["m-halo"], 2 * HALO], [colours["ink-2"], 2.5]] as const) {
        context.strokeStyle = colour;
        context.lineWidth = width / story.GLYPH;
        context.stroke(pathOf(sign.kind));
      }
      context.restore();
    }
  }

  private shown(view: View): Sign[] {
    const { left, top, right, bottom } = view.bounds(story.GLYPH);
    return this.signs.filter(
      ({ kind, x, y }) => this.isDrawn(kind, view.zoom) && x >= left && x <= right && y >= top && y <= bottom,
    );
  }

  private ask(): void {
    const { loads, api } = this.session;
    if (this.askedAt === loads) return;
    this.askedAt = loads;
    api.places(this.url).then(
      ({ features }) => {
        if (this.askedAt !== loads) return; // another answer is on its way
        this.keep(features);
        if (this._map) stageOf(this._map).invalidate("points");
      },
      () => setTimeout(() => (this.askedAt = -1), AGAIN_MS), // the next drawing then asks again
    );
  }

  private keep(features: readonly PlaceFeature[]): void {
    this.signs = [];
    this.lanes = [];
    for (const { geometry, properties } of features) {
      if (geometry.type === "Point") {
        const [lon, lat] = geometry.coordinates as [number, number];
        this.signs.push({ kind: properties.kind, ...project(lon, lat) });
      } else {
        const text = new PathText(this.session.board.origin).addGeometry(geometry);
        this.lanes.push({ path: text.toPath(), bounds: text.bounds });
      }
    }
  }
}

const paths = new Map<PlaceKind, Path2D>();

function pathOf(kind: PlaceKind): Path2D {
  const path = paths.get(kind) ?? new Path2D(PLACE_GLYPHS[kind]);
  paths.set(kind, path);
  return path;
}
